#include "provenance/release_inspection.hpp"

#include <functional>
#include <iterator>
#include <unordered_set>

#include "inspect/inspection.hpp"
#include "inspect/script/source.hpp"
#include "inspect/script/suspicion.hpp"

namespace assay::provenance {

namespace {

/// What is byte-identical to a file of its upstream, or equal to it by a rule, was reviewed there.
bool is_of_upstream(const inspect::FileFacts& facts) { return !facts.in_vcs && facts.proof < Proof::composed; }

/// The scripts of the release that give a reason to be followed. Where one of those shares its variables with others, all.
class ScriptChoice {
 public:
  ScriptChoice(const ReleaseTree& tree, const ReleaseFacts& facts, inspect::Effort effort) : m_all(effort == inspect::Effort::high) {
    if (m_all) return;
    for (const auto& entry : tree.entries())
      if (const auto* content = tree.kept(entry.path)) consider(entry, *content, facts);
  }
  bool any() const noexcept { return m_all || !m_chosen.empty(); }
  bool operator()(const TreeEntry& entry) const { return m_all || m_chosen.contains(entry.path); }

 private:
  void consider(const TreeEntry& entry, ByteView content, const ReleaseFacts& facts) {
    const auto kind = inspect::script_kind(entry.path, content);
    if (m_all || kind == inspect::ScriptKind::none) return;
    const auto known = facts(entry.path);
    // Those among the tests are no part of a build, unless version control does not have them.
    if (is_of_upstream(known) || (known.in_vcs && inspect::is_in_test_data(entry.path))) return;
    const auto suspicion = inspect::suspicion_of(as_text(content));
    if (suspicion == inspect::Suspicion::none) return;
    m_chosen.insert(entry.path);
    m_all = suspicion == inspect::Suspicion::flow && inspect::shares_names(kind, entry.path);
  }

  bool m_all;
  std::unordered_set<std::string> m_chosen;
};

}  // namespace

void inspect_release(ReleaseTree& tree, const InspectionRequest& request, const Limits& limits, Assessment& assessment) {
  const ReleaseFacts known{assessment.entries};
  const inspect::FactsOf facts = std::cref(known);
  inspect::InspectionOptions options;
  options.blobs.effort = request.effort;
  options.blobs.limits = limits;
  options.blobs.want = [&](const TreeEntry& entry) { return tree.is_wanted(entry.path) && !is_of_upstream(known(entry.path)); };
  options.blobs.whole_tree = false;
  const ScriptChoice choice{tree, known, request.effort};
  options.read_scripts = choice.any();
  options.scripts.want = std::cref(choice);
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
