#include "inspect/previous.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/content_type.hpp"

namespace assay::inspect {

namespace {

const Rule k_newly_executable{"inspect-newly-executable",
                              Severity::low,
                              "file that can be executed, and could not in the previous release",
                              "The file is new or has changed since the release named with --previous, and it is "
                              "executable now: by its mode, because it "
                              "is of an executable format, or because it begins with the name of an interpreter. "
                              "Information where version control has it.",
                              "see what it is for, and who runs it",
                              ""};
const Rule k_newly_binary{"inspect-newly-binary",
                          Severity::low,
                          "binary file that the previous release had not, or had as text",
                          "Binary files cannot be reviewed by reading; between two releases few appear. Information "
                          "where version control has it, "
                          "medium where a comparison left it unexplained.",
                          "see who added it, and what reads it",
                          "CVE-2024-3094"};
const Rule k_rules[] = {k_newly_executable, k_newly_binary};

constexpr std::uint64_t k_largest_read = 64ULL << 20;
constexpr std::size_t k_findings_of_each = 500;

struct Nature {
  bool executable = false;
  bool binary = false;
  bool may_be_run = false;  ///< by its mode
};

Nature nature_of(const TreeEntry& entry, ByteView content) {
  const auto family = kind_of(content).family;
  const bool program = family == Family::executable || as_text(content).starts_with("#!");
  return {entry.executable() || program, family != Family::text && family != Family::empty, entry.executable()};
}

using Entries = std::unordered_map<std::string_view, const TreeEntry*>;

Entries files_of(const TreeAccess& tree) {
  Entries entries;
  for (const auto& entry : tree.entries())
    if (entry.kind == EntryKind::regular) entries.emplace(entry.path, &entry);
  return entries;
}

bool is_same(const TreeEntry& a, const TreeEntry& b) {
  return a.executable() == b.executable() && a.sha256_known && b.sha256_known && a.digests.sha256 == b.digests.sha256;
}

Severity severity_of(const FileFacts& facts) {
  if (!facts.compared) return Severity::low;
  if (facts.proof >= Proof::unexplained) return Severity::medium;
  return Severity::info;
}

Finding make(const Rule& rule, const TreeEntry& entry, const FileFacts& facts, bool is_new, std::string_view what,
             std::string_view name) {
  auto finding = make_finding(rule, {entry.path, 0},
                              fmt::format("{} is {}; {} {}", escape_for_display(entry.path), what,
                                          is_new ? "it is not in" : "it was not so in", escape_for_display(name)));
  finding.severity = severity_of(facts);
  if (entry.sha256_known) finding.content_sha256 = entry.digests.sha256.hex();
  return finding;
}

}  // namespace

Result<std::vector<Finding>> changes_since(TreeAccess& before, TreeAccess& now, const FactsOf& facts,
                                           std::string_view name, Coverage& coverage) {
  const auto old_files = files_of(before);
  const auto changed = [&](const TreeEntry& entry) {
    if (entry.kind != EntryKind::regular) return false;
    const auto old = old_files.find(entry.path);
    return old == old_files.end() || !is_same(*old->second, entry);
  };
  std::unordered_map<std::string, Nature> natures;
  const auto new_files = files_of(now);
  ASSAY_TRY_VOID(before.visit(
      [&](const TreeEntry& entry) {
        const auto found = new_files.find(entry.path);
        return found != new_files.end() && changed(*found->second);
      },
      k_largest_read,
      [&](const TreeEntry& entry, ByteView content) { natures[entry.path] = nature_of(entry, content); }, coverage));
  std::vector<Finding> findings;
  std::size_t executables = 0, binaries = 0;
  ASSAY_TRY_VOID(now.visit(
      changed, k_largest_read,
      [&](const TreeEntry& entry, ByteView content) {
        const auto nature = nature_of(entry, content);
        const auto old = natures.find(entry.path);
        const auto was = old != natures.end() ? old->second : Nature{};
        const bool is_new = !old_files.contains(entry.path);
        const auto known = facts ? facts(entry.path) : FileFacts{};
        // A script that gets the right to run is run by other means than one that was handed to an interpreter.
        const bool executable = (nature.executable && !was.executable) || (nature.may_be_run && !was.may_be_run);
        const bool binary = nature.binary && !was.binary;
        if (executable && ++executables <= k_findings_of_each)
          findings.push_back(
              make(k_newly_executable, entry, known, is_new, binary ? "executable and binary" : "executable", name));
        else if (binary && ++binaries <= k_findings_of_each)
          findings.push_back(make(k_newly_binary, entry, known, is_new, "binary", name));
      },
      coverage));
  for (const auto& [count, what] : {std::pair{executables, "executable"}, std::pair{binaries, "binary"}})
    if (count > k_findings_of_each)
      coverage.add(fmt::format("files that became {}", what),
                   fmt::format("only {} of {} are listed", k_findings_of_each, count));
  sort_findings(findings);
  return findings;
}

std::span<const Rule> previous_rules() noexcept {
  return k_rules;
}

}  // namespace assay::inspect
