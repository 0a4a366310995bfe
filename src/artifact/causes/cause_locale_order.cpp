// Lines in the order of two collations.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "artifact/cause.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  auto lines = split_lines(text);
  // What was cut at the bound is no whole line.
  if (text.size() >= k_change_bytes && !lines.empty()) lines.pop_back();
  return lines;
}

/// As locales sort: letters and digits first, whatever their case; the rest decides ties.
std::string folded(std::string_view line) {
  std::string key;
  for (const auto c : ascii_lower(line))
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c & '\x80') != 0) key += c;
  return key;
}

bool sorted_by_bytes(const std::vector<std::string_view>& lines) {
  return std::is_sorted(lines.begin(), lines.end());
}
/// With or without regard to what is no letter: C libraries differ in that.
bool sorted_by_letters(const std::vector<std::string_view>& lines) {
  return std::is_sorted(lines.begin(), lines.end(),
                        [](std::string_view a, std::string_view b) { return folded(a) < folded(b); }) ||
         std::is_sorted(lines.begin(), lines.end(),
                        [](std::string_view a, std::string_view b) { return ascii_lower(a) < ascii_lower(b); });
}

}  // namespace

std::optional<Match> judge_locale_order(const Change& change, const BuildFacts& facts) {
  if (change.aspect != Aspect::order || is_source(change, facts)) return std::nullopt;
  const auto before = lines_of(change.before);
  const auto after = lines_of(change.after);
  const bool bytes_first = sorted_by_bytes(before) && sorted_by_letters(after) && !sorted_by_bytes(after);
  const bool letters_first = sorted_by_letters(before) && sorted_by_bytes(after) && !sorted_by_bytes(before);
  if (before.size() < 2 || (!bytes_first && !letters_first)) return std::nullopt;
  return Match{
      "", change.place + (bytes_first ? ": order of bytes → order of letters" : ": order of letters → order of bytes"),
      "each side is sorted, by another collation", Confidence::likely};
}

}  // namespace assay::artifact
