// Suppressions: a reviewer's word that a finding about one content is fine, with a reason and perhaps an end. What they
// silence stays in the Assessment, and a suppression that does nothing is itself reported.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "model/assessment.hpp"

namespace assay {

struct Waiver {
  std::string rule;                                    ///< exact rule id
  std::string path;                                    ///< glob over the finding's path, as glob_match_any() reads it
  std::string content_sha256;                          ///< hex; empty matches only findings without one, below high
  std::string reason;                                  ///< why it is fine; never empty
  std::optional<std::chrono::year_month_day> expires;  ///< the last day on which it holds
  Location declared;                                   ///< where it was written down
};

/// Move the findings that `waivers` silence to `waived`, record each waiver's use in `waivers`, and add a finding for
/// every waiver that is unused, stale (its path and rule match, but not the content), expired, or refused. Nothing is
/// silenced that is about a `contradicted` entry or for which `is_contradiction` holds. A finding that is about no entry
/// (a chain, an archive's trap) is bound to the subject's digest. The verdict is not touched: decide() comes afterwards.
void apply_waivers(Assessment& assessment, std::span<const Waiver> waivers, std::chrono::year_month_day today,
                   const std::function<bool(const Finding&)>& is_contradiction = {});

/// True if the waiver that `use` records is about `finding`: same rule, path and content.
bool covers(const WaiverUse& use, const Finding& finding);

/// Every rule apply_waivers() can report.
std::span<const Rule> waiver_rules() noexcept;

}  // namespace assay
