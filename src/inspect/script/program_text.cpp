#include "inspect/script/program_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

#include "base/text.hpp"
#include "inspect/blob/code.hpp"
#include "inspect/content_type.hpp"
#include "inspect/script/filter_plans.hpp"
#include "inspect/script/perl_functions.hpp"
#include "inspect/script/program_flow.hpp"
#include "inspect/script/program_words.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_operations = 4;

enum class Meaning : std::uint8_t { zlib, gzip, bzip2, xz, base64, base32, hex, bits, uuencode, reverse };

struct Call {
  std::string_view name;
  Meaning meaning;
};
/// Functions of standard libraries that undo an encoding.
constexpr std::array k_calls{Call{"zlib.decompress", Meaning::zlib},
                             Call{"inflateSync", Meaning::zlib},
                             Call{"inflateRawSync", Meaning::zlib},
                             Call{"Zlib::Inflate", Meaning::zlib},
                             Call{"Uncompress::Inflate", Meaning::zlib},
                             Call{"gzip.decompress", Meaning::gzip},
                             Call{"gzip.open", Meaning::gzip},
                             Call{"GzipFile", Meaning::gzip},
                             Call{"gunzipSync", Meaning::gzip},
                             Call{"memGunzip", Meaning::gzip},
                             Call{"GzipReader", Meaning::gzip},
                             Call{"Uncompress::Gunzip", Meaning::gzip},
                             Call{"bz2.decompress", Meaning::bzip2},
                             Call{"bz2.open", Meaning::bzip2},
                             Call{"lzma.decompress", Meaning::xz},
                             Call{"lzma.open", Meaning::xz},
                             Call{"LZMAFile", Meaning::xz},
                             Call{"b64decode", Meaning::base64},
                             Call{"decode_base64", Meaning::base64},
                             Call{"decodebytes", Meaning::base64},
                             Call{"a2b_base64", Meaning::base64},
                             Call{"decode64", Meaning::base64},
                             Call{"'base64')", Meaning::base64},
                             Call{"\"base64\")", Meaning::base64},
                             Call{"atob(", Meaning::base64},
                             Call{"b32decode", Meaning::base32},
                             Call{"fromhex", Meaning::hex},
                             Call{"unhexlify", Meaning::hex},
                             Call{"a2b_hex", Meaning::hex},
                             Call{"'hex')", Meaning::hex},
                             Call{"\"hex\")", Meaning::hex},
                             Call{"pack(\"H*\"", Meaning::hex},
                             Call{"pack('H*'", Meaning::hex},
                             Call{"pack(\"B*\"", Meaning::bits},
                             Call{"pack('B*'", Meaning::bits},
                             Call{"pack(\"B8\"", Meaning::bits},
                             Call{"pack('B8'", Meaning::bits},
                             Call{"a2b_uu", Meaning::uuencode},
                             Call{"unpack(\"u\"", Meaning::uuencode},
                             Call{"unpack('u'", Meaning::uuencode},
                             Call{"[::-1]", Meaning::reverse}};

constexpr std::array<std::string_view, 8> k_printers{"print",   "stdout", "puts ",   "console.log",
                                                     "$stdout", "say ",   "write(1", "warn "};

std::optional<std::string> decompressed(Decoder decoder, std::string_view input, const FilterContext& context) {
  const auto decoded = context.decompress(decoder, {}, as_bytes(input), context.max_output);
  if (decoded.bytes.empty()) return std::nullopt;
  return std::string{as_text(decoded.bytes)};
}

/// RFC 1950 has a header of two bytes before what gzip (RFC 1952) has behind one of ten. The checks at the end differ,
/// so that the result never counts as whole; what came out before is all of it.
std::optional<std::string> inflated(std::string_view input, const FilterContext& context) {
  if (input.size() < 8) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(input[0]);
  const auto second = static_cast<std::uint8_t>(input[1]);
  const bool wrapped = (first & 0x0FU) == 8 && (first * 256U + second) % 31 == 0;
  const std::string_view head{"\x1f\x8b\x08\0\0\0\0\0\0\x03", 10};
  return decompressed(Decoder::gzip, std::string{head} + std::string{input.substr(wrapped ? 2 : 0)}, context);
}

bool is_of(std::string_view input, std::string_view alphabet) {
  const auto odd = std::count_if(input.begin(), input.end(), [&](char c) {
    return !is_word(c) && alphabet.find(c) == std::string_view::npos &&
           std::isspace(static_cast<unsigned char>(c)) == 0;
  });
  return !input.empty() && odd == 0;
}

/// Eight digits 0 or 1 each; nothing if there is anything but those and white space.
std::optional<std::string> of_bits(std::string_view input) {
  if (input.find_first_not_of("01 \t\r\n") != std::string_view::npos) return std::nullopt;
  return filters::decode_alphabet(input, "01", 1);
}

std::optional<std::string> undone(Meaning meaning, std::string_view input, const FilterContext& context) {
  switch (meaning) {
    case Meaning::zlib:
      return inflated(input, context);
    case Meaning::gzip:
      return decompressed(Decoder::gzip, input, context);
    case Meaning::bzip2:
      return decompressed(Decoder::bzip2, input, context);
    case Meaning::xz:
      return decompressed(Decoder::xz, input, context);
    case Meaning::base64:
      if (!is_of(input, "+/=-_")) return std::nullopt;
      return filters::decode_base64(input);
    case Meaning::base32:
      if (!is_of(input, "=")) return std::nullopt;
      return filters::decode_alphabet(input, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5);
    case Meaning::hex:
      if (!is_of(input, "")) return std::nullopt;
      return filters::decode_hex(input, true);
    case Meaning::bits:
      return of_bits(input);
    case Meaning::uuencode:
      return filters::decode_uu(input);
    case Meaning::reverse:
      return std::string{input.rbegin(), input.rend()};
  }
  return std::nullopt;
}

std::string_view name_of(Meaning meaning) {
  constexpr std::array<std::string_view, 10> k_names{"zlib",   "gzip", "bzip2", "xz",       "base64",
                                                     "base32", "hex",  "bits",  "uuencode", "reversed"};
  return k_names[static_cast<std::size_t>(meaning)];
}

ProgramText::Operation exclusive_or(const Bytes& key) {
  return {fmt::format("xors its bytes with 0x{}", to_hex(key)), FilterKind::map,
          [key](std::string_view input, const FilterContext&) -> std::optional<std::string> {
            std::string result{input};
            for (std::size_t i = 0; i < result.size(); ++i)
              result[i] = static_cast<char>(static_cast<std::uint8_t>(result[i]) ^ key[i % key.size()]);
            return result;
          }};
}

void read_operations(std::string_view program, ProgramText& result) {
  std::vector<std::pair<std::size_t, ProgramText::Operation>> found;
  std::vector<Meaning> seen;
  for (const auto& call : k_calls) {
    const auto at = find_whole_word(program, call.name);
    if (at == std::string_view::npos || std::find(seen.begin(), seen.end(), call.meaning) != seen.end()) continue;
    seen.push_back(call.meaning);
    found.emplace_back(
        at, ProgramText::Operation{call.meaning == Meaning::reverse
                                       ? "reverses its bytes"
                                       : fmt::format("decodes it as {}", name_of(call.meaning)),
                                   call.meaning == Meaning::reverse ? FilterKind::map : FilterKind::decode,
                                   [meaning = call.meaning](std::string_view input, const FilterContext& context) {
                                     return undone(meaning, input, context);
                                   }});
  }
  result.keys = xor_keys_of(program);
  if (result.keys.size() == 1) found.emplace_back(program.find('^'), exclusive_or(result.keys[0]));
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (found.size() > k_most_operations) found.resize(k_most_operations);
  for (auto& [at, operation] : found) result.operations.push_back(std::move(operation));
}

/// Does a function undo an encoding by itself?
bool decodes(std::string_view body) {
  ProgramText own;
  read_operations(body, own);
  return !own.operations.empty();
}

bool makes_sense(std::string_view bytes) {
  return bytes.size() > 8 && (looks_like_text(as_bytes(bytes)) || judge_code(as_bytes(bytes)).is_code);
}

}  // namespace

ProgramText read_program(std::string_view program, ScriptKind language) {
  program = program.substr(0, k_longest_program);
  ProgramText result;
  result.files = names_in_program(program);
  read_operations(program, result);
  RunningWords words{language};
  each_statement(program, [&](std::string_view statement, std::size_t) { words.note(statement); });
  const auto called =
      language == ScriptKind::perl ? without_uncalled_functions(program, decodes) : std::string{program};
  const auto telling = words.find_telling(called);
  result.executes = telling.at != std::string_view::npos;
  result.evaluates = telling.evaluates;
  if (result.executes) result.execution = telling.at;
  auto flow = follow_data(program, language);
  result.runs_data = flow.executes;
  if (flow.executes) {
    // What it names beside them has nothing to do with it.
    if (!flow.files.empty()) result.files = std::move(flow.files);
    result.statements = std::move(flow.statements);
    result.execution = flow.execution;
    result.executes = true;
  }
  result.prints = std::any_of(k_printers.begin(), k_printers.end(),
                              [&](auto word) { return program.find(word) != std::string_view::npos; });
  return result;
}

namespace {

std::string in_words(const std::vector<ProgramText::Operation>& operations, const std::vector<std::size_t>& order) {
  std::string text;
  for (const auto i : order) text += (text.empty() ? "" : ", ") + operations[i].what;
  return text;
}

}  // namespace

std::optional<std::pair<std::string, std::string>> ProgramText::apply(std::string_view input,
                                                                      const FilterContext& context) const {
  if (operations.empty()) return std::nullopt;
  std::vector<std::size_t> order(operations.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  do {
    std::optional<std::string> held{input};
    for (const auto i : order)
      if (held) held = operations[i].undo(*held, context);
    if (held && makes_sense(*held)) return std::pair{*std::move(held), in_words(operations, order)};
  } while (std::next_permutation(order.begin(), order.end()));
  if (operations.size() > 1) return std::nullopt;
  // A single map may be one step of a pipeline that goes on.
  auto held = operations[0].undo(input, context);
  if (!held) return std::nullopt;
  return std::pair{*std::move(held), operations[0].what};
}

std::string ProgramText::describe() const {
  std::vector<std::size_t> order(operations.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  return in_words(operations, order);
}

}  // namespace assay::inspect
