#include "rebuild/recipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace assay::rebuild {

namespace {

bool has(const TreeManifest& tree, std::string_view path) {
  const auto* entry = tree.find(path);
  return entry != nullptr && (entry->kind == EntryKind::regular || entry->kind == EntryKind::symlink);
}

/// `./NAME` if it is executable, else through the shell.
std::string call(const TreeManifest& tree, std::string_view name) {
  return fmt::format("{}./{}",
                     tree.find(name)->executable() || tree.find(name)->kind == EntryKind::symlink ? "" : "sh ", name);
}

/// Only what a version is made of may get into a command.
std::string safe_version(std::string_view version) {
  const bool fine = !version.empty() && std::all_of(version.begin(), version.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '+' || c == '~' || c == '-';
  });
  return fine ? std::string{version} : std::string{};
}

/// gnulib's own bootstrap script fetches from the network unless told not to. Old ones cannot be told, and take the submodule.
std::string gnulib_bootstrap(const TreeManifest& tree, const RecipeFacts& facts) {
  auto command = call(tree, "bootstrap");
  const auto knows = [&](std::string_view option) { return facts.bootstrap_text.find(option) != std::string::npos; };
  for (const std::string_view option : {"--no-git", "--skip-po"})
    if (knows(option)) command += fmt::format(" {}", option);
  const bool is_submodule = facts.gnulib.starts_with("/build/src/");
  if (!facts.gnulib.empty() && (knows("--no-git") || !is_submodule)) command += " --gnulib-srcdir=" + facts.gnulib;
  return command;
}

std::string bootstrap_command(const TreeManifest& tree, const RecipeFacts& facts) {
  if (has(tree, "bootstrap") && facts.bootstrap_text.find("gnulib-srcdir") != std::string::npos)
    return gnulib_bootstrap(tree, facts);
  for (const std::string_view name : {"bootstrap", "bootstrap.sh", "autogen.sh", "autogen", "buildconf"})
    if (has(tree, name)) return call(tree, name);
  return "autoreconf -fi";
}

/// Most configure scripts need no option; some want a word about TLS before they go on.
constexpr std::string_view k_configure =
    "./configure || { ./configure --help | grep -q -e --without-ssl && ./configure --without-ssl; }";
/// `distdir` is Automake's; OpenSSH and others call what they do before a release `distprep`.
constexpr std::string_view k_dist =
    "if grep -q '^distdir' Makefile; then make -k distdir; elif grep -q '^distprep' Makefile; then make -k distprep; "
    "fi";

Result<Recipe> autotools(const TreeManifest& tree, const RecipeFacts& facts) {
  Recipe recipe{"autotools",
                {},
                {"autoconf", "automake", "libtoolize", "autopoint", "m4", "make", "perl", "bison", "flex", "gperf",
                 "help2man", "makeinfo"}};
  const auto bootstrap = bootstrap_command(tree, facts);
  recipe.steps.push_back({bootstrap});
  if (!bootstrap.starts_with("autoreconf")) recipe.steps.push_back({"test -f configure || autoreconf -fi"});
  recipe.steps.push_back({std::string{k_configure}});
  const auto version = safe_version(facts.version);
  if (has(tree, "maketgz") && !version.empty()) recipe.steps.push_back({call(tree, "maketgz") + " " + version});
  else recipe.steps.push_back({std::string{k_dist}});
  return recipe;
}

Result<Recipe> meson(const TreeManifest&, const RecipeFacts&) {
  return Recipe{"meson",
                {{"meson setup build-assay"}, {"meson dist -C build-assay --no-tests --formats gztar --allow-dirty"}},
                {"meson", "ninja", "python3"}};
}

Result<Recipe> cmake(const TreeManifest&, const RecipeFacts&) {
  return Recipe{
      "cmake",
      {{"cmake -S . -B /build/out"}, {"cmake --build /build/out --target package_source && cp /build/out/*.tar.* ."}},
      {"cmake", "make"}};
}

Result<Recipe> python(const TreeManifest&, const RecipeFacts&) {
  return Recipe{"python", {{"python3 -m build --sdist --no-isolation || python3 setup.py sdist"}}, {"python3"}};
}

Result<Recipe> npm(const TreeManifest&, const RecipeFacts&) {
  return Recipe{"npm", {{"npm pack --offline"}}, {"npm", "node"}};
}

Result<Recipe> cargo(const TreeManifest&, const RecipeFacts&) {
  return Recipe{"cargo", {{"cargo package --no-verify --offline --allow-dirty"}}, {"cargo"}};
}

struct BuiltIn {
  std::string_view name;
  std::array<std::string_view, 3> signs;  ///< files at the root that mean it
  Result<Recipe> (*make)(const TreeManifest&, const RecipeFacts&);
};

// Autotools first: a project with more than one build system makes its release with that one nearly always.
constexpr BuiltIn k_built_in[] = {
    {"autotools", {"configure.ac", "configure.in", "bootstrap"}, autotools},
    {"meson", {"meson.build", "", ""}, meson},
    {"cargo", {"Cargo.toml", "", ""}, cargo},
    {"python", {"pyproject.toml", "setup.py", "setup.cfg"}, python},
    {"npm", {"package.json", "", ""}, npm},
    {"cmake", {"CMakeLists.txt", "", ""}, cmake},
};

std::string names() {
  std::string text;
  for (const auto& one : k_built_in) text += (text.empty() ? "" : ", ") + std::string{one.name};
  return text;
}

}  // namespace

std::string Recipe::to_string() const {
  std::string text = name + ":";
  for (const auto& step : steps) text += fmt::format("{} {}", text.ends_with(':') ? "" : ";", step.command);
  return text;
}

bool is_recipe_name(std::string_view word) noexcept {
  return std::any_of(std::begin(k_built_in), std::end(k_built_in), [&](const auto& one) { return one.name == word; });
}

Result<Recipe> recipe_named(std::string_view name, const TreeManifest& tree, const RecipeFacts& facts) {
  for (const auto& one : k_built_in)
    if (one.name == name) return one.make(tree, facts);
  return Error{ErrorCode::usage, fmt::format("there is no recipe '{}'", name), "--recipe",
               "the recipes are: " + names() + "; or give commands"};
}

Result<Recipe> choose_recipe(const TreeManifest& tree, const RecipeFacts& facts) {
  for (const auto& one : k_built_in)
    for (const auto sign : one.signs)
      if (!sign.empty() && has(tree, sign)) return one.make(tree, facts);
  return Error{ErrorCode::not_found,
               "nothing in the tree says how a release is made from it",
               {},
               "say how with --recipe 'COMMAND', repeated for each step"};
}

Recipe given_recipe(const std::vector<std::string>& commands) {
  Recipe recipe{
      "given", {}, {"autoconf", "automake", "libtoolize", "make", "cmake", "meson", "python3", "npm", "cargo"}};
  for (const auto& command : commands) recipe.steps.push_back({command});
  return recipe;
}

}  // namespace assay::rebuild
