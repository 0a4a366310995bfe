#include "provenance/comment_lines.hpp"

#include "provenance/exact_lines.hpp"
#include "support/catch.hpp"

using namespace assay::provenance;

namespace {

/// The comment lines of a file, joined by `|`.
std::string comments(std::string_view path, std::string_view text) {
  const CommentLines lines{path, text};
  const auto all = exact_lines(text);
  std::string joined;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (lines.at(i)) joined += (joined.empty() ? "" : "|") + std::string{all[i]};
  return joined;
}

}  // namespace

TEST_CASE("comment lines: what begins a comment depends on the language", "[provenance]") {
  CHECK(comments("a.c", "// one\n# two\nint x;  // three\n/* four\n five */\n/* six */ int y;\n") ==
        "// one|/* four| five */");
  CHECK(comments("a.py", "#!/usr/bin/python3\n# -*- coding: x -*-\n# one\nx = 1  # two\n// three\n") == "# one");
  CHECK(comments("configure", "#! /bin/sh\n# one\necho x # two\n  # three\n//usr/bin/env-1.5\n") == "# one|  # three");
  CHECK(comments("Makefile.in", "# one\n# @two@\nall:\n\t# three\nx = \\\n# four\n") == "# one");
  CHECK(comments("m4/a.m4", "# one\ndnl two\nAC_DEFUN([A], [\n# three\ndnl four\n])\n# five\n") ==
        "# one|dnl two|# five");
  CHECK(comments("configure.ac", "# one\ndnl two\n") == "dnl two");
  CHECK(comments("a.1", ".\\\" one\n.TH A 1\n") == ".\\\" one");
  for (const auto* path : {"a.js", "a.rs", "a.rb", "a.yml", "a.pl", "a", "a.txt", "a.conf"})
    CHECK(comments(path, "# one\n// two\n").empty());
}

TEST_CASE("comment lines: what stands in a string is data", "[provenance][hostile]") {
  CHECK(comments("a.sh", "echo '\n# one\n' \"\n# two\n\"\n# three\n") == "# three");
  CHECK(comments("a.sh", "echo \"`sed '\n# one\n'`\"\nx=$(echo \\\n# two\n)\n").empty());
  CHECK(comments("a.sh", "x=\"${a-\"\n# one\n\"}\"\n# two\n") == "# two");
  CHECK(comments("a.py", "x = \"\"\"\n# one\n\"\"\"\ny = 'a\\\n# two\\\n'\n# three\n") == "# three");
  CHECK(comments("a.c", "char* q = \"a\\\n// one \\\nb\";\n// two\n") == "// two");
  CHECK(comments("a.go", "var x = `\n// one\n`\n// two\n") == "// two");
}

TEST_CASE("comment lines: what stands in a here-document is data, and only its word ends it", "[provenance][hostile]") {
  CHECK(comments("a.sh", "cat <<A; cat <<\"B\"\n# one\nA\n# two\nB\n# three\n") == "# three");
  CHECK(comments("a.sh", "cat <<-'E F' | sh\n\t# one\n\tE\n# two\n").empty());
  CHECK(comments("a.sh", "cat <<- \\E\n# one\n\tE\n# two\n") == "# two");
  CHECK(comments("a.sh", "# not <<E\necho <<<w '<<E'\n# one\n") == "# not <<E|# one");
}

TEST_CASE("comment lines: a lexer that loses its way takes nothing for a comment", "[provenance][hostile]") {
  for (const auto* text :
       {"# one\necho 'x\n", "# one\ncat <<E\n", "# one\ncat <<$x\n", "# one\nx=$(case a in a) ;; esac)\n",
        "# one\necho \"${a-'x}'}\"\n", "# one\necho `# two`\n", "# one\necho $'a\\'b'\n"})
    CHECK(comments("a.sh", text).empty());
  for (const auto* text :
       {"// one\nchar* x = R\"(\n// two\n)\";\n", "// one\n//**/ 8\n", "// one\?\?/\nx();\n", "// one\n\"\n"})
    CHECK(comments("a.c", text).empty());
  CHECK(comments("a.m4", "# one\nchangequote(<<, >>)\n").empty());
  CHECK(comments("a.m4", "# one\n]\n").empty());
  CHECK(comments("Makefile", "# one\ndefine X\n# two\nendef\n").empty());
  CHECK(comments("a.py", "# one\nx = 'a\n").empty());
  CHECK(comments("a.sh", std::string(1 << 20, '`')).empty());
  CHECK(comments("a.sh", std::string(1 << 20, '(')).empty());
  CHECK(comments("a.c", "\\").empty());
  CHECK(comments("a.sh", "\\").empty());
}

TEST_CASE("comment lines: a line goes on where the one before it does", "[provenance][hostile]") {
  CHECK(comments("a.sh", "echo a \\\n# one\n# two\n") == "# two");
  CHECK(comments("a.c", "#define X \\\n// one\n// two \\\nx();\n// three\n") == "// three");
}
