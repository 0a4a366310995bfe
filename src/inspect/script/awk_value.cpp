#include "inspect/script/awk_value.hpp"

#include <fmt/format.h>
#include <fmt/printf.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace assay::inspect::awk {

namespace {

/// The number that `text` begins with, and whether it is nothing else.
std::pair<double, bool> number_in(const std::string& text) {
  const char* begin = text.c_str();
  while (std::isspace(static_cast<unsigned char>(*begin)) != 0) ++begin;
  // strtod(3) knows hexadecimal, infinities and nan(), awk does not.
  const char* digits = begin + (*begin == '-' || *begin == '+' ? 1 : 0);
  if (std::isdigit(static_cast<unsigned char>(*digits)) == 0 && *digits != '.') return {0, false};
  if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) return {0, false};
  char* end = nullptr;
  const double value = std::strtod(begin, &end);
  const bool any = end != begin;
  while (std::isspace(static_cast<unsigned char>(*end)) != 0) ++end;
  return {value, any && static_cast<std::size_t>(end - text.c_str()) == text.size()};
}

std::string text_of(double value) {
  if (value == std::floor(value) && std::fabs(value) < 1e15) return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{:.6g}", value);
}

/// Flags, width and precision as POSIX has them; nothing that a format could misuse.
bool is_layout(std::string_view flags) {
  const auto digits = [&] {
    while (!flags.empty() && std::isdigit(static_cast<unsigned char>(flags[0])) != 0) flags.remove_prefix(1);
  };
  if (flags.size() > 4) return false;
  flags.remove_prefix(std::min(flags.find_first_not_of("-+ #0"), flags.size()));
  digits();
  if (flags.starts_with('.')) flags.remove_prefix(1);
  digits();
  return flags.empty();
}

}  // namespace

Cell from_outside(std::string text) {
  const auto [value, all] = number_in(text);
  return {all ? Cell::Kind::numeric_text : Cell::Kind::text, value, std::move(text)};
}

double number(const Cell& cell) {
  return cell.kind == Cell::Kind::text ? number_in(cell.text).first : cell.number;
}

std::string text(const Cell& cell) {
  return cell.kind == Cell::Kind::number ? text_of(cell.number) : cell.text;
}

bool truth(const Cell& cell) {
  if (cell.kind == Cell::Kind::text) return !cell.text.empty();
  return cell.number != 0;
}

int compare(const Cell& a, const Cell& b) {
  if (a.kind != Cell::Kind::text && b.kind != Cell::Kind::text)
    return a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
  return text(a).compare(text(b));
}

Cell cased(std::string subject, bool upper) {
  for (auto& c : subject)
    c = static_cast<char>(upper ? std::toupper(static_cast<unsigned char>(c))
                                : std::tolower(static_cast<unsigned char>(c)));
  return Cell::of(std::move(subject));
}

std::optional<double> bitwise(std::string_view name, double a, double b) {
  const auto is_bits = [](double value) { return value >= 0 && value <= 4294967295.0; };
  if (!is_bits(a) || !is_bits(b)) return std::nullopt;
  const auto left = static_cast<std::uint64_t>(a), right = static_cast<std::uint64_t>(b);
  if (name == "xor") return static_cast<double>(left ^ right);
  if (name == "and") return static_cast<double>(left & right);
  if (name == "or") return static_cast<double>(left | right);
  if (name == "lshift" && right < 21) return static_cast<double>(left << right);
  if (name == "rshift" && right < 32) return static_cast<double>(left >> right);
  return std::nullopt;
}

std::optional<std::string> converted(char conversion, const std::string& flags, const Cell& value) {
  if (conversion == 'c') {
    if (value.kind == Cell::Kind::text) return value.text.substr(0, 1);
    return std::string(1, static_cast<char>(static_cast<std::int64_t>(std::fmod(value.number, 4294967296.0)) & 255));
  }
  if (conversion == 's' && flags.empty()) return text(value);
  if (!is_layout(flags)) return std::nullopt;
  if (conversion == 's') return fmt::sprintf("%" + flags + "s", text(value));
  const double amount = number(value);
  if (!(std::fabs(amount) < 9e18)) return std::nullopt;
  if (conversion == 'e' || conversion == 'f' || conversion == 'g')
    return fmt::sprintf("%" + flags + conversion, amount);
  if (conversion == 'i' || conversion == 'd') return fmt::sprintf("%" + flags + "d", static_cast<std::int64_t>(amount));
  if (conversion == 'o' || conversion == 'x' || conversion == 'X' || conversion == 'u')
    return fmt::sprintf("%" + flags + conversion, static_cast<std::uint64_t>(static_cast<std::int64_t>(amount)));
  return std::nullopt;
}

}  // namespace assay::inspect::awk
