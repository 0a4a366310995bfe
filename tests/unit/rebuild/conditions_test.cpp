#include "rebuild/conditions.hpp"

#include <unistd.h>

#include <map>
#include <set>

#include "rebuild/export.hpp"
#include "rebuild/setting.hpp"
#include "rebuild/tar_writer.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::rebuild;

namespace {

UniqueFd small_tree() {
  auto file = temporary_file();
  REQUIRE(file);
  TarWriter tar{file->get(), 1};
  for (const char* name : {"first", "second", "third"}) REQUIRE(tar.add_file(name, as_bytes(name), false));
  REQUIRE(tar.add_file(std::string(150, 'n') + "/long", as_bytes("x"), true));
  REQUIRE(tar.finish());
  REQUIRE(::lseek(file->get(), 0, SEEK_SET) == 0);
  return std::move(*file);
}

using Answers = std::map<std::string, std::string, std::less<>>;

/// What the probes say under `conditions`; nothing if no sandbox can be made here.
std::optional<Answers> probe(const Conditions& conditions) {
  auto tree = small_tree();
  if (conditions.order == FileOrder::reversed) {
    auto reversed = reversed_archive(tree.get());
    REQUIRE(reversed);
    tree = std::move(*reversed);
  }
  const auto output = temporary_file();
  REQUIRE(output);
  Answers answers;
  SandboxRequest request;
  set_conditions(request, conditions);
  request.script = "echo ready >&3\n" + setting_script(conditions) + "cd " + conditions.directory +
                   " && tar -xf - || exit 1\n" + probe_script() + "echo done >&3\n";
  request.input = tree.get();
  request.output = output->get();
  request.on_status = [&](std::string_view line) {
    if (const auto answer = parse_probe(line)) answers.insert(*answer);
  };
  const auto outcome = run_in_sandbox(request);
  if (!outcome) {
    WARN("no sandbox here: " << outcome.error().message);
    return std::nullopt;
  }
  INFO(outcome->log);
  CHECK(outcome->exit_code == 0);
  return answers;
}

}  // namespace

TEST_CASE("conditions: every variation has a probe of its own, a title and a remedy", "[rebuild][conditions]") {
  std::set<std::string_view> ids, probes;
  for (const auto& each : variations()) {
    CHECK(ids.insert(each.id).second);
    CHECK(probes.insert(each.probe).second);
    CHECK(!each.title.empty());
    CHECK(!each.remedy.empty());
    CHECK(!each.needs.empty());
    CHECK(find_variation(each.id) == &each);
  }
  CHECK(ids.size() == 16);
  CHECK(find_variation("weather") == nullptr);
}

TEST_CASE("conditions: each variation changes the answer of its own probe and of no other",
          "[rebuild][conditions][sandbox]") {
  const auto base = probe({});
  if (!base) return;
  CHECK(base->size() == variations().size());
  CHECK(probe({}) == base);
  for (const auto& each : variations()) {
    if (each.id == "time") continue;  // the tracer's
    INFO(each.id);
    Conditions conditions;
    each.apply(conditions);
    const auto varied = probe(conditions);
    REQUIRE(varied);
    for (const auto& [name, answer] : *base) {
      INFO(name << ": " << answer << " / " << varied->at(name));
      const bool possible = each.id != "num_cpus" || ::sysconf(_SC_NPROCESSORS_ONLN) > 1;
      CHECK((varied->at(name) != answer) == (name == each.probe && possible));
    }
  }
}

TEST_CASE("conditions: all variations take effect together", "[rebuild][conditions][sandbox]") {
  const auto base = probe({});
  if (!base) return;
  Conditions all;
  for (const auto& each : variations()) each.apply(all);
  const auto varied = probe(all);
  REQUIRE(varied);
  for (const auto& each : variations()) {
    INFO(each.id << ": " << varied->at(std::string{each.probe}));
    if (each.id == "time" || (each.id == "num_cpus" && ::sysconf(_SC_NPROCESSORS_ONLN) < 2)) continue;
    CHECK(varied->at(std::string{each.probe}) != base->at(std::string{each.probe}));
  }
}

TEST_CASE("setting: a probe's line is told from others", "[rebuild][conditions]") {
  CHECK(parse_probe("probe host a b")->second == "a b");
  CHECK(parse_probe("probe seed ")->second.empty());
  CHECK(!parse_probe("probe"));
  CHECK(!parse_probe("probe x"));
  CHECK(!parse_probe("step 1"));
}

TEST_CASE("setting: an archive that is cut off or none is refused", "[rebuild][conditions][hostile]") {
  auto tree = small_tree();
  REQUIRE(::ftruncate(tree.get(), 512 * 7 + 100) == 0);  // within the name of the last entry
  CHECK(!reversed_archive(tree.get()));
  REQUIRE(::ftruncate(tree.get(), 0) == 0);
  REQUIRE(::pwrite(tree.get(), std::string(2048, 'x').data(), 2048, 0) == 2048);
  CHECK(!reversed_archive(tree.get()));
}
