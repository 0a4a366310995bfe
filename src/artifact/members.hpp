// The members of two containers held against each other: which stands for which, what moved, what came and went, and in
// what order they are.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "artifact/node.hpp"
#include "artifact/session.hpp"

namespace assay::artifact {

struct Member {
  std::string name;  ///< normalised; the key
  EntryKind kind = EntryKind::regular;
  std::uint32_t mode = 0;
  Content content;
  std::string
      role;  ///< what it is whatever its name ("layer 1"); members of one role stand for each other. Mostly empty
  bool capable = false;    ///< carries capabilities that it is run with
  std::string owner = {};  ///< all that the container says of whose it is, in one string; empty where it says nothing
  std::int64_t time = 0;   ///< when it changed, as the container says it in seconds; 0 where it does not
};

struct MemberPair {
  std::size_t a = 0, b = 0;
  bool moved = false;
  std::uint32_t similarity = 100;  ///< of a moved one
};

struct Matching {
  std::vector<MemberPair> pairs;  ///< in the order of the second container
  std::vector<std::size_t> only_a, only_b;
  bool reordered = false;    ///< the pairs stand in another order in the first container
  std::string top_a, top_b;  ///< the directory that all names begin with, where the two differ; else empty
};

/// By role, by name (the n-th of a name for the n-th), by name without compression suffix, by content, by similarity.
/// Where all names of either side begin with one directory, and the two differ, they are compared without.
Matching match_members(const std::vector<Member>& a, const std::vector<Member>& b);

/// Changes of a pair beyond its content: the container's header about it. Their path is that of the member.
using HeaderChanges = std::function<std::vector<Change>(const MemberPair&)>;

/// Compare matched members in parallel; children, presence and order go to `node`. Equal ones leave nothing.
void compare_members(Session& session, const Pair& pair, const std::vector<Member>& a, const std::vector<Member>& b,
                     const Matching& matching, const HeaderChanges& header_changes, Node& node);

/// `name` without a suffix of compression (".gz", ".xz", …).
std::string_view without_compression_suffix(std::string_view name) noexcept;

/// How alike two contents are, 0 to 100; 0 if they are too small to tell.
std::uint32_t similarity(ByteView a, ByteView b);

}  // namespace assay::artifact
