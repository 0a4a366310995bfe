#include "report/prose.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"
#include "report/wording.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::report;

TEST_CASE("prose: lines break between words and are indented to where the text began", "[report]") {
  const std::string word(40, 'x');
  CHECK(wrap_prose("  1. ", word + " " + word + " " + word) == "  1. " + word + " " + word + "\n     " + word + "\n");
}

TEST_CASE("prose: a command between backticks is not broken, and the width is that of the terminal", "[report]") {
  CHECK(wrap_prose("  ", 2, "look at it: `assay extract x.tar.gz 'a b!stage 1' -o FILE`", 40) ==
        "  look at it:\n  `assay extract x.tar.gz 'a b!stage 1' -o FILE`\n");
  CHECK(wrap_prose("", 0, "one two three four", 8) == "one two\nthree\nfour\n");
  CHECK(wrap_prose("", 0, "a lone ` changes nothing", 8) == "a lone `\nchanges\nnothing\n");
}

TEST_CASE("prose: a word longer than a line stays whole, and no line begins with an empty one", "[report]") {
  const std::string word(150, 'x');
  CHECK(wrap_prose("  ", word) == "  " + word + "\n");
  CHECK(wrap_prose("  ", "a " + word) == "  a\n  " + word + "\n");
  CHECK(wrap_prose("  ", "") == "  \n");
}

TEST_CASE("wording: cutting counts characters, not bytes, and keeps both ends of a path", "[report]") {
  CHECK(cut_end("äöüß", 4) == "äöüß");
  CHECK(cut_end("äöüßx", 4) == "äöü…");
  CHECK(cut_middle("0123456789", 5) == "01…89");
  CHECK(cut_middle("äöüßäöüß", 5) == "äö…üß");
  CHECK(is_utf8(cut_middle("äöüßäöüß", 4)));
}

TEST_CASE("wording: a share is never rounded up to all", "[report]") {
  CHECK(percent(1.0) == "100 %");
  CHECK(percent(0.99999) == "99.99 %");
  CHECK(percent(0.0) == "0.00 %");
}

TEST_CASE("wording: escaped prose stays as it is, and what is not escaped becomes it", "[report][hostile]") {
  CHECK(safe_prose("a\\x1bb") == "a\\x1bb");
  CHECK(safe_prose("a\x1b[31m\xff") == "a\\x1b[31m\\xff");
  CHECK(safe_prose("") == "");
  CHECK(safe_prose("\\") == "\\");
}

TEST_CASE("wording: a novel line's label has a number and nothing else", "[report]") {
  CHECK(is_novel_line_label("novel line 12"));
  CHECK_FALSE(is_novel_line_label("novel lines"));
  CHECK_FALSE(is_novel_line_label("novel line "));
  CHECK_FALSE(is_novel_line_label("novel line 12 of 13"));
}

TEST_CASE("base64: the vectors of RFC 4648 section 10", "[report]") {
  const auto encode = [](std::string_view text) { return to_base64(as_bytes(text)); };
  CHECK(encode("").empty());
  CHECK(encode("f") == "Zg==");
  CHECK(encode("fo") == "Zm8=");
  CHECK(encode("foo") == "Zm9v");
  CHECK(encode("foob") == "Zm9vYg==");
  CHECK(encode("fooba") == "Zm9vYmE=");
  CHECK(encode("foobar") == "Zm9vYmFy");
  CHECK(encode("\xff\xfe\xfd") == "//79");
}
