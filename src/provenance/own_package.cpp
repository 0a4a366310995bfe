#include "provenance/own_package.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint64_t k_largest_manifest = 4U << 20;
constexpr std::string_view k_manifests[] = {
    "configure.ac", "configure.in", "CMakeLists.txt", "meson.build", "Cargo.toml",    "package.json", "pyproject.toml",
    "setup.cfg",    "setup.py",     "go.mod",         "Makefile.PL", "composer.json", "pom.xml"};

/// Letters and digits in lower case: "My_Pkg" and "my-pkg" are one name.
std::string folded(std::string_view name) {
  std::string out;
  for (const char c : ascii_lower(name))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  return out;
}

/// Does a line that gives a name (`AC_INIT([x]`, `project(x`, `"name": "x"`, `module host/x`) have that one as a word?
bool line_names(std::string_view line, std::string_view project) {
  const auto lower = ascii_lower(line);
  const std::string_view text{lower};
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  if (!has("name") && !has("ac_init") && !has("project(") && !has("artifactid") && !text.starts_with("module "))
    return false;
  constexpr std::string_view k_apart = " \t\"'()[]{}<>,:;=/";
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find_first_of(k_apart, at), text.size());
    if (end > at && folded(text.substr(at, end - at)) == project) return true;
    at = end + 1;
  }
  return false;
}

struct Declared {
  bool any = false;   ///< there is a manifest
  bool name = false;  ///< one gives the name
};

Declared declared_in(const vcs::Reference& reference, const std::string& directory, std::string_view project) {
  Declared declared;
  for (const auto manifest : k_manifests) {
    const auto path = directory.empty() ? std::string{manifest} : directory + "/" + std::string{manifest};
    const auto* entry = reference.manifest().find(path);
    if (entry == nullptr || entry->kind != EntryKind::regular) continue;
    declared.any = true;
    const auto content = reference.read(*entry, k_largest_manifest);
    if (!content) continue;
    const auto lines = split_lines(as_text(*content));
    declared.name = declared.name || std::any_of(lines.begin(), lines.end(),
                                                 [&](std::string_view line) { return line_names(line, project); });
  }
  return declared;
}

}  // namespace

bool is_package_of_its_own(const vcs::Reference& reference, const std::string& directory, std::string_view project) {
  const auto name = folded(project);
  if (name.empty() || declared_in(reference, {}, name).name) return false;
  const auto there = declared_in(reference, directory, name);
  return there.name || (there.any && folded(path_basename(directory)) == name);
}

}  // namespace assay::provenance
