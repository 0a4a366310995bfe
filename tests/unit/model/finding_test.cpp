#include "model/finding.hpp"

#include "support/catch.hpp"

using namespace assay;

namespace {

constexpr Rule k_rule{"test-rule", Severity::medium, "A title", "A description", "Do this", ""};
constexpr Rule k_other{"test-other", Severity::high, "A title", "A description", "Do that", ""};

}  // namespace

TEST_CASE("finding: takes severity and remedy from its rule", "[model][finding]") {
  const auto finding = make_finding(k_rule, {"a/b", 7}, "something", {{"line", "text"}});
  CHECK(finding.rule == "test-rule");
  CHECK(finding.severity == Severity::medium);
  CHECK(finding.remedy == "Do this");
  CHECK(finding.location.path == "a/b");
  CHECK(finding.location.line == 7);
  CHECK(finding.evidence.size() == 1);
}

TEST_CASE("finding: the fingerprint is stable over lines and words, and tells rule, path and key apart",
          "[model][finding]") {
  const auto base = make_finding(k_rule, {"a", 1}, "one", {}, "key").fingerprint;
  CHECK(base.size() == 32);
  CHECK(base.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(make_finding(k_rule, {"a", 99}, "said otherwise", {{"e", "f"}}, "key").fingerprint == base);
  CHECK(make_finding(k_other, {"a", 1}, "one", {}, "key").fingerprint != base);
  CHECK(make_finding(k_rule, {"b", 1}, "one", {}, "key").fingerprint != base);
  CHECK(make_finding(k_rule, {"a", 1}, "one", {}, "other").fingerprint != base);
  // Where one part ends and the next begins is part of it.
  CHECK(make_finding(k_rule, {"ab", 1}, "", {}, "c").fingerprint !=
        make_finding(k_rule, {"a", 1}, "", {}, "bc").fingerprint);
}

TEST_CASE("finding: the worst come first, then path, line and rule", "[model][finding]") {
  const auto at = [](const Rule& rule, std::string path, std::uint64_t line) {
    return make_finding(rule, {std::move(path), line}, "");
  };
  std::vector<Finding> findings{at(k_rule, "a", 2), at(k_rule, "b", 1), at(k_other, "z", 9), at(k_rule, "a", 1)};
  sort_findings(findings);
  CHECK(findings[0].location.path == "z");
  CHECK(findings[1].location.line == 1);
  CHECK(findings[2].location.line == 2);
  CHECK(findings[3].location.path == "b");
}

TEST_CASE("finding: severities are written as they are read", "[model][finding]") {
  for (const auto severity : {Severity::info, Severity::low, Severity::medium, Severity::high, Severity::critical})
    CHECK(parse_severity(to_string(severity)) == severity);
  for (const auto* wrong : {"", "High", "severe", "high "}) CHECK_FALSE(parse_severity(wrong));
  CHECK(Severity::critical > Severity::high);
  CHECK(to_string(Confidence::proven) == "proven");
}

TEST_CASE("coverage: one gap makes it incomplete", "[model][coverage]") {
  Coverage coverage;
  CHECK(coverage.complete());
  coverage.add("big.bin", "larger than the limit", "raise --limit entry-size");
  CHECK_FALSE(coverage.complete());
  CHECK(coverage.gaps[0].remedy == "raise --limit entry-size");
}
