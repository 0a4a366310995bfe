#include "provenance/known_index.hpp"

#include <fstream>
#include <sstream>

#include "provenance/known_files.hpp"
#include "provenance/known_format.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::provenance;
using assay::test::shell;
using assay::test::TempDir;

namespace {

/// A repository with two branches, a tag on a commit no branch has, and a pull request of a stranger.
std::string make_repository(const TempDir& dir) {
  const auto path = (dir.path() / "upstream").string();
  shell(
      "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org\n"
      "export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org\n"
      "git init -q -b main '" +
      path + "' && cd '" + path +
      "' && mkdir m4 lib\n"
      "save() { git add -A; GIT_AUTHOR_DATE=\"$1 +0000\" GIT_COMMITTER_DATE=\"$1 +0000\" git commit -qm \"$1\"; }\n"
      "printf '# foo.m4 serial 1\\nAC_DEFUN([FOO],  [one])\\n' >m4/foo.m4; echo 'int x;' >lib/x.c; save 1000000000\n"
      "printf '# foo.m4 serial 2\\nAC_DEFUN([FOO], [two])\\n' >m4/foo.m4; ln -s foo.m4 m4/link.m4; save 1000000100\n"
      "git checkout -qb side; echo 'side line' >m4/side.m4; save 1000000200\n"
      "git checkout -q main; git checkout -q --detach; echo 'tagged line' >m4/tagged.m4; save 1000000300; git tag v1\n"
      "git checkout -q main; cp m4/foo.m4 lib/foo.m4; save 1000000400\n"
      "git checkout -q --detach; echo 'evil line' >m4/evil.m4; save 1000000500; git update-ref refs/pull/1/head HEAD\n"
      "git checkout -q main\n");
  return path;
}

KnownFilter m4_only() {
  return {{"m4/*", "lib/*"}, {"m4/*"}};
}

std::string slurp(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Sha256 digest_of(std::string_view text) {
  return sha256(as_bytes(text));
}

/// Index the repository of `dir` into `dir`/known and open it.
KnownFiles open_indexed(const TempDir& dir) {
  const auto set = index_repository(make_repository(dir), "up", "https://example.org/up.git", m4_only());
  REQUIRE(set);
  std::filesystem::create_directory(dir.path() / "known");
  REQUIRE(write_data_set(*set, dir.path() / "known"));
  auto known = KnownFiles::open(dir.path() / "known");
  REQUIRE(known);
  return *std::move(known);
}

}  // namespace

TEST_CASE("known index: knows every version of all branches and tags, with path, serial and first date",
          "[provenance][known]") {
  const TempDir dir;
  const auto known = open_indexed(dir);
  const auto history = known.history_of("foo.m4");
  REQUIRE(history.size() == 3);
  CHECK(history[0].upstream == "up");
  CHECK(history[0].path == "m4/foo.m4");
  CHECK(history[0].serial == 1);
  CHECK(history[0].first_seen == 1000000000);
  CHECK(history[1].serial == 2);
  CHECK(history[1].first_seen == 1000000100);
  CHECK(history[2].path == "lib/foo.m4");
  const auto places = known.find(digest_of("# foo.m4 serial 2\nAC_DEFUN([FOO], [two])\n"));
  REQUIRE(places.size() == 2);
  CHECK(places[0].path == "m4/foo.m4");
  CHECK(known.history_of("side.m4").size() == 1);
  CHECK(known.history_of("tagged.m4").size() == 1);
}

TEST_CASE("known index: pull requests and symbolic links are not what upstream published", "[provenance][known]") {
  const TempDir dir;
  const auto known = open_indexed(dir);
  CHECK(known.history_of("evil.m4").empty());
  CHECK_FALSE(known.has_line(line_digest("evil line")));
  CHECK(known.history_of("link.m4").empty());
}

TEST_CASE("known index: lines are those of the line paths, white space folded", "[provenance][known]") {
  const TempDir dir;
  const auto known = open_indexed(dir);
  CHECK(known.has_line(line_digest("AC_DEFUN([FOO], [one])")));
  CHECK(known.has_line(line_digest("side line")));
  CHECK_FALSE(known.has_line(line_digest("int x;")));
  CHECK_FALSE(known.has_line(line_digest("")));
}

TEST_CASE("known index: twice the same repository gives the same bytes", "[provenance][known]") {
  const TempDir dir;
  const auto path = make_repository(dir);
  const auto first = index_repository(path, "up", "https://example.org/up.git", m4_only());
  shell("cd '" + path + "' && git repack -qadf && git branch -q another main");
  const auto second = index_repository(path, "up", "https://example.org/up.git", m4_only());
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->bytes == second->bytes);
  CHECK(first->manifest.to_json() == second->manifest.to_json());
}

TEST_CASE("known index: a manifest comes back as it was written", "[provenance][known]") {
  KnownManifest manifest;
  manifest.name = "debian-12";
  manifest.packages = {{"libtool_2.4.7-7~deb12u1", std::string(64, 'a')}, {"plain_1", ""}};
  manifest.filter = {{"usr/*", "!*.pm"}, {"*"}};
  manifest.files = 3;
  manifest.sha256 = std::string(64, 'b');
  const auto again = KnownManifest::from_json(manifest.to_json(), "x.json");
  REQUIRE(again);
  CHECK(again->to_json() == manifest.to_json());
  CHECK(again->packages[0].sha256 == std::string(64, 'a'));
  for (const auto* text : {"", "[]", "{}", "{\"format_version\": 2}", "{\"format_version\": \"1\"}"}) {
    const auto bad = KnownManifest::from_json(text, "x.json");
    CAPTURE(text);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().where == "x.json");
  }
}

TEST_CASE("known index: excluded patterns win over the others", "[provenance][known]") {
  const KnownFilter filter{{"*", "!doc/*", "!*.po"}, {"m4/*"}};
  CHECK(filter.indexes("lib/a.c"));
  CHECK_FALSE(filter.indexes("doc/a.texi"));
  CHECK_FALSE(filter.indexes("po/de.po"));
  CHECK(KnownFilter{}.indexes("anything"));
  CHECK_FALSE(KnownFilter{}.takes_lines_of("anything"));
}

TEST_CASE("known index: data made again from the recorded commits is the same, whatever came later",
          "[provenance][known]") {
  const TempDir dir;
  const auto path = make_repository(dir);
  const auto recorded = index_repository(path, "up", "https://example.org/up.git", m4_only());
  REQUIRE(recorded);
  shell("cd '" + path +
        "' && echo later >m4/later.m4 && git add -A && git -c user.name=a -c user.email=a@b commit -qm later");
  const auto again = index_again(recorded->manifest, path);
  REQUIRE(again);
  CHECK(differences(*recorded, *again).empty());
  CHECK(again->manifest.to_json() == recorded->manifest.to_json());

  const auto everything = index_repository(path, "up", "https://example.org/up.git", m4_only());
  REQUIRE(everything);
  const auto found = differences(*recorded, *everything);
  REQUIRE_FALSE(found.empty());
  CHECK(found[0].find("m4/later.m4") != std::string::npos);
}

TEST_CASE("known index: recorded commits that a clone lacks are an error that names one", "[provenance][known]") {
  const TempDir dir;
  const auto path = make_repository(dir);
  auto recorded = index_repository(path, "up", "https://example.org/up.git", m4_only());
  REQUIRE(recorded);
  recorded->manifest.tips.push_back(std::string(40, '7'));
  const auto again = index_again(recorded->manifest, path);
  REQUIRE_FALSE(again);
  CHECK(again.error().to_string().find(std::string(40, '7')) != std::string::npos);
}

TEST_CASE("known index: a shallow clone is refused, not indexed in part", "[provenance][known]") {
  const TempDir dir;
  const auto path = make_repository(dir);
  const auto shallow = (dir.path() / "shallow").string();
  shell("git clone -q --depth 1 'file://" + path + "' '" + shallow + "'");
  CHECK_FALSE(index_repository(shallow, "up", "up", m4_only()));
}

TEST_CASE("known index: what is no repository or an empty one is an error", "[provenance][known]") {
  const TempDir dir;
  CHECK_FALSE(index_repository(dir.path(), "x", "x", {}));
  CHECK_FALSE(index_repository(dir.path() / "absent", "x", "x", {}));
  shell("git init -q '" + (dir.path() / "empty").string() + "'");
  CHECK_FALSE(index_repository(dir.path() / "empty", "x", "x", {}));
}

TEST_CASE("known index: data and manifest are checked against each other", "[provenance][known][hostile]") {
  const TempDir dir;
  const auto set = index_repository(make_repository(dir), "up", "https://example.org/up.git", m4_only());
  REQUIRE(set);
  REQUIRE(write_data_set(*set, dir.path()));
  REQUIRE(read_data_set(dir.path(), "up"));
  CHECK_FALSE(read_data_set(dir.path(), "absent"));

  auto bytes = slurp(dir.path() / "up.known");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  dir.write("up.known", bytes);
  const auto flipped = read_data_set(dir.path(), "up");
  REQUIRE_FALSE(flipped);
  CHECK(flipped.error().message.find("SHA-256") != std::string::npos);
  CHECK(KnownFiles::open(dir.path()));  // the header is whole: opening does not read the rest

  dir.write("up.known", bytes.substr(0, bytes.size() - 1));
  const auto opened = KnownFiles::open(dir.path());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().where.find("up.known") != std::string::npos);
}

TEST_CASE("known index: the files of a package are known under its name and date", "[provenance][known]") {
  const TempDir dir;
  const auto deb = (dir.path() / "x.deb").string();
  shell("cd '" + dir.path().string() +
        "' && mkdir -p root/usr/share/aclocal root/usr/share/gettext inner/archive c\n"
        "printf '# po.m4 serial 5\\nold line\\n' >inner/archive/po.m4; tar -cJf root/usr/share/gettext/all.tar.xz -C "
        "inner archive\n"
        "printf '# serial 58\\npatched line\\n' >root/usr/share/aclocal/libtool.m4; echo hidden >root/usr/share/other\n"
        "printf 'Package: libtool\\nVersion: 1:2.4.7-7\\nArchitecture: all\\n' >c/control; echo 2.0 >debian-binary\n"
        "tar -cJf data.tar.xz -C root . && tar -czf control.tar.gz -C c ./control && ar rc x.deb debian-binary "
        "control.tar.gz data.tar.xz");
  const KnownFilter filter{{"usr/share/aclocal/*", "usr/share/gettext/*"}, {"*"}};
  const auto set = index_packages({deb}, "debian", filter);
  if (!set) FAIL(set.error().to_string());
  REQUIRE(write_data_set(*set, dir.path()));
  const auto known = KnownFiles::open(dir.path());
  REQUIRE(known);
  const auto libtool = known->history_of("libtool.m4");
  REQUIRE(libtool.size() == 1);
  CHECK(libtool[0].path == "libtool_1:2.4.7-7:usr/share/aclocal/libtool.m4");
  CHECK(libtool[0].serial == 58);
  const auto inner = known->history_of("po.m4");
  REQUIRE(inner.size() == 1);
  CHECK(inner[0].path == "libtool_1:2.4.7-7:usr/share/gettext/all.tar.xz!archive/po.m4");
  CHECK(known->has_line(line_digest("old line")));
  CHECK(known->has_line(line_digest("patched line")));
  CHECK(known->history_of("other").empty());

  const auto again = index_again(set->manifest, dir.path());
  REQUIRE(again);
  CHECK(differences(*set, *again).empty());
  auto lacking = set->manifest;
  lacking.packages[0].sha256 = std::string(64, '0');
  const auto failed = index_again(lacking, dir.path());
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find("libtool_1:2.4.7-7") != std::string::npos);
}

TEST_CASE("known index: what is no package is refused by name", "[provenance][known][hostile]") {
  const TempDir dir;
  for (const auto* content :
       {"", "!<arch>\n", "!<arch>\ndebian-binary   x           0     0     100644  4         `\n2.0\n", "text"}) {
    const auto file = dir.write("bad.deb", content);
    const auto set = index_packages({file}, "x", {});
    CAPTURE(content);
    REQUIRE_FALSE(set);
    CHECK(set.error().where.find("bad.deb") != std::string::npos);
  }
}

TEST_CASE("known index: an unpacked package is indexed under its label", "[provenance][known]") {
  const TempDir dir;
  dir.write("root/usr/a.m4", "# serial 3\n");
  shell("cd '" + dir.path().string() + "' && touch -d @1234567890 root/usr/a.m4 && ln -s a.m4 root/usr/b.m4");
  const auto set = index_directory(dir.path() / "root", "pkg_1.0", "pkg", {});
  REQUIRE(set);
  CHECK(set->manifest.files == 1);
  const auto data = KnownData::open(as_bytes(set->bytes), "pkg");
  REQUIRE(data);
  const auto history = data->history_of("a.m4");
  REQUIRE(history.size() == 1);
  CHECK(history[0].path == "pkg_1.0:usr/a.m4");
  CHECK(history[0].first_seen == 1234567890);
  CHECK(history[0].serial == 3);
}
