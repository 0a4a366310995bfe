#include "model/rebuild.hpp"

#include <algorithm>

namespace assay {

std::string_view to_string(RebuildStatus status) noexcept {
  switch (status) {
    case RebuildStatus::reproduced:
      return "reproduced";
    case RebuildStatus::nondeterministic:
      return "nondeterministic";
    case RebuildStatus::different:
      return "different";
    case RebuildStatus::no_environment:
      return "no_environment";
    case RebuildStatus::failed:
      return "failed";
  }
  return "failed";
}

int exit_code(const RebuildResult& result, Severity fail_on) noexcept {
  const bool found = std::any_of(result.findings.begin(), result.findings.end(),
                                 [&](const Finding& finding) { return finding.severity >= fail_on; });
  if (result.status == RebuildStatus::failed) return 5;
  if (result.status == RebuildStatus::no_environment) return 3;
  if (result.status == RebuildStatus::different || found) return 1;
  if (result.status == RebuildStatus::nondeterministic) return 4;
  return result.coverage.complete() ? 0 : 3;
}

}  // namespace assay
