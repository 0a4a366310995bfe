#include "provenance/regeneration.hpp"

namespace assay::provenance {

std::span<const RegeneratedFile> Regeneration::find(std::string_view path) const {
  const auto it = m_files.find(path);
  if (it == m_files.end()) return {};
  return it->second;
}

std::string_view Regeneration::tool(std::string_view name) const {
  for (const auto& tool : tools)
    if (tool.starts_with(name) && tool.size() > name.size() && tool[name.size()] == ' ') return tool;
  return {};
}

}  // namespace assay::provenance
