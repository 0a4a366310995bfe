#include "artifact/line_table.hpp"

#include <random>
#include <string>

#include "support/catch.hpp"

using namespace assay::artifact;

namespace {

std::string number(std::size_t value, std::size_t width) {
  std::string bytes;
  for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

/// One unit of version 4 with a directory, a file and a program.
std::string unit(const std::string& directory, const std::string& program) {
  const std::string fixed{"\1\1\1\xfb\x0e\x02\0", 7};  // two opcodes, so one length
  const std::string tables = fixed + directory + std::string(2, '\0') + "a.c" + std::string{"\0\1\x80\1\0\0", 6};
  const auto rest = number(4, 2) + number(tables.size(), 4) + tables + program;
  return number(rest.size(), 4) + rest;
}

}  // namespace

TEST_CASE("line tables: names and numbers are taken apart, and every byte is in one of them or is a length",
          "[artifact][elf]") {
  const auto section = unit("/build/one", "program") + unit("/build/another", "x");
  const auto table = split_line_table(section, false);
  REQUIRE(table);
  CHECK(table->names == std::string{"/build/one\0a.c\0/build/another\0a.c\0", 34});
  CHECK(table->units.size() == 2);
  CHECK(table->offsets[1] == unit("/build/one", "program").size());
  CHECK(table->names.size() + table->rest.size() + 2 * 8 == section.size());
}

TEST_CASE("line tables: lengths that count something else are refused", "[artifact][elf][hostile]") {
  const auto good = unit("/build/one", "program");
  CHECK_FALSE(split_line_table(good.substr(0, good.size() - 1), false));
  for (const std::size_t at : {std::size_t{0}, std::size_t{6}}) {
    auto other = good;
    ++other[at];
    CHECK_FALSE(split_line_table(other, false));
  }
  std::mt19937_64 random{11};
  for (int round = 0; round < 2000; ++round) {
    auto broken = good;
    for (int i = 0; i < 3; ++i) broken[random() % broken.size()] = static_cast<char>(random());
    if (const auto table = split_line_table(broken, false))
      CHECK(table->names.size() + table->rest.size() + 8 * table->units.size() >= broken.size());
  }
}
