#include "model/entry.hpp"

#include <set>

#include "support/catch.hpp"

using namespace assay;

namespace {

TreeEntry entry(std::string path, std::uint64_t size = 0) {
  TreeEntry made;
  made.path = std::move(path);
  made.size = size;
  return made;
}

std::vector<std::string> paths_of(const TreeManifest& manifest) {
  std::vector<std::string> paths;
  for (const auto& item : manifest.entries()) paths.push_back(item.path);
  return paths;
}

}  // namespace

TEST_CASE("container path: is written and read back, whatever the names hold", "[model][container_path]") {
  const std::vector<std::vector<std::string>> cases = {
      {"a.deb"},
      {"a.deb", "data.tar.xz", "usr/bin/x"},
      {"bang!", "x"},
      {"!"},
      {"!!", "!"},
      {"a", "", "b"},
      {""},
      {"end!", "!start"},
      {"caf\xe9", std::string("nul\0byte", 8)},
  };
  std::set<std::string> texts;
  for (const auto& parts : cases) {
    const ContainerPath path{parts};
    CAPTURE(path.to_string());
    CHECK(ContainerPath::parse(path.to_string()) == path);
    texts.insert(path.to_string());
  }
  CHECK(texts.size() == cases.size());
}

TEST_CASE("container path: no two lists of names are written alike", "[model][container_path][hostile]") {
  const std::vector<std::string> names = {"a", "!", "a!", "!a", "!!", "a!a", "", "\\", "\\!", "a\\"};
  std::set<std::string> texts;
  for (const auto& first : names)
    for (const auto& second : names)
      for (const auto& third : names) {
        const ContainerPath path{{first, second, third}};
        CAPTURE(path.to_string());
        CHECK(ContainerPath::parse(path.to_string()) == path);
        texts.insert(path.to_string());
      }
  CHECK(texts.size() == names.size() * names.size() * names.size());
}

TEST_CASE("container path: children are appended", "[model][container_path]") {
  const auto path = ContainerPath{{"a.deb"}}.child("data.tar").child("usr/bin/x");
  CHECK(path.to_string() == "a.deb!data.tar!usr/bin/x");
  CHECK(path.parts().size() == 3);
}

TEST_CASE("manifest: entries are sorted by path bytes", "[model][manifest]") {
  const TreeManifest manifest{{entry("b"), entry("a/z"), entry("a"), entry("a-b"), entry("\xc3\xa9"), entry("B")}};
  CHECK(paths_of(manifest) == std::vector<std::string>{"B", "a", "a-b", "a/z", "b", "\xc3\xa9"});
}

TEST_CASE("manifest: of several entries for one path the last one given stands", "[model][manifest]") {
  const TreeManifest manifest{
      {entry("x", 1), entry("y", 2), entry("x", 3), entry("w", 4), entry("x", 5), entry("y", 6)}};
  REQUIRE(manifest.size() == 3);
  CHECK(manifest.find("w")->size == 4);
  CHECK(manifest.find("x")->size == 5);
  CHECK(manifest.find("y")->size == 6);
}

TEST_CASE("manifest: looks up whole paths only", "[model][manifest]") {
  const TreeManifest manifest{{entry("src/main.c"), entry("src")}};
  CHECK(manifest.find("src/main.c") != nullptr);
  CHECK(manifest.find("src/main") == nullptr);
  CHECK(manifest.find("src/main.cc") == nullptr);
  CHECK(manifest.find("") == nullptr);
  CHECK(TreeManifest{}.find("x") == nullptr);
  CHECK(TreeManifest{}.empty());
}

TEST_CASE("entry: the owner's execute bit makes it executable", "[model][entry]") {
  auto tool = entry("tool");
  for (const auto& [mode, executable] :
       {std::pair{0755U, true}, {0644U, false}, {0100U, true}, {0011U, false}, {04755U, true}}) {
    tool.mode = mode;
    CHECK(tool.executable() == executable);
  }
}

TEST_CASE("entry: every kind has a name of its own", "[model][entry]") {
  std::set<std::string_view> names;
  for (const auto kind : {EntryKind::regular, EntryKind::symlink, EntryKind::hardlink, EntryKind::directory,
                          EntryKind::submodule, EntryKind::device, EntryKind::fifo, EntryKind::socket})
    names.insert(to_string(kind));
  CHECK(names.size() == 8);
}
