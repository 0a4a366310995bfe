#include "inspect/script/filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <memory>

#include "base/text.hpp"
#include "inspect/script/sed.hpp"

namespace assay::inspect {

namespace {

using Arguments = std::vector<std::string>;

/// The options of a command, getopt(3) style: `with_value` lists the letters that take one.
struct Options {
  std::map<std::string, std::string, std::less<>> values;  ///< "d" → "", "bytes" → "3"
  std::vector<std::size_t> operands;
  bool has(std::string_view name) const { return values.find(name) != values.end(); }
  bool has_any(std::initializer_list<std::string_view> names) const {
    return std::any_of(names.begin(), names.end(), [&](auto name) { return has(name); });
  }
  std::string_view value(std::initializer_list<std::string_view> names) const {
    for (const auto name : names)
      if (const auto it = values.find(name); it != values.end()) return it->second;
    return {};
  }
};

Options parse_options(const Arguments& arguments, std::string_view with_value, std::initializer_list<std::string_view> long_with_value = {}) {
  Options options;
  bool only_operands = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (only_operands || word.size() < 2 || word[0] != '-') {
      options.operands.push_back(i);
    } else if (word == "--") {
      only_operands = true;
    } else if (word[1] == '-') {
      const auto equals = word.find('=');
      const auto name = std::string{word.substr(2, equals == std::string_view::npos ? equals : equals - 2)};
      auto& value = options.values[name];
      if (equals != std::string_view::npos) value = word.substr(equals + 1);
      else if (std::find(long_with_value.begin(), long_with_value.end(), name) != long_with_value.end() && i + 1 < arguments.size())
        value = arguments[++i];
    } else {
      for (std::size_t k = 1; k < word.size(); ++k) {
        const std::string letter(1, word[k]);
        auto& value = options.values[letter];
        if (with_value.find(word[k]) == std::string_view::npos) continue;
        if (k + 1 < word.size()) value = word.substr(k + 1);
        else if (i + 1 < arguments.size()) value = arguments[++i];
        break;
      }
    }
  }
  return options;
}

std::string joined(const Arguments& arguments, std::size_t from = 0) {
  std::string result;
  for (std::size_t i = from; i < arguments.size() && result.size() < 200; ++i) result += (i > from ? " " : "") + arguments[i];
  return result.size() > 200 ? result.substr(0, 200) : result;
}

std::string shown(const Arguments& arguments) {
  std::string result;
  for (const auto& argument : arguments) {
    if (result.size() > 160) return result + " …";
    const bool plain = !argument.empty() && std::all_of(argument.begin(), argument.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view{"-+=/.,_:%"}.find(c) != std::string_view::npos;
    });
    const auto text = argument.substr(0, 160);
    result += (result.empty() ? "" : " ") + (plain ? text : "'" + text + "'");
  }
  return result;
}

struct Count {
  std::uint64_t number = 0;
  char sign = 0;
};

/// `1024`, `+1025`, `-3`, `4k`, `1M`, `2b`, `1KiB`.
std::optional<Count> parse_count(std::string_view text) {
  Count count;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    count.sign = text[0];
    text.remove_prefix(1);
  }
  std::size_t at = 0;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at) {
    if (count.number > (1ULL << 40)) return std::nullopt;
    count.number = count.number * 10 + static_cast<std::uint64_t>(text[at] - '0');
  }
  if (at == 0) return std::nullopt;
  const auto suffix = text.substr(at);
  static constexpr std::pair<std::string_view, std::uint64_t> k_suffixes[] = {
      {"", 1}, {"b", 512}, {"c", 1}, {"w", 2}, {"kB", 1000}, {"k", 1024}, {"K", 1024}, {"KiB", 1024}, {"M", 1 << 20}, {"MiB", 1 << 20}, {"MB", 1000000}, {"G", 1 << 30}};
  for (const auto& [name, factor] : k_suffixes)
    if (suffix == name) return count.number *= factor, count;
  return std::nullopt;
}

FilterOutput whole(std::string bytes, std::string_view input) { return {std::move(bytes), input.size(), true}; }

FilterPlan passing(const Options& options, std::string what) {
  FilterPlan plan{FilterKind::pass, std::move(what), false, options.operands, {}, {}, {}};
  plan.run = [](std::string_view input, const FilterContext&) { return whole(std::string{input}, input); };
  return plan;
}

std::optional<FilterPlan> plan_cat(const Arguments& arguments) { return passing(parse_options(arguments, ""), "reads it"); }

std::optional<FilterPlan> plan_tee(const Arguments& arguments) {
  auto plan = passing(parse_options(arguments, ""), "copies it");
  if (!plan.files.empty()) plan.output_file = arguments[plan.files.front()];
  plan.files.clear();
  return plan;
}

std::optional<FilterPlan> plan_tr(const Arguments& arguments) {
  const auto map = parse_tr({arguments.begin() + 1, arguments.end()});
  if (!map) return std::nullopt;
  FilterPlan plan;
  plan.kind = map->is_textual() ? FilterKind::text : FilterKind::map;
  plan.what = "maps its bytes with " + shown(arguments);
  plan.harvest.add(HarvestedMap{*map, {}});
  plan.run = [map = *map](std::string_view input, const FilterContext&) {
    const auto bytes = map.apply(as_bytes(input));
    return whole(std::string{as_text(bytes)}, input);
  };
  return plan;
}

/// The position behind the `count`-th line end.
std::size_t lines_end(std::string_view text, std::uint64_t count) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count) at = std::min(text.find('\n', at), text.size() - 1) + 1;
  return at;
}

/// `head -n 3`, `head -3`, `head -c 1k`: which unit, and how many.
std::optional<std::pair<bool, Count>> head_count(const Arguments& arguments, const Options& options) {
  const auto bytes = options.value({"c", "bytes"});
  auto number = options.value({"n", "lines"});
  const bool by_bytes = !bytes.empty();
  std::string digits;
  if (!by_bytes && number.empty())
    for (const auto& argument : arguments)
      if (argument.size() > 1 && (argument[0] == '-' || argument[0] == '+') && std::isdigit(static_cast<unsigned char>(argument[1])) != 0) {
        digits = argument[0] == '+' ? argument : argument.substr(1);
        number = digits;
      }
  if (!by_bytes && number.empty()) number = "10";
  const auto count = parse_count(by_bytes ? bytes : number);
  if (!count) return std::nullopt;
  return std::pair{by_bytes, *count};
}

std::optional<FilterPlan> plan_head(const Arguments& arguments) {
  const auto options = parse_options(arguments, "cn", {"bytes", "lines"});
  const auto unit = head_count(arguments, options);
  if (!unit) return std::nullopt;
  const auto [by_bytes, count] = *unit;
  FilterPlan plan{by_bytes ? FilterKind::carve : FilterKind::text, {}, false, options.operands, {}, {}, {}};
  const bool all_but = count.sign == '-';
  plan.what = fmt::format("takes {}the first {} {}", all_but ? "all but " : "", count.number, by_bytes ? "bytes" : "lines");
  if (by_bytes && !all_but) plan.harvest.add(HarvestedSlice{0, count.number, false, {}});
  plan.run = [by_bytes = by_bytes, count = count, all_but](std::string_view input, const FilterContext&) {
    std::size_t end = 0;
    if (by_bytes) end = all_but ? input.size() - std::min<std::uint64_t>(count.number, input.size()) : std::min<std::uint64_t>(count.number, input.size());
    else end = all_but ? input.size() : lines_end(input, count.number);
    return FilterOutput{std::string{input.substr(0, end)}, all_but ? input.size() : end, true};
  };
  return plan;
}

std::optional<FilterPlan> plan_tail(const Arguments& arguments) {
  const auto options = parse_options(arguments, "cn", {"bytes", "lines"});
  const auto unit = head_count(arguments, options);
  if (!unit) return std::nullopt;
  const auto [by_bytes, count] = *unit;
  FilterPlan plan{by_bytes ? FilterKind::carve : FilterKind::text, {}, false, options.operands, {}, {}, {}};
  std::erase_if(plan.files, [&](std::size_t i) { return arguments[i].starts_with("+"); });
  const bool from = count.sign == '+';
  plan.what = from ? fmt::format("leaves out the first {} {}", count.number > 0 ? count.number - 1 : 0, by_bytes ? "bytes" : "lines")
                   : fmt::format("takes the last {} {}", count.number, by_bytes ? "bytes" : "lines");
  if (by_bytes) plan.harvest.add(from ? HarvestedSlice{count.number > 0 ? count.number - 1 : 0, std::nullopt, false, {}} : HarvestedSlice{count.number, std::nullopt, true, {}});
  plan.run = [by_bytes = by_bytes, count = count, from](std::string_view input, const FilterContext&) {
    std::size_t begin = 0;
    const auto skipped = count.number > 0 ? count.number - 1 : 0;
    if (by_bytes) begin = from ? std::min<std::uint64_t>(skipped, input.size()) : input.size() - std::min<std::uint64_t>(count.number, input.size());
    else if (from) begin = lines_end(input, skipped);
    else {
      begin = input.ends_with('\n') ? input.size() - 1 : input.size();
      for (auto left = count.number; left > 0 && begin > 0; --left) {
        const auto previous = input.rfind('\n', begin - 1);
        begin = previous == std::string_view::npos ? 0 : left == 1 ? previous + 1 : previous;
        if (previous == std::string_view::npos) break;
      }
    }
    return whole(std::string{input.substr(begin)}, input);
  };
  return plan;
}

std::optional<FilterPlan> plan_dd(const Arguments& arguments) {
  std::map<std::string, std::string, std::less<>> values;
  FilterPlan plan;
  plan.kind = FilterKind::pass;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto equals = arguments[i].find('=');
    if (equals == std::string::npos) return std::nullopt;
    const auto name = arguments[i].substr(0, equals);
    values[name] = arguments[i].substr(equals + 1);
    if (name == "if") plan.files.push_back(i);
    if (name == "of") plan.output_file = values[name];
  }
  const auto number = [&](std::string_view name, std::uint64_t otherwise) -> std::optional<std::uint64_t> {
    const auto it = values.find(name);
    if (it == values.end()) return otherwise;
    const auto count = parse_count(it->second);
    return count ? std::optional{count->number} : std::nullopt;
  };
  const auto block = values.contains("ibs") ? number("ibs", 512) : number("bs", 512);
  const auto skip = number("skip", 0);
  const auto count = number("count", UINT64_MAX);
  if (!block || !skip || !count) return std::nullopt;
  const bool in_bytes = values["iflag"].find("skip_bytes") != std::string::npos;
  const bool count_bytes = values["iflag"].find("count_bytes") != std::string::npos;
  const auto offset = in_bytes ? *skip : *skip * *block;
  const auto length = *count == UINT64_MAX ? UINT64_MAX : count_bytes ? *count : *count * *block;
  if (offset > 0 || length != UINT64_MAX) {
    plan.kind = FilterKind::carve;
    plan.harvest.add(HarvestedSlice{offset, length == UINT64_MAX ? std::nullopt : std::optional{length}, false, {}});
  }
  plan.what = "cuts bytes out with " + shown(arguments);
  plan.run = [offset, length](std::string_view input, const FilterContext&) {
    const auto begin = std::min<std::uint64_t>(offset, input.size());
    const auto taken = std::min<std::uint64_t>(length, input.size() - begin);
    return FilterOutput{std::string{input.substr(begin, taken)}, begin + taken, true};
  };
  return plan;
}

/// The `-b`/`-c` list of cut: "1-3,7,9-".
std::optional<std::vector<std::pair<std::size_t, std::size_t>>> parse_list(std::string_view list) {
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    const auto part = list.substr(at, end - at);
    const auto dash = part.find('-');
    const auto first = parse_count(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_count(part.substr(dash + 1));
    if (!first && !last) return std::nullopt;
    ranges.emplace_back(first ? std::max<std::uint64_t>(first->number, 1) : 1, last ? last->number : SIZE_MAX);
    at = end + 1;
  }
  return ranges;
}

std::optional<FilterPlan> plan_cut(const Arguments& arguments) {
  const auto options = parse_options(arguments, "bcdf", {"bytes", "characters", "fields", "delimiter"});
  const auto bytes = options.value({"b", "c", "bytes", "characters"});
  const auto fields = options.value({"f", "fields"});
  const auto ranges = parse_list(bytes.empty() ? fields : bytes);
  if (!ranges || ranges->empty()) return std::nullopt;
  const auto delimiter_text = options.value({"d", "delimiter"});
  const char delimiter = delimiter_text.empty() ? '\t' : delimiter_text[0];
  FilterPlan plan{FilterKind::text, "cuts columns with " + shown(arguments), false, options.operands, {}, {}, {}};
  plan.run = [ranges = *ranges, by_field = bytes.empty(), delimiter](std::string_view input, const FilterContext&) {
    std::string result;
    const auto wanted = [&](std::size_t n) { return std::any_of(ranges.begin(), ranges.end(), [n](auto& r) { return n >= r.first && n <= r.second; }); };
    for (std::size_t at = 0; at < input.size();) {
      const auto end = std::min(input.find('\n', at), input.size());
      const auto line = input.substr(at, end - at);
      if (!by_field) {
        for (std::size_t i = 0; i < line.size(); ++i)
          if (wanted(i + 1)) result += line[i];
      } else if (line.find(delimiter) == std::string_view::npos) {
        result += line;
      } else {
        std::size_t number = 1;
        bool first = true;
        for (std::size_t from = 0; from <= line.size(); ++number) {
          const auto to = std::min(line.find(delimiter, from), line.size());
          if (wanted(number)) {
            if (!first) result += delimiter;
            result += line.substr(from, to - from);
            first = false;
          }
          from = to + 1;
        }
      }
      result += '\n';
      at = end + 1;
    }
    return whole(std::move(result), input);
  };
  return plan;
}

std::optional<FilterPlan> plan_rev(const Arguments& arguments) {
  const auto options = parse_options(arguments, "");
  FilterPlan plan{FilterKind::map, "reverses every line", false, options.operands, {}, {}, {}};
  plan.harvest.add(HarvestedDecoder{Decoder::reverse, joined(arguments), {}});
  plan.run = [](std::string_view input, const FilterContext&) {
    std::string result{input};
    for (std::size_t at = 0; at < result.size();) {
      const auto end = std::min(result.find('\n', at), result.size());
      std::reverse(result.begin() + static_cast<std::ptrdiff_t>(at), result.begin() + static_cast<std::ptrdiff_t>(end));
      at = end + 1;
    }
    return whole(std::move(result), input);
  };
  return plan;
}

FilterPlan decoding(Decoder decoder, const Arguments& arguments, const Options& options) {
  FilterPlan plan{FilterKind::decode, fmt::format("decodes it as {}", to_string(decoder)), false, options.operands, {}, {}, {}};
  plan.harvest.add(HarvestedDecoder{decoder, joined(arguments, 1), {}});
  return plan;
}

struct Compressor {
  std::string_view name;
  Decoder decoder;
  bool decodes;  ///< without an option
};
constexpr Compressor k_compressors[] = {
    {"xz", Decoder::xz, false},         {"unxz", Decoder::xz, true},        {"xzcat", Decoder::xz, true},      {"lzma", Decoder::lzma, false},
    {"unlzma", Decoder::lzma, true},    {"lzcat", Decoder::lzma, true},     {"gzip", Decoder::gzip, false},    {"gunzip", Decoder::gzip, true},
    {"zcat", Decoder::gzip, true},      {"gzcat", Decoder::gzip, true},     {"pigz", Decoder::gzip, false},    {"bzip2", Decoder::bzip2, false},
    {"bunzip2", Decoder::bzip2, true},  {"bzcat", Decoder::bzip2, true},    {"zstd", Decoder::zstd, false},    {"unzstd", Decoder::zstd, true},
    {"zstdcat", Decoder::zstd, true},   {"lz4", Decoder::lz4, false},       {"unlz4", Decoder::lz4, true},     {"lz4cat", Decoder::lz4, true}};

const Compressor* find_compressor(std::string_view name) {
  const auto* it = std::find_if(std::begin(k_compressors), std::end(k_compressors), [&](const auto& c) { return c.name == name; });
  return it == std::end(k_compressors) ? nullptr : it;
}

std::optional<FilterPlan> plan_compressor(const Arguments& arguments) {
  const auto* compressor = find_compressor(path_basename(arguments[0]));
  const auto options = parse_options(arguments, compressor->decoder == Decoder::xz ? "FTCMS" : "S", {"format", "suffix", "threads"});
  if (!compressor->decodes && !options.has_any({"d", "decompress", "uncompress"})) {
    FilterPlan plan{FilterKind::encode, "compresses it", false, options.operands, {}, {}, {}};
    return plan;
  }
  auto decoder = compressor->decoder;
  const auto format = options.value({"F", "format"});
  if (format == "raw" || options.has("lzma1") || options.has("lzma2")) decoder = Decoder::lzma_raw;
  else if (format == "lzma" || format == "alone") decoder = Decoder::lzma;
  auto plan = decoding(decoder, arguments, options);
  plan.run = [decoder, written = joined(arguments, 1)](std::string_view input, const FilterContext& context) -> std::optional<FilterOutput> {
    auto decoded = context.decompress(decoder, written, as_bytes(input), context.max_output);
    if (!decoded.complete && decoded.bytes.empty()) return std::nullopt;
    return FilterOutput{std::string{as_text(decoded.bytes)}, input.size(), decoded.complete};
  };
  return plan;
}

/// The bits of each character in an alphabet of 2^`bits`; others are skipped, padding ends it.
std::string decode_alphabet(std::string_view input, std::string_view alphabet, unsigned bits) {
  std::array<int, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<int>(i);
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

std::optional<FilterPlan> plan_base64(const Arguments& arguments) {
  const bool base32 = path_basename(arguments[0]) == "base32";
  const auto options = parse_options(arguments, "w", {"wrap"});
  if (!options.has_any({"d", "D", "decode"})) return FilterPlan{FilterKind::encode, "encodes it", false, options.operands, {}, {}, {}};
  auto plan = decoding(base32 ? Decoder::base32 : Decoder::base64, arguments, options);
  plan.run = [base32](std::string_view input, const FilterContext&) {
    return whole(base32 ? decode_alphabet(input, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5)
                        : decode_alphabet(input, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6),
                 input);
  };
  return plan;
}

/// `xxd -r -p` takes hexadecimal only; `xxd -r` takes a dump: offset, colon, up to two spaces before the text.
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
      const int digit = std::isxdigit(static_cast<unsigned char>(c)) == 0 ? -1 : c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
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
      plan.run = [](std::string_view input, const FilterContext&) { return whole(to_hex(as_bytes(input)) + "\n", input); };
    return plan;
  }
  auto plan = decoding(Decoder::hex, arguments, options);
  plan.run = [plain](std::string_view input, const FilterContext&) { return whole(decode_hex(input, plain), input); };
  return plan;
}

std::optional<FilterPlan> plan_openssl(const Arguments& arguments) {
  const auto options = parse_options(arguments, "");
  const bool decodes = std::any_of(arguments.begin(), arguments.end(), [](const auto& word) { return word == "-d"; });
  if (!decodes || arguments.size() < 2) return std::nullopt;
  FilterPlan plan{FilterKind::decode, "decrypts it with " + shown(arguments), false, {}, {}, {}, {}};
  plan.harvest.add(HarvestedDecoder{Decoder::openssl, joined(arguments, 1), {}});
  bool is_base64 = arguments[1] == "base64";
  bool other_cipher = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == "-in" && i + 1 < arguments.size()) plan.files.push_back(i + 1);
    if (arguments[i] == "-out" && i + 1 < arguments.size()) plan.output_file = arguments[i + 1];
    if (arguments[i] == "-base64" || arguments[i] == "-a") is_base64 = true;
    if (arguments[i].starts_with("-aes") || arguments[i].starts_with("-rc") || arguments[i].starts_with("-des") || arguments[i].starts_with("-chacha"))
      other_cipher = true;
  }
  if (is_base64 && !other_cipher) {
    plan.what = "decodes it as base64";
    plan.run = [](std::string_view input, const FilterContext&) {
      return whole(decode_alphabet(input, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6), input);
    };
  }
  return plan;
}

std::string decode_uu(std::string_view input) {
  std::string result;
  for (const auto line : split_lines(input)) {
    if (line.starts_with("begin") || line == "end" || line.empty()) continue;
    const auto length = static_cast<std::size_t>((line[0] - ' ') & 63);
    std::string bytes;
    for (std::size_t i = 1; i + 3 < line.size() + 3 && bytes.size() < length; i += 4) {
      std::uint32_t held = 0;
      for (std::size_t k = 0; k < 4; ++k) held = held << 6 | (i + k < line.size() ? static_cast<std::uint32_t>(line[i + k] - ' ') & 63U : 0U);
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

std::optional<FilterPlan> plan_sed(const Arguments& arguments) {
  const auto options = parse_options(arguments, "efl", {"expression", "file"});
  FilterPlan plan{FilterKind::text, {}, false, options.operands, {}, {}, {}};
  std::string program;
  const bool by_option = options.has_any({"e", "expression"});
  for (std::size_t i = 1; by_option && i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    const bool separate = word == "-e" || word == "--expression" || (word.size() > 1 && word[0] == '-' && word[1] != '-' && word.back() == 'e');
    if (separate && i + 1 < arguments.size()) program += arguments[++i] + "\n";
    else if (word.starts_with("--expression=")) program += std::string{word.substr(13)} + "\n";
    else if (word.starts_with("-e")) program += std::string{word.substr(2)} + "\n";
  }
  if (!by_option) {
    if (options.has_any({"f", "file"}) || plan.files.empty()) return std::nullopt;
    program = arguments[plan.files.front()];
    plan.files.erase(plan.files.begin());
  }
  const bool extended = options.has_any({"E", "r", "regexp-extended"});
  auto sed = parse_sed(program, extended, options.has_any({"n", "quiet", "silent"}));
  plan.what = "edits it with " + shown(arguments);
  if (!sed) return plan;
  if (sed->only_reads()) {
    plan.kind = FilterKind::pass;
    plan.what = "reads it";
    plan.disguised = !program.empty() && !options.has("i");
  }
  for (const auto& map : sed->byte_maps()) {
    plan.harvest.add(HarvestedMap{map, {}});
    if (!map.is_textual()) plan.kind = FilterKind::map;
  }
  plan.run = [sed = std::make_shared<SedProgram>(std::move(*sed))](std::string_view input, const FilterContext& context) -> std::optional<FilterOutput> {
    auto out = sed->run(input, context.max_output);
    if (!out) return std::nullopt;
    return whole(std::move(*out), input);
  };
  return plan;
}

std::optional<FilterPlan> plan_grep(const Arguments& arguments) {
  const auto search = parse_grep(arguments);
  if (!search || search->names_only || search->byte_offset) return std::nullopt;
  FilterPlan plan{FilterKind::text, "takes the lines that match " + search->shown, false, search->files, {}, {}, {}};
  auto regex = Regex::compile(search->re2, search->ignore_case, search->whole_word);
  if (!regex) return plan;
  plan.run = [regex = std::make_shared<Regex>(std::move(*regex)), only = search->only_matching, invert = search->invert](std::string_view input, const FilterContext&) {
    std::string result;
    for (std::size_t at = 0; at < input.size();) {
      const auto end = std::min(input.find('\n', at), input.size());
      const auto line = input.substr(at, end - at);
      const auto match = regex->find(line, 0);
      if (match.has_value() != invert) result += (only && match ? std::string{line.substr(match->first, match->second - match->first)} : std::string{line}) + "\n";
      at = end + 1;
    }
    return whole(std::move(result), input);
  };
  return plan;
}

/// The program text of an interpreter and where its operands begin.
FilterPlan plan_of_program(const Arguments& arguments, std::string_view program, std::vector<std::size_t> files) {
  FilterPlan plan{FilterKind::program, "runs it through " + std::string{path_basename(arguments[0])}, false, std::move(files), {}, {}, {}};
  if (looks_like_rc4(program)) {
    plan.kind = FilterKind::decode;
    plan.what = fmt::format("decrypts it with RC4 written in {}", path_basename(arguments[0]));
    plan.harvest.add(HarvestedDecoder{Decoder::rc4_awk, std::string{path_basename(arguments[0])}, {}});
    return plan;
  }
  const auto keys = xor_keys_of(program);
  for (const auto& key : keys) plan.harvest.add(HarvestedKey{key, {}});
  if (keys.size() != 1) return plan;
  plan.kind = FilterKind::map;
  plan.what = fmt::format("xors its bytes with 0x{}", to_hex(keys[0]));
  plan.run = [key = keys[0]](std::string_view input, const FilterContext&) {
    std::string result{input};
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<char>(static_cast<std::uint8_t>(result[i]) ^ key[i % key.size()]);
    return whole(std::move(result), input);
  };
  return plan;
}

/// `awk '{print $2}'`: the one program that is followed.
std::optional<FilterPlan> plan_print_field(const Options& options, std::string_view program, const Arguments& arguments) {
  std::string packed;
  for (const char c : program)
    if (std::isspace(static_cast<unsigned char>(c)) == 0 && c != ';') packed += c;
  if (!packed.starts_with("{print$") || !packed.ends_with("}") || packed.size() != 9 || std::isdigit(static_cast<unsigned char>(packed[7])) == 0) return std::nullopt;
  const auto number = static_cast<std::size_t>(packed[7] - '0');
  const auto separator = std::string{options.value({"F"})};
  if (separator.size() > 1) return std::nullopt;
  FilterPlan plan{FilterKind::text, "takes a column with " + shown(arguments), false, {options.operands.begin() + 1, options.operands.end()}, {}, {}, {}};
  plan.run = [number, separator](std::string_view input, const FilterContext&) {
    std::string result;
    for (const auto line : split_lines(input)) {
      std::vector<std::string_view> fields;
      const auto cut = separator.empty() ? std::string_view{" \t"} : std::string_view{separator};
      for (std::size_t at = 0; at <= line.size();) {
        const auto end = std::min(line.find_first_of(cut, at), line.size());
        if (end > at || !separator.empty()) fields.push_back(line.substr(at, end - at));
        at = end + 1;
      }
      if (number == 0) result += line;
      else if (number <= fields.size()) result += fields[number - 1];
      result += '\n';
    }
    return whole(std::move(result), input);
  };
  return plan;
}

std::optional<FilterPlan> plan_awk(const Arguments& arguments) {
  const auto options = parse_options(arguments, "vFf");
  if (options.has("f") || options.operands.empty()) return std::nullopt;
  const auto& program = arguments[options.operands.front()];
  if (auto plan = plan_print_field(options, program, arguments)) return plan;
  return plan_of_program(arguments, program, {options.operands.begin() + 1, options.operands.end()});
}

std::optional<FilterPlan> plan_script_language(const Arguments& arguments) {
  const auto name = path_basename(arguments[0]);
  const bool perl = name.starts_with("perl") || name.starts_with("ruby");
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (word.size() < 2 || word[0] != '-') return std::nullopt;
    const char last = word.back();
    if (perl ? (last != 'e' && last != 'E') : last != 'c') continue;
    if (i + 1 >= arguments.size()) return std::nullopt;
    std::vector<std::size_t> files;
    for (std::size_t k = i + 2; k < arguments.size(); ++k) files.push_back(k);
    return plan_of_program(arguments, arguments[i + 1], files);
  }
  return std::nullopt;
}

/// Order and number of lines change, bytes do not: good enough to follow a file name.
std::optional<FilterPlan> plan_sort(const Arguments& arguments) { return passing(parse_options(arguments, "kto"), "sorts it"); }

std::optional<FilterPlan> plan_strings(const Arguments& arguments) {
  const auto options = parse_options(arguments, "ntn");
  FilterPlan plan{FilterKind::text, "takes the printable strings of it", false, options.operands, {}, {}, {}};
  plan.run = [](std::string_view input, const FilterContext&) {
    std::string result, held;
    for (const char c : input) {
      if (std::isprint(static_cast<unsigned char>(c)) != 0 || c == '\t') {
        held += c;
        continue;
      }
      if (held.size() >= 4) result += held + "\n";
      held.clear();
    }
    if (held.size() >= 4) result += held + "\n";
    return whole(std::move(result), input);
  };
  return plan;
}

using Planner = std::optional<FilterPlan> (*)(const Arguments&);
struct PlannerOf {
  std::string_view name;
  Planner plan;
};
constexpr PlannerOf k_planners[] = {
    {"cat", plan_cat},       {"tac", plan_sort},      {"tee", plan_tee},       {"tr", plan_tr},         {"head", plan_head},      {"tail", plan_tail},
    {"dd", plan_dd},         {"cut", plan_cut},       {"rev", plan_rev},       {"base64", plan_base64}, {"base32", plan_base64},  {"xxd", plan_xxd},
    {"openssl", plan_openssl}, {"uudecode", plan_uudecode}, {"sed", plan_sed}, {"gsed", plan_sed},      {"grep", plan_grep},      {"egrep", plan_grep},
    {"fgrep", plan_grep},    {"awk", plan_awk},       {"gawk", plan_awk},      {"mawk", plan_awk},      {"nawk", plan_awk},       {"perl", plan_script_language},
    {"ruby", plan_script_language}, {"python", plan_script_language}, {"python3", plan_script_language}, {"python2", plan_script_language},
    {"sort", plan_sort},     {"uniq", plan_sort},     {"strings", plan_strings}};

const PlannerOf* find_planner(std::string_view name) {
  const auto* it = std::find_if(std::begin(k_planners), std::end(k_planners), [&](const auto& planner) { return planner.name == name; });
  return it == std::end(k_planners) ? nullptr : it;
}

}  // namespace

bool is_filter_name(std::string_view name) noexcept { return find_planner(name) != nullptr || find_compressor(name) != nullptr; }

std::optional<FilterPlan> plan_filter(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return std::nullopt;
  const auto name = path_basename(arguments[0]);
  auto plan = find_compressor(name) != nullptr ? plan_compressor(arguments) : std::optional<FilterPlan>{};
  if (const auto* planner = find_planner(name)) plan = planner->plan(arguments);
  if (plan) std::erase_if(plan->files, [&](std::size_t i) { return arguments[i] == "-"; });
  return plan;
}

}  // namespace assay::inspect
