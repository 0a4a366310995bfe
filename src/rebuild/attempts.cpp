#include "rebuild/attempts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.hpp"
#include "rebuild/driver.hpp"

namespace assay::rebuild {

using provenance::OtherGenerators;
using provenance::Regeneration;

namespace {

bool is_target(const OtherGenerators& others, std::string_view name) {
  return std::any_of(others.targets.begin(), others.targets.end(),
                     [&](const std::string& target) { return path_basename(target).ends_with(name); });
}

/// Automake refuses an aclocal.m4 of another version of itself.
bool fits_automake(const OtherGenerators& others, const Regeneration& before) {
  const auto tool = before.tool("automake");
  const auto version = tool.substr(tool.rfind(' ') + 1);
  const auto banner = fmt::format("# generated automatically by aclocal {} ", version);
  return !version.empty() && !others.aclocal.empty() &&
         std::all_of(others.aclocal.begin(), others.aclocal.end(),
                     [&](const provenance::PublishedFile& file) { return as_text(file.content).starts_with(banner); });
}

/// A copy of the toolchain's directory of macros without those; aclocal then takes the tree's.
std::string without_macros(const OtherGenerators& others) {
  std::string commands = "rm -rf /build/aclocal && cp -R \"$(aclocal --print-ac-dir)\" /build/aclocal && rm -f";
  for (const auto& name : others.held_back) commands += " /build/aclocal/" + shell_quote(name);
  return commands + "\nexport ACLOCAL='aclocal --system-acdir=/build/aclocal'\n";
}

/// The directories of the packages whose parts are wanted, if each is known: those with a configure script to make.
std::vector<std::string> package_directories(const OtherGenerators& others, const Regeneration& before) {
  std::vector<std::string> directories;
  for (const auto& [path, files] : before.files()) {
    const bool in_tree = std::any_of(files.begin(), files.end(), [](const auto& file) { return file.place == "tree"; });
    if (path_basename(path) != "configure" || !in_tree) continue;
    if (std::find(others.targets.begin(), others.targets.end(), path) == others.targets.end()) return {};
    directories.emplace_back(path_dirname(path));
  }
  const auto is_of_one = [&](const std::string& target) {
    return std::any_of(directories.begin(), directories.end(), [&](const std::string& directory) {
      return directory.empty() || target.starts_with(directory + "/");
    });
  };
  if (!std::all_of(others.targets.begin(), others.targets.end(), is_of_one)) return {};
  return directories;
}

/// Is there a target of that name in the package at `directory`, and not in one below it? The generators refuse a package that has
/// no such part.
bool is_target_of(const OtherGenerators& others, std::string_view name, const std::string& directory,
                  const std::vector<std::string>& packages) {
  const auto holds = [](const std::string& package, const std::string& path) {
    return package.empty() || path.starts_with(package + "/");
  };
  return std::any_of(others.targets.begin(), others.targets.end(), [&](const std::string& target) {
    return path_basename(target).ends_with(name) && holds(directory, target) &&
           std::none_of(packages.begin(), packages.end(), [&](const std::string& package) {
             return package.size() > directory.size() && holds(package, target);
           });
  });
}

/// Where there is nothing for aclocal to do, the generators themselves: autoreconf would have Autoconf read everything once more to
/// find out which of them are needed.
std::string making_commands(const Attempt& attempt, const OtherGenerators& others, const Regeneration& before,
                            bool with_aclocal) {
  const auto directories = with_aclocal ? std::vector<std::string>{} : package_directories(others, before);
  if (directories.empty()) return "autoreconf -f";
  std::string commands = "set -e\n";
  for (const auto& directory : directories) {
    commands += fmt::format("( cd {}\nautoconf -f\n", shell_quote("./" + directory));
    if (is_target_of(others, ".h.in", directory, directories)) commands += "autoheader -f\n";
    if (attempt.with_automake && is_target_of(others, "Makefile.in", directory, directories)) commands += "automake\n";
    commands += ")\n";
  }
  return commands;
}

}  // namespace

std::vector<Attempt> attempts_for(const OtherGenerators& others, std::string_view autoconf_version,
                                  const Regeneration& before) {
  const bool makefiles = is_target(others, "Makefile.in");
  const bool aclocal = !others.aclocal.empty();
  const bool at_once = makefiles && fits_automake(others, before);
  const bool other_macros = !others.macro_files.empty() || !others.held_back.empty();
  std::vector<Attempt> attempts;
  // Automake's part needs an aclocal.m4 of its own version.
  if (other_macros && makefiles && aclocal && !at_once) attempts.push_back({nullptr, false, true});
  if (is_target(others, "configure") || is_target(others, ".in")) {
    for (const auto& variant : variants_of(autoconf_version))
      if (std::any_of(others.scripts.begin(), others.scripts.end(), variant.made))
        attempts.push_back({&variant, aclocal, at_once});
    if (aclocal) attempts.push_back({nullptr, true, at_once});
  }
  if (other_macros && !aclocal) attempts.push_back({nullptr, false, makefiles});
  return attempts;
}

std::string in_words(const Attempt& attempt, const OtherGenerators& others) {
  std::vector<std::string> parts;
  if (attempt.variant != nullptr)
    parts.push_back(fmt::format("Autoconf {} {}", attempt.variant->version, attempt.variant->what));
  if (!others.macro_files.empty()) {
    std::string files;
    for (const auto& file : others.macro_files)
      files += fmt::format("{}{} ({})", files.empty() ? "" : ", ", escape_for_display(file.path), file.origin);
    parts.push_back("macro files of the release that were published: " + files);
  }
  if (attempt.with_aclocal) parts.push_back("its aclocal.m4, which is put together of published ones");
  if (parts.empty()) {
    std::string names;
    for (const auto& name : others.held_back) names += (names.empty() ? "" : ", ") + escape_for_display(name);
    parts.push_back("the toolchain's macro files but for " + names);
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string commands_of(const Attempt& attempt, const OtherGenerators& others, const Regeneration& before) {
  std::string commands;
  if (attempt.variant != nullptr) commands += variant_commands(*attempt.variant);
  if (!others.macro_files.empty()) commands += "cp -R /build/published/. /build/src/\n";
  if (attempt.with_aclocal) commands += "cp -R /build/pieces/. /build/src/\n";
  // Nothing is installed anew over what was just laid there, and what has its proof is not made again.
  commands += "export LIBTOOLIZE=true AUTOPOINT=true GTKDOCIZE=true INTLTOOLIZE=true\n";
  const bool with_aclocal = !attempt.with_aclocal && !(others.macro_files.empty() && others.held_back.empty());
  if (!with_aclocal) commands += "export ACLOCAL=true\n";
  else if (!others.held_back.empty()) commands += without_macros(others);
  if (!attempt.with_automake) commands += "export AUTOMAKE=true\n";
  if (!is_target(others, ".h.in")) commands += "export AUTOHEADER=true\n";
  return commands + making_commands(attempt, others, before, with_aclocal);
}

}  // namespace assay::rebuild
