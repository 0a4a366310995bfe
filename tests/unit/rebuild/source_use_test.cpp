#include "rebuild/source_use.hpp"

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::rebuild;

namespace {

Sha256 digest_of(std::string_view content) {
  return sha256(as_bytes(content));
}

/// A trace in which tar unpacked the tree in the phase "setup" and one program runs in the phase "build".
struct Case {
  trace::Trace trace;

  Case() {
    trace.phases = {"setup", "build"};
    trace.processes.resize(2);
    trace.processes[1].phase = 1;
    trace.processes[1].images.push_back({file("/usr/bin/cc1", "compiler"), {"cc1"}, "/build/src"});
  }
  trace::Index file(std::string path, std::string_view content) {
    trace::FileVersion version;
    version.path = std::move(path);
    version.sha256 = digest_of(content);
    trace.files.push_back(std::move(version));
    return static_cast<trace::Index>(trace.files.size() - 1);
  }
  /// Unpacked from the source.
  trace::Index source(const std::string& path, std::string_view content) {
    const auto index = file("/build/src/" + path, content);
    trace.processes[0].writes.push_back({index});
    return index;
  }
  std::string use(std::string_view path, std::string_view content) const {
    return SourceUse{trace, "/build/src"}.of(path, digest_of(content));
  }
};

}  // namespace

TEST_CASE("source use: what only the unpacking touched is not used", "[rebuild][use]") {
  Case build;
  build.source("a.txt", "a");
  CHECK(build.use("a.txt", "a").empty());
}

TEST_CASE("source use: a read, a write and a program that is run are uses, and name who and when", "[rebuild][use]") {
  Case build;
  build.trace.processes[1].reads.push_back({build.source("a.txt", "a")});
  build.trace.processes[1].writes.push_back({build.source("b.txt", "b")});
  CHECK(build.use("a.txt", "a") == "read by cc1 in the phase build");
  CHECK(build.use("b.txt", "b") == "written to by cc1 in the phase build");
}

TEST_CASE("source use: a file that is read under another name is used, by its names and by its content",
          "[rebuild][use][hostile]") {
  Case build;
  const auto linked = build.source("a.txt", "a");
  build.trace.files[linked].path = "/build/other";
  build.trace.files[linked].aliases.push_back("/build/src/a.txt");
  build.trace.processes[1].reads.push_back({linked});
  CHECK_FALSE(build.use("a.txt", "not the same").empty());
  build.trace.processes[1].reads.push_back({build.file("/mnt/bound", "bytes of b")});
  CHECK(build.use("b.txt", "bytes of b").find("same content") != std::string::npos);
}

TEST_CASE("source use: a new name for a file, its directory or the tree is a use, its removal is none",
          "[rebuild][use][hostile]") {
  using Kind = trace::NameChange::Kind;
  const auto after = [](Kind kind, std::string from, std::string to) {
    Case build;
    build.source("doc/a.txt", "a");
    build.trace.names.push_back({kind, 1, std::move(from), std::move(to)});
    return build.use("doc/a.txt", "a");
  };
  CHECK_FALSE(after(Kind::rename, "/build/src/doc/a.txt", "/build/x").empty());
  CHECK_FALSE(after(Kind::hard_link, "/build/src/doc/a.txt", "/build/x").empty());
  CHECK_FALSE(after(Kind::rename, "/build/src/doc", "/build/x").empty());
  CHECK_FALSE(after(Kind::rename, "/build/x", "/build/src/doc").empty());
  CHECK_FALSE(after(Kind::rename, "/build/src", "/build/x").empty());
  CHECK(after(Kind::remove, "/build/src/doc/a.txt", "").empty());
  CHECK(after(Kind::rename, "/build/src/document", "/build/x").empty());
}
