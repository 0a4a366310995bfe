// Which lines of a file are nothing but a comment, as a lexer of its language sees it: one that looks like a comment may stand in a
// string, in a here-document or in a macro's quotation, where it is data.
#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace assay::provenance {

class CommentLines {
 public:
  /// The language is told by the file's name and first line. Where it is not known, or the lexer loses its way, no line is one.
  CommentLines(std::string_view path, std::string_view text);
  /// `index` counts from 0, as exact_lines() has them.
  bool at(std::size_t index) const noexcept { return index < m_lines.size() && m_lines[index]; }

 private:
  std::vector<bool> m_lines;
};

/// The same for one language each; empty where the lexer loses its way.
std::vector<bool> shell_comment_lines(std::string_view text);
std::vector<bool> c_comment_lines(std::string_view text, bool backquoted_strings);
std::vector<bool> python_comment_lines(std::string_view text);

/// Does a line of a makefile begin a definition of several lines: `define`, with blanks and modifiers before it as make takes them?
bool begins_definition(std::string_view line);

}  // namespace assay::provenance
