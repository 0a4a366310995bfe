#include "rebuild/recipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "archive/reader.hpp"
#include "rebuild/driver.hpp"
#include "rebuild/tar_writer.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;

namespace {

TreeManifest tree(std::initializer_list<const char*> paths) {
  std::vector<TreeEntry> entries;
  for (const auto* path : paths) {
    TreeEntry entry;
    entry.path = path;
    entry.mode = 0755;
    entries.push_back(entry);
  }
  return TreeManifest{std::move(entries)};
}

}  // namespace

TEST_CASE("recipe: what stands in the tree decides", "[rebuild][recipe]") {
  CHECK(choose_recipe(tree({"configure.ac"}), {})->steps[0].command == "autoreconf -fi");
  CHECK(choose_recipe(tree({"configure.ac", "autogen.sh"}), {})->steps[0].command == "./autogen.sh");
  CHECK(choose_recipe(tree({"configure.ac", "meson.build"}), {})->name == "autotools");
  CHECK(choose_recipe(tree({"meson.build"}), {})->name == "meson");
  CHECK(choose_recipe(tree({"pyproject.toml"}), {})->name == "python");
  CHECK(choose_recipe(tree({"package.json"}), {})->name == "npm");
  CHECK(choose_recipe(tree({"Cargo.toml"}), {})->name == "cargo");
  CHECK(choose_recipe(tree({"CMakeLists.txt"}), {})->name == "cmake");
  CHECK_FALSE(choose_recipe(tree({"README"}), {}));
}

TEST_CASE("recipe: gnulib's bootstrap is told to stay off the network, if it can be told", "[rebuild][recipe]") {
  const auto first_step = [](std::string gnulib, std::string script) {
    return choose_recipe(tree({"configure.ac", "bootstrap"}), {{}, std::move(gnulib), std::move(script)})
        ->steps[0]
        .command;
  };
  const std::string now = "--gnulib-srcdir=DIR --no-git --skip-po", old = "--gnulib-srcdir=DIR";
  CHECK(first_step("/build/src/gnulib", now) == "./bootstrap --no-git --skip-po --gnulib-srcdir=/build/src/gnulib");
  CHECK(first_step("/build/src/.gnulib", old) == "./bootstrap");
  CHECK(first_step("/build/gnulib", old) == "./bootstrap --gnulib-srcdir=/build/gnulib");
}

TEST_CASE("recipe: a version from a file name gets into a command only if it is one", "[rebuild][recipe][hostile]") {
  CHECK(choose_recipe(tree({"configure.ac", "maketgz"}), {"7.88.1", {}, {}})->steps.back().command ==
        "./maketgz 7.88.1");
  for (const auto* version : {"1.0; reboot", "$(x)", "1 2", "../x", ""})
    CHECK(choose_recipe(tree({"configure.ac", "maketgz"}), {version, {}, {}})->to_string().find("maketgz") ==
          std::string::npos);
}

TEST_CASE("driver: a command is one word of the script, whatever is in it", "[rebuild][hostile]") {
  for (const std::string command : {"echo 'a' \"b\" $(c) `d` \\", "it's", "'; exit 1; '", "two\nlines"})
    CHECK(test::shell("printf %s " + shell_quote(command)) == command);
}

TEST_CASE("tar writer: what it writes is what tar and our reader see", "[rebuild][tar]") {
  test::TempDir dir;
  const auto file = dir.path() / "tree.tar";
  const int fd = ::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::string deep = std::string(60, 'd') + "/" + std::string(70, 'f');
  TarWriter tar{fd, 1'600'000'000};
  REQUIRE(tar.add_file("src/run.sh", as_bytes("#!/bin/sh\n"), true));
  REQUIRE(tar.add_file(deep, as_bytes(std::string(512, 'x')), false));
  REQUIRE(tar.add_file("empty", {}, false));
  REQUIRE(tar.add_link("link", std::string(150, 't')));
  REQUIRE(tar.finish());
  ::close(fd);
  const auto contents = archive::read_archive(file, {});
  REQUIRE(contents);
  CHECK(contents->coverage.complete());
  REQUIRE(contents->entries.size() == 4);
  CHECK(contents->entries[0].executable());
  CHECK(contents->entries[1].path == deep);
  CHECK(contents->entries[3].link_target == std::string(150, 't'));
  CHECK(test::shell("tar -tf '" + file.string() + "' | wc -l").find('4') != std::string::npos);
}
