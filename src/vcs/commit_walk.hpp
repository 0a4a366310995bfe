// What leads to what: questions about the graph of commits. Each reads as much of it as the answer takes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "digest/digest.hpp"

namespace assay::vcs {

class Repository;

/// How many parents of commits a walk holds; the largest histories have two million. Beyond, commits count as absent.
inline constexpr std::size_t k_most_parents_held = 5'000'000;

/// Is `commit` one of `tips` or an ancestor of one? Absent commits lead to nothing.
bool reaches(const Repository& repository, const std::vector<GitOid>& tips, const GitOid& commit,
             std::size_t most_parents = k_most_parents_held);

/// A commit and all that it descends from, with what leads to what: questions about all of them need one walk. Dates decide the
/// order and nothing else; a parent may be younger than its child.
class Ancestry {
 public:
  Ancestry(const Repository& repository, const GitOid& commit, std::size_t most_parents = k_most_parents_held);

  /// As far as they are not absent, the latest first.
  const std::vector<GitOid>& commits() const noexcept { return m_commits; }
  /// False if one of them is absent: what came before it was not met.
  bool whole() const noexcept { return m_whole; }
  /// How many of them are neither commits()[place] nor its ancestors; nothing if it cannot be told, because one of these has a parent
  /// that is absent.
  std::optional<std::size_t> commits_since(std::size_t place) const;

 private:
  using Number = std::uint32_t;  ///< in the order in which they are met
  static constexpr Number k_absent = UINT32_MAX;
  struct Node {
    std::size_t first_parent = 0, end_of_parents = 0;  ///< in m_parents
  };
  std::vector<GitOid> m_commits;
  std::vector<Number> m_numbers;  ///< of m_commits
  std::vector<Node> m_nodes;
  std::vector<Number> m_parents;
  bool m_whole = true;
};

}  // namespace assay::vcs
