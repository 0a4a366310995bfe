#include "vcs/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace assay::vcs {

namespace {

constexpr std::uint64_t k_best_ratio = 1032;  ///< no deflate stream unfolds to more per byte
constexpr std::size_t k_piece = 1U << 30;     ///< zlib counts in 32 bits

class Inflater {
 public:
  explicit Inflater(ByteView compressed) : m_rest(compressed) {
    if (::inflateInit(&m_stream) != Z_OK) throw std::bad_alloc{};
  }
  ~Inflater() { ::inflateEnd(&m_stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Fill `out`; how many bytes were written. ended() tells whether that was all.
  std::size_t fill(std::span<std::uint8_t> out) {
    std::size_t done = 0;
    while (done < out.size() && m_status == Z_OK) {
      const auto piece_in = std::min(m_rest.size(), k_piece);
      const auto piece_out = std::min(out.size() - done, k_piece);
      m_stream.next_in = const_cast<Bytef*>(m_rest.data());
      m_stream.avail_in = static_cast<uInt>(piece_in);
      m_stream.next_out = out.data() + done;
      m_stream.avail_out = static_cast<uInt>(piece_out);
      // With the whole stream and room for all of it zlib needs no window.
      const bool whole = piece_in == m_rest.size() && piece_out == out.size() - done;
      m_status = ::inflate(&m_stream, whole ? Z_FINISH : Z_NO_FLUSH);
      m_rest = m_rest.subspan(piece_in - m_stream.avail_in);
      done += piece_out - m_stream.avail_out;
    }
    return done;
  }
  bool ended() const noexcept { return m_status == Z_STREAM_END; }
  bool broken() const noexcept { return m_status != Z_OK && m_status != Z_STREAM_END && m_status != Z_BUF_ERROR; }

 private:
  ByteView m_rest;
  z_stream m_stream{};
  int m_status = Z_OK;
};

}  // namespace

bool can_inflate_to(std::uint64_t size, std::size_t compressed) noexcept {
  return size / k_best_ratio <= compressed;
}

std::optional<Bytes> inflate_exactly(ByteView compressed, std::uint64_t size) {
  if (!can_inflate_to(size, compressed.size())) return std::nullopt;
  // One byte more than there should be: the end of the stream is only seen where there is room, and what is too long shows.
  Bytes content(static_cast<std::size_t>(size) + 1);
  Inflater inflater{compressed};
  if (inflater.fill(content) != size || !inflater.ended()) return std::nullopt;
  content.pop_back();
  return content;
}

std::size_t inflate_start(ByteView compressed, std::span<std::uint8_t> start) {
  Inflater inflater{compressed.first(std::min<std::size_t>(compressed.size(), 4096))};
  const auto size = inflater.fill(start);
  return inflater.broken() ? 0 : size;
}

}  // namespace assay::vcs
