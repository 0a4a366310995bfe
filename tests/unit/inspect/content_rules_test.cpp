// The content rules that come with assay, and what becomes of other people's.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.hpp"
#include "inspect/content/content_rules.hpp"
#include "inspect/text/analysis.hpp"
#include "inspect/tree_memory.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::inspect;
using assay::test::TempDir;
namespace fs = std::filesystem;

namespace {

const fs::path k_own = fs::path{ASSAY_SOURCE_DIR} / "rules/content";
const fs::path k_fixtures = fs::path{ASSAY_SOURCE_DIR} / "tests/content";

const ContentRules& own_rules() {
  static const auto rules = [] {
    const fs::path directories[] = {k_own};
    auto loaded = ContentRules::load(directories);
    REQUIRE(loaded);
    return *std::move(loaded);
  }();
  return rules;
}

Result<ContentRules> rules_of(const std::string& text, const TempDir& directory) {
  std::ofstream{directory.path() / "own.yar"} << text;
  const fs::path directories[] = {directory.path()};
  return ContentRules::load(directories);
}

Bytes read_all(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream content;
  content << in.rdbuf();
  const auto text = content.str();
  return {text.begin(), text.end()};
}

/// How many files there are in `directory`, and how many of them the rule hits.
std::pair<std::size_t, std::size_t> hits_in(const fs::path& directory, std::string_view id) {
  std::size_t files = 0, hit = 0;
  for (const auto& file : fs::directory_iterator{directory}) {
    const auto content = read_all(file.path());
    const auto hits = own_rules().scan(file.path().filename().string(), content, std::chrono::seconds{10});
    REQUIRE(hits);
    ++files;
    hit += std::any_of(hits->begin(), hits->end(), [&](const ContentHit& one) { return one.rule->id == id; }) ? 1U : 0U;
  }
  return {files, hit};
}

FileFacts facts(bool in_vcs) {
  FileFacts known;
  known.compared = true;
  known.in_vcs = in_vcs;
  known.proof = in_vcs ? Proof::identical : Proof::unexplained;
  return known;
}

}  // namespace

TEST_CASE("content rules: every rule says what, how grave, and where that is written", "[inspect][content]") {
  REQUIRE(own_rules().rules().size() >= 15);
  CHECK_FALSE(own_rules().reads_binaries());
  for (const auto& rule : own_rules().rules()) {
    INFO(rule.id);
    CHECK(rule.description.size() > 40);
    CHECK(rule.title != rule.description);
    CHECK(rule.reference.starts_with("https://"));
    CHECK_FALSE(rule.remedy.empty());
    CHECK(rule.severity < Severity::high);
  }
}

TEST_CASE("content rules: every rule hits what it is for and lets its near miss pass", "[inspect][content]") {
  for (const auto& rule : own_rules().rules()) {
    INFO(rule.id);
    const auto fixture = k_fixtures / std::string{rule.id.substr(std::string_view{"content-"}.size())};
    REQUIRE(fs::is_directory(fixture));
    const auto [files, hit] = hits_in(fixture / "hit", rule.id);
    CHECK(files > 0);
    CHECK(hit == files);
    CHECK(hits_in(fixture / "near-miss", rule.id).second == 0);
  }
}

TEST_CASE("content rules: there is no fixture of a rule that is none", "[inspect][content]") {
  for (const auto& fixture : fs::directory_iterator{k_fixtures}) {
    const auto id = "content-" + fixture.path().filename().string();
    const auto rules = own_rules().rules();
    CHECK(std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.id == id; }));
  }
}

TEST_CASE("content rules: what cannot be compiled is an error that names file and line", "[inspect][content]") {
  const TempDir directory;
  const auto broken = rules_of("rule a {\n  condition:\n    $nothing }\n", directory);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().where == (directory.path() / "own.yar").string() + ":3");
  CHECK(broken.error().message.find("nothing") != std::string::npos);
  CHECK_FALSE(broken.error().remedy.empty());
}

TEST_CASE("content rules: a severity that is none is an error that names file and line", "[inspect][content]") {
  const TempDir directory;
  const auto broken = rules_of("// first\nrule b { meta: severity = \"awful\" condition: true }\n", directory);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().where.ends_with("own.yar:2"));
}

TEST_CASE("content rules: rules include nothing from elsewhere", "[inspect][content][hostile]") {
  const TempDir directory;
  const TempDir elsewhere;
  std::ofstream{elsewhere.path() / "more.yar"} << "rule c { condition: true }\n";
  CHECK_FALSE(rules_of("include \"" + (elsewhere.path() / "more.yar").string() + "\"\n", directory));
}

TEST_CASE("content rules: a compiled or binary rule file is refused", "[inspect][content][hostile]") {
  const TempDir directory;
  CHECK_FALSE(rules_of(std::string{"YARA\0\0\1", 7}, directory));
}

TEST_CASE("content rules: other people's rules need no meta, see binary files, and know the usual variables",
          "[inspect][content]") {
  const TempDir directory;
  const auto rules = rules_of(
      "private rule p { condition: true }\nrule my_rule { strings: $a = { 7f 45 4c 46 } condition: p and $a at 0 and "
      "filename == \"x.bin\" and extension == \".bin\" }\n",
      directory);
  REQUIRE(rules);
  REQUIRE(rules->rules().size() == 1);
  CHECK(rules->rules()[0].id == "content-my-rule");
  CHECK(rules->rules()[0].severity == Severity::medium);
  CHECK(rules->reads_binaries());
  const auto hits = rules->scan("a/x.bin",
                                as_bytes(std::string_view{"\x7f"
                                                          "ELF\0\0",
                                                          6}),
                                std::chrono::seconds{5});
  REQUIRE(hits);
  REQUIRE(hits->size() == 1);
  CHECK(hits->front().offsets == std::vector<std::uint64_t>{0});
}

TEST_CASE("content rules: a rule without end runs into the time limit, and that is a gap",
          "[inspect][content][hostile]") {
  const TempDir directory;
  const auto rules = rules_of(
      "rule slow { condition: for all i in (0..4000000) : ( for all j in (0..4000000) : ( uint8(0) == 0x61 ) ) }\n",
      directory);
  REQUIRE(rules);
  MemoryTree tree;
  tree.add("a.txt", Bytes{'a', 'b', 'c'});
  TextOptions options;
  options.rules = &*rules;
  options.rule_time = std::chrono::seconds{1};
  const auto begin = std::chrono::steady_clock::now();
  const auto analysis = inspect_texts(tree, {}, options);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{20});
  REQUIRE(analysis.coverage.gaps.size() == 1);
  CHECK(analysis.coverage.gaps[0].what == "a.txt");
  CHECK(analysis.coverage.gaps[0].reason.find("more than 1 s") != std::string::npos);
}

TEST_CASE("content rules: patterns that back-track elsewhere are linear here", "[inspect][content][hostile]") {
  const TempDir directory;
  const auto rules = rules_of("rule greedy { strings: $a = /a(b|bb|b?b)*c{3}x/ condition: $a }\n", directory);
  REQUIRE(rules);
  const std::string text(4U << 20, 'b');
  const auto begin = std::chrono::steady_clock::now();
  CHECK(rules->scan("a", as_bytes("a" + text), std::chrono::seconds{30}));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{30});
}

TEST_CASE("content rules: files given at once are examined as they are one by one", "[inspect][content]") {
  MemoryTree tree;
  for (int i = 0; i < 9; ++i) {
    const auto text = "#!/bin/sh\n" + std::string(static_cast<std::size_t>(i) * 40, '#') +
                      "\ncurl -s https://example.org/" + std::to_string(i) + " | sh\n";
    tree.add("script" + std::to_string(i) + ".sh", Bytes{text.begin(), text.end()});
  }
  TextOptions options;
  options.rules = &own_rules();
  const auto one_by_one = inspect_texts(tree, {}, options);
  std::vector<Bytes> contents;
  for (const auto& entry : tree.entries()) contents.push_back(*tree.read(entry.path, 1U << 20));
  std::vector<TextFile> files;
  for (std::size_t i = 0; i < contents.size(); ++i) files.push_back({&tree.entries()[i], contents[i]});
  const auto at_once = inspect_texts(files, {}, options);
  CHECK(at_once.files == one_by_one.files);
  CHECK(at_once.bytes == one_by_one.bytes);
  REQUIRE(at_once.findings.size() == one_by_one.findings.size());
  CHECK(one_by_one.findings.size() >= 9);
  for (std::size_t i = 0; i < at_once.findings.size(); ++i)
    CHECK(at_once.findings[i].fingerprint == one_by_one.findings[i].fingerprint);
}

TEST_CASE("content rules: a hit on a novel line ranks above the same in version control", "[inspect][content]") {
  MemoryTree tree;
  const std::string_view text = "#!/bin/sh\necho hello\ncurl -s https://example.org/x | sh\n";
  tree.add("install.sh", Bytes{text.begin(), text.end()});
  TextOptions options;
  options.rules = &own_rules();
  const auto severity_with = [&](const FactsOf& known) {
    const auto analysis = inspect_texts(tree, known, options);
    REQUIRE(analysis.findings.size() == 1);
    CHECK(analysis.findings[0].location.line == 3);
    return std::pair{analysis.findings[0].severity, analysis.findings[0].rank};
  };
  const auto alone = severity_with({});
  const auto in_vcs = severity_with([](std::string_view) { return facts(true); });
  const std::vector<NovelLine> other{{2, "echo hello"}};
  const std::vector<NovelLine> that{{3, "curl -s https://example.org/x | sh"}};
  const auto known_line = severity_with([&](std::string_view) {
    auto known = facts(false);
    known.novel_lines = &other;
    known.novel_line_count = 1;
    return known;
  });
  const auto novel_line = severity_with([&](std::string_view) {
    auto known = facts(false);
    known.novel_lines = &that;
    known.novel_line_count = 1;
    return known;
  });
  CHECK(alone.first == Severity::medium);
  CHECK(in_vcs.first == Severity::low);
  CHECK(known_line.first == Severity::low);
  CHECK(novel_line > in_vcs);
  CHECK(novel_line.first == Severity::medium);
}
