#include <lzma.h>

#include <algorithm>
#include <new>
#include <thread>

#include "archive/decompressor.hpp"

namespace assay::archive {

namespace {

std::string_view problem_of(lzma_ret code) {
  switch (code) {
    case LZMA_MEMLIMIT_ERROR:
      return "needs a dictionary larger than the memory allowed";
    case LZMA_FORMAT_ERROR:
      return "has a malformed header";
    case LZMA_OPTIONS_ERROR:
      return "uses an unknown filter";
    case LZMA_BUF_ERROR:
      return "ends early";
    default:
      return "is damaged";
  }
}

/// The formats of liblzma; they differ in how a stream is started.
class LzmaDecompressor : public Decompressor {
 public:
  explicit LzmaDecompressor(std::uint64_t memory) : m_memory(memory) {}
  ~LzmaDecompressor() override { lzma_end(&m_stream); }
  LzmaDecompressor(const LzmaDecompressor&) = delete;
  LzmaDecompressor& operator=(const LzmaDecompressor&) = delete;

  void start() override {
    // Starting over an open stream reuses its memory; the dictionary is what costs.
    if (open(m_stream, m_memory) != LZMA_OK) throw std::bad_alloc{};
  }

  Step step(ByteView in, std::span<std::uint8_t> out, bool last) override {
    m_stream.next_in = in.data();
    m_stream.avail_in = in.size();
    m_stream.next_out = out.data();
    m_stream.avail_out = out.size();
    const auto code = lzma_code(&m_stream, last ? LZMA_FINISH : LZMA_RUN);
    Step step{in.size() - m_stream.avail_in, out.size() - m_stream.avail_out};
    if (code == LZMA_MEM_ERROR) throw std::bad_alloc{};
    if (code == LZMA_STREAM_END) {
      step.state = State::end;
    } else if (code != LZMA_OK && code != LZMA_GET_CHECK && code != LZMA_NO_CHECK) {
      step.state = code == LZMA_MEMLIMIT_ERROR ? State::too_large : State::damaged;
      step.problem = problem_of(code);
    }
    return step;
  }

 protected:
  virtual lzma_ret open(lzma_stream& stream, std::uint64_t memory) const = 0;

 private:
  const std::uint64_t m_memory;
  lzma_stream m_stream = LZMA_STREAM_INIT;
};

class XzDecompressor final : public LzmaDecompressor {
 public:
  using LzmaDecompressor::LzmaDecompressor;

 private:
  lzma_ret open(lzma_stream& stream, std::uint64_t memory) const override {
    // Files made by threaded encoders have blocks that can be decoded side by side, each thread holding a whole block;
    // where the memory does not suffice for that, liblzma goes down to one thread by itself. Measured on Debian's
    // linux-source-6.1, two cores: two threads (80 MiB) 5.2 s, one 6.4 s, `xz -dc` 5.8 s; so they may take it all.
    lzma_mt options{};
    options.threads = std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
    options.memlimit_threading = memory;
    options.memlimit_stop = memory;
    return lzma_stream_decoder_mt(&stream, &options);
  }
};

class LzmaAloneDecompressor final : public LzmaDecompressor {
 public:
  using LzmaDecompressor::LzmaDecompressor;

 private:
  lzma_ret open(lzma_stream& stream, std::uint64_t memory) const override {
    return lzma_alone_decoder(&stream, memory);
  }
};

class LzipDecompressor final : public LzmaDecompressor {
 public:
  using LzmaDecompressor::LzmaDecompressor;

 private:
  lzma_ret open(lzma_stream& stream, std::uint64_t memory) const override {
    return lzma_lzip_decoder(&stream, memory, 0);
  }
};

}  // namespace

std::unique_ptr<Decompressor> make_xz_decompressor(std::uint64_t memory) {
  return std::make_unique<XzDecompressor>(memory);
}

std::unique_ptr<Decompressor> make_lzip_decompressor(std::uint64_t memory) {
  return std::make_unique<LzipDecompressor>(memory);
}

std::unique_ptr<Decompressor> make_lzma_decompressor(std::uint64_t memory) {
  return std::make_unique<LzmaAloneDecompressor>(memory);
}

}  // namespace assay::archive
