// The rewriters behind to_shell(): one per kind of script, each a single pass.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/script/source.hpp"

namespace assay::inspect {

/// Collects shell text and remembers which line of the script each part of it comes from.
class ShellTextBuilder {
 public:
  explicit ShellTextBuilder(std::size_t expected) { m_result.text.reserve(expected); }
  /// What is put from now on comes from `line`.
  void set_line(std::uint32_t line) noexcept {
    if (line == m_line) return;
    m_line = line;
    m_pending_line = true;
  }
  void put(char c);
  void put(std::string_view text) {
    for (const char c : text) put(c);
  }
  /// Put `text`, which begins at the present line; its newlines advance it. Hard separators in it become blanks.
  void put_lines(std::string_view text) {
    for (const char c : text) {
      put(c == k_hard_separator ? ' ' : c);
      if (c == '\n') set_line(m_line + 1);
    }
  }
  void separate() { put(k_hard_separator); }
  /// Not all of it was read.
  void note_truncated() noexcept { m_result.truncated = true; }
  std::uint32_t line() const noexcept { return m_line; }
  char last() const noexcept { return m_result.text.empty() ? '\n' : m_result.text.back(); }
  std::size_t size() const noexcept { return m_result.text.size(); }
  ShellText take() { return std::move(m_result); }

 private:
  ShellText m_result;
  std::uint32_t m_line = 1;
  bool m_pending_line = true;
};

/// `text` as one word of a shell, nothing in it expanded.
inline std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text)
    if (c == '\'') result += "'\\''";
    else result += c;
  return result + "'";
}

void rewrite_plain(std::string_view content, ShellTextBuilder& out);
/// m4 (POSIX m4 with Autoconf's quotes): quotes are taken off, `dnl` comments left out, quadrigraphs resolved, macro
/// arguments separated; `$1` within a name becomes part of the name.
void rewrite_m4(std::string_view content, ShellTextBuilder& out);
/// make: assignments become shell assignments, recipe lines commands; `$(X)` becomes `${X}`, textually replaced where the
/// variable holds shell syntax, here or else in `included`.
void rewrite_make(std::string_view content, const MakeVariables& included, ShellTextBuilder& out);

/// What a make file has to do with others.
struct MakeOutline {
  MakeVariables variables;            ///< that hold shell syntax
  std::vector<std::string> includes;  ///< base names of the files it includes; `*` stands for a variable in one
};
MakeOutline outline_make(std::string_view content);

/// CMake: execute_process and custom commands become pipelines, set() and file() what they amount to.
void rewrite_cmake(std::string_view content, ShellTextBuilder& out);
/// Meson: the string lists given to run_command() and `command:`.
void rewrite_meson(std::string_view content, ShellTextBuilder& out);
/// npm: the values of "scripts".
void rewrite_npm(std::string_view content, ShellTextBuilder& out);
/// Tcl: what exec, open and eval are given, and what set gives to variables.
void rewrite_tcl(std::string_view content, ShellTextBuilder& out);
/// Programs in another language: the string literals they hand to a shell.
void rewrite_program(ScriptKind kind, std::string_view content, ShellTextBuilder& out);

}  // namespace assay::inspect
