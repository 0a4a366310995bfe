#include "rebuild/kept_build.hpp"

#include "base/text.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;

namespace {

const Sha256 k_key = sha256(as_bytes("key"));

/// A build that was kept in `place`, with one artifact.
KeptBuild kept_in(const test::TempDir& place) {
  KeptBuild build;
  build.outcome.artifacts = {{"a/out", place.write("artifacts/a/out", "made"), sha256(as_bytes("made")).hex(), 4}};
  build.outcome.probes = {{"clock", "2026"}};
  build.outcome.source_directory = "/build/src";
  build.outcome.wall = std::chrono::milliseconds{1234};
  build.outcome.trace = std::make_shared<trace::Trace>();
  build.outcome.trace->phases = {"setup"};
  build.outcome.trace->phase_begins = {0};
  build.started = std::chrono::system_clock::time_point{std::chrono::seconds{1'700'000'000}};
  REQUIRE(keep_build(place.path(), k_key, build));
  return build;
}

}  // namespace

TEST_CASE("kept build: it comes back with its artifacts, probes and trace", "[rebuild][kept]") {
  const test::TempDir place;
  const auto build = kept_in(place);
  const auto found = find_kept_build(place.path(), k_key, place.path());
  REQUIRE(found);
  CHECK(found->outcome.artifacts.at(0).file == build.outcome.artifacts.at(0).file);
  CHECK(found->outcome.probes == build.outcome.probes);
  CHECK(found->outcome.wall == build.outcome.wall);
  CHECK(found->started == build.started);
  REQUIRE(found->outcome.trace);
  CHECK(found->outcome.trace->phases == build.outcome.trace->phases);
}

TEST_CASE("kept build: with another key, a changed artifact or a damaged record there is none",
          "[rebuild][kept][hostile]") {
  const test::TempDir place;
  kept_in(place);
  CHECK_FALSE(find_kept_build(place.path(), sha256(as_bytes("another")), place.path()));
  CHECK_FALSE(find_kept_build(place.path() / "nowhere", k_key, place.path()));
  place.write("artifacts/a/out", "fake");
  CHECK_FALSE(find_kept_build(place.path(), k_key, place.path()));
  kept_in(place);
  auto record = read_file(place.path() / "outcome", 1 << 20);
  REQUIRE(record);
  record->back() ^= 1;
  place.write("outcome", as_text(*record));
  CHECK_FALSE(find_kept_build(place.path(), k_key, place.path()));
  place.write("outcome", "assay build 1\n");
  CHECK_FALSE(find_kept_build(place.path(), k_key, place.path()));
}

TEST_CASE("kept build: a file that it read and that is another now, or gone, makes it none",
          "[rebuild][kept][hostile]") {
  const test::TempDir place;
  place.write("usr/include/thing.h", "#define LIMIT 1");
  auto build = kept_in(place);
  trace::FileVersion header;
  header.path = "/usr/include/thing.h";
  header.sha256 = sha256(as_bytes("#define LIMIT 1"));
  build.outcome.trace->files = {header};
  REQUIRE(keep_build(place.path(), k_key, build));
  CHECK(find_kept_build(place.path(), k_key, place.path()));
  place.write("usr/include/thing.h", "#define LIMIT 9");
  CHECK_FALSE(find_kept_build(place.path(), k_key, place.path()));
  std::filesystem::remove(place.path() / "usr/include/thing.h");
  CHECK_FALSE(find_kept_build(place.path(), k_key, place.path()));
  build.outcome.trace.reset();
  REQUIRE(keep_build(place.path(), k_key, build));
  CHECK_FALSE(find_kept_build(place.path(), k_key, place.path()));
}

TEST_CASE("kept build: whatever a build depends on changes its key", "[rebuild][kept]") {
  BuildSource base_source;
  BuildRecipe base_recipe;
  base_recipe.phases = {{"build", {"make"}}};
  BuildRequest base;
  base.source = &base_source;
  base.recipe = &base_recipe;
  const auto key = key_of(base, k_key);
  const auto changes = [&](const auto& change) {
    auto other = base;
    auto other_source = BuildSource{};
    auto other_recipe = base_recipe;
    other.source = &other_source;
    other.recipe = &other_recipe;
    change(other, other_source, other_recipe);
    return key_of(other, k_key) != key;
  };
  CHECK_FALSE(changes([](auto&, auto&, auto&) {}));
  CHECK(changes([](auto&, auto& source, auto&) { source.digest = k_key; }));
  CHECK(changes([](auto&, auto& source, auto&) { source.source_date_epoch = 1; }));
  CHECK(changes([](auto&, auto&, auto& recipe) { recipe.phases[0].commands = {"make all"}; }));
  CHECK(changes([](auto&, auto&, auto& recipe) { recipe.environment = {{"CFLAGS", "-O3"}}; }));
  CHECK(changes([](auto& request, auto&, auto&) { request.conditions.timezone = "GMT-14"; }));
  CHECK(changes([](auto& request, auto&, auto&) { request.conditions.time_offset = std::chrono::seconds{1}; }));
  CHECK(changes([](auto& request, auto&, auto&) { request.without = {"a"}; }));
  CHECK(changes([](auto& request, auto&, auto&) { request.root = "/elsewhere"; }));
  CHECK(changes([](auto& request, auto&, auto&) { request.network = true; }));
  CHECK(changes([](auto& request, auto&, auto&) { request.traced = false; }));
  CHECK(key_of(base, sha256(as_bytes("another system"))) != key);
}
