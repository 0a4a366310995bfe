#include "inspect/content/line_filter.hpp"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

namespace assay::inspect {

namespace {

/// `x{2,300}` as `x+`, `x{0,80}` as `x*`: what can match can match so as well, and it is compiled in a hundredth of the time.
std::string without_counts(std::string_view expression) {
  std::string plain;
  bool in_brackets = false;
  for (std::size_t at = 0; at < expression.size(); ++at) {
    const char c = expression[at];
    if (c == '\\' && at + 1 < expression.size()) {
      plain.append(expression.substr(at++, 2));
      continue;
    }
    if (in_brackets) {
      in_brackets = c != ']';
    } else if (c == '[') {
      in_brackets = true;
      // A bracket that stands first is a character like others.
      const auto rest = expression.substr(at + 1);
      const auto first = rest.starts_with('^') ? 2U : 1U;
      if (rest.size() >= first && rest[first - 1] == ']') {
        plain.append(expression.substr(at, first + 1));
        at += first;
        continue;
      }
    } else if (c == '{') {
      const auto end = expression.find('}', at);
      if (end == std::string_view::npos) return {};
      unsigned least = 0;
      std::from_chars(expression.data() + at + 1, expression.data() + end, least);
      plain += least == 0 ? '*' : '+';
      at = end;
      continue;
    }
    plain += c;
  }
  return plain;
}

re2::RE2::Options options_for(const RuleString& string) {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_case_sensitive(!string.any_case);
  options.set_log_errors(false);
  return options;
}

/// The words of at least `shortest` bytes one of which is in every match of the expression; none if there are no such words.
std::vector<std::string> words_of(const RuleString& string, int shortest) {
  re2::FilteredRE2 filter{shortest};
  int id = 0;
  const auto plain = without_counts(string.text);
  if (plain.empty() || filter.Add({plain.data(), plain.size()}, options_for(string), &id) != re2::RE2::NoError)
    return {};
  std::vector<std::string> words;
  filter.Compile(&words);
  std::vector<int> without_any;
  filter.AllPotentials({}, &without_any);
  if (!without_any.empty()) words.clear();
  return words;
}

}  // namespace

std::optional<LineFilter> LineFilter::of(std::span<const RuleString> strings) {
  constexpr int k_telling = 4;
  std::vector<std::string> words;
  std::size_t line_ends = 0;
  for (const auto& string : strings) {
    line_ends = std::max(line_ends, string.line_ends);
    auto own = std::vector<std::string>{string.text};
    if (string.expression) own = words_of(string, k_telling);
    if (own.empty()) own = words_of(string, static_cast<int>(WordFinder::k_shortest));
    const auto is_short = [](const std::string& word) {
      return word.size() < WordFinder::k_shortest || word.find('\n') != std::string::npos;
    };
    if (own.empty() || std::any_of(own.begin(), own.end(), is_short)) return std::nullopt;
    words.insert(words.end(), own.begin(), own.end());
  }
  if (words.empty()) return std::nullopt;
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return LineFilter{words, line_ends};
}

std::string LineFilter::possible_lines(std::string_view text) const {
  std::string lines;
  std::size_t taken = 0;  // everything before is in `lines`, or will not be
  const auto line_end = [&](std::size_t at) { return std::min(text.find('\n', at), text.size()); };
  for (auto at = m_words.find(text, 0); at != std::string_view::npos;) {
    auto begin = std::max(at, taken);
    for (std::size_t line = 0; line <= m_line_ends && begin > taken; ++line) {
      const auto before = text.rfind('\n', begin - 1);
      begin = before == std::string_view::npos || before < taken ? taken : before;
    }
    const auto own_end = line_end(at);
    auto end = own_end;
    for (std::size_t line = 0; line < m_line_ends && end < text.size(); ++line) end = line_end(end + 1);
    if (end < text.size()) ++end;
    lines.append(text.substr(begin, end - begin));
    taken = end;
    at = m_words.find(text, own_end);
  }
  return lines;
}

}  // namespace assay::inspect
