// The stable contract, docs/schema/assessment-1.json. A field may be added to version "1"; none changes its meaning.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <future>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
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
  for (const auto& [proof, count] : proof_counts(counts)) object[std::string{to_string(proof)}] = count;
  object["missing"] = counts.missing;
  object["missing_explained"] = counts.missing_explained;
  return object;
}

/// Texts of one name stand one per line: an escaped text holds no line feed of its own.
void put_explanation_evidence(Json& object, const Explanation& explanation) {
  std::map<std::string_view, bool> escaped;
  for (const auto& [name, text] : explanation.evidence) escaped[name] |= escape_for_display(text) != text;
  Json shown = Json::object();
  Json exact = Json::object();
  const auto append = [](Json& to, const std::string& name, const std::string& line) {
    const auto before = to.contains(name) ? to[name].get<std::string>() + "\n" : std::string{};
    to[name] = before + line;
  };
  for (const auto& [name, text] : explanation.evidence) {
    append(shown, name, escape_for_display(text));
    if (escaped[name]) append(exact, name, to_base64(as_bytes(text)));
  }
  object["evidence"] = std::move(shown);
  if (!exact.empty()) object["evidence_base64"] = std::move(exact);
}

Json novel_of(const std::vector<NovelLine>& lines) {
  Json array = Json::array();
  for (const auto& line : lines) {
    Json object;
    object["line"] = line.number;
    put_outside(object, "text", line.text);
    array.push_back(std::move(object));
  }
  return array;
}

Json entry_of(const AssessedEntry& entry) {
  Json object;
  put_outside(object, "path", entry.path);
  object["status"] = to_string(entry.status);
  object["kind"] = to_string(entry.kind);
  object["proof"] = entry.explanation ? Json(to_string(entry.explanation->proof)) : Json{};
  object["explainer"] = entry.explanation ? text_or_null(entry.explanation->explainer) : Json{};
  put_explanation_evidence(object, entry.explanation.value_or(Explanation{}));
  object["reach"] = to_string(entry.reach);
  object["reach_reason"] = text_or_null(entry.reach_reason);
  object["novel_lines"] = entry.novel_line_count;
  object["novel"] = novel_of(entry.novel_lines);
  object["sha256"] = entry.sha256 ? Json(entry.sha256->hex()) : Json{};
  object["size"] = entry.size;
  object["next_step"] = text_or_null(entry.next_step);
  return object;
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
  const auto entries = array_member("entries", assessment.entries, entry_of);
  Json head;
  head["schema_version"] = "1";
  head["tool"] = Json{{"name", "assay"}, {"version", k_version}, {"ruleset", text_or_null(assessment.ruleset)}};
  head["command"] = assessment.command;
  head["subject"] = subject_of(assessment.subject);
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
