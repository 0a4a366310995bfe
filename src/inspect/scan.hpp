// `assay scan`: everything inside one artifact, with nothing to compare it with.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "inspect/blob/analysis.hpp"
#include "inspect/chain.hpp"
#include "inspect/content/content_rules.hpp"
#include "inspect/fixture_history.hpp"
#include "inspect/tree_access.hpp"
#include "model/assessment.hpp"

namespace assay::inspect {

struct ScanRequest {
  std::string subject;  ///< an archive, a package, a directory, a single file, or REPO@REV
  Effort effort = Effort::normal;
  bool keep_nodes = false;  ///< fill Assessment::contents
  Limits limits;
  ChainPolicy policy{};
  const ContentRules* content_rules = nullptr;  ///< null: none
  std::string previous{};                       ///< an earlier release, named like `subject`; empty: none
  /// Told what is being done and how far it is; `total` 0 if unknown. Called from the calling thread only.
  std::function<void(std::string_view phase, std::uint64_t done, std::uint64_t total)> progress{};
};

/// An artifact as a tree, with what opening it brought to light.
struct Subject {
  SubjectInfo info;
  std::unique_ptr<TreeAccess> tree;
  TreeNature nature = TreeNature::source;
  Revision revision;   ///< of a revision of a repository; no commit in it otherwise
  std::string prefix;  ///< directory taken off the paths of an archive; empty if none
  std::vector<Finding> findings;
  Coverage coverage;
};

/// Open what the user named. Errors: not there, unreadable, an unknown revision.
Result<Subject> open_subject(const ScanRequest& request);

/// Scan it. Waivers are not applied yet. Never `verified`: nothing was compared.
Result<Assessment> scan(const ScanRequest& request);

/// The bytes at one place inside an artifact, as `location` of a finding or a node names it (with or without the prefix
/// of the archive): a member, something in one, or a stage that only came out by following scripts or by trying what
/// they know ("tests/bad.xz!stage 1"). Errors: not_found, with the nearest places there are as the remedy; limit.
Result<Bytes> extract(const ScanRequest& request, const ContainerPath& location);

}  // namespace assay::inspect
