// What people look at beside the findings: lines with what stands around them, bytes, entropy, history.
// Made only for reports that show it, and bounded; everything from outside is raw, renderers escape it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace assay {

/// A line and whether it is one that a finding or a comparison points at.
struct ShownLine {
  std::uint64_t number = 0;  ///< 1-based
  std::string text;          ///< raw, without its line end, cut
  bool marked = false;
};

/// Lines of one file, by number; a jump in the numbers is a part that is not shown.
struct LinesExhibit {
  std::string path;
  std::vector<ShownLine> lines;
  std::uint64_t marked_left_out = 0;  ///< marked lines of the file that are not among them
};

/// A piece of some bytes.
struct BytesExhibit {
  std::string path;          ///< ContainerPath::to_string() of the bytes it is a piece of
  std::string type;          ///< what they are
  std::uint64_t size = 0;    ///< how many they are
  std::uint64_t offset = 0;  ///< where the piece begins
  Bytes bytes;
};

/// Entropy along some bytes.
struct EntropyExhibit {
  std::string path;  ///< as above
  std::uint64_t size = 0;
  double entropy = 0;          ///< of all of them, bits per byte
  std::vector<float> columns;  ///< of equal parts from the first byte to the last, bits per byte
};

/// What version control says about how a file came to be.
struct HistoryExhibit {
  std::string path;
  std::vector<std::string> events;  ///< what is known, a line each; raw
};

/// A file, or something in one: a member, a decompressed stream, a part. For `assay scan --tree`.
struct ContainerNode {
  std::string path;  ///< ContainerPath::to_string()
  std::string type;  ///< what the content is
  std::uint64_t size = 0;
  std::string sha256;       ///< hex
  double entropy = 0;       ///< bits per byte
  std::uint32_t depth = 0;  ///< 0: a file of the subject itself
};

struct Exhibits {
  std::vector<ContainerNode> contents;  ///< what is inside, depth first; used where Assessment::contents is empty
  std::vector<LinesExhibit> lines;      ///< that findings point at
  std::vector<LinesExhibit> novel;      ///< novel lines of unproven files
  std::vector<BytesExhibit> bytes;
  std::vector<EntropyExhibit> entropy;
  std::vector<HistoryExhibit> history;
  std::uint64_t left_out = 0;  ///< places that findings name and that are not shown, for a bound was hit

  bool empty() const noexcept {
    return contents.empty() && lines.empty() && novel.empty() && bytes.empty() && entropy.empty() && history.empty();
  }
};

}  // namespace assay
