#include "vcs/history.hpp"

#include <fmt/format.h>

#include <set>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "vcs/repository.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

GitOid id_at(const GitFixture& git, const std::string& revision) {
  return *GitOid::from_hex(first_line(git.sh("git rev-parse '" + revision + "'")));
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
      CHECK(repository.commits_since(from, to) == (leads ? std::optional{std::size_t{count}} : std::nullopt));
      std::set<GitOid> met;
      CHECK(repository.walk_ancestors(to, [&](const GitOid& id) { CHECK(met.insert(id).second); }));
      CHECK(met.contains(from) == leads);
      CHECK(met.size() == std::stoul(git.sh(fmt::format("git rev-list --count '{}'", later))));
    }
  std::string order;
  CHECK(repository.walk_ancestors(id_at(git, "main"), [&](const GitOid& id) { order += id.hex() + "\n"; }));
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
  CHECK_FALSE((*shallow)->commits_since(id_at(git, "one"), id_at(git, "main")));
  std::size_t met = 0;
  CHECK_FALSE((*shallow)->walk_ancestors(id_at(git, "main"), [&](const GitOid&) { ++met; }));
  CHECK(met == 1);
}
