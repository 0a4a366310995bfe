// `assay compare`: two artifacts held against each other, and the differences explained.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "model/comparison.hpp"

namespace assay::artifact {

struct CompareRequest {
  std::filesystem::path before, after;
  Limits limits;
  unsigned jobs = 0;                     ///< threads; 0: as many as there are processors
  std::vector<std::string> accepted;     ///< ids of causes that are fine
  std::optional<std::string> full_view;  ///< the view of the item that is_named() so is not cut
};

/// A user means the item at `path` by `wanted`: all of it as the report writes it, or its last names.
bool is_named(std::string_view path, std::string_view wanted) noexcept;

/// Compare two files or two directories. An Error if one of them cannot be opened.
Result<Comparison> compare_artifacts(const CompareRequest& request);

/// Every cause there is: id, title, remedy. For the help and for judging what a user names.
struct CauseInfo {
  std::string_view id, title, remedy;
};
std::vector<CauseInfo> known_causes();

}  // namespace assay::artifact
