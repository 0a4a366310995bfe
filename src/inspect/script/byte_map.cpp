#include "inspect/script/byte_map.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_longest_set = 64 * 1024;

/// One element of a set: a character, and whether it came from an escape (an escaped `-` is no range).
struct SetCharacter {
  std::uint8_t value = 0;
  bool escaped = false;
};

int simple_escape(char c) noexcept {
  switch (c) {
    case 'a':
      return 7;
    case 'b':
      return 8;
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
    default:
      return static_cast<std::uint8_t>(c);
  }
}

bool is_octal(char c) noexcept {
  return c >= '0' && c <= '7';
}

/// Read one possibly escaped character at `at`, and step over it.
SetCharacter take_character(std::string_view text, std::size_t& at) {
  const char c = text[at++];
  if (c != '\\' || at == text.size()) return {static_cast<std::uint8_t>(c), false};
  if (!is_octal(text[at])) return {static_cast<std::uint8_t>(simple_escape(text[at++])), true};
  unsigned value = 0;
  for (int digits = 0; digits < 3 && at < text.size() && is_octal(text[at]); ++digits) {
    const auto next = value * 8 + static_cast<unsigned>(text[at] - '0');
    if (next > 255) break;  // GNU tr: \400 is \40 followed by 0
    value = next;
    ++at;
  }
  return {static_cast<std::uint8_t>(value), true};
}

bool in_class(std::string_view name, int c) {
  if (name == "alnum") return std::isalnum(c) != 0;
  if (name == "alpha") return std::isalpha(c) != 0;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return std::iscntrl(c) != 0;
  if (name == "digit") return std::isdigit(c) != 0;
  if (name == "graph") return std::isgraph(c) != 0;
  if (name == "lower") return std::islower(c) != 0;
  if (name == "print") return std::isprint(c) != 0;
  if (name == "punct") return std::ispunct(c) != 0;
  if (name == "space") return std::isspace(c) != 0;
  if (name == "upper") return std::isupper(c) != 0;
  if (name == "xdigit") return std::isxdigit(c) != 0;
  return false;
}

bool is_class(std::string_view name) {
  static constexpr std::string_view k_names[] = {"alnum", "alpha", "blank", "cntrl", "digit", "graph",
                                                 "lower", "print", "punct", "space", "upper", "xdigit"};
  return std::find(std::begin(k_names), std::end(k_names), name) != std::end(k_names);
}

struct ByteSet {
  std::vector<std::uint8_t> bytes;
  std::optional<std::size_t> fill;  ///< where `[c*]` stands: repeat that byte until the sets are of one length
};

/// `[:class:]`, `[=c=]`, `[c*n]` at `at`: true if there was one.
bool take_bracket(std::string_view text, std::size_t& at, ByteSet& set) {
  if (text[at] != '[' || at + 3 >= text.size()) return false;
  if (text[at + 1] == ':') {
    const auto end = text.find(":]", at + 2);
    if (end == std::string_view::npos || !is_class(text.substr(at + 2, end - at - 2))) return false;
    for (int c = 0; c < 256; ++c)
      if (in_class(text.substr(at + 2, end - at - 2), c)) set.bytes.push_back(static_cast<std::uint8_t>(c));
    at = end + 2;
    return true;
  }
  if (text[at + 1] == '=' && text.substr(at + 3).starts_with("=]")) {
    set.bytes.push_back(static_cast<std::uint8_t>(text[at + 2]));
    at += 5;
    return true;
  }
  auto inside = at + 1;
  const auto repeated = take_character(text, inside);
  if (inside >= text.size() || text[inside] != '*') return false;
  const auto end = text.find(']', inside);
  if (end == std::string_view::npos) return false;
  const auto digits = text.substr(inside + 1, end - inside - 1);
  std::size_t count = 0;
  for (const char c : digits) {
    if (!std::isdigit(static_cast<unsigned char>(c))) return false;
    count = std::min<std::size_t>(count * (digits[0] == '0' ? 8 : 10) + static_cast<std::size_t>(c - '0'), 256);
  }
  if (count == 0) {
    set.fill = set.bytes.size();
    count = 1;
  }
  set.bytes.insert(set.bytes.end(), count, repeated.value);
  at = end + 1;
  return true;
}

std::optional<ByteSet> parse_set(std::string_view text) {
  ByteSet set;
  for (std::size_t at = 0; at < text.size();) {
    if (set.bytes.size() > k_longest_set) return std::nullopt;
    if (take_bracket(text, at, set)) continue;
    const auto first = take_character(text, at);
    if (at + 1 >= text.size() || text[at] != '-') {
      set.bytes.push_back(first.value);
      continue;
    }
    ++at;
    const auto last = take_character(text, at);
    if (last.value < first.value) return std::nullopt;
    for (unsigned c = first.value; c <= last.value; ++c) set.bytes.push_back(static_cast<std::uint8_t>(c));
  }
  return set;
}

struct TrCommand {
  bool complement = false;
  bool remove = false;
  bool squeeze = false;
  bool truncate = false;
  std::vector<std::string_view> sets;
};

std::optional<TrCommand> parse_tr_command(const std::vector<std::string>& arguments) {
  TrCommand command;
  bool options = true;
  for (const std::string_view argument : arguments) {
    if (options && argument == "--") {
      options = false;
    } else if (options && argument.starts_with("--")) {
      if (argument == "--delete") command.remove = true;
      else if (argument == "--complement") command.complement = true;
      else if (argument == "--squeeze-repeats") command.squeeze = true;
      else if (argument == "--truncate-set1") command.truncate = true;
      else return std::nullopt;
    } else if (options && argument.size() > 1 && argument[0] == '-') {
      for (const char c : argument.substr(1)) {
        if (c == 'd') command.remove = true;
        else if (c == 'c' || c == 'C') command.complement = true;
        else if (c == 's') command.squeeze = true;
        else if (c == 't') command.truncate = true;
        else return std::nullopt;
      }
    } else {
      command.sets.push_back(argument);
    }
  }
  const bool one_suffices = command.remove || command.squeeze;
  if (command.sets.empty() || command.sets.size() > 2 || (command.sets.size() == 1 && !one_suffices))
    return std::nullopt;
  return command;
}

std::vector<std::uint8_t> complement_of(const std::vector<std::uint8_t>& bytes) {
  std::bitset<256> present;
  for (const auto byte : bytes) present.set(byte);
  std::vector<std::uint8_t> rest;
  for (unsigned c = 0; c < 256; ++c)
    if (!present.test(c)) rest.push_back(static_cast<std::uint8_t>(c));
  return rest;
}

/// Make the second set as long as the first, as GNU tr does.
void pad(ByteSet& second, std::size_t length, bool truncate) {
  if (second.fill && second.bytes.size() < length)
    second.bytes.insert(second.bytes.begin() + static_cast<std::ptrdiff_t>(*second.fill), length - second.bytes.size(),
                        second.bytes[*second.fill]);
  if (!truncate && !second.bytes.empty() && second.bytes.size() < length)
    second.bytes.resize(length, second.bytes.back());
}

}  // namespace

ByteMap ByteMap::identity() noexcept {
  ByteMap map;
  for (unsigned c = 0; c < 256; ++c) map.to[c] = static_cast<std::uint8_t>(c);
  return map;
}

Bytes ByteMap::apply(ByteView bytes) const {
  Bytes result;
  result.reserve(bytes.size());
  const bool plain = deleted.none() && squeezed.none();
  for (const auto byte : bytes) {
    if (!plain && deleted.test(byte)) continue;
    const auto mapped = to[byte];
    if (!plain && squeezed.test(mapped) && !result.empty() && result.back() == mapped) continue;
    result.push_back(mapped);
  }
  return result;
}

std::size_t ByteMap::changed() const noexcept {
  std::size_t count = deleted.count();
  for (unsigned c = 0; c < 256; ++c) count += !deleted.test(c) && to[c] != c ? 1U : 0U;
  return count;
}

bool ByteMap::is_identity() const noexcept {
  return changed() == 0 && squeezed.none();
}

bool ByteMap::is_textual() const noexcept {
  std::bitset<256> targets;
  std::size_t mapped = 0;
  bool folds_case = true;
  for (unsigned c = 0; c < 256; ++c) {
    if (deleted.test(c) || to[c] == c) continue;
    ++mapped;
    targets.set(to[c]);
    folds_case &= std::isalpha(static_cast<int>(c)) != 0 && (to[c] ^ c) == 0x20;
  }
  // A single replaced character, or many replaced by the same, loses information instead of restoring it.
  if (mapped == 0 || folds_case || targets.count() == 1) return true;
  // `tr 'a-z./-' 'A-Z___'`: letter case beside others that become one and the same.
  std::bitset<256> others;
  for (unsigned c = 0; c < 256; ++c) {
    const bool is_case = std::isalpha(static_cast<int>(c)) != 0 && (to[c] ^ c) == 0x20;
    if (!deleted.test(c) && to[c] != c && !is_case) others.set(to[c]);
  }
  return others.count() <= 1;
}

std::optional<ByteMap> parse_tr(const std::vector<std::string>& arguments) {
  const auto command = parse_tr_command(arguments);
  if (!command) return std::nullopt;
  auto first = parse_set(command->sets[0]);
  auto second = command->sets.size() == 2 ? parse_set(command->sets[1]) : std::optional<ByteSet>{ByteSet{}};
  if (!first || !second) return std::nullopt;
  if (command->complement) first->bytes = complement_of(first->bytes);
  auto map = ByteMap::identity();
  if (command->remove) {
    for (const auto byte : first->bytes) map.deleted.set(byte);
  } else if (command->sets.size() == 2) {
    if (second->bytes.empty()) return std::nullopt;
    pad(*second, first->bytes.size(), command->truncate);
    // Where a byte stands twice in the first set, the last one counts.
    for (std::size_t i = 0; i < std::min(first->bytes.size(), second->bytes.size()); ++i)
      map.to[first->bytes[i]] = second->bytes[i];
  }
  if (command->squeeze)
    for (const auto byte : command->sets.size() == 2 ? second->bytes : first->bytes) map.squeezed.set(byte);
  return map;
}

std::optional<ByteMap> parse_transliteration(std::string_view from, std::string_view to, bool ranges) {
  const auto read = [ranges](std::string_view text) -> std::optional<std::vector<std::uint8_t>> {
    if (ranges) {
      auto set = parse_set(text);
      if (!set) return std::nullopt;
      return std::move(set->bytes);
    }
    std::vector<std::uint8_t> bytes;
    for (std::size_t at = 0; at < text.size();) bytes.push_back(take_character(text, at).value);
    return bytes;
  };
  auto first = read(from);
  auto second = read(to);
  if (!first || !second || first->empty() || second->empty()) return std::nullopt;
  if (ranges && second->size() < first->size()) second->resize(first->size(), second->back());
  if (first->size() > second->size() || (!ranges && first->size() != second->size())) return std::nullopt;
  auto map = ByteMap::identity();
  // Here the first one counts (perlop: "the first one is used"; sed refuses).
  for (std::size_t i = first->size(); i-- > 0;) map.to[(*first)[i]] = (*second)[i];
  return map;
}

}  // namespace assay::inspect
