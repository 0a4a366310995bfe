#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <bit>
#include <new>

#include "archive/decompressor.hpp"

namespace assay::archive {

namespace {

struct ContextDeleter {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdDecompressor final : public Decompressor {
 public:
  explicit ZstdDecompressor(std::uint64_t memory) : m_context(ZSTD_createDCtx()) {
    if (m_context == nullptr) throw std::bad_alloc{};
    // The window is the one thing whose size the stream chooses: the largest power of two that fits.
    const auto bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
    const int fits = static_cast<int>(std::bit_width(memory)) - 1;
    ZSTD_DCtx_setParameter(m_context.get(), ZSTD_d_windowLogMax,
                           std::clamp(fits, bounds.lowerBound, bounds.upperBound));
  }

  void start() override { ZSTD_DCtx_reset(m_context.get(), ZSTD_reset_session_only); }

  Step step(ByteView in, std::span<std::uint8_t> out, bool /*last*/) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const auto code = ZSTD_decompressStream(m_context.get(), &output, &input);
    Step step{input.pos, output.pos};
    if (ZSTD_isError(code) != 0) {
      describe(ZSTD_getErrorCode(code), step);
    } else if (code == 0) {
      step.state = State::end;
    }
    return step;
  }

 private:
  static void describe(ZSTD_ErrorCode code, Step& step) {
    if (code == ZSTD_error_memory_allocation) throw std::bad_alloc{};
    step.state = code == ZSTD_error_frameParameter_windowTooLarge ? State::too_large : State::damaged;
    switch (code) {
      case ZSTD_error_frameParameter_windowTooLarge:
        step.problem = "needs a window larger than the memory allowed";
        break;
      case ZSTD_error_checksum_wrong:
        step.problem = "does not match its checksum";
        break;
      case ZSTD_error_dictionary_wrong:
        step.problem = "needs a dictionary that is not part of it";
        break;
      default:
        step.problem = "is damaged";
        break;
    }
  }

  std::unique_ptr<ZSTD_DCtx, ContextDeleter> m_context;
};

}  // namespace

std::unique_ptr<Decompressor> make_zstd_decompressor(std::uint64_t memory) {
  return std::make_unique<ZstdDecompressor>(memory);
}

}  // namespace assay::archive
