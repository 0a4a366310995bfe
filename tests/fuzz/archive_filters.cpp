// Any bytes through every filter: no crash, no more output than allowed, and the same bytes however small the pieces
// are in which it is read and given. The first byte chooses the filter, the second the sizes.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "archive/decompressor.hpp"

namespace {

using namespace assay;
using namespace assay::archive;

constexpr std::size_t k_most_output = 2U << 20;

/// Gives a view in pieces of a fixed size.
class PieceSource final : public ByteSource {
 public:
  PieceSource(ByteView bytes, std::size_t piece) : m_bytes(bytes), m_piece(piece) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    const auto count = std::min({m_bytes.size(), out.size(), m_piece});
    if (count > 0) std::memcpy(out.data(), m_bytes.data(), count);
    m_bytes = m_bytes.subspan(count);
    return count;
  }

 private:
  ByteView m_bytes;
  std::size_t m_piece;
};

struct Decoded {
  Bytes bytes;
  bool whole = false;
  std::uint64_t trailing = 0;
};

Decoded decode(ByteView bytes, Filter filter, std::size_t in_piece, std::size_t out_piece) {
  Limits limits;
  limits.memory = 16U << 20;
  limits.ratio_floor = ~0ULL;
  DecompressedSource source{std::make_unique<PieceSource>(bytes, in_piece), filter, limits, Deadline{limits.time}};
  Decoded decoded;
  Bytes block(out_piece);
  while (decoded.bytes.size() < k_most_output) {
    const auto got = source.read(block);
    if (!got) return decoded;
    if (*got > block.size()) std::abort();
    if (*got == 0) {
      decoded.whole = true;
      decoded.trailing = source.trailing().count;
      return decoded;
    }
    decoded.bytes.insert(decoded.bytes.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(*got));
  }
  decoded.bytes.resize(k_most_output);
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::array k_filters{Filter::gzip, Filter::bzip2, Filter::xz, Filter::lzma,
                                 Filter::lzip, Filter::zstd,  Filter::lz4};
  const auto filter = k_filters[data[0] % k_filters.size()];
  const ByteView bytes{data + 2, size - 2};
  const auto all_at_once = decode(bytes, filter, size, 1U << 18);
  const auto in_pieces = decode(bytes, filter, 1 + data[1] % 16, 1 + data[1] * 7U);
  // A damaged stream may be given up a little earlier or later; a whole one is what it is.
  if (all_at_once.whole != in_pieces.whole) std::abort();
  if (all_at_once.whole && (all_at_once.bytes != in_pieces.bytes || all_at_once.trailing != in_pieces.trailing))
    std::abort();
  return 0;
}
