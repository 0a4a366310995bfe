// The directory that the build ran in. The part after it is the same on both sides.
#include <algorithm>

#include "artifact/cause.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

/// What installed software refers to by itself is no build directory.
bool is_system_path(std::string_view path) {
  if (starts_with_any(path, {"/usr/src/", "/usr/local/src/"})) return false;
  return starts_with_any(path, {"/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/etc/", "/dev/", "/proc/", "/sys/", "/run/", "/var/lib/", "/var/log/", "/var/run/", "/var/cache/", "/boot/"}) ||
         path == "/usr" || path == "/bin" || path == "/etc";
}

}  // namespace

std::optional<Match> judge_build_path(const Change& change, const BuildFacts& /*facts*/) {
  const bool path = change.token == "path" || change.token == "temporary" || (!change.before.empty() && !change.after.empty() && change.before[0] == '/' && change.after[0] == '/');
  if (!path || change.before.empty() || change.after.empty() || change.before[0] != '/' || change.after[0] != '/') return std::nullopt;
  if (change.before.find_first_of("\n ") != std::string::npos || change.after.find_first_of("\n ") != std::string::npos) return std::nullopt;
  std::size_t same = 0;
  const auto most = std::min(change.before.size(), change.after.size());
  while (same < most && change.before[change.before.size() - 1 - same] == change.after[change.after.size() - 1 - same]) ++same;
  const auto tail = std::string_view{change.before}.substr(change.before.size() - same);
  const auto slash = tail.find('/');
  const auto keep = slash == std::string_view::npos ? 0 : tail.size() - slash;
  const auto root_before = change.before.substr(0, change.before.size() - keep);
  const auto root_after = change.after.substr(0, change.after.size() - keep);
  if (is_system_path(change.before) || is_system_path(change.after) || change.impact == Impact::code) {
    const bool built = starts_with_any(change.before, {"/build", "/tmp", "/home", "/root", "/work", "/src", "/mnt", "/var/tmp", "/usr/src"}) &&
                       starts_with_any(change.after, {"/build", "/tmp", "/home", "/root", "/work", "/src", "/mnt", "/var/tmp", "/usr/src", "/other", "/opt"});
    if (!built) return std::nullopt;
  }
  return Match{"", arrow(root_before, root_after), keep > 0 ? "the same path below two directories" : "two directories", Confidence::likely};
}

}  // namespace assay::artifact
