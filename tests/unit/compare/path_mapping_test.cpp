#include "compare/path_mapping.hpp"

#include "support/catch.hpp"

using namespace assay;
using compare::infer_mapping;

namespace {

TreeEntry file(std::string path, std::string_view content) {
  TreeEntry entry;
  entry.path = std::move(path);
  entry.mode = 0644;
  entry.size = content.size();
  entry.digests.git_oid = git_object_id(GitHash::sha1, "blob", as_bytes(content));
  return entry;
}

}  // namespace

TEST_CASE("mapping: strips the top directory of an ordinary release", "[compare]") {
  const TreeManifest reference{{file("a.c", "a"), file("lib/b.c", "b")}};
  const auto mapping = infer_mapping(
      {file("pkg-1.0/a.c", "a"), file("pkg-1.0/lib/b.c", "b"), file("pkg-1.0/configure", "c")}, reference);
  CHECK(mapping.subject_prefix == "pkg-1.0");
  CHECK(mapping.reference_subdir.empty());
  CHECK(mapping.votes == 2);
  CHECK(mapping.to_reference("pkg-1.0/lib/b.c") == "lib/b.c");
  CHECK_FALSE(mapping.to_reference("package.xml"));
  CHECK(mapping.name_of("pkg-1.0/lib/b.c") == "lib/b.c");
  CHECK(mapping.name_of("package.xml") == "../package.xml");
  CHECK(mapping.to_subject("../package.xml") == "package.xml");
  CHECK(mapping.to_subject("lib/b.c") == "pkg-1.0/lib/b.c");
}

TEST_CASE("mapping: what a release takes out of a submodule does not make it the submodule's release", "[compare]") {
  const TreeManifest reference{{file("src/main.c", "main"), file("NEWS", "news"), file("gnulib/lib/a.c", "1"),
                                file("gnulib/lib/b.c", "2"), file("gnulib/m4/c.m4", "3")}};
  std::vector<TreeEntry> subject{file("p-1/src/main.c", "main"), file("p-1/NEWS", "news"), file("p-1/lib/a.c", "1"),
                                 file("p-1/lib/b.c", "2"), file("p-1/m4/c.m4", "3")};
  CHECK(infer_mapping(subject, reference).reference_subdir.empty());
  subject.erase(subject.begin());
  subject.erase(subject.begin());
  CHECK(infer_mapping(subject, reference).reference_subdir == "gnulib");
}

TEST_CASE("mapping: finds the sub-directory that the release is made of", "[compare]") {
  const TreeManifest reference{{file("README.md", "outer"), file("expat/lib/x.c", "x"), file("expat/lib/y.c", "y")}};
  const auto mapping = infer_mapping({file("expat-2.5.0/lib/x.c", "x"), file("expat-2.5.0/lib/y.c", "y")}, reference);
  CHECK(mapping.subject_prefix == "expat-2.5.0");
  CHECK(mapping.reference_subdir == "expat");
  CHECK(mapping.from_reference("expat/lib/x.c") == "lib/x.c");
  CHECK_FALSE(mapping.from_reference("README.md"));
}

TEST_CASE("mapping: a release without a top directory strips nothing", "[compare]") {
  const TreeManifest reference{{file("a.c", "a"), file("lib/b.c", "b")}};
  const auto mapping = infer_mapping({file("a.c", "a"), file("lib/b.c", "b")}, reference);
  CHECK(mapping.subject_prefix.empty());
  CHECK(mapping.reference_subdir.empty());
}

TEST_CASE("mapping: contents that stand everywhere do not vote", "[compare]") {
  std::vector<TreeEntry> copies;
  for (int i = 0; i < 20; ++i) copies.push_back(file("d" + std::to_string(i) + "/empty", ""));
  copies.push_back(file("src/main.c", "main"));
  const auto mapping = infer_mapping({file("p/src/main.c", "main"), file("p/empty", "")}, TreeManifest{copies});
  CHECK(mapping.subject_prefix == "p");
  CHECK(mapping.reference_subdir.empty());
}

TEST_CASE("mapping: where no content agrees, paths decide; where none do, the only top directory goes", "[compare]") {
  const TreeManifest reference{{file("src/main.c", "new"), file("src/util.c", "new2")}};
  const auto by_path = infer_mapping({file("p/src/main.c", "old"), file("p/src/util.c", "old2")}, reference);
  CHECK(by_path.subject_prefix == "p");
  CHECK(by_path.votes == 0);
  const auto by_nothing = infer_mapping({file("q/one", "1"), file("q/two", "2")}, reference);
  CHECK(by_nothing.subject_prefix == "q");
}
