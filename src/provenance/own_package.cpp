#include "provenance/own_package.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"
#include "provenance/package_metadata.hpp"
#include "provenance/reach.hpp"
#include "vcs/version.hpp"

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

const TreeEntry* manifest_in(const vcs::Reference& reference, const std::string& directory, std::string_view name) {
  const auto path = directory.empty() ? std::string{name} : directory + "/" + std::string{name};
  const auto* entry = reference.manifest().find(path);
  return entry != nullptr && entry->kind == EntryKind::regular ? entry : nullptr;
}

std::string text_of(const vcs::Reference& reference, const TreeEntry& entry) {
  const auto content = reference.read(entry, k_largest_manifest);
  return content ? std::string{as_text(*content)} : std::string{};
}

bool names_project(std::string_view text, std::string_view project) {
  const auto lines = split_lines(text);
  return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) { return line_names(line, project); });
}

Declared declared_in(const vcs::Reference& reference, const std::string& directory, std::string_view project) {
  Declared declared;
  for (const auto manifest : k_manifests) {
    const auto* entry = manifest_in(reference, directory, manifest);
    if (entry == nullptr) continue;
    declared.any = true;
    declared.name = declared.name || names_project(text_of(reference, *entry), project);
  }
  return declared;
}

/// The word at the start of `text`, behind blanks, quotes and brackets, if it is a version.
std::string version_at_start(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\"'[:="), text.size()));
  auto version = text.substr(0, text.find_first_of(" \t\r\n\"'],)#;"));
  return !version.empty() && version.front() >= '0' && version.front() <= '9' ? std::string{version} : std::string{};
}

/// What stands in the parentheses of the first call of that name.
std::string_view arguments_of(std::string_view text, std::string_view call) {
  const auto at = text.find(call);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + call.size());
  return text.substr(0, text.find(')'));
}

std::string version_in_table(std::string_view text) {
  std::string_view table;
  for (auto line : split_lines(text)) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.starts_with('[')) table = line.substr(0, line.find(']') + 1);
    const auto key = line.substr(0, line.find('='));
    const bool of_package =
        table == "[package]" || table == "[project]" || table == "[tool.poetry]" || table == "[metadata]";
    if (of_package && key.size() < line.size() && key.substr(0, key.find_last_not_of(" \t") + 1) == "version")
      return version_at_start(line.substr(key.size()));
  }
  return {};
}

std::string declared_version(std::string_view manifest, std::string_view text) {
  if (manifest.ends_with(".json")) {
    const auto json = parse_strictly(text);
    const auto* version = json && json->is_object() && json->contains("version") ? &json->at("version") : nullptr;
    return version != nullptr && version->is_string() ? version_at_start(version->get<std::string>()) : std::string{};
  }
  if (manifest.ends_with(".toml") || manifest.ends_with(".cfg")) return version_in_table(text);
  const auto lower = ascii_lower(text);
  if (manifest.starts_with("configure.")) {
    const auto arguments = arguments_of(lower, "ac_init(");
    return version_at_start(arguments.substr(std::min(arguments.find(','), arguments.size() - 1) + 1));
  }
  if (manifest == "CMakeLists.txt" || manifest == "meson.build") {
    constexpr std::string_view k_key = "version";
    const auto arguments = arguments_of(lower, "project(");
    const auto at = arguments.find(k_key);
    return at == std::string_view::npos ? std::string{} : version_at_start(arguments.substr(at + k_key.size()));
  }
  return {};
}

/// "0.0.0", "0.0.0-development": what makes the release writes the version in.
bool is_placeholder(std::string_view version) {
  const auto tokens = vcs::version_tokens(version);
  return std::all_of(tokens.begin(), tokens.end(),
                     [](const std::string& token) { return token == "0" || token.front() > '9'; });
}

}  // namespace

bool is_package_of_its_own(const vcs::Reference& reference, const std::string& directory, std::string_view project) {
  const auto name = folded(project);
  if (name.empty() || declared_in(reference, {}, name).name) return false;
  const auto there = declared_in(reference, directory, name);
  return there.name || (there.any && folded(path_basename(directory)) == name);
}

bool holds_copies_of_others(std::string_view directory) {
  static constexpr std::string_view k_names[] = {
      "vendor",    "vendored", "third_party",  "third-party",  "thirdparty", "3rdparty",    "external",
      "externals", "extern",   "node_modules", "dependencies", "deps",       "subprojects", "bundled"};
  for (; !directory.empty(); directory = path_dirname(directory))
    if (std::find(std::begin(k_names), std::end(k_names), ascii_lower(path_basename(directory))) != std::end(k_names))
      return true;
  return false;
}

std::vector<std::string> declared_versions(const vcs::Reference& reference, const std::string& directory) {
  std::vector<std::string> versions;
  for (const auto manifest : k_manifests) {
    const auto* entry = manifest_in(reference, directory, manifest);
    auto version = entry != nullptr ? declared_version(manifest, text_of(reference, *entry)) : std::string{};
    if (!version.empty() && !is_placeholder(version)) versions.push_back(std::move(version));
  }
  return versions;
}

std::string other_package_of_that_name(const vcs::Reference& reference, const std::string& directory,
                                       std::string_view project) {
  constexpr std::size_t k_most_read = 2000;
  const auto name = folded(project);
  std::vector<std::string_view> kinds;
  for (const auto manifest : k_manifests)
    if (const auto* entry = manifest_in(reference, directory, manifest);
        entry != nullptr && names_project(text_of(reference, *entry), name))
      kinds.push_back(manifest);
  std::size_t read = 0;
  for (const auto& entry : reference.manifest().entries()) {
    if (entry.kind != EntryKind::regular || entry.path.starts_with(directory + "/") ||
        std::find(kinds.begin(), kinds.end(), path_basename(entry.path)) == kinds.end())
      continue;
    const auto there = path_dirname(entry.path);
    if (stands_aside(entry.path) || holds_copies_of_others(there)) continue;
    if (++read > k_most_read) break;
    if (names_project(text_of(reference, entry), name)) return std::string{there};
  }
  return {};
}

}  // namespace assay::provenance
