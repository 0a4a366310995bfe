#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "digest/digest.hpp"
#include "support/catch.hpp"
#include "traced.hpp"

using namespace assay;
using namespace assay::test;
using namespace assay::trace;

namespace fs = std::filesystem;

namespace {

/// The digest of a file outside of the writable place, as a build that reads it records it.
std::string digest_of(const fs::path& input, const fs::path& cache) {
  const TempDir work;
  DigestCache digests{cache};
  TraceOptions options;
  options.digests = &digests;
  const auto run = trace_program(work, {"cat", input.string()}, options);
  return run.digest(run.file("/" + input.filename().string()));
}

void write(const fs::path& path, std::string_view text) {
  std::ofstream{path, std::ios::binary} << text;
}

std::string hex(std::string_view text) {
  return sha256(as_bytes(text)).hex();
}

/// With the digest of the file that holds `old` replaced by that of `text`, in a file that looks whole.
void forge(const fs::path& cache, std::string_view old, std::string_view text) {
  const auto kept = read_text(cache);
  const auto body_at = kept.find('\n', kept.find('\n') + 1) + 1;
  const auto body = std::regex_replace(kept.substr(body_at), std::regex{hex(old)}, hex(text));
  write(cache, kept.substr(0, kept.find('\n') + 1) + hex(body) + "\n" + body);
}

}  // namespace

TEST_CASE("trace: digests of system files are kept from run to run, by what changes with the file", "[trace]") {
  const TempDir directory;
  const auto input = directory.path() / "input", cache = directory.path() / "below/digests";
  write(input, "one");
  fs::last_write_time(input, fs::file_time_type::clock::now() - std::chrono::hours{1});
  ::usleep(50'000);  // its last change shows in the stamp
  CHECK(digest_of(input, cache) == hex("one"));
  REQUIRE(fs::exists(cache));

  // What is kept is what is told: a forged entry of one's own shows that the file was not hashed again.
  forge(cache, "one", "two");
  CHECK(digest_of(input, cache) == hex("two"));

  SECTION("a file that was changed is hashed again, whatever its size and times say") {
    const auto time = fs::last_write_time(input);
    write(input, "six");
    fs::last_write_time(input, time);
    CHECK(digest_of(input, cache) == hex("six"));
  }
  SECTION("another file in its place is hashed") {
    write(directory.path() / "other", "six");
    fs::last_write_time(directory.path() / "other", fs::last_write_time(input));
    fs::rename(directory.path() / "other", input);
    CHECK(digest_of(input, cache) == hex("six"));
  }
  SECTION("what others may write to is not believed") {
    fs::permissions(cache, fs::perms::others_write, fs::perm_options::add);
    CHECK(digest_of(input, cache) == hex("one"));
  }
  SECTION("a damaged file is as if it were not there") {
    const auto kept = read_text(cache);
    for (const auto& damaged : {kept.substr(0, kept.size() - 9), std::string{}, std::string{"assay digests 1\n"},
                                std::regex_replace(kept, std::regex{hex("two")}, hex("six"))}) {
      write(cache, damaged);
      CHECK(digest_of(input, cache) == hex("one"));
    }
  }
}

TEST_CASE("trace: a file that was changed just before it was hashed is not kept", "[trace]") {
  const TempDir directory;
  const auto input = directory.path() / "input", cache = directory.path() / "digests";
  write(input, "one");
  fs::last_write_time(input, fs::file_time_type::clock::now() + std::chrono::hours{1});
  CHECK(digest_of(input, cache) == hex("one"));
  CHECK(read_text(cache).find(hex("one")) == std::string::npos);
}
