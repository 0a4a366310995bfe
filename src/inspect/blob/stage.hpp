// What came out of a blob, and how: the values that correlation joins with what scripts do.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "digest/digest.hpp"
#include "inspect/script/harvest.hpp"
#include "model/entry.hpp"

namespace assay::inspect {

enum class Step : std::uint8_t {
  decompress,
  unpack,
  region,
  text_decode,
  byte_map,
  exclusive_or,
  bit_reverse,
  nibble_swap,
  byte_reverse,
  slice
};

std::string_view to_string(Step step) noexcept;

/// One thing done to bytes on the way.
struct Transformation {
  Step step = Step::decompress;
  std::string what;  ///< "xz", "bytes 4,096 to 9,216", "tr '\t -_' …"; raw
  std::optional<ScriptPlace>
      harvested;  ///< the script that told how; nothing if it was only tried or is the format's own
};

struct BlobStage {
  EntryPath path;          ///< the file of the tree whose bytes they were
  ContainerPath location;  ///< where they are: path, containers and transformations, as `assay extract` takes it
  std::vector<Transformation> steps;  ///< from the file's bytes to these
  Bytes bytes;                        ///< at most k_stage_kept of them
  std::uint64_t size = 0;
  Sha256 sha256;
  std::string what;                ///< "shell script", "ELF"
  bool hidden = false;             ///< no ordinary tool would have shown them
  bool novel = false;              ///< a step was harvested from a novel line
  std::vector<std::string> names;  ///< other files of the tree that the text names
};

inline constexpr std::size_t k_stage_kept = 1U << 20;

}  // namespace assay::inspect
