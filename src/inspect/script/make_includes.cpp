#include "inspect/script/make_includes.hpp"

#include "base/glob.hpp"
#include "base/text.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_included = 64;

}  // namespace

void MakeIncludes::add(std::string_view path, MakeOutline outline) {
  m_files.emplace(path_basename(path), std::move(outline));
}

std::set<std::string, std::less<>> MakeIncludes::missing() const {
  std::set<std::string, std::less<>> names;
  for (const auto& [name, outline] : m_files)
    for (const auto& included : outline.includes)
      if (!m_files.contains(included)) names.insert(included);
  return names;
}

std::vector<const MakeOutline*> MakeIncludes::find(const std::string& name) {
  std::vector<const MakeOutline*> found;
  const bool is_pattern = name.find('*') != std::string::npos;
  auto [at, end] = is_pattern ? std::pair{m_files.begin(), m_files.end()} : m_files.equal_range(name);
  for (; at != end && found.size() < k_most_included; ++at) {
    if (is_pattern && (m_comparisons_left == 0 || (--m_comparisons_left, !glob_match(name, at->first)))) continue;
    found.push_back(&at->second);
  }
  return found;
}

MakeVariables MakeIncludes::variables_for(const MakeOutline& outline) {
  MakeVariables variables;
  std::set<const MakeOutline*> seen;
  std::vector<const MakeOutline*> pending{&outline};
  while (!pending.empty()) {
    const auto* from = pending.back();
    pending.pop_back();
    for (const auto& name : from->includes)
      for (const auto* file : find(name)) {
        if (!seen.insert(file).second) continue;
        if (seen.size() > k_most_included) return variables;
        for (const auto& [variable, value] : file->variables) {
          if (value.size() > m_bytes_left) return variables;
          m_bytes_left -= value.size();
          variables.emplace(variable, value);
        }
        pending.push_back(file);
      }
  }
  return variables;
}

}  // namespace assay::inspect
