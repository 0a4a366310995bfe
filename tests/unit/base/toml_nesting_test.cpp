#include "base/toml_nesting.hpp"

#include <string>

#include "support/catch.hpp"

using namespace assay;

namespace {

std::string dotted(std::size_t parts, std::string_view part = "a") {
  std::string key;
  for (std::size_t i = 0; i < parts; ++i) key.append(i > 0 ? "." : "").append(part);
  return key;
}

}  // namespace

TEST_CASE("base: a key of as many parts as people write is not deep", "[base]") {
  CHECK_FALSE(has_deep_toml_key(""));
  CHECK_FALSE(has_deep_toml_key(dotted(100) + " = 1\n"));
  CHECK_FALSE(has_deep_toml_key("a = \"" + dotted(1000) + "\"\n# " + dotted(1000) + "\n"));
  CHECK_FALSE(has_deep_toml_key("a = \"\"\"\n\"\" " + dotted(1000) + "\n\\\"\"\" " + dotted(1000) + "\"\"\"\n"));
  CHECK_FALSE(has_deep_toml_key("a = '''\n" + dotted(1000) + "'''\n"));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a.b" + std::to_string(i) + " = 1.5\n";
  CHECK_FALSE(has_deep_toml_key(many));
}

TEST_CASE("base: a key of more parts is deep wherever it stands and however it is written", "[base][hostile]") {
  for (const std::string& key : {dotted(101), dotted(101, "\"a.b\""), dotted(101, " 'x' "), dotted(101, "\"\\\"\"")}) {
    INFO(key);
    CHECK(has_deep_toml_key(key + " = 1"));
    CHECK(has_deep_toml_key("[" + key + "]"));
    CHECK(has_deep_toml_key("x = { a = 1, " + key + " = 2 }"));
    CHECK(has_deep_toml_key("a = \"#\" # \"\n" + key));
  }
}
