#include "inspect/script/source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "base/text.hpp"
#include "inspect/script/rewrite.hpp"

namespace assay::inspect {

namespace {

struct KindName {
  std::string_view name;  ///< a base name in lower case, or a suffix beginning with `.`
  ScriptKind kind;
};

constexpr KindName k_names[] = {
    {"configure", ScriptKind::shell},      {"autogen.sh", ScriptKind::shell},    {"bootstrap", ScriptKind::shell},
    {"buildconf", ScriptKind::shell},      {"config.guess", ScriptKind::shell},  {"config.sub", ScriptKind::shell},
    {"config.rpath", ScriptKind::shell},   {"install-sh", ScriptKind::shell},    {"depcomp", ScriptKind::shell},
    {"missing", ScriptKind::shell},        {"compile", ScriptKind::shell},       {"test-driver", ScriptKind::shell},
    {"ylwrap", ScriptKind::shell},         {"mkinstalldirs", ScriptKind::shell}, {"ar-lib", ScriptKind::shell},
    {"mdate-sh", ScriptKind::shell},       {"py-compile", ScriptKind::shell},    {"libtool", ScriptKind::shell},
    {"makefile", ScriptKind::make},        {"gnumakefile", ScriptKind::make},    {"bsdmakefile", ScriptKind::make},
    {"makefile.in", ScriptKind::make},     {"makevars", ScriptKind::make},       {"kbuild", ScriptKind::make},
    {"cmakelists.txt", ScriptKind::cmake}, {"meson.build", ScriptKind::meson},   {"package.json", ScriptKind::npm},
    {"rules", ScriptKind::make},           {"pkgbuild", ScriptKind::shell},      {"sconstruct", ScriptKind::python},
    {"sconscript", ScriptKind::python},    {"wscript", ScriptKind::python},      {".latexmkrc", ScriptKind::perl},
    {"latexmkrc", ScriptKind::perl},       {"rakefile", ScriptKind::ruby},       {"gemfile", ScriptKind::ruby},
    {"auto.def", ScriptKind::tcl},
};

constexpr KindName k_suffixes[] = {
    {".m4", ScriptKind::m4},          {".ac", ScriptKind::m4},         {".am", ScriptKind::make},
    {".mk", ScriptKind::make},        {".mak", ScriptKind::make},      {".make", ScriptKind::make},
    {".cmake", ScriptKind::cmake},    {".sh", ScriptKind::shell},      {".bash", ScriptKind::shell},
    {".ksh", ScriptKind::shell},      {".py", ScriptKind::python},     {".pl", ScriptKind::perl},
    {".pm", ScriptKind::perl},        {".js", ScriptKind::javascript}, {".cjs", ScriptKind::javascript},
    {".mjs", ScriptKind::javascript}, {".awk", ScriptKind::awk},       {".rb", ScriptKind::ruby},
    {".gemspec", ScriptKind::ruby},   {".rake", ScriptKind::ruby},     {".r", ScriptKind::r},
    {".tcl", ScriptKind::tcl},
};

ScriptKind kind_of_name(std::string_view path) {
  const auto base = ascii_lower(path_basename(path));
  if (base == "configure.in" || base == "aclocal.m4") return ScriptKind::m4;
  for (const auto& known : k_names)
    if (base == known.name) return known.kind;
  if (base == "makefile.pl") return ScriptKind::perl;
  if (base.starts_with("makefile.") || base.starts_with("makefile-")) return ScriptKind::make;
  if (path.ends_with(".R")) return ScriptKind::r;
  std::string_view name = base;
  if (name.ends_with(".in")) name.remove_suffix(3);
  for (const auto& known : k_suffixes)
    if (name.ends_with(known.name)) return known.kind;
  return ScriptKind::none;
}

ScriptKind kind_of_shebang(std::string_view head) {
  if (!head.starts_with("#!")) return ScriptKind::none;
  const auto line = head.substr(0, std::min(head.find('\n'), std::size_t{200}));
  if (line.find("python") != std::string_view::npos) return ScriptKind::python;
  if (line.find("perl") != std::string_view::npos) return ScriptKind::perl;
  if (line.find("node") != std::string_view::npos) return ScriptKind::javascript;
  if (line.find("awk") != std::string_view::npos) return ScriptKind::awk;
  if (line.find("ruby") != std::string_view::npos) return ScriptKind::ruby;
  if (line.find("Rscript") != std::string_view::npos) return ScriptKind::r;
  if (line.find("make") != std::string_view::npos) return ScriptKind::make;
  for (const std::string_view name : {"tclsh", "jimsh", "/wish", " wish"})
    if (line.find(name) != std::string_view::npos) return ScriptKind::tcl;
  // `#! @POSIX_SHELL@`: configure fills in which.
  if (line.find("sh") != std::string_view::npos || line.find("SHELL@") != std::string_view::npos)
    return ScriptKind::shell;
  return ScriptKind::none;
}

constexpr std::string_view k_test_words[] = {
    "t",    "fixture", "fixtures", "sample",  "samples",   "corpus",    "corpora",      "regress",    "regression",
    "fuzz", "fuzzing", "fuzzer",   "ossfuzz", "oss-fuzz",  "examples",  "unittest",     "unittests",  "regtest",
    "spec", "specs",   "golden",   "mocks",   "__tests__", "__mocks__", "__fixtures__", "regressions"};

}  // namespace

std::string_view to_string(ScriptKind kind) noexcept {
  switch (kind) {
    case ScriptKind::none:
      return "none";
    case ScriptKind::shell:
      return "shell";
    case ScriptKind::m4:
      return "m4";
    case ScriptKind::make:
      return "make";
    case ScriptKind::cmake:
      return "CMake";
    case ScriptKind::meson:
      return "Meson";
    case ScriptKind::npm:
      return "npm";
    case ScriptKind::python:
      return "Python";
    case ScriptKind::perl:
      return "perl";
    case ScriptKind::javascript:
      return "JavaScript";
    case ScriptKind::awk:
      return "awk";
    case ScriptKind::ruby:
      return "Ruby";
    case ScriptKind::r:
      return "R";
    case ScriptKind::tcl:
      return "Tcl";
  }
  return "none";
}

ScriptKind script_kind_by_name(std::string_view path) noexcept {
  return kind_of_name(path);
}

ScriptKind script_kind(std::string_view path, ByteView head) noexcept {
  const auto kind = kind_of_name(path);
  return kind != ScriptKind::none ? kind : kind_of_shebang(as_text(head));
}

bool is_test_directory(std::string_view name) noexcept {
  const auto word = ascii_lower(name);
  // `latest` and `attest` are none.
  return word.starts_with("test") || ends_with_any(word, {"-test", "_test", "-tests", "_tests"}) ||
         std::find(std::begin(k_test_words), std::end(k_test_words), word) != std::end(k_test_words);
}

bool is_in_test_data(std::string_view path) noexcept {
  const auto directory = path_dirname(path);
  for (std::size_t at = 0; at < directory.size();) {
    const auto end = std::min(directory.find('/', at), directory.size());
    if (is_test_directory(directory.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

bool is_test_data_file(std::string_view path) noexcept {
  if (!is_in_test_data(path) || kind_of_name(path) != ScriptKind::none) return false;
  constexpr std::array<std::string_view, 33> k_sources{
      ".c",  ".h",  ".cc",  ".cpp", ".cxx", ".hpp",  ".hh",    ".inc", ".in", ".am",  ".ac",
      ".at", ".rs", ".go",  ".s",   ".asm", ".test", ".tests", ".exp", ".t",  ".log", ".java",
      ".cs", ".rb", ".tcl", ".lua", ".php", ".ts",   ".d",     ".f90", ".y",  ".l",   ".ml"};
  const auto name = ascii_lower(path_basename(path));
  const auto dot = name.rfind('.');
  return dot != std::string::npos &&
         std::find(k_sources.begin(), k_sources.end(), std::string_view{name}.substr(dot)) == k_sources.end();
}

bool is_comment_line(std::string_view line) noexcept {
  const auto start = line.find_first_not_of(" \t");
  return start == std::string_view::npos || line[start] == '#' || line.substr(start).starts_with("dnl ");
}

std::uint32_t ShellText::line_at(std::size_t offset) const noexcept {
  auto it = std::upper_bound(lines.begin(), lines.end(), offset,
                             [](std::size_t at, const auto& entry) { return at < entry.first; });
  return it == lines.begin() ? 1 : std::prev(it)->second;
}

void ShellTextBuilder::put(char c) {
  if (m_pending_line) {
    if (m_result.lines.empty() || m_result.lines.back().second != m_line)
      m_result.lines.emplace_back(static_cast<std::uint32_t>(m_result.text.size()), m_line);
    m_pending_line = false;
  }
  m_result.text += c;
}

ShellText to_shell(ScriptKind kind, std::string_view content, const MakeVariables& included) {
  const bool truncated = content.size() > k_longest_script;
  content = content.substr(0, k_longest_script);
  ShellTextBuilder out{content.size()};
  switch (kind) {
    case ScriptKind::m4:
      rewrite_m4(content, out);
      break;
    case ScriptKind::make:
      rewrite_make(content, included, out);
      break;
    case ScriptKind::cmake:
      rewrite_cmake(content, out);
      break;
    case ScriptKind::meson:
      rewrite_meson(content, out);
      break;
    case ScriptKind::npm:
      rewrite_npm(content, out);
      break;
    case ScriptKind::python:
    case ScriptKind::perl:
    case ScriptKind::javascript:
    case ScriptKind::awk:
    case ScriptKind::ruby:
    case ScriptKind::r:
      rewrite_program(kind, content, out);
      break;
    case ScriptKind::tcl:
      rewrite_tcl(content, out);
      break;
    case ScriptKind::none:
    case ScriptKind::shell:
      rewrite_plain(content, out);
      break;
  }
  auto text = out.take();
  text.truncated = text.truncated || truncated;
  return text;
}

}  // namespace assay::inspect
