// The stable contract, docs/schema/rebuild-1.json. A field may be added to version "1"; none changes its meaning.
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/version.hpp"
#include "report/json_values.hpp"
#include "report/rebuild.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

using Json = nlohmann::ordered_json;

Json prose_list(const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const auto& text : texts) array.push_back(safe_prose(text));
  return array;
}

Json names_list(const std::vector<std::string>& names) {
  Json array = Json::array();
  for (const auto& name : names) array.push_back(escape_for_display(name));
  return array;
}

Json run_of(const RebuildRun& run) {
  return Json{{"label", safe_prose(run.label)},
              {"varied", run.varied},
              {"built", run.built},
              {"milliseconds", run.milliseconds},
              {"kept", run.kept}};
}

Json artifact_of(const RebuiltArtifact& artifact) {
  Json object;
  put_outside(object, "name", artifact.name);
  object["sha256"] = artifact.sha256;
  object["size"] = artifact.size;
  object["recorded_sha256"] = text_or_null(artifact.recorded_sha256);
  object["reproduced"] = artifact.against ? Json(artifact.against->equal) : Json{};
  object["comparison"] = artifact.against ? comparison_values(*artifact.against) : Json{};
  object["own_comparison"] = artifact.own ? comparison_values(*artifact.own) : Json{};
  return object;
}

Json cause_of(const ProvenCause& cause) {
  Json object;
  object["variation"] = cause.variation;
  object["title"] = cause.title;
  object["proven"] = cause.proven;
  object["artifacts"] = names_list(cause.artifacts);
  object["remedy"] = text_or_null(cause.remedy);
  object["origin"] = prose_list(cause.origin);
  object["comparison"] = cause.comparison ? comparison_values(*cause.comparison) : Json{};
  return object;
}

Json failure_of(const RebuildResult& result) {
  if (result.status != RebuildStatus::failed && result.status != RebuildStatus::no_environment) return {};
  Json object;
  object["phase"] = text_or_null(result.failed_phase);
  object["command"] = text_or_null(result.failed_command);
  object["because"] = text_or_null(result.failed_because);
  object["log"] = text_or_null(result.log_excerpt);
  object["missing_packages"] = names_list(result.missing);
  return object;
}

template <typename Items, typename ToJson>
Json array_of(const Items& items, ToJson to_json) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(to_json(item));
  return array;
}

}  // namespace

std::string render_rebuild_json(const RebuildResult& result, const RenderOptions& options) {
  Json document;
  document["schema_version"] = "1";
  document["tool"] = Json{{"name", "assay"}, {"version", k_version}};
  document["command"] = "rebuild";
  document["subject"] = subject_values(result.subject);
  put_outside(document, "name", result.name);
  put_outside(document, "version", result.version);
  document["status"] = to_string(result.status);
  document["headline"] = rebuild_headline(result);
  document["exit_code"] = exit_code(result, options.fail_on);
  document["recipe"] = safe_prose(result.recipe);
  document["recipe_evidence"] = safe_prose(result.recipe_evidence);
  document["environment"] = safe_prose(result.environment);
  document["source_date_epoch"] = result.source_date_epoch;
  document["epoch_from"] = safe_prose(result.epoch_from);
  document["sandboxed"] = result.sandboxed;
  document["traced"] = result.traced;
  document["builds"] = array_of(result.runs, run_of);
  document["artifacts"] = array_of(result.artifacts, artifact_of);
  document["not_built"] = names_list(result.not_built);
  document["unstable"] = names_list(result.unstable);
  document["causes"] = array_of(result.causes, cause_of);
  document["innocent"] = result.innocent;
  document["untried"] = result.untried;
  document["broke_build"] = result.broke_build;
  document["without_effect"] = prose_list(result.without_effect);
  document["recorded_packages"] = result.recorded_packages;
  document["version_gaps"] = prose_list(result.version_gaps);
  document["failure"] = failure_of(result);
  document["trace"] = result.traced ? Json{{"processes", result.processes},
                                           {"files_read", result.files_read},
                                           {"files_written", result.files_written}}
                                    : Json{};
  document["findings"] = array_of(result.findings, finding_values);
  document["coverage"] = coverage_values(result.coverage);
  document["notes"] = prose_list(result.notes);
  document["next_steps"] = prose_list(result.next_steps);
  return document.dump(2) + "\n";
}

}  // namespace assay::report
