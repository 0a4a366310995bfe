#include "provenance/sorted_items.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "provenance/exact_lines.hpp"

namespace assay::provenance {

namespace {

using Lines = std::span<const std::string_view>;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// What a locale's order looks at first.
std::string first_weights(std::string_view name) {
  std::string key;
  for (const char c : name)
    if (is_letter_or_digit(c)) key += c;
  return ascii_lower(key);
}

bool is_element(std::string_view line) {
  const auto start = line.find_first_not_of(" \t");
  return start != std::string_view::npos && line[start] == '<' && (line.ends_with(" />") || line.ends_with(" />\r"));
}

/// The part in which the lines differ; nothing if it is no file name.
std::optional<std::vector<std::string_view>> names_in(Lines lines) {
  auto head = lines[0].size();
  auto tail = lines[0].size();
  for (const auto line : lines) {
    head = static_cast<std::size_t>(
        std::mismatch(line.begin(), line.end(), lines[0].begin(), lines[0].begin() + static_cast<long>(head)).first -
        line.begin());
    std::size_t same = 0;
    while (same < tail && same < line.size() && line[line.size() - 1 - same] == lines[0][lines[0].size() - 1 - same])
      ++same;
    tail = same;
  }
  // The names that share a beginning or an end are compared whole.
  const auto is_part = [](char c) {
    return is_letter_or_digit(c) || std::string_view{"._-+"}.find(c) != std::string_view::npos;
  };
  while (head > 0 && is_part(lines[0][head - 1])) --head;
  while (tail > 0 && is_part(lines[0][lines[0].size() - tail])) --tail;
  std::vector<std::string_view> names;
  for (const auto line : lines) {
    if (!is_element(line) || line.size() <= head + tail) return std::nullopt;
    const auto name = line.substr(head, line.size() - head - tail);
    if (!std::all_of(name.begin(), name.end(), is_part)) return std::nullopt;
    names.push_back(name);
  }
  return names;
}

bool is_sorted_otherwise(Lines made, Lines shipped) {
  const auto ours = names_in(made);
  const auto theirs = names_in(shipped);
  if (!ours || !theirs) return false;
  return std::is_sorted(ours->begin(), ours->end()) &&
         std::is_sorted(theirs->begin(), theirs->end(),
                        [](auto a, auto b) { return first_weights(a) < first_weights(b); });
}

/// How many lines from `start` on are the same ones on both sides, in whatever order; 0 if the rest is not.
std::size_t length_of_run(Lines made, Lines shipped, std::size_t start) {
  std::map<std::string_view, long> balance;
  std::size_t open = 0;
  const auto count = [&](std::string_view line, long by) {
    auto& number = balance[line];
    if (number == 0) ++open;
    number += by;
    if (number == 0) --open;
  };
  for (auto i = start; i < made.size(); ++i) {
    count(made[i], 1);
    count(shipped[i], -1);
    if (open == 0) return i + 1 - start;
  }
  return 0;
}

}  // namespace

std::optional<std::size_t> lines_sorted_otherwise(std::string_view made, std::string_view shipped) {
  if (made.size() != shipped.size()) return std::nullopt;
  const auto ours = exact_lines(made);
  const auto theirs = exact_lines(shipped);
  if (ours.size() != theirs.size()) return std::nullopt;
  std::size_t moved = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (ours[i] == theirs[i]) continue;
    const auto length = length_of_run(ours, theirs, i);
    if (length == 0 || !is_sorted_otherwise(Lines{ours}.subspan(i, length), Lines{theirs}.subspan(i, length)))
      return std::nullopt;
    moved += length;
    i += length - 1;
  }
  return moved > 0 ? std::optional{moved} : std::nullopt;
}

}  // namespace assay::provenance
