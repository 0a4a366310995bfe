// Ways in which the content of a file comes to be executed, whether or not its bytes can be computed.
#include "inspect/script/analysis.hpp"
#include "inspect/tree_memory.hpp"
#include "packed.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;
using namespace assay::inspect::test;

namespace {

constexpr std::string_view k_stage = "echo 'hello from the hidden stage'\n";

ScriptAnalysis analyse(std::string_view script, std::string_view text, const Bytes& fixture, std::string_view path,
                       const FactsOf& facts = {}) {
  MemoryTree tree;
  tree.add(std::string{script}, bytes_of(text), 0755);
  tree.add(std::string{path}, fixture);
  tree.add("tests/run.sh", bytes_of("#!/bin/sh\n:\n"), 0755);
  tree.add("tests/case.c", bytes_of("int main(void) { return 0; }\n"));
  return analyse_scripts(tree, facts);
}

/// A script that version control does not have, every line of it novel.
FileFacts unreviewed(std::string_view path) {
  FileFacts facts;
  facts.compared = true;
  facts.all_novel = path.find('/') == std::string_view::npos;
  facts.in_vcs = !facts.all_novel;
  facts.proof = facts.in_vcs ? Proof::identical : Proof::unexplained;
  return facts;
}

}  // namespace

TEST_CASE("script: a decoded file is followed to whatever executes it", "[inspect][script]") {
  for (const std::string text : {
           "(cd $srcdir/tests/files && xz -dc f.bin | sh)\n",
           "cd tests\n(cd fi*s && xz -dc f*bin | sh)\n",
           "xz -dc $srcdir/tests/files/f.bin > t; chmod +x t; ./t\n",
           "cp tests/files/f.bin c.xz; xz -df c.xz; sh c\n",
           "cp tests/files/f.bin c.xz; unxz c.xz; . ./c\n",
           "exec 5<tests/files/f.bin; xz -dc <&5 | sh\n",
           "exec 6>t; xz -dc tests/files/f.bin >&6; sh t\n",
           "trap \"xz -dc tests/files/f.bin | sh\" EXIT\n",
           "y=$(case a in a) xz -dc tests/files/f.bin;; esac)\neval \"$y\"\n",
           "xz -dc tests/files/f.bin | timeout -k 5 9 sh\n",
           "xz -dc tests/files/f.bin | setsid nice -n 5 sh\n",
           "set -- xz -dc tests/files/f.bin; \"$@\" | sh\n",
           "cat > c.sh <<\\E\nxz -dc \"$1\" | sh\nE\nsh c.sh tests/files/f.bin\n",
           "echo \"xz -dc tests/files/f.bin | sh\" > c.sh\n. ./c.sh\n",
           "printf 'xz -dc %s | sh\\n' tests/files/f.bin > c.sh; ./c.sh\n",
           "sed -n 's/^#@//p' \"$0\" > c.sh; . ./c.sh\n#@xz -dc tests/files/f.bin | sh\n",
           "xz -dc tests/files/f.bin | { IFS= read -r l; $l; }\n",
           "xz -dc tests/files/f.bin | xargs -I{} sh -c {}\n",
           "xz -dc tests/files/f.bin | make -f -\n",
           "xz -dc tests/files/f.bin > c.awk; awk -f c.awk\n",
           "xz -dc tests/files/f.bin > c.c; cc c.c -o c && ./c\n",
           "xz -dc tests/files/f.bin | m4\n",
           "xz -dc tests/files/f.bin | . /dev/stdin\n",
           "bash <(xz -dc tests/files/f.bin)\n",
           ". <(cat tests/files/f.bin | xz -dc)\n",
           "sh < <(xz -dc $srcdir/tests/files/f.bin)\n",
           "xz -dc tests/files/f.bin > >(sh)\n",
           "xz -dc tests/files/f.bin | tee >(sh) > /dev/null\n",
           "a=(xz -dc tests/files/f.bin)\n\"${a[@]}\" | sh\n",
           "bash -c 'a=(xz -dc \"$1\"); \"${a[@]}\" | sh' x tests/files/f.bin\n",
           "eval 'f=tests/files/f.bin; g=xz; g+=cat; $g < $f | sh'\n",
           "xz -dc tests/files/f.bin >c; tar --checkpoint-action=exec=\"sh c\" --checkpoint=1 -cf /dev/null c\n",
           "split --filter='xz -dc | sh' tests/files/f.bin\n",
           "xz -dc tests/files/f.bin > mycc; chmod +x mycc; CC=./mycc; $CC -v\n",
       }) {
    INFO(text);
    const auto analysis = analyse("configure", text, xz(k_stage), "tests/files/f.bin");
    REQUIRE_FALSE(analysis.flows.empty());
    CHECK(analysis.flows[0].severity == Severity::critical);
    CHECK(analysis.flows[0].files == std::vector<std::string>{"tests/files/f.bin"});
    REQUIRE_FALSE(analysis.flows[0].stages.empty());
    CHECK(as_text(analysis.flows[0].stages[0].bytes).find("hidden stage") != std::string_view::npos);
  }
}

TEST_CASE("script: data that an unreviewed line executes is told, however its bytes are changed", "[inspect][script]") {
  const auto check = [](std::string_view script, std::string_view text, bool opaque) {
    INFO(text);
    const auto analysis = analyse(script, text, bytes_of("gur cnlybnq\n"), "tests/files/f.txt", unreviewed);
    REQUIRE_FALSE(analysis.flows.empty());
    const auto& flow = analysis.flows[0];
    CHECK(flow.severity >= Severity::medium);
    CHECK(flow.executes);
    CHECK(flow.from_data);
    CHECK(flow.unreviewed);
    CHECK(flow.opaque == opaque);
    CHECK(flow.files == std::vector<std::string>{"tests/files/f.txt"});
  };
  for (const std::string_view text :
       {"tar -cf c.tar -C tests/files f.txt; tar -xOf c.tar | sh\n", "iconv -f IBM037 tests/files/f.txt > t\n. ./t\n",
        "objcopy -O binary -j .x tests/files/f.txt c; sh c\n", "gpg -q -d tests/files/f.txt | sh\n",
        "perl -ne 'print pack(q(H*),$_)' tests/files/f.txt > t\nsh t\n",
        "python3 -c \"exec(int(open('tests/files/f.txt').read()).to_bytes(20,'big'))\"\n"})
    check("configure", text, true);
  for (const std::string_view text : {". $srcdir/tests/files/f.txt\n",
                                      "sh tests/files/f.txt\n",
                                      "read a < tests/files/f.txt\n$a\n",
                                      "awk -f tests/files/f.txt\n",
                                      "sed -n -f tests/files/f.txt README\n",
                                      "make -s -f tests/files/f.txt\n",
                                      "m4 tests/files/f.txt\n",
                                      "cc -x c tests/files/f.txt -o c\n",
                                      "BASH_ENV=tests/files/f.txt bash -c :\n",
                                      "set -- `cat tests/files/f.txt`; \"$@\"\n",
                                      "xargs -a tests/files/f.txt env\n",
                                      "echo '.incbin \"tests/files/f.txt\"' | as -o c.o\n",
                                      "cc -Wl,-T,tests/files/f.txt -o c main.c\n",
                                      "tar -I sh -xf tests/files/f.txt\n",
                                      "cut -c 10- tests/files/f.txt > t\n. ./t\n",
                                      "cp tests/files/f.txt c; ./c\n",
                                      "sed -n 's/^/echo /ep' tests/files/f.txt\n",
                                      "sed '1s/^//e' tests/files/f.txt\n",
                                      "sed e tests/files/f.txt\n",
                                      "sed '1,/x/!e' tests/files/f.txt\n",
                                      "sed -n -e 'h;s/^//' -e '${x;e' -e '}' tests/files/f.txt\n",
                                      "sed '/x/I{b;};sX^XXe' tests/files/f.txt\n",
                                      "gsed --expression='s/^//ew /dev/null' tests/files/f.txt\n",
                                      "sed '1e sh tests/files/f.txt' README\n",
                                      "sed '1s,.*,. tests/files/f.txt,e' README\n"})
    check("configure", text, false);
  check("Makefile", "include tests/files/f.txt\n", false);
  check("Makefile", "X := $(file < tests/files/f.txt)\nall:\n\t@$(X)\n", false);
  check("Makefile", "X := $(subst z,e,$(file < tests/files/f.txt))\nall:\n\t@$(X)\n", true);
  check("CMakeLists.txt", "include(${CMAKE_SOURCE_DIR}/tests/files/f.txt)\n", false);
  check("setup.py", "import runpy\nrunpy.run_path(\"tests/files/f.txt\")\n", true);
  check("setup.py", "with open('tests/files/f.txt') as f:\n  d = f.read()\nt = d[::2]\nexec(t)\n", true);
  check("meson.build", "project('p')\nr = run_command('sh', 'tests/files/f.txt', check: false)\n", false);
}

TEST_CASE("script: what a build executes of its own sources and tests is no execution of data", "[inspect][script]") {
  for (const std::string_view text :
       {"sh tests/run.sh\n", ". $srcdir/tests/run.sh\n", "cc tests/case.c -o c && ./c\n", "./config.status\n",
        "cat tests/files/f.txt > t; cmp t expected\n", "iconv -f IBM037 tests/files/f.txt > t\ncmp t expected\n",
        "awk -f build/list.awk tests/files/f.txt > out\n", "sed -n 1p tests/files/f.txt > conf.txt\n. ./other.sh\n",
        "sed -e 's/a/e/;s,b,e,' tests/files/f.txt > out\n",
        "sed 's/a/b/;y/e/f/;/e/b;a e' tests/files/f.txt e extra > out\n", "sed -l e -f edit.sed tests/files/f.txt\n",
        "make -f build.mk < tests/files/f.txt\n", "echo tests/files/f.txt | xargs cat\n", "(cd tests && ./run.sh)\n"}) {
    INFO(text);
    CHECK(analyse("configure", text, bytes_of("data\n"), "tests/files/f.txt", unreviewed).flows.empty());
  }
  // Packagers ship compressed patches that are called so.
  CHECK(analyse("p.SlackBuild", "#!/bin/sh\nxz -dc contrib/p.dir.diff.xz | patch -p1\n",
                xz("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"), "contrib/p.dir.diff.xz")
            .flows.empty());
  CHECK_FALSE(analyse("configure", "xz -dc tests/p.diff.xz | patch -p1\n",
                      xz("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"), "tests/p.diff.xz")
                  .flows.empty());
  // A value that comes from elsewhere, with the name of test data on another line.
  CHECK(analyse("setup.py", "d = open('tests/f.txt').read()\nt = 'import os'\nexec(t)\n", bytes_of("data\n"),
                "tests/f.txt")
            .flows.empty());
  // Files without a suffix are test scripts more often than not, unless they are decoded first.
  CHECK(analyse("configure", "sh tests/init\n", bytes_of(":\n"), "tests/init", unreviewed).flows.empty());
  CHECK_FALSE(analyse("configure", "iconv tests/init | sh\n", bytes_of(":\n"), "tests/init", unreviewed).flows.empty());
  // A script among the tests may do with its data what it likes.
  CHECK(analyse("tests/all.sh", ". ./files/f.txt\n", bytes_of("data\n"), "tests/files/f.txt").flows.empty());
  CHECK(analyse("setup.py", "exec(open('src/version.py').read())\n", bytes_of("data\n"), "tests/f.txt").flows.empty());
}

TEST_CASE("script: a plain script for vim among the tests is no data that vim executes", "[inspect][script]") {
  const std::string_view makefile = "test:\n\tvim -S tests/runtest.vim\n";
  CHECK(analyse("Makefile", makefile, bytes_of("set nocompatible\nquit\n"), "tests/runtest.vim", unreviewed)
            .flows.empty());
  CHECK_FALSE(analyse("Makefile", "test:\n\tvim -S tests/f.txt\n", bytes_of("set x\n"), "tests/f.txt", unreviewed)
                  .flows.empty());
  CHECK_FALSE(analyse("Makefile", "test:\n\txz -dc tests/f.vim > r.vim; vim -S r.vim\n", xz(k_stage), "tests/f.vim")
                  .flows.empty());
}

TEST_CASE("script: a script for an editor among the tests that hands data on is data that the editor executes",
          "[inspect][script]") {
  const auto told = [](std::string_view command, std::string_view path, std::string_view text) {
    INFO(command << text);
    MemoryTree tree;
    tree.add("Makefile", bytes_of("all:\n\t" + std::string{command} + "\n"), 0644);
    tree.add(std::string{path}, bytes_of(text), 0644);
    tree.add("tests/f.bin", xz(k_stage), 0644);
    return !analyse_scripts(tree, {}).flows.empty();
  };
  for (const std::string_view text :
       {"!sh tests/f.bin\n", "so tests/f.bin\n", "call system('sh tests/f.bin')\n", "silent !xz -dc tests/f.bin | sh\n",
        "luafile tests/f.bin\n", "source tests/other.vim\n"})
    CHECK(told("vim -S tests/r.vim", "tests/r.vim", text));
  CHECK(told("emacs --batch -l tests/r.el", "tests/r.el", "(load \"tests/f.bin\")\n"));
  CHECK(told("emacs --batch -l tests/r.el", "tests/r.el", "(shell-command \"xz -dc tests/f.bin | sh\")\n"));
  for (const std::string_view text : {"set nocompatible\n\" source tests/f.bin\n", "edit tests/f.bin\nwrite\n",
                                      "call system('make')\n", "!./tests/run.sh\n"})
    CHECK_FALSE(told("vim -S tests/r.vim", "tests/r.vim", text));
}

TEST_CASE("script: data that is an argument of a program called after python is not run by python",
          "[inspect][script]") {
  const auto data = bytes_of("gur cnlybnq\n");
  CHECK(analyse("Makefile", "all:\n\t./python-pure-benchmark tests/f.bin\n", data, "tests/f.bin", unreviewed)
            .flows.empty());
  for (const std::string_view name : {"python3", "python3.11-dbg", "perl5.36-x86_64-linux-gnu", "luajit", "lua-5.1"}) {
    INFO(name);
    CHECK_FALSE(analyse("Makefile", "all:\n\t" + std::string{name} + " tests/f.bin\n", data, "tests/f.bin", unreviewed)
                    .flows.empty());
  }
}

TEST_CASE("script: a module that python runs is given data on its input, unless it runs that", "[inspect][script]") {
  const auto flows = [](std::string_view text) {
    return analyse("configure", text, bytes_of("{}\n"), "tests/f.bin", unreviewed).flows;
  };
  for (const std::string_view module : {"-m json.tool", "-mjson.tool", "-Im json.tool", "-sImjson.tool"}) {
    INFO(module);
    CHECK(flows("cat tests/f.bin | python3 " + std::string{module} + "\n").empty());
  }
  for (const std::string_view module : {"-mcode", "-m code", "-Im asyncio", "-"}) {
    INFO(module);
    CHECK_FALSE(flows("cat tests/f.bin | python3 " + std::string{module} + "\n").empty());
  }
}

TEST_CASE("script: what a script has encoded in itself is followed, whatever name its decoder has got",
          "[inspect][script]") {
  const auto flows = [](std::string_view text, const FactsOf& facts = {}) {
    INFO(text);
    return analyse("build.sh", text, bytes_of("data\n"), "tests/files/f.txt", facts).flows;
  };
  for (const std::string_view text :
       {"c=base64; echo ZWNobyBoZWxsbwo= | $c -d | sh\n", "s=sh; echo ZWNobyBoZWxsbwo= | base64 -d | $s\n",
        "eval \"`echo ZWNobyBoZWxsbwo= | base64 -d`\"\n", "x=$(echo ZWNobyBoZWxsbwo= | base64 -d); sh -c \"$x\"\n",
        "base64 -d > t.sh <<E\nZWNobyBoZWxsbwo=\nE\n. ./t.sh\n", "d=ba\"\"se64\n$d -d <<< ZWNobyBoZWxsbwo= | sh\n"}) {
    const auto found = flows(text);
    REQUIRE_FALSE(found.empty());
    CHECK(found[0].severity == Severity::medium);
    REQUIRE_FALSE(found[0].stages.empty());
    CHECK(as_text(found[0].stages[0].bytes).starts_with("echo hello"));
    const auto novel = flows(text, unreviewed);
    REQUIRE_FALSE(novel.empty());
    CHECK(novel[0].severity == Severity::high);
  }
  for (const std::string_view text :
       {"echo ZWNobyBoZWxsbwo= | base64 -d > out\n", "base64 -d <<E | tar xf -\nZWNobyBoZWxsbwo=\nE\n",
        "test \"`echo aGVsbG8K | base64 -d`\" = hello || exit 1\n", "echo 'echo hello' | tr a-z A-Z | sh\n"})
    CHECK(flows(text).empty());
}

TEST_CASE("script: a text that only the command which runs it tells to be a script is followed", "[inspect][script]") {
  for (const std::string_view line : {"sh doc/notes.inc\n", ". $srcdir/doc/notes.inc\n", "cd doc\n. ./notes.inc\n"}) {
    INFO(line);
    MemoryTree tree;
    tree.add("configure", bytes_of("#!/bin/sh\n" + std::string{line}), 0755);
    tree.add("doc/notes.inc", bytes_of("xz -dc $srcdir/tests/files/f.bin | sh\n"), 0644);
    tree.add("tests/files/f.bin", xz(k_stage), 0644);
    const auto analysis = analyse_scripts(tree, {});
    REQUIRE_FALSE(analysis.flows.empty());
    CHECK(analysis.flows[0].severity == Severity::critical);
  }
}

TEST_CASE("script: data behind many other files is followed as well", "[inspect][script]") {
  MemoryTree tree;
  std::string files;
  for (int i = 0; i < 100; ++i) {
    files += " src/a" + std::to_string(i) + ".txt";
    tree.add("src/a" + std::to_string(i) + ".txt", bytes_of("text\n"), 0644);
  }
  tree.add("tests/f.bin", bytes_of("data\n"), 0644);
  tree.add("a.sh", bytes_of("cat" + files + " tests/f.bin | sh\n"), 0755);
  tree.add("b.sh", bytes_of("mix" + files + " tests/f.bin | sh\n"), 0755);
  const auto flows = analyse_scripts(tree, {}).flows;
  for (const std::string_view script : {"a.sh", "b.sh"})
    CHECK(std::any_of(flows.begin(), flows.end(), [&](const Flow& flow) {
      return flow.steps.back().script == script ||
             std::find(flow.also_in.begin(), flow.also_in.end(), script) != flow.also_in.end();
    }));
}

TEST_CASE("script: a file called an image or a document that is run is followed as the script that it is",
          "[inspect][script]") {
  const std::string pdf = "%PDF-1.6\n%\xE2\xE3\xCF\xD3\n", end = "\nstartxref\n17\n%%EOF\n";
  for (const std::string_view line : {"sh doc/logo.pdf\n", "./doc/logo.pdf\n", ". $srcdir/doc/logo.pdf\n"})
    for (const auto& head : {pdf, std::string{"\x89PNG\r\n\x1a\n"}, std::string{}}) {
      INFO(line);
      MemoryTree tree;
      tree.add("configure", bytes_of("#!/bin/sh\n" + std::string{line}), 0755);
      tree.add("doc/logo.pdf", bytes_of(head + "\nxz -dc tests/files/f.bin | sh\nexit 0\n" + end), 0755);
      tree.add("tests/files/f.bin", xz(k_stage), 0644);
      const auto analysis = analyse_scripts(tree, {});
      CHECK(std::any_of(analysis.flows.begin(), analysis.flows.end(), [](const Flow& flow) {
        return std::find(flow.files.begin(), flow.files.end(), "tests/files/f.bin") != flow.files.end() &&
               flow.severity >= Severity::high;
      }));
    }
}

TEST_CASE("script: what Tcl starts, opens and evaluates is followed", "[inspect][script]") {
  for (const std::string_view text :
       {"exec xz -dc tests/files/f.bin | sh\n", "exec sh -c {xz -dc tests/files/f.bin | sh}\n",
        "set d [file join tests files]\nexec xz -dc $d/f.bin | sh >@ stdout\n",
        "if {[catch {exec sh -c \"xz -dc tests/files/f.bin | sh\"} msg]} {\n  puts $msg\n}\n",
        "proc run {} {\n  set f [open \"|xz -dc tests/files/f.bin\"]\n  eval [read $f]\n}\nrun\n",
        "set p [open tests/files/f.bin rb]\nset t [exec xz -dc << [read $p]]\nexec sh -c $t\n",
        "foreach x {1 2} {\n  open \"|xz -dc tests/files/f.bin | sh\" r\n}\n",
        "set c xz\nputs [exec $c -dc tests/files/f.bin | sh]\n"}) {
    INFO(text);
    for (const std::string_view script : {"configure.tcl", "auto.def", "build-aux/gen"}) {
      const auto head = script == "build-aux/gen" ? "#!/usr/bin/env tclsh\n" : "";
      const auto analysis = analyse(script, head + std::string{text}, xz(k_stage), "tests/files/f.bin");
      REQUIRE_FALSE(analysis.flows.empty());
      CHECK(analysis.flows[0].severity >= Severity::high);
      CHECK(analysis.flows[0].files == std::vector<std::string>{"tests/files/f.bin"});
    }
  }
  for (const std::string_view text :
       {"exec xz -dc tests/files/f.bin > out\n", "set f [open tests/files/f.bin]\nputs [read $f]\n",
        "puts {exec xz -dc tests/files/f.bin | sort}\n", "# exec xz -dc tests/files/f.bin | sh\n"}) {
    INFO(text);
    CHECK(analyse("configure.tcl", text, xz(k_stage), "tests/files/f.bin").flows.empty());
  }
}

TEST_CASE("script: Tcl that nests without end is read to its end", "[inspect][script][hostile]") {
  std::string braces(1U << 20, '{'), brackets, quotes;
  for (int i = 0; i < 200'000; ++i) brackets += "[set x ";
  for (int i = 0; i < 200'000; ++i) quotes += "\"[";
  for (const auto& text : {braces, "exec " + brackets, quotes, "set x " + brackets + std::string(200'000, ']')})
    CHECK(analyse("a.tcl", text, bytes_of("x\n"), "tests/files/f.bin").flows.empty());
}
