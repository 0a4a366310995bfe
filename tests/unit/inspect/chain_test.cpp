#include "inspect/chain.hpp"

#include <algorithm>

#include "blob_support.hpp"
#include "inspect/previous.hpp"
#include "inspect/script/suspicion.hpp"
#include "packed.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;
using namespace assay::inspect::test;

namespace {

constexpr std::string_view k_chain = "inspect-payload-chain";

/// A build script that decodes a fixture and runs it.
MemoryTree payload_tree(const std::string& script = "configure") {
  return tree_of({{script, "#!/bin/sh\necho configuring\nxz -dc < tests/data.bin | sh\n"},
                  {"tests/data.bin", std::string{as_text(xz(k_script))}},
                  {"src/a.c", "int a;\n"}});
}

struct Correlated {
  std::vector<Finding> findings;
  std::vector<Finding> chains() const {
    std::vector<Finding> chains;
    std::copy_if(findings.begin(), findings.end(), std::back_inserter(chains),
                 [](const Finding& finding) { return finding.rule == k_chain; });
    return chains;
  }
};

Correlated run(MemoryTree tree, const ChainPolicy& policy, const FactsOf& facts = {},
               std::vector<Finding> others = {}) {
  auto scripts = analyse_scripts(tree, facts);
  auto blobs = inspect_blobs(tree, facts, scripts.harvest, {});
  REQUIRE(blobs);
  Correlated result{std::move(others)};
  result.findings.insert(result.findings.end(), scripts.findings.begin(), scripts.findings.end());
  result.findings.insert(result.findings.end(), blobs->findings.begin(), blobs->findings.end());
  correlate(result.findings, scripts, *blobs, facts, policy);
  return result;
}

const ChainPolicy k_policy{
    {{{ChainFact::executes, ChainFact::decodes, ChainFact::novel}, Severity::critical, "all three"},
     {{ChainFact::executes, ChainFact::decodes}, Severity::high, "without novelty"}},
    Severity::low};

}  // namespace

TEST_CASE("chain: a script that decodes a fixture and runs it is one chain with its stage and its members",
          "[inspect][chain]") {
  const auto result = run(payload_tree(), k_policy);
  REQUIRE(result.chains().size() == 1);
  const auto chain = result.chains().front();
  CHECK(chain.severity == Severity::critical);
  CHECK(chain.location.path == "configure");
  CHECK(chain.location.line == 3);
  REQUIRE(chain.stages.size() == 1);
  CHECK(chain.stages[0].location == "tests/data.bin!stage 1");
  CHECK(chain.stages[0].bytes == k_script);
  CHECK(chain.stages[0].sha256 == sha256(as_bytes(k_script)).hex());
  REQUIRE_FALSE(chain.members.empty());
  for (const auto& member : chain.members)
    CHECK(std::none_of(result.findings.begin(), result.findings.end(),
                       [&](const Finding& other) { return other.fingerprint == member.fingerprint; }));
}

TEST_CASE("chain: the first rule of the policy that holds decides, else what it says otherwise", "[inspect][chain]") {
  const auto severity = [](const ChainPolicy& policy, const FactsOf& facts = {}) {
    return run(payload_tree(), policy, facts).chains().at(0).severity;
  };
  CHECK(severity({{}, Severity::info}) == Severity::info);
  CHECK(severity({{{{ChainFact::builds}, Severity::critical, "no"}, {{ChainFact::executes}, Severity::medium, "yes"}},
                  Severity::low}) == Severity::medium);
  const FactsOf committed = [](std::string_view) {
    FileFacts facts;
    facts.compared = facts.in_vcs = true;
    facts.proof = Proof::identical;
    facts.reach = Reach::executed;
    return facts;
  };
  CHECK(severity(k_policy, committed) == Severity::high);
}

TEST_CASE("chain: what others found about its scripts is a member and stays where it was", "[inspect][chain]") {
  constexpr Rule other{"provenance-other", Severity::medium, "t", "d", "r", ""};
  const auto about_script = make_finding(other, {"configure", 0}, "differs");
  const auto about_another = make_finding(other, {"src/a.c", 0}, "differs");
  const auto result = run(payload_tree(), k_policy, {}, {about_script, about_another});
  const auto members = result.chains().at(0).members;
  const auto count = [](const std::vector<Finding>& findings, const Finding& wanted) {
    return std::count_if(findings.begin(), findings.end(),
                         [&](const Finding& finding) { return finding.fingerprint == wanted.fingerprint; });
  };
  CHECK(count(members, about_script) == 1);
  CHECK(count(members, about_another) == 0);
  CHECK(count(result.findings, about_script) == 1);
  CHECK(count(result.findings, about_another) == 1);
}

TEST_CASE("chain: an honest tree has none", "[inspect][chain]") {
  const auto result = run(tree_of({{"configure", "#!/bin/sh\nif test -n \"$x\"; then eval \"$x\"; fi\n"},
                                   {"tests/data.xz", std::string{as_text(xz("Hello\n"))}}}),
                          k_policy);
  CHECK(result.chains().empty());
}

TEST_CASE("chain: the names of facts can be read back", "[inspect][chain]") {
  for (std::size_t i = 0; i < k_chain_fact_count; ++i) {
    const auto fact = static_cast<ChainFact>(i);
    CHECK(parse_chain_fact(to_string(fact)) == fact);
  }
  CHECK_FALSE(parse_chain_fact("exceutes"));
}

TEST_CASE("suspicion: lines that move bytes are told from lines that only look like it", "[inspect][script]") {
  for (const auto* line :
       {"cat f | xz -dc | sh", "base64 -d < f > g", "tail -c 100 f", "dd if=f bs=1 skip=76",
        "x=`cat f | tr 'a-c\\-_' '_\\-a-c'`", "tr \"\\5-\\51\\204-\\377\" \"\\0-\\377\" < f",
        "sed \"r\\n\" $f | eval $map | $suffix -d 2>/dev/null", "eval x | $SHELL", "grep -aErls '#{4}' $srcdir/",
        "perl -pe '$_ ^= chr(0x5a) x length' f", "file(READ f DATA OFFSET 12)"}) {
    CAPTURE(line);
    CHECK(suspicion_of(line) == Suspicion::flow);
  }
  for (const auto* line :
       {"# cat f | xz -dc | sh", "dnl base64 -d < f", "tr a-z A-Z", "tr '[a-z]' '[A-Z]'", "tr '\\012' ' '",
        "tr -d '\\r'", "test -d \"$dir\"", "  bash | ksh | sh)", "xz -dc $(distdir).tar.xz | $(am__untar) ;;",
        "src/tr src/true src/unlink", "cut -d: -f1", "eval \"$ac_compile\""}) {
    CAPTURE(line);
    CHECK(suspicion_of(line) != Suspicion::flow);
  }
  CHECK(suspicion_of("  if test -f debian/rules; then") == Suspicion::traits);
  CHECK(suspicion_of("  _LT_TAGDECL([], [x], [2])dnl") == Suspicion::traits);
  CHECK(suspicion_of("AC_DEFUN([LT_INIT], [_LT_DECL([], [x], [1])])\nm4_defun([LT_INIT], [])") == Suspicion::none);
  CHECK(suspicion_of("") == Suspicion::none);
}

TEST_CASE("facts: of very many novel lines those behind the last one listed count as novel", "[inspect]") {
  const std::vector<NovelLine> lines{{3, "a"}, {9, "b"}};
  FileFacts facts;
  facts.compared = true;
  facts.novel_lines = &lines;
  facts.novel_line_count = 2;
  CHECK(facts.is_novel(3));
  CHECK_FALSE(facts.is_novel(4));
  CHECK_FALSE(facts.is_novel(10));
  facts.novel_line_count = 500;
  CHECK(facts.is_novel(10));
  CHECK_FALSE(facts.is_novel(4));
}

TEST_CASE("previous: only what changed its nature is news", "[inspect]") {
  auto before = tree_of({{"same", std::string("\0\1", 2)}, {"text", "words\n"}, {"gone", std::string("\0", 1)}});
  auto now = tree_of({{"same", std::string("\0\1", 2)},
                      {"text", std::string("\0\2\3", 3)},
                      {"new", "#!/bin/sh\necho\n"},
                      {"plain", "words\n"}});
  Coverage coverage;
  const auto findings = changes_since(before, now, {}, "a-1.tar.gz", coverage);
  REQUIRE(findings);
  REQUIRE(findings->size() == 2);
  CHECK(findings->at(0).rule == "inspect-newly-executable");
  CHECK(findings->at(0).location.path == "new");
  CHECK(findings->at(1).rule == "inspect-newly-binary");
  CHECK(findings->at(1).location.path == "text");
  CHECK(coverage.complete());
}
