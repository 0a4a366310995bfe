#include "compare/tree_comparison.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace assay::compare {

namespace {

enum class ContentKind { file, link, other };

ContentKind content_kind(EntryKind kind) {
  switch (kind) {
    case EntryKind::regular:
    case EntryKind::hardlink:
      return ContentKind::file;
    case EntryKind::symlink:
      return ContentKind::link;
    default:
      return ContentKind::other;
  }
}

bool same_content(const TreeEntry& subject, const TreeEntry& reference) {
  return !subject.digests.sha1_collision && content_kind(subject.kind) != ContentKind::other &&
         content_kind(subject.kind) == content_kind(reference.kind) &&
         subject.digests.git_oid == reference.digests.git_oid;
}

/// Any bit gives someone the right to run it; the owner's is the one that a checkout has, and whose loss `test -x` tells of.
bool same_mode(const TreeEntry& subject, const TreeEntry& reference) {
  if (subject.kind == EntryKind::symlink) return true;
  return may_be_run(reference) ? subject.executable() : !may_be_run(subject);
}

/// Does something stand below that directory? Git leaves one that is empty in the place of a submodule.
bool has_something_below(const TreeManifest& tree, const std::string& directory) {
  const auto below = directory + "/";
  const auto& entries = tree.entries();
  auto entry = std::lower_bound(entries.begin(), entries.end(), below,
                                [](const TreeEntry& one, const std::string& path) { return one.path < path; });
  for (; entry != entries.end() && entry->path.starts_with(below); ++entry)
    if (entry->kind != EntryKind::directory) return true;
  return false;
}

/// Reference entries by content, for finding files that were moved.
class ContentIndex {
 public:
  explicit ContentIndex(const TreeManifest& reference) {
    // Every empty file equals every other; where it stands says nothing about where it came from.
    const auto hash = reference.size() == 0 ? GitHash::sha1 : reference.entries().front().digests.git_oid.hash;
    const auto empty_blob = git_object_id(hash, "blob", {});
    m_index.reserve(reference.size());
    for (const auto& entry : reference.entries())
      if (content_kind(entry.kind) == ContentKind::file && entry.digests.git_oid != empty_blob)
        m_index.try_emplace(entry.digests.git_oid, &entry);
  }
  const TreeEntry* find(const TreeEntry& subject) const {
    const auto it = m_index.find(subject.digests.git_oid);
    return it != m_index.end() && same_content(subject, *it->second) ? it->second : nullptr;
  }

 private:
  std::unordered_map<GitOid, const TreeEntry*> m_index;
};

}  // namespace

bool may_be_run(const TreeEntry& entry) noexcept {
  return (entry.mode & 0111) != 0;
}

TreeComparison compare_trees(const TreeManifest& subject, const TreeManifest& reference, const PathMapping& mapping) {
  TreeComparison comparison;
  std::unordered_set<const TreeEntry*> seen;
  std::vector<std::size_t> added;

  const auto add = [&](EntryStatus status, const TreeEntry& entry, const TreeEntry* counterpart) {
    comparison.differences.push_back({status, mapping.name_of(entry.path), &entry, counterpart});
  };
  for (const auto& entry : subject.entries()) {
    if (entry.kind == EntryKind::directory) continue;
    ++comparison.subject_entries;
    if (entry.digests.sha1_collision) ++comparison.collisions;
    const auto reference_path = mapping.to_reference(entry.path);
    const auto* counterpart = reference_path ? reference.find(*reference_path) : nullptr;
    if (counterpart != nullptr) seen.insert(counterpart);
    if (counterpart == nullptr) {
      added.push_back(comparison.differences.size());
      add(EntryStatus::added, entry, nullptr);
    } else if (!same_content(entry, *counterpart)) {
      add(EntryStatus::modified, entry, counterpart);
    } else if (!same_mode(entry, *counterpart)) {
      add(EntryStatus::mode_changed, entry, counterpart);
    } else {
      ++comparison.identical;
    }
  }

  if (!added.empty()) {
    const ContentIndex index{reference};
    for (const auto i : added) {
      auto& difference = comparison.differences[i];
      if (const auto* origin = index.find(*difference.subject)) {
        difference.status = EntryStatus::moved;
        difference.reference = origin;
      }
    }
  }

  for (const auto& entry : reference.entries()) {
    if (seen.contains(&entry)) continue;
    auto path = mapping.from_reference(entry.path);
    // Of a submodule that is not at hand nobody can say what of it is missing.
    if (path && entry.kind == EntryKind::submodule && has_something_below(subject, mapping.to_subject(*path))) continue;
    if (path) comparison.differences.push_back({EntryStatus::missing, std::move(*path), nullptr, &entry});
  }
  std::stable_sort(comparison.differences.begin(), comparison.differences.end(),
                   [](const Difference& a, const Difference& b) { return a.path < b.path; });
  return comparison;
}

}  // namespace assay::compare
