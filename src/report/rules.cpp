#include "report/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/nearest.hpp"
#include "base/text.hpp"
#include "report/prose.hpp"

namespace assay::report {

namespace {

std::string_view module_of(const Rule& rule) noexcept {
  return rule.id.substr(0, rule.id.find('-'));
}

std::vector<Rule> in_order(std::span<const Rule> rules) {
  std::vector<Rule> sorted{rules.begin(), rules.end()};
  std::stable_sort(sorted.begin(), sorted.end(), [](const Rule& a, const Rule& b) {
    if (module_of(a) != module_of(b)) return module_of(a) < module_of(b);
    if (a.severity != b.severity) return a.severity > b.severity;
    return a.id < b.id;
  });
  return sorted;
}

std::string nearest_rule(std::span<const Rule> rules, std::string_view id) {
  std::vector<std::string> ids;
  for (const auto& rule : rules) ids.emplace_back(rule.id);
  const auto near = nearest_word(id, ids);
  return near.empty() ? near : fmt::format("did you mean {}? ", near);
}

}  // namespace

std::string render_rule_list_text(std::span<const Rule> rules, Color color) {
  constexpr std::size_t k_columns = 80;
  std::string out;
  for (const auto& rule : in_order(rules)) {
    const auto lead = fmt::format("{:<8}  ", to_string(rule.severity));
    auto lines = wrap_prose(lead, lead.size(), fmt::format("{}  {}", rule.id, rule.title), k_columns);
    // Painted after it was broken: colour codes have no width.
    if (color == Color::yes) lines.replace(lead.size(), rule.id.size(), paint(true, rule.id, "1"));
    out += lines;
  }
  return out;
}

std::string render_rule_list_json(std::span<const Rule> rules) {
  auto array = nlohmann::ordered_json::array();
  for (const auto& rule : in_order(rules)) {
    nlohmann::ordered_json object;
    object["id"] = rule.id;
    object["severity"] = to_string(rule.severity);
    object["title"] = rule.title;
    object["description"] = rule.description;
    object["remedy"] = rule.remedy;
    object["reference"] = rule.reference.empty() ? nlohmann::ordered_json{} : nlohmann::ordered_json(rule.reference);
    array.push_back(std::move(object));
  }
  nlohmann::ordered_json document;
  document["schema_version"] = "1";
  document["rules"] = std::move(array);
  return document.dump(2) + "\n";
}

Result<std::string> render_rule_explanation(std::span<const Rule> rules, std::string_view id, Color color) {
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule& candidate) { return candidate.id == id; });
  if (rule == rules.end())
    return Error{ErrorCode::usage,
                 fmt::format("there is no rule '{}'", escape_for_display(id)),
                 {},
                 nearest_rule(rules, id) + "`assay rules list` shows all of them"};
  auto out = fmt::format("{}: {}\n\n", paint(color == Color::yes, rule->id, "1"), rule->title);
  out += wrap_prose("  severity   ", to_string(rule->severity));
  out += wrap_prose("  why        ", rule->description);
  out += wrap_prose("  what next  ", rule->remedy);
  if (!rule->reference.empty()) out += wrap_prose("  see        ", rule->reference);
  return out;
}

}  // namespace assay::report
