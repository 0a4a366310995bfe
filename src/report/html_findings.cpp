// Findings with their evidence: in order, and with the bytes and lines they point at.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/html.hpp"
#include "report/wording.hpp"

namespace assay::report::html {

namespace {

constexpr std::size_t k_detailed = 40;
constexpr std::size_t k_rows = 400;
constexpr std::size_t k_evidence = 40;
constexpr std::size_t k_mentioned = 8;
constexpr std::size_t k_stages = 12;
constexpr std::size_t k_medium_detailed = 15;

/// "configure:123 (novel)" → "configure"; "" if the label names no place.
std::string_view place_in_label(std::string_view label) {
  if (label.ends_with(" (novel)")) label.remove_suffix(8);
  if (label.starts_with("harvested from ")) label.remove_prefix(15);
  const auto colon = label.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == label.size()) return {};
  if (label.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) return {};
  return label.substr(0, colon);
}

/// Evidence that goes from step to step, rather than facts side by side.
bool is_sequence(const Finding& finding) {
  return std::any_of(finding.evidence.begin(), finding.evidence.end(), [](const Evidence& evidence) {
    return !place_in_label(evidence.label).empty() || evidence.label.starts_with("decoded stage") ||
           evidence.label.starts_with("step");
  });
}

/// Paths that the finding names, its own first.
std::vector<std::string_view> mentioned_places(const Finding& finding) {
  std::vector<std::string_view> places{finding.location.path};
  const auto add_evidence = [&](const Finding& of) {
    for (const auto& evidence : of.evidence) {
      places.push_back(place_in_label(evidence.label));
      const std::string_view text = evidence.text;
      places.push_back(text.substr(0, text.find(" at offset ")));
    }
  };
  add_evidence(finding);
  for (const auto& member : finding.members) {
    places.push_back(member.location.path);
    add_evidence(member);
  }
  std::vector<std::string_view> unique;
  for (const auto place : places)
    if (!place.empty() && std::find(unique.begin(), unique.end(), place) == unique.end()) unique.push_back(place);
  return unique;
}

std::string evidence_item(const Evidence& evidence, std::string_view item, std::string_view label_tag,
                          std::string_view text_tag) {
  const auto open = item.empty() ? std::string{} : fmt::format("<{}>", item);
  const auto close = item.empty() ? std::string{} : fmt::format("</{}>", item);
  return fmt::format("{0}<{2}>{3}</{2}> <{4}>{5}</{4}>{1}\n", open, close, label_tag, prose(evidence.label, 300),
                     text_tag, evidence_view(evidence.text));
}

/// The chain has this evidence of one of its members itself, as a step or a stage.
bool says_already(const Finding& chain, const Evidence& evidence) {
  const bool of_stage = evidence.label.starts_with("decoded stage") || evidence.label.starts_with("first bytes");
  if (of_stage && !chain.stages.empty()) return true;
  return std::any_of(chain.evidence.begin(), chain.evidence.end(), [&](const Evidence& other) {
    return other.label == evidence.label && other.text == evidence.text;
  });
}

/// The evidence that is no novel line: those are shown with their surroundings. Of a member of `chain`, what the chain
/// does not say itself.
std::string evidence_list(const Finding& finding, const Finding* chain = nullptr) {
  const bool sequence = is_sequence(finding);
  std::string items;
  std::size_t shown = 0;
  std::size_t left = 0;
  for (const auto& evidence : finding.evidence) {
    if (is_novel_line_label(evidence.label) || (chain != nullptr && says_already(*chain, evidence))) continue;
    if (shown == k_evidence) {
      ++left;
      continue;
    }
    ++shown;
    items += sequence ? evidence_item(evidence, "li", "strong", "div") : evidence_item(evidence, "div", "dt", "dd");
  }
  if (items.empty()) return {};
  return (sequence ? "<ol class=\"steps\">\n" + items + "</ol>\n" : "<dl class=\"facts\">\n" + items + "</dl>\n") +
         left_out(left, "piece of evidence", "pieces of evidence");
}

/// Novel lines as the finding itself has them, for a place without an exhibit.
std::string own_lines(const Finding& finding) {
  LinesExhibit lines;
  for (const auto& evidence : finding.evidence) {
    if (!is_novel_line_label(evidence.label)) continue;
    lines.lines.push_back({std::strtoull(evidence.label.c_str() + std::string_view{"novel line "}.size(), nullptr, 10),
                           evidence.text, true});
  }
  return lines.lines.empty() ? std::string{} : lines_view(lines, k_evidence);
}

std::string place_line(const Finding& finding) {
  if (finding.location.path.empty()) return "<p class=\"place\">the subject as a whole</p>\n";
  const auto line = finding.location.line > 0 ? fmt::format(", line {}", finding.location.line) : std::string{};
  return fmt::format("<p class=\"place\"><code>{}</code>{}</p>\n", name(finding.location.path, 400), line);
}

/// What supports a chain, in the order in which the bytes travel.
std::string member_list(const Finding& chain) {
  if (chain.members.empty()) return {};
  std::string out = "<h4>What supports it, in the order in which the bytes travel</h4>\n<ol class=\"steps\">\n";
  const auto shown = std::min(chain.members.size(), k_evidence);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& member = chain.members[i];
    const auto line = member.location.line > 0 ? fmt::format(":{}", member.location.line) : std::string{};
    out += fmt::format("<li>{} <code>{}</code>{}<br>{}\n{}</li>\n", badge(member.severity), name(member.location.path),
                       line, prose(member.message), evidence_list(member, &chain));
  }
  return out + "</ol>\n" + left_out(chain.members.size() - shown, "finding");
}

std::string stage_list(const Finding& finding) {
  if (finding.stages.empty()) return {};
  std::string out = "<h4>What comes out</h4>\n<p>It was never run, and stands here as text only.</p>\n";
  const auto shown = std::min(finding.stages.size(), k_stages);
  for (std::size_t i = 0; i < shown; ++i) out += stage_view(finding.stages[i], i + 1);
  return out + left_out(finding.stages.size() - shown, "stage");
}

/// Lines and bytes of the places that the finding names; its novel lines.
std::string exhibits(Page& page, const Finding& finding) {
  std::string views;
  std::size_t shown = 0;
  for (const auto place : mentioned_places(finding)) {
    auto view = shown < k_mentioned ? page.exhibits_of(place) : std::string{};
    shown += view.empty() ? 0U : 1U;
    views += view;
  }
  const bool has_novel_lines =
      std::any_of(finding.evidence.begin(), finding.evidence.end(),
                  [](const Evidence& evidence) { return is_novel_line_label(evidence.label); });
  if (!has_novel_lines) return views;
  const auto novel = page.novel_lines_of(finding.location.path);
  return views + (novel.empty() ? own_lines(finding) : novel);
}

std::string article(Page& page, const Finding& finding) {
  auto out = fmt::format("<article class=\"item sev-{}\">\n<h3>{} {}</h3>\n", to_string(finding.severity),
                         badge(finding.severity), prose(finding.message));
  out += place_line(finding);
  out += evidence_list(finding) + member_list(finding) + stage_list(finding);
  out += exhibits(page, finding);
  if (!finding.remedy.empty())
    out += fmt::format("<p class=\"remedy\"><strong>What next:</strong> {}</p>\n", prose(finding.remedy));
  out += fmt::format("<p class=\"dim\">rule <code>{}</code>, {}; fingerprint <code>{}</code></p>\n",
                     prose(finding.rule), to_string(finding.confidence), prose(finding.fingerprint));
  const auto rule = std::find_if(page.options.rules.begin(), page.options.rules.end(),
                                 [&](const Rule& candidate) { return candidate.id == finding.rule; });
  if (rule != page.options.rules.end())
    out += fmt::format("<p class=\"dim\">{}{}</p>\n", prose(rule->description),
                       rule->reference.empty() ? "" : " See " + reference_link(rule->reference) + ".");
  return out + "</article>\n";
}

std::string row(const Finding& finding) {
  const auto line = finding.location.line > 0 ? fmt::format(":{}", finding.location.line) : std::string{};
  return fmt::format("<tr><td>{}</td><td><code>{}</code>{}<br>{}</td></tr>\n", badge(finding.severity),
                     finding.location.path.empty() ? "(whole subject)" : name(finding.location.path), line,
                     prose(finding.message, 400));
}

/// Findings that get an article each: those that make the verdict, else the worst of what there is.
std::size_t serious_count(const std::vector<Finding>& findings) {
  const auto at_least = [&](Severity severity) {
    return static_cast<std::size_t>(std::count_if(
        findings.begin(), findings.end(), [&](const Finding& finding) { return finding.severity >= severity; }));
  };
  const auto high = at_least(Severity::high);
  return high > 0 ? std::min(high, k_detailed) : std::min(at_least(Severity::medium), k_medium_detailed);
}

}  // namespace

std::string serious_findings(Page& page) {
  const auto& findings = page.assessment.findings;
  const auto count = serious_count(findings);
  if (count == 0) return {};
  std::string body;
  page.add(body, fmt::format("<p>{} in all.</p>\n", severity_counts(findings)));
  for (std::size_t i = 0; i < count && page.has_room(); ++i) page.add(body, article(page, findings[i]));
  return body;
}

std::string other_findings(Page& page) {
  const auto& findings = page.assessment.findings;
  const auto first = serious_count(findings);
  if (first >= findings.size()) return {};
  std::string body;
  std::size_t i = first;
  const auto more = std::min(findings.size(), std::max(first, k_medium_detailed));
  for (; i < more && findings[i].severity >= Severity::medium && page.has_room(); ++i)
    page.add(body, article(page, findings[i]));
  if (i == findings.size()) return body;
  page.add(body,
           "<table class=\"list\"><thead><tr><th scope=\"col\">Severity</th><th scope=\"col\">Where and "
           "what</th></tr></thead><tbody>\n");
  for (const auto last = i + k_rows; i < std::min(findings.size(), last) && page.has_room(); ++i)
    page.add(body, row(findings[i]));
  page.add(body, "</tbody></table>\n" + left_out(findings.size() - i, "finding"));
  return body;
}

}  // namespace assay::report::html
