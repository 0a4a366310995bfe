#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "archive/decompressor.hpp"

namespace assay::archive {

namespace {

constexpr std::size_t k_most = std::numeric_limits<std::uint32_t>::max();

/// Reads a member's header (RFC 1952, section 2.3), in pieces of any size. ISA-L can do it too, but loses count where a
/// header with a checksum of its own comes in more than one piece.
class GzipHeader {
 public:
  enum class Outcome : std::uint8_t { unfinished, finished, damaged };

  void start() {
    const auto remarks = m_remarks;
    *this = {};
    m_remarks = remarks;
  }

  /// Bytes of extra fields, comments and names longer than a file's. bgzip's extra field tells how long the member is.
  std::uint64_t remarks() const noexcept { return m_remarks; }

  /// Take bytes of the header from the front of `in`.
  Outcome take(ByteView& in) {
    while (m_part != Part::done) {
      if (in.empty()) return Outcome::unfinished;
      const auto byte = in.front();
      in = in.subspan(1);
      if (m_part != Part::checksum) m_crc = crc32_gzip_refl(m_crc, &byte, 1);
      if (!take_byte(byte)) return Outcome::damaged;
    }
    return Outcome::finished;
  }

 private:
  enum class Part : std::uint8_t { fixed, extra_length, extra, name, comment, checksum, done };
  static constexpr std::uint8_t k_has_checksum = 0x02;
  static constexpr std::uint8_t k_has_extra = 0x04;
  static constexpr std::uint8_t k_has_name = 0x08;
  static constexpr std::uint8_t k_has_comment = 0x10;
  static constexpr std::uint8_t k_reserved = 0xE0;
  static constexpr std::uint32_t k_extra_of_bgzip = 6;
  static constexpr std::uint32_t k_longest_name = 255;

  bool take_byte(std::uint8_t byte) {
    const auto index = m_index++;
    switch (m_part) {
      case Part::fixed:
        if (!take_fixed(index, byte)) return false;
        if (index == 9) begin(Part::extra_length);
        break;
      case Part::extra_length:
        m_length |= static_cast<std::uint32_t>(byte) << (8 * index);
        if (index == 1) begin(m_length > 0 ? Part::extra : Part::name);
        break;
      case Part::extra:
        if (m_length > k_extra_of_bgzip) ++m_remarks;
        if (index + 1 == m_length) begin(Part::name);
        break;
      case Part::name:
        if (index >= k_longest_name) ++m_remarks;
        if (byte == 0) begin(Part::comment);
        break;
      case Part::comment:
        ++m_remarks;
        if (byte == 0) begin(Part::checksum);
        break;
      case Part::checksum:
        m_stored |= static_cast<std::uint32_t>(byte) << (8 * index);
        if (index == 1 && m_stored != (m_crc & 0xFFFF)) return false;
        if (index == 1) begin(Part::done);
        break;
      case Part::done:
        break;
    }
    return true;
  }

  bool take_fixed(std::uint32_t index, std::uint8_t byte) {
    constexpr std::array<std::uint8_t, 3> k_magic_and_deflate{0x1F, 0x8B, 8};
    if (index == 3) m_flags = byte;
    // Of the reserved bits one once meant encryption; the specification has a reader refuse them all.
    return index < 3 ? byte == k_magic_and_deflate[index] : index != 3 || (byte & k_reserved) == 0;
  }

  /// Go on with `part`, or with the first one after it that this header has.
  void begin(Part part) {
    m_index = 0;
    if (part == Part::extra_length && (m_flags & k_has_extra) == 0) part = Part::name;
    if (part == Part::name && (m_flags & k_has_name) == 0) part = Part::comment;
    if (part == Part::comment && (m_flags & k_has_comment) == 0) part = Part::checksum;
    if (part == Part::checksum && (m_flags & k_has_checksum) == 0) part = Part::done;
    m_part = part;
  }

  Part m_part = Part::fixed;
  std::uint8_t m_flags = 0;
  std::uint32_t m_index = 0;
  std::uint32_t m_length = 0;
  std::uint32_t m_stored = 0;
  std::uint32_t m_crc = 0;
  std::uint64_t m_remarks = 0;  ///< of all headers
};

class GzipDecompressor final : public Decompressor {
 public:
  void start() override {
    m_header.start();
    isal_inflate_init(&m_state);
    m_state.crc_flag = ISAL_GZIP_NO_HDR_VER;
  }

  Step step(ByteView in, std::span<std::uint8_t> out, bool /*last*/) override {
    const auto given = in.size();
    switch (m_header.take(in)) {
      case GzipHeader::Outcome::unfinished:
        return {given, 0};
      case GzipHeader::Outcome::damaged:
        return {given - in.size(), 0, State::damaged, "has a malformed header"};
      case GzipHeader::Outcome::finished:
        break;
    }
    auto step = inflate(in, out);
    step.consumed += given - in.size();
    return step;
  }

  std::uint64_t remarks() const noexcept override { return m_header.remarks(); }

 private:
  Step inflate(ByteView in, std::span<std::uint8_t> out) {
    // ISA-L takes a non-const pointer but does not write through it.
    m_state.next_in = const_cast<std::uint8_t*>(in.data());
    m_state.avail_in = static_cast<std::uint32_t>(std::min(in.size(), k_most));
    m_state.next_out = out.data();
    m_state.avail_out = static_cast<std::uint32_t>(std::min(out.size(), k_most));
    const auto given = m_state.avail_in;
    const auto room = m_state.avail_out;
    const int code = isal_inflate(&m_state);
    Step step{given - m_state.avail_in, room - m_state.avail_out};
    if (code < 0 || code == ISAL_NEED_DICT) {
      step.state = State::damaged;
      step.problem = code == ISAL_INCORRECT_CHECKSUM ? "does not match its checksum" : "is damaged";
    } else if (m_state.block_state == ISAL_BLOCK_FINISH) {
      step.state = State::end;
    }
    return step;
  }

  GzipHeader m_header;
  inflate_state m_state{};
};

}  // namespace

std::unique_ptr<Decompressor> make_gzip_decompressor() {
  return std::make_unique<GzipDecompressor>();
}

}  // namespace assay::archive
