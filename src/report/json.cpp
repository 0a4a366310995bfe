// The stable contract, docs/schema/assessment-1.json. A field may be added to version "1"; none changes its meaning.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <future>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "report/json_text.hpp"
#include "report/json_values.hpp"
#include "report/renderer.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(std::uint64_t number) {
  return number == 0 ? Json{} : Json(number);
}

Json subject_of(const SubjectInfo& subject) {
  Json object;
  put_outside(object, "name", subject.name);
  object["format"] = text_or_null(subject.format);
  object["sha256"] = text_or_null(subject.sha256);
  object["size"] = subject.size;
  return object;
}

Json vcs_of(const std::optional<SourceRef>& vcs) {
  if (!vcs) return {};
  Json object;
  put_outside(object, "repository", vcs->repository);
  put_outside(object, "revision", vcs->revision);
  object["kind"] = vcs->kind;
  object["commit"] = text_or_null(vcs->commit);
  object["tree"] = text_or_null(vcs->tree);
  object["commit_time"] = vcs->commit.empty() ? Json{} : Json(vcs->commit_time);
  put_outside(object, "prefix", vcs->subject_prefix);
  put_outside(object, "subdir", vcs->reference_subdir);
  object["inferred"] = vcs->inferred;
  object["inference"] = text_or_null(vcs->inference);
  object["notes"] = Json::array();
  for (const auto& note : vcs->notes) object["notes"].push_back(escape_for_display(note));
  object["fit"] = std::floor(vcs->fit * 10'000) / 10'000;  // never rounded up to 1
  return object;
}

Json counts_of(const Counts& counts) {
  Json object;
  object["entries"] = counts.entries;
  object["inside"] = counts.inside;
  for (const auto& [proof, count] : proof_counts(counts)) object[std::string{to_string(proof)}] = count;
  object["missing"] = counts.missing;
  object["missing_explained"] = counts.missing_explained;
  return object;
}

/// What an explanation names once or several times.
struct NamedTexts {
  std::string_view name;
  std::vector<std::string_view> texts;
  std::string shown;  ///< one per line: an escaped text holds no line feed of its own
  bool escaped = false;
};

void append_line(std::string& to, bool first, std::string_view line) {
  if (!first) to += '\n';
  to += line;
}

std::vector<NamedTexts> by_name(const Explanation& explanation) {
  std::vector<NamedTexts> named;
  for (const auto& [name, text] : explanation.evidence) {
    auto at =
        std::find_if(named.begin(), named.end(), [&, &name = name](const auto& texts) { return texts.name == name; });
    if (at == named.end()) at = named.insert(named.end(), {name, {}, {}});
    const auto shown = escape_for_display(text);
    at->escaped = at->escaped || shown != text;
    append_line(at->shown, at->texts.empty(), shown);
    at->texts.push_back(text);
  }
  return named;
}

std::string exact(const NamedTexts& named) {
  std::string lines;
  for (std::size_t i = 0; i < named.texts.size(); ++i) append_line(lines, i == 0, to_base64(as_bytes(named.texts[i])));
  return lines;
}

void write_explanation_evidence(JsonText& json, const Explanation& explanation) {
  const auto named = by_name(explanation);
  json.key("evidence");
  json.begin_object();
  for (const auto& texts : named) json.member(texts.name, texts.shown);
  json.end_object();
  if (std::none_of(named.begin(), named.end(), [](const auto& texts) { return texts.escaped; })) return;
  json.key("evidence_base64");
  json.begin_object();
  for (const auto& texts : named)
    if (texts.escaped) json.member(texts.name, exact(texts));
  json.end_object();
}

void write_novel_lines(JsonText& json, const std::vector<NovelLine>& lines) {
  json.key("novel");
  json.begin_array();
  for (const auto& line : lines) {
    json.item();
    json.begin_object();
    json.member("line", line.number);
    json.member_from_outside("text", line.text);
    json.end_object();
  }
  json.end_array();
}

void write_entry(JsonText& json, const AssessedEntry& entry) {
  const auto& explanation = entry.explanation;
  json.begin_object();
  json.member_from_outside("path", entry.path);
  json.member("status", to_string(entry.status));
  json.member("kind", to_string(entry.kind));
  json.member_or_null("proof", explanation ? to_string(explanation->proof) : std::string_view{});
  json.member_or_null("explainer", explanation ? std::string_view{explanation->explainer} : std::string_view{});
  write_explanation_evidence(json, explanation.value_or(Explanation{}));
  json.member("reach", to_string(entry.reach));
  json.member_or_null("reach_reason", entry.reach_reason);
  json.member("novel_lines", entry.novel_line_count);
  write_novel_lines(json, entry.novel_lines);
  json.member_or_null("sha256", entry.sha256 ? entry.sha256->hex() : std::string{});
  json.member("size", entry.size);
  json.member_or_null("next_step", entry.next_step);
  json.end_object();
}

/// The member of the document, as it stands among the others.
std::string entries_member(const std::vector<AssessedEntry>& entries) {
  constexpr std::size_t k_usual_size = 768;
  std::string text;
  text.reserve(entries.size() * k_usual_size);
  JsonText json{text, 1};
  json.key("entries");
  json.begin_array();
  for (const auto& entry : entries) {
    json.item();
    write_entry(json, entry);
  }
  json.end_array();
  return text;
}

Json stage_of(const AttachedStage& stage) {
  Json object;
  put_outside(object, "location", stage.location);
  object["what"] = safe_prose(stage.what);
  put_outside(object, "bytes", stage.bytes);
  object["size"] = stage.size;
  object["sha256"] = stage.sha256;
  return object;
}

Json finding_of(const Finding& finding) {
  Json object;
  object["rule"] = finding.rule;
  object["severity"] = to_string(finding.severity);
  object["confidence"] = to_string(finding.confidence);
  put_outside(object, "path", finding.location.path);
  object["line"] = number_or_null(finding.location.line);
  object["message"] = safe_prose(finding.message);
  object["evidence"] = Json::array();
  for (const auto& evidence : finding.evidence) {
    Json item;
    item["label"] = safe_prose(evidence.label);
    put_outside(item, "text", evidence.text);
    object["evidence"].push_back(std::move(item));
  }
  object["remedy"] = text_or_null(finding.remedy);
  object["fingerprint"] = finding.fingerprint;
  object["content_sha256"] = text_or_null(finding.content_sha256);
  if (!finding.members.empty()) object["members"] = Json::array();
  for (const auto& member : finding.members) object["members"].push_back(finding_of(member));
  if (!finding.stages.empty()) object["stages"] = Json::array();
  for (const auto& stage : finding.stages) object["stages"].push_back(stage_of(stage));
  return object;
}

Json waiver_of(const WaiverUse& waiver) {
  Json object;
  object["rule"] = safe_prose(waiver.rule);
  put_outside(object, "path", waiver.path);
  object["sha256"] = text_or_null(waiver.content_sha256);
  put_outside(object, "reason", waiver.reason);
  object["expires"] = text_or_null(waiver.expires);
  object["matched"] = waiver.matched;
  object["problem"] = text_or_null(waiver.problem);
  return object;
}

Json node_of(const ContainerNode& node) {
  Json object;
  put_outside(object, "path", node.path);
  object["type"] = safe_prose(node.type);
  object["size"] = node.size;
  object["sha256"] = node.sha256;
  object["entropy"] = std::floor(node.entropy * 1000) / 1000;
  object["depth"] = node.depth;
  return object;
}

Json coverage_of(const Coverage& coverage) {
  Json gaps = Json::array();
  for (const auto& gap : coverage.gaps)
    gaps.push_back(
        Json{{"what", safe_prose(gap.what)}, {"reason", safe_prose(gap.reason)}, {"remedy", text_or_null(gap.remedy)}});
  return Json{{"complete", coverage.complete()}, {"gaps", std::move(gaps)}};
}

/// What the evidence as a whole amounts to, in the words of proof classes; null if not all of it could be checked.
Json proof_of_chain(const Link& chain) {
  if (chain.state == LinkState::failed) return "contradicted";
  return chain.state == LinkState::ok ? Json("verified") : Json{};
}

Json link_of(const Link& link) {
  Json object;
  object["name"] = escape_for_display(link.name);
  object["state"] = to_string(link.state);
  object["detail"] = escape_for_display(link.detail);
  object["required"] = link.required;
  object["evidence"] = Json::array();
  for (const auto& [label, text] : link.evidence)
    object["evidence"].push_back(Json{{"label", escape_for_display(label)}, {"text", escape_for_display(text)}});
  object["links"] = Json::array();
  for (const auto& child : link.children) object["links"].push_back(link_of(child));
  return object;
}

Json chain_of(const Link& chain) {
  Json object;
  object["proof"] = proof_of_chain(chain);
  object.update(link_of(chain));
  return object;
}

/// The members of an object that is a part of the document's, as they stand between its braces.
std::string members_of(const Json& object) {
  auto text = object.dump(2);
  return text.substr(1, text.size() - 3);
}

/// A member of the document that is an array, as dump(2) would write it. Each item is written and forgotten before the next is made:
/// a release has thousands.
template <typename Items, typename ToJson>
std::string array_member(std::string_view name, const Items& items, ToJson to_json) {
  auto text = fmt::format("\n  \"{}\": [", name);
  nlohmann::detail::serializer<Json> serializer{nlohmann::detail::output_adapter<char, std::string>(text), ' '};
  bool first = true;
  for (const auto& item : items) {
    text += std::exchange(first, false) ? "\n    " : ",\n    ";
    serializer.dump(to_json(item), true, false, 2, 4);
  }
  text += first ? "]" : "\n  ]";
  return text;
}

template <typename Items, typename ToJson>
Json array_of(const Items& items, ToJson to_json) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(to_json(item));
  return array;
}

Json build_of(const TracedBuild& build) {
  return Json{{"recipe", escape_for_display(build.recipe)},
              {"builds", build.builds},
              {"unread", build.unread},
              {"doubt", text_or_null(escape_for_display(build.doubt))}};
}

}  // namespace

Json finding_values(const Finding& finding) {
  return finding_of(finding);
}

Json link_values(const Link& chain) {
  return link_of(chain);
}

std::string render_json(const Assessment& assessment, const RenderOptions& options) {
  auto findings = std::async(std::launch::async, [&] {
    return array_member("findings", assessment.findings, finding_of) + ',' +
           array_member("waived", assessment.waived, finding_of);
  });
  const auto entries = entries_member(assessment.entries);
  Json head;
  head["schema_version"] = "1";
  head["tool"] = Json{{"name", "assay"}, {"version", k_version}, {"ruleset", text_or_null(assessment.ruleset)}};
  head["command"] = assessment.command;
  head["subject"] = subject_of(assessment.subject);
  if (assessment.previous) head["previous"] = subject_of(*assessment.previous);
  head["vcs"] = vcs_of(assessment.vcs);
  head["verdict"] = to_string(assessment.verdict);
  head["why"] = why(assessment);
  head["fail_on"] = to_string(options.fail_on);
  head["exit_code"] = exit_code(assessment, options.fail_on);
  head["counts"] = counts_of(assessment.counts);
  Json tail;
  tail["waivers"] = array_of(assessment.waivers, waiver_of);
  if (assessment.trust_chain) tail["trust_chain"] = chain_of(*assessment.trust_chain);
  if (assessment.traced_build) tail["traced_build"] = build_of(*assessment.traced_build);
  if (!assessment.contents.empty()) tail["contents"] = array_of(assessment.contents, node_of);
  tail["coverage"] = coverage_of(assessment.coverage);
  tail["next_steps"] = array_of(assessment.next_steps, [](const std::string& step) { return Json(safe_prose(step)); });
  return fmt::format("{{{},{},{},{}\n}}\n", members_of(head), entries, findings.get(), members_of(tail));
}

}  // namespace assay::report
