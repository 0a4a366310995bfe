#include <fmt/format.h>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "vcs/reference.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

TEST_CASE("directory: files, modes and links of a plain directory", "[vcs][directory]") {
  const TempDir dir;
  dir.write("tree/b.txt", "hello\n");
  dir.write("tree/a/run", "x");
  dir.write("tree/.gitattributes", "*.txt text\n");
  dir.write("tree/a/.git/config", "not looked at");
  shell(fmt::format("cd '{}/tree'; chmod 755 a/run; ln -s /etc/passwd link; ln -s a dirlink", dir.path().string()));
  const auto reference = open_reference(dir.path() / "tree", "");
  CHECK(listing(*reference) ==
        ".gitattributes 644 file\na/run 755 file\nb.txt 644 file\ndirlink 0 symbolic link\nlink 0 symbolic link\n");
  const auto* entry = reference->manifest().find("b.txt");
  CHECK(entry->size == 6);
  CHECK(entry->sha256_known);
  CHECK(entry->digests.sha256 == sha256(as_bytes("hello\n")));
  CHECK(entry->digests.git_oid == git_object_id(GitHash::sha1, "blob", as_bytes("hello\n")));
  CHECK(reference->manifest().find("link")->link_target == "/etc/passwd");
  CHECK(content_of(*reference, "b.txt") == "hello\n");
  CHECK(reference->attributes().get("b.txt", "text").is_set());
  CHECK(reference->source().kind == "directory");
  CHECK(reference->source().commit.empty());
  CHECK(reference->coverage().complete());
  CHECK_FALSE(reference->expand_format("%H"));
  CHECK_FALSE(reference->format_matches("%n", "\n"));
  CHECK_FALSE(reference->names_commit("0000000"));
}

TEST_CASE("directory: has no revisions", "[vcs][directory]") {
  const TempDir dir;
  dir.write("tree/a", "x");
  CHECK(open_error(dir.path() / "tree", "v1.0").code == ErrorCode::usage);
  CHECK(open_reference(dir.path() / "tree", "WORKTREE")->manifest().size() == 1);
  const auto source = open_source(dir.path() / "tree", Limits{});
  REQUIRE(source);
  CHECK((*source)->revisions_for("a-1.0.tar.gz").empty());
  CHECK_FALSE((*source)->best_match({}));
}

TEST_CASE("directory: a sub-directory of a repository is a plain directory", "[vcs][directory]") {
  const GitFixture git;
  git.write("sub/a", "x");
  git.sh("git add -A; git commit -qm x");
  CHECK(open_reference(git.work() / "sub", "")->source().kind == "directory");
}

TEST_CASE("directory: special files are gaps, and nothing waits for them", "[vcs][directory][hostile]") {
  const TempDir dir;
  dir.write("tree/a", "x");
  shell(fmt::format("mkfifo '{}/tree/pipe'", dir.path().string()));
  const auto reference = open_reference(dir.path() / "tree", "");
  CHECK(listing(*reference) == "a 644 file\n");
  REQUIRE(reference->coverage().gaps.size() == 1);
  CHECK(reference->coverage().gaps[0].what == "pipe");
}

TEST_CASE("directory: limits are coverage gaps", "[vcs][directory][hostile]") {
  const TempDir dir;
  for (const auto* name : {"tree/a", "tree/b/c", "tree/b/d/e", "tree/large"}) dir.write(name, "0123456789");
  const auto gaps = [&](const Limits& limits) {
    return open_reference(dir.path() / "tree", "", limits)->coverage().gaps.size();
  };
  CHECK(gaps({}) == 0);
  Limits limits;
  limits.max_entries = 2;
  CHECK(gaps(limits) > 0);
  limits = {};
  limits.max_path_depth = 2;
  CHECK(gaps(limits) == 1);
  limits = {};
  limits.max_entry_size = 9;
  CHECK(gaps(limits) == 4);
  limits = {};
  limits.max_total_size = 15;
  CHECK(gaps(limits) == 1);
  limits = {};
  limits.max_path_length = 4;
  CHECK(gaps(limits) == 2);
}

TEST_CASE("directory: a file that changed since it was hashed is not passed off for it", "[vcs][directory][hostile]") {
  const TempDir dir;
  dir.write("tree/a", "before");
  const auto reference = open_reference(dir.path() / "tree", "");
  const auto* entry = reference->manifest().find("a");
  CHECK_FALSE(reference->read(*entry, 5));
  dir.write("tree/a", "after!");
  const auto content = reference->read(*entry, 100);
  REQUIRE_FALSE(content);
  CHECK(content.error().message == "changed since it was first read");
  shell(fmt::format("cd '{}/tree'; rm a; ln -s /etc/passwd a", dir.path().string()));
  CHECK_FALSE(reference->read(*entry, 100'000));
}

TEST_CASE("directory: WORKTREE is what is tracked, as it is on disk", "[vcs][worktree]") {
  const GitFixture git;
  git.write("a.txt", "committed\n");
  git.write("gone", "x");
  git.write("dir/b", "b");
  git.write(".gitignore", "*.o\nbuild/\n");
  git.sh("git add -A; git commit -qm x; git tag v1; rm gone; chmod +x dir/b");
  git.write("a.txt", "changed\n");
  git.write("untracked", "x");
  git.write("new.o", "x");
  git.write("build/x/y", "x");
  git.write("staged", "s");
  git.sh("git add staged");
  const auto reference = open_reference(git.work(), "WORKTREE");
  CHECK(listing(*reference) == ".gitignore 644 file\na.txt 644 file\ndir/b 755 file\nstaged 644 file\n");
  CHECK(content_of(*reference, "a.txt") == "changed\n");
  CHECK(reference->notes() ==
        std::vector<std::string>{"1 untracked file of the working tree is not part of the reference",
                                 "1 tracked file is not in the working tree"});
  CHECK(reference->coverage().complete());
  CHECK(reference->source().kind == "worktree");
  CHECK(reference->source().tree.empty());
  CHECK(reference->tag() == "v1");
  CHECK(reference->names_commit(reference->source().commit));
}

TEST_CASE("directory: WORKTREE of a linked worktree is its own", "[vcs][worktree]") {
  const GitFixture git;
  git.write("a", "1");
  git.sh("git add -A; git commit -qm x; git worktree add -q ../linked -b other; echo 2 > ../linked/a");
  CHECK(content_of(*open_reference(git.root() / "linked", "WORKTREE"), "a") == "2\n");
  CHECK(content_of(*open_reference(git.work(), "WORKTREE"), "a") == "1");
}

TEST_CASE("directory: WORKTREE needs a working tree, not a commit", "[vcs][worktree]") {
  const GitFixture git;
  git.write("a", "x");
  git.sh("git add a; git clone -q --bare . ../bare.git 2>/dev/null");
  CHECK(open_reference(git.work(), "WORKTREE")->manifest().size() == 1);
  CHECK(open_error(git.root() / "bare.git", "WORKTREE").code == ErrorCode::usage);
}

TEST_CASE("directory: WORKTREE says what a sparse checkout and a conflict leave open", "[vcs][worktree]") {
  const GitFixture git;
  git.write("in/a", "x");
  git.write("out/b", "x");
  git.sh("git add -A; git commit -qm x; git sparse-checkout set --no-cone in");
  CHECK(open_reference(git.work(), "WORKTREE")->coverage().gaps.size() == 1);
  git.sh(
      "git sparse-checkout disable; git checkout -q -b side; echo s > in/a; git commit -qam s; git checkout -q main;"
      "echo m > in/a; git commit -qam m; git merge -q side >/dev/null 2>&1 || true");
  const auto reference = open_reference(git.work(), "WORKTREE");
  REQUIRE(reference->coverage().gaps.size() == 1);
  CHECK(reference->coverage().gaps[0].reason == "a merge conflict is not resolved");
  CHECK(reference->manifest().size() == 2);
}

TEST_CASE("directory: WORKTREE does not follow a directory that became a link", "[vcs][worktree][hostile]") {
  const GitFixture git;
  git.write("dir/secret", "tracked");
  git.sh(
      "git add -A; git commit -qm x; mkdir ../outside; echo outside > ../outside/secret; rm -r dir; ln -s ../outside "
      "dir");
  const auto reference = open_reference(git.work(), "WORKTREE");
  CHECK(reference->manifest().empty());
  CHECK(reference->notes().size() == 2);
}
