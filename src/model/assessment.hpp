// The one value that reports, attestations and the catalogue accept: what was examined, against what, what was found,
// what could not be looked at, and the verdict.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/exhibit.hpp"
#include "model/explanation.hpp"
#include "model/finding.hpp"
#include "model/link.hpp"

namespace assay {

enum class Verdict : std::uint8_t { verified, explained, unexplained, suspect, inconclusive };

std::string_view to_string(Verdict verdict) noexcept;

/// The artifact under examination.
struct SubjectInfo {
  std::string name;    ///< file name, no directory
  std::string format;  ///< "tar (pax), gzip"
  std::string sha256;  ///< hex, of the file as it lies on disk
  std::uint64_t size = 0;
};

/// The reference it was compared with.
struct SourceRef {
  std::string repository;        ///< as the user named it
  std::string revision;          ///< as the user named it, or the inferred one: a tag if there is one, else a commit id
  std::string kind;              ///< "git", "worktree" or "directory"
  std::string commit;            ///< hex; empty for a directory
  std::string tree;              ///< hex; empty for a directory
  std::int64_t commit_time = 0;  ///< seconds since the epoch
  std::string subject_prefix;    ///< leading directory stripped from the subject's paths, no slash at its end
  std::string reference_subdir;  ///< sub-directory of the repository that the subject corresponds to; mostly empty
  bool inferred = false;         ///< the revision was not given
  std::string inference;         ///< how it was inferred, one sentence; empty if given
  std::vector<std::string> notes;  ///< what leaves nothing unread but a reader should know: "3 untracked files are …"
  double fit = 0;                  ///< share of the subject's files that are identical at their path, 0 to 1
};

struct Counts {
  std::uint64_t entries = 0;  ///< regular files and links of the subject
  std::uint64_t inside = 0;   ///< files that were found inside of these: in archives, streams, images
  std::uint64_t identical = 0, normalized = 0, known = 0, regenerated = 0, derived = 0, composed = 0, inert = 0,
                unexplained = 0, contradicted = 0;
  std::uint64_t missing = 0;            ///< in VCS, not in the subject
  std::uint64_t missing_explained = 0;  ///< of those, left out by export-ignore or by the recipe that makes releases
  std::uint64_t& of(Proof proof) noexcept;
  std::uint64_t of(Proof proof) const noexcept { return const_cast<Counts*>(this)->of(proof); }
};

/// What building the release under a tracer showed of its files.
struct TracedBuild {
  std::string recipe;               ///< how it was built, one line
  std::vector<std::string> builds;  ///< "as it is", …: each under which circumstances, in order
  std::uint64_t unread = 0;         ///< unproven texts that no process of any of the builds opened
  std::string doubt;  ///< why these are not called inert all the same; empty if they are, or if there are none
};

/// A suppression that was applied, or that matched nothing.
struct WaiverUse {
  std::string rule, path, content_sha256, reason, expires;
  std::uint64_t matched = 0;  ///< findings it silenced
  std::string problem;        ///< "unused", "expired on 2026-01-01", "cannot silence a contradiction"; empty if fine
};

struct Assessment {
  std::string command;  ///< "check", "scan", …
  std::string ruleset;  ///< digest of the rule data in use, 16 hex digits
  SubjectInfo subject;
  std::optional<SubjectInfo> previous;  ///< the release before, if one was named
  std::optional<SourceRef> vcs;
  Counts counts;
  std::vector<AssessedEntry> entries;  ///< those not identical, by path
  std::vector<Finding> findings;       ///< sort_findings() order; those waived are not here
  std::vector<Finding> waived;         ///< silenced by a suppression
  std::vector<WaiverUse> waivers;
  std::optional<Link>
      trust_chain;  ///< signatures and attestations, if any were given; if one failed, what it claims is
                    ///< contradicted, which no suppression silences
  std::optional<TracedBuild> traced_build;  ///< if one was asked for and could be had
  std::vector<ContainerNode> contents;      ///< depth first; empty unless asked for
  Exhibits exhibits;                        ///< empty unless a report shows them
  Coverage coverage;
  std::vector<std::string> next_steps;  ///< commands or actions, most useful first
  Verdict verdict = Verdict::inconclusive;
};

/// The verdict that entries, findings and coverage amount to. A contradiction or a finding of severity high or above is
/// `suspect` (so is evidence that failed) even when coverage is incomplete; an incomplete run is never better than `inconclusive`; and what was
/// compared with nothing is never better than `unexplained`. What is proven file by file is no better than `explained` where the
/// build lacks a file, the release has an empty directory without a source, or the archive is a trap of severity medium, waived or not,
/// and where a finding of severity high or above was waived.
Verdict decide(const Assessment& assessment) noexcept;

/// A finding of what no file's proof speaks of, whether a reviewer accepts it or not: readers that see another archive see other
/// files than those that are proven, and a build does otherwise without a file, without the right to run one, or with a
/// directory in a target's place; nor do they say that what is proven is the release that the file name claims. With one a
/// release is `explained` at best.
bool limits_proof(const Finding& finding) noexcept;

/// 1 if a finding reaches `fail_on` or evidence failed, else 3 if coverage is incomplete, else 0.
int exit_code(const Assessment& assessment, Severity fail_on) noexcept;

}  // namespace assay
