#include "base/nearest.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace assay;

TEST_CASE("nearest: a slip of the keys or a beginning is understood, anything further off is not", "[base]") {
  const std::vector<std::string> options{"--vcs", "--version", "--certificate-identity"};
  CHECK(nearest_word("--vsc", options) == "--vcs");
  CHECK(nearest_word("--verison", options) == "--version");
  CHECK(nearest_word("--cert", options) == "--certificate-identity");
  CHECK(nearest_word("foo", std::vector<std::string>{"home", "timestamp"}).empty());
  CHECK(nearest_word("x", {}).empty());
  CHECK(nearest_word(std::string(100'000, 'x'), options).empty());
}
