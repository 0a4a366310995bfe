#include "rebuild/build_recipe.hpp"

#include "rebuild/build_log.hpp"
#include "rebuild/control_file.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;

namespace {

TreeManifest tree_of(const std::vector<std::string>& paths) {
  std::vector<TreeEntry> entries;
  for (const auto& path : paths) {
    TreeEntry entry;
    entry.path = path;
    entry.mode = 0755;
    entries.push_back(entry);
  }
  return TreeManifest{entries};
}

Result<BuildRecipe> read(std::string_view text) {
  const test::TempDir directory;
  return read_build_recipe(directory.write("recipe.toml", text));
}

}  // namespace

TEST_CASE("build recipe: chosen by what stands in the tree, the distribution's way first", "[rebuild][recipe]") {
  CHECK(choose_build_recipe(tree_of({"configure.ac", "debian/control", "debian/rules"}), "Source: x\n")->name ==
        "debian");
  CHECK(choose_build_recipe(tree_of({"CMakeLists.txt", "Makefile"}), "")->name == "cmake");
  CHECK(choose_build_recipe(tree_of({"configure", "Makefile"}), "")->phases[0].commands ==
        std::vector<std::string>{"./configure --prefix=/usr"});
  CHECK(choose_build_recipe(tree_of({"configure.ac", "autogen.sh"}), "")->phases[0].commands.size() == 2);
  // One that wraps CMake is no configure; zlib's, which Autoconf has not made either, fills in its makefile.
  CHECK(choose_build_recipe(tree_of({"configure", "CMakeLists.txt", "Makefile"}), "")->name == "cmake");
  CHECK(choose_build_recipe(tree_of({"configure", "CMakeLists.txt", "Makefile.in"}), "")->name == "autotools");
  CHECK(choose_build_recipe(tree_of({"configure", "configure.ac", "CMakeLists.txt"}), "")->name == "autotools");
  CHECK(choose_build_recipe(tree_of({"README"}), "").error().code == ErrorCode::not_found);
  CHECK(build_recipe_named("nonesuch", {}, "").error().code == ErrorCode::usage);
}

TEST_CASE("build recipe: a Debian package needs what its control file says, and fakeroot unless it needs no root",
          "[rebuild][recipe]") {
  const auto tree = tree_of({"debian/rules"});
  const auto recipe = build_recipe_named("debian", tree,
                                         "Source: x\nBuild-Depends: debhelper (>= 9),\n gcc | clang "
                                         "[amd64]\nBuild-Depends-Indep: doxygen\n\nPackage: x\nDepends: y\n");
  REQUIRE(recipe);
  CHECK(recipe->needs ==
        std::vector<std::string>{"build-essential", "fakeroot", "debhelper (>= 9)", "gcc | clang [amd64]", "doxygen"});
  const auto rootless = build_recipe_named("debian", tree, "Source: x\nRules-Requires-Root: no\n");
  CHECK(rootless->needs == std::vector<std::string>{"build-essential"});
}

TEST_CASE("build recipe: TOML is read whole, and each mistake is named with its line", "[rebuild][recipe]") {
  const auto recipe = read(
      "artifacts = ['a']\nneeds = ['b']\n[environment]\nX = 'y'\n[[phase]]\nname = 'build'\ncommands = "
      "['make']\n[[phase]]\nname = 'test'\ncommands = ['make check']\n");
  REQUIRE(recipe);
  CHECK(recipe->name == "given");
  CHECK(recipe->phases.size() == 2);
  CHECK(recipe->phases[1].name == "test");
  CHECK(recipe->environment == std::vector<std::pair<std::string, std::string>>{{"X", "y"}});
  CHECK(read("artifacts = ['a']\nphases = 1\n").error().where.ends_with(":2"));
  CHECK(read("artifacts = 'a'\n").error().message == "'artifacts' must be a list of strings");
  CHECK(read("artifacts = ['a']\n").error().message == "a recipe needs a phase");
  CHECK(read("[[phase]]\nname = 'build'\ncommands = ['make']\n")
            .error()
            .message.starts_with("a recipe needs 'artifacts'"));
  CHECK(read("artifacts = ['a']\n[[phase]]\nname = 'build; rm'\ncommands = ['make']\n")
            .error()
            .message.starts_with("a phase needs a name"));
  CHECK(read("artifacts = [\n").error().message.starts_with("not valid TOML"));
}

TEST_CASE("build recipe: letters outside of strings are no TOML, whatever they are", "[rebuild][recipe][hostile]") {
  // toml++ 3.3 calls most of them unreachable; see cmake/toml_reachable.h.
  for (const auto* text : {"a = \xd1\xa1 1\n", "\xd1\xa1 = 1\n", "a = 1 \xc3\xa9\n", "[\xc2\xb5]\n"})
    CHECK_FALSE(read(text));
}

TEST_CASE("control file: paragraphs, continuation lines, and a signature around them", "[rebuild][control]") {
  const auto fields = first_paragraph(
      "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nSource: hello\nBinary: a,\n b\nChecksums-Sha256:\n 00 1 x\n "
      "11 2 y\n\n-----BEGIN PGP SIGNATURE-----\nVersion: 9\n");
  CHECK(field(fields, "source") == "hello");
  CHECK(field(fields, "binary") == "a,\nb");
  CHECK(field(fields, "checksums-sha256") == "\n00 1 x\n11 2 y");
  CHECK(field(fields, "version").empty());
  CHECK(paragraphs("A: 1\n\n\nB: 2\n").size() == 2);
  CHECK(relations("a (>= 1),\n b | c, ,") == std::vector<std::string>{"a (>= 1)", "b | c"});
}

TEST_CASE("control file: a changelog's newest entry has name, version and time", "[rebuild][control]") {
  const auto head = changelog_head(
      "hello (2.10-3) unstable; urgency=medium\n\n  * x\n\n -- A B <a@b>  Mon, 26 Dec 2022 16:30:00 +0100\n\nhello "
      "(2.10-2) x; y\n");
  REQUIRE(head);
  CHECK(head->source == "hello");
  CHECK(head->version == "2.10-3");
  CHECK(head->time == 1672068600);
  CHECK_FALSE(changelog_head("Version 1.2 released\n"));
  CHECK_FALSE(changelog_head("hello (1) x\n -- A <a@b>  yesterday\n"));
  CHECK_FALSE(changelog_head(""));
}

TEST_CASE("build log: the first real error of the failed command is found", "[rebuild][log]") {
  const std::string log =
      "+ ./configure\nchecking for error: no\nx: error: earlier command\n+ make\ncc a.c\na.c:3:1: error: expected "
      "';'\nmake: *** [a.o] Error 1\n";
  const auto excerpt = error_excerpt(log, "make");
  CHECK(excerpt.find("expected ';'") != std::string::npos);
  CHECK(excerpt.find("earlier") == std::string::npos);
  CHECK(error_excerpt("", "make").empty());
  CHECK(error_excerpt("just\nlines\n", "") == "just\nlines\n");
}

TEST_CASE("build log: unmet dependencies become package names", "[rebuild][log]") {
  CHECK(unmet_packages("dpkg-checkbuilddeps: error: Unmet build dependencies: a (>= 2) | b c:native [amd64] d+e") ==
        std::vector<std::string>{"a", "c", "d+e"});
  CHECK(unmet_packages("").empty());
}
