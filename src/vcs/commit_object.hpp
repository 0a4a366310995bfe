// Commit and tag objects as they are stored: header lines, an empty line, the message.
#pragma once
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "vcs/commit.hpp"
#include "vcs/object_store.hpp"

namespace assay::vcs {

/// The commit whose content `object` is; nothing unless tree, parents (ten thousand at most), author and committer stand where git writes them.
/// Names and dates are cut from their lines as git does (ident.c, split_ident_line()); what is no date is the epoch.
std::optional<Commit> parse_commit(const GitOid& id, ByteView object);

struct TagTarget {
  GitOid object;
  ObjectType type = ObjectType::commit;
};

/// What a tag object leads to; nothing if its first lines are not those of a tag in a repository of that hash.
std::optional<TagTarget> parse_tag(GitHash hash, ByteView object);

}  // namespace assay::vcs
