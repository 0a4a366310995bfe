// Damaged and malicious input: bounded, never equal, never a crash.
#include <elf.h>

#include <cstring>
#include <random>

#include "artifact/elf_image.hpp"
#include "pairs.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact;
using namespace assay::artifact::test;

TEST_CASE("elf: damaged files are read without harm and never pass for equal", "[artifact][hostile]") {
  const auto program = a_program();
  std::mt19937_64 random{11};
  for (int round = 0; round < 150; ++round) {
    auto damaged = program;
    for (int i = 0; i < 6; ++i) {
      // The headers and tables at both ends are where harm is done.
      const auto at = round % 2 == 0 ? random() % 64 : damaged.size() - 1 - random() % 1900;
      damaged[at] = static_cast<char>(random());
    }
    if (round % 5 == 0) damaged.resize(random() % damaged.size());
    if (damaged == program) continue;
    CHECK(says_something(compare(program, damaged, "x")));
  }
}

TEST_CASE("elf: overlapping sections explain nothing", "[artifact][hostile]") {
  const auto program = a_program();
  Elf64_Ehdr header;
  std::memcpy(&header, program.data(), sizeof header);
  auto overlapping = program;
  // The last section but one is made to cover the first bytes of the file.
  const auto field = header.e_shoff + (header.e_shnum - 2U) * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_offset);
  const std::uint64_t begin = 0;
  std::memcpy(overlapping.data() + field, &begin, sizeof begin);
  const auto comparison = compare(program, overlapping, "x");
  CHECK_FALSE(comparison.closed);
  CHECK_FALSE(comparison.leftovers.empty());
}

TEST_CASE("elf: offsets past the end and four billion sections are refused", "[artifact][hostile]") {
  auto program = a_program();
  const std::uint64_t far = ~0ULL - 100;
  std::memcpy(program.data() + offsetof(Elf64_Ehdr, e_shoff), &far, sizeof far);
  std::string problem;
  CHECK_FALSE(read_elf(Content::of({program.begin(), program.end()}), problem));
  CHECK_FALSE(problem.empty());
}

TEST_CASE("compare: random bytes behind the magic of each format end well", "[artifact][hostile]") {
  const std::vector<std::string> magics{std::string{"PK\3\4"},
                                        "!<arch>\n",
                                        std::string{"\xed\xab\xee\xdb"},
                                        "\x1f\x8b\x08",
                                        std::string{"\xfd"
                                                    "7zXZ\0",
                                                    6},
                                        "070701",
                                        "%PDF-1.4\n",
                                        "\x89PNG\r\n\x1a\n",
                                        std::string{"SQLite format 3\0", 16},
                                        "hsqs",
                                        std::string{"\xde\x12\x04\x95"},
                                        "BZh9",
                                        std::string{"\x28\xb5\x2f\xfd"},
                                        std::string{"\xca\xfe\xba\xbe\0\0\0\x34", 8},
                                        "{\"a\":"};
  std::mt19937_64 random{3};
  for (const auto& magic : magics)
    for (int round = 0; round < 12; ++round) {
      auto a = magic;
      for (int i = 0; i < 700; ++i) a += static_cast<char>(random() % (round % 3 == 0 ? 256 : 4));
      auto b = a;
      b[magic.size() + random() % 600] = static_cast<char>(random());
      if (a == b) continue;
      INFO("round " << round << " of " << magic);
      CHECK(says_something(compare(a, b, "x")));
    }
}

TEST_CASE("compare: a bomb is a leftover and a note, not memory", "[artifact][hostile]") {
  Limits limits;
  limits.max_total_size = 1 << 20;
  // Two empty gzip members do not bomb; two that decode to more than the limit are refused by it.
  const auto tar = tar_of({{"a", std::string(3 << 20, 'x')}});
  const auto other = tar_of({{"a", std::string(3 << 20, 'y')}});
  const auto comparison = compare(tar, other, "a.tar", limits);
  CHECK(says_something(comparison));
}
