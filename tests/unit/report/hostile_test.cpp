// What holds for every format, whatever the input.
#include "base/text.hpp"
#include "cases.hpp"
#include "report/renderer.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::report;

TEST_CASE("report: hostile names reach no terminal raw, in any format", "[report][hostile]") {
  RenderOptions options;
  options.verbosity = Verbosity::verbose;
  for (const auto& renderer : renderers()) {
    INFO(renderer.name);
    const auto text = renderer.render(test::case_named("hostile"), options);
    CHECK(is_utf8(text));
    CHECK_FALSE(has_bidi_or_zero_width(text));
    for (const auto line : split_lines(text)) CHECK_FALSE(has_control(line));
  }
}

TEST_CASE("report: the same assessment gives the same bytes", "[report]") {
  RenderOptions options;
  options.rules = test::case_rules();
  for (const auto& renderer : renderers())
    CHECK(renderer.render(test::case_named("suspect"), options) ==
          renderer.render(test::case_named("suspect"), options));
}

TEST_CASE("report: an empty assessment renders", "[report]") {
  for (const auto& renderer : renderers()) CHECK_FALSE(renderer.render(Assessment{}, {}).empty());
}
