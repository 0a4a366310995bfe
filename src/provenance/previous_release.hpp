// `assay check --previous OLD`: what changed for the worse since the release before.
#pragma once
#include <filesystem>
#include <span>

#include "base/error.hpp"
#include "model/assessment.hpp"
#include "provenance/release_check.hpp"

namespace assay::provenance {

/// Add to the assessment of `request` what became unexplained, executable or binary since `previous`, which is checked
/// against the same repository, at the revision that fits it best. Where no revision does, what it does not contain at
/// all counts as newly unexplained, and a coverage gap says so. Errors: one of the archives cannot be read.
Result<void> add_changes_since(const std::filesystem::path& previous, const ReleaseCheck& request,
                               Assessment& assessment);

/// Every rule add_changes_since() can report.
std::span<const Rule> previous_release_rules() noexcept;

}  // namespace assay::provenance
