#include <chrono>

#include "inspect/script/pattern.hpp"
#include "inspect/script/sed.hpp"
#include "inspect/script/shell.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;

namespace {

/// Commands as "name/arguments", pipelines joined by "|", nested lists in braces.
std::string outline(const std::vector<Pipeline>& list);
std::string outline(const Command& command) {
  std::string text;
  for (const auto& word : command.assignments) text += std::string{word.raw} + " ";
  if (command.kind == CommandKind::function) text += std::string{command.name} + "()";
  if (command.kind == CommandKind::loop) text += "for " + std::string{command.name} + " ";
  for (std::size_t i = 0; i < command.words.size(); ++i) text += (i > 0 ? "/" : "") + std::string{command.words[i].raw};
  if (!command.body.empty()) text += "{" + outline(command.body) + "}";
  return text;
}
std::string outline(const std::vector<Pipeline>& list) {
  std::string text;
  for (const auto& pipeline : list) {
    if (!text.empty()) text += "; ";
    for (std::size_t i = 0; i < pipeline.stages.size(); ++i) text += (i > 0 ? " | " : "") + outline(pipeline.stages[i]);
  }
  return text;
}
std::string parsed(std::string_view text) {
  return outline(parse_shell(text, 1).pipelines);
}

std::string rewritten(ScriptKind kind, std::string_view text) {
  return to_shell(kind, text).text;
}

}  // namespace

TEST_CASE("script: shell text comes apart into lists, pipelines and commands", "[inspect][script]") {
  CHECK(parsed("a b | c 'd e' && f || g; h & i\nj") == "a/b | c/'d e'; f; g; h; i; j");
  CHECK(parsed("x=1 y='2 3' cmd \"a b\" $(c | d) `e f`") == "x=1 y='2 3' cmd/\"a b\"/$(c | d)/`e f`");
  CHECK(parsed("if a; then b | c; else d; fi | e") == "{a; b | c; d} | e");
  CHECK(parsed("for i in 1 2; do a $i; done | sh") == "for i 1/2{a/$i} | sh");
  CHECK(parsed("while read x; do a; done < f | b") == "{read/x; a} | b");
  CHECK(parsed("(a; b) | { c; d; }") == "{a; b} | {c; d}");
  CHECK(parsed("f() { a | b; }; f x") == "f(){a | b}; f/x");
  CHECK(parsed("a \\\n  b # comment | sh\nc") == "a/b; c");
}

TEST_CASE("script: alternatives of a case pattern are no pipeline into a shell", "[inspect][script]") {
  CHECK(parsed("case $x in bash | sh) a;; *) b | c;; esac; d") == "{a; b | c}; d");
  CHECK(parsed("case $x in\n(a|sh) b ;;\nesac") == "{b}");
}

TEST_CASE("script: here-documents belong to their command and are not parsed as commands", "[inspect][script]") {
  const std::string text = "cat <<EOF >out | sh\nif then | eval\nEOF\nnext\ncat <<-'X' <<Y\n\tone\n\tX\ntwo\nY\nlast\n";
  const auto script = parse_shell(text, 1);
  CHECK(outline(script.pipelines) == "cat | sh; next; cat; last");
  const auto& first = script.pipelines[0].stages[0].redirects;
  REQUIRE(first.size() == 2);
  CHECK(first[0].body == "if then | eval\n");
  CHECK_FALSE(first[0].literal);
  const auto& third = script.pipelines[2].stages[0].redirects;
  REQUIRE(third.size() == 2);
  CHECK(third[0].body == "\tone\n");
  CHECK(third[0].literal);
  CHECK(third[1].body == "two\n");
}

TEST_CASE("script: text that is no shell is read to its end all the same", "[inspect][script][hostile]") {
  CHECK(parsed(") fi done } esac ;; a") == "a");
  CHECK(parsed("a 'open").find('a') == 0);
  CHECK(parsed("if if if a") == "{{{a}}}");
  CHECK(parsed("$( ` \" $(").size() < 100);
  CHECK(parsed("cat << ").find("cat") == 0);
}

TEST_CASE("script: one line of many megabytes and deep nesting take linear time", "[inspect][script][hostile]") {
  const auto begin = std::chrono::steady_clock::now();
  for (const auto* piece :
       {"(", "if ", "$(", "\"$(", "`", "{ ", "case x in a) ", "<<E ", "a | ", "${x-", "'", "f() { "}) {
    std::string text;
    while (text.size() < (1U << 20)) text += piece;
    parse_shell(text, 1);
    to_shell(ScriptKind::m4, text);
    to_shell(ScriptKind::make, text);
    to_shell(ScriptKind::cmake, text);
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{30});
}

TEST_CASE("script: m4 quotes go, macro arguments come apart, lines stay known", "[inspect][script]") {
  const auto text = to_shell(
      ScriptKind::m4,
      "AC_DEFUN([X], [\ndnl it's a comment\n  gl_[$1]_x='a'\n  AC_CONFIG_COMMANDS([c], [eval $y | $SHELL])\n])\n");
  const auto script = parse_shell(text);
  std::uint32_t eval_line = 0;
  bool assigned = false;
  for (const auto& pipeline : script.pipelines)
    for (const auto& command : pipeline.stages) {
      if (!command.words.empty() && command.words[0].raw == "eval") {
        eval_line = command.line;
        CHECK(pipeline.stages.size() == 2);
      }
      assigned = assigned || (!command.assignments.empty() && command.assignments[0].raw == "gl_m4_arg_1_x='a'");
    }
  CHECK(eval_line == 4);
  CHECK(assigned);
  CHECK(rewritten(ScriptKind::m4, "sed 's/[[a-z]]//'") == "sed 's/[a-z]//'");
  CHECK(rewritten(ScriptKind::m4, "@<:@a@:>@ @S|@x") == "[a] $x");
  CHECK(rewritten(ScriptKind::m4, "changequote(,)dnl\n[a]\nchangequote([,])dnl\n[b]") == "\n[a]\n\nb");
}

TEST_CASE("script: recipes of make become commands, its variables shell ones", "[inspect][script]") {
  const auto text = rewritten(ScriptKind::make,
                              "RUN = cat f | xz -d\nall: dep\n\t@$(RUN) | $(SHELL)\n\t-echo $$HOME $@ \\\n\t  more\n");
  CHECK(text.find("cat f | xz -d | ${SHELL}") != std::string::npos);
  CHECK(text.find("echo $HOME") != std::string::npos);
  CHECK(text.find("dep") == std::string::npos);
}

TEST_CASE("script: CMake's processes become pipelines", "[inspect][script]") {
  CHECK(rewritten(ScriptKind::cmake,
                  "execute_process(COMMAND cat \"${CMAKE_SOURCE_DIR}/a b\" COMMAND xz -dc OUTPUT_VARIABLE out)")
            .starts_with("out=$(cat \"${CMAKE_SOURCE_DIR}/a b\"  | xz -dc )"));
  CHECK(rewritten(ScriptKind::cmake, "# comment (\nset(X [[a;b]])\n").starts_with("X='a;b'"));
  CHECK(rewritten(ScriptKind::cmake, "file(READ f X OFFSET 4 LIMIT 8)")
            .starts_with("X=$(cat f | dd bs=1 skip=4 | head -c 8)"));
}

TEST_CASE("script: patterns of grep and sed mean what POSIX says", "[inspect][script]") {
  const auto matches = [](std::string_view pattern, PatternSyntax syntax, std::string_view text) {
    const auto re2 = to_re2(pattern, syntax);
    REQUIRE(re2);
    const auto regex = Regex::compile(*re2);
    REQUIRE(regex);
    return regex->found_in(text);
  };
  CHECK(matches("#\\{4\\}[[:alnum:]]\\{5\\}#\\{4\\}$", PatternSyntax::basic, "x####Howdy####\ny"));
  CHECK(matches("#{4}[[:alnum:]]{5}#{4}$", PatternSyntax::extended, "####Howdy####"));
  CHECK(matches("#{4}[:alnum:]{5}#{4}$", PatternSyntax::extended, "####Howdy####"));
  CHECK_FALSE(matches("#{4}[[:alnum:]]{5}#{4}$", PatternSyntax::extended, "####Howdy####x"));
  CHECK(matches("a+(b)", PatternSyntax::basic, "a+(b)"));
  CHECK(matches("^*x", PatternSyntax::basic, "*x"));
  CHECK(matches("[]a\\]", PatternSyntax::basic, "\\"));
  CHECK(matches("a.c", PatternSyntax::fixed, "xa.c"));
  CHECK_FALSE(matches("a.c", PatternSyntax::fixed, "abc"));
  CHECK(matches("\\<word\\>", PatternSyntax::basic, "a word."));
  CHECK_FALSE(to_re2("\\(a\\)\\1", PatternSyntax::basic));
  CHECK_FALSE(Regex::compile("(a{500}){500}"));
}

TEST_CASE("script: a pattern that ruins a back-tracking engine takes linear time", "[inspect][script][hostile]") {
  const auto regex = Regex::compile(*to_re2("(a*)*b|(a|aa)+$", PatternSyntax::extended));
  REQUIRE(regex);
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(regex->found_in(std::string(1U << 20, 'a') + "c"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{10});
}
