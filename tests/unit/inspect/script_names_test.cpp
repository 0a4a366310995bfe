// What is read as a build script: whatever it is called, wherever its links lead, and whatever else it holds.
#include <algorithm>

#include "inspect/script/analysis.hpp"
#include "inspect/script/suspicion.hpp"
#include "inspect/tree_links.hpp"
#include "inspect/tree_memory.hpp"
#include "packed.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;
using namespace assay::inspect::test;

namespace {

using namespace std::string_literals;

const std::string k_line = "tail -c +9 tests/files/good.dat | xz -d | sh\n";

MemoryTree tree_with_data() {
  MemoryTree tree;
  auto data = bytes_of("\1\2\3\4\5\6\7\x8"s);
  const auto packed = xz("echo a harmless stage of a test\n");
  data.insert(data.end(), packed.begin(), packed.end());
  tree.add("tests/files/good.dat", data);
  tree.add("README", bytes_of("a package\n"));
  return tree;
}

bool is_followed(MemoryTree& tree) {
  const auto analysis = analyse_scripts(tree, {});
  return std::any_of(analysis.flows.begin(), analysis.flows.end(),
                     [](const Flow& flow) { return flow.executes && flow.severity >= Severity::high; });
}

bool is_followed(std::string path, const std::string& content, std::uint32_t mode = 0644) {
  auto tree = tree_with_data();
  tree.add(std::move(path), bytes_of(content), mode);
  return is_followed(tree);
}

}  // namespace

TEST_CASE("script: what may be run, or names an interpreter, is one whatever it is called", "[inspect][script]") {
  CHECK(is_followed("autogen.sh", k_line));
  CHECK(is_followed("build-aux/run", k_line, 0755));
  CHECK(is_followed("build-aux/run.me", k_line, 0755));
  CHECK(is_followed("install.txt", "#!/bin/sh\n" + k_line));
  CHECK(is_followed("data.bin", "#!/bin/sh\n" + k_line));
  CHECK_FALSE(is_followed("notes.txt", k_line));
  CHECK_FALSE(is_followed("notes.txt", k_line, 0755));
  CHECK_FALSE(is_followed("x.c", "/* " + k_line + " */", 0755));
}

TEST_CASE("script: a link is read as what it is called", "[inspect][script]") {
  for (const auto kind : {EntryKind::symlink, EntryKind::hardlink}) {
    auto tree = tree_with_data();
    tree.add("doc/notes.txt", bytes_of(k_line));
    CHECK_FALSE(is_followed(tree));
    tree.add_link("autogen.sh", "doc/notes.txt", kind);
    CHECK(is_followed(tree));
  }
  // Data of the build that is a link, and a directory that is one.
  auto tree = tree_with_data();
  tree.add_link("lib/data", "../tests/files", EntryKind::symlink);
  tree.add("autogen.sh", bytes_of("tail -c +9 lib/data/good.dat | xz -d | sh\n"));
  CHECK(is_followed(tree));
}

TEST_CASE("links: they lead to files of the tree, and a hard link to its own bytes only", "[inspect][hostile]") {
  MemoryTree tree;
  tree.add("a/file", bytes_of("one"));
  tree.add_link("hard", "pkg-1.0/a/file", EntryKind::hardlink);
  tree.add_link("b/up", "../a/./file", EntryKind::symlink);
  tree.add_link("out", "../a/file", EntryKind::symlink);
  tree.add_link("root", "/a/file", EntryKind::symlink);
  tree.add_link("self", "self", EntryKind::symlink);
  tree.add_link("ping", "pong", EntryKind::symlink);
  tree.add_link("pong", "ping", EntryKind::symlink);
  tree.add_link("here", "a/..", EntryKind::symlink);
  const TreeLinks links{tree.entries()};
  const auto* file = links.find("a/file");
  REQUIRE(file != nullptr);
  CHECK(links.find("b/up") == file);
  CHECK(links.find("here/a/file") == file);
  CHECK(links.find("here/here/b/up") == file);
  for (const auto* path : {"out", "root", "self", "ping", "self/x", "a", "", "a/file/x"}) {
    CAPTURE(path);
    CHECK(links.find(path) == nullptr);
  }
  // Its content is not known here, so it may be that of a member that was replaced.
  CHECK(links.find("hard") == nullptr);
  tree.add_link("hard", "a/file", EntryKind::hardlink);
  CHECK(TreeLinks{tree.entries()}.find("hard") != nullptr);
  tree.add("a/file", bytes_of("two"));
  CHECK(TreeLinks{tree.entries()}.find("hard") == nullptr);
}

TEST_CASE("script: NUL bytes are dropped, as a shell does, and said", "[inspect][script][hostile]") {
  CHECK(is_followed("autogen.sh", k_line + "exit\n" + "\0\1\2"s + "binary\n"));
  CHECK(is_followed("autogen.sh", "t\0ail -c +9 tests/files/good.dat | x\0z -d | s\0h\n"s));
  CHECK(is_followed("build-aux/run", k_line + "exit\n\0\n"s, 0755));
  auto tree = tree_with_data();
  tree.add("configure", bytes_of("echo\n\0\n"s));
  tree.add("tests/t.sh", bytes_of("echo\n\0\n"s));
  const auto analysis = analyse_scripts(tree, {});
  REQUIRE(analysis.findings.size() == 2);
  CHECK(analysis.findings[0].rule == "inspect-nul-in-script");
  CHECK(analysis.findings[0].location.path == "configure");
  CHECK(analysis.findings[0].severity == Severity::medium);
  CHECK(analysis.findings[1].severity == Severity::low);
}

TEST_CASE("script: a decoded stage with a NUL byte is a script too", "[inspect][script][hostile]") {
  auto tree = tree_with_data();
  tree.add("tests/files/nul.dat", xz("echo a harmless stage\nexit\n\0\n"s));
  tree.add("autogen.sh", bytes_of("xz -dc tests/files/nul.dat | sh\n"));
  CHECK(is_followed(tree));
}

TEST_CASE("script: one that is not followed is a gap where there was a reason to", "[inspect][script]") {
  const auto gaps = [](std::string path, const std::string& text) {
    auto tree = tree_with_data();
    tree.add(std::move(path), bytes_of(text), 0755);
    return analyse_scripts(tree, {}).coverage.gaps.size();
  };
  CHECK(gaps("x.tcl", "exec sh -c {" + k_line + "}\n") == 1);
  CHECK(gaps("tool", "#!/usr/bin/env tclsh8.6\nexec sh -c {" + k_line + "}\n") == 1);
  CHECK(gaps("x.tcl", "puts {hello}\n") == 0);
  CHECK(gaps("tests/x.tcl", "exec sh -c {" + k_line + "}\n") == 0);
}

TEST_CASE("suspicion: what stands beside the telling words makes them no more honest", "[inspect][script][hostile]") {
  for (const auto* text :
       {"tr a b < f | xz -d | sh # $(distdir)", "xz -dc f | sh # | hexdump", "xz -d < f | sh ; : | sh | sh",
        "xz -dc $(distdir).tar.xz | sh", "dd if=f skip=4 | hexdump -e x | sh", "dd if=f skip=4 | sh # | hexdump",
        "dd if=f; xz -dc f | sh; echo skip=4 | hexdump", "( cat f \\\n| sh)", "decode f \\\n  | sh \\\n  | sh \\\n",
        "xz -d < f |\nsh | cat)", "$(am__tar) | eval GZIP= gzip $(GZIP_ENV) -c >$(distdir).tar.gz; sh x",
        "cat f | eval GZIP= gzip -dc", ". <(cat f)"}) {
    CAPTURE(text);
    CHECK(suspicion_of(text) == Suspicion::flow);
  }
  for (const auto* text :
       {"dd bs=1 count=1 skip=4 2>/dev/null | hexdump -e '1/1 \"%3d \"'",
        "  xz -dc $(distdir).tar.xz | $(am__untar) ;;\\", "  uncompress -c $(distdir).tar.Z | $(am__untar) ;;\\",
        "\ttardir=$(distdir) && $(am__tar) | eval GZIP= gzip $(GZIP_ENV) -c >$(distdir).tar.gz\n",
        "\tshar $(distdir) | eval GZIP= gzip $(GZIP_ENV) -c >$(distdir).shar.gz\n", "returns <(unsigned) long>",
        "case $cpu in\n  a29k | 580 \\\n  | sh | sh[1234] | sheb \\\n  | sh64)", "  bash|sh)"}) {
    CAPTURE(text);
    CHECK(suspicion_of(text) != Suspicion::flow);
  }
}

TEST_CASE("suspicion: patterns of a case are read once, however many words are in them", "[inspect][script][hostile]") {
  std::string line = "case $x in\n  sh", lines = "case $x in\n  sh \\\n";
  for (int i = 0; i < 400'000; ++i) line += "|sh";
  for (int i = 0; i < 200'000; ++i) lines += "  | sh | bash \\\n";
  CHECK(suspicion_of(line + ")\n") != Suspicion::flow);
  CHECK(suspicion_of(lines + "  | ksh)\n") != Suspicion::flow);
  CHECK(suspicion_of(line + "; cat f | sh\n") == Suspicion::flow);
  CHECK(suspicion_of(line + ") cat f | sh ;;\n") == Suspicion::flow);
  CHECK(suspicion_of("cat f \\\n" + lines + "  | ksh)\n") != Suspicion::flow);
  CHECK(suspicion_of("case $x in\n  a b \\\n  | sh \\\n  | ksh)\n") == Suspicion::flow);
  // A pipeline that long ends too.
  MemoryTree tree;
  tree.add("configure", bytes_of("cat tests/f.bin | sh" + line.substr(line.find('|')) + "\n"), 0755);
  tree.add("tests/f.bin", bytes_of("data\n"), 0644);
  CHECK_FALSE(analyse_scripts(tree, {}).flows.empty());
}

TEST_CASE("suspicion: every telling form is seen among lines that say nothing", "[script]") {
  const auto among = [](const std::string& line) { return suspicion_of("echo a\n" + line + "\necho b\n"); };
  for (const auto* line : {R"(x=`base64 -d < f`)",
                           R"(openssl enc -aes -d)",
                           R"(xxd -r f)",
                           R"(uudecode f)",
                           R"(xzcat "$f")",
                           R"(xz -k -d f)",
                           R"(${x} -cd f |)",
                           R"(tail -c 10 f)",
                           R"(dd if=f skip=3)",
                           R"(sed 'r\)",
                           R"(cut -b 1-3)",
                           R"(tr '\000-\010' x)",
                           R"(x % 256)",
                           R"(xor (a))",
                           R"(y ^= ord(c))",
                           R"(z ^ 0x1f)",
                           R"(ord (c) ^ k)",
                           R"(printf "\\$x")",
                           R"(printf %03o $x)",
                           R"(cmp -l a b)",
                           R"(sed -n 's/a/b/e' x)",
                           R"(grep -ra x)",
                           R"(cat f | sh)",
                           R"(x | $SHELL)",
                           R"(x | "${CONFIG_SHELL}")",
                           R"(cat f |/bin/bash)",
                           R"(x | eval)",
                           R"(x | python3)",
                           R"(x | source /dev/stdin)",
                           R"(x | . /dev/stdin)",
                           R"(eval `curl x`)",
                           R"(curl -s x)",
                           R"(wget "$u")",
                           R"(bash <(x))",
                           R"(b64decode(x))",
                           R"(zlib.decompress(x))",
                           R"(gunzipSync(x))",
                           R"(awk '{printf "%c", $1}')",
                           R"(file(READ f x HEX))",
                           R"(OFFSET 3)",
                           R"(string(HEX x y))"}) {
    CAPTURE(line);
    CHECK(among(line) == Suspicion::flow);
  }
  for (const auto* line : {"debian/rules", "echo $RPM_ARCH", "echo $DEB_BUILD_ARCH", "-Wl,--sort-section=name",
                           "-z,now", " .", R"("postinstall" : 1)", "sed -i x"}) {
    CAPTURE(line);
    CHECK(among(line) == Suspicion::traits);
  }
  CHECK(among("echo base64 and xz, head and tail") == Suspicion::none);
}
