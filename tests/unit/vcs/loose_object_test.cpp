#include "vcs/loose_object.hpp"

#include "pack_builder.hpp"
#include "support/catch.hpp"
#include "vcs/commit_object.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

std::optional<ObjectContent> content(const std::string& object) {
  const auto file = zlib_stored(object);
  return loose_content(as_bytes(file));
}

std::string header(std::string_view text) {
  return std::string{text} + '\0';
}

GitOid sha256_id() {
  return *GitOid::from_hex(std::string(64, '1'));
}

const std::string k_tree = "tree " + std::string(64, '2') + "\n";
const std::string k_people = "author A U Thor Jr. <a@b> 1700000000 +0130\ncommitter C <c@d> 1700003600 -0800\n";

}  // namespace

TEST_CASE("loose object: type, size and content", "[vcs][loose]") {
  const auto object = content(header("blob 5") + "hello");
  REQUIRE(object);
  CHECK(as_text(object->bytes()) == "hello");
  CHECK(content(header("tree 0"))->bytes().empty());
  const auto file = zlib_stored(header("tag 7") + "content");
  CHECK(loose_header(as_bytes(file))->type == ObjectType::tag);
  CHECK(loose_header(as_bytes(file))->size == 7);
}

TEST_CASE("loose object: what git would not write is none", "[vcs][loose][hostile]") {
  for (const auto* start :
       {"", "blob", "blob ", "blob x", "blob 5x", "blob -5", "blob +5", "blob 05", "blob  5", "Blob 5", "other 5", " 5",
        "blob 99999999999999999999", "blob 4", "blob 6", "blob 18446744073709551615"}) {
    CAPTURE(start);
    CHECK_FALSE(content(header(start) + "hello"));
  }
  CHECK_FALSE(content("blob 5 and no end of its header that would come before its limit"));
  CHECK_FALSE(loose_content(as_bytes("garbage")));
  CHECK_FALSE(loose_content({}));
  const auto file = zlib_stored(header("blob 5") + "hello");
  for (std::size_t size = 0; size < file.size(); ++size)
    CHECK_FALSE(loose_content(as_bytes(std::string_view{file}.substr(0, size))));
}

TEST_CASE("commit object: names, dates, parents and message as git has them", "[vcs][loose]") {
  const auto parent = "parent " + std::string(64, '3') + "\n";
  const auto text =
      k_tree + parent + parent + k_people + "encoding ISO-8859-1\ngpgsig-sha256 x\n encoding no\n\n\nsubject\n\nbody\n";
  const auto commit = parse_commit(sha256_id(), as_bytes(text));
  REQUIRE(commit);
  CHECK(commit->tree.hex() == std::string(64, '2'));
  CHECK(commit->parents.size() == 2);
  CHECK(commit->author.name == "A U Thor Jr.");
  CHECK(commit->author.email == "a@b");
  CHECK(commit->author.time == 1'700'000'000);
  CHECK(commit->author.offset_minutes == 90);
  CHECK(commit->committer.offset_minutes == -480);
  CHECK(commit->encoding == "ISO-8859-1");
  CHECK(commit->message == "subject\n\nbody\n");
  CHECK(parse_commit(sha256_id(), as_bytes(k_tree + k_people))->message.empty());
}

TEST_CASE("commit object: what is none is refused, odd dates are the epoch", "[vcs][loose][hostile]") {
  const auto refused = [](const std::string& text) { return !parse_commit(sha256_id(), as_bytes(text)); };
  CHECK(refused(""));
  CHECK(refused(k_people + k_tree));
  CHECK(refused(k_tree));
  CHECK(refused("tree " + std::string(40, '2') + "\n" + k_people));  // of another hash
  CHECK(refused("tree " + std::string(64, 'x') + "\n" + k_people));
  CHECK(refused(k_tree + "parent x\n" + k_people));
  CHECK(refused(k_tree + "author nobody\ncommitter C <c@d> 1 +0000\n"));
  CHECK(refused(k_tree + "author A <a@b> 1 +0000\n\ncommitter C <c@d> 1 +0000\n"));
  CHECK(refused(k_tree.substr(0, k_tree.size() - 1)));
  for (const auto* date : {"", " ", " x", " -5 +0000", " 99999999999999999999 +0000", " 0 +9999", " 0 0130", " 0 +"}) {
    CAPTURE(date);
    const auto commit =
        parse_commit(sha256_id(), as_bytes(k_tree + "author A <a@b>" + date + "\ncommitter <c@d>\n\nx"));
    REQUIRE(commit);
    CHECK(commit->author.time == 0);
    CHECK(commit->author.offset_minutes == 0);
    CHECK(commit->committer.name.empty());
  }
}

TEST_CASE("tag object: what it leads to", "[vcs][loose]") {
  const auto target = "object " + std::string(64, '4') + "\n";
  const auto tag = parse_tag(GitHash::sha256, as_bytes(target + "type tree\ntag v1\n\nx"));
  REQUIRE(tag);
  CHECK(tag->object.hex() == std::string(64, '4'));
  CHECK(tag->type == ObjectType::tree);
  CHECK_FALSE(parse_tag(GitHash::sha1, as_bytes(target + "type tree\n")));
  CHECK_FALSE(parse_tag(GitHash::sha256, as_bytes(target + "type house\n")));
  CHECK_FALSE(parse_tag(GitHash::sha256, as_bytes("type tree\n" + target)));
  CHECK_FALSE(parse_tag(GitHash::sha256, {}));
}
