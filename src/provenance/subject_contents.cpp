#include "provenance/subject_contents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/reference_choice.hpp"

namespace assay::provenance {

bool is_explained_by_digest(const TreeEntry& entry, const KnownFiles& known) {
  return entry.sha256_known && !entry.digests.sha1_collision && !known.find(entry.digests.sha256).empty();
}

void SubjectContents::complete(const std::vector<compare::Difference>& differences, const vcs::Reference& reference,
                               Coverage& coverage) {
  std::unordered_map<GitOid, std::vector<EntryPath>> by_content;
  std::unordered_set<EntryPath> wanted;
  for (const auto& difference : differences) {
    if (!needs_content(difference) || find(*difference.subject) != nullptr ||
        difference.subject->size > k_largest_examined)
      continue;
    if (is_known_as_it_stands(difference, m_request.known)) continue;
    wanted.insert(source_path(*difference.subject));
    if (!difference.subject->digests.sha1_collision)
      by_content[difference.subject->digests.git_oid].push_back(source_path(*difference.subject));
  }
  if (wanted.empty()) return;
  for (const auto& entry : reference.manifest().entries()) {
    const auto same = by_content.find(entry.digests.git_oid);
    if (same == by_content.end() || entry.kind != EntryKind::regular) continue;
    auto blob = reference.read(entry, k_largest_examined);
    if (!blob) continue;
    for (const auto& path : same->second) {
      m_contents.kept[path] = *blob;
      wanted.erase(path);
    }
    by_content.erase(same);
  }
  if (wanted.empty()) return;
  auto more = archive::read_members(m_request.archive, wanted, k_largest_examined, m_request.limits);
  if (more) m_contents.kept.merge(*more);
  else coverage.add(m_request.archive.filename().string(), fmt::format("second pass failed: {}", more.error().message));
}

const Bytes* SubjectContents::find(const TreeEntry& entry) const {
  const auto& source = source_path(entry);
  const auto it = m_contents.kept.find(source);
  if (it == m_contents.kept.end()) return nullptr;
  // What a hard link leads to may have been replaced further on; the link still has what was there when it was made.
  const auto& id = entry.digests.git_oid;
  if (source != entry.path && git_object_id(id.hash, "blob", it->second) != id) return nullptr;
  return &it->second;
}

bool SubjectContents::needs_content(const compare::Difference& difference) {
  if (difference.subject == nullptr || difference.status == EntryStatus::moved ||
      difference.status == EntryStatus::mode_changed)
    return false;
  const auto kind = difference.subject->kind;
  return difference.subject->size > 0 && (kind == EntryKind::regular || kind == EntryKind::hardlink);
}

const EntryPath& SubjectContents::source_path(const TreeEntry& entry) const {
  if (entry.kind != EntryKind::hardlink || m_contents.kept.contains(entry.path)) return entry.path;
  return entry.link_target;
}

}  // namespace assay::provenance
