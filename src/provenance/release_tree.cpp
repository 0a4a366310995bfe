#include "provenance/release_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/script/source.hpp"
#include "inspect/text/trojan_source.hpp"
#include "inspect/tree_memory.hpp"
#include "provenance/lfs_pointer.hpp"
#include "provenance/reach.hpp"

namespace assay::provenance {

ReleaseTree::ReleaseTree(std::filesystem::path archive, archive::ArchiveContents& contents,
                         const compare::PathMapping& mapping, const Limits& limits)
    : m_contents(contents),
      m_archive(std::move(archive), std::exchange(contents.entries, {}), mapping.subject_prefix, limits) {}

const Bytes* ReleaseTree::kept(std::string_view path) const {
  const auto found = m_contents.kept.find(m_archive.path_in_archive(path));
  return found != m_contents.kept.end() ? &found->second : nullptr;
}

Result<Bytes> ReleaseTree::read(std::string_view path, std::uint64_t max_size) {
  const auto* content = kept(path);
  if (content != nullptr && content->size() <= max_size) return *content;
  return m_archive.read(path, max_size);
}

Result<void> ReleaseTree::visit(const std::function<bool(const TreeEntry&)>& want, std::uint64_t max_size,
                                const std::function<void(const TreeEntry&, ByteView)>& visitor, Coverage& coverage) {
  bool all = true;
  for (const auto& entry : entries()) {
    if (entry.kind != EntryKind::regular || !want(entry)) continue;
    if (const auto* content = kept(entry.path); content != nullptr && content->size() <= max_size)
      visitor(entry, *content);
    else all = false;
  }
  if (all) return {};
  return m_archive.visit([&](const TreeEntry& entry) { return want(entry) && kept(entry.path) == nullptr; }, max_size,
                         visitor, coverage);
}

bool ReleaseTree::is_wanted(std::string_view path) const {
  const auto full = m_archive.path_in_archive(path);
  return m_contents.kept.contains(full) || m_contents.not_kept.contains(full);
}

ReleaseFacts::ReleaseFacts(std::span<const AssessedEntry> entries) {
  m_entries.reserve(entries.size());
  for (const auto& entry : entries)
    if (entry.status != EntryStatus::missing) m_entries.emplace(entry.path, &entry);
}

inspect::FileFacts ReleaseFacts::operator()(std::string_view path) const {
  inspect::FileFacts facts;
  facts.compared = true;
  const auto found = m_entries.find(path);
  if (found == m_entries.end()) {
    facts.proof = Proof::identical;
    facts.in_vcs = true;
    facts.reach = reach_by_name(path).reach;
    return facts;
  }
  const auto& entry = *found->second;
  facts.proof = entry.proof();
  facts.in_vcs = entry.proof() == Proof::identical;
  facts.changed = entry.status == EntryStatus::modified;
  facts.reach = entry.reach;
  if (entry.novel_line_count > 0) facts.novel_lines = &entry.novel_lines;
  facts.novel_line_count = entry.novel_line_count;
  return facts;
}

bool may_show_other_text(std::string_view path, ByteView content) {
  return inspect::may_deceive(as_text(content)) &&
         inspect::language_of(path, as_text(content)) != inspect::Language::none;
}

bool is_worth_inspecting(const TreeEntry& entry, ByteView content, bool scripts_too) {
  constexpr std::size_t k_head = 4096;
  constexpr std::size_t k_sample = 512;
  if (entry.kind != EntryKind::regular || content.empty()) return false;
  const auto head = content.first(std::min(content.size(), k_head));
  if (std::memchr(head.data(), 0, head.size()) != nullptr ||
      !inspect::is_mostly_text(head.first(std::min(head.size(), k_sample))))
    return true;
  if (scripts_too && inspect::script_kind(entry.path, content) != inspect::ScriptKind::none) return true;
  return may_show_other_text(entry.path, content) || parse_lfs_pointer(as_text(content)).has_value();
}

}  // namespace assay::provenance
