#include "report/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"

namespace assay::report {

namespace {

constexpr std::size_t k_max_path_chars = 100;

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Byte offset of character number `index`; the size of `text` if it has fewer.
std::size_t offset_of(std::string_view text, std::size_t index) noexcept {
  std::size_t offset = 0;
  for (; offset < text.size(); ++offset)
    if (!is_continuation(text[offset]) && index-- == 0) break;
  return offset;
}

/// Paths of the entries that claim a false identity.
std::set<std::string_view> contradicted_paths(const Assessment& assessment) {
  std::set<std::string_view> paths;
  for (const auto& entry : assessment.entries)
    if (entry.proof() == Proof::contradicted) paths.insert(entry.path);
  return paths;
}

/// "3 files claim", "1 file claims".
std::string files_that(std::uint64_t count, std::string_view one_does, std::string_view many_do) {
  return fmt::format("{} {}", count_of(count, "file"), count == 1 ? one_does : many_do);
}

/// A chain in short: where it begins, why it is grave, what comes out of what. Nothing for other findings.
std::string chain_in_short(const Finding& finding) {
  const auto because = std::find_if(finding.evidence.begin(), finding.evidence.end(),
                                    [](const Evidence& evidence) { return evidence.label == "severity"; });
  if (because == finding.evidence.end() || finding.members.empty()) return {};
  const auto place = cut_middle(escape_for_display(finding.location.path), k_max_path_chars);
  const auto line = finding.location.line > 0 ? fmt::format(", line {}", finding.location.line) : std::string{};
  auto text = fmt::format("{}{}: {}", place, line, safe_prose(because->text));
  if (finding.stages.empty()) return text;
  const auto& stage = finding.stages.front();
  return text + fmt::format(" ({}: {})", cut_middle(escape_for_display(stage.location), k_max_path_chars),
                            safe_prose(stage.what));
}

/// A finding as half a sentence: where, and what.
std::string named(const Finding& finding) {
  constexpr std::size_t k_most_chars = 160;
  if (auto chain = chain_in_short(finding); !chain.empty()) return chain;
  const auto message = safe_prose(finding.message);
  const auto path = escape_for_display(finding.location.path);
  if (path.empty() || message.starts_with(path)) return cut_end(message, k_most_chars);
  return fmt::format("{}: {}", cut_middle(path, k_max_path_chars), cut_end(message, k_most_chars));
}

std::string why_suspect(const Assessment& assessment) {
  const auto paths = contradicted_paths(assessment);
  const auto contradicted = assessment.counts.contradicted;
  const Finding* worst = nullptr;
  std::uint64_t others = 0;
  for (const auto& finding : assessment.findings) {
    if (finding.severity < Severity::high || paths.contains(finding.location.path)) continue;
    if (worst == nullptr) worst = &finding;  // they are sorted
    ++others;
  }
  std::vector<std::string> reasons;
  if (contradicted == 1 && paths.size() == 1)
    reasons.push_back(cut_middle(escape_for_display(*paths.begin()), k_max_path_chars) +
                      " claims an identity that is false");
  else if (contradicted > 0)
    reasons.push_back(files_that(contradicted, "claims", "claim") + " an identity that is false");
  if (worst != nullptr)
    reasons.push_back(fmt::format(
        "{}{}", named(*worst),
        others > 1 ? fmt::format(" (and {} of severity high or critical)", count_of(others - 1, "more finding")) : ""));
  if (assessment.counts.unexplained > 0)
    reasons.push_back(files_that(assessment.counts.unexplained, "has", "have") + " content that nothing proves");
  if (!assessment.coverage.complete())
    reasons.push_back(count_of(assessment.coverage.gaps.size(), "part") + " could not be checked");
  return fmt::format("{}", fmt::join(reasons, "; "));
}

/// The verdict rests on it, so it stands beside the verdict.
std::string first_gap(const CoverageGap& gap, std::size_t of) {
  constexpr std::size_t k_max_reason_chars = 120;
  return fmt::format(" ({}{}: {})", of > 1 ? "first of them " : "", cut_middle(safe_prose(gap.what), k_max_path_chars),
                     cut_end(safe_prose(gap.reason), k_max_reason_chars));
}

std::string why_inconclusive(const Assessment& assessment) {
  const auto& gaps = assessment.coverage.gaps;
  auto text = fmt::format("{} could not be checked{}, so this is no clean bill", count_of(gaps.size(), "part"),
                          gaps.empty() ? "" : first_gap(gaps.front(), gaps.size()));
  if (assessment.counts.unexplained > 0)
    return text + "; " + files_that(assessment.counts.unexplained, "has", "have") + " content that nothing proves";
  if (assessment.counts.entries == 0) return text + "; no file was looked at";
  return text + "; what could be checked is in order";
}

/// " and is compiled", ", all of them compiled", ", 3 of them compiled".
std::string of_them(std::uint64_t all, std::uint64_t some, std::string_view what) {
  if (all == 1) return fmt::format(" and is {}", what);
  return fmt::format(", {} of them {}", some == all ? "all" : with_separators(some), what);
}

/// How bad it gets.
std::string worst_severity(const Assessment& assessment) {
  if (assessment.findings.empty()) return "nothing was found";
  return fmt::format("no finding is more than {}", to_string(assessment.findings.front().severity));
}

std::string why_unexplained(const Assessment& assessment) {
  if (!assessment.vcs)
    return fmt::format("{}; without a source to compare with, nothing is proven", worst_severity(assessment));
  std::uint64_t executed = 0;
  std::uint64_t compiled = 0;
  for (const auto* entry : unproven_entries(assessment)) {
    executed += entry->reach == Reach::executed ? 1U : 0U;
    compiled += entry->reach == Reach::compiled ? 1U : 0U;
  }
  const auto count = assessment.counts.unexplained;
  auto text = files_that(count, "has", "have") + " content that nothing proves";
  if (executed > 0) text += of_them(count, executed, "executed when the release is built");
  else if (compiled > 0) text += of_them(count, compiled, "compiled");
  return text + "; " + worst_severity(assessment);
}

std::string why_explained(const Assessment& assessment) {
  const auto& counts = assessment.counts;
  std::vector<std::string> reasons;
  if (counts.composed > 0)
    reasons.push_back(count_of(counts.composed, "file is proven", "files are proven") + " only line by line");
  if (counts.inert > 0)
    reasons.push_back(count_of(counts.inert, "file is unproven", "files are unproven") + " but not read by the build");
  // A missing file, an empty directory, an archive that readers disagree on.
  if (reasons.empty())
    for (const auto* findings : {&assessment.findings, &assessment.waived})
      for (const auto& finding : *findings)
        if (reasons.empty() && limits_proof(finding)) reasons.push_back(named(finding));
  if (reasons.empty()) reasons.emplace_back("something grave is accepted by a reviewer's word");
  return fmt::format("{}", fmt::join(reasons, ", ")) + "; everything else is proven as a whole";
}

std::string why_verified(const Assessment& assessment) {
  const auto& counts = assessment.counts;
  if (!assessment.vcs) return "everything was examined, and nothing was found";
  if (counts.identical == counts.entries)
    return fmt::format("all {} are identical to the reference", count_of(counts.entries, "file"));
  return fmt::format(
      "all {} are proven; {} identical to the reference, the rest follow from it or from a known upstream",
      count_of(counts.entries, "file"), with_separators(counts.identical));
}

std::string why_verdict(const Assessment& assessment) {
  switch (assessment.verdict) {
    case Verdict::suspect:
      return why_suspect(assessment);
    case Verdict::inconclusive:
      return why_inconclusive(assessment);
    case Verdict::unexplained:
      return why_unexplained(assessment);
    case Verdict::explained:
      return why_explained(assessment);
    case Verdict::verified:
      return why_verified(assessment);
  }
  return {};
}

}  // namespace

std::string safe_prose(std::string_view text) {
  return escape_for_display(text);
}

std::size_t char_count(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string cut_end(std::string text, std::size_t max_chars) {
  if (char_count(text) <= max_chars) return text;
  text.resize(offset_of(text, max_chars - 1));
  return text + "…";
}

std::string cut_middle(std::string text, std::size_t max_chars) {
  const auto length = char_count(text);
  if (length <= max_chars) return text;
  const auto tail = max_chars / 2;
  return text.substr(0, offset_of(text, max_chars - tail - 1)) + "…" + text.substr(offset_of(text, length - tail));
}

std::string_view chain_word(const Link& chain) noexcept {
  switch (chain.state) {
    case LinkState::ok:
      return "every signature and attestation holds";
    case LinkState::failed:
      return "contradicted: what was signed is not this artifact, or not signed by whom it claims";
    case LinkState::not_checked:
      return "not all of it could be checked";
  }
  return {};
}

namespace {

/// The release has next to nothing of the reference: more likely a slip in naming it than an attack.
bool is_hardly_comparable(const Assessment& assessment) noexcept {
  const auto& counts = assessment.counts;
  const bool poor = std::any_of(assessment.findings.begin(), assessment.findings.end(),
                                [](const Finding& finding) { return finding.rule == "provenance-poor-fit"; });
  return poor && (counts.identical + counts.normalized) * 10 < counts.entries;
}

}  // namespace

std::string_view headline(const Assessment& assessment) noexcept {
  static constexpr std::string_view k_misplaced =
      "has hardly a file of the reference: is it the right repository and revision?";
  if (!assessment.vcs && assessment.verdict == Verdict::inconclusive) return "could not be examined completely";
  if (!assessment.vcs && assessment.verdict != Verdict::suspect && assessment.counts.entries == 0)
    return "holds no file: there was nothing to look at";
  if (!assessment.vcs && assessment.verdict != Verdict::suspect)
    return std::any_of(assessment.findings.begin(), assessment.findings.end(),
                       [](const Finding& finding) { return finding.severity >= Severity::medium; })
               ? "shows something that somebody should read, and was compared with no source"
               : "shows nothing alarming, and was compared with no source";
  // Nobody vouches for a directory: it may be a copy of the release.
  const bool directory = assessment.vcs && assessment.vcs->kind == "directory";
  const bool misplaced = assessment.counts.contradicted == 0 && is_hardly_comparable(assessment);
  switch (assessment.verdict) {
    case Verdict::verified:
      return directory ? "holds what the directory holds that it was compared with" : "is what its source says it is";
    case Verdict::explained:
      return directory ? "follows from the directory that it was compared with, though not every file as a whole"
                       : "follows from its source, though not every file as a whole";
    case Verdict::unexplained:
      return misplaced ? k_misplaced : "has content that its source does not explain";
    case Verdict::suspect:
      if (assessment.trust_chain && assessment.trust_chain->state == LinkState::failed)
        return "is contradicted by its signature or attestation";
      if (misplaced) return k_misplaced;
      return assessment.counts.contradicted > 0 ? "is not what its source says it is"
                                                : "should not be trusted as it is";
    case Verdict::inconclusive:
      return "could not be checked completely";
  }
  return {};
}

std::string why(const Assessment& assessment) {
  auto text = why_verdict(assessment);
  if (!assessment.waived.empty()) text += fmt::format("; {} suppressed", count_of(assessment.waived.size(), "finding"));
  return text;
}

std::string previous_line(const SubjectInfo& previous) {
  return fmt::format("{}, {}: what became executable, binary or unexplained since then is listed",
                     escape_for_display(previous.name), count_of(previous.size, "byte"));
}

std::string reference_line(const Assessment& assessment) {
  if (!assessment.vcs) return "none: examined on its own";
  const auto& vcs = *assessment.vcs;
  auto text = escape_for_display(vcs.repository);
  if (!vcs.revision.empty()) text += " at " + escape_for_display(vcs.revision);
  if (!vcs.commit.empty() && vcs.commit != vcs.revision)
    text += fmt::format(" (commit {})", safe_prose(std::string_view{vcs.commit}.substr(0, 12)));
  if (!vcs.reference_subdir.empty()) text += fmt::format(", its {}/", escape_for_display(vcs.reference_subdir));
  return text;
}

std::string build_line(const Assessment& assessment) {
  if (!assessment.traced_build) return {};
  const auto& build = *assessment.traced_build;
  auto line = fmt::format("{} under the tracer, {}", count_of(build.builds.size(), "build"), build.recipe);
  if (build.unread > 0)
    line = fmt::format("{} read by nothing{}; {}", count_of(build.unread, "unproven text"),
                       build.doubt.empty() ? "" : fmt::format(" (not called inert: {})", build.doubt), line);
  return line;
}

std::string fit_line(const Assessment& assessment) {
  if (!assessment.vcs) return {};
  const auto& counts = assessment.counts;
  auto text = fmt::format("{} identical: {} of {}", percent(assessment.vcs->fit), with_separators(counts.identical),
                          count_of(counts.entries, "file"));
  if (assessment.vcs->inferred) text += "; revision inferred: " + safe_prose(assessment.vcs->inference);
  for (const auto& note : assessment.vcs->notes) text += "; " + safe_prose(note);
  return text;
}

std::string coverage_line(const Assessment& assessment) {
  if (assessment.coverage.complete()) return "complete: everything was looked at";
  return fmt::format("incomplete: {} not looked at", count_of(assessment.coverage.gaps.size(), "part"));
}

std::string exit_line(const Assessment& assessment, Severity fail_on) {
  const auto code = exit_code(assessment, fail_on);
  if (code == 1) return fmt::format("1: findings at or above {}", to_string(fail_on));
  if (code == 3) return "3: inconclusive, because not everything could be checked";
  return fmt::format("0: no finding at or above {}, everything checked", to_string(fail_on));
}

std::string severity_counts(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto severity : {Severity::critical, Severity::high, Severity::medium, Severity::low, Severity::info}) {
    const auto count = std::count_if(findings.begin(), findings.end(),
                                     [&](const Finding& finding) { return finding.severity == severity; });
    if (count == 0) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", with_separators(static_cast<std::uint64_t>(count)), to_string(severity));
  }
  return text;
}

std::vector<const AssessedEntry*> unproven_entries(const Assessment& assessment) {
  std::vector<const AssessedEntry*> entries;
  for (const auto& entry : assessment.entries)
    if (entry.status != EntryStatus::missing && entry.proof() >= Proof::unexplained) entries.push_back(&entry);
  std::stable_sort(entries.begin(), entries.end(), [](const AssessedEntry* a, const AssessedEntry* b) {
    if (a->proof() != b->proof()) return a->proof() > b->proof();
    if (a->reach != b->reach) return a->reach < b->reach;
    return a->path < b->path;
  });
  return entries;
}

std::array<ProofCount, 9> proof_counts(const Counts& counts) noexcept {
  std::array<ProofCount, 9> all{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto proof = static_cast<Proof>(i);
    all[i] = {proof, counts.of(proof)};
  }
  return all;
}

std::string percent(double share) {
  const auto hundredths = std::floor(std::clamp(share, 0.0, 1.0) * 10'000);
  return hundredths >= 10'000 ? "100 %" : fmt::format("{:.2f} %", hundredths / 100);
}

std::string with_separators(std::uint64_t number) {
  auto text = count_of(number, "", " ");
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

bool is_novel_line_label(std::string_view label) noexcept {
  constexpr std::string_view k_prefix = "novel line ";
  return label.starts_with(k_prefix) && label.size() > k_prefix.size() &&
         label.find_first_not_of("0123456789", k_prefix.size()) == std::string_view::npos;
}

}  // namespace assay::report
