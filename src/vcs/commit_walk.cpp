#include "vcs/commit_walk.hpp"

#include <queue>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "vcs/repository.hpp"

namespace assay::vcs {

namespace {

constexpr unsigned k_later = 1;
constexpr unsigned k_earlier = 2;
constexpr unsigned k_both = k_later | k_earlier;

/// Commits by what they are reached from, as git itself finds merge bases (commit-reach.c, paint_down_to_common()): newest
/// first, until whatever is left is reached from both sides.
class Painting {
 public:
  explicit Painting(const Repository& repository) : m_repository(repository) {}

  /// False if the commit is absent.
  bool start(const GitOid& id, unsigned colour) { return reach(id, colour); }
  unsigned colour(const GitOid& id) const {
    const auto found = m_commits.find(id);
    return found == m_commits.end() ? 0 : found->second.colour;
  }
  /// Paint on; false once there is nothing left of one colour only, and for good.
  bool step() {
    if (m_undecided == 0) return false;
    const auto id = m_queue.top().second;
    m_queue.pop();
    auto& commit = m_commits.at(id);
    commit.waiting = false;
    if (commit.colour != k_both) --m_undecided;
    const auto colour = commit.colour;
    const auto parents = commit.parents;
    for (const auto& parent : parents)
      if (!reach(parent, colour)) m_complete = false;
    return true;
  }
  bool complete() const noexcept { return m_complete; }
  std::size_t count(unsigned colour) const {
    std::size_t count = 0;
    for (const auto& [id, commit] : m_commits) count += commit.colour == colour ? 1U : 0U;
    return count;
  }

 private:
  struct Node {
    std::vector<GitOid> parents;
    std::int64_t time = 0;
    unsigned colour = 0;
    bool waiting = false;
  };

  bool reach(const GitOid& id, unsigned colour) {
    auto found = m_commits.find(id);
    if (found == m_commits.end()) {
      auto commit = m_repository.commit(id);
      if (!commit) return false;
      found = m_commits.emplace(id, Node{std::move(commit->parents), commit->committer.time}).first;
    }
    auto& node = found->second;
    if ((node.colour | colour) == node.colour) return true;
    if (node.waiting && node.colour != k_both) --m_undecided;
    node.colour |= colour;
    if (node.colour != k_both) ++m_undecided;
    if (!std::exchange(node.waiting, true)) m_queue.emplace(node.time, id);
    return true;
  }

  const Repository& m_repository;
  std::unordered_map<GitOid, Node> m_commits;
  std::priority_queue<std::pair<std::int64_t, GitOid>> m_queue;
  std::size_t m_undecided = 0;  ///< waiting, and of one colour
  bool m_complete = true;
};

}  // namespace

std::optional<std::size_t> commits_between(const Repository& repository, const GitOid& earlier, const GitOid& later) {
  Painting painting{repository};
  if (!painting.start(later, k_later) || !painting.start(earlier, k_earlier)) return std::nullopt;
  while (painting.step() && painting.complete()) continue;
  if (!painting.complete() || painting.count(k_earlier) != 0) return std::nullopt;
  return painting.count(k_later);
}

bool reaches(const Repository& repository, const std::vector<GitOid>& tips, const GitOid& commit) {
  Painting painting{repository};
  if (!painting.start(commit, k_earlier)) return false;
  for (const auto& tip : tips) painting.start(tip, k_later);
  do {
    if (painting.colour(commit) == k_both) return true;
  } while (painting.step());
  return false;
}

bool walk_ancestors(const Repository& repository, const GitOid& commit,
                    const std::function<void(const GitOid&)>& take) {
  struct Waiting {
    std::int64_t time;
    GitOid id;
    std::vector<GitOid> parents;
    bool operator<(const Waiting& other) const { return std::tie(time, id) < std::tie(other.time, other.id); }
  };
  std::priority_queue<Waiting> queue;
  std::unordered_set<GitOid> seen;
  bool whole = true;
  const auto add = [&](const GitOid& id) {
    if (!seen.insert(id).second) return;
    auto read = repository.commit(id);
    if (read) queue.push({read->committer.time, id, std::move(read->parents)});
    else whole = false;
  };
  add(commit);
  while (!queue.empty()) {
    const auto next = queue.top();
    queue.pop();
    take(next.id);
    for (const auto& parent : next.parents) add(parent);
  }
  return whole;
}

}  // namespace assay::vcs
