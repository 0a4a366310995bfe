#include "vcs/index_file.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "git_fixture.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

std::string shown(const std::vector<IndexEntry>& entries) {
  std::string text;
  for (const auto& entry : entries)
    text += fmt::format("{:o} {} {}{}{}\n", entry.mode, entry.id.hex(), entry.path,
                        entry.conflicted ? " conflicted" : "", entry.absent ? " absent" : "");
  return text;
}

Result<std::vector<IndexEntry>> parsed(const GitFixture& git) {
  const auto bytes = read_file(git.work() / ".git/index", 1U << 20);
  REQUIRE(bytes);
  return parse_index(*bytes, fixture_hash());
}

/// An index of version 4 without a checksum: of each name how much of the one before it drops (below 128), and what it adds.
Bytes index_of(const std::vector<std::pair<char, std::string>>& names) {
  const std::size_t id_size = fixture_hash() == GitHash::sha1 ? 20 : 32;
  std::string bytes{"DIRC\0\0\0\4", 8};
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(names.size() >> shift));
  for (const auto& [strip, added] : names)
    bytes += std::string(40 + id_size + 2, '\0') + strip + added + std::string(1, '\0');
  bytes += std::string(id_size, '\0');
  return {bytes.begin(), bytes.end()};
}

void make_files(const GitFixture& git) {
  git.write("a", "x");
  git.write("dir/a file", "y");
  git.write("dir/sub/" + std::string(200, 'n'), "z");
  git.write("dir-b", "");
  git.sh("chmod +x a; ln -s a link; git add -A; git commit -qm x");
}

}  // namespace

TEST_CASE("index: versions 2, 3 and 4 as git lists them", "[vcs][worktree]") {
  const GitFixture git;
  make_files(git);
  for (const auto* version : {"2", "3", "4"}) {
    CAPTURE(version);
    git.sh(fmt::format("git update-index --index-version {}; git update-index --skip-worktree dir-b", version));
    const auto entries = parsed(git);
    if (!entries) FAIL(entries.error().to_string());
    auto listed = git.sh("git ls-files -s | sed -E 's/ 0\\t/ /'");
    listed.insert(listed.find("dir-b\n") + 5, " absent");
    CHECK(shown(*entries) == listed);
    git.sh("git update-index --no-skip-worktree dir-b");
  }
}

TEST_CASE("index: conflicts and sparse checkouts are told", "[vcs][worktree]") {
  const GitFixture git;
  make_files(git);
  git.sh(
      "git checkout -q -b other; echo other > a; git commit -qam o; git checkout -q main; echo main > a; git commit "
      "-qam m; git "
      "merge -q other || true; git update-index --skip-worktree dir-b");
  const auto entries = parsed(git);
  REQUIRE(entries);
  REQUIRE(entries->size() == 5);
  CHECK(entries->at(0).conflicted);
  CHECK(entries->at(1).path == "dir-b");
  CHECK(entries->at(1).absent);
  CHECK_FALSE(entries->at(2).conflicted);
}

TEST_CASE("index: cut short anywhere or changed it is refused", "[vcs][worktree][hostile]") {
  const GitFixture git;
  make_files(git);
  const auto bytes = read_file(git.work() / ".git/index", 1U << 20);
  REQUIRE(bytes);
  const std::size_t checksum = fixture_hash() == GitHash::sha1 ? 20 : 32;
  for (std::size_t size = 0; size < bytes->size(); ++size) {
    auto cut = *bytes;
    cut.resize(size);
    CHECK_FALSE(parse_index(cut, fixture_hash()));
    // A checksum of zeros is none: then the entries have to stand for themselves.
    if (size >= checksum) std::fill(cut.end() - static_cast<std::ptrdiff_t>(checksum), cut.end(), std::uint8_t{0});
    const auto entries = parse_index(cut, fixture_hash());
    if (entries) CHECK(entries->size() == 5);
  }
  for (std::size_t at = 0; at < bytes->size(); at += 7) {
    auto changed = *bytes;
    changed[at] ^= 0x20;
    CHECK_FALSE(parse_index(changed, fixture_hash()));
  }
  CHECK_FALSE(parse_index(*bytes, fixture_hash() == GitHash::sha1 ? GitHash::sha256 : GitHash::sha1));
}

TEST_CASE("index: names that take far more room than the file are refused", "[vcs][worktree][hostile]") {
  const auto refused = [](const std::vector<std::pair<char, std::string>>& names) {
    return !parse_index(index_of(names), fixture_hash());
  };
  std::vector<std::pair<char, std::string>> longer(4096, {'\0', "a"});
  std::vector<std::pair<char, std::string>> alike{{'\0', std::string(4092, 'a') + "0000"}};
  for (int i = 1; i < 5000; ++i) alike.emplace_back('\4', fmt::format("{:04}", i));
  CHECK_FALSE(refused({longer.begin(), longer.begin() + 1000}));
  CHECK(refused(longer));
  CHECK_FALSE(refused({alike.begin(), alike.begin() + 1}));
  CHECK(refused(alike));
  CHECK(refused({{'\0', std::string(4097, 'a')}}));
}

TEST_CASE("index: split ones are refused with a way out", "[vcs][worktree][hostile]") {
  const GitFixture git;
  make_files(git);
  git.sh("git update-index --split-index");
  const auto entries = parsed(git);
  REQUIRE_FALSE(entries);
  CHECK(entries.error().code == ErrorCode::unsupported);
  CHECK(entries.error().remedy.find("--no-split-index") != std::string::npos);
}
