#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "traced.hpp"

using namespace assay;
using namespace assay::test;
using namespace assay::trace;

namespace {

using Files = std::vector<Index>;

/// A trace put together by hand: file contents are single letters.
struct Made {
  Trace trace;

  Made() {
    trace.phases = {"setup"};
    trace.phase_begins = {0};
  }
  Index file(const std::string& path, std::string_view content, ContentKind kind = ContentKind::text) {
    FileVersion version;
    version.path = path;
    version.kind = kind;
    version.size = content.size();
    version.sha256 = sha256(as_bytes(content));
    version.gitoid = git_object_id(GitHash::sha256, "blob", as_bytes(content));
    version.at_end = true;
    trace.files.push_back(version);
    return static_cast<Index>(trace.files.size() - 1);
  }
  Index process(Index parent = k_none) {
    trace.processes.emplace_back().parent = parent;
    return static_cast<Index>(trace.processes.size() - 1);
  }
  void reads(Index process, Index file) { trace.processes[process].reads.push_back({file, 0, ++m_moment, false}); }
  void writes(Index process, Index file) {
    trace.processes[process].writes.push_back({file, 0, ++m_moment, false});
    trace.files[file].writers.push_back(process);
  }
  void fix(Index file) { trace.files[file].fixed = ++m_moment; }
  void pipe(Index from, Index to) {
    const auto index = static_cast<Index>(trace.pipes.size());
    trace.pipes.push_back({index, {from}, {to}, false});
    trace.processes[from].pipes_out.push_back(index);
    trace.processes[to].pipes_in.push_back(index);
  }

 private:
  Moment m_moment = 0;
};

}  // namespace

TEST_CASE("graph: a chain of steps is followed back to its beginning, and forward to its end", "[trace][graph]") {
  Made made;
  const auto source = made.file("/s.c", "s"), header = made.file("/h.h", "h"), object = made.file("/s.o", "o"),
             program = made.file("/p", "p");
  const auto other = made.file("/other", "x");
  const auto compiler = made.process(), linker = made.process(), reader = made.process();
  made.reads(compiler, source);
  made.reads(compiler, header);
  made.writes(compiler, object);
  made.reads(linker, object);
  made.writes(linker, program);
  made.reads(reader, other);
  const Graph graph{made.trace};
  CHECK(graph.inputs(program) == Files{object});
  CHECK(graph.ancestry(program) == Files{source, header, object});
  CHECK(graph.makers(program) == Files{compiler, linker});
  CHECK(graph.descendants(header) == Files{object, program});
  CHECK(graph.descendants(other).empty());
  CHECK(graph.outcome(compiler, 0) == Files{object, program});
  const auto chain = graph.chain(source, program);
  REQUIRE(chain.size() == 3);
  CHECK(chain[0].file == source);
  CHECK(chain[0].process == compiler);
  CHECK(chain[1].file == object);
  CHECK(chain[1].process == linker);
  CHECK(chain[2].file == program);
  CHECK(chain[2].process == k_none);
  CHECK(graph.chain(other, program).empty());
}

TEST_CASE("graph: what flows through pipes flows through any number of them", "[trace][graph]") {
  Made made;
  const auto in = made.file("/in", "i"), out = made.file("/out", "o");
  const auto first = made.process(), second = made.process(), third = made.process();
  made.reads(first, in);
  made.pipe(first, second);
  made.pipe(second, third);
  made.writes(third, out);
  const Graph graph{made.trace};
  CHECK(graph.inputs(out) == Files{in});
  CHECK(graph.descendants(in) == Files{out});
  CHECK(graph.feeders(third) == Files{second});
  CHECK(graph.fed_by(first) == Files{second});
}

TEST_CASE("graph: pipes in a circle end the walk", "[trace][graph]") {
  Made made;
  const auto in = made.file("/in", "i"), out = made.file("/out", "o");
  const auto first = made.process(), second = made.process();
  made.pipe(first, second);
  made.pipe(second, first);
  made.reads(second, in);
  made.writes(first, out);
  const Graph graph{made.trace};
  CHECK(graph.inputs(out) == Files{in});
  CHECK(graph.descendants(in) == Files{out});
}

TEST_CASE("graph: a copy descends from its original alone", "[trace][graph]") {
  Made made;
  const auto a = made.file("/a", "a"), b = made.file("/b", "b"), copy = made.file("/copy", "a");
  const auto copier = made.process();
  made.reads(copier, a);
  made.reads(copier, b);
  made.writes(copier, copy);
  const Graph graph{made.trace};
  CHECK(graph.copied_from(copy) == a);
  CHECK(graph.inputs(copy) == Files{a});
  CHECK(graph.descendants(b).empty());
  CHECK(graph.descendants(a) == Files{copy});
}

TEST_CASE("graph: what is read after a content was fixed did not flow into it", "[trace][graph]") {
  Made made;
  const auto early = made.file("/early", "e"), late = made.file("/late", "l"), out = made.file("/out", "o");
  const auto process = made.process();
  made.reads(process, early);
  made.writes(process, out);
  made.fix(out);
  made.reads(process, late);
  const Graph graph{made.trace};
  CHECK(graph.inputs(out) == Files{early});
  CHECK(graph.descendants(late).empty());
}

TEST_CASE("graph: what was appended to, and what was there when the first phase began", "[trace][graph]") {
  Made made;
  const auto tarball = made.file("/in.tar", "t"), source = made.file("/s", "s"), changed = made.file("/s", "st");
  const auto unpacker = made.process(), builder = made.process();
  made.reads(unpacker, tarball);
  made.writes(unpacker, source);
  made.trace.phases.push_back("build");
  made.trace.phase_begins.push_back(2);
  made.writes(builder, changed);
  made.trace.files[changed].previous = source;
  const Graph graph{made.trace};
  CHECK(graph.is_initial(tarball));
  CHECK(graph.is_initial(source));
  CHECK_FALSE(graph.is_initial(changed));
  CHECK(graph.ancestry(changed) == Files{source});
}

TEST_CASE("graph: gitoids and input manifests are those of OmniBOR", "[trace][graph]") {
  Made made;
  // git hash-object with --object-format=sha256 of "hello\n" says so.
  const auto in = made.file("/in", "hello\n"), out = made.file("/out", "o");
  const auto process = made.process();
  made.reads(process, in);
  made.writes(process, out);
  const Graph graph{made.trace};
  const std::string id = "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4";
  CHECK(gitoid_uri(made.trace.files[in]) == "gitoid:blob:sha256:" + id);
  CHECK(input_manifest(graph, made.trace, out) == "gitoid:blob:sha256\nblob " + id + "\n");
}

TEST_CASE("graph: the JSON of a trace says it all, and is JSON whatever the names are", "[trace][graph]") {
  const TempDir directory;
  const auto traced =
      trace_shell(directory, "echo x > \"$(printf 'bad\\377name')\"; cat bad* | cat > out; mv out end; ln -s end link");
  const auto json = nlohmann::json::parse(to_json(traced.trace, Graph{traced.trace}));
  CHECK(json["processes"].size() == traced.trace.processes.size());
  CHECK(json["files"].size() == traced.trace.files.size());
  CHECK(json["coverage"]["complete"] == true);
  const auto& end = json["files"][traced.file("/end")];
  CHECK(end["gitoid"].get<std::string>().starts_with("gitoid:blob:sha256:"));
  CHECK_FALSE(end["inputs"].empty());
  CHECK(json["names"].size() == 2);
}
