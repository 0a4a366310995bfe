// The values of an awk program, which are numbers, texts, or texts from outside that count as both (POSIX.1-2017 XCU awk,
// "Expressions in awk"), and how one becomes the other. Internal to awk_value.cpp and awk.cpp.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace assay::inspect::awk {

struct Cell {
  enum class Kind : std::uint8_t { unset, number, text, numeric_text };
  Kind kind = Kind::unset;
  double number = 0;
  std::string text;

  static Cell of(double value) { return {Kind::number, value, {}}; }
  static Cell of(std::string value) { return {Kind::text, 0, std::move(value)}; }
};

/// A field, or what -v gives: a number as well where it looks like one.
Cell from_outside(std::string text);

double number(const Cell& cell);
std::string text(const Cell& cell);
bool truth(const Cell& cell);
/// Less than, equal to or greater than zero; by number where both are.
int compare(const Cell& a, const Cell& b);
/// Every letter of ASCII in the case asked for.
Cell cased(std::string subject, bool upper);
/// gawk's xor, and, or, lshift and rshift over 32 bits. Nothing for other names and for what is no such number.
std::optional<double> bitwise(std::string_view name, double a, double b);
/// What printf makes of `value`; `flags` is what stands between % and the conversion. Nothing if that is no layout of POSIX or
/// no conversion that is followed.
std::optional<std::string> converted(char conversion, const std::string& flags, const Cell& value);

}  // namespace assay::inspect::awk
