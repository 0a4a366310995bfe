// Everything inside a file: archives in archives, compressed streams, packages, concatenations, and the places where a
// format leaves room for what does not belong to it. In memory, depth first, bounded; nothing is written or run.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/budget.hpp"
#include "base/limits.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/blob/stage.hpp"
#include "inspect/walk_streams.hpp"
#include "model/entry.hpp"
#include "model/finding.hpp"

namespace assay::inspect {

/// Some bytes on the way down. Valid during the call of the observer only.
struct Node {
  ContainerPath path;
  std::string_view top;  ///< the file of the tree it is in
  ByteView content;
  Kind kind;
  Sha256 sha256;
  unsigned depth = 0;  ///< 0: the file itself
  std::vector<Transformation> steps;
  bool hidden = false;            ///< it or something around it stands where no ordinary tool looks
  std::string region;             ///< what the place is, if it is one: "behind the image's end"; empty otherwise
  bool decoded = false;           ///< it is what a compressed stream holds
  Family around = Family::empty;  ///< of what it stands in directly; `empty` for a file of the tree
  const DecodedStreams* streams = nullptr;  ///< of a compressed node that holds no archive
  std::string damage;  ///< a container that claims a format and cannot be read: where and why; empty if it can
};

/// Something the walk itself has to say about a node.
enum class Oddity : std::uint8_t { contains_itself, nested_traps };

class ContainerWalker {
 public:
  struct Observer {
    std::function<void(const Node&)> node;  ///< before what is in it
    std::function<void(const Node&, Oddity, std::string detail)> oddity;
  };
  /// `observer` and `coverage` outlive the walker.
  ContainerWalker(const Limits& limits, const archive::Deadline& deadline, const Observer& observer,
                  Coverage& coverage);

  /// Walk one file of the tree.
  void walk(std::string_view top, ByteView content, const std::optional<Sha256>& sha256);
  /// Largest content that is held: of a file, a member, a decoded stream.
  std::uint64_t max_content() const noexcept;
  std::uint64_t nodes() const noexcept { return m_nodes; }

 private:
  class Members;
  struct Child;
  void visit(Node& node);
  void enter(const Node& parent, Child child);
  void enter_compressed(Node& node);
  void enter_rest(const Node& node, std::uint64_t seen);
  void enter_archive(const Node& node, ByteView archive, std::string& damage);
  void enter_regions(const Node& node);
  bool admit(const Node& node);
  bool may_enter(const Node& node);
  void note_limit(const Node& node, std::string reason, std::string remedy);
  std::uint64_t room() const noexcept;

  const Limits m_limits;
  const Observer& m_observer;
  Coverage& m_coverage;
  const archive::Deadline m_deadline;
  std::vector<Sha256> m_ancestors;
  std::uint64_t m_held = 0;  ///< bytes on the way from the file to the present node
  std::uint64_t m_top_size = 0;
  std::uint64_t m_unpacked = 0;  ///< bytes that came out of the present file so far
  std::uint64_t m_nodes = 0;
  bool m_stopped = false;  ///< a bound of the whole walk was hit; said once
};

}  // namespace assay::inspect
