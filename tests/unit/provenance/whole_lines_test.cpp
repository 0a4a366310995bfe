#include "provenance/whole_lines.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::provenance;

TEST_CASE("novelty: of a long line the whole is judged, not its beginning", "[provenance][hostile]") {
  const std::string filler(k_novel_line_bytes, 'x');
  const auto line = ": " + filler + "; cat f | xz -d | sh";
  const auto content = "one\r\n" + line + "\r\nlast";
  const std::vector<NovelLine> listed{{1, "one"}, {2, line.substr(0, k_novel_line_bytes)}, {3, "last"}};
  const auto lines = whole_lines(listed, content);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "one");
  CHECK(lines[1] == line);
  CHECK(lines[2] == "last");
  // Without the content there is what was listed.
  CHECK(whole_lines(listed, {})[1] == listed[1].text);
  CHECK(whole_lines({}, content).empty());
}
