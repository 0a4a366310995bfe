#include "inspect/walk_streams.hpp"

#include <algorithm>
#include <memory>

namespace assay::inspect {

namespace {

constexpr std::size_t k_step = 64U << 10;

class StreamDecoder {
 public:
  StreamDecoder(archive::Filter filter, ByteView compressed, std::uint64_t max_content, std::uint64_t memory,
                std::uint64_t skip)
      : m_input(compressed), m_max(max_content), m_skip(skip), m_decoder(archive::make_decompressor(filter, memory)) {
    m_result.filter = filter;
  }

  DecodedStreams run() {
    do decode_one();
    while (m_result.problem.empty() && begin_next());
    m_result.whole = m_result.problem.empty();
    return std::move(m_result);
  }

 private:
  using State = archive::Decompressor::State;

  void decode_one() {
    m_decoder->start();
    m_result.streams.push_back({m_at, m_at, m_result.content.size(), m_result.content.size()});
    while (m_result.problem.empty()) {
      const auto step = advance();
      if (step.state == State::end) break;
      m_result.too_large = step.state == State::too_large;
      if (step.state != State::running) fail(step.problem);
      else if (step.consumed == 0 && step.produced == 0)
        fail(m_at == m_input.size() ? "ends early" : "cannot be decoded further");
      else if (m_result.content.size() >= m_max) stop_at_bound();
    }
    m_result.streams.back().end = m_at;
    m_result.streams.back().out_end = m_result.content.size();
  }

  archive::Decompressor::Step advance() {
    auto& content = m_result.content;
    const auto before = content.size();
    // Grow with what comes out: most fixtures decode to little, and a bomb is stopped before it has taken anything.
    const auto room = std::clamp<std::size_t>(before, k_step, 16U << 20);
    content.resize(before + std::min<std::size_t>(room, static_cast<std::size_t>(m_max - before) + 1));
    const auto step = m_decoder->step(m_input.subspan(m_at), std::span{content}.subspan(before), true);
    content.resize(before + step.produced);
    if (const auto skipped = std::min<std::uint64_t>(m_skip, content.size()); skipped > 0) {
      content.erase(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(skipped));
      m_skip -= skipped;
    }
    // A decoder that fails may have counted past the end of its input (ISA-L does); nothing after that may.
    m_at += std::min(step.consumed, m_input.size() - m_at);
    return step;
  }

  bool begin_next() {
    while (m_at < m_input.size() && m_input[m_at] == 0) ++m_at;
    if (m_at == m_input.size()) return false;
    if (archive::sniff_filter(m_input.subspan(m_at)) == m_result.filter && m_result.filter != archive::Filter::lzma)
      return true;
    m_result.trailing_begin = m_at;
    m_result.trailing = m_input.size() - m_at;
    return false;
  }

  void fail(std::string_view problem) {
    m_result.problem = problem;
    m_result.failed_at = m_at;
  }

  void stop_at_bound() {
    fail("decodes to more bytes than are looked at");
    m_result.limited = true;
  }

  const ByteView m_input;
  const std::uint64_t m_max;
  std::uint64_t m_skip;  ///< bytes that are still to be left out
  std::unique_ptr<archive::Decompressor> m_decoder;
  std::size_t m_at = 0;
  DecodedStreams m_result;
};

}  // namespace

DecodedStreams decode_streams(archive::Filter filter, ByteView compressed, std::uint64_t max_content,
                              std::uint64_t memory, std::uint64_t skip) {
  return StreamDecoder{filter, compressed, max_content, memory, skip}.run();
}

}  // namespace assay::inspect
