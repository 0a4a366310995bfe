// Go module zips, as go.dev/ref/mod#zip-files describes them: every name begins with `MODULE@VERSION/`, and go.sum holds the digest
// of the whole as golang.org/x/mod/sumdb/dirhash makes it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/entry.hpp"
#include "model/finding.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

struct GoModule {
  std::string path;     ///< "github.com/spf13/pflag"
  std::string version;  ///< "v1.0.5"
};

/// The module that all of `entries` are of; nothing if they are no such zip's.
std::optional<GoModule> go_module_of(const std::vector<TreeEntry>& entries);

/// "h1:…" of these files (Hash1). Nothing if the SHA-256 of one is not known, or its name holds a line feed, which Hash1 refuses.
std::optional<std::string> go_module_hash(const std::vector<TreeEntry>& entries);

/// What is to be said of a release that is a Go module zip: its hash, for the go.sum of whoever uses it; and whether the zip calls
/// itself another module than go.mod does, or of another version than the revision is. Nothing for other archives.
/// `repository` may be null.
std::vector<Finding> judge_go_module(const std::vector<TreeEntry>& entries, const vcs::Reference& reference,
                                     const vcs::Repository* repository, std::string_view reference_subdir);

}  // namespace assay::provenance
