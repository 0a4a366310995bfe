// The comparison as SARIF 2.1.0: a result for each finding that is new in the second artifact, each root cause, and each item
// with leftovers, those as errors where they reach what runs.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/version.hpp"
#include "digest/digest.hpp"
#include "report/comparison.hpp"
#include "report/sarif_values.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t k_most_results = 5000;  ///< GitHub shows that many of a run
constexpr std::string_view k_leftover_rule = "compare-unexplained";

/// A path as a relative URI (RFC 3986): what is not unreserved is escaped byte by byte.
std::string uri_of(std::string_view path) {
  std::string uri;
  for (const auto c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || c == '/';
    if (plain) uri += c;
    else uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri.starts_with("/") ? uri.substr(1) : uri;
}

Json text_object(std::string text) {
  return Json{{"text", std::move(text)}};
}

Json location_of(const Comparison& comparison, const std::string& path) {
  return Json{{"physicalLocation",
               Json{{"artifactLocation", Json{{"uri", uri_of(path.empty() ? comparison.after.name : path)}}}}}};
}

std::string fingerprint(std::string_view a, std::string_view b, std::string_view c) {
  Sha256Stream stream;
  for (const auto part : {a, b, c}) {
    stream.update(as_bytes(part));
    stream.update(as_bytes(std::string_view{"\0", 1}));
  }
  return stream.finish().hex().substr(0, 32);
}

Json result(std::string rule, std::string_view level, std::string text, Json locations, std::string print) {
  Json object;
  object["ruleId"] = std::move(rule);
  object["level"] = level;
  object["message"] = text_object(std::move(text));
  object["locations"] = std::move(locations);
  object["partialFingerprints"] = Json{{"assay/v1", print}, {"primaryLocationLineHash", print + ":1"}};
  return object;
}

Json cause_result(const Comparison& comparison, const RootCause& cause) {
  Json locations = Json::array();
  std::map<std::string, bool> seen;
  for (const auto index : cause.changes) {
    const auto& path = comparison.changes[index].path;
    if (locations.size() < 10 && !std::exchange(seen[path], true)) locations.push_back(location_of(comparison, path));
  }
  auto text = fmt::format("{}: {}. {}", cause.title, safe_prose(cause.summary),
                          describe_consequences(comparison, cause.consequences));
  auto object = result("compare-cause-" + cause.id,
                       cause.accepted                      ? "none"
                       : cause.in_code || cause.privileged ? "warning"
                                                           : "note",
                       std::move(text), std::move(locations), fingerprint("cause", cause.id, cause.summary));
  if (cause.accepted)
    object["suppressions"] =
        Json::array({Json{{"kind", "external"}, {"justification", "accepted by --ignore or the policy"}}});
  return object;
}

/// An item is told by its worst change.
Json leftover_result(const Comparison& comparison, const Change& change, std::size_t others) {
  const bool runs = change.impact <= Impact::attribute;
  auto text = fmt::format("Unexplained difference in {}: {}", to_string(change.impact), describe_change(change, 80));
  if (others > 0) text += fmt::format("; {} in the same item", count_of(others, "more change"));
  return result(std::string{k_leftover_rule}, runs ? "error" : "warning", std::move(text),
                Json::array({location_of(comparison, change.path)}),
                fingerprint("leftover", change.path, change.place));
}

Json rules_of(const Comparison& comparison) {
  Json rules = Json::array();
  std::map<std::string, bool> seen;
  for (const auto& cause : comparison.causes) {
    if (std::exchange(seen[cause.id], true)) continue;
    rules.push_back(Json{{"id", "compare-cause-" + cause.id},
                         {"shortDescription", text_object(cause.title)},
                         {"help", text_object("To be rid of it: " + cause.remedy)}});
  }
  rules.push_back(Json{{"id", k_leftover_rule},
                       {"shortDescription", text_object("a difference that no known cause explains")},
                       {"help", text_object("Look at it: assay compare A B --diff PATH")}});
  return rules;
}

/// What the checks say of the second artifact alone, and the rules they go by.
void add_new_findings(const Comparison& comparison, std::span<const Rule> described, Json& rules, Json& results) {
  std::map<std::string_view, std::size_t> places;
  for (const auto& finding : comparison.new_findings) {
    if (results.size() >= k_most_results / 2) return;
    const auto [place, fresh] = places.try_emplace(finding.rule, rules.size());
    if (fresh) {
      const auto rule = std::find_if(described.begin(), described.end(),
                                     [&](const Rule& candidate) { return candidate.id == finding.rule; });
      rules.push_back(sarif_rule(rule != described.end() ? *rule : bare_rule(finding)));
    }
    results.push_back(sarif_result(finding, comparison.after.name, place->second));
  }
}

}  // namespace

std::string render_comparison_sarif(const Comparison& comparison, const ComparisonOptions& options) {
  Json results = Json::array();
  auto rules = rules_of(comparison);
  add_new_findings(comparison, options.rules, rules, results);
  std::size_t left_out = comparison.new_findings.size() - results.size();
  for (const auto& cause : comparison.causes) {
    if (results.size() < k_most_results * 3 / 4) results.push_back(cause_result(comparison, cause));
    else ++left_out;
  }
  std::map<std::string_view, std::size_t> in_item;
  for (const auto index : comparison.leftovers) ++in_item[comparison.changes[index].path];
  for (const auto index : comparison.leftovers) {
    const auto& change = comparison.changes[index];
    const auto count = std::exchange(in_item[change.path], 0);  // the first of an item is its worst
    if (count == 0) continue;
    if (results.size() < k_most_results) results.push_back(leftover_result(comparison, change, count - 1));
    else ++left_out;
  }
  Json notifications = Json::array();
  if (left_out > 0)
    notifications.push_back(Json{
        {"level", "warning"},
        {"message", text_object(fmt::format("{} left out, since no more than {} are shown; the JSON report has all",
                                            count_of(left_out, "result"), k_most_results))}});
  for (const auto& gap : comparison.coverage.gaps)
    notifications.push_back(Json{
        {"level", "warning"},
        {"message", text_object(fmt::format("Not compared: {}: {}", safe_prose(gap.what), safe_prose(gap.reason)))}});
  Json run;
  run["tool"] = Json{
      {"driver",
       Json{{"name", "assay"}, {"version", k_version}, {"semanticVersion", k_version}, {"rules", std::move(rules)}}}};
  run["automationDetails"] = Json{{"id", "assay/compare/"}};
  run["invocations"] = Json::array({Json{{"executionSuccessful", comparison.coverage.complete()},
                                         {"exitCode", exit_code(comparison)},
                                         {"toolExecutionNotifications", std::move(notifications)}}});
  run["results"] = std::move(results);
  run["columnKind"] = "unicodeCodePoints";
  Json document;
  document["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
  document["version"] = "2.1.0";
  document["runs"] = Json::array({std::move(run)});
  return document.dump(1) + "\n";
}

}  // namespace assay::report
