#include "vcs/attributes.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <random>
#include <set>

#include "git_fixture.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::vcs;
using assay::test::GitFixture;

namespace {

Attributes root(std::string_view content) {
  Attributes attributes;
  attributes.add_file("", content);
  return attributes;
}

/// The state in the words of git-check-attr(1).
std::string word(const AttributeState& state) {
  switch (state.kind) {
    case AttributeState::Kind::unspecified:
      return "unspecified";
    case AttributeState::Kind::set:
      return "set";
    case AttributeState::Kind::unset:
      return "unset";
    case AttributeState::Kind::value:
      return state.value;
  }
  return {};
}

struct AttributesCase {
  std::map<std::string, std::string> files;  ///< .gitattributes by directory
  std::set<std::string> paths;
};

/// Ask git and ourselves about every path and attribute, and compare.
void compare_with_git(const AttributesCase& given, const std::vector<std::string>& names) {
  const GitFixture git;
  Attributes attributes;
  for (const auto& [dir, content] : given.files) {
    git.write(dir.empty() ? ".gitattributes" : dir + "/.gitattributes", content);
    attributes.add_file(dir, content);
  }
  std::string asked;
  for (const auto& path : given.paths) asked += path + '\0';
  git.write("asked", asked);
  std::string words;
  for (const auto& name : names) words += " " + name;
  const auto answer = git.sh("git check-attr -z --stdin" + words + " < asked 2>/dev/null");
  std::size_t compared = 0;
  for (std::size_t at = 0; at < answer.size(); ++compared) {
    const auto take = [&] {
      const auto end = answer.find('\0', at);
      auto field = answer.substr(at, end - at);
      at = end + 1;
      return field;
    };
    const auto path = take();
    const auto name = take();
    const auto expected = take();
    CAPTURE(path, name);
    CHECK(word(attributes.get(path, name)) == expected);
  }
  CHECK(compared == given.paths.size() * names.size());
}

}  // namespace

TEST_CASE("attributes: set, unset, unspecified and values", "[vcs][attributes]") {
  const auto attributes = root("*.c text -diff eol=lf\nold.c !text\n");
  CHECK(attributes.get("a.c", "text").is_set());
  CHECK(attributes.get("a.c", "diff").is_unset());
  CHECK(attributes.get("a.c", "eol").is_value("lf"));
  CHECK(attributes.get("a.h", "text").kind == AttributeState::Kind::unspecified);
  CHECK(attributes.get("old.c", "text").kind == AttributeState::Kind::unspecified);
  CHECK(attributes.get("old.c", "diff").is_unset());
}

TEST_CASE("attributes: agree with git check-attr on the ways to write a pattern", "[vcs][attributes]") {
  AttributesCase given;
  given.files[""] =
      "# a comment\n"
      "\n"
      "[attr]both text diff\n"
      "[attr]nested both -merge\n"
      "[attr]loop loop text\n"
      "*.c text\n"
      "  *.indented text\n"
      "/top.txt text=top\n"
      "docs/*.md eol=lf\n"
      "docs/** diff\n"
      "**/deep/*.x merge\n"
      "a/**/b.txt text=ab\n"
      "dir/ text=dir\n"
      "\"with space.txt\" text=quoted\n"
      "\"tab\\there\" text=tab\n"
      "\"oct\\141l\" text=octal\n"
      "\"open text\n"
      "!negated text\n"
      "*.bin binary\n"
      "*.twice text binary\n"
      "*.ecwit binary text\n"
      "*.both both\n"
      "*.nested nested diff\n"
      "*.tsen diff=x nested\n"
      "*.loop loop\n"
      "*.unmacro -both\n"
      "*.again text text=2 -text\n"
      "[abc].set text=set\n"
      "[!abc].neg text=neg\n"
      "que?.y text\n"
      "esc\\*.z text\n"
      "*.cr text\r\n"
      "no-attributes\n"
      "*.bad te$xt diff\n"
      "*.bad2 -\n"
      "*.odd =x\n"
      "*.val text=a=b diff=\n"
      "sub/file text=root\n"
      "*.over text=root\n"
      "trailing/** text=below\n"
      "lit/eral/path text=literal\n"
      "*suffix text=suffix\n"
      "pre*post text=both-ends\n"
      "** merge=all\n";
  given.files["sub"] =
      "[attr]nomacro text\nfile text=sub\n*.over text=sub\n/anchored diff\ninner/x text=inner\n*.no nomacro\n";
  given.files["sub/inner"] = "*.over !text\nx -text\n";
  given.files["docs"] = "\xef\xbb\xbf*.bom text=bom\n*.md -diff\n";
  given.paths = {"a.c",
                 "x/a.c",
                 "x.indented",
                 "top.txt",
                 "x/top.txt",
                 "docs/a.md",
                 "docs/x/a.md",
                 "docs/x/y/z",
                 "deep/a.x",
                 "q/deep/a.x",
                 "q/w/deep/a.x",
                 "a/b.txt",
                 "a/x/b.txt",
                 "a/x/y/b.txt",
                 "dir",
                 "dir/x",
                 "with space.txt",
                 "x/with space.txt",
                 "tab\there",
                 "octal",
                 "\"open",
                 "negated",
                 "!negated",
                 "a.bin",
                 "a.twice",
                 "a.ecwit",
                 "a.both",
                 "a.nested",
                 "a.tsen",
                 "a.loop",
                 "a.unmacro",
                 "a.again",
                 "b.set",
                 "d.set",
                 "b.neg",
                 "d.neg",
                 "quex.y",
                 "que/.y",
                 "esc*.z",
                 "escx.z",
                 "a.cr",
                 "no-attributes",
                 "a.bad",
                 "a.bad2",
                 "a.odd",
                 "a.val",
                 "sub/file",
                 "sub/x.over",
                 "x.over",
                 "sub/inner/x.over",
                 "sub/inner/x",
                 "sub/anchored",
                 "sub/y/anchored",
                 "sub/a.no",
                 "trailing",
                 "trailing/x",
                 "trailing/x/y",
                 "lit/eral/path",
                 "x/lit/eral/path",
                 "suffix",
                 "asuffix",
                 "prepost",
                 "pre-x-post",
                 "pre/post",
                 "docs/a.bom",
                 ".gitattributes",
                 "sub/inner/z"};
  compare_with_git(given, {"text", "diff", "merge", "eol", "binary", "both", "nested", "loop", "nomacro"});
}

TEST_CASE("attributes: agree with git check-attr on a thousand generated lines", "[vcs][attributes]") {
  std::mt19937 random{20240329};  // the same every time
  const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
  static constexpr std::array<std::string_view, 15> k_pieces = {
      "a", "b", "ab", "*", "**", "?", "/", "/", "[ab]", "[!a]", "x", ".c", "\\*", "[[:alpha:]]", "d"};
  static constexpr std::array<std::string_view, 14> k_states = {"text",   "-text",   "!text",   "text=1", "diff",
                                                                "-diff",  "m1",      "m2",      "-m1",    "!m2",
                                                                "binary", "-binary", "merge=x", "eol=lf"};
  static constexpr std::array<std::string_view, 9> k_names = {"a", "b", "ab", "x", "d", "a.c", "b.c", "*", "abx"};
  AttributesCase given;
  given.files[""] = "[attr]m1 text -diff m2\n[attr]m2 !merge eol=crlf\n";
  for (const auto* dir : {"", "a", "a/b", "d"}) {
    for (int line = 0; line < 250; ++line) {
      std::string pattern;
      for (auto n = 1 + random() % 5; n > 0; --n) pattern += pick(k_pieces);
      auto& content = given.files[dir];
      content += pattern;
      for (auto n = 1 + random() % 3; n > 0; --n) content += " " + std::string{pick(k_states)};
      content += "\n";
    }
  }
  while (given.paths.size() < 300) {
    std::string path{pick(k_names)};
    for (auto n = random() % 4; n > 0; --n) path += "/" + std::string{pick(k_names)};
    given.paths.insert(path);
  }
  compare_with_git(given, {"text", "diff", "merge", "eol", "binary", "m1", "m2"});
}

TEST_CASE("attributes: export-ignore covers what git archive leaves out", "[vcs][attributes]") {
  const GitFixture git;
  const std::string content =
      "/tests/ export-ignore\n.github export-ignore\n*.tmp export-ignore\nkeep.tmp -export-ignore\n"
      "docs/* export-ignore\nsrc/**/gen export-ignore\nfile/ export-ignore\nback/in -export-ignore\nback "
      "export-ignore\n";
  git.write(".gitattributes", content);
  const std::vector<std::string> paths = {
      "tests/a",  "tests/b/c", "x/tests/a", ".github/w.yml", "x/.github/w", "a.tmp",   "keep.tmp", "docs/a",
      "docs/b/c", "src/gen",   "src/x/gen", "src/x/gen2",    "file",        "back/in", "plain",    "x/docs/a"};
  for (const auto& path : paths) git.write(path, path);
  git.sh("git add -f -A && git commit -qm x");
  const auto archived = "\n" + git.sh("git archive HEAD | tar t | grep -v '/$'");
  const auto attributes = root(content);
  for (const auto& path : paths) {
    CAPTURE(path);
    CHECK(attributes.export_ignored(path) == (archived.find("\n" + path + "\n") == std::string::npos));
  }
}

TEST_CASE("attributes: a root file without attributes costs nothing and says nothing", "[vcs][attributes]") {
  CHECK(Attributes{}.empty());
  CHECK(root("# nothing\n").empty());
  CHECK_FALSE(root("* text\n").empty());
  CHECK_FALSE(Attributes{}.export_ignored("a/b"));
}

TEST_CASE("attributes: what git ignores is named", "[vcs][attributes]") {
  Attributes attributes;
  attributes.add_file("sub", "ok text\n[attr]m text\n!no text\n" + std::string(3000, 'x') + " text\n*.c te$t\n");
  REQUIRE(attributes.problems().size() == 4);
  CHECK(attributes.problems()[0].starts_with("sub/.gitattributes:2: "));
  CHECK(attributes.problems()[2].starts_with("sub/.gitattributes:4: a line of more than 2048 bytes"));
}

TEST_CASE("attributes: a million hostile lines are bounded in time and said so", "[vcs][attributes][hostile]") {
  std::string lines;
  while (lines.size() < (16U << 20)) lines += "*a*a*a*a*a*a*b* text\n";
  const auto attributes = root(lines);
  CHECK_FALSE(attributes.problems().empty());
  const std::string path(1000, 'a');
  for (int i = 0; i < 10'000 && !attributes.exhausted(); ++i) CHECK_FALSE(attributes.get(path, "text").is_set());
  CHECK(attributes.exhausted());
  CHECK_FALSE(attributes.get("ab", "text").is_set());
}

TEST_CASE("attributes: a chain of macros that never ends is cut", "[vcs][attributes][hostile]") {
  std::string lines;
  for (int i = 0; i < 50'000; ++i) lines += fmt::format("[attr]m{} m{}\n", i, i + 1);
  const auto attributes = root(lines + "* m0\n");
  CHECK(attributes.get("x", "m50").is_set());
  CHECK_FALSE(attributes.get("x", "m49999").is_set());
}

TEST_CASE("attributes: words beyond all use are not held", "[vcs][attributes][hostile]") {
  std::string line{"*"};
  for (int i = 0; i < 1000; ++i) line += " a";
  std::string text;
  for (int i = 0; i < 2000; ++i) text += line + "\n";
  auto attributes = root("x b\n" + text + "y b\n");
  CHECK(attributes.get("x", "b").is_set());
  CHECK_FALSE(attributes.get("y", "b").is_set());
  REQUIRE(attributes.problems().size() == 1);
  CHECK(attributes.problems()[0].find("too many") != std::string::npos);
}
