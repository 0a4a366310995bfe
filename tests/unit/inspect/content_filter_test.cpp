// What keeps texts from the content rules must never keep one that a rule holds for.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "base/text.hpp"
#include "inspect/content/content_rules.hpp"
#include "inspect/content/line_filter.hpp"
#include "inspect/content/rule_source.hpp"
#include "inspect/content/word_finder.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::inspect;
namespace fs = std::filesystem;

namespace {

std::string read_all(const fs::path& file) {
  std::ostringstream content;
  content << std::ifstream{file, std::ios::binary}.rdbuf();
  return content.str();
}

std::vector<RuleString> own_strings() {
  std::vector<RuleString> strings;
  for (const auto& file : fs::directory_iterator{fs::path{ASSAY_SOURCE_DIR} / "rules/content"}) {
    INFO(file.path());
    const auto own = strings_of_local_rules(read_all(file.path()));
    REQUIRE(own);
    strings.insert(strings.end(), own->begin(), own->end());
  }
  return strings;
}

bool is_local(const std::string& strings, const std::string& condition) {
  return strings_of_local_rules("rule x { strings: " + strings + " condition: " + condition + " }").has_value();
}

/// The slow way.
std::size_t first_of(const std::vector<std::string>& words, std::string_view text, std::size_t from) {
  const auto lower = ascii_lower(text);
  auto first = std::string::npos;
  for (const auto& word : words) first = std::min(first, lower.find(ascii_lower(word), from));
  return first;
}

}  // namespace

TEST_CASE("content filter: a word is found wherever it stands, in any case", "[content]") {
  const std::vector<std::string> words{"nc ", "base64", "_0x", "Curl"};
  const WordFinder finder{words};
  std::mt19937 random{7};
  const std::string alphabet = "ncNC b_0xcurlbase64\n`@\x7f";
  for (int round = 0; round < 3000; ++round) {
    std::string text(random() % 60, ' ');
    for (auto& c : text) c = alphabet[random() % alphabet.size()];
    text.insert(random() % (text.size() + 1), words[random() % words.size()]);
    CAPTURE(text);
    for (std::size_t from = 0; from <= text.size(); from += 1 + random() % 9)
      REQUIRE(finder.find(text, from) == first_of(words, text, from));
  }
  CHECK(finder.find("", 0) == std::string::npos);
  CHECK(finder.find("nc", 0) == std::string::npos);
}

TEST_CASE("content filter: the rules that come with assay can be filtered for", "[content]") {
  CHECK(LineFilter::of(own_strings()).has_value());
}

TEST_CASE("content filter: nothing that a rule hits in a fixture is lost among honest lines", "[content]") {
  const fs::path directories[] = {fs::path{ASSAY_SOURCE_DIR} / "rules/content"};
  const auto rules = ContentRules::load(directories);
  REQUIRE(rules);
  std::string honest;
  for (int i = 0; i < 4000; ++i) honest += "\techo \"line " + std::to_string(i) + " of many\" >> out\n";
  std::size_t hits = 0;
  for (const auto& file : fs::recursive_directory_iterator{fs::path{ASSAY_SOURCE_DIR} / "tests/content"}) {
    if (!file.is_regular_file()) continue;
    const auto name = file.path().filename().string();
    const auto alone = read_all(file.path());
    // Behind what decides the language, so that it stays what it is.
    const auto line = alone.starts_with("#!") ? alone.find('\n') + 1 : 0;
    const auto among = alone.substr(0, line) + honest + alone.substr(line) + "\n" + honest;
    const auto few = rules->scan(name, as_bytes(alone), std::chrono::seconds{10});
    const auto many = rules->scan(name, as_bytes(among), std::chrono::seconds{10});
    REQUIRE(few);
    REQUIRE(many);
    CAPTURE(file.path());
    const auto has = [&](const ContentHit& hit) {
      return std::any_of(many->begin(), many->end(), [&](const ContentHit& other) { return other.rule == hit.rule; });
    };
    for (const auto& hit : *few) {
      CHECK(has(hit));
      ++hits;
    }
  }
  CHECK(hits >= 19);
}

TEST_CASE("content filter: the lines around a word that a match can reach are kept, others are not", "[content]") {
  const RuleString two_lines{"first\\n?second", true, false, 1};
  const auto filter = LineFilter::of({&two_lines, 1});
  REQUIRE(filter);
  CHECK(filter->possible_lines("a\nb\nc\nfirst\nsecond\nd\ne\nf\n") == "\nc\nfirst\nsecond\nd\n");
  CHECK(filter->possible_lines("a\nb\n").empty());
  CHECK(filter->possible_lines("firstsecond") == "firstsecond");
}

TEST_CASE("content filter: a word without the rest of the string keeps no line", "[content]") {
  const RuleString opened{"\\b(open|fopen)[ \\t]*\\([ \\t]*\"/etc/secret\"", true, false, 0};
  const auto filter = LineFilter::of({&opened, 1});
  REQUIRE(filter);
  CHECK(filter->possible_lines("a\nopen (\"/etc/other\")\n# /etc/secret\n/etc/secret open(\n").empty());
  CHECK(filter->possible_lines("/etc/secret /etc/secret\nfopen(\"/etc/secret\")\nb\n") == "\nfopen(\"/etc/secret\")\n");
}

TEST_CASE("content filter: blanks are what libyara takes for blanks", "[content]") {
  for (const auto* expression : {"first\\s+second", "first[\\s]+second", "first\\W+second"}) {
    const RuleString string{expression, true, false, 1};
    const auto filter = LineFilter::of({&string, 1});
    REQUIRE(filter);
    for (const auto* text : {"first second", "first\vsecond", "first\tsecond"})
      CHECK(filter->possible_lines(text) == text);
    CHECK(filter->possible_lines("first_second").empty());
  }
  const RuleString unsaid{"first[^\\S]+second", true, false, 1};
  CHECK_FALSE(LineFilter::of({&unsaid, 1}));
}

TEST_CASE("content filter: all words that begin at a place are told", "[content]") {
  const std::vector<std::string> words{"base", "base64", "bas", "ase"};
  const WordFinder finder{words};
  std::vector<std::size_t> which;
  CHECK(finder.find("x BASE64", 0, &which) == 2);
  std::sort(which.begin(), which.end());
  CHECK(which == std::vector<std::size_t>{0, 1, 2});
  CHECK(finder.find("x BASE64", 3, &which) == 3);
  CHECK(which == std::vector<std::size_t>{3});
}

TEST_CASE("content filter: rules that look at more than matches are not filtered for", "[content]") {
  const std::string text = "$a = \"word\"";
  CHECK(is_local(text, "$a"));
  CHECK(is_local(text, "any of them and role == \"build\""));
  CHECK(is_local(text, "#a > 3"));
  for (const auto* condition :
       {"not $a", "filesize < 10", "$a at 0", "$a in (0..10)", "@a[1] > 3", "#a < 3", "#a == 3", "none of them",
        "for any i in (1..3) : (@a[i] > 1)", "filename matches /x/", "other_rule", "uint16(0) == 3", "true"})
    CHECK_FALSE(is_local(text, condition));
  CHECK_FALSE(strings_of_local_rules("rule x { condition: filename == \"x\" }"));
  CHECK_FALSE(strings_of_local_rules("import \"pe\" rule x { strings: $a = \"word\" condition: $a }"));
  CHECK_FALSE(strings_of_local_rules("global rule x { strings: $a = \"word\" condition: $a }"));
  CHECK_FALSE(is_local("$a = { 41 42 }", "$a"));
  CHECK_FALSE(is_local("$a = \"word\" wide", "$a"));
  CHECK_FALSE(is_local("$a = \"wo\\x72d\"", "$a"));
  CHECK_FALSE(is_local("$a = /word.word/s", "$a"));
}

TEST_CASE("content filter: how many ends of lines a match can go over", "[content]") {
  CHECK(line_ends_in("a[^\\n]{0,300}b.*c") == 0);
  CHECK(line_ends_in("(^|[\\n;])[ \\t]*export") == 1);
  CHECK(line_ends_in("a\\n?b\\sc") == 2);
  CHECK(line_ends_in("a[^x]b") == 1);
  for (const auto* unbounded : {"a\\s+b", "a[^x]*b", "(a\\n)+b", "a\\n{2}", "[\\t- ]+", "\\W*", "[\\x00-\\x20]{3}"})
    CHECK_FALSE(line_ends_in(unbounded));
}

TEST_CASE("content filter: a string that needs no certain word cannot be filtered for", "[content]") {
  for (const auto& string : {RuleString{"ab", false, false, 0}, RuleString{"[a-z]+", true, false, 0},
                             RuleString{"(longword)?x", true, false, 0}, RuleString{"(a", true, false, 0}})
    CHECK_FALSE(LineFilter::of({&string, 1}));
}
