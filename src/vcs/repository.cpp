#include "vcs/repository.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "vcs/commit_object.hpp"
#include "vcs/commit_walk.hpp"
#include "vcs/revision.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_max_commit = 64ULL << 20;
constexpr std::uint64_t k_max_index = 1ULL << 30;
constexpr std::string_view k_heads = "refs/heads/";
constexpr std::string_view k_remotes = "refs/remotes/";
constexpr std::string_view k_tags = "refs/tags/";

}  // namespace

Repository::Repository(fs::path git_dir, fs::path common_dir, GitHash hash)
    : m_git_dir(std::move(git_dir)),
      m_common_dir(std::move(common_dir)),
      m_hash(hash),
      m_refs(m_git_dir, m_common_dir, hash) {}

Result<std::shared_ptr<const Repository>> Repository::open(const fs::path& git_dir) {
  auto common_dir = common_dir_of(git_dir);
  ASSAY_TRY_VOID(refuse_special_files(git_dir, common_dir));
  ASSAY_TRY(const auto hash, object_format_of(common_dir));
  std::shared_ptr<Repository> repository{new Repository{git_dir, std::move(common_dir), hash}};
  ASSAY_TRY(repository->m_objects, open_objects(hash, git_dir, repository->m_common_dir / "objects"));
  return std::shared_ptr<const Repository>{std::move(repository)};
}

Result<ObjectContent> Repository::read(const GitOid& id, ObjectType type, std::uint64_t max_size) const {
  auto object = m_objects->read(id, type, max_size);
  if (!object && object.error().code == ErrorCode::not_found) object.error().remedy = lacking_remedy();
  return object;
}

bool Repository::is_unique_prefix(const GitOid& id, std::size_t digits) const {
  return m_objects->matching(id, digits).count == PrefixMatch::Count::one;
}

Result<GitOid> Repository::resolve(std::string_view revision) const {
  auto commit = resolve_revision(*m_objects, m_refs, m_hash, revision);
  // Only an object that is named and absent has a place; a name that nothing has is for the caller to answer.
  if (!commit && commit.error().code == ErrorCode::not_found && !commit.error().where.empty())
    commit.error().remedy = lacking_remedy();
  return commit;
}

Result<Commit> Repository::commit(const GitOid& id) const {
  const auto where = fmt::format("commit {}", id.hex());
  const auto object = m_objects->read(id, ObjectType::commit, k_max_commit);
  if (!object && object.error().code == ErrorCode::not_found)
    return Error{ErrorCode::not_found, "the repository lacks this commit", where, lacking_remedy()};
  auto commit = object ? parse_commit(id, object->bytes()) : std::nullopt;
  if (commit) return *std::move(commit);
  return Error{ErrorCode::format,
               "the commit is damaged: " + (object ? "it is not as git writes commits" : object.error().message), where,
               lacking_remedy()};
}

/// Each target once: a million refs may lead to one tag, and many a question begins at all refs.
std::optional<GitOid> Repository::commit_of(const StoredRef& ref) const {
  const auto target = ref.target ? ref.target : m_refs.target(ref.name);
  if (!target) return std::nullopt;
  {
    const std::scoped_lock lock{m_peeled_mutex};
    if (const auto known = m_peeled.find(*target); known != m_peeled.end()) return known->second;
  }
  const auto peeled = peel_to_commit(*m_objects, *target);
  const auto commit = peeled ? std::optional{*peeled} : std::nullopt;
  const std::scoped_lock lock{m_peeled_mutex};
  m_peeled.emplace(*target, commit);
  return commit;
}

const std::vector<Tag>& Repository::tags() const {
  std::call_once(m_tags_read, [this] { m_tags = read_tags(); });
  return m_tags;
}

std::vector<Tag> Repository::read_tags() const {
  std::vector<Tag> tags;
  for (const auto& ref : m_refs.below(k_tags)) {
    const auto commit = commit_of(ref);
    if (!commit) continue;
    const auto object = ref.target.value_or(*commit);
    tags.push_back({ref.name.substr(k_tags.size()), *commit, object != *commit, object});
  }
  std::sort(tags.begin(), tags.end(), [](const Tag& a, const Tag& b) { return a.name < b.name; });
  return tags;
}

bool Repository::descends_from(const GitOid& later, const GitOid& earlier) const {
  return reaches(*this, {later}, earlier);
}

std::vector<std::string> Repository::branches() const {
  std::vector<std::string> names;
  for (const auto prefix : {k_heads, k_remotes})
    for (const auto& ref : m_refs.below(prefix)) names.push_back(ref.name.substr(prefix.size()));
  return names;
}

std::vector<GitOid> Repository::commits_of(std::initializer_list<std::string_view> prefixes, bool with_head) const {
  std::unordered_set<GitOid> seen;
  std::vector<GitOid> commits;
  const auto add = [&](const StoredRef& ref) {
    const auto commit = commit_of(ref);
    if (commit && seen.insert(*commit).second) commits.push_back(*commit);
  };
  if (with_head) add({"HEAD", std::nullopt});
  for (const auto prefix : prefixes)
    for (const auto& ref : m_refs.below(prefix)) add(ref);
  return commits;
}

std::vector<GitOid> Repository::tips() const {
  return commits_of({k_heads, k_remotes, k_tags}, true);
}

std::vector<GitOid> Repository::own_tips() const {
  return commits_of({k_heads, k_tags}, false);
}

bool Repository::is_accepted(const GitOid& commit) const {
  return reaches(*this, tips(), commit);
}

bool Repository::is_in_main_history(const GitOid& commit) const {
  auto descendants = commits_of({k_tags}, true);
  for (const auto* name : {"refs/heads/main", "refs/heads/master", "refs/remotes/origin/HEAD",
                           "refs/remotes/origin/main", "refs/remotes/origin/master"})
    if (const auto tip = commit_of({name, std::nullopt})) descendants.push_back(*tip);
  return reaches(*this, descendants, commit);
}

std::string Repository::lacking_remedy() const {
  if (is_shallow()) return "fetch the whole history: `git fetch --unshallow --tags`";
  return "fetch it, with a clone without --filter; if it should be there, see whether its files can be read and what "
         "`git fsck` says";
}

bool Repository::is_shallow() const {
  std::error_code error;
  const auto size = fs::file_size(m_common_dir / "shallow", error);
  return !error && size > 0;
}

Result<std::vector<IndexEntry>> Repository::read_index() const {
  const auto file = m_git_dir / "index";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::vector<IndexEntry>{};
  ASSAY_TRY(const Bytes content, read_file(file, k_max_index));
  auto entries = parse_index(content, m_hash);
  if (!entries) entries.error().where = escape_for_display(file.string());
  return entries;
}

bool Repository::is_ignored(const fs::path& worktree, const std::string& path) const {
  std::call_once(m_ignore_read, [&] { m_ignore = std::make_unique<IgnoreRules>(m_git_dir, worktree); });
  return m_ignore->ignores(path);
}

}  // namespace assay::vcs
