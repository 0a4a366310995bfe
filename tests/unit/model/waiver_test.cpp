#include "model/waiver.hpp"

#include "support/catch.hpp"

using namespace assay;
using namespace std::chrono;

namespace {

constexpr Rule k_data{"provenance-unexplained-data", Severity::low, "title", "why", "what next", ""};
constexpr Rule k_serial{"provenance-contradicted-serial", Severity::high, "title", "why", "what next", ""};
constexpr auto k_today = year_month_day{year{2026}, August, day{15}};
const std::string k_digest(64, 'a');
const std::string k_other_digest(64, 'b');

Finding finding_in(const Rule& rule, const std::string& path, const std::string& digest) {
  auto finding = make_finding(rule, {path, 0}, path + " is not in version control");
  finding.content_sha256 = digest;
  return finding;
}

Waiver waiver_for(const std::string& path, const std::string& digest) {
  return {std::string{k_data.id}, path, digest, "reviewed", {}, {".assay.toml", 3}};
}

Assessment with_finding(Finding finding) {
  Assessment assessment;
  assessment.findings.push_back(std::move(finding));
  return assessment;
}

/// The one finding left has this rule.
void check_only(const Assessment& assessment, std::string_view rule) {
  REQUIRE(assessment.findings.size() == 1);
  CHECK(assessment.findings[0].rule == rule);
}

}  // namespace

TEST_CASE("waiver: rule, path and content together silence a finding, and it stays on record", "[model][waiver]") {
  auto assessment = with_finding(finding_in(k_data, "doc/a/manual.pdf", k_digest));
  apply_waivers(assessment, std::vector{waiver_for("doc/*.pdf", k_digest)}, k_today);
  CHECK(assessment.findings.empty());
  REQUIRE(assessment.waived.size() == 1);
  REQUIRE(assessment.waivers.size() == 1);
  CHECK(assessment.waivers[0].matched == 1);
  CHECK(assessment.waivers[0].problem.empty());
  CHECK(covers(assessment.waivers[0], assessment.waived[0]));
}

TEST_CASE("waiver: a digest in capitals is the same digest", "[model][waiver]") {
  auto assessment = with_finding(finding_in(k_data, "doc/manual.pdf", k_digest));
  apply_waivers(assessment, std::vector{waiver_for("doc/*", std::string(64, 'A'))}, k_today);
  CHECK(assessment.findings.empty());
}

TEST_CASE("waiver: another content is not silenced, and the suppression is reported as stale", "[model][waiver]") {
  auto assessment = with_finding(finding_in(k_data, "doc/manual.pdf", k_other_digest));
  apply_waivers(assessment, std::vector{waiver_for("doc/*.pdf", k_digest)}, k_today);
  REQUIRE(assessment.findings.size() == 2);
  CHECK(assessment.findings[0].rule == "waiver-stale");
  CHECK(assessment.findings[0].location.path == ".assay.toml");
  CHECK(assessment.findings[0].location.line == 3);
  CHECK(assessment.findings[0].message.find(k_other_digest) != std::string::npos);
  CHECK(assessment.findings[1].rule == k_data.id);
  CHECK(assessment.waived.empty());
}

TEST_CASE("waiver: without a digest it silences only what is about no content", "[model][waiver]") {
  auto about_nothing = with_finding(finding_in(k_data, "doc/x", ""));
  apply_waivers(about_nothing, std::vector{waiver_for("doc/x", "")}, k_today);
  CHECK(about_nothing.findings.empty());

  auto about_content = with_finding(finding_in(k_data, "doc/x", k_digest));
  apply_waivers(about_content, std::vector{waiver_for("doc/x", "")}, k_today);
  CHECK(about_content.findings.size() == 2);
  CHECK(about_content.waivers[0].problem.find("names no sha256") != std::string::npos);
}

TEST_CASE("waiver: a digest does not silence what is about no content", "[model][waiver]") {
  auto assessment = with_finding(finding_in(k_data, "doc/x", ""));
  apply_waivers(assessment, std::vector{waiver_for("doc/x", k_digest)}, k_today);
  CHECK(assessment.findings.size() == 2);
  CHECK(assessment.waivers[0].problem.find("no content") != std::string::npos);
}

TEST_CASE("waiver: what is about no entry is bound to the whole subject", "[model][waiver]") {
  auto assessment = with_finding(finding_in(k_data, "doc/x", ""));
  assessment.subject.sha256 = k_digest;
  SECTION("without a digest nothing is silenced") {
    apply_waivers(assessment, std::vector{waiver_for("doc/x", "")}, k_today);
    CHECK(assessment.findings.size() == 2);
    CHECK(assessment.waivers[0].problem.find(k_digest) != std::string::npos);
  }
  SECTION("with the subject's it is") {
    apply_waivers(assessment, std::vector{waiver_for("doc/x", k_digest)}, k_today);
    CHECK(assessment.findings.empty());
    CHECK(assessment.waived[0].content_sha256 == k_digest);
  }
}

TEST_CASE("waiver: something grave that no digest binds is not silenced", "[model][waiver]") {
  auto finding = finding_in(k_data, "doc/x", "");
  finding.severity = Severity::high;
  auto assessment = with_finding(finding);
  apply_waivers(assessment, std::vector{waiver_for("doc/x", "")}, k_today);
  CHECK(assessment.waived.empty());
  REQUIRE(assessment.findings.size() == 2);
  CHECK(assessment.findings[1].rule == "waiver-refused");
}

TEST_CASE("waiver: one that matches nothing is reported as unused", "[model][waiver]") {
  Assessment assessment;
  apply_waivers(assessment, std::vector{waiver_for("doc/gone.pdf", k_digest)}, k_today);
  check_only(assessment, "waiver-unused");
  CHECK(assessment.waivers[0].problem == "unused");
}

TEST_CASE("waiver: the day it expires on is the last on which it holds", "[model][waiver]") {
  auto waiver = waiver_for("doc/x", k_digest);
  waiver.expires = k_today;
  auto on_the_day = with_finding(finding_in(k_data, "doc/x", k_digest));
  apply_waivers(on_the_day, std::vector{waiver}, k_today);
  CHECK(on_the_day.findings.empty());
  CHECK(on_the_day.waivers[0].expires == "2026-08-15");

  auto after = with_finding(finding_in(k_data, "doc/x", k_digest));
  apply_waivers(after, std::vector{waiver}, year_month_day{sys_days{k_today} + days{1}});
  CHECK(after.waived.empty());
  REQUIRE(after.findings.size() == 2);
  CHECK(after.waivers[0].problem == "expired on 2026-08-15");
}

TEST_CASE("waiver: nothing about a contradicted entry can be silenced, whatever the rule", "[model][waiver][hostile]") {
  auto assessment = with_finding(finding_in(k_data, "m4/x.m4", k_digest));
  AssessedEntry entry;
  entry.path = "m4/x.m4";
  entry.explanation = Explanation{Proof::contradicted, "serial", {}};
  assessment.entries.push_back(entry);
  apply_waivers(assessment, std::vector{waiver_for("*", k_digest)}, k_today);
  REQUIRE(assessment.findings.size() == 2);
  CHECK(assessment.findings[0].rule == "waiver-refused");
  CHECK(assessment.findings[1].rule == k_data.id);
  CHECK(assessment.waived.empty());
}

TEST_CASE("waiver: a rule that the caller calls a contradiction cannot be silenced", "[model][waiver][hostile]") {
  auto assessment = with_finding(finding_in(k_serial, "m4/x.m4", k_digest));
  auto waiver = waiver_for("*", k_digest);
  waiver.rule = k_serial.id;
  apply_waivers(assessment, std::vector{waiver}, k_today,
                [](const Finding& finding) { return finding.rule == k_serial.id; });
  CHECK(assessment.waived.empty());
  REQUIRE(assessment.findings.size() == 2);
  CHECK(assessment.findings[0].rule == k_serial.id);
  CHECK(assessment.waivers[0].problem == "cannot silence a contradiction");
}

TEST_CASE("waiver: one that silences some and is refused for others is reported", "[model][waiver]") {
  auto assessment = with_finding(finding_in(k_data, "a", k_digest));
  assessment.findings.push_back(finding_in(k_data, "b", k_digest));
  AssessedEntry entry;
  entry.path = "b";
  entry.explanation = Explanation{Proof::contradicted, "serial", {}};
  assessment.entries.push_back(entry);
  apply_waivers(assessment, std::vector{waiver_for("*", k_digest)}, k_today);
  CHECK(assessment.waived.size() == 1);
  CHECK(assessment.waivers[0].matched == 1);
  CHECK(assessment.waivers[0].problem == "cannot silence a contradiction");
}

TEST_CASE("waiver: two for one finding are both used", "[model][waiver]") {
  auto assessment = with_finding(finding_in(k_data, "doc/x", k_digest));
  apply_waivers(assessment, std::vector{waiver_for("doc/x", k_digest), waiver_for("doc/*", k_digest)}, k_today);
  CHECK(assessment.findings.empty());
  CHECK(assessment.waived.size() == 1);
  CHECK(assessment.waivers[0].matched == 1);
  CHECK(assessment.waivers[1].matched == 1);
}

TEST_CASE("waiver: none can silence the report of another", "[model][waiver][hostile]") {
  Assessment assessment;
  auto hiding = waiver_for("*", "");
  hiding.rule = "waiver-unused";
  apply_waivers(assessment, std::vector{waiver_for("gone", k_digest), hiding}, k_today);
  CHECK(assessment.findings.size() == 2);
  CHECK(assessment.waived.empty());
}

TEST_CASE("waiver: the verdict follows from what is left", "[model][waiver]") {
  auto assessment = with_finding(finding_in(k_serial, "data.bin", k_digest));
  CHECK(decide(assessment) == Verdict::suspect);
  auto waiver = waiver_for("data.bin", k_digest);
  waiver.rule = k_serial.id;
  apply_waivers(assessment, std::vector{waiver}, k_today);
  CHECK(decide(assessment) == Verdict::unexplained);
  assessment.vcs.emplace();
  CHECK(decide(assessment) == Verdict::explained);  // a word for something grave is no proof
}
