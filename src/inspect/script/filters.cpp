#include "inspect/script/filters.hpp"

#include <fmt/format.h>

#include <cctype>

#include "base/text.hpp"
#include "inspect/script/filter_plans.hpp"

namespace assay::inspect {

namespace filters {

Options parse_options(const Arguments& arguments, std::string_view with_value,
                      std::initializer_list<std::string_view> long_with_value) {
  Options options;
  bool only_operands = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (only_operands || word.size() < 2 || word[0] != '-') {
      options.operands.push_back(i);
    } else if (word == "--") {
      only_operands = true;
    } else if (word[1] == '-') {
      const auto equals = word.find('=');
      const auto name = std::string{word.substr(2, equals == std::string_view::npos ? equals : equals - 2)};
      auto& value = options.values[name];
      if (equals != std::string_view::npos) value = word.substr(equals + 1);
      else if (std::find(long_with_value.begin(), long_with_value.end(), name) != long_with_value.end() &&
               i + 1 < arguments.size())
        value = arguments[++i];
    } else {
      for (std::size_t k = 1; k < word.size(); ++k) {
        const std::string letter(1, word[k]);
        auto& value = options.values[letter];
        if (with_value.find(word[k]) == std::string_view::npos) continue;
        if (k + 1 < word.size()) value = word.substr(k + 1);
        else if (i + 1 < arguments.size()) value = arguments[++i];
        break;
      }
    }
  }
  return options;
}

std::string joined(const Arguments& arguments, std::size_t from) {
  std::string result;
  for (std::size_t i = from; i < arguments.size() && result.size() < 200; ++i)
    result += (i > from ? " " : "") + arguments[i];
  return result.size() > 200 ? result.substr(0, 200) : result;
}

std::string shown(const Arguments& arguments) {
  std::string result;
  for (const auto& argument : arguments) {
    if (result.size() > 160) return result + " …";
    const bool plain = !argument.empty() && std::all_of(argument.begin(), argument.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
             std::string_view{"-+=/.,_:%"}.find(c) != std::string_view::npos;
    });
    const auto text = argument.substr(0, 160);
    result += (result.empty() ? "" : " ") + (plain ? text : "'" + text + "'");
  }
  return result;
}

std::optional<Count> parse_count(std::string_view text) {
  Count count;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    count.sign = text[0];
    text.remove_prefix(1);
  }
  std::size_t at = 0;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at) {
    if (count.number > (1ULL << 40)) return std::nullopt;
    count.number = count.number * 10 + static_cast<std::uint64_t>(text[at] - '0');
  }
  if (at == 0) return std::nullopt;
  const auto suffix = text.substr(at);
  static constexpr std::pair<std::string_view, std::uint64_t> k_suffixes[] = {
      {"", 1},     {"b", 512},    {"c", 1},       {"w", 2},         {"kB", 1000},    {"k", 1024},
      {"K", 1024}, {"KiB", 1024}, {"M", 1 << 20}, {"MiB", 1 << 20}, {"MB", 1000000}, {"G", 1 << 30}};
  for (const auto& [name, factor] : k_suffixes)
    if (suffix == name) return count.number *= factor, count;
  return std::nullopt;
}

FilterOutput whole(std::string bytes, std::string_view input) {
  return {std::move(bytes), input.size(), true};
}

FilterPlan passing(const Options& options, std::string what) {
  FilterPlan plan{FilterKind::pass, std::move(what), false, options.operands, {}, {}, {}};
  plan.run = [](std::string_view input, const FilterContext&) { return whole(std::string{input}, input); };
  return plan;
}

}  // namespace filters

namespace {

using namespace filters;

std::optional<FilterPlan> plan_cat(const Arguments& arguments) {
  return passing(parse_options(arguments, ""), "reads it");
}

std::optional<FilterPlan> plan_tee(const Arguments& arguments) {
  auto plan = passing(parse_options(arguments, ""), "copies it");
  if (!plan.files.empty()) plan.output_file = arguments[plan.files.front()];
  plan.files.clear();
  return plan;
}

using Planner = std::optional<FilterPlan> (*)(const Arguments&);
struct PlannerOf {
  std::string_view name;
  Planner plan;
};
constexpr PlannerOf k_planners[] = {{"cat", plan_cat},
                                    {"tac", plan_tac},
                                    {"tee", plan_tee},
                                    {"tr", plan_tr},
                                    {"head", plan_head},
                                    {"tail", plan_tail},
                                    {"dd", plan_dd},
                                    {"cut", plan_cut},
                                    {"rev", plan_rev},
                                    {"base64", plan_base64},
                                    {"base32", plan_base64},
                                    {"basenc", plan_base64},
                                    {"xxd", plan_xxd},
                                    {"openssl", plan_openssl},
                                    {"uudecode", plan_uudecode},
                                    {"sed", plan_sed},
                                    {"gsed", plan_sed},
                                    {"grep", plan_grep},
                                    {"egrep", plan_grep},
                                    {"fgrep", plan_grep},
                                    {"awk", plan_awk},
                                    {"gawk", plan_awk},
                                    {"mawk", plan_awk},
                                    {"nawk", plan_awk},
                                    {"perl", plan_script_language},
                                    {"ruby", plan_script_language},
                                    {"python", plan_script_language},
                                    {"python3", plan_script_language},
                                    {"python2", plan_script_language},
                                    {"node", plan_script_language},
                                    {"nodejs", plan_script_language},
                                    {"php", plan_script_language},
                                    {"Rscript", plan_script_language},
                                    {"sort", plan_sort},
                                    {"uniq", plan_uniq},
                                    {"paste", plan_paste},
                                    {"tar", plan_tar},
                                    {"gtar", plan_tar},
                                    {"bsdtar", plan_tar},
                                    {"unzip", plan_unzip},
                                    {"cpio", plan_cpio},
                                    {"7z", plan_7z},
                                    {"7za", plan_7z},
                                    {"7zr", plan_7z},
                                    {"strings", plan_strings}};

const PlannerOf* find_planner(std::string_view name) {
  const auto* it = std::find_if(std::begin(k_planners), std::end(k_planners),
                                [&](const auto& planner) { return planner.name == name; });
  return it == std::end(k_planners) ? nullptr : it;
}

}  // namespace

bool is_filter_name(std::string_view name) noexcept {
  return find_planner(name) != nullptr || is_compressor(name);
}

std::optional<FilterPlan> plan_filter(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return std::nullopt;
  const auto name = path_basename(arguments[0]);
  auto plan = is_compressor(name) ? plan_compressor(arguments) : std::optional<FilterPlan>{};
  if (const auto* planner = find_planner(name)) plan = planner->plan(arguments);
  if (plan) std::erase_if(plan->files, [&](std::size_t i) { return arguments[i] == "-"; });
  return plan;
}

}  // namespace assay::inspect
