#include "trace/findings.hpp"
#include "support/catch.hpp"
#include "traced.hpp"

#include <algorithm>
#include <cerrno>

using namespace assay;
using namespace assay::test;
using namespace assay::trace;

namespace {

/// Build a small project in phases and look for findings.
class Project {
 public:
  Project() {
    m_directory.write("main.c", "int other(void); int main(void) { return other(); }\n");
    m_directory.write("other.c", "int other(void) { return 0; }\n");
    m_directory.write("script", "echo this came out of data\n");
    m_directory.write("README", std::string(4000, 'r') + "\n");
  }

  const TempDir& directory() const { return m_directory; }
  TraceContext& context() { return m_context; }

  /// `prepare` runs before the build and untraced; then the phases.
  void build(const std::string& prepare, const std::string& script) {
    m_context.source = m_directory.path().string();
    m_context.writable = {m_directory.path().string()};
    const std::string before = "cd " + m_directory.path().string() + "; mkdir -p tests/files; " + prepare;
    REQUIRE(std::system(("sh -eu -c '" + before + "'").c_str()) == 0);
    m_traced = trace_shell(m_directory, "export TMPDIR=$PWD\n" + phase_command("build") + script);
    CAPTURE(m_traced.gaps());
    REQUIRE(m_traced.status == 0);
    m_findings = trace_findings(m_traced.trace, Graph{m_traced.trace}, m_context);
  }

  std::vector<Finding> of(std::string_view rule) const {
    std::vector<Finding> found;
    std::copy_if(m_findings.begin(), m_findings.end(), std::back_inserter(found),
                 [&](const auto& finding) { return finding.rule == rule; });
    return found;
  }
  std::string all() const {
    std::string text;
    for (const auto& finding : m_findings) {
      text += finding.rule + " " + std::string{to_string(finding.severity)} + " " + finding.location.path + ": " +
              finding.message + "\n";
      for (const auto& evidence : finding.evidence) text += "  [" + evidence.label + "]\n" + evidence.text + "\n";
    }
    return text;
  }

 private:
  TempDir m_directory;
  TraceContext m_context;
  Traced m_traced;
  std::vector<Finding> m_findings;
};

/// The one finding of that rule.
Finding only(const Project& project, std::string_view rule) {
  CAPTURE(project.all());
  const auto found = project.of(rule);
  REQUIRE(found.size() == 1);
  return found[0];
}

constexpr const char* k_make = "gcc -c main.c -o main.o; gcc -c other.c -o other.o; gcc main.o other.o -o prog; ";

bool mentions(const Finding& finding, std::string_view text) {
  return std::any_of(finding.evidence.begin(), finding.evidence.end(),
                     [&](const auto& evidence) { return evidence.text.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("trace findings: an honest build has none, whatever it decompresses for its documentation", "[trace]") {
  Project project;
  project.build(
      "xz -k README; gzip -k script; cp README.xz tests/files/good.xz",
      std::string{k_make} +
          "ar rc lib.a other.o; ranlib lib.a; gcc main.o lib.a -o prog2; strip prog2; install -m 755 prog "
          "prog.installed; "
          "xz -dc README.xz | tr r R | sed s/R/r/ > README.txt; gzip -9 < README.txt > README.txt.gz; "
          "echo 'int x;' | gcc -xc -c - -o x.o; echo true | sh; printf '%s\\n' 'echo made' > made.sh; sh made.sh\n" +
          phase_command("test") + "xz -dc tests/files/good.xz | cmp - README");
  CHECK(project.all() == "");
}

TEST_CASE("trace findings: test data that goes through decoders into a shell", "[trace]") {
  Project project;
  project.build(
      "xz script; tr \"\\t \" \" \\t\" < script.xz > tests/files/bad-3-corrupt.xz; rm script.xz",
      "eval 'sed \"r\\n\" tests/files/bad-3-corrupt.xz' | tr '\\t ' ' \\t' | xz -d 2>/dev/null | sh > /dev/null");
  const auto fed = only(project, "trace-fed-interpreter");
  CHECK(fed.severity == Severity::critical);
  CHECK(fed.location.path == "tests/files/bad-3-corrupt.xz");
  CHECK(mentions(fed, "xz -d"));
  const auto read = only(project, "trace-fixture-read");
  CHECK(read.location.path == "tests/files/bad-3-corrupt.xz");
  CHECK(read.severity == Severity::medium);
}

TEST_CASE("trace findings: the same in the test phase is no finding", "[trace]") {
  Project project;
  project.build("xz script; mv script.xz tests/files",
                phase_command("test") + "cat tests/files/script.xz | xz -d | sh > /dev/null");
  CHECK(project.all() == "");
}

TEST_CASE("trace findings: words of no file that are decoded and run", "[trace]") {
  Project project;
  project.build("ln -s $(echo touch ran | base64) tests/files/link", "readlink tests/files/link | base64 -d | sh");
  const auto fed = only(project, "trace-fed-interpreter");
  CHECK(fed.severity == Severity::high);
  CHECK(mentions(fed, "readlink tests/files/link"));
}

TEST_CASE("trace findings: what tests make of their data is theirs until someone else uses it", "[trace]") {
  const std::string tests =
      phase_command("test") +
      "perl -e '$/ = undef; open F, q(tests/files/data); $_ = <F>; s/^x//s; open O, q(>other.o); print O'; "
      "gcc main.c other.o -o prog; ./prog; ";
  const std::string prepare = "gcc -c other.c -o o; { printf x; cat o; } > tests/files/data; rm o";
  const auto found = [&](const std::string& after) {
    Project project;
    project.build(prepare, "gcc -c main.c -o main.o; " + tests + after);
    INFO(project.all());
    const auto read = project.of("trace-fixture-read");
    return read.size() == 1 && read[0].severity == Severity::high && read[0].location.path == "tests/files/data";
  };
  CHECK(found(phase_command("install") + "mkdir -p d; cp prog d"));
  CHECK_FALSE(found(phase_command("install") + "mkdir -p d; cp main.c d"));
}

TEST_CASE("trace findings: what a decoder gives out is linked as an object", "[trace]") {
  Project project;
  project.build("gcc -c other.c -o evil.o; xz evil.o; mv evil.o.xz tests/files/good-large.xz",
                "gcc -c main.c -o main.o; xz -dc tests/files/good-large.xz > other.o; gcc main.o other.o -o prog");
  CAPTURE(project.all());
  const auto decoded = project.of("trace-decoder-in-product");
  REQUIRE_FALSE(decoded.empty());
  CHECK(decoded[0].severity == Severity::critical);
  CHECK(decoded[0].location.path == "other.o");
  CHECK(mentions(decoded[0], "tests/files/good-large.xz"));
  const auto foreign = only(project, "trace-foreign-object");
  CHECK(foreign.location.path == "other.o");
  const auto read = only(project, "trace-fixture-read");
  CHECK(read.severity == Severity::high);
}

TEST_CASE("trace findings: decoded text that is compiled is in the ancestry of the object", "[trace]") {
  Project project;
  project.build("base64 other.c > data.txt; rm other.c", "base64 -d data.txt > other.c; " + std::string{k_make});
  CAPTURE(project.all());
  const auto decoded = project.of("trace-decoder-in-product");
  REQUIRE_FALSE(decoded.empty());
  CHECK(decoded[0].severity == Severity::high);
  CHECK(mentions(decoded[0], "data.txt"));
}

TEST_CASE("trace findings: a copy of a decoder under another name is still a decoder", "[trace]") {
  Project project;
  project.build(
      "gcc -c other.c -o evil.o; xz evil.o; mv evil.o.xz data",
      "cp \"$(command -v xz)\" cc1; gcc -c main.c -o main.o; ./cc1 -dc < data > other.o; gcc main.o other.o -o prog");
  CAPTURE(project.all());
  CHECK_FALSE(project.of("trace-decoder-in-product").empty());
  CHECK_FALSE(project.of("trace-foreign-object").empty());
}

TEST_CASE("trace findings: a script that was decoded is run", "[trace]") {
  Project project;
  project.build("xz script", "xz -dc script.xz > run.sh; sh run.sh > /dev/null");
  const auto fed = only(project, "trace-fed-interpreter");
  CHECK(fed.severity == Severity::critical);
}

TEST_CASE("trace findings: objects and libraries that came with the source are linked", "[trace]") {
  Project project;
  project.build("gcc -c other.c -o prebuilt.o", "gcc -c main.c -o main.o; gcc main.o prebuilt.o -o prog");
  const auto foreign = only(project, "trace-foreign-object");
  CHECK(foreign.location.path == "prebuilt.o");
}

TEST_CASE("trace findings: an object is changed, or replaced, after it was compiled", "[trace]") {
  Project project;
  SECTION("written into") {
    project.build("true", std::string{k_make} + "printf x >> main.o");
    CHECK(only(project, "trace-changed-object").location.path == "main.o");
  }
  SECTION("replaced") {
    project.build("true", std::string{k_make} + "head -c 100 main.o > t; cat other.o >> t; mv t main.o");
    CAPTURE(project.all());
    CHECK(project.of("trace-changed-object").size() == 1);
  }
  SECTION("stripped, indexed and compiled again, it is not") {
    project.build("true", std::string{k_make} +
                              "strip prog; ar rc l.a main.o; ranlib l.a; objcopy --strip-debug main.o; gcc -O2 -c "
                              "other.c -o other.o; touch main.o; chmod 600 main.o");
    CHECK(project.all() == "");
  }
}

TEST_CASE("trace findings: test data that is merely searched weighs little", "[trace]") {
  Project project;
  project.build("xz -k README; mv README.xz tests/files/good.xz",
                "grep -rl nothing tests || true; " + std::string{k_make});
  const auto read = only(project, "trace-fixture-read");
  CHECK(read.severity == Severity::low);
}

TEST_CASE("trace findings: the network, and this machine, which is none", "[trace]") {
  Project project;
  // Connecting a datagram socket sends nothing.
  project.build("true",
                "bash -c 'exec 3<>/dev/udp/127.0.0.1/9'; bash -c 'exec 3<>/dev/udp/192.0.2.1/9' 2>/dev/null || true");
  const auto network = only(project, "trace-network");
  CHECK(network.message.find("192.0.2.1 port 9") != std::string::npos);
}

TEST_CASE("trace findings: a write outside the build directory", "[trace]") {
  Project project;
  const TempDir elsewhere;
  project.build("true", "echo x > " + (elsewhere.path() / "dropped").string() + "; echo x > /dev/null");
  const auto outside = only(project, "trace-outside-write");
  CHECK(outside.location.path == (elsewhere.path() / "dropped").string());
}

TEST_CASE("trace findings: refused writes weigh by their place, and byte code of Python weighs nothing", "[trace]") {
  Trace trace;
  trace.phases = {"setup"};
  trace.phase_begins = {0};
  trace.processes.resize(1);
  trace.refusals = {{0, "/usr/lib/python3/__pycache__/x.pyc", EROFS},
                    {0, "/usr/local/bin/x", EROFS},
                    {0, "/etc/ld.so.preload", EROFS}};
  const auto findings = trace_findings(trace, Graph{trace}, {});
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].location.path == "/etc/ld.so.preload");
  CHECK(findings[0].severity == Severity::high);
  CHECK(findings[1].severity == Severity::low);
}

TEST_CASE("trace findings: test data in words that a compiler takes for source", "[trace]") {
  const std::string rest = "; gcc -c main.c -o main.o; gcc main.o extra.o -o prog";
  for (const auto* how :
       {"gcc -x c -c tests/files/notes.txt -o extra.o", "cat tests/files/notes.txt | gcc -x c -c - -o extra.o",
        "cp tests/files/notes.txt extra.c; gcc -c extra.c",
        "printf '#include \"tests/files/notes.txt\"\n' > extra.c; gcc -c extra.c"}) {
    Project project;
    project.build("cp other.c tests/files/notes.txt", how + rest);
    CAPTURE(how, project.all());
    const auto read = only(project, "trace-fixture-read");
    CHECK(read.severity == Severity::high);
    CHECK(read.location.path == "tests/files/notes.txt");
    CHECK(mentions(read, "cc1"));
  }
}

TEST_CASE("trace findings: sources of tests, and texts that tests compile in, are no finding", "[trace]") {
  Project project;
  project.build("cp other.c tests/files/notes.txt; cp other.c tests/helper.c",
                std::string{k_make} +
                    "gcc -c tests/helper.c -o tests/helper.o; gcc main.o tests/helper.o -o tests/prog; gcc -x c -c "
                    "tests/files/notes.txt -o tests/notes.o; grep -c int tests/files/notes.txt > count\n" +
                    phase_command("test") + "gcc -x c -c tests/files/notes.txt -o late.o");
  CHECK(project.all() == "");
}

TEST_CASE("trace findings: inputs that nothing declares", "[trace]") {
  Project project;
  const TempDir elsewhere;
  const auto secret = elsewhere.write("secret.h", "#define SECRET 1\n").string();
  project.context().undeclared_owner = [&](std::string_view path) {
    return path == secret ? std::string{"the package secrets"} : std::string{};
  };
  project.build("true", std::string{k_make} + "cat " + secret + " > /dev/null");
  const auto undeclared = only(project, "trace-undeclared-input");
  CHECK(undeclared.location.path == secret);
  CHECK(undeclared.message.starts_with("the package secrets is not among what is declared, and 1 file of it was"));
}

TEST_CASE("trace findings: libraries that ldconfig alone has looked at are one thing, and weigh little", "[trace]") {
  Project project;
  const TempDir elsewhere;
  const auto place = elsewhere.path().string();
  project.context().undeclared_owner = [&](std::string_view path) {
    return path.starts_with(place) ? "the package " + std::string{path.substr(place.size() + 1)} : std::string{};
  };
  const std::string prepare =
      "gcc -shared -x c /dev/null -o " + place + "/liba.so; cp " + place + "/liba.so " + place + "/libb.so";
  const std::string look = "/sbin/ldconfig -N -X " + place + "; ";
  SECTION("alone") {
    project.build(prepare, look);
    const auto found = only(project, "trace-undeclared-input");
    CHECK(found.severity == Severity::low);
    CHECK(found.message.starts_with("2 libraries of this system"));
  }
  SECTION("and one that was linked as well") {
    project.build(prepare, look + "gcc main.c other.c " + place + "/libb.so -o prog");
    const auto found = project.of("trace-undeclared-input");
    REQUIRE(found.size() == 2);
    CHECK(found[0].severity == Severity::medium);
    CHECK(found[0].message.starts_with("the package libb.so"));
  }
  SECTION("and one that who became ldconfig had read before") {
    project.build(prepare, "bash -c 'read -r x < " + place + "/libb.so; exec /sbin/ldconfig -N -X " + place + "'");
    const auto found = project.of("trace-undeclared-input");
    REQUIRE(found.size() == 2);
    CHECK(found[0].severity == Severity::medium);
    CHECK(found[0].message.starts_with("the package libb.so"));
    CHECK(found[1].message.starts_with("1 library of this system is"));
    CHECK(found[1].evidence.back().text == place + "/liba.so");
  }
}

TEST_CASE("trace findings: every one is made from a rule of the table", "[trace]") {
  CHECK(rules().size() == 8);
  for (const auto& rule : rules()) CHECK(rule.id.starts_with("trace-"));
}
