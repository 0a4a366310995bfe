#include "compare/tree_comparison.hpp"

#include "support/catch.hpp"

using namespace assay;
using compare::compare_trees;

namespace {

TreeEntry file(std::string path, std::string_view content, std::uint32_t mode = 0644,
               EntryKind kind = EntryKind::regular) {
  TreeEntry entry;
  entry.path = std::move(path);
  entry.kind = kind;
  entry.mode = mode;
  entry.size = content.size();
  entry.digests.git_oid = git_object_id(GitHash::sha1, "blob", as_bytes(content));
  return entry;
}

compare::TreeComparison compared(std::vector<TreeEntry> subject, std::vector<TreeEntry> reference) {
  static TreeManifest left;
  static TreeManifest right;
  left = TreeManifest{std::move(subject)};
  right = TreeManifest{std::move(reference)};
  return compare_trees(left, right, {});
}

}  // namespace

TEST_CASE("compare: tells identical, added, modified and missing apart", "[compare]") {
  const auto result = compared({file("same", "1"), file("new", "2"), file("changed", "3")},
                               {file("same", "1"), file("changed", "4"), file("gone", "5")});
  CHECK(result.subject_entries == 3);
  CHECK(result.identical == 1);
  REQUIRE(result.differences.size() == 3);
  CHECK(result.differences[0].path == "changed");
  CHECK(result.differences[0].status == EntryStatus::modified);
  CHECK(result.differences[1].path == "gone");
  CHECK(result.differences[1].status == EntryStatus::missing);
  CHECK(result.differences[2].path == "new");
  CHECK(result.differences[2].status == EntryStatus::added);
}

TEST_CASE("compare: a blob at another path is moved, an empty file never is", "[compare]") {
  const auto result =
      compared({file("b/x.c", "content"), file("b/empty", "")}, {file("a/x.c", "content"), file("a/empty", "")});
  REQUIRE(result.differences.size() == 4);
  for (const auto& difference : result.differences) {
    if (difference.path == "b/x.c") CHECK(difference.status == EntryStatus::moved);
    if (difference.path == "b/empty") CHECK(difference.status == EntryStatus::added);
  }
}

TEST_CASE("compare: the executable bit is a difference, other mode bits are not", "[compare]") {
  const auto result =
      compared({file("run", "1", 0755), file("data", "2", 0664)}, {file("run", "1", 0644), file("data", "2", 0644)});
  REQUIRE(result.differences.size() == 1);
  CHECK(result.differences[0].path == "run");
  CHECK(result.differences[0].status == EntryStatus::mode_changed);
  CHECK(result.identical == 1);
}

TEST_CASE("compare: a symbolic link is not the file that holds its target's name", "[compare][hostile]") {
  const auto result = compared({file("x", "target", 0777, EntryKind::symlink)}, {file("x", "target")});
  REQUIRE(result.differences.size() == 1);
  CHECK(result.differences[0].status == EntryStatus::modified);
}

TEST_CASE("compare: content with the marks of a collision attack is never identical or moved", "[compare][hostile]") {
  auto twin = file("same", "1");
  twin.digests.sha1_collision = true;
  auto stray = file("stray", "1");
  stray.digests.sha1_collision = true;
  const auto result = compared({twin, stray}, {file("same", "1")});
  CHECK(result.identical == 0);
  CHECK(result.collisions == 2);
  REQUIRE(result.differences.size() == 2);
  CHECK(result.differences[0].status == EntryStatus::modified);
  CHECK(result.differences[1].status == EntryStatus::added);
}

TEST_CASE("compare: of a repeated path the last one counts, as when unpacked", "[compare][hostile]") {
  const auto result = compared({file("x", "good"), file("x", "evil")}, {file("x", "good")});
  REQUIRE(result.differences.size() == 1);
  CHECK(result.differences[0].status == EntryStatus::modified);
}
