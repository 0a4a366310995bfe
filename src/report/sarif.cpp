// SARIF 2.1.0 (OASIS, errata 01), within what GitHub code scanning accepts of a run: results, tags and text lengths.
// URIs are relative to the root of the repository, so that GitHub puts a result beside its file.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/version.hpp"
#include "model/waiver.hpp"
#include "report/renderer.hpp"
#include "report/sarif_values.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t k_max_results = 25'000;
constexpr std::size_t k_max_short_text = 1'024;  ///< shortDescription and fullDescription
constexpr std::size_t k_max_evidence = 20;
constexpr std::size_t k_max_evidence_chars = 400;

std::string_view level_of(Severity severity) noexcept {
  switch (severity) {
    case Severity::critical:
    case Severity::high:
      return "error";
    case Severity::medium:
      return "warning";
    case Severity::low:
    case Severity::info:
      return "note";
  }
  return "note";
}

/// GitHub reads > 9.0 as critical, 7.0–8.9 as high, 4.0–6.9 as medium and the rest as low.
std::string_view security_severity(Severity severity) noexcept {
  switch (severity) {
    case Severity::critical:
      return "9.5";
    case Severity::high:
      return "8.0";
    case Severity::medium:
      return "5.5";
    case Severity::low:
      return "2.0";
    case Severity::info:
      return "0.1";
  }
  return "0.1";
}

/// RFC 3986 relative reference of a byte path: everything but unreserved characters and `/` percent-encoded. A leading
/// slash, and dots that a reader would resolve, are encoded too: the name is a name, not a way out of the tree.
std::string uri_of(std::string_view path) {
  constexpr std::string_view k_unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string uri;
  while (true) {
    const auto segment = path.substr(0, path.find('/'));
    const bool dots = segment == "." || segment == "..";
    for (const char c : segment)
      uri += !dots && k_unreserved.find(c) != std::string_view::npos
                 ? std::string(1, c)
                 : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    if (segment.size() == path.size()) return uri;
    uri += uri.empty() ? "%2F" : "/";
    path.remove_prefix(segment.size() + 1);
  }
}

/// SARIF 3.11.6: `[text](target)` in a message is a link. What looks like one here never is.
std::string message_text(std::string text) {
  if (text.find("](") == std::string::npos) return text;
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']') out += '\\';
    out += c;
  }
  return out;
}

Json text_object(std::string text) {
  return Json{{"text", std::move(text)}};
}

}  // namespace

Json sarif_rule(const Rule& rule) {
  Json object;
  object["id"] = rule.id;
  object["shortDescription"] = text_object(cut_end(std::string{rule.title}, k_max_short_text));
  object["fullDescription"] = text_object(cut_end(std::string{rule.description}, k_max_short_text));
  auto help = fmt::format("{}\n\nWhat next: {}", rule.description, rule.remedy);
  if (!rule.reference.empty()) help += fmt::format("\n\nSee: {}", rule.reference);
  object["help"] = text_object(std::move(help));
  object["defaultConfiguration"] = Json{{"level", level_of(rule.severity)}};
  object["properties"] = Json{{"tags", {"security", "supply-chain", rule.id.substr(0, rule.id.find('-'))}},
                              {"security-severity", security_severity(rule.severity)}};
  return object;
}

Rule bare_rule(const Finding& finding) {
  return {finding.rule, finding.severity, finding.rule, finding.rule, finding.remedy, ""};
}

namespace {

/// The rules of a run, and where each stands in the list. A finding's rule that the caller did not list is added bare.
class RuleList {
 public:
  RuleList(const Assessment& assessment, std::span<const Rule> rules) {
    for (const auto& rule : rules) add(rule);
    for (const auto* findings : {&assessment.findings, &assessment.waived})
      for (const auto& finding : *findings) add(bare_rule(finding));
  }
  const Json& json() const { return m_json; }
  std::size_t index_of(const std::string& id) const { return m_index.at(id); }

 private:
  void add(const Rule& rule) {
    if (!m_index.emplace(rule.id, m_json.size()).second) return;
    m_json.push_back(sarif_rule(rule));
  }
  Json m_json = Json::array();
  std::map<std::string, std::size_t, std::less<>> m_index;
};

std::string result_text(const Finding& finding) {
  auto text = safe_prose(finding.message);
  const auto shown = std::min(finding.evidence.size(), k_max_evidence);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& evidence = finding.evidence[i];
    text += fmt::format("\n{}: {}", safe_prose(evidence.label),
                        cut_end(escape_for_display(evidence.text), k_max_evidence_chars));
  }
  if (shown < finding.evidence.size())
    text += fmt::format("\n… and {}", count_of(finding.evidence.size() - shown, "more line"));
  for (const auto& stage : finding.stages)
    text += fmt::format("\n{} ({}, {}): {}", escape_for_display(stage.location), safe_prose(stage.what),
                        count_of(stage.size, "byte"), cut_end(escape_for_display(stage.bytes), k_max_evidence_chars));
  if (!finding.remedy.empty()) text += "\nWhat next: " + safe_prose(finding.remedy);
  return message_text(std::move(text));
}

std::uint64_t line_of(const Finding& finding) {
  if (finding.location.line > 0) return finding.location.line;
  for (const auto& evidence : finding.evidence) {
    std::uint64_t line = 0;
    if (!is_novel_line_label(evidence.label)) continue;
    const auto digits = std::string_view{evidence.label}.substr(evidence.label.rfind(' ') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), line);
    return line;
  }
  return 0;
}

Json location_of(const Finding& finding, const std::string& subject) {
  // GitHub wants a location of every result: what is about the subject as a whole points at the subject.
  const auto& path = finding.location.path.empty() ? subject : finding.location.path;
  Json physical{{"artifactLocation", Json{{"uri", uri_of(path)}}}};
  // GitHub wants a region too; what is about a file as a whole points at its first novel line, or its beginning.
  physical["region"] = Json{{"startLine", std::max<std::uint64_t>(line_of(finding), 1)}};
  return Json{{"physicalLocation", std::move(physical)}};
}

/// What supports a chain, in the order in which the bytes travel (SARIF 2.1.0, 3.36 to 3.38).
Json code_flows_of(const Finding& chain, const std::string& subject) {
  Json locations = Json::array();
  for (const auto& member : chain.members) {
    auto location = location_of(member, subject);
    location["message"] = text_object(message_text(safe_prose(member.message)));
    locations.push_back(Json{{"location", std::move(location)}});
  }
  return Json::array({Json{{"threadFlows", Json::array({Json{{"locations", std::move(locations)}}})}}});
}

}  // namespace

Json sarif_result(const Finding& finding, const std::string& subject, std::size_t rule) {
  Json result;
  result["ruleId"] = finding.rule;
  result["ruleIndex"] = rule;
  result["level"] = level_of(finding.severity);
  result["message"] = text_object(result_text(finding));
  result["locations"] = Json::array({location_of(finding, subject)});
  if (!finding.members.empty()) result["codeFlows"] = code_flows_of(finding, subject);
  result["partialFingerprints"] =
      Json{{"assayFingerprint/v1", finding.fingerprint}, {"primaryLocationLineHash", finding.fingerprint + ":1"}};
  result["properties"] = Json{{"severity", to_string(finding.severity)},
                              {"confidence", to_string(finding.confidence)},
                              {"security-severity", security_severity(finding.severity)}};
  return result;
}

namespace {

Json suppression_of(const Finding& finding, const Assessment& assessment) {
  Json suppression{{"kind", "external"}, {"status", "accepted"}};
  const auto waiver = std::find_if(assessment.waivers.begin(), assessment.waivers.end(),
                                   [&](const WaiverUse& use) { return use.matched > 0 && covers(use, finding); });
  if (waiver != assessment.waivers.end()) suppression["justification"] = escape_for_display(waiver->reason);
  return suppression;
}

/// Findings first, most severe first, then those that were waived, as many as may be.
Json results_of(const Assessment& assessment, const RuleList& rules) {
  Json results = Json::array();
  for (const auto& finding : assessment.findings) {
    if (results.size() == k_max_results) break;
    results.push_back(sarif_result(finding, assessment.subject.name, rules.index_of(finding.rule)));
  }
  for (const auto& finding : assessment.waived) {
    if (results.size() == k_max_results) break;
    results.push_back(sarif_result(finding, assessment.subject.name, rules.index_of(finding.rule)));
    results.back()["suppressions"] = Json::array({suppression_of(finding, assessment)});
  }
  return results;
}

Json descriptor(std::string_view id, std::string_view title, std::string_view description) {
  Json object{{"id", id}};
  object["shortDescription"] = text_object(std::string{title});
  object["fullDescription"] = text_object(std::string{description});
  object["help"] = text_object(std::string{description});
  return object;
}

Json notification(std::string_view id, std::string_view level, std::string text) {
  return Json{
      {"descriptor", Json{{"id", id}}}, {"level", level}, {"message", text_object(message_text(std::move(text)))}};
}

Json notifications_of(const Assessment& assessment) {
  Json notifications = Json::array();
  for (const auto& gap : assessment.coverage.gaps) {
    auto text = fmt::format("Not checked: {}: {}", safe_prose(gap.what), safe_prose(gap.reason));
    if (!gap.remedy.empty()) text += ". " + safe_prose(gap.remedy);
    notifications.push_back(notification("coverage-gap", "warning", std::move(text)));
  }
  if (const auto all = assessment.findings.size() + assessment.waived.size(); all > k_max_results)
    notifications.push_back(
        notification("results-cut", "warning",
                     fmt::format("Only {} of {} are listed, the most severe first; the JSON report has all of them",
                                 with_separators(k_max_results), count_of(all, "result"))));
  return notifications;
}

Json invocation_of(const Assessment& assessment, const RenderOptions& options) {
  Json invocation;
  invocation["executionSuccessful"] = assessment.coverage.complete();
  invocation["exitCode"] = exit_code(assessment, options.fail_on);
  invocation["exitCodeDescription"] = exit_line(assessment, options.fail_on);
  invocation["toolExecutionNotifications"] = notifications_of(assessment);
  return invocation;
}

Json artifact_of(const SubjectInfo& subject) {
  Json artifact{{"location", Json{{"uri", uri_of(subject.name)}}}, {"length", subject.size}};
  if (!subject.sha256.empty()) artifact["hashes"] = Json{{"sha-256", subject.sha256}};
  return artifact;
}

}  // namespace

std::string render_sarif(const Assessment& assessment, const RenderOptions& options) {
  const RuleList rules{assessment, options.rules};
  Json driver;
  driver["name"] = "assay";
  driver["version"] = k_version;
  driver["semanticVersion"] = k_version;
  driver["rules"] = rules.json();
  driver["notifications"] = Json::array(
      {descriptor("coverage-gap", "something could not be checked",
                  "A part of the subject or of the reference was skipped, truncated, timed out or not understood. What "
                  "could not "
                  "be checked is never clean."),
       descriptor("results-cut", "more results than may be listed",
                  "GitHub takes 25,000 results a run. The least severe ones were left out; the JSON report has all.")});
  Json run;
  run["tool"] = Json{{"driver", std::move(driver)}};
  run["automationDetails"] = Json{{"id", fmt::format("assay/{}/", assessment.command)}};
  run["invocations"] = Json::array({invocation_of(assessment, options)});
  run["artifacts"] = Json::array({artifact_of(assessment.subject)});
  run["results"] = results_of(assessment, rules);
  run["columnKind"] = "unicodeCodePoints";
  run["properties"] =
      Json{{"verdict", to_string(assessment.verdict)}, {"why", why(assessment)}, {"ruleset", assessment.ruleset}};
  Json document;
  document["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
  document["version"] = "2.1.0";
  document["runs"] = Json::array({std::move(run)});
  return document.dump(1) + "\n";
}

}  // namespace assay::report
