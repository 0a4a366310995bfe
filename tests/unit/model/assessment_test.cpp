#include "model/assessment.hpp"

#include <set>

#include "support/catch.hpp"

using namespace assay;

namespace {

constexpr Proof k_proofs[] = {Proof::identical,   Proof::normalized,  Proof::known,
                              Proof::regenerated, Proof::derived,     Proof::composed,
                              Proof::inert,       Proof::unexplained, Proof::contradicted};

Assessment with(std::initializer_list<Proof> proofs, std::initializer_list<Severity> severities = {},
                bool complete = true) {
  Assessment made;
  made.vcs.emplace();
  for (const auto proof : proofs) ++made.counts.of(proof);
  for (const auto severity : severities) {
    Finding finding;
    finding.severity = severity;
    made.findings.push_back(finding);
  }
  if (!complete) made.coverage.add("part", "not read");
  return made;
}

}  // namespace

TEST_CASE("assessment: the verdict is that of the weakest proof", "[model][verdict]") {
  CHECK(decide(with({})) == Verdict::verified);
  CHECK(decide(with({Proof::identical, Proof::normalized, Proof::known, Proof::regenerated, Proof::derived})) ==
        Verdict::verified);
  CHECK(decide(with({Proof::identical, Proof::composed})) == Verdict::explained);
  CHECK(decide(with({Proof::identical, Proof::inert})) == Verdict::explained);
  CHECK(decide(with({Proof::composed, Proof::unexplained})) == Verdict::unexplained);
  CHECK(decide(with({Proof::unexplained, Proof::contradicted})) == Verdict::suspect);
}

TEST_CASE("assessment: a severe finding makes it suspect, a mild one does not", "[model][verdict]") {
  for (const auto mild : {Severity::info, Severity::low, Severity::medium})
    CHECK(decide(with({}, {mild})) == Verdict::verified);
  for (const auto severe : {Severity::high, Severity::critical}) CHECK(decide(with({}, {severe})) == Verdict::suspect);
}

TEST_CASE("assessment: what no file's proof speaks of keeps it from being verified", "[model][verdict]") {
  for (const auto& [rule, severity] :
       {std::pair{"archive-trailing-bytes", Severity::medium},
        std::pair{"provenance-missing-from-build", Severity::low},
        std::pair{"provenance-part-of-repository", Severity::medium},
        std::pair{"provenance-other-version", Severity::low}, std::pair{"provenance-empty-directory", Severity::low}}) {
    auto limited = with({Proof::identical}, {severity});
    limited.findings.front().rule = rule;
    CHECK(decide(limited) == Verdict::explained);
    limited.waived.swap(limited.findings);
    CHECK(decide(limited) == Verdict::explained);
  }
}

TEST_CASE("assessment: an incomplete run is never better than inconclusive, but can be suspect", "[model][verdict]") {
  for (const auto proof : k_proofs) {
    const auto verdict = decide(with({proof}, {}, false));
    CHECK(verdict == (proof == Proof::contradicted ? Verdict::suspect : Verdict::inconclusive));
  }
  CHECK(decide(with({}, {Severity::high}, false)) == Verdict::suspect);
}

TEST_CASE("assessment: what was compared with nothing is at best unexplained", "[model][verdict]") {
  auto scanned = with({Proof::identical});
  scanned.vcs.reset();
  CHECK(decide(scanned) == Verdict::unexplained);
  scanned.coverage.add("part", "not read");
  CHECK(decide(scanned) == Verdict::inconclusive);
}

TEST_CASE("assessment: the exit code is 1 from --fail-on up, else 3 if incomplete, else 0", "[model][exit]") {
  const Severity levels[] = {Severity::info, Severity::low, Severity::medium, Severity::high, Severity::critical};
  for (const auto found : levels)
    for (const auto fail_on : levels)
      for (const bool complete : {true, false}) {
        CAPTURE(to_string(found), to_string(fail_on), complete);
        const int expected = found >= fail_on ? 1 : complete ? 0 : 3;
        CHECK(exit_code(with({}, {found}, complete), fail_on) == expected);
      }
  CHECK(exit_code(with({Proof::unexplained}), Severity::high) == 0);
  CHECK(exit_code(with({}, {}, false), Severity::high) == 3);
}

TEST_CASE("assessment: every proof has a count of its own", "[model][counts]") {
  Counts counts;
  std::uint64_t n = 0;
  for (const auto proof : k_proofs) counts.of(proof) = ++n;
  const Counts& read = counts;
  n = 0;
  for (const auto proof : k_proofs) CHECK(read.of(proof) == ++n);
  CHECK(counts.contradicted == 9);
  CHECK(counts.entries == 0);
}

TEST_CASE("assessment: names are the report's words", "[model][names]") {
  std::set<std::string_view> names;
  for (const auto proof : k_proofs) names.insert(to_string(proof));
  CHECK(names == std::set<std::string_view>{"identical", "normalized", "known", "regenerated", "derived", "composed",
                                            "inert", "unexplained", "contradicted"});
  CHECK(to_string(Verdict::inconclusive) == "inconclusive");
  CHECK(to_string(EntryStatus::mode_changed) == "mode_changed");
  CHECK(to_string(Reach::executed) == "executed");
}
