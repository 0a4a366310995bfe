// What `assay compare` found out about two artifacts: where they differ, which root causes make them differ, what
// follows from those, and what is left unexplained. Values only, no I/O.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/assessment.hpp"

namespace assay {

/// Which side of a thing changed.
enum class Aspect : std::uint8_t {
  content,      ///< bytes that mean something to the thing's user
  presence,     ///< it is on one side only
  name,         ///< it is called otherwise
  kind,         ///< it is another kind of thing
  mode,         ///< permission bits, setuid and its like
  owner,        ///< uid, gid and their names
  time,         ///< a time field of a container's header
  link,         ///< the target of a link
  xattr,        ///< extended attributes, capabilities, ACLs
  order,        ///< the same things in another order
  encoding,     ///< the same value written in another way: padding, header dialect
  compression,  ///< parameters of a compressed stream
  checksum,     ///< a digest of something else in the artifact
  size,         ///< a size of something else in the artifact
  offset,       ///< a place of something else in the artifact
  identity,     ///< a build-id: a digest of the build's result or its inputs
  debug_link,   ///< name and checksum of separate debug information
  signature,    ///< a signature over something else
};

/// What a change can do to the artifact's user; strongest first. Leftovers are ranked by it.
enum class Impact : std::uint8_t {
  code,
  script,
  maintainer_script,
  privilege,
  attribute,
  configuration,
  data,
  metadata,
  documentation
};

std::string_view to_string(Aspect aspect) noexcept;
std::string_view to_string(Impact impact) noexcept;

/// What a change was found to be.
enum class Standing : std::uint8_t { unexplained, caused, consequence };

std::string_view to_string(Standing standing) noexcept;

/// One thing that differs: the smallest part a comparator could tell apart.
struct Change {
  std::string path;   ///< ContainerPath::to_string(), relative to the artifacts; "" is the artifact itself
  std::string place;  ///< inside it: "line 12", ".text+0x1a2", "mtime"
  Aspect aspect = Aspect::content;
  Impact impact = Impact::data;
  std::string before;  ///< raw bytes, at most k_change_bytes of them
  std::string after;
  std::string context;  ///< raw text around it, for people and classifiers; may be empty
  std::string token;    ///< what kind of token it is ("date", "path"), if a scanner knew; see artifact/tokens.hpp
  /// The path whose difference makes this one; k_whole_artifact for the artifacts themselves, empty if it is no consequence.
  std::string derived_from;
  std::uint64_t bytes = 0;  ///< how many differ, the larger side's count
  std::uint64_t count = 1;  ///< changes of this kind and place that this one stands for
  Standing standing = Standing::unexplained;
  std::optional<std::uint32_t> cause;  ///< index into Comparison::causes; of a consequence, the first of its causes
  std::string reason;                  ///< why it stands where it stands
};

inline constexpr std::size_t k_change_bytes = 512;
inline constexpr std::string_view k_whole_artifact = "!";  ///< no ContainerPath is written so

enum class ItemStatus : std::uint8_t { modified, added, removed, moved, kind_changed };

std::string_view to_string(ItemStatus status) noexcept;

/// A file, member or stream that differs.
struct ItemDifference {
  std::string path;
  std::string other_path;  ///< where it stood in the first artifact, if moved
  std::string comparator;  ///< "tar", "elf", "text"
  ItemStatus status = ItemStatus::modified;
  std::uint64_t size_before = 0, size_after = 0;
  std::string sha256_before, sha256_after;  ///< hex; empty where they were not computed
  std::uint32_t depth = 0;
  std::uint32_t similarity = 0;  ///< of a moved one whose content changed too: 0 to 100
  Impact impact = Impact::data;
  std::vector<std::uint32_t> changes;  ///< indexes into Comparison::changes
  std::vector<std::string> notes;      ///< "corrupt, compared as bytes"; escaped for display
  std::string view;                    ///< a unified diff or hex dump for people, bounded; escaped for display
};

/// What follows from a root cause: changes of one kind.
struct Consequence {
  std::string what;                    ///< "build-id", "md5sums"
  std::vector<std::uint32_t> changes;  ///< indexes into Comparison::changes
};

/// One reason why the artifacts differ.
struct RootCause {
  std::string id;       ///< as `--ignore` takes it
  std::string title;    ///< "build timestamp"
  std::string summary;  ///< one line: what became what; escaped for display
  std::string remedy;
  Confidence confidence = Confidence::likely;
  std::vector<std::string> evidence;   ///< escaped for display
  std::vector<std::uint32_t> changes;  ///< indexes into Comparison::changes
  std::vector<Consequence> consequences;
  std::uint64_t bytes = 0;
  bool accepted = false;    ///< the user said that it is fine
  bool in_code = false;     ///< it reaches executable bytes or scripts
  bool privileged = false;  ///< it touches mode, owner, setuid, capabilities or xattrs
};

struct Comparison {
  SubjectInfo before, after;
  bool equal = false;                 ///< byte for byte
  bool closed = false;                ///< the causes explain every byte: verified, not presumed
  std::vector<ItemDifference> items;  ///< depth first
  std::vector<Change> changes;
  std::vector<RootCause> causes;         ///< most telling first
  std::vector<std::uint32_t> leftovers;  ///< unexplained changes, by impact
  /// What follows from leftovers. No cause is credited with it, even if it follows from one besides.
  std::vector<Consequence> leftover_consequences;
  std::vector<std::string> neutralised;  ///< what was set aside to compare what is left, each with how often
  std::uint64_t compared_items = 0;      ///< pairs looked at, equal ones included
  std::vector<Finding> new_findings;     ///< what the checks of inspect say about the second artifact only
  std::vector<std::string> unused_ignores;
  Coverage coverage;
};

/// 0 equal or only accepted causes, 1 different, 3 not everything could be compared.
int exit_code(const Comparison& comparison) noexcept;

}  // namespace assay
