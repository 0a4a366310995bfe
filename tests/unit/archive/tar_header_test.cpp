#include "archive/tar_header.hpp"

#include <cstdio>

#include "builders.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::archive;
using namespace assay::archive::test;

namespace {

/// The header with `bytes` put at `offset`, and a checksum that fits again.
std::string changed(std::string block, std::size_t offset, std::string_view bytes) {
  block.replace(offset, bytes.size(), bytes);
  block.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  block.replace(148, 7, text, 7);
  return block;
}

std::size_t oddities_of(const std::string& block) {
  return tar::oddities(as_bytes(block)).size();
}

}  // namespace

TEST_CASE("tar header: a plain name stands for the long one that packers cut down", "[archive]") {
  const std::string deep = "p-1.0/tests/data/" + std::string(90, 'd') + "/Makefile";
  CHECK(tar::stands_for("p/a", "p/a"));
  CHECK(tar::stands_for("./p/a", "p/a"));
  CHECK(tar::stands_for("p/?", "p/\xc3\xa9"));
  CHECK(tar::stands_for("p/??", "p/\xc3\xa9"));
  CHECK(tar::stands_for("p/\xc3\xa9", "p/\xc3\xa9"));
  CHECK(tar::stands_for("p/ab",
                        "p/a\xc3\xa9"
                        "b"));
  CHECK(tar::stands_for(deep.substr(0, 100), deep));
  CHECK(tar::stands_for(std::string(40, 'a') + ".data", deep));
  CHECK(tar::stands_for("@PathCut/_pc_crc32/1751E294/Makefile", deep));
  const std::string deeper = "p-1.0/tests/" + std::string(140, 'd') + "/" + std::string(60, 'e') + "/f.c";
  CHECK(tar::stands_for(deeper.substr(deeper.size() - 4 - 155), deeper));
  CHECK(tar::stands_for_target("././@LongSymLink", deep));
  CHECK(tar::stands_for_target("see " + std::string(40, 'a') + ".paxheader", deep));
  CHECK(tar::stands_for_target(deep.substr(0, 100), deep));
}

TEST_CASE("tar header: a plain name of another file does not stand for a long one", "[archive][hostile]") {
  const std::string deep = "p-1.0/tests/data/" + std::string(90, 'd') + "/Makefile";
  CHECK_FALSE(tar::stands_for("p/b", "p/a"));
  CHECK_FALSE(tar::stands_for("p-1.0/GNUmakefile", "p-1.0/tests/na\xc3\xafve.mk"));
  CHECK_FALSE(tar::stands_for("p-1.0/Makefile", deep));
  CHECK_FALSE(tar::stands_for("p-1.0/tests", deep));
  CHECK_FALSE(tar::stands_for("p/configure", "p/configure\xc3\xa9.txt"));
  CHECK_FALSE(tar::stands_for(std::string(100, 'x'), deep));
  CHECK_FALSE(tar::stands_for(deep.substr(6), deep));
  CHECK_FALSE(tar::stands_for_target("see the.paxheader", deep));
  CHECK_FALSE(tar::stands_for_target("../configure", deep));
}

TEST_CASE("tar header: what packers write is not odd", "[archive]") {
  CHECK(oddities_of(tar_header({.name = "p/a"})) == 0);
  CHECK(oddities_of(tar_header({.name = "a", .prefix = "p"})) == 0);
  CHECK(oddities_of(tar_header({.name = std::string(100, 'n'), .type = '2', .link_name = std::string(100, 'l')})) == 0);
  CHECK(oddities_of(changed(tar_header({.name = "p/a"}), 508, std::string_view{"tar\0", 4})) == 0);
  // node-tar: a beginning of the path of at most 130 bytes, and two times behind it.
  CHECK(oddities_of(changed(tar_header({.name = "a", .prefix = "p"}), 476, "15302464307 15302464307 ")) == 0);
}

TEST_CASE("tar header: bytes that only some readers look at are told", "[archive][hostile]") {
  CHECK(oddities_of(changed(tar_header({.name = "p/a"}), 50, "/configure")) == 1);
  CHECK(oddities_of(changed(tar_header({.name = "p/a"}), 200, "x")) == 1);
  CHECK(oddities_of(changed(tar_header({.name = "a", .prefix = "p"}), 350, "/lib")) == 1);
  CHECK(oddities_of(changed(tar_header({.name = "p/a"}), 505, "x")) == 1);
  const auto timed = changed(tar_header({.name = "a", .prefix = "p"}), 476, "15302464307 15302464307 ");
  CHECK(oddities_of(changed(timed, 347, "\n/lib")) == 1);
  CHECK(oddities_of(changed(changed(tar_header({.name = "a", .prefix = "p"}), 508, std::string_view{"tar\0", 4}), 347,
                            "\n/lib")) == 1);
}

TEST_CASE("tar header: checksums that only some readers take are told", "[archive][hostile]") {
  auto endless = tar_header({.name = "p/a"});
  endless.replace(148, 8, "00" + endless.substr(148, 6));
  CHECK(oddities_of(endless) == 1);
  // The sum of signed bytes: a name beyond ASCII makes it another one.
  auto block = tar_header({.name = "p/\xc3\xa9"});
  int sum = 8 * ' ';
  for (std::size_t i = 0; i < block.size(); ++i)
    if (i < 148 || i >= 156) sum += static_cast<signed char>(block[i]);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", static_cast<unsigned>(sum));
  block.replace(148, 7, text, 7);
  CHECK(oddities_of(block) == 1);
}
