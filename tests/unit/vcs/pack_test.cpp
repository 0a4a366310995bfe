// Packs as git writes them are read elsewhere, through repositories; here are those that git would not write.
#include "vcs/pack.hpp"

#include "pack_builder.hpp"
#include "support/catch.hpp"
#include "vcs/delta.hpp"
#include "vcs/inflate.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

constexpr std::uint64_t k_any_size = 1U << 20;

/// A pack, open.
struct Opened {
  explicit Opened(const PackBuilder& builder) : index_bytes(builder.index()), pack_bytes(builder.pack()) {
    const auto index = PackIndex::parse(as_bytes(index_bytes), 32, "x.idx");
    REQUIRE(index);
    auto parsed = Pack::parse(as_bytes(pack_bytes), *index, "x.pack");
    if (!parsed) FAIL(parsed.error().to_string());
    pack = *parsed;
  }
  std::string read(std::uint64_t offset, std::uint64_t max_size = k_any_size) {
    const auto object = pack.read(offset, max_size, cache);
    if (!object) return "ERROR " + object.error().to_string();
    const auto header = pack.header(offset);
    REQUIRE(header);
    CHECK(header->size == (*object)->content.size());
    CHECK(header->type == (*object)->type);
    return std::string{as_text((*object)->content)};
  }
  std::string index_bytes, pack_bytes;
  Pack pack;
  PackCache cache;
};

/// `id` is what all its 32 bytes are.
std::string id_of(char id) {
  return std::string(32, id);
}

std::string insert(std::string_view text) {
  return std::string{static_cast<char>(text.size())} + std::string{text};
}

/// Copy `size` bytes from `offset`, both below 256.
std::string copy(unsigned offset, unsigned size) {
  return {'\x91', static_cast<char>(offset), static_cast<char>(size)};
}

}  // namespace

TEST_CASE("pack: objects, and deltas by distance and by id", "[vcs][pack]") {
  PackBuilder builder;
  const auto base = builder.add_object(PackBuilder::blob, "hello world");
  const auto by_distance =
      builder.add_delta_before(builder.next_offset() - base, delta(11, 9, copy(0, 6) + insert("git")));
  const auto by_id = builder.add_delta_of(id_of('b'), delta(9, 12, copy(0, 9) + insert(" it")));
  const auto far = builder.add_object(PackBuilder::tree, std::string(70'000, 't'));
  const auto across = builder.add_delta_before(builder.next_offset() - base, delta(11, 5, copy(6, 5)));
  builder.name(id_of('a'), base);
  builder.name(id_of('b'), by_distance);
  builder.name(id_of('c'), by_id);
  builder.name(id_of('d'), far);
  builder.name(id_of('e'), across);
  Opened opened{builder};
  CHECK(opened.read(base) == "hello world");
  CHECK(opened.read(by_distance) == "hello git");
  CHECK(opened.read(by_id) == "hello git it");
  CHECK(opened.read(far).size() == 70'000);
  CHECK(opened.read(across) == "world");
  CHECK(opened.read(by_id) == "hello git it");  // from the cache
  CHECK(opened.pack.index().find(as_bytes(id_of('c'))) == by_id);
  CHECK_FALSE(opened.pack.index().find(as_bytes(id_of('f'))));
  CHECK(opened.read(base, 10).find("11 bytes, more than the 10 allowed") != std::string::npos);
  CHECK(opened.read(by_id, 11).find("12 bytes, more than the 11 allowed") != std::string::npos);
}

TEST_CASE("pack: errors name file and offset, and what to do", "[vcs][pack][hostile]") {
  PackBuilder builder;
  const auto lies = builder.add(PackBuilder::blob, 4, zlib_stored("longer"));
  const auto shorter = builder.add(PackBuilder::blob, 9, zlib_stored("short"));
  const auto huge = builder.add(PackBuilder::blob, 1ULL << 50, zlib_stored("x"));
  const auto garbage = builder.add(PackBuilder::blob, 5, "no zlib at all");
  const auto base = builder.add_object(PackBuilder::blob, "base");
  const auto other_base = builder.add_delta_before(builder.next_offset() - base, delta(5, 4, copy(0, 4)));
  const auto beyond = builder.add_delta_before(builder.next_offset() - base, delta(4, 9, copy(0, 9)));
  const auto too_long = builder.add_delta_before(builder.next_offset() - base, delta(4, 2, copy(0, 4)));
  const auto too_short = builder.add_delta_before(builder.next_offset() - base, delta(4, 8, copy(0, 4)));
  const auto reserved = builder.add_delta_before(builder.next_offset() - base, delta(4, 4, std::string(1, '\0')));
  const auto empty = builder.add_delta_before(builder.next_offset() - base, "");
  const auto nowhere = builder.add_delta_before(builder.next_offset() + 5, delta(4, 4, copy(0, 4)));
  const auto itself = builder.add_delta_before(0, delta(4, 4, copy(0, 4)));
  const auto inside = builder.add_delta_before(builder.next_offset() - base - 1, delta(4, 4, copy(0, 4)));
  const auto absent = builder.add_delta_of(id_of('z'), delta(4, 4, copy(0, 4)));
  const auto circle = builder.add_delta_of(id_of('b'), delta(4, 4, copy(0, 4)));
  const auto back = builder.add_delta_of(id_of('a'), delta(4, 4, copy(0, 4)));
  const auto unknown = builder.add(static_cast<PackBuilder::Kind>(5), 4, zlib_stored("what"));
  builder.name(id_of('a'), circle);
  builder.name(id_of('b'), back);
  builder.name(id_of('c'), 1U << 30);
  const auto end = builder.next_offset();
  Opened opened{builder};
  for (const auto offset : {lies,      shorter,  huge,      garbage,          other_base,
                            beyond,    too_long, too_short, reserved,         empty,
                            nowhere,   itself,   inside,    absent,           circle,
                            back,      unknown,  end,       std::uint64_t{0}, std::uint64_t{1} << 30,
                            UINT64_MAX}) {
    CAPTURE(offset);
    const auto object = opened.pack.read(offset, std::uint64_t{1} << 60, opened.cache);
    REQUIRE_FALSE(object);
    CHECK(object.error().code == ErrorCode::format);
    CHECK(object.error().where.starts_with("x.pack, offset "));
    CHECK(object.error().message.starts_with("the pack is damaged: "));
    CHECK(object.error().remedy.find("git fsck") != std::string::npos);
    (void)opened.pack.header(offset).has_value();
  }
  CHECK_FALSE(opened.pack.header(circle));
}

TEST_CASE("pack: a chain of deltas is bounded, and as long as git's own limit it is read", "[vcs][pack][hostile]") {
  PackBuilder builder;
  auto last = builder.add_object(PackBuilder::blob, "x");
  for (int i = 0; i < 4095; ++i) last = builder.add_delta_before(builder.next_offset() - last, delta(1, 1, copy(0, 1)));
  const auto deepest = last;
  for (int i = 0; i < 10; ++i) last = builder.add_delta_before(builder.next_offset() - last, delta(1, 1, copy(0, 1)));
  builder.name(id_of('a'), deepest);
  Opened opened{builder};
  CHECK(opened.read(last).find("no end") != std::string::npos);
  CHECK(opened.read(deepest) == "x");
}

TEST_CASE("pack: small objects made of enormous ones are refused", "[vcs][pack][hostile]") {
  PackBuilder builder;
  // 16 MiB a command: a pack of some hundred bytes that unfolds to a gigabyte on the way.
  const auto base = builder.add_object(PackBuilder::blob, std::string(65536, 'x'));
  std::string doubled;
  for (int i = 0; i < 4096; ++i) doubled += std::string{"\x80"};  // 65536 bytes from the start
  const auto large = builder.add_delta_before(builder.next_offset() - base, delta(65536, 65536ULL * 4096, doubled));
  std::string again;
  for (int i = 0; i < 64; ++i) again += std::string{"\xf0\xff\xff\xff"};
  const auto larger =
      builder.add_delta_before(builder.next_offset() - large, delta(65536ULL * 4096, 64ULL * 0xffffff, again));
  const auto small = builder.add_delta_before(builder.next_offset() - larger, delta(64ULL * 0xffffff, 1, copy(0, 1)));
  builder.name(id_of('a'), small);
  Opened opened{builder};
  const auto object = opened.pack.read(small, 100, opened.cache);
  REQUIRE_FALSE(object);
  CHECK(object.error().code == ErrorCode::limit);
  CHECK(object.error().remedy.find("git repack") != std::string::npos);
}

TEST_CASE("pack: work beyond all use is bounded over a whole repository", "[vcs][pack][hostile]") {
  PackCache cache;
  CHECK(cache.may_unpack(16ULL << 30));
  CHECK_FALSE(cache.may_unpack(1U << 20));
  cache.delivered(1U << 20);
  CHECK(cache.may_unpack(1U << 20));
}

TEST_CASE("pack: work is charged before it is done, whatever comes of it", "[vcs][pack][hostile]") {
  PackBuilder builder;
  const auto shorter = builder.add(PackBuilder::blob, 1000, zlib_stored(std::string(999, 'x')));
  const auto base = builder.add_object(PackBuilder::blob, "base");
  const auto unmade = builder.add_delta_before(builder.next_offset() - base, delta(4, 1000, copy(0, 4)));
  builder.name(id_of('a'), shorter);
  for (const auto offset : {shorter, unmade}) {
    CAPTURE(offset);
    Opened opened{builder};
    CHECK(opened.cache.may_unpack((16ULL << 30) - 2500));
    const auto code = [&] { return opened.pack.read(offset, k_any_size, opened.cache).error().code; };
    CHECK(code() == ErrorCode::format);
    CHECK(code() == ErrorCode::format);
    CHECK(code() == ErrorCode::limit);
  }
}

TEST_CASE("pack: the cache keeps what was used last and no more than it may", "[vcs][pack]") {
  PackCache cache{1000};
  const auto object = [](std::size_t size) {
    return std::make_shared<const PackedObject>(PackedObject{ObjectType::blob, Bytes(size)});
  };
  cache.put(&cache, 1, object(400));
  cache.put(&cache, 2, object(400));
  CHECK(cache.find(&cache, 1));
  cache.put(&cache, 3, object(400));
  CHECK(cache.find(&cache, 1));
  CHECK_FALSE(cache.find(&cache, 2));
  cache.put(&cache, 4, object(501));
  CHECK_FALSE(cache.find(&cache, 4));
}

TEST_CASE("pack: another pack's index, and files that are no packs", "[vcs][pack][hostile]") {
  PackBuilder builder;
  builder.name(id_of('a'), builder.add_object(PackBuilder::blob, "x"));
  const auto index_bytes = builder.index();
  const auto index = PackIndex::parse(as_bytes(index_bytes), 32, "x.idx");
  REQUIRE(index);
  const auto good = builder.pack();
  const auto refused = [&](std::string pack) { return !Pack::parse(as_bytes(pack), *index, "x.pack"); };
  CHECK_FALSE(refused(good));
  for (std::size_t size = 0; size < good.size(); ++size) CHECK(refused(good.substr(0, size)));
  CHECK(refused("JUNK" + good.substr(4)));
  CHECK(refused(good.substr(0, 7) + '\4' + good.substr(8)));
  CHECK(refused(good.substr(0, 11) + '\2' + good.substr(12)));
  CHECK(refused(good.substr(0, good.size() - 1) + 'x'));
}

TEST_CASE("pack index: sizes and fan-out are checked before anything is looked up", "[vcs][pack][hostile]") {
  PackBuilder builder;
  const auto offset = builder.add_object(PackBuilder::blob, "x");
  for (const char id : {'\0', '\1', 'a', 'b', '\x7f'}) builder.name(id_of(id), offset);
  const auto good = builder.index();
  const auto parse = [](const std::string& bytes) { return PackIndex::parse(as_bytes(bytes), 32, "x.idx"); };
  REQUIRE(parse(good));
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(parse(good.substr(0, size)));
  CHECK_FALSE(parse(good + std::string(7, '\0')));
  CHECK_FALSE(PackIndex::parse(as_bytes(good), 20, "x.idx"));
  auto version = good;
  version[7] = 1;
  CHECK(parse(version).error().message.find("version 1") != std::string::npos);
  auto falls = good;
  falls[8 + 4 * 100] = '\x7f';
  CHECK(parse(falls).error().message.find("fan-out") != std::string::npos);
  CHECK(parse(falls).error().remedy.find("git index-pack") != std::string::npos);
  // An offset of 64 bits in a table that is not there.
  auto large = good;
  large[8 + 1024 + 5 * 36] = '\x80';
  const auto index = parse(large);
  REQUIRE(index);
  CHECK(index->find(as_bytes(id_of('\0'))) == UINT64_MAX);
  CHECK(index->find(as_bytes(id_of('a'))) == offset);
}

TEST_CASE("pack index: abbreviations", "[vcs][pack]") {
  PackBuilder builder;
  for (const auto* id : {"\x12\x34\x50", "\x12\x34\x56", "\x12\x34\x57", "\x12\x44\x00"})
    builder.name(std::string{id, 3} + std::string(29, '\1'), 12);
  const auto bytes = builder.index();
  const auto index = PackIndex::parse(as_bytes(bytes), 32, "x.idx");
  REQUIRE(index);
  const auto count = [&](std::string_view start, std::size_t digits) {
    const auto id = std::string{start} + std::string(32 - start.size(), '\0');
    const auto [begin, end] = index->matching(as_bytes(id), digits);
    return end - begin;
  };
  CHECK(count("\x12\x34\x56", 6) == 1);
  CHECK(count("\x12\x34\x50", 5) == 3);
  CHECK(count("\x12\x34", 4) == 3);
  CHECK(count("\x12\x30", 3) == 3);
  CHECK(count("\x12", 2) == 4);
  CHECK(count("\x13", 2) == 0);
  CHECK(count("\x12\x34\x58", 6) == 0);
}

TEST_CASE("inflate: exactly what was announced, or nothing", "[vcs][pack][hostile]") {
  const auto stream = zlib_stored("hello");
  CHECK(as_text(*inflate_exactly(as_bytes(stream + "more"), 5)) == "hello");
  for (const std::uint64_t size : {0ULL, 4ULL, 6ULL, 1ULL << 40, ~0ULL})
    CHECK_FALSE(inflate_exactly(as_bytes(stream), size));
  for (std::size_t size = 0; size < stream.size(); ++size)
    CHECK_FALSE(inflate_exactly(as_bytes(std::string_view{stream}.substr(0, size)), 5));
  CHECK(inflate_exactly(as_bytes(zlib_stored("")), 0)->empty());
  std::array<std::uint8_t, 3> start{};
  CHECK(inflate_start(as_bytes(stream), start) == 3);
  CHECK(inflate_start(as_bytes("garbage"), start) == 0);
}
