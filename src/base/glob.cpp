#include "base/glob.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <optional>
#include <vector>

namespace assay {

namespace {

/// Nothing if there is no class of that name.
std::optional<bool> in_posix_class(std::string_view name, unsigned char c) {
  if (name == "alpha") return std::isalpha(c) != 0;
  if (name == "digit") return std::isdigit(c) != 0;
  if (name == "alnum") return std::isalnum(c) != 0;
  if (name == "upper") return std::isupper(c) != 0;
  if (name == "lower") return std::islower(c) != 0;
  if (name == "space") return std::isspace(c) != 0;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "punct") return std::ispunct(c) != 0;
  if (name == "print") return std::isprint(c) != 0;
  if (name == "graph") return std::isgraph(c) != 0;
  if (name == "cntrl") return std::iscntrl(c) != 0;
  if (name == "xdigit") return std::isxdigit(c) != 0;
  return std::nullopt;
}

struct BracketMatch {
  bool matched;
  std::size_t next;  ///< index after the closing bracket
};

/// Match one character against the set that starts at pattern[at] == '['; nothing if it is not closed or not valid.
std::optional<BracketMatch> match_bracket(std::string_view pattern, std::size_t at, unsigned char c) {
  std::size_t i = at + 1;
  bool negate = false;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) {
    negate = true;
    ++i;
  }
  bool matched = false;
  for (bool first = true; i < pattern.size() && (pattern[i] != ']' || first); first = false) {
    if (pattern.substr(i, 2) == "[:") {
      const auto end = pattern.find(":]", i + 2);
      if (end != std::string_view::npos) {
        const auto in_class = in_posix_class(pattern.substr(i + 2, end - i - 2), c);
        if (!in_class) return std::nullopt;
        matched |= *in_class;
        i = end + 2;
        continue;
      }
    }
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    const auto low = static_cast<unsigned char>(pattern[i++]);
    if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
      ++i;
      if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
      const auto high = static_cast<unsigned char>(pattern[i++]);
      matched |= low <= c && c <= high;
    } else {
      matched |= low == c;
    }
  }
  if (i >= pattern.size()) return std::nullopt;
  return BracketMatch{matched != negate, i + 1};
}

/// Dynamic programming over (pattern position, text position) with a bit set of reachable pattern positions: time is
/// O(pattern × text) whatever the pattern, which matters because patterns come from examined repositories.
bool match(std::string_view pattern, std::string_view text, bool star_crosses_slash) {
  const auto n = pattern.size();
  std::vector<char> now(n + 1, 0);
  std::vector<char> next(n + 1, 0);

  // A run of stars starting at i: where it ends, and whether it crosses slashes.
  struct Stars {
    std::size_t end;
    bool crosses;
    bool zero_dirs;  ///< `**/`: may also match nothing, slash included
  };
  const auto stars_at = [&](std::size_t i) {
    std::size_t end = i;
    while (end < n && pattern[end] == '*') ++end;
    const bool two = end - i >= 2;
    const bool left = i == 0 || pattern[i - 1] == '/';
    const bool right = end == n || pattern[end] == '/';
    const bool spans = two && left && right;
    return Stars{end, star_crosses_slash || spans, spans && end < n};
  };
  const auto close = [&](std::vector<char>& set, std::size_t position) {
    for (std::size_t i = 0; i < n; ++i) {
      if (set[i] == 0 || pattern[i] != '*') continue;
      const auto stars = stars_at(i);
      set[stars.end] = 1;
      const bool at_boundary = position == 0 || text[position - 1] == '/';
      if (stars.zero_dirs && at_boundary) set[stars.end + 1] = 1;
    }
  };

  now[0] = 1;
  close(now, 0);
  for (std::size_t t = 0; t < text.size(); ++t) {
    const char c = text[t];
    std::fill(next.begin(), next.end(), 0);
    for (std::size_t i = 0; i < n; ++i) {
      if (now[i] == 0) continue;
      switch (pattern[i]) {
        case '*': {
          if (c != '/' || stars_at(i).crosses) next[i] = 1;
          break;
        }
        case '?':
          if (c != '/' || star_crosses_slash) next[i + 1] = 1;
          break;
        case '[': {
          const auto set = match_bracket(pattern, i, static_cast<unsigned char>(c));
          if (set && set->matched && (c != '/' || star_crosses_slash)) next[set->next] = 1;
          // Without a valid set git's wildmatch never matches, fnmatch(3) takes the bracket for itself.
          if (!set && c == '[' && star_crosses_slash) next[i + 1] = 1;
          break;
        }
        case '\\':
          if (i + 1 < n && pattern[i + 1] == c) next[i + 2] = 1;  // one that quotes nothing never matches
          break;
        default:
          if (pattern[i] == c) next[i + 1] = 1;
      }
    }
    now.swap(next);
    close(now, t + 1);
  }
  return now[n] != 0;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view path) {
  return match(pattern, path, false);
}

bool glob_match_any(std::string_view pattern, std::string_view path) {
  return match(pattern, path, true);
}

}  // namespace assay
