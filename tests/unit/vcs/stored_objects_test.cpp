// Objects packed and damaged in all ways, as git itself makes them: of SHA-256, and what is SHA-1's own.
#include <fmt/format.h>

#include <fstream>

#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "vcs/repository.hpp"

using namespace assay;
using namespace assay::vcs;
using namespace assay::test;

namespace {

namespace fs = std::filesystem;

/// A bare repository `../large.git` with a history that packs into long chains of deltas, and two tags.
void make_large(const GitFixture& git, std::string_view hash = "sha256") {
  std::string stream;
  for (int i = 1; i <= 60; ++i) {
    std::string text;
    for (int line = 0; line < 300; ++line) text += fmt::format("line {} of {}\n", line, line % 60 < i ? i : 0);
    stream +=
        fmt::format("commit refs/heads/main\ncommitter C <c@example.org> {} +0000\ndata 1\nx\n", 1'700'000'000 + i);
    for (const auto* name : {"a.txt", "d/b.txt", "d/e/c.txt"})
      stream += fmt::format("M 100644 inline {}\ndata {}\n{}\n", name, text.size(), text);
    if (i == 30) stream += "reset refs/tags/half\nfrom refs/heads/main\n\n";
  }
  git.write("../stream", stream);
  git.sh(
      fmt::format("git init -q --bare --object-format={} ../large.git; cd ../large.git; git fast-import --quiet < "
                  "../stream; git repack -adfq --depth=50 --window=20; git tag -a -m x whole main; find . -name "
                  "'*.pack' | xargs chmod u+w",
                  hash));
}

/// Every object of the repository is read as git reads it.
void check_all_objects(const GitFixture& git, const fs::path& git_dir) {
  const auto repository = Repository::open(git_dir);
  if (!repository) FAIL(repository.error().to_string());
  const auto list =
      git.sh(fmt::format("git --git-dir='{}' cat-file --batch-all-objects --batch-check", git_dir.string()));
  std::size_t count = 0;
  for (std::string_view rest = list; !rest.empty(); ++count) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const auto digits = line.find(' ');
    const auto id = GitOid::from_hex(line.substr(0, digits));
    const auto type = object_type(line.substr(digits + 1, line.rfind(' ') - digits - 1));
    REQUIRE(id);
    REQUIRE(type);
    const auto object = (*repository)->read(*id, *type, 1U << 20);
    if (!object) FAIL(object.error().to_string());
    CHECK(std::to_string(object->bytes().size()) == line.substr(line.rfind(' ') + 1));
    CHECK((*repository)->has(*id));
    CHECK((*repository)->is_unique_prefix(*id, 40));
  }
  CHECK(count > 300);
}

fs::path only(const fs::path& directory, std::string_view extension) {
  for (const auto& item : fs::directory_iterator{directory})
    if (item.path().extension() == extension) return item.path();
  FAIL("no such file");
  return {};
}

void overwrite(const fs::path& file, std::uint64_t at, std::string_view bytes) {
  fs::permissions(file, fs::perms::owner_all);
  std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
  stream.seekp(static_cast<std::streamoff>(at));
  stream << bytes;
}

}  // namespace

TEST_CASE("sha256: all objects, loose and in packs of every kind", "[vcs][sha256]") {
  const GitFixture git;
  make_large(git);
  const auto git_dir = git.root() / "large.git";
  check_all_objects(git, git_dir);
  // Deltas that name their bases by id.
  git.sh(
      "cd ../large.git; git rev-list --objects --all | cut -c1-64 | git -c repack.useDeltaBaseOffset=false "
      "pack-objects -q "
      "--no-reuse-delta --depth=50 ../large.git/objects/pack/pack > /dev/null; ls objects/pack/*.pack | wc -l");
  check_all_objects(git, git_dir);
  git.sh(
      "cd ../large.git; mkdir ../out; mv objects/pack/* ../out; for p in ../out/*.pack; do git unpack-objects -q < $p; "
      "done");
  check_all_objects(git, git_dir);
}

TEST_CASE("sha256: a multi-pack index, a commit graph and bitmaps stand beside and are not needed", "[vcs][sha256]") {
  const GitFixture git;
  make_large(git);
  git.sh(
      "cd ../large.git; git commit-tree -m later -p main main^{tree} > ../later; git update-ref refs/heads/main $(cat "
      "../later); "
      "git repack -dq; git multi-pack-index write; git commit-graph write --reachable; ls "
      "objects/pack/multi-pack-index "
      "objects/info/commit-graph");
  check_all_objects(git, git.root() / "large.git");
  overwrite(git.root() / "large.git/objects/pack/multi-pack-index", 0, "garbage");
  CHECK(open_reference(git.root() / "large.git", "main")->coverage().complete());
}

TEST_CASE("sha256: objects that are borrowed from others, one after another and in circles", "[vcs][sha256][hostile]") {
  const GitFixture git;
  make_large(git);
  git.sh(
      "git clone -q --bare --shared ../large.git ../second.git; git clone -q --bare --reference ../second.git "
      "../second.git ../third.git; echo \"$PWD/../third.git/objects\" >> ../large.git/objects/info/alternates; printf "
      "'# x\\n\\n/nowhere\\n../../large.git/objects\\n' >> ../second.git/objects/info/alternates");
  check_all_objects(git, git.root() / "third.git");
  check_all_objects(git, git.root() / "large.git");
  git.sh("mkfifo ../large.git/objects/pack/pack-x.idx");
  CHECK(open_error(git.root() / "third.git", "main").code == ErrorCode::format);  // not waited for
}

TEST_CASE("sha256: a damaged pack is an error that names file and offset", "[vcs][sha256][hostile]") {
  const GitFixture git;
  make_large(git);
  const auto packs = git.root() / "large.git/objects/pack";
  const auto pack = only(packs, ".pack");
  const auto index = only(packs, ".idx");
  SECTION("cut short") {
    fs::permissions(pack, fs::perms::owner_all);
    fs::resize_file(pack, fs::file_size(pack) - 10);
    const auto error = open_error(git.root() / "large.git", "main");
    CHECK(error.code == ErrorCode::format);
    CHECK(error.to_string().find(pack.filename().string() + ", offset ") != std::string::npos);
    CHECK(error.to_string().find("git fsck") != std::string::npos);
  }
  SECTION("another byte anywhere is noticed, or what was asked for is not touched") {
    const auto expected = listing(*open_reference(git.root() / "large.git", "main"));
    const auto size = fs::file_size(pack);
    for (std::uint64_t at = 0; at < size; at += size / 150) {
      CAPTURE(at);
      std::ifstream stream{pack, std::ios::binary};
      stream.seekg(static_cast<std::streamoff>(at));
      const auto byte = static_cast<char>(stream.get());
      overwrite(pack, at, std::string(1, static_cast<char>(byte ^ 0x55)));
      const auto source = open_source(git.root() / "large.git", Limits{});
      REQUIRE(source);
      const auto reference = (*source)->open("main");
      if (reference && (*reference)->coverage().complete()) {
        CHECK(listing(**reference) == expected);
        for (const auto& entry : (*reference)->manifest().entries()) {
          const auto content = (*reference)->read(entry, 1U << 20);
          if (content) CHECK(git_object_id(GitHash::sha256, "blob", *content) == entry.digests.git_oid);
          else CHECK(content.error().code == ErrorCode::format);
        }
      }
      overwrite(pack, at, std::string(1, byte));
    }
  }
  SECTION("an index that is none") {
    overwrite(index, 0, "garbage");
    const auto error = open_error(git.root() / "large.git", "main");
    CHECK(error.to_string().find(index.filename().string()) != std::string::npos);
    CHECK(error.to_string().find("git index-pack") != std::string::npos);
  }
  SECTION("an index whose offsets lead elsewhere") {
    const auto count = std::stoul(git.sh("git -C ../large.git count-objects -v | sed -n 's/in-pack: //p'"));
    for (unsigned long i = 0; i < count; ++i)
      overwrite(index, 8 + 1024 + count * 36 + i * 4, std::string{"\x80\xff\xff\xff", 4});
    const auto error = open_error(git.root() / "large.git", "main");
    CHECK(error.to_string().find("there is no object at this place") != std::string::npos);
  }
  SECTION("a good copy elsewhere serves") {
    git.sh(
        "cp -r ../large.git ../copy.git; git clone -q --bare ../large.git ../second.git; git -C ../second.git "
        "unpack-objects -q < " +
        pack.string() +
        " || true; mkdir -p ../large.git/objects/info; echo \"$PWD/../copy.git/objects\" > "
        "../large.git/objects/info/alternates");
    overwrite(pack, 12, std::string(fs::file_size(pack) - 12 - 32, '\0'));
    CHECK(open_reference(git.root() / "large.git", "main")->coverage().complete());
  }
}

TEST_CASE("sha256: objects of a repository by SHA-1 are not mistaken for its own", "[vcs][sha256][hostile]") {
  const GitFixture git;
  make_large(git);
  git.sh(
      "git init -q --bare --object-format=sha1 ../sha1.git; git -C ../sha1.git fast-import --quiet < ../stream; git -C "
      "../sha1.git repack -adq; mkdir -p ../large.git/objects/info; echo \"$PWD/../sha1.git/objects\" > "
      "../large.git/objects/info/alternates");
  const auto repository = Repository::open(git.root() / "large.git");
  REQUIRE(repository);
  CHECK(open_reference(git.root() / "large.git", "main")->coverage().complete());
  const auto other = GitOid::from_hex(first_line(git.sh("git -C ../sha1.git rev-parse main")));
  CHECK_FALSE((*repository)->has(*other));
  CHECK_FALSE((*repository)->read(*other, ObjectType::commit, 1U << 20));
  CHECK((*repository)->resolve(other->hex()).error().code == ErrorCode::not_found);
}

TEST_CASE("sha256: searches in reflogs and messages are refused with a way out", "[vcs][sha256]") {
  const GitFixture git;
  make_large(git);
  for (const auto* revision : {"main@{1}", ":/x", "main^{/x}"}) {
    CAPTURE(revision);
    const auto error = open_error(git.root() / "large.git", revision);
    CHECK(error.code == ErrorCode::usage);
    CHECK(error.remedy.find("git rev-parse") != std::string::npos);
  }
}

TEST_CASE("sha1: packs with an index of either version, loose objects, and objects that are borrowed", "[vcs][sha1]") {
  const GitFixture git;
  make_large(git, "sha1");
  check_all_objects(git, git.root() / "large.git");
  git.sh("cd ../large.git; git -c pack.indexVersion=1 repack -adfq");
  // An index without a pack is what a killed git leaves behind.
  git.sh("cd ../large.git/objects/pack; cp pack-*.idx pack-0000000000000000000000000000000000000000.idx");
  check_all_objects(git, git.root() / "large.git");
  git.sh(
      "git init -q --bare --object-format=sha1 ../second.git; cd ../second.git; echo ../../large.git/objects > "
      "objects/info/alternates; echo x | git hash-object -w --stdin");
  check_all_objects(git, git.root() / "second.git");
}

TEST_CASE("sha1: small objects made of enormous ones are refused", "[vcs][sha1][hostile]") {
  const GitFixture git;
  // Three hundred kilobytes.
  git.sh(R"(git init -q --bare --object-format=sha1 ../bomb.git; cd ../bomb.git; python3 - <<'PY'
import hashlib, struct, zlib
size, content = 300 << 20, b'*.c text\n'
def oid(kind, data): return hashlib.sha1(b'%s %d\0' % (kind, len(data)) + data).digest()
def varint(value): return bytes([value & 127 | 128]) + varint(value >> 7) if value > 127 else bytes([value])
def entry(kind, size, stream, between=b''):
    first = kind << 4 | size & 15
    return (bytes([first | 128]) + varint(size >> 4) if size > 15 else bytes([first])) + between + stream
zeros = zlib.compressobj(9)
base = entry(3, size, b''.join(zeros.compress(bytes(1 << 20)) for _ in range(size >> 20)) + zeros.flush())
delta = varint(size) + varint(len(content)) + bytes([len(content)]) + content
distance, rest = [len(base) & 127], len(base) >> 7
while rest:
    distance.insert(0, 128 | rest - 1 & 127)
    rest = rest - 1 >> 7
tree = b'100644 .gitattributes\0' + oid(b'blob', content)
commit = b'tree %s\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n' % oid(b'tree', tree).hex().encode()
small = entry(6, len(delta), zlib.compress(delta), bytes(distance))
pack, offsets = b'PACK' + struct.pack('>II', 2, 4), {}
for name, stored in ((b'base of the nine byt', base), (oid(b'blob', content), small),
                     (oid(b'tree', tree), entry(2, len(tree), zlib.compress(tree))),
                     (oid(b'commit', commit), entry(1, len(commit), zlib.compress(commit)))):
    offsets[name] = len(pack)
    pack += stored
checksum = hashlib.sha1(pack).digest()
ids = sorted(offsets)
fanout = struct.pack('>256I', *(sum(name[0] <= first for name in ids) for first in range(256)))
index = b'\xfftOc' + struct.pack('>I', 2) + fanout + b''.join(ids) + bytes(16)
index += struct.pack('>4I', *(offsets[name] for name in ids)) + checksum
open('objects/pack/pack-x.pack', 'wb').write(pack + checksum)
open('objects/pack/pack-x.idx', 'wb').write(index + hashlib.sha1(index).digest())
open('packed-refs', 'w').write(oid(b'commit', commit).hex() + ' refs/heads/main\n')
PY
)");
  const auto reference = open_reference(git.root() / "bomb.git", "main");
  CHECK(reference->attributes().empty());
  REQUIRE(reference->coverage().gaps.size() == 1);
  CHECK(reference->coverage().gaps[0].what == ".gitattributes");
  CHECK(reference->coverage().gaps[0].reason.find("made of 314572800 bytes") != std::string::npos);
}
