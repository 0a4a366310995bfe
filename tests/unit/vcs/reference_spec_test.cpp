#include "git_fixture.hpp"
#include "support/catch.hpp"
#include "vcs/reference.hpp"

using namespace assay;
using namespace assay::vcs;

namespace {

struct Expected {
  std::string path, revision;
};

void check(const std::filesystem::path& base, const std::string& text, const Expected& expected) {
  CAPTURE(text);
  const auto spec = parse_reference_spec((base / text).string());
  CHECK(spec.path == base / expected.path);
  CHECK(spec.revision == expected.revision);
}

}  // namespace

TEST_CASE("reference: REPO@REV is split where the left side exists", "[vcs][spec]") {
  const test::TempDir dir;
  const auto base = dir.path() / "plain";  // the directory's own name must not hold an @
  for (const auto* path : {"repo.git", "a@b/repo", "at@end", "rel@1.0/x"})
    std::filesystem::create_directories(base / path);
  check(base, "repo.git", {"repo.git", ""});
  check(base, "repo.git@v1.0", {"repo.git", "v1.0"});
  check(base, "repo.git@", {"repo.git", ""});
  check(base, "repo.git@HEAD@{1}", {"repo.git", "HEAD@{1}"});
  check(base, "repo.git@origin/x@y", {"repo.git", "origin/x@y"});
  check(base, "a@b/repo@HEAD", {"a@b/repo", "HEAD"});
  check(base, "at@end", {"at@end", ""});
  check(base, "at@end@main", {"at@end", "main"});
  check(base, "rel@1.0/x@v2", {"rel@1.0/x", "v2"});
  check(base, "absent@a@b", {"absent@a", "b"});
  check(base, "absent", {"absent", ""});
}
