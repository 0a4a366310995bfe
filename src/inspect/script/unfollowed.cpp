#include "inspect/script/unfollowed.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "inspect/script/rules.hpp"
#include "inspect/script/source_tree.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_longest_text = 1U << 20;
constexpr std::size_t k_longest_path = 512;
constexpr std::size_t k_most_named = 64;    ///< places in one file
constexpr std::size_t k_most_findings = 8;  ///< of one file

/// How a language says that it runs a file.
enum class Saying : std::uint8_t {
  words,    ///< a word that runs something stands right in front of the name
  program,  ///< it is a program that runs something, and names the file
  markup,   ///< an element that runs something stands around the name
  marked,   ///< only lines with a certain mark are taken by the build
};

struct Language {
  std::string_view name;  ///< in lower case; with a dot in front, a suffix
  std::string_view language;
  Saying saying = Saying::words;
};

constexpr Language k_languages[] = {
    {"build.rs", "Rust", Saying::program},
    {".rs", "Rust", Saying::marked},
    {"cargo.toml", "Cargo manifest"},
    {".go", "Go", Saying::marked},
    {".tex", "TeX", Saying::marked},
    {".sty", "TeX", Saying::marked},
    {".dtx", "TeX", Saying::marked},
    {".gradle", "Gradle", Saying::program},
    {".gradle.kts", "Gradle", Saying::program},
    {"pom.xml", "Maven", Saying::markup},
    {"build.xml", "Ant", Saying::markup},
    {".csproj", "MSBuild", Saying::markup},
    {".fsproj", "MSBuild", Saying::markup},
    {".vcxproj", "MSBuild", Saying::markup},
    {".props", "MSBuild", Saying::markup},
    {".targets", "MSBuild", Saying::markup},
    {"dune", "dune"},
    {"setup.hs", "Haskell", Saying::program},
    {"setup.lhs", "Haskell", Saying::program},
    {".nix", "Nix"},
    {"dockerfile", "Dockerfile"},
    {"containerfile", "Dockerfile"},
    {".spec", "RPM spec"},
    {".pro", "qmake"},
    {".pri", "qmake"},
    {"build", "Bazel", Saying::program},
    {"build.bazel", "Bazel", Saying::program},
    {"workspace", "Bazel", Saying::program},
    {".bzl", "Bazel", Saying::program},
    {"package.swift", "Swift", Saying::program},
    {"build.jl", "Julia", Saying::program},
    {"justfile", "just"},
    {".justfile", "just"},
    {"taskfile.yml", "Task"},
    {"taskfile.yaml", "Task"},
    {"mix.exs", "Elixir", Saying::program},
    {"rebar.config", "rebar"},
    {"rebar.config.script", "rebar", Saying::program},
    {"build.sbt", "sbt", Saying::program},
    {"build.sc", "Mill", Saying::program},
    {"build.zig", "Zig", Saying::program},
    {"composer.json", "Composer"},
    {".rockspec", "LuaRocks"},
    {"premake4.lua", "Premake", Saying::program},
    {"premake5.lua", "Premake", Saying::program},
    {"xmake.lua", "xmake", Saying::program},
    {".ninja", "ninja", Saying::program},
    {".gyp", "GYP"},
    {".gypi", "GYP"},
    {".gn", "GN", Saying::program},
    {".gni", "GN", Saying::program},
    {"pyproject.toml", "Python build configuration"},
    {"setup.cfg", "Python build configuration"},
    {"jamfile", "Jam"},
    {"jamroot", "Jam"},
    {"tupfile", "Tup"},
    {"project.clj", "Leiningen", Saying::program},
    {".cabal", "Cabal"},
    {".podspec", "CocoaPods", Saying::program},
    {".tcl", "Tcl"},
    {"auto.def", "Tcl", Saying::program},
    {".lua", "Lua"},
    {".php", "PHP"},
    {".el", "Emacs Lisp"},
};

const Language* find_language(std::string_view path) {
  const auto name = ascii_lower(path_basename(path));
  const auto* it = std::find_if(std::begin(k_languages), std::end(k_languages), [&](const Language& known) {
    return known.name == name ||
           (known.name[0] == '.' && name.size() > known.name.size() && name.ends_with(known.name));
  });
  if (it != std::end(k_languages)) return it;
  // Dockerfile.arm64
  return name.starts_with("dockerfile.") ? find_language("dockerfile") : nullptr;
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

/// Ends in a word that runs, or takes in, what is named behind it.
bool leads_to_running(std::string_view before) {
  static const RE2 k_leads{
      R"((?i)(?:^|[^\w\-])(?:(?:ba|da|z|k|c|tc)?sh|python[\d.]*|perl|ruby|node|php|lua(?:jit)?|tclsh|julia|rscript|guile|racket|emacs[^\n]{0,20} -l|awk -f|make -f|source|include!?|include_(?:bytes|str)!|load|dofile|loadfile|eval\w*|exec\w*|run\w*|system|import|require|apply from|builder|args|build|path|-include|<|\.)(?:[\s"'(\[:=,{<>@]|\./|\$\((?:location|execpath|srcdir)\)?|\$\{?\w+\}?/| -[\w=\-]+ )*$)"};
  constexpr std::size_t k_before = 80;
  const auto line = before.substr(before.rfind('\n') + 1);
  return RE2::PartialMatch(piece(line.substr(line.size() - std::min(line.size(), k_before))), k_leads);
}

/// Does a program in one of those languages run something at all, or read a text to do so?
bool runs_something(std::string_view text) {
  static const RE2 k_runs{
      R"(\bCommand::new|\binclude(?:_bytes|_str)?!|\bcallCommand\b|\bcallProcess\b|\breadProcess|\bcreateProcess\b|\bsystem\b|\bProcess\b|\bProcessBuilder\b|\bcommandLine\b|\bexec\b|\bexecute\w*\b|\bevaluate\b|\bapply\s*\(?\s*from|\bsys\.process\b|\bjavaexec\b|\bGroovyShell\b|\bgenrule\b|\brun_shell\b|\bctx\.actions\.run|\brepository_ctx\.execute|\bcmd\s*=|\baddSystemCommand\b|\bb\.run\(|\bchild_process\b|\binclude\(|\beval\w*\b|\bCode\.|\bSystem\.cmd|\bos\.execute|\bio\.popen|\bdofile\b|\bloadfile\b|\bcommand\s*=|\baction\(|\bprepare_command\b|\bsh\b|!!)"};
  return RE2::PartialMatch(piece(text), k_runs);
}

/// An element of XML that runs something, or takes instructions in, not far in front of the name.
bool stands_in_running_element(std::string_view before) {
  static const RE2 k_element{
      R"((?i)<(?:\w+:)?(?:exec|java|script|taskdef|typedef|import|UsingTask|antcall|ant|arg|argument|executable|apply)\b[^<]{0,200}(?:<[^<]{0,200}){0,3}$)"};
  constexpr std::size_t k_before = 600;
  return RE2::PartialMatch(piece(before.substr(before.size() - std::min(before.size(), k_before))), k_element);
}

/// Lines that a build acts on, where the rest of the file is source or text.
bool is_marked(std::string_view line, std::string_view language, std::string_view text) {
  const auto says = [&](std::string_view word) { return line.find(word) != std::string_view::npos; };
  if (language == "Rust") return says("include!(") || says("#[path");
  if (language == "TeX") return says("write18") || says("|\"") || says("\\ShellEscape");
  // What is embedded is data, unless the program runs things.
  const bool runs =
      text.find("\"os/exec\"") != std::string_view::npos || text.find("\"plugin\"") != std::string_view::npos;
  return says("go:generate") || says("#cgo") || (says("go:embed") && runs);
}

/// `COPY FILE /x`, and a later line runs `/x`.
bool is_copied_and_run(std::string_view line, std::string_view rest) {
  static const RE2 k_copies{R"((?i)^\s*(?:COPY|ADD)\s.*\s(\S+)\s*$)"};
  static const RE2 k_runs{R"((?i)^\s*(?:RUN|CMD|ENTRYPOINT)\b)"};
  std::string target;
  if (!RE2::FullMatch(piece(line), k_copies, &target) || target.size() < 2) return false;
  for (const auto other : split_lines(rest))
    if (other.find(target) != std::string_view::npos && RE2::PartialMatch(piece(other), k_runs)) return true;
  return false;
}

constexpr auto k_of_path = [] {
  std::array<bool, 256> of_path{};
  for (const char c : std::string_view{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.+-@%~\\"})
    of_path[static_cast<unsigned char>(c)] = true;
  return of_path;
}();

std::string_view line_around(std::string_view text, std::size_t at) {
  const auto begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  return text.substr(begin, std::min(text.find('\n', at), text.size()) - begin);
}

bool is_comment(std::string_view line) {
  const auto start = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
  return (start.starts_with('#') && !start.starts_with("#[") && !start.starts_with("#cgo")) ||
         start.starts_with("--") ||
         (start.starts_with("//") && !start.starts_with("//go:") && start.find("#cgo") == std::string_view::npos);
}

/// A module of the package that whoever builds it imports: `attr: tests.data.version`, `backend-path = ["tests"]`.
std::string named_module(std::string_view line) {
  static const RE2 k_attribute{R"(\battr\s*[:=]\s*["']?([\w.]+)\.\w+)"};
  static const RE2 k_backend{R"(^\s*backend-path\s*=\s*\[\s*["']([^"'\n]+)["'])"};
  std::string name;
  if (RE2::PartialMatch(piece(line), k_attribute, &name)) {
    std::replace(name.begin(), name.end(), '.', '/');
    return name + ".py";
  }
  if (RE2::PartialMatch(piece(line), k_backend, &name)) return name + "/";
  return {};
}

}  // namespace

std::string_view unfollowed_language(std::string_view path) {
  const auto* language = find_language(path);
  return language != nullptr ? language->language : std::string_view{};
}

const std::string* UnfollowedCheck::test_data(std::string_view directory, std::string_view name) {
  if (!std::exchange(m_known, true))
    for (const auto& entry : m_entries)
      if (entry.kind == EntryKind::regular && is_test_data_file(entry.path)) m_files.insert(entry.path);
  std::string plain{name};
  std::replace(plain.begin(), plain.end(), '\\', '/');
  for (const auto& path : {normalised_path(directory, plain), normalised_path({}, plain)})
    if (const auto it = m_files.find(path); it != m_files.end()) return &*it;
  return nullptr;
}

std::vector<UnfollowedCheck::Named> UnfollowedCheck::named_in(std::string_view path, std::string_view text) {
  std::vector<Named> named;
  const auto directory = path_dirname(path);
  for (std::size_t at = 0; at < text.size() && named.size() < k_most_named;) {
    if (!k_of_path[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    auto end = at;
    bool separated = false;
    for (; end < text.size() && k_of_path[static_cast<unsigned char>(text[end])]; ++end)
      separated = separated || text[end] == '/' || text[end] == '\\';
    if (separated && end - at <= k_longest_path)
      if (const auto* file = test_data(directory, text.substr(at, end - at))) named.push_back({*file, at});
    at = end;
  }
  return named;
}

/// Modules that whoever builds the package imports, or takes for what builds it.
void UnfollowedCheck::examine_modules(std::string_view text,
                                      const std::function<void(const std::string&, std::size_t)>& tell) const {
  constexpr std::size_t k_most_modules = 8;
  std::size_t modules = 0;
  for (const auto line : split_lines(text)) {
    const auto module = named_module(line);
    if (module.empty() || ++modules > k_most_modules) continue;
    const auto is_it = [&](const TreeEntry& entry) {
      const bool inside = module.ends_with('/') && path_dirname(entry.path) == module.substr(0, module.size() - 1);
      return entry.kind == EntryKind::regular && is_in_test_data(entry.path) && (inside || entry.path == module);
    };
    if (const auto found = std::find_if(m_entries.begin(), m_entries.end(), is_it); found != m_entries.end())
      tell(found->path, static_cast<std::size_t>(line.data() - text.data()));
  }
}

void UnfollowedCheck::examine(std::string_view path, std::string_view text, const FileFacts& facts,
                              ScriptAnalysis& analysis) {
  const auto* known = find_language(path);
  if (known == nullptr || is_in_test_data(path) || path.ends_with("_test.go")) return;
  text = text.substr(0, k_longest_text);
  const bool runs = known->saying == Saying::program && runs_something(text);
  std::set<std::string, std::less<>> told;
  const auto tell = [&](const std::string& file, std::size_t at) {
    if (told.size() >= k_most_findings || told.contains(file)) return;
    const auto before = text.substr(0, at);
    const auto line = static_cast<std::uint64_t>(1 + std::count(before.begin(), before.end(), '\n'));
    if (facts.compared && !facts.is_novel(line)) return;
    told.insert(file);
    analysis.findings.push_back(make_finding(
        k_unfollowed_data, {std::string{path}, line},
        fmt::format("names {}, which is test data, in a language that is not followed ({})", escape_for_display(file),
                    known->language),
        {{fmt::format("line {}", line), std::string{line_around(text, at).substr(0, 400)}}, {"names", file}}, file));
  };
  for (const auto& [file, at] : named_in(path, text)) {
    const auto line = line_around(text, at);
    if (is_comment(line)) continue;
    const auto before = text.substr(0, at);
    const bool acts =
        known->saying == Saying::program  ? runs
        : known->saying == Saying::markup ? stands_in_running_element(before)
        : known->saying == Saying::marked
            ? is_marked(line, known->language, text)
            : leads_to_running(before) || (known->language == "Dockerfile" && is_copied_and_run(line, text.substr(at)));
    if (acts) tell(file, at);
  }
  if (known->language == "Python build configuration") examine_modules(text, tell);
  if (!told.empty()) harvest_keys(path, text, analysis.harvest);
}

}  // namespace assay::inspect
