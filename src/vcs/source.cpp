#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "vcs/ancestor_tags.hpp"
#include "vcs/directory.hpp"
#include "vcs/git_tree.hpp"
#include "vcs/mailmap.hpp"
#include "vcs/reference.hpp"
#include "vcs/repository.hpp"
#include "vcs/snapshot.hpp"
#include "vcs/tree_match.hpp"
#include "vcs/version.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view k_worktree = "WORKTREE";

class DirectorySource final : public ReferenceSource {
 public:
  DirectorySource(fs::path path, const Limits& limits) : m_path(std::move(path)), m_limits(limits) {}

  Result<std::unique_ptr<Reference>> open(std::string_view revision) const override {
    if (!revision.empty() && revision != k_worktree)
      return Error{ErrorCode::usage, fmt::format("a directory has no revision \"{}\"", escape_for_display(revision)),
                   escape_for_display(m_path.string()), "name the directory alone, or a git repository"};
    ASSAY_TRY(Snapshot snapshot, read_directory(m_path, m_limits));
    snapshot.source.repository = m_path.string();
    snapshot.source.kind = "directory";
    return make_reference(std::move(snapshot));
  }
  std::vector<std::string> revisions_for(std::string_view) const override { return {}; }
  Result<BestMatch> best_match(const std::vector<TreeEntry>&) const override {
    return Error{
        ErrorCode::usage, "a directory has no revisions to choose from", escape_for_display(m_path.string()), {}};
  }
  GitHash git_hash() const override { return GitHash::sha1; }
  bool has_revisions() const noexcept override { return false; }

 private:
  fs::path m_path;
  Limits m_limits;
};

class GitSource final : public ReferenceSource {
 public:
  GitSource(fs::path path, RepositoryPlace place, const Limits& limits)
      : m_path(std::move(path)), m_place(std::move(place)), m_limits(limits) {}

  Result<std::unique_ptr<Reference>> open(std::string_view revision) const override {
    if (revision == k_worktree) return open_worktree();
    auto commit = resolve(revision);
    if (!commit) return commit.error();
    ASSAY_TRY(TreeContents tree, read_tree(m_place, commit->tree, m_limits));
    Snapshot snapshot = snapshot_of(*commit, revision, tree.mailmap);
    snapshot.entries = std::move(tree.entries);
    snapshot.attributes = std::move(tree.attributes);
    snapshot.coverage = std::move(tree.coverage);
    if (m_place.repository->is_shallow()) snapshot.notes.emplace_back("the repository is a shallow clone");
    snapshot.read = [repositories = std::move(tree.repositories)](const TreeEntry& entry, std::uint64_t max_size) {
      return read_blob(repositories, entry.digests.git_oid, max_size);
    };
    return make_reference(std::move(snapshot));
  }

  std::vector<std::string> revisions_for(std::string_view file_name) const override {
    std::vector<std::string> revisions;
    for (const auto& release : parse_release_name(file_name))
      if (!release.commit.empty() && revisions.empty())
        // The file name comes with the subject: it may name only what the upstream accepted.
        if (const auto commit = m_place.repository->resolve(release.commit);
            commit && m_place.repository->is_accepted(*commit))
          revisions.push_back(commit->hex());
    for (auto& tag : rank_tags(file_name, tag_names())) revisions.push_back(std::move(tag));
    return revisions;
  }

  Result<BestMatch> best_match(const std::vector<TreeEntry>& subject) const override {
    auto match = find_best_match(*m_place.repository, tags(), subject, m_limits);
    if (!match) match.error().where = shown_path();
    return match;
  }
  GitHash git_hash() const override { return m_place.repository->hash(); }
  std::shared_ptr<const Repository> repository() const override { return m_place.repository; }

 private:
  std::string shown_path() const { return escape_for_display(m_path.string()); }
  const std::vector<Tag>& tags() const { return m_place.repository->tags(); }

  std::vector<std::string> tag_names() const {
    std::vector<std::string> names;
    for (const auto& tag : tags()) names.push_back(tag.name);
    return names;
  }

  Result<Commit> resolve(std::string_view revision) const {
    if (revision.empty()) return Error{ErrorCode::usage, "no revision is given", shown_path(), "name one: REPO@REV"};
    auto id = m_place.repository->resolve(revision);
    if (!id) {
      auto error = id.error();
      error.where = error.where.empty() ? shown_path() : shown_path() + ": " + error.where;
      if (error.code == ErrorCode::not_found && error.remedy.empty()) error.remedy = suggestion(revision);
      return error;
    }
    auto commit = m_place.repository->commit(*id);
    if (!commit) commit.error().where = shown_path() + ": " + commit.error().where;
    return commit;
  }

  std::string suggestion(std::string_view revision) const {
    auto names = tag_names();
    if (names.empty()) names = m_place.repository->branches();
    if (names.empty()) return "the repository has no tags and no branches: fetch them";
    std::string text;
    for (const auto& name : nearest_names(revision, names, 3))
      text += (text.empty() ? "did you mean: " : ", ") + escape_for_display(name);
    return text.empty() ? "`git tag --list` in it shows what there is" : text;
  }

  Snapshot snapshot_of(const Commit& commit, std::string_view revision, std::string_view mailmap) const {
    Snapshot snapshot;
    snapshot.git_hash = m_place.repository->hash();
    snapshot.source.repository = m_path.string();
    snapshot.source.revision = revision;
    snapshot.source.kind = "git";
    snapshot.source.commit = commit.id.hex();
    snapshot.source.tree = commit.tree.hex();
    snapshot.source.commit_time = commit.committer.time;
    auto [author, committer] = apply_mailmap(commit, mailmap);
    const auto ancestor_tags = std::make_shared<AncestorTags>(m_place.repository, commit.id);
    snapshot.format =
        FormatContext{commit,
                      std::move(author),
                      std::move(committer),
                      {},
                      [ancestor_tags](const DescribeOptions& which) { return ancestor_tags->own(which); },
                      [ancestor_tags](const DescribeOptions& which) { return ancestor_tags->has(which); },
                      [ancestor_tags](std::string_view name) { return ancestor_tags->commits_since(name); },
                      [repository = m_place.repository](const GitOid& id, std::size_t digits) {
                        return repository->is_unique_prefix(id, digits);
                      },
                      m_place.repository->branches()};
    for (const auto& tag : tags()) {
      if (tag.commit != commit.id) continue;
      snapshot.format->tags.push_back(tag.name);
      // The tag asked for, else an annotated one, else the first by name.
      if (tag.name == revision || "refs/tags/" + tag.name == revision) snapshot.tag = tag.name;
    }
    if (snapshot.tag.empty()) snapshot.tag = tag_of(commit.id);
    return snapshot;
  }

  std::string tag_of(const GitOid& commit) const {
    const Tag* best = nullptr;
    for (const auto& tag : tags())
      if (tag.commit == commit && (best == nullptr || (tag.annotated && !best->annotated))) best = &tag;
    return best != nullptr ? best->name : std::string{};
  }

  Result<std::unique_ptr<Reference>> open_worktree() const {
    if (m_place.worktree.empty())
      return Error{ErrorCode::usage, "a bare repository has no working tree", shown_path(),
                   "name a tag, branch or commit"};
    ASSAY_TRY(Snapshot files, read_worktree(m_place, m_limits));
    Snapshot snapshot = files;
    if (const auto head = m_place.repository->resolve("HEAD"))
      if (const auto commit = m_place.repository->commit(*head)) {
        snapshot = snapshot_of(*commit, k_worktree, {});
        snapshot.entries = std::move(files.entries);
        snapshot.attributes = std::move(files.attributes);
        snapshot.coverage = std::move(files.coverage);
        snapshot.notes = std::move(files.notes);
        snapshot.read = std::move(files.read);
      }
    snapshot.source.repository = m_path.string();
    snapshot.source.revision = k_worktree;
    snapshot.source.kind = "worktree";
    snapshot.source.tree.clear();
    return make_reference(std::move(snapshot));
  }

  fs::path m_path;
  RepositoryPlace m_place;
  Limits m_limits;
};

}  // namespace

GitHash git_hash_of(const fs::path& path) {
  const auto git_dir = find_git_dir(path);
  const auto hash = git_dir && *git_dir ? object_format_of(common_dir_of((*git_dir)->git_dir)) : GitHash::sha1;
  return hash ? *hash : GitHash::sha1;
}

Result<std::unique_ptr<ReferenceSource>> open_source(const fs::path& path, const Limits& limits,
                                                     std::span<const fs::path> submodules) {
  std::error_code error;
  const auto status = fs::status(path, error);
  const auto shown = escape_for_display(path.string());
  if (!fs::exists(status))
    return Error{ErrorCode::not_found, "there is no such repository or directory", shown,
                 "write REPO[@REV] with a path that exists"};
  if (!fs::is_directory(status))
    return Error{ErrorCode::format, "this is neither a git repository nor a directory", shown,
                 "clone a bundle with `git clone --mirror FILE repo.git`; unpack an archive first"};
  ASSAY_TRY(const std::optional<GitDir> git_dir, find_git_dir(path));
  if (!git_dir) return std::unique_ptr<ReferenceSource>{std::make_unique<DirectorySource>(path, limits)};
  ASSAY_TRY(std::shared_ptr<const Repository> repository, Repository::open(git_dir->git_dir));
  RepositoryPlace place{std::move(repository), git_dir->worktree};
  for (const auto& other : submodules) {
    ASSAY_TRY(const std::optional<GitDir> other_dir, find_git_dir(other));
    if (!other_dir)
      return Error{ErrorCode::format, "this is no git repository", escape_for_display(other.string()),
                   "give a clone of the submodule's repository"};
    ASSAY_TRY(std::shared_ptr<const Repository> opened, Repository::open(other_dir->git_dir));
    place.elsewhere.push_back(std::move(opened));
  }
  return std::unique_ptr<ReferenceSource>{std::make_unique<GitSource>(path, std::move(place), limits)};
}

}  // namespace assay::vcs
