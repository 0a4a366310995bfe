#include "base/text.hpp"

#include <random>

#include "support/catch.hpp"

using namespace assay;
using namespace std::string_view_literals;

TEST_CASE("text: UTF-8 is judged as RFC 3629 says", "[base][text]") {
  for (const auto good : {""sv, "plain"sv, "caf\xc3\xa9"sv, "\xe2\x82\xac"sv, "\xf0\x9f\x98\x80"sv,
                          "\xf4\x8f\xbf\xbf"sv, "\xed\x9f\xbf"sv, "\xef\xbf\xbf"sv, "nul\0byte"sv}) {
    CAPTURE(good);
    CHECK(is_utf8(good));
  }
  // Stray continuation, overlong (2, 3 and 4 bytes), surrogate, beyond U+10FFFF, cut off, Latin-1.
  for (const auto bad :
       {"\x80"sv, "\xc0\xaf"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xf0\x8f\xbf\xbf"sv, "\xed\xa0\x80"sv,
        "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xe2\x82"sv, "\xf0\x9f\x98"sv, "caf\xe9"sv, "\xff"sv}) {
    CAPTURE(bad);
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("text: control characters are C0 but tab, DEL and C1", "[base][text]") {
  CHECK_FALSE(has_control("tab\tis fine, caf\xc3\xa9 too"));
  for (const auto bad : {"\n"sv, "\x1b[31m"sv, "\x7f"sv, "\xc2\x9b"sv, "a\0b"sv, "\r"sv}) CHECK(has_control(bad));
}

TEST_CASE("text: bidirectional and zero-width characters are seen", "[base][text]") {
  CHECK_FALSE(has_bidi_or_zero_width("caf\xc3\xa9 \xe2\x80\x94 dash"));
  for (const auto bad : {"\xe2\x80\xae"sv, "\xe2\x81\xa6"sv, "\xe2\x81\xa9"sv, "\xe2\x80\x8b"sv, "\xe2\x80\x8f"sv,
                         "\xd8\x9c"sv, "\xe2\x81\xa0"sv, "\xef\xbb\xbf"sv})
    CHECK(has_bidi_or_zero_width(bad));
}

TEST_CASE("text: what is shown can neither move the cursor nor reorder the line", "[base][text][hostile]") {
  CHECK(escape_for_display("plain caf\xc3\xa9") == "plain caf\xc3\xa9");
  CHECK(escape_for_display("a\nb\tc\rd\\e") == "a\\nb\\tc\\rd\\e");
  CHECK(escape_for_display("\x1b[31m\x7f") == "\\x1b[31m\\x7f");
  CHECK(escape_for_display("\xc2\x9b") == "\\x9b");
  CHECK(escape_for_display("caf\xe9") == "caf\\xe9");
  CHECK(escape_for_display("\xe2\x80\xae") == "\\u{202e}");
  CHECK(escape_for_display("\xe2\x80\xa8") == "\\u{2028}");
  CHECK(escape_for_display("nul\0byte"sv) == "nul\\x00byte");
}

TEST_CASE("text: escaping any bytes gives well-formed text without controls", "[base][text][hostile]") {
  std::uint32_t state = 12345;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (int i = 0; i < 24; ++i) {
      state = state * 1664525 + 1013904223;
      bytes.push_back(static_cast<char>(state >> 24));
    }
    const auto shown = escape_for_display(bytes);
    REQUIRE(is_utf8(shown));
    REQUIRE_FALSE(has_control(shown));
    REQUIRE_FALSE(has_bidi_or_zero_width(shown));
    REQUIRE(shown.find('\t') == std::string::npos);
  }
}

TEST_CASE("text: lines end with LF or CRLF, and the last need not end", "[base][text]") {
  using Lines = std::vector<std::string_view>;
  CHECK(split_lines("").empty());
  CHECK(split_lines("\n") == Lines{""});
  CHECK(split_lines("a\nb") == Lines{"a", "b"});
  CHECK(split_lines("a\r\nb\r\n") == Lines{"a", "b"});
  CHECK(split_lines("a\n\nb\n") == Lines{"a", "", "b"});
  CHECK(split_lines("a\rb\n") == Lines{"a\rb"});
}

TEST_CASE("text: a normalised line differs only in what it says", "[base][text]") {
  CHECK(normalise_line("  AC_DEFUN( [x],\t [y] )\r") == "AC_DEFUN( [x], [y] )");
  CHECK(normalise_line("\t \f\v").empty());
  CHECK(normalise_line("a\x1b"
                       "b") ==
        "a\x1b"
        "b");
  CHECK(normalise_line("ab") != normalise_line("a b"));
}

TEST_CASE("text: the first 8000 bytes decide whether it is text, as in git", "[base][text]") {
  CHECK(looks_like_text({}));
  std::string data(8001, 'x');
  data[8000] = '\0';
  CHECK(looks_like_text(as_bytes(data)));
  data[7999] = '\0';
  CHECK_FALSE(looks_like_text(as_bytes(data)));
}

TEST_CASE("text: edit distance counts insertions, deletions and substitutions", "[base][text]") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("v1.2.0", "v1.2.0") == 0);
  CHECK(edit_distance("check", "chekc") == 2);
}

TEST_CASE("text: paths are taken apart at the last slash", "[base][text]") {
  CHECK(path_basename("a/b/c.m4") == "c.m4");
  CHECK(path_basename("c.m4") == "c.m4");
  CHECK(path_basename("a/") == "");
  CHECK(path_dirname("a/b/c.m4") == "a/b");
  CHECK(path_dirname("c.m4") == "");
  CHECK(path_dirname("/c") == "");
}

TEST_CASE("text: counts are written for people", "[base][text]") {
  CHECK(count_of(0, "file") == "0 files");
  CHECK(count_of(1, "file") == "1 file");
  CHECK(count_of(999, "file") == "999 files");
  CHECK(count_of(1'000, "file") == "1,000 files");
  CHECK(count_of(12'345'678, "entry", "entries") == "12,345,678 entries");
}

TEST_CASE("text: only ASCII letters have their case folded", "[base][text]") {
  CHECK(ascii_lower("READ-Me.TXT\xc3\x89") == "read-me.txt\xc3\x89");
  CHECK(starts_with_any("configure.ac", {"Makefile", "config"}));
  CHECK_FALSE(starts_with_any("x", {}));
  CHECK(ends_with_any("a.tar.gz", {".zip", ".gz"}));
  CHECK_FALSE(ends_with_any("gz", {".gz"}));
}

TEST_CASE("text: a line is normalised in blocks as it is byte by byte", "[text]") {
  const auto slowly = [](std::string_view line) {
    std::string out;
    bool gap = false;
    for (const char c : line) {
      if (std::string_view{" \t\v\f\r"}.find(c) != std::string_view::npos) {
        gap = !out.empty();
        continue;
      }
      if (gap) out += ' ';
      gap = false;
      out += c;
    }
    return out;
  };
  std::mt19937 random{11};
  const std::string alphabet = "abcdefgh(),.\xc3\xa4   \t\r\v\n";
  for (int round = 0; round < 20'000; ++round) {
    std::string line(random() % 90, ' ');
    const auto letters = round % 2 == 0 ? alphabet.size() : 12;
    for (auto& c : line) c = alphabet[random() % letters];
    for (auto spaces = random() % 8; spaces > 0 && !line.empty(); --spaces) line[random() % line.size()] = ' ';
    CAPTURE(line);
    REQUIRE(normalise_line(line) == slowly(line));
  }
}

TEST_CASE("text: a symbolic link leads from where it stands", "[base]") {
  CHECK(path_behind_link("a/b/link", "../c") == "a/c");
  CHECK(path_behind_link("link", "./a//b") == "a/b");
  CHECK(path_behind_link("a/link", "../../x") == "../x");
  CHECK(path_behind_link("../x/link", "../y") == "../y");
  CHECK_FALSE(path_behind_link("a/link", "/etc/passwd"));
  CHECK_FALSE(path_behind_link("a/link", ""));
}

TEST_CASE("text: a path is seen from a directory, and found again", "[base]") {
  const auto check = [](std::string_view directory, std::string_view path, std::string_view seen) {
    INFO(directory << " " << path);
    CHECK(path_seen_from(directory, path) == seen);
    CHECK(path_resolved(directory, seen) == path);
  };
  check("", "a/b", "a/b");
  check("p", "p/a/b", "a/b");
  check("p", "q/a", "../q/a");
  check("p", "p", "../p");
  check("p", "pp/a", "../pp/a");
  check("p/src", "p/README", "../README");
  check("p/src", "README", "../../README");
  check("p/src", "p/srcs/a", "../srcs/a");
  CHECK(path_resolved("p", "../../x") == "../x");
}
