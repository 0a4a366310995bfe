#include "archive/lzma_raw.hpp"

#include <lzma.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace assay::archive {

namespace {

constexpr std::uint32_t k_largest_dictionary = 64U << 20;
constexpr std::size_t k_block = 64 * 1024;

std::uint32_t number_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return 0;
  const std::string_view suffix{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  if ((suffix.starts_with('K') || suffix.starts_with('k')) && value < (1U << 20)) return value << 10;
  if (suffix.starts_with('M') && value < (1U << 10)) return value << 20;
  return value;
}

void apply(LzmaOptions& options, std::string_view setting) {
  const auto equals = setting.find('=');
  if (equals == std::string_view::npos) return;
  const auto name = setting.substr(0, equals);
  const auto value = number_of(setting.substr(equals + 1));
  if (name == "dict") options.dictionary = value;
  else if (name == "lc") options.literal_context = value;
  else if (name == "lp") options.literal_position = value;
  else if (name == "pb") options.position = value;
}

}  // namespace

LzmaOptions parse_lzma_options(std::string_view command_line) {
  LzmaOptions options;
  const auto at = std::min(command_line.find("--lzma1"), command_line.find("--lzma2"));
  if (at == std::string_view::npos) return options;
  auto words = command_line.substr(at, command_line.find(' ', at) - at);
  options.lzma2 = words.starts_with("--lzma2");
  words.remove_prefix(std::min<std::size_t>(8, words.size()));  // "--lzma1="
  while (!words.empty()) {
    const auto comma = std::min(words.find(','), words.size());
    apply(options, words.substr(0, comma));
    words.remove_prefix(std::min(comma + 1, words.size()));
  }
  return options;
}

LzmaRaw decode_lzma_raw(ByteView input, const LzmaOptions& options, std::uint64_t max_output) {
  LzmaRaw result;
  if (options.dictionary > k_largest_dictionary) return result;
  lzma_options_lzma lzma{};
  if (lzma_lzma_preset(&lzma, LZMA_PRESET_DEFAULT)) return result;
  lzma.dict_size = std::max<std::uint32_t>(options.dictionary, LZMA_DICT_SIZE_MIN);
  lzma.lc = options.literal_context;
  lzma.lp = options.literal_position;
  lzma.pb = options.position;
  const lzma_filter filters[] = {{options.lzma2 ? LZMA_FILTER_LZMA2 : LZMA_FILTER_LZMA1, &lzma},
                                 {LZMA_VLI_UNKNOWN, nullptr}};
  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> guard{&stream, &lzma_end};
  if (lzma_raw_decoder(&stream, filters) != LZMA_OK) return result;
  stream.next_in = input.data();
  stream.avail_in = input.size();
  Bytes block(k_block);
  lzma_ret state = LZMA_OK;
  while (state == LZMA_OK && result.bytes.size() < max_output) {
    stream.next_out = block.data();
    stream.avail_out = block.size();
    state = lzma_code(&stream, LZMA_FINISH);
    const auto produced = static_cast<std::ptrdiff_t>(block.size() - stream.avail_out);
    result.bytes.insert(result.bytes.end(), block.begin(), block.begin() + produced);
    if (produced == 0 && state == LZMA_OK) break;
  }
  if (result.bytes.size() > max_output) result.bytes.resize(max_output);
  result.complete = state == LZMA_STREAM_END;
  return result;
}

}  // namespace assay::archive
