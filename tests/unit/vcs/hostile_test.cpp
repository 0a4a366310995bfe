// Repositories that mean harm: nothing of their configuration may take effect, nothing may hang, grow or lead outside.
#include <fmt/format.h>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "vcs/file_history.hpp"
#include "vcs/reference.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

std::string tree_item(std::string_view mode, std::string_view name, std::string_view id) {
  return std::string{mode} + " " + std::string{name} + '\0' + raw_id(id);
}

/// A commit of the tree with that content; its id.
std::string commit_tree(const GitFixture& git, std::string_view tree) {
  const auto id = git.store("tree", tree);
  auto commit = git.sh("git commit-tree -m x " + id);
  commit.pop_back();
  return commit;
}

std::string blob(const GitFixture& git, std::string_view content) {
  return git.store("blob", content);
}

}  // namespace

TEST_CASE("hostile: names in trees that lead elsewhere are gaps that name the tree", "[vcs][hostile]") {
  const GitFixture git;
  const auto id = blob(git, "x");
  for (const auto* name : {"..", ".", ".git", ".GIT", "git~1", "a/../../b", "/etc/passwd"}) {
    CAPTURE(name);
    const auto tree = tree_item("100644", name, id) + tree_item("100644", "zfine", id);
    const auto reference = open_reference(git.work(), commit_tree(git, tree));
    CHECK(listing(*reference) == "zfine 644 file\n");
    REQUIRE(reference->coverage().gaps.size() == 1);
    CHECK(reference->coverage().gaps[0].what.find(git.store("tree", tree)) != std::string::npos);
  }
}

TEST_CASE("hostile: unsorted and doubled entries are gaps", "[vcs][hostile]") {
  const GitFixture git;
  const auto id = blob(git, "x");
  const auto unsorted =
      open_reference(git.work(), commit_tree(git, tree_item("100644", "b", id) + tree_item("100644", "a", id)));
  CHECK(listing(*unsorted) == "a 644 file\nb 644 file\n");
  CHECK(unsorted->coverage().gaps.size() == 1);
  const auto doubled =
      open_reference(git.work(), commit_tree(git, tree_item("100644", "a", id) + tree_item("100755", "a", id)));
  CHECK(listing(*doubled) == "a 644 file\n");
  CHECK(doubled->coverage().gaps.size() == 1);
}

TEST_CASE("hostile: a tree entry that points at an object of another type is a gap", "[vcs][hostile]") {
  const GitFixture git;
  const auto id = blob(git, "x");
  const auto reference = open_reference(git.work(), commit_tree(git, tree_item("40000", "dir", id)));
  CHECK(reference->manifest().empty());
  REQUIRE(reference->coverage().gaps.size() == 1);
  CHECK(reference->coverage().gaps[0].what.find("dir") != std::string::npos);
}

TEST_CASE("hostile: absent and damaged trees are named", "[vcs][hostile]") {
  const GitFixture git;
  git.write("dir/a", "x");
  git.write("b", "y");
  git.sh("git add -A; git commit -qm x");
  auto sub = git.sh("git rev-parse HEAD:dir");
  sub.pop_back();
  auto root = git.sh("git rev-parse HEAD^{tree}");
  root.pop_back();
  const auto file_of = [&](const std::string& id) {
    return git.work() / ".git/objects" / id.substr(0, 2) / id.substr(2);
  };
  SECTION("absent") {
    std::filesystem::remove(file_of(sub));
    const auto reference = open_reference(git.work(), "HEAD");
    CHECK(listing(*reference) == "b 644 file\n");
    REQUIRE(reference->coverage().gaps.size() == 1);
    CHECK(reference->coverage().gaps[0].what.find(sub) != std::string::npos);
    CHECK(reference->coverage().gaps[0].reason == "the repository lacks this object");
  }
  SECTION("another object's content under its name") {
    std::filesystem::permissions(file_of(sub), std::filesystem::perms::owner_all);
    std::filesystem::copy_file(file_of(root), file_of(sub), std::filesystem::copy_options::overwrite_existing);
    const auto reference = open_reference(git.work(), "HEAD");
    CHECK(listing(*reference) == "b 644 file\n");
    REQUIRE(reference->coverage().gaps.size() == 1);
    CHECK(reference->coverage().gaps[0].reason.find("damaged") != std::string::npos);
  }
  SECTION("the root absent") {
    std::filesystem::remove(file_of(root));
    const auto error = open_error(git.work(), "HEAD");
    CHECK(error.code == ErrorCode::not_found);
    CHECK(error.where.find(root) != std::string::npos);
    CHECK_FALSE(error.remedy.empty());
  }
  SECTION("garbage for a commit") {
    auto head = git.sh("git rev-parse HEAD");
    head.pop_back();
    std::filesystem::permissions(file_of(head), std::filesystem::perms::owner_all);
    git.write(".git/objects/" + head.substr(0, 2) + "/" + head.substr(2), "garbage");
    CHECK(open_error(git.work(), "HEAD").code == ErrorCode::format);
  }
}

TEST_CASE("hostile: a tag that leads to a commit which is not there is an error that does not deny the tag",
          "[vcs][hostile]") {
  const GitFixture git;
  git.sh("git commit -q --allow-empty -m x; git tag -a -m y v1");
  const auto head = first_line(git.sh("git rev-parse HEAD"));
  std::filesystem::remove(git.work() / ".git/objects" / head.substr(0, 2) / head.substr(2));
  for (const auto* revision : {"v1", "HEAD", "main"}) {
    CAPTURE(revision);
    const auto error = open_error(git.work(), revision);
    CHECK(error.message.find("lacks") != std::string::npos);
    CHECK(error.remedy.find("fetch") != std::string::npos);
  }
}

TEST_CASE("hostile: a blob under another's name is not read for it", "[vcs][hostile]") {
  const GitFixture git;
  git.write("a", "honest\n");
  git.sh("git add -A; git commit -qm x");
  const auto evil = blob(git, "evil!!\n");
  const auto honest = blob(git, "honest\n");
  const auto file_of = [&](const std::string& id) {
    return git.work() / ".git/objects" / id.substr(0, 2) / id.substr(2);
  };
  std::filesystem::permissions(file_of(honest), std::filesystem::perms::owner_all);
  std::filesystem::copy_file(file_of(evil), file_of(honest), std::filesystem::copy_options::overwrite_existing);
  const auto reference = open_reference(git.work(), "HEAD");
  const auto content = reference->read(*reference->manifest().find("a"), 100);
  REQUIRE_FALSE(content);
  CHECK(content.error().code == ErrorCode::format);
}

TEST_CASE("hostile: a tree of trees that multiply is cut at the limit", "[vcs][hostile]") {
  const GitFixture git;
  auto id = blob(git, "x");
  std::string mode = "100644";
  for (int level = 0; level < 12; ++level) {
    std::string tree;
    for (char c = 'a'; c < 'k'; ++c) tree += tree_item(mode, std::string{c}, id);
    id = git.store("tree", tree);
    mode = "40000";
  }
  const auto commit = first_line(git.sh("git commit-tree -m x " + id));
  Limits limits;
  limits.max_entries = 50'000;
  const auto reference = open_reference(git.work(), commit, limits);
  CHECK(reference->manifest().size() == limits.max_entries);
  CHECK(reference->coverage().gaps.size() == 1);

  SECTION("and when there is no file at all") {
    auto empty = git.store("tree", "");
    for (int level = 0; level < 12; ++level) {
      std::string tree;
      for (char c = 'a'; c < 'k'; ++c) tree += tree_item("40000", std::string{c}, empty);
      empty = git.store("tree", tree);
    }
    const auto nothing = open_reference(git.work(), first_line(git.sh("git commit-tree -m x " + empty)), limits);
    CHECK(nothing->manifest().empty());
    CHECK(nothing->coverage().gaps.size() == 1);
  }
}

TEST_CASE("hostile: depth, path length and size of a tree are bounded", "[vcs][hostile]") {
  const GitFixture git;
  auto id = blob(git, "x");
  std::string mode = "100644";
  for (int level = 0; level < 25; ++level) {
    id = git.store("tree", tree_item(mode, "d", id));
    mode = "40000";
  }
  const auto commit = first_line(git.sh("git commit-tree -m x " + id));
  Limits limits;
  limits.max_path_depth = 25;
  CHECK(open_reference(git.work(), commit, limits)->coverage().complete());
  limits.max_path_depth = 24;
  const auto deep = open_reference(git.work(), commit, limits);
  CHECK(deep->manifest().empty());
  REQUIRE(deep->coverage().gaps.size() == 1);
  CHECK(deep->coverage().gaps[0].reason.find("24 directories deep") != std::string::npos);

  const auto file = blob(git, "x");
  const auto lengthy = open_reference(git.work(), commit_tree(git, tree_item("100644", std::string(5000, 'n'), file)));
  CHECK(lengthy->manifest().empty());
  CHECK(lengthy->coverage().gaps.size() == 1);

  // A few kilobytes on disk, 70 MB unpacked.
  const auto bomb = first_line(git.sh("head -c 70000000 /dev/zero | git hash-object -w --literally -t tree --stdin"));
  const auto error = open_error(git.work(), first_line(git.sh("git commit-tree -m x " + bomb)));
  CHECK(error.code == ErrorCode::limit);
}

TEST_CASE("hostile: a link whose target is a novel is a gap", "[vcs][hostile]") {
  const GitFixture git;
  const auto target = blob(git, std::string(100'000, 'x'));
  const auto reference = open_reference(git.work(), commit_tree(git, tree_item("120000", "link", target)));
  CHECK(reference->manifest().find("link")->link_target.empty());
  CHECK(reference->coverage().gaps.size() == 1);
}

TEST_CASE("hostile: gaps are counted, not piled up", "[vcs][hostile]") {
  const GitFixture git;
  std::string tree;
  const auto id = blob(git, "x");
  for (int i = 0; i < 5000; ++i) tree += tree_item("40000", fmt::format("d{:05}", i), id);
  const auto reference = open_reference(git.work(), commit_tree(git, tree));
  CHECK(reference->coverage().gaps.size() == 101);
  CHECK(reference->coverage().gaps.back().what == "4,900 more places");
}

TEST_CASE("hostile: nothing of the repository's configuration is honoured", "[vcs][hostile]") {
  const GitFixture git;
  git.write("a.txt", "a\r\nb\n");
  git.write(".gitattributes", "*.txt text eol=lf filter=evil ident diff=evil\n");
  git.sh(
      "git add -A 2>/dev/null; git commit -qm x; mkdir ../elsewhere; echo outside > ../elsewhere/a.txt; cp .git/index "
      "../index");
  git.write("a.txt", "worktree\r\n");
  const auto marker = git.root() / "executed";
  const auto run = fmt::format("touch {}", marker.string());
  git.sh(fmt::format(R"(
    for key in filter.evil.clean filter.evil.smudge filter.evil.process diff.evil.textconv diff.external core.fsmonitor \
               core.sshCommand core.pager core.editor alias.x credential.helper gpg.program; do git config "$key" '{0}'; done
    git config filter.evil.required true; git config core.autocrlf true; git config core.hooksPath "$PWD/hooks"
    git config core.attributesFile "$PWD/attributes"; git config core.excludesFile "$PWD/excludes"
    git config core.abbrev 40; git config core.ignoreCase true; git config core.precomposeUnicode true; git config core.symlinks false
    git config core.worktree ../../elsewhere; git config core.bare false
    mkdir hooks; for hook in post-checkout post-index-change reference-transaction fsmonitor-watchman; do
      printf '#!/bin/sh\n{0}\n' > hooks/$hook; chmod +x hooks/$hook; done
    cp -r hooks/. .git/hooks/; echo '*.txt export-ignore' > attributes; echo '*' > excludes; rm -f '{1}')",
                     run, marker.string()));
  const auto commit = open_reference(git.work(), "HEAD");
  CHECK(content_of(*commit, "a.txt") == git.sh("git cat-file blob HEAD:a.txt"));
  CHECK_FALSE(commit->attributes().export_ignored("a.txt"));
  CHECK(commit->expand_format("%h")->size() == 7);
  const auto worktree = open_reference(git.work(), "WORKTREE");
  CHECK(content_of(*worktree, "a.txt") == "worktree\r\n");
  CHECK(worktree->notes()[0].find("untracked") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(marker));
}

TEST_CASE("hostile: a configuration may include files, but none that would be waited for", "[vcs][hostile]") {
  const GitFixture git;
  git.write("a", "x");
  git.write("more.config", "[core]\n\tbare = true\n[include]\n\tpath = .git/absent\n\tpath = .\n");
  git.sh(
      "git add -A; git commit -qm x; mkfifo ../pipe; printf '[include]\\n\\tpath = ../more.config\\n' >> .git/config");
  CHECK(open_reference(git.work(), "HEAD")->manifest().size() == 2);
  CHECK(open_reference(git.work(), "WORKTREE")->manifest().size() == 2);
  git.write("more.config", "[includeIf \"gitdir:/\"]\n\tpath = ../pipe\n");
  CHECK(open_error(git.work(), "HEAD").code == ErrorCode::format);
}

TEST_CASE("hostile: special files in a repository are refused, not waited for", "[vcs][hostile]") {
  for (const auto* name : {"HEAD", "config", "packed-refs", "shallow", "index", "commondir", "refs/heads/pipe",
                           "refs/tags/a/b/pipe", "objects/pack/pack-1.idx", "objects/info/alternates",
                           "objects/12/3456", "info/exclude", "logs/HEAD", "logs/refs/heads/main"}) {
    CAPTURE(name);
    const GitFixture git;
    git.write("a", "x");
    git.sh(fmt::format(
        "git add -A; git commit -qm x; rm -f '.git/{0}'; mkdir -p \"$(dirname '.git/{0}')\"; mkfifo '.git/{0}'", name));
    CHECK(open_error(git.work(), "HEAD").code == ErrorCode::format);
  }
  const GitFixture git;
  git.write("a", "x");
  git.sh("git add -A; git commit -qm x; mkfifo .gitignore sub.pipe");
  CHECK(open_reference(git.work(), "WORKTREE")->manifest().size() == 1);
}

TEST_CASE("hostile: an index that names paths outside is refused", "[vcs][hostile]") {
  const GitFixture git;
  git.write("xx/secret", "x");
  git.sh("echo outside > ../secret; git add -A; git commit -qm x");
  // Same length, so that only the checksum has to be made again.
  git.sh(R"(python3 - <<'PY'
import hashlib, os
name = os.environ.get('GIT_DEFAULT_HASH', 'sha1')
size = hashlib.new(name).digest_size
data = open('.git/index', 'rb').read()[:-size].replace(b'xx/secret', b'../secret')
open('.git/index', 'wb').write(data + hashlib.new(name, data).digest())
PY
)");
  CHECK(open_error(git.work(), "WORKTREE").code == ErrorCode::format);
}

TEST_CASE("hostile: garbage in place of refs, index and packs is an error, not a crash", "[vcs][hostile]") {
  for (const auto* name : {"HEAD", "packed-refs", "index", "refs/heads/main",
                           "objects/pack/pack-0000000000000000000000000000000000000000.idx", "shallow", "commondir"}) {
    CAPTURE(name);
    const GitFixture git;
    git.write("a", "x");
    git.sh("git add -A; git commit -qm x; git tag v1");
    git.write(std::string{".git/"} + name, std::string(3000, '\x81') + "\n garbage");
    const auto source = open_source(git.work(), Limits{});
    if (!source) continue;
    for (const auto* revision : {"HEAD", "v1", "main", "WORKTREE"}) {
      const auto reference = (*source)->open(revision);
      if (!reference) CHECK_FALSE(reference.error().message.empty());
    }
    CHECK((*source)->revisions_for("x-1.tar.gz").size() <= 1);
  }
}

TEST_CASE("hostile: special files where a repository borrows objects are refused too", "[vcs][hostile]") {
  for (const auto* name : {"pack/pack-1.idx", "12/3456", "info/alternates"}) {
    CAPTURE(name);
    const GitFixture git;
    git.write("a", "x");
    git.sh(
        fmt::format("git add -A; git commit -qm x; echo ../../../lender/objects > .git/objects/info/alternates; "
                    "mkdir -p \"$(dirname '../lender/objects/{0}')\"; mkfifo '../lender/objects/{0}'",
                    name));
    CHECK(open_error(git.work(), "HEAD").code == ErrorCode::format);
  }
}

TEST_CASE("hostile: links to directories among the refs make no work", "[vcs][hostile]") {
  const GitFixture git;
  git.write("a", "x");
  git.sh(
      "git add -A; git commit -qm x; git tag v1; cd .git; for name in a b c d e f g h; do ln -s . refs/tags/$name; ln "
      "-s "
      ".. refs/heads/$name; ln -s . refs/$name; mkdir -p logs/refs; ln -s .. logs/refs/$name; ln -s .. "
      "objects/pack/$name; ln -s . objects/$name; done; rm -rf objects/12; ln -s . objects/12");
  CHECK(open_reference(git.work(), "v1")->manifest().size() == 1);
  const auto source = open_source(git.work(), Limits{});
  REQUIRE(source);
  CHECK((*source)->revisions_for("x-1.tar.gz") == std::vector<std::string>{"v1"});
  git.sh("mkfifo .git/refs/heads/pipe");
  CHECK(open_error(git.work(), "HEAD").code == ErrorCode::format);
}

TEST_CASE("hostile: a repository that borrows from many places is opened in a moment", "[vcs][hostile]") {
  const GitFixture git;
  git.write("a", "x");
  git.sh(R"(git add -A; git commit -qm x
    for i in $(seq 60); do mkdir -p ../lenders/$i/info; seq -f "$PWD/../lenders/%g" 60 > ../lenders/$i/info/alternates; done
    cp ../lenders/1/info/alternates .git/objects/info/; yes absent | head -100000 >> .git/objects/info/alternates)");
  CHECK(open_reference(git.work(), "HEAD")->manifest().size() == 1);
}

TEST_CASE("hostile: a search for the revision holds no names of megabytes for each file below them", "[vcs][hostile]") {
  const GitFixture git;
  const std::string content = "what the release has\n";
  const auto id = blob(git, content);
  std::string files;
  for (int i = 0; i < 100'000; ++i) files += tree_item("100644", fmt::format("{:06}", i), id);
  // A hundred gigabytes of paths.
  git.sh("git update-ref refs/heads/main " +
         commit_tree(git, tree_item("40000", std::string(1U << 20, 'n'), git.store("tree", files))));
  TreeEntry entry;
  entry.path = "x-1/file";
  entry.size = content.size();
  entry.digests.git_oid = *GitOid::from_hex(id);
  const auto source = open_source(git.work(), Limits{});
  REQUIRE(source);
  const auto match = (*source)->best_match({entry});
  REQUIRE(match);
  CHECK(match->revision == first_line(git.sh("git rev-parse main")));
}

TEST_CASE("hostile: what a commit changed is not looked for in trees that multiply", "[vcs][hostile]") {
  const GitFixture git;
  const auto commit_of = [&](std::string id, const std::string& content, const std::string& parent) {
    for (int level = 0; level < 12; ++level) {
      std::string tree;
      for (char c = 'a'; c < 'k'; ++c) tree += tree_item("40000", std::string{c}, id);
      id = git.store("tree", tree);
    }
    const auto root =
        git.store("tree", tree_item("40000", "dir", id) + tree_item("100644", "file", blob(git, content)));
    return first_line(git.sh("git commit-tree -m 'the subject' " + parent + " " + root));
  };
  const auto empty = git.store("tree", "");
  const auto first = commit_of(empty, "1\n", "");
  const auto second = commit_of(git.store("tree", tree_item("40000", "x", empty)), "2\n", "-p " + first);
  const auto origins = origins_of(git.work(), second, {"file"}, 100);
  REQUIRE(origins);
  REQUIRE(origins->files.size() == 1);
  CHECK(origins->files[0].commit.hex() == second);
  CHECK(origins->files[0].subject == "the subject");
  CHECK_FALSE(origins->files[0].touched_all);
}

TEST_CASE("hostile: a damaged tree is read once, however many places it stands in", "[vcs][hostile]") {
  const GitFixture git;
  const auto large = first_line(git.sh("head -c 60000000 /dev/zero | git hash-object -w --literally -t tree --stdin"));
  const auto damaged = git.store("tree", tree_item("100644", "a", blob(git, "x")));
  git.sh(fmt::format("cd .git/objects; cp -f {}/{} {}/{}", large.substr(0, 2), large.substr(2), damaged.substr(0, 2),
                     damaged.substr(2)));
  std::string tree;
  for (int i = 0; i < 3000; ++i) tree += tree_item("40000", fmt::format("d{:04}", i), damaged);
  const auto reference = open_reference(git.work(), commit_tree(git, tree));
  CHECK(reference->manifest().empty());
  CHECK(reference->coverage().gaps.size() == 101);
}

TEST_CASE("hostile: a hundred thousand submodules are looked up by their paths", "[vcs][hostile]") {
  const GitFixture git;
  std::string modules, tree;
  const auto commit = commit_tree(git, "");
  constexpr int k_many = 100'000;
  for (int i = 0; i < k_many; ++i) {
    modules += fmt::format("[submodule \"m{0:06}\"]\npath=s{0:06}\n", i);
    tree += tree_item("160000", fmt::format("s{:06}", i), commit);
  }
  const auto reference =
      open_reference(git.work(), commit_tree(git, tree_item("100644", ".gitmodules", blob(git, modules)) + tree));
  CHECK(reference->manifest().size() == k_many + 1);
}

TEST_CASE("hostile: a repository of many submodules is opened once", "[vcs][hostile]") {
  const GitFixture git;
  git.write("a", "x");
  git.sh("git add -A; git commit -qm x; git clone -q --bare . .git/modules/one");
  const auto commit = first_line(git.sh("git rev-parse HEAD"));
  std::string modules, tree;
  constexpr std::size_t k_many = 5'000;
  for (std::size_t i = 0; i < k_many; ++i) {
    modules += fmt::format("[submodule \"one\"]\npath=s{:06}\n", i);
    tree += tree_item("160000", fmt::format("s{:06}", i), commit);
  }
  const auto reference =
      open_reference(git.work(), commit_tree(git, tree_item("100644", ".gitmodules", blob(git, modules)) + tree));
  CHECK(reference->manifest().size() == k_many + 1);
  CHECK(reference->coverage().complete());
  CHECK(content_of(*reference, "s004999/a") == "x");
}
