#include "vcs/proof_bundle.hpp"

#include <fmt/format.h>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::vcs;

namespace {

struct Made {
  test::TempDir dir;
  std::string commit;
  ProofBundle bundle;
};

void make(Made& made) {
  const auto at = made.dir.path().string();
  made.commit = test::shell(
      "export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a "
      "GIT_COMMITTER_EMAIL=a@b; cd '" +
      at +
      "'; git init -q; mkdir -p a/b c; echo 1 > a/b/one; echo 2 > a/two; echo 3 > c/three; echo 4 > four; git add -A; "
      "git commit -qm x; git tag -a -m t v1; git rev-parse HEAD");
  made.commit = made.commit.substr(0, made.commit.find('\n'));
  const auto repository = Repository::open(made.dir.path() / ".git");
  REQUIRE(repository);
  made.bundle.commit = made.commit;
  made.bundle.identical = {"a/b/one", "four"};
  REQUIRE(add_proof_objects(**repository, made.bundle));
}

}  // namespace

TEST_CASE("proof bundle: holds the commit, the tag and the trees on the way, nothing else", "[vcs][proof]") {
  Made made;
  make(made);
  CHECK(made.bundle.objects.size() == 5);  // commit, tag, root, a, a/b
  const auto read = ProofBundle::parse(as_bytes(made.bundle.serialise()));
  REQUIRE(read);
  CHECK(read->identical == made.bundle.identical);
  const auto files = proven_files(*read, made.commit);
  REQUIRE(files);
  CHECK(files->size() == 3);  // c/ was not on the way
  CHECK(files->at("a/b/one").id == git_object_id(test::fixture_hash(), "blob", as_bytes("1\n")));
  CHECK_FALSE(files->contains("c/three"));
}

TEST_CASE("proof bundle: proves nothing for another commit, or with an object changed", "[vcs][proof][hostile]") {
  Made made;
  make(made);
  CHECK_FALSE(proven_files(made.bundle, std::string(made.commit.size(), '0')));
  CHECK_FALSE(proven_files(made.bundle, made.commit.substr(0, 12)));
  CHECK_FALSE(proven_files(made.bundle, ""));
  for (std::size_t i = 0; i < made.bundle.objects.size(); ++i) {
    auto changed = made.bundle;
    changed.objects[i].content.back() = static_cast<char>(changed.objects[i].content.back() ^ 1);
    const auto files = proven_files(changed, made.commit);
    const auto whole = proven_files(made.bundle, made.commit);
    // Either it is refused, or fewer files are proven and those as before; the tag takes no part in the proof.
    if (files)
      for (const auto& [path, file] : *files) CHECK(whole->at(path).id == file.id);
  }
}

TEST_CASE("proof bundle: cut short anywhere it is refused or the poorer", "[vcs][proof][hostile]") {
  Made made;
  make(made);
  const auto bytes = made.bundle.serialise();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = ProofBundle::parse(as_bytes(std::string_view{bytes}.substr(0, size)));
    if (read) CHECK(read->objects.size() < made.bundle.objects.size());
  }
  CHECK_FALSE(ProofBundle::parse(as_bytes("assay proof bundle 1\n99999999999:x,")));
}

TEST_CASE("proof bundle: names of megabytes are not had by each of the files below them", "[vcs][proof][hostile]") {
  const auto hash = test::fixture_hash();
  ProofBundle bundle;
  const auto add = [&](ObjectType type, std::string content) {
    const auto id = object_id(hash, type, as_bytes(content));
    bundle.objects.push_back({type, std::move(content)});
    return id;
  };
  const auto item = [](std::string_view mode, std::string_view name, const GitOid& id) {
    return std::string{mode} + " " + std::string{name} + '\0' + std::string{as_text(id.view())};
  };
  std::string files;
  for (int i = 0; i < 100'000; ++i) files += item("100644", fmt::format("{:06}", i), {hash, {}});
  // A hundred gigabytes of paths.
  const auto root =
      add(ObjectType::tree, item("40000", std::string(1U << 20, 'n'), add(ObjectType::tree, std::move(files))));
  const auto commit = add(ObjectType::commit, fmt::format("tree {}\n", root.hex()));
  const auto proven = proven_files(bundle, commit.hex());
  REQUIRE_FALSE(proven);
  CHECK(proven.error().message.find("too long") != std::string::npos);
}
