// What is known of a release besides its content: the version it claims, the day it was made, and the history behind it.
// Stamps in files have to agree with these.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "provenance/change_history.hpp"
#include "vcs/version.hpp"

namespace assay::provenance {

using ProjectVersions = std::map<vcs::VersionTokens, std::vector<std::string>>;

struct ReleaseClaims {
  std::string version;  ///< as the file name has it: "7.88.1"; empty if unknown
  std::string tag;      ///< "curl-7_88_1"; empty if the commit has none
  std::string commit;   ///< hexadecimal
  std::int64_t commit_time = 0;
  ChangeHistory history;
  /// Of the release and of the tags before it, with the tags that have it.
  ProjectVersions project_versions{};
  std::string project{};  ///< as the file name has it: "curl"; empty if unknown

  /// True if `text` is the release's version: as it stands, with a suffix a tag may lack, with `_` or `-` for dots, as a
  /// hexadecimal or decimal number made of its parts (0x075801, 10203).
  bool is_version(std::string_view text) const;
  /// True if it is number `index` (0: major) of the version.
  bool is_version_part(std::string_view text, std::size_t index) const;
  /// True if `text` is this version or an earlier one of the project, as its tags know them, "-dev" and the like aside.
  bool is_project_version(std::string_view text) const;
  /// The tags that have it.
  std::vector<std::string> tags_of_version(std::string_view text) const;
  /// True if `text` is the release's version with nothing but dots between its numbers, as Python writes it.
  bool is_dotted_version(std::string_view text) const;
  /// True if `text` is the release's version as SemVer has it: dots alone between its numbers, and a pre-release behind them, if it is one,
  /// letter for letter as the file name or the tag has it.
  bool is_semantic_version(std::string_view text) const;
  /// True if `text` is the release's version in the very digits and letters, `v` aside: with dots, or as the file name or the tag has it.
  bool is_version_as_written(std::string_view text) const;
  /// True if `text` is the version as written and in the form of `earlier`, an earlier version: a hexadecimal number for one, the same
  /// separators. Where that has no number, it is a word for a version, and any form will do.
  bool is_version_in_form_of(std::string_view earlier, std::string_view text) const;
  /// True if it is number `index` of one of those.
  bool is_project_version_part(std::string_view text, std::size_t index) const;
  /// True if `text` is a date up to a month after the commit. Any style find_stamps() knows.
  bool is_fitting_date(std::string_view text) const;
  /// True if `text` is a date in the form of `earlier`, not before it, and up to a month after the commit. Where `earlier` is no date,
  /// it is a word for one: then any form, up to a month before the commit or after it.
  bool is_date_in_form_of(std::string_view earlier, std::string_view text) const;
};

/// The version of a release. A tag knows it; a file name is given by whoever hands out the archive, so one that disagrees with the
/// tag leaves none.
std::string agreed_version(std::string_view file_name, std::string_view tag);

/// The project of a release, as its file name has it; empty if none can be seen in it.
std::string project_in_name(std::string_view file_name);

/// The version that the release claims, and those that tags of the repository have up to it; `repository` may be null.
ProjectVersions versions_up_to(std::string_view version, const vcs::Repository* repository);

}  // namespace assay::provenance
