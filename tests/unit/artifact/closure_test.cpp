// "These causes explain every byte" is never said where it is not so.
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "artifact/node.hpp"
#include "pairs.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact;
using namespace assay::artifact::test;

TEST_CASE("compare: a flipped bit in .text beside a timestamp change is always left over", "[artifact][closure]") {
  const auto program = a_program();
  const auto [offset, size] = text_section(program);
  const auto before = tar_of({{"usr/bin/true", program, 0755}, {"usr/share/doc/x", "Built on 2022-03-04 05:06:07\n"}});
  std::mt19937_64 random{20'260'101};
  for (int round = 0; round < 300; ++round) {
    auto flipped = program;
    const auto at = offset + random() % size;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    const auto after = tar_of({{"usr/bin/true", flipped, 0755}, {"usr/share/doc/x", "Built on 2026-01-02 03:04:05\n"}});
    const auto comparison = compare(before, after, "pair.tar");
    INFO("bit flipped in byte " << at);
    CHECK_FALSE(comparison.closed);
    REQUIRE_FALSE(comparison.leftovers.empty());
    CHECK(comparison.changes[comparison.leftovers[0]].impact == Impact::code);
    CHECK(cause_ids(comparison) == std::vector<std::string>{"timestamp"});
  }
}

namespace {

constexpr unsigned long k_in_2022 = 1'650'000'000, k_in_2026 = 1'780'000'000;

/// A program in an archive of that date.
std::string packed(const std::string& program, unsigned long made) {
  return tar_of({{"usr/bin/true", program, 0755, made}});
}

/// The program with a number in the place of an immediate operand that its code loads.
std::string with_number(std::string program, std::size_t at, std::uint32_t number) {
  for (std::size_t i = 0; i < 4; ++i) program[at + i] = static_cast<char>(number >> (8 * i));
  return program;
}

/// Where such operands may stand: behind "mov r32, imm32" with a small number.
std::vector<std::size_t> loaded_numbers(const std::string& program) {
  std::vector<std::size_t> places;
  const auto [offset, size] = text_section(program);
  for (auto at = offset; at + 5 < offset + size; ++at)
    if ((program[at] & '\xf8') == '\xb8' && program[at + 3] == 0 && program[at + 4] == 0) places.push_back(at + 1);
  return places;
}

/// A place where a year of the build, planted on both sides, explains everything.
std::size_t place_for_a_year(const std::string& program) {
  for (const auto at : loaded_numbers(program))
    if (compare(packed(with_number(program, at, 2022), k_in_2022), packed(with_number(program, at, 2026), k_in_2026),
                "a.tar")
            .closed)
      return at;
  FAIL("no place for a year");
  return 0;
}

}  // namespace

TEST_CASE("compare: a year in code is that of the build only where each side was made in its own",
          "[artifact][closure]") {
  const auto program = a_program();
  const auto at = place_for_a_year(program);
  const auto compared = [&](std::uint32_t before, unsigned long made_before, std::uint32_t after,
                            unsigned long made_after) {
    return compare(packed(with_number(program, at, before), made_before),
                   packed(with_number(program, at, after), made_after), "a.tar");
  };
  const auto named = compared(2022, k_in_2022, 2026, k_in_2026);
  CHECK(named.closed);
  CHECK(named.causes[0].id == "year");
  CHECK(named.causes[0].in_code);
  for (const auto& other : {compared(2021, k_in_2022, 2026, k_in_2026), compared(2022, k_in_2022, 2025, k_in_2026),
                            compared(2022, k_in_2022, 2025, k_in_2022), compared(2026, k_in_2022, 2022, k_in_2026)})
    CHECK_FALSE(other.closed);
}

TEST_CASE("compare: a flipped bit in .text beside a year of the build in .text is never explained",
          "[artifact][closure]") {
  const auto program = a_program();
  const auto at = place_for_a_year(program);
  const auto [offset, size] = text_section(program);
  const auto before = packed(with_number(program, at, 2022), k_in_2022);
  std::mt19937_64 random{20'260'102};
  for (int round = 0; round < 300; ++round) {
    auto flipped = with_number(program, at, 2026);
    // Every bit of the year itself, and of the instructions around it, then any.
    const auto where = round < 96 ? at - 4 + static_cast<std::size_t>(round) / 8 : offset + random() % size;
    const auto bit = round < 96 ? round % 8 : static_cast<int>(random() % 8);
    flipped[where] = static_cast<char>(flipped[where] ^ (1 << bit));
    INFO("bit " << bit << " flipped in byte " << where);
    CHECK_FALSE(compare(before, packed(flipped, k_in_2026), "a.tar").closed);
  }
}

TEST_CASE("compare: a bit flipped anywhere in an archive is never passed over", "[artifact][closure]") {
  const auto archive = tar_of(
      {{"bin/true", a_program().substr(0, 9000), 0755}, {"etc/x.conf", "a = 1\nb = 2\n"}, {"data.json", "{\"a\": 1}"}});
  std::mt19937_64 random{7};
  for (int round = 0; round < 400; ++round) {
    auto other = archive;
    const auto at = random() % other.size();
    other[at] = static_cast<char>(other[at] ^ (1 << random() % 8));
    INFO("bit flipped in byte " << at);
    CHECK(says_something(compare(archive, other, "pair.tar")));
  }
}

TEST_CASE("compare: bytes hidden in the unused ends of a tar header's fields are left over", "[artifact][closure]") {
  const auto plain = tar_of({{"bin/x", "x", 0755}});
  for (const std::size_t at : {std::size_t{60}, std::size_t{290}, std::size_t{505}}) {
    auto hidden = plain;
    hidden[at] = 'h';
    // The sum is mended, so that nothing but the hidden byte is odd.
    unsigned sum = 8 * ' ';
    for (std::size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? 0U : static_cast<unsigned char>(hidden[i]);
    for (std::size_t digit = 0; digit < 6; ++digit)
      hidden[153 - digit] = static_cast<char>('0' + (sum >> (3 * digit) & 7));
    INFO("byte " << at);
    const auto comparison = compare(plain, hidden, "a.tar");
    CHECK_FALSE(comparison.closed);
    CHECK_FALSE(comparison.leftovers.empty());
  }
}

TEST_CASE("compare: mode and owner are named where they are set aside, and setuid never is", "[artifact][closure]") {
  const auto with = [](unsigned mode) { return tar_of({{"usr/bin/x", "#!/bin/sh\n", mode}}); };
  const auto umask = compare(with(0755), with(0775), "a.tar");
  CHECK(cause_ids(umask) == std::vector<std::string>{"umask"});
  CHECK(umask.causes[0].privileged);
  CHECK_FALSE(umask.neutralised.empty());
  const auto setuid = compare(with(0755), with(04755), "a.tar");
  CHECK_FALSE(setuid.closed);
  REQUIRE_FALSE(setuid.leftovers.empty());
  CHECK(setuid.changes[setuid.leftovers[0]].aspect == Aspect::mode);
}

TEST_CASE("compare: a date in a program's data is the build's where the sides were made then", "[artifact][closure]") {
  const auto with = [](std::string_view date, unsigned long made) {
    auto program = a_program();
    const auto at = program.find("There is NO WARRANTY");
    REQUIRE(at != std::string::npos);
    program.replace(at, 11, std::string{date} + " ");
    return tar_of({{"usr/bin/x", program, 0755, made}});
  };
  CHECK(compare(with("2020-09-13", 1'600'000'000), with("2026-05-29", 1'780'000'000), "a.tar").closed);
  CHECK_FALSE(compare(with("2099-01-01", 1'600'000'000), with("2026-12-01", 1'780'000'000), "a.tar").closed);
}

TEST_CASE("compare: whose a setuid file is, and that all may now write to one, nothing explains",
          "[artifact][closure]") {
  const auto owned = [](unsigned mode, std::string_view uid) {
    auto tar = tar_of({{"usr/bin/x", "#!/bin/sh\n", mode}, {"usr/bin/y", "#!/bin/sh\n", 0755}});
    for (const std::size_t header : {0U, 1024U}) {
      tar.replace(header + 108, uid.size(), uid);
      unsigned sum = 8 * ' ';
      for (std::size_t i = 0; i < 512; ++i)
        sum += i >= 148 && i < 156 ? 0U : static_cast<unsigned char>(tar[header + i]);
      for (std::size_t digit = 0; digit < 6; ++digit)
        tar[header + 153 - digit] = static_cast<char>('0' + (sum >> (3 * digit) & 7));
    }
    return tar;
  };
  CHECK(compare(owned(0755, "0001750"), owned(0755, "0000000"), "a.tar").closed);
  CHECK_FALSE(compare(owned(04755, "0001750"), owned(04755, "0000000"), "a.tar").closed);
  CHECK_FALSE(compare(owned(02755, "0001750"), owned(02755, "0000000"), "a.tar").closed);
  CHECK(compare(owned(0666, "0000000"), owned(0644, "0000000"), "a.tar").closed);
  CHECK_FALSE(compare(owned(0644, "0000000"), owned(0666, "0000000"), "a.tar").closed);
}

TEST_CASE("compare: a secret that others may read is no umask's where its neighbours were open already",
          "[artifact][closure][hostile]") {
  const auto with = [](unsigned secret, unsigned other) {
    return tar_of({{"etc/shadow", "x", secret}, {"etc/passwd", "y", other}, {"etc/group", "z", other}});
  };
  CHECK_FALSE(compare(with(0640, 0644), with(0644, 0644), "a.tar").closed);
  CHECK_FALSE(compare(with(0644, 0644), with(0600, 0644), "a.tar").closed);
  CHECK(compare(with(0644, 0644), with(0600, 0600), "a.tar").closed);
  CHECK_FALSE(compare(tar_of({{"id_rsa", "x", 0600}}), tar_of({{"id_rsa", "x", 0644}}), "a.tar").closed);
}

TEST_CASE("compare: a setting is no size of anything", "[artifact][closure][hostile]") {
  const auto with = [](const std::string& path, const std::string& text, const std::string& date, std::size_t filler) {
    return tar_of({{path, text + "\n"}, {"doc/note.txt", "Built on " + date + std::string(filler, '.') + "\n"}});
  };
  const auto closed = [&](const std::string& path, const std::string& before, const std::string& after,
                          std::size_t filler) {
    return compare(with(path, before, "2022-03-04", 0), with(path, after, "2026-03-04", filler), "a.tar").closed;
  };
  CHECK(closed("x.md", "same", "same", 0));
  CHECK_FALSE(closed("etc/x.cnf", "key_size = 4096", "key_size = 512", 0));
  CHECK_FALSE(closed("usr/bin/x.sh", "size = 10", "size = 99999", 0));
  CHECK_FALSE(closed("etc/ssh/sshd_config", "Port 20", "Port 50", 30));  // as long as the note is, before and after
  CHECK_FALSE(closed("x.py", "LIMIT = 20", "LIMIT = 50", 30));
}

TEST_CASE("compare: an installed size follows where the files grew by as much", "[artifact][closure]") {
  const auto with = [](const std::string& size, std::size_t more) {
    return tar_of({{".PKGINFO", "pkgname = x\nsize = " + size + "\n"},
                   {"doc/x.txt", "Built on 202" + std::string(more == 0 ? "2" : "6") + "-03-04 by joe@host" +
                                     std::string(more, 'x') + "\n"}});
  };
  CHECK(compare(with("20000", 0), with("20007", 7), "a.tar").closed);
  CHECK_FALSE(compare(with("20000", 0), with("20008", 7), "a.tar").closed);
}

TEST_CASE("compare: in which order a link and what stands below it are unpacked decides",
          "[artifact][closure][hostile]") {
  const auto tar = [](bool link_first) {
    auto file = tar_of({{"etc/cron/job", "x"}});
    auto link = tar_of({{"etc/cron", ""}});
    link[156] = '2';
    link[157] = '/';
    unsigned sum = 8 * ' ';
    for (std::size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? 0U : static_cast<unsigned char>(link[i]);
    for (std::size_t digit = 0; digit < 6; ++digit)
      link[153 - digit] = static_cast<char>('0' + (sum >> (3 * digit) & 7));
    link.resize(512);
    file.resize(1024);
    return (link_first ? link + file : file + link) + std::string(1024, '\0');
  };
  CHECK_FALSE(compare(tar(true), tar(false), "a.tar").closed);
}

TEST_CASE("ledger: a hole, an overlap or a false equality is not complete", "[artifact][closure]") {
  const Bytes a{1, 2, 3, 4};
  const Bytes b{1, 2, 9, 4};
  Ledger hole{a, b};
  CHECK(hole.equal(0, 0, 2));
  hole.told(2, 1, 2, 1);
  CHECK_FALSE(hole.complete());
  CHECK(hole.equal(3, 3, 1));
  CHECK(hole.complete());
  hole.told(0, 1, 0, 1);
  CHECK_FALSE(hole.complete());
  Ledger untrue{a, b};
  CHECK_FALSE(untrue.equal(0, 0, 4));
  CHECK_FALSE(untrue.equal(3, 3, 9));
}

TEST_CASE("compare: a flipped bit in the headers of a program does not follow from the file's own date",
          "[artifact][closure]") {
  const auto program = a_program();
  std::uint64_t table = 0;
  for (std::size_t i = 0; i < 8; ++i) table |= std::uint64_t{static_cast<unsigned char>(program[0x28 + i])} << (8 * i);
  std::mt19937_64 random{20'261'128};
  for (int round = 0; round < 300; ++round) {
    auto flipped = program;
    // The mark of a compressed section every other time, then any bit of ELF header, program and section headers.
    const auto sections = (program.size() - table) / 64;
    const auto any = round % 4 == 1 ? random() % 0x300 : table + random() % (program.size() - table);
    const auto at = round % 2 == 0 ? table + random() % sections * 64 + 9 : any;
    flipped[at] = static_cast<char>(flipped[at] ^ (round % 2 == 0 ? 8 : 1 << random() % 8));
    INFO("bit flipped in byte " << at);
    CHECK_FALSE(compare(packed(program, k_in_2022), packed(flipped, k_in_2026), "pair.tar").closed);
  }
}

TEST_CASE("compare: a build-id does not follow from the file's own date", "[artifact][closure]") {
  const auto program = a_program();
  const std::string note{"\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0", 16};
  const auto at = program.find(note);
  REQUIRE(at != std::string::npos);
  auto other = program;
  for (std::size_t i = 0; i < 20; ++i) other[at + note.size() + i] ^= '\x5a';
  CHECK(cause_ids(compare(packed(program, k_in_2022), packed(other, k_in_2026), "pair.tar")) ==
        std::vector<std::string>{"timestamp", "toolchain"});
}
