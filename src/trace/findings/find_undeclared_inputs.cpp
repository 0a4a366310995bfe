// Files outside the source tree that belong to nothing the build declares: one finding for each package.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"
#include "trace/system_files.hpp"

namespace assay::trace {

namespace {

/// ldconfig(8) of the system looks at every library that there is, for a list that no build keeps. What a process read before it became
/// that is another program's.
bool lists_libraries(const Case& build, Index process, const Access& access) {
  const auto& images = build.trace.processes[process].images;
  const auto program = access.image < images.size() ? images[access.image].program : k_none;
  if (program == k_none || build.trace.files[program].writable_place) return false;
  constexpr std::string_view k_paths[] = {"/sbin/ldconfig", "/usr/sbin/ldconfig"};
  return std::find(std::begin(k_paths), std::end(k_paths), build.trace.files[program].path) != std::end(k_paths);
}

struct Reader {
  Index process = k_none;
  bool only_lists = false;
};

/// The first process that opened it for itself; who only lists it where there is no other.
Reader reader_of(const Case& build, Index file) {
  Reader lister;
  for (const auto& reader : build.graph.readers(file)) {
    for (const auto& access : build.trace.processes[reader.process].reads) {
      if (access.file != file || access.inherited) continue;
      if (!lists_libraries(build, reader.process, access)) return {reader.process, false};
      if (lister.process == k_none) lister = {reader.process, true};
    }
  }
  return lister;
}

/// What the build read or ran of one undeclared owner.
struct Use {
  Index file = k_none;    ///< the one that tells most
  Index reader = k_none;  ///< who read that first
  std::size_t files = 0;
  bool tells = false;  ///< it is a program or library, and no test used it
};

}  // namespace

void find_undeclared_inputs(const Case& build, std::vector<Finding>& findings) {
  if (!build.context.undeclared_owner) return;
  std::map<std::string, Use> uses;  // by owner
  Use listed;
  constexpr std::size_t k_most_listed = 20;
  std::vector<Evidence> listed_paths;
  for (Index file = 0; file < build.trace.files.size(); ++file) {
    const auto& version = build.trace.files[file];
    const bool outside = !version.writable_place && version.path.starts_with('/') && !build.is_below_source(file) &&
                         version.writers.empty();
    if (!outside || version.path.starts_with("/dev/") || is_made_by_the_system(version.path)) continue;
    const auto reader = reader_of(build, file);
    if (reader.process == k_none) continue;
    const auto owner = build.context.undeclared_owner(version.path);
    if (owner.empty()) continue;
    if (reader.only_lists) {
      if (listed_paths.size() < k_most_listed) listed_paths.push_back({"library", version.path});
      if (listed.files++ == 0) listed = {file, reader.process, 1, false};
      continue;
    }
    auto& use = uses[owner];
    const bool tells = build.is_code(file) && !build.is_test_phase(reader.process);
    if (use.files++ == 0 || (tells && !use.tells)) use = {file, reader.process, use.files, use.tells || tells};
  }
  for (const auto& [owner, use] : uses) {
    const auto& path = build.trace.files[use.file].path;
    auto finding = make_finding(
        k_undeclared_input, {path, 0},
        fmt::format("{} is not among what is declared, and {} read or run, first by {}", escape_for_display(owner),
                    use.files == 1 ? "1 file of it was" : fmt::format("{} files of it were", use.files),
                    escape_for_display(build.program(use.reader).empty() ? "a shell" : build.program(use.reader))),
        {build.chain_of(use.reader)}, owner);
    if (!use.tells) finding.severity = Severity::low;
    findings.push_back(std::move(finding));
  }
  if (listed.files == 0) return;
  auto evidence = std::vector<Evidence>{build.chain_of(listed.reader)};
  evidence.insert(evidence.end(), std::make_move_iterator(listed_paths.begin()),
                  std::make_move_iterator(listed_paths.end()));
  findings.push_back(
      make_finding(k_undeclared_input, {build.trace.files[listed.file].path, 0},
                   fmt::format("{} not among what is declared, and nothing but {} looked at {}",
                               listed.files == 1 ? "1 library of this system is"
                                                 : fmt::format("{} libraries of this system are", listed.files),
                               "ldconfig", listed.files == 1 ? "it" : "them"),
                   std::move(evidence), "ldconfig"));
  findings.back().severity = Severity::low;
}

}  // namespace assay::trace
