// What the reports for people say alike: the answer in a sentence, and which parts of an Assessment matter most.
#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/assessment.hpp"

namespace assay::report {

/// Text that is meant to be escaped already (messages, reasons), made safe even if it is not: like
/// escape_for_display(), but a backslash stays single.
std::string safe_prose(std::string_view text);

/// `text` for display, shortened to at most `max_chars` characters: "begin…" or, for paths, "begin…end".
std::string cut_end(std::string text, std::size_t max_chars);
std::string cut_middle(std::string text, std::size_t max_chars);

/// Characters (code points) of well-formed text.
std::size_t char_count(std::string_view text) noexcept;

/// What the evidence that was given amounts to.
std::string_view chain_word(const Link& chain) noexcept;

/// The answer in a few words: "is what its source says it is".
std::string_view headline(const Assessment& assessment) noexcept;

/// Why the verdict is what it is: one sentence.
std::string why(const Assessment& assessment);

/// What the release before is, and what that is for; for display.
std::string previous_line(const SubjectInfo& previous);

/// What the reference is: "./xz.git at v5.6.0 (commit 2d7d862e3ffa)"; for display.
std::string reference_line(const Assessment& assessment);

/// How well the reference fits and how it was found; empty without a reference.
std::string fit_line(const Assessment& assessment);

/// "autotools: ./configure …; built 3 times; 2 unproven texts read by nothing"; empty if the release was not built.
std::string build_line(const Assessment& assessment);

/// Whether everything was looked at.
std::string coverage_line(const Assessment& assessment);

/// What the exit code is and what it means.
std::string exit_line(const Assessment& assessment, Severity fail_on);

/// Findings by severity: "1 critical, 2 high".
std::string severity_counts(const std::vector<Finding>& findings);

/// Entries that no proof covers: contradicted ones first, then by what the build executes, then by path. No entry that
/// is missing.
std::vector<const AssessedEntry*> unproven_entries(const Assessment& assessment);

/// The counts, strongest proof first.
struct ProofCount {
  Proof proof;
  std::uint64_t count;
};
std::array<ProofCount, 9> proof_counts(const Counts& counts) noexcept;

/// 0.99996 → "99.99 %": never rounded up to a hundred.
std::string percent(double share);

/// "12,345".
std::string with_separators(std::uint64_t number);

/// The text of an evidence label is "novel line N".
bool is_novel_line_label(std::string_view label) noexcept;

}  // namespace assay::report
