// Containers, directories, and what is told about them.
#include <sys/stat.h>
#include <sys/xattr.h>

#include <filesystem>
#include <fstream>

#include "artifact/compare_artifacts.hpp"
#include "digest/digest.hpp"
#include "pairs.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::artifact;
using namespace assay::artifact::test;

namespace {

std::string paragraph(int seed) {
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += "line " + std::to_string(i * seed % 7919) + " of a longer text that is not repeated\n";
  return text;
}

const ItemDifference* item_at(const Comparison& comparison, const std::string& path) {
  for (const auto& item : comparison.items)
    if (item.path == path) return &item;
  return nullptr;
}

}  // namespace

TEST_CASE("compare: a renamed member is found by its digest, a changed one by similarity", "[artifact][members]") {
  auto changed = paragraph(31);
  changed.replace(500, 4, "XXXX");
  const auto before = tar_of({{"old/name.txt", paragraph(17)}, {"first.txt", paragraph(31)}, {"same.txt", "same"}});
  const auto after = tar_of({{"new/place.txt", paragraph(17)}, {"second.txt", changed}, {"same.txt", "same"}});
  const auto comparison = compare(before, after, "a.tar");
  const auto* moved = item_at(comparison, "new/place.txt");
  REQUIRE(moved != nullptr);
  CHECK(moved->status == ItemStatus::moved);
  CHECK(moved->other_path == "old/name.txt");
  CHECK(moved->similarity == 100);
  const auto* similar = item_at(comparison, "second.txt");
  REQUIRE(similar != nullptr);
  CHECK(similar->other_path == "first.txt");
  CHECK(similar->similarity >= 40);
  CHECK(similar->similarity < 100);
}

TEST_CASE("compare: what fills an archive up follows from its members, and another record size is a dialect",
          "[artifact][members]") {
  const auto filled = [](std::string archive, std::size_t record) {
    archive.resize((archive.size() + record - 1) / record * record, '\0');
    return archive;
  };
  const auto small = tar_of({{"a", "Built 2022-01-02 03:04:05\n"}});
  const auto large = tar_of({{"a", "Built 2026-01-02 03:04:05\n" + std::string(3000, 'x')}});
  const auto followed = compare(filled(small, 10240), filled(large, 10240), "a.tar");
  for (const auto& cause : followed.causes) CHECK(cause.id != "dialect");
  CHECK(cause_ids(compare(filled(small, 10240), small, "a.tar")) == std::vector<std::string>{"dialect"});
  auto hidden = filled(small, 10240);
  hidden.back() = 'x';
  CHECK_FALSE(compare(filled(small, 10240), hidden, "a.tar").closed);
}

TEST_CASE("compare: members in another order are one change", "[artifact][members]") {
  const auto comparison =
      compare(tar_of({{"a", "1"}, {"b", "2"}, {"c", "3"}}), tar_of({{"c", "3"}, {"a", "1"}, {"b", "2"}}), "a.tar");
  CHECK(cause_ids(comparison) == std::vector<std::string>{"file-order"});
  CHECK(comparison.closed);
}

TEST_CASE("compare: a cut off archive is compared as bytes, with a note", "[artifact][hostile]") {
  const auto whole = tar_of({{"a", std::string(5000, 'x')}});
  const auto comparison = compare(whole, whole.substr(0, 2048), "a.tar");
  REQUIRE_FALSE(comparison.items.empty());
  REQUIRE_FALSE(comparison.items[0].notes.empty());
  CHECK(comparison.items[0].notes[0].find("cut off") != std::string::npos);
  CHECK(comparison.items[0].comparator != "tar");
  CHECK_FALSE(comparison.closed);
}

TEST_CASE("compare: unequal types say so and stop", "[artifact]") {
  const auto comparison = compare(a_program(), tar_of({{"a", "b"}}), "x");
  REQUIRE(comparison.items.size() == 1);
  CHECK(comparison.items[0].status == ItemStatus::kind_changed);
  CHECK(comparison.items[0].notes[0] == "was an ELF file and is a tar archive: not compared further");
  CHECK(exit_code(comparison) == 1);
}

TEST_CASE("compare: sockets, pipes and loops of links in a directory are named and not followed",
          "[artifact][hostile]") {
  const assay::test::TempDir place;
  for (const auto* side : {"a", "b"}) {
    const auto root = place.path() / side;
    std::filesystem::create_directories(root / "sub");
    std::filesystem::create_symlink("..", root / "sub/loop");
    std::filesystem::create_symlink("self", root / "self");
    REQUIRE(::mkfifo((root / "pipe").c_str(), 0644) == 0);
    std::ofstream{root / "file"} << side;
  }
  CompareRequest request;
  request.before = place.path() / "a";
  request.after = place.path() / "b";
  const auto comparison = compare_artifacts(request);
  REQUIRE(comparison);
  const auto* root = item_at(*comparison, "");
  REQUIRE(root != nullptr);
  CHECK(root->notes == std::vector<std::string>{"pipe is a FIFO: not opened",
                                                "self is a symbolic link that leads in a circle: not followed",
                                                "sub/loop is a symbolic link that leads in a circle: not followed"});
  CHECK(item_at(*comparison, "file") != nullptr);
  CHECK(comparison->items.size() == 2);
}

TEST_CASE("compare: below the deepest directory that is listed nothing is called equal", "[artifact][hostile]") {
  const assay::test::TempDir place;
  CompareRequest request;
  request.before = place.path() / "a";
  request.after = place.path() / "b";
  for (const auto& side : {request.before, request.after}) {
    std::filesystem::create_directories(side / "1/2/3/4");
    std::ofstream{side / "1/2/3/4/file"} << side.filename();
  }
  request.limits.max_path_depth = 3;
  const auto cut = compare_artifacts(request);
  REQUIRE(cut);
  CHECK_FALSE(cut->coverage.complete());
  CHECK(exit_code(*cut) == 3);
  request.limits.max_path_depth = 5;
  const auto whole = compare_artifacts(request);
  REQUIRE(whole);
  CHECK(item_at(*whole, "1/2/3/4/file") != nullptr);
}

TEST_CASE("compare: the mode of the two directories themselves is compared too", "[artifact]") {
  const assay::test::TempDir place;
  CompareRequest request;
  request.before = place.path() / "a";
  request.after = place.path() / "b";
  std::filesystem::create_directories(request.before);
  std::filesystem::create_directories(request.after);
  REQUIRE(::chmod(request.before.c_str(), 0755) == 0);
  REQUIRE(::chmod(request.after.c_str(), 01777) == 0);
  const auto comparison = compare_artifacts(request);
  REQUIRE(comparison);
  REQUIRE(comparison->leftovers.size() == 1);
  CHECK(comparison->changes[comparison->leftovers[0]].aspect == Aspect::mode);
}

TEST_CASE("compare: extended attributes of files in directories are told and never set aside", "[artifact]") {
  const assay::test::TempDir place;
  for (const auto* side : {"a", "b"}) {
    std::filesystem::create_directories(place.path() / side);
    std::ofstream{place.path() / side / "file"} << "same";
  }
  if (::setxattr((place.path() / "b/file").c_str(), "user.assay", "x", 1, 0) != 0) return;  // not on this file system
  CompareRequest request;
  request.before = place.path() / "a";
  request.after = place.path() / "b";
  const auto comparison = compare_artifacts(request);
  REQUIRE(comparison);
  REQUIRE(comparison->leftovers.size() == 1);
  const auto& change = comparison->changes[comparison->leftovers[0]];
  CHECK(change.aspect == Aspect::xattr);
  CHECK(change.place == "user.assay");
  CHECK(change.after == "=x");
}

TEST_CASE("compare: accepted causes exit 0, and an accepted cause hides nothing else", "[artifact]") {
  const assay::test::TempDir place;
  std::ofstream{place.path() / "a.txt"} << "Built 2022-01-02 03:04:05\nvalue 1\n";
  std::ofstream{place.path() / "b.txt"} << "Built 2026-01-02 03:04:09\nvalue 1\n";
  std::ofstream{place.path() / "c.txt"} << "Built 2026-01-02 03:04:09\nvalue 2\n";
  CompareRequest request;
  request.before = place.path() / "a.txt";
  request.after = place.path() / "b.txt";
  request.accepted = {"timestamp"};
  const auto accepted = compare_artifacts(request);
  REQUIRE(accepted);
  CHECK(exit_code(*accepted) == 0);
  CHECK_FALSE(accepted->equal);
  request.after = place.path() / "c.txt";
  const auto other = compare_artifacts(request);
  REQUIRE(other);
  CHECK(exit_code(*other) == 1);
}

TEST_CASE("compare: names that images make of digests follow from what has the digest", "[artifact][image]") {
  const auto archive = [](const char* year) {
    const auto config = std::string{"{\"created\": \""} + year + "-05-06T07:08:09Z\"}";
    const auto id = sha256({reinterpret_cast<const std::uint8_t*>(config.data()), config.size()}).hex();
    return tar_of({{"manifest.json", "[{\"Config\":\"" + id + ".json\",\"Layers\":[]}]"}, {id + ".json", config}});
  };
  const auto comparison = compare(archive("2022"), archive("2026"), "image.tar");
  CHECK(cause_ids(comparison) == std::vector<std::string>{"timestamp"});
  CHECK(comparison.closed);
}

TEST_CASE("compare: lines of a program in another order are nobody's file order", "[artifact]") {
  const auto script = compare("#!/bin/sh\nrm a\ntouch a\n", "#!/bin/sh\ntouch a\nrm a\n", "run.sh");
  CHECK_FALSE(script.closed);
  CHECK_FALSE(script.leftovers.empty());
  const auto source = compare("a();\nb();\nc();\n", "c();\na();\nb();\n", "x.c");
  CHECK_FALSE(source.closed);
  const auto list = compare("c\na\nd\nb\n", "b\nd\na\nc\n", "list.txt");
  CHECK(list.closed);
}
