#include "rebuild/proof.hpp"

#include <algorithm>

#include "artifact/compare_artifacts.hpp"
#include "digest/digest.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;
using trace::Index;

namespace {

BuiltArtifact built(const test::TempDir& directory, std::string_view build, std::string_view name,
                    std::string_view content) {
  BuiltArtifact made;
  made.name = name;
  made.file = directory.write(std::string{build} + "/" + std::string{name}, content);
  made.sha256 = sha256(as_bytes(content)).hex();
  made.size = content.size();
  return made;
}

ExperimentBuild build(std::int64_t started, std::chrono::seconds ahead = {}) {
  ExperimentBuild made;
  made.started = std::chrono::system_clock::time_point{std::chrono::seconds{started}};
  made.conditions.time_offset = ahead;
  made.outcome.wall = std::chrono::seconds{10};
  return made;
}

Comparison compare(const ExperimentBuild& a, const ExperimentBuild& b) {
  const auto comparison = compare_builds(a.outcome, b.outcome, "out", {});
  REQUIRE(comparison);
  return *comparison;
}

/// A trace of commands that each read and write one file.
class Traced {
 public:
  Traced() {
    m_trace.phases = {"setup", "build"};
    process("make all", trace::k_none);
  }
  Index file(const std::string& path, std::string_view content) {
    trace::FileVersion version;
    version.path = path;
    version.sha256 = sha256(as_bytes(content));
    version.writable_place = true;
    m_trace.files.push_back(version);
    return static_cast<Index>(m_trace.files.size() - 1);
  }
  Index made(const std::string& command, Index from, const std::string& path, std::string_view content) {
    const auto maker = process(command, 0);
    if (from != trace::k_none) m_trace.processes[maker].reads.push_back({from, 0, ++m_moment, false});
    const auto product = file(path, content);
    m_trace.files[product].writers = {maker};
    m_trace.files[product].fixed = ++m_moment;
    return product;
  }
  std::shared_ptr<trace::Trace> get() const { return std::make_shared<trace::Trace>(m_trace); }

 private:
  Index process(const std::string& command, Index parent) {
    trace::Process made;
    made.parent = parent;
    made.phase = 1;
    trace::Image image;
    image.arguments = {command};
    made.images.push_back(image);
    m_trace.processes.push_back(made);
    return static_cast<Index>(m_trace.processes.size() - 1);
  }
  trace::Trace m_trace;
  trace::Moment m_moment = 0;
};

}  // namespace

TEST_CASE("proof: every cause that is mapped exists, and every variation is behind one", "[rebuild][proof]") {
  const auto causes = artifact::known_causes();
  std::vector<const Variation*> seen;
  for (const auto& cause : causes) {
    for (const auto* behind : variations_behind(cause.id)) {
      REQUIRE(behind != nullptr);
      seen.push_back(behind);
    }
  }
  for (const auto& each : variations()) {
    INFO(each.id);
    CHECK(std::find(seen.begin(), seen.end(), &each) != seen.end());
  }
  CHECK(variations_behind("compiler").empty());
}

TEST_CASE("proof: a stamp that moved on with the clock is no difference, one that jumped is", "[rebuild][proof]") {
  const test::TempDir directory;
  auto first = build(1'790'000'000), second = build(1'790'000'060),
       ahead = build(1'790'000'120, std::chrono::hours{400 * 24});
  first.outcome.artifacts = {built(directory, "first", "out", "built 2026-09-21 14:13:23\nname\n")};
  second.outcome.artifacts = {built(directory, "second", "out", "built 2026-09-21 14:14:24\nname\n")};
  ahead.outcome.artifacts = {built(directory, "ahead", "out", "built 2027-10-26 14:15:25\nname\n")};
  CHECK(differs_by_clock_only(compare(first, second), first, second));
  CHECK_FALSE(differs_by_clock_only(compare(first, ahead), first, ahead));
  CHECK_FALSE(differs_by_clock_only(compare(first, ahead), first, build(1'790'000'120)));
  auto as_far_ahead = second;
  as_far_ahead.conditions.time_offset = ahead.conditions.time_offset;
  CHECK_FALSE(differs_by_clock_only(compare(first, second), first, as_far_ahead));
  auto other = second;
  other.outcome.artifacts = {built(directory, "other", "out", "built 2026-09-21 14:14:24\nnome\n")};
  CHECK_FALSE(differs_by_clock_only(compare(first, other), first, other));
  CHECK_FALSE(differs_by_clock_only(compare(first, first), first, first));
}

TEST_CASE("proof: the clock is known in another zone, and by the time of day", "[rebuild][proof]") {
  const test::TempDir directory;
  auto first = build(1'790'000'000), second = build(1'790'000'060);
  const auto clocks_only = [&](std::string_view before, std::string_view after) {
    first.outcome.artifacts = {built(directory, "first", "out", before)};
    second.outcome.artifacts = {built(directory, "second", "out", after)};
    return differs_by_clock_only(compare(first, second), first, second);
  };
  CHECK(clocks_only("Tue Sep 22 04:13:23 GMT 2026\n", "Tue Sep 22 04:14:24 GMT 2026\n"));
  CHECK_FALSE(clocks_only("Tue Sep 22 04:13:23 GMT 2026\n", "Tue Sep 22 04:18:24 GMT 2026\n"));
  CHECK(clocks_only("made at 23:58:21\n", "made at 23:59:22\n"));
  CHECK(clocks_only("made at 13:58\n", "made at 13:59\n"));
  CHECK_FALSE(clocks_only("made at 12:00:31\n", "made at 12:30:32\n"));
  // As far apart as the builds, and at no minute of theirs in any zone.
  CHECK_FALSE(clocks_only("made at 12:05:31\n", "made at 12:06:32\n"));
  CHECK_FALSE(clocks_only("line 1:02\n", "line 1:01\n"));
  CHECK_FALSE(clocks_only("made at 11:58:21\n", "made at 11:57:20\n"));
}

TEST_CASE("proof: a number is the doing of the clock only if both builds' clocks said it while they ran",
          "[rebuild][proof]") {
  const test::TempDir directory;
  const auto ahead = std::chrono::hours{400 * 24};
  const auto number = [](std::int64_t moment) {
    std::string bytes(16, '\0');
    for (int i = 0; i < 4; ++i) bytes[static_cast<std::size_t>(4 + i)] = static_cast<char>(moment >> 8 * i & 0xff);
    return bytes;
  };
  const auto offset = std::chrono::seconds{ahead}.count();
  auto first = build(1'790'000'000, ahead), second = build(1'790'000'060, ahead);
  const auto give = [&](std::string_view name, ExperimentBuild& made, std::int64_t moment) {
    made.outcome.artifacts = {built(directory, name, "out", number(moment))};
  };
  give("first", first, 1'790'000'001 + offset);
  give("second", second, 1'790'000'062 + offset);
  CHECK(differs_by_clock_only(compare(first, second), first, second));
  give("late", second, 1'790'000'100 + offset);  // it had ended
  CHECK_FALSE(differs_by_clock_only(compare(first, second), first, second));
  give("true", second, 1'790'000'062);  // not its clock
  CHECK_FALSE(differs_by_clock_only(compare(first, second), first, second));
}

TEST_CASE("proof: a difference is born where nothing that was read differs", "[rebuild][proof]") {
  auto before = build(0), after = build(0);
  after.conditions.directory = "/build/elsewhere/deeper";
  for (auto* each : {&before, &after}) {
    const std::string place = each->conditions.directory, word = each == &before ? "one" : "two";
    Traced traced;
    const auto stamp = traced.made("sh -c 'date > stamp.h'", trace::k_none, place + "/stamp.h", word);
    const auto same = traced.made("cc1 same.c", traced.file(place + "/same.c", "source"), place + "/same.o", "object");
    const auto object = traced.made("cc1 main.c", stamp, place + "/main.o", "object of " + word);
    traced.made("ld", object, place + "/program", "program of " + word);
    traced.made("sh -c 'id > other'", trace::k_none, place + "/other", "other " + word);  // in no artifact
    each->outcome.artifacts = {BuiltArtifact{"program", {}, sha256(as_bytes("program of " + word)).hex(), 0}};
    traced.made("ar", same, place + "/library", "library");
    each->outcome.trace = traced.get();
  }
  const auto places = birthplaces(before, after, {"program"}, 9);
  REQUIRE(places.size() == 1);
  CHECK(places[0].file == "source/stamp.h");
  REQUIRE(places[0].chain.size() == 2);
  CHECK(places[0].chain[1].find("date > stamp.h") != std::string::npos);
  CHECK(birthplaces(before, before, {"program"}, 9).empty());
  after.outcome.trace.reset();
  CHECK(birthplaces(before, after, {"program"}, 9).empty());
}

TEST_CASE("proof: what looks like another cause is called by what is behind it, and what looks like none too",
          "[rebuild][proof]") {
  const test::TempDir directory;
  std::vector<ExperimentBuild> builds{build(0), build(0)};
  const auto one_cause = [&](const char* variation, std::string_view before, std::string_view after) {
    builds[0].outcome.artifacts = {built(directory, "0", "out", before)};
    builds[1].outcome.artifacts = {built(directory, "1", "out", after)};
    ExperimentResult experiment;
    experiment.factors = {Factor{find_variation(variation), true, {"out"}, 1, 0, {}}};
    Coverage coverage;
    const auto causes = proven_causes(experiment, builds, nullptr, {}, coverage);
    REQUIRE(causes.at(0).comparison);
    REQUIRE(causes[0].comparison->causes.size() == 1);
    CHECK(causes[0].comparison->leftovers.empty());
    CHECK(causes[0].comparison->causes[0].confidence == Confidence::proven);
    return causes[0].comparison->causes[0].id;
  };
  CHECK(one_cause("home", "cache: /build/home/.cache\n", "cache: /build/home-of-another-builder/.cache\n") == "home");
  CHECK(one_cause("locale", "B\na\nc\n", "a\nB\nc\n") == "locale-order");
  CHECK(one_cause("shell", "column\tcolumn\n", "column\\tcolumn\n") == "shell");
}

TEST_CASE("proof: a cause that fits the factor becomes proven, another does not", "[rebuild][proof]") {
  const test::TempDir directory;
  std::vector<ExperimentBuild> builds{build(1'790'000'000), build(1'790'000'000, std::chrono::hours{400 * 24})};
  builds[0].outcome.artifacts = {built(directory, "0", "out", "built 2026-09-21 14:13:23\n")};
  builds[1].outcome.artifacts = {built(directory, "1", "out", "built 2027-10-26 14:13:23\n")};
  ExperimentResult experiment;
  experiment.factors = {Factor{find_variation("time"), true, {"out"}, 1, 0, {}}};
  Coverage coverage;
  auto causes = proven_causes(experiment, builds, nullptr, {}, coverage);
  REQUIRE(causes.size() == 1);
  REQUIRE(causes[0].comparison);
  CHECK(causes[0].comparison->causes.at(0).confidence == Confidence::proven);
  CHECK(causes[0].remedy.find("SOURCE_DATE_EPOCH") != std::string::npos);
  experiment.factors[0].variation = find_variation("host");
  causes = proven_causes(experiment, builds, nullptr, {}, coverage);
  CHECK(causes[0].comparison->causes.at(0).confidence != Confidence::proven);
  experiment.factors[0].artifacts = {"gone"};
  CHECK(proven_causes(experiment, builds, nullptr, {}, coverage)[0].comparison == std::nullopt);
  CHECK(coverage.gaps.size() == 1);
}
