#include "provenance/other_generators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "provenance/macro_names.hpp"

namespace assay::provenance {

namespace {

/// Autoconf's and Automake's own making, by what they call it.
bool is_made_by_autotools(std::string_view path) {
  const auto name = path_basename(path);
  return name == "configure" || name == "Makefile.in" || name == "aclocal.m4" || name.ends_with(".h.in");
}

/// What the generators at hand made for that path; empty if nothing.
std::string_view text_made_for(const Regeneration& made, std::string_view path) {
  const auto files = made.find(path);
  return files.empty() ? std::string_view{} : as_text(files.front().content);
}

/// The release's aclocal.m4 in the place of the one made here: another version of the same macros. None more than the generators at
/// hand took in as well, because whoever chooses which published macros are defined chooses what configure does; and none less that
/// the project speaks of, because M4 takes what is not defined for text, and so does the shell for a command that is not there.
class AclocalChoice {
 public:
  AclocalChoice(const vcs::Reference& reference, const Regeneration& made, const MacroUses& uses)
      : m_reference(reference), m_made(made), m_uses(uses) {}

  bool may_take(const std::string& path, std::string_view shipped) const {
    const auto ours = text_made_for(m_made, path);
    if (ours.empty()) return false;
    const auto our_names = macros_defined_in(ours), their_names = macros_defined_in(shipped);
    return std::includes(our_names.begin(), our_names.end(), their_names.begin(), their_names.end()) &&
           !m_uses.miss_one(our_names, their_names) && includes_what_is_needed(path, ours, shipped, their_names);
  }

 private:
  bool includes_what_is_needed(const std::string& path, std::string_view ours, std::string_view shipped,
                               const MacroNames& defined) const {
    const auto theirs = macro_files_included_in(shipped);
    for (const auto& file : macro_files_included_in(ours)) {
      if (theirs.contains(file)) continue;
      const auto place = path_resolved(path_dirname(path), file);
      if (m_reference.manifest().find(place) != nullptr) return false;  // the project's own
      if (m_uses.miss_one(macros_defined_in(text_made_for(m_made, place)), defined)) return false;
    }
    return true;
  }

  const vcs::Reference& m_reference;
  const Regeneration& m_made;
  const MacroUses& m_uses;
};

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

MacroNames defined_by(std::span<const PublishedFile> files) {
  MacroNames names;
  for (const auto& file : files) names.merge(macros_defined_in(as_text(file.content)));
  return names;
}

/// What the recipe laid into the tree and the release has otherwise or not at all: `aclocal --install` and libtoolize take what the
/// toolchain has, and where that is newer than what the release was made with, all that is made from it is another.
/// Not where the project speaks of a macro that nothing else defines then.
std::vector<std::string> held_back(const Compared& compared, const Regeneration& made,
                                   std::span<const PublishedFile> published, const MacroUses& uses) {
  std::set<std::string> names;
  for (const auto& file : published) names.emplace(path_basename(file.path));
  const auto defined = defined_by(published);
  std::set<std::string_view> added;
  for (const auto& difference : compared.comparison.differences)
    if (difference.status != EntryStatus::missing)  // a moved one stands in a submodule too
      added.insert(difference.path);
  const auto& subdir = compared.mapping.reference_subdir;
  for (const auto& [path, files] : made.files()) {
    if (!is_macro_file(path) || path_basename(path) == "aclocal.m4" || files.empty()) continue;
    if (!subdir.empty() && !path.starts_with(subdir + "/")) continue;
    const auto below = std::string_view{path}.substr(subdir.empty() ? 0 : subdir.size() + 1);
    if (!added.contains(below) && !uses.miss_one(macros_defined_in(as_text(files.front().content)), defined))
      names.emplace(path_basename(path));
  }
  return {names.begin(), names.end()};
}

}  // namespace

bool is_macro_file(std::string_view path) noexcept {
  return path.ends_with(".m4");
}

std::optional<OtherGenerators> other_generators(const Assessment& judged, const Compared& compared,
                                                const SubjectContents& contents, const vcs::Reference& reference,
                                                const Regeneration& made) {
  OtherGenerators others;
  std::vector<PublishedFile> aclocal;
  std::vector<std::pair<std::string, const Bytes*>> wanted;
  const auto& differences = compared.comparison.differences;
  const auto& subdir = compared.mapping.reference_subdir;
  for (std::size_t i = 0; i < std::min(differences.size(), judged.entries.size()); ++i) {
    const auto& entry = judged.entries[i];
    if (entry.status != EntryStatus::added || entry.kind != EntryKind::regular || !entry.explanation) continue;
    auto path = subdir.empty() ? entry.path : fmt::format("{}/{}", subdir, entry.path);
    const auto* content = contents.find(*differences[i].subject);
    const auto files = made.find(path);
    if (content == nullptr) continue;
    if (files.empty()) {
      // A copy of a template that they made elsewhere, perhaps by another version of them.
      if (entry.proof() != Proof::unexplained) continue;
      for (const auto place : made_elsewhere(made, path)) {
        wanted.emplace_back(place, content);
        others.targets.emplace_back(place);
      }
    } else if (entry.proof() >= Proof::composed && entry.proof() <= Proof::unexplained && is_made_by_autotools(path)) {
      wanted.emplace_back(path, content);
      if (path_basename(path) == "configure") others.scripts.push_back(as_text(*content));
      others.targets.push_back(std::move(path));
    } else if (path_basename(path) == "aclocal.m4") {
      if (entry.explanation->explainer == "aclocal") aclocal.push_back({std::move(path), *content, {}});
    } else if (is_macro_file(path) && was_published(entry) &&
               std::none_of(files.begin(), files.end(),
                            [&](const RegeneratedFile& file) { return file.content == *content; })) {
      others.macro_files.push_back({std::move(path), *content, evidence_of(entry, "upstream")});
    }
  }
  if (others.targets.empty()) return std::nullopt;
  MacroUses uses{reference};
  for (const auto& file : others.macro_files) uses.add(as_text(file.content));
  for (const auto& file : aclocal) uses.add(as_text(file.content));
  const auto defined = defined_by(others.macro_files);
  std::erase_if(others.macro_files, [&](const PublishedFile& file) {
    return uses.miss_one(macros_defined_in(text_made_for(made, file.path)), defined);
  });
  const AclocalChoice choice{reference, made, uses};
  for (auto& file : aclocal)
    if (choice.may_take(file.path, as_text(file.content))) others.aclocal.push_back(std::move(file));
  others.held_back = held_back(compared, made, others.macro_files, uses);
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
