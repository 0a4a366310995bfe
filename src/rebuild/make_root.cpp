#include "rebuild/make_root.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/text.hpp"
#include "digest/digest.hpp"
#include "rebuild/cache.hpp"
#include "rebuild/control_file.hpp"
#include "rebuild/driver.hpp"
#include "rebuild/export.hpp"
#include "rebuild/tool_run.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t k_most_roots = 4;  // each takes some 500 MB
constexpr std::string_view k_handover = ".making-";
constexpr std::uint64_t k_largest_sources = 1 << 20;

bool consists_of(std::string_view text, std::string_view further) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           further.find(c) != std::string_view::npos;
  });
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; (at = line.find_first_not_of(" \t", at)) != std::string_view::npos;) {
    const auto end = line[at] == '[' ? std::min(line.find(']', at), line.size() - 1) + 1
                                     : std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

/// Directories of runs that were killed: nobody holds their lock.
void remove_stale(const fs::path& place) {
  std::error_code problem;
  for (const auto& item : fs::directory_iterator{place, problem}) {
    if (!item.path().filename().string().starts_with(k_handover)) continue;
    const UniqueFd held{::open(item.path().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (held && ::flock(held.get(), LOCK_EX | LOCK_NB) == 0) fs::remove_all(item.path(), problem);
  }
}

/// A directory for what is handed to mmdebstrap and what that makes on its way; gone with this object, or by the next run.
/// An ordinary user's hooks run as somebody else, who need not get to the user's own places.
class Handover {
 public:
  static Result<Handover> make(const fs::path& cache) {
    std::error_code problem;
    const auto place = ::geteuid() == 0 ? cache : fs::temp_directory_path(problem);
    remove_stale(place);
    auto pattern = (place / fmt::format("{}XXXXXX", k_handover)).string();
    if (::mkdtemp(pattern.data()) == nullptr) return errno_error("make a directory", escape_for_display(pattern));
    fs::permissions(pattern, fs::perms{0755}, problem);
    return Handover{pattern};
  }
  Handover(Handover&& other) noexcept : m_path(std::exchange(other.m_path, {})), m_lock(std::move(other.m_lock)) {}
  Handover& operator=(Handover&&) = delete;
  ~Handover() {
    std::error_code ignored;
    if (!m_path.empty()) fs::remove_all(m_path, ignored);
  }
  const fs::path& path() const noexcept { return m_path; }

 private:
  explicit Handover(fs::path path)
      : m_path(std::move(path)), m_lock(::open(m_path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {
    ::flock(m_lock.get(), LOCK_EX | LOCK_NB);
  }
  fs::path m_path;
  UniqueFd m_lock;
};

std::vector<fs::path> machine_sources() {
  std::vector<fs::path> found;
  std::error_code problem;
  if (fs::is_regular_file("/etc/apt/sources.list", problem)) found.emplace_back("/etc/apt/sources.list");
  for (const auto& item : fs::directory_iterator{"/etc/apt/sources.list.d", problem})
    if (item.path().extension() == ".list" || item.path().extension() == ".sources") found.push_back(item.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// The line in which apt says what went wrong.
std::string complaint(std::string_view messages) {
  std::string last;
  for (const auto line : split_lines(messages)) {
    if (line.starts_with("E:")) return escape_for_display(line.substr(0, 300));
    if (line.find_first_not_of(" \t") != std::string_view::npos) last = escape_for_display(line.substr(0, 300));
  }
  return last;
}

class Making {
 public:
  explicit Making(const RootRequest& request) : m_request(request) {}

  Result<MadeRoot> run() {
    ASSAY_TRY_VOID(read_sources());
    std::error_code problem;
    fs::create_directories(m_request.cache, problem);
    ASSAY_TRY(auto handover, Handover::make(m_request.cache));
    m_handover = handover.path();
    ASSAY_TRY_VOID(write_handover());
    ASSAY_TRY(const auto state, archive_state());
    const auto name = key(state).hex().substr(0, 32);
    ASSAY_TRY(m_root.lock, lock(name));
    m_root.directory = m_request.cache / name;
    m_root.kept = fs::is_directory(m_root.directory / "usr", problem);
    if (!m_root.kept) ASSAY_TRY_VOID(make());
    fs::last_write_time(m_root.directory, fs::file_time_type::clock::now(), problem);
    ::flock(m_root.lock.get(), LOCK_SH);
    evict();
    return std::move(m_root);
  }

 private:
  void tell(std::string_view what) const {
    if (m_request.progress) m_request.progress(fmt::format("making a root file system: {}", what));
  }

  Result<void> read_sources() {
    m_sources = m_request.sources.empty() ? machine_sources() : std::vector{fs::absolute(m_request.sources)};
    for (const auto& file : m_sources) {
      ASSAY_TRY(const auto content, read_file(file, k_largest_sources));
      m_sources_text += as_text(content);
      m_sources_text += "\n";
      if (m_root.suite.empty()) m_root.suite = first_suite(as_text(content));
    }
    if (!m_root.suite.empty()) return {};
    return Error{ErrorCode::usage, "no sources of apt name an archive of binary packages",
                 m_request.sources.empty() ? "/etc/apt" : escape_for_display(m_request.sources.string()),
                 "give some with --root-sources FILE; sources.list(5) has the form"};
  }

  std::string relation() const {
    std::string text = "build-essential";
    for (const auto& need : m_request.needs) text += ", " + need;
    return text;
  }

  /// What its hooks take from here; nothing of it is part of a command line.
  Result<void> write_handover() const {
    if (!consists_of(relation(), " \t\n+.:~()<>=|!,-[]_"))
      return Error{ErrorCode::format, "the needs of the build are no relations of packages", {}, {}};
    ASSAY_TRY_VOID(write_file_whole(m_handover / "needs", relation()));
    ASSAY_TRY_VOID(write_file_whole(m_handover / "versions", version_preferences(m_request.recorded)));
    return write_file_whole(m_handover / "sources.list", {});
  }

  /// The signed state of every archive, as apt verified it, and nothing else of them.
  Result<std::string> archive_state() {
    tell("asking the archives for their state");
    const auto lists = m_handover / "lists", own = m_handover / "sources.list.d";
    std::error_code problem;
    for (const auto& directory : {lists / "partial", own, m_handover / "cache"})
      fs::create_directories(directory, problem);
    for (std::size_t i = 0; i < m_sources.size(); ++i) {
      ASSAY_TRY(const auto content, read_file(m_sources[i], k_largest_sources));
      const auto name = fmt::format(
          "{:02}{}", i, m_sources[i].extension() == ".sources" || is_deb822(as_text(content)) ? ".sources" : ".list");
      ASSAY_TRY_VOID(write_file_whole(own / name, as_text(content)));
    }
    ToolRun update{{"apt-get", "-qq", "update", "-o", "Dir::State::Lists=" + lists.string(), "-o",
                    "Dir::Cache=" + (m_handover / "cache").string(), "-o",
                    "Dir::Etc::SourceList=" + (m_handover / "sources.list").string(), "-o",
                    "Dir::Etc::SourceParts=" + own.string(), "-o", "APT::Sandbox::User=root", "-o",
                    "Acquire::IndexTargets::deb::Packages::DefaultEnabled=false", "-o",
                    "Acquire::IndexTargets::deb::Translations::DefaultEnabled=false", "-o",
                    "Acquire::IndexTargets::deb-src::Sources::DefaultEnabled=false"}};
    auto updated = run_tool(update);
    if (!updated) {
      updated.error().remedy = "apt install apt";
      return updated.error();
    }
    std::vector<std::string> digests;
    for (const auto& item : fs::directory_iterator{lists, problem}) {
      const auto file = item.path().filename().string();
      const auto content = file.ends_with("Release") ? MappedFile::open(item.path()) : Result<MappedFile>{Error{}};
      if (content) digests.push_back(sha256(content->bytes()).hex());
    }
    if (updated->exit_code != 0 || digests.empty())
      return Error{ErrorCode::io,
                   fmt::format("apt-get update failed: {}", complaint(updated->messages)),
                   {},
                   "is there a network, and are the sources right? --root-sources FILE gives others"};
    m_root.archives = digests.size();
    std::sort(digests.begin(), digests.end());
    return fmt::format("{}", fmt::join(digests, "\n"));
  }

  static bool is_deb822(std::string_view text) {
    return text.find("\nURIs:") != std::string_view::npos || text.starts_with("URIs:");
  }

  Sha256 key(const std::string& state) const {
    Sha256Stream stream;
    for (const auto& part :
         {std::string{"assay root 1"}, m_sources_text, state, relation(), version_preferences(m_request.recorded)})
      stream.update(as_bytes(fmt::format("{}:{}", part.size(), part)));
    return stream.finish();
  }

  /// One makes it, the others wait for it.
  Result<UniqueFd> lock(const std::string& name) const {
    const auto file = m_request.cache / (name + ".lock");
    UniqueFd descriptor{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (!descriptor) return errno_error("open", escape_for_display(file.string()));
    while (::flock(descriptor.get(), LOCK_EX) != 0)
      if (errno != EINTR) return errno_error("lock", escape_for_display(file.string()));
    return descriptor;
  }

  Result<void> make() {
    tell(fmt::format("{} with {}", m_root.suite,
                     count_of(m_request.needs.size(), "build dependency", "build dependencies")));
    ASSAY_TRY(const auto archive, temporary_file());
    const auto place = shell_quote(m_handover.string());
    ToolRun bootstrap{{"mmdebstrap", "--quiet", "--variant=buildd", "--format=tar",
                       fmt::format("--setup-hook=mkdir -p \"$1/etc/apt/preferences.d\" && cp {}/versions "
                                   "\"$1/etc/apt/preferences.d/recorded\"",
                                   place),
                       fmt::format("--customize-hook=chroot \"$1\" apt-get -q --yes --no-install-recommends "
                                   "--allow-downgrades satisfy \"$(cat {}/needs)\"",
                                   place),
                       m_root.suite, "-"}};
    for (const auto& file : m_sources) bootstrap.words.push_back(file.string());
    bootstrap.output = archive.get();
    bootstrap.contained = true;
    if (::geteuid() == 0) bootstrap.temporary = m_handover.string();
    auto made = run_tool(bootstrap);
    if (!made) {
      made.error().remedy = "apt install mmdebstrap";
      return made.error();
    }
    if (made->exit_code != 0)
      return Error{ErrorCode::io,
                   fmt::format("mmdebstrap failed: {}", complaint(made->messages)),
                   {},
                   "are the archives complete for what the build needs? --root-sources FILE gives others"};
    return unpack(archive);
  }

  /// What an interrupted run left under the passing name goes first; the final name is there as a whole or not.
  Result<void> unpack(const UniqueFd& archive) const {
    tell("unpacking");
    const auto passing = fs::path{m_root.directory.string() + ".part"};
    std::error_code problem;
    fs::remove_all(passing, problem);
    if (!fs::create_directory(passing, problem)) return errno_error("make", escape_for_display(passing.string()));
    if (::lseek(archive.get(), 0, SEEK_SET) != 0) return errno_error("rewind", "the root file system");
    ToolRun tar{{"tar", "-x", "--exclude=./dev/*", "-C", passing.string(), "-f", "-"}};
    tar.input = archive.get();
    ASSAY_TRY(const auto unpacked, run_tool(tar));
    if (unpacked.exit_code != 0)
      return Error{ErrorCode::io, fmt::format("tar failed: {}", complaint(unpacked.messages)),
                   escape_for_display(passing.string()), "is there room for some 600 MB?"};
    fs::permissions(passing, fs::perms{0755}, problem);
    fs::rename(passing, m_root.directory, problem);
    if (problem) return Error{ErrorCode::io, problem.message(), escape_for_display(m_root.directory.string()), {}};
    return {};
  }

  /// Of too many those that were used longest ago, unless somebody uses them now.
  void evict() const {
    std::vector<std::pair<fs::file_time_type, fs::path>> roots;
    std::error_code problem;
    for (const auto& item : fs::directory_iterator{m_request.cache, problem})
      if (std::error_code ignored; item.is_directory(ignored) && item.path().extension() != ".part" &&
                                   !item.path().filename().string().starts_with(k_handover))
        roots.emplace_back(item.last_write_time(ignored), item.path());
    std::sort(roots.begin(), roots.end());
    for (std::size_t i = 0; i + k_most_roots < roots.size(); ++i) {
      const auto& root = roots[i].second;
      if (root == m_root.directory) continue;
      const UniqueFd held{::open((root.string() + ".lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
      if (held && ::flock(held.get(), LOCK_EX | LOCK_NB) == 0) fs::remove_all(root, problem);
    }
  }

  const RootRequest& m_request;
  std::vector<fs::path> m_sources;
  std::string m_sources_text;
  fs::path m_handover;
  MadeRoot m_root;
};

}  // namespace

Result<MadeRoot> make_root(const RootRequest& request) {
  return Making{request}.run();
}

fs::path default_root_cache() {
  const auto regenerated = default_cache_directory();
  return regenerated.empty() ? fs::path{} : regenerated.parent_path() / "roots";
}

std::string first_suite(std::string_view text) {
  for (const auto line : split_lines(text)) {
    const auto words = words_of(line.substr(0, line.find('#')));
    if (words.size() < 3 || words[0] != "deb") continue;
    const std::size_t at = words[1].starts_with('[') ? 3 : 2;
    if (at < words.size()) return std::string{words[at]};
  }
  for (const auto& paragraph : paragraphs(text)) {
    const auto types = words_of(field(paragraph, "types"));
    const auto suites = words_of(field(paragraph, "suites"));
    if (std::find(types.begin(), types.end(), "deb") != types.end() && !suites.empty() &&
        field(paragraph, "enabled") != "no")
      return std::string{suites.front()};
  }
  return {};
}

std::string version_preferences(const std::vector<RecordedPackage>& recorded) {
  std::string text;
  for (const auto& [name, version] : recorded)
    if (consists_of(name, "+.-") && consists_of(version, "+.~:-"))
      text += fmt::format("Package: {}\nPin: version {}\nPin-Priority: 1001\n\n", name, version);
  return text;
}

}  // namespace assay::rebuild
