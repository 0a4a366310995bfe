// Filters that put lines into another order or together.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "inspect/script/filter_plans.hpp"

namespace assay::inspect::filters {

namespace {

constexpr std::size_t k_most_lines = 1'000'000;

/// What sort compares: `-k 2,3n -t : -r`.
struct SortKey {
  std::size_t first_field = 1;
  std::size_t last_field = SIZE_MAX;
  char separator = 0;  ///< 0: runs of blanks
  bool numeric = false;
  bool reversed = false;
};

std::string_view field_from(std::string_view line, const SortKey& key) {
  if (key.first_field <= 1 && key.last_field == SIZE_MAX) return line;
  std::size_t begin = 0, end = line.size(), at = 0;
  for (std::size_t field = 1; at <= line.size(); ++field) {
    if (key.separator == 0)
      while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
    if (field == key.first_field) begin = at;
    at = key.separator != 0 ? line.find(key.separator, at) : line.find_first_of(" \t", at);
    at = std::min(at, line.size());
    if (field == key.last_field) {
      end = at;
      break;
    }
    if (at == line.size()) {
      if (field < key.first_field) begin = line.size();
      break;
    }
    if (key.separator != 0) ++at;
  }
  return begin < end ? line.substr(begin, end - begin) : std::string_view{};
}

double number_at(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return 0;
  double value = 0;
  std::from_chars(text.data() + begin, text.data() + text.size(), value);
  return value;
}

std::optional<SortKey> sort_key(const Options& options) {
  SortKey key;
  key.numeric = options.has_any({"n", "g", "numeric-sort", "general-numeric-sort"});
  key.reversed = options.has_any({"r", "reverse"});
  if (options.has_any({"R", "h", "M", "V", "z", "f", "random-sort"})) return std::nullopt;
  if (const auto separator = options.value({"t", "field-separator"}); !separator.empty())
    key.separator = separator == "\\t" ? '\t' : separator[0];
  const auto text = options.value({"k", "key"});
  if (text.empty()) return key;
  const auto comma = text.find(',');
  const auto first = parse_count(text.substr(0, text.find_first_not_of("0123456789")));
  if (!first) return std::nullopt;
  key.first_field = first->number;
  if (comma != std::string_view::npos) {
    const auto rest = text.substr(comma + 1);
    const auto last = parse_count(rest.substr(0, rest.find_first_not_of("0123456789")));
    if (last) key.last_field = last->number;
  }
  key.numeric = key.numeric || text.find_first_of("ng") != std::string_view::npos;
  key.reversed = key.reversed || text.find('r') != std::string_view::npos;
  return key;
}

std::string lines_joined(const std::vector<std::string_view>& lines) {
  std::string result;
  for (const auto line : lines) (result += line) += '\n';
  return result;
}

std::vector<std::string_view> lines_of(std::string_view input) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at < input.size();) {
    const auto end = std::min(input.find('\n', at), input.size());
    lines.push_back(input.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

FilterPlan line_plan(const Options& options, std::string what) {
  return {FilterKind::text, std::move(what), false, options.operands, {}, {}, {}};
}

}  // namespace

Plan plan_sort(const Arguments& arguments) {
  const auto options = parse_options(arguments, "ktoST", {"key", "field-separator", "output"});
  auto plan = line_plan(options, "sorts it with " + shown(arguments));
  plan.output_file = options.value({"o", "output"});
  const auto key = sort_key(options);
  if (!key) return plan;
  plan.run = [key = *key, unique = options.has_any({"u", "unique"})](
                 std::string_view input, const FilterContext&) -> std::optional<FilterOutput> {
    auto lines = lines_of(input);
    if (lines.size() > k_most_lines) return std::nullopt;
    const auto before = [&](std::string_view a, std::string_view b) {
      const auto left = field_from(a, key), right = field_from(b, key);
      if (key.numeric) {
        const auto x = number_at(left), y = number_at(right);
        if (x != y) return key.reversed ? y < x : x < y;
      } else if (left != right) {
        return key.reversed ? right < left : left < right;
      }
      return key.reversed ? b < a : a < b;
    };
    std::stable_sort(lines.begin(), lines.end(), before);
    if (unique) lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    return whole(lines_joined(lines), input);
  };
  return plan;
}

Plan plan_tac(const Arguments& arguments) {
  const auto options = parse_options(arguments, "s", {"separator"});
  auto plan = line_plan(options, "turns the order of its lines round");
  if (options.has_any({"s", "separator", "r", "b"})) return plan;
  plan.run = [](std::string_view input, const FilterContext&) {
    auto lines = lines_of(input);
    std::reverse(lines.begin(), lines.end());
    return whole(lines_joined(lines), input);
  };
  return plan;
}

Plan plan_uniq(const Arguments& arguments) {
  const auto options = parse_options(arguments, "fsw");
  auto plan = line_plan(options, "leaves out lines that follow themselves");
  if (!options.values.empty()) return plan;
  plan.run = [](std::string_view input, const FilterContext&) {
    auto lines = lines_of(input);
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    return whole(lines_joined(lines), input);
  };
  return plan;
}

/// `paste -s -d ''`: all lines as one. Of several files side by side nothing is computed.
Plan plan_paste(const Arguments& arguments) {
  const auto options = parse_options(arguments, "d", {"delimiters"});
  auto plan = line_plan(options, "puts its lines together");
  if (!options.has_any({"s", "serial"})) return plan;
  auto delimiter = options.has_any({"d", "delimiters"}) ? std::string{options.value({"d", "delimiters"})} : "\t";
  if (delimiter == "\\0") delimiter.clear();
  if (delimiter.size() > 1) return plan;
  plan.run = [delimiter](std::string_view input, const FilterContext&) {
    std::string result;
    for (bool first = true; const auto line : lines_of(input)) {
      if (!std::exchange(first, false)) result += delimiter;
      result += line;
    }
    return whole(result + "\n", input);
  };
  return plan;
}

}  // namespace assay::inspect::filters
