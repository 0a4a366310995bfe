#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <limits>

#include "archive/decompressor.hpp"

namespace assay::archive {

namespace {

constexpr std::size_t k_most = std::numeric_limits<std::uint32_t>::max();

std::string_view problem_of(int code) {
  switch (code) {
    case ISAL_INCORRECT_CHECKSUM:
      return "does not match its checksum";
    case ISAL_INVALID_WRAPPER:
      return "has a malformed header";
    case ISAL_UNSUPPORTED_METHOD:
      return "uses an unknown compression method";
    default:
      return "is damaged";
  }
}

class GzipDecompressor final : public Decompressor {
 public:
  void start() override {
    isal_inflate_init(&m_state);
    m_state.crc_flag = ISAL_GZIP;
  }

  Step step(ByteView in, std::span<std::uint8_t> out, bool /*last*/) override {
    // ISA-L takes a non-const pointer but does not write through it.
    m_state.next_in = const_cast<std::uint8_t*>(in.data());
    m_state.avail_in = static_cast<std::uint32_t>(std::min(in.size(), k_most));
    m_state.next_out = out.data();
    m_state.avail_out = static_cast<std::uint32_t>(std::min(out.size(), k_most));
    const auto given = m_state.avail_in;
    const auto room = m_state.avail_out;
    const int code = isal_inflate(&m_state);
    // On damaged input ISA-L may say that it took one byte more than there was.
    Step step{std::min(given - m_state.avail_in, given), room - m_state.avail_out};
    if (code < 0 || code == ISAL_NEED_DICT) {
      step.state = State::damaged;
      step.problem = problem_of(code);
    } else if (m_state.block_state == ISAL_BLOCK_FINISH) {
      step.state = State::end;
    }
    return step;
  }

 private:
  inflate_state m_state{};
};

}  // namespace

std::unique_ptr<Decompressor> make_gzip_decompressor() {
  return std::make_unique<GzipDecompressor>();
}

}  // namespace assay::archive
