// Filters that cut parts out, by position or by column.
#include <fmt/format.h>

#include <cctype>

#include "base/text.hpp"
#include "inspect/script/filter_plans.hpp"

namespace assay::inspect::filters {

namespace {

/// The position behind the `count`-th line end.
std::size_t lines_end(std::string_view text, std::uint64_t count) {
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count) at = std::min(text.find('\n', at), text.size() - 1) + 1;
  return at;
}

/// `head -n 3`, `head -3`, `head -c 1k`: which unit, and how many.
std::optional<std::pair<bool, Count>> head_count(const Arguments& arguments, const Options& options) {
  const auto bytes = options.value({"c", "bytes"});
  auto number = options.value({"n", "lines"});
  const bool by_bytes = !bytes.empty();
  std::string digits;
  if (!by_bytes && number.empty())
    for (const auto& argument : arguments)
      if (argument.size() > 1 && (argument[0] == '-' || argument[0] == '+') &&
          std::isdigit(static_cast<unsigned char>(argument[1])) != 0) {
        digits = argument[0] == '+' ? argument : argument.substr(1);
        number = digits;
      }
  if (!by_bytes && number.empty()) number = "10";
  const auto count = parse_count(by_bytes ? bytes : number);
  if (!count) return std::nullopt;
  return std::pair{by_bytes, *count};
}

}  // namespace

std::optional<FilterPlan> plan_head(const Arguments& arguments) {
  const auto options = parse_options(arguments, "cn", {"bytes", "lines"});
  const auto unit = head_count(arguments, options);
  if (!unit) return std::nullopt;
  const auto [by_bytes, count] = *unit;
  FilterPlan plan{by_bytes ? FilterKind::carve : FilterKind::text, {}, false, options.operands, {}, {}, {}};
  const bool all_but = count.sign == '-';
  plan.what =
      fmt::format("takes {}the first {} {}", all_but ? "all but " : "", count.number, by_bytes ? "bytes" : "lines");
  if (by_bytes && !all_but) plan.harvest.add(HarvestedSlice{0, count.number, false, {}});
  plan.run = [by_bytes = by_bytes, count = count, all_but](std::string_view input, const FilterContext&) {
    std::size_t end = 0;
    if (by_bytes)
      end = all_but ? input.size() - std::min<std::uint64_t>(count.number, input.size())
                    : std::min<std::uint64_t>(count.number, input.size());
    else end = all_but ? input.size() : lines_end(input, count.number);
    return FilterOutput{std::string{input.substr(0, end)}, all_but ? input.size() : end, true};
  };
  return plan;
}

std::optional<FilterPlan> plan_tail(const Arguments& arguments) {
  const auto options = parse_options(arguments, "cn", {"bytes", "lines"});
  const auto unit = head_count(arguments, options);
  if (!unit) return std::nullopt;
  const auto [by_bytes, count] = *unit;
  FilterPlan plan{by_bytes ? FilterKind::carve : FilterKind::text, {}, false, options.operands, {}, {}, {}};
  std::erase_if(plan.files, [&](std::size_t i) { return arguments[i].starts_with("+"); });
  const bool from = count.sign == '+';
  plan.what = from ? fmt::format("leaves out the first {} {}", count.number > 0 ? count.number - 1 : 0,
                                 by_bytes ? "bytes" : "lines")
                   : fmt::format("takes the last {} {}", count.number, by_bytes ? "bytes" : "lines");
  if (by_bytes)
    plan.harvest.add(from ? HarvestedSlice{count.number > 0 ? count.number - 1 : 0, std::nullopt, false, {}}
                          : HarvestedSlice{count.number, std::nullopt, true, {}});
  plan.run = [by_bytes = by_bytes, count = count, from](std::string_view input, const FilterContext&) {
    std::size_t begin = 0;
    const auto skipped = count.number > 0 ? count.number - 1 : 0;
    if (by_bytes)
      begin = from ? std::min<std::uint64_t>(skipped, input.size())
                   : input.size() - std::min<std::uint64_t>(count.number, input.size());
    else if (from) begin = lines_end(input, skipped);
    else {
      begin = input.ends_with('\n') ? input.size() - 1 : input.size();
      for (auto left = count.number; left > 0 && begin > 0; --left) {
        const auto previous = input.rfind('\n', begin - 1);
        begin = previous == std::string_view::npos ? 0 : left == 1 ? previous + 1 : previous;
        if (previous == std::string_view::npos) break;
      }
    }
    return whole(std::string{input.substr(begin)}, input);
  };
  return plan;
}

std::optional<FilterPlan> plan_dd(const Arguments& arguments) {
  std::map<std::string, std::string, std::less<>> values;
  FilterPlan plan;
  plan.kind = FilterKind::pass;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto equals = arguments[i].find('=');
    if (equals == std::string::npos) return std::nullopt;
    const auto name = arguments[i].substr(0, equals);
    values[name] = arguments[i].substr(equals + 1);
    if (name == "if") plan.files.push_back(i);
    if (name == "of") plan.output_file = values[name];
  }
  const auto number = [&](std::string_view name, std::uint64_t otherwise) -> std::optional<std::uint64_t> {
    const auto it = values.find(name);
    if (it == values.end()) return otherwise;
    const auto count = parse_count(it->second);
    return count ? std::optional{count->number} : std::nullopt;
  };
  const auto block = values.contains("ibs") ? number("ibs", 512) : number("bs", 512);
  const auto skip = number("skip", 0);
  const auto count = number("count", UINT64_MAX);
  if (!block || !skip || !count) return std::nullopt;
  const bool in_bytes = values["iflag"].find("skip_bytes") != std::string::npos;
  const bool count_bytes = values["iflag"].find("count_bytes") != std::string::npos;
  const auto offset = in_bytes ? *skip : *skip * *block;
  const auto length = *count == UINT64_MAX ? UINT64_MAX : count_bytes ? *count : *count * *block;
  if (offset > 0 || length != UINT64_MAX) {
    plan.kind = FilterKind::carve;
    plan.harvest.add(HarvestedSlice{offset, length == UINT64_MAX ? std::nullopt : std::optional{length}, false, {}});
  }
  const bool swapped = values["conv"].find("swab") != std::string::npos;
  if (swapped) plan.kind = FilterKind::map;
  plan.what = (swapped ? "swaps its bytes with " : "cuts bytes out with ") + shown(arguments);
  plan.run = [offset, length, swapped](std::string_view input, const FilterContext&) {
    const auto begin = std::min<std::uint64_t>(offset, input.size());
    const auto taken = std::min<std::uint64_t>(length, input.size() - begin);
    std::string bytes{input.substr(begin, taken)};
    for (std::size_t i = 0; swapped && i + 1 < bytes.size(); i += 2) std::swap(bytes[i], bytes[i + 1]);
    return FilterOutput{std::move(bytes), begin + taken, true};
  };
  return plan;
}

namespace {

/// The `-b`/`-c` list of cut: "1-3,7,9-".
std::optional<std::vector<std::pair<std::size_t, std::size_t>>> parse_list(std::string_view list) {
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    const auto part = list.substr(at, end - at);
    const auto dash = part.find('-');
    const auto first = parse_count(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_count(part.substr(dash + 1));
    if (!first && !last) return std::nullopt;
    ranges.emplace_back(first ? std::max<std::uint64_t>(first->number, 1) : 1, last ? last->number : SIZE_MAX);
    at = end + 1;
  }
  return ranges;
}

}  // namespace

std::optional<FilterPlan> plan_cut(const Arguments& arguments) {
  const auto options = parse_options(arguments, "bcdf", {"bytes", "characters", "fields", "delimiter"});
  const auto bytes = options.value({"b", "c", "bytes", "characters"});
  const auto fields = options.value({"f", "fields"});
  const auto ranges = parse_list(bytes.empty() ? fields : bytes);
  if (!ranges || ranges->empty()) return std::nullopt;
  const auto delimiter_text = options.value({"d", "delimiter"});
  const char delimiter = delimiter_text.empty() ? '\t' : delimiter_text[0];
  FilterPlan plan{FilterKind::text, "cuts columns with " + shown(arguments), false, options.operands, {}, {}, {}};
  plan.run = [ranges = *ranges, by_field = bytes.empty(), delimiter](std::string_view input, const FilterContext&) {
    std::string result;
    const auto wanted = [&](std::size_t n) {
      return std::any_of(ranges.begin(), ranges.end(), [n](auto& r) { return n >= r.first && n <= r.second; });
    };
    for (std::size_t at = 0; at < input.size();) {
      const auto end = std::min(input.find('\n', at), input.size());
      const auto line = input.substr(at, end - at);
      if (!by_field) {
        for (std::size_t i = 0; i < line.size(); ++i)
          if (wanted(i + 1)) result += line[i];
      } else if (line.find(delimiter) == std::string_view::npos) {
        result += line;
      } else {
        std::size_t number = 1;
        bool first = true;
        for (std::size_t from = 0; from <= line.size(); ++number) {
          const auto to = std::min(line.find(delimiter, from), line.size());
          if (wanted(number)) {
            if (!first) result += delimiter;
            result += line.substr(from, to - from);
            first = false;
          }
          from = to + 1;
        }
      }
      result += '\n';
      at = end + 1;
    }
    return whole(std::move(result), input);
  };
  return plan;
}

std::optional<FilterPlan> plan_strings(const Arguments& arguments) {
  const auto options = parse_options(arguments, "ntn");
  FilterPlan plan{FilterKind::text, "takes the printable strings of it", false, options.operands, {}, {}, {}};
  plan.run = [](std::string_view input, const FilterContext&) {
    std::string result, held;
    for (const char c : input) {
      if (std::isprint(static_cast<unsigned char>(c)) != 0 || c == '\t') {
        held += c;
        continue;
      }
      if (held.size() >= 4) result += held + "\n";
      held.clear();
    }
    if (held.size() >= 4) result += held + "\n";
    return whole(std::move(result), input);
  };
  return plan;
}

}  // namespace assay::inspect::filters
