// What is known of a release besides its content: the version it claims, the day it was made, and the history behind it.
// Stamps in files have to agree with these.
#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <memory>
#include <vector>

#include "provenance/line_set.hpp"

namespace assay::provenance {

/// The lines of the commits behind a release, newest first, read as far as they are asked for: a change log follows the
/// history, so a line that the next few hundred commits do not account for is none of theirs. Safe to use from several
/// threads.
class ChangeHistory {
 public:
  ChangeHistory(std::filesystem::path repository, std::string commit);
  ~ChangeHistory();
  /// True if the line, list marks and indentation aside, is one of a commit message, or is made of nothing but names, mail
  /// addresses, dates, ids and tags of commits and the words that log formats put between them.
  bool accounts_for(std::string_view line) const;
  /// True if some author or committer, or a message's trailer, bears this name or address.
  bool knows_person(std::string_view name) const;
  /// How many commits were read so far.
  std::size_t commits() const;

 private:
  struct Reading;
  std::unique_ptr<Reading> m_reading;
};

struct ReleaseClaims {
  std::string version;             ///< as the file name has it: "7.88.1"; empty if unknown
  std::string tag;                 ///< "curl-7_88_1"; empty if the commit has none
  std::string commit;              ///< hexadecimal
  std::int64_t commit_time = 0;
  ChangeHistory history;

  /// True if `text` is the release's version: as it stands, with a suffix a tag may lack, with `_` or `-` for dots, as a
  /// hexadecimal or decimal number made of its parts (0x075801, 10203).
  bool is_version(std::string_view text) const;
  /// True if it is one number of the version, or the version without its last parts.
  bool is_version_part(std::string_view text) const;
  /// True if `text` is a date up to a month after the commit. Any style find_stamps() knows.
  bool is_fitting_date(std::string_view text) const;
};

}  // namespace assay::provenance
