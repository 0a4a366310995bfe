#include "vcs/commit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <set>
#include <utility>

#include "base/text.hpp"

namespace assay::vcs {

namespace {

constexpr std::size_t k_min_digits = 4;     ///< git's MINIMUM_ABBREV
constexpr std::size_t k_always_digits = 7;  ///< from here on an abbreviation is taken even where it is ambiguous
constexpr std::size_t k_max_format = 4096;
constexpr std::size_t k_max_expanded = 64U << 10;
constexpr std::size_t k_max_matching_steps = 1'000'000;

/// One piece of a format: text that stands as it is, or something of which several spellings are right.
struct Element {
  enum class Kind { text, alternatives, abbreviation, wrapped_refs, refs, describe } kind = Kind::text;
  std::string text;
  std::string other;  ///< of `alternatives`: the other spelling
  GitOid id{};        ///< of `abbreviation`
  DescribeOptions options{};
};
using Elements = std::vector<Element>;

Element text_element(std::string text) {
  return {Element::Kind::text, std::move(text), {}, {}};
}

// Dates -------------------------------------------------------------------------------------------------------------

struct CivilTime {
  int year, weekday;
  unsigned month, day, hour, minute, second;
  int offset;  ///< as git prints it: +0130 is 130
};

std::optional<CivilTime> civil_time(const Signature& signature) {
  constexpr std::int64_t k_end_of_year_9999 = 253'402'300'799;
  if (signature.time < 0 || signature.time > k_end_of_year_9999 || std::abs(signature.offset_minutes) > 24 * 60)
    return std::nullopt;
  using namespace std::chrono;
  const sys_seconds local{seconds{signature.time + signature.offset_minutes * 60LL}};
  const auto day = floor<days>(local);
  const year_month_day date{day};
  const hh_mm_ss time{local - day};
  const int offset = signature.offset_minutes / 60 * 100 + signature.offset_minutes % 60;
  return CivilTime{static_cast<int>(date.year()),
                   static_cast<int>(weekday{day}.c_encoding()),
                   static_cast<unsigned>(date.month()),
                   static_cast<unsigned>(date.day()),
                   static_cast<unsigned>(time.hours().count()),
                   static_cast<unsigned>(time.minutes().count()),
                   static_cast<unsigned>(time.seconds().count()),
                   offset};
}

/// date.c, show_date(); `style` is the last letter of the placeholder.
std::optional<Element> date_element(const Signature& signature, char style) {
  static constexpr std::array k_months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  static constexpr std::array k_weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  if (style == 't') return text_element(std::to_string(signature.time));
  const auto civil = civil_time(signature);
  if (!civil) return std::nullopt;
  const auto& t = *civil;
  const auto* month = k_months.at(t.month - 1);
  const auto* weekday = k_weekdays.at(static_cast<std::size_t>(t.weekday));
  const auto date = fmt::format("{:04}-{:02}-{:02}", t.year, t.month, t.day);
  const auto time = fmt::format("{:02}:{:02}:{:02}", t.hour, t.minute, t.second);
  switch (style) {
    case 'd':
      return text_element(fmt::format("{} {} {} {} {} {:+05}", weekday, month, t.day, time, t.year, t.offset));
    case 'D':
      return text_element(fmt::format("{}, {} {} {} {} {:+05}", weekday, t.day, month, t.year, time, t.offset));
    case 'i':
      return text_element(fmt::format("{} {} {:+05}", date, time, t.offset));
    case 's':
      return text_element(date);
    case 'I': {
      const auto minutes = std::abs(signature.offset_minutes);
      auto zoned = fmt::format("{}T{}{}{:02}:{:02}", date, time, t.offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
      if (minutes != 0) return text_element(std::move(zoned));
      // Since git 2.45 UTC is written as Z.
      return Element{Element::Kind::alternatives, fmt::format("{}T{}Z", date, time), std::move(zoned), {}};
    }
    default:
      return std::nullopt;
  }
}

// The message (pretty.c) --------------------------------------------------------------------------------------------

std::string_view trim_right(std::string_view line) {
  while (!line.empty() && std::string_view{" \t\r\n\f\v"}.find(line.back()) != std::string_view::npos)
    line.remove_suffix(1);
  return line;
}

std::string_view skip_blank_lines(std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    if (!trim_right(line).empty()) break;
    text.remove_prefix(line.size());
  }
  return text;
}

struct Message {
  std::string subject;
  std::string_view first_line;
  std::string_view body;
};

Message split_message(std::string_view text) {
  Message message;
  text = skip_blank_lines(text);
  message.first_line = text.substr(0, text.find('\n'));
  while (!text.empty()) {
    const auto line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    text.remove_prefix(line.size());
    const auto words = trim_right(line);
    if (words.empty()) break;
    if (!message.subject.empty()) message.subject.push_back(' ');
    message.subject += words;
  }
  message.body = skip_blank_lines(text);
  return message;
}

/// %f: the subject as a file name.
std::string file_name_of(std::string_view line) {
  std::string name;
  bool gap = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (!plain) {
      gap = true;
      continue;
    }
    if (gap && !name.empty()) name.push_back('-');
    gap = false;
    name.push_back(c);
    while (c == '.' && i + 1 < line.size() && line[i + 1] == '.') ++i;
  }
  while (name.ends_with('.') || name.ends_with('-')) name.pop_back();
  return name;
}

// Parsing a format --------------------------------------------------------------------------------------------------

class FormatParser {
 public:
  FormatParser(const FormatContext& context, std::string_view format) : m_context(context), m_rest(format) {}

  /// The elements; nothing if a placeholder is not known.
  std::optional<Elements> parse() {
    if (m_rest.size() > k_max_format) return std::nullopt;
    while (!m_rest.empty()) {
      const auto plain = m_rest.substr(0, m_rest.find('%'));
      add_text(std::string{plain});
      m_rest.remove_prefix(plain.size());
      if (m_rest.empty()) break;
      m_rest.remove_prefix(1);
      if (m_rest.empty() || !placeholder()) return std::nullopt;
    }
    return std::move(m_elements);
  }

 private:
  bool placeholder() {
    const char letter = m_rest.front();
    m_rest.remove_prefix(1);
    const auto& commit = m_context.commit;
    switch (letter) {
      case '%':
        return add_text("%");
      case 'n':
        return add_text("\n");
      case 'x':
        return hex_byte();
      case 'H':
        return add_text(commit.id.hex());
      case 'h':
        return add_abbreviation(commit.id);
      case 'T':
        return add_text(commit.tree.hex());
      case 't':
        return add_abbreviation(commit.tree);
      case 'P':
        return add_parents(false);
      case 'p':
        return add_parents(true);
      case 'a':
        return person(commit.author, m_context.mapped_author);
      case 'c':
        return person(commit.committer, m_context.mapped_committer);
      case 'e':
        return add_text(commit.encoding);
      case 'd':
        return add(Element::Kind::wrapped_refs);
      case 'D':
        return add(Element::Kind::refs);
      case '(':
        return describe();
      default:
        return message(letter);
    }
  }

  bool message(char letter) {
    if (!is_utf8_commit()) return false;
    const auto parts = split_message(m_context.commit.message);
    switch (letter) {
      case 's':
        return add_text(parts.subject);
      case 'f':
        return add_text(file_name_of(parts.first_line));
      case 'b':
        return add_text(std::string{parts.body});
      case 'B':
        return add_text(m_context.commit.message);
      default:
        return false;
    }
  }

  bool person(const Signature& signature, const Signature& mapped) {
    if (m_rest.empty()) return false;
    const char letter = m_rest.front();
    m_rest.remove_prefix(1);
    if (std::string_view{"nNeElL"}.find(letter) != std::string_view::npos && !is_utf8_commit()) return false;
    switch (letter) {
      case 'n':
        return add_text(signature.name);
      case 'N':
        return add_text(mapped.name);
      case 'e':
        return add_text(signature.email);
      case 'E':
        return add_text(mapped.email);
      case 'l':
        return add_text(signature.email.substr(0, signature.email.find('@')));
      case 'L':
        return add_text(mapped.email.substr(0, mapped.email.find('@')));
      default:
        break;
    }
    auto date = date_element(signature, letter);
    if (!date) return false;
    m_elements.push_back(std::move(*date));
    return true;
  }

  bool describe() {
    const auto close = m_rest.find(')');
    const auto words = m_rest.substr(0, close);
    if (close == std::string_view::npos || (words != "describe" && !words.starts_with("describe:"))) return false;
    m_rest.remove_prefix(close + 1);
    return add_describe(words.substr(std::min(words.size(), std::string_view{"describe:"}.size())));
  }

  /// PRETTY FORMATS of git-log(1): `tags[=<bool>]`, `match=<pattern>`, `exclude=<pattern>`, `abbrev=<number>`, with commas between them.
  bool add_describe(std::string_view words) {
    // Each pattern is held against each tag.
    constexpr std::size_t k_longest_words = 256, k_most_patterns = 8;
    Element element{Element::Kind::describe, {}, {}};
    if (words.size() > k_longest_words) return false;
    while (!words.empty()) {
      const auto word = words.substr(0, words.find(','));
      words.remove_prefix(std::min(words.size(), word.size() + 1));
      if (word.starts_with("match=")) element.options.match.emplace_back(word.substr(6));
      else if (word.starts_with("exclude=")) element.options.exclude.emplace_back(word.substr(8));
      else if (word.starts_with("tags")) element.options.lightweight = is_true(word.substr(4));
      else if (!word.starts_with("abbrev=")) return false;
    }
    if (element.options.match.size() + element.options.exclude.size() > k_most_patterns) return false;
    m_elements.push_back(std::move(element));
    return true;
  }

  static bool is_true(std::string_view setting) {
    const auto value = ascii_lower(setting);
    return value.empty() || value == "=true" || value == "=yes" || value == "=on" || value == "=1";
  }

  bool hex_byte() {
    const auto byte = from_hex(m_rest.substr(0, 2));
    if (!byte || byte->size() != 1) return false;
    m_rest.remove_prefix(2);
    return add_text(std::string{static_cast<char>(byte->front())});
  }

  /// Git converts messages and names to UTF-8; we do not.
  bool is_utf8_commit() const {
    const auto encoding = ascii_lower(m_context.commit.encoding);
    return encoding.empty() || encoding == "utf-8" || encoding == "utf8";
  }

  bool add_parents(bool abbreviated) {
    bool first = true;
    for (const auto& parent : m_context.commit.parents) {
      if (!std::exchange(first, false)) add_text(" ");
      if (abbreviated) {
        add_abbreviation(parent);
      } else {
        add_text(parent.hex());
      }
    }
    return true;
  }

  bool add_text(std::string text) {
    if (!text.empty()) m_elements.push_back(text_element(std::move(text)));
    return true;
  }
  bool add_abbreviation(const GitOid& id) {
    m_elements.push_back({Element::Kind::abbreviation, {}, {}, id});
    return true;
  }
  bool add(Element::Kind kind) {
    m_elements.push_back({kind, {}, {}, {}});
    return true;
  }

  const FormatContext& m_context;
  std::string_view m_rest;
  Elements m_elements;
};

// Matching ----------------------------------------------------------------------------------------------------------

/// A branch that the repository has, here or in the one it was cloned from. Whoever made the archive may have had it the other way
/// round; and the branch that all work goes to may have been called otherwise then.
bool is_branch(const FormatContext& context, std::string_view name) {
  const auto& branches = context.branches;
  const auto has = [&](std::string_view one) {
    // A shallow or replaced commit is marked among its names.
    return one == "HEAD" || one == "main" || one == "master" || one == "grafted" || one == "replaced" ||
           std::find(branches.begin(), branches.end(), one) != branches.end();
  };
  if (has(name) || has(fmt::format("origin/{}", name))) return true;
  return (name.starts_with("origin/") || name.starts_with("upstream/")) && has(name.substr(name.find('/') + 1));
}

/// `HEAD -> main, tag: v1.0, origin/main`: tags of the commit, and branches that exist; a commit with tags has one of them.
bool is_ref_list(const FormatContext& context, std::string_view list) {
  if (list.empty()) return true;
  bool tagged = context.tags.empty();
  while (true) {
    auto item = list.substr(0, list.find(", "));
    const auto rest = list.substr(item.size());
    if (item.starts_with("tag: ")) {
      item.remove_prefix(5);
      if (std::find(context.tags.begin(), context.tags.end(), item) == context.tags.end()) return false;
      tagged = true;
    } else {
      if (item.starts_with("HEAD -> ")) item.remove_prefix(8);
      if (!is_branch(context, item)) return false;
    }
    if (rest.empty()) return tagged;
    list = rest.substr(2);
  }
}

/// The set of positions that an element can lead to, from each position the ones before it led to: no back-tracking.
class FormatMatcher {
 public:
  FormatMatcher(const FormatContext& context, std::string_view text) : m_context(context), m_text(text) {}

  bool matches(const Elements& elements) {
    std::set<std::size_t> positions{0};
    for (const auto& element : elements) {
      m_next.clear();
      for (const auto position : positions) {
        if (++m_steps > k_max_matching_steps) return false;
        advance(element, position);
      }
      positions.swap(m_next);
      if (positions.empty()) return false;
    }
    return positions.contains(m_text.size());
  }

 private:
  void advance(const Element& element, std::size_t at) {
    const auto rest = m_text.substr(at);
    switch (element.kind) {
      case Element::Kind::text:
        return literal(element.text, at);
      case Element::Kind::alternatives:
        literal(element.text, at);
        return literal(element.other, at);
      case Element::Kind::abbreviation: {
        const auto hex = element.id.hex();
        for (std::size_t n = 1; n <= hex.size() && n <= rest.size() && hex[n - 1] == rest[n - 1]; ++n)
          if (abbreviates(m_context, element.id, rest.substr(0, n))) m_next.insert(at + n);
        return;
      }
      case Element::Kind::refs:
        return ref_lists(at, at, 0);
      case Element::Kind::wrapped_refs:
        m_next.insert(at);
        if (rest.starts_with(" (")) ref_lists(at + 2, at + 2, 1);
        return;
      case Element::Kind::describe:
        return descriptions(element.options, at);
    }
  }

  void literal(std::string_view text, std::size_t at) {
    if (m_text.substr(at).starts_with(text)) m_next.insert(at + text.size());
  }

  /// Every list of refs that starts at `begin`; with `closing`, up to a parenthesis.
  void ref_lists(std::size_t begin, std::size_t at, std::size_t closing) {
    constexpr std::size_t k_max_list = 1024;
    for (auto end = at; end <= m_text.size() && end - begin <= k_max_list; ++end) {
      m_steps += 1 + (end - begin) / 16;
      if (m_steps > k_max_matching_steps) return;
      const bool closed = closing == 0 || (end < m_text.size() && m_text[end] == ')');
      if (closed && is_ref_list(m_context, m_text.substr(begin, end - begin))) m_next.insert(end + closing);
      if (end < m_text.size() && (m_text[end] == '\n' || m_text[end] == ')')) return;
    }
  }

  /// git-describe(1): a tag of the commit, else `<tag>-<commits since>-g<abbreviation>`, or nothing where no tag fits. Which tag it
  /// takes depends on tags that were made later too; that it is behind by that many commits does not.
  void descriptions(const DescribeOptions& options, std::size_t at) {
    const auto own = m_context.described_by(options);
    for (const auto& tag : own) literal(tag, at);
    if (!own.empty()) return;
    if (!m_context.descends_from_tag(options)) m_next.insert(at);
    constexpr std::size_t k_max_description = 300;
    const auto text = m_text.substr(at, k_max_description);
    for (auto mark = text.find("-g"); mark != std::string_view::npos; mark = text.find("-g", mark + 1)) {
      const auto dash = text.substr(0, mark).rfind('-');
      if (dash == std::string_view::npos || dash + 1 == mark) continue;
      const auto count = m_context.commits_since(text.substr(0, dash));
      if (!count || *count == 0 || text.substr(dash + 1, mark - dash - 1) != std::to_string(*count)) continue;
      Element id{Element::Kind::abbreviation, {}, {}, m_context.commit.id};
      advance(id, at + mark + 2);
    }
  }

  const FormatContext& m_context;
  std::string_view m_text;
  std::set<std::size_t> m_next;
  std::size_t m_steps = 0;
};

std::string shortest(const FormatContext& context, const GitOid& id) {
  const auto hex = id.hex();
  auto digits = k_always_digits;
  while (digits < hex.size() && !context.unique(id, digits)) ++digits;
  return hex.substr(0, digits);
}

}  // namespace

std::optional<std::string> expand_format(const FormatContext& context, std::string_view format) {
  const auto elements = FormatParser{context, format}.parse();
  if (!elements) return std::nullopt;
  std::string expanded;
  for (const auto& element : *elements) {
    switch (element.kind) {
      case Element::Kind::text:
      case Element::Kind::alternatives:
        expanded += element.text;
        break;
      case Element::Kind::abbreviation:
        expanded += shortest(context, element.id);
        break;
      default:
        return std::nullopt;
    }
  }
  return expanded;
}

bool format_matches(const FormatContext& context, std::string_view format, std::string_view expanded) {
  if (expanded.size() > k_max_expanded) return false;
  const auto elements = FormatParser{context, format}.parse();
  return elements && FormatMatcher{context, expanded}.matches(*elements);
}

bool abbreviates(const FormatContext& context, const GitOid& id, std::string_view abbreviation) {
  if (abbreviation.size() < k_min_digits || !id.hex().starts_with(abbreviation)) return false;
  return abbreviation.size() >= k_always_digits || context.unique(id, abbreviation.size());
}

}  // namespace assay::vcs
