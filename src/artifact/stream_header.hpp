// What the header of a compressed stream says about how it was made: gzip (RFC 1952), xz (the .xz file format 1.1), zstd
// (RFC 8878), bzip2, lz4 frames. Parameters only.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "archive/decompressor.hpp"
#include "base/bytes.hpp"
#include "base/limits.hpp"

namespace assay::artifact {

/// One parameter by name and value, as text.
struct StreamFact {
  std::string name;  ///< "mtime", "name", "level"
  std::string value;
};

struct StreamFacts {
  std::vector<StreamFact> facts;
  std::uint64_t streams = 0;  ///< that follow one another, where that can be told without decoding
};

/// The facts of the first stream in `compressed`, and how many blocks or frames there are.
StreamFacts stream_facts(archive::Filter filter, ByteView compressed);

/// Of a gzip file of several members, each with a header of its own: how many, and what the later headers hold beyond what
/// gzip(1) writes. Decodes the file once more.
void add_gzip_members(ByteView compressed, const Limits& limits, StreamFacts& facts);

/// The two streams may be what two encoders made of one content. They differ in more than a few bytes then; a stream in which
/// a bit or two was changed without changing what it decodes to is nobody's.
bool is_other_encoding(ByteView a, ByteView b);

}  // namespace assay::artifact
