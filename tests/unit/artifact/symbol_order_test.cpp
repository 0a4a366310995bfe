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

namespace {

/// An object of 64 bits, little endian, changed where a header of a section or a symbol says so (System V ABI, chapter 4).
class Object {
 public:
  explicit Object(std::string_view text) : m_bytes(assembled(std::string{text})) { REQUIRE_FALSE(m_bytes.empty()); }

  std::size_t section(std::uint64_t type) const {
    for (std::size_t at = number(0x28, 8), left = number(0x3c, 2); left-- > 0; at += 64)
      if (number(at + 4, 4) == type) return at;
    FAIL("no such section");
    return 0;
  }
  std::size_t symbol(std::size_t index) const { return number(section(2) + 24, 8) + index * 24; }
  std::size_t count_of_symbols() const { return number(section(2) + 32, 8) / 24; }
  std::uint64_t number(std::size_t at, std::size_t width) const {
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(m_bytes[at + i]);
    return value;
  }
  void set(std::size_t at, std::size_t width, std::uint64_t value) {
    for (std::size_t i = 0; i < width; ++i) m_bytes[at + i] = static_cast<char>(value >> 8 * i & 0xff);
  }
  const std::string& bytes() const { return m_bytes; }

 private:
  std::string m_bytes;
};

/// Two objects with their symbols in another order, each of them changed: are they still called the same?
template <typename Change>
bool closes(const Change& change) {
  Object a{mentioning("one")}, b{mentioning("two")};
  REQUIRE(compare(a.bytes(), b.bytes(), "a.o").closed);
  change(a, 1);
  change(b, 2);
  return compare(a.bytes(), b.bytes(), "a.o").closed;
}

}  // namespace

TEST_CASE("symbol order: what no assembler writes and linkers take in ways of their own is not explained",
          "[artifact][elf][hostile]") {
  // gold takes as many for local as the section says.
  CHECK_FALSE(closes([](Object& object, unsigned) {
    const auto info = object.section(2) + 44;
    object.set(info, 4, object.number(info, 4) + 1);
  }));
  // Of two weak ones of one name the first is taken.
  CHECK_FALSE(closes([](Object& object, unsigned) {
    const auto last = object.count_of_symbols() - 1;
    for (auto i = last - 1; i <= last; ++i) {
      object.set(object.symbol(i), 4, object.number(object.symbol(last), 4));
      object.set(object.symbol(i) + 4, 1, 0x21);
    }
  }));
  // Relocations of a newer type.
  CHECK_FALSE(closes([](Object& object, unsigned) { object.set(object.section(4) + 4, 4, 0x40000014); }));
  // Bytes that lead to no name.
  CHECK_FALSE(closes([](Object& object, unsigned which) { object.set(object.symbol(1), 4, 0x70000000 + which); }));
  // A relocation section of a table that is not there.
  CHECK_FALSE(closes([](Object& object, unsigned) { object.set(object.section(4) + 40, 4, 0x7fffffff); }));
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
