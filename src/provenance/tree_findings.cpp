#include "provenance/tree_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "inspect/script/source.hpp"
#include "provenance/build_mentions.hpp"
#include "provenance/lfs_pointer.hpp"
#include "provenance/named_files.hpp"
#include "provenance/reach.hpp"
#include "provenance/rules.hpp"

namespace assay::provenance {

namespace {

/// Hidden files and directories that only a forge, an editor or what checks the style of sources reads. `.cargo/` and others configure
/// builds.
bool is_of_forge_or_editor(std::string_view path) {
  static constexpr std::string_view k_names[] = {".github",
                                                 ".gitlab",
                                                 ".circleci",
                                                 ".travis",
                                                 ".ci",
                                                 ".azure-pipelines",
                                                 ".appveyor",
                                                 ".buildkite",
                                                 ".semaphore",
                                                 ".woodpecker",
                                                 ".cirrus",
                                                 ".builds",
                                                 ".kokoro",
                                                 ".jenkins",
                                                 ".packit",
                                                 ".copr",
                                                 ".distro",
                                                 ".vscode",
                                                 ".idea",
                                                 ".vs",
                                                 ".settings",
                                                 ".devcontainer",
                                                 ".reuse",
                                                 ".tx",
                                                 ".husky",
                                                 ".changeset",
                                                 ".azure-pipelines.yml",
                                                 ".cirrus.yml",
                                                 ".travis.yml",
                                                 ".appveyor.yml",
                                                 ".drone.yml",
                                                 ".lgtm.yml",
                                                 ".mergify.yml",
                                                 ".zuul.yaml",
                                                 ".codecov.yml",
                                                 ".coveragerc",
                                                 ".readthedocs.yml",
                                                 ".readthedocs.yaml",
                                                 ".mailmap",
                                                 ".dir-locals.el",
                                                 ".editorconfig",
                                                 ".clang-format",
                                                 ".clang-tidy",
                                                 ".shellcheckrc",
                                                 ".uncrustify",
                                                 ".astylerc",
                                                 ".indent.pro",
                                                 ".flake8",
                                                 ".pylintrc",
                                                 ".rubocop.yml",
                                                 ".eslintrc",
                                                 ".eslintrc.json",
                                                 ".prettierrc",
                                                 ".pre-commit-config.yaml",
                                                 ".yamllint",
                                                 ".cvsignore",
                                                 ".hgignore",
                                                 ".hgtags",
                                                 ".bzrignore",
                                                 ".dockerignore",
                                                 ".npmignore",
                                                 ".dcignore",
                                                 ".x-update-copyright",
                                                 ".buckconfig",
                                                 ".buckversion"};
  const auto first = path.substr(0, path.find('/'));
  return std::find(std::begin(k_names), std::end(k_names), first) != std::end(k_names);
}

/// Would a build have found it where it stood? Bootstrap scripts make a release and are of no use in one. Of what the name does not
/// tell anything of, a build may take whatever is there (`-include conf/*.flags`), or it configures one from a hidden place.
bool build_lacks(const AssessedEntry& entry, const std::function<bool(std::string_view)>& is_named_by_build) {
  const auto directory = path_dirname(entry.path);
  if (stands_aside(entry.path)) return false;
  if (entry.reach <= Reach::compiled) return true;
  if (!entry.reach_reason.empty()) return false;
  // At the top there is much that is of no use to a build, unless it says so itself. What is hidden there tools look for.
  if (directory.empty()) return is_hidden(entry.path) || is_named_by_build(entry.path);
  return is_hidden(directory) || !is_hidden(entry.path);
}

/// Missing, and not because nobody who builds has a use for it.
bool may_be_lacking(const AssessedEntry& entry) {
  return entry.status == EntryStatus::missing && !entry.explanation && entry.kind != EntryKind::submodule &&
         !is_of_forge_or_editor(entry.path) && entry.reach_reason != "bootstrap script" &&
         !path_basename(entry.path).starts_with(".git");
}

/// What a build may lack. What something that is run names is missing wherever it stands: the tests' own script, a list of what to deny.
std::vector<std::string> missing_from_build(const Compared& compared, const vcs::Reference& reference,
                                            const Assessment& assessment) {
  const auto reference_path = [&](const std::string& path) {
    return path_resolved(compared.mapping.reference_subdir, path);
  };
  std::optional<BuildWords> build;
  const auto is_named_by_build = [&](std::string_view name) {
    if (!build) build.emplace(reference, std::string_view{});
    return build->name(name);
  };
  std::vector<std::string> lacking, gone;
  for (const auto& entry : assessment.entries) {
    if (entry.status == EntryStatus::missing) gone.push_back(reference_path(entry.path));
    if (may_be_lacking(entry)) lacking.push_back(entry.path);
  }
  std::vector<std::string> missing;
  if (lacking.empty()) return missing;
  const auto named = files_named_by_executed(reference, gone);
  for (const auto& entry : assessment.entries)
    if (may_be_lacking(entry) && (named.contains(reference_path(entry.path)) || build_lacks(entry, is_named_by_build)))
      missing.push_back(entry.path);
  return missing;
}

std::vector<std::string> submodules_left_out(const Assessment& assessment) {
  std::vector<std::string> paths;
  for (const auto& entry : assessment.entries)
    if (entry.status == EntryStatus::missing && entry.kind == EntryKind::submodule && !entry.explanation)
      paths.push_back(entry.path);
  return paths;
}

/// Only a lost right to run is proven and yet another mode. Among the tests too: a runner passes over what it may not run.
bool lost_right_to_run(const AssessedEntry& entry) {
  return entry.status == EntryStatus::mode_changed && entry.proof() == Proof::identical &&
         (!stands_aside(entry.path) || inspect::is_in_test_data(entry.path));
}

/// Does `tree` have anything below `directory`?
bool has_below(const TreeManifest& tree, const std::string& directory) {
  const auto below = directory + "/";
  const auto& entries = tree.entries();
  const auto first =
      std::lower_bound(entries.begin(), entries.end(), below,
                       [](const TreeEntry& entry, const std::string& path) { return entry.path < path; });
  return first != entries.end() && first->path.starts_with(below);
}

/// Directories of the release that hold nothing; where a submodule belongs is one in every archive of git.
std::vector<std::string> empty_directories(const TreeManifest& subject, const vcs::Reference& reference,
                                           const compare::PathMapping& mapping) {
  std::vector<std::string> empty;
  for (const auto& entry : subject.entries()) {
    if (entry.kind != EntryKind::directory || has_below(subject, entry.path)) continue;
    const auto counterpart = mapping.to_reference(entry.path);
    if (counterpart &&
        (reference.manifest().find(*counterpart) != nullptr || has_below(reference.manifest(), *counterpart)))
      continue;
    empty.push_back(mapping.name_of(entry.path));
  }
  return empty;
}

/// A member as people know it; the archive's own directory has no name below itself.
std::string shown_name(const TreeEntry& entry, const compare::PathMapping& mapping) {
  return entry.path == mapping.subject_prefix ? entry.path : mapping.name_of(entry.path);
}

std::vector<std::string> unreadable(const TreeManifest& subject, const compare::PathMapping& mapping) {
  std::vector<std::string> paths;
  for (const auto& entry : subject.entries())
    if ((entry.kind == EntryKind::regular && (entry.mode & 0400) == 0) ||
        (entry.kind == EntryKind::directory && (entry.mode & 0500) != 0500))
      paths.push_back(shown_name(entry, mapping));
  return paths;
}

/// By anyone; a directory where each may change only what is his own (sticky) is none.
std::vector<std::string> writable_by_all(const TreeManifest& subject, const compare::PathMapping& mapping) {
  std::vector<std::string> paths;
  for (const auto& entry : subject.entries())
    if ((entry.mode & 02) != 0 &&
        (entry.kind == EntryKind::regular || (entry.kind == EntryKind::directory && (entry.mode & 01000) == 0)))
      paths.push_back(shown_name(entry, mapping));
  return paths;
}

std::vector<std::string> shared(const TreeManifest& subject, const vcs::Reference& reference,
                                const compare::PathMapping& mapping) {
  std::vector<std::string> paths;
  for (const auto& entry : subject.entries()) {
    if (entry.kind != EntryKind::hardlink) continue;
    const auto path = mapping.to_reference(entry.path);
    const auto* counterpart = path ? reference.manifest().find(*path) : nullptr;
    if (counterpart != nullptr && counterpart->kind == EntryKind::regular) paths.push_back(mapping.name_of(entry.path));
  }
  return paths;
}

/// Is it what `make dist` and other packers of working trees add, made of a source that version control has beside it?
bool shows_another_packer(const AssessedEntry& entry, const vcs::Reference& reference) {
  static constexpr std::pair<std::string_view, std::string_view> k_made_of[] = {
      {"configure", "configure.ac"}, {"configure", "configure.in"},  {"Makefile.in", "Makefile.am"},
      {"PKG-INFO", "setup.py"},      {"PKG-INFO", "pyproject.toml"}, {"Cargo.toml.orig", "Cargo.toml"},
      {"META.yml", "Makefile.PL"},   {"META.json", "Makefile.PL"},   {"META.json", "dist.ini"},
      {"PKG-INFO", "setup.cfg"}};
  const auto name = path_basename(entry.path);
  return std::any_of(std::begin(k_made_of), std::end(k_made_of), [&](const auto& pair) {
    return pair.first == name &&
           reference.manifest().find(path_resolved(path_dirname(entry.path), pair.second)) != nullptr;
  });
}

/// What git-archive(1) would have left out, in a release that it seems to have made: whoever packs a working tree takes all of it, and
/// what `make dist` packs has generated files too.
std::vector<std::string> kept_out_but_there(const TreeManifest& subject, const vcs::Reference& reference,
                                            const compare::PathMapping& mapping, const Assessment& assessment) {
  bool left_out = false;
  for (const auto& entry : assessment.entries) {
    if (entry.status == EntryStatus::added && shows_another_packer(entry, reference)) return {};
    left_out |= entry.status == EntryStatus::missing && reference.attributes().export_ignored(entry.path);
  }
  std::vector<std::string> paths;
  if (!left_out) return paths;
  for (const auto& entry : subject.entries()) {
    const auto path = mapping.to_reference(entry.path);
    if (entry.kind != EntryKind::regular || !path || stands_aside(*path) || is_of_forge_or_editor(*path)) continue;
    if ((reach_by_name(*path).reach == Reach::executed || is_hidden(*path)) &&
        reference.attributes().export_ignored(*path))
      paths.push_back(mapping.name_of(entry.path));
  }
  return paths;
}

/// A single file in no directory at all is no tree.
bool has_no_top_directory(const TreeManifest& subject, const compare::PathMapping& mapping) {
  return mapping.subject_prefix.empty() && subject.size() > 1;
}

/// One finding for all of them: they are many where a project leaves a whole part out, and no single one means much.
void add_joint_finding(const Rule& rule, const std::vector<std::string>& paths, std::string_view one,
                       std::string_view many, Assessment& assessment) {
  constexpr std::size_t k_listed = 40;
  if (paths.empty()) return;
  std::vector<Evidence> evidence;
  for (std::size_t i = 0; i < std::min(paths.size(), k_listed); ++i) evidence.push_back({"path", paths[i]});
  const auto first = escape_for_display(paths.front());
  auto message = paths.size() == 1 ? fmt::format("{} {}", first, one)
                                   : fmt::format("{} and {} more {}", first, paths.size() - 1, many);
  assessment.findings.push_back(make_finding(rule, {}, std::move(message), std::move(evidence)));
}

}  // namespace

void add_findings_of_the_tree(const Compared& compared, const TreeManifest& subject, bool whole,
                              const vcs::Reference& reference, Assessment& assessment) {
  std::vector<std::string> not_run;
  for (const auto& entry : assessment.entries)
    if (lost_right_to_run(entry)) not_run.push_back(entry.path);
  const auto empty = empty_directories(subject, reference, compared.mapping);
  add_joint_finding(k_missing_from_build,
                    whole ? missing_from_build(compared, reference, assessment) : std::vector<std::string>{},
                    "is missing from the release, where a build may run, compile or read it",
                    "are missing from the release, where a build may run, compile or read them", assessment);
  add_joint_finding(k_missing_from_build, submodules_left_out(assessment),
                    "is a submodule of which the release has nothing, and a build may use it",
                    "are submodules of which the release has nothing, and a build may use them", assessment);
  add_joint_finding(k_lost_executable, not_run, "is executable in version control and not in the release",
                    "are executable in version control and not in the release", assessment);
  add_joint_finding(k_lost_reading, unreadable(subject, compared.mapping), "may not be read by its owner",
                    "may not be read by their owner", assessment);
  add_joint_finding(k_writable_by_all, writable_by_all(subject, compared.mapping), "may be changed by anyone",
                    "may be changed by anyone", assessment);
  add_joint_finding(k_shared_file, shared(subject, reference, compared.mapping),
                    "is a hard link in the release and a file of its own in version control",
                    "are hard links in the release and files of their own in version control", assessment);
  add_joint_finding(k_kept_out_but_there, kept_out_but_there(subject, reference, compared.mapping, assessment),
                    "is kept out of archives in version control (export-ignore), and is in this one",
                    "are kept out of archives in version control (export-ignore), and are in this one", assessment);
  if (assessment.subject.format.starts_with("tar") && has_no_top_directory(subject, compared.mapping))
    assessment.findings.push_back(
        make_finding(k_no_top_directory, {},
                     "the archive has no directory of its own: tools that take one off see other paths", {}));
  add_joint_finding(k_empty_directory, empty, "is an empty directory that version control does not have",
                    "are empty directories that version control does not have", assessment);
}

void add_finding_of_pointers(const ReleaseTree& release, const compare::PathMapping& mapping,
                             const vcs::Reference& reference, Assessment& assessment) {
  std::vector<std::string> paths;
  for (const auto& entry : release.entries()) {
    const auto* content = release.kept(entry.path);
    // The attribute last: few files have the form, and matching patterns takes its time.
    if (content != nullptr && parse_lfs_pointer(as_text(*content)) &&
        reference.attributes().get(path_resolved(mapping.reference_subdir, entry.path), "filter").is_value("lfs"))
      paths.push_back(entry.path);
  }
  add_joint_finding(k_lfs_pointer, paths,
                    "is a pointer of Git LFS: the content that it stands for is not in the release",
                    "are pointers of Git LFS: the contents that they stand for are not in the release", assessment);
}

}  // namespace assay::provenance
