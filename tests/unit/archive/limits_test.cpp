// What hostile input may cost. Every limit is a coverage gap that names its option; none is a crash, none is silent.
#include <sys/resource.h>
#include <zstd.h>

#include <chrono>
#include <cstring>

#include "builders.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ASSAY_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ASSAY_SANITIZED 1
#endif
#endif

using namespace assay;
using namespace assay::archive;
using namespace assay::archive::test;

namespace {

/// Reading stopped at the limit of that name, and says so.
void check_limited(const ArchiveContents& contents, std::string_view name) {
  INFO(name);
  REQUIRE(contents.coverage.gaps.size() == 1);
  CHECK(contents.coverage.gaps[0].reason.find("limit " + std::string{name} + "=") != std::string::npos);
  CHECK(contents.coverage.gaps[0].remedy.find("--limit " + std::string{name} + "=") != std::string::npos);
}

long peak_megabytes() {
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

/// A stream of `head`, then `size` bytes of a repeated `unit`, then `tail`.
GeneratedSource repeated(std::string head, std::string unit, std::uint64_t times, std::string tail = {}) {
  struct State {
    std::string piece;
    std::string unit;
    std::string tail;
    std::uint64_t left;
    std::size_t at = 0;
    bool tail_given = false;
  };
  auto state = std::make_shared<State>(State{std::move(head), std::move(unit), std::move(tail), times});
  return GeneratedSource{[state](std::span<std::uint8_t> out) -> std::size_t {
    while (state->at == state->piece.size()) {
      if (state->left > 0) {
        --state->left;
        state->piece = state->unit;
      } else if (!state->tail_given) {
        state->tail_given = true;
        state->piece = state->tail;
      } else {
        return 0;
      }
      state->at = 0;
    }
    const auto count = std::min(out.size(), state->piece.size() - state->at);
    std::memcpy(out.data(), state->piece.data() + state->at, count);
    state->at += count;
    return count;
  }};
}

ArchiveContents read_source(GeneratedSource source, const ReadOptions& options = {}) {
  auto contents = read_archive(source, "test", options);
  if (!contents) FAIL(contents.error().to_string());
  return *std::move(contents);
}

std::string zstd_with_window(std::string_view bytes, int window_log) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context{ZSTD_createCCtx(), ZSTD_freeCCtx};
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  std::string out(ZSTD_compressBound(bytes.size()) + 100, '\0');
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  // In two pieces, so that the encoder does not know the size and cannot choose a smaller window.
  ZSTD_inBuffer first{bytes.data(), 1, 0};
  ZSTD_compressStream2(context.get(), &output, &first, ZSTD_e_flush);
  ZSTD_inBuffer rest{bytes.data() + 1, bytes.size() - 1, 0};
  REQUIRE(ZSTD_compressStream2(context.get(), &output, &rest, ZSTD_e_end) == 0);
  out.resize(output.pos);
  return out;
}

}  // namespace

TEST_CASE("archive: each limit stops reading with a gap that names it", "[archive][hostile]") {
  ReadOptions options;
  auto& limits = options.limits;
  const auto tar = TarBuilder{}.file("p/a", noise(5000)).file("p/b", noise(5000, 2)).finish();
  SECTION("entries") {
    limits.max_entries = 1;
    const auto contents = read(tar, options);
    check_limited(contents, "entries");
    CHECK(contents.entries.size() == 1);
  }
  SECTION("entry-size") {
    limits.max_entry_size = 4999;
    check_limited(read(tar, options), "entry-size");
    limits.max_entry_size = 5000;
    CHECK(read(tar, options).coverage.complete());
  }
  SECTION("total-size") {
    limits.max_total_size = 8000;
    check_limited(read(tar, options), "total-size");
    check_limited(read(compress(Filter::gzip, tar), options), "total-size");
    check_limited(read(make_zip({{.name = "a", .content = noise(8001)}}), options), "total-size");
  }
  SECTION("ratio") {
    limits.ratio_floor = 1000;
    limits.max_ratio = 10;
    const auto zeros = TarBuilder{}.file("p/a", std::string(1000000, '\0')).finish();
    check_limited(read(compress(Filter::gzip, zeros), options), "ratio");
    CHECK(read(zeros, options).coverage.complete());
  }
  SECTION("path-length") {
    limits.max_path_length = 2;
    check_limited(read(tar, options), "path-length");
    check_limited(read(TarBuilder{}.symlink("l", "abc").finish(), options), "path-length");
  }
  SECTION("path-depth") {
    limits.max_path_depth = 1;
    check_limited(read(tar, options), "path-depth");
  }
  SECTION("header-size") {
    limits.max_header_size = 100;
    check_limited(
        read(TarBuilder{}.file("p/a", "").pax({{"comment", std::string(200, 'x')}}).file("p/b", "").finish(), options),
        "header-size");
  }
  SECTION("nesting") {
    auto packed = tar;
    for (int i = 0; i < 17; ++i) packed = compress(Filter::gzip, packed);
    check_limited(read(packed), "nesting");
    options.nesting = 16;
    check_limited(read(compress(Filter::gzip, tar), options), "nesting");
  }
  SECTION("time") {
    limits.time = std::chrono::milliseconds{0};
    check_limited(read(tar, options), "time");
    check_limited(read(compress(Filter::gzip, tar), options), "time");
    check_limited(read(make_zip({{.name = "a", .content = "1"}}), options), "time");
  }
  SECTION("memory of xz's dictionary") {
    limits.memory = 1U << 20;
    check_limited(read(compress(Filter::xz, tar), options), "memory");
    check_limited(read(compress(Filter::lzma, tar), options), "memory");
  }
  SECTION("memory of zstd's window") {
    limits.memory = 8U << 20;
    CHECK(read(zstd_with_window(tar, 20), options).coverage.complete());
    check_limited(read(zstd_with_window(tar, 24), options), "memory");
  }
  SECTION("memory of the names") {
    limits.memory = 1U << 20;
    limits.max_path_length = 100000;
    TarBuilder builder;
    for (int i = 0; i < 12; ++i) builder.pax({{"path", std::string(90000, 'n') + std::to_string(i)}}).file("n", "");
    check_limited(read(builder.finish(), options), "memory");
  }
  SECTION("memory of a zip that comes compressed") {
    limits.memory = 1U << 20;
    check_limited(read(compress(Filter::gzip, make_zip({{.name = "a", .content = noise(400000)}})), options), "memory");
  }
}

TEST_CASE("archive: a 7z archive that asks for more memory than allowed is a gap, one with BCJ2 is refused",
          "[archive][hostile]") {
  if (assay::test::run({"7z", "--help"}).exit_code != 0) return;
  const assay::test::TempDir dir;
  dir.write("noise", noise(3U << 20));
  assay::test::shell(
      "cd '" + dir.path().string() +
      "' && 7z a -m0=LZMA -md=2m a.7z noise >/dev/null && "
      "7z a -m0=LZMA2 -md=2m b.7z noise >/dev/null && 7z a -m0=PPMd:mem=2m c.7z noise >/dev/null && "
      "7z a -m0=LZMA -mhc=off -md=2m d.7z noise >/dev/null && "
      "7z a -m0=BCJ2 -m1=LZMA:d=64k -m2=LZMA:d=64k -m3=LZMA:d=64k -mb0:1 -mb0s1:2 -mb0s2:3 e.7z noise >/dev/null");
  for (const auto* name : {"a.7z", "b.7z", "c.7z", "d.7z"}) {
    INFO(name);
    CHECK(read_archive(dir.path() / name, ReadOptions{})->coverage.complete());
    ReadOptions options;
    options.limits.memory = 2U << 20;
    const auto contents = read_archive(dir.path() / name, options);
    REQUIRE(contents.has_value());
    check_limited(*contents, "memory");
  }
  const auto refused = read_archive(dir.path() / "e.7z", ReadOptions{});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::unsupported);
}

TEST_CASE("archive: a gzip bomb of 10 GB stops at the ratio", "[archive][hostile]") {
  const auto head = compress(Filter::gzip, tar_header({.name = "bomb", .size = 8589934591U}));
  const auto member = compress(Filter::gzip, std::string(4U << 20, '\0'));
  const auto contents = read_source(repeated(head, member, 2560));
  check_limited(contents, "ratio");
  CHECK(contents.content_size < (300ULL << 20));
}

TEST_CASE("archive: a sparse file of terabytes stops at a limit", "[archive][hostile]") {
  const auto tar =
      TarBuilder{}
          .pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "8000000000000"}})
          .header({.name = "GNUSparseFile.0/s", .size = 512})
          .content("0\n")
          .finish();
  check_limited(read(tar), "entry-size");
  ReadOptions options;
  options.limits.max_entry_size = ~0ULL;
  check_limited(read(tar, options), "ratio");
}

TEST_CASE("archive: a million tiny members stop at the number of entries", "[archive][hostile]") {
  ReadOptions options;
  options.limits.max_entries = 50000;
  const auto contents = read_source(repeated({}, tar_header({.name = "p/same"}), 1000000), options);
  check_limited(contents, "entries");
  CHECK(contents.entries.size() == 50000);
  CHECK(contents.findings.size() < 100);
}

TEST_CASE("archive: a path of 10,000 components stops at its length, and then at its depth", "[archive][hostile]") {
  std::string path;
  for (int i = 0; i < 10000; ++i) path += "d/";
  for (const auto& tar : {TarBuilder{}.pax({{"path", path + "x"}}).file("x", "").finish(),
                          TarBuilder{}.gnu_long(path + "x").file("x", "").finish()}) {
    check_limited(read(tar), "path-length");
    ReadOptions options;
    options.limits.max_path_length = 1U << 20;
    check_limited(read(tar, options), "path-depth");
    options.limits.max_path_depth = 1U << 20;
    CHECK(read(tar, options).coverage.complete());
  }
}

TEST_CASE("archive: an extended header of 4 GB is not read", "[archive][hostile]") {
  for (const char type : {'x', 'g', 'L', 'K'}) {
    INFO(type);
    const auto head = TarBuilder{}.file("p/a", "a").header({.name = "x", .type = type, .size = 4ULL << 30}).bytes();
    const auto contents = read_source(repeated(head, std::string(1U << 20, 'x'), 32));
    REQUIRE(contents.coverage.gaps.size() == 1);
    CHECK(contents.coverage.gaps[0].reason.find("limit header-size=") != std::string::npos);
    CHECK_FALSE(contents.coverage.gaps[0].remedy.empty());
    CHECK(contents.entries.size() == 1);
  }
}

TEST_CASE("archive: names of gigabytes in cpio and ar are not held", "[archive][hostile]") {
  std::string cpio = "070701";
  for (const auto* number : {"00000001", "000081A4", "00000000", "00000000", "00000001", "00000000", "00000000",
                             "00000000", "00000000", "00000000", "00000000", "FFFFFFF0", "00000000"})
    cpio += number;
  const auto table = "!<arch>\n//" + std::string(46, ' ') + "1000000000`\n";
  for (const auto& head : {cpio, table}) {
    const auto before = peak_megabytes();
    check_limited(read_source(repeated(head, std::string(1U << 20, 'n'), 200)), "header-size");
#ifndef ASSAY_SANITIZED
    CHECK(peak_megabytes() - before < 32);
#else
    (void)before;
#endif
  }
}

TEST_CASE("archive: extended headers without end and members are no loop", "[archive][hostile]") {
  const auto header = TarBuilder{}.pax({{"mtime", "1"}}).bytes();
  const auto contents = read_archive(as_bytes(TarBuilder{}
                                                  .file("p/a", "a")
                                                  .raw([&] {
                                                    std::string many;
                                                    for (int i = 0; i < 5000; ++i) many += header;
                                                    return many;
                                                  }())
                                                  .finish()),
                                     "test", ReadOptions{});
  REQUIRE(contents.has_value());
  CHECK(worst(*contents) == Severity::high);
}

TEST_CASE("archive: memory does not grow with the size of a member", "[archive]") {
  ReadOptions options;
  options.keep = [](const TreeEntry&) { return true; };
  constexpr std::uint64_t k_units = 300;
  const auto unit = noise(1U << 20);
  const auto before = peak_megabytes();
  const auto contents = read_source(
      repeated(tar_header({.name = "p/large", .size = k_units << 20}), unit, k_units, std::string(1024, '\0')),
      options);
  CHECK(contents.coverage.complete());
  CHECK(contents.entries[0].size == k_units << 20);
  CHECK(contents.not_kept.count("p/large") == 1);
#ifndef ASSAY_SANITIZED
  CHECK(peak_megabytes() - before < 32);
#else
  (void)before;
#endif
}
