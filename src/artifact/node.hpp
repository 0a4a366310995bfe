// What a comparator works on and what it makes: a pair of contents, and a node of the tree of differences.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "artifact/content.hpp"
#include "model/comparison.hpp"
#include "model/entry.hpp"

namespace assay::artifact {

/// Two things that stand in for each other.
struct Pair {
  ContainerPath path;      ///< in the second artifact; empty for the artifacts themselves
  std::string name;        ///< last part of the path, for comparators that go by it; the file name at the top
  std::string other_name;  ///< its name in the first artifact
  Content a, b;
  std::uint32_t mode_a = 0, mode_b = 0;
  std::uint32_t depth = 0;  ///< containers around it
};

/// A pair that differs, with everything that differs in it. `accounted`: every byte that differs is in a change of this
/// node or in a child, and the comparator has verified it (see Ledger).
struct Node {
  ItemDifference item;
  std::vector<Change> changes;
  std::vector<Node> children;
  bool accounted = false;

  /// Add a change, cutting what it holds to the bound.
  Change& add(Change change);
  void note(std::string text) { item.notes.push_back(std::move(text)); }
  /// Nothing differs in it.
  bool empty() const noexcept { return changes.empty() && children.empty(); }
};

/// A change of `aspect` at `place` from `before` to `after`.
Change make_change(Aspect aspect, std::string place, std::string_view before, std::string_view after);

/// Every byte of both sides, entered once: as equal on both sides, or as told by changes and children. What is not
/// entered is a hole, and a node with a hole explains nothing.
class Ledger {
 public:
  Ledger(ByteView a, ByteView b) : m_a(a), m_b(b) {}
  /// `[a, a + a_size)` of the first side is told by changes or a child, and so is what it became.
  void told(std::uint64_t a, std::uint64_t a_size, std::uint64_t b, std::uint64_t b_size);
  /// The stretches are claimed to be equal; they are compared. False if they are not, and then nothing is entered.
  bool equal(std::uint64_t a, std::uint64_t b, std::uint64_t size);
  /// Every byte of both sides is entered exactly once.
  bool complete() const;

 private:
  struct Range {
    std::uint64_t begin, size;
  };
  static bool covers(std::vector<Range> ranges, std::uint64_t size);
  ByteView m_a, m_b;
  std::vector<Range> m_in_a, m_in_b;
};

/// What a thing at `path` can do to the user of an artifact, judged by its name, mode and content.
Impact impact_of(const ContainerPath& path, std::uint32_t mode, ByteView content);

}  // namespace assay::artifact
