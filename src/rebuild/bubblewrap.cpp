#include "rebuild/bubblewrap.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

constexpr unsigned k_cap_sys_admin = 21;  // capabilities(7)

/// May everyone read what is in the directory, if they get there?
bool readable_to_all(const fs::path& directory) {
  struct stat facts {};
  return ::stat(directory.c_str(), &facts) == 0 && (facts.st_mode & 05) == 05;
}

/// May everyone read the directory and walk there?
bool open_to_all(const fs::path& directory) {
  struct stat facts {};
  if (!readable_to_all(directory)) return false;
  for (auto above = fs::absolute(directory).lexically_normal().parent_path();; above = above.parent_path()) {
    if (::stat(above.c_str(), &facts) != 0 || (facts.st_mode & 01) == 0) return false;
    if (above == above.root_path()) return true;
  }
}

bool has_capability(unsigned number) {
  const auto status = read_file("/proc/self/status", 64 << 10);
  constexpr std::string_view key = "CapEff:\t";
  const auto at = status ? as_text(*status).find(key) : std::string_view::npos;
  if (at == std::string_view::npos) return false;
  std::uint64_t effective = 0;
  const auto digits = as_text(*status).substr(at + key.size(), 16);
  std::from_chars(digits.data(), digits.data() + digits.size(), effective, 16);
  return (effective >> number & 1) != 0;
}

}  // namespace

std::optional<fs::path> find_bubblewrap() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/bin:/bin";
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    const fs::path candidate = fs::path{rest.substr(0, end)} / "bwrap";
    if (candidate.is_absolute() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

Identity identity_for(const SandboxRequest& request) {
  if (::geteuid() != 0) return Identity::caller;
  std::vector<fs::path> places{request.toolchain / "usr"};
  for (const auto& [host, inside] : request.read_only) places.push_back(host);
  if (std::all_of(places.begin(), places.end(), open_to_all)) return Identity::nobody;
  std::error_code ignored;
  const bool can = has_capability(k_cap_sys_admin) && fs::exists(request.toolchain / "usr/bin/setpriv", ignored) &&
                   std::all_of(places.begin(), places.end(), readable_to_all);
  return can ? Identity::nobody_within : Identity::caller;
}

CommandLine::CommandLine(const SandboxRequest& request) {
  add("/usr/bin/env", "-i");
  for (const auto& [name, value] : request.environment) add(fmt::format("{}={}", name, value));
  add("/bin/sh", "-c", request.script);
}

CommandLine::CommandLine(const fs::path& bubblewrap, const SandboxRequest& request, Identity identity, int info,
                         int filter, int first_file) {
  const bool within = identity == Identity::nobody_within;
  add(bubblewrap.string());
  add_identity(request, within);
  if (request.network) add("--share-net");
  add("--die-with-parent", "--new-session", "--hostname", request.hostname, "--clearenv", "--info-fd",
      std::to_string(info));
  if (filter >= 0) add("--add-seccomp-fd", std::to_string(filter));
  add_system(request.toolchain);
  add_system_paths(request);
  // Every place that can be written to is bounded; the memory it takes is no process's.
  const auto size = std::to_string(request.limits.disk);
  add("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro",
      "/dev");
  add("--perms", "1777", "--size", size, "--tmpfs", "/tmp", "--perms", within ? "1777" : "0755", "--size", size,
      "--tmpfs", request.work);
  for (const auto& [host, inside] : request.read_only) {
    add_directory_of(inside);
    add("--ro-bind", host.string(), inside);
  }
  for (const auto& [path, content] : request.files) {
    add_directory_of(path);
    add("--perms", "0644", "--ro-bind-data", std::to_string(first_file++), path);
  }
  if (request.network) add("--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf");
  for (const auto& [name, value] : request.environment) add("--setenv", name, value);
  add("--remount-ro", "/", "--chdir", request.work, "--");
  const auto nobody = std::to_string(k_nobody);
  if (within) add("/usr/bin/setpriv", "--reuid", nobody, "--regid", nobody, "--clear-groups", "--inh-caps=-all", "--");
  add("/bin/sh", "-c", request.script);
}

std::vector<char*> CommandLine::pointers() {
  std::vector<char*> pointers;
  for (auto& word : m_words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

void CommandLine::add_identity(const SandboxRequest& request, bool within) {
  if (within) {
    add("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL",
        "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID");
  } else {
    add("--unshare-all", "--cap-drop", "ALL", "--uid", std::to_string(request.uid), "--gid",
        std::to_string(request.gid));
  }
}

/// bubblewrap makes what is missing on the way to a place for its own user alone.
void CommandLine::add_directory_of(const std::string& place) {
  const auto directory = fs::path{place}.parent_path();
  if (directory != directory.root_path()) add("--perms", "0755", "--dir", directory.string());
}

/// The toolchain's system directories, and of /etc what tools look for: alternatives, loader caches, catalogues.
void CommandLine::add_system(const fs::path& root) {
  std::error_code ignored;
  for (const std::string name : {"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
    const auto host = root / name;
    if (fs::is_symlink(fs::symlink_status(host, ignored))) {
      add("--symlink", fs::read_symlink(host, ignored).string(), "/" + name);
    } else if (fs::is_directory(host, ignored)) {
      add("--ro-bind", host.string(), "/" + name);
    }
  }
  add("--perms", "0755", "--dir", "/etc");
  for (const std::string name :
       {"alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "perl", "texmf", "texlive", "fonts", "xml", "sgml",
        "groff", "papersize", "debian_version", "os-release"})
    if (fs::exists(root / "etc" / name, ignored)) add("--ro-bind", (root / "etc" / name).string(), "/etc/" + name);
  // What someone built on this machine by hand is no pristine toolchain.
  if (fs::is_directory(root / "usr" / "local", ignored)) add("--tmpfs", "/usr/local", "--remount-ro", "/usr/local");
}

void CommandLine::add_system_paths(const SandboxRequest& request) {
  std::error_code ignored;
  for (const auto& path : request.system_paths)
    if (fs::exists(request.toolchain / path, ignored))
      add("--ro-bind", (request.toolchain / path).string(), "/" + path);
}

}  // namespace assay::rebuild
