#include "provenance/automake_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace assay::provenance {

namespace {

using Lines = std::vector<std::string>;

bool has(const Lines& lines, std::string_view line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

/// Up to 1.16.3 the programs for tags are set; since then configure looks for them.
bool level_tag_programs(Lines& made, Lines& shipped) {
  bool changed = false;
  for (const auto& [name, program] : {std::pair{"ETAGS", "etags"}, {"CTAGS", "ctags"}, {"CSCOPE", "cscope"}}) {
    const auto set = fmt::format("{} = {}", name, program);
    if (has(made, set) || std::count(shipped.begin(), shipped.end(), set) != 1) continue;
    std::erase(shipped, set);
    std::erase(made, fmt::format("{0} = @{0}@", name));
    changed = true;
  }
  return changed;
}

/// A variable that only exists to be overridden, in the place of which earlier versions have its value.
bool level_variable(Lines& made, const Lines& shipped, std::string_view definition, std::string_view use,
                    std::string_view value) {
  if (has(shipped, definition) || std::count(made.begin(), made.end(), definition) != 1) return false;
  std::erase(made, definition);
  for (auto& line : made)
    for (auto at = line.find(use); at != std::string::npos; at = line.find(use, at + value.size()))
      line.replace(at, use.size(), value);
  return true;
}

/// `install-exec` makes what is to be built first since 1.16.4.
bool level_install_exec(Lines& made, Lines& shipped) {
  constexpr std::string_view k_now = "install-exec: $(BUILT_SOURCES)", k_before = "install-exec: install-exec-am";
  const auto at = std::find(made.begin(), made.end(), k_now);
  if (at == made.end() || at + 1 == made.end() || at[1] != "\t$(MAKE) $(AM_MAKEFLAGS) install-exec-am" ||
      !has(shipped, k_before) || has(shipped, k_now))
    return false;
  *at = k_before;
  made.erase(at + 1);
  // make(1) is told of those that run it again; a list of that, over as many lines as it takes.
  const auto words_of = [](std::string& line) {
    std::string words;
    for (const char c : line)
      if (const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\\'; !blank) words += c;
      else if (!words.ends_with(' ')) words += ' ';
    line = std::move(words);
  };
  for (auto* lines : {&made, &shipped})
    for (auto& line : *lines)
      if (line.starts_with(".MAKE: ")) words_of(line);
  for (auto& line : made)
    if (const auto word = line.find(" install-exec "); line.starts_with(".MAKE: ") && word != std::string::npos)
      line.erase(word, std::string_view{" install-exec"}.size());
  return true;
}

/// `install-binPROGRAMS: install-libLTLIBRARIES`: programs wait for the libraries since 1.16.4.
bool is_order_of_installation(std::string_view line) {
  constexpr std::string_view k_install = "install-", k_programs = "PROGRAMS: install-", k_libraries = "LTLIBRARIES";
  const auto middle = line.find(k_programs);
  if (!line.starts_with(k_install) || middle == std::string_view::npos || !line.ends_with(k_libraries)) return false;
  return std::all_of(line.begin(), line.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == ' ' ||
           c == ':' || c == '_';
  });
}

bool level_order_of_installation(Lines& made, const Lines& shipped) {
  if (std::any_of(shipped.begin(), shipped.end(), is_order_of_installation)) return false;
  return std::erase_if(made, is_order_of_installation) > 0;
}

/// `@CONDITION@clean-local:`, a target that is empty under a condition; in no order of their own.
bool is_empty_target(std::string_view line) {
  const auto at = line.starts_with('@') ? line.find('@', 1) : std::string_view::npos;
  if (at == std::string_view::npos || !line.ends_with("-local:")) return false;
  return std::all_of(line.begin() + static_cast<std::ptrdiff_t>(at) + 1, line.end() - 1,
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

void sort_empty_targets(Lines& lines) {
  for (auto from = lines.begin(); from != lines.end();) {
    const auto end = std::find_if_not(from, lines.end(), is_empty_target);
    // What follows belongs to the last one, if it is a command.
    if (end == lines.end() || !end->starts_with('\t')) std::sort(from, end);
    from = end == lines.end() ? end : end + 1;
  }
}

}  // namespace

std::vector<std::string> level_automake_versions(std::vector<std::string>& made, std::vector<std::string>& shipped) {
  std::vector<std::string> changed;
  if (level_tag_programs(made, shipped)) changed.emplace_back("programs for tags");
  if (level_variable(made, shipped, "AM_DISTCHECK_DVI_TARGET = dvi", "$(AM_DISTCHECK_DVI_TARGET)", "dvi"))
    changed.emplace_back("a target of distcheck");
  if (level_variable(made, shipped, "AM_TESTSUITE_SUMMARY_HEADER = ' for $(PACKAGE_STRING)'",
                     "\"$(AM_TESTSUITE_SUMMARY_HEADER)\"", " for $(PACKAGE_STRING)"))
    changed.emplace_back("a heading of tests");
  if (level_install_exec(made, shipped)) changed.emplace_back("what install-exec waits for");
  if (level_order_of_installation(made, shipped)) changed.emplace_back("what programs wait for when installed");
  sort_empty_targets(made);
  sort_empty_targets(shipped);
  return changed;
}

}  // namespace assay::provenance
