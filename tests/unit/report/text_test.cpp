#include <algorithm>

#include "base/text.hpp"
#include "cases.hpp"
#include "report/renderer.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::report;

namespace {

std::ptrdiff_t lines_of(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}
bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string verbose_text(const Assessment& assessment) {
  RenderOptions options;
  options.verbosity = Verbosity::verbose;
  return render_text(assessment, options);
}

}  // namespace

TEST_CASE("text: the first line is the verdict, whatever else there is", "[report][text]") {
  for (const auto& [name, assessment] : test::cases()) {
    INFO(name);
    const auto word = ascii_lower(render_text(assessment, {}).substr(0, 4));
    CHECK(std::string{to_string(assessment.verdict)}.starts_with(word));
  }
}

TEST_CASE("text: fits one screen, however many findings, gaps and steps there are", "[report][text]") {
  for (const auto& [name, assessment] : test::cases()) {
    INFO(name);
    // All the novel lines of a file that claims a false identity are worth more than one screen.
    CHECK(lines_of(render_text(assessment, {})) <= (assessment.counts.contradicted > 0 ? 60U : 45U));
  }
  auto assessment = test::huge(30'000);
  for (int i = 0; i < 5'000; ++i) {
    assessment.coverage.add("part", "too large");
    assessment.next_steps.push_back("look at it");
    assessment.waived.push_back(assessment.findings.front());
    assessment.waivers.push_back({"rule", "path", "", "reason", "", 1, ""});
  }
  const auto text = render_text(assessment, {});
  CHECK(lines_of(text) <= 45);
  CHECK(has(text, "… and 29,994 more findings (-v or --format json for all)"));
  CHECK(has(text, "… and 4,997 more parts"));
}

TEST_CASE("text: verbose leaves nothing out", "[report][text]") {
  const auto assessment = test::huge(500);
  const auto text = verbose_text(assessment);
  for (const auto& finding : assessment.findings)
    REQUIRE(has(text, finding.location.path + ":" + std::to_string(finding.location.line)));
  CHECK_FALSE(has(text, "… and"));
  const auto suspect = test::case_named("suspect");
  const auto suspect_text = verbose_text(suspect);
  for (const auto& entry : suspect.entries)
    for (const auto& line : entry.novel_lines) REQUIRE(has(suspect_text, escape_for_display(line.text)));
}

TEST_CASE("text: quiet is the verdict and why", "[report][text]") {
  RenderOptions options;
  options.verbosity = Verbosity::quiet;
  const auto text = render_text(test::case_named("suspect"), options);
  CHECK(lines_of(text) == 2);
  CHECK(has(text, "SUSPECT  xz-5.6.0.tar.gz is not what its source says it is\n"));
}

TEST_CASE("text: colour comes only when asked for", "[report][text]") {
  const auto assessment = test::case_named("suspect");
  CHECK_FALSE(has(render_text(assessment, {}), "\x1b"));
  RenderOptions options;
  options.color = Color::yes;
  CHECK(has(render_text(assessment, options), "\x1b[1;31mSUSPECT\x1b[0m"));
}

TEST_CASE("text: the lines that do something are shown before comments", "[report][text]") {
  const auto text = render_text(test::case_named("suspect"), {});
  CHECK(has(text, "grep -aErls"));
  CHECK_FALSE(has(text, "more novel line"));  // all of a contradicted file
}

TEST_CASE("text: an unproven entry that no finding speaks of is still mentioned", "[report][text]") {
  auto assessment = test::case_named("unexplained");
  assessment.findings.clear();
  CHECK(has(render_text(assessment, {}), "Also unproven: 3 files"));
  CHECK(has(render_text(assessment, {}), "executed  configure"));
}

TEST_CASE("text: an incomplete run says that it is no clean bill", "[report][text]") {
  const auto text = render_text(test::case_named("inconclusive"), {});
  CHECK(has(text, "no clean bill"));
  CHECK(has(text, "tests/files/lfs.bin"));
  CHECK(has(text, "exit 3: inconclusive"));
}

TEST_CASE("text: the exit line follows --fail-on", "[report][text]") {
  RenderOptions options;
  CHECK(has(render_text(test::case_named("unexplained"), options), "exit 0: no finding at or above high"));
  options.fail_on = Severity::medium;
  CHECK(has(render_text(test::case_named("unexplained"), options), "exit 1: findings at or above medium"));
}

TEST_CASE("text: what was waived is said in the answer", "[report][text]") {
  RenderOptions options;
  options.verbosity = Verbosity::quiet;
  CHECK(has(render_text(test::case_named("waived"), options), "1 finding suppressed\n"));
}
