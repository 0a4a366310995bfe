#include "provenance/reach.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.hpp"
#include "inspect/script/source.hpp"

namespace assay::provenance {

namespace {

struct NameRule {
  std::string_view name;  ///< a base name, or a suffix beginning with `.`
  Reach reach;
  std::string_view reason;
};

constexpr NameRule k_names[] = {
    {"configure", Reach::executed, "configure script"},
    {"autogen.sh", Reach::executed, "bootstrap script"},
    {"bootstrap", Reach::executed, "bootstrap script"},
    {"buildconf", Reach::executed, "bootstrap script"},
    {"makefile", Reach::executed, "makefile"},
    {"gnumakefile", Reach::executed, "makefile"},
    {"bsdmakefile", Reach::executed, "makefile"},
    {"cmakelists.txt", Reach::executed, "CMake script"},
    {"meson.build", Reach::executed, "Meson script"},
    {"meson_options.txt", Reach::executed, "Meson options"},
    {"meson.options", Reach::executed, "Meson options"},
    {"package.json", Reach::executed, "npm scripts"},
    {"setup.cfg", Reach::executed, "Python build configuration"},
    {"pyproject.toml", Reach::executed, "Python build configuration"},
    {"cargo.toml", Reach::executed, "Cargo manifest"},
    {"cargo.lock", Reach::executed, "lock of dependencies"},
    {"package-lock.json", Reach::executed, "lock of dependencies"},
    {"npm-shrinkwrap.json", Reach::executed, "lock of dependencies"},
    {"yarn.lock", Reach::executed, "lock of dependencies"},
    {"pnpm-lock.yaml", Reach::executed, "lock of dependencies"},
    {"bun.lock", Reach::executed, "lock of dependencies"},
    {"poetry.lock", Reach::executed, "lock of dependencies"},
    {"pdm.lock", Reach::executed, "lock of dependencies"},
    {"uv.lock", Reach::executed, "lock of dependencies"},
    {"pipfile", Reach::executed, "list of dependencies"},
    {"pipfile.lock", Reach::executed, "lock of dependencies"},
    {"requirements.txt", Reach::executed, "list of dependencies"},
    {"constraints.txt", Reach::executed, "list of dependencies"},
    {"go.mod", Reach::executed, "list of dependencies"},
    {"go.sum", Reach::executed, "lock of dependencies"},
    {"go.work", Reach::executed, "list of dependencies"},
    {"gemfile", Reach::executed, "list of dependencies"},
    {"gemfile.lock", Reach::executed, "lock of dependencies"},
    {"composer.json", Reach::executed, "list of dependencies"},
    {"composer.lock", Reach::executed, "lock of dependencies"},
    {"flake.nix", Reach::executed, "Nix flake"},
    {"flake.lock", Reach::executed, "lock of dependencies"},
    {"vcpkg.json", Reach::executed, "list of dependencies"},
    {"conanfile.txt", Reach::executed, "list of dependencies"},
    {"module.bazel.lock", Reach::executed, "lock of dependencies"},
    {".npmrc", Reach::executed, "configuration of a package manager"},
    {".yarnrc", Reach::executed, "configuration of a package manager"},
    {".yarnrc.yml", Reach::executed, "configuration of a package manager"},
    {"pip.conf", Reach::executed, "configuration of a package manager"},
    {".gitmodules", Reach::executed, "list of submodules"},
    {".bazelrc", Reach::executed, "Bazel options"},
    {"rust-toolchain", Reach::executed, "choice of a toolchain"},
    {"rust-toolchain.toml", Reach::executed, "choice of a toolchain"},
    {"sconstruct", Reach::executed, "SCons script"},
    {"sconscript", Reach::executed, "SCons script"},
    {"wscript", Reach::executed, "waf script"},
    {"rakefile", Reach::executed, "Ruby build script"},
    {"jamfile", Reach::executed, "Jam script"},
    {"jamroot", Reach::executed, "Jam script"},
    {"build", Reach::executed, "Bazel script"},
    {"workspace", Reach::executed, "Bazel script"},
    {"build.bazel", Reach::executed, "Bazel script"},
    {"module.bazel", Reach::executed, "Bazel script"},
    {"config.guess", Reach::executed, "build helper"},
    {"config.sub", Reach::executed, "build helper"},
    {"config.rpath", Reach::executed, "build helper"},
    {"install-sh", Reach::executed, "build helper"},
    {"depcomp", Reach::executed, "build helper"},
    {"missing", Reach::executed, "build helper"},
    {"compile", Reach::executed, "build helper"},
    {"test-driver", Reach::executed, "build helper"},
    {"ylwrap", Reach::executed, "build helper"},
    {"mkinstalldirs", Reach::executed, "build helper"},
    {"ar-lib", Reach::executed, "build helper"},
    {"mdate-sh", Reach::executed, "build helper"},
    {"py-compile", Reach::executed, "build helper"},
    {"libtool", Reach::executed, "build helper"},
    {"ltmain.sh", Reach::executed, "build helper"},
    {"linguas", Reach::shipped, "list of translations"},
    {"changelog", Reach::inert, "change log"},
    {"news", Reach::inert, "documentation"},
    {"authors", Reach::inert, "documentation"},
    {"thanks", Reach::inert, "documentation"},
    {"install", Reach::inert, "documentation"},
    {"copying", Reach::inert, "licence"},
    {"licence", Reach::inert, "licence"},
    {"license", Reach::inert, "licence"},
    {"todo", Reach::inert, "documentation"},
    {"readme", Reach::inert, "documentation"},
    {".tarball-version", Reach::executed, "version file read by the build"},
    {".version", Reach::executed, "version file read by the build"},
};

constexpr NameRule k_suffixes[] = {
    {".m4", Reach::executed, "m4 macro file"},
    {".ac", Reach::executed, "Autoconf input"},
    {".am", Reach::executed, "Automake input"},
    {".mk", Reach::executed, "makefile"},
    {".mak", Reach::executed, "makefile"},
    {".make", Reach::executed, "makefile"},
    {".cmake", Reach::executed, "CMake script"},
    {".sh", Reach::executed, "shell script"},
    {".bash", Reach::executed, "shell script"},
    {".csh", Reach::executed, "shell script"},
    {".zsh", Reach::executed, "shell script"},
    {".pl", Reach::executed, "Perl script"},
    {".pm", Reach::executed, "Perl module"},
    {".py", Reach::executed, "Python script"},
    {".rb", Reach::executed, "Ruby script"},
    {".awk", Reach::executed, "awk script"},
    {".sed", Reach::executed, "sed script"},
    {".sin", Reach::executed, "sed script"},
    {".tcl", Reach::executed, "Tcl script"},
    {".exp", Reach::executed, "Expect script"},
    {".lua", Reach::executed, "Lua script"},
    {".php", Reach::executed, "PHP script"},
    {".js", Reach::executed, "JavaScript"},
    {".mjs", Reach::executed, "JavaScript"},
    {".cjs", Reach::executed, "JavaScript"},
    {".jsx", Reach::executed, "JavaScript"},
    {".mts", Reach::executed, "TypeScript"},
    {".cts", Reach::executed, "TypeScript"},
    {".tsx", Reach::executed, "TypeScript"},
    {".vue", Reach::executed, "Vue component"},
    {".svelte", Reach::executed, "Svelte component"},
    {".ps1", Reach::executed, "PowerShell script"},
    {".bat", Reach::executed, "batch script"},
    {".cmd", Reach::executed, "batch script"},
    {".com", Reach::executed, "VMS command procedure"},
    {".gradle", Reach::executed, "Gradle script"},
    {".bzl", Reach::executed, "Bazel script"},
    {".gn", Reach::executed, "GN script"},
    {".gni", Reach::executed, "GN script"},
    {".gyp", Reach::executed, "GYP script"},
    {".pro", Reach::executed, "qmake project"},
    {".vcxproj", Reach::executed, "MSBuild project"},
    {".vcproj", Reach::executed, "Visual Studio project"},
    {".props", Reach::executed, "MSBuild properties"},
    {".targets", Reach::executed, "MSBuild targets"},
    {".spec", Reach::executed, "RPM spec"},
    {".wrap", Reach::executed, "source of a Meson subproject"},
    {".el", Reach::executed, "Emacs Lisp"},
    {".c", Reach::compiled, "C source"},
    {".h", Reach::compiled, "C header"},
    {".cc", Reach::compiled, "C++ source"},
    {".cpp", Reach::compiled, "C++ source"},
    {".cxx", Reach::compiled, "C++ source"},
    {".hh", Reach::compiled, "C++ header"},
    {".hpp", Reach::compiled, "C++ header"},
    {".hxx", Reach::compiled, "C++ header"},
    {".inc", Reach::compiled, "included source"},
    {".inl", Reach::compiled, "included source"},
    {".def", Reach::compiled, "definitions"},
    {".s", Reach::compiled, "assembly"},
    {".asm", Reach::compiled, "assembly"},
    {".y", Reach::compiled, "grammar"},
    {".yy", Reach::compiled, "grammar"},
    {".l", Reach::compiled, "scanner"},
    {".ll", Reach::compiled, "scanner"},
    {".gperf", Reach::compiled, "gperf input"},
    {".rs", Reach::compiled, "Rust source"},
    {".go", Reach::compiled, "Go source"},
    {".java", Reach::compiled, "Java source"},
    {".f", Reach::compiled, "Fortran source"},
    {".f90", Reach::compiled, "Fortran source"},
    {".mm", Reach::compiled, "Objective-C++ source"},
    {".swift", Reach::compiled, "Swift source"},
    {".vala", Reach::compiled, "Vala source"},
    {".pyx", Reach::compiled, "Cython source"},
    {".pxd", Reach::compiled, "Cython source"},
    {".proto", Reach::compiled, "interface definition"},
    {".idl", Reach::compiled, "interface definition"},
    {".x", Reach::compiled, "RPC interface definition"},
    {".rc", Reach::compiled, "resource script"},
    {".ld", Reach::compiled, "linker script"},
    {".lds", Reach::compiled, "linker script"},
    {".js.map", Reach::shipped, "source map"},
    {".mjs.map", Reach::shipped, "source map"},
    {".cjs.map", Reach::shipped, "source map"},
    {".ts.map", Reach::shipped, "source map"},
    {".mts.map", Reach::shipped, "source map"},
    {".cts.map", Reach::shipped, "source map"},
    {".css.map", Reach::shipped, "source map"},
    {".map", Reach::compiled, "linker version script"},
    {".ver", Reach::compiled, "linker version script"},
    {".sym", Reach::compiled, "symbol list"},
    {".md", Reach::inert, "documentation"},
    {".markdown", Reach::inert, "documentation"},
    {".rst", Reach::inert, "documentation"},
    {".txt", Reach::inert, "text"},
    {".asc", Reach::inert, "signature or text"},
    {".html", Reach::inert, "documentation"},
    {".htm", Reach::inert, "documentation"},
    {".pdf", Reach::inert, "documentation"},
    {".ps", Reach::inert, "documentation"},
    {".info", Reach::inert, "documentation"},
    {".texi", Reach::inert, "documentation"},
    {".css", Reach::shipped, "style sheet"},
    {".scss", Reach::shipped, "style sheet"},
    {".less", Reach::shipped, "style sheet"},
    {".po", Reach::shipped, "translation"},
    {".pot", Reach::shipped, "translation template"},
    {".gmo", Reach::shipped, "compiled translation"},
    {".mo", Reach::shipped, "compiled translation"},
};

bool is_man_page(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 >= name.size()) return false;
  const auto section = name.substr(dot + 1);
  return section[0] >= '1' && section[0] <= '9' && section.size() <= 4 &&
         std::all_of(section.begin() + 1, section.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::optional<ReachInfo> lookup(std::string_view name, std::span<const NameRule> rules, bool suffix) {
  for (const auto& rule : rules)
    if (suffix ? name.ends_with(rule.name) && name.size() > rule.name.size() : name == rule.name)
      return ReachInfo{rule.reach, std::string{rule.reason}};
  return std::nullopt;
}

/// A template becomes the file it is named after: judge `config.h.in` as `config.h`, `Makefile.in.in` as `Makefile`.
std::string_view without_template_suffix(std::string_view name) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view suffix :
         {".in", ".tmpl", ".template", ".dist", ".cmakein", ".win32", ".mingw", ".msvc"})
      if (name.ends_with(suffix) && name.size() > suffix.size()) {
        name.remove_suffix(suffix.size());
        again = true;
      }
  }
  return name;
}

/// `README.git`, `LICENSE-MIT`: not `installer`.
bool is_word_with_more(std::string_view name, std::string_view word) {
  return name.starts_with(word) &&
         (name.size() == word.size() || std::string_view{".-_"}.find(name[word.size()]) != std::string_view::npos);
}

/// Not `install.conf`, which programs may read.
bool is_written_to_be_read(std::string_view original, std::string_view name, std::string_view word) {
  const bool upper = !original.empty() && original.front() >= 'A' && original.front() <= 'Z';
  return is_word_with_more(name, word) && (upper || name.find('.') == std::string_view::npos);
}

std::string_view first_line(ByteView content) {
  const auto text = as_text(content).substr(0, 256);
  return text.substr(0, text.find('\n'));
}

ReachInfo reach_by_description(std::string_view description) {
  const auto says = [&](std::string_view word) { return description.find(word) != std::string_view::npos; };
  if (says("script")) return {Reach::executed, fmt::format("content: {}", description)};
  if (says("makefile") || says("M4 macro")) return {Reach::executed, fmt::format("content: {}", description)};
  if (says("C source") || says("C++ source") || says("assembler source"))
    return {Reach::compiled, fmt::format("content: {}", description)};
  if (says("text") || says("PDF") || says("HTML")) return {Reach::inert, fmt::format("content: {}", description)};
  return {Reach::shipped, fmt::format("content: {}", description)};
}

}  // namespace

ReachInfo reach_by_name(std::string_view path) {
  const auto name = ascii_lower(path_basename(path));
  if (path == "debian/rules" || path.ends_with("/debian/rules")) return {Reach::executed, "Debian build script"};
  // Autoconf's input under its old name would otherwise pass for a template of `configure`.
  if (name == "configure.in") return {Reach::executed, "Autoconf input"};
  const auto stem = without_template_suffix(name);
  if (stem.starts_with("makefile.") || stem.starts_with("makefile-")) return {Reach::executed, "makefile"};
  if (stem.starts_with("requirements") && stem.ends_with(".txt")) return {Reach::executed, "list of dependencies"};
  if (path_basename(path_dirname(path)) == ".cargo" && (stem == "config.toml" || stem == "config"))
    return {Reach::executed, "configuration of a package manager"};
  if (auto info = lookup(stem, k_names, false)) return *info;
  if (auto info = lookup(stem, k_suffixes, true)) return *info;
  if (is_man_page(stem)) return {Reach::inert, "man page"};
  for (const std::string_view word :
       {"readme", "copying", "license", "licence", "changelog", "changes", "news", "install"})
    if (is_written_to_be_read(path_basename(path), stem, word)) return {Reach::inert, "documentation"};
  // What is followed as a build script is run by something.
  if (const auto kind = inspect::script_kind_by_name(path); kind != inspect::ScriptKind::none)
    return {Reach::executed, fmt::format("{} script", inspect::to_string(kind))};
  return {Reach::shipped, {}};
}

bool stands_aside(std::string_view path) {
  static constexpr std::string_view k_aside[] = {
      "test",      "tests",   "testing",  "testsuite", "testcases", "regress", "t",        "testdata", "test-data",
      "test_data", "fixture", "fixtures", "corpus",    "fuzz",      "example", "examples", "sample",   "samples",
      "demo",      "demos",   "contrib",  "doc",       "docs",      "attic",   "old",      "obsolete"};
  for (auto directory = path_dirname(path); !directory.empty(); directory = path_dirname(directory)) {
    const auto name = ascii_lower(path_basename(directory));
    if (name.ends_with("-tests") || std::find(std::begin(k_aside), std::end(k_aside), name) != std::end(k_aside))
      return true;
  }
  return false;
}

bool is_document(std::string_view path) {
  constexpr std::string_view k_suffixes[] = {".txt",  ".text", ".md",   ".markdown", ".rst", ".adoc", ".org",
                                             ".html", ".htm",  ".texi", ".tex",      ".bib", ".rtf",  ".pdf"};
  constexpr std::string_view k_read_by_tools[] = {"cmakelists",  "conanfile",     "requirements",
                                                  "constraints", "meson_options", "manifest",
                                                  "sources",     "version",       "files"};
  const auto name = ascii_lower(path_basename(path));
  const auto is_read = [&](std::string_view word) { return name.find(word) != std::string::npos; };
  if (std::any_of(std::begin(k_read_by_tools), std::end(k_read_by_tools), is_read)) return false;
  if (name.find('.') == std::string::npos) return reach_by_name(path).reach == Reach::inert;
  return std::any_of(std::begin(k_suffixes), std::end(k_suffixes),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

bool is_hidden(std::string_view path) {
  return path.starts_with('.') || path.find("/.") != std::string_view::npos;
}

bool is_document_by_name(const AssessedEntry& entry) {
  return entry.reach == Reach::inert && (entry.reach_reason == "documentation" || entry.reach_reason == "licence" ||
                                         entry.reach_reason == "change log" || entry.reach_reason == "man page");
}

bool holds_prompts(std::string_view text) {
  const auto lines = split_lines(text);
  return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line.starts_with(">>> ") || (line.starts_with(".. ") && line.find("::") != std::string_view::npos);
  });
}

bool is_page_or_template(std::string_view text) {
  static constexpr std::string_view k_marks[] = {"<script", "<SCRIPT", "<?php", "<?=", "<%", "{%", "{{", "```{"};
  return std::any_of(std::begin(k_marks), std::end(k_marks),
                     [&](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

bool is_prose(std::string_view path) {
  constexpr std::string_view k_words[] = {"readme",  "copying", "copyright", "license", "licence",      "changelog",
                                          "changes", "news",    "authors",   "thanks",  "contributors", "history",
                                          "todo",    "notice",  "faq",       "hacking", "bugs",         "credits"};
  constexpr std::string_view k_extensions[] = {".txt", ".md", ".markdown", ".rst", ".adoc", ".html"};
  if (is_hidden(path) || path.starts_with("debian/") || path.find("/debian/") != std::string_view::npos) return false;
  const auto name = path_basename(path);
  const auto lower = ascii_lower(name);
  std::string_view stem = lower;
  for (const auto extension : k_extensions)
    if (stem.ends_with(extension) && stem.size() > extension.size()) {
      stem.remove_suffix(extension.size());
      break;
    }
  // `changes` and `install` may be targets of make's.
  if (stem.size() == lower.size() && (name.empty() || name.front() < 'A' || name.front() > 'Z')) return false;
  if (reach_by_name(path).reach != Reach::inert) return false;
  return stem == "install" || std::any_of(std::begin(k_words), std::end(k_words),
                                          [&](std::string_view word) { return is_word_with_more(stem, word); });
}

ReachInfo classify_reach(const TreeEntry& entry, std::string_view path, ByteView content,
                         inspect::ContentTyper& typer) {
  if (const auto format = inspect::executable_format(content); !format.empty())
    return {Reach::executed, fmt::format("{} binary", format)};
  auto by_name = reach_by_name(path);
  if (by_name.reach == Reach::executed) return by_name;
  if (first_line(content).starts_with("#!")) {
    const auto interpreter = escape_for_display(first_line(content).substr(0, 60));
    return {Reach::executed, fmt::format("shebang {}", interpreter)};
  }
  if (entry.kind == EntryKind::symlink) return {Reach::shipped, "symbolic link"};
  if (!by_name.reason.empty() && !entry.executable()) return by_name;
  if (content.empty()) return {by_name.reach, by_name.reason.empty() ? "content not looked at" : by_name.reason};
  auto described = typer.describe(content);
  if (!described) return {Reach::shipped, "unknown content"};
  auto by_content = reach_by_description(*described);
  // Text that happens to begin as another format does ("PA", "{") is text: what that would be is no reason for anything.
  if (by_content.reach == Reach::shipped && described->find("text") == std::string::npos && looks_like_text(content) &&
      described->find("data") == std::string::npos)
    by_content.reason = "content: plain text";
  // An executable text file without a shebang runs in whatever shell starts it.
  if (entry.executable() && looks_like_text(content) && by_content.reach != Reach::executed)
    by_content = {Reach::executed, fmt::format("executable text, {}", *described)};
  return by_content.reach < by_name.reach || by_name.reason.empty() ? by_content : by_name;
}

}  // namespace assay::provenance
