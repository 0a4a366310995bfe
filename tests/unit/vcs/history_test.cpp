#include "vcs/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "vcs/commit_object.hpp"
#include "vcs/commit_walk.hpp"
#include "vcs/repository.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

GitOid id_at(const GitFixture& git, const std::string& revision) {
  return *GitOid::from_hex(first_line(git.sh("git rev-parse '" + revision + "'")));
}

std::optional<std::size_t> commits_since(const Ancestry& ancestry, const GitOid& earlier) {
  const auto found = std::find(ancestry.commits().begin(), ancestry.commits().end(), earlier);
  if (found == ancestry.commits().end()) return std::nullopt;
  return ancestry.commits_since(static_cast<std::size_t>(found - ancestry.commits().begin()));
}

/// main: one, two, merge; side: from one; other: a root of its own.
void make_branches(const GitFixture& git) {
  git.sh(R"(
    at() { GIT_COMMITTER_DATE="$1 +0000" GIT_AUTHOR_DATE="$1 +0000" git commit -qm $2; }
    mkdir d; echo 1 > d/a; ln -s d/a link; git add -A; at 1700000000 one; git tag one
    git checkout -q -b side; echo side > b; git add -A; at 1700000100 side
    git checkout -q main; echo 2 > d/a; git add -A; at 1700000200 two; git tag -a -m x two
    GIT_COMMITTER_DATE='1700000300 +0000' git merge -q --no-ff -m merge side
    git checkout -q --orphan other; git rm -rfq .; echo o > o; git add -A; at 1700000400 other; git checkout -q main
    git tag -a -m t of-tree HEAD^{tree})");
}

}  // namespace

TEST_CASE("history: every file that ever was, once, with its first date", "[vcs][history]") {
  const GitFixture git;
  make_branches(git);
  const auto history = History::open(git.work());
  REQUIRE(history);
  CHECK(history->head() == id_at(git, "main"));
  const auto tips = history->tips();
  REQUIRE(tips);
  std::set<GitOid> expected{id_at(git, "main"), id_at(git, "other")};
  CHECK(std::set<GitOid>(tips->begin(), tips->end()) == expected);
  std::set<std::string> files;
  REQUIRE(history->walk(*tips, [&](const HistoryFile& file) {
    const auto content = history->read_blob(file.oid, 100);
    REQUIRE(content);
    files.insert(fmt::format("{} {} {}{}", file.path, file.first_seen, file.is_link ? "-> " : "", as_text(*content)));
  }));
  CHECK(files == std::set<std::string>{"b 1700000100 side\n", "d/a 1700000000 1\n", "d/a 1700000200 2\n",
                                       "link 1700000000 -> d/a", "o 1700000400 o\n"});
  const auto refused = history->read_blob(*GitOid::from_hex(id_at(git, "main:d/a").hex()), 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::limit);
}

TEST_CASE("history: a shallow clone is an error with a remedy", "[vcs][history]") {
  const GitFixture git;
  make_branches(git);
  git.sh("git clone -q --depth 1 file://$PWD ../shallow");
  const auto history = History::open(git.root() / "shallow");
  REQUIRE(history);
  const auto tips = history->tips();
  REQUIRE_FALSE(tips);
  CHECK(tips.error().remedy.find("fetch the whole repository") != std::string::npos);
  CHECK_FALSE(History::open(git.root()));
}

TEST_CASE("history: what commits lead to is what git says", "[vcs][history]") {
  const GitFixture git;
  make_branches(git);
  const auto opened = Repository::open(git.work() / ".git");
  REQUIRE(opened);
  const auto& repository = **opened;
  const char* const names[] = {"one", "two^0", "side", "main", "main~1", "other"};
  for (const auto* later : names)
    for (const auto* earlier : names) {
      CAPTURE(earlier);
      CAPTURE(later);
      const auto from = id_at(git, earlier), to = id_at(git, later);
      const bool leads =
          git.sh(fmt::format("git merge-base --is-ancestor '{}' '{}' && echo yes || true", earlier, later)) == "yes\n";
      const auto count = std::stoul(git.sh(fmt::format("git rev-list --count '{}..{}'", earlier, later)));
      const Ancestry ancestry{repository, to};
      CHECK(ancestry.whole());
      CHECK(commits_since(ancestry, from) == (leads ? std::optional{std::size_t{count}} : std::nullopt));
      CHECK(repository.descends_from(to, from) == leads);
      CHECK(ancestry.commits().size() == std::stoul(git.sh(fmt::format("git rev-list --count '{}'", later))));
    }
  std::string order;
  const Ancestry all{repository, id_at(git, "main")};
  for (const auto& id : all.commits()) order += id.hex() + "\n";
  CHECK(order == git.sh("git rev-list --date-order main"));
  CHECK(repository.is_accepted(id_at(git, "one")));
  git.sh(
      "git checkout -q --detach; git commit -q --allow-empty -m lost; git rev-parse HEAD > ../lost; git checkout -q "
      "main");
  CHECK_FALSE(repository.is_accepted(*GitOid::from_hex(first_line(git.sh("cat ../lost")))));
  git.sh("git clone -q --depth 1 file://$PWD ../shallow");
  const auto shallow = Repository::open(git.root() / "shallow/.git");
  REQUIRE(shallow);
  CHECK((*shallow)->is_shallow());
  CHECK_FALSE((*shallow)->descends_from(id_at(git, "main"), id_at(git, "one")));
  const Ancestry cut{**shallow, id_at(git, "main")};
  CHECK_FALSE(cut.whole());
  CHECK(cut.commits().size() == 1);
  CHECK(cut.commits_since(0) == 0U);
}

TEST_CASE("history: a parent that is younger than its child is counted as git counts it", "[vcs][history][hostile]") {
  const GitFixture git;
  // Two ways from main to "young", which is the parent of the older "tagged": one was gone before the other is known. And a tag from
  // the future, whose parent was dealt with before anything led to it.
  git.sh(R"(
    at() { GIT_COMMITTER_DATE="@$1 +0000" git commit -q --allow-empty -m "$1"; }
    at 5000; git tag young; at 1000; git tag tagged; git checkout -q -b side young; at 6000; git checkout -q main
    at 2000; GIT_COMMITTER_DATE="@7000 +0000" git merge -q --no-ff -m merge side; at 7001
    git checkout -q --orphan late; at 8000; at 9000; git tag future; at 200; at 300)");
  const auto opened = Repository::open(git.work() / ".git");
  REQUIRE(opened);
  const auto& repository = **opened;
  const std::pair<const char*, std::vector<const char*>> histories[] = {{"main", {"tagged", "young", "side", "main"}},
                                                                        {"late", {"future", "future~1", "late"}}};
  for (const auto& [later, all] : histories)
    for (const auto* earlier : all) {
      CAPTURE(earlier);
      const Ancestry ancestry{repository, id_at(git, later)};
      CHECK(commits_since(ancestry, id_at(git, earlier)) ==
            std::stoul(git.sh(fmt::format("git rev-list --count '{}..{}'", earlier, later))));
      CHECK(repository.descends_from(id_at(git, later), id_at(git, earlier)));
    }
  CHECK_FALSE(repository.descends_from(id_at(git, "side"), id_at(git, "tagged")));
}

TEST_CASE("history: a shallow clone tells how far its tags are, and no more than it has", "[vcs][history]") {
  const GitFixture git;
  for (const auto* name : {"zero", "one", "two", "three"})
    git.sh(fmt::format("git commit -q --allow-empty -m {0}; git tag {0}", name));
  git.sh("git clone -q --depth 3 file://$PWD ../shallow");
  const auto shallow = Repository::open(git.root() / "shallow/.git");
  REQUIRE(shallow);
  const Ancestry ancestry{**shallow, id_at(git, "main")};
  CHECK(commits_since(ancestry, id_at(git, "one")) == 2U);
  CHECK(commits_since(ancestry, id_at(git, "two")) == 1U);
  CHECK_FALSE(commits_since(ancestry, id_at(git, "zero")));
}

TEST_CASE("history: parents are held up to a bound", "[vcs][history][hostile]") {
  const GitFixture git;
  for (const auto* name : {"one", "two", "three", "four"})
    git.sh(fmt::format("git commit -q --allow-empty -m {}", name));
  const auto opened = Repository::open(git.work() / ".git");
  REQUIRE(opened);
  const auto first = id_at(git, "main~3"), last = id_at(git, "main");
  CHECK(Ancestry{**opened, last, 3}.whole());
  CHECK_FALSE(Ancestry{**opened, last, 2}.whole());
  CHECK(reaches(**opened, {last}, first, 3));
  CHECK_FALSE(reaches(**opened, {last}, first, 2));
  const auto tree = first_line(git.sh("git rev-parse main^{tree}"));
  const auto with_parents = [&](std::size_t count) {
    std::string commit = "tree " + tree + "\n";
    for (std::size_t i = 0; i < count; ++i) commit += "parent " + first.hex() + "\n";
    return parse_commit(first, as_bytes(commit + "author a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n"));
  };
  CHECK(with_parents(10'000)->parents.size() == 10'000);
  CHECK_FALSE(with_parents(10'001));
}
