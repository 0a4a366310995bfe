// The directory that the build ran in. The part after it is the same on both sides.
#include <algorithm>
#include <iterator>
#include <string_view>

#include "artifact/cause.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

/// The part of a path before its second slash, and where people and builders build.
bool is_build_directory(std::string_view path) {
  if (starts_with_any(path, {"/usr/src", "/usr/local/src", "/var/tmp", "/var/lib", "/var/cache", "/var/jenkins",
                             "/run/build", "/run/user"}))
    return true;
  const auto top = path.substr(0, path.find('/', 1));
  static constexpr std::string_view k_tops[] = {
      "/build",    "/builds",  "/builddir",  "/buildd",  "/buildroot", "/tmp",      "/home",
      "/root",     "/work",    "/workspace", "/workdir", "/src",       "/source",   "/sources",
      "/mnt",      "/opt",     "/srv",       "/data",    "/media",     "/scratch",  "/github",
      "/drone",    "/app",     "/code",      "/project", "/projects",  "/checkout", "/io",
      "/rpmbuild", "/go",      "/nix",       "/Users",   "/private",   "/export",   "/local",
      "/storage",  "/sandbox", "/jenkins",   "/repo",    "/other",     "/pbuilder", "/reproducible"};
  return std::find(std::begin(k_tops), std::end(k_tops), top) != std::end(k_tops);
}

/// What installed software refers to by itself is no build directory.
bool is_system_path(std::string_view path) {
  return starts_with_any(path, {"/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/etc/", "/dev/", "/proc/", "/sys/",
                                "/run/", "/var/", "/boot/"});
}

constexpr std::uint64_t k_often = 3;

}  // namespace

std::optional<Match> judge_build_path(const Change& change, const BuildFacts& facts) {
  const auto roots = path_roots(change, Tail::any);
  if (!roots || (roots->first.empty() && roots->second.empty())) return std::nullopt;
  const auto with_tail = path_roots(change, Tail::needed);
  const auto& [before, after] = *roots;
  const bool known = is_build_directory(change.before) && is_build_directory(change.after);
  if (known)
    return Match{"", arrow(before, after),
                 with_tail ? "the same path below two directories" : "two directories that builds use",
                 Confidence::likely};
  if (change.impact == Impact::code || !with_tail || is_system_path(change.before) || is_system_path(change.after))
    return std::nullopt;
  // Directories that nobody knows are a build's if they stand for each other time and again; once is a guess.
  const auto found = facts.roots.find(*with_tail);
  const bool often = found != facts.roots.end() && found->second >= k_often;
  return Match{"", arrow(before, after),
               often ? "one directory stands for another before many paths" : "the same path below two directories",
               often ? Confidence::likely : Confidence::guess};
}

}  // namespace assay::artifact
