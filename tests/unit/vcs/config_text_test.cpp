#include "vcs/config_text.hpp"

#include <fmt/format.h>

#include "git_fixture.hpp"
#include "support/catch.hpp"

using namespace assay::vcs;
using assay::test::GitFixture;

namespace {

std::vector<ConfigValue> parsed(std::string_view text) {
  std::vector<ConfigValue> values;
  read_config(text, [&](const ConfigValue& value) { values.push_back(value); });
  return values;
}

}  // namespace

TEST_CASE("config: agrees with git config --list on the syntax", "[vcs][config]") {
  const std::string text =
      "\xef\xbb\xbf; comment\n[core]\n\tbare = false # trailing\n\tName=va lue  ; other\n alone\n"
      "[section \"Sub \\\"x\\\" \\\\y\"] key = 1\n[Other.Legacy]\nk=\"quoted # ; \" tail\n"
      "long = a\\\n b\nesc = \"t\\ta\\\"b\\\\\"\nempty =\n[last]k2 = end";
  const GitFixture git;
  git.write("config.txt", text);
  const auto expected = git.sh("git config -z --file config.txt --list");
  std::string found;
  for (const auto& value : parsed(text)) {
    found += value.section + (value.subsection.empty() ? "" : "." + value.subsection) + "." + value.key;
    if (value.key != "alone") found += "\n" + value.value;
    found.push_back('\0');
  }
  CHECK(found == expected);
}

TEST_CASE("config: what cannot be understood is skipped", "[vcs][config]") {
  const auto values = parsed("[broken\nkey = lost\n[ok]\n=x\n? = y\ngood = 1\n[");
  REQUIRE_FALSE(values.empty());
  CHECK(values.back().key == "good");
  CHECK(values.back().section == "ok");
  CHECK(values.back().value == "1");
}

TEST_CASE("config: .gitmodules gives names and paths", "[vcs][config]") {
  const auto modules = parse_gitmodules(
      "[submodule \"lib one\"]\n\tpath = third_party/one/\n\turl = ../one.git\n[submodule \"two\"]\n\turl = "
      "x\n\tpath=two\n");
  REQUIRE(modules.size() == 2);
  CHECK(modules[0].name == "lib one");
  CHECK(modules[0].path == "third_party/one");
  CHECK(modules[1].path == "two");
}

TEST_CASE("config: a long name of a section is not had once more by each of its values", "[vcs][config][hostile]") {
  const std::string name(512U << 10, 'n');
  std::string text = "[submodule \"" + name + "\"]\n";
  constexpr std::size_t k_many = 200'000;  // a hundred gigabytes of names
  for (std::size_t i = 0; i < k_many; ++i) text += "path=a\n";
  std::size_t met = 0;
  read_config(text, [&](const ConfigValue& value) { met += value.subsection.size() == name.size() ? 1U : 0U; });
  CHECK(met == k_many);
  const auto modules = parse_gitmodules(text + "path=last/\n[submodule \"other\"]\npath=b\n");
  REQUIRE(modules.size() == 2);
  CHECK(modules[0].path == "last");
  CHECK(modules[1].path == "b");
}
