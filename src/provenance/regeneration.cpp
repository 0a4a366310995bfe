#include "provenance/regeneration.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "provenance/reach.hpp"

namespace assay::provenance {

namespace {

/// A header of answers, a makefile, its own record. What it fills in of versions and names alone is the same everywhere, and may be
/// released.
bool is_made_by_configure(std::string_view path, std::string_view text) {
  constexpr std::string_view k_records[] = {"config.status", "config.log", "config.cache", "libtool"};
  constexpr std::string_view k_makefiles[] = {"Makefile", "makefile", "GNUmakefile"};
  constexpr std::size_t k_head = 512;
  const auto is_one_of = [name = path_basename(path)](std::span<const std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (is_one_of(k_records)) return true;
  if (text.substr(0, k_head).find(" by configure.") == std::string_view::npos) return false;
  const auto has = [&](std::string_view answer) { return text.find(answer) != std::string_view::npos; };
  return is_one_of(k_makefiles) || has("\n/* #undef ") || has("\n#define HAVE_");
}

}  // namespace

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

std::string_view why_not_released(const Regeneration& regeneration, std::string_view path,
                                  const RegeneratedFile& file) {
  if (is_made_by_configure(path, as_text(file.content))) return "configure makes it for one machine";
  const auto& released = regeneration.released;
  const bool is_left_out = file.place == "tree" && !released.empty() && !released.contains(path);
  return is_left_out ? "the release that the recipe makes is without it" : std::string_view{};
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
