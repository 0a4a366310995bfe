#include "rebuild/make_root.hpp"

#include <stdlib.h>

#include <fstream>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;
namespace fs = std::filesystem;

namespace {

/// A PATH with an apt-get and an mmdebstrap that only note how they were called.
class Tools {
 public:
  Tools() : m_path(::getenv("PATH")) {
    tool("apt-get", "for w do case $w in Dir::State::Lists=*) cp \"$ARCHIVE\" \"${w#*=}/x_InRelease\";; esac; done");
    tool("mmdebstrap",
         "echo called >> \"$CALLS\"\nfor w do case $w in --customize-hook=*) hook=${w#*=};; --setup-hook=*) "
         "set_up=${w#*=};; esac; done\n"
         "mkdir -p \"$CALLS.root/usr/bin\" \"$CALLS.root/etc/apt\"\n"
         "sh -c \"$set_up\" sh \"$CALLS.root\" || exit 1\n"
         "echo \"$hook\" | sed -n 's/.*cat \\(.*\\)\\/needs.*/\\1/p' | tr -d \"'\" | { read -r d; cp \"$d/needs\" "
         "\"$CALLS.root/usr/needs\"; }\n"
         "tar -C \"$CALLS.root\" -c .");
    ::setenv("PATH", (m_directory.path().string() + ":" + m_path).c_str(), 1);
    archive("state 1");
    request.sources = m_directory.write(
        "a.sources",
        "Types: deb\nURIs: http://archive.invalid/debian\nSuites: stable stable-updates\nComponents: main\n");
    request.cache = m_directory.path() / "cache";
  }
  ~Tools() { ::setenv("PATH", m_path.c_str(), 1); }
  void tool(const std::string& name, const std::string& script) {
    const auto here = m_directory.path().string();
    const auto file =
        m_directory.write(name, "#!/bin/sh\nCALLS=" + here + "/calls ARCHIVE=" + here + "/archive\n" + script + "\n");
    fs::permissions(file, fs::perms{0755});
  }
  void archive(std::string_view state) { m_directory.write("archive", state); }
  std::size_t calls() const {
    std::ifstream file{m_directory.path() / "calls"};
    std::string line;
    std::size_t count = 0;
    while (std::getline(file, line)) ++count;
    return count;
  }
  /// Each given up at once, so that it may be removed.
  fs::path make() {
    auto root = make_root(request);
    REQUIRE(root);
    CHECK(fs::is_directory(root->directory / "usr"));
    return root->directory;
  }
  static std::string content(const fs::path& file) {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }

  RootRequest request;

 private:
  test::TempDir m_directory;
  std::string m_path;
};

}  // namespace

TEST_CASE("make root: the suite is that of the first archive of binary packages", "[rebuild][root]") {
  CHECK(first_suite("# deb http://x old main\ndeb-src http://x stable main\ndeb [arch=amd64 signed-by=/k] http://x "
                    "stable main\n") == "stable");
  CHECK(first_suite("deb http://x trixie main # with words") == "trixie");
  CHECK(first_suite("Types: deb-src\nURIs: http://x\nSuites: no\n\nTypes: deb deb-src\nURIs: http://x\nSuites: "
                    "bookworm bookworm-updates\n") == "bookworm");
  CHECK(first_suite("Enabled: no\nTypes: deb\nSuites: off\n").empty());
  CHECK(first_suite("deb http://x").empty());
  CHECK(first_suite("deb [arch=amd64 http://x").empty());
}

TEST_CASE("make root: recorded versions become preferences, and nothing else does", "[rebuild][root][hostile]") {
  CHECK(version_preferences({{"gcc-12", "12.2.0-14"}}) ==
        "Package: gcc-12\nPin: version 12.2.0-14\nPin-Priority: 1001\n\n");
  CHECK(version_preferences({{"a b", "1"}, {"a", "1\nPin: x"}, {"", "1"}, {"a", "*"}, {"$(id)", "1"}}).empty());
}

TEST_CASE("make root: the same archives, needs and versions are made once; another of them is another root",
          "[rebuild][root]") {
  Tools tools;
  tools.request.needs = {"debhelper (>= 13)", "liba-dev | libb-dev [amd64]"};
  tools.request.recorded = {{"gcc-12", "12.2.0-14"}};
  const auto first = tools.make();
  CHECK(Tools::content(first / "usr/needs") == "build-essential, debhelper (>= 13), liba-dev | libb-dev [amd64]");
  CHECK(Tools::content(first / "etc/apt/preferences.d/recorded").find("12.2.0-14") != std::string::npos);
  CHECK(tools.make() == first);
  CHECK(tools.calls() == 1);
  tools.archive("state 2");
  CHECK(tools.make() != first);
  tools.archive("state 1");
  tools.request.recorded.clear();
  CHECK(tools.make() != first);
  tools.request.needs.clear();
  CHECK(tools.make() != first);
  CHECK(tools.calls() == 4);
}

TEST_CASE("make root: what an interrupted run left is no root, and goes", "[rebuild][root][hostile]") {
  Tools tools;
  const auto root = tools.make();
  fs::rename(root, root.string() + ".part");
  CHECK(tools.make() == root);
  CHECK(tools.calls() == 2);
  CHECK_FALSE(fs::exists(root.string() + ".part"));
}

TEST_CASE("make root: beyond the four used last they are removed, but not one that is in use", "[rebuild][root]") {
  Tools tools;
  const auto held = make_root(tools.request);
  REQUIRE(held);
  fs::path second;
  for (int state = 2; state < 8; ++state) {
    tools.archive("state " + std::to_string(state));
    const auto root = tools.make();
    if (state == 2) second = root;
    fs::last_write_time(root, fs::file_time_type::clock::now() + std::chrono::seconds{state});
  }
  CHECK(fs::exists(held->directory));
  CHECK_FALSE(fs::exists(second));
}

TEST_CASE("make root: a missing program names its package, a failing one its own words", "[rebuild][root]") {
  Tools tools;
  tools.tool("mmdebstrap",
             "echo 'E: Unable to correct problems, you have held broken packages.' >&2; echo more >&2; exit 25");
  auto failed = make_root(tools.request);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find("held broken packages") != std::string::npos);
  tools.tool("apt-get", "echo 'E: no network' >&2; exit 100");
  failed = make_root(tools.request);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find("no network") != std::string::npos);
  tools.request.needs = {"x; $(touch /tmp/y)"};
  failed = make_root(tools.request);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find("no relations of packages") != std::string::npos);
}

TEST_CASE("make root: without mmdebstrap or apt nothing is made, and the package is named", "[rebuild][root]") {
  Tools tools;
  const std::string path = ::getenv("PATH");
  const auto own = path.substr(0, path.find(':'));
  fs::remove(fs::path{own} / "mmdebstrap");
  fs::create_directories(fs::path{own} / "few");
  for (const auto* name : {"cp", "sh", "tar"})
    fs::create_symlink(fs::path{"/bin"} / name, fs::path{own} / "few" / name);
  ::setenv("PATH", (own + ":" + own + "/few").c_str(), 1);
  auto failed = make_root(tools.request);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "mmdebstrap is not installed");
  CHECK(failed.error().remedy == "apt install mmdebstrap");
  fs::remove(fs::path{own} / "apt-get");
  failed = make_root(tools.request);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().remedy == "apt install apt");
}
