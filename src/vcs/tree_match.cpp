#include "vcs/tree_match.hpp"

#include <algorithm>
#include <bitset>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <queue>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "vcs/tree_object.hpp"

namespace assay::vcs {

namespace {

constexpr std::uint64_t k_max_commits = 500'000;
constexpr std::uint64_t k_max_tree_object = 16ULL << 20;
constexpr std::chrono::seconds k_max_time{60};
constexpr unsigned k_max_depth = 256;

GitOid to_oid(ByteView id) noexcept {
  GitOid oid;
  std::copy_n(id.begin(), std::min<std::size_t>(id.size(), oid.bytes.size()), oid.bytes.begin());
  return oid;
}

/// A set of ids that is asked far more often for what it does not hold.
class IdSet {
 public:
  void insert(const GitOid& id) {
    m_ids.insert(id);
    m_filter.set(slot(id.bytes[0], id.bytes[1]));
  }
  bool contains(ByteView id) const { return m_filter.test(slot(id[0], id[1])) && m_ids.contains(to_oid(id)); }
  std::size_t size() const noexcept { return m_ids.size(); }
  const std::unordered_set<GitOid>& ids() const noexcept { return m_ids; }

 private:
  static std::size_t slot(std::uint8_t high, std::uint8_t low) noexcept { return static_cast<std::size_t>(high) << 8 | low; }
  std::unordered_set<GitOid> m_ids;
  std::bitset<65536> m_filter;
};

/// Blobs of the subject that the repository has at all. The empty blob says nothing and is left out.
IdSet shared_blobs(const Repository& repository, const std::vector<TreeEntry>& subject) {
  IdSet shared;
  for (const auto& entry : subject) {
    const bool has_blob = entry.kind == EntryKind::regular || entry.kind == EntryKind::symlink || entry.kind == EntryKind::hardlink;
    if (has_blob && entry.size > 0 && repository.has(entry.digests.git_oid)) shared.insert(entry.digests.git_oid);
  }
  return shared;
}

struct Count {
  std::uint32_t matched = 0;  ///< entries whose blob is the subject's
  std::uint32_t total = 0;
};

/// Counts a tree once, however many commits it stands in.
class TreeCounter {
 public:
  TreeCounter(const Repository& repository, const IdSet& wanted) : m_repository(repository), m_wanted(wanted) {}

  /// Nothing if a part of the tree cannot be read.
  std::optional<Count> count(const GitOid& tree, unsigned depth = 0) {
    if (const auto known = m_known.find(tree); known != m_known.end()) return known->second;
    if (depth > k_max_depth) return std::nullopt;
    const auto object = m_repository.read(tree, ObjectType::tree, k_max_tree_object);
    if (!object) return std::nullopt;
    Count sum;
    TreeCursor cursor{object->bytes(), tree.hash};
    while (const auto entry = cursor.next()) {
      if (entry->is_submodule()) continue;
      if (entry->is_tree()) {
        const auto below = count(to_oid(entry->id), depth + 1);
        if (!below) return std::nullopt;
        sum.matched += below->matched;
        sum.total += below->total;
      } else {
        sum.matched += m_wanted.contains(entry->id) ? 1U : 0U;
        ++sum.total;
      }
    }
    m_known.emplace(tree, sum);
    return sum;
  }
  std::size_t trees() const noexcept { return m_known.size(); }

 private:
  const Repository& m_repository;
  const IdSet& m_wanted;
  std::unordered_map<GitOid, Count> m_known;
};

/// A commit and how well its tree fits.
struct Candidate {
  Count count;
  const Tag* tag = nullptr;
  std::int64_t time = 0;
  GitOid commit;
  GitOid tree;

  bool operator<(const Candidate& other) const {
    const auto key = [](const Candidate& c) {
      return std::tuple{-static_cast<std::int64_t>(c.count.matched), c.count.total - c.count.matched, c.tag == nullptr, c.time};
    };
    if (key(*this) != key(other)) return key(*this) < key(other);
    if (tag != nullptr && other.tag != nullptr && tag->name != other.tag->name) return tag->name < other.tag->name;
    return commit < other.commit;
  }
};

class MatchSearch {
 public:
  MatchSearch(const Repository& repository, const std::vector<Tag>& tags, const IdSet& wanted, const Limits& limits)
      : m_repository(repository), m_tags(tags), m_counter(repository, wanted),
        m_deadline(std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(limits.time, k_max_time)) {}

  void over_tags() {
    for (const auto& tag : m_tags) {
      if (out_of_bounds()) return;
      const auto commit = m_repository.commit(tag.commit);
      if (commit) consider(*commit, &tag);
    }
  }

  /// Every commit that any ref leads to, the nearest in time to the best one so far first: should the search have to
  /// end early, it has looked where it matters.
  void over_history() {
    const auto middle = m_best ? m_best->time : 0;
    using Item = std::pair<std::int64_t, std::size_t>;
    std::vector<Commit> commits;
    std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
    std::unordered_set<GitOid> seen;
    const auto push = [&](const GitOid& id) {
      if (!seen.insert(id).second) return;
      auto commit = m_repository.commit(id);
      if (!commit) {
        m_bounded = true;  // a shallow boundary, or damage
        return;
      }
      commit->message = {};
      queue.emplace(std::abs(commit->committer.time - middle), commits.size());
      commits.push_back(*std::move(commit));
    };
    for (const auto& tag : m_tags) push(tag.commit);
    for (const auto& tip : m_repository.tips()) push(tip);
    while (!queue.empty() && !out_of_bounds()) {
      const auto index = queue.top().second;
      queue.pop();
      consider(commits[index], nullptr);
      for (const auto& parent : std::vector<GitOid>{commits[index].parents}) push(parent);
    }
  }

  const std::optional<Candidate>& best() const noexcept { return m_best; }
  std::uint64_t examined() const noexcept { return m_examined; }
  bool bounded() const noexcept { return m_bounded; }

 private:
  void consider(const Commit& commit, const Tag* tag) {
    ++m_examined;
    const auto count = m_counter.count(commit.tree);
    if (!count || count->matched == 0) return;
    const Candidate candidate{*count, tag, commit.committer.time, commit.id, commit.tree};
    if (!m_best || candidate < *m_best) m_best = candidate;
  }

  bool out_of_bounds() {
    if (m_examined >= k_max_commits || std::chrono::steady_clock::now() > m_deadline) m_bounded = true;
    return m_examined >= k_max_commits || std::chrono::steady_clock::now() > m_deadline;
  }

  const Repository& m_repository;
  const std::vector<Tag>& m_tags;
  TreeCounter m_counter;
  std::chrono::steady_clock::time_point m_deadline;
  std::optional<Candidate> m_best;
  std::uint64_t m_examined = 0;
  bool m_bounded = false;
};

/// Which of `wanted` stand in the tree, each once.
void collect(const Repository& repository, const GitOid& tree, const IdSet& wanted, std::unordered_set<GitOid>& found,
             std::unordered_set<GitOid>& visited, unsigned depth = 0) {
  if (depth > k_max_depth || !visited.insert(tree).second) return;
  const auto object = repository.read(tree, ObjectType::tree, k_max_tree_object);
  if (!object) return;
  TreeCursor cursor{object->bytes(), tree.hash};
  while (const auto entry = cursor.next()) {
    if (entry->is_tree()) {
      collect(repository, to_oid(entry->id), wanted, found, visited, depth + 1);
    } else if (!entry->is_submodule() && wanted.contains(entry->id)) {
      found.insert(to_oid(entry->id));
    }
  }
}

std::uint64_t distinct_matches(const Repository& repository, const GitOid& tree, const IdSet& wanted) {
  std::unordered_set<GitOid> found;
  std::unordered_set<GitOid> visited;
  collect(repository, tree, wanted, found, visited);
  return found.size();
}

}  // namespace

Result<ReferenceSource::BestMatch> find_best_match(const Repository& repository, const std::vector<Tag>& tags,
                                                   const std::vector<TreeEntry>& subject, const Limits& limits) {
  const auto wanted = shared_blobs(repository, subject);
  if (wanted.size() == 0)
    return Error{ErrorCode::not_found, "the repository has no file of the subject in its history", {},
                 "check that it is the right repository, or name a revision: REPO@REV"};
  MatchSearch search{repository, tags, wanted, limits};
  search.over_tags();
  auto matched = search.best() ? distinct_matches(repository, search.best()->tree, wanted) : 0;
  if (matched < wanted.size()) {
    search.over_history();
    if (search.best()) matched = distinct_matches(repository, search.best()->tree, wanted);
  }
  if (!search.best())
    return Error{ErrorCode::not_found, "no commit within reach has a file of the subject", {},
                 "fetch the whole history: `git fetch --unshallow`, or name a revision: REPO@REV"};
  const auto& best = *search.best();
  return ReferenceSource::BestMatch{best.tag != nullptr ? best.tag->name : best.commit.hex(), matched, search.examined(),
                                    best.tag != nullptr, wanted.size(), search.bounded()};
}

}  // namespace assay::vcs
