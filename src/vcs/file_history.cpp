#include "vcs/file_history.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "vcs/repository.hpp"
#include "vcs/tree_object.hpp"

namespace assay::vcs {

namespace {

constexpr std::uint64_t k_largest_tree = 64ULL << 20;
constexpr unsigned k_deepest_tree = 256;
constexpr std::size_t k_most_cached = 20'000;

struct Entry {
  GitOid id;
  bool is_tree = false;
};
using Entries = std::map<std::string, Entry, std::less<>>;

class Walker {
 public:
  explicit Walker(const Repository& repository) : m_repository(repository) {}

  const Commit* commit(const GitOid& id) {
    if (const auto it = m_commits.find(id); it != m_commits.end()) return &it->second;
    auto read = m_repository.commit(id);
    if (!read) return nullptr;
    return &m_commits.emplace(id, *std::move(read)).first->second;
  }

  /// The blob at `path`; nothing if there is none, or if a tree on the way cannot be read.
  std::optional<GitOid> blob(const GitOid& root, std::string_view path) {
    auto id = root;
    for (std::size_t at = 0;;) {
      const auto end = std::min(path.find('/', at), path.size());
      const auto* entries = tree(id);
      if (entries == nullptr) return std::nullopt;
      const auto it = entries->find(path.substr(at, end - at));
      if (it == entries->end() || it->second.is_tree != (end < path.size())) return std::nullopt;
      id = it->second.id;
      if (end == path.size()) return id;
      at = end + 1;
    }
  }

  /// The paths in which two trees differ, until there are too many.
  void differences(const std::optional<GitOid>& before, const std::optional<GitOid>& after, const std::string& prefix,
                   FileOrigin& origin, unsigned depth = 0) {
    if (before == after || !origin.touched_all || depth > k_deepest_tree) return;
    const Entries none;
    const auto* old_entries = before ? tree(*before) : &none;
    const auto* new_entries = after ? tree(*after) : &none;
    if (old_entries == nullptr || new_entries == nullptr) return;
    // Copies: reading a subtree may put other trees out of the cache.
    const Entries was = *old_entries;
    const Entries is = *new_entries;
    std::set<std::string> names;
    for (const auto* entries : {&was, &is})
      for (const auto& [name, entry] : *entries) names.insert(name);
    for (const auto& name : names) {
      const auto a = was.find(name);
      const auto b = is.find(name);
      if (a != was.end() && b != is.end() && a->second.id == b->second.id) continue;
      note(a != was.end() ? &a->second : nullptr, b != is.end() ? &b->second : nullptr, prefix + name, origin, depth);
    }
  }

 private:
  void note(const Entry* before, const Entry* after, const std::string& path, FileOrigin& origin, unsigned depth) {
    const auto as_tree = [](const Entry* entry) {
      return entry != nullptr && entry->is_tree ? std::optional{entry->id} : std::nullopt;
    };
    if (as_tree(before) || as_tree(after)) differences(as_tree(before), as_tree(after), path + "/", origin, depth + 1);
    const bool is_file = (before != nullptr && !before->is_tree) || (after != nullptr && !after->is_tree);
    if (!is_file) return;
    if (origin.touched.size() >= k_touched_most) {
      origin.touched_all = false;
      return;
    }
    origin.touched.push_back(path);
  }

  const Entries* tree(const GitOid& id) {
    if (const auto it = m_trees.find(id); it != m_trees.end()) return &it->second;
    const auto object = m_repository.read(id, ObjectType::tree, k_largest_tree);
    if (!object) return nullptr;
    if (m_trees.size() >= k_most_cached) m_trees.clear();
    auto& entries = m_trees[id];
    TreeCursor cursor{object->bytes(), id.hash};
    while (const auto raw = cursor.next()) {
      Entry entry;
      entry.is_tree = raw->is_tree();
      entry.id = oid_from(raw->id);
      entries.emplace(raw->name, entry);
    }
    return &entries;
  }

  const Repository& m_repository;
  std::unordered_map<GitOid, Commit> m_commits;
  std::unordered_map<GitOid, Entries> m_trees;
};

/// Authors of the newest commits, by e-mail address in lower case.
std::map<std::string, std::uint64_t> count_authors(Walker& walker, const GitOid& start, std::uint64_t max_commits,
                                                   std::uint64_t& walked) {
  std::map<std::string, std::uint64_t> authors;
  std::priority_queue<std::pair<std::int64_t, GitOid>> queue;
  std::unordered_set<GitOid> seen{start};
  queue.emplace(0, start);
  while (!queue.empty() && walked < max_commits) {
    const auto id = queue.top().second;
    queue.pop();
    const auto* commit = walker.commit(id);
    if (commit == nullptr) continue;
    ++walked;
    ++authors[ascii_lower(commit->author.email)];
    for (const auto& parent : commit->parents)
      if (seen.insert(parent).second)
        if (const auto* next = walker.commit(parent)) queue.emplace(next->committer.time, parent);
  }
  return authors;
}

/// Back along commits that do not change the file, to the one that does.
void find_origin(Walker& walker, const GitOid& start, std::uint64_t max_commits, FileOrigin& origin) {
  auto id = start;
  const auto* commit = walker.commit(id);
  if (commit == nullptr) return;
  const auto wanted = walker.blob(commit->tree, origin.path);
  for (std::uint64_t steps = 0; steps < max_commits; ++steps) {
    std::optional<GitOid> same;
    bool existed = false;
    for (const auto& parent : commit->parents) {
      const auto* before = walker.commit(parent);
      // A shallow clone ends here: where the file comes from is not known.
      if (before == nullptr) return;
      const auto blob = walker.blob(before->tree, origin.path);
      existed = existed || blob.has_value();
      if (blob == wanted && !same) same = parent;
    }
    if (same) {
      id = *same;
      commit = walker.commit(id);
      continue;
    }
    origin.found = true;
    origin.added = !existed;
    origin.commit = id;
    origin.author = commit->author;
    origin.committer = commit->committer;
    origin.subject = commit->message.substr(0, commit->message.find('\n'));
    const auto* before = commit->parents.empty() ? nullptr : walker.commit(commit->parents.front());
    walker.differences(before != nullptr ? std::optional{before->tree} : std::nullopt, commit->tree, {}, origin);
    return;
  }
}

}  // namespace

Result<FileOrigins> origins_of(const std::filesystem::path& repository, std::string_view commit,
                               const std::vector<std::string>& paths, std::uint64_t max_commits) {
  ASSAY_TRY(const auto place, find_git_dir(repository));
  const auto id = GitOid::from_hex(commit);
  if (!place || !id) return Error{ErrorCode::not_found, "there is no history", repository.string(), {}};
  ASSAY_TRY(const auto opened, Repository::open(place->git_dir));
  Walker walker{*opened};
  const auto* start = walker.commit(*id);
  if (start == nullptr) return Error{ErrorCode::not_found, "the repository lacks this commit", std::string{commit}, {}};
  FileOrigins origins;
  origins.revision_time = start->committer.time;
  const auto root = start->tree;
  const auto authors = count_authors(walker, *id, max_commits, origins.walked);
  for (const auto& path : paths) {
    if (!walker.blob(root, path)) continue;
    FileOrigin origin;
    origin.path = path;
    find_origin(walker, *id, max_commits, origin);
    if (const auto counted = authors.find(ascii_lower(origin.author.email)); origin.found && counted != authors.end())
      origin.author_commits = counted->second;
    origins.files.push_back(std::move(origin));
  }
  return origins;
}

}  // namespace assay::vcs
