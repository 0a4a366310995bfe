#include "provenance/m4_header.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace assay::provenance {

namespace {

constexpr std::uint64_t k_cosmetic_lines = 50;
constexpr std::size_t k_max_scanned = 1U << 20;
constexpr std::size_t k_max_text = 64;
constexpr std::size_t k_max_name = 255;

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_word(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Remove leading blanks; true if there were any.
bool skip_blanks(std::string_view& text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), is_blank);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count > 0;
}

/// Take the characters up to the next blank.
std::string_view take_word(std::string_view& text) noexcept {
  const auto end = std::find_if(text.begin(), text.end(), is_blank);
  const auto word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

/// `^\d+(?:\.\d+)*$`
bool is_serial_number(std::string_view word) noexcept {
  bool digit_before = false;
  for (const char c : word) {
    if (!is_digit(c) && !(c == '.' && digit_before)) return false;
    digit_before = is_digit(c);
  }
  return digit_before;
}

std::uint32_t last_component(std::string_view word) noexcept {
  if (const auto dot = word.rfind('.'); dot != std::string_view::npos) word.remove_prefix(dot + 1);
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t value = 0;
  for (const char c : word) value = std::min(value * 10 + static_cast<std::uint64_t>(c - '0'), most);
  return static_cast<std::uint32_t>(value);
}

std::string_view take_component(std::string_view& number) noexcept {
  const auto dot = number.find('.');
  auto component = number.substr(0, dot);
  number.remove_prefix(dot == std::string_view::npos ? number.size() : dot + 1);
  component.remove_prefix(std::min(component.find_first_not_of('0'), component.size()));
  return component;
}

/// Component-wise comparison, as aclocal's list_compare does; numbers of any length.
bool is_less(std::string_view a, std::string_view b) noexcept {
  while (!a.empty() && !b.empty()) {
    const auto x = take_component(a);
    const auto y = take_component(b);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  return a.empty() && !b.empty();
}

bool is_letter(char c) noexcept {
  return is_word(c) && !is_digit(c) && c != '_';
}

/// "AM5" and "17b", as gettext and gnulib wrote now and then, without their letters.
std::string_view without_letters(std::string_view word) noexcept {
  while (!word.empty() && is_letter(word.front())) word.remove_prefix(1);
  while (!word.empty() && is_letter(word.back())) word.remove_suffix(1);
  return word;
}

/// The number behind `serial`, if `text` goes on with that word and one.
std::optional<std::string_view> number_after_serial(std::string_view text) noexcept {
  constexpr std::string_view keyword = "serial";
  if (!text.starts_with(keyword)) return std::nullopt;
  text.remove_prefix(keyword.size());
  if (!skip_blanks(text)) return std::nullopt;
  return take_word(text);
}

/// `^#\s*serial\s+(\S*)`
std::optional<std::string_view> honoured_number(std::string_view line) noexcept {
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  skip_blanks(line);
  const auto number = number_after_serial(line);
  if (!number || !is_serial_number(*number)) return std::nullopt;
  return number;
}

/// `# name.m4 serial 7`, `# name.m4: serial 7,`, `# name.m4 serial 17b`, `dnl name.m4 serial 7`, `dnl serial 7`.
std::optional<M4Serial> cosmetic_serial(std::string_view line, std::uint64_t number_of_line) {
  const bool is_dnl = line.starts_with("dnl");
  if (!is_dnl && !line.starts_with('#')) return std::nullopt;
  line.remove_prefix(is_dnl ? 3 : std::min(line.find_first_not_of('#'), line.size()));
  skip_blanks(line);
  std::string_view name;
  if (!line.starts_with("serial")) {
    name = take_word(line);
    if (name.ends_with(':')) name.remove_suffix(1);
    if (!name.ends_with(".m4")) return std::nullopt;
    skip_blanks(line);
  }
  auto number = number_after_serial(line);
  if (!number) return std::nullopt;
  if (number->starts_with('#')) number->remove_prefix(1);
  while (number->ends_with(',') || number->ends_with('.') || number->ends_with(':')) number->remove_suffix(1);
  const auto digits = without_letters(*number);
  if (!is_serial_number(digits)) return std::nullopt;
  return M4Serial{last_component(digits), std::string{number->substr(0, k_max_text)},
                  std::string{name.substr(0, k_max_name)}, false, number_of_line};
}

/// True if a macro is defined in `line`, comments aside: `(?:AU_ALIAS|A[CU]_DEFUN|AC_DEFUN_ONCE)\(`.
bool defines_macro(std::string_view line) noexcept {
  line = line.substr(0, line.find('#'));
  for (auto at = line.find("dnl"); at != std::string_view::npos; at = line.find("dnl", at + 1)) {
    const bool starts = at == 0 || !is_word(line[at - 1]);
    const bool ends = at + 3 == line.size() || !is_word(line[at + 3]);
    if (starts && ends) line = line.substr(0, at);
  }
  constexpr std::array<std::string_view, 4> openers{"AC_DEFUN(", "AU_DEFUN(", "AU_ALIAS(", "AC_DEFUN_ONCE("};
  return std::any_of(openers.begin(), openers.end(),
                     [line](std::string_view opener) { return line.find(opener) != std::string_view::npos; });
}

std::string_view take_line(std::string_view& text) noexcept {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::optional<M4Serial> parse_m4_serial(std::string_view content) {
  content = content.substr(0, k_max_scanned);
  std::optional<M4Serial> honoured;
  std::optional<M4Serial> cosmetic;
  std::string_view greatest;
  bool macro_seen = false;
  for (std::uint64_t number = 1; !content.empty() && (!macro_seen || number <= k_cosmetic_lines); ++number) {
    const auto line = take_line(content);
    if (!cosmetic && number <= k_cosmetic_lines) cosmetic = cosmetic_serial(line, number);
    if (macro_seen || line.starts_with("##")) continue;
    if (const auto found = honoured_number(line); found && (!honoured || is_less(greatest, *found))) {
      honoured = M4Serial{last_component(*found), std::string{found->substr(0, k_max_text)}, {}, true, number};
      greatest = *found;
    }
    macro_seen = defines_macro(line);
  }
  return honoured ? honoured : cosmetic;
}

}  // namespace assay::provenance
