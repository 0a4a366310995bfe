// Names of commits (gitrevisions(7)).
#pragma once
#include <string_view>

#include "base/error.hpp"
#include "vcs/object_store.hpp"
#include "vcs/stored_refs.hpp"

namespace assay::vcs {

/// The commit that `revision` leads to: refs by their full and short names, ids and abbreviations of them, names that
/// git-describe(1) makes, `@`, and behind any of these `^N`, `~N`, `^{commit}` and the like. The rest is asked of the store.
/// Errors: nothing of that name (not_found, without a place); a tree, a blob or an ambiguous abbreviation (usage); an object
/// on the way is absent (not_found, with its place) or damaged (format).
Result<GitOid> resolve_revision(const ObjectStore& objects, const StoredRefs& refs, GitHash hash,
                                std::string_view revision);

/// The commit that an object is or that it is a tag of.
Result<GitOid> peel_to_commit(const ObjectStore& objects, GitOid id);

}  // namespace assay::vcs
