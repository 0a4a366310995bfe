// Which files are build scripts, and what they come to as shell text. m4, make, CMake, Meson and package manifests all
// end in commands that a shell (or something like it) runs; each is rewritten into shell text whose lines know where
// they come from, so that one parser and one interpreter do for all.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace assay::inspect {

enum class ScriptKind : std::uint8_t {
  none,
  shell,
  m4,
  make,
  cmake,
  meson,
  npm,
  python,
  perl,
  javascript,
  awk,
  ruby,
  r,
  tcl
};

std::string_view to_string(ScriptKind kind) noexcept;

/// What kind of build script a file is, by its name and, where that says nothing, by the interpreter its first line names.
ScriptKind script_kind(std::string_view path, ByteView head) noexcept;

/// True if the name alone is enough: the file need not be read to know its kind.
ScriptKind script_kind_by_name(std::string_view path) noexcept;

/// Is that the name of a directory of tests, fixtures, samples or corpora? The one notion of it here: a place
/// where binaries are expected is this and more; what stands beside a build in a proof is narrower (provenance/reach.hpp).
bool is_test_directory(std::string_view name) noexcept;

/// True for a path that stands below such a directory.
bool is_in_test_data(std::string_view path) noexcept;

/// True for a file among the tests that is data by its name: no source, no script, no list of a build.
bool is_test_data_file(std::string_view path) noexcept;

/// Does the line of a script say nothing: is it blank, or a comment of a shell, of make or of m4?
bool is_comment_line(std::string_view line) noexcept;

/// Ends every quotation and every command wherever it stands: put between pieces that have nothing to do with each
/// other (macro arguments, recipe lines), so that an apostrophe in one does not swallow the next.
inline constexpr char k_hard_separator = '\x1e';

/// Shell text with a way back to the lines it was made from.
struct ShellText {
  std::string text;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> lines;  ///< (offset in `text`, line from there on), ascending
  bool truncated = false;                                      ///< `content` was longer than such scripts are read
  std::uint32_t line_at(std::size_t offset) const noexcept;
};

/// Longer scripts are read up to here.
inline constexpr std::size_t k_longest_script = 16U << 20;

/// Variables of make, by name.
using MakeVariables = std::map<std::string, std::string, std::less<>>;

/// `content` of a script of `kind` as shell text. Takes linear time. Programs (Python, perl, JavaScript, awk, Ruby, R) give only the
/// string literals they hand to a shell. `included` is what make files get from others.
ShellText to_shell(ScriptKind kind, std::string_view content, const MakeVariables& included = {});

}  // namespace assay::inspect
