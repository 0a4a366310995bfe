// Objects that an assembler made, and made again with its symbols mentioned in another order.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "pairs.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::artifact::test;

namespace {

constexpr std::string_view k_body =
    ".text\nf: .quad one\n.quad two\n.globl f\n.data\none: .byte 1\ntwo: .byte 2\n.globl one, two\n";

/// The object that the assembler makes of `text`; nothing where there is no assembler.
std::string assembled(const std::string& text) {
  const test::TempDir directory;
  const auto source = directory.write("a.s", text).string();
  const auto object = (directory.path() / "a.o").string();
  if (std::system(("as " + source + " -o " + object).c_str()) != 0) return {};
  std::ifstream file{object, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

Comparison compared(std::string_view before, std::string_view after) {
  const auto a = assembled(std::string{before});
  const auto b = assembled(std::string{after});
  REQUIRE_FALSE(a.empty());
  REQUIRE(a != b);
  return compare(a, b, "a.o");
}

std::string mentioning(std::string_view first, std::string_view body = k_body) {
  return ".globl " + std::string{first} + "\n" + std::string{body};
}

std::string with(std::string text, std::string_view before, std::string_view after) {
  return text.replace(text.find(before), before.size(), after);
}

}  // namespace

TEST_CASE("symbol order: the same symbols in another order are one change, which the assembler explains",
          "[artifact][elf]") {
  const auto comparison = compared(mentioning("one"), mentioning("two"));
  CHECK(comparison.changes.size() == 1);
  CHECK(comparison.closed);
  CHECK(cause_ids(comparison) == std::vector<std::string>{"tool-drift"});
}

TEST_CASE("symbol order: who lets a relocation lead to another symbol, or a symbol elsewhere, is not explained",
          "[artifact][elf][hostile]") {
  const auto two = mentioning("two");
  CHECK_FALSE(compared(mentioning("one"), with(two, ".quad one\n.quad two", ".quad two\n.quad one")).closed);
  CHECK_FALSE(compared(mentioning("one"), with(two, ".quad one", ".quad one+1")).closed);
  CHECK_FALSE(
      compared(mentioning("one"), with(two, "one: .byte 1\ntwo: .byte 2", "two: .byte 1\none: .byte 2")).closed);
  CHECK_FALSE(compared(mentioning("one"), two + ".weak two\n").closed);
  CHECK_FALSE(compared(mentioning("one"), two + ".globl other\n.quad other\n").closed);
}

TEST_CASE("symbol order: names in a section that is not the table's own tell nothing", "[artifact][elf][hostile]") {
  auto a = assembled(mentioning("one"));
  auto b = assembled(mentioning("two"));
  REQUIRE_FALSE(a.empty());
  // The link of every symbol table leads to the names of sections instead.
  for (auto* object : {&a, &b}) {
    const auto number = [&](std::size_t at, std::size_t width) {
      std::uint64_t value = 0;
      for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>((*object)[at + i]);
      return value;
    };
    const auto headers = number(0x28, 8), count = number(0x3c, 2), names = number(0x3e, 2);
    for (std::uint64_t i = 0; i < count; ++i)
      if (const auto at = static_cast<std::size_t>(headers + i * 64); number(at + 4, 4) == 2)
        (*object)[at + 40] = static_cast<char>(names);
  }
  CHECK_FALSE(compare(a, b, "a.o").closed);
}
