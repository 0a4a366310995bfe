#include "vcs/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_set>

#include "base/text.hpp"
#include "vcs/repository.hpp"
#include "vcs/tree_object.hpp"

namespace assay::vcs {

namespace {

constexpr std::uint64_t k_max_tree = 64ULL << 20;

Error lacking(std::string_view kind, const GitOid& oid, const std::string& where, const Error& reason) {
  return {ErrorCode::format, fmt::format("cannot read {} {}: {}", kind, oid.hex(), reason.message), where,
          "the clone may be shallow or partial: fetch the whole repository"};
}

using OidSet = std::unordered_set<GitOid>;

struct DatedTree {
  std::int64_t time;
  GitOid tree;
};

/// Visits trees, each (directory, tree) pair once: most commits change one directory, so nearly all of a tree is known
/// from the commit before.
class TreeWalker {
 public:
  TreeWalker(const Repository& repository, const std::string& where,
             const std::function<void(const HistoryFile&)>& visit)
      : m_repository(repository), m_where(where), m_visit(visit) {}

  Result<void> enter(const DatedTree& root) { return directory(m_root, "", root.tree, root.time, 0); }

 private:
  struct Directory {
    OidSet trees;  ///< states of this directory that were visited
    std::map<std::string, OidSet, std::less<>> files;
    std::map<std::string, std::unique_ptr<Directory>, std::less<>> directories;
  };
  static constexpr int k_max_depth = 256;

  Result<void> directory(Directory& place, const std::string& path, const GitOid& oid, std::int64_t time, int depth) {
    if (!place.trees.insert(oid).second) return {};
    if (depth > k_max_depth) return Error{ErrorCode::limit, "tree is nested too deeply", m_where, {}};
    const auto object = m_repository.read(oid, ObjectType::tree, k_max_tree);
    if (!object) return lacking("tree", oid, m_where, object.error());
    TreeCursor cursor{object->bytes(), oid.hash};
    while (const auto item = cursor.next()) {
      ASSAY_TRY_VOID(entry(place, path, *item, time, depth));
    }
    if (cursor.broken())
      return Error{ErrorCode::format, fmt::format("tree {} is damaged", oid.hex()), m_where,
                   "see what `git fsck` says"};
    return {};
  }

  Result<void> entry(Directory& place, const std::string& path, const RawTreeEntry& item, std::int64_t time,
                     int depth) {
    if (item.is_submodule()) return {};  // it has a history of its own
    const auto oid = oid_from(item.id);
    if (item.is_tree()) {
      auto found = place.directories.find(item.name);
      if (found == place.directories.end())
        found = place.directories.emplace(std::string{item.name}, std::make_unique<Directory>()).first;
      if (found->second->trees.contains(oid)) return {};
      return directory(*found->second, path + found->first + '/', oid, time, depth + 1);
    }
    auto found = place.files.find(item.name);
    if (found == place.files.end()) found = place.files.try_emplace(std::string{item.name}).first;
    if (!found->second.insert(oid).second) return {};
    const auto full = path + found->first;
    m_visit({full, oid, time, kind_of_mode(item.mode) == EntryKind::symlink});
    return {};
  }

  const Repository& m_repository;
  const std::string& m_where;
  const std::function<void(const HistoryFile&)>& m_visit;
  Directory m_root;
};

}  // namespace

struct History::Impl {
  std::string where;
  std::shared_ptr<const Repository> repository;

  /// Visit the commits and all that they descend from, each once.
  Result<void> walk(std::vector<GitOid> commits, const std::function<void(const Commit&)>& visit) const;
};

History::History(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
History::~History() = default;
History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;

Result<History> History::open(const std::filesystem::path& repository) {
  auto impl = std::make_unique<Impl>();
  impl->where = repository.string();
  ASSAY_TRY(const auto git_dir, find_git_dir(repository));
  if (!git_dir)
    return Error{ErrorCode::format, "is not a git repository that can be read", impl->where,
                 "give the path of a clone"};
  ASSAY_TRY(impl->repository, Repository::open(git_dir->git_dir));
  return History{std::move(impl)};
}

std::optional<GitOid> History::head() const {
  const auto commit = m_impl->repository->resolve("HEAD");
  return commit ? std::optional{*commit} : std::nullopt;
}

Result<void> History::Impl::walk(std::vector<GitOid> commits, const std::function<void(const Commit&)>& visit) const {
  std::unordered_set<GitOid> seen{commits.begin(), commits.end()};
  while (!commits.empty()) {
    const auto id = commits.back();
    commits.pop_back();
    const auto commit = repository->commit(id);
    if (!commit) return lacking("commit", id, where, commit.error());
    visit(*commit);
    for (const auto& parent : commit->parents)
      if (seen.insert(parent).second) commits.push_back(parent);
  }
  return {};
}

Result<std::vector<GitOid>> History::tips() const {
  const auto commits = m_impl->repository->own_tips();
  std::unordered_set<GitOid> ancestors;
  ASSAY_TRY_VOID(m_impl->walk(
      commits, [&](const Commit& commit) { ancestors.insert(commit.parents.begin(), commit.parents.end()); }));
  std::vector<GitOid> tips;
  std::copy_if(commits.begin(), commits.end(), std::back_inserter(tips),
               [&](const GitOid& commit) { return !ancestors.contains(commit); });
  std::sort(tips.begin(), tips.end());
  return tips;
}

Result<void> History::walk(const std::vector<GitOid>& tips,
                           const std::function<void(const HistoryFile&)>& visit) const {
  std::vector<DatedTree> trees;
  ASSAY_TRY_VOID(m_impl->walk(tips, [&](const Commit& commit) {
    trees.push_back({commit.committer.time, commit.tree});
  }));
  // Oldest first; ties by tree id, so that the order does not depend on how the repository is packed.
  std::sort(trees.begin(), trees.end(), [](const DatedTree& a, const DatedTree& b) {
    return a.time != b.time ? a.time < b.time : a.tree < b.tree;
  });
  TreeWalker walker{*m_impl->repository, m_impl->where, visit};
  for (const auto& tree : trees) {
    ASSAY_TRY_VOID(walker.enter(tree));
  }
  return {};
}

Result<Bytes> History::read_blob(const GitOid& oid, std::uint64_t max_size) const {
  const auto object = m_impl->repository->read(oid, ObjectType::blob, max_size);
  if (!object && object.error().code == ErrorCode::limit)
    return Error{
        ErrorCode::limit, fmt::format("blob {} is larger than {} bytes", oid.hex(), max_size), m_impl->where, {}};
  if (!object) return lacking("blob", oid, m_impl->where, object.error());
  return Bytes{object->bytes().begin(), object->bytes().end()};
}

}  // namespace assay::vcs
