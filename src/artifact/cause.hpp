// The causes of difference, each with its signature in a file causes/cause_<name>.cpp. A cause looks at one change and
// says whether it bears its signature; it never sees a change that a computation has shown to be a consequence. To add one:
// the file, its declaration here, a line in causes.cpp.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "model/comparison.hpp"

namespace assay::artifact {

/// What is known about the two builds from all their changes together.
struct BuildFacts {
  using Days = std::map<std::int64_t, std::uint64_t>;
  Days days_before, days_after;  ///< on which something says it was made, days since 1970, and how often
  /// The same, of fields of headers that hold a time and differ.
  Days fields_before, fields_after;
  std::int64_t newest_before = 0, newest_after = 0;  ///< of the times that containers say of their members
  /// Times of Python sources, by path, that differ: what byte code compiled of them records.
  std::map<std::string, std::pair<std::string, std::string>> sources;
  /// The last moment at which that side can have been made: its file was written then, or a member of it changed; 0 if
  /// nothing says so.
  std::int64_t last_before = 0, last_after = 0;
  std::set<std::pair<std::string, std::string>>
      tools;                              ///< versions of what the builds were made with, by their own records
  std::set<int> made_before, made_after;  ///< years of the newest date that members bear, and of the file itself
  std::set<std::pair<int, int>> years;    ///< years that stand for each other in dates
  std::map<std::pair<std::string, std::string>, std::uint64_t>
      roots;  ///< directories that stand for each other before one tail, and how often
  std::map<std::pair<std::string, std::string>, std::uint64_t>
      quiet_roots;                                         ///< the same, of paths that stand where nothing runs
  std::set<std::pair<std::string, std::string>> versions;  ///< versions of the artifacts that stand for each other
  std::set<std::string> relinked;                          ///< files whose build-ids differ
  /// Files and places in them where one side has, instead of older entries, that these were removed from the changelog.
  std::set<std::pair<std::string, std::string>> cut_changelogs;
  std::uint64_t changes = 0;
  std::string name;  ///< of the second artifact, which an empty path stands for

  /// The file of the change has build-ids that differ, or is one that a linker is still to give one.
  bool linked_anew(const Change& change) const {
    return relinked.contains(change.path) || (change.path.empty() ? name : change.path).ends_with(".o");
  }

  /// Each side was made in its one of the two years: the newest date that it bears says so, or that of the file.
  bool made_in(const std::pair<int, int>& two_years) const {
    return made_before.contains(two_years.first) && made_after.contains(two_years.second);
  }

  /// Something on that side says that it was made within two days of then.
  bool dates_before(std::int64_t epoch) const;
  bool dates_after(std::int64_t epoch) const;
  /// Other fields that hold a time differ too, none of them within two days of this one on one of the sides, and nothing else
  /// says that it was made then.
  bool contradicts(std::int64_t before, std::int64_t after) const;
  /// One of them lies behind the moment at which its side was there, beyond what time zones do: no build was made then.
  bool is_in_future(std::int64_t before, std::int64_t after) const;
};

struct Match {
  std::string key;       ///< changes of one cause and key have one root; empty: one for the cause
  std::string summary;   ///< what became what; escaped for display
  std::string evidence;  ///< why; escaped for display
  Confidence confidence = Confidence::likely;
};

/// The token of a change of owner where the file is setuid, setgid or has capabilities.
inline constexpr std::string_view k_owner_runs = "privileged";
/// The token of a change of owner or time that one member has, while its like keep theirs or get another.
inline constexpr std::string_view k_alone = "alone";
/// The token of a change of time of a member that is younger, on both sides, than all that keep theirs.
inline constexpr std::string_view k_unclamped = "unclamped";
/// The token of a change of mode that opens a file to others, or closes it, while its neighbours stay open: a secret.
inline constexpr std::string_view k_closed_alone = "closed alone";

struct Cause {
  std::string_view id;  ///< as `--ignore` takes it
  std::string_view title;
  std::string_view remedy;  ///< how a build gets rid of it
  std::optional<Match> (*judge)(const Change&, const BuildFacts&);
};

/// Every cause, the more specific first: the first that matches a change has it.
std::span<const Cause> causes() noexcept;

/// Two absolute paths without the tail that they share, cut at a slash; nothing if they are no paths, or have no tail in common
/// and `tail` is asked for.
enum class Tail : std::uint8_t { needed, any };
std::optional<std::pair<std::string, std::string>> path_roots(const Change& change, Tail tail);

/// Names of symbols and sections: no text that a build wrote about itself.
bool is_symbol_table(const Change& change);

/// A program's source or a script: a person wrote it, and what it says it means.
bool is_source(const Change& change, const BuildFacts& facts);

/// The line is one of a build's record that names a package it was made with, and the version.
bool names_build_tool(const Change& change);

/// cmake(1) writes the range of its versions into what it generates for others: none of what was built.
bool is_policy_of_cmake(const Change& change);

/// The line is a field that says whose the package is, such as "Maintainer": an address in it is no account that built it.
bool names_a_person(const Change& change);

/// Such names as people and installers give to machines and accounts.
bool looks_like_name(std::string_view text);

/// The text of a change's line before its token, in lower case: "built by".
std::string lead_of(const Change& change);

/// "a → b", escaped and cut.
std::string arrow(std::string_view before, std::string_view after);

/// Both sides are dates in any notation; epoch seconds of both.
std::optional<std::pair<std::int64_t, std::int64_t>> moments_of(const Change& change);

/// Both sides are times of day without a date.
struct TimesOfDay {
  std::int64_t before = 0, after = 0;  ///< seconds since midnight
  std::int64_t resolution = 1;         ///< seconds that the notation cannot tell apart: 60 where it has none
};
std::optional<TimesOfDay> times_of_day(const Change& change);

}  // namespace assay::artifact
