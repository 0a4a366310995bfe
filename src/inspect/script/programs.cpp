// What small program texts and printing commands do to bytes.
#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "inspect/script/filters.hpp"
#include "inspect/script/program_words.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_longest_program = 64 * 1024;
constexpr std::size_t k_longest_key = 256;

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

/// A number literal (decimal, `0x…`) as a key: one byte, or the bytes of a longer hexadecimal one.
std::optional<Bytes> number_key(std::string_view text, std::size_t at) {
  if (text.substr(at).starts_with("0x") || text.substr(at).starts_with("0X")) {
    auto end = at + 2;
    while (end < text.size() && std::isxdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
    auto digits = std::string{text.substr(at + 2, end - at - 2)};
    if (digits.empty() || digits.size() > 32) return std::nullopt;
    if (digits.size() % 2 != 0) digits.insert(digits.begin(), '0');
    return from_hex(digits);
  }
  unsigned value = 0;
  auto end = at;
  for (; end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0 && value < 1000; ++end)
    value = value * 10 + static_cast<unsigned>(text[end] - '0');
  if (end == at || value == 0 || value > 255) return std::nullopt;
  return Bytes{static_cast<std::uint8_t>(value)};
}

/// A string literal as a key, its escapes undone.
std::optional<Bytes> string_key(std::string_view text, std::size_t at) {
  const char quote = text[at];
  Bytes key;
  for (++at; at < text.size() && text[at] != quote && key.size() < k_longest_key; ++at) {
    if (text[at] != '\\' || at + 1 >= text.size()) {
      key.push_back(static_cast<std::uint8_t>(text[at]));
      continue;
    }
    ++at;
    if (text[at] == 'x') {
      unsigned value = 0;
      std::size_t digits = 0;
      while (digits < 2 && at + 1 < text.size() && std::isxdigit(static_cast<unsigned char>(text[at + 1])) != 0) {
        const char c = text[++at];
        value = value * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        ++digits;
      }
      key.push_back(static_cast<std::uint8_t>(value));
    } else {
      key.push_back(static_cast<std::uint8_t>(text[at]));
    }
  }
  if (key.empty()) return std::nullopt;
  return key;
}

/// Past what only wraps a key: `substr("word" x length, …)`, `chr(0x5a)`, parentheses.
std::size_t skip_calls(std::string_view text, std::size_t at) {
  for (bool moved = true; moved && at < text.size();) {
    moved = false;
    for (const std::string_view wrapper :
         {"(", "chr(", "ord(", "substr(", "bytes(", "bytearray(", "as.raw(", "as.integer("}) {
      if (!text.substr(at).starts_with(wrapper)) continue;
      at = skip_space(text, at + wrapper.size());
      moved = true;
    }
  }
  return at;
}

std::optional<Bytes> key_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::nullopt;
  if (text[at] == '"' || text[at] == '\'') return string_key(text, at);
  if (text.substr(at).starts_with("b\"") || text.substr(at).starts_with("b'")) return string_key(text, at + 1);
  return number_key(text, at);
}

/// The word that ends before `end`.
std::string_view word_before(std::string_view text, std::size_t end) {
  auto begin = end;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

bool is_name(std::string_view word) {
  return !word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) == 0;
}

/// The literal that the variable at `at` is given.
std::optional<Bytes> named_key(std::string_view text, std::size_t at, const NamedKeys& named) {
  if (at < text.size() && text[at] == '$') ++at;
  auto end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  const auto key = named.find(text.substr(std::min(at, text.size()), end - at));
  return key != named.end() ? std::optional{key->second} : std::nullopt;
}

/// Where the second argument of the call begins whose first begins at `at`; npos if it is not near.
std::size_t second_argument(std::string_view text, std::size_t at) {
  constexpr std::size_t k_longest_argument = 120;
  int depth = 0;
  for (const auto end = std::min(text.size(), at + k_longest_argument); at < end; ++at) {
    depth += text[at] == '(' || text[at] == '[' ? 1 : text[at] == ')' || text[at] == ']' ? -1 : 0;
    if (depth < 0) return std::string_view::npos;
    if (depth == 0 && text[at] == ',') return at + 1;
  }
  return std::string_view::npos;
}

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

/// Words without which a `^` is a power or an anchor.
bool works_on_bytes(std::string_view program) {
  static constexpr std::string_view k_words[] = {"chr",          "ord",          "unpack",   "bytes",   "bytearray",
                                                 "fromCharCode", "charCodeAt",   "%c",       "length",  "$((",
                                                 "xor(",         "readFileSync", "Buffer",   "binread", ".bytes",
                                                 "Xor(",         "(EXPR ",       " as char", "(char)",  "decoding:"};
  return std::any_of(std::begin(k_words), std::end(k_words), [&](auto word) { return contains(program, word); });
}

int escape_value(char c) {
  switch (c) {
    case 'a':
      return 7;
    case 'b':
      return 8;
    case 'e':
      return 27;
    case 'f':
      return 12;
    case 'n':
      return 10;
    case 'r':
      return 13;
    case 't':
      return 9;
    case 'v':
      return 11;
    case '\\':
      return '\\';
    case '"':
      return '"';
    case '\'':
      return '\'';
    default:
      return -1;
  }
}

/// Undo the escape behind the backslash at `at - 1`; `at` is left on its last character.
void put_escape(std::string& result, std::string_view text, std::size_t& at, bool octal_needs_zero) {
  const char c = text[at];
  if (c == 'x' && at + 1 < text.size() && std::isxdigit(static_cast<unsigned char>(text[at + 1])) != 0) {
    unsigned value = 0;
    for (int digits = 0;
         digits < 2 && at + 1 < text.size() && std::isxdigit(static_cast<unsigned char>(text[at + 1])) != 0; ++digits) {
      const char digit = text[++at];
      value = value * 16 + static_cast<unsigned>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    result += static_cast<char>(value);
  } else if (c >= '0' && c <= '7' && (!octal_needs_zero || c == '0')) {
    unsigned value = 0;
    const int most = c == '0' && octal_needs_zero ? 4 : 3;
    int digits = 0;
    for (; digits < most && at < text.size() && text[at] >= '0' && text[at] <= '7'; ++digits)
      value = value * 8 + static_cast<unsigned>(text[at++] - '0');
    --at;
    result += static_cast<char>(value & 255U);
  } else if (const int value = escape_value(c); value >= 0) {
    result += static_cast<char>(value);
  } else {
    result += '\\';
    result += c;
  }
}

std::string with_escapes(std::string_view text, bool octal_needs_zero) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 >= text.size()) {
      result += text[at];
      continue;
    }
    ++at;
    if (text[at] == 'c') return result;
    put_escape(result, text, at, octal_needs_zero);
  }
  return result;
}

std::optional<std::string> formatted(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) return std::string{};
  std::size_t next = arguments[1] == "--" ? 2 : 1;
  if (next >= arguments.size()) return std::string{};
  const std::string_view format = arguments[next++];
  std::string result;
  do {
    const auto before = next;
    for (std::size_t at = 0; at < format.size(); ++at) {
      if (format[at] == '\\' && at + 1 < format.size()) {
        ++at;
        put_escape(result, format, at, false);
      } else if (format[at] == '%' && at + 1 < format.size()) {
        const char conversion = format[++at];
        if (conversion == '%') {
          result += '%';
          continue;
        }
        const auto argument = next < arguments.size() ? std::string_view{arguments[next]} : std::string_view{};
        ++next;
        if (conversion == 's' || conversion == 'd' || conversion == 'i') result += argument;
        else if (conversion == 'b') result += with_escapes(argument, true);
        else if (conversion == 'c') result += argument.substr(0, 1);
        else return std::nullopt;
      } else {
        result += format[at];
      }
    }
    if (next == before) break;
  } while (next < arguments.size() && result.size() < (16U << 20));
  return result;
}

}  // namespace

NamedKeys keys_named_in(std::string_view text) {
  text = text.substr(0, k_longest_program);
  NamedKeys named;
  for (auto equals = text.find('='); equals != std::string_view::npos; equals = text.find('=', equals + 1)) {
    if (text.substr(equals).starts_with("==")) continue;
    auto end = equals;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
    const auto name = word_before(text, end);
    if (!is_name(name) || named.contains(name)) continue;
    if (auto key = key_at(text, skip_calls(text, skip_space(text, equals + 1)))) named.emplace(name, std::move(*key));
  }
  return named;
}

std::vector<Bytes> xor_keys_of(std::string_view program) {
  return works_on_bytes(program.substr(0, k_longest_program)) ? xor_keys_of(program, keys_named_in(program))
                                                              : std::vector<Bytes>{};
}

std::vector<Bytes> xor_keys_of(std::string_view program, const NamedKeys& named) {
  program = program.substr(0, k_longest_program);
  std::vector<Bytes> keys;
  const auto add = [&](std::optional<Bytes> key) {
    if (!key || std::all_of(key->begin(), key->end(), [](auto byte) { return byte == 0; })) return;
    if (keys.size() < 16 && std::find(keys.begin(), keys.end(), *key) == keys.end()) keys.push_back(std::move(*key));
  };
  if (!works_on_bytes(program)) return keys;
  for (std::size_t at = program.find('^'); at != std::string_view::npos; at = program.find('^', at + 1)) {
    // `[^…` and `/^…` are patterns.
    if (at > 0 &&
        (program[at - 1] == '[' || program[at - 1] == '/' || program[at - 1] == '(' || program[at - 1] == '|'))
      continue;
    auto behind = skip_space(program, at + 1);
    if (behind < program.size() && program[behind] == '=') behind = skip_space(program, behind + 1);
    const auto operand = skip_calls(program, behind);
    auto key = key_at(program, operand);
    add(key ? std::move(key) : named_key(program, operand, named));
  }
  for (const std::string_view word : {"xor(", "Xor("})
    for (auto at = program.find(word); at != std::string_view::npos; at = program.find(word, at + 1))
      if (const auto second = second_argument(program, at + word.size()); second != std::string_view::npos)
        add(key_at(program, skip_calls(program, skip_space(program, second))));
  return keys;
}

bool looks_like_rc4(std::string_view program) noexcept {
  program = program.substr(0, k_longest_program);
  const bool bounds = contains(program, "256") || contains(program, "255");
  const bool remainder = contains(program, "%256") || contains(program, "% 256") || contains(program, "&255") ||
                         contains(program, "& 255");
  // Table[i] = Table[j]; Table[j] = held: two subscripted assignments of subscripted values.
  std::size_t swaps = 0;
  for (std::size_t at = program.find("]="); at != std::string_view::npos && swaps < 4; at = program.find("]=", at + 2))
    ++swaps;
  for (std::size_t at = program.find("] = "); at != std::string_view::npos && swaps < 4;
       at = program.find("] = ", at + 4))
    ++swaps;
  const bool makes_bytes = contains(program, "%c") || contains(program, "chr(");
  return bounds && remainder && swaps >= 2 && makes_bytes;
}

std::optional<std::string> printed(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return std::nullopt;
  const auto name = path_basename(arguments[0]);
  if (name == "printf") return formatted(arguments);
  if (name != "echo") return std::nullopt;
  std::size_t first = 1;
  bool newline = true, escapes = false;
  for (; first < arguments.size(); ++first) {
    const auto& word = arguments[first];
    if (word.size() < 2 || word[0] != '-' || word.find_first_not_of("neE", 1) != std::string::npos) break;
    newline = newline && word.find('n') == std::string::npos;
    escapes = escapes || word.find('e') != std::string::npos;
  }
  std::string result;
  for (std::size_t i = first; i < arguments.size(); ++i)
    result += (i > first ? " " : "") + (escapes ? with_escapes(arguments[i], true) : arguments[i]);
  if (newline) result += '\n';
  return result;
}

}  // namespace assay::inspect
