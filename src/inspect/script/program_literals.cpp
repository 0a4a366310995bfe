#include "inspect/script/program_literals.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "inspect/script/program_words.hpp"
#include "inspect/script/source.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_constants = 4096;
constexpr std::size_t k_most_put = 64;
constexpr std::size_t k_longest_statement = 4096;

}  // namespace

std::optional<std::string_view> joint(std::string_view between) {
  static const RE2 k_path{R"(\)?[ \t]*(?:/|,|\.joinpath\(|\+[ \t]*os\.sep[ \t]*\+)[ \t]*)"};
  static const RE2 k_text{R"(\s*[+.]?\s*)"};
  if (RE2::FullMatch(between, k_path)) return "/";
  if (RE2::FullMatch(between, k_text)) return "";
  return std::nullopt;
}

bool is_file_of_tests(std::string_view path) {
  return is_test_data_file(path);
}

std::string Constants::put_into(std::string_view statement) const {
  std::string known{statement};
  if (m_values.empty() || statement.size() > k_longest_statement) return known;
  known.clear();
  char quote = 0;
  std::size_t put = 0;
  for (std::size_t at = 0; at < statement.size();) {
    const char c = statement[at];
    if (!is_word(c)) {
      if (quote == 0 && (c == '"' || c == '\'' || c == '`')) quote = c;
      else if (c == quote || c == '\n') quote = 0;
      known += c;
      ++at;
      continue;
    }
    auto end = at;
    while (end < statement.size() && is_word(statement[end])) ++end;
    const auto word = statement.substr(at, end - at);
    const auto it = quote == 0 && put < k_most_put ? m_values.find(word) : m_values.end();
    const bool is_member = at > 0 && statement[at - 1] == '.' && (at < 2 || statement[at - 2] != ' ');
    if (it == m_values.end() || is_member) {
      known += word;
    } else {
      ++put;
      if (known.ends_with('$')) known.pop_back();
      ((known += '"') += it->second) += '"';
    }
    at = end;
  }
  return known;
}

void Constants::note(std::string_view statement, std::string_view known) {
  static const RE2 k_given{R"(^\s*(?:(?:my|our|local|var|let|const)\s+)?\$?(\w+)\s*=[^=~>])"};
  // Nothing but literals, and what puts them together.
  static const RE2 k_literals{
      R"(^[^=]*=\s*(?:[\w.:]*(?:join|Path)\s*\()?\s*((?:[rbu]?["'][^"'\n]*["'])(?:\)?\s*(?:[/,+.]|\.joinpath\()\s*[rbu]?["'][^"'\n]*["'])*)\s*\)?\s*$)"};
  re2::StringPiece name, literals;
  if (!RE2::PartialMatch(statement, k_given, &name)) return;
  m_values.erase(name);
  if (known.size() > k_longest_statement || m_values.size() >= k_most_constants) return;
  // The name itself is left as it was.
  if (!RE2::PartialMatch(known, k_literals, &literals)) return;
  std::string value;
  each_name(literals, [&](std::string_view whole) { value = whole; });
  if (!value.empty()) m_values.insert_or_assign(name, std::move(value));
}

}  // namespace assay::inspect
