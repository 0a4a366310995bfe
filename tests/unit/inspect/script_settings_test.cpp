// Variables that choose what a build runs, and what it makes of one file before it runs it under another name.
#include "inspect/script/analysis.hpp"
#include "inspect/tree_memory.hpp"
#include "packed.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;
using namespace assay::inspect::test;

namespace {

struct File {
  std::string_view path;
  std::string_view text;
};

ScriptAnalysis analyse(const std::vector<File>& files) {
  MemoryTree tree;
  for (const auto& file : files) tree.add(std::string{file.path}, bytes_of(file.text), 0644);
  return analyse_scripts(tree, {});
}

ScriptAnalysis analyse(std::string_view script, std::string_view text, std::string_view path = "tests/files/f.txt") {
  return analyse({{script, text}, {path, "echo hello\n"}, {"x.c", "int x;\n"}});
}

}  // namespace

TEST_CASE("script: a variable that chooses what is run leads to test data", "[inspect][script]") {
  const auto check = [](std::string_view script, std::string_view text) {
    INFO(text);
    const auto analysis = analyse(script, text);
    REQUIRE_FALSE(analysis.flows.empty());
    CHECK(analysis.flows[0].diverted);
    CHECK(analysis.flows[0].from_data);
    CHECK(analysis.flows[0].severity >= Severity::medium);
    CHECK(analysis.flows[0].files == std::vector<std::string>{"tests/files/f.txt"});
  };
  for (const std::string_view text :
       {"CC = sh tests/files/f.txt\nall: x.o\n", "AR := perl $(srcdir)/tests/files/f.txt\n",
        "export BASH_ENV := tests/files/f.txt\n", "all:\n\tMAKEFILES=tests/files/f.txt $(MAKE) -f sub.mk\n",
        "all: CC = sh tests/files/f.txt\nall: x.o\n", "export LD_PRELOAD = $(CURDIR)/tests/files/f.txt\n",
        "export PERL5OPT=-d:x tests/files/f.txt\n", "CFLAGS += -specs=tests/files/f.txt\n",
        "CFLAGS = -O2 -include tests/files/f.txt\n", "CFLAGS = @tests/files/f.txt\n",
        "all:\n\t$(MAKE) sub CC='sh tests/files/f.txt'\n"})
    check("Makefile", text);
  check("configure", "#!/bin/sh\nd=tests/files\nCC=\"sh $d/f.txt\"\nexport CC\n");
  check("configure", "#!/bin/sh\nread CC < tests/files/f.txt\necho \"CC = $CC\" > config.mk\n");
  check("configure", "#!/bin/sh\nenv ENV=tests/files/f.txt make\n");
  check("CMakeLists.txt", "set(CMAKE_C_COMPILER_LAUNCHER sh ${CMAKE_SOURCE_DIR}/tests/files/f.txt)\n");
  check("CMakeLists.txt", "set(CMAKE_AR ${CMAKE_SOURCE_DIR}/tests/files/f.txt)\n");
  check("CMakeLists.txt",
        "set_property(GLOBAL PROPERTY RULE_LAUNCH_COMPILE \"sh ${CMAKE_SOURCE_DIR}/tests/files/f.txt\")\n");
  check("Makefile", "export RUBYOPT = -r./tests/files/f.txt\n");
  check("CMakeLists.txt", "set(ENV{BASH_ENV} ${CMAKE_SOURCE_DIR}/tests/files/f.txt)\n");
}

TEST_CASE("script: a directory of the tests comes first where commands, modules and sources are looked for",
          "[inspect][script]") {
  const auto check = [](std::string_view text, std::string_view path, bool told) {
    INFO(text << path);
    const auto analysis = analyse("Makefile", text, path);
    REQUIRE(analysis.flows.empty() != told);
    if (told) CHECK(analysis.flows[0].severity == Severity::medium);
  };
  check("export PATH := $(CURDIR)/tests/files:$(PATH)\n", "tests/files/cc", true);
  check("export PATH := $(CURDIR)/tests/files:$(PATH)\n", "tests/files/run-all", false);
  check("export COMPILER_PATH=tests/files\n", "tests/files/as", true);
  check("all:\n\tcc -Btests/files/ -c x.c\n", "tests/files/as", true);
  check("export PYTHONPATH=tests/files\n", "tests/files/sitecustomize.py", true);
  check("export PYTHONPATH=tests/files\n", "tests/files/helper.py", false);
  check("export PERL5LIB=tests/files\nexport PERL5OPT=-Mdata\n", "tests/files/data.pm", true);
  check("export PERL5LIB=tests/files\n", "tests/files/data.pm", false);
  check("all:\n\tcc $(shell PKG_CONFIG_PATH=tests/files pkg-config --cflags x) -c x.c\n", "tests/files/x.pc", true);
  check("VPATH = src:tests\n", "tests/x.c", false);
}

TEST_CASE("script: sources of tests that make looks for are told where they stand beside data", "[inspect][script]") {
  const auto told = [](std::string_view text, std::string_view source, std::string_view beside) {
    return !analyse({{"Makefile", text}, {source, "int x;\n"}, {beside, "data\n"}}).flows.empty();
  };
  CHECK(told("VPATH = tests/files\n", "tests/files/x.c", "tests/files/f.txt"));
  CHECK(told("vpath %.sh tests/files\nall: run\n\t./run\n", "tests/files/run.sh", "tests/files/f.bin"));
  CHECK_FALSE(told("VPATH = src:tests/unit\n", "tests/unit/test_a.c", "tests/unit/test_b.c"));
  CHECK_FALSE(told("vpath %.c src tests/support/mocks\n", "tests/support/mocks/m.c", "tests/support/mocks/README.md"));
}

TEST_CASE("script: settings of the tests' own programs are told where they name something to run",
          "[inspect][script]") {
  const auto told = [](std::string_view text, std::string_view content) {
    INFO(text);
    return !analyse({{"Makefile", text}, {"tests/files/f.cnf", content}}).flows.empty();
  };
  const std::string_view openssl = "check:\n\tOPENSSL_CONF=tests/files/f.cnf ./run\n";
  CHECK_FALSE(told(openssl, "[req]\ndistinguished_name = dn\n"));
  CHECK(told(openssl, "[x]\ndynamic_path = ./tests/files/x.so\n"));
  const std::string_view git = "check:\n\tGIT_CONFIG_GLOBAL=tests/files/f.cnf git fetch\n";
  CHECK_FALSE(told(git, "[user]\n\tname = Test\n"));
  CHECK(told(git, "[core]\n\tsshCommand = sh tests/files/x\n"));
  CHECK_FALSE(told(git, "[color]\n\tpager = true\n[init]\n\tdefaultBranch = main\n[commit]\n\tgpgsign = false\n"));
  for (const std::string_view setting :
       {"[diff]\n\texternal = sh tests/files/x\n", "[core]\n\tgitProxy = tests/files/x\n",
        "[init]\n\ttemplateDir = tests/files\n", "[core] hooksPath = tests/files\n",
        "[uploadpack]\n\tpackObjectsHook = tests/files/x\n", "[interactive]\n\tdiffFilter = tests/files/x\n",
        "[alias]\n\tx = !sh tests/files/x\n", "[include]\n\tpath = x\n", "[includeIf \"gitdir:~\"]\n\tpath = x\n",
        "[filter \"x\"]\n\tclean = x\n", "[url \"ext::sh -c x\"]\n\tinsteadOf = x\n",
        "[remote \"o\"]\n\turl = ext::sh -c x\n", "[core]\n\tattributesFile = tests/files/a\n"})
    CHECK(told(git, setting));
  const std::string_view r = "check:\n\tR_ENVIRON=tests/files/f.cnf R CMD check x\n";
  CHECK_FALSE(told(r, "_R_CHECK_FORCE_SUGGESTS_=false\n"));
  CHECK(told(r, "R_TESTS=x.R\n"));
  CHECK(told(r, "OTHER=tests/files/x\n"));
  CHECK(told("check:\n\tR_TESTS=tests/files/f.cnf R CMD check x\n", "x <- 1\n"));
  CHECK_FALSE(told("check:\n\tsqlite3 t.db < tests/files/f.cnf\n", "create table x(a);\n"));
  CHECK(told("check:\n\tsqlite3 t.db < tests/files/f.cnf\n", ".shell sh tests/files/x\n"));
}

TEST_CASE("script: flags are those of compilers and linkers, and a linker script takes files in or is none of code",
          "[inspect][script]") {
  const auto told = [](std::string_view text, std::string_view content) {
    INFO(text);
    return !analyse({{"Makefile", text}, {"tests/files/f.lds", content}}).flows.empty();
  };
  const std::string_view script = "SECTIONS { .text : { *(.text) } }\n";
  CHECK_FALSE(told("LDFLAGS = -T tests/files/f.lds\n", script));
  CHECK_FALSE(told("LDFLAGS = -Ttests/files/f.lds\n", script));
  CHECK_FALSE(told("all:\n\tcc -T tests/files/f.lds x.o\n", script));
  CHECK_FALSE(told("all:\n\tld -T tests/files/f.lds x.o\n", script));
  CHECK(told("LDFLAGS = -T tests/files/f.lds\n", "INPUT(tests/files/x.o)\n"));
  CHECK(told("LDFLAGS = -T tests/files/f.lds\n", std::string_view{"\x7f"
                                                                  "ELF\0\1\2",
                                                                  7}));
  // A file is taken in however its name is written down.
  CHECK(told("LDFLAGS = -T tests/files/f.lds\n", "SECTIONS { }\nINPUT(\n tests/files/x.o\n)\n"));
  CHECK(told("LDFLAGS = -T tests/files/f.lds\n", "SECTIONS { }\nINPUT /* ) */ (payload.o)\n"));
  CHECK(told("LDFLAGS = -T tests/files/f.lds\n", "SECTIONS { }\nINCLUDE tests/files/y.lds\n"));
  CHECK_FALSE(told("LDFLAGS = -T tests/files/f.lds\n", "/* see a/b */ INCLUDE memory.x\nSECTIONS { }\nGROUP(-lc)\n"));
  std::string code = "SECTIONS { .init : {";
  for (int i = 0; i < 20; ++i) code += " QUAD(0x90909090)";
  CHECK(told("LDFLAGS = -T tests/files/f.lds\n", code + " } }\n"));
  for (const std::string_view option :
       {"-Wl,-T,tests/files/f.lds", "-Wl,--script=tests/files/f.lds", "-Wl,-O1,--script,tests/files/f.lds",
        "-Xlinker -T -Xlinker tests/files/f.lds", "-Xlinker --script=tests/files/f.lds"}) {
    const auto flags = "LDFLAGS = " + std::string{option} + "\n";
    CHECK_FALSE(told(flags, script));
    CHECK(told(flags, "INPUT(tests/files/x.o)\n"));
    CHECK(told("all:\n\tcc x.o " + std::string{option} + "\n", "INPUT(tests/files/x.o)\n"));
  }
  for (const std::string_view option :
       {"-Wl,--dynamic-linker=tests/files/f.lds", "-Wl,-dynamic-linker,tests/files/f.lds",
        "-Wl,-plugin,tests/files/f.lds", "-wrapper sh,tests/files/f.lds", "-fuse-ld=tests/files/f.lds",
        "-Xclang -load -Xclang tests/files/f.lds", "-Wl,-z,now,@tests/files/f.lds"}) {
    CHECK(told("LDFLAGS = " + std::string{option} + "\n", script));
    CHECK(told("all:\n\tcc x.o " + std::string{option} + "\n", script));
  }
  CHECK_FALSE(told("LDFLAGS = -Wl,--version-script,tests/files/f.lds -Wl,-rpath,tests/files\n", "{ global: x; };\n"));
  CHECK(told("all:\n\tld --dynamic-linker tests/files/f.lds x.o\n", "\x7f\x45"));
  // However many flags stand in front of it.
  std::string many = "CFLAGS =";
  for (int i = 0; i < 1000; ++i) many += " -DX" + std::to_string(i);
  CHECK(told(many + " -include tests/files/f.lds\n", script));
  CHECK_FALSE(told("TESTFLAGS = -include tests/files/f.lds\n", script));
  CHECK(told("x_LDFLAGS = @tests/files/f.lds\n", script));
  CHECK(told("CMAKE_C_FLAGS_DEBUG = -include tests/files/f.lds\n", script));
}

TEST_CASE("script: what the tests' own scripts put in front of them is their business", "[inspect][script]") {
  CHECK(analyse("tests/Makefile", "export PATH := $(srcdir)/files:$(PATH)\nexport BASH_ENV = files/f.txt\n",
                "tests/files/cc")
            .flows.empty());
  CHECK(analyse("Makefile", "CC = gcc -std=c99\nAR = ar\nSHELL = /bin/sh\nCFLAGS = -include config.h -Itests/files\n")
            .flows.empty());
}

TEST_CASE("script: test data under another name is followed to what runs it", "[inspect][script]") {
  const auto check = [](std::string_view script, std::string_view text) {
    INFO(text);
    const auto analysis = analyse(script, text);
    REQUIRE_FALSE(analysis.flows.empty());
    CHECK(analysis.flows[0].executes);
    CHECK(analysis.flows[0].files == std::vector<std::string>{"tests/files/f.txt"});
  };
  check("Makefile", "-include local.mk\nlocal.mk: tests/files/f.txt\n\tcp $< $@\n");
  check("Makefile", "all:\n\tex -s < tests/files/f.txt\n");
  check("Makefile", "all:\n\tsqlite3 a.db \".read tests/files/f.txt\"\n");
  check("Makefile", "all:\n\temacs --batch -l tests/files/f.txt\n");
  check("Makefile", "all:\n\texpect tests/files/f.txt\n");
  check("Makefile", "all:\n\tnode -r ./tests/files/f.txt lib/setup\n");
  check("Makefile", "all:\n\tcc @tests/files/f.txt x.c\n");
  check("Makefile", "SHELL = perl\n.SHELLFLAGS = -e\nall:\n\topen F,\"<tests/files/f.txt\"; $$d=<F>; system($$d);\n");
  check("meson.build",
        "r = configure_file(input : 'tests/files/f.txt', output : 'g.sh', configuration : {'X' : "
        "'P'})\nrun_command('sh', r)\n");
  check("meson.build", "custom_target('x', input: 'tests/files/f.txt', output: 'y', command: ['sh', '@INPUT@'])\n");
  check("CMakeLists.txt", "configure_file(tests/files/f.txt g.cmake)\ninclude(g.cmake)\n");
  check("CMakeLists.txt", "FetchContent_Declare(x URL ${CMAKE_SOURCE_DIR}/tests/files/f.txt)\n");
}

TEST_CASE("script: numbers that CMake makes of a file and characters of them are a decoding", "[inspect][script]") {
  const auto analysis =
      analyse("CMakeLists.txt",
              "file(READ tests/files/f.txt d HEX)\nforeach(i RANGE 10)\nmath(EXPR j \"2*${i}\")\n"
              "string(SUBSTRING ${d} ${j} 2 h)\nmath(EXPR n \"0x${h} ^ 0x5a\")\nstring(ASCII ${n} c)\n"
              "set(o \"${o}${c}\")\nendforeach()\nexecute_process(COMMAND sh -c \"${o}\")\n");
  REQUIRE_FALSE(analysis.flows.empty());
  CHECK(analysis.flows[0].decodes);
  CHECK(analysis.flows[0].severity >= Severity::high);
  REQUIRE(analysis.harvest.xor_keys.size() == 1);
  CHECK(analysis.harvest.xor_keys[0].key == Bytes{0x5a});
}

TEST_CASE("script: what stands in a cache of CMake among the tests is read and evaluated", "[inspect][script]") {
  const auto analysis = analyse(
      {{"CMakeLists.txt", "load_cache(tests/files/d READ_WITH_PREFIX X_ Z)\ncmake_language(EVAL CODE \"${X_Z}\")\n"},
       {"tests/files/d/CMakeCache.txt", "Z:STRING=message(hello)\n"}});
  REQUIRE_FALSE(analysis.flows.empty());
  CHECK(analysis.flows[0].files == std::vector<std::string>{"tests/files/d/CMakeCache.txt"});
}

TEST_CASE("script: settings of git on its command line lead to what they run", "[inspect][script]") {
  const auto told = [](std::string_view text, std::string_view path) {
    INFO(text);
    return !analyse("configure", "#!/bin/sh\n" + std::string{text}, path).flows.empty();
  };
  for (const std::string_view text :
       {"git config core.pager 'sh tests/files/f.txt'\n", "git config --local alias.x '!sh tests/files/f.txt'\n",
        "git -c core.sshCommand='sh tests/files/f.txt' fetch\n", "git -c 'diff.external=sh tests/files/f.txt' diff\n",
        "git -C . -c \"alias.x=!sh $srcdir/tests/files/f.txt\" x\n", "git config include.path tests/files/f.txt\n"})
    CHECK(told(text, "tests/files/f.txt"));
  CHECK(told("git config core.hooksPath tests/files\n", "tests/files/pre-commit"));
  CHECK(told("git -c init.templateDir=tests/files init x\n", "tests/files/hooks/post-checkout"));
  CHECK_FALSE(told("git config core.hooksPath tests/files\n", "tests/files/f.txt"));
  CHECK_FALSE(told("git config user.name tests/files/f.txt\n", "tests/files/f.txt"));
  CHECK_FALSE(told("git -c core.quotePath=false add tests/files/f.txt\n", "tests/files/f.txt"));
}
