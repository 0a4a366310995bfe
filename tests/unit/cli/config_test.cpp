#include "cli/config.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::cli;

namespace {

const std::string k_digest(64, 'a');

std::string suppression(const std::string& more) {
  return "[[suppress]]\nrule = \"provenance-unexplained-data\"\npath = \"doc/*.pdf\"\nreason = \"rendered from "
         "doc/manual.tex\"\n" +
         more;
}

/// The Error's text of a configuration that must not parse.
std::string problem_of(std::string_view text) {
  const auto config = parse_config(text, "proj/.assay.toml");
  REQUIRE_FALSE(config);
  REQUIRE(config.error().code == ErrorCode::usage);
  REQUIRE_FALSE(config.error().remedy.empty());
  return config.error().to_string();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("config: every key is read", "[cli][config]") {
  const auto config =
      parse_config("fail-on = \"medium\"\nrules = [\"a\", \"b\"]\n[limits]\nmax_entry_size = \"2GiB\"\ntime = 30\n" +
                       suppression("sha256 = \"" + k_digest + "\"\nexpires = 2027-01-31\n"),
                   "proj/.assay.toml");
  REQUIRE(config);
  CHECK(config->fail_on == Severity::medium);
  CHECK(config->rule_dirs == std::vector<std::string>{"proj/a", "proj/b"});
  CHECK(config->limits.max_entry_size == 2ULL << 30);
  CHECK(config->limits.time == std::chrono::seconds{30});
  CHECK(config->limits.max_entries == Limits{}.max_entries);
  REQUIRE(config->waivers.size() == 1);
  const auto& waiver = config->waivers[0];
  CHECK(waiver.rule == "provenance-unexplained-data");
  CHECK(waiver.path == "doc/*.pdf");
  CHECK(waiver.content_sha256 == k_digest);
  CHECK(waiver.reason == "rendered from doc/manual.tex");
  CHECK(waiver.declared.path == "proj/.assay.toml");
  CHECK(waiver.declared.line == 6);
  using namespace std::chrono;
  CHECK(waiver.expires == year_month_day{year{2027}, January, day{31}});
}

TEST_CASE("config: an empty file changes nothing", "[cli][config]") {
  const auto config = parse_config("", ".assay.toml");
  REQUIRE(config);
  CHECK_FALSE(config->fail_on);
  CHECK(config->waivers.empty());
  CHECK(config->limits.memory == Limits{}.memory);
}

TEST_CASE("config: one that was only found may accept, and decides nothing else", "[cli][config]") {
  for (const std::string text : {"fail-on = \"critical\"\n", "rules = \"q\"\n", "[limits]\nmax_entries = 1\n",
                                 "[regenerate]\nrecipe = [\"true\"]\n"}) {
    CHECK(parse_config(text, ".assay.toml"));
    const auto found = parse_config(text, ".assay.toml", ConfigOrigin::found);
    REQUIRE_FALSE(found);
    CHECK(has(found.error().to_string(), "--config .assay.toml"));
  }
  CHECK(parse_config(suppression("") + "[compare]\nignore = [\"timestamp\"]\n", ".assay.toml", ConfigOrigin::found));
}

TEST_CASE("config: a misspelt key is an error at its place, with the right one", "[cli][config]") {
  const auto top = problem_of("# comment\nfailon = \"high\"\n");
  CHECK(has(top, "proj/.assay.toml:2:1: unknown key 'failon'"));
  CHECK(has(top, "did you mean 'fail-on'?"));
  const auto inner = problem_of(suppression("expire = 2027-01-31\n"));
  CHECK(has(inner, ":5:1: unknown key 'expire' in [[suppress]]"));
  CHECK(has(inner, "did you mean 'expires'?"));
  CHECK(
      has(problem_of("wholly-different = 1\n"), "the keys are: compare, fail-on, rules, limits, regenerate, suppress"));
}

TEST_CASE("config: a suppression without rule, path or reason is refused", "[cli][config]") {
  CHECK(has(problem_of("[[suppress]]\npath = \"a\"\nreason = \"b\"\n"), "needs 'rule'"));
  CHECK(has(problem_of("[[suppress]]\nrule = \"a\"\nreason = \"b\"\n"), "needs 'path'"));
  CHECK(has(problem_of("[[suppress]]\nrule = \"a\"\npath = \"b\"\n"), ":1:1: [[suppress]] needs 'reason'"));
  CHECK(has(problem_of("[[suppress]]\nrule = \"a\"\npath = \"b\"\nreason = \"  \"\n"), "needs 'reason'"));
}

TEST_CASE("config: values of the wrong kind name their place and what to write", "[cli][config]") {
  CHECK(has(problem_of("fail-on = \"hihg\"\n"), ":1:11: 'fail-on' knows no severity 'hihg'"));
  CHECK(has(problem_of("fail-on = 3\n"), "must be a string"));
  CHECK(has(problem_of("rules = 3\n"), "must be a directory"));
  CHECK(has(problem_of("rules = [\"a\", 3]\n"), "must be a directory"));
  CHECK(has(problem_of("limits = 3\n"), "must be a table"));
  CHECK(has(problem_of("[limits]\nmax_entries = true\n"), ":2:15: limit 'max_entries' must be a number"));
  CHECK(has(problem_of("[limits]\nmax_entires = 5\n"), "there is no limit named 'max_entires'"));
  CHECK(has(problem_of("[limits]\nmax_entries = -5\n"), "limit 'max_entries'"));
  CHECK(has(problem_of("[suppress]\nrule = \"a\"\n"), "write [[suppress]] before each"));
  CHECK(has(problem_of(suppression("sha256 = \"abc\"\n")), ":5:10: 'sha256' must be 64 hexadecimal digits"));
  CHECK(has(problem_of(suppression("expires = \"2027-01-31\"\n")), "without quotes"));
}

TEST_CASE("config: text that is no TOML is an error at its place, whatever bytes it holds", "[cli][config][hostile]") {
  CHECK(has(problem_of("fail-on = high\n"), "proj/.assay.toml:1:"));
  CHECK(has(problem_of("a = \"\x1b[31m"), "not valid TOML"));
  CHECK_FALSE(has(problem_of("a = \x1b[31m"), "\x1b"));
  CHECK(has(problem_of(std::string(100'000, '[')), "not valid TOML"));
  CHECK(has(problem_of("\xff\xfe"), "not valid TOML"));
}

TEST_CASE("config: a file that was asked for must be there", "[cli][config]") {
  const test::TempDir dir;
  CHECK_FALSE(load_config((dir.path() / "absent.toml").string()));
  const auto file = dir.write("own.toml", "fail-on = \"low\"\n");
  const auto config = load_config(file.string());
  REQUIRE(config);
  CHECK(config->fail_on == Severity::low);
}
