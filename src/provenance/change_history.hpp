// Change logs and lists of people that were made from the history: do its commits account for every line?
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::vcs {
class Repository;
}

namespace assay::provenance {

/// The commits behind a release, newest first, read as far as a question needs. Keeps nothing, so threads may share it.
class ChangeHistory {
 public:
  ChangeHistory() = default;
  /// `repository` may be null: then nothing is accounted for.
  ChangeHistory(std::shared_ptr<const vcs::Repository> repository, std::string commit)
      : m_repository(std::move(repository)), m_commit(std::move(commit)) {}
  /// How many commits were read until each line, list marks and indentation aside, was found to be one of a commit message, to
  /// be made of nothing but names, addresses, dates, ids and tags of those commits and the words that log formats put between
  /// them, or to stand in a message across its line ends (lines that were wrapped anew). Nothing if some line is neither.
  std::optional<std::size_t> commits_that_account_for(const std::vector<std::string_view>& lines) const;
  /// The same for a list of people: each line is a name or an address of an author or committer.
  std::optional<std::size_t> commits_that_name(const std::vector<std::string_view>& lines) const;

 private:
  std::shared_ptr<const vcs::Repository> m_repository;
  std::string m_commit;
};

}  // namespace assay::provenance
