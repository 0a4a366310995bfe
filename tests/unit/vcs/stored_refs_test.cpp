#include "vcs/stored_refs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "vcs/repository.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

const std::string k_one(40, '1');
const std::string k_two(40, '2');

std::string shown(const std::vector<StoredRef>& refs) {
  std::string text;
  for (const auto& ref : refs) text += fmt::format("{} {}\n", ref.name, ref.target->hex().front());
  return text;
}

std::string packed(std::string_view content, std::string_view prefix = "refs/tags/", GitHash hash = GitHash::sha1) {
  const PackedRefs refs{Bytes{content.begin(), content.end()}, hash};
  for (const auto& ref : refs.below("")) CHECK(refs.find(ref.name) == ref.target);
  return shown(refs.below(prefix));
}

/// What git and the repository say of branches and tags.
void check_as_git_has_them(const GitFixture& git) {
  const auto repository = Repository::open(git.work() / ".git");
  REQUIRE(repository);
  std::vector<std::string> tags;
  for (const auto& tag : (*repository)->tags())
    tags.push_back(fmt::format("{} {} {}", tag.name, tag.commit.hex(), tag.object.hex()));
  auto branches = (*repository)->branches();
  std::sort(branches.begin(), branches.end());
  CHECK(
      fmt::format("{}\n", fmt::join(tags, "\n")) ==
      git.sh(
          "for t in $(git tag | LC_ALL=C sort); do echo $t $(git rev-parse $t^0) $(git rev-parse refs/tags/$t); done"));
  CHECK(fmt::format("{}\n", fmt::join(branches, "\n")) ==
        git.sh("git for-each-ref --format='%(refname)' refs/heads refs/remotes | sed -E 's#^refs/(heads|remotes)/##' | "
               "LC_ALL=C sort"));
}

}  // namespace

TEST_CASE("packed refs: names below the prefix", "[vcs][refs]") {
  const auto text = fmt::format(
      "# pack-refs with: peeled fully-peeled sorted \n{0} refs/heads/main\n{0} refs/pull/1/head\n{0} "
      "refs/tags/a/b\n{0} "
      "refs/tags/v1\n^{1}\n{1} refs/tags/v2\n",
      k_one, k_two);
  CHECK(packed(text) == "refs/tags/a/b 1\nrefs/tags/v1 1\nrefs/tags/v2 2\n");
  CHECK(packed(text, "refs/heads/") == "refs/heads/main 1\n");
  CHECK(packed(text, "refs/notes/").empty());
}

TEST_CASE("packed refs: what is no line of a ref is passed over", "[vcs][refs][hostile]") {
  CHECK(packed("").empty());
  CHECK(packed("\n\n^\n^^^\nrefs/tags/x\n").empty());
  CHECK(packed("^" + k_two + "\n" + k_one + " refs/tags/v1").starts_with("refs/tags/v1 1\n"));
  CHECK(packed(k_one + "refs/tags/v1\n" + std::string(40, 'x') + " refs/tags/v2\n^" + k_two + "\n").empty());
  CHECK(packed(k_one + " refs/tags/v1\r\n^" + k_two + "\r\n") == "refs/tags/v1 1\n");
  CHECK(packed(k_one + " refs/tags/z\n" + k_one + " refs/tags/a\n" + k_two + " refs/tags/z\n") ==
        "refs/tags/a 1\nrefs/tags/z 2\n");
}

TEST_CASE("packed refs: ids of another hash are none", "[vcs][refs]") {
  const std::string sha256(64, '3');
  const auto text = k_one + " refs/tags/v1\n" + sha256 + " refs/tags/v2\n^" + k_two + "\n";
  CHECK(packed(text) == "refs/tags/v1 1\n");
  CHECK(packed(text, "refs/tags/", GitHash::sha256) == "refs/tags/v2 3\n");
}

TEST_CASE("stored refs: names that lead elsewhere are no refs", "[vcs][refs][hostile]") {
  for (const auto* name : {"HEAD", "ORIG_HEAD", "refs/heads/main", "refs/tags/v1.0", "refs/heads/a/b"})
    CHECK(is_ref_name(name));
  for (const auto* name : {"", "head", "../x", "refs/../../etc/passwd", "refs/heads/..", "refs//x", "refs/x/",
                           "refs/heads/.x", "refs/heads/x.lock", "refs/heads/a b", "refs/heads/a\nb",
                           "refs/heads/a@{1}", "refs/heads/a*", "/refs/heads/x", "config"})
    CHECK_FALSE(is_ref_name(name));
}

TEST_CASE("stored refs: symbolic refs are followed, but not in circles", "[vcs][refs][hostile]") {
  const GitFixture git;
  git.sh("git commit -q --allow-empty -m x; git symbolic-ref refs/heads/alias refs/heads/main");
  const StoredRefs refs{git.work() / ".git", git.work() / ".git", fixture_hash()};
  CHECK(refs.target("refs/heads/alias")->hex() == first_line(git.sh("git rev-parse main")));
  CHECK(refs.target("HEAD") == refs.target("refs/heads/main"));
  git.write(".git/refs/heads/a", "ref: refs/heads/b\n");
  git.write(".git/refs/heads/b", "ref: refs/heads/a\n");
  git.write(".git/refs/heads/out", "ref: ../../outside\n");
  git.write("outside", first_line(git.sh("git rev-parse main")));
  CHECK_FALSE(refs.target("refs/heads/a"));
  CHECK_FALSE(refs.target("refs/heads/out"));
}

TEST_CASE("stored refs: loose, packed and both, as git has them", "[vcs][refs]") {
  const GitFixture git;
  git.write("a", "1\n");
  git.sh("git add a; git commit -qm one; git tag light; git tag -a -m x v1.0; git branch topic/x; git tag nested/v2");
  check_as_git_has_them(git);
  git.sh("git pack-refs --all");
  check_as_git_has_them(git);
  git.write("a", "2\n");
  git.sh("git commit -qam two; git tag -f light; git tag -a -m y v1.1; git branch other; git tag -d nested/v2");
  check_as_git_has_them(git);
  git.sh(
      "mkdir -p .git/refs/remotes/origin; git update-ref refs/remotes/origin/main main; git symbolic-ref "
      "refs/remotes/origin/HEAD refs/remotes/origin/main; git update-ref refs/pull/1/head main");
  check_as_git_has_them(git);
  // A lock that a killed git left, and a file that holds no id.
  git.sh("cp .git/refs/tags/light .git/refs/tags/v9.lock");
  check_as_git_has_them(git);
  git.sh("echo nonsense > .git/refs/tags/broken");
  const auto repository = Repository::open(git.work() / ".git");
  REQUIRE(repository);
  CHECK((*repository)->tags().size() == 3);
}

TEST_CASE("stored refs: where packed-refs says that a tag leads is not believed", "[vcs][refs][hostile]") {
  const GitFixture git;
  git.sh(
      "git commit -q --allow-empty -m one; git tag -a -m x v1; git commit -q --allow-empty -m two; git tag -a -m x v2; "
      "git pack-refs --all; sed -i \"s/^^.*/^$(git rev-parse main)/\" .git/packed-refs");
  const auto repository = Repository::open(git.work() / ".git");
  REQUIRE(repository);
  REQUIRE((*repository)->tags().size() == 2);
  CHECK((*repository)->tags()[0].commit.hex() == first_line(git.sh("git rev-parse main~1")));
}

TEST_CASE("stored refs: many packed refs are looked up as fast as few", "[vcs][refs][hostile]") {
  std::string text;
  constexpr int k_many = 200'000;
  for (int i = k_many; i > 0; --i) text += fmt::format("{} refs/tags/{:06}\n", i % 2 == 0 ? k_two : k_one, i);
  const PackedRefs refs{Bytes{text.begin(), text.end()}, GitHash::sha1};
  for (int i = 1; i <= k_many; ++i)
    if (refs.find(fmt::format("refs/tags/{:06}", i))->hex() != (i % 2 == 0 ? k_two : k_one)) FAIL(i);
  CHECK(refs.below("refs/tags/1").size() == 100'000);
  CHECK_FALSE(refs.find("refs/tags/"));
  CHECK_FALSE(refs.find("refs/tags/1"));
}

TEST_CASE("stored refs: a link to a directory elsewhere has no refs", "[vcs][refs][hostile]") {
  const GitFixture git;
  git.sh(
      "git commit -q --allow-empty -m x; mkdir ../elsewhere; cp .git/refs/heads/main ../elsewhere/other; mkdir -p "
      ".git/refs/remotes; rmdir .git/refs/tags; ln -s ../../../elsewhere .git/refs/tags; ln -s ../../../../elsewhere "
      ".git/refs/remotes/origin");
  const auto repository = Repository::open(git.work() / ".git");
  REQUIRE(repository);
  CHECK((*repository)->tags().empty());
  CHECK((*repository)->branches() == std::vector<std::string>{"main"});
}

TEST_CASE("stored refs: a file in the place of a packed ref hides it, whatever it holds", "[vcs][refs][hostile]") {
  const GitFixture git;
  git.write("a", "1\n");
  git.sh(
      "git add a; git commit -qm one; git tag v1; git pack-refs --all; mkdir -p .git/refs/tags; echo nonsense > "
      ".git/refs/tags/v1");
  const auto repository = Repository::open(git.work() / ".git");
  REQUIRE(repository);
  CHECK((*repository)->tags().empty());
}
