#include "rebuild/materials.hpp"

#include <algorithm>

#include "digest/digest.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;
using trace::Index;

namespace {

/// A build of one file by one compiler, in a root with two packages.
class Made {
 public:
  Made() {
    m_root.write("var/lib/dpkg/status",
                 "Package: gcc\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12-1\n\n"
                 "Package: libx-dev\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3-1\n\n"
                 "Package: idle\nStatus: install ok installed\nArchitecture: all\nVersion: 9\n");
    m_root.write("var/lib/dpkg/info/gcc.list", "/usr/bin/gcc\n");
    m_root.write("var/lib/dpkg/info/libx-dev:amd64.list", "/usr/include/x.h\n/usr/include/y.h\n/usr/lib/x/m.py\n");
    m_root.write("var/lib/dpkg/info/libx-dev:amd64.md5sums",
                 "d41d8cd98f00b204e9800998ecf8427e  usr/include/x.h\n"
                 "d41d8cd98f00b204e9800998ecf8427e  usr/include/y.h\n");  // of nothing
    m_root.write("var/lib/dpkg/info/idle.list", "/usr/share/idle\n");
    m_trace.phases = {"setup", "build"};
    m_tar = process(0, "/usr/bin/tar");
    m_gcc = process(1, "/usr/bin/gcc");
  }

  Index file(const std::string& path, const std::string& content, bool writable, std::vector<Index> writers = {}) {
    trace::FileVersion version;
    version.path = path;
    version.sha256 = sha256(as_bytes(content));
    version.writable_place = writable;
    version.writers = std::move(writers);
    version.size = content.size();
    version.at_end = true;
    m_trace.files.push_back(version);
    if (!writable) m_root.write(path.substr(1), content);
    return static_cast<Index>(m_trace.files.size() - 1);
  }
  void read(Index by, Index what) { m_trace.processes[by].reads.push_back({what, 0, ++m_moment, false}); }

  Materials materials(const std::string& output) {
    const trace::Graph graph{m_trace};
    MaterialsRequest request;
    request.trace = &m_trace;
    request.graph = &graph;
    request.root = m_root.path();
    request.name = "thing";
    request.provided = {"/etc/passwd"};
    request.outputs = {{"out", sha256(as_bytes(output)).hex()}};
    return materials_of(request);
  }
  Index tar() const { return m_tar; }
  Index gcc() const { return m_gcc; }

 private:
  Index process(Index phase, const std::string& program) {
    trace::Process made;
    made.phase = phase;
    trace::Image image;
    image.program = file(program, program, false);
    made.images.push_back(image);
    made.reads.push_back({image.program, 0, ++m_moment, false});
    m_trace.processes.push_back(made);
    return static_cast<Index>(m_trace.processes.size() - 1);
  }

  test::TempDir m_root;
  trace::Trace m_trace;
  trace::Moment m_moment = 0;
  Index m_tar = 0, m_gcc = 0;
};

const attest::Component* component(const Materials& made, std::string_view name) {
  const auto& all = made.sbom.components;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

bool related(const Materials& made, std::string_view from, attest::Relation relation, std::string_view to) {
  const auto* a = component(made, from);
  const auto* b = component(made, to);
  return a != nullptr && b != nullptr &&
         std::count(made.sbom.dependencies.begin(), made.sbom.dependencies.end(),
                    attest::Dependency{a->id, b->id, relation}) == 1;
}

const Finding* finding(const Materials& made, std::string_view rule) {
  for (const auto& each : made.findings)
    if (each.rule == rule) return &each;
  return nullptr;
}

}  // namespace

TEST_CASE("materials: sources, packages and tools of an output, and what was there in vain", "[rebuild][materials]") {
  Made build;
  const auto source = build.file("/build/src/a.c", "source", true, {build.tar()});
  const auto unread = build.file("/build/src/b.c", "not read", true, {build.tar()});
  build.read(build.tar(), unread);  // by the unpacking itself
  build.read(build.gcc(), source);
  build.read(build.gcc(), build.file("/usr/include/x.h", "", false));
  build.read(build.gcc(), build.file("/usr/lib/x/__pycache__/m.cpython-311.pyc", "code", false));
  build.read(build.gcc(), build.file("/etc/passwd", "users", false));
  build.read(build.gcc(),
             build.file("/var/lib/dpkg/info/idle.list", "/usr/share/idle\n", false));  // which does not make it used
  build.file("/build/src/out", "product", true, {build.gcc()});
  const auto made = build.materials("product");
  CHECK(made.coverage.complete());
  CHECK(made.findings.empty());
  REQUIRE(component(made, "gcc") != nullptr);
  CHECK(component(made, "gcc")->grounds == attest::Grounds::observed);
  CHECK(component(made, "gcc")->evidence == "trace: 1 file read, 1 program run");
  CHECK_FALSE(component(made, "gcc")->unused);
  CHECK(component(made, "idle")->unused);
  CHECK(component(made, "a.c") != nullptr);
  CHECK(component(made, "b.c") == nullptr);
  CHECK(component(made, "/usr/bin/tar") == nullptr);
  CHECK(component(made, "/etc/passwd") == nullptr);
  CHECK(related(made, "out", attest::Relation::built_with, "gcc"));
  CHECK(related(made, "out", attest::Relation::generated_from, "a.c"));
  CHECK(related(made, "out", attest::Relation::generated_from, "libx-dev"));
  CHECK(related(made, "libx-dev", attest::Relation::contains, "/usr/include/x.h"));
  CHECK(related(made, "libx-dev", attest::Relation::contains, "/usr/lib/x/__pycache__/m.cpython-311.pyc"));
  REQUIRE(made.inputs.size() == 5);
  const auto header = std::find_if(made.inputs.begin(), made.inputs.end(),
                                   [](const auto& each) { return each.name == "/usr/include/x.h"; });
  REQUIRE(header != made.inputs.end());
  CHECK(header->uri == "pkg:deb/debian/libx-dev@3-1?arch=amd64#usr/include/x.h");
}

TEST_CASE("materials: a file that no package owns is a finding, a stronger one if it was run", "[rebuild][materials]") {
  Made build;
  build.read(build.gcc(), build.file("/opt/data/one", "1", false));
  build.read(build.gcc(), build.file("/opt/data/two", "2", false));
  build.file("/build/src/out", "product", true, {build.gcc()});
  auto made = build.materials("product");
  const auto* found = finding(made, "rebuild-unowned-input");
  REQUIRE(found != nullptr);
  CHECK(made.findings.size() == 1);
  CHECK(found->location.path == "/opt/data");
  CHECK(found->severity == Severity::low);
  CHECK(found->evidence.size() == 2);
}

TEST_CASE("materials: a header that is not its package's is a finding", "[rebuild][materials]") {
  Made build;
  build.read(build.gcc(), build.file("/usr/include/x.h", "#define system(x) 0", false));
  build.file("/build/src/out", "product", true, {build.gcc()});
  const auto made = build.materials("product");
  const auto* found = finding(made, "rebuild-altered-input");
  REQUIRE(found != nullptr);
  CHECK(found->location.path == "/usr/include/x.h");
  CHECK(found->severity == Severity::high);
}

TEST_CASE("materials: a package whose files were replaced is one finding", "[rebuild][materials]") {
  Made build;
  build.read(build.gcc(), build.file("/usr/include/x.h", "#define system(x) 0", false));
  build.read(build.gcc(), build.file("/usr/include/y.h", "#define system(x) 1", false));
  build.file("/build/src/out", "product", true, {build.gcc()});
  const auto made = build.materials("product");
  const auto* found = finding(made, "rebuild-altered-input");
  REQUIRE(found != nullptr);
  CHECK(made.findings.size() == 1);
  CHECK(found->location.path == "/usr/include/x.h");
  CHECK(found->message == "this and 1 other file are not the files that libx-dev installed");
  CHECK(found->evidence.back().label == "/usr/include/y.h");
  CHECK(found->severity == Severity::high);
}

TEST_CASE("materials: an output that nobody wrote, and a content that nobody saw, are gaps", "[rebuild][materials]") {
  Made build;
  build.file("/build/src/out", "product", true, {build.gcc()});
  CHECK(build.materials("something else").coverage.gaps.size() == 1);
  CHECK(build.materials("product").coverage.complete());
}
