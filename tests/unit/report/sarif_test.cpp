#include <nlohmann/json.hpp>
#include <set>

#include "cases.hpp"
#include "report/renderer.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::report;
using nlohmann::json;

namespace {

json run_of(const Assessment& assessment, std::span<const Rule> rules = test::case_rules()) {
  RenderOptions options;
  options.rules = rules;
  const auto document = json::parse(render_sarif(assessment, options));
  REQUIRE(document["version"] == "2.1.0");
  REQUIRE(document["runs"].size() == 1);
  return document["runs"][0];
}

const json& uri_of(const json& result) {
  return result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
}

}  // namespace

TEST_CASE("sarif: every result has what GitHub needs, and its rule", "[report][sarif]") {
  for (const auto& [name, assessment] : test::cases()) {
    INFO(name);
    const auto run = run_of(assessment);
    const auto& rules = run["tool"]["driver"]["rules"];
    for (const auto& result : run["results"]) {
      CHECK(rules.at(result["ruleIndex"].get<std::size_t>())["id"] == result["ruleId"]);
      CHECK(result["partialFingerprints"]["assayFingerprint/v1"].get<std::string>().size() == 32);
      CHECK_FALSE(result["message"]["text"].get<std::string>().empty());
      CHECK_FALSE(uri_of(result).get<std::string>().empty());
    }
  }
}

TEST_CASE("sarif: every rule has help, at most 20 tags and a security severity, and stands there once",
          "[report][sarif]") {
  std::set<std::string> ids;
  const auto run = run_of(test::case_named("suspect"));
  for (const auto& rule : run["tool"]["driver"]["rules"]) {
    CHECK(ids.insert(rule["id"]).second);
    CHECK(rule["properties"]["tags"].size() <= 20);
    CHECK(rule["properties"]["security-severity"].is_string());
    CHECK(rule["help"]["text"].get<std::string>().find("What next") != std::string::npos);
  }
  CHECK(ids.size() == test::case_rules().size());
}

TEST_CASE("sarif: a finding whose rule the caller did not list still has one", "[report][sarif]") {
  const auto run = run_of(test::case_named("suspect"), {});
  CHECK(run["tool"]["driver"]["rules"].size() == 3);
}

TEST_CASE("sarif: severities become levels", "[report][sarif]") {
  Assessment assessment;
  for (const auto severity : {Severity::critical, Severity::high, Severity::medium, Severity::low, Severity::info})
    assessment.findings.push_back(make_finding({"module-rule", severity, "t", "d", "r", ""}, {"file", 0}, "m"));
  const auto results = run_of(assessment)["results"];
  const char* levels[] = {"error", "error", "warning", "note", "note"};
  for (std::size_t i = 0; i < 5; ++i) CHECK(results[i]["level"] == levels[i]);
}

TEST_CASE("sarif: names become relative URIs that lead nowhere else", "[report][sarif][hostile]") {
  Assessment assessment;
  assessment.subject.name = "a b.tar";
  const std::pair<const char*, const char*> names[] = {{"dir/plain-file_1.c", "dir/plain-file_1.c"},
                                                       {"/etc/passwd", "%2Fetc/passwd"},
                                                       {"../../x", "%2E%2E/%2E%2E/x"},
                                                       {"a%41 b?c#d", "a%2541%20b%3Fc%23d"},
                                                       {"c:/x", "c%3A/x"},
                                                       {"raw\xff", "raw%FF"},
                                                       {"//host/x", "%2F/host/x"},
                                                       {"dir/", "dir/"},
                                                       {"", "a%20b.tar"}};
  for (const auto& [path, uri] : names) {
    assessment.findings = {make_finding({"module-rule", Severity::low, "t", "d", "r", ""}, {path, 0}, "m")};
    CHECK(uri_of(run_of(assessment)["results"][0]) == uri);
  }
}

TEST_CASE("sarif: a name cannot become a link", "[report][sarif][hostile]") {
  Assessment assessment;
  assessment.findings = {
      make_finding({"module-rule", Severity::low, "t", "d", "r", ""}, {"x", 0}, "[click](https://evil.example/)")};
  const auto text = run_of(assessment)["results"][0]["message"]["text"].get<std::string>();
  CHECK(text.starts_with("\\[click\\](https://evil.example/)"));
}

TEST_CASE("sarif: 30,000 findings are cut by severity to 25,000, and it says so", "[report][sarif]") {
  const auto run = run_of(test::huge(30'000));
  REQUIRE(run["results"].size() == 25'000);
  std::size_t warnings = 0;
  for (const auto& result : run["results"]) warnings += result["level"] == "warning" ? 1U : 0U;
  CHECK(warnings == 10'000);
  const auto& notifications = run["invocations"][0]["toolExecutionNotifications"];
  REQUIRE(notifications.size() == 1);
  CHECK(notifications[0]["message"]["text"] ==
        "Only 25,000 of 30,000 results are listed, the most severe first; the JSON report has all of them");
}

TEST_CASE("sarif: coverage gaps are notifications, and an incomplete run is not a success", "[report][sarif]") {
  const auto invocation = run_of(test::case_named("inconclusive"))["invocations"][0];
  CHECK(invocation["executionSuccessful"] == false);
  CHECK(invocation["exitCode"] == 3);
  CHECK(invocation["toolExecutionNotifications"].size() == 2);
  CHECK(run_of(test::case_named("verified"))["invocations"][0]["executionSuccessful"] == true);
}

TEST_CASE("sarif: a waived finding is a result with its suppression and reason", "[report][sarif]") {
  const auto results = run_of(test::case_named("waived"))["results"];
  const auto& last = results.back();
  CHECK(last["ruleId"] == "provenance-unexplained-data");
  CHECK(last["suppressions"][0]["justification"] == "rendered from doc/xz.ms, see issue 12");
  CHECK_FALSE(results[0].contains("suppressions"));
}
