// What package managers run of a package: Python's and Cargo's. npm's manifests are examined with the build scripts.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.hpp"
#include "inspect/source/novel_lines.hpp"
#include "inspect/source/rules.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_shown = 12;
constexpr std::size_t k_line_bytes = 400;

/// Everything that `pattern`'s first group finds in `text`, each once, in order.
std::vector<std::string> all_of(std::string_view text, const RE2& pattern) {
  std::vector<std::string> found;
  re2::StringPiece rest{text.data(), text.size()};
  std::string word;
  while (found.size() < k_shown && RE2::FindAndConsume(&rest, pattern, &word))
    if (std::find(found.begin(), found.end(), word) == found.end()) found.push_back(word);
  return found;
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += fmt::format("{}{}", out.empty() ? "" : ", ", escape_for_display(word));
  return out;
}

Evidence line_evidence(std::uint64_t number, std::string_view line) {
  return {fmt::format("line {}", number), std::string{line.substr(0, k_line_bytes)}};
}

/// The programs and addresses that a script names in calls that start or fetch something.
std::vector<Evidence> what_it_runs(std::string_view text, const RE2& programs) {
  static const RE2 addresses{R"((https?://[^\s"'\\)]{1,200}))"};
  std::vector<Evidence> evidence;
  if (const auto found = all_of(text, programs); !found.empty()) evidence.push_back({"starts", quoted_list(found)});
  if (const auto found = all_of(text, addresses); !found.empty())
    evidence.push_back({"names the addresses", quoted_list(found)});
  return evidence;
}

void check_setup(const SourceFile& file, std::vector<Finding>& findings) {
  static const RE2 commands{
      R"re(["'](install|develop|build|build_py|build_ext|build_clib|egg_info|sdist|bdist_wheel|bdist_egg|install_lib|install_scripts|editable_wheel|test)["']\s*:\s*([A-Za-z_][\w.]*))re"};
  static const RE2 programs{
      R"re((?:os\.system|os\.popen|subprocess\.\w+|check_call|check_output|Popen)\s*\(\s*\[?\s*[rbf]?["']([^"'\n]{1,120}))re"};
  for_each_novel_line(file, [&](std::uint64_t number, std::string_view line) {
    if (line.find("cmdclass") == std::string_view::npos || line.find_first_not_of(" \t") == line.find('#')) return;
    // The commands stand behind the word, on this line or the next ones.
    const auto at = static_cast<std::size_t>(line.data() - file.text.data());
    const auto near = file.text.substr(at, 2000);
    std::string replaced;
    re2::StringPiece rest{near.data(), near.size()};
    std::string command;
    std::string by;
    for (std::size_t i = 0; i < k_shown && RE2::FindAndConsume(&rest, commands, &command, &by); ++i)
      replaced += fmt::format("{}'{}' by {}", replaced.empty() ? "" : ", ", command, by);
    std::vector<Evidence> evidence{line_evidence(number, line)};
    for (auto& item : what_it_runs(file.text, programs)) evidence.push_back(std::move(item));
    findings.push_back(make_finding(k_python_install_code, {std::string{file.path}, number},
                                    replaced.empty()
                                        ? "replaces commands of the installation"
                                        : fmt::format("replaces the commands of the installation: {}", replaced),
                                    std::move(evidence), normalise_line(line)));
  });
}

void check_pyproject(const SourceFile& file, std::vector<Finding>& findings) {
  static const RE2 backend{R"re((?m)^\s*build-backend\s*=\s*["']([^"'\n]{1,200})["'])re"};
  static const RE2 path{R"re(^\s*backend-path\s*=\s*\[\s*(.{0,200}?)\s*\]?\s*$)re"};
  for_each_novel_line(file, [&](std::uint64_t number, std::string_view line) {
    std::string where;
    if (!RE2::FullMatch({line.data(), line.size()}, path, &where)) return;
    const auto modules = all_of(file.text, backend);
    findings.push_back(make_finding(
        k_python_install_code, {std::string{file.path}, number},
        fmt::format("the build runs {} of the package itself, from {}",
                    modules.empty() ? "a backend" : "the backend '" + escape_for_display(modules.front()) + "'",
                    escape_for_display(where)),
        {line_evidence(number, line)}, normalise_line(line)));
  });
}

}  // namespace

void check_python_package(const SourceFile& file, std::vector<Finding>& findings) {
  const auto name = path_basename(file.path);
  if (name == "setup.py") check_setup(file, findings);
  if (name == "pyproject.toml") check_pyproject(file, findings);
}

void check_cargo_package(const SourceFile& file, std::vector<Finding>& findings) {
  static const RE2 programs{R"re(Command::new\s*\(\s*"([^"\n]{1,120}))re"};
  static const RE2 names_script{R"re(^\s*build\s*=\s*"([^"\n]{1,200})"\s*(?:#.*)?$)re"};
  const auto name = path_basename(file.path);
  if (name == "build.rs") {
    std::uint64_t first = 0;
    for_each_novel_line(file, [&](std::uint64_t number, std::string_view) { first = first == 0 ? number : first; });
    if (first == 0) return;
    auto runs = what_it_runs(file.text, programs);
    const auto message =
        runs.empty()
            ? std::string{"is run when the crate is compiled, and starts no program that it names"}
            : fmt::format("is run when the crate is compiled; it {}: {}", runs.front().label, runs.front().text);
    findings.push_back(
        make_finding(k_cargo_build_script, {std::string{file.path}, first}, message, std::move(runs), "build.rs"));
  }
  if (name != "Cargo.toml") return;
  for_each_novel_line(file, [&](std::uint64_t number, std::string_view line) {
    std::string script;
    if (!RE2::FullMatch({line.data(), line.size()}, names_script, &script)) return;
    findings.push_back(make_finding(k_cargo_build_script, {std::string{file.path}, number},
                                    fmt::format("compiles and runs {} before the crate", escape_for_display(script)),
                                    {line_evidence(number, line)}, script));
  });
}

}  // namespace assay::inspect
