#include "provenance/macro_names.hpp"

#include <algorithm>
#include <array>

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

/// The base names of the files that a text includes, as `m4_include([version.inc])` does.
void add_included(std::string_view text, std::set<std::string, std::less<>>& names) {
  constexpr std::string_view k_include = "include(";
  for (auto at = text.find(k_include); at != std::string_view::npos; at = text.find(k_include, at + 1)) {
    const auto start = std::min(text.find_first_not_of("[ \t\n", at + k_include.size()), text.size());
    const auto path = text.substr(start, text.find_first_of("]), \t\n", start) - start);
    if (const auto name = path_basename(path); name.size() <= k_longest_name) names.emplace(name);
  }
}

}  // namespace

namespace {

MacroNames defined_by(std::span<const std::string_view> words, std::string_view text) {
  MacroNames names;
  for (const auto word : words) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      auto rest = text.substr(at + word.size());
      rest.remove_prefix(std::min(rest.find_first_not_of("[ \t\n"), rest.size()));
      names.emplace(name_at_start(rest));
    }
  }
  return names;
}

}  // namespace

MacroNames macros_defined_in(std::string_view text) {
  constexpr std::array<std::string_view, 8> k_defining{"_DEFUN(",   "_DEFUN_ONCE(", "_ALIAS(",    "m4_define(",
                                                       "m4_defun(", "m4_copy(",     "m4_rename(", "define("};
  return defined_by(k_defining, text);
}

MacroNames macros_for_configure_in(std::string_view text) {
  constexpr std::array<std::string_view, 4> k_defining{"AC_DEFUN(", "AC_DEFUN_ONCE(", "AU_DEFUN(", "AU_ALIAS("};
  return defined_by(k_defining, text);
}

bool names_one_of(std::string_view text, const MacroNames& names) {
  while (!text.empty()) {
    const auto name = name_at_start(text);
    if (names.contains(name)) return true;
    text.remove_prefix(std::max<std::size_t>(name.size(), 1));
  }
  return false;
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
    add_included(as_text(*content), included);
  };
  for (const auto& entry : reference.manifest().entries())
    if (is_read_by_autoconf(entry.path)) take(entry);
  for (const auto named = included; const auto& entry : reference.manifest().entries())
    if (!is_read_by_autoconf(entry.path) && named.contains(path_basename(entry.path))) take(entry);
}

void MacroUses::add(std::string_view text) {
  while (!text.empty()) {
    const auto name = name_at_start(text);
    if (!name.empty() && m_names.find(name) == m_names.end()) m_names.emplace(name);
    text.remove_prefix(std::max<std::size_t>(name.size(), 1));
  }
}

bool MacroUses::miss_one(const MacroNames& before, const MacroNames& after) const {
  return std::any_of(before.begin(), before.end(), [&](const std::string& name) {
    const bool begins_a_name = name.ends_with('_');  // `m4_define([_$1_done])`
    return !begins_a_name && !after.contains(name) && m_names.contains(name);
  });
}

}  // namespace assay::provenance
