// Java class files, made here from a list of constants in any order.
#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "artifact/class_listing.hpp"
#include "pairs.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact;
using namespace assay::artifact::test;

namespace {

std::string number(std::size_t value, std::size_t width) {
  std::string bytes;
  for (std::size_t i = width; i-- > 0;) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

/// `class A { String f() { return <text>; } }`, its constants from first to last or from last to first.
std::string class_file(const std::string& text, bool reversed = false) {
  std::vector<std::string> names{"A",    "class A", "java/lang/Object", "class Object", "f", "()S", "Code",
                                 "text", "string"};
  if (reversed) std::reverse(names.begin(), names.end());
  const auto index = [&](const std::string& name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin()) + 1;
  };
  const auto utf8 = [](const std::string& value) { return "\1" + number(value.size(), 2) + value; };
  std::map<std::string, std::string> constants{{"A", utf8("A")},
                                               {"class A", "\7" + number(index("A"), 2)},
                                               {"java/lang/Object", utf8("java/lang/Object")},
                                               {"class Object", "\7" + number(index("java/lang/Object"), 2)},
                                               {"f", utf8("f")},
                                               {"()S", utf8("()Ljava/lang/String;")},
                                               {"Code", utf8("Code")},
                                               {"text", utf8(text)},
                                               {"string", "\10" + number(index("text"), 2)}};
  std::string pool;
  for (const auto& name : names) pool += constants[name];
  const auto code = "\x12" + number(index("string"), 1) + "\xb0";
  const auto body = number(1, 2) + number(1, 2) + number(code.size(), 4) + code + number(0, 2) + number(0, 2);
  return number(0xcafebabe, 4) + number(61, 4) + number(names.size() + 1, 2) + pool + number(0x20, 2) +
         number(index("class A"), 2) + number(index("class Object"), 2) + number(0, 2) + number(0, 2) + number(1, 2) +
         number(1, 2) + number(index("f"), 2) + number(index("()S"), 2) + number(1, 2) + number(index("Code"), 2) +
         number(body.size(), 4) + body + number(0, 2);
}

}  // namespace

TEST_CASE("class files: constants in another order are one cause", "[artifact][class]") {
  const auto comparison = compare(class_file("hello"), class_file("hello", true), "A.class");
  CHECK(cause_ids(comparison) == std::vector<std::string>{"file-order"});
  CHECK(comparison.closed);
}

TEST_CASE("class files: a date in a constant is told as one, in whatever order the constants are",
          "[artifact][class]") {
  const auto comparison =
      compare(class_file("Built 2022-01-02 03:04:05"), class_file("Built 2026-01-02 03:04:05", true), "A.class");
  CHECK(cause_ids(comparison) == std::vector<std::string>{"timestamp"});
  CHECK(comparison.leftovers.empty());
  CHECK_FALSE(comparison.closed);  // it may be one that is compared with the clock
  CHECK_FALSE(compare(class_file("/opt/x/bin/run"), class_file("/tmp/evil/bin/run"), "A.class").closed);
}

TEST_CASE("class files: a version that no compiler writes is left over", "[artifact][class][hostile]") {
  auto other = class_file("hello");
  other[7] = 55;
  CHECK(compare(class_file("hello"), other, "A.class").closed);
  other[4] = other[5] = '\xff';
  CHECK_FALSE(compare(class_file("hello"), other, "A.class").closed);
}

TEST_CASE("class files: an instruction that changed is left over as code", "[artifact][class]") {
  auto other = class_file("hello");
  other[other.rfind('\xb0')] = '\xb1';
  const auto comparison = compare(class_file("hello"), other, "A.class");
  REQUIRE(comparison.leftovers.size() == 1);
  CHECK(comparison.changes[comparison.leftovers[0]].impact == Impact::code);
  CHECK(comparison.changes[comparison.leftovers[0]].after.find("return") != std::string::npos);
}

TEST_CASE("class files: no flipped bit is passed over or explained", "[artifact][class][hostile]") {
  const auto plain = class_file("hello");
  for (std::size_t at = 8; at < plain.size(); ++at)
    for (const auto bit : {static_cast<int>(at % 4), static_cast<int>(4 + at % 4)}) {
      auto flipped = plain;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      INFO("bit " << bit << " of byte " << at);
      const auto comparison = compare(plain, flipped, "A.class");
      CHECK(says_something(comparison));
      CHECK_FALSE(comparison.closed);
    }
}

TEST_CASE("class files: constants that lead in circles and cut files are no listing", "[artifact][class][hostile]") {
  const auto whole = class_file("hello");
  CHECK(list_class(as_bytes(whole)));
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(list_class(as_bytes(whole).first(size)));
  CHECK_FALSE(list_class(as_bytes(whole + "x")));
  // Sixty thousand constants, each of which is made of itself, or of one long text: bounded in time and memory.
  std::string circles = number(0xcafebabe, 4) + number(61, 4) + number(60'001, 2);
  circles += "\1" + number(60'000, 2) + std::string(60'000, 'x');
  for (std::size_t i = 2; i <= 60'000; ++i) circles += "\14" + number(i % 2 == 0 ? i : 1, 2) + number(1, 2);
  circles += number(0, 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0, 2);
  CHECK_FALSE(list_class(as_bytes(circles)));
}
