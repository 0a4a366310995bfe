// Filters that undo an encoding or a compression.
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <utility>

#include "base/text.hpp"
#include "inspect/script/filter_plans.hpp"

namespace assay::inspect::filters {

namespace {

struct Compressor {
  std::string_view name;
  Decoder decoder;
  bool decodes;  ///< without an option
};
constexpr Compressor k_compressors[] = {
    {"xz", Decoder::xz, false},        {"unxz", Decoder::xz, true},      {"xzcat", Decoder::xz, true},
    {"lzma", Decoder::lzma, false},    {"unlzma", Decoder::lzma, true},  {"lzcat", Decoder::lzma, true},
    {"gzip", Decoder::gzip, false},    {"gunzip", Decoder::gzip, true},  {"zcat", Decoder::gzip, true},
    {"gzcat", Decoder::gzip, true},    {"pigz", Decoder::gzip, false},   {"bzip2", Decoder::bzip2, false},
    {"bunzip2", Decoder::bzip2, true}, {"bzcat", Decoder::bzip2, true},  {"zstd", Decoder::zstd, false},
    {"unzstd", Decoder::zstd, true},   {"zstdcat", Decoder::zstd, true}, {"lz4", Decoder::lz4, false},
    {"lzip", Decoder::lzip, false},    {"plzip", Decoder::lzip, false},  {"lunzip", Decoder::lzip, true},
    {"unlz4", Decoder::lz4, true},     {"lz4cat", Decoder::lz4, true}};

const Compressor* find_compressor(std::string_view name) {
  const auto* it =
      std::find_if(std::begin(k_compressors), std::end(k_compressors), [&](const auto& c) { return c.name == name; });
  return it == std::end(k_compressors) ? nullptr : it;
}

}  // namespace

bool is_compressor(std::string_view name) noexcept {
  return find_compressor(name) != nullptr;
}

FilterPlan decoding(Decoder decoder, const Arguments& arguments, const Options& options) {
  FilterPlan plan{
      FilterKind::decode, fmt::format("decodes it as {}", to_string(decoder)), false, options.operands, {}, {}, {}};
  plan.harvest.add(HarvestedDecoder{decoder, joined(arguments, 1), {}});
  return plan;
}

std::optional<FilterPlan> plan_compressor(const Arguments& arguments) {
  const auto* compressor = find_compressor(path_basename(arguments[0]));
  const auto options =
      parse_options(arguments, compressor->decoder == Decoder::xz ? "FTCMS" : "S", {"format", "suffix", "threads"});
  if (!compressor->decodes && !options.has_any({"d", "decompress", "uncompress"})) {
    FilterPlan plan{FilterKind::encode, "compresses it", false, options.operands, {}, {}, {}};
    return plan;
  }
  auto decoder = compressor->decoder;
  const auto format = options.value({"F", "format"});
  if (format == "raw" || options.has("lzma1") || options.has("lzma2")) decoder = Decoder::lzma_raw;
  else if (format == "lzma" || format == "alone") decoder = Decoder::lzma;
  auto plan = decoding(decoder, arguments, options);
  plan.run = [decoder, written = joined(arguments, 1)](std::string_view input,
                                                       const FilterContext& context) -> std::optional<FilterOutput> {
    auto decoded = context.decompress(decoder, written, as_bytes(input), context.max_output);
    if (!decoded.complete && decoded.bytes.empty()) return std::nullopt;
    return FilterOutput{std::string{as_text(decoded.bytes)}, input.size(), decoded.complete};
  };
  return plan;
}

std::string decode_alphabet(std::string_view input, std::string_view alphabet, unsigned bits) {
  std::array<int, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<int>(i);
  std::string result;
  std::uint32_t held = 0;
  unsigned count = 0;
  for (const char c : input) {
    if (c == '=') {
      held = count = 0;
      continue;
    }
    const int value = values[static_cast<std::uint8_t>(c)];
    if (value < 0) continue;
    held = (held << bits | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    count += bits;
    if (count >= 8) {
      count -= 8;
      result += static_cast<char>(held >> count & 0xFF);
    }
  }
  return result;
}

std::string decode_base64(std::string_view input) {
  constexpr std::string_view k_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::string_view k_for_names = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const bool for_names =
      input.find_first_of("-_") != std::string_view::npos && input.find_first_of("+/") == std::string_view::npos;
  return decode_alphabet(input, for_names ? k_for_names : k_alphabet, 6);
}

std::optional<FilterPlan> plan_base64(const Arguments& arguments) {
  const auto options = parse_options(arguments, "w", {"wrap"});
  const bool base32 = path_basename(arguments[0]) == "base32" || options.has("base32");
  if (options.has_any({"base16", "base2msbf", "base2lsbf", "base32hex", "z85"})) return std::nullopt;
  if (!options.has_any({"d", "D", "decode"}))
    return FilterPlan{FilterKind::encode, "encodes it", false, options.operands, {}, {}, {}};
  auto plan = decoding(base32 ? Decoder::base32 : Decoder::base64, arguments, options);
  plan.run = [base32](std::string_view input, const FilterContext&) {
    return whole(base32 ? decode_alphabet(input, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5) : decode_base64(input), input);
  };
  return plan;
}

std::string decode_hex(std::string_view input, bool plain) {
  std::string result;
  for (std::size_t at = 0; at < input.size();) {
    const auto end = std::min(input.find('\n', at), input.size());
    auto line = input.substr(at, end - at);
    if (!plain) {
      const auto colon = line.find(':');
      line.remove_prefix(colon == std::string_view::npos ? 0 : colon + 1);
      const auto text = line.find("  ", 1);
      line = line.substr(0, text);
    }
    int high = -1;
    for (const char c : line) {
      const int digit = std::isxdigit(static_cast<unsigned char>(c)) == 0 ? -1
                        : c <= '9'                                        ? c - '0'
                                                                          : (c | 0x20) - 'a' + 10;
      if (digit < 0) continue;
      if (high < 0) {
        high = digit;
      } else {
        result += static_cast<char>(high * 16 + digit);
        high = -1;
      }
    }
    at = end + 1;
  }
  return result;
}

std::optional<FilterPlan> plan_xxd(const Arguments& arguments) {
  const auto options = parse_options(arguments, "slcgo");
  const bool plain = options.has_any({"p", "ps", "plain", "postscript"}) || options.has("rp") || options.has("pr");
  if (!options.has_any({"r", "revert"})) {
    FilterPlan plan{FilterKind::encode, "writes it in hexadecimal", false, options.operands, {}, {}, {}};
    if (plain)
      plan.run = [](std::string_view input, const FilterContext&) {
        return whole(to_hex(as_bytes(input)) + "\n", input);
      };
    return plan;
  }
  auto plan = decoding(Decoder::hex, arguments, options);
  plan.run = [plain](std::string_view input, const FilterContext&) { return whole(decode_hex(input, plain), input); };
  return plan;
}

std::string decode_uu(std::string_view input) {
  std::string result;
  bool begun = input.find("begin ") == std::string_view::npos;
  for (const auto line : split_lines(input)) {
    if (!std::exchange(begun, begun || line.starts_with("begin ")) || line.empty()) continue;
    if (line == "end") break;
    const auto length = static_cast<std::size_t>((line[0] - ' ') & 63);
    std::string bytes;
    for (std::size_t i = 1; i + 3 < line.size() + 3 && bytes.size() < length; i += 4) {
      std::uint32_t held = 0;
      for (std::size_t k = 0; k < 4; ++k)
        held = held << 6 | (i + k < line.size() ? static_cast<std::uint32_t>(line[i + k] - ' ') & 63U : 0U);
      bytes += {static_cast<char>(held >> 16 & 255), static_cast<char>(held >> 8 & 255), static_cast<char>(held & 255)};
    }
    result += bytes.substr(0, length);
  }
  return result;
}

std::optional<FilterPlan> plan_uudecode(const Arguments& arguments) {
  const auto options = parse_options(arguments, "o");
  auto plan = decoding(Decoder::uuencode, arguments, options);
  const auto output = options.value({"o"});
  if (output != "-" && output != "/dev/stdout") plan.output_file = output;
  plan.run = [](std::string_view input, const FilterContext&) { return whole(decode_uu(input), input); };
  return plan;
}

}  // namespace assay::inspect::filters
