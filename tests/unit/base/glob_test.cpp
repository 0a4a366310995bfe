#include "base/glob.hpp"

#include <fnmatch.h>

#include <chrono>
#include <string>

#include "base/text.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;

namespace {

struct Expectation {
  const char* pattern;
  const char* path;
  bool matches;
};

/// Small words over an alphabet in which wildcards, slashes and brackets are frequent.
class Words {
 public:
  std::string next(std::string_view alphabet, std::size_t longest) {
    std::string word;
    for (auto left = draw() % longest + 1; left > 0; --left) word.push_back(alphabet[draw() % alphabet.size()]);
    return word;
  }

 private:
  std::size_t draw() {
    m_state = m_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>(m_state >> 40);
  }
  std::uint64_t m_state = 42;
};

}  // namespace

TEST_CASE("glob: matches as gitattributes(5) and git's wildmatch do", "[base][glob]") {
  // From git's own t3070-wildmatch.sh, the column for WM_PATHNAME.
  const Expectation cases[] = {
      {"foo", "foo", true},
      {"bar", "foo", false},
      {"", "", true},
      {"???", "foo", true},
      {"??", "foo", false},
      {"*", "foo", true},
      {"f*", "foo", true},
      {"*f", "foo", false},
      {"*foo*", "foo", true},
      {"*ob*a*r*", "foobar", true},
      {"*ab", "aaaaaaabababab", true},
      {"foo\\*", "foo*", true},
      {"foo\\*bar", "foobar", false},
      {"f\\\\oo", "f\\oo", true},
      {"*[al]?", "ball", true},
      {"[ten]", "ten", false},
      {"**[!te]", "ten", true},
      {"**[!ten]", "ten", false},
      {"t[a-g]n", "ten", true},
      {"t[!a-g]n", "ten", false},
      {"t[!a-g]n", "ton", true},
      {"t[^a-g]n", "ton", true},
      {"a[]]b", "a]b", true},
      {"a[]-]b", "a-b", true},
      {"a[]-]b", "aab", false},
      {"]", "]", true},
      {"foo*bar", "foo/baz/bar", false},
      {"foo**bar", "foo/baz/bar", false},
      {"foo**bar", "foobazbar", true},
      {"foo/**/bar", "foo/baz/bar", true},
      {"foo/**/**/bar", "foo/baz/bar", true},
      {"foo/**/bar", "foo/b/a/z/bar", true},
      {"foo/**/**/bar", "foo/b/a/z/bar", true},
      {"foo/**/bar", "foo/bar", true},
      {"foo/**/**/bar", "foo/bar", true},
      {"foo?bar", "foo/bar", false},
      {"foo[/]bar", "foo/bar", false},
      {"foo[^a-z]bar", "foo/bar", false},
      {"f[^eiu][^eiu][^eiu][^eiu][^eiu]r", "foo/bar", false},
      {"f[^eiu][^eiu][^eiu][^eiu][^eiu]r", "foo-bar", true},
      {"**/foo", "foo", true},
      {"**/foo", "XXX/foo", true},
      {"**/foo", "bar/baz/foo", true},
      {"*/foo", "bar/baz/foo", false},
      {"**/bar*", "foo/bar/baz", false},
      {"**/bar/*", "deep/foo/bar/baz", true},
      {"**/bar/*", "deep/foo/bar/baz/", false},
      {"**/bar/**", "deep/foo/bar/baz/", true},
      {"**/bar/*", "deep/foo/bar", false},
      {"**/bar/**", "deep/foo/bar/", true},
      {"**/bar**", "foo/bar/baz", false},
      {"*/bar/**", "foo/bar/baz/x", true},
      {"*/bar/**", "deep/foo/bar/baz/x", false},
      {"**/bar/*/*", "deep/foo/bar/baz/x", true},
      {"[a-c]b*", "abc", true},
      {"[a-y]*[^c]", "abd", true},
      {"[!]a-]", "b", true},
      {"[\\]]", "]", true},
      {"[[:alpha:]][[:digit:]][[:upper:]]", "a1B", true},
      {"[[:digit:][:upper:][:space:]]", "a", false},
      {"[[:digit:][:upper:][:space:]]", "A", true},
      {"[[:xdigit:]]", "5", true},
      {"[[:xdigit:]]", "g", false},
      {"[a-c[:digit:]x-z]", "5", true},
      {"[a-c[:digit:]x-z]", "q", false},
      {"[\\\\-^]", "]", true},
      {"[\\\\-^]", "[", false},
      {"[\\-_]", "-", true},
      {"[]-a]", "[", false},
      {"[!]-a]", "^", false},
      {"a[c-c]st", "acst", true},
      {"-*-*-*-*-*-*-12-*-*-*-m-*-*-*", "-adobe-courier-bold-o-normal--12-120-75-75-m-70-iso8859-1", true},
      {"**/*a*b*g*n*t", "abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txt", true},
      {"*/*/*", "foo/bba/arr", true},
      {"*/*/*", "foo/bb/aa/rr", false},
      {"foo/*", "foo/bba/arr", false},
      {"foo/**", "foo/bba/arr", true},
      {"*X*i", "abcXdefXghi", true},
      {"*X*i", "ab/cXd/efXg/hi", false},
      {"*/*X*/*/*i", "ab/cXd/efXg/hi", true},
      {"**/*X*/**/*i", "ab/cXd/efXg/hi", true},
      {"aaa/**/", "aaa", false},
      {"\\", "\\", false},
      {"a[", "a[", false},
      {"[a", "[a", false},
      {"[[:nonsense:]n]", "n", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.pattern, c.path);
    CHECK(glob_match(c.pattern, c.path) == c.matches);
  }
}

TEST_CASE("glob: with slashes crossed it agrees with fnmatch(3)", "[base][glob][differential]") {
  Words words;
  int matched = 0;
  for (int round = 0; round < 200'000; ++round) {
    const auto pattern = words.next("aab/*?.[]!-\\", 7);
    const auto path = words.next("aab/.-", 6);
    // Sets and quotes are compared with git below; `**/` differs by intention.
    if (pattern.find_first_of("[\\") != std::string::npos || pattern.find("**/") != std::string::npos) continue;
    const bool expected = ::fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
    matched += expected ? 1 : 0;
    CAPTURE(pattern, path);
    REQUIRE(glob_match_any(pattern, path) == expected);
  }
  CHECK(matched > 1000);
}

TEST_CASE("glob: with slashes crossed '**/' may match no directory at all", "[base][glob]") {
  CHECK(glob_match_any("**/*.m4", "top.m4"));
  CHECK(glob_match_any("**/*.m4", "a/b/deep.m4"));
  CHECK(glob_match_any("lib/*.c", "lib/a/b.c"));
  CHECK_FALSE(glob_match_any("lib/*.c", "lib.c"));
  CHECK(glob_match_any("a[b", "a[b"));
}

TEST_CASE("glob: agrees with git itself on random patterns", "[base][glob][differential]") {
  // `git check-attr` evaluates one attributes line per pattern, each with an attribute of its own.
  const test::TempDir dir;
  Words words;
  std::vector<std::string> patterns;
  std::string attributes;
  while (patterns.size() < 3000) {
    auto pattern = words.next("aab/*?[]!^-\\.", 8);
    // A pattern with a slash in its middle is anchored and matched whole; others are matched against the base name by
    // git's attribute code, not by its glob, and those with a slash at the end never match.
    const auto slash = pattern.find('/');
    if (slash == std::string::npos || slash == 0 || pattern.back() == '/' || pattern[0] == '!') continue;
    attributes += pattern + " p" + std::to_string(patterns.size()) + "\n";
    patterns.push_back(std::move(pattern));
  }
  dir.write(".gitattributes", attributes);
  std::string paths;
  std::vector<std::string> names;
  while (names.size() < 60) {
    auto name = words.next("aab/-.]", 7);
    if (name.find("//") != std::string::npos || name[0] == '/' || name.back() == '/' ||
        name.find("./") != std::string::npos || name.back() == '.' || name == ".git")
      continue;
    paths += name + "\n";
    names.push_back(std::move(name));
  }
  dir.write("names", paths);
  const auto answer = test::shell("cd '" + dir.path().string() +
                                  "' && HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git init -q --template= . && "
                                  "HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git check-attr --all --stdin < names");
  std::size_t matched = 0;
  for (const auto& name : names) {
    for (std::size_t p = 0; p < patterns.size(); ++p) {
      const bool expected = answer.find("\n" + name + ": p" + std::to_string(p) + ": set\n") != std::string::npos ||
                            answer.starts_with(name + ": p" + std::to_string(p) + ": set\n");
      matched += expected ? 1 : 0;
      if (glob_match(patterns[p], name) != expected) {
        CAPTURE(patterns[p], name, expected);
        CHECK(glob_match(patterns[p], name) == expected);
      }
    }
  }
  CHECK(matched > 200);
}

TEST_CASE("glob: a hostile pattern costs no more than its length times the text's", "[base][glob][hostile]") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  pattern += "*b";
  const std::string path(2000, 'a');
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(glob_match(pattern, path));
  CHECK_FALSE(glob_match_any(pattern, path));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
}
