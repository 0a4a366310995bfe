#include "model/assessment.hpp"

#include <algorithm>

namespace assay {

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::verified:
      return "verified";
    case Verdict::explained:
      return "explained";
    case Verdict::unexplained:
      return "unexplained";
    case Verdict::suspect:
      return "suspect";
    case Verdict::inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

std::uint64_t& Counts::of(Proof proof) noexcept {
  switch (proof) {
    case Proof::identical:
      return identical;
    case Proof::normalized:
      return normalized;
    case Proof::known:
      return known;
    case Proof::regenerated:
      return regenerated;
    case Proof::derived:
      return derived;
    case Proof::composed:
      return composed;
    case Proof::inert:
      return inert;
    case Proof::unexplained:
      return unexplained;
    case Proof::contradicted:
      return contradicted;
  }
  return unexplained;
}

bool limits_proof(const Finding& finding) noexcept {
  if (finding.severity >= Severity::medium && finding.rule.starts_with("archive-")) return true;
  static constexpr std::string_view k_rules[] = {
      "provenance-missing-from-build", "provenance-empty-directory",    "provenance-lost-executable",
      "provenance-moved-into-build",   "provenance-lost-reading",       "provenance-shared-file",
      "provenance-no-top-directory",   "provenance-part-of-repository", "provenance-other-version",
      "provenance-writable-by-all",    "provenance-several-tags",       "provenance-kept-out-but-there"};
  return std::find(std::begin(k_rules), std::end(k_rules), finding.rule) != std::end(k_rules);
}

namespace {

bool limits_proof(const std::vector<Finding>& findings) noexcept {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) { return limits_proof(finding); });
}

/// A reviewer's word for something grave is a reason to go on, not a proof.
bool accepts_something_grave(const Assessment& assessment) noexcept {
  return std::any_of(assessment.waived.begin(), assessment.waived.end(),
                     [](const Finding& finding) { return finding.severity >= Severity::high; });
}

}  // namespace

Verdict decide(const Assessment& assessment) noexcept {
  const auto& counts = assessment.counts;
  const bool alarming = std::any_of(assessment.findings.begin(), assessment.findings.end(),
                                    [](const Finding& finding) { return finding.severity >= Severity::high; });
  const bool belied = assessment.trust_chain && assessment.trust_chain->state == LinkState::failed;
  if (alarming || belied || counts.contradicted > 0) return Verdict::suspect;
  if (!assessment.coverage.complete()) return Verdict::inconclusive;
  if (!assessment.vcs || counts.unexplained > 0) return Verdict::unexplained;
  if (counts.composed + counts.inert > 0 || limits_proof(assessment.findings) || limits_proof(assessment.waived) ||
      accepts_something_grave(assessment))
    return Verdict::explained;
  return Verdict::verified;
}

int exit_code(const Assessment& assessment, Severity fail_on) noexcept {
  const bool failing = std::any_of(assessment.findings.begin(), assessment.findings.end(),
                                   [&](const Finding& finding) { return finding.severity >= fail_on; });
  if (failing || (assessment.trust_chain && assessment.trust_chain->state == LinkState::failed)) return 1;
  return assessment.coverage.complete() ? 0 : 3;
}

}  // namespace assay
