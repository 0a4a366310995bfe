#include <fmt/format.h>
#include <sys/stat.h>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "vcs/reference.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

void make_two_releases(const GitFixture& git) {
  git.write("a.txt", "one\n");
  git.write("bin/run", "#!/bin/sh\n");
  git.sh(
      "chmod +x bin/run; ln -s ../a.txt bin/link; git add -A; git commit -qm first; git tag -a -m release v1.0; git "
      "tag light-1");
  git.write("a.txt", "two\n");
  git.sh("git commit -qam second; git branch topic/x; git tag v1.1");
}

}  // namespace

TEST_CASE("repository: files, modes and links of a commit", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  const auto reference = open_reference(git.work(), "v1.0");
  CHECK(listing(*reference) == "a.txt 644 file\nbin/link 0 symbolic link\nbin/run 755 file\n");
  CHECK(reference->manifest().find("bin/link")->link_target == "../a.txt");
  CHECK(reference->manifest().find("a.txt")->digests.git_oid ==
        git_object_id(fixture_hash(), "blob", as_bytes("one\n")));
  CHECK(content_of(*reference, "a.txt") == "one\n");
  CHECK(reference->coverage().complete());
  CHECK(reference->notes().empty());
  CHECK(reference->git_hash() == fixture_hash());
  const auto& source = reference->source();
  CHECK(source.kind == "git");
  CHECK(source.revision == "v1.0");
  CHECK(source.commit == trimmed(git.sh("git rev-parse v1.0^0")));
  CHECK(source.tree == trimmed(git.sh("git rev-parse v1.0^{tree}")));
  CHECK(source.commit_time == 1700003600);
}

TEST_CASE("repository: every form of it gives the same tree", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  git.sh(
      "git clone -q --bare . ../bare.git; git worktree add -q ../linked v1.0; git clone -q --depth 1 file://$PWD "
      "../shallow;"
      "git clone -q --mirror . ../packed.git; git -C ../packed.git gc -q");
  const auto expected = listing(*open_reference(git.work(), "main"));
  for (const auto* path : {"bare.git", "linked", "shallow", "packed.git", "work/.git", "work/", "bare.git/"}) {
    CAPTURE(path);
    const auto reference = open_reference(git.root() / path, "main");
    CHECK(listing(*reference) == expected);
    CHECK(content_of(*reference, "a.txt") == "two\n");
    CHECK(reference->coverage().complete());
  }
  CHECK(open_reference(git.root() / "shallow", "main")->notes().size() == 1);
}

TEST_CASE("repository: revisions of every kind lead to commits", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  git.sh("git clone -q . ../clone");
  const auto first = trimmed(git.sh("git rev-parse v1.0^0"));
  const auto second = trimmed(git.sh("git rev-parse main"));
  for (const auto& revision :
       {std::string{"v1.0"}, std::string{"light-1"}, first, first.substr(0, 10), std::string{"HEAD~1"},
        std::string{"main^"}, std::string{"refs/tags/v1.0"}, std::string{"v1.0^{commit}"}}) {
    CAPTURE(revision);
    CHECK(open_reference(git.work(), revision)->source().commit == first);
  }
  for (const auto* revision : {"main", "topic/x", "HEAD", "@", "v1.1"}) {
    CAPTURE(revision);
    CHECK(open_reference(git.work(), revision)->source().commit == second);
  }
  CHECK(open_reference(git.root() / "clone", "origin/topic/x")->source().commit == second);
  CHECK(open_reference(git.work(), "v1.0")->tag() == "v1.0");
  CHECK(open_reference(git.work(), "light-1")->tag() == "light-1");
  CHECK(open_reference(git.work(), "HEAD~1")->tag() == "v1.0");
  CHECK(open_reference(git.work(), "main")->tag() == "v1.1");
}

TEST_CASE("repository: steps behind a name, and names that git-describe makes", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  git.sh(
      "git checkout -q -b side v1.0; git commit -q --allow-empty -m side; git checkout -q main; git merge -q --no-ff "
      "-m m side; "
      "git tag -a -m t of-tag v1.0; git tag -a -m nested nested of-tag");
  for (const auto* revision :
       {"main",         "main^0",   "main^",      "main^1",    "main^2",          "main~1",       "main~2",
        "main^^",       "main^2~1", "main^2^",    "v1.0^{}",   "v1.0^{commit}^0", "nested",       "nested^{commit}",
        "nested^{tag}", "@~1",      "heads/main", "tags/v1.0", "refs/heads/side", "v1.0^{object}"}) {
    CAPTURE(revision);
    CHECK(open_reference(git.work(), revision)->source().commit ==
          trimmed(git.sh(fmt::format("git rev-parse '{}^{{commit}}'", revision))));
  }
  const auto head = trimmed(git.sh("git rev-parse main"));
  CHECK(open_reference(git.work(), "v1.0-3-g" + head.substr(0, 8))->source().commit == head);
  for (const auto* revision :
       {"main~9", "main^3", "main~99999999999999999999", "main^{house}", "main^x", "main^{commit", "^", "~1", "main~1x",
        "0000000", "../../etc/passwd", "v1.0-3-g000000000"}) {
    CAPTURE(revision);
    CHECK(open_error(git.work(), revision).code == ErrorCode::not_found);
  }
  CHECK(open_error(git.work(), std::string(head.size(), '0')).code == ErrorCode::not_found);
}

TEST_CASE("repository: an abbreviation that several objects share is ambiguous", "[vcs][repository]") {
  const GitFixture git;
  git.sh(
      "for i in $(seq 1 700); do echo $i | git hash-object -w --stdin; done > ../ids; git commit -q --allow-empty -m "
      "x");
  const auto shared = trimmed(git.sh("cut -c1-4 ../ids | sort | uniq -d | head -n 1"));
  REQUIRE(shared.size() == 4);
  CHECK(open_error(git.work(), shared).message == "the revision \"" + shared + "\" is ambiguous");
}

TEST_CASE("repository: what is no commit is refused", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  git.sh("git tag -a -m t tree-tag HEAD^{tree}; git tag blob-tag HEAD:a.txt");
  for (const auto* revision : {"v1.0^{tree}", "v1.0:a.txt", "main:bin", "tree-tag", "blob-tag"}) {
    CAPTURE(revision);
    CHECK(open_error(git.work(), revision).code == ErrorCode::usage);
  }
  CHECK(open_error(git.work(), "").code == ErrorCode::usage);
}

TEST_CASE("repository: an unknown revision is answered with the nearest tags", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  const auto error = open_error(git.work(), "1.1.0");
  CHECK(error.code == ErrorCode::not_found);
  CHECK(error.message == "there is no revision \"1.1.0\"");
  CHECK(error.where == git.work().string());
  CHECK(error.remedy.starts_with("did you mean: v1.1"));
  CHECK(open_error(git.work(), "\x1b[31m").message == "there is no revision \"\\x1b[31m\"");
  const GitFixture untagged;
  CHECK(open_error(untagged.work(), "v1").remedy == "the repository has no tags and no branches: fetch them");
  untagged.sh("git commit -q --allow-empty -m x");
  CHECK(open_error(untagged.work(), "mian").remedy == "did you mean: main");
}

TEST_CASE("repository: the limit on what is read is kept", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  const auto reference = open_reference(git.work(), "main");
  const auto* entry = reference->manifest().find("a.txt");
  REQUIRE(entry != nullptr);
  CHECK(reference->read(*entry, 4));
  const auto refused = reference->read(*entry, 3);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::limit);
  CHECK_FALSE(reference->read(*reference->manifest().find("bin/link"), 100));
}

TEST_CASE("repository: names of the commit", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  const auto commit = trimmed(git.sh("git rev-parse main"));
  const auto reference = open_reference(git.work(), "main");
  CHECK(reference->names_commit(commit));
  CHECK(reference->names_commit(commit.substr(0, 7)));
  CHECK(reference->names_commit(commit.substr(0, 4)));
  CHECK_FALSE(reference->names_commit(commit.substr(0, 3)));
  CHECK_FALSE(reference->names_commit(""));
  CHECK_FALSE(reference->names_commit("0000000"));
  CHECK_FALSE(reference->names_commit(commit + "0"));
}

TEST_CASE("repository: attributes are those of the tree, not of the working tree", "[vcs][repository]") {
  const GitFixture git;
  git.write(".gitattributes", "*.txt text eol=crlf\n");
  git.write("sub/.gitattributes", "x.txt -text\n");
  git.write("sub/x.txt", "x");
  git.sh("git add -A; git commit -qm x");
  git.write(".gitattributes", "*.txt binary\n");
  git.sh("mkdir -p .git/info; echo '* binary' > .git/info/attributes");
  const auto reference = open_reference(git.work(), "HEAD");
  CHECK(reference->attributes().get("a.txt", "eol").is_value("crlf"));
  CHECK(reference->attributes().get("a.txt", "text").is_set());
  CHECK(reference->attributes().get("sub/x.txt", "text").is_unset());
  CHECK(reference->attributes().get("sub/x.txt", "diff").kind == AttributeState::Kind::unspecified);
}

TEST_CASE("repository: a .gitattributes that is a link is not read, as in git", "[vcs][repository][hostile]") {
  const GitFixture git;
  git.write("elsewhere", "* export-ignore\n");
  git.sh("ln -s elsewhere .gitattributes; git add -A; git commit -qm x");
  const auto reference = open_reference(git.work(), "HEAD");
  CHECK(reference->attributes().empty());
  CHECK_FALSE(open_reference(git.work(), "WORKTREE")->attributes().export_ignored("elsewhere"));
}

TEST_CASE("repository: the same tree by SHA-1 and by SHA-256", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  git.sh(
      "for hash in sha1 sha256; do git init -q --bare --object-format=$hash ../$hash.git; git fast-export --all "
      "--signed-tags=strip | git -C ../$hash.git fast-import --quiet; done");
  const auto by_sha1 = open_reference(git.root() / "sha1.git", "v1.0");
  const auto by_sha256 = open_reference(git.root() / "sha256.git", "v1.0");
  CHECK(by_sha1->source().commit.size() == 40);
  CHECK(by_sha256->source().commit.size() == 64);
  CHECK(by_sha256->source().commit == trimmed(git.sh("git -C ../sha256.git rev-parse v1.0^0")));
  CHECK(listing(*by_sha1) == listing(*by_sha256));
  CHECK(content_of(*by_sha1, "a.txt") == content_of(*by_sha256, "a.txt"));
  CHECK(by_sha1->expand_format("%an %ae %at %ct %cI %s%n%b") == by_sha256->expand_format("%an %ae %at %ct %cI %s%n%b"));
  CHECK(git_hash_of(git.root() / "sha256.git") == GitHash::sha256);
  CHECK(git_hash_of(git.root()) == GitHash::sha1);
}

TEST_CASE("repository: extensions and versions that are not known are refused", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  git.sh("git config core.repositoryFormatVersion 1; git config extensions.refStorage reftable");
  CHECK(open_error(git.work(), "HEAD").code == ErrorCode::unsupported);
  git.sh(
      "git config --file .git/config extensions.refStorage files; git config --file .git/config "
      "extensions.partialClone origin");
  CHECK(open_reference(git.work(), "HEAD"));
  git.sh("git config --file .git/config extensions.fromTheFuture yes");
  CHECK(open_error(git.work(), "HEAD").message.find("fromthefuture") != std::string::npos);
  git.sh("git config --file .git/config core.repositoryFormatVersion 7");
  CHECK(open_error(git.work(), "HEAD").message == "repository format version 7 cannot be read");
}

TEST_CASE("repository: paths that are none are refused with a way out", "[vcs][repository]") {
  const TempDir dir;
  const auto absent = open_source(dir.path() / "absent", Limits{});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == ErrorCode::not_found);
  const auto file = open_source(dir.write("file.bundle", "# v2 git bundle\n"), Limits{});
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::format);
  CHECK_FALSE(file.error().remedy.empty());
  dir.write("empty/.git/HEAD", "ref: refs/heads/main\n");
  CHECK(open_error(dir.path() / "empty", "HEAD").code == ErrorCode::format);
  dir.write("lost/.git", "gitdir: ../nowhere\n");
  CHECK(open_error(dir.path() / "lost", "HEAD").code == ErrorCode::format);
  dir.write("junk/.git", "hello\n");
  CHECK(open_error(dir.path() / "junk", "HEAD").code == ErrorCode::format);
}

TEST_CASE("repository: a partial clone lacks only what is read", "[vcs][repository]") {
  const GitFixture git;
  make_two_releases(git);
  git.sh("git config uploadpack.allowFilter true; git clone -q --bare --filter=blob:none file://$PWD ../partial.git");
  const auto reference = open_reference(git.root() / "partial.git", "v1.0");
  CHECK(reference->manifest().size() == 3);
  REQUIRE(reference->coverage().gaps.size() == 1);  // the link's target
  CHECK(reference->coverage().gaps[0].what == "bin/link");
  const auto content = reference->read(*reference->manifest().find("a.txt"), 100);
  REQUIRE_FALSE(content);
  CHECK(content.error().code == ErrorCode::not_found);
  CHECK_FALSE(content.error().remedy.empty());
  CHECK(open_error(git.root() / "partial.git", "v1.0:a.txt").message.size() > 0);
}

TEST_CASE("repository: what is relative is so to where links lead", "[vcs][repository][hostile]") {
  const GitFixture git;
  git.write("real", "x");
  git.sh(R"(
    git add -A; git commit -qm x; cd ..; mkdir deep; mv work deep/work; git -C deep/work worktree add -q ../tree
    git init -q work; cd work; echo > decoy; git add -A; git commit -qm decoy; cd ..
    printf 'gitdir: ../work/.git\n' > deep/tree/.git; ln -s deep/tree tree
    ln -s deep/work/.git/worktrees/tree git_dir; mkdir objects refs)");
  for (const auto* path : {"deep/tree", "tree", "git_dir"}) {
    CAPTURE(path);
    CHECK(listing(*open_reference(git.root() / path, "HEAD")) == "real 644 file\n");
  }
}
