#include "provenance/wrapped_lists.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-' || c == '+' || c == '/';
}

bool is_plain_name(std::string_view word) {
  return !word.empty() && word.front() != '-' && word.front() != '/' &&
         std::all_of(word.begin(), word.end(), is_name_byte);
}

/// Words between blanks, a backslash at the end left out.
std::vector<std::string_view> words_of(std::string_view line) {
  if (line.ends_with('\\')) line.remove_suffix(1);
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;) {
    const auto end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(" \t", end);
  }
  return words;
}

/// `NAME = …` or `NAME += …` at the very start of a line: no rule, and no command of one.
bool begins_assignment(std::string_view line) {
  const auto name_end = std::find_if_not(line.begin(), line.end(),
                                         [](char c) { return is_name_byte(c) && c != '/' && c != '.' && c != '-'; });
  if (name_end == line.begin()) return false;
  auto rest = line.substr(static_cast<std::size_t>(name_end - line.begin()));
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest.starts_with("= ") || rest.starts_with("+= ") || rest == "=" || rest.starts_with("=\\");
}

}  // namespace

WrappedLists::WrappedLists(std::string_view text, std::string_view regenerated) : m_lines(split_lines(text)) {
  m_in_value.resize(m_lines.size());
  bool continues = false;
  for (std::size_t i = 0; i < m_lines.size(); ++i) {
    m_in_value[i] = continues;
    const bool goes_on = m_lines[i].ends_with('\\');
    continues = goes_on && (continues || begins_assignment(m_lines[i]));
  }
  for (const auto line : split_lines(regenerated))
    for (const auto word : words_of(line))
      if (is_plain_name(word)) m_words.insert(path_basename(word));
}

bool WrappedLists::only_wraps(std::uint64_t number) const {
  if (number == 0 || number > m_lines.size() || !m_in_value[number - 1]) return false;
  const auto words = words_of(m_lines[number - 1]);
  return std::all_of(words.begin(), words.end(), [&](std::string_view word) {
    return is_plain_name(word) && m_words.contains(path_basename(word));
  });
}

}  // namespace assay::provenance
