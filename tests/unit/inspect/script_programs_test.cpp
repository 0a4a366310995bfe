// Programs that execute what they have read of test data, and build files in languages that are not followed.
#include "inspect/script/analysis.hpp"
#include "inspect/script/program_flow.hpp"
#include "inspect/script/unfollowed.hpp"
#include "inspect/tree_memory.hpp"
#include "packed.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::inspect;
using namespace assay::inspect::test;

namespace {

ScriptAnalysis analyse(std::string_view script, std::string_view text, const Bytes& data,
                       std::string_view path = "tests/files/f.bin") {
  MemoryTree tree;
  tree.add(std::string{script}, bytes_of(text), 0644);
  tree.add(std::string{path}, data);
  return analyse_scripts(tree, {});
}

Bytes exclusive_or(std::string_view text, std::uint8_t key) {
  Bytes bytes;
  for (const char c : text) bytes.push_back(static_cast<std::uint8_t>(c) ^ key);
  return bytes;
}

const Finding* unfollowed(const ScriptAnalysis& analysis) {
  const auto it = std::find_if(analysis.findings.begin(), analysis.findings.end(),
                               [](const Finding& finding) { return finding.rule == "inspect-unfollowed-data"; });
  return it == analysis.findings.end() ? nullptr : &*it;
}

}  // namespace

TEST_CASE("program: what was read of test data comes to an interpreter", "[inspect][script]") {
  for (const std::string_view text :
       {"d = open('tests/f.bin', 'rb').read()\nimport os\nos.system(bytes(b ^ 90 for b in d).decode())\n",
        "p = 'tests/f.bin'\nwith open(p) as f:\n    text = f.read()\nsubprocess.run(['sh', '-c', text])\n",
        "from importlib.machinery import SourceFileLoader as L\nL('t', 'tests/f.txt').load_module()\n",
        "import sys\nsys.path.insert(0, 'tests/f.zip')\n",
        "def run(x):\n    os.system(x)\nrun(open('tests/f.bin').read())\n",
        "def data():\n    return open('tests/f.bin').read()\nd = data()\nos.system(d)\n",
        "e = exec\nd = open('tests/f.bin').read()\ne(d)\n",
        "sub run { my ($x) = @_; system($x); }\nopen F,\"<t/data/f.bin\"; my $d=<F>; run($d);\n",
        "do \"./t/data/f.txt\";\n", "use lib \"t/data\";\nrequire \"f.dat\";\n",
        "open F,\"<t/data/f.bin\"; my $d=<F>; eval($d ^ (\"Z\" x length $d));\n",
        "eval File.binread('spec/fixtures/f.bin').reverse\n", "load 'spec/fixtures/f.txt'\n",
        "const d = fs.readFileSync('tests/f.bin');\nvm.runInNewContext(d.toString());\n", "require('./tests/f.bin');\n",
        "exec(pathlib.Path(__file__).with_name('tests').joinpath('files', 'f.bin').read_bytes())\n"}) {
    INFO(text);
    CHECK(follow_data(text).executes);
  }
}

TEST_CASE("program: data of the tests that is read, checked or handed on by name is not executed",
          "[inspect][script]") {
  for (const std::string_view text :
       {"subprocess.check_call(['./tool', 'tests/f.bin'])\n",
        "d = open('tests/f.bin').read()\nassert d\nos.system('make')\n",
        "d = open('tests/f.bin').read()\nsubprocess.run(['./tool'], input=d)\n",
        "x = json.load(open('tests/f.json'))\n", "const x = require('./tests/f.json');\n",
        "# exec(open('tests/f.bin').read())\n", "pattern = re.compile(open('tests/f.txt').read())\n",
        "p = 'tests/f.bin'\nrun_tool(p)\n", "sys.path.insert(0, 'tests')\n", "eval(open('version.py').read())\n"}) {
    INFO(text);
    CHECK_FALSE(follow_data(text).executes);
  }
}

TEST_CASE("program: the exclusive-or of a fixture in setup.py is decoded", "[inspect][script]") {
  const auto analysis = analyse("setup.py",
                                "from setuptools import setup\nd=open(\"tests/files/f.bin\",\"rb\").read()\nimport "
                                "os\nos.system(bytes(b^0x5a for b in d).decode())\n",
                                exclusive_or("echo 'hello from the hidden stage'\n", 0x5a));
  REQUIRE_FALSE(analysis.flows.empty());
  CHECK(analysis.flows[0].severity == Severity::critical);
  REQUIRE_FALSE(analysis.flows[0].stages.empty());
  CHECK(as_text(analysis.flows[0].stages[0].bytes) == "echo 'hello from the hidden stage'\n");
  CHECK(analysis.flows[0].steps.back().line == 4);
}

TEST_CASE("program: scripts of Ruby, R, waf, SCons and latexmk are followed", "[inspect][script]") {
  const auto data = exclusive_or("system 'echo hello from the hidden stage'\n", 90);
  const auto check = [&](std::string_view script, std::string_view text) {
    INFO(script);
    const auto analysis = analyse(script, text, data);
    REQUIRE_FALSE(analysis.flows.empty());
    CHECK(analysis.flows[0].severity == Severity::critical);
  };
  check("extconf.rb", "eval File.binread(\"tests/files/f.bin\").bytes.map{|b|(b^90).chr}.join\n");
  check("Rakefile", "eval File.binread(\"tests/files/f.bin\").bytes.map{|b|(b^90).chr}.join\n");
  check("R/zzz.R",
        "f <- function() eval(parse(text=rawToChar(xor(readBin(\"tests/files/f.bin\",\"raw\",1e4),as.raw(90)))))\n");
  check("SConstruct", "exec(bytes(b^90 for b in open(\"tests/files/f.bin\",\"rb\").read()))\n");
  check("Makefile.PL", "open F,\"<tests/files/f.bin\";local $/;my $d=<F>;eval($d ^ (\"Z\" x length $d));\n");
  check(".latexmkrc", "open F,\"<tests/files/f.bin\"; local $/; $d=<F>; system($d ^ (\"Z\" x length $d));\n");
}

TEST_CASE("unfollowed: build files in other languages that run test data are told", "[inspect][script]") {
  const auto check = [](std::string_view script, std::string_view text) {
    INFO(script << ": " << text);
    const auto analysis = analyse(script, text, bytes_of("echo hello\n"), "tests/files/f.txt");
    const auto* finding = unfollowed(analysis);
    REQUIRE(finding != nullptr);
    CHECK(finding->severity == Severity::medium);
    CHECK(finding->evidence.back().text == "tests/files/f.txt");
  };
  check("build.rs", "fn main() { include!(\"tests/files/f.txt\"); }\n");
  check("src/lib.rs", "include!(\"../tests/files/f.txt\");\n");
  check("Cargo.toml", "[package]\nname = \"p\"\nbuild = \"tests/files/f.txt\"\n");
  check("main.go", "package main\n//go:generate sh tests/files/f.txt\nfunc main() {}\n");
  check("main.go", "package main\n// #cgo CFLAGS: -include tests/files/f.txt\nimport \"C\"\n");
  check("build.gradle", "apply from: \"tests/files/f.txt\"\n");
  check("pom.xml", "<target><exec executable=\"sh\"><arg value=\"tests/files/f.txt\"/></exec></target>\n");
  check("p.csproj", "<Exec Command=\"sh tests\\files\\f.txt\"/>\n");
  check("dune", "(rule (targets x) (action (run sh tests/files/f.txt)))\n");
  check("Setup.hs", "main = readFile \"tests/files/f.txt\" >>= callCommand\n");
  check("default.nix", "derivation { builder=\"/bin/sh\"; args=[ ./tests/files/f.txt ]; }\n");
  check("p.spec", "%build\nsh tests/files/f.txt\n");
  check("p.pro", "include(tests/files/f.txt)\n");
  check("BUILD", "genrule(name=\"x\",outs=[\"y\"],cmd=\"sh $(location tests/files/f.txt)\")\n");
  check("Package.swift", "let d=try! Data(contentsOf: URL(fileURLWithPath:\"tests/files/f.txt\"));let p=Process()\n");
  check("deps/build.jl", "include(\"../tests/files/f.txt\")\n");
  check("composer.json", "{\"scripts\":{\"post-install-cmd\":\"php tests/files/f.txt\"}}\n");
  check("build.ninja", "rule r\n command = sh $in\nbuild x: r tests/files/f.txt\n");
  check("build.sbt", "import scala.sys.process._\nval x = IO.read(file(\"tests/files/f.txt\"))\nx.!\n");
  check("settings.gradle.kts", "apply(from = \"tests/files/f.txt\")\n");
  check("Dockerfile", "FROM debian\nCOPY tests/files/f.txt /t\nRUN sh /t\n");
  check("configure.tcl", "source tests/files/f.txt\n");
  check("auto.def", "set f [open tests/files/f.txt]\neval [read $f]\n");
  check("doc/manual.tex", "\\immediate\\write18{sh ../tests/files/f.txt}\n");
}

TEST_CASE("unfollowed: a list of test data is no reason to tell", "[inspect][script]") {
  const auto check = [](std::string_view script, std::string_view text) {
    INFO(script << ": " << text);
    CHECK(unfollowed(analyse(script, text, bytes_of("echo hello\n"), "tests/files/f.txt")) == nullptr);
  };
  check("Cargo.toml", "exclude = [\"tests/files/f.txt\"]\n");
  check("BUILD.bazel", "filegroup(name = \"data\", srcs = [\"tests/files/f.txt\"])\n");
  check("p.csproj", "<None Include=\"tests\\files\\f.txt\" />\n");
  check("p.spec", "%doc tests/files/f.txt\n");
  check("p.pro", "OTHER_FILES += tests/files/f.txt\n");
  check("main.go", "package main\n// see tests/files/f.txt\nvar x = \"tests/files/f.txt\"\n");
  check("pom.xml", "<resource><directory>tests/files/f.txt</directory></resource>\n");
  check("Dockerfile", "FROM debian\nCOPY tests/files/f.txt /t\nRUN make\n");
  check("tests/build.rs", "fn main() { include!(\"../tests/files/f.txt\"); }\n");
  check("dune", "(rule (deps tests/files/f.txt) (action (run sh %{deps})))\n");
}

TEST_CASE("unfollowed: what builds a Python package stands among its tests", "[inspect][script]") {
  const auto tell = [](std::string_view script, std::string_view text) {
    return unfollowed(analyse(script, text, bytes_of("v = '1'\n"), "tests/files/data.py")) != nullptr;
  };
  CHECK(tell("setup.cfg", "[metadata]\nversion = attr: tests.files.data.v\n"));
  CHECK(tell("pyproject.toml", "[build-system]\nbuild-backend = \"data\"\nbackend-path = [\"tests/files\"]\n"));
  CHECK_FALSE(tell("setup.cfg", "[metadata]\nversion = attr: package.v\n[options]\ntests = tests/files/data.py\n"));
}

TEST_CASE("unfollowed: keys of a program that names test data are harvested", "[inspect][script]") {
  const auto analysis =
      analyse("build.rs",
              "fn main(){let d=std::fs::read(\"tests/files/f.bin\").unwrap();let s:String=d.iter().map(|b|(b^0x5a) as "
              "char).collect();std::process::Command::new(\"sh\").arg(\"-c\").arg(s).status().unwrap();}\n",
              exclusive_or("echo hello\n", 0x5a));
  REQUIRE(unfollowed(analysis) != nullptr);
  REQUIRE(analysis.harvest.xor_keys.size() == 1);
  CHECK(analysis.harvest.xor_keys[0].key == Bytes{0x5a});
}

TEST_CASE("program: statements without end and names without number are followed in linear time",
          "[inspect][script][hostile]") {
  std::string text;
  for (int i = 0; i < 4000; ++i)
    text += "v" + std::to_string(i) + " = open('tests/f" + std::to_string(i) + ".bin').read(\n";
  text += std::string(20'000, '(') + std::string(20'000, '\'');
  CHECK_FALSE(follow_data(text).executes);
}
