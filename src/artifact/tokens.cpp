#include "artifact/tokens.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <memory>

#include "base/text.hpp"

namespace assay::artifact {

namespace {

#define ASSAY_MONTH "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
#define ASSAY_LONG_MONTH \
  "(?:January|February|March|April|May|June|July|August|September|October|November|December|" ASSAY_MONTH ")"
#define ASSAY_DAY "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
#define ASSAY_CLOCK "[0-2][0-9]:[0-5][0-9](?::[0-6][0-9](?:\\.[0-9]+)?)?"
#define ASSAY_ZONE "(?: ?(?:[+-][01][0-9]:?[0-5][0-9]|Z|UTC|GMT|[A-Z]{3,4}))?"
#define ASSAY_YEAR "(?:19[89][0-9]|20[0-9][0-9])"

struct Pattern {
  TokenKind kind;
  const char* expression;  ///< group 1 is the token; what stands around it is context
};

/// The more specific notation first: where two overlap, the earlier line wins.
constexpr Pattern k_patterns[] = {
    // What a package's own description, or a relation to another package, gives as a version: all of it, with the epoch.
    {TokenKind::version,
     "(?:(?:^|\\n)(?:Version: |pkgver = )|\\((?:=|<<|<=|>=|>>) )([0-9]+[a-z]?[.:+~-][0-9A-Za-z.+~:-]*[0-9A-Za-z+~])"
     "(?:[\\s)]|$)"},
    {TokenKind::compiler,
     "((?:GCC: \\([^)]*\\) [0-9][0-9.]*|(?:[A-Za-z]+ )?clang version [0-9][^\\n\\x00]*|rustc version "
     "[^\\n\\x00]*|Linker: LLD [^\\n\\x00]*|"
     "go1\\.[0-9]+(?:\\.[0-9]+)?|GNU (?:C|C\\+\\+|Fortran|AS|GIMPLE|Ada)[0-9]* [0-9][^ \\n\\x00]*))"},
    {TokenKind::date,
     "(" ASSAY_DAY ",? " ASSAY_MONTH " [ 0-3]?[0-9],? " ASSAY_CLOCK "(?: ?[AP]M)?(?: [A-Z]{3,4})? " ASSAY_YEAR ")"},
    {TokenKind::date, "((?:" ASSAY_DAY "[a-z]*, ?)?[ 0-3]?[0-9][ -]" ASSAY_LONG_MONTH "[ -]" ASSAY_YEAR
                      "(?:[ ,T]+" ASSAY_CLOCK ASSAY_ZONE ")?)"},
    {TokenKind::date, "(" ASSAY_LONG_MONTH " [ 0-3]?[0-9],? " ASSAY_YEAR "(?:[ ,T]+" ASSAY_CLOCK ASSAY_ZONE ")?)"},
    {TokenKind::date,
     "(?:^|[^0-9])(" ASSAY_YEAR "[-/.](?:0[1-9]|1[0-2])[-/.](?:0[1-9]|[12][0-9]|3[01])(?:[ T_]+" ASSAY_CLOCK ASSAY_ZONE
     ")?)(?:[^0-9]|$)"},
    {TokenKind::date,
     "(?:^|[^0-9])((?:0[1-9]|[12][0-9]|3[01])[/.](?:0[1-9]|1[0-2]|[12][0-9]|3[01])[/.]" ASSAY_YEAR ")(?:[^0-9]|$)"},
    {TokenKind::date,
     "(?:^|[^0-9])(" ASSAY_YEAR "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[T_-]?[0-2][0-9][0-5][0-9](?:[0-6][0-9])"
     "?(?:Z|[+-][01][0-9]'?[0-5][0-9]'?)?)?)(?:[^0-9]|$)"},
    {TokenKind::date, "(" ASSAY_LONG_MONTH ",? " ASSAY_YEAR ")"},
    {TokenKind::date, "(?:^|[^0-9A-Za-z.])((?:9[0-9]{8}|1[0-9]{9}|20[0-9]{8})(?:\\.[0-9]+)?)(?:[^0-9A-Za-z]|$)"},
    {TokenKind::uuid,
     "(?i)(?:^|[^0-9a-f-])([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:[^0-9a-f-]|$)"},
    {TokenKind::digest,
     "(?i)(?:^|[^0-9a-z])([0-9a-f]{128}|[0-9a-f]{96}|[0-9a-f]{64}|[0-9a-f]{56}|[0-9a-f]{40}|[0-9a-f]{32})(?:[^0-9a-z]|$"
     ")"},
    {TokenKind::digest, "(?:sha(?:256|384|512)[=-])([A-Za-z0-9_+/-]{43,88}={0,2})"},
    {TokenKind::digest,
     "(?:^|[^A-Za-z0-9+/=])([A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==)(?:[^A-Za-z0-9+/=]|$)"},
    // What stands below a directory in there is a path: where something was built.
    {TokenKind::temporary, "((?:/tmp/|/var/tmp/)[A-Za-z0-9._-]*[A-Za-z0-9_]{6,}[A-Za-z0-9._-]*)(?:[^A-Za-z0-9._/-]|$)"},
    {TokenKind::temporary,
     "(?:^|[^A-Za-z0-9])((?:cc[A-Za-z0-9]{6}\\.(?:o|s|ltrans[0-9]*\\.[a-z.]*|res|le|ld|c)|tmp[._]?[A-Za-z0-9_]{6,10}))("
     "?:[^A-Za-z0-9_/]|$)"},
    {TokenKind::kernel,
     "(?:^|[^0-9A-Za-z.])([2-7]\\.[0-9]{1,2}\\.[0-9]{1,3}-[0-9A-Za-z_.+~-]*(?:amd64|arm64|i?[36]86|generic|cloud|"
     "virtual|x86_64|aarch64|gentoo|arch|lts|pve|el[0-9]|fc[0-9]|azure|aws|gcp|default|ARCH)[0-9A-Za-z_.+~-]*)"},
    {TokenKind::kernel,
     "(?:Linux |kernel |uname[^0-9]*|osrelease[^0-9]*)([2-7]\\.[0-9]{1,2}(?:\\.[0-9]{1,3})?[0-9A-Za-z_.+~-]*)"},
    {TokenKind::account, "([A-Za-z_][A-Za-z0-9_.-]{0,31}@[A-Za-z0-9][A-Za-z0-9.-]{0,63})"},
    {TokenKind::locale,
     "(?:^|[^A-Za-z_])([a-z]{2,3}_[A-Z]{2}(?:\\.[A-Za-z0-9-]+)?(?:@[a-z]+)?|C\\.UTF-8|C\\.utf8|POSIX)(?:[^A-Za-z_]|$)"},
    {TokenKind::path, "(?:^|[^A-Za-z0-9_.~/+-])(/[A-Za-z0-9_.+~@%-]+(?:/[A-Za-z0-9_.+~@%,=-]*)*)"},
    {TokenKind::path, "(?:[IL=]|-prefix-map=|file://)(/[A-Za-z0-9_.+~@%-]+(?:/[A-Za-z0-9_.+~@%,-]*)+)"},
    {TokenKind::address, "(?i)(0x[0-9a-f]{6,16})"},
    {TokenKind::revision, "(?:^|[^0-9A-Za-z])(g?[0-9a-f]{7,31})(?:[^0-9A-Za-z]|$)"},
    {TokenKind::clock, "(?:^|[^0-9:])([0-2]?[0-9]:[0-5][0-9](?::[0-6][0-9])?(?:\\.[0-9]+)?)(?:[^0-9:]|$)"},
    {TokenKind::version, "(?:^|[^0-9A-Za-z.])(v?[0-9]+(?:\\.[0-9]+)+(?:[-+~.:][0-9A-Za-z+~.-]*[0-9A-Za-z])?)"},
    {TokenKind::year, "(?:^|[^0-9A-Za-z.])(" ASSAY_YEAR ")(?:[^0-9A-Za-z]|$)"},
    {TokenKind::number, "(?:^|[^0-9A-Za-z])(-?[0-9]+(?:\\.[0-9]+)?)(?:[^0-9A-Za-z]|$)"},
    {TokenKind::random, "([A-Za-z0-9_]*[0-9][A-Za-z0-9_]{7,})"},
};

struct Scanner {
  TokenKind kind;
  std::unique_ptr<re2::RE2> expression;
};

const std::vector<Scanner>& scanners() {
  static const auto compiled = [] {
    std::vector<Scanner> all;
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    for (const auto& pattern : k_patterns)
      all.push_back({pattern.kind, std::make_unique<re2::RE2>(pattern.expression, options)});
    return all;
  }();
  return compiled;
}

void scan_with(const Scanner& scanner, std::string_view text, std::vector<bool>& taken, std::vector<Token>& tokens) {
  const re2::StringPiece whole{text.data(), text.size()};
  std::size_t from = 0;
  std::array<re2::StringPiece, 2> match;
  while (from <= text.size() &&
         scanner.expression->Match(whole, from, text.size(), re2::RE2::UNANCHORED, match.data(), 2)) {
    const auto begin = static_cast<std::size_t>(match[1].data() - text.data());
    const auto size = match[1].size();
    // The context behind a token may be the context before the next one.
    from = std::max(begin + size, from + 1);
    if (size == 0) continue;
    const auto first = taken.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = first + static_cast<std::ptrdiff_t>(size);
    if (std::find(first, last, true) != last) continue;
    std::fill(first, last, true);
    tokens.push_back({begin, size, scanner.kind});
  }
}

class DateReader {
 public:
  explicit DateReader(std::string_view text) : m_text(text) {}

  std::optional<DateValue> read() {
    if (auto epoch = read_epoch()) return epoch;
    if (auto compact = read_compact()) return compact;
    split();
    return assemble();
  }

 private:
  static std::optional<int> number(std::string_view digits) {
    int value = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  }

  std::optional<DateValue> read_epoch() const {
    const auto whole = m_text.substr(0, m_text.find('.'));
    if (whole.size() < 9 || whole.size() > 10) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
    if (problem != std::errc{} || end != whole.data() + whole.size()) return std::nullopt;
    return DateValue{value, 1, 0};
  }

  std::optional<DateValue> read_compact() const {
    if (m_text.size() < 8) return std::nullopt;
    const auto year = number(m_text.substr(0, 4));
    const auto month = number(m_text.substr(4, 2));
    const auto day = number(m_text.substr(6, 2));
    if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
    DateValue value{
        days_from_civil(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)) * 86400, 86400, {}};
    auto rest = m_text.substr(8);
    if (!rest.empty() && (rest[0] == 'T' || rest[0] == '_' || rest[0] == '-')) rest.remove_prefix(1);
    const auto hour = rest.size() >= 4 ? number(rest.substr(0, 2)) : std::nullopt;
    const auto minute = rest.size() >= 4 ? number(rest.substr(2, 2)) : std::nullopt;
    if (!hour || !minute) return value;
    value.epoch += *hour * 3600 + *minute * 60;
    value.precision = 60;
    if (const auto second = rest.size() >= 6 ? number(rest.substr(4, 2)) : std::nullopt) {
      value.epoch += *second;
      value.precision = 1;
    }
    if (const auto sign = rest.find_first_of("+-"); sign != std::string_view::npos && rest.size() >= sign + 5) {
      const auto hours = number(rest.substr(sign + 1, 2));
      const auto minutes = number(rest.substr(rest[sign + 3] == '\'' ? sign + 4 : sign + 3, 2));
      if (hours && minutes) set_zone(value, rest[sign] == '-' ? -1 : 1, *hours, *minutes);
    }
    return value;
  }

  static void set_zone(DateValue& value, int sign, int hours, int minutes) {
    value.zone_minutes = sign * (hours * 60 + minutes);
    value.epoch -= *value.zone_minutes * 60;
  }

  void split() {
    std::size_t at = 0;
    while (at < m_text.size()) {
      const auto end = std::min(m_text.find_first_of(" ,/_T", at), m_text.size());
      // 'T' separates date and clock only after a digit; "Tue" and "Oct" keep theirs.
      if (end < m_text.size() && m_text[end] == 'T' && (end == 0 || m_text[end - 1] < '0' || m_text[end - 1] > '9')) {
        const auto stop = std::min(m_text.find_first_of(" ,/_", end), m_text.size());
        take(m_text.substr(at, stop - at));
        at = stop + 1;
        continue;
      }
      if (end > at) take(m_text.substr(at, end - at));
      at = end + 1;
    }
  }

  void take(std::string_view word) {
    if (word.find(':') != std::string_view::npos && word[0] != '+' && word[0] != '-') return take_clock(word);
    if ((word[0] == '+' || word[0] == '-') && word.size() >= 5) return take_zone(word);
    if (word == "Z" || word == "UTC" || word == "GMT") m_zone = 0;
    if (word == "PM" || word == "AM") m_pm = word == "PM";
    std::size_t at = 0;
    while (at < word.size()) {
      const auto end = std::min(word.find_first_of("-.", at), word.size());
      if (end > at) take_part(word.substr(at, end - at));
      at = end + 1;
    }
  }

  void take_part(std::string_view part) {
    static constexpr std::string_view k_months = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (const auto value = number(part)) {
      if (part.size() == 4) m_year = value;
      else if (!m_year && !m_month) m_small.push_back(*value);
      else if (m_year && !m_month) m_month = value;
      else if (!m_day) m_day = value;
      return;
    }
    if (part.size() < 3 || m_month) return;
    const auto at = k_months.find(ascii_lower(part.substr(0, 3)));
    if (at != std::string_view::npos && at % 3 == 0) m_month = static_cast<int>(at / 3) + 1;
  }

  void take_clock(std::string_view word) {
    const auto zone = word.find_first_of("+-Z");
    const auto clock = word.substr(0, zone);
    const auto first = clock.find(':');
    const auto second = clock.find(':', first + 1);
    m_hour = number(clock.substr(0, first));
    m_minute = number(clock.substr(first + 1, second == std::string_view::npos ? second : second - first - 1));
    if (second != std::string_view::npos) m_second = number(clock.substr(second + 1, 2));
    if (zone == std::string_view::npos) return;
    if (word[zone] == 'Z') m_zone = 0;
    else take_zone(word.substr(zone));
  }

  void take_zone(std::string_view word) {
    const auto hours = number(word.substr(1, 2));
    const auto minutes = word.size() >= 5 ? number(word.substr(word[3] == ':' ? 4 : 3, 2)) : std::nullopt;
    if (hours && minutes) m_zone = (word[0] == '-' ? -1 : 1) * (*hours * 60 + *minutes);
  }

  std::optional<DateValue> assemble() {
    if (!m_year) return std::nullopt;
    std::int64_t precision = 86400;
    if (!m_month && m_small.size() == 2) {  // day/month/year, or month/day/year where the second is no month
      const bool american = m_small[1] > 12;
      m_day = m_small[american ? 1 : 0];
      m_month = m_small[american ? 0 : 1];
    }
    if (!m_month) return std::nullopt;
    if (!m_day && !m_small.empty()) m_day = m_small.front();
    if (!m_day) precision = std::int64_t{28} * 86400;
    const int day = m_day.value_or(1);
    if (*m_month < 1 || *m_month > 12 || day < 1 || day > 31) return std::nullopt;
    DateValue value{
        days_from_civil(*m_year, static_cast<unsigned>(*m_month), static_cast<unsigned>(day)) * 86400, precision, {}};
    if (m_hour && m_minute) {
      value.epoch += (*m_hour % 24 + (m_pm && *m_hour < 12 ? 12 : 0)) * 3600 + *m_minute * 60 + m_second.value_or(0);
      value.precision = m_second ? 1 : 60;
    }
    if (m_zone) set_zone(value, *m_zone < 0 ? -1 : 1, std::abs(*m_zone) / 60, std::abs(*m_zone) % 60);
    return value;
  }

  std::string_view m_text;
  std::optional<int> m_year, m_month, m_day, m_hour, m_minute, m_second, m_zone;
  std::vector<int> m_small;
  bool m_pm = false;
};

}  // namespace

std::string_view to_string(TokenKind kind) noexcept {
  static constexpr std::string_view k_names[] = {"date",     "clock",    "year",   "path",    "uuid",      "digest",
                                                 "revision", "compiler", "kernel", "account", "temporary", "address",
                                                 "locale",   "version",  "number", "random"};
  return k_names[static_cast<std::size_t>(kind)];
}

std::vector<Token> scan_tokens(std::string_view text) {
  std::vector<bool> taken(text.size(), false);
  std::vector<Token> tokens;
  for (const auto& scanner : scanners()) scan_with(scanner, text, taken, tokens);
  std::sort(tokens.begin(), tokens.end(), [](const Token& a, const Token& b) { return a.begin < b.begin; });
  return tokens;
}

Setting setting_of(std::string_view line, std::string_view token) {
  const bool whole = line.size() < k_line_shown;
  if (whole && line.starts_with(token) && line.find(' ') == std::string_view::npos) return Setting::alone;
  const auto first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return Setting::other;
  line.remove_prefix(first);
  if (line.starts_with('#')) return line.starts_with("#!") ? Setting::other : Setting::hash_comment;
  if (line.starts_with("//")) return Setting::c_comment;
  if (!whole || !line.starts_with("/*")) return Setting::other;
  const auto end = line.find("*/");
  const bool last =
      end == std::string_view::npos || line.find_first_not_of(" \t\r\n", end + 2) == std::string_view::npos;
  return last ? Setting::c_comment : Setting::other;
}

std::optional<DateValue> parse_date(std::string_view text) {
  return DateReader{text}.read();
}

std::int64_t days_from_civil(int year, unsigned month, unsigned day) noexcept {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{std::min(day, 28U)}};
  return std::chrono::sys_days{date}.time_since_epoch().count() + (day > 28 ? day - 28 : 0);
}

int year_of(std::int64_t epoch) noexcept {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{epoch}});
  return static_cast<int>(std::chrono::year_month_day{day}.year());
}

std::string format_epoch(std::int64_t epoch) {
  // Beyond what std::chrono's calendar can hold, the number says as much.
  if (epoch < -62'135'596'800 || epoch > 253'402'300'799) return fmt::format("@{}", epoch);
  const std::chrono::sys_seconds moment{std::chrono::seconds{epoch}};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{moment - day};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

}  // namespace assay::artifact
