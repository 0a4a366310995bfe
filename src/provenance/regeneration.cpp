#include "provenance/regeneration.hpp"

#include "base/text.hpp"
#include "provenance/reach.hpp"

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

std::vector<std::string_view> made_elsewhere(const Regeneration& regeneration, std::string_view path) {
  const auto name = path_basename(path);
  std::vector<std::string_view> places;
  if (!name.ends_with("config.h.in") || is_hidden(path) || !stands_aside(path)) return places;
  for (const auto& [place, files] : regeneration.files())
    if (path_basename(place) == name && place != path && !stands_aside(place)) places.push_back(place);
  return places;
}

std::string_view tool_of(const Regeneration& regeneration, const Generator& generator) {
  const auto name = ascii_lower(generator.tool);
  for (const std::string_view alias :
       {std::string_view{name}, name == "aclocal" ? std::string_view{"automake"} : std::string_view{},
        name == "autoheader" || name == "autotools" ? std::string_view{"autoconf"} : std::string_view{}})
    if (const auto tool = alias.empty() ? std::string_view{} : regeneration.tool(alias); !tool.empty()) return tool;
  return {};
}

}  // namespace assay::provenance
