// Formats of code by their headers.
#include "inspect/content_type.hpp"
#include "base/bytes.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;

TEST_CASE("content type: a class file has a version that Java has or will have, a made-up checksum none", "[inspect]") {
  const auto format = [](std::string_view hex) { return executable_format(*from_hex(hex)); };
  for (const auto* const real : {"cafebabe0000002d", "cafebabe00000034", "cafebabeffff0045"})
    CHECK(format(real) == "Java class");
  for (const auto* const none : {"cafebabecafebabecafebabecafebabe", "cafebabe00000100", "cafebabe0000002c"})
    CHECK(format(none).empty());
}
