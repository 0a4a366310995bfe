// LZMA1 data without any header, as `xz -F raw --lzma1` reads it: its parameters stand outside it, in whatever decodes it.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace assay::archive {

struct LzmaOptions {
  std::uint32_t dictionary = 8U << 20;  ///< bytes; xz's default
  std::uint32_t literal_context = 3;    ///< lc
  std::uint32_t literal_position = 0;   ///< lp
  std::uint32_t position = 2;           ///< pb
  bool lzma2 = false;
};

struct LzmaRaw {
  Bytes bytes;            ///< what was decoded, up to a problem if there was one
  bool complete = false;  ///< the end mark was reached
};

/// The options of xz(1) in a command line: `--lzma1[=preset,dict=…,lc=…,lp=…,pb=…]`, `--lzma2=…`. Unknown words are skipped.
LzmaOptions parse_lzma_options(std::string_view command_line);

/// At most `max_output` bytes; a dictionary of more than 64 MiB is refused.
LzmaRaw decode_lzma_raw(ByteView input, const LzmaOptions& options, std::uint64_t max_output);

}  // namespace assay::archive
