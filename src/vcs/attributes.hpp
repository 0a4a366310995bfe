// gitattributes(5) as they stand in a tree: patterns, macros, precedence. Nothing outside the tree is consulted.
#pragma once
#include <map>
#include <optional>
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
  AttributeState get(std::string_view path, std::string_view attribute) const;
  /// True if `path` or a directory above it has export-ignore, which then covers all below it.
  bool export_ignored(std::string_view path) const;
  bool empty() const noexcept;
  const std::vector<std::string>& problems() const noexcept { return m_problems; }

 private:
  struct Assignment {
    std::string name;
    AttributeState state;
  };
  struct Line {
    std::string pattern;
    bool basename_only = false;  ///< no slash in the pattern: it matches at any depth
    std::vector<Assignment> assignments;
  };
  std::map<std::string, std::vector<Line>, std::less<>> m_files;  ///< by directory
  std::map<std::string, std::vector<Assignment>, std::less<>> m_macros;
  std::vector<std::string> m_problems;
};

}  // namespace assay::vcs
