// Version and date stamps in lines: what changes from one release, or one version of a generator, to the next without
// changing what the line says.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace assay::provenance {

enum class StampKind : unsigned char { version, date };

/// A stamp in a line: where it stands, and of what kind.
struct Stamp {
  StampKind kind = StampKind::version;
  std::size_t offset = 0;
  std::size_t size = 0;
};

/// Version numbers (digits joined by dots, with a suffix such as `-dirty` or `p1`) and dates (ISO, RFC 2822, ctime, "29
/// August 2021", "Aug 29, 2021", copyright years in comments) of `line`, in order, not overlapping.
std::vector<Stamp> find_stamps(std::string_view line);

/// `line` with every stamp replaced by one and the same mark per kind: two lines with the same skeleton differ by stamps only.
std::string stamp_skeleton(std::string_view line);

/// True for a line that is nothing but a comment in the languages of build files, sources and manual pages.
bool is_comment_line(std::string_view normalised_line);

/// A comment for certain, in whatever language: no preprocessor line, and no `* limit = …;` that only looks like the inside of one.
bool is_certain_comment(std::string_view line);

/// What begins a comment in the language of a file; `none` where that is not known.
enum class CommentStyle : unsigned char { none, slashes, hash, m4, roff };
CommentStyle comment_style(std::string_view path, std::string_view text);

/// A comment for certain in that language. `inside`: the line continues a comment that a line before it opened.
bool is_comment_in(CommentStyle style, std::string_view line, bool inside);

/// Follows line by line which of them stand inside of a comment that a line began with `/*`. One that begins in the middle of a
/// line is not followed: it may as well stand in a string.
class BlockComments {
 public:
  bool inside() const noexcept { return m_inside; }
  void pass(std::string_view line);

 private:
  bool m_inside = false;
};

/// Follows line by line which of them a shell hands to a command as they are (`<<EOF`): there a line that looks like a comment is
/// data. Where the word that ends it cannot be told, all that follows is data.
class HereDocuments {
 public:
  bool inside() const noexcept { return !m_ends.empty(); }
  void pass(std::string_view line);

 private:
  struct End {
    std::string word;   ///< empty: none is known
    bool tabs = false;  ///< may stand before it
  };
  void open(std::string_view line);
  std::vector<End> m_ends;  ///< of the documents that are open, the next one first
};

}  // namespace assay::provenance
