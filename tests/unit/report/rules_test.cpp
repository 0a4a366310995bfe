#include "report/rules.hpp"

#include <nlohmann/json.hpp>

#include "cases.hpp"
#include "report/renderer.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::report;

TEST_CASE("rules: the list has every rule once, by module and severity", "[report][rules]") {
  const auto text = render_rule_list_text(test::case_rules(), Color::no);
  CHECK(text.find("archive-control-in-name") < text.find("archive-trailing-data"));
  CHECK(text.find("archive-trailing-data") < text.find("provenance-contradicted-serial"));
  CHECK(text.find("provenance-contradicted-serial") < text.find("provenance-unexplained-build-file"));
  const auto document = nlohmann::json::parse(render_rule_list_json(test::case_rules()));
  CHECK(document["rules"].size() == test::case_rules().size());
  CHECK(document["rules"][0]["id"] == "archive-control-in-name");
  CHECK(document["rules"][0]["reference"].is_null());
}

TEST_CASE("rules: an explanation says why and what next", "[report][rules]") {
  const auto text = render_rule_explanation(test::case_rules(), "provenance-contradicted-serial", Color::no);
  REQUIRE(text);
  CHECK(text->find("m4 file claims a serial its upstream never had") != std::string::npos);
  CHECK(text->find("Read the novel lines") != std::string::npos);
  CHECK(text->find("CVE-2024-3094") != std::string::npos);
}

TEST_CASE("rules: a misspelt rule gets the nearest, a strange one does not", "[report][rules]") {
  const auto misspelt = render_rule_explanation(test::case_rules(), "provenance-contradicted-serials", Color::no);
  REQUIRE_FALSE(misspelt);
  CHECK(misspelt.error().remedy.starts_with("did you mean provenance-contradicted-serial? "));
  const auto strange = render_rule_explanation(test::case_rules(), "x\x1b", Color::no);
  REQUIRE_FALSE(strange);
  CHECK(strange.error().message == "there is no rule 'x\\x1b'");
  CHECK_FALSE(strange.error().remedy.starts_with("did you mean"));
  CHECK_FALSE(render_rule_explanation({}, "any", Color::no));
}

TEST_CASE("renderers: each is found by its name, and only by that", "[report]") {
  for (const auto& renderer : renderers()) CHECK(find_renderer(renderer.name) == &renderer);
  CHECK(find_renderer("pdf") == nullptr);
  CHECK(find_renderer("") == nullptr);
}
