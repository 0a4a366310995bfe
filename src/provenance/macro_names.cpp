#include "provenance/macro_names.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.hpp"
#include "model/entry.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint64_t k_largest = 4U << 20;
constexpr std::size_t k_longest_name = 255;  ///< that a file can have

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view name_at_start(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_name_byte);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

bool is_read_by_autoconf(std::string_view path) {
  const auto name = path_basename(path);
  return name.ends_with(".m4") || name.ends_with(".ac") || name == "configure.in";
}

constexpr std::array<std::string_view, 8> k_defining{"_DEFUN(",   "_DEFUN_ONCE(", "_ALIAS(",    "m4_define(",
                                                     "m4_defun(", "m4_copy(",     "m4_rename(", "define("};

/// Where the words that define something stand, and what they define.
template <typename Use>
void each_definition(std::span<const std::string_view> words, std::string_view text, Use use) {
  for (const auto word : words) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      auto rest = text.substr(at + word.size());
      rest.remove_prefix(std::min(rest.find_first_not_of("[ \t\n"), rest.size()));
      use(at, name_at_start(rest));
    }
  }
}

MacroNames defined_by(std::span<const std::string_view> words, std::string_view text) {
  MacroNames names;
  each_definition(words, text, [&](std::size_t, std::string_view name) { names.emplace(name); });
  return names;
}

}  // namespace

MacroNames macros_defined_in(std::string_view text) {
  return defined_by(k_defining, text);
}

MacroNames macros_for_configure_in(std::string_view text) {
  constexpr std::array<std::string_view, 4> k_used{"AC_DEFUN(", "AC_DEFUN_ONCE(", "AU_DEFUN(", "AU_ALIAS("};
  return defined_by(k_used, text);
}

MacroNames names_in(std::string_view text) {
  MacroNames names;
  while (!text.empty()) {
    const auto name = name_at_start(text);
    if (!name.empty() && !names.contains(name)) names.emplace(name);
    text.remove_prefix(std::max<std::size_t>(name.size(), 1));
  }
  return names;
}

std::map<std::string, std::string_view, std::less<>> macro_bodies_in(std::string_view text) {
  std::map<std::size_t, std::string_view> places;
  each_definition(k_defining, text, [&](std::size_t at, std::string_view name) { places.emplace(at, name); });
  std::map<std::string, std::string_view, std::less<>> bodies;
  for (auto it = places.begin(); it != places.end(); ++it) {
    const auto next = std::next(it);
    bodies.emplace(it->second, text.substr(it->first, (next == places.end() ? text.size() : next->first) - it->first));
  }
  return bodies;
}

MacroNames base_names_included_in(std::string_view text) {
  constexpr std::string_view k_include = "include(";
  MacroNames names;
  for (auto at = text.find(k_include); at != std::string_view::npos; at = text.find(k_include, at + 1)) {
    const auto start = std::min(text.find_first_not_of("[ \t\n", at + k_include.size()), text.size());
    const auto path = text.substr(start, text.find_first_of("]), \t\n", start) - start);
    if (const auto name = path_basename(path); name.size() <= k_longest_name) names.emplace(name);
  }
  return names;
}

std::set<std::string, std::less<>> macro_files_included_in(std::string_view aclocal) {
  constexpr std::string_view k_include = "m4_include([";
  std::set<std::string, std::less<>> files;
  for (const auto line : split_lines(aclocal))
    if (line.starts_with(k_include)) files.emplace(line.substr(k_include.size(), line.find(']') - k_include.size()));
  return files;
}

MacroUses::MacroUses(const vcs::Reference& reference) {
  std::set<std::string, std::less<>> included;
  const auto take = [&](const TreeEntry& entry) {
    if (entry.kind != EntryKind::regular) return;
    const auto content = reference.read(entry, k_largest);
    if (!content) return;
    add(as_text(*content));
    included.merge(base_names_included_in(as_text(*content)));
  };
  for (const auto& entry : reference.manifest().entries())
    if (is_read_by_autoconf(entry.path)) take(entry);
  for (const auto named = included; const auto& entry : reference.manifest().entries())
    if (!is_read_by_autoconf(entry.path) && named.contains(path_basename(entry.path))) take(entry);
}

void MacroUses::add(std::string_view text) {
  m_names.merge(names_in(text));
}

bool MacroUses::miss_one(const MacroNames& before, const MacroNames& after) const {
  return std::any_of(before.begin(), before.end(), [&](const std::string& name) {
    const bool begins_a_name = name.ends_with('_');  // `m4_define([_$1_done])`
    return !begins_a_name && !after.contains(name) && m_names.contains(name);
  });
}

}  // namespace assay::provenance
