// Damage of every kind: whatever is done to an archive, the answer is the truth, a finding, a gap or a refusal.
#include <algorithm>

#include "builders.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::archive;
using namespace assay::archive::test;

namespace {

std::string sample_tar() {
  return TarBuilder{}
      .directory("p/")
      .file("p/a", "some content\n")
      .gnu_long("p/" + std::string(120, 'n'))
      .file(("p/" + std::string(120, 'n')).substr(0, 100), noise(700))
      .pax({{"path", "p/\xc3\xa9" + std::string(110, 'x')}})
      .file(("p/?" + std::string(110, 'x')).substr(0, 100), "x")
      .symlink("p/l", "a")
      .hardlink("p/h", "p/a")
      .finish();
}

std::string sample_zip() {
  return make_zip({{.name = "p/a", .content = "some content\n"}, {.name = "p/b", .content = noise(300)}});
}

bool same_entries(const ArchiveContents& a, const ArchiveContents& b) {
  return std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                    [](const TreeEntry& x, const TreeEntry& y) {
                      return x.path == y.path && x.kind == y.kind && x.mode == y.mode && x.size == y.size &&
                             x.digests == y.digests && x.link_target == y.link_target;
                    });
}

bool says_something(const Result<ArchiveContents>& contents) {
  return !contents || !contents->coverage.complete() || !contents->findings.empty();
}

}  // namespace

TEST_CASE("archive: cut off at any byte it is never taken for whole", "[archive][hostile]") {
  const auto tar = sample_tar();
  const auto check = [](const std::string& whole, std::size_t needed) {
    const auto reference = read(whole);
    CHECK(reference.findings.empty());
    for (std::size_t size = 1; size < whole.size(); ++size) {
      const auto contents = read_archive(as_bytes(whole).first(size), "test", ReadOptions{});
      if (size < needed && !says_something(contents)) FAIL_CHECK("silent at " << size << " of " << whole.size());
      if (contents) CHECK(contents->entries.size() <= reference.entries.size());
      if (!contents && contents.error().message.empty()) FAIL_CHECK("no reason at " << size);
    }
  };
  // One block of the end mark is enough for every reader.
  SECTION("tar") {
    check(tar, tar.size() - 512);
  }
  SECTION("gzip") {
    const auto packed = compress(Filter::gzip, tar);
    check(packed, packed.size());
  }
  SECTION("bzip2") {
    const auto packed = compress(Filter::bzip2, tar);
    check(packed, packed.size());
  }
  SECTION("xz") {
    const auto packed = compress(Filter::xz, tar);
    check(packed, packed.size());
  }
  SECTION("lzma") {
    const auto packed = compress(Filter::lzma, tar);
    check(packed, packed.size());
  }
  SECTION("zstd") {
    const auto packed = compress(Filter::zstd, tar);
    check(packed, packed.size());
  }
  SECTION("lz4") {
    const auto packed = compress(Filter::lz4, tar);
    check(packed, packed.size());
  }
  SECTION("zip") {
    const auto zip = sample_zip();
    check(zip, zip.size());
  }
}

TEST_CASE("archive: a flipped bit changes nothing silently behind a checksum", "[archive][hostile]") {
  const auto check = [](const std::string& whole) {
    const auto reference = read(whole);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      auto flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
      const auto contents = read_archive(as_bytes(flipped), "test", ReadOptions{});
      if (!says_something(contents) && !same_entries(*contents, reference)) FAIL_CHECK("silent change at " << at);
    }
  };
  SECTION("gzip") {
    check(compress(Filter::gzip, sample_tar()));
  }
  SECTION("bzip2") {
    check(compress(Filter::bzip2, sample_tar()));
  }
  SECTION("xz") {
    check(compress(Filter::xz, sample_tar()));
  }
}

TEST_CASE("archive: flipped bits in what has no checksum crash nothing", "[archive][hostile]") {
  for (const auto& whole : {sample_tar(), sample_zip(), compress(Filter::zstd, sample_tar()),
                            compress(Filter::lz4, sample_tar()), compress(Filter::lzma, sample_tar())})
    for (std::size_t at = 0; at < whole.size(); ++at) {
      auto flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
      const auto contents = read_archive(as_bytes(flipped), "test", ReadOptions{});
      if (contents) CHECK(contents->entries.size() <= 20);
    }
}

TEST_CASE("archive: a damaged archive gives what stood before the damage", "[archive][hostile]") {
  auto tar = sample_tar();
  tar[512 * 3 + 10] = 'X';  // in the header after p/a
  const auto contents = read(tar);
  CHECK(contents.entries.size() == 2);
  REQUIRE(contents.coverage.gaps.size() == 1);
  CHECK(contents.coverage.gaps[0].reason.find("2 entries") != std::string::npos);
}

TEST_CASE("archive: a checksum that does not fit at the very end is a gap", "[archive][hostile]") {
  auto packed = compress(Filter::gzip, sample_tar());
  packed[packed.size() - 6] ^= 1;  // in the CRC, after all of the data
  const auto contents = read(packed);
  CHECK(contents.entries.size() == 6);
  REQUIRE(contents.coverage.gaps.size() == 1);
  CHECK(contents.coverage.gaps[0].reason.find("checksum") != std::string::npos);
}

TEST_CASE("archive: the digest is of the whole file even where reading ended early", "[archive][hostile]") {
  ReadOptions options;
  options.limits.max_entries = 1;
  const auto packed =
      compress(Filter::gzip, TarBuilder{}.file("a", noise(2000000)).file("b", noise(2000000, 3)).finish());
  const auto contents = read(packed, options);
  CHECK(contents.sha256 == sha256(as_bytes(packed)));
  CHECK(contents.size == packed.size());
}

TEST_CASE("archive: nothing but noise behind a magic number is refused or a gap", "[archive][hostile]") {
  using namespace std::string_literals;
  for (const auto& magic : {"\x1f\x8b\x08"s, "BZh9"s,
                            "\xfd"
                            "7zXZ\0"s,
                            "\x28\xb5\x2f\xfd"s, "\x04\x22\x4d\x18"s, "PK\3\4"s, "7z\xbc\xaf\x27\x1c"s, "!<arch>\n"s,
                            "070701"s, "070707"s, "\xc7\x71"s}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto contents = read_archive(as_bytes(magic + noise(2000, seed)), "test", ReadOptions{});
      CHECK(says_something(contents));
    }
  }
}
