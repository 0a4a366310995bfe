#include <bzlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "archive/decompressor.hpp"

namespace assay::archive {

namespace {

constexpr std::size_t k_most = std::numeric_limits<unsigned>::max();

class Bzip2Decompressor final : public Decompressor {
 public:
  ~Bzip2Decompressor() override { stop(); }

  void start() override {
    stop();
    m_stream = {};
    if (BZ2_bzDecompressInit(&m_stream, 0, 0) != BZ_OK) throw std::bad_alloc{};
    m_open = true;
  }

  Step step(ByteView in, std::span<std::uint8_t> out, bool /*last*/) override {
    m_stream.next_in = const_cast<char*>(reinterpret_cast<const char*>(in.data()));
    m_stream.avail_in = static_cast<unsigned>(std::min(in.size(), k_most));
    m_stream.next_out = reinterpret_cast<char*>(out.data());
    m_stream.avail_out = static_cast<unsigned>(std::min(out.size(), k_most));
    const auto given = m_stream.avail_in;
    const auto room = m_stream.avail_out;
    const int code = BZ2_bzDecompress(&m_stream);
    Step step{given - m_stream.avail_in, room - m_stream.avail_out};
    if (code == BZ_MEM_ERROR) throw std::bad_alloc{};
    if (code == BZ_STREAM_END) {
      step.state = State::end;
    } else if (code != BZ_OK) {
      step.state = State::damaged;
      step.problem = "is damaged";
    }
    return step;
  }

 private:
  void stop() {
    if (m_open) BZ2_bzDecompressEnd(&m_stream);
    m_open = false;
  }

  bz_stream m_stream{};
  bool m_open = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_bzip2_decompressor() {
  return std::make_unique<Bzip2Decompressor>();
}

}  // namespace assay::archive
