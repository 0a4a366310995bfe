#include "cli/exhibits.hpp"

#include <algorithm>

#include "inspect/exhibits.hpp"

namespace assay::cli {

bool wants_exhibits(const Settings& settings) noexcept {
  return std::any_of(settings.destinations.begin(), settings.destinations.end(),
                     [](const Destination& destination) { return destination.renderer->shows_exhibits; });
}

Result<void> add_exhibits(Assessment& assessment, const Settings& settings, const std::string& subject) {
  if (!wants_exhibits(settings)) return {};
  inspect::ScanRequest request;
  request.subject = subject;
  request.limits = settings.limits;
  return inspect::gather_exhibits(request, assessment);
}

}  // namespace assay::cli
