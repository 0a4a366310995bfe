#include "base/toml_nesting.hpp"

#include <algorithm>

namespace assay {

namespace {

/// Where the string that begins at `at` ends: behind its last quote, or, if it has none, where a parser gives up.
std::size_t string_end(std::string_view document, std::size_t at) noexcept {
  const char quote = document[at];
  const bool is_long = document.substr(at, 3) == std::string_view{quote == '"' ? "\"\"\"" : "'''"};
  for (auto next = at + (is_long ? 3 : 1); next < document.size(); ++next) {
    if (document[next] == '\\' && quote == '"') {
      ++next;
    } else if (document[next] == '\n' && !is_long) {
      return next;
    } else if (document[next] == quote) {
      if (!is_long) return next + 1;
      if (document.substr(next, 3) == document.substr(at, 3)) return next + 3;
    }
  }
  return document.size();
}

}  // namespace

bool has_deep_toml_key(std::string_view document) noexcept {
  using namespace std::string_view_literals;
  std::size_t dots = 0;  // since a key may have begun
  for (std::size_t at = 0; at < document.size();) {
    const char c = document[at];
    if (c == '"' || c == '\'') {
      at = string_end(document, at);
      continue;
    }
    if (c == '#') {
      at = std::min(document.find('\n', at), document.size());
      continue;
    }
    if (c == '.') {
      if (++dots >= k_most_key_parts) return true;
    } else if ("\n=,{}[]"sv.find(c) != std::string_view::npos) {
      dots = 0;
    }
    ++at;
  }
  return false;
}

}  // namespace assay
