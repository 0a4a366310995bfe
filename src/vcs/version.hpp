// Versions as they stand in file names of releases and in names of tags, and which tag means which release.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace assay::vcs {

/// A version as a list of numbers and words in lower case: "9.2p1" and "9_2_P1" are both {9, 2, p, 1}. Leading zeros of
/// numbers are dropped, separators do not count.
using VersionTokens = std::vector<std::string>;
VersionTokens version_tokens(std::string_view text);

/// What a release's file name says: "openssh_9.2p1.orig.tar.gz" is project "openssh", version "9.2p1".
struct ReleaseName {
  std::string project;
  std::string version;    ///< without what repackaging added (+dfsg, +ds, ~repack)
  bool snapshot = false;  ///< the version names a state after it: "30+20221128", "1.2+git20230101.1a2b3c4"
  std::string commit;     ///< hexadecimal digits of a commit id in the name, if there are any
};
/// Every way to read the name, the likeliest first. Empty if no version can be seen in it.
std::vector<ReleaseName> parse_release_name(std::string_view file_name);

/// The `tags` that mean the release of that file name, best first: same version exactly, then those that differ by a
/// word like "stable" or zeros at the end. Empty for a snapshot, unless a tag names it.
std::vector<std::string> rank_tags(std::string_view file_name, const std::vector<std::string>& tags);

/// The `tags` that mean the very version in that file name, and nothing but a word for "version" or the project before it.
std::vector<std::string> tags_of_release(std::string_view file_name, const std::vector<std::string>& tags);

/// Does the tag have the version in that file name behind a word that says nothing of either, the version or the project: "broken-1.2"?
bool is_of_another_word(std::string_view file_name, const std::string& tag);

/// The `count` names nearest to `wanted`: same version first, then by shared version and spelling; none that shares neither.
std::vector<std::string> nearest_names(std::string_view wanted, const std::vector<std::string>& names,
                                       std::size_t count);

}  // namespace assay::vcs
