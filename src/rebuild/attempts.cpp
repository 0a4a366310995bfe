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

/// The builds of Autoconf that the release's scripts bear the marks of.
std::vector<const GeneratorVariant*> marked_variants(const OtherGenerators& others, std::string_view autoconf_version) {
  std::vector<const GeneratorVariant*> marked;
  for (const auto& variant : variants_of(autoconf_version))
    if (std::any_of(others.scripts.begin(), others.scripts.end(), variant.made)) marked.push_back(&variant);
  return marked;
}

std::string version_of_automake(const Regeneration& before) {
  const auto tool = before.tool("automake");
  return std::string{tool.substr(tool.rfind(' ') + 1)};
}

/// Of the aclocal that made the release's, all of them; empty if they are of several.
std::string version_of_aclocal(const OtherGenerators& others) {
  constexpr std::string_view k_banner = "# generated automatically by aclocal ";
  std::string version;
  for (const auto& file : others.aclocal) {
    const auto text = as_text(file.content);
    if (!text.starts_with(k_banner)) return {};
    const auto rest = text.substr(k_banner.size());
    const auto one = rest.substr(0, rest.find_first_not_of("0123456789."));
    if (!version.empty() && version != one) return {};
    version = one;
  }
  return version;
}

/// "1.16" of "1.16.5": Automakes of one such have one interface.
std::string_view interface_of(std::string_view version) {
  return version.substr(0, version.find('.', version.find('.') + 1));
}

/// Automake refuses an aclocal.m4 of another interface; of its own it takes one that is told to be of this version.
bool fits_automake(const OtherGenerators& others, const Regeneration& before) {
  const auto ours = version_of_automake(before), theirs = version_of_aclocal(others);
  return !ours.empty() && !theirs.empty() && interface_of(ours) == interface_of(theirs);
}

/// For the shell: the release's aclocal.m4 bear the version of the Automake at hand.
std::string told_of_version(const OtherGenerators& others, const Regeneration& before) {
  auto theirs = version_of_aclocal(others);
  const auto ours = version_of_automake(before);
  if (theirs == ours || ours.find_first_not_of("0123456789.") != std::string::npos) return {};
  std::string pattern;
  for (const char c : theirs) pattern += c == '.' ? std::string{"\\."} : std::string{c};
  auto command = fmt::format("sed -i 's/\\[{}\\]/[{}]/g'", pattern, ours);
  for (const auto& file : others.aclocal) command += " " + shell_quote("./" + file.path);
  return command + "\n";
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

/// A template of config.h says nothing of the version that made it, and a project may ship one that was left of an earlier making.
/// That of Autoconf that distributions have beside the present one.
constexpr std::string_view k_earlier_autoconf = "2.69";

bool is_header_template(std::string_view path) {
  return path.ends_with(".h.in");
}

/// The packages that have a template among the targets, each where its configure script was made.
std::vector<std::string> directories_of_templates(const OtherGenerators& others, const Regeneration& before) {
  std::vector<std::string> directories;
  for (const auto& target : others.targets) {
    if (!is_header_template(target)) continue;
    auto directory = path_dirname(target);
    while (!directory.empty() && before.find(fmt::format("{}/configure", directory)).empty())
      directory = path_dirname(directory);
    if (std::find(directories.begin(), directories.end(), directory) == directories.end())
      directories.emplace_back(directory);
  }
  return directories;
}

std::string autoheader_commands(std::string_view version, const OtherGenerators& others, const Regeneration& before) {
  auto commands =
      fmt::format("set -e\ntest -x /usr/bin/autoheader{0} || exit 9\nexport AUTOM4TE=autom4te{0}\n", version);
  for (const auto& directory : directories_of_templates(others, before))
    commands += fmt::format("( cd {}\nautoheader{} -f )\n", shell_quote("./" + directory), version);
  return commands;
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
  const bool scripts = is_target(others, "configure") || is_target(others, ".in");
  const auto marked = scripts ? marked_variants(others, autoconf_version) : std::vector<const GeneratorVariant*>{};
  std::vector<Attempt> attempts;
  // Automake's part needs an aclocal.m4 of its own version, and has the variables that the build of Autoconf substitutes.
  if (makefiles && !at_once) {
    for (const auto* variant : marked) attempts.push_back({variant, false, true});
    if (marked.empty() && other_macros && aclocal) attempts.push_back({nullptr, false, true});
  }
  if (scripts) {
    if (aclocal || !makefiles)
      for (const auto* variant : marked) attempts.push_back({variant, aclocal, at_once});
    if (aclocal) attempts.push_back({nullptr, true, at_once});
  }
  if (other_macros && !aclocal) attempts.push_back({nullptr, false, makefiles});
  // The last: where the attempts before made all, it is not run.
  if (autoconf_version != k_earlier_autoconf &&
      std::any_of(others.targets.begin(), others.targets.end(), is_header_template))
    attempts.push_back({nullptr, false, false, k_earlier_autoconf});
  return attempts;
}

std::string in_words(const Attempt& attempt, const OtherGenerators& others) {
  if (!attempt.autoheader.empty()) return fmt::format("autoheader of Autoconf {}", attempt.autoheader);
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
  if (!attempt.autoheader.empty()) return autoheader_commands(attempt.autoheader, others, before);
  std::string commands;
  if (attempt.variant != nullptr) commands += variant_commands(*attempt.variant);
  if (!others.macro_files.empty()) commands += "cp -R /build/published/. /build/src/\n";
  if (attempt.with_aclocal) commands += "cp -R /build/pieces/. /build/src/\n";
  if (attempt.with_aclocal && attempt.with_automake) commands += told_of_version(others, before);
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
