// The stable contract, docs/schema/comparison-1.json. A field may be added to version "1"; none changes its meaning.
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/version.hpp"
#include "report/comparison.hpp"
#include "report/json_values.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

using Json = nlohmann::ordered_json;

Json subject_of(const SubjectInfo& subject) {
  Json object;
  put_outside(object, "name", subject.name);
  object["format"] = text_or_null(subject.format);
  object["sha256"] = text_or_null(subject.sha256);
  object["size"] = subject.size;
  return object;
}

Json change_of(const Change& change) {
  Json object;
  put_outside(object, "path", change.path);
  put_outside(object, "place", change.place);
  object["aspect"] = to_string(change.aspect);
  object["impact"] = to_string(change.impact);
  put_outside(object, "before", change.before);
  put_outside(object, "after", change.after);
  object["bytes"] = change.bytes;
  object["count"] = change.count;
  object["standing"] = to_string(change.standing);
  object["cause"] = change.cause ? Json(*change.cause) : Json{};
  object["derived_from"] = change.derived_from.empty()               ? Json{}
                           : change.derived_from == k_whole_artifact ? Json("")
                                                                     : Json(escape_for_display(change.derived_from));
  object["reason"] = change.reason.empty() ? Json{} : Json(escape_for_display(change.reason));
  return object;
}

Json consequences_json(const std::vector<Consequence>& consequences) {
  auto list = Json::array();
  for (const auto& consequence : consequences)
    list.push_back({{"what", consequence.what}, {"changes", consequence.changes}});
  return list;
}

Json cause_of(const RootCause& cause) {
  Json object;
  object["id"] = cause.id;
  object["title"] = cause.title;
  object["summary"] = safe_prose(cause.summary);
  object["confidence"] = to_string(cause.confidence);
  object["remedy"] = cause.remedy;
  object["evidence"] = Json::array();
  for (const auto& evidence : cause.evidence) object["evidence"].push_back(safe_prose(evidence));
  object["bytes"] = cause.bytes;
  object["accepted"] = cause.accepted;
  object["in_code"] = cause.in_code;
  object["privileged"] = cause.privileged;
  object["changes"] = cause.changes;
  object["consequences"] = consequences_json(cause.consequences);
  return object;
}

Json item_of(const ItemDifference& item) {
  Json object;
  put_outside(object, "path", item.path);
  if (!item.other_path.empty()) put_outside(object, "other_path", item.other_path);
  object["status"] = to_string(item.status);
  object["comparator"] = item.comparator;
  object["impact"] = to_string(item.impact);
  object["size_before"] = item.size_before;
  object["size_after"] = item.size_after;
  object["sha256_before"] = text_or_null(item.sha256_before);
  object["sha256_after"] = text_or_null(item.sha256_after);
  if (!item.other_path.empty()) object["similarity"] = item.similarity;
  object["changes"] = item.changes;
  object["notes"] = Json::array();
  for (const auto& note : item.notes) object["notes"].push_back(safe_prose(note));
  return object;
}

Json finding_of(const Finding& finding) {
  Json object;
  object["rule"] = finding.rule;
  object["severity"] = to_string(finding.severity);
  put_outside(object, "path", finding.location.path);
  object["message"] = safe_prose(finding.message);
  object["fingerprint"] = finding.fingerprint;
  return object;
}

Json coverage_of(const Coverage& coverage) {
  Json object;
  object["complete"] = coverage.complete();
  object["gaps"] = Json::array();
  for (const auto& gap : coverage.gaps)
    object["gaps"].push_back(
        {{"what", safe_prose(gap.what)}, {"reason", safe_prose(gap.reason)}, {"remedy", text_or_null(gap.remedy)}});
  return object;
}

}  // namespace

Json comparison_values(const Comparison& comparison) {
  Json document;
  document["schema_version"] = "1";
  document["tool"] = {{"name", "assay"}, {"version", k_version}};
  document["command"] = "compare";
  document["before"] = subject_of(comparison.before);
  document["after"] = subject_of(comparison.after);
  document["equal"] = comparison.equal;
  document["closed"] = comparison.closed;
  document["exit_code"] = exit_code(comparison);
  document["compared_items"] = comparison.compared_items;
  document["causes"] = Json::array();
  for (const auto& cause : comparison.causes) document["causes"].push_back(cause_of(cause));
  document["leftovers"] = comparison.leftovers;
  document["leftover_consequences"] = consequences_json(comparison.leftover_consequences);
  document["changes"] = Json::array();
  for (const auto& change : comparison.changes) document["changes"].push_back(change_of(change));
  document["items"] = Json::array();
  for (const auto& item : comparison.items) document["items"].push_back(item_of(item));
  document["neutralised"] = comparison.neutralised;
  document["new_findings"] = Json::array();
  for (const auto& finding : comparison.new_findings) document["new_findings"].push_back(finding_of(finding));
  document["coverage"] = coverage_of(comparison.coverage);
  return document;
}

Json subject_values(const SubjectInfo& subject) {
  return subject_of(subject);
}
Json coverage_values(const Coverage& coverage) {
  return coverage_of(coverage);
}

std::string render_comparison_json(const Comparison& comparison, const ComparisonOptions& /*options*/) {
  return comparison_values(comparison).dump(2) + "\n";
}

}  // namespace assay::report
