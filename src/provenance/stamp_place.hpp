// What a token of a line may be, from what stands around it. Where something reads the file, a token is a stamp only where the line
// *defines* the release's version or date: what is compared with, or is another's version, decides what a program does.
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "provenance/comment_lines.hpp"
#include "provenance/release_claims.hpp"

namespace assay::provenance {

struct StampPlace {
  bool version = false;
  bool date = false;
  std::optional<std::size_t> part{};  ///< "…_MINOR": the second number of the version
  bool exact = false;                 ///< something reads it: what stands there now has the form of what stood there
};

/// The lines of a text around one of them; none of a text of more than a megabyte. `text`, `comments` and `release` have to outlive it.
class StampSurroundings {
 public:
  StampSurroundings(std::string_view path, std::string_view text, const CommentLines& comments,
                    const ReleaseClaims& release);

  /// May what stands behind `head`, the beginning of line `number` (from 0), define the release's version under `name`? Not in the
  /// arguments, a block or a record of something else, a string of several lines, in an expression that goes on from or to another line,
  /// and where a script fetches something and does not say whose version it is. `ended`: a semicolon follows.
  bool may_define(std::string_view head, std::size_t number, std::string_view name, bool ended) const;

 private:
  std::string_view line_before(std::size_t number) const;
  std::string_view line_behind(std::size_t number) const;
  bool is_anothers(std::string_view name) const;

  std::vector<std::string_view> m_lines;
  const CommentLines& m_comments;
  const ReleaseClaims& m_release;
  bool m_hash_is_name;  ///< JavaScript's `#deps = {`
};

/// A line as it stands in its file.
struct LineContext {
  bool strict = true;                               ///< something runs, compiles or reads the file
  bool comment = false;                             ///< certainly, in the file's language
  const StampSurroundings* surroundings = nullptr;  ///< not null where it is strict
  std::size_t number = 0;
};

/// What an identifier says that its value is: it has to consist of words for a version or date and of the project's name. Any other
/// word in it, and it is that of something else, or decides something: OPENSSL_VERSION, oldest_accepted_version, KEY_REVOKED_DATE.
StampPlace place_named(std::string_view identifier, const ReleaseClaims& release);

/// What the token between `head` and `tail` may be.
StampPlace place_of(std::string_view head, std::string_view tail, const LineContext& line,
                    const ReleaseClaims& release);

/// `#define NAME …`
bool is_definition(std::string_view line);

}  // namespace assay::provenance
