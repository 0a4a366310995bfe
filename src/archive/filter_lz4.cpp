#include <lz4frame.h>

#include <new>

#include "archive/decompressor.hpp"

namespace assay::archive {

namespace {

struct ContextDeleter {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};

// A frame's window and block are at most 4 MiB, so it needs no memory limit.
class Lz4Decompressor final : public Decompressor {
 public:
  Lz4Decompressor() {
    LZ4F_dctx* context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0) throw std::bad_alloc{};
    m_context.reset(context);
  }

  void start() override { LZ4F_resetDecompressionContext(m_context.get()); }

  Step step(ByteView in, std::span<std::uint8_t> out, bool /*last*/) override {
    Step step{in.size(), out.size()};
    const auto code = LZ4F_decompress(m_context.get(), out.data(), &step.produced, in.data(), &step.consumed, nullptr);
    if (LZ4F_isError(code) != 0) {
      step.state = State::damaged;
      step.problem = "is damaged";
    } else if (code == 0) {
      step.state = State::end;
    }
    return step;
  }

 private:
  std::unique_ptr<LZ4F_dctx, ContextDeleter> m_context;
};

}  // namespace

std::unique_ptr<Decompressor> make_lz4_decompressor() {
  return std::make_unique<Lz4Decompressor>();
}

}  // namespace assay::archive
