#include "inspect/content/line_filter.hpp"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

/// `x{2,300}` as `x+`, `x{0,80}` as `x*`: what can match can match so as well, and it is compiled in a hundredth of the time.
/// And RE2 has no vertical tab among the blanks, libyara has. Nothing where that cannot be said.
std::string coarse(std::string_view expression) {
  std::string plain;
  bool in_brackets = false;
  for (std::size_t at = 0; at < expression.size(); ++at) {
    const char c = expression[at];
    if (c == '\\' && at + 1 < expression.size()) {
      const auto escape = expression.substr(at++, 2);
      if (escape == "\\S" && in_brackets) return {};
      if (escape == "\\s") plain += in_brackets ? "\\s\\v" : "[\\s\\v]";
      else plain += escape;
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

using Expression = std::unique_ptr<re2::FilteredRE2>;

/// The words of at least `shortest` bytes one of which is in every match of the expression; none if there are no such words.
std::vector<std::string> words_of(const std::string& plain, const RuleString& string, int shortest, Expression& made) {
  made = std::make_unique<re2::FilteredRE2>(shortest);
  int id = 0;
  if (plain.empty() || made->Add({plain.data(), plain.size()}, options_for(string), &id) != re2::RE2::NoError)
    return {};
  std::vector<std::string> words;
  made->Compile(&words);
  std::vector<int> without_any;
  made->AllPotentials({}, &without_any);
  if (!without_any.empty()) words.clear();
  return words;
}

struct Searched {
  std::vector<std::string> words;
  Expression expression;  ///< matches wherever the string does; none for words that are the string
};

/// Nothing where there is no word to search for.
std::optional<Searched> searched_for(const RuleString& string) {
  Searched searched;
  if (string.expression) {
    // The longer the words, the fewer lines have one: where `open` and a path have to stand, the path alone is looked for.
    const auto plain = coarse(string.text);
    for (const int shortest : {8, 5, 4, static_cast<int>(WordFinder::k_shortest)})
      if (searched.words.empty()) searched.words = words_of(plain, string, shortest, searched.expression);
  } else {
    searched.words = {string.text};
  }
  const auto is_unfit = [](const std::string& word) {
    return word.size() < WordFinder::k_shortest || word.find('\n') != std::string::npos;
  };
  if (searched.words.empty() || std::any_of(searched.words.begin(), searched.words.end(), is_unfit))
    return std::nullopt;
  return searched;
}

}  // namespace

struct LineFilter::Strings {
  std::vector<Expression> expressions;
  std::vector<std::vector<std::size_t>> with_word;  ///< by the index of a word: which of them have it
};

bool LineFilter::matches(std::size_t string, std::string_view text, std::size_t from, std::size_t to) const {
  const auto& expression = m_strings->expressions[string];
  return expression == nullptr ||
         expression->GetRE2(0).Match({text.data(), text.size()}, from, to, re2::RE2::UNANCHORED, nullptr, 0);
}

std::optional<LineFilter> LineFilter::of(std::span<const RuleString> strings) {
  std::map<std::string, std::vector<std::size_t>> by_word;
  auto all = std::make_shared<Strings>();
  std::size_t line_ends = 0;
  for (const auto& string : strings) {
    line_ends = std::max(line_ends, string.line_ends);
    auto searched = searched_for(string);
    if (!searched) return std::nullopt;
    for (const auto& word : searched->words) by_word[ascii_lower(word)].push_back(all->expressions.size());
    all->expressions.push_back(std::move(searched->expression));
  }
  if (by_word.empty()) return std::nullopt;
  std::vector<std::string> words;
  for (auto& [word, with_it] : by_word) {
    words.push_back(word);
    all->with_word.push_back(std::move(with_it));
  }
  return LineFilter{words, std::move(all), line_ends};
}

namespace {

std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

/// Where the lines that a match around `at` can be in begin, with the end of the line before, and where they end.
std::pair<std::size_t, std::size_t> lines_around(std::string_view text, std::size_t at, std::size_t line_ends) {
  auto begin = at;
  for (std::size_t line = 0; line <= line_ends && begin > 0; ++line) {
    const auto before = text.rfind('\n', begin - 1);
    begin = before == std::string_view::npos ? 0 : before;
  }
  auto end = line_end(text, at);
  for (std::size_t line = 0; line < line_ends && end < text.size(); ++line) end = line_end(text, end + 1);
  return {begin, std::min(end + 1, text.size())};
}

}  // namespace

std::string LineFilter::possible_lines(std::string_view text) const {
  std::string lines;
  std::size_t taken = 0;           // everything before is in `lines`, or will not be
  std::vector<std::size_t> which;  // words
  std::vector<std::size_t> asked(
      m_strings->expressions.size());           // behind the end of the line that each was asked about last
  std::size_t own_end = 0, begin = 0, end = 0;  // looked for once for all words of a line, which may be the whole text
  for (auto at = m_words.find(text, 0, &which); at != std::string_view::npos;) {
    if (at >= own_end) {
      own_end = line_end(text, at);
      std::tie(begin, end) = lines_around(text, at, m_line_ends);
    }
    const auto is_hit = [&, from = begin, to = end](std::size_t string) {
      return std::exchange(asked[string], own_end + 1) != own_end + 1 && matches(string, text, from, to);
    };
    const bool hit = std::any_of(which.begin(), which.end(), [&](std::size_t word) {
      const auto& with_it = m_strings->with_word[word];
      return std::any_of(with_it.begin(), with_it.end(), is_hit);
    });
    if (hit) {
      const auto rest = std::max(begin, taken);
      if (end > rest) lines.append(text.substr(rest, end - rest));
      taken = std::max(taken, end);
    }
    at = m_words.find(text, hit ? own_end : at + 1, &which);
  }
  return lines;
}

}  // namespace assay::inspect
