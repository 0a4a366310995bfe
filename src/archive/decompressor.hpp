// The filters: gzip (RFC 1952), bzip2, xz and lzma (the .xz and .lzma file formats), zstd (RFC 8878), lz4 (frame
// format). All in-process; nothing here starts a program. Each filter is one source file, one line in the table of
// decompressor.cpp.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "archive/budget.hpp"
#include "archive/source.hpp"
#include "base/limits.hpp"

namespace assay::archive {

enum class Filter : std::uint8_t { none, gzip, bzip2, xz, lzma, lzip, zstd, lz4 };

std::string_view to_string(Filter filter) noexcept;

/// The filter whose magic number `head` starts with; `none` if there is none.
Filter sniff_filter(ByteView head) noexcept;

/// Decodes one compressed stream ("member", "frame") at a time; a file may hold several one after another.
class Decompressor {
 public:
  enum class State : std::uint8_t {
    running,    ///< give it more input or more room
    end,        ///< the stream ended well, its checksum included
    damaged,    ///< what follows cannot be decoded, or a checksum does not fit
    too_large,  ///< decoding needs more memory than allowed
  };
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    State state = State::running;
    std::string_view problem{};  ///< for damaged and too_large, static text
  };
  virtual ~Decompressor() = default;
  /// Be ready for a new stream.
  virtual void start() = 0;
  /// Decode some of `in` into `out` (not empty). `last`: nothing comes after `in`.
  virtual Step step(ByteView in, std::span<std::uint8_t> out, bool last) = 0;
  /// Bytes of all headers so far that say nothing of how to decode: room for remarks, of which packers make little use.
  virtual std::uint64_t remarks() const noexcept { return 0; }
};

/// `memory`: what the decoder may allocate, in bytes.
std::unique_ptr<Decompressor> make_decompressor(Filter filter, std::uint64_t memory);

std::unique_ptr<Decompressor> make_gzip_decompressor();
std::unique_ptr<Decompressor> make_bzip2_decompressor();
std::unique_ptr<Decompressor> make_xz_decompressor(std::uint64_t memory);
std::unique_ptr<Decompressor> make_lzma_decompressor(std::uint64_t memory);
std::unique_ptr<Decompressor> make_lzip_decompressor(std::uint64_t memory);
std::unique_ptr<Decompressor> make_zstd_decompressor(std::uint64_t memory);
std::unique_ptr<Decompressor> make_lz4_decompressor();

/// What stood after the last compressed stream and was not padding.
struct TrailingBytes {
  std::uint64_t offset = 0;  ///< in the compressed bytes
  std::uint64_t count = 0;   ///< 0: nothing
  Bytes head;                ///< the first few of them
};

/// The decompressed bytes of a source. Streams of the filter that follow one another are joined, as gzip(1) and xz(1)
/// do; zero padding at the end is skipped; anything else at the end is recorded.
class DecompressedSource final : public ByteSource {
 public:
  DecompressedSource(std::unique_ptr<ByteSource> compressed, Filter filter, const Limits& limits,
                     const Deadline& deadline);
  Result<std::size_t> read(std::span<std::uint8_t> out) override;
  /// Valid once read() has returned 0.
  const TrailingBytes& trailing() const noexcept { return m_trailing; }
  std::uint64_t remarks() const noexcept { return m_decompressor->remarks(); }
  /// Did a further stream follow zeros? Some decoders end at these.
  bool resumed() const noexcept { return m_resumed; }
  /// How many streams there were, one behind the other.
  std::uint64_t streams() const noexcept { return m_streams; }

 private:
  enum class Phase : std::uint8_t { decoding, between, trailing, done };
  Result<std::size_t> advance(std::span<std::uint8_t> out);
  Result<void> fill();
  void consume(std::size_t count);
  Result<std::size_t> decode(std::span<std::uint8_t> out);
  Result<void> judge(const Decompressor::Step& step) const;
  void begin_next_stream();
  void record_trailing();
  Error error(ErrorCode code, std::string_view problem, std::string remedy = {}) const;
  ByteView input() const noexcept { return ByteView{m_buffer}.subspan(m_begin, m_end - m_begin); }

  std::unique_ptr<ByteSource> m_compressed;
  const Filter m_filter;
  const Limits m_limits;
  const Deadline m_deadline;
  std::unique_ptr<Decompressor> m_decompressor;
  Bytes m_buffer;
  std::size_t m_begin = 0;
  std::size_t m_end = 0;
  bool m_input_ended = false;
  Phase m_phase = Phase::decoding;
  std::uint64_t m_consumed = 0;
  std::uint64_t m_zeros = 0;  ///< between the last stream and what comes
  bool m_resumed = false;
  std::uint64_t m_streams = 1;
  std::uint64_t m_produced = 0;
  Result<void> m_outcome;
  TrailingBytes m_trailing;
};

}  // namespace assay::archive
