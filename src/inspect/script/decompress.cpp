#include <algorithm>

#include "archive/decompressor.hpp"
#include "archive/lzma_raw.hpp"
#include "inspect/script/filters.hpp"

namespace assay::inspect {

namespace {

constexpr std::uint64_t k_decoder_memory = 80ULL << 20;
constexpr std::size_t k_block = 64 * 1024;

archive::Filter filter_of(Decoder decoder) {
  switch (decoder) {
    case Decoder::gzip:
      return archive::Filter::gzip;
    case Decoder::bzip2:
      return archive::Filter::bzip2;
    case Decoder::xz:
      return archive::Filter::xz;
    case Decoder::lzma:
      return archive::Filter::lzma;
    case Decoder::lzip:
      return archive::Filter::lzip;
    case Decoder::zstd:
      return archive::Filter::zstd;
    case Decoder::lz4:
      return archive::Filter::lz4;
    default:
      return archive::Filter::none;
  }
}

/// All streams that follow one another, up to the first that is damaged.
Decoded decode_streams(archive::Filter filter, ByteView input, std::uint64_t max_output) {
  Decoded decoded;
  const auto decompressor = archive::make_decompressor(filter, k_decoder_memory);
  decompressor->start();
  Bytes block(k_block);
  unsigned idle = 0;
  while (decoded.bytes.size() < max_output) {
    const auto step = decompressor->step(input, block, true);
    input = input.subspan(std::min(step.consumed, input.size()));
    decoded.bytes.insert(decoded.bytes.end(), block.begin(),
                         block.begin() + static_cast<std::ptrdiff_t>(step.produced));
    idle = step.consumed == 0 && step.produced == 0 ? idle + 1 : 0;
    using State = archive::Decompressor::State;
    if (step.state == State::damaged || step.state == State::too_large || (step.state == State::running && idle > 2))
      return decoded;
    if (step.state != State::end) continue;
    decoded.complete = true;
    // xz(1) and lzma pad with zeros; whatever else follows must be a stream of its own, or is trailing garbage.
    while (!input.empty() && input.front() == 0) input = input.subspan(1);
    if (input.empty() || archive::sniff_filter(input) != filter) break;
    decompressor->start();
  }
  if (decoded.bytes.size() > max_output) decoded.bytes.resize(max_output);
  return decoded;
}

}  // namespace

Decompress archive_decompress() {
  return [](Decoder decoder, std::string_view options, ByteView input, std::uint64_t max_output) -> Decoded {
    if (decoder == Decoder::lzma_raw) {
      auto raw = archive::decode_lzma_raw(input, archive::parse_lzma_options(options), max_output);
      return {std::move(raw.bytes), raw.complete};
    }
    // `xz -d` takes the .lzma format too.
    auto filter = filter_of(decoder);
    if (filter == archive::Filter::xz && archive::sniff_filter(input) == archive::Filter::lzma)
      filter = archive::Filter::lzma;
    if (filter == archive::Filter::none) return {};
    return decode_streams(filter, input, max_output);
  };
}

}  // namespace assay::inspect
