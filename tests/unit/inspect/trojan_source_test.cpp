// Characters that make a source look like another one, and those that only look suspicious.
#include <chrono>

#include "base/text.hpp"
#include "inspect/text/analysis.hpp"
#include "inspect/text/trojan_source.hpp"
#include "inspect/tree_memory.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;

namespace {

#define RLO "\xE2\x80\xAE"
#define LRI "\xE2\x81\xA6"
#define PDI "\xE2\x81\xA9"
#define PDF "\xE2\x80\xAC"
#define ZWSP "\xE2\x80\x8B"
#define CYRILLIC_A "\xD0\xB0"

std::vector<Finding> findings_of(std::string_view path, std::string_view text, const FactsOf& facts = {}) {
  MemoryTree tree;
  tree.add(std::string{path}, Bytes{text.begin(), text.end()});
  return inspect_texts(tree, facts, {}).findings;
}

}  // namespace

TEST_CASE("trojan source: code that is shown as a comment", "[inspect][text]") {
  const auto deceits = find_deceits(
      Language::c, "int f(void) {\n  /*" RLO " } " LRI "if (admin)" PDI " " LRI " begin admins only */\n    go();\n");
  REQUIRE(deceits.size() == 1);
  CHECK(deceits[0].what == Deception::reordered);
  CHECK(deceits[0].line == 2);
  CHECK(deceits[0].where == TokenKind::comment);
  CHECK(deceits[0].message == "U+2066 is still open at the end of a comment in the code");
}

TEST_CASE("trojan source: a string that is longer than it looks, in every language", "[inspect][text]") {
  const std::pair<Language, std::string_view> cases[] = {
      {Language::c, "if (strcmp(level, \"user" RLO " " LRI "// Check if admin" PDI " " LRI "\")) {\n"},
      {Language::javascript, "if (level != \"user" RLO " " LRI "// Check" PDI " " LRI "\") {\n"},
      {Language::python, "access = 'none" RLO " " LRI "'  # shown elsewhere\n"},
      {Language::shell, "test \"$level\" = \"user" RLO " " LRI "\" && go\n"},
      {Language::m4, "AC_SUBST([x]) dnl " RLO " end\n"},
      {Language::make, "all: # " RLO " comment\n\tgo\n"},
      {Language::cmake, "set(x \"user" RLO "\")\n"}};
  for (const auto& [language, text] : cases) {
    INFO(to_string(language));
    const auto deceits = find_deceits(language, text);
    REQUIRE_FALSE(deceits.empty());
    CHECK(deceits[0].what == Deception::reordered);
    CHECK(deceits[0].line == 1);
  }
}

TEST_CASE("trojan source: what is closed where it was opened is text in another direction", "[inspect][text]") {
  CHECK(find_deceits(Language::c, "// " RLO "abc" PDF " and " LRI "def" PDI "\n").empty());
  CHECK(find_deceits(Language::c, "puts(\"" LRI "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D" PDI "\");\n").empty());
  CHECK(find_deceits(Language::c, "puts(\"\\u202e\");\n").empty());
  CHECK(find_deceits(Language::none, RLO "a translation\n").empty());
}

TEST_CASE("trojan source: what closes an isolate closes what was opened within", "[inspect][text]") {
  CHECK(find_deceits(Language::c, "// " LRI "a" RLO "b" PDI "\n").empty());
  CHECK(find_deceits(Language::c, "// " RLO "a" LRI "b" PDF "\n").size() == 1);
}

TEST_CASE("trojan source: any such control in code is one too many", "[inspect][text]") {
  const auto deceits = find_deceits(Language::c, "int a" RLO PDF " = 1;\n");
  REQUIRE(deceits.size() == 2);
  CHECK(deceits[0].where == TokenKind::code);
}

TEST_CASE("trojan source: zero-width characters count in code, not in comments, and not as the mark of a file",
          "[inspect][text]") {
  const auto deceits = find_deceits(
      Language::c, "\xEF\xBB\xBFint is_admin" ZWSP "(void);\n// zero" ZWSP "width\nputs(\"a" ZWSP "\");\n");
  REQUIRE(deceits.size() == 1);
  CHECK(deceits[0].what == Deception::invisible);
  CHECK(deceits[0].line == 1);
  CHECK(deceits[0].message.find("U+200B") != std::string::npos);
}

TEST_CASE("trojan source: what leaves no mark is found in the code of every language", "[inspect][text]") {
  // Fillers of Hangul are letters to a compiler, variation selectors and tags continue a name, marks of direction move it.
  for (const std::string_view character :
       {"\xE3\x85\xA4", "\xEF\xBE\xA0", "\xE1\x85\x9F", "\xE1\x85\xA0", "\xD8\x9C", "\xE2\x80\x8E", "\xEF\xB8\x80",
        "\xEF\xB8\x8F", "\xF3\xA0\x84\x80", "\xF3\xA0\x81\xA1", "\xCD\x8F", "\xE1\xA0\x8B", "\xE2\x81\xA2"})
    for (const auto language : {Language::c, Language::javascript, Language::python, Language::shell}) {
      const auto deceits = find_deceits(language, "x = 1;\nadmin" + std::string{character} + " = 1;\n");
      INFO(to_string(language) << " " << character);
      REQUIRE_FALSE(deceits.empty());
      CHECK(deceits[0].what == Deception::invisible);
      CHECK(deceits[0].line == 2);
    }
  CHECK(find_deceits(Language::javascript, "const { timeout,\xE3\x85\xA4} = query;\n").size() == 1);
}

TEST_CASE("trojan source: an emoji is written with what leaves no mark, and hides nothing", "[inspect][text]") {
  CHECK(find_deceits(Language::javascript, "return <p>\xE2\x9D\xA4\xEF\xB8\x8F</p>;\n").empty());
  CHECK(
      find_deceits(Language::c, "// \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x94\xA7 \xE2\x9D\xA4\xEF\xB8\x8F\n").empty());
}

TEST_CASE("trojan source: text of invisible characters in a string or comment", "[inspect][text]") {
  std::string hidden;
  for (int i = 0; i < 200; ++i) hidden += "\xF3\xA0\x84\xB1";
  for (const auto language : {Language::javascript, Language::python}) {
    const auto deceits = find_deceits(language, "x = decode('" + hidden + "')\n");
    REQUIRE(deceits.size() == 1);
    CHECK(deceits[0].what == Deception::invisible);
    CHECK(deceits[0].where == TokenKind::string);
  }
  CHECK(find_deceits(Language::c, "/* " + hidden + " */\n").size() == 1);
  // England's flag: six tags.
  CHECK(
      find_deceits(Language::c,
                   "puts(\"\xF0\x9F\x8F\xB4\xF3\xA0\x81\xA7\xF3\xA0\x81\xA2\xF3\xA0\x81\xA5\xF3\xA0\x81\xAE\xF3\xA0\x81"
                   "\xA7\xF3\xA0\x81\xBF\");\n")
          .empty());
}

TEST_CASE("trojan source: a name that looks like another of the file", "[inspect][text]") {
  const auto deceits = find_deceits(Language::c, "void say_hallo(void);\nvoid s" CYRILLIC_A "y_hallo(void);\n");
  REQUIRE(deceits.size() == 1);
  CHECK(deceits[0].what == Deception::confusable);
  CHECK(deceits[0].line == 2);
  CHECK(deceits[0].message == "the name 's<U+0430>y_hallo' looks like 'say_hallo' of the same file and is another one");
}

TEST_CASE("trojan source: a name that passes for Latin", "[inspect][text]") {
  const auto deceits = find_deceits(Language::python, CYRILLIC_A "dmin = True\n");
  REQUIRE(deceits.size() == 1);
  CHECK(deceits[0].message.find("mixes Latin letters") != std::string::npos);
}

TEST_CASE("trojan source: a name ends at spaces and punctuation of any script", "[inspect][text]") {
  CHECK(find_deceits(Language::javascript, "x = Search\xE2\x80\xA6\nSearch = 1\n").empty());  // an ellipsis
  CHECK(find_deceits(Language::javascript, "x =\xC2\xA0Search\xC2\xA0\n").empty());
  const auto deceits = find_deceits(Language::javascript, "x =\xC2\xA0" CYRILLIC_A "dmin\xE2\x80\xA6\n");
  REQUIRE(deceits.size() == 1);
  CHECK(deceits[0].message.find("'<U+0430>dmin'") != std::string::npos);
}

TEST_CASE("trojan source: honest names in other languages are fine", "[inspect][text]") {
  CHECK(find_deceits(Language::python,
                     "gr\xC3\xB6\xC3\x9F"
                     "e = 1\nna\xC3\xAFve = 2\n\xD1\x86\xD0\xB5\xD0\xBD\xD0\xB0 = "
                     "3\n\xCE\xBC\xCE\xB5\xCF\x84\xCF\x81\xCE\xBF = 4\n")
            .empty());
}

TEST_CASE(
    "trojan source: on a novel line it is high, in version control as grave as without a comparison, in test data low",
    "[inspect][text]") {
  const std::string_view text = "/* " RLO " */\n";
  const auto with = [](bool in_vcs) {
    return [in_vcs](std::string_view) {
      FileFacts facts;
      facts.compared = true;
      facts.in_vcs = in_vcs;
      facts.proof = in_vcs ? Proof::identical : Proof::unexplained;
      return facts;
    };
  };
  const std::vector<NovelLine> that{{1, std::string{text}}};
  const FactsOf novel = [&](std::string_view) {
    FileFacts facts = with(false)("");
    facts.novel_lines = &that;
    facts.novel_line_count = 1;
    return facts;
  };
  REQUIRE(findings_of("a.c", text).size() == 1);
  CHECK(findings_of("a.c", text)[0].severity == Severity::medium);
  CHECK(findings_of("tests/a.c", text)[0].severity == Severity::low);
  CHECK(findings_of("a.c", text, with(true))[0].severity == Severity::medium);
  CHECK(findings_of("tests/a.c", text, with(true))[0].severity == Severity::low);
  CHECK(findings_of("a.c", text, novel)[0].severity == Severity::high);
}

TEST_CASE("trojan source: a text of nothing but controls, and one line of 16 MiB, take linear time",
          "[inspect][text][hostile]") {
  std::string controls = "// ";
  while (controls.size() < (8U << 20)) controls += RLO LRI;
  std::string names;
  while (names.size() < (8U << 20)) names += CYRILLIC_A "b" + std::to_string(names.size()) + " ";
  const auto begin = std::chrono::steady_clock::now();
  CHECK(find_deceits(Language::c, controls).size() == 1);
  CHECK(find_deceits(Language::c, names).size() <= k_most_deceits);
  CHECK(find_deceits(Language::c, std::string(16U << 20, '\xE2')).empty());
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{30});
}

TEST_CASE("trojan source: the quick look passes over nothing that the long one has something to say of",
          "[inspect][text]") {
  std::uint64_t passed = 0;
  std::string missed;
  for (char32_t c = 0x80; c < 0x10000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string character;
    if (c < 0x800) character = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
    else
      character = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
                   static_cast<char>(0x80 | (c & 0x3F))};
    const auto text = "int x" + character + "y = " + character + ";\n";
    const bool suspect = may_deceive(text);
    passed += suspect ? 0U : 1U;
    if (!suspect && !find_deceits(Language::c, text).empty())
      (missed += ' ') += std::to_string(static_cast<unsigned>(c));
  }
  CHECK(missed == "");
  CHECK(passed > 30'000);  // accents, ideographs and Hangul cost nothing
  CHECK(may_deceive("int a" CYRILLIC_A ";"));
  CHECK_FALSE(may_deceive("\xEF\xBB\xBFint a; // gr\xC3\xBC\xC3\x9F \xC2\xA9"));
  CHECK_FALSE(may_deceive("latin-1: \xFC\xDF"));
  CHECK(may_deceive("aaaaaaaaaaaaaaa" RLO));
}
