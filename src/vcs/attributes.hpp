// gitattributes(5) as they stand in a tree: patterns, macros, precedence. Nothing outside the tree is consulted.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assay::vcs {

/// State of one attribute for one path, in gitattributes(5)'s words.
struct AttributeState {
  enum class Kind { unspecified, set, unset, value } kind = Kind::unspecified;
  std::string value;
  bool is_set() const noexcept { return kind == Kind::set; }
  bool is_unset() const noexcept { return kind == Kind::unset; }
  bool is_value(std::string_view wanted) const noexcept { return kind == Kind::value && value == wanted; }
};

class Attributes {
 public:
  /// Add the content of the `.gitattributes` of directory `dir` ("" for the root). Order of calls does not matter.
  /// Lines that cannot be understood are skipped, as git does; `problems()` names them.
  void add_file(std::string_view dir, std::string_view content);
  /// The state for a file, or for a directory if `path` ends in a slash: only then can a pattern with a slash at its
  /// end match, which is how git-archive(1) asks.
  AttributeState get(std::string_view path, std::string_view attribute) const;
  /// True if `path` or a directory above it has export-ignore, which then covers all below it.
  bool export_ignored(std::string_view path) const;
  bool empty() const noexcept;
  const std::vector<std::string>& problems() const noexcept { return m_problems; }
  /// Matching has cost more than hostile patterns are allowed to; from then on every attribute is unspecified.
  bool exhausted() const noexcept;

 private:
  struct Assignment {
    std::string name;
    AttributeState state;
  };
  struct Line {
    std::string pattern;          ///< without a leading or trailing slash
    bool basename_only = false;   ///< no slash in the pattern: it matches at any depth
    bool directory_only = false;  ///< it had a slash at its end
    bool literal = false;         ///< no wildcard at all
    std::vector<Assignment> assignments;
  };
  using States = std::map<std::string, AttributeState, std::less<>>;

  bool parse_line(std::string_view line, bool at_root, std::vector<Line>& lines);
  bool parse_assignments(std::string_view text, std::vector<Assignment>& assignments);
  bool matches(const Line& line, std::string_view relative, std::string_view basename, bool is_directory) const;
  void assign(const std::vector<Assignment>& assignments, States& states, unsigned depth) const;
  void spend(std::uint64_t work) const noexcept;
  void problem(std::string_view dir, std::size_t line, std::string_view what);

  std::map<std::string, std::vector<Line>, std::less<>> m_files;  ///< by directory
  std::map<std::string, std::vector<Assignment>, std::less<>> m_macros;
  std::set<std::string, std::less<>> m_mentioned;  ///< every attribute that some line or macro assigns
  std::vector<std::string> m_problems;
  std::size_t m_lines = 0;
  std::size_t m_assignments = 0;
  mutable std::uint64_t m_work = 0;  ///< what matching has cost so far
};

}  // namespace assay::vcs
