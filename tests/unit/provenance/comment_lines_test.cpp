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
  CHECK(comments("a.py", "#!/usr/bin/python3\n# -*- coding: utf-8 -*-\n# one\nx = 1  # two\n// three\n") == "# one");
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

TEST_CASE("comment lines: a word goes on behind what is escaped, substituted or joined", "[provenance][hostile]") {
  // Each of these prints `# two`: the `#'` is no comment, and its quote is open.
  for (const auto* text : {"echo a\\ #'\n# two\necho b\\ #'\n", "echo a\\\n#'\n# two\necho a\\\n#'\n",
                           "echo $(true)#'\n# two\necho $(true)#'\n", "echo `true`#'\n# two\necho `true`#'\n",
                           "echo <(true)#'\n# two\necho <(true)#'\n"})
    CHECK(comments("a.sh", text).empty());
  CHECK(comments("a.sh", "(true) # one\n# two\n") == "# two");
}

TEST_CASE("comment lines: shells look for the end of a here-document in joined lines", "[provenance][hostile]") {
  CHECK(comments("a.sh", "cat <<E\na\\\nE\n# one\nE\n").empty());
  CHECK(comments("a.sh", "cat <<EO\na\nE\\\nO\ny='\nEO\n# one\n: <<EO\n'\nEO\n").empty());
  CHECK(comments("a.sh", "cat <<'E'\na\\\nE\n# one\n") == "# one");
  CHECK(comments("a.sh", "x=$(cat <<E\na\nE)\ny='\nE\n# one\n: <<E\n'\nE\n").empty());
  CHECK(comments("a.sh", "cat <<E\n$(echo '\nE\n# one\n')\nE\n").empty());
  CHECK(comments("a.sh", "cat <<'A B'\n# one\nA B\n: '\n").empty());
  CHECK(comments("a.sh", "cat <\\\n<E\n# one\nE\n").empty());
  CHECK(comments("a.sh", "cat <<E\n$(date) ${a-b} `c` \\` it's\nE\n# one\n").empty());
  CHECK(comments("a.sh", "cat <<E\n$(date) ${a-b} `c` \\`\nE\n# one\n") == "# one");
}

TEST_CASE("comment lines: what shells read in different ways is not read", "[provenance][hostile]") {
  for (const auto* text : {"# one\n((x = 1 <<E))\ny='\nE\n", "# one\nx=$[1<<E]\n", "# one\nalias q=\"echo '\"\n",
                           "# one\nx=$((echo # '\n\"'\n))\n", "# one\nx=`echo \\`a\\``\n",
                           "# one\nx=\"`echo \\\"'\\\"`\"\n", "# one\nx=`echo 'a`b'`\n"})
    CHECK(comments("a.sh", text).empty());
  CHECK(comments("a.sh", "x=`echo \\\\'`; y='\n`\n# one\n'\\'\n").empty());
  CHECK(comments("a.sh", "x=`eval \"\\\\$A \\\"$b\\\"\"`\n# one\n  alias -g '${1+\"$@\"}'='\"$@\"'\n# two\n") ==
        "# one|# two");
  CHECK(comments("a.sh", "x=$((1 + (2 * $y)))\n# one\n") == "# one");
}

TEST_CASE("comment lines: compilers join lines and take digits apart before they see comments",
          "[provenance][hostile]") {
  for (const auto* text :
       {"/* a *\\\n/ x;\n/* b\n*/\n", "/\\\n* \" */ \"/*\";\n// one\n/* */\n", "// a \\ \n/*\nx;\n/* */\n",
        "char a[] = {u8'\"', \"/*\"[0]};\nx;\n/* */\n", "f(1'/*');\nx;\n/* */\n",
        "a \?\?' b + \"' /*\"[0];\nx;\n/* */\n", "#include <a/*b>\nx;\n/* */\n",
        "#if __has_include(<a/*b>)\n#endif\nx;\n/* */\n", "R\\\n\"(\n// one\n)\";\n"})
    CHECK(comments("a.cpp", text).find("x;") == std::string::npos);
  CHECK(comments("a.cpp", "R\\\n\"(\n// one\n)\";\n").empty());
  CHECK(comments("a.c", "//bin/true; x\n// one\n") == "// one");
  CHECK(comments("a.c", "#include <a.h>  // one\n// two\n#define A(x) (x < 2) /* three */ \\\n  + 1\n// four\n") ==
        "// two|// four");
}

TEST_CASE("comment lines: a comment that a tool acts on is none", "[provenance][hostile]") {
  CHECK(comments("a.go", "//go:build go1.2\n// +build x\n// one\n//export A\n") == "// one");
  CHECK(comments("a.go", "// #cgo LDFLAGS: -lx-1.2\nimport \"C\"\n").empty());
  CHECK(comments("a.py", "# /// script\n# dependencies = [\"x==1.2\"]\n# ///\n").empty());
  CHECK(comments("a.py", "# one\r\nx = 1\n").empty());
  CHECK(comments("a.py", "# coding: utf-7\n# one +AAo-x()\n").empty());
  CHECK(comments("a.py", "# coding: utf-8\n# one\n") == "# one");
  CHECK(comments("Makefile", "# one\n.RECIPEPREFIX = >\n").empty());
  CHECK(comments("Makefile", "# one\n  override\tdefine X\n# two\nendef\n").empty());
  CHECK(comments("run.c", "#!/bin/sh\n// one\n").empty());
  CHECK(comments("run.py", "#!/bin/sh\n# one\n").empty());
}

TEST_CASE("comment lines: Python's versions disagree where a formatted string ends", "[provenance][hostile]") {
  for (const auto* text : {"f'{x['\n# one\n']}'\n", "f'{x['#']}'\n# one\n", "f'{a[\"}\"] + b['\n# one\n']}'\n",
                           "rf\"\"\"{'\n# one\n'}\"\"\"\n", "f'{x:{y}'\n# one\n"})
    CHECK(comments("a.py", text).empty());
  CHECK(comments("a.py", "f'{{ {x} }} {y!r:>4}'\nb'{'\n# one\n") == "# one");
}

TEST_CASE("comment lines: plain m4 prints what stands outside of macros", "[provenance][hostile]") {
  CHECK(comments("src/keys.m4", "#define KEY 1\ndnl one\n# AC_DEFUN([A])\n") == "dnl one");
  CHECK(comments("src/keys.m4", "define(`A', `\ndnl one\n')\n# two\n").empty());
  CHECK(comments("m4/gnulib-cache.m4", "# one\ngl_MODULES([a])\n") == "# one");
}

TEST_CASE("comment lines: an argument of a macro holds what looks like a comment", "[provenance][hostile]") {
  CHECK(comments("a.m4", "AC_DEFUN([A], echo \"\n# one\n\")\n# two\n") == "# two");
  CHECK(comments("a.m4", "AC_DEFUN([A],xdnl[\n# one\nxdnl])\n# two\n") == "# two");
  CHECK(comments("a.m4", "# one\nm4_define([dnl], [$1])\n").empty());
}
