#include "attest/encoding.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

namespace assay::attest {

namespace {

constexpr std::string_view k_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < k_digits.size(); ++i)
    values[static_cast<unsigned char>(k_digits[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto k_values = make_values();

/// `digits` decimal digits at `at`; -1 if there is anything else.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  if (at + digits > text.size()) return -1;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// What stands behind the seconds: an optional fraction, then `Z` or an offset. The offset in seconds.
std::optional<std::int64_t> parse_zone(std::string_view text) {
  if (text.starts_with('.')) {
    const auto end = text.find_first_not_of("0123456789", 1);
    if (end == 1 || end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end);
  }
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const int hours = number_at(text, 1, 2);
  const int minutes = number_at(text, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const int offset = hours * 3600 + minutes * 60;
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t missing = i + 4 == text.size() ? padding : 0;
    std::uint32_t group = 0;
    for (std::size_t digit = 0; digit < 4; ++digit) {
      const int value = digit >= 4 - missing ? 0 : k_values[static_cast<unsigned char>(text[i + digit])];
      if (value < 0) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    if ((group & ((1U << (8 * missing)) - 1)) != 0) return std::nullopt;  // bits that belong to no byte
    for (std::size_t byte = 0; byte < 3 - missing; ++byte)
      out.push_back(static_cast<std::uint8_t>(group >> (16 - 8 * byte)));
  }
  return out;
}

std::optional<Bytes> from_base64_lines(std::string_view text) {
  std::string joined;
  joined.reserve(text.size());
  for (const char c : text)
    if (c != '\n' && c != '\r') joined += c;
  return from_base64(joined);
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  if (text.size() < 20 || text.size() > 40 || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const int year = number_at(text, 0, 4), month = number_at(text, 5, 2), day = number_at(text, 8, 2);
  const int hour = number_at(text, 11, 2), minute = number_at(text, 14, 2), second = number_at(text, 17, 2);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  const auto zone = parse_zone(text.substr(19));
  if (year < 0 || month < 0 || day < 0 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60 || !zone)
    return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return std::int64_t{days} * 86400 + hour * 3600 + minute * 60 + second - *zone;
}

std::string format_time(std::int64_t seconds) {
  // Years beyond four digits have no RFC 3339 form; they only come from hostile input.
  if (seconds < -62'135'596'800 || seconds > 253'402'300'799) return fmt::format("{} s since the epoch", seconds);
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{seconds}});
  const std::chrono::year_month_day date{days};
  const auto rest = seconds - std::int64_t{days.time_since_epoch().count()} * 86400;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), rest / 3600,
                     rest / 60 % 60, rest % 60);
}

std::string TimeRange::to_string() const {
  return fmt::format("{} to {}", format_time(start), end ? format_time(*end) : "no end");
}

std::optional<Bytes> from_pem(std::string_view text, std::string_view label) {
  const auto head = fmt::format("-----BEGIN {}-----", label);
  const auto tail = fmt::format("-----END {}-----", label);
  const auto begin = text.find(head);
  if (begin == std::string_view::npos) return std::nullopt;
  const auto body = begin + head.size();
  const auto end = text.find(tail, body);
  if (end == std::string_view::npos) return std::nullopt;
  return from_base64_lines(text.substr(body, end - body));
}

std::string to_pem(ByteView der, std::string_view label) {
  const auto body = to_base64(der);
  auto out = fmt::format("-----BEGIN {}-----\n", label);
  for (std::size_t i = 0; i < body.size(); i += 64) out += body.substr(i, 64) + "\n";
  return out + fmt::format("-----END {}-----\n", label);
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace assay::attest
