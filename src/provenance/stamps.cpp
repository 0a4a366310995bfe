#include "provenance/stamps.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_longest_line = 4096;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
  return is_digit(c) || is_letter(c) || c == '_';
}

constexpr std::array<std::string_view, 12> k_months{"january",   "february", "march",    "april",
                                                    "may",       "june",     "july",     "august",
                                                    "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> k_days{"monday", "tuesday",  "wednesday", "thursday",
                                                 "friday", "saturday", "sunday"};

template <std::size_t N>
bool names_one(std::string_view word, const std::array<std::string_view, N>& names) {
  const auto lower = ascii_lower(word);
  return lower.size() >= 3 && std::any_of(names.begin(), names.end(), [&](std::string_view name) {
           return name == lower || (lower.size() == 3 && name.starts_with(lower));
         });
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}
bool is_year(std::string_view word) {
  return word.size() == 4 && all_digits(word) && (word.starts_with("19") || word.starts_with("20"));
}
bool is_day_number(std::string_view word) {
  return word.size() <= 2 && all_digits(word);
}
bool is_clock(std::string_view word) {
  return (word.size() == 8 || word.size() == 5) && word[2] == ':' && (word.size() == 5 || word[5] == ':') &&
         is_digit(word[0]) && is_digit(word[1]) && is_digit(word[3]) && is_digit(word[4]);
}
bool is_iso_date(std::string_view word) {
  return word.size() == 10 && (word[4] == '-' || word[4] == '/') && word[7] == word[4] && is_year(word.substr(0, 4)) &&
         all_digits(word.substr(5, 2)) && all_digits(word.substr(8, 2));
}
bool is_offset(std::string_view word) {
  return word.size() == 5 && (word[0] == '+' || word[0] == '-') && all_digits(word.substr(1));
}
/// Any other word in capitals may be a command.
bool is_zone(std::string_view word) {
  constexpr std::array<std::string_view, 40> k_zones{
      "UTC", "GMT", "CET", "CEST", "EET", "EEST", "WET",  "WEST", "MET",  "MEST", "BST",  "IST", "MSK", "MSD",
      "EST", "EDT", "CST", "CDT",  "MST", "MDT",  "PST",  "PDT",  "AKST", "AKDT", "HST",  "AST", "ADT", "NST",
      "NDT", "BRT", "ART", "JST",  "KST", "HKT",  "AEST", "AEDT", "AWST", "NZST", "NZDT", "SAST"};
  return is_offset(word) || std::find(k_zones.begin(), k_zones.end(), word) != k_zones.end();
}
bool is_half_of_day(std::string_view word) {
  return word == "AM" || word == "PM";
}

/// A clock, its half of the day and its zone, each once and in this order.
class ClockWords {
 public:
  bool take(std::string_view word) {
    const std::size_t kind = is_clock(word) ? 1 : is_half_of_day(word) ? 2 : is_zone(word) ? 3 : 0;
    if (kind <= m_last || (kind > 1 && m_last == 0)) return false;
    m_last = kind;
    return true;
  }

 private:
  std::size_t m_last = 0;
};

/// The words of a date stand next to each other; blanks and commas between them belong to it.
struct Word {
  std::size_t offset;
  std::string_view text;
};

std::vector<Word> date_words(std::string_view line) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < line.size();) {
    const auto fits = [](char c) { return is_word(c) || c == ':' || c == '+' || c == '-' || c == '/'; };
    if (!fits(line[i])) {
      ++i;
      continue;
    }
    auto end = i;
    while (end < line.size() && fits(line[end])) ++end;
    words.push_back({i, line.substr(i, end - i)});
    i = end;
  }
  return words;
}

bool joined(std::string_view line, const Word& a, const Word& b) {
  const auto between = line.substr(a.offset + a.text.size(), b.offset - a.offset - a.text.size());
  return between.size() <= 3 && between.find_first_not_of(" ,\t") == std::string_view::npos;
}

/// How many words from `first` on make up one date; 0 if they do not.
std::size_t date_length(std::string_view line, const std::vector<Word>& words, std::size_t first) {
  ClockWords clock;
  if (is_iso_date(words[first].text)) {
    std::size_t count = 1;
    while (first + count < words.size() && joined(line, words[first + count - 1], words[first + count]) &&
           clock.take(words[first + count].text))
      ++count;
    return count;
  }
  std::size_t months = 0, years = 0, days = 0, week_days = 0, count = 0;
  for (; first + count < words.size() && count < 8; ++count) {
    if (count > 0 && !joined(line, words[first + count - 1], words[first + count])) break;
    const auto text = words[first + count].text;
    if (names_one(text, k_months) && months == 0) ++months;
    else if (is_year(text) && years == 0) ++years;
    else if (is_day_number(text) && days == 0) ++days;
    else if (names_one(text, k_days) && week_days == 0) ++week_days;
    else if (!clock.take(text)) break;
  }
  return months == 1 && years == 1 ? count : 0;
}

/// The words of a text that is one date and nothing else; none if it is not.
std::vector<Word> words_of_date(std::string_view text) {
  auto words = date_words(text);
  const bool whole = !words.empty() && date_length(text, words, 0) == words.size() && words.front().offset == 0 &&
                     words.back().offset + words.back().text.size() == text.size();
  return whole ? words : std::vector<Word>{};
}

/// Which month or day of the week; counts from 0.
template <std::size_t N>
std::optional<unsigned> number_of(std::string_view word, const std::array<std::string_view, N>& names) {
  for (unsigned i = 0; i < N; ++i)
    if (names_one(word, std::array<std::string_view, 1>{names[i]})) return i;
  return std::nullopt;
}

unsigned number_in(std::string_view digits) {
  unsigned number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

char form_of_word(std::string_view word) {
  if (is_iso_date(word)) return word[4];
  if (is_clock(word)) return word.size() == 8 ? 'C' : 'c';
  if (is_half_of_day(word)) return 'P';
  if (is_offset(word)) return '+';
  if (is_zone(word)) return 'Z';
  if (is_year(word)) return 'Y';
  if (is_day_number(word)) return 'D';
  return number_of(word, k_months) ? 'M' : 'W';
}

constexpr std::array<std::string_view, 18> k_version_suffixes{"rc",       "pre",  "alpha", "beta",   "dev",    "git",
                                                              "dirty",    "deb",  "dfsg",  "ubuntu", "stable", "final",
                                                              "snapshot", "post", "svn",   "bpo",    "build",  "patch"};

/// The hash of a commit, as `git describe` writes it and as git-version-gen does: "gb88ce4a", "b88ce".
bool is_commit_hash(std::string_view word) {
  if (word.starts_with('g')) word.remove_prefix(1);
  const auto hexadecimal = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  return word.size() >= 4 && word.size() <= 40 && std::all_of(word.begin(), word.end(), hexadecimal) &&
         std::any_of(word.begin(), word.end(), is_digit);
}

/// What may hang on the numbers of a version: numbers, one letter ("a", "p1"), "rc2", "deb12u1", a commit. Any other word says
/// something of its own: "-evil" is no part of "9.9".
bool is_version_suffix(std::string_view word) {
  if (all_digits(word) || is_commit_hash(word)) return true;
  const auto lower = ascii_lower(word);
  const std::string_view letters = std::string_view{lower}.substr(0, lower.find_first_of("0123456789"));
  const auto rest = std::string_view{lower}.substr(letters.size());
  const bool known = letters.size() == 1 || std::find(k_version_suffixes.begin(), k_version_suffixes.end(), letters) !=
                                                k_version_suffixes.end();
  return known && rest.size() <= 8 && rest.find_first_not_of("0123456789u") == std::string_view::npos;
}

/// The end of the suffix that starts at `at`, behind a separator or without one; `at` if none does.
std::size_t suffix_end(std::string_view line, std::size_t at) {
  auto start = at;
  if (start < line.size() &&
      (line[start] == '-' || line[start] == '~' || line[start] == '+' || line[start] == '.' || line[start] == '_'))
    ++start;
  auto end = start;
  while (end < line.size() && (is_digit(line[end]) || is_letter(line[end]))) ++end;
  return end > start && is_version_suffix(line.substr(start, end - start)) ? end : at;
}

/// The end of a version that starts at `start`: at least two numbers joined by dots, and what hangs on.
std::size_t version_end(std::string_view line, std::size_t start) {
  std::size_t end = start;
  std::size_t dots = 0;
  while (end < line.size()) {
    if (is_digit(line[end])) ++end;
    else if (line[end] == '.' && end + 1 < line.size() && is_digit(line[end + 1])) {
      ++dots;
      ++end;
    } else break;
  }
  if (dots == 0) return start;
  // "3.3a", "9.2p1", "2.4.7-dirty", "2.4.6-15", "1.0~rc2"
  for (auto next = suffix_end(line, end); next != end; next = suffix_end(line, next)) end = next;
  return end;
}

bool starts_version(std::string_view line, std::size_t at) {
  if (!is_digit(line[at])) return false;
  if (at == 0) return true;
  const char before = line[at - 1];
  if (before == 'v' || before == 'V') return at == 1 || !is_word(line[at - 2]);
  return !is_word(before) && before != '.';
}

}  // namespace

bool is_comment_line(std::string_view line) {
  return starts_with_any(line, {"#", "dnl ", "//", "/*", "* ", "*/", ".\\\"", "'\\\"", "rem ", "REM ", "%"}) ||
         line == "dnl" || line == "*";
}

bool is_certain_comment(std::string_view raw) {
  const auto line = normalise_line(raw);
  if (!is_comment_line(line)) return false;
  if (line.starts_with("#!")) return false;  // names what runs the file
  if (line.starts_with('%')) return false;   // a comment to TeX and PostScript, code to lex and m4
  // What stands behind the end of a comment is none.
  if (const auto end = line.find("*/"); end != std::string::npos && end + 2 != line.size()) return false;
  if (line.starts_with('*') && line != "*/") return line.find_first_of("=;(") == std::string::npos;
  if (!line.starts_with('#')) return true;
  return !starts_with_any(
      std::string_view{line}.substr(std::min(line.find_first_not_of("# "), line.size())),
      {"define", "if", "el", "endif", "include", "import", "pragma", "error", "warning", "undef", "line"});
}

std::vector<Stamp> find_stamps(std::string_view line) {
  std::vector<Stamp> stamps;
  if (line.size() > k_longest_line) return stamps;
  const auto words = date_words(line);
  for (std::size_t i = 0; i < words.size();) {
    const auto count = date_length(line, words, i);
    if (count == 0) {
      ++i;
      continue;
    }
    const auto& last = words[i + count - 1];
    stamps.push_back({StampKind::date, words[i].offset, last.offset + last.text.size() - words[i].offset});
    i += count;
  }
  const auto in_date = [&](std::size_t at) {
    return std::any_of(stamps.begin(), stamps.end(), [&](const Stamp& stamp) {
      return stamp.kind == StampKind::date && at >= stamp.offset && at < stamp.offset + stamp.size;
    });
  };
  const bool copyright = line.find("opyright") != std::string_view::npos;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (in_date(i) || !starts_version(line, i)) continue;
    if (const auto end = version_end(line, i); end > i) {
      stamps.push_back({StampKind::version, i, end - i});
      i = end - 1;
    } else if (copyright && i + 4 <= line.size() && is_year(line.substr(i, 4)) &&
               (i + 4 == line.size() || !is_word(line[i + 4]))) {
      stamps.push_back({StampKind::date, i, 4});
      i += 3;
    }
  }
  std::sort(stamps.begin(), stamps.end(), [](const Stamp& a, const Stamp& b) { return a.offset < b.offset; });
  return stamps;
}

std::string date_form(std::string_view text) {
  std::string form;
  std::size_t done = 0;
  for (const auto& word : words_of_date(text)) {
    // However many blanks: "May  1" and "May 12" are of one form.
    const auto between = text.substr(done, word.offset - done);
    if (between.find(',') != std::string_view::npos) form += ',';
    if (between.find_first_of(" \t") != std::string_view::npos) form += ' ';
    form += form_of_word(word.text);
    done = word.offset + word.text.size();
  }
  return form;
}

std::optional<std::int64_t> day_of_date(std::string_view text) {
  unsigned year = 0, month = 0, day = 1;  // "May 2024" begins with its first day
  for (const auto& word : words_of_date(text)) {
    if (is_iso_date(word.text)) {
      year = number_in(word.text.substr(0, 4));
      month = number_in(word.text.substr(5, 2));
      day = number_in(word.text.substr(8, 2));
    } else if (is_year(word.text)) {
      year = number_in(word.text);
    } else if (is_day_number(word.text)) {
      day = number_in(word.text);
    } else if (const auto named = number_of(word.text, k_months)) {
      month = *named + 1;
    }
  }
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (year == 0 || !date.ok()) return std::nullopt;
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

std::string stamp_skeleton(std::string_view line) {
  std::string skeleton;
  std::size_t done = 0;
  for (const auto& stamp : find_stamps(line)) {
    if (stamp.offset < done) continue;
    skeleton += line.substr(done, stamp.offset - done);
    skeleton += stamp.kind == StampKind::version ? "\x01" : "\x02";
    done = stamp.offset + stamp.size;
  }
  skeleton += line.substr(std::min(done, line.size()));
  // A distribution's mark on the libtool it patched: `VERSION="2.4.7 Debian-2.4.7-7"`.
  for (const std::string_view marked : {"\"\x01 Debian-\x01\"", "\x01 Debian-\x01"})
    for (auto at = skeleton.find(marked); at != std::string::npos; at = skeleton.find(marked))
      skeleton.replace(at, marked.size(), "\x01");
  // Where a comment names a file, it may have been made one directory up or down.
  if (is_certain_comment(line))
    for (auto at = skeleton.find("../"); at != std::string::npos; at = skeleton.find("../")) skeleton.erase(at, 1);
  if (skeleton.starts_with("# serial ")) {
    const auto end = skeleton.find_first_not_of("0123456789", 9);
    skeleton.replace(9, std::min(end, skeleton.size()) - 9, "\x01");
  }
  // Automake writes into its rules how strictly it was asked to look at the package: a matter of its command line.
  for (const std::string_view strictness : {"$(AUTOMAKE) --gnu ", "$(AUTOMAKE) --gnits ", "$(AUTOMAKE) --foreign "})
    if (const auto at = skeleton.find(strictness); at != std::string::npos)
      skeleton.replace(at, strictness.size(), "$(AUTOMAKE) ");
  // "1.2 and 1.3" and a list of one: copyright years come in ranges of any length.
  for (const std::string_view repeated : {"\x02-\x02", "\x02, \x02", "\x02,\x02"})
    for (auto at = skeleton.find(repeated); at != std::string::npos; at = skeleton.find(repeated))
      skeleton.replace(at, repeated.size(), "\x02");
  return skeleton;
}

}  // namespace assay::provenance
