#include "inspect/tree_archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/text.hpp"
#include "inspect/tree_memory.hpp"

namespace assay::inspect {

namespace {

/// Largest member that is held after the first pass; one large file must not push out a thousand small ones.
constexpr std::uint64_t k_largest_cached = 4ULL << 20;

/// Holds on to what fits while the members go by for the first time.
class CachingVisitor final : public archive::EntryVisitor {
 public:
  CachingVisitor(std::map<EntryPath, Bytes, std::less<>>& cache, std::uint64_t memory)
      : m_cache(cache), m_left(memory) {}

  void begin(const TreeEntry& entry) override {
    m_current.clear();
    m_fits = entry.kind == EntryKind::regular && entry.size <= std::min(k_largest_cached, m_left);
  }
  void data(ByteView piece) override {
    if (!m_fits) return;
    m_fits = m_current.size() + piece.size() <= std::min(k_largest_cached, m_left);
    if (m_fits) m_current.insert(m_current.end(), piece.begin(), piece.end());
  }
  void end(const TreeEntry& entry) override {
    m_cache.erase(entry.path);
    if (!m_fits) return;
    m_left -= m_current.size();
    m_current.shrink_to_fit();
    m_cache.emplace(entry.path, std::exchange(m_current, {}));
  }

 private:
  std::map<EntryPath, Bytes, std::less<>>& m_cache;
  std::uint64_t m_left;
  Bytes m_current;
  bool m_fits = false;
};

/// A comparison with version control may have been content with the git id.
bool is_same(const TreeEntry& in_tree, const TreeEntry& read) {
  return in_tree.sha256_known ? in_tree.digests.sha256 == read.digests.sha256
                              : in_tree.digests.git_oid == read.digests.git_oid;
}

/// Gives whole contents, one member at a time.
class WholeVisitor final : public archive::EntryVisitor {
 public:
  using Wanted = std::function<const TreeEntry*(const TreeEntry&)>;
  using Give = std::function<void(const TreeEntry&, ByteView)>;
  WholeVisitor(Wanted wanted, Give give) : m_wanted(std::move(wanted)), m_give(std::move(give)) {}

  void begin(const TreeEntry& entry) override {
    m_current.clear();
    m_target = entry.kind == EntryKind::regular ? m_wanted(entry) : nullptr;
  }
  void data(ByteView piece) override {
    if (m_target != nullptr) m_current.insert(m_current.end(), piece.begin(), piece.end());
  }
  void end(const TreeEntry& entry) override {
    // Of two members with one path the tree has the last; the other one is a finding of the reader's.
    if (m_target != nullptr && is_same(*m_target, entry)) m_give(*m_target, m_current);
    m_target = nullptr;
  }

 private:
  const Wanted m_wanted;
  const Give m_give;
  Bytes m_current;
  const TreeEntry* m_target = nullptr;
};

/// The one directory that everything is in; empty if there is none.
std::string common_prefix(const std::vector<TreeEntry>& entries) {
  std::string prefix;
  bool inside = false;
  for (const auto& entry : entries) {
    const auto first = entry.path.substr(0, entry.path.find('/'));
    if (entry.path == "." || (entry.kind == EntryKind::directory && entry.path == prefix)) continue;
    if (prefix.empty()) prefix = first;
    if (first != prefix || first == ".." || first.empty()) return {};
    if (entry.kind != EntryKind::directory && first.size() == entry.path.size()) return {};
    inside = inside || entry.kind != EntryKind::directory;
  }
  return inside ? prefix : std::string{};
}

}  // namespace

Result<ArchiveTree> ArchiveTree::open(const std::filesystem::path& file, const Limits& limits,
                                      const Progress& progress) {
  std::map<EntryPath, Bytes, std::less<>> cache;
  CachingVisitor visitor{cache, limits.memory / 8 * 3};
  archive::ReadOptions options;
  options.limits = limits;
  options.visitor = &visitor;
  options.progress = progress;
  ASSAY_TRY(auto contents, archive::read_archive(file, options));
  auto prefix = common_prefix(contents.entries);
  ArchiveTree tree{file, std::exchange(contents.entries, {}), std::move(prefix), limits};
  tree.m_contents = std::move(contents);
  tree.m_cache = std::move(cache);
  return tree;
}

ArchiveTree::ArchiveTree(std::filesystem::path file, std::vector<TreeEntry> entries, std::string prefix,
                         const Limits& limits)
    : m_file(std::move(file)), m_limits(limits), m_prefix(std::move(prefix)) {
  take_entries(std::move(entries));
}

void ArchiveTree::take_entries(std::vector<TreeEntry> entries) {
  std::erase_if(entries, [](const TreeEntry& entry) { return entry.kind == EntryKind::directory; });
  if (!m_prefix.empty())
    for (auto& entry : entries) entry.path = path_seen_from(m_prefix, entry.path);
  m_manifest = TreeManifest{std::move(entries)};
}

std::string ArchiveTree::path_in_archive(std::string_view path) const {
  return path_resolved(m_prefix, path);
}

const TreeEntry* ArchiveTree::find(std::string_view path) const {
  return m_manifest.find(path);
}

const Bytes* ArchiveTree::cached(const TreeEntry& entry) const {
  const auto found = m_cache.find(path_in_archive(entry.path));
  return found != m_cache.end() ? &found->second : nullptr;
}

Result<Bytes> ArchiveTree::read(std::string_view path, std::uint64_t max_size) {
  const auto* entry = find(path);
  if (entry == nullptr) return Error{ErrorCode::not_found, "is not in the archive", escape_for_display(path), {}};
  if (entry->size > max_size)
    return Error{ErrorCode::limit, fmt::format("has more than {} bytes", max_size), escape_for_display(path), {}};
  if (const auto* content = cached(*entry)) return *content;
  const auto full = path_in_archive(path);
  ASSAY_TRY(auto found, archive::read_members(m_file, {full}, max_size, m_limits));
  const auto at = found.find(full);
  if (at == found.end())
    return Error{ErrorCode::not_found, "has no content in the archive", escape_for_display(path), {}};
  return std::move(at->second);
}

Result<void> ArchiveTree::visit(const std::function<bool(const TreeEntry&)>& want, std::uint64_t max_size,
                                const std::function<void(const TreeEntry&, ByteView)>& visitor, Coverage& coverage) {
  std::unordered_set<EntryPath> missing;
  for (const auto& entry : entries()) {
    if (entry.kind != EntryKind::regular || !want(entry)) continue;
    if (entry.size > max_size) note_too_large(entry, max_size, coverage);
    else if (const auto* content = cached(entry)) visitor(entry, *content);
    else missing.insert(path_in_archive(entry.path));
  }
  if (missing.empty()) return {};
  WholeVisitor whole{[&](const TreeEntry& entry) {
                       return missing.contains(entry.path) ? find(path_seen_from(m_prefix, entry.path)) : nullptr;
                     },
                     [&](const TreeEntry& entry, ByteView content) {
                       missing.erase(path_in_archive(entry.path));
                       visitor(entry, content);
                     }};
  archive::ReadOptions options;
  options.limits = m_limits;
  options.visitor = &whole;
  ASSAY_TRY(const auto again, archive::read_archive(m_file, options));
  // What the first pass could not read either is among its gaps already; this is what only this pass could not.
  if (!missing.empty())
    coverage.add(escape_for_display(m_file.filename().string()),
                 fmt::format("{} could not be read in the second pass", count_of(missing.size(), "member")), {});
  return {};
}

}  // namespace assay::inspect
