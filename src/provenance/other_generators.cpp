#include "provenance/other_generators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

using Names = std::set<std::string_view>;

/// Autoconf's and Automake's own making, by what they call it.
bool is_made_by_autotools(std::string_view path) {
  const auto name = path_basename(path);
  return name == "configure" || name == "Makefile.in" || name == "aclocal.m4" || name.ends_with(".h.in");
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The macros that a text defines.
Names defined_in(std::string_view text) {
  constexpr std::array<std::string_view, 4> k_defining{"_DEFUN(", "_DEFUN_ONCE(", "_ALIAS(", "m4_define("};
  constexpr std::array<std::string_view, 4> k_defining_too{"m4_defun(", "m4_copy(", "m4_rename(", "define("};
  Names names;
  const auto take = [&](std::string_view word) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      auto rest = text.substr(at + word.size());
      rest.remove_prefix(std::min(rest.find_first_not_of("[ \t\n"), rest.size()));
      const auto end = std::find_if_not(rest.begin(), rest.end(), is_name_byte);
      names.insert(rest.substr(0, static_cast<std::size_t>(end - rest.begin())));
    }
  };
  for (const auto word : k_defining) take(word);
  for (const auto word : k_defining_too) take(word);
  return names;
}

/// Another version of the same macros: none that the generators at hand did not take in as well, because whoever chooses which
/// published macros are defined chooses what configure does.
bool defines_nothing_more(std::string_view shipped, std::span<const RegeneratedFile> made) {
  if (made.empty()) return false;
  const auto ours = defined_in(as_text(made.front().content));
  const auto theirs = defined_in(shipped);
  return std::includes(ours.begin(), ours.end(), theirs.begin(), theirs.end());
}

std::string evidence_of(const AssessedEntry& entry, std::string_view name) {
  for (const auto& [key, text] : entry.explanation->evidence)
    if (key == name) return text;
  return {};
}

/// Byte for byte an upstream's or a distribution's, or that with what its own build does to it.
bool was_published(const AssessedEntry& entry) {
  return entry.explanation && (entry.proof() == Proof::known ||
                               (entry.proof() == Proof::derived && entry.explanation->explainer == "restored"));
}

/// What the recipe laid into the tree and the release has otherwise or not at all: `aclocal --install` and libtoolize take what the
/// toolchain has, and where that is newer than what the release was made with, all that is made from it is another.
std::vector<std::string> held_back(const Compared& compared, const Regeneration& made,
                                   std::span<const PublishedFile> published) {
  std::set<std::string> names;
  for (const auto& file : published) names.emplace(path_basename(file.path));
  std::set<std::string_view> added;
  for (const auto& difference : compared.comparison.differences)
    if (difference.status == EntryStatus::added || difference.status == EntryStatus::modified)
      added.insert(difference.path);
  const auto& subdir = compared.mapping.reference_subdir;
  for (const auto& [path, files] : made.files()) {
    if (!is_macro_file(path) || path_basename(path) == "aclocal.m4" || files.empty()) continue;
    if (!subdir.empty() && !path.starts_with(subdir + "/")) continue;
    const auto below = std::string_view{path}.substr(subdir.empty() ? 0 : subdir.size() + 1);
    if (!added.contains(below)) names.emplace(path_basename(path));
  }
  return {names.begin(), names.end()};
}

}  // namespace

bool is_macro_file(std::string_view path) noexcept {
  return path.ends_with(".m4");
}

std::optional<OtherGenerators> other_generators(const Assessment& judged, const Compared& compared,
                                                const SubjectContents& contents, const Regeneration& made) {
  OtherGenerators others;
  std::vector<std::pair<std::string, const Bytes*>> wanted;
  const auto& differences = compared.comparison.differences;
  const auto& subdir = compared.mapping.reference_subdir;
  for (std::size_t i = 0; i < std::min(differences.size(), judged.entries.size()); ++i) {
    const auto& entry = judged.entries[i];
    if (entry.status != EntryStatus::added || entry.kind != EntryKind::regular || !entry.explanation) continue;
    auto path = subdir.empty() ? entry.path : fmt::format("{}/{}", subdir, entry.path);
    const auto* content = contents.find(*differences[i].subject);
    const auto files = made.find(path);
    if (content == nullptr || files.empty()) continue;
    if (entry.proof() >= Proof::composed && entry.proof() <= Proof::unexplained && is_made_by_autotools(path)) {
      wanted.emplace_back(path, content);
      if (path_basename(path) == "configure") others.scripts.push_back(as_text(*content));
      others.targets.push_back(std::move(path));
    } else if (path_basename(path) == "aclocal.m4") {
      if (entry.explanation->explainer == "aclocal" && defines_nothing_more(as_text(*content), files))
        others.aclocal.push_back({std::move(path), *content, {}});
    } else if (is_macro_file(path) && was_published(entry) &&
               std::none_of(files.begin(), files.end(),
                            [&](const RegeneratedFile& file) { return file.content == *content; })) {
      others.macro_files.push_back({std::move(path), *content, evidence_of(entry, "upstream")});
    }
  }
  if (others.targets.empty()) return std::nullopt;
  others.held_back = held_back(compared, made, others.macro_files);
  others.enough = [wanted = std::move(wanted)](const Regeneration& regeneration) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
      const auto files = regeneration.find(one.first);
      return std::any_of(files.begin(), files.end(),
                         [&](const RegeneratedFile& file) { return file.content == *one.second; });
    });
  };
  return others;
}

}  // namespace assay::provenance
