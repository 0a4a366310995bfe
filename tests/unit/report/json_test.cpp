#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "cases.hpp"
#include "report/renderer.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::report;
using nlohmann::json;

namespace {

json parsed(const Assessment& assessment, const RenderOptions& options = {}) {
  return json::parse(render_json(assessment, options));
}

}  // namespace

TEST_CASE("json: a name that is no plain text carries its exact bytes", "[report][json][hostile]") {
  const auto assessment = test::case_named("hostile");
  const auto document = parsed(assessment);
  for (std::size_t i = 0; i < assessment.entries.size(); ++i) {
    const auto& raw = assessment.entries[i].path;
    const auto& entry = document["entries"][i];
    INFO(entry["path"]);
    if (entry.contains("path_base64")) CHECK(entry["path_base64"] == to_base64(as_bytes(raw)));
    else CHECK(entry["path"] == raw);
  }
  CHECK(document["subject"]["name"] == "evil\\x1b]0;owned\\x07.tar.gz");
  CHECK(document["subject"]["name_base64"] == to_base64(as_bytes(assessment.subject.name)));
  CHECK_FALSE(parsed(test::case_named("suspect"))["subject"].contains("name_base64"));
}

TEST_CASE("json: evidence of one name stands one text a line, and exact beside it", "[report][json]") {
  const auto entry = parsed(test::case_named("hostile"))["entries"][0];
  CHECK(entry["evidence"]["lost line"] == "one\\xff\ntwo");
  CHECK(entry["evidence_base64"]["lost line"] == "b25l/w==\ndHdv");
}

TEST_CASE("json: an entry that is missing without an explanation has no proof", "[report][json]") {
  const auto document = parsed(test::case_named("suspect"));
  for (const auto& entry : document["entries"]) {
    if (entry["path"] == "CONTRIBUTING.md") CHECK(entry["proof"].is_null());
    if (entry["path"] == ".gitignore") CHECK(entry["proof"] == "normalized");
    if (entry["path"] == "m4/build-to-host.m4") {
      CHECK(entry["proof"] == "contradicted");
      CHECK(entry["novel_lines"] == 12);
      CHECK(entry["novel"].size() == 12);
    }
  }
}

TEST_CASE("json: verdict, exit code and counts are those of the model", "[report][json]") {
  for (const auto& [name, assessment] : test::cases()) {
    INFO(name);
    RenderOptions options;
    options.fail_on = Severity::medium;
    const auto document = parsed(assessment, options);
    CHECK(document["schema_version"] == "1");
    CHECK(document["verdict"] == to_string(assessment.verdict));
    CHECK(document["exit_code"] == exit_code(assessment, Severity::medium));
    CHECK(document["fail_on"] == "medium");
    CHECK(document["counts"]["unexplained"] == assessment.counts.unexplained);
    CHECK(document["findings"].size() == assessment.findings.size());
    CHECK(document["coverage"]["complete"] == assessment.coverage.complete());
    CHECK(document["vcs"].is_null() == !assessment.vcs.has_value());
  }
}

TEST_CASE("json: a fit that is not whole is never written as whole", "[report][json]") {
  auto assessment = test::case_named("verified");
  assessment.vcs->fit = 0.999999;
  CHECK(parsed(assessment)["vcs"]["fit"].get<double>() < 1.0);
}

TEST_CASE("json: 30,000 findings are all there", "[report][json]") {
  CHECK(parsed(test::huge(30'000))["findings"].size() == 30'000);
}
