// Lines and bytes for the reports that show them.
#pragma once
#include <string>

#include "cli/settings.hpp"

namespace assay::cli {

/// A report that was asked for shows exhibits.
bool wants_exhibits(const Settings& settings) noexcept;

/// Gather them from the artifact `subject`, if a report shows them. The artifact is read once more.
Result<void> add_exhibits(Assessment& assessment, const Settings& settings, const std::string& subject);

}  // namespace assay::cli
