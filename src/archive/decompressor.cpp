#include "archive/decompressor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace assay::archive {

namespace {

constexpr std::size_t k_input_block = 1U << 17;
constexpr std::size_t k_trailing_head = 64;
/// The longest magic number of sniff_filter(); a shorter rest cannot be told apart from garbage.
constexpr std::size_t k_magic = 13;

bool starts_with(ByteView bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

/// The .lzma format has no magic number: properties, dictionary size and uncompressed size must look as every known
/// encoder writes them (the same test as liblzma's, which file(1) and xz(1) share).
bool looks_like_lzma(ByteView head) {
  if (head.size() < 13 || head[0] != 0x5D) return false;
  const std::uint32_t dictionary = static_cast<std::uint32_t>(head[1]) | static_cast<std::uint32_t>(head[2]) << 8 |
                                   static_cast<std::uint32_t>(head[3]) << 16 |
                                   static_cast<std::uint32_t>(head[4]) << 24;
  // 2^n or 2^n + 2^(n-1)
  const auto lowest = dictionary & (~dictionary + 1);
  const bool round = dictionary != 0 && (dictionary == lowest || dictionary == (lowest | lowest << 1));
  std::uint64_t size = 0;
  for (std::size_t i = 13; i-- > 5;) size = size << 8 | head[i];
  return round && dictionary >= 1U << 12 && (size == ~std::uint64_t{0} || size < 1ULL << 38);
}

/// Skippable frames belong to zstd and lz4 alike; they are handled as zstd's.
bool is_skippable_frame(ByteView head) {
  return head.size() >= 4 && (head[0] & 0xF0) == 0x50 && head[1] == 0x2A && head[2] == 0x4D && head[3] == 0x18;
}

std::size_t count_zeros(ByteView bytes) {
  const auto end = std::find_if(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; });
  return static_cast<std::size_t>(end - bytes.begin());
}

}  // namespace

std::string_view to_string(Filter filter) noexcept {
  switch (filter) {
    case Filter::none:
      return "none";
    case Filter::gzip:
      return "gzip";
    case Filter::bzip2:
      return "bzip2";
    case Filter::xz:
      return "xz";
    case Filter::lzma:
      return "lzma";
    case Filter::lzip:
      return "lzip";
    case Filter::zstd:
      return "zstd";
    case Filter::lz4:
      return "lz4";
  }
  return "none";
}

Filter sniff_filter(ByteView head) noexcept {
  using namespace std::string_view_literals;
  if (starts_with(head, "\x1f\x8b"sv)) return Filter::gzip;
  if (starts_with(head, "BZh"sv) && head.size() > 3 && head[3] >= '1' && head[3] <= '9') return Filter::bzip2;
  if (starts_with(head,
                  "\xfd"
                  "7zXZ\0"sv))
    return Filter::xz;
  if (starts_with(head, "\x28\xb5\x2f\xfd"sv) || is_skippable_frame(head)) return Filter::zstd;
  if (starts_with(head, "\x04\x22\x4d\x18"sv)) return Filter::lz4;
  if (starts_with(head, "LZIP"sv)) return Filter::lzip;
  if (looks_like_lzma(head)) return Filter::lzma;
  return Filter::none;
}

std::unique_ptr<Decompressor> make_decompressor(Filter filter, std::uint64_t memory) {
  switch (filter) {
    case Filter::none:
      return nullptr;
    case Filter::gzip:
      return make_gzip_decompressor();
    case Filter::bzip2:
      return make_bzip2_decompressor();
    case Filter::xz:
      return make_xz_decompressor(memory);
    case Filter::lzma:
      return make_lzma_decompressor(memory);
    case Filter::lzip:
      return make_lzip_decompressor(memory);
    case Filter::zstd:
      return make_zstd_decompressor(memory);
    case Filter::lz4:
      return make_lz4_decompressor();
  }
  return nullptr;
}

DecompressedSource::DecompressedSource(std::unique_ptr<ByteSource> compressed, Filter filter, const Limits& limits,
                                       const Deadline& deadline)
    : m_compressed(std::move(compressed)),
      m_filter(filter),
      m_limits(limits),
      m_deadline(deadline),
      m_decompressor(make_decompressor(filter, decoder_memory(limits))),
      m_buffer(k_input_block) {
  m_decompressor->start();
}

Error DecompressedSource::error(ErrorCode code, std::string_view problem, std::string remedy) const {
  return Error{code,
               fmt::format("the {} stream {} after {} decompressed bytes", to_string(m_filter), problem, m_produced),
               {},
               std::move(remedy)};
}

Result<std::size_t> DecompressedSource::read(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (m_phase != Phase::done && done < out.size()) {
    auto produced = advance(out.subspan(done));
    if (produced) {
      done += *produced;
    } else {
      m_outcome = produced.error();
      m_phase = Phase::done;
    }
  }
  // What was decoded before a failure is good: it is handed over first, and the failure with the next call.
  if (done == 0 && !m_outcome) return m_outcome.error();
  return done;
}

Result<std::size_t> DecompressedSource::advance(std::span<std::uint8_t> out) {
  ASSAY_TRY_VOID(m_deadline.check());
  ASSAY_TRY_VOID(fill());
  switch (m_phase) {
    case Phase::decoding:
      return decode(out);
    case Phase::between:
      begin_next_stream();
      break;
    case Phase::trailing:
      record_trailing();
      break;
    case Phase::done:
      break;
  }
  return std::size_t{0};
}

/// Have at least one magic number's worth of input at hand, if there is that much.
Result<void> DecompressedSource::fill() {
  if (m_input_ended || m_end - m_begin >= k_magic) return {};
  std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
  m_end -= m_begin;
  m_begin = 0;
  while (m_end < k_magic && !m_input_ended) {
    ASSAY_TRY(const auto got, m_compressed->read(std::span{m_buffer}.subspan(m_end)));
    m_end += got;
    m_input_ended = got == 0;
  }
  return {};
}

void DecompressedSource::consume(std::size_t count) {
  m_begin += count;
  m_consumed += count;
}

Result<std::size_t> DecompressedSource::decode(std::span<std::uint8_t> out) {
  const auto step = m_decompressor->step(input(), out, m_input_ended);
  consume(step.consumed);
  m_produced += step.produced;
  if (step.state == Decompressor::State::end) m_phase = Phase::between;
  auto outcome = judge(step);
  if (outcome) return step.produced;
  if (step.produced == 0) return outcome.error();
  m_outcome = outcome.error();
  m_phase = Phase::done;
  return step.produced;
}

Result<void> DecompressedSource::judge(const Decompressor::Step& step) const {
  switch (step.state) {
    case Decompressor::State::end:
      break;
    case Decompressor::State::damaged:
      return error(ErrorCode::format, step.problem);
    case Decompressor::State::too_large: {
      auto refused = limit_error("memory", m_limits.memory, step.problem);
      return error(ErrorCode::limit, refused.message, refused.remedy);
    }
    case Decompressor::State::running:
      if (step.consumed > 0 || step.produced > 0) break;
      return error(ErrorCode::format, m_input_ended ? "ends early" : "cannot be decoded further");
  }
  if (exceeds_ratio(m_produced, m_consumed, m_limits)) return ratio_error(m_limits);
  return {};
}

/// After a stream: another one, zero padding to the end, or something that does not belong there.
void DecompressedSource::begin_next_stream() {
  const auto rest = input();
  if (rest.empty()) {
    m_phase = Phase::done;
  } else if (sniff_filter(rest) == m_filter && m_filter != Filter::lzma) {
    // The padding of xz has whole words, and everybody reads on behind it.
    m_resumed = m_resumed || (m_zeros > 0 && !(m_filter == Filter::xz && m_zeros % 4 == 0));
    m_zeros = 0;
    ++m_streams;
    m_decompressor->start();
    m_phase = Phase::decoding;
  } else if (const auto zeros = count_zeros(rest); zeros > 0) {
    m_zeros += zeros;
    consume(zeros);
  } else {
    m_phase = Phase::trailing;
  }
}

void DecompressedSource::record_trailing() {
  const auto rest = input();
  if (rest.empty()) {
    m_phase = Phase::done;
    return;
  }
  if (m_trailing.count == 0) {
    m_trailing.offset = m_consumed;
    const auto head = rest.first(std::min(rest.size(), k_trailing_head));
    m_trailing.head.assign(head.begin(), head.end());
  }
  m_trailing.count += rest.size();
  consume(rest.size());
}

}  // namespace assay::archive
