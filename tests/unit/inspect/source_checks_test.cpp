// What packages run when they are installed or compiled, gates, and names that look like others.
#include <algorithm>

#include "base/text.hpp"
#include "inspect/source/source_checks.hpp"
#include "inspect/text/analysis.hpp"
#include "inspect/tree_memory.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;

namespace {

/// A file that version control does not have with these bytes, and its novel lines.
struct Case {
  std::string path;
  std::string text;
  std::vector<NovelLine> novel;

  Case(std::string at, std::string content, std::vector<std::uint64_t> lines = {})
      : path(std::move(at)), text(std::move(content)) {
    std::uint64_t number = 0;
    for (const auto line : split_lines(text)) {
      ++number;
      if (lines.empty() || std::find(lines.begin(), lines.end(), number) != lines.end())
        novel.push_back({number, std::string{line}});
    }
  }

  std::vector<Finding> findings(bool compared = true, bool in_vcs = false) const {
    MemoryTree tree;
    tree.add(path, Bytes{text.begin(), text.end()});
    return inspect_texts(tree,
                         [&](std::string_view) {
                           FileFacts facts;
                           facts.compared = compared;
                           facts.in_vcs = in_vcs;
                           facts.proof = in_vcs ? Proof::identical : Proof::unexplained;
                           facts.novel_lines = in_vcs ? nullptr : &novel;
                           facts.novel_line_count = in_vcs ? 0 : novel.size();
                           return facts;
                         },
                         {})
        .findings;
  }
};

}  // namespace

TEST_CASE("source: setup.py that replaces commands says which, by what, and what it starts", "[inspect][source]") {
  const Case setup{"setup.py",
                   "import subprocess\nclass Hook(install):\n    def run(self):\n        subprocess.run([\"/bin/sh\", "
                   "\"-c\", \"x\"])\n        get('https://example.org/a')\nsetup(\n    cmdclass={\n        'install': "
                   "Hook,\n        'develop': hooks.Develop})\n"};
  const auto findings = setup.findings();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == "inspect-python-install-code");
  CHECK(findings[0].location.line == 7);
  CHECK(findings[0].message ==
        "replaces the commands of the installation: 'install' by Hook, 'develop' by hooks.Develop");
  CHECK(findings[0].severity == Severity::medium);
  CHECK(std::any_of(findings[0].evidence.begin(), findings[0].evidence.end(),
                    [](const Evidence& evidence) { return evidence.label == "starts" && evidence.text == "/bin/sh"; }));
  CHECK(std::any_of(findings[0].evidence.begin(), findings[0].evidence.end(),
                    [](const Evidence& evidence) { return evidence.text == "https://example.org/a"; }));
}

TEST_CASE("source: what version control has, or what was not compared, is no such finding", "[inspect][source]") {
  const Case setup{"setup.py", "setup(cmdclass={'install': Hook})\n"};
  CHECK(setup.findings().size() == 1);
  CHECK(setup.findings(true, true).empty());
  CHECK(setup.findings(false, false).empty());
  const Case other_line{"setup.py", "setup(cmdclass={'install': Hook})\nversion = 1\n", {2}};
  CHECK(other_line.findings().empty());
}

TEST_CASE("source: a build backend in the package itself is named", "[inspect][source]") {
  const Case project{"pkg/pyproject.toml",
                     "[build-system]\nrequires = []\nbuild-backend = \"hooks\"\nbackend-path = [\"tools\"]\n"};
  const auto findings = project.findings();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].message == "the build runs the backend 'hooks' of the package itself, from \"tools\"");
  CHECK(Case{"pyproject.toml", "[build-system]\nbuild-backend = \"setuptools.build_meta\"\n"}.findings().empty());
}

TEST_CASE("source: a build script of Cargo says what it starts", "[inspect][source]") {
  const auto findings = Case{"build.rs",
                             "use std::process::Command;\nfn main() { "
                             "Command::new(\"curl\").arg(\"https://example.org/x\"); Command::new(\"sh\"); }\n"}
                            .findings();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == "inspect-cargo-build-script");
  CHECK(findings[0].message == "is run when the crate is compiled; it starts: curl, sh");
  const auto manifest = Case{"Cargo.toml", "[package]\nbuild = \"src/gen.rs\"\n"}.findings();
  REQUIRE(manifest.size() == 1);
  CHECK(manifest[0].message == "compiles and runs src/gen.rs before the crate");
  CHECK(Case{"src/main.rs", "fn main() { Command::new(\"curl\"); }\n"}.findings().empty());
}

TEST_CASE("source: three gates on novel lines are a finding, two are not, nor are known lines", "[inspect][source]") {
  const std::string gates =
      "#!/bin/sh\nif test `uname` = Linux; then\nif test \"$GCC\" = yes; then\nif test -f debian/rules; then\n:\nfi fi "
      "fi\n# test $TERM\n";
  const auto findings = Case{"m4.sh", gates}.findings();
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == "inspect-environment-gate");
  CHECK(findings[0].message == "novel lines ask for the system, the compiler, a distribution's packaging");
  CHECK(findings[0].location.line == 2);
  CHECK(Case{"m4.sh", gates, {2, 3}}.findings().empty());
  CHECK(Case{"doc.c", gates.substr(10)}.findings().empty());
}

TEST_CASE("source: a call that differs from another name in underscores only", "[inspect][source]") {
  const auto of_compiler = Case{"crc.c", "int f(void) {\n  return _get_cpuid(1, 2);\n}\n"}.findings();
  REQUIRE(of_compiler.size() == 1);
  CHECK(of_compiler[0].rule == "inspect-lookalike-name");
  CHECK(of_compiler[0].message == "calls _get_cpuid, which reads like __get_cpuid");
  CHECK(of_compiler[0].location.line == 2);
  const auto of_file = Case{"a.c", "int lzma_crc64(int x);\nint g(int x) { return lzma__crc64(x); }\n", {2}}.findings();
  REQUIRE(of_file.size() == 1);
  CHECK(Case{"a.c", "int lzma_crc64(int x);\nint g(int x) { return lzma_crc64(x); }\n", {2}}.findings().empty());
  CHECK(Case{"a.c", "// __get_cpuid\nint g(void) { return __get_cpuid(1); }\n"}.findings().empty());
}

TEST_CASE("source: patterns over hostile lines take linear time", "[inspect][source][hostile]") {
  std::string line = "if test ";
  while (line.size() < 4000) line += "[ grep case x86_64x -f config.statu ";
  std::string text = "#!/bin/sh\n";
  for (int i = 0; i < 150; ++i) text += line + "\n";
  CHECK(Case{"a.sh", text}.findings().size() <= 1);
  std::string setup;
  for (int i = 0; i < 150; ++i) setup += "cmdclass = {" + std::string(3000, '\'') + "\n";
  CHECK(Case{"setup.py", setup}.findings().size() <= 150);
}

TEST_CASE("source: names are looked for once, however many blanks there are", "[inspect][source][hostile]") {
  for (const char* const blank : {" ", "\t"}) {
    std::string text;
    while (text.size() < 2'000'000) text += blank;
    CHECK(Case{"main.c", text}.findings().empty());
    const auto found = Case{"main.c", "void frob_it(int);\n" + text + "int x = frob__it   \t(1);\n", {2}}.findings();
    CHECK(found.size() == 1);
  }
}

TEST_CASE("text: what is left when the time is over is not looked at, and that is a gap", "[inspect][text][hostile]") {
  MemoryTree tree;
  tree.add("a.c", Bytes{'i', 'n', 't', ' ', 'x', ';', '\n'});
  TextOptions options;
  options.deadline = archive::Deadline{std::chrono::milliseconds{0}};
  const auto analysis = inspect_texts(tree, {}, options);
  CHECK(analysis.files == 0);
  REQUIRE(analysis.coverage.gaps.size() == 1);
  CHECK(analysis.coverage.gaps[0].reason.find("limit time=0") != std::string::npos);
}

TEST_CASE("source: code that a novel line has run at loading is told, that of version control is not",
          "[inspect][source]") {
  const Case hooked{"src/a.c",
                    "int f(void);\nstatic void init(void) __attribute__((constructor));\nint crc(int) "
                    "__attribute__((ifunc(\"pick\")));\n",
                    {3}};
  REQUIRE(hooked.findings().size() == 1);
  CHECK(hooked.findings()[0].rule == "inspect-loader-hook");
  CHECK(hooked.findings()[0].location.line == 3);
  CHECK(hooked.findings(true, true).empty());
}

TEST_CASE("source: code that is run at loading is told however its attribute is written", "[inspect][source]") {
  const auto is_told = [](const std::string& line) { return Case{"a.c", line + "\n"}.findings().size() == 1; };
  for (const auto* line :
       {"static void f (void) __attribute__ ((constructor));",
        "__attribute__(( used, constructor(101) )) void f(void);",
        "void f(void) __attribute((aligned(4), __constructor__));", "[[using gnu: used, constructor]] void f();",
        "[[ gnu::constructor(101) ]] void f();", "int f (void) __attribute__ ((ifunc (\"pick\")));"}) {
    CAPTURE(line);
    CHECK(is_told(line));
  }
  for (const auto* line :
       {"void constructor(void) __attribute__ ((unused));", "__attribute__((unused)) void constructor(void);",
        "int a = b[c[constructor]];", "void f(void) __attribute__((no_constructors));"}) {
    CAPTURE(line);
    CHECK_FALSE(is_told(line));
  }
}
