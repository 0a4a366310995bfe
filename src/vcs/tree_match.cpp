#include "vcs/tree_match.hpp"

#include <algorithm>
#include <bitset>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "vcs/tree_object.hpp"

namespace assay::vcs {

namespace {

constexpr std::uint64_t k_max_commits = 500'000;
constexpr std::uint64_t k_max_tree_object = 16ULL << 20;
constexpr std::chrono::seconds k_max_time{60};
constexpr std::chrono::seconds k_short_time{10};
constexpr std::uint64_t k_patience = 5'000;  ///< commits looked at beyond one that has all there is
constexpr std::uint64_t k_nearly_all_percent = 97;
constexpr unsigned k_max_depth = 256;

/// A set of ids that is asked far more often for what it does not hold.
class IdSet {
 public:
  void insert(const GitOid& id) {
    m_ids.insert(id);
    m_filter.set(slot(id.bytes[0], id.bytes[1]));
  }
  bool contains(ByteView id) const { return m_filter.test(slot(id[0], id[1])) && m_ids.contains(oid_from(id)); }
  std::size_t size() const noexcept { return m_ids.size(); }
  const std::unordered_set<GitOid>& ids() const noexcept { return m_ids; }

 private:
  static std::size_t slot(std::uint8_t high, std::uint8_t low) noexcept {
    return static_cast<std::size_t>(high) << 8 | low;
  }
  std::unordered_set<GitOid> m_ids;
  std::bitset<65536> m_filter;
};

bool has_blob(const TreeEntry& entry) noexcept {
  return entry.kind == EntryKind::regular || entry.kind == EntryKind::symlink || entry.kind == EntryKind::hardlink;
}

/// Blobs of the subject that the repository has at all. The empty blob says nothing and is left out.
IdSet shared_blobs(const Repository& repository, const std::vector<TreeEntry>& subject) {
  IdSet shared;
  for (const auto& entry : subject)
    if (has_blob(entry) && entry.size > 0 && repository.has(entry.digests.git_oid))
      shared.insert(entry.digests.git_oid);
  return shared;
}

struct Count {
  std::uint32_t matched = 0;
  std::uint32_t total = 0;

  Count& operator+=(const Count& other) noexcept {
    matched += other.matched;
    total += other.total;
    return *this;
  }
};

/// Counts the entries of a tree whose blob is the subject's, wherever it stands; a tree once, however many commits it
/// stands in. Good enough to find the neighbourhood.
class BlobCounter {
 public:
  BlobCounter(const Repository& repository, const IdSet& wanted) : m_repository(repository), m_wanted(wanted) {}

  /// Nothing if a part of the tree cannot be read.
  std::optional<Count> count(const GitOid& tree, unsigned depth = 0) {
    if (const auto known = m_known.find(tree); known != m_known.end()) return known->second;
    if (depth > k_max_depth) return std::nullopt;
    const auto object = m_repository.read(tree, ObjectType::tree, k_max_tree_object);
    if (!object) return std::nullopt;
    Count sum;
    TreeCursor cursor{object->bytes(), tree.hash};
    while (const auto entry = cursor.next()) {
      if (entry->is_tree()) {
        const auto below = count(oid_from(entry->id), depth + 1);
        if (!below) return std::nullopt;
        sum += *below;
      } else if (!entry->is_submodule()) {
        sum += {m_wanted.contains(entry->id) ? 1U : 0U, 1};
      }
    }
    m_known.emplace(tree, sum);
    return sum;
  }

 private:
  const Repository& m_repository;
  const IdSet& m_wanted;
  std::unordered_map<GitOid, Count> m_known;
};

/// Where the subject's files stand: `prefix` is to be taken off its paths, `subdir` put before them.
struct Alignment {
  std::string prefix;
  std::string subdir;
  bool operator<(const Alignment& other) const {
    return std::tie(prefix, subdir) < std::tie(other.prefix, other.subdir);
  }
};

/// The subject as directories of names, below the prefix.
class SubjectTree {
 public:
  static constexpr std::size_t k_no_directory = 0;
  static constexpr std::size_t k_root = 1;

  SubjectTree(const std::vector<TreeEntry>& subject, std::string_view prefix, const IdSet& shared) : m_directories(2) {
    for (const auto& entry : subject) {
      if (!has_blob(entry)) continue;
      std::string_view path = entry.path;
      if (!prefix.empty()) {
        if (!path.starts_with(prefix) || path.size() <= prefix.size() || path[prefix.size()] != '/') continue;
        path.remove_prefix(prefix.size() + 1);
      }
      add(path, entry.digests.git_oid);
      if (entry.size == 0 || shared.contains(entry.digests.git_oid.view())) ++m_shared;
    }
  }
  /// How many of its files have a blob that the repository has, empty ones included.
  std::uint32_t shared() const noexcept { return m_shared; }
  /// The directory `name` in `directory`, or k_no_directory.
  std::size_t descend(std::size_t directory, std::string_view name) const {
    const auto& children = m_directories[directory].children;
    const auto found = children.find(name);
    return found == children.end() ? k_no_directory : found->second;
  }
  bool has(std::size_t directory, std::string_view name, ByteView id) const {
    const auto& files = m_directories[directory].files;
    const auto found = files.find(name);
    return found != files.end() && std::equal(id.begin(), id.end(), found->second.bytes.begin());
  }

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
  };
  template <typename T>
  using ByName = std::unordered_map<std::string, T, NameHash, std::equal_to<>>;
  struct Directory {
    ByName<GitOid> files;
    ByName<std::size_t> children;
  };

  void add(std::string_view path, const GitOid& id) {
    auto at = k_root;
    for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
      const auto [child, added] = m_directories[at].children.emplace(path.substr(0, slash), m_directories.size());
      at = child->second;
      if (added) m_directories.emplace_back();
      path.remove_prefix(slash + 1);
    }
    m_directories[at].files.insert_or_assign(std::string{path}, id);
  }

  std::vector<Directory> m_directories;
  std::uint32_t m_shared = 0;
};

/// Counts the entries of a tree that stand in the subject at the same path with the same content; a tree once for each
/// of the subject's directories that it is compared with.
class PathCounter {
 public:
  PathCounter(const Repository& repository, const SubjectTree& subject, std::string_view subdir)
      : m_repository(repository), m_subject(subject), m_subdir(subdir) {}

  /// Nothing if a part of the tree cannot be read.
  std::optional<Count> count(GitOid tree) {
    for (auto rest = std::string_view{m_subdir}; !rest.empty();) {
      const auto name = rest.substr(0, rest.find('/'));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      const auto below = find_subtree(tree, name);
      if (!below) return Count{};
      tree = *below;
    }
    return count(tree, SubjectTree::k_root, 0);
  }

 private:
  using Key = std::pair<GitOid, std::size_t>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<GitOid>{}(key.first) ^ (key.second * 0x9e3779b97f4a7c15U);
    }
  };

  std::optional<Count> count(const GitOid& tree, std::size_t directory, unsigned depth) {
    if (const auto known = m_known.find({tree, directory}); known != m_known.end()) return known->second;
    if (depth > k_max_depth) return std::nullopt;
    const auto object = m_repository.read(tree, ObjectType::tree, k_max_tree_object);
    if (!object) return std::nullopt;
    Count sum;
    TreeCursor cursor{object->bytes(), tree.hash};
    while (const auto entry = cursor.next()) {
      if (entry->is_tree()) {
        const auto below = count(oid_from(entry->id), m_subject.descend(directory, entry->name), depth + 1);
        if (!below) return std::nullopt;
        sum += *below;
      } else if (!entry->is_submodule()) {
        sum += {m_subject.has(directory, entry->name, entry->id) ? 1U : 0U, 1};
      }
    }
    m_known.emplace(Key{tree, directory}, sum);
    return sum;
  }

  std::optional<GitOid> find_subtree(const GitOid& tree, std::string_view name) const {
    const auto object = m_repository.read(tree, ObjectType::tree, k_max_tree_object);
    if (!object) return std::nullopt;
    TreeCursor cursor{object->bytes(), tree.hash};
    while (const auto entry = cursor.next())
      if (entry->is_tree() && entry->name == name) return oid_from(entry->id);
    return std::nullopt;
  }

  const Repository& m_repository;
  const SubjectTree& m_subject;
  std::string m_subdir;
  std::unordered_map<Key, Count, KeyHash> m_known;
};

/// A commit and how well its tree fits.
struct Candidate {
  Count count;
  const Tag* tag = nullptr;
  std::int64_t time = 0;
  GitOid commit;
  GitOid tree;

  /// Most matches, then fewest entries the subject does not have, a tag before a commit, the oldest.
  bool operator<(const Candidate& other) const {
    const auto key = [](const Candidate& c) {
      return std::tuple{-static_cast<std::int64_t>(c.count.matched), c.count.total - c.count.matched, c.tag == nullptr,
                        c.time};
    };
    if (key(*this) != key(other)) return key(*this) < key(other);
    if (tag != nullptr && other.tag != nullptr && tag->name != other.tag->name) return tag->name < other.tag->name;
    return commit < other.commit;
  }
};

class MatchSearch {
 public:
  MatchSearch(const Repository& repository, const std::vector<Tag>& tags, const Limits& limits)
      : m_repository(repository), m_tags(tags), m_limits(limits), m_start(std::chrono::steady_clock::now()) {}

  /// The best of all tags; of all other refs where there is no tag.
  template <typename Counter>
  std::optional<Candidate> over_refs(Counter& counter) {
    std::optional<Candidate> best;
    const auto look_at = [&](const GitOid& id, const Tag* tag) {
      if (out_of_bounds(k_max_time)) return;
      if (const auto commit = m_repository.commit(id)) consider(*commit, tag, counter, best);
    };
    for (const auto& tag : m_tags) look_at(tag.commit, &tag);
    if (!best)
      for (const auto& tip : m_repository.tips()) look_at(tip, nullptr);
    return best;
  }

  /// Every commit that a branch or tag leads to, the nearest in time to `best` first: should the search have to end
  /// early, it has looked where it matters. `most` is how many matches there can be; with so many, only trees with less
  /// besides can be better, and those are near.
  void over_history(PathCounter& counter, std::uint32_t most, std::optional<Candidate>& best,
                    std::chrono::milliseconds time) {
    struct Waiting {
      std::int64_t distance;
      GitOid id, tree;
      std::int64_t time;
      std::vector<GitOid> parents;
      bool operator<(const Waiting& other) const {  // std::priority_queue wants the greatest first
        return std::tie(distance, id) > std::tie(other.distance, other.id);
      }
    };
    const auto middle = best ? best->time : 0;
    std::priority_queue<Waiting> queue;
    std::unordered_set<GitOid> seen;
    const auto push = [&](const GitOid& id) {
      if (!seen.insert(id).second) return;
      auto commit = m_repository.commit(id);
      if (commit) {
        queue.push({std::abs(commit->committer.time - middle), id, commit->tree, commit->committer.time,
                    std::move(commit->parents)});
      } else {
        m_bounded = true;  // a shallow boundary, or damage
      }
    };
    for (const auto& tag : m_tags) push(tag.commit);
    for (const auto& tip : m_repository.tips()) push(tip);
    std::uint64_t patience = k_patience;
    while (!queue.empty() && patience > 0 && !out_of_bounds(time)) {
      Commit commit;
      commit.id = queue.top().id;
      commit.tree = queue.top().tree;
      commit.committer.time = queue.top().time;
      commit.parents = queue.top().parents;
      queue.pop();
      const bool improved = consider(commit, nullptr, counter, best);
      if (improved) patience = k_patience;
      if (best && best->count.matched >= most) --patience;
      for (const auto& parent : commit.parents) push(parent);
    }
  }

  std::uint64_t examined() const noexcept { return m_examined; }
  bool bounded() const noexcept { return m_bounded; }

 private:
  template <typename Counter>
  bool consider(const Commit& commit, const Tag* tag, Counter& counter, std::optional<Candidate>& best) {
    ++m_examined;
    const auto count = counter.count(commit.tree);
    if (!count) m_bounded = true;
    if (!count || count->matched == 0) return false;
    const Candidate candidate{*count, tag, commit.committer.time, commit.id, commit.tree};
    const bool better = !best || candidate < *best;
    if (better) best = candidate;
    return better;
  }

  bool out_of_bounds(std::chrono::milliseconds time) {
    const bool out = m_examined >= k_max_commits || std::chrono::steady_clock::now() - m_start >
                                                        std::min<std::chrono::milliseconds>(m_limits.time, time);
    m_bounded |= out;
    return out;
  }

  const Repository& m_repository;
  const std::vector<Tag>& m_tags;
  const Limits& m_limits;
  std::chrono::steady_clock::time_point m_start;
  std::uint64_t m_examined = 0;
  bool m_bounded = false;
};

/// What stands in a tree of a set of blobs: each with the paths it has there. A name of megabytes, had by each of the files below it,
/// must not be: no path is longer than a release's may be, and not too many are kept.
class BlobPaths {
 public:
  BlobPaths(const Repository& repository, const GitOid& tree, const IdSet& wanted)
      : m_repository(repository), m_wanted(wanted) {
    collect(tree, {}, 0);
  }
  std::size_t distinct() const noexcept { return m_paths.size(); }
  const std::vector<std::string>& of(const GitOid& id) const {
    static const std::vector<std::string> k_none;
    const auto found = m_paths.find(id);
    return found == m_paths.end() ? k_none : found->second;
  }

 private:
  void collect(const GitOid& tree, const std::string& dir, unsigned depth) {
    constexpr std::size_t k_max_entries = 2'000'000;
    constexpr std::size_t k_longest_path = 4096;
    constexpr std::size_t k_most_path_bytes = 128U << 20;
    const auto object = depth > k_max_depth
                            ? std::nullopt
                            : std::optional{m_repository.read(tree, ObjectType::tree, k_max_tree_object)};
    if (!object || !*object) return;
    TreeCursor cursor{(*object)->bytes(), tree.hash};
    while (const auto entry = cursor.next()) {
      if (++m_entries > k_max_entries || m_path_bytes > k_most_path_bytes) return;
      if (dir.size() + entry->name.size() >= k_longest_path) continue;
      auto path = dir + std::string{entry->name};
      if (entry->is_tree()) {
        collect(oid_from(entry->id), path + "/", depth + 1);
      } else if (!entry->is_submodule() && m_wanted.contains(entry->id)) {
        m_path_bytes += path.size();
        m_paths[oid_from(entry->id)].push_back(std::move(path));
      }
    }
  }

  const Repository& m_repository;
  const IdSet& m_wanted;
  std::unordered_map<GitOid, std::vector<std::string>> m_paths;
  std::size_t m_entries = 0;
  std::size_t m_path_bytes = 0;
};

/// How two paths of one file differ in front: what is left of each once the components they end in alike are gone.
std::optional<Alignment> alignment_of(std::string_view subject, std::string_view reference) {
  std::size_t common = 0;
  std::size_t boundary = 0;
  while (common < subject.size() && common < reference.size() &&
         subject[subject.size() - 1 - common] == reference[reference.size() - 1 - common]) {
    ++common;
    const bool subject_starts = common == subject.size() || subject[subject.size() - 1 - common] == '/';
    const bool reference_starts = common == reference.size() || reference[reference.size() - 1 - common] == '/';
    if (subject_starts && reference_starts) boundary = common;
  }
  if (boundary == 0) return std::nullopt;
  const auto front = [boundary](std::string_view path) {
    path.remove_suffix(boundary);
    if (path.ends_with('/')) path.remove_suffix(1);
    return std::string{path};
  };
  return Alignment{front(subject), front(reference)};
}

/// The alignment that most files agree on. Blobs that stand in several places say nothing.
Alignment vote_alignment(const std::vector<TreeEntry>& subject, const BlobPaths& paths) {
  std::map<Alignment, std::size_t> votes;
  for (const auto& entry : subject) {
    const auto& places = paths.of(entry.digests.git_oid);
    if (!has_blob(entry) || places.size() != 1) continue;
    if (auto alignment = alignment_of(entry.path, places.front())) ++votes[*std::move(alignment)];
  }
  const auto best =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == votes.end() ? Alignment{} : best->first;
}

}  // namespace

Result<ReferenceSource::BestMatch> find_best_match(const Repository& repository, const std::vector<Tag>& tags,
                                                   const std::vector<TreeEntry>& subject, const Limits& limits) {
  const auto wanted = shared_blobs(repository, subject);
  if (wanted.size() == 0)
    return Error{ErrorCode::not_found,
                 "the repository has no file of the subject in its history",
                 {},
                 "check that it is the right repository, or name a revision: REPO@REV"};
  MatchSearch search{repository, tags, limits};
  BlobCounter blobs{repository, wanted};
  const auto near = search.over_refs(blobs);
  if (!near)
    return Error{
        ErrorCode::not_found,
        "no commit within reach has a file of the subject",
        {},
        "is it the right repository? If it is, fetch its whole history and its tags, or name a revision: REPO@REV"};

  const auto alignment = vote_alignment(subject, BlobPaths{repository, near->tree, wanted});
  const SubjectTree tree{subject, alignment.prefix, wanted};
  PathCounter counter{repository, tree, alignment.subdir};
  auto best = search.over_refs(counter);
  if (!best) best = near;
  const auto found_in = [&](const Candidate& candidate) {
    return BlobPaths{repository, candidate.tree, wanted}.distinct();
  };
  auto matched = found_in(*best);
  if (best->tag == nullptr || matched < wanted.size()) {
    // A tag with nearly all is most likely the answer, and what is better is near: a short look around is enough.
    const bool nearly = best->tag != nullptr && matched * 100 >= wanted.size() * k_nearly_all_percent;
    search.over_history(counter, tree.shared(), best, nearly ? k_short_time : k_max_time);
    matched = found_in(*best);
  }
  return ReferenceSource::BestMatch{best->tag != nullptr ? best->tag->name : best->commit.hex(),
                                    matched,
                                    search.examined(),
                                    best->tag != nullptr,
                                    wanted.size(),
                                    search.bounded()};
}

}  // namespace assay::vcs
