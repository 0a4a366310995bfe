#include "provenance/next_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "inspect/extraction_step.hpp"

namespace assay::provenance {

namespace {

class NextSteps {
 public:
  NextSteps(const ReleaseCheck& request, const Chosen& chosen, const Compared& compared, bool shallow,
            Regenerating regenerating, Assessment& assessment)
      : m_request(request),
        m_chosen(chosen),
        m_compared(compared),
        m_shallow(shallow),
        m_regenerating(regenerating),
        m_assessment(assessment) {}

  void add() {
    add_for_the_alarming();
    add_for_the_archive();
    add_for_the_reference();
    add_for_generated_files();
    if (!m_assessment.coverage.complete()) add("close the coverage gaps listed above and run again");
    if (m_assessment.next_steps.empty()) add_for_the_unproven();
  }

 private:
  void add(std::string step) { m_assessment.next_steps.push_back(std::move(step)); }

  void add_for_the_alarming() {
    if (m_assessment.counts.contradicted > 0)
      add("do not build or install this release; read the contradicted files first");
    else if (m_assessment.verdict == Verdict::suspect)
      add("do not build or install this release; read what was found first");
    if (m_assessment.verdict != Verdict::suspect) return;
    if (auto step = inspect::extraction_step(m_request.archive.string(), m_assessment.findings); !step.empty())
      add(std::move(step));
  }

  /// What is wrong with the archive itself comes before anything that is said of its files.
  void add_for_the_archive() {
    for (const auto& gap : m_assessment.coverage.gaps)
      if (gap.what == escape_for_display(m_request.archive.string()) && !gap.remedy.empty()) add(gap.remedy);
  }

  void add_for_the_reference() {
    const auto& gaps = m_assessment.coverage.gaps;
    if (agreement(m_compared.comparison) < 0.5 ||
        std::any_of(gaps.begin(), gaps.end(), [](const CoverageGap& gap) { return gap.what == k_whole_comparison; }))
      add("check that this is the right repository and revision (--vcs REPO@REV)");
    if (m_chosen.inferred && m_chosen.reference->tag().empty() && m_shallow)
      add("the clone is shallow and may lack the release's tag: `git fetch --unshallow --tags` in it, and run again");
  }

  void add_for_generated_files() {
    const auto generated = static_cast<std::uint64_t>(
        std::count_if(m_assessment.entries.begin(), m_assessment.entries.end(),
                      [](const AssessedEntry& entry) { return entry.next_step.starts_with("regenerate"); }));
    m_generated = generated;
    if (generated > 0 && m_regenerating == Regenerating::not_asked)
      add(fmt::format("add --regenerate: {} made again in a sandbox from {} and compared with the release",
                      generated == 1 ? "the 1 generated file is" : fmt::format("the {} generated files are", generated),
                      m_assessment.vcs->revision.empty() ? "the reference" : m_assessment.vcs->revision));
    if (m_regenerating == Regenerating::failed)
      add("mend what kept the generators from running (see what was not checked), and run again");
  }

  void add_for_the_unproven() {
    if (m_assessment.verdict != Verdict::unexplained) return;
    std::vector<std::string> unproven;
    for (const auto& entry : m_assessment.entries)
      if (entry.status != EntryStatus::missing && entry.proof() >= Proof::unexplained) unproven.push_back(entry.path);
    if (unproven.empty()) return;
    add(fmt::format("read {}, and ask whoever made the release how {} made{}",
                    unproven.size() == 1 ? escape_for_display(unproven.front())
                                         : fmt::format("what nothing proves (-v shows all {} files)", unproven.size()),
                    unproven.size() == 1 ? "it was" : "they were",
                    m_request.regenerator != nullptr ? ": running the project's own generators does not give it"
                    : m_generated > 0                ? ""
                                      : "; or add --regenerate, where the project's own way to make a release "
                                        "is one that can be run again"));
  }

  const ReleaseCheck& m_request;
  const Chosen& m_chosen;
  const Compared& m_compared;
  const bool m_shallow;
  const Regenerating m_regenerating;
  std::uint64_t m_generated = 0;  ///< unproven files that a generator's banner stands in
  Assessment& m_assessment;
};

}  // namespace

void add_next_steps(const ReleaseCheck& request, const Chosen& chosen, const Compared& compared, bool shallow,
                    Regenerating regenerating, Assessment& assessment) {
  NextSteps{request, chosen, compared, shallow, regenerating, assessment}.add();
}

}  // namespace assay::provenance
