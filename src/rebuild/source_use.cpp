#include "rebuild/source_use.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace assay::rebuild {

using trace::Index;

SourceUse::SourceUse(const trace::Trace& trace, std::string source)
    : m_trace(trace), m_source(std::move(source) + "/") {
  for (Index process = 0; process < trace.processes.size(); ++process)
    if (trace.processes[process].phase != 0) add_accesses(process);
  add_names();
}

std::string SourceUse::how(Index process, Index image, std::string_view what) const {
  const auto& each = m_trace.processes[process];
  const auto program = image < each.images.size() ? each.images[image].program : trace::k_none;
  return fmt::format("{} by {} in the phase {}", what,
                     program == trace::k_none ? std::string{"a shell"}
                                              : escape_for_display(path_basename(m_trace.files[program].path)),
                     m_trace.phases[each.phase]);
}

void SourceUse::add_path(std::string_view path, const std::string& how) {
  if (path.starts_with(m_source)) m_paths.emplace(path.substr(m_source.size()), how);
}

void SourceUse::add_accesses(Index process) {
  for (const auto& access : m_trace.processes[process].reads) {
    const auto& file = m_trace.files[access.file];
    const auto way = how(process, access.image, "read");
    add_path(file.path, way);
    for (const auto& alias : file.aliases) add_path(alias, way);
    if (file.sha256) m_contents.try_emplace(*file.sha256, way);
  }
  for (const auto& access : m_trace.processes[process].writes) {
    const auto& file = m_trace.files[access.file];
    add_path(file.path, how(process, access.image, "written to"));
    for (const auto& alias : file.aliases) add_path(alias, how(process, access.image, "written to"));
  }
}

/// Under another name it might be anything. That it is removed shows nothing of its content.
void SourceUse::add_names() {
  for (const auto& change : m_trace.names) {
    const bool moves =
        change.kind == trace::NameChange::Kind::rename || change.kind == trace::NameChange::Kind::hard_link;
    if (!moves || change.process == trace::k_none || m_trace.processes[change.process].phase == 0) continue;
    const auto& images = m_trace.processes[change.process].images;
    const auto way =
        how(change.process, images.empty() ? 0 : static_cast<Index>(images.size() - 1), "renamed or linked");
    // Both: two names may have changed places.
    for (const auto& name : {change.from, change.to}) {
      add_path(name, way);
      if (name.starts_with(m_source)) m_directories.emplace_back(name.substr(m_source.size()) + "/", way);
      else if (m_source.starts_with(name + "/")) m_directories.emplace_back("", way);  // the tree as a whole
    }
  }
}

std::string SourceUse::of(std::string_view path, const Sha256& content) const {
  if (const auto found = m_paths.find(path); found != m_paths.end()) return found->second;
  if (const auto found = m_contents.find(content); found != m_contents.end())
    return found->second + ", as a file of the same content";
  for (const auto& [directory, way] : m_directories)
    if (path.starts_with(directory)) return way + ", with its directory";
  return {};
}

}  // namespace assay::rebuild
