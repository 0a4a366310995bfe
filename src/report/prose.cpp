#include "report/prose.hpp"

#include <fmt/format.h>

#include "report/wording.hpp"

namespace assay::report {

namespace {

/// Where the word at the start of `text` ends: at a blank that does not stand between two backticks.
std::size_t end_of_word(std::string_view text) {
  std::size_t at = 0;
  while (true) {
    const auto end = text.find_first_of(" `", at);
    if (end == std::string_view::npos || text[end] == ' ') return end;
    const auto closing = text.find('`', end + 1);
    at = closing == std::string_view::npos ? end + 1 : closing + 1;
  }
}

}  // namespace

std::string wrap_prose(std::string_view lead, std::size_t lead_columns, std::string_view text, std::size_t columns) {
  std::string out{lead};
  auto column = lead_columns;
  bool first = true;
  while (!text.empty()) {
    const auto end = end_of_word(text);
    const auto word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto width = char_count(word);
    if (!first && column + 1 + width > columns) {
      out += '\n' + std::string(lead_columns, ' ');
      column = lead_columns;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
    first = false;
  }
  return out + '\n';
}

std::string wrap_prose(std::string_view lead, std::string_view text) {
  return wrap_prose(lead, char_count(lead), text);
}

std::string paint(bool on, std::string_view text, std::string_view sgr) {
  return on ? fmt::format("\x1b[{}m{}\x1b[0m", sgr, text) : std::string{text};
}

}  // namespace assay::report
