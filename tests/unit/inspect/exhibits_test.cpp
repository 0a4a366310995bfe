// What an analyst is shown: the lines and bytes that findings point at, and no more.
#include <algorithm>

#include "inspect/exhibits.hpp"
#include "inspect/fixture_history.hpp"
#include "inspect/tree_memory.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;

namespace {

const Rule k_rule{"test-rule", Severity::high, "", "", "", ""};

std::string numbered(unsigned count) {
  std::string text;
  for (unsigned i = 1; i <= count; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

MemoryTree tree_of(std::vector<std::pair<std::string, std::string>> files) {
  MemoryTree tree;
  for (auto& [path, content] : files) tree.add(path, Bytes{content.begin(), content.end()});
  return tree;
}

std::vector<std::uint64_t> numbers(const LinesExhibit& exhibit, bool marked) {
  std::vector<std::uint64_t> found;
  for (const auto& line : exhibit.lines)
    if (!marked || line.marked) found.push_back(line.number);
  return found;
}

}  // namespace

TEST_CASE("exhibits: lines that findings name are shown with two lines around each", "[inspect][exhibits]") {
  auto tree = tree_of({{"configure", numbered(40)}, {"other", numbered(9)}});
  Assessment assessment;
  assessment.findings = {make_finding(
      k_rule, {"configure", 10}, "x",
      {{"configure:12 (novel)", "reads"}, {"harvested from configure:30", "tr"}, {"configure:", "no line"}})};
  gather_exhibits(ScanRequest{}, tree, assessment);
  REQUIRE(assessment.exhibits.lines.size() == 1);
  const auto& lines = assessment.exhibits.lines[0];
  CHECK(lines.path == "configure");
  CHECK(numbers(lines, true) == std::vector<std::uint64_t>{10, 12, 30});
  CHECK(numbers(lines, false) == std::vector<std::uint64_t>{8, 9, 10, 11, 12, 13, 14, 28, 29, 30, 31, 32});
  CHECK(lines.lines[2].text == "line 10");
}

TEST_CASE("exhibits: lines at the ends of a file, and one that it does not have", "[inspect][exhibits]") {
  auto tree = tree_of({{"a", "first\r\nsecond\nlast"}});
  Assessment assessment;
  assessment.findings = {make_finding(k_rule, {"a", 1}, "x"), make_finding(k_rule, {"a", 3}, "y"),
                         make_finding(k_rule, {"a", 99}, "z")};
  gather_exhibits(ScanRequest{}, tree, assessment);
  REQUIRE(assessment.exhibits.lines.size() == 1);
  CHECK(numbers(assessment.exhibits.lines[0], true) == std::vector<std::uint64_t>{1, 3});
  CHECK(assessment.exhibits.lines[0].lines[0].text == "first");
  CHECK(assessment.exhibits.lines[0].lines[2].text == "last");
}

TEST_CASE("exhibits: novel lines stand apart from those that findings name", "[inspect][exhibits]") {
  auto tree = tree_of({{"rel-1.0/m4/x.m4", numbered(20)}});
  Assessment assessment;
  assessment.vcs.emplace().subject_prefix = "rel-1.0";
  AssessedEntry entry;
  entry.path = "m4/x.m4";
  entry.explanation = Explanation{};
  entry.novel_line_count = 5;
  entry.novel_lines = {{7, "line 7"}};
  assessment.entries = {entry};
  gather_exhibits(ScanRequest{}, tree, assessment);
  CHECK(assessment.exhibits.lines.empty());
  REQUIRE(assessment.exhibits.novel.size() == 1);
  CHECK(assessment.exhibits.novel[0].path == "m4/x.m4");
  CHECK(numbers(assessment.exhibits.novel[0], true) == std::vector<std::uint64_t>{7});
  CHECK(assessment.exhibits.novel[0].marked_left_out == 4);
}

TEST_CASE("exhibits: of a flagged blob its first bytes and the entropy along it, of its members' findings too",
          "[inspect][exhibits]") {
  std::string blob(4096, '\0');
  for (std::size_t i = 2048; i < blob.size(); ++i) blob[i] = static_cast<char>(i * 2654435761U >> 13);
  auto tree = tree_of({{"tests/blob.bin", blob}, {"unflagged.bin", blob}});
  Assessment assessment;
  auto chain = make_finding(k_rule, {}, "chain");
  chain.members = {make_finding(k_rule, {"tests/blob.bin", 0}, "member")};
  assessment.findings = {chain};
  gather_exhibits(ScanRequest{}, tree, assessment);
  const auto& exhibits = assessment.exhibits;
  REQUIRE(exhibits.bytes.size() == 1);
  CHECK(exhibits.bytes[0].path == "tests/blob.bin");
  CHECK(exhibits.bytes[0].size == 4096);
  CHECK(exhibits.bytes[0].bytes.size() == 256);
  REQUIRE(exhibits.entropy.size() == 1);
  REQUIRE(exhibits.entropy[0].columns.size() == 16);
  CHECK(exhibits.entropy[0].columns.front() < 0.1F);
  CHECK(exhibits.entropy[0].columns.back() > 5.F);
  CHECK(exhibits.contents.size() == 1);
}

TEST_CASE("exhibits: what is known of a file's history comes from the finding that tells it", "[inspect][exhibits]") {
  auto tree = tree_of({{"a.bin", std::string(8, '\0')}});
  Assessment assessment;
  assessment.findings = {
      make_finding(history_rules().front(), {"a.bin", 0}, "was added", {{"commit", "1111aaa"}, {"author", "Ada"}})};
  gather_exhibits(ScanRequest{}, tree, assessment);
  REQUIRE(assessment.exhibits.history.size() == 1);
  CHECK(assessment.exhibits.history[0].events == std::vector<std::string>{"commit: 1111aaa", "author: Ada"});
}

TEST_CASE("exhibits: a thousand places are cut, and counted", "[inspect][exhibits][hostile]") {
  MemoryTree tree;
  Assessment assessment;
  for (int i = 0; i < 300; ++i) {
    const auto path = "f" + std::to_string(i);
    const auto text = numbered(400);
    tree.add(path, Bytes{text.begin(), text.end()});
    for (unsigned line = 1; line < 400; line += 3)
      assessment.findings.push_back(make_finding(k_rule, {path, line}, "x", {}, std::to_string(line)));
  }
  gather_exhibits(ScanRequest{}, tree, assessment);
  CHECK(assessment.exhibits.left_out > 0);
  CHECK(assessment.exhibits.lines.size() <= 200);
  for (const auto& lines : assessment.exhibits.lines) {
    CHECK(lines.lines.size() <= 202);
    CHECK(numbers(lines, true).size() + lines.marked_left_out == 133);
  }
}
