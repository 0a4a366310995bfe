#include "provenance/previous_release.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <unordered_set>

#include "base/text.hpp"
#include "inspect/previous.hpp"
#include "inspect/tree_archive.hpp"
#include "provenance/release_tree.hpp"

namespace assay::provenance {

namespace {

const Rule k_newly_unexplained{"provenance-newly-unexplained",
                               Severity::medium,
                               "unexplained file that the previous release had not, or had explained",
                               "The release named with --previous was checked against the same repository. What is "
                               "unexplained in both is how this project "
                               "makes its releases; what is unexplained in the new one alone is news. Low where it is "
                               "neither executed nor compiled.",
                               "read it first: it is what changed in how the release was made",
                               "CVE-2024-3094 (m4/build-to-host.m4)"};
const Rule k_rules[] = {k_newly_unexplained};

bool is_unexplained(const AssessedEntry& entry) {
  return entry.status != EntryStatus::missing && entry.proof() >= Proof::unexplained;
}

/// Paths of the previous release that were unexplained there; nothing if it cannot be compared with the repository.
Result<std::unordered_set<std::string>> unexplained_in(const std::filesystem::path& previous,
                                                       const ReleaseCheck& request) {
  ReleaseCheck check{previous, {request.reference.path, {}}, request.known, request.limits, request.progress};
  ASSAY_TRY(const auto assessed, check_release(check));
  std::unordered_set<std::string> paths;
  for (const auto& entry : assessed.entries)
    if (is_unexplained(entry)) paths.insert(entry.path);
  return paths;
}

Finding make(const AssessedEntry& entry, std::string_view what, const std::string& name) {
  auto finding = make_finding(
      k_newly_unexplained, {entry.path, 0},
      fmt::format("{} is unexplained, and {} {}", escape_for_display(entry.path), what, escape_for_display(name)));
  if (entry.reach > Reach::compiled) finding.severity = Severity::low;
  if (entry.sha256) finding.content_sha256 = entry.sha256->hex();
  return finding;
}

/// A file has one finding: what else is new of one that became unexplained is part of that.
void add_change(std::vector<Finding>& findings, std::size_t first, Finding change) {
  const auto same =
      std::find_if(findings.begin() + static_cast<std::ptrdiff_t>(first), findings.end(), [&](const Finding& finding) {
        return finding.rule == k_newly_unexplained.id && finding.location.path == change.location.path;
      });
  if (same == findings.end()) return findings.push_back(std::move(change));
  same->severity = std::max(same->severity, change.severity);
  same->members.push_back(std::move(change));
}

}  // namespace

Result<void> add_changes_since(const std::filesystem::path& previous, const ReleaseCheck& request,
                               Assessment& assessment) {
  const auto name = previous.filename().string();
  ASSAY_TRY(auto before, inspect::ArchiveTree::open(previous, request.limits));
  ASSAY_TRY(auto now, inspect::ArchiveTree::open(request.archive, request.limits));
  std::unordered_set<std::string_view> old_paths;
  for (const auto& entry : before.entries()) old_paths.insert(entry.path);

  const auto unexplained = unexplained_in(previous, request);
  if (!unexplained)
    assessment.coverage.add(escape_for_display(name),
                            "could not be compared with the repository: " + unexplained.error().message,
                            unexplained.error().remedy);
  const auto& contents = before.contents();
  assessment.previous = SubjectInfo{name, contents.format, contents.sha256.hex(), contents.size};
  const auto first = assessment.findings.size();
  for (const auto& entry : assessment.entries) {
    if (!is_unexplained(entry)) continue;
    if (!old_paths.contains(entry.path)) assessment.findings.push_back(make(entry, "it is not in", name));
    else if (unexplained && !unexplained->contains(entry.path))
      assessment.findings.push_back(make(entry, "it was not in", name));
  }
  const ReleaseFacts known{assessment.entries};
  ASSAY_TRY(auto changes, inspect::changes_since(before, now, std::cref(known), name, assessment.coverage));
  for (auto& change : changes) add_change(assessment.findings, first, std::move(change));
  sort_findings(assessment.findings);
  assessment.verdict = decide(assessment);
  return {};
}

std::span<const Rule> previous_release_rules() noexcept {
  return k_rules;
}

}  // namespace assay::provenance
