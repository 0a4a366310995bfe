#include <lzma.h>
#include <zlib.h>

#include "inspect/script/analysis.hpp"
#include "inspect/tree_memory.hpp"
#include "packed.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;
using namespace assay::inspect::test;

namespace {

constexpr std::string_view k_stage =
    "#!/bin/sh\n# a harmless stage of a test\ngreeting='hello from the hidden stage'\necho \"$greeting\"\n";

Bytes lzma_raw(std::string_view text) {
  lzma_options_lzma options;
  REQUIRE_FALSE(lzma_lzma_preset(&options, LZMA_PRESET_DEFAULT));
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  Bytes out(text.size() + 4096);
  std::size_t size = 0;
  REQUIRE(lzma_raw_buffer_encode(filters, nullptr, as_bytes(text).data(), text.size(), out.data(), &size, out.size()) ==
          LZMA_OK);
  out.resize(size);
  return out;
}

Bytes gzip(std::string_view text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Bytes out(text.size() + 1024);
  Bytes in = bytes_of(text);
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string base64(ByteView bytes) {
  constexpr std::string_view k_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t held = 0;
    for (std::size_t k = 0; k < 3; ++k) held = held << 8 | (i + k < bytes.size() ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? k_alphabet[held >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

Bytes translated(Bytes bytes, std::string_view from, std::string_view to) {
  for (auto& byte : bytes)
    if (const auto at = from.find(static_cast<char>(byte)); at != std::string_view::npos)
      byte = static_cast<std::uint8_t>(to[at]);
  return bytes;
}

/// A tree with one script and a fixture, and some that have nothing to do with it.
struct Case {
  std::string script;
  std::string text;
  Bytes fixture;
  std::string fixture_path = "tests/files/sample.xz";
};

ScriptAnalysis analyse(const Case& one, const FactsOf& facts = {}) {
  MemoryTree tree;
  tree.add(one.script, bytes_of(one.text), 0755);
  tree.add(one.fixture_path, one.fixture);
  tree.add("tests/files/other.xz", xz("nothing to see\n"));
  tree.add("README", bytes_of("a package\n"));
  return analyse_scripts(tree, facts);
}

void check_found(const Case& one) {
  INFO(one.text);
  const auto analysis = analyse(one);
  REQUIRE(analysis.flows.size() == 1);
  const auto& flow = analysis.flows[0];
  CHECK(flow.severity == Severity::critical);
  CHECK(flow.executes);
  CHECK(flow.files == std::vector<std::string>{one.fixture_path});
  REQUIRE_FALSE(flow.stages.empty());
  CHECK(as_text(flow.stages.back().bytes).find("hello from the hidden stage") != std::string_view::npos);
  REQUIRE_FALSE(analysis.findings.empty());
  CHECK(analysis.findings[0].rule == "inspect-hidden-execution");
}

}  // namespace

TEST_CASE("script: a pattern, a map, a suffix and a pipe read as one chain in the order of the bytes",
          "[inspect][script]") {
  auto fixture = translated(xz(std::string{"####Howdy####\n"} + std::string{k_stage}), "\t -_", " \t_-");
  const auto mark = bytes_of("\n####Howdy####\n");
  fixture.insert(fixture.end(), mark.begin(), mark.end());
  const auto analysis = analyse({"configure",
                                 "#! /bin/sh\n"
                                 "map='tr \"\\t \\-_\" \" \\t_\\-\"'\n"
                                 "sample=`grep -aErls \"#{4}[[:alnum:]]{5}#{4}$\" $srcdir/ 2>/dev/null`\n"
                                 "suffix=`echo $sample | sed \"s/.*\\.//g\"`\n"
                                 "run='sed \"r\\n\" $sample | eval $map | $suffix -d 2>/dev/null'\n"
                                 "cat >> config.status <<_ACEOF || exit 1\n"
                                 "run='$run'\n"
                                 "go=\"eval \\$run\"\n"
                                 "eval \\$go | \\$SHELL 2>/dev/null\n"
                                 "_ACEOF\n",
                                 fixture});
  REQUIRE(analysis.flows.size() == 1);
  const auto& flow = analysis.flows[0];
  CHECK(flow.severity == Severity::critical);
  std::vector<std::string> kinds;
  for (const auto& step : flow.steps) kinds.emplace_back(to_string(step.kind));
  CHECK(kinds == std::vector<std::string>{"search", "read", "text", "map", "text", "name", "decode", "execute"});
  CHECK(flow.steps[0].line == 3);
  CHECK(flow.steps[0].what ==
        "searches the tree for the pattern '#{4}[[:alnum:]]{5}#{4}$', which matches only tests/files/sample.xz");
  CHECK(flow.steps[3].line == 2);
  CHECK(flow.steps.back().line == 9);
  CHECK(flow.steps.back().what == "pipes the result to a shell");
  CHECK(analysis.findings[0].message.starts_with("configure (line 3) searches the tree for the pattern"));
}

TEST_CASE("script: variants of the same idea are found with their decoded stage", "[inspect][script]") {
  SECTION("another map, on lines far apart") {
    check_found({"configure",
                 "a='A-Za-z'\nb='N-ZA-Mn-za-m'\nf=$srcdir/tests/files\nf=\"$f/sample.xz\"\ncat $f | tr \"$a\" \"$b\" | "
                 "xz -dc | sh\n",
                 translated(xz(k_stage), "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm",
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")});
  }
  SECTION("exclusive-or in perl") {
    Bytes fixture = xz(k_stage);
    for (auto& byte : fixture) byte ^= 0x5a;
    check_found({"build.sh",
                 "perl -0777 -ne 'print chr(ord($_) ^ 0x5a) for split //' tests/files/sample.xz | xz -d | bash\n",
                 fixture});
  }
  SECTION("base64 in a comment of a test file") {
    check_found({"configure", "eval \"`sed -n 's/^# payload //p' $srcdir/tests/case.txt | base64 -d`\"\n",
                 bytes_of("a test\n# payload " + base64(as_bytes(k_stage)) + "\n"), "tests/case.txt"});
  }
  SECTION("cut out of an image") {
    Bytes fixture(1000, 0);
    const auto inner = gzip(k_stage);
    fixture.insert(fixture.end(), inner.begin(), inner.end());
    fixture.insert(fixture.end(), 500, 1);
    check_found({"autogen.sh",
                 "tail -c +1001 tests/logo.png | head -c " + std::to_string(inner.size()) + " | gzip -dc | sh\n",
                 fixture, "tests/logo.png"});
  }
  SECTION("cut with dd into a file that is run later") {
    Bytes fixture(64, 7);
    const auto inner = gzip(k_stage);
    fixture.insert(fixture.end(), inner.begin(), inner.end());
    check_found({"configure",
                 "tmp=conf$$\ndd if=$srcdir/tests/x.bin bs=16 skip=4 2>/dev/null | gzip -d > \"$tmp\"\n. ./$tmp\n",
                 fixture, "tests/x.bin"});
  }
  SECTION("in CMake") {
    check_found({"CMakeLists.txt",
                 "execute_process(COMMAND xz -dc ${CMAKE_SOURCE_DIR}/tests/files/sample.xz\n  COMMAND sh)\n",
                 xz(k_stage)});
  }
  SECTION("in CMake with a command string") {
    check_found({"cmake/x.cmake",
                 "set(F ${CMAKE_CURRENT_SOURCE_DIR}/tests/files/sample.xz)\nexecute_process(COMMAND sh -c \"xz -dc "
                 "${F} | sh\")\n",
                 xz(k_stage)});
  }
  SECTION("in a recipe of make") {
    check_found({"Makefile.am",
                 "DEC = xz -dc\nF = $(top_srcdir)/tests/files/sample.xz\nall-local:\n\t@$(DEC) < $(F) | $(SHELL)\n",
                 xz(k_stage)});
  }
  SECTION("through functions and groups that share their input") {
    Bytes fixture(1024, 0);
    const auto inner = xz(k_stage);
    fixture.insert(fixture.end(), inner.begin(), inner.end());
    check_found({"configure",
                 "skip() { head -c 1024 >/dev/null; }\ndec() { xz -dc; }\n(skip; cat) < tests/files/sample.xz | dec | "
                 "${CONFIG_SHELL-/bin/sh}\n",
                 fixture});
  }
  SECTION("by name alone, in a loop") {
    check_found({"m4/x.m4",
                 "AC_DEFUN([X], [for f in `find $srcdir -name 'samp*'`; do xz -dc < $f; done | "
                 "eval])\nAC_CONFIG_COMMANDS([y], [for f in `find $srcdir -name 'samp*'`; do xz -dc $f | sh; done])\n",
                 xz(k_stage)});
  }
}

TEST_CASE("script: a recipe whose text comes from files that make includes", "[inspect][script]") {
  const auto flow_of = [](std::initializer_list<std::pair<const char*, std::string>> scripts) {
    MemoryTree tree;
    for (const auto& [name, text] : scripts) tree.add(name, bytes_of(text));
    tree.add("tests/files/sample.xz", xz(k_stage));
    return analyse_scripts(tree, {});
  };
  const std::string step = "STEP = xz -dc $(top_srcdir)/tests/files/sample.xz | $(SHELL)\n";
  for (const auto& analysis :
       {flow_of({{"Makefile.am", "include build/rules.mk\nall-local:\n\t@$(STEP)\n"}, {"build/rules.mk", step}}),
        flow_of({{"Makefile.am", "include $(top_srcdir)/$(host)-flags.inc\nall-local:\n\t$(STEP)\n"},
                 {"linux-flags.inc", step}}),
        flow_of({{"Makefile", "-include a.mk\nall:\n\t$(STEP)\n"}, {"a.mk", "include b.mk\n"}, {"b.mk", step}})}) {
    REQUIRE(analysis.flows.size() == 1);
    CHECK(analysis.flows[0].severity >= Severity::high);
    CHECK(analysis.flows[0].files == std::vector<std::string>{"tests/files/sample.xz"});
    CHECK(as_text(analysis.flows[0].stages.at(0).bytes) == k_stage);
  }
  CHECK(flow_of({{"Makefile.am", "all-local:\n\t@$(STEP)\n"}, {"build/rules.mk", step}}).flows.empty());
  // Files that include each other end.
  CHECK(flow_of({{"a.mk", "include b.mk\nall:\n\t$(X)\n"}, {"b.mk", "include a.mk\nX = $(Y) | x\nY = $(X) | y\n"}})
            .flows.empty());
}

TEST_CASE("script: a stage that decodes a further one is followed into it", "[inspect][script]") {
  Bytes inner = lzma_raw(k_stage);
  for (auto& byte : inner) byte = static_cast<std::uint8_t>(byte + 3);
  Bytes carved(512, 0);
  carved.insert(carved.end(), inner.begin(), inner.end());
  const auto first =
      "(xz -dc $srcdir/tests/files/second.lzma | (head -c 512 >/dev/null; cat) | tr '\\3-\\377\\0-\\2' '\\0-\\377') | "
      "xz -F raw --lzma1 -dc | /bin/sh\n";
  MemoryTree tree;
  tree.add("configure", bytes_of("xz -dc $srcdir/tests/files/first.xz | sh\n"), 0755);
  tree.add("tests/files/first.xz", xz(first));
  tree.add("tests/files/second.lzma", xz(as_text(carved)));
  const auto analysis = analyse_scripts(tree, {});
  REQUIRE(analysis.flows.size() == 1);
  const auto& flow = analysis.flows[0];
  CHECK(flow.severity == Severity::critical);
  CHECK(flow.files == std::vector<std::string>{"tests/files/first.xz", "tests/files/second.lzma"});
  REQUIRE(flow.stages.size() == 2);
  CHECK(as_text(flow.stages[0].bytes) == first);
  CHECK(as_text(flow.stages[1].bytes) == k_stage);
  CHECK(analysis.harvest.byte_maps.size() == 1);
}

TEST_CASE("script: what builds honestly do is no finding", "[inspect][script]") {
  for (const std::string text :
       {"gzip -dc tests/files/sample.xz > out; cmp out expected\n", "eval `sed -n 's/^VERSION=//p' $srcdir/README`\n",
        "case $SHELL in bash | sh) echo yes;; esac\n",
        "for f in tests/files/*.xz; do xz -dc $f >/dev/null || exit 1; done\n", "cat $srcdir/README | sh\n",
        "echo hello | tr a-z A-Z | sh\n", ". ./config.sh\n$SHELL ./config.status\n",
        "grep -r TODO $srcdir >/dev/null\n", "xz -dc tests/files/sample.xz | tar xf -\n"}) {
    INFO(text);
    const auto analysis = analyse({"build.sh", text, xz(k_stage)});
    CHECK(analysis.flows.empty());
    for (const auto& finding : analysis.findings) CHECK(finding.severity < Severity::high);
  }
}

TEST_CASE("script: a chain on lines that version control has is high, a novel line makes it critical",
          "[inspect][script]") {
  FileFacts reviewed;
  reviewed.compared = true;
  reviewed.in_vcs = true;
  reviewed.proof = Proof::identical;
  const Case one{"configure", "xz -dc tests/files/sample.xz | sh\n", xz(k_stage)};
  const auto analysis = analyse(one, [&](std::string_view) { return reviewed; });
  REQUIRE(analysis.flows.size() == 1);
  CHECK(analysis.flows[0].severity == Severity::high);
  CHECK_FALSE(analysis.flows[0].steps[0].novel);
}

TEST_CASE("script: decoded bytes written into the build are found", "[inspect][script]") {
  const auto analysis = analyse({"configure", "xz -dc tests/files/sample.xz > src/crc.o\n",
                                 xz(std::string{"\x7f"} + "ELF" + std::string(64, '\0'))});
  REQUIRE(analysis.flows.size() == 1);
  CHECK_FALSE(analysis.flows[0].executes);
  CHECK(analysis.flows[0].severity == Severity::high);
  CHECK(analysis.findings[0].rule == "inspect-hidden-build-input");
}

TEST_CASE("script: scripts made to be expensive end within their bounds and say so", "[inspect][script][hostile]") {
  std::string text;
  for (int i = 0; i < 60; ++i)
    text += "v" + std::to_string(i) + "=\"$v" + std::to_string(i + 1) + "$v" + std::to_string(i + 1) + "$v" +
            std::to_string(i + 2) + "\"\n";
  text +=
      "v60=a\nv60=b\nv61=$v0\neval $v0 $v1 | eval \"$v2\" | sh\nf() { f | f; }; f | sh\nx=\"eval \\$x | sh\"; eval $x "
      "| sh\n";
  for (int i = 0; i < 2000; ++i) text += "cat tests/files/sample.xz tests/files/sample.xz | xz -d | xz | sh\n";
  const auto analysis = analyse({"configure", text, xz(std::string(1U << 20, 'x'))});
  CHECK(analysis.scripts == 1);
}

TEST_CASE("script: a word of two million pieces grows where it is", "[inspect][script][hostile]") {
  for (const std::string_view piece : {"\\\\", "\"a\"", "'a'", "\\x41", "$((1))", "$?", "\"1\":1,"}) {
    INFO(piece);
    std::string text = "xz -dc tests/files/sample.xz | sh\neval ";
    for (int i = 0; i < 300'000; ++i) text += piece;
    CHECK(analyse({"configure", text + "\n", xz(k_stage)}).flows.size() == 1);
  }
}

TEST_CASE("script: an archive is unpacked once for all the names it is asked for", "[inspect][script][hostile]") {
  std::string members;
  for (int i = 0; i < 3; ++i) {
    std::string header(512, '\0');
    const auto name = "m" + std::to_string(i);
    header.replace(0, name.size(), name);
    header.replace(100, 7, "0000644");
    header.replace(124, 11, "00004000000");  // 1 MiB
    header[156] = '0';
    header.replace(257, 8, std::string{"ustar\00000", 8});
    header.replace(148, 8, "        ");
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    std::string digits = "0000000";
    for (std::size_t at = 6; at > 0; --at, sum /= 8) digits[at - 1] = static_cast<char>('0' + sum % 8);
    digits[6] = '\0';
    header.replace(148, 8, digits + " ");
    members += header + std::string(1U << 20, static_cast<char>('a' + i));
  }
  const auto archive = xz(members + std::string(1024, '\0'));
  std::string text = "tar xf tests/files/sample.xz\n";
  for (int i = 0; i < 400; ++i) text += "cat none" + std::to_string(i) + " | sh\n";
  text += "cat m1 | tr b c | sh\n";
  ScriptOptions options;
  options.max_unpacked = 8U << 20;
  const auto run = [&] {
    MemoryTree tree;
    tree.add("configure", bytes_of(text), 0755);
    tree.add("tests/files/sample.xz", archive);
    return analyse_scripts(tree, {}, options);
  };
  const auto analysis = run();
  CHECK_FALSE(analysis.flows.empty());
  CHECK(analysis.coverage.complete());
  options.max_unpacked = 1U << 20;
  CHECK_FALSE(run().coverage.complete());
}

TEST_CASE("script: scripts that are left when the time is over are a gap", "[inspect][script][hostile]") {
  MemoryTree tree;
  tree.add("configure", bytes_of("cat tests/files/sample.xz | xz -dc | sh\n"), 0755);
  tree.add("tests/files/sample.xz", xz(k_stage));
  ScriptOptions options;
  options.deadline = archive::Deadline{std::chrono::milliseconds{0}};
  const auto analysis = analyse_scripts(tree, {}, options);
  CHECK_FALSE(analysis.coverage.complete());
}

TEST_CASE("script: traits stand alone with low or medium severity", "[inspect][script]") {
  const auto rules_of = [](const Case& one, const FactsOf& facts = {}) {
    std::vector<std::string> rules;
    for (const auto& finding : analyse(one, facts).findings) {
      CHECK(finding.severity <= Severity::medium);
      rules.push_back(finding.rule);
    }
    return rules;
  };
  const auto only = [](std::string_view rule) { return std::vector<std::string>{std::string{rule}}; };
  CHECK(rules_of({"configure", "sed \"r\\n\" tests/files/sample.xz > copy\n", xz("x")}) ==
        only("inspect-disguised-read"));
  CHECK(rules_of({"m4/x.m4", "AC_DEFUN([X], [_LT_TAGDECL([], [y], [2])])\n", xz("x")}) ==
        only("inspect-foreign-internals"));
  CHECK(rules_of({"configure", "if test -f \"$srcdir/debian/rules\" || test \"x$RPM_ARCH\" = xx86_64; then :; fi\n",
                  xz("x")}) == only("inspect-packager-gate"));
  CHECK(rules_of({"configure", "tr '\\0-\\377' '\\1-\\377\\0' < a > b\n", xz("x")}) == only("inspect-script-decoder"));
  CHECK(rules_of({"configure", "eval $zrKcVq\n", xz("x")}) == only("inspect-unassigned-eval"));
  CHECK(rules_of({"configure", "zrKcVq=:\neval $zrKcVq\n", xz("x")}).empty());
  CHECK(rules_of({"CMakeLists.txt",
                  "check_c_source_compiles(\"\n#include <linux/landlock.h>\n.\nint main(void) { return 0; }\" "
                  "HAVE_LANDLOCK)\n",
                  xz("x")}) == only("inspect-sabotaged-probe"));
  CHECK(rules_of({"Makefile", "all:\n\tsed -i s/a/b/ libtool\n", xz("x")}) == only("inspect-build-mutation"));
  CHECK(rules_of({"Makefile.am", "libx_a_LIBADD = crc64-fast.o\n", bytes_of("int crc;\n"), "src/crc64_fast.c"}) ==
        only("inspect-lookalike-object"));
  CHECK(rules_of({"Makefile", "o = crc64fast_.o\ncrc64fast_.o: src/crc64_fast.c\n", bytes_of("int crc;\n"),
                  "src/crc64_fast.c"})
            .empty());
  CHECK(rules_of({"Makefile", "o = crc64fast_.o\ncrc64fast_.o: x.bin\n", bytes_of("int crc;\n"), "src/crc64_fast.c"}) ==
        only("inspect-lookalike-object"));
  CHECK(rules_of({"Makefile.in", "o = libx_la-crc64-fast.o\n", bytes_of("int crc;\n"), "src/crc64_fast.c"}) ==
        only("inspect-lookalike-object"));
  CHECK(rules_of({"Makefile.in", "o = libx_la-crc64_fast.o\n", bytes_of("int crc;\n"), "src/crc64_fast.c"}).empty());
  CHECK(
      rules_of({"Makefile.am", "libx_a_LIBADD = crc64_fast.o\n", bytes_of("int crc;\n"), "src/crc64_fast.c"}).empty());
}

TEST_CASE("script: what only version control can tell is reported when there is a comparison", "[inspect][script]") {
  FileFacts unexplained;
  unexplained.compared = true;
  const std::vector<NovelLine> lines{{1, "x"}, {2, "y"}, {3, "z"}};
  unexplained.novel_lines = &lines;
  const FactsOf facts = [&](std::string_view) { return unexplained; };
  const auto rule_of = [&](const Case& one) { return analyse(one, facts).findings.at(0).rule; };
  CHECK(rule_of({"package.json", "{\n \"scripts\": {\n  \"preinstall\": \"node x.js\" } }\n", xz("x")}) ==
        "inspect-lifecycle-script");
  CHECK(rule_of({"configure", "LDFLAGS=\"$LDFLAGS -Wl,-z,now\"\n", xz("x")}) == "inspect-linker-flags");
}

TEST_CASE("script: flags that the macros of version control put into configure are nothing new there",
          "[inspect][script]") {
  const std::vector<NovelLine> lines{{1, "x"}, {2, "y"}};
  const auto with = [&](std::string_view configure, std::string_view macro, bool macro_in_vcs) {
    MemoryTree tree;
    tree.add("configure", bytes_of(configure));
    tree.add("m4/now.m4", bytes_of(macro));
    const FactsOf facts = [&](std::string_view path) {
      FileFacts known;
      known.compared = true;
      known.in_vcs = macro_in_vcs && path == "m4/now.m4";
      if (!known.in_vcs) known.novel_lines = &lines;
      return known;
    };
    const auto findings = analyse_scripts(tree, facts).findings;
    return std::count_if(findings.begin(), findings.end(),
                         [](const Finding& finding) { return finding.rule == "inspect-linker-flags"; });
  };
  const std::string_view now = "LDFLAGS=\"$LDFLAGS -Wl,-z,now\"\n";
  CHECK(with(now, now, true) == 0);
  CHECK(with("echo \"whether ld supports -z now\"\n", now, true) == 0);
  CHECK(with("LDFLAGS=-Wl,--sort-section=name\n", now, true) == 1);
  CHECK(with(now, "AC_DEFUN([X], [LDFLAGS=x])\n", true) == 1);
  CHECK(with(now, now, false) == 2);
  // However far behind others on its line a flag stands.
  const std::string far(5000, ' ');
  CHECK(with("LDFLAGS=\"-Wl,-z,now" + far + "-Wl,--sort-section=name\"\n", now, true) == 1);
  CHECK(with("LDFLAGS=\"" + far + "-Wl,-z,now\"\n", "LDFLAGS=\"" + far + "-Wl,-z,now\"\n", true) == 0);
  CHECK(with("LDFLAGS=\"" + far + "-Wl,-z,now\"\n", "AC_DEFUN([X], [LDFLAGS=x])\n", true) == 1);
}

TEST_CASE("script: more remarkable lines than are listed are a gap", "[inspect][script][hostile]") {
  std::string text;
  for (int i = 0; i < 600; ++i) text += "LDFLAGS=\"-Wl,-z,now " + std::to_string(i) + "\"\n";
  FileFacts novel;
  novel.compared = novel.all_novel = true;
  const auto analysis = analyse({"build.sh", text, xz("x")}, [&](std::string_view) { return novel; });
  CHECK(analysis.findings.size() == 500);
  CHECK_FALSE(analysis.coverage.complete());
}

TEST_CASE("script: names of objects with many dashes, and lines with many objects, take linear time",
          "[inspect][script][hostile]") {
  std::string dashes, objects = "all: ";
  for (int i = 0; i < 2'000'000; ++i) dashes += "-a";
  for (int i = 0; i < 500'000; ++i) objects += "x-y" + std::to_string(i) + ".o ";
  CHECK(analyse({"Makefile", dashes + ".o\n" + objects + "\n", xz("x")}).findings.empty());
}
