// A member that was written during the build and bears that time, in an archive whose other members were clamped to the time
// of the source: SOURCE_DATE_EPOCH was there, and did not reach this one.
#include <fmt/format.h>

#include "artifact/cause.hpp"
#include "artifact/tokens.hpp"

namespace assay::artifact {

std::optional<Match> judge_unclamped_mtime(const Change& change, const BuildFacts& facts) {
  if (change.aspect != Aspect::time || change.token != k_unclamped) return std::nullopt;
  const auto moments = moments_of(change);
  if (!moments || facts.is_in_future(moments->first, moments->second)) return std::nullopt;
  return Match{"", fmt::format("{} → {}", format_epoch(moments->first), format_epoch(moments->second)),
               "younger than all members that keep their time", Confidence::likely};
}

}  // namespace assay::artifact
