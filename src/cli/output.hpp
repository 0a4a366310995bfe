// Where reports go: standard output, and files that are written whole or not at all.
#pragma once
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/common_options.hpp"
#include "model/assessment.hpp"

namespace assay::cli {

/// One report to be written.
struct Destination {
  const report::Renderer* renderer = nullptr;
  std::string file;  ///< empty: standard output
};

/// Pair the n-th --format with the n-th -o, "-" being standard output. Formats alone go there (one at most); an -o without a
/// format takes the one its suffix names, text on standard output. Errors: there are as many of both, or of one only; a
/// suffix names another format; two reports for one place. Done before any work, so that a mistake costs no time.
Result<std::vector<Destination>> plan_output(const CommonOptions& options);

/// Refuse to write to one of `inputs`, or twice to one place. Both are files as the user named them; empty ones do not count.
Result<void> keep_inputs(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs);

/// Render and write them all.
Result<void> write_reports(const Assessment& assessment, const std::vector<Destination>& destinations,
                           const report::RenderOptions& options, std::ostream& out);

/// Of a command with formats of its own, text among them: the one `asked` for, else the one that the suffix of `file` names.
/// Errors: the suffix names none of `offered`, or another than `asked`.
Result<std::string> choose_format(const std::string& asked, const std::string& file,
                                  std::initializer_list<std::string_view> offered);

/// Write to `file`, whole or not at all; to `out` if that is empty or "-".
Result<void> write_text(std::string_view text, const std::string& file, std::ostream& out);

/// True if `file`, as -o names it, is a file and not standard output.
bool is_file(std::string_view file) noexcept;

/// True if every report goes to a file: then nobody sees the answer unless it is said elsewhere too.
bool only_files(const std::vector<Destination>& destinations);

/// Characters in a line of the terminal that standard output is, within reason; 100 if it is none.
std::size_t decide_columns();

/// Colour is for a terminal that wants it (NO_COLOR unset, TERM not "dumb"), or when asked for.
report::Color decide_color(std::string_view when);

}  // namespace assay::cli
