#include "trace/trace_file.hpp"

#include "base/bytes.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::trace;

namespace {

Trace small_trace() {
  Trace trace;
  trace.phases = {"setup", "build"};
  trace.phase_begins = {0, 7};
  FileVersion compiler;
  compiler.path = "/usr/bin/cc";
  compiler.aliases = {"/usr/bin/gcc"};
  compiler.sha256 = sha256(as_bytes("cc"));
  compiler.gitoid = git_object_id(GitHash::sha256, "blob", as_bytes("cc"));
  compiler.kind = ContentKind::executable;
  FileVersion made;
  made.path = "/build/out";
  made.writers = {1};
  made.previous = 0;
  trace.files = {compiler, made};
  trace.processes.resize(2);
  trace.processes[1].parent = 0;
  trace.processes[1].phase = 1;
  trace.processes[1].exit_code = -1;
  trace.processes[1].images = {{0, {"cc", "-o", "out"}, "/build", true}};
  trace.processes[1].reads = {{0, 0, 9, true}};
  trace.processes[1].pipes_in = {0};
  trace.pipes = {{12345678901234, {0}, {1}, true}};
  trace.names = {{NameChange::Kind::hard_link, 1, "/a", "/b"}};
  trace.connections = {{1, true, "[::1] port 53", 101}};
  trace.refusals = {{1, "/usr/x", 30}};
  trace.coverage.add("x", "y", "z");
  trace.wall = std::chrono::nanoseconds{1'500'000'000};
  trace.stops = 42;
  return trace;
}

}  // namespace

TEST_CASE("trace file: what is packed comes out as it was", "[trace][packing]") {
  const auto trace = small_trace();
  const auto bytes = pack(trace);
  const auto again = unpack(bytes);
  REQUIRE(again);
  CHECK(pack(*again) == bytes);
  CHECK(again->files[0].sha256 == trace.files[0].sha256);
  CHECK(again->files[0].gitoid == trace.files[0].gitoid);
  CHECK(again->files[1].loader == k_none);
  CHECK(again->processes[1].exit_code == -1);
  CHECK(again->processes[1].images[0].arguments == trace.processes[1].images[0].arguments);
  CHECK(again->pipes[0].inode == 12345678901234);
  CHECK(again->connections[0].address == "[::1] port 53");
  CHECK(again->coverage.gaps[0].remedy == "z");
  CHECK(again->wall == trace.wall);
}

TEST_CASE("trace file: cut off, prolonged or from another version, it is none", "[trace][packing][hostile]") {
  const auto bytes = pack(small_trace());
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(unpack(std::string_view{bytes}.substr(0, size)));
  CHECK_FALSE(unpack(bytes + '\0'));
  auto other = bytes;
  other[0] = 99;
  CHECK_FALSE(unpack(other));
}

TEST_CASE("trace file: a reference that leads nowhere, or in a circle, is refused", "[trace][packing][hostile]") {
  const auto refuses = [](const auto& change) {
    auto trace = small_trace();
    change(trace);
    return !unpack(pack(trace));
  };
  CHECK(refuses([](Trace& trace) { trace.files[1].writers = {2}; }));
  CHECK(refuses([](Trace& trace) { trace.files[1].previous = 1; }));
  CHECK(refuses([](Trace& trace) { trace.processes[1].parent = 1; }));
  CHECK(refuses([](Trace& trace) { trace.processes[1].phase = 2; }));
  CHECK(refuses([](Trace& trace) { trace.processes[1].reads[0].file = 2; }));
  CHECK(refuses([](Trace& trace) { trace.processes[1].images[0].program = 7; }));
  CHECK(refuses([](Trace& trace) { trace.pipes[0].readers = {k_none}; }));
  CHECK(refuses([](Trace& trace) { trace.names[0].process = 9; }));
  CHECK(refuses([](Trace& trace) { trace.phase_begins.pop_back(); }));
}
