#include "vcs/tree_object.hpp"

#include "git_fixture.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::vcs;

namespace {

std::string item(std::string_view mode, std::string_view name, char id = 'i') {
  return std::string{mode} + " " + std::string{name} + '\0' + std::string(20, id);
}

ParsedTree parse(std::string_view object) {
  return parse_tree(as_bytes(object), GitHash::sha1);
}

}  // namespace

TEST_CASE("tree: entries of every kind are read", "[vcs][tree]") {
  const auto object = item("100644", "a") + item("100755", "b") + item("120000", "c") + item("160000", "d") +
                      item("40000", "e") + item("100664", "f");
  const auto tree = parse(object);
  CHECK(tree.defects == 0);
  REQUIRE(tree.entries.size() == 6);
  CHECK(kind_of_mode(tree.entries[0].mode) == EntryKind::regular);
  CHECK(permissions_of_mode(tree.entries[0].mode) == 0644);
  CHECK(permissions_of_mode(tree.entries[1].mode) == 0755);
  CHECK(kind_of_mode(tree.entries[2].mode) == EntryKind::symlink);
  CHECK(permissions_of_mode(tree.entries[2].mode) == 0);
  CHECK(kind_of_mode(tree.entries[3].mode) == EntryKind::submodule);
  CHECK(tree.entries[4].is_tree());
  CHECK(permissions_of_mode(tree.entries[5].mode) == 0644);
  CHECK(as_text(tree.entries[5].id) == std::string(20, 'i'));
}

TEST_CASE("tree: an empty tree is a tree, SHA-256 ids are longer", "[vcs][tree]") {
  CHECK(parse("").entries.empty());
  CHECK(parse("").defects == 0);
  const auto object = std::string{"100644 a"} + '\0' + std::string(32, 'x');
  const auto tree = parse_tree(as_bytes(object), GitHash::sha256);
  REQUIRE(tree.entries.size() == 1);
  CHECK(tree.entries[0].id.size() == 32);
}

TEST_CASE("tree: names that lead elsewhere are dropped and named", "[vcs][tree][hostile]") {
  for (const auto* name : {"", ".", "..", "a/b", "/etc", ".git", ".GIT", ".Git", "git~1", "GIT~1", ".git ", ".git.",
                           ".git::$DATA", ".g\xe2\x80\x8cit", "\xe2\x80\x8e.git", ".gi\xef\xbb\xbft"}) {
    CAPTURE(name);
    const auto tree = parse(item("100644", "%fine") + item("100644", name));
    CHECK(tree.entries.size() == 1);
    CHECK(tree.defects >= 1);
    CHECK_FALSE(tree.first_defect.empty());
    CHECK_FALSE(is_harmless_path(name == std::string_view{"a/b"} ? "a/../b" : name));
  }
  for (const auto* name :
       {".gitignore", ".github", "git", "gitx", "git~2", "...", "..a", ".gi", "caf\xc3\xa9", "a b", "back\\slash"}) {
    CAPTURE(name);
    CHECK(parse(item("100644", name)).defects == 0);
    CHECK(is_harmless_path(std::string{"dir/"} + name));
  }
}

TEST_CASE("tree: order and duplicates are judged as git fsck judges them", "[vcs][tree][hostile]") {
  // A directory sorts as if its name ended in a slash: "a.c" < "a/" < "a0".
  CHECK(parse(item("100644", "a.c") + item("40000", "a") + item("100644", "a0")).defects == 0);
  CHECK(parse(item("40000", "a") + item("100644", "a.c")).defects == 1);
  CHECK(parse(item("100644", "b") + item("100644", "a")).defects == 1);
  const auto doubled = item("100644", "a", '1') + item("100644", "a", '2');
  const auto twice = parse(doubled);
  CHECK(twice.defects == 1);
  REQUIRE(twice.entries.size() == 1);
  CHECK(twice.entries[0].id[0] == '1');
  // The file and the directory of one name are not neighbours in git's order.
  const auto objects = item("100644", "a") + item("100644", "a.c") + item("40000", "a");
  const auto apart = parse(objects);
  CHECK(apart.defects == 1);
  CHECK(apart.entries.size() == 2);
  CHECK(apart.first_defect.find("twice") != std::string::npos);
}

TEST_CASE("tree: unknown modes are dropped and named", "[vcs][tree][hostile]") {
  for (const auto* mode :
       {"0", "644", "100000000", "20644", "60644", "140755", "104755", "120777", "40755", "160001"}) {
    CAPTURE(mode);
    const auto tree = parse(item(mode, "a"));
    CHECK(tree.entries.empty());
    CHECK(tree.defects == 1);
  }
}

TEST_CASE("tree: an object that is cut short gives what came before", "[vcs][tree][hostile]") {
  const auto whole = item("100644", "a") + item("100644", "b");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const auto part = whole.substr(0, size);
    const auto tree = parse(part);
    const bool on_boundary = size == 0 || size == whole.size() / 2;
    CHECK(tree.defects == (on_boundary ? 0 : 1));
    CHECK(tree.entries.size() == (size >= whole.size() / 2 ? 1 : 0));
  }
  CHECK(parse("999999 a").defects == 1);
  CHECK(parse(std::string(100, '\0')).defects == 1);
}
