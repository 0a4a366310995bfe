// Which part of a repository a tarball corresponds to: the leading directory to strip from the tarball's paths and the
// sub-directory of the repository they then stand in (expat's tarball is its repository's `expat/`).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/entry.hpp"

namespace assay::compare {

struct PathMapping {
  std::string subject_prefix;    ///< no slash at its end; "" if the tarball has no top directory
  std::string reference_subdir;  ///< no slash at its end; "" for the repository's root
  std::uint64_t votes = 0;       ///< files that agree with this mapping by path and content
  std::uint64_t electorate = 0;  ///< files whose content stands in the reference at all

  /// The path in the reference that `subject_path` corresponds to; nothing if it lies outside the prefix.
  std::optional<std::string> to_reference(std::string_view subject_path) const;
  /// The subject-relative path (prefix stripped) of a reference path; nothing if it lies outside the sub-directory.
  std::optional<std::string> from_reference(std::string_view reference_path) const;
  /// How `subject_path` is called: without the prefix, and with "../" before what lies outside it.
  std::string name_of(std::string_view subject_path) const;
  /// The path in the subject of what is called `name`: name_of() undone.
  std::string to_subject(std::string_view name) const;
};

/// The mapping under which most files agree by path and content. Where no content agrees, the one under which most
/// paths agree; where none do, the tarball's only top directory is stripped.
PathMapping infer_mapping(const std::vector<TreeEntry>& subject, const TreeManifest& reference);

}  // namespace assay::compare
