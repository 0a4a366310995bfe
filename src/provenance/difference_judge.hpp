// Judging what differs: each difference goes through the explainers, on two threads.
#pragma once
#include <future>

#include "provenance/judging_ahead.hpp"
#include "provenance/novelty.hpp"
#include "provenance/reference_choice.hpp"
#include "provenance/regeneration.hpp"
#include "provenance/release_claims.hpp"
#include "provenance/subject_contents.hpp"

namespace assay::provenance {

/// What judging generated files needs of the reference and the known-files data, made on a thread of its own while the
/// archive is still being read. Started by the first entry that will need it, because a clean release needs none.
class Preparation {
 public:
  Preparation(const vcs::Reference& reference, const KnownFiles& known) : m_known(known), m_build_lines(reference) {}
  void start() {
    if (m_running.valid()) return;
    m_running = std::async(std::launch::async, [this] {
      m_build_lines.lines();
      m_known.prepare_lines();
    });
  }
  BuildLines& build_lines() noexcept { return m_build_lines; }

 private:
  const KnownFiles& m_known;
  BuildLines m_build_lines;
  std::future<void> m_running;  ///< last: its destructor waits for the thread
};

/// What both threads judge by, beside the comparison itself.
struct Background {
  BuildLines& build_lines;
  const Regeneration* regeneration;  ///< null unless one was asked for and could be had
  const ReleaseClaims& release;
  const TreeManifest& subject;
  JudgingAhead* ahead = nullptr;  ///< null if nothing was done ahead
};

/// Judge every difference and enter it in `assessment`: its entry, its finding, the counts, and as a gap what was not read. Batch by
/// batch, so that judgements do not pile up beside what they become.
void assess_differences(const Compared& compared, const SubjectContents& contents, const vcs::Reference& reference,
                        const ReleaseCheck& request, const Background& background, Assessment& assessment);

}  // namespace assay::provenance
