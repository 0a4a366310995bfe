#include "inspect/script/unfollowed.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "inspect/script/rules.hpp"
#include "inspect/script/source_tree.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_longest_path = 512;
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
    {".vim", "Vim script"},
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

/// Does what stands in front of it on its line end in a word that runs, or takes in, what is named behind it?
bool leads_to_running(std::string_view line) {
  static const RE2 k_leads{
      R"((?i)(?:^|[^\w\-])(?:(?:ba|da|z|k|c|tc)?sh|python[\d.]*|perl|ruby|node|php|lua(?:jit)?|tclsh|julia|rscript|guile|racket|emacs[^\n]{0,20} -l|awk -f|make -f|source|include!?|include_(?:bytes|str)!|load|dofile|loadfile|eval\w*|exec\w*|run\w*|system|import|require|apply from|builder|args|build|path|-include|<|\.)(?:[\s"'(\[:=,{<>@]|\./|\$\((?:location|execpath|srcdir)\)?|\$\{?\w+\}?/| -[\w=\-]+ )*$)"};
  constexpr std::size_t k_before = 80;
  return RE2::PartialMatch(line.substr(line.size() - std::min(line.size(), k_before)), k_leads);
}

/// Does a program in one of those languages run something at all, or read a text to do so?
bool runs_something(std::string_view text) {
  static const RE2 k_runs{
      R"(\bCommand::new|\binclude(?:_bytes|_str)?!|\bcallCommand\b|\bcallProcess\b|\breadProcess|\bcreateProcess\b|\bsystem\b|\bProcess\b|\bProcessBuilder\b|\bcommandLine\b|\bexec\b|\bexecute\w*\b|\bevaluate\b|\bapply\s*\(?\s*from|\bsys\.process\b|\bjavaexec\b|\bGroovyShell\b|\bgenrule\b|\brun_shell\b|\bctx\.actions\.run|\brepository_ctx\.execute|\bcmd\s*=|\baddSystemCommand\b|\bb\.run\(|\bchild_process\b|\binclude\(|\beval\w*\b|\bCode\.|\bSystem\.cmd|\bos\.execute|\bio\.popen|\bdofile\b|\bloadfile\b|\bcommand\s*=|\baction\(|\bprepare_command\b|\bsh\b|!!)"};
  return RE2::PartialMatch(text, k_runs);
}

/// An element of XML that runs something, or takes instructions in, not far in front of the name.
bool stands_in_running_element(std::string_view before) {
  static const RE2 k_element{
      R"((?i)<(?:\w+:)?(?:exec|java|script|taskdef|typedef|import|UsingTask|antcall|ant|arg|argument|executable|apply)\b[^<]{0,200}(?:<[^<]{0,200}){0,3}$)"};
  constexpr std::size_t k_before = 600;
  return RE2::PartialMatch(before.substr(before.size() - std::min(before.size(), k_before)), k_element);
}

/// Lines that a build acts on, where the rest of the file is source or text, which runs things or not.
bool is_marked(std::string_view line, std::string_view language, bool runs) {
  const auto says = [&](std::string_view word) { return line.find(word) != std::string_view::npos; };
  if (language == "Rust") return says("include!(") || says("#[path");
  if (language == "TeX") return says("write18") || says("|\"") || says("\\ShellEscape");
  // What is embedded is data, unless the program runs things.
  return says("go:generate") || says("#cgo") || (says("go:embed") && runs);
}

/// FILE of `COPY … FILE`; empty for other lines.
std::string_view copied_to(std::string_view line) {
  static const RE2 k_copies{R"((?i)^\s*(?:COPY|ADD)\s.*\s(\S+)\s*$)"};
  re2::StringPiece target;
  return RE2::FullMatch(line, k_copies, &target) ? std::string_view{target} : std::string_view{};
}

constexpr auto k_of_path = [] {
  std::array<bool, 256> of_path{};
  for (const char c : std::string_view{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.+-@%~\\"})
    of_path[static_cast<unsigned char>(c)] = true;
  return of_path;
}();

bool is_comment(std::string_view line) {
  const auto start = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
  return (start.starts_with('#') && !start.starts_with("#[") && !start.starts_with("#cgo")) ||
         start.starts_with("--") ||
         (start.starts_with("//") && !start.starts_with("//go:") && start.find("#cgo") == std::string_view::npos);
}

/// `use(word, offset)` for each word that has a separator of directories in it.
template <typename Use>
void each_path(std::string_view line, Use use) {
  for (std::size_t at = 0; at < line.size();) {
    if (!k_of_path[static_cast<unsigned char>(line[at])]) {
      ++at;
      continue;
    }
    auto end = at;
    bool separated = false;
    for (; end < line.size() && k_of_path[static_cast<unsigned char>(line[end])]; ++end)
      separated = separated || line[end] == '/' || line[end] == '\\';
    if (separated && end - at <= k_longest_path) use(line.substr(at, end - at), at);
    at = end;
  }
}

/// The lines of a Dockerfile that run something: which words they have, and where the last of each is.
class RunLines {
 public:
  explicit RunLines(std::string_view text) {
    static const RE2 k_runs{R"((?i)^\s*(?:RUN|CMD|ENTRYPOINT)\b)"};
    bool runs = false, goes_on = false;
    for (const auto line : split_lines(text)) {
      runs = (goes_on && runs) || RE2::PartialMatch(line, k_runs);
      goes_on = line.ends_with('\\');
      if (!runs) continue;
      for (std::size_t at = 0; at < line.size();) {
        auto end = at;
        while (end < line.size() && k_of_path[static_cast<unsigned char>(line[end])]) ++end;
        if (end > at) m_last[line.substr(at, end - at)] = static_cast<std::size_t>(line.data() - text.data());
        at = end + 1;
      }
    }
  }
  /// Does one behind `at` run the file, copied to `target`?
  bool run(std::string_view file, std::string_view target, std::size_t at) const {
    const auto name = path_basename(file);
    const auto directory = target.substr(0, target.find_last_not_of('/') + 1);
    for (const auto& word :
         {std::string{target}, fmt::format("{}/{}", directory, name), std::string{name}, fmt::format("./{}", name)}) {
      const auto it = m_last.find(word);
      if (it != m_last.end() && it->second > at) return true;
    }
    return false;
  }

 private:
  std::unordered_map<std::string_view, std::size_t> m_last;
};

/// A module of the package that whoever builds it imports: `attr: tests.data.version`, `backend-path = ["tests"]`.
std::string named_module(std::string_view line) {
  static const RE2 k_attribute{R"(\battr\s*[:=]\s*["']?([\w.]+)\.\w+)"};
  static const RE2 k_backend{R"(^\s*backend-path\s*=\s*\[\s*["']([^"'\n]+)["'])"};
  std::string name;
  if (RE2::PartialMatch(line, k_attribute, &name)) {
    std::replace(name.begin(), name.end(), '.', '/');
    return name + ".py";
  }
  if (RE2::PartialMatch(line, k_backend, &name)) return name + "/";
  return {};
}

}  // namespace

std::string_view unfollowed_language(std::string_view path) {
  const auto* language = find_language(path);
  return language != nullptr ? language->language : std::string_view{};
}

bool editor_runs_test_data(std::string_view text) {
  // `:so FILE`, `luafile FILE`; the rest are the words of other languages.
  static const RE2 k_takes_in{
      R"((?:^|[\s|:"'])(?:so|sou|source|ru|runtime|luaf|luafile|pyf|pyfile|py3f|py3file|rubyf|rubyfile)!?[ \t]+(?:[\w.$/-]*/)?$)"};
  bool runs = false;
  for (const auto line : split_lines(text)) {
    const auto first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == ';' || (line[first] == '"' && !line.ends_with('"'))) continue;
    each_path(line, [&](std::string_view name, std::size_t at) {
      constexpr std::size_t k_before = 80;
      if (runs || !is_test_data_file(name)) return;
      const auto before = line.substr(0, at);
      runs = leads_to_running(before) ||
             RE2::PartialMatch(before.substr(before.size() - std::min(before.size(), k_before)), k_takes_in);
    });
  }
  return runs;
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

/// A module that whoever builds the package imports, or takes for what builds it.
const std::string* UnfollowedCheck::module_among_tests(std::string_view line) {
  const auto module = named_module(line);
  if (module.empty()) return nullptr;
  if (!std::exchange(m_modules_known, true))
    for (const auto& entry : m_entries) {
      if (entry.kind != EntryKind::regular || !is_in_test_data(entry.path)) continue;
      m_modules.emplace(entry.path, &entry.path);
      m_modules.emplace(std::string{path_dirname(entry.path)} + "/", &entry.path);
    }
  const auto it = m_modules.find(module);
  return it != m_modules.end() ? it->second : nullptr;
}

void UnfollowedCheck::examine(std::string_view path, std::string_view text, const FileFacts& facts,
                              ScriptAnalysis& analysis) {
  const auto* known = find_language(path);
  if (known == nullptr || is_in_test_data(path) || path.ends_with("_test.go")) return;
  if (text.size() > k_longest_script)
    analysis.coverage.add(escape_for_display(path), "it is longer than build files are read");
  text = text.substr(0, k_longest_script);
  const bool runs = known->saying == Saying::program ? runs_something(text)
                                                     : text.find("\"os/exec\"") != std::string_view::npos ||
                                                           text.find("\"plugin\"") != std::string_view::npos;
  std::optional<RunLines> run_lines;
  std::set<std::string, std::less<>> told;
  const auto directory = path_dirname(path);
  std::uint64_t number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (told.size() >= k_most_findings) break;
    if (is_comment(line) || (facts.compared && !facts.is_novel(number))) continue;
    const auto begin = static_cast<std::size_t>(line.data() - text.data());
    // Asked once of a line, however many files it names.
    std::optional<bool> marked;
    std::optional<std::string_view> target;
    const auto acts_on = [&](const std::string& file, std::size_t at) {
      if (known->saying == Saying::program) return runs;
      if (known->saying == Saying::markup) return stands_in_running_element(text.substr(0, begin + at));
      if (known->saying == Saying::marked) {
        if (!marked) marked = is_marked(line, known->language, runs);
        return *marked;
      }
      if (leads_to_running(line.substr(0, at))) return true;
      if (known->language != "Dockerfile") return false;
      if (!target) target = copied_to(line);
      if (!target->empty() && !run_lines) run_lines.emplace(text);
      return !target->empty() && run_lines->run(file, *target, begin);
    };
    const auto tell = [&](const std::string& file) {
      if (told.size() >= k_most_findings || !told.insert(file).second) return;
      analysis.findings.push_back(
          make_finding(k_unfollowed_data, {std::string{path}, number},
                       fmt::format("names {}, which is test data, in a language that is not followed ({})",
                                   escape_for_display(file), known->language),
                       {{fmt::format("line {}", number), std::string{line.substr(0, 400)}}, {"names", file}}, file));
    };
    each_path(line, [&](std::string_view name, std::size_t at) {
      const auto* file = test_data(directory, name);
      if (file != nullptr && acts_on(*file, at)) tell(*file);
    });
    if (known->language == "Python build configuration")
      if (const auto* file = module_among_tests(line)) tell(*file);
  }
  if (!told.empty()) harvest_keys(path, text, analysis.harvest);
}

}  // namespace assay::inspect
