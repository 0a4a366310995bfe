// A commit as a value, and what `$Format:…$` (gitattributes(5), export-subst) makes of it.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "digest/digest.hpp"

namespace assay::vcs {

struct Signature {
  std::string name;
  std::string email;
  std::int64_t time = 0;   ///< seconds since the epoch
  int offset_minutes = 0;  ///< of the time zone it was written in
};

struct Commit {
  GitOid id;
  GitOid tree;
  std::vector<GitOid> parents;
  Signature author;
  Signature committer;
  std::string encoding;  ///< of the message and names; empty for UTF-8
  std::string message;
};

/// Which tags git-describe(1) may name.
struct DescribeOptions {
  bool lightweight = false;          ///< --tags: those that are not annotated too
  std::vector<std::string> match;    ///< patterns; where there are any, one of them has to fit
  std::vector<std::string> exclude;  ///< patterns, none of which may fit
  auto operator<=>(const DescribeOptions&) const = default;
};

/// What a format may say beyond the commit itself.
struct FormatContext {
  Commit commit;
  Signature mapped_author;  ///< as the tree's .mailmap has it: %aN, %aE
  Signature mapped_committer;
  std::vector<std::string> tags;  ///< of this commit
  /// Those of its tags that these let git describe it by.
  std::function<std::vector<std::string>(const DescribeOptions&)> described_by;
  /// Does this commit descend from a tag that these let git describe it by?
  std::function<bool(const DescribeOptions&)> descends_from_tag;
  /// How many commits this one is behind the tag of that name; nothing if it does not descend from it.
  std::function<std::optional<std::size_t>(std::string_view)> commits_since;
  std::function<bool(const GitOid&, std::size_t)> unique;  ///< is the id's prefix of that many digits unambiguous?
  std::vector<std::string> branches{};                     ///< of the repository, remote ones as "origin/main"
};

/// Expand a git-log(1) "pretty format"; nothing if a placeholder depends on more than the commit (%d, %ar,
/// %(describe)…) or is not known. Abbreviations are the shortest unambiguous ones of at least 7 digits.
std::optional<std::string> expand_format(const FormatContext& context, std::string_view format);

/// True if some repository that holds this commit could have expanded `format` to `expanded`; see
/// Reference::format_matches(). Polynomial in both lengths, which are bounded.
bool format_matches(const FormatContext& context, std::string_view format, std::string_view expanded);

/// True if `abbreviation` is a prefix of `id` that names it: at least 4 digits and unambiguous, or at least 7.
bool abbreviates(const FormatContext& context, const GitOid& id, std::string_view abbreviation);

}  // namespace assay::vcs
