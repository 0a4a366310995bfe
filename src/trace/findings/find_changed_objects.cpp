// Objects and executables that something else than the toolchain wrote into, or replaced, after they were made.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

namespace {

bool is_of_toolchain(const Case& build, Index file) {
  const auto& writers = build.trace.files[file].writers;
  return std::any_of(writers.begin(), writers.end(),
                     [&](Index writer) { return build.trade(writer) == Trade::toolchain; });
}

/// The first writer that handles bytes of any kind.
Index stranger_among(const Case& build, Index file) {
  for (const auto writer : build.trace.files[file].writers) {
    const auto trade = build.trade(writer);
    if (trade == Trade::decoder || trade == Trade::mover || trade == Trade::interpreter) return writer;
  }
  return k_none;
}

void compare(const Case& build, Index before, Index after, std::string_view how, std::vector<Finding>& findings) {
  const auto& old = build.trace.files[before];
  const auto& now = build.trace.files[after];
  if (!build.is_code(before) || !is_of_toolchain(build, before) || is_of_toolchain(build, after)) return;
  // The same bytes, a copy of something that the toolchain made, or something that was removed unread.
  if (!now.sha256 || now.sha256 == old.sha256 || now.kind == ContentKind::empty || build.graph.copied_from(after))
    return;
  const auto writer = stranger_among(build, after);
  if (writer == k_none || build.is_test_phase(writer)) return;
  auto finding =
      make_finding(k_changed_object, {std::string{build.shown_path(after)}, 0},
                   fmt::format("{} {} after it was compiled", escape_for_display(build.program(writer)), how),
                   {build.chain_of(writer), build.chain_of(old.writers.front())}, build.program(writer));
  if (build.is_in_test_place(after) || !build.is_code(after)) finding.severity = Severity::medium;
  findings.push_back(std::move(finding));
}

}  // namespace

void find_changed_objects(const Case& build, std::vector<Finding>& findings) {
  std::unordered_map<std::string_view, Index> latest;  // by name
  for (Index file = 0; file < build.trace.files.size(); ++file) {
    const auto& version = build.trace.files[file];
    if (version.writers.empty() || build.graph.is_initial(file)) continue;
    if (version.previous != k_none) compare(build, version.previous, file, "wrote into it", findings);
    const auto check_name = [&](const std::string& name) {
      const auto [known, is_new] = latest.try_emplace(name, file);
      if (is_new || known->second == file) return;
      if (version.previous != known->second) compare(build, known->second, file, "replaced it", findings);
      known->second = file;
    };
    check_name(version.path);
    for (const auto& alias : version.aliases) check_name(alias);
  }
}

}  // namespace assay::trace
