#include <fmt/format.h>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "vcs/reference.hpp"

using namespace assay;
using namespace assay::vcs;
using assay::test::content_of;
using assay::test::GitFixture;
using assay::test::open_reference;

namespace {

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// A history of 30 commits with a tag at every tenth; each changes one file and the counter.
void make_history(const GitFixture& git) {
  const auto file = [](const std::string& path, const std::string& content) {
    return fmt::format("M 100644 inline {}\ndata {}\n{}\n", path, content.size(), content);
  };
  std::string stream;
  for (int i = 1; i <= 30; ++i) {
    stream += fmt::format("commit refs/heads/main\ncommitter C <c@example.org> {} +0000\ndata 1\nx\n",
                          1'700'000'000 + i * 1000);
    if (i == 1)
      for (int n = 1; n <= 9; ++n)
        stream += file(fmt::format("src/f{}.c", n), fmt::format("file {}", n)) +
                  file(fmt::format("doc/d{}.txt", n), fmt::format("doc {}", n));
    stream +=
        file(fmt::format("src/f{}.c", i % 9 + 1), fmt::format("version {}", i)) + file("counter", std::to_string(i));
    if (i % 10 == 0) stream += fmt::format("reset refs/tags/v{}\nfrom refs/heads/main\n\n", i / 10);
  }
  git.write("../stream", stream);
  git.sh("git fast-import --quiet < ../stream && git checkout -q -f main");
}

/// The tree of `revision` unpacked below `prefix`, as a subject.
std::vector<TreeEntry> subject_of(const GitFixture& git, const std::string& revision, const std::string& prefix) {
  git.sh(fmt::format("rm -rf ../subject; mkdir ../subject; git archive --prefix='{}' {} | tar x -C ../subject", prefix,
                     revision));
  const auto reference = open_reference(git.root() / "subject", "");
  auto entries = reference->manifest().entries();
  // A directory has ids of SHA-1; a release is hashed as the repository that it is compared with.
  for (auto& entry : entries)
    entry.digests.git_oid =
        git_object_id(assay::test::fixture_hash(), "blob", as_bytes(content_of(*reference, entry.path)));
  return entries;
}

ReferenceSource::BestMatch match(const GitFixture& git, const std::vector<TreeEntry>& subject) {
  const auto source = open_source(git.work(), Limits{});
  REQUIRE(source);
  const auto match = (*source)->best_match(subject);
  if (!match) FAIL(match.error().to_string());
  return *match;
}

}  // namespace

TEST_CASE("match: a tagged release is found by its tree", "[vcs][match]") {
  const GitFixture git;
  make_history(git);
  const auto found = match(git, subject_of(git, "v2", "pkg-2/"));
  CHECK(found.revision == "v2");
  CHECK(found.is_tag);
  CHECK(found.matched == 19);
  CHECK(found.possible == 19);
  CHECK_FALSE(found.bounded);
}

TEST_CASE("match: a snapshot between two tags finds its commit", "[vcs][match]") {
  const GitFixture git;
  make_history(git);
  const auto expected = trimmed(git.sh("git rev-parse v2~4"));
  auto subject = subject_of(git, "v2~4", "pkg-snapshot/");
  SECTION("as it is") {}
  SECTION("with generated files, and one that was changed") {
    for (const auto* name : {"pkg-snapshot/configure", "pkg-snapshot/doc/d1.txt"}) {
      TreeEntry entry;
      entry.path = name;
      entry.size = 9;
      entry.digests.git_oid = git_object_id(assay::test::fixture_hash(), "blob", as_bytes("generated"));
      std::erase_if(subject, [&](const TreeEntry& other) { return other.path == name; });
      subject.push_back(entry);
    }
  }
  const auto found = match(git, subject);
  CHECK(found.revision == expected);
  CHECK_FALSE(found.is_tag);
  CHECK(found.matched == found.possible);
}

TEST_CASE("match: copies of one blob do not outweigh what is missing", "[vcs][match]") {
  const GitFixture git;
  make_history(git);
  const auto expected = trimmed(git.sh("git rev-parse HEAD"));
  // The next commit copies a file of the subject twenty times and changes another.
  const auto subject = subject_of(git, "HEAD", "");
  git.sh(R"(i=0; while [ $i -lt 20 ]; do i=$((i + 1)); cp doc/d1.txt copy$i; done; echo changed > src/f2.c
            git tag -d v3 >/dev/null; git add -A; GIT_COMMITTER_DATE='1800000000 +0000' git commit -qm copies)");
  CHECK(match(git, subject).revision == expected);
}

TEST_CASE("match: a release that is a sub-directory of the repository is found", "[vcs][match]") {
  const GitFixture git;
  make_history(git);
  const auto expected = trimmed(git.sh("git rev-parse v2~4"));
  const auto found = match(git, subject_of(git, "v2~4:src", "lib-1.0/"));
  // Commits in which `src` is the same are equally good; the oldest is taken, and v2~4 changes a file in it.
  CHECK(found.revision == expected);
  CHECK(found.matched == 9);
}

TEST_CASE("match: what only a stranger's pull request holds is no match, nor is it named by a file name",
          "[vcs][match][hostile]") {
  const GitFixture git;
  make_history(git);
  git.sh(
      "git checkout -q --detach v1; echo evil > src/f1.c; git commit -qam evil; git update-ref refs/pull/1/head HEAD");
  const auto request = trimmed(git.sh("git rev-parse refs/pull/1/head; git checkout -q main"));
  const auto subject = subject_of(git, "refs/pull/1/head", "x/");
  CHECK(match(git, subject).revision == "v1");
  const auto named = [&] {
    const auto source = open_source(git.work(), Limits{});
    REQUIRE(source);
    return (*source)->revisions_for("x-1.0-g" + request.substr(0, 12) + ".tar.gz");
  };
  CHECK(named().empty());
  git.sh("git branch accepted refs/pull/1/head");
  CHECK(match(git, subject).revision == request);
  CHECK(named() == std::vector<std::string>{request});
}

TEST_CASE("match: without tags the history alone decides", "[vcs][match]") {
  const GitFixture git;
  make_history(git);
  const auto expected = trimmed(git.sh("git rev-parse v1; git tag -d v1 v2 v3 >/dev/null"));
  CHECK(match(git, subject_of(git, expected, "")).revision == expected);
}

TEST_CASE("match: a shallow clone says that more may lie beyond", "[vcs][match]") {
  const GitFixture git;
  make_history(git);
  const auto subject = subject_of(git, "v2~4", "");
  git.sh("git clone -q --depth 5 --no-tags file://$PWD ../shallow");
  const auto source = open_source(git.root() / "shallow", Limits{});
  REQUIRE(source);
  const auto found = (*source)->best_match(subject);
  REQUIRE(found);
  CHECK(found->bounded);
  CHECK(found->matched < found->possible + 10);
}

TEST_CASE("match: a subject that has nothing of the repository is an error with a remedy", "[vcs][match]") {
  const GitFixture git;
  make_history(git);
  const test::TempDir other;
  other.write("a", "something else");
  const auto source = open_source(git.work(), Limits{});
  REQUIRE(source);
  const auto found = (*source)->best_match(open_reference(other.path(), "")->manifest().entries());
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::not_found);
  CHECK_FALSE(found.error().remedy.empty());
  CHECK_FALSE((*source)->best_match({}));
}

TEST_CASE("match: tags whose names fit, and a commit named in the file name", "[vcs][match]") {
  const GitFixture git;
  make_history(git);
  const auto commit = trimmed(git.sh("git tag pkg-2.0 v2; git rev-parse v2~4"));
  const auto source = open_source(git.work(), Limits{});
  REQUIRE(source);
  CHECK((*source)->revisions_for("pkg_2.0.orig.tar.gz") == std::vector<std::string>{"pkg-2.0", "v2"});
  CHECK((*source)->revisions_for("pkg-" + commit + ".tar.gz") == std::vector<std::string>{commit});
  CHECK((*source)->revisions_for("pkg-9.tar.gz").empty());
}
