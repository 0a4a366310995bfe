// Comments, strings and code told apart.
#include <string>
#include <vector>

#include "inspect/text/lexer.hpp"
#include "support/catch.hpp"

using namespace assay::inspect;

namespace {

/// The text with comments as `#`, strings as `"` and code as `.`, line ends kept.
std::string kinds(Language language, std::string_view text) {
  std::string out;
  std::string joined;
  std::uint64_t line = 1;
  tokenise(language, text, [&](const Token& token) {
    CHECK(token.offset == joined.size());
    CHECK(token.line == line);
    joined += token.text;
    for (const char c : token.text) {
      out += c == '\n' ? '\n' : token.kind == TokenKind::comment ? '#' : token.kind == TokenKind::string ? '"' : '.';
      line += c == '\n' ? 1U : 0U;
    }
  });
  CHECK(joined == text);
  return out;
}

}  // namespace

TEST_CASE("lexer: C", "[inspect][text]") {
  CHECK(kinds(Language::c, "a/*b*/c//d\ne") == ".#####.###\n.");
  CHECK(kinds(Language::c, "\"/*\"x") == "\"\"\"\".");
  CHECK(kinds(Language::c, "'\"'x\"\\\"\"y") == "\"\"\".\"\"\"\".");
  CHECK(kinds(Language::c, "1'000'000 /*") == "..........##");
  CHECK(kinds(Language::c, "// a \\\nb\nc") == "######\n#\n.");
  CHECK(kinds(Language::c, "R\"x(\"//)x\" y") == "\"\"\"\"\"\"\"\"\"\"..");
  CHECK(kinds(Language::c, "\"open\nx") == "\"\"\"\"\"\n.");
}

TEST_CASE("lexer: shell", "[inspect][text]") {
  CHECK(kinds(Language::shell, "a#b #c\nd") == "....##\n.");
  CHECK(kinds(Language::shell, "echo '#' \"#\n#\" \\# #") == ".....\"\"\".\"\"\n\"\"....#");
  CHECK(kinds(Language::shell, "$#;#x") == "...##");
}

TEST_CASE("lexer: m4, make, CMake, Python and JavaScript", "[inspect][text]") {
  CHECK(kinds(Language::m4, "a dnl b\n[dnlx] # c") == "..#####\n.......###");
  CHECK(kinds(Language::make, "a = b\\#c # d \\\ne\nf") == ".........#####\n#\n.");
  CHECK(kinds(Language::cmake, "a #[[b\nc]] d # e\n[=[f]=]") == "..####\n###...###\n\"\"\"\"\"\"\"");
  CHECK(kinds(Language::python, "a = '''b\n#''' # c\n'd'") == "....\"\"\"\"\n\"\"\"\".###\n\"\"\"");
  CHECK(kinds(Language::javascript, "`a\n//` // b\n'c'") == "\"\"\n\"\"\".####\n\"\"\"");
}

TEST_CASE("lexer: whatever the text is, the tokens are the text", "[inspect][text][hostile]") {
  const std::string pieces[] = {"/*", "*/", "\"",  "'", "\\",  "\n", "R\"(",         "[[",
                                "#[", "]]", "dnl", "`", "'''", "#",  "\xE2\x80\xAE", std::string(1, '\0')};
  unsigned state = 1;
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += pieces[(state = state * 1103515245U + 12345U) >> 16 & 15U];
    for (const auto language : {Language::c, Language::shell, Language::m4, Language::python, Language::javascript,
                                Language::make, Language::cmake}) {
      std::string joined;
      tokenise(language, text, [&](const Token& token) { joined += token.text; });
      REQUIRE(joined == text);
    }
  }
}

TEST_CASE("lexer: the language follows from the name, or from the interpreter", "[inspect][text]") {
  CHECK(language_of("src/a.c", "") == Language::c);
  CHECK(language_of("config.h.in", "") == Language::c);
  CHECK(language_of("configure.ac", "") == Language::m4);
  CHECK(language_of("CMakeLists.txt", "") == Language::cmake);
  CHECK(language_of("Makefile.in", "") == Language::make);
  CHECK(language_of("tool", "#!/usr/bin/env python3\n") == Language::python);
  CHECK(language_of("tool", "#! /bin/sh\n") == Language::shell);
  CHECK(language_of("po/de.po", "") == Language::none);
}

TEST_CASE("lexer: a translation of Qt is XML, whatever else is called so", "[inspect][text]") {
  CHECK(language_of("app_ru.ts", "<?xml version=\"1.0\"?>\n<!DOCTYPE TS>\n") == Language::none);
  CHECK(language_of("app_ru.ts", "\xEF\xBB\xBF<!DOCTYPE TS>\n<TS>") == Language::none);
  CHECK(language_of("app.ts", "<TS>value;\n") == Language::javascript);  // an assertion of a type
  CHECK(language_of("app.ts", "") == Language::javascript);
  CHECK(language_of("configure", "<?xml version=\"1.0\"?>\n") == Language::shell);  // it runs all the same
}
