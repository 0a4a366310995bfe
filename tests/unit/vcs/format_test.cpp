#include <fmt/format.h>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "vcs/commit.hpp"
#include "vcs/mailmap.hpp"
#include "vcs/reference.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

/// What git archive makes of `$Format:<format>$` at `revision`.
std::string archived(const GitFixture& git, const std::string& revision) {
  return git.sh("git archive " + revision + " expanded | tar xO");
}

/// The formats stand one in a file's line each, between marks.
void commit_formats(const GitFixture& git, const std::vector<std::string>& formats) {
  std::string text;
  for (const auto& format : formats) text += "<<$Format:" + format + "$>>\n";
  git.write("expanded", text);
  git.write(".gitattributes", "expanded export-subst\n");
}

std::vector<std::string> fields(const std::string& text) {
  std::vector<std::string> fields;
  for (auto at = text.find("<<"); at != std::string::npos; at = text.find("<<", at + 1)) {
    const auto end = text.find(">>\n", at);
    fields.push_back(text.substr(at + 2, end - at - 2));
  }
  return fields;
}

const std::vector<std::string> k_stable = {"%H",
                                           "%h",
                                           "%T",
                                           "%t",
                                           "%P",
                                           "%p",
                                           "%an",
                                           "%ae",
                                           "%aN",
                                           "%aE",
                                           "%al",
                                           "%aL",
                                           "%at",
                                           "%ad",
                                           "%aD",
                                           "%ai",
                                           "%aI",
                                           "%as",
                                           "%cn",
                                           "%ce",
                                           "%cN",
                                           "%cE",
                                           "%cl",
                                           "%ct",
                                           "%cd",
                                           "%cD",
                                           "%ci",
                                           "%cI",
                                           "%cs",
                                           "%s",
                                           "%f",
                                           "%b",
                                           "%B",
                                           "a%nb",
                                           "%%",
                                           "%x41",
                                           "%e",
                                           "commit %H, of %ad by %an <%ae>",
                                           "no placeholder"};

}  // namespace

TEST_CASE("format: what git archive expands is expanded alike", "[vcs][format]") {
  const GitFixture git;
  git.write("x", "x");
  git.sh(
      "git add x; git commit -qm first; git checkout -q -b side; git commit -q --allow-empty -m 'second parent'; git "
      "checkout -q main");
  commit_formats(git, k_stable);
  git.write(".mailmap", "Ada Lovelace <ada@lovelace.org> <ada@example.org>\nCarl <carl@example.org>\n");
  git.sh(
      "git add -A; git commit -q -F- <<'E'\n\n\n  Fix: the thing... (again)  \nsecond line of the subject\n\n\nBody "
      "one.\n\n  Body two.\n\nE\n");
  git.sh("git merge -q --no-ff -m 'Merge side' side");
  for (const auto* revision : {"HEAD", "HEAD^"}) {
    const auto reference = open_reference(git.work(), revision);
    const auto expected = fields(archived(git, revision));
    REQUIRE(expected.size() == k_stable.size());
    for (std::size_t i = 0; i < k_stable.size(); ++i) {
      CAPTURE(revision, k_stable[i]);
      const auto expanded = reference->expand_format(k_stable[i]);
      REQUIRE(expanded);
      CHECK(*expanded == expected[i]);
      CHECK(reference->format_matches(k_stable[i], expected[i]));
      CHECK_FALSE(reference->format_matches(k_stable[i], expected[i] + "!"));
      CHECK_FALSE(reference->format_matches(k_stable[i], "!" + expected[i]));
    }
  }
}

TEST_CASE("format: dates at zero offset, before noon, and after 2038", "[vcs][format]") {
  const GitFixture git;
  commit_formats(git, {"%ad", "%aD", "%ai", "%aI", "%as", "%cd", "%cI"});
  git.sh("git add -A; GIT_AUTHOR_DATE='@0 +0000' GIT_COMMITTER_DATE='4102444799 -0030' git commit -qm x");
  const auto reference = open_reference(git.work(), "HEAD");
  const auto expected = fields(archived(git, "HEAD"));
  const std::vector<std::string> formats = {"%ad", "%aD", "%ai", "%aI", "%as", "%cd", "%cI"};
  for (std::size_t i = 0; i < formats.size(); ++i) {
    CAPTURE(formats[i]);
    CHECK(reference->format_matches(formats[i], expected[i]));
  }
  CHECK(reference->format_matches("%aI", "1970-01-01T00:00:00Z"));
  CHECK(reference->format_matches("%aI", "1970-01-01T00:00:00+00:00"));
  CHECK_FALSE(reference->format_matches("%aI", "1970-01-01T00:00:00-00:00"));
}

TEST_CASE("format: any unambiguous abbreviation is taken", "[vcs][format]") {
  const GitFixture git;
  git.sh("git commit -q --allow-empty -m x");
  const auto reference = open_reference(git.work(), "HEAD");
  const auto& commit = reference->source().commit;
  for (const std::size_t digits : {4U, 7U, 10U, 40U})
    CHECK(reference->format_matches("g%h!", "g" + commit.substr(0, digits) + "!"));
  for (const std::size_t digits : {0U, 1U, 3U})
    CHECK_FALSE(reference->format_matches("g%h!", "g" + commit.substr(0, digits) + "!"));
  CHECK_FALSE(reference->format_matches("%h", commit.substr(0, 6) + (commit[6] == '0' ? "1" : "0")));
  CHECK(reference->format_matches("%h%h", commit.substr(0, 9) + commit.substr(0, 12)));
  CHECK_FALSE(reference->format_matches("%H", commit.substr(0, 39)));
  CHECK(reference->expand_format("%h") == commit.substr(0, 7));
}

TEST_CASE("format: lists of refs are taken if they name a tag of the commit", "[vcs][format]") {
  const GitFixture git;
  commit_formats(git, {"%d", "%D"});
  git.sh(
      "git add -A; git commit -qm x; git tag v1.0; git tag -a -m y v1.0-signed; git branch topic/x; git update-ref "
      "refs/remotes/origin/main HEAD");
  const auto reference = open_reference(git.work(), "v1.0");
  const auto expected = fields(archived(git, "v1.0"));
  CAPTURE(expected[0], expected[1]);
  CHECK(reference->format_matches("%d", expected[0]));
  CHECK(reference->format_matches("%D", expected[1]));
  CHECK(reference->format_matches("%d", " (HEAD -> main, tag: v1.0, origin/main)"));
  CHECK(reference->format_matches("%d", " (grafted, HEAD, tag: v1.0-signed)"));
  CHECK(
      reference->format_matches("ref-names: %D;%h", "ref-names: tag: v1.0;" + reference->source().commit.substr(0, 8)));
  CHECK(reference->format_matches("%D", ""));
  CHECK_FALSE(reference->format_matches("%d", " (HEAD -> main)"));
  CHECK_FALSE(reference->format_matches("%d", " (HEAD -> main, tag: v1.0, debug)"));
  CHECK_FALSE(reference->format_matches("%d", " (tag: v1.0, tag: v9.9)"));
  CHECK_FALSE(reference->format_matches("%d", " (tag: v1.0, evil/main)"));
  CHECK_FALSE(reference->format_matches("%d", " (tag: v2.0)"));
  CHECK_FALSE(reference->format_matches("%d", " (tag: v1.0, $(reboot))"));
  CHECK_FALSE(reference->format_matches("%d", " (tag: v1.0, a b)"));
  CHECK_FALSE(reference->format_matches("%d", " (tag: v1.0"));
  CHECK_FALSE(reference->format_matches("%D", "tag: v1.0, "));
  CHECK_FALSE(reference->expand_format("%d"));
  CHECK_FALSE(reference->expand_format("%D"));
}

TEST_CASE("format: git describe is taken where it leads to the commit", "[vcs][format]") {
  const GitFixture git;
  commit_formats(git, {"%(describe)"});
  git.sh("git add -A; git commit -qm x; git tag -a -m y v1.0");
  const auto tagged = open_reference(git.work(), "HEAD");
  CHECK(tagged->format_matches("%(describe)", fields(archived(git, "HEAD"))[0]));
  CHECK(tagged->format_matches("%(describe:tags=true,match=v*)", "v1.0"));
  CHECK_FALSE(tagged->format_matches("%(describe)", "v1.1"));
  CHECK_FALSE(tagged->expand_format("%(describe)"));
  git.sh("git commit -q --allow-empty -m y; git commit -q --allow-empty -m z");
  const auto later = open_reference(git.work(), "HEAD");
  const auto expected = fields(archived(git, "HEAD"))[0];
  CHECK(expected.starts_with("v1.0-2-g"));
  CHECK(later->format_matches("%(describe)", expected));
  CHECK_FALSE(later->format_matches("%(describe)", "v1.0-2-g0123456"));
  CHECK_FALSE(later->format_matches("%(describe)", "v9-2-g" + later->source().commit.substr(0, 7)));
  CHECK_FALSE(later->format_matches("%(describe)", "v1.0"));
  CHECK_FALSE(later->format_matches("%(describe)", ""));
  const auto id = later->source().commit.substr(0, 7);
  CHECK_FALSE(later->format_matches("%(describe)", "v1.0-1-g" + id));
  CHECK_FALSE(later->format_matches("%(describe)", "v1.0-0-g" + id));
  // Each pattern is held against each tag.
  CHECK(later->format_matches("%(describe:match=v*,match=w*)", expected));
  std::string many = "%(describe:match=v*";
  for (int i = 0; i < 8; ++i) many += ",match=w*";
  CHECK_FALSE(later->format_matches(many + ")", expected));
  CHECK_FALSE(later->format_matches("%(describe:match=v" + std::string(300, '*') + ")", expected));
  // Git says nothing where no tag fits what it was asked for.
  for (const auto* nothing : {"%(describe:match=w*)", "%(describe:exclude=v*)", "%(describe:tags=0,match=*.1)"})
    CHECK(later->format_matches(nothing, ""));
  for (const auto* something :
       {"%(describe:match=w*,match=v*)", "%(describe:exclude=w*,abbrev=4)", "%(describe:odd=1)"})
    CHECK_FALSE(later->format_matches(something, ""));
  git.sh("git checkout -q --orphan other; git commit -q --allow-empty -m o; git tag -a -m y v9.0");
  CHECK_FALSE(open_reference(git.work(), id)->format_matches("%(describe)", "v9.0-1-g" + id));
}

TEST_CASE("format: a commit with a tag that fits is described by nothing else", "[vcs][format]") {
  const GitFixture git;
  commit_formats(git, {"%(describe:tags=true,match=v*)"});
  git.sh(
      "git add -A; git commit -qm x; git tag -a -m x v1.1; git commit -q --allow-empty -m y; git tag v1.2; git tag "
      "cli-9");
  const auto reference = open_reference(git.work(), "HEAD");
  const auto older = "v1.1-1-g" + reference->source().commit.substr(0, 7);
  CHECK(fields(archived(git, "HEAD"))[0] == "v1.2");
  CHECK(reference->format_matches("%(describe:tags=true,match=v*)", "v1.2"));
  for (const auto& other : {older, std::string{"cli-9"}, std::string{}})
    CHECK_FALSE(reference->format_matches("%(describe:tags=true,match=v*)", other));
  // Its own are no annotated ones.
  CHECK(reference->format_matches("%(describe)", older));
  CHECK_FALSE(reference->format_matches("%(describe)", "v1.2"));
}

TEST_CASE("format: a lightweight tag describes where it is asked for, and none that the commit does not descend from",
          "[vcs][format]") {
  const auto lightweight = GENERATE(false, true);
  const std::string format = lightweight ? "%(describe:tags=true)" : "%(describe)";
  const GitFixture git;
  commit_formats(git, {format});  // git expands one of them in an archive
  git.sh("git add -A; git commit -qm x; git tag v1.0; git checkout -q --orphan other; git commit -qm y");
  git.sh("git tag -a -m z v2.0; git checkout -q v1.0");
  const auto reference = open_reference(git.work(), "HEAD");
  CHECK(fields(archived(git, "HEAD"))[0] == (lightweight ? "v1.0" : ""));
  CHECK(reference->format_matches(format, lightweight ? "v1.0" : ""));
  CHECK(reference->format_matches(format, "") == !lightweight);
  CHECK_FALSE(reference->format_matches(format, "v2.0"));
}

TEST_CASE("format: what depends on more than the commit, or is not known, is not expanded", "[vcs][format]") {
  const GitFixture git;
  git.sh("git commit -q --allow-empty -m x");
  const auto reference = open_reference(git.work(), "HEAD");
  for (const auto* format : {"%ar", "%cr", "%ah", "%G?", "%N", "%z", "%", "%a", "%(trailers)", "%(describe", "%x4",
                             "%xzz", "%<(3)%s", "%+b"}) {
    CAPTURE(format);
    CHECK_FALSE(reference->expand_format(format));
    CHECK_FALSE(reference->format_matches(format, ""));
  }
}

TEST_CASE("format: a message in another encoding is left alone", "[vcs][format]") {
  const GitFixture git;
  git.sh("printf 'caf\\351\\n' | git -c i18n.commitEncoding=ISO-8859-1 commit -q --allow-empty -F-");
  const auto reference = open_reference(git.work(), "HEAD");
  CHECK_FALSE(reference->expand_format("%s"));
  CHECK_FALSE(reference->expand_format("%an"));
  CHECK(reference->expand_format("%H"));
  CHECK(reference->expand_format("%e") == "ISO-8859-1");
}

TEST_CASE("format: hostile formats and texts are matched in bounded time", "[vcs][format][hostile]") {
  const GitFixture git;
  git.sh("git commit -q --allow-empty -m x; git tag aaaa");
  const auto reference = open_reference(git.work(), "HEAD");
  std::string format;
  for (int i = 0; i < 1000; ++i) format += "%D%h";
  std::string text;
  for (int i = 0; i < 1500; ++i) text += reference->source().commit;
  CHECK_FALSE(reference->format_matches(format, text + "!"));
  std::string lists;
  while (lists.size() < 60'000) lists += "tag: aaaa, ";
  CHECK_FALSE(reference->format_matches(format.substr(0, 400), lists + "!"));
  CHECK_FALSE(reference->expand_format(std::string(5000, 'x')));
}

TEST_CASE("mailmap: names are found among however many", "[vcs][format][hostile]") {
  Commit commit;
  commit.author = {"Ada", "ada@example.org", 0, 0};
  commit.committer = {"Carl", "", 0, 0};
  std::string mailmap;
  for (int i = 0; i < 300'000; ++i) mailmap += fmt::format("N{0} <n{0}@x> <m{0}@x>\n", i);
  mailmap += "Ada Lovelace <al@example.org> <ada@example.org>\n";
  const auto [author, committer] = apply_mailmap(commit, mailmap);
  CHECK(author.name == "Ada Lovelace");
  CHECK(author.email == "al@example.org");
  CHECK(committer.name == "Carl");
  mailmap.clear();
  for (int i = 0; i < 300'000; ++i) mailmap += fmt::format("N <n@x> M{} <ada@example.org>\n", i);
  CHECK(apply_mailmap(commit, mailmap).first.name == "Ada");
}
