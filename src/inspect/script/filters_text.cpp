// Filters that edit text or replace bytes one by one.
#include <memory>

#include "base/text.hpp"
#include "inspect/script/filter_plans.hpp"
#include "inspect/script/sed.hpp"

namespace assay::inspect::filters {

std::optional<FilterPlan> plan_tr(const Arguments& arguments) {
  const auto map = parse_tr({arguments.begin() + 1, arguments.end()});
  if (!map) return std::nullopt;
  FilterPlan plan;
  plan.kind = map->is_textual() ? FilterKind::text : FilterKind::map;
  plan.what = "maps its bytes with " + shown(arguments);
  plan.harvest.add(HarvestedMap{*map, {}});
  plan.run = [map = *map](std::string_view input, const FilterContext&) {
    const auto bytes = map.apply(as_bytes(input));
    return whole(std::string{as_text(bytes)}, input);
  };
  return plan;
}

std::optional<FilterPlan> plan_rev(const Arguments& arguments) {
  const auto options = parse_options(arguments, "");
  FilterPlan plan{FilterKind::map, "reverses every line", false, options.operands, {}, {}, {}};
  plan.harvest.add(HarvestedDecoder{Decoder::reverse, joined(arguments), {}});
  plan.run = [](std::string_view input, const FilterContext&) {
    std::string result{input};
    for (std::size_t at = 0; at < result.size();) {
      const auto end = std::min(result.find('\n', at), result.size());
      std::reverse(result.begin() + static_cast<std::ptrdiff_t>(at), result.begin() + static_cast<std::ptrdiff_t>(end));
      at = end + 1;
    }
    return whole(std::move(result), input);
  };
  return plan;
}

std::optional<FilterPlan> plan_sed(const Arguments& arguments) {
  const auto options = parse_options(arguments, "efl", {"expression", "file"});
  FilterPlan plan{FilterKind::text, {}, false, options.operands, {}, {}, {}};
  std::string program;
  const bool by_option = options.has_any({"e", "expression"});
  for (std::size_t i = 1; by_option && i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    const bool separate = word == "-e" || word == "--expression" ||
                          (word.size() > 1 && word[0] == '-' && word[1] != '-' && word.back() == 'e');
    if (separate && i + 1 < arguments.size()) program += arguments[++i] + "\n";
    else if (word.starts_with("--expression=")) program += std::string{word.substr(13)} + "\n";
    else if (word.starts_with("-e")) program += std::string{word.substr(2)} + "\n";
  }
  if (!by_option) {
    if (options.has_any({"f", "file"}) || plan.files.empty()) return std::nullopt;
    program = arguments[plan.files.front()];
    plan.files.erase(plan.files.begin());
  }
  const bool extended = options.has_any({"E", "r", "regexp-extended"});
  auto sed = parse_sed(program, extended, options.has_any({"n", "quiet", "silent"}));
  plan.what = "edits it with " + shown(arguments);
  if (!sed) return plan;
  if (sed->only_reads()) {
    plan.kind = FilterKind::pass;
    plan.what = "reads it";
    plan.disguised = !program.empty() && !options.has("i");
  }
  for (const auto& map : sed->byte_maps()) {
    plan.harvest.add(HarvestedMap{map, {}});
    if (!map.is_textual()) plan.kind = FilterKind::map;
  }
  plan.run = [sed = std::make_shared<SedProgram>(std::move(*sed))](
                 std::string_view input, const FilterContext& context) -> std::optional<FilterOutput> {
    auto out = sed->run(input, context.max_output);
    if (!out) return std::nullopt;
    return whole(std::move(*out), input);
  };
  return plan;
}

std::optional<FilterPlan> plan_grep(const Arguments& arguments) {
  const auto search = parse_grep(arguments);
  if (!search || search->names_only || search->byte_offset) return std::nullopt;
  FilterPlan plan{FilterKind::text, "takes the lines that match " + search->shown, false, search->files, {}, {}, {}};
  auto regex = Regex::compile(search->re2, search->ignore_case, search->whole_word);
  if (!regex) return plan;
  plan.run = [regex = std::make_shared<Regex>(std::move(*regex)), only = search->only_matching,
              invert = search->invert](std::string_view input, const FilterContext&) {
    std::string result;
    for (std::size_t at = 0; at < input.size();) {
      const auto end = std::min(input.find('\n', at), input.size());
      const auto line = input.substr(at, end - at);
      const auto match = regex->find(line, 0);
      if (match.has_value() != invert)
        result +=
            (only && match ? std::string{line.substr(match->first, match->second - match->first)} : std::string{line}) +
            "\n";
      at = end + 1;
    }
    return whole(std::move(result), input);
  };
  return plan;
}

}  // namespace assay::inspect::filters
