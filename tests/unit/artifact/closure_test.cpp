// "These causes explain every byte" is never said where it is not so.
#include <random>

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
