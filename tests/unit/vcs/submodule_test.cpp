#include <fmt/format.h>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "vcs/reference.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

/// A repository `work` with the submodule `third/lib` (named "the lib"), which itself has the submodule `inner`.
void make_submodules(const GitFixture& git) {
  git.sh(R"(
    for name in lib inner; do git init -q -b main ../$name; done
    (cd ../inner; echo i > i.txt; git add -A; git commit -qm inner)
    (cd ../lib; echo '*.txt text' > .gitattributes; echo l > l.txt; git submodule --quiet add "$PWD/../inner" inner; git add -A; git commit -qm lib)
    echo a > a.txt
    git submodule --quiet add --name 'the lib' "$PWD/../lib" third/lib
    git -C third/lib submodule --quiet update --init
    git add -A; git commit -qm top)");
}

const std::string k_whole =
    ".gitmodules 644 file\na.txt 644 file\nthird/lib/.gitattributes 644 file\nthird/lib/.gitmodules 644 file\n"
    "third/lib/inner/i.txt 644 file\nthird/lib/l.txt 644 file\n";
const std::string k_top = ".gitmodules 644 file\na.txt 644 file\nthird/lib 0 submodule\n";

}  // namespace

TEST_CASE("submodule: entries stand under its path where its objects are at hand", "[vcs][submodule]") {
  const GitFixture git;
  make_submodules(git);
  const auto reference = open_reference(git.work(), "HEAD");
  CHECK(listing(*reference) == k_whole);
  CHECK(reference->coverage().complete());
  CHECK(content_of(*reference, "third/lib/inner/i.txt") == "i\n");
  CHECK(reference->attributes().get("third/lib/l.txt", "text").is_set());
  // Found through .git/modules alone, and at the recorded commit, whatever is checked out.
  git.sh("git -C third/lib commit -q --allow-empty -m later; git submodule --quiet deinit -f --all");
  CHECK(listing(*open_reference(git.work(), "HEAD")) == k_whole);
  CHECK(listing(*open_reference(git.work() / ".git", "HEAD")) == k_whole);
}

TEST_CASE("submodule: a checked-out repository of its own serves as well", "[vcs][submodule]") {
  const GitFixture git;
  make_submodules(git);
  git.sh(
      "git submodule --quiet deinit -f --all; rm -rf .git/modules third; mkdir third; git clone -q ../lib third/lib; "
      "git clone -q ../inner third/lib/inner");
  CHECK(listing(*open_reference(git.work(), "HEAD")) == k_whole);
}

TEST_CASE("submodule: without its objects it is an entry and a gap", "[vcs][submodule]") {
  const GitFixture git;
  make_submodules(git);
  git.sh("git clone -q --bare . ../bare.git; git clone -q . ../clone");
  for (const auto* path : {"bare.git", "clone"}) {
    CAPTURE(path);
    const auto reference = open_reference(git.root() / path, "HEAD");
    CHECK(listing(*reference) == k_top);
    REQUIRE(reference->coverage().gaps.size() == 1);
    CHECK(reference->coverage().gaps[0].what == "third/lib");
    CHECK(reference->coverage().gaps[0].remedy.find("git submodule update --init --recursive -- third/lib") !=
          std::string::npos);
    const auto recorded = git.sh("git rev-parse HEAD:third/lib");
    CHECK(reference->manifest().find("third/lib")->digests.git_oid.hex() + "\n" == recorded);
  }
}

TEST_CASE("submodule: repositories that the user names may have its commits", "[vcs][submodule]") {
  const GitFixture git;
  make_submodules(git);
  git.sh("git clone -q --bare . ../bare.git; git clone -q --bare ../lib ../lib.git");
  const auto open = [&](const std::vector<std::filesystem::path>& elsewhere) {
    auto source = open_source(git.root() / "bare.git", Limits{}, elsewhere);
    REQUIRE(source);
    return std::move(*(*source)->open("HEAD"));
  };
  CHECK(listing(*open({git.root() / "lib.git", git.root() / "inner"})) == k_whole);
  // One that lacks the commit is no help, whatever its name.
  const auto half = open({git.root() / "lib.git"});
  REQUIRE(half->coverage().gaps.size() == 1);
  CHECK(half->coverage().gaps[0].what == "third/lib/inner");
  CHECK(half->coverage().gaps[0].remedy.find("--submodule") != std::string::npos);
  const auto none = open_source(git.root() / "bare.git", Limits{}, std::vector{git.root()});
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("no git repository") != std::string::npos);
}

TEST_CASE("submodule: WORKTREE reads what is checked out in it", "[vcs][submodule]") {
  const GitFixture git;
  make_submodules(git);
  git.sh("echo changed > third/lib/inner/i.txt; echo new > third/lib/untracked");
  const auto reference = open_reference(git.work(), "WORKTREE");
  CHECK(listing(*reference) == k_whole);
  CHECK(content_of(*reference, "third/lib/inner/i.txt") == "changed\n");
  git.sh("git submodule --quiet deinit -f --all");
  CHECK(open_reference(git.work(), "WORKTREE")->coverage().gaps.size() == 1);
}

TEST_CASE("submodule: objects outside of the repository are not looked at", "[vcs][submodule][hostile]") {
  const GitFixture git;
  make_submodules(git);
  SECTION("through a link in the working tree") {
    git.sh("git submodule --quiet deinit -f --all; rm -rf .git/modules third; mkdir third; ln -s ../../lib third/lib");
  }
  SECTION("through a link in .git/modules") {
    git.sh(
        "git submodule --quiet deinit -f --all; rm -rf .git/modules third; mkdir .git/modules; ln -s ../../../lib/.git "
        "'.git/modules/the lib'");
  }
  SECTION("through a .git file that leads out") {
    git.sh(
        "git submodule --quiet deinit -f --all; rm -rf .git/modules third; mkdir -p third/lib; echo 'gitdir: "
        "../../../lib/.git' > third/lib/.git");
  }
  SECTION("through a name with dots") {
    git.sh(
        "git submodule --quiet deinit -f --all; rm -rf .git/modules third; mkdir .git/modules;"
        "sed -i 's,\"the lib\",\"../../../lib/.git\",' .gitmodules; git commit -qm evil .gitmodules");
  }
  const auto reference = open_reference(git.work(), "HEAD");
  CHECK(reference->manifest().find("third/lib/l.txt") == nullptr);
  CHECK(reference->coverage().gaps.size() == 1);
}

TEST_CASE("submodule: one that holds itself ends at the nesting limit", "[vcs][submodule][hostile]") {
  const GitFixture git;
  // Two commits cannot name each other, but one repository can serve as its own submodule at an older commit.
  git.sh(R"(
    echo 0 > f; git add f; git commit -qm 0
    mkdir -p .git/modules
    for i in 1 2 3 4 5; do
      printf '[submodule "me"]\n path = me\n url = x\n' > .gitmodules
      git add .gitmodules; git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),me; git commit -qm $i
    done
    at=.git/modules
    git clone -q --bare . .git/first
    for i in 1 2 3 4 5; do mkdir -p $at; cp -r .git/first $at/me; at=$at/me/modules; done)");
  Limits limits;
  limits.max_nesting = 3;
  const auto reference = open_reference(git.work(), "HEAD", limits);
  CHECK(reference->manifest().find("me/me/f") != nullptr);
  CHECK(reference->manifest().find("me/me/me")->kind == EntryKind::submodule);
  CHECK(reference->coverage().gaps.size() == 1);
  CHECK(open_reference(git.work(), "HEAD")->coverage().complete());
}
