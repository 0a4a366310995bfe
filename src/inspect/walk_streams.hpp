// Compressed streams in memory, taken apart: where each begins and ends, where one fails, what stands behind the last.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "archive/decompressor.hpp"
#include "base/bytes.hpp"
#include "base/limits.hpp"

namespace assay::inspect {

/// One stream ("member", "frame") of a compressed file: offsets of its first byte and of the byte after its last.
struct CompressedStream {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t out_begin = 0;  ///< in the decoded bytes of all streams joined
  std::uint64_t out_end = 0;
};

struct DecodedStreams {
  archive::Filter filter = archive::Filter::none;
  Bytes content;                          ///< what all streams decode to, joined; as far as decoding went
  std::vector<CompressedStream> streams;  ///< those that were begun
  bool whole = false;                     ///< every stream ended well, its checksum included
  std::string problem;                    ///< why not; empty if whole
  bool too_large = false;                 ///< it wants more memory than is allowed; this is no damage
  bool limited = false;                   ///< it ended at a bound, not at damage
  std::uint64_t failed_at = 0;            ///< compressed offset where decoding stopped; meaningful unless whole
  std::uint64_t trailing_begin = 0;       ///< offset of bytes behind the last stream that are no padding
  std::uint64_t trailing = 0;             ///< their number; 0 if there are none
};

/// Decode `compressed`, which begins with a stream of `filter`, until `max_content` bytes came out. Streams of the same
/// filter that follow one another are joined, zeros between and behind them skipped. A filter that fails at its first
/// stream yields `streams` of size 1 and what came out until then. Never an error: what is wrong is in the value. The
/// first `skip` decoded bytes are left out (and not in `out_begin`, `out_end` either).
DecodedStreams decode_streams(archive::Filter filter, ByteView compressed, std::uint64_t max_content,
                              std::uint64_t memory, std::uint64_t skip = 0);

}  // namespace assay::inspect
