// What is taken for a script, and which language it is said to be in.
#include "inspect/script/analysis.hpp"
#include "inspect/script/recognition.hpp"
#include "inspect/tree_memory.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;

namespace {

/// Gaps of the analysis of one novel file.
std::size_t gaps_of(std::string_view path, std::string_view text) {
  MemoryTree tree;
  tree.add(std::string{path}, Bytes{text.begin(), text.end()});
  const FactsOf facts = [](std::string_view) {
    FileFacts known;
    known.compared = known.all_novel = true;
    known.proof = Proof::unexplained;
    known.reach = Reach::executed;
    return known;
  };
  return analyse_scripts(tree, facts).coverage.gaps.size();
}

ScriptKind kind_of_executable(std::string_view path, std::string_view text) {
  TreeEntry entry;
  entry.path = path;
  entry.kind = EntryKind::regular;
  entry.mode = 0755;
  return script_kind(entry, as_bytes(text));
}

}  // namespace

TEST_CASE("recognition: a list of exported names is no script of Expect", "[inspect][script]") {
  const auto language = [](std::string_view text) { return language_not_followed("lib/zlib.exp", as_bytes(text)); };
  CHECK(language("#! libz.so\nadler32\ncompress\nuncompress\n").empty());
  CHECK(language("spawn gunzip x\nexpect eof\n") == "Expect");
  CHECK(language("load_lib gdb.exp\n") == "Expect");
  CHECK(language("") == "Expect");
}

TEST_CASE("recognition: arithmetic reads nothing, what stands beside it does", "[inspect][script]") {
  const std::string_view head = "Name: x\n%build\n";
  CHECK(gaps_of("x.spec", std::string{head} + "printf 'a\\n' $(($kver/256%%256))\n") == 0);
  for (const std::string_view line : {"gzip -dc a.c | sh\n", "printf a $((1%256)); gzip -dc a.c | sh\n",
                                      "echo $((1 + $(gzip -dc a.c | sh)))\n", "echo $((1\ngzip -dc a.c | sh\n))\n"}) {
    INFO(line);
    CHECK(gaps_of("x.spec", std::string{head} + std::string{line}) == 1);
  }
}

TEST_CASE("recognition: a document of PDF is no script for its mode, a script that begins as one is",
          "[inspect][script]") {
  const std::string head = "%PDF-1.6\r%\xE2\xE3\xCF\xD3\r\n1 0 obj\r<</Length 12>>\rstream\r\n";
  const std::string binary(4096, '\0');
  const std::string commands = "\necho one two three four\necho five six seven eight\n";
  const std::string end = "endstream\rendobj\rstartxref\r\n17\r\n%%EOF\r\n";
  CHECK(kind_of_executable("logo.ai", head + commands + binary + end) == ScriptKind::none);
  CHECK(kind_of_executable("logo.ai", "%PDF-1.6\n" + commands) == ScriptKind::shell);
  CHECK(kind_of_executable("logo.ai", "%PDF-1.6\n%abcd\n" + commands + end) == ScriptKind::shell);
}
