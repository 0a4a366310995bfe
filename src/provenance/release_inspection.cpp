#include "provenance/release_inspection.hpp"

#include <algorithm>
#include <iterator>

#include "inspect/inspection.hpp"
#include "inspect/script/source.hpp"
#include "inspect/script/suspicion.hpp"

namespace assay::provenance {

namespace {

/// What is byte-identical to a file of its upstream was reviewed there.
bool is_of_upstream(const inspect::FileFacts& facts) { return !facts.in_vcs && facts.proof < Proof::composed; }

/// Does any script of the release give a reason to follow them all? Those among the tests are no part of a build, unless
/// version control does not have them.
bool may_move_bytes(const ReleaseTree& tree, const ReleaseFacts& facts) {
  return std::any_of(tree.entries().begin(), tree.entries().end(), [&](const TreeEntry& entry) {
    const auto* content = tree.kept(entry.path);
    if (content == nullptr || inspect::script_kind(entry.path, *content) == inspect::ScriptKind::none) return false;
    const auto known = facts(entry.path);
    if (is_of_upstream(known) || (known.in_vcs && inspect::is_in_test_data(entry.path))) return false;
    return inspect::may_move_bytes(as_text(*content));
  });
}

}  // namespace

void inspect_release(ReleaseTree& tree, const InspectionRequest& request, const Limits& limits, Assessment& assessment) {
  const ReleaseFacts known{assessment.entries};
  const inspect::FactsOf facts = std::cref(known);
  inspect::InspectionOptions options;
  options.blobs.effort = request.effort;
  options.blobs.limits = limits;
  options.blobs.want = [&](const TreeEntry& entry) { return tree.is_wanted(entry.path) && !is_of_upstream(known(entry.path)); };
  options.read_scripts = request.effort == inspect::Effort::high || may_move_bytes(tree, known);
  auto inspection = inspect::inspect_tree(tree, facts, options);
  if (!inspection) {
    assessment.coverage.add("inspection", "what is in the files was not looked at: " + inspection.error().message, inspection.error().remedy);
    return;
  }
  auto& findings = assessment.findings;
  findings.insert(findings.end(), std::make_move_iterator(inspection->findings.begin()), std::make_move_iterator(inspection->findings.end()));
  auto& gaps = assessment.coverage.gaps;
  gaps.insert(gaps.end(), std::make_move_iterator(inspection->coverage.gaps.begin()), std::make_move_iterator(inspection->coverage.gaps.end()));
  inspect::correlate(findings, inspection->scripts, inspection->blobs, facts, request.policy);
}

}  // namespace assay::provenance
