#include "vcs/commit_walk.hpp"

#include <algorithm>
#include <queue>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "vcs/repository.hpp"

namespace assay::vcs {

namespace {

constexpr unsigned k_later = 1;
constexpr unsigned k_earlier = 2;
constexpr unsigned k_both = k_later | k_earlier;

/// Commits by what they are reached from, as git itself finds merge bases (commit-reach.c, paint_down_to_common()): newest
/// first, until whatever is left is reached from both sides. Dates that are wrong cost time and change no answer about a commit that
/// was painted at the start: nothing on the way to it is among its ancestors.
class Painting {
 public:
  Painting(const Repository& repository, std::size_t most_parents)
      : m_repository(repository), m_parents_left(most_parents) {}

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
    for (const auto& parent : parents) reach(parent, colour);
    return true;
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
      if (!commit || commit->parents.size() > m_parents_left) return false;
      m_parents_left -= commit->parents.size();
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
  std::size_t m_parents_left;
  std::unordered_map<GitOid, Node> m_commits;
  std::priority_queue<std::pair<std::int64_t, GitOid>> m_queue;
  std::size_t m_undecided = 0;  ///< waiting, and of one colour
};

}  // namespace

bool reaches(const Repository& repository, const std::vector<GitOid>& tips, const GitOid& commit,
             std::size_t most_parents) {
  Painting painting{repository, most_parents};
  if (!painting.start(commit, k_earlier)) return false;
  for (const auto& tip : tips) painting.start(tip, k_later);
  do {
    if (painting.colour(commit) == k_both) return true;
  } while (painting.step());
  return false;
}

Ancestry::Ancestry(const Repository& repository, const GitOid& commit, std::size_t most_parents) {
  struct Waiting {
    std::int64_t time;
    GitOid id;
    Number number;
    std::vector<GitOid> parents;
    bool operator<(const Waiting& other) const { return std::tie(time, id) < std::tie(other.time, other.id); }
  };
  std::priority_queue<Waiting> queue;
  std::unordered_map<GitOid, Number> numbers;
  const auto add = [&](const GitOid& id) {
    const auto [number, added] = numbers.try_emplace(id, static_cast<Number>(m_nodes.size()));
    if (!added) return number->second;
    auto read = repository.commit(id);
    if (!read || read->parents.size() > most_parents) return number->second = k_absent;
    most_parents -= read->parents.size();
    m_nodes.emplace_back();
    queue.push({read->committer.time, id, number->second, std::move(read->parents)});
    return number->second;
  };
  m_whole = add(commit) != k_absent;
  while (!queue.empty()) {
    const auto next = queue.top();
    queue.pop();
    m_commits.push_back(next.id);
    m_numbers.push_back(next.number);
    const auto first = m_parents.size();
    for (const auto& parent : next.parents) m_parents.push_back(add(parent));
    m_nodes[next.number] = {first, m_parents.size()};
  }
  m_whole = m_whole && std::find(m_parents.begin(), m_parents.end(), k_absent) == m_parents.end();
}

std::optional<std::size_t> Ancestry::commits_since(std::size_t place) const {
  std::vector<bool> before(m_nodes.size());
  std::vector<Number> waiting{m_numbers[place]};
  before[m_numbers[place]] = true;
  std::size_t count = m_nodes.size() - 1;
  while (!waiting.empty()) {
    const auto node = m_nodes[waiting.back()];
    waiting.pop_back();
    for (auto at = node.first_parent; at < node.end_of_parents; ++at) {
      const auto parent = m_parents[at];
      if (parent == k_absent || before[parent]) continue;
      before[parent] = true;
      waiting.push_back(parent);
      --count;
    }
  }
  for (std::size_t i = 0; i < m_nodes.size() && !m_whole; ++i)
    for (auto at = m_nodes[i].first_parent; at < m_nodes[i].end_of_parents && !before[i]; ++at)
      if (m_parents[at] == k_absent) return std::nullopt;
  return count;
}

}  // namespace assay::vcs
