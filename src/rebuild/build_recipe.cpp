#include "rebuild/build_recipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "rebuild/control_file.hpp"

namespace assay::rebuild {

namespace {

constexpr std::string_view k_install = "$ASSAY_INSTALL/**";

bool has(const TreeManifest& tree, std::string_view path) {
  return tree.find(path) != nullptr;
}

std::string call(const TreeManifest& tree, std::string_view name) {
  const auto* entry = tree.find(name);
  return fmt::format("{}./{}", entry->executable() || entry->kind == EntryKind::symlink ? "" : "sh ", name);
}

/// Built as dpkg-buildpackage(1) builds it for an upload, without its tests and signatures. What the package says it needs is
/// looked at before.
BuildRecipe debian(const TreeManifest&, std::string_view control) {
  BuildRecipe recipe;
  const auto source = first_paragraph(control);
  recipe.phases = {
      {"build", {"export DEB_BUILD_OPTIONS=\"nocheck parallel=$(nproc)\"; dpkg-buildpackage -b -us -uc -nc -d"}}};
  recipe.artifacts = {"../*.deb", "../*.udeb"};
  // In a namespace of one user, chown(2) fails in a way that fakeroot does not expect of one who may not.
  recipe.environment = {{"FAKEROOTDONTTRYCHOWN", "1"}};
  recipe.needs = {"build-essential"};
  if (field(source, "rules-requires-root") != "no") recipe.needs.emplace_back("fakeroot");
  for (const auto* name : {"build-depends", "build-depends-arch", "build-depends-indep"})
    for (auto& one : relations(field(source, name))) recipe.needs.push_back(std::move(one));
  return recipe;
}

BuildRecipe autotools(const TreeManifest& tree, std::string_view) {
  BuildRecipe recipe;
  BuildPhase configure{"configure", {}};
  if (!has(tree, "configure")) {
    std::string bootstrap = "autoreconf -fi";
    for (const std::string_view name : {"bootstrap", "bootstrap.sh", "autogen.sh", "autogen", "buildconf"})
      if (has(tree, name)) bootstrap = call(tree, name);
    recipe.tools = {"autoconf", "automake", "autopoint", "gettext", "libtool", "pkg-config"};
    configure.commands.push_back("NOCONFIGURE=1 " + bootstrap);
  }
  configure.commands.emplace_back("./configure --prefix=/usr");
  recipe.phases = {
      configure, {"build", {"make -j\"$(nproc)\""}}, {"install", {"make install DESTDIR=\"$ASSAY_INSTALL\""}}};
  recipe.artifacts = {std::string{k_install}};
  return recipe;
}

BuildRecipe meson(const TreeManifest&, std::string_view) {
  BuildRecipe recipe;
  recipe.phases = {{"configure", {"meson setup --prefix=/usr --wrap-mode=nodownload assay-build"}},
                   {"build", {"meson compile -C assay-build -j \"$(nproc)\""}},
                   {"install", {"DESTDIR=\"$ASSAY_INSTALL\" meson install -C assay-build --no-rebuild"}}};
  recipe.tools = {"meson", "pkg-config"};
  recipe.artifacts = {std::string{k_install}};
  return recipe;
}

BuildRecipe cmake(const TreeManifest&, std::string_view) {
  BuildRecipe recipe;
  recipe.phases = {{"configure",
                    {"cmake -S . -B assay-build -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_BUILD_TYPE=Release "
                     "-DFETCHCONTENT_FULLY_DISCONNECTED=ON"}},
                   {"build", {"cmake --build assay-build -j \"$(nproc)\""}},
                   {"install", {"DESTDIR=\"$ASSAY_INSTALL\" cmake --install assay-build"}}};
  recipe.tools = {"cmake", "pkg-config"};
  recipe.artifacts = {std::string{k_install}};
  return recipe;
}

/// Not every makefile can install, and not each of those that can knows DESTDIR, or means by it what others do: then what
/// was made in the tree is taken. Elsewhere than where it may nothing can be installed.
BuildRecipe make(const TreeManifest&, std::string_view) {
  BuildRecipe recipe;
  recipe.phases = {{"build", {"make -j\"$(nproc)\""}},
                   {"install",
                    {"if { make -n install 2>/dev/null | grep -qF \"$ASSAY_INSTALL\" || make -n install "
                     "DESTDIR=\"$ASSAY_INSTALL\" 2>/dev/null | grep -qF \"$ASSAY_INSTALL\"; } && "
                     "make install DESTDIR=\"$ASSAY_INSTALL\" prefix=/usr PREFIX=/usr; "
                     "then :; else rm -rf \"$ASSAY_INSTALL\"/*; find . -type f -newer \"$ASSAY_STAMP\" ! -name '*.o' ! "
                     "-name '*.d' ! -name '*~' -exec cp "
                     "--parents -p {} \"$ASSAY_INSTALL\" ';'; fi"}}};
  recipe.artifacts = {std::string{k_install}};
  return recipe;
}

BuildRecipe python(const TreeManifest&, std::string_view) {
  BuildRecipe recipe;
  recipe.phases = {
      {"package",
       {"if python3 -c 'import build' 2>/dev/null; then python3 -m build --wheel --no-isolation --outdir assay-dist; "
        "elif [ -f setup.py ] && python3 -c 'import wheel' 2>/dev/null; then python3 setup.py -q bdist_wheel "
        "--dist-dir assay-dist; "
        "else python3 -m pip wheel --no-deps --no-build-isolation --no-index -w assay-dist .; fi"}}};
  recipe.artifacts = {"assay-dist/*"};
  recipe.tools = {"python3-build", "python3-pip", "python3-setuptools", "python3-wheel"};
  return recipe;
}

BuildRecipe npm(const TreeManifest&, std::string_view) {
  BuildRecipe recipe;
  recipe.phases = {{"package", {"mkdir -p assay-dist; npm pack --offline --pack-destination assay-dist"}}};
  recipe.tools = {"npm"};
  recipe.artifacts = {"assay-dist/*"};
  return recipe;
}

BuildRecipe cargo(const TreeManifest& tree, std::string_view) {
  BuildRecipe recipe;
  recipe.phases = {
      {"build", {fmt::format("cargo build --release --offline{}", has(tree, "Cargo.lock") ? " --locked" : "")}},
      {"install",
       {"find target/release -maxdepth 1 -type f ! -name '*.d' ! -name '.*' -exec cp -p {} \"$ASSAY_INSTALL\" ';'"}}};
  recipe.environment = {{"CARGO_NET_OFFLINE", "true"}};
  recipe.tools = {"cargo"};
  recipe.artifacts = {std::string{k_install}};
  return recipe;
}

struct BuiltIn {
  std::string_view name;
  std::array<std::string_view, 4> signs;  ///< files of the root that mean it
  BuildRecipe (*make)(const TreeManifest&, std::string_view control);
  std::string_view tests;  ///< the command that runs all tests after the other phases; empty if there is no such one
};

// A makefile that has none of these targets has no tests. One that has both may read other files in each; one that cannot
// make what it has fails.
constexpr std::string_view k_make_tests =
    "for target in check test; do LC_ALL=C make -n $target 2>&1 | "
    "grep -q \"^make: .*No rule to make target .$target'\" || make $target || exit; done";

// How the distribution builds it says more than how upstream does; plain make is what is left.
constexpr BuiltIn k_built_in[] = {
    {"debian", {"debian/rules"}, debian, {}},
    {"autotools", {"configure", "configure.ac", "configure.in"}, autotools, k_make_tests},
    {"meson", {"meson.build"}, meson, "meson test -C assay-build"},
    {"cargo", {"Cargo.toml"}, cargo, "cargo test --offline"},
    {"python", {"pyproject.toml", "setup.py", "setup.cfg"}, python, {}},
    {"npm", {"package.json"}, npm, {}},
    {"cmake", {"CMakeLists.txt"}, cmake, "ctest --test-dir assay-build --output-on-failure"},
    {"make", {"GNUmakefile", "Makefile", "makefile"}, make, k_make_tests},
};

std::string names() {
  std::string text;
  for (const auto& one : k_built_in) text += (text.empty() ? "" : ", ") + std::string{one.name};
  return text;
}

BuildRecipe made(const BuiltIn& one, std::string evidence, const TreeManifest& tree, std::string_view control) {
  auto recipe = one.make(tree, control);
  recipe.name = one.name;
  recipe.evidence = std::move(evidence);
  return recipe;
}

}  // namespace

std::string BuildRecipe::to_string() const {
  std::string text = name + ":";
  for (const auto& phase : phases)
    for (const auto& command : phase.commands) text += fmt::format("{} {}", text.ends_with(':') ? "" : ";", command);
  return text;
}

Result<BuildRecipe> build_recipe_named(std::string_view name, const TreeManifest& tree, std::string_view control) {
  for (const auto& one : k_built_in)
    if (one.name == name) return made(one, "asked for", tree, control);
  return Error{ErrorCode::usage, fmt::format("there is no recipe '{}'", name), "--recipe",
               "the recipes are: " + names() + "; or name a file FILE.toml"};
}

namespace {

/// A configure that Autoconf has not made and that fills in no makefile, beside CMake's file, calls cmake(1) for those who expect a
/// configure.
bool is_wrapper(std::string_view sign, const TreeManifest& tree) {
  return sign == "configure" && has(tree, "CMakeLists.txt") && !has(tree, "Makefile.in") &&
         !has(tree, "configure.ac") && !has(tree, "configure.in");
}

/// The file of the tree that means it; empty if there is none.
std::string_view sign_of(const BuiltIn& one, const TreeManifest& tree) {
  for (const auto sign : one.signs)
    if (!sign.empty() && has(tree, sign) && !is_wrapper(sign, tree)) return sign;
  return {};
}

Error nothing_says_how(std::string_view option) {
  return Error{ErrorCode::not_found,
               "nothing in the tree says how it is built",
               {},
               fmt::format("say how with {} FILE.toml; assay(1) has an example", option)};
}

}  // namespace

Result<BuildRecipe> choose_build_recipe(const TreeManifest& tree, std::string_view control) {
  for (const auto& one : k_built_in)
    if (const auto sign = sign_of(one, tree); !sign.empty()) return made(one, std::string{sign}, tree, control);
  return nothing_says_how("--recipe");
}

Result<BuildRecipe> choose_tested_recipe(std::string_view name, const TreeManifest& tree) {
  for (const auto& one : k_built_in) {
    const auto sign = name.empty() ? sign_of(one, tree) : one.name == name ? "asked for" : std::string_view{};
    // A distribution's own build runs its tests, if at all, in the midst of everything else.
    if (sign.empty() || (name.empty() && one.name == "debian")) continue;
    auto recipe = made(one, std::string{sign}, tree, {});
    if (!one.tests.empty()) recipe.phases.push_back({"test", {std::string{one.tests}}});
    return recipe;
  }
  if (!name.empty()) return build_recipe_named(name, tree, {});
  return nothing_says_how("--rebuild-recipe");
}

}  // namespace assay::rebuild
