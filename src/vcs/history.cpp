#include "vcs/history.hpp"

#include <fmt/format.h>
#include <git2.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_set>

#include "base/handle.hpp"
#include "base/text.hpp"
#include "vcs/libgit2.hpp"

namespace assay::vcs {

namespace {

using RepositoryPtr = Handle<git_repository, git_repository_free>;
using OdbPtr = Handle<git_odb, git_odb_free>;
using OdbObjectPtr = Handle<git_odb_object, git_odb_object_free>;
using ObjectPtr = Handle<git_object, git_object_free>;
using CommitPtr = Handle<git_commit, git_commit_free>;
using TreePtr = Handle<git_tree, git_tree_free>;
using ReferencePtr = Handle<git_reference, git_reference_free>;
using IteratorPtr = Handle<git_reference_iterator, git_reference_iterator_free>;
using RevwalkPtr = Handle<git_revwalk, git_revwalk_free>;

Error git_failure(std::string message, const std::string& where, std::string remedy = {}) {
  const auto* last = git_error_last();
  if (last != nullptr && last->message != nullptr) message += fmt::format(": {}", escape_for_display(last->message));
  return {ErrorCode::format, std::move(message), where, std::move(remedy)};
}

Error lacking(std::string_view kind, const git_oid& oid, const std::string& where) {
  return git_failure(fmt::format("cannot read {} {}", kind, from_libgit2(oid).hex()), where,
                     "the clone may be shallow or partial: fetch the whole repository");
}

struct OidHash {
  std::size_t operator()(const git_oid& oid) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | oid.id[i];
    return value;
  }
};
struct OidEqual {
  bool operator()(const git_oid& a, const git_oid& b) const noexcept { return git_oid_equal(&a, &b) != 0; }
};
using OidSet = std::unordered_set<git_oid, OidHash, OidEqual>;

struct DatedTree {
  std::int64_t time;
  git_oid tree;
};

/// Visits trees, each (directory, tree) pair once: most commits change one directory, so nearly all of a tree is known
/// from the commit before.
class TreeWalker {
 public:
  TreeWalker(git_repository* repository, const std::string& where, const std::function<void(const HistoryFile&)>& visit)
      : m_repository(repository), m_where(where), m_visit(visit) {}

  Result<void> enter(const DatedTree& root) { return directory(m_root, "", root.tree, root.time, 0); }

 private:
  struct Directory {
    OidSet trees;  ///< states of this directory that were visited
    std::map<std::string, OidSet, std::less<>> files;
    std::map<std::string, std::unique_ptr<Directory>, std::less<>> directories;
  };
  static constexpr int k_max_depth = 256;

  Result<void> directory(Directory& place, const std::string& path, const git_oid& oid, std::int64_t time, int depth) {
    if (!place.trees.insert(oid).second) return {};
    if (depth > k_max_depth) return Error{ErrorCode::limit, "tree is nested too deeply", m_where, {}};
    git_tree* raw = nullptr;
    if (git_tree_lookup(&raw, m_repository, &oid) != 0) return lacking("tree", oid, m_where);
    const TreePtr tree{raw};
    const auto count = git_tree_entrycount(tree.get());
    for (std::size_t i = 0; i < count; ++i) {
      ASSAY_TRY_VOID(entry(place, path, *git_tree_entry_byindex(tree.get(), i), time, depth));
    }
    return {};
  }

  Result<void> entry(Directory& place, const std::string& path, const git_tree_entry& item, std::int64_t time,
                     int depth) {
    const std::string_view name{git_tree_entry_name(&item)};
    const auto& oid = *git_tree_entry_id(&item);
    const auto mode = git_tree_entry_filemode_raw(&item);
    if (mode == GIT_FILEMODE_COMMIT) return {};  // a submodule has a history of its own
    if (mode == GIT_FILEMODE_TREE) {
      auto found = place.directories.find(name);
      if (found == place.directories.end())
        found = place.directories.emplace(std::string{name}, std::make_unique<Directory>()).first;
      if (found->second->trees.contains(oid)) return {};
      return directory(*found->second, path + found->first + '/', oid, time, depth + 1);
    }
    auto found = place.files.find(name);
    if (found == place.files.end()) found = place.files.try_emplace(std::string{name}).first;
    if (!found->second.insert(oid).second) return {};
    const auto full = path + found->first;
    m_visit({full, from_libgit2(oid), time, mode == GIT_FILEMODE_LINK});
    return {};
  }

  git_repository* m_repository;
  const std::string& m_where;
  const std::function<void(const HistoryFile&)>& m_visit;
  Directory m_root;
};

}  // namespace

struct History::Impl {
  Libgit2 library;
  std::string where;
  RepositoryPtr repository;
  OdbPtr odb;

  /// Every commit the tips descend from, as its time and tree, oldest first; ties by tree id, so that the order does
  /// not depend on how the repository is packed.
  Result<std::vector<DatedTree>> dated_trees(const std::vector<GitOid>& tips) const;
  Result<std::unordered_set<GitOid>> ancestors_of_parents(const std::vector<git_oid>& commits) const;
  Result<std::vector<git_oid>> named_commits() const;
};

History::History(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
History::~History() = default;
History::History(History&&) noexcept = default;
History& History::operator=(History&&) noexcept = default;

Result<History> History::open(const std::filesystem::path& repository) {
  auto impl = std::make_unique<Impl>();
  impl->where = repository.string();
  git_repository* raw = nullptr;
  if (git_repository_open_ext(&raw, repository.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0)
    return git_failure("is not a git repository that can be read", impl->where, "give the path of a clone");
  impl->repository.reset(raw);
  git_odb* odb = nullptr;
  if (git_repository_odb(&odb, raw) != 0) return git_failure("has no object store", impl->where);
  impl->odb.reset(odb);
  return History{std::move(impl)};
}

std::optional<GitOid> History::head() const {
  git_oid oid;
  if (git_reference_name_to_id(&oid, m_impl->repository.get(), "HEAD") != 0) return std::nullopt;
  return from_libgit2(oid);
}

Result<std::vector<git_oid>> History::Impl::named_commits() const {
  git_reference_iterator* raw = nullptr;
  if (git_reference_iterator_new(&raw, repository.get()) != 0) return git_failure("cannot list references", where);
  const IteratorPtr iterator{raw};
  std::vector<git_oid> commits;
  git_reference* next = nullptr;
  while (git_reference_next(&next, iterator.get()) == 0) {
    const ReferencePtr reference{next};
    if (!starts_with_any(git_reference_name(next), {"refs/heads/", "refs/tags/"})) continue;
    git_object* object = nullptr;
    // Tags of trees and blobs exist (gnupg's key in git.git); they are no part of the history.
    if (git_reference_peel(&object, next, GIT_OBJECT_COMMIT) != 0) continue;
    const ObjectPtr owned{object};
    commits.push_back(*git_object_id(object));
  }
  return commits;
}

Result<std::unordered_set<GitOid>> History::Impl::ancestors_of_parents(const std::vector<git_oid>& commits) const {
  git_revwalk* raw = nullptr;
  if (git_revwalk_new(&raw, repository.get()) != 0) return git_failure("cannot walk the history", where);
  const RevwalkPtr walk{raw};
  for (const auto& oid : commits) {
    git_commit* commit_raw = nullptr;
    if (git_commit_lookup(&commit_raw, repository.get(), &oid) != 0) return lacking("commit", oid, where);
    const CommitPtr commit{commit_raw};
    for (unsigned i = 0; i < git_commit_parentcount(commit_raw); ++i) {
      const auto* parent = git_commit_parent_id(commit_raw, i);
      if (git_revwalk_push(raw, parent) != 0) return lacking("commit", *parent, where);
    }
  }
  std::unordered_set<GitOid> ancestors;
  git_oid oid;
  int status = 0;
  while ((status = git_revwalk_next(&oid, raw)) == 0) ancestors.insert(from_libgit2(oid));
  if (status != GIT_ITEROVER) return git_failure("cannot walk the history", where);
  return ancestors;
}

Result<std::vector<GitOid>> History::tips() const {
  ASSAY_TRY(const auto commits, m_impl->named_commits());
  ASSAY_TRY(const auto ancestors, m_impl->ancestors_of_parents(commits));
  std::vector<GitOid> tips;
  for (const auto& commit : commits) {
    const auto oid = from_libgit2(commit);
    if (!ancestors.contains(oid)) tips.push_back(oid);
  }
  std::sort(tips.begin(), tips.end());
  tips.erase(std::unique(tips.begin(), tips.end()), tips.end());
  return tips;
}

Result<std::vector<DatedTree>> History::Impl::dated_trees(const std::vector<GitOid>& tips) const {
  git_revwalk* raw = nullptr;
  if (git_revwalk_new(&raw, repository.get()) != 0) return git_failure("cannot walk the history", where);
  const RevwalkPtr walk{raw};
  for (const auto& tip : tips) {
    const auto oid = to_libgit2(tip);
    if (git_revwalk_push(raw, &oid) != 0) return lacking("commit", oid, where);
  }
  std::vector<DatedTree> trees;
  git_oid oid;
  int status = 0;
  while ((status = git_revwalk_next(&oid, raw)) == 0) {
    git_commit* commit_raw = nullptr;
    if (git_commit_lookup(&commit_raw, repository.get(), &oid) != 0) return lacking("commit", oid, where);
    const CommitPtr commit{commit_raw};
    trees.push_back({git_commit_time(commit_raw), *git_commit_tree_id(commit_raw)});
  }
  if (status != GIT_ITEROVER) return git_failure("cannot walk the history", where, "fetch the whole repository");
  std::sort(trees.begin(), trees.end(), [](const DatedTree& a, const DatedTree& b) {
    return a.time != b.time ? a.time < b.time : git_oid_cmp(&a.tree, &b.tree) < 0;
  });
  return trees;
}

Result<void> History::walk(const std::vector<GitOid>& tips,
                           const std::function<void(const HistoryFile&)>& visit) const {
  ASSAY_TRY(const auto trees, m_impl->dated_trees(tips));
  TreeWalker walker{m_impl->repository.get(), m_impl->where, visit};
  for (const auto& tree : trees) {
    ASSAY_TRY_VOID(walker.enter(tree));
  }
  return {};
}

Result<Bytes> History::read_blob(const GitOid& oid, std::uint64_t max_size) const {
  const auto id = to_libgit2(oid);
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_read_header(&size, &type, m_impl->odb.get(), &id) != 0) return lacking("blob", id, m_impl->where);
  if (type != GIT_OBJECT_BLOB) return lacking("blob", id, m_impl->where);
  if (size > max_size)
    return Error{
        ErrorCode::limit, fmt::format("blob {} is larger than {} bytes", oid.hex(), max_size), m_impl->where, {}};
  git_odb_object* raw = nullptr;
  if (git_odb_read(&raw, m_impl->odb.get(), &id) != 0) return lacking("blob", id, m_impl->where);
  const OdbObjectPtr object{raw};
  const auto* data = static_cast<const std::uint8_t*>(git_odb_object_data(raw));
  return Bytes{data, data + git_odb_object_size(raw)};
}

}  // namespace assay::vcs
