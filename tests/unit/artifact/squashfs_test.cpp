// Small squashfs images, written out here field by field, so that what no mksquashfs writes can be had too.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <random>

#include "pairs.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact::test;

namespace {

std::string little(std::uint64_t value, std::size_t width) {
  std::string bytes;
  for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string packed(const std::string& plain) {
  std::string out(plain.size() + 100, '\0');
  uLongf size = out.size();
  ::compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  out.resize(size);
  return out;
}

/// One directory of files that share their ends' block; all tables as they are, not compressed.
struct Squashfs {
  std::size_t files = 3;
  std::size_t name_size = 8;
  std::uint32_t time = 1'600'000'000;
  std::uint32_t root_owner = 0;
  std::string level = "\x78\x9c";           ///< as the header of zlib tells it
  std::size_t wrong_index = 0;              ///< entries of the directory's index that lead to its beginning
  bool empty_fragment = false;              ///< one more, which no file ends in
  static constexpr std::size_t k_run = 30;  ///< files under one header of the listing

  static constexpr std::uint64_t k_absent = ~std::uint64_t{0};
  static constexpr std::size_t k_block = 8192, k_file_inode = 32;

  static std::string metadata(const std::string& plain) {
    std::string out;
    for (std::size_t at = 0; at < plain.size(); at += k_block) {
      const auto block = plain.substr(at, k_block);
      out += little(0x8000U | block.size(), 2) + block;
    }
    return out;
  }
  /// Where the block is on disk that holds this byte, and where the byte is in it.
  static std::uint64_t block_of(std::size_t at) { return at / k_block * (k_block + 2); }
  static std::uint64_t within(std::size_t at) { return at % k_block; }

  std::string listing(std::vector<std::size_t>& headers) const {
    std::string out;
    for (std::size_t i = 0; i < files; ++i) {
      if (i % k_run == 0) {
        headers.push_back(out.size());
        out += little(std::min(k_run, files - i) - 1, 4) + little(block_of(i * k_file_inode), 4) + little(1, 4);
      }
      out += little(within(i * k_file_inode), 2) + little(i, 2) + little(2, 2) + little(name_size - 1, 2) +
             fmt::format("{:0>{}}", i, name_size);
    }
    return out;
  }

  std::string inodes(const std::string& listing, const std::vector<std::size_t>& headers) const {
    std::string out;
    for (std::size_t i = 0; i < files; ++i)
      out += little(2, 2) + little(0644, 2) + little(0, 4) + little(time, 4) + little(i + 1, 4) + little(0, 4) +
             little(0, 4) + little(i * 100, 4) + little(100, 4);
    out += little(8, 2) + little(0755, 2) + little(1, 2) + little(1, 2) + little(1'600'000'000, 4) +
           little(files + 1, 4) + little(2, 4) + little(listing.size() + 3, 4) + little(0, 4) + little(files + 2, 4) +
           little(headers.size(), 2) + little(0, 2) + little(0xffffffff, 4);
    for (std::size_t i = 0; i < headers.size(); ++i)
      out += little(headers[i], 4) + little(headers.size() - i <= wrong_index ? 0 : block_of(headers[i]), 4) +
             little(0, 4) + "x";
    return out;
  }

  std::string image() const {
    std::vector<std::size_t> headers;
    const auto names = listing(headers);
    const auto nodes = inodes(names, headers);
    auto ends = packed(std::string(100 * files, 'x'));
    ends.replace(0, 2, level);
    const auto nothing = empty_fragment ? packed("") : "";
    std::string out(96, '\0');
    auto fragments = little(out.size(), 8) + little(ends.size(), 4) + little(0, 4);
    out += ends;
    if (empty_fragment) fragments += little(out.size(), 8) + little(nothing.size(), 4) + little(0, 4);
    out += nothing;
    const auto node_table = out.size();
    out += metadata(nodes);
    const auto name_table = out.size();
    out += metadata(names);
    const auto fragment_blocks = out.size();
    out += metadata(fragments);
    const auto fragment_table = out.size();
    out += little(fragment_blocks, 8);
    const auto id_blocks = out.size();
    out += metadata(little(0, 4) + little(root_owner, 4));
    const auto id_table = out.size();
    out += little(id_blocks, 8);
    const auto root = files * k_file_inode;
    out.replace(0, 96,
                "hsqs" + little(files + 1, 4) + little(1'600'000'000, 4) + little(131072, 4) +
                    little(fragments.size() / 16, 4) + little(1, 2) + little(17, 2) + little(0x200, 2) + little(2, 2) +
                    little(4, 2) + little(0, 2) + little(block_of(root) << 16 | within(root), 8) +
                    little(out.size(), 8) + little(id_table, 8) + little(k_absent, 8) + little(node_table, 8) +
                    little(name_table, 8) + little(fragment_table, 8) + little(k_absent, 8));
    return out;
  }
};

/// As two builds make it at two times, but for what `other` changes in the second.
template <typename Change>
Comparison second_build(Squashfs image, const Change& other, const Limits& limits = {}) {
  const auto before = image.image();
  image.time += 86400;
  other(image);
  return compare(before, image.image(), "x.squashfs", limits);
}
void as_it_is(const Squashfs& /*image*/) {}

Squashfs large() {
  Squashfs image;
  image.files = 90;
  image.name_size = 150;
  return image;
}

}  // namespace

TEST_CASE("compare: squashfs images of two times have one cause", "[artifact][image]") {
  for (const auto& image : {Squashfs{}, large()}) {
    const auto comparison = second_build(image, as_it_is);
    CHECK(comparison.closed);
    CHECK(cause_ids(comparison) == std::vector<std::string>{"timestamp"});
  }
}

TEST_CASE("compare: an index of a directory in squashfs that leads elsewhere is left over", "[artifact][image]") {
  for (const std::size_t wrong : {1U, 2U}) {
    INFO(wrong);
    CHECK(second_build(large(), [&](Squashfs& image) { image.wrong_index = wrong; }).closed == false);
  }
}

TEST_CASE("compare: whose the root directory of a squashfs image is, is left over", "[artifact][image]") {
  CHECK(second_build({}, [](Squashfs& image) { image.root_owner = 1007; }).closed == false);
}

TEST_CASE("compare: bits of a compressed block that decode to nothing are no other encoder", "[artifact][image]") {
  Squashfs image;
  const auto before = image.image();
  image.level = "\x78\x01";
  CHECK(compare(before, image.image(), "x.squashfs").closed == false);
  CHECK(second_build({}, [](Squashfs& other) { other.level = "\x78\x01"; }).closed == false);
}

TEST_CASE("compare: a block of squashfs that does not shrink what it holds is none", "[artifact][image][hostile]") {
  Squashfs image;
  image.empty_fragment = true;
  CHECK(second_build(image, as_it_is).closed == false);
}

TEST_CASE("compare: tables of squashfs are held within the limit of memory", "[artifact][image][hostile]") {
  Limits limits;
  limits.memory = 128U << 10;
  CHECK(second_build(large(), as_it_is, limits).closed == false);
}

TEST_CASE("compare: no flipped bit of a squashfs image is passed over", "[artifact][image][hostile]") {
  std::mt19937_64 random{4};
  const auto before = Squashfs{}.image();
  for (int round = 0; round < 150; ++round) {
    auto after = before;
    const auto at = random() % after.size();
    after[at] = static_cast<char>(after[at] ^ (1 << random() % 8));
    INFO("bit flipped in byte " << at);
    const auto comparison = compare(before, after, "x.squashfs");
    CHECK(says_something(comparison));
    // What a build gives all files, or one of them its time; nothing of how the image is laid out or encoded.
    for (const auto& cause : comparison.closed ? cause_ids(comparison) : std::vector<std::string>{})
      CHECK((cause == "timestamp" || cause == "owner" || cause == "umask"));
  }
}
