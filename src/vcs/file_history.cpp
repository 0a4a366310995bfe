#include "vcs/file_history.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/text.hpp"
#include "vcs/repository.hpp"
#include "vcs/tree_object.hpp"

namespace assay::vcs {

namespace {

constexpr std::uint64_t k_largest_tree = 64ULL << 20;
constexpr unsigned k_deepest_tree = 256;
constexpr std::size_t k_most_cached = 64U << 20;    ///< bytes of trees, and of commits
constexpr std::size_t k_most_compared = 4'000'000;  ///< entries of trees, for all files together
constexpr std::size_t k_longest_subject = 4096;
constexpr std::size_t k_longest_path = 4096;
constexpr std::size_t k_longest_address = 256;

struct Entry {
  GitOid id;
  bool is_tree = false;
};
using Entries = std::map<std::string, Entry, std::less<>>;

/// Of what was read last, as much as fits.
template <typename Value>
class Cache {
 public:
  using Pointer = std::shared_ptr<const Value>;
  Pointer find(const GitOid& id) const {
    const auto found = m_values.find(id);
    return found == m_values.end() ? nullptr : found->second;
  }
  Pointer put(const GitOid& id, Value value, std::size_t size) {
    if (m_size += size; m_size > k_most_cached) {
      m_values.clear();
      m_size = size;
    }
    return m_values[id] = std::make_shared<const Value>(std::move(value));
  }

 private:
  std::unordered_map<GitOid, Pointer> m_values;
  std::size_t m_size = 0;
};

class Walker {
 public:
  explicit Walker(const Repository& repository) : m_repository(repository) {}

  /// Its message ends with the first line. Null if it cannot be read.
  std::shared_ptr<const Commit> commit(const GitOid& id) {
    if (auto known = m_commits.find(id)) return known;
    auto read = m_repository.commit(id);
    if (!read) return nullptr;
    read->message = read->message.substr(0, std::min(read->message.find('\n'), k_longest_subject));
    read->message.shrink_to_fit();
    const auto size = sizeof(Commit) + read->message.size() + read->author.name.size() + read->author.email.size() +
                      read->committer.name.size() + read->committer.email.size() +
                      read->parents.size() * sizeof(GitOid);
    return m_commits.put(id, *std::move(read), size);
  }

  /// The blob at `path`; nothing if there is none, or if a tree on the way cannot be read.
  std::optional<GitOid> blob(const GitOid& root, std::string_view path) {
    auto id = root;
    for (std::size_t at = 0;;) {
      const auto end = std::min(path.find('/', at), path.size());
      const auto entries = tree(id);
      if (entries == nullptr) return std::nullopt;
      const auto it = entries->find(path.substr(at, end - at));
      if (it == entries->end() || it->second.is_tree != (end < path.size())) return std::nullopt;
      id = it->second.id;
      if (end == path.size()) return id;
      at = end + 1;
    }
  }

  /// The paths in which two trees differ, until there are too many, or too much to look at: trees of trees multiply without a file.
  void differences(const std::optional<GitOid>& before, const std::optional<GitOid>& after, const std::string& prefix,
                   FileOrigin& origin, unsigned depth = 0) {
    if (before == after || !origin.touched_all || depth > k_deepest_tree) return;
    const auto was = before ? tree(*before) : std::make_shared<const Entries>();
    const auto is = after ? tree(*after) : std::make_shared<const Entries>();
    if (was == nullptr || is == nullptr) return;
    m_compared += was->size() + is->size() + 1;
    for (auto a = was->begin(), b = is->begin(); a != was->end() || b != is->end();) {
      if (m_compared > k_most_compared) origin.touched_all = false;
      if (!origin.touched_all) return;
      const bool has_a = a != was->end() && (b == is->end() || a->first <= b->first);
      const bool has_b = b != is->end() && (a == was->end() || b->first <= a->first);
      const auto& name = has_a ? a->first : b->first;
      if (!has_a || !has_b || a->second.id != b->second.id)
        note(has_a ? &a->second : nullptr, has_b ? &b->second : nullptr, prefix + name, origin, depth);
      if (has_a) ++a;
      if (has_b) ++b;
    }
  }

 private:
  void note(const Entry* before, const Entry* after, const std::string& path, FileOrigin& origin, unsigned depth) {
    if (path.size() > k_longest_path) {
      origin.touched_all = false;
      return;
    }
    const auto as_tree = [](const Entry* entry) {
      return entry != nullptr && entry->is_tree ? std::optional{entry->id} : std::nullopt;
    };
    if (as_tree(before) || as_tree(after)) differences(as_tree(before), as_tree(after), path + "/", origin, depth + 1);
    const bool is_file = (before != nullptr && !before->is_tree) || (after != nullptr && !after->is_tree);
    if (!is_file) return;
    if (origin.touched.size() < k_touched_most) origin.touched.push_back(path);
    else origin.touched_all = false;
  }

  std::shared_ptr<const Entries> tree(const GitOid& id) {
    if (auto known = m_trees.find(id)) return known;
    const auto object = m_repository.read(id, ObjectType::tree, k_largest_tree);
    if (!object) return nullptr;
    Entries entries;
    TreeCursor cursor{object->bytes(), id.hash};
    while (const auto raw = cursor.next()) {
      Entry entry;
      entry.is_tree = raw->is_tree();
      entry.id = oid_from(raw->id);
      entries.emplace(raw->name, entry);
    }
    return m_trees.put(id, std::move(entries), object->bytes().size());
  }

  const Repository& m_repository;
  Cache<Commit> m_commits;
  Cache<Entries> m_trees;
  std::size_t m_compared = 0;
};

std::string address_of(const Signature& person) {
  return ascii_lower(std::string_view{person.email}.substr(0, k_longest_address));
}

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
    const auto commit = walker.commit(id);
    if (commit == nullptr) continue;
    ++walked;
    ++authors[address_of(commit->author)];
    for (const auto& parent : commit->parents)
      if (seen.insert(parent).second)
        if (const auto next = walker.commit(parent)) queue.emplace(next->committer.time, parent);
  }
  return authors;
}

/// Back along commits that do not change the file, to the one that does.
void find_origin(Walker& walker, const GitOid& start, std::uint64_t max_commits, FileOrigin& origin) {
  auto id = start;
  auto commit = walker.commit(id);
  if (commit == nullptr) return;
  const auto wanted = walker.blob(commit->tree, origin.path);
  for (std::uint64_t steps = 0; steps < max_commits; ++steps) {
    std::optional<GitOid> same;
    bool existed = false;
    for (const auto& parent : commit->parents) {
      const auto before = walker.commit(parent);
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
    origin.subject = commit->message;
    const auto before = commit->parents.empty() ? nullptr : walker.commit(commit->parents.front());
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
  const auto start = walker.commit(*id);
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
    if (const auto counted = authors.find(address_of(origin.author)); origin.found && counted != authors.end())
      origin.author_commits = counted->second;
    origins.files.push_back(std::move(origin));
  }
  return origins;
}

}  // namespace assay::vcs
