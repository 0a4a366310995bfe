#include "rebuild/build.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;
namespace fs = std::filesystem;

namespace {

/// Build a tree of these files with that recipe; nothing if no sandbox can be made here.
class Project {
 public:
  Project& file(const std::string& name, const std::string& content) {
    fs::create_directories((m_directory.path() / "project" / name).parent_path());
    std::ofstream{m_directory.path() / "project" / name, std::ios::binary} << content;
    return *this;
  }
  std::optional<BuildOutcome> build(const BuildRecipe& recipe, Conditions conditions = {},
                                    const SandboxLimits& limits = {}) {
    auto source = open_build_source((m_directory.path() / "project").string(), {});
    REQUIRE(source);
    BuildRequest request;
    request.source = &*source;
    request.recipe = &recipe;
    request.conditions = std::move(conditions);
    request.directory = m_directory.path() / "out";
    request.traced = false;
    request.limits = limits;
    auto outcome = run_build(request);
    if (!outcome) {
      WARN("no sandbox here: " << outcome.error().message);
      return std::nullopt;
    }
    return std::move(*outcome);
  }

 private:
  test::TempDir m_directory;
};

BuildRecipe recipe_of(std::vector<std::string> commands, std::vector<std::string> artifacts = {"out"}) {
  BuildRecipe recipe;
  recipe.name = "given";
  recipe.phases = {{"build", std::move(commands)}};
  recipe.artifacts = std::move(artifacts);
  return recipe;
}

std::string content_of(const BuiltArtifact& artifact) {
  std::ifstream file{artifact.file, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("build: what matches the recipe's globs comes out, below the place it was made", "[rebuild][build]") {
  Project project;
  project.file("a.txt", "text\n");
  const auto done =
      project.build(recipe_of({"cp a.txt out; mkdir sub; echo x > 'sub/odd $name'; echo y > ../upward.deb; mkdir -p "
                               "$ASSAY_INSTALL/usr; echo z > $ASSAY_INSTALL/usr/z"},
                              {"out", "sub/odd $*", "../*.deb", "$ASSAY_INSTALL/usr/*", "$ASSAY_INSTALL/**"}));
  if (!done) return;
  REQUIRE(done->end == BuildEnd::built);
  std::vector<std::string> names;
  for (const auto& artifact : done->artifacts) names.push_back(artifact.name);
  CHECK(names == std::vector<std::string>{"install.tar", "out", "sub/odd $name", "upward.deb", "usr/z"});
  CHECK(content_of(done->artifacts[1]) == "text\n");
  CHECK(done->artifacts[1].sha256 == sha256(as_bytes("text\n")).hex());
}

TEST_CASE("build: the first command that fails ends it, and the log is cut to its first real error",
          "[rebuild][build]") {
  Project project;
  project.file("a.txt", "");
  const auto done = project.build(
      recipe_of({"echo fine", "echo 'x.c:1:2: error: no such thing'; for i in $(seq 100); do echo noise; done; exit 3",
                 "touch out"}));
  if (!done) return;
  CHECK(done->end == BuildEnd::failed);
  CHECK(done->exit_code == 3);
  CHECK(done->failed_phase == "build");
  CHECK(done->failed_command.starts_with("echo 'x.c"));
  CHECK(done->log_excerpt.find("error: no such thing") != std::string::npos);
  CHECK(done->artifacts.empty());
}

TEST_CASE("build: one that makes no artifact made nothing", "[rebuild][build]") {
  Project project;
  project.file("a.txt", "");
  const auto done = project.build(recipe_of({"true"}));
  if (!done) return;
  CHECK(done->end == BuildEnd::nothing);
}

TEST_CASE("build: packages that are not installed are named before anything is run", "[rebuild][build]") {
  if (!fs::exists("/usr/bin/dpkg-checkbuilddeps")) return;
  Project project;
  project.file("a.txt", "");
  auto recipe = recipe_of({"touch out"});
  recipe.needs = {"dpkg", "no-such-package (>= 2) | other", "nor-this:any"};
  const auto done = project.build(recipe);
  if (!done) return;
  CHECK(done->end == BuildEnd::missing_inputs);
  CHECK(done->missing == std::vector<std::string>{"no-such-package", "nor-this"});
}

TEST_CASE("build: conditions are as asked for, and the probes say so", "[rebuild][build]") {
  Project project;
  project.file("a", "").file("b", "").file("c", "");
  Conditions other;
  other.directory = "/build/longer/path/to/it";
  other.home = "/build/elsewhere";
  other.user = "someone";
  other.uid = 1234;
  other.hostname = "another";
  other.timezone = "Etc/GMT-14";
  other.umask = "002";
  other.old_kernel = true;
  other.fixed_addresses = false;
  other.order = FileOrder::reversed;
  other.seed = "77";
  other.environment = {{"ASSAY_CANARY", "yes"}};
  const auto recipe = recipe_of({"{ pwd; id -un; umask; uname -n; echo $ASSAY_CANARY; } > out"});
  const auto base = project.build(recipe);
  const auto varied = project.build(recipe, other);
  if (!base || !varied) return;
  REQUIRE(varied->end == BuildEnd::built);
  CHECK(content_of(varied->artifacts[0]) == "/build/longer/path/to/it\nsomeone\n0002\nanother\nyes\n");
  for (const std::string probe : {"directory", "home", "user", "host", "timezone", "umask", "kernel", "addresses",
                                  "order", "seed", "environment"})
    CHECK((probe + ": " + base->probes.at(probe)) != (probe + ": " + varied->probes.at(probe)));
}

TEST_CASE("build: a locale that the system lacks is made for it", "[rebuild][build]") {
  if (!fs::exists("/usr/share/i18n/locales/et_EE")) return;
  Project project;
  project.file("a", "");
  Conditions other;
  other.locale = "et_EE.UTF-8";
  const auto done = project.build(recipe_of({"date -d @0 +%A > out"}), other);
  if (!done) return;
  REQUIRE(done->end == BuildEnd::built);
  CHECK(content_of(done->artifacts[0]) ==
        "neljap\xc3\xa4"
        "ev\n");
}

TEST_CASE("build: what still runs when the commands have ended changes no artifact", "[rebuild][build][hostile]") {
  Project project;
  project.file("a", "");
  const auto done =
      project.build(recipe_of({"(setsid sh -c 'while :; do echo bad > later; sleep 0.01; done' >/dev/null 2>&1 &); "
                               "while ! [ -e later ]; do sleep 0.01; done",
                               "echo good > out"}));
  if (!done) return;
  REQUIRE(done->end == BuildEnd::built);
  CHECK(content_of(done->artifacts[0]) == "good\n");
  CHECK(done->wall < std::chrono::seconds{20});
}

TEST_CASE("build: a link is no artifact, nor is what a name leads out of the tree", "[rebuild][build][hostile]") {
  Project project;
  project.file("a", "");
  const auto done = project.build(recipe_of({"ln -s /etc/passwd out; mkdir x; echo 1 > x/..y; ln -s /etc etc"},
                                            {"out", "x/..y", "etc/passwd", "/etc/hostname"}));
  if (!done) return;
  for (const auto& artifact : done->artifacts) CHECK(artifact.name.find("/../") == std::string::npos);
  for (const auto& artifact : done->artifacts) CHECK(artifact.name != "out");
}

TEST_CASE("build: a directory goes by its own name, however it is written", "[rebuild][build]") {
  const test::TempDir directory;
  directory.write("project/sub/a", "x");
  for (const char* written : {"project", "project/", "project/.", "project/sub/.."}) {
    CAPTURE(written);
    const auto source = open_build_source((directory.path() / written).string(), {});
    REQUIRE(source);
    CHECK(source->name == "project");
    CHECK(source->subject.name == "project");
  }
}
