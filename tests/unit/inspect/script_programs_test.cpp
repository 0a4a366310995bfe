// Programs that execute what they have read of test data, and build files in languages that are not followed.
#include "inspect/script/analysis.hpp"
#include "inspect/script/program_flow.hpp"
#include "inspect/script/program_text.hpp"
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
    CHECK(follow_data(text, ScriptKind::none).executes);
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
    CHECK_FALSE(follow_data(text, ScriptKind::none).executes);
  }
}

TEST_CASE("program: methods and functions that are called like those that execute do not", "[inspect][script]") {
  const auto check = [](ScriptKind language, std::string_view text) {
    INFO(text);
    CHECK_FALSE(follow_data(text, language).executes);
  };
  check(ScriptKind::javascript,
        "const css = fs.readFileSync('tests/data/a.css', 'utf8');\nwhile ((m = re.exec(css)) !== null) use(m);\n");
  check(ScriptKind::javascript,
        "const css = fs.readFileSync('tests/data/a.css');\nconst m = css.match(/a/)\n  .exec(css);\n");
  check(ScriptKind::javascript, "const d = fs.readFileSync('tests/data/a.css');\nconsole.log(`got ${d} of ${n}`);\n");
  check(ScriptKind::javascript,
        "function match(re, s) {\n  return re.exec(s);\n}\nmatch(/a/, fs.readFileSync('tests/a.css'));\n");
  check(ScriptKind::python, "raw = open('tests/data/a.txt').read()\nprint(platform.system(), raw)\n");
  check(ScriptKind::python, "raw = open('tests/data/a.txt').read()\nprint('%x' % crc(raw), 'unknown system', raw)\n");
  check(ScriptKind::python, "parser.add_argument('--data', default='tests/data/x.json', help='data to eval with')\n");
  check(ScriptKind::python,
        "model = torch.load('tests/data/x.bin')\nmodel.eval()\ndf.eval(open('tests/q.txt').read())\n");
  check(ScriptKind::python, "sql = open('tests/data/x.sql').read()\ncur.execute(sql)\ndb.exec(sql)\n");
  check(ScriptKind::python, "raw = open('tests/f.bin').read()\nsubprocess.run(['tool'], input = raw)\n");
  check(ScriptKind::python,
        "for line in open('tests/f.lst').readlines():\n    subprocess.check_call(['cc', '-c', line])\n");
  check(ScriptKind::python, "data = numpy.load('tests/f.npy')\nfrom numpy import load\nload('tests/f.npy')\n");
  check(ScriptKind::perl, "my $d = eval { decode_json(slurp('t/data/x.json')) };\n");
  check(ScriptKind::perl, "my $d = slurp('t/data/x.bin');\n$app->exec($d);\ndie \"no system for $d\";\n");
  check(ScriptKind::ruby, "object.instance_eval do\n  @data = File.read('spec/fixtures/x.bin')\nend\n");
}

TEST_CASE("program: another name stands for what it names, and for nothing that begins or ends alike",
          "[inspect][script]") {
  const auto executes = [](std::string_view text, ScriptKind language = ScriptKind::python) {
    INFO(text);
    return follow_data(text, language).executes;
  };
  CHECK_FALSE(executes("from subprocess import run as sh\nsh(['glslc', 'tests/data/shader.glsl'])\n"));
  CHECK_FALSE(executes("from json import load as load_json\nwith open('tests/c.json') as f:\n  c = load_json(f)\n"));
  CHECK_FALSE(executes("import os as o\nraw = open('tests/f.bin').read()\no.write(1, raw)\n"));
  CHECK_FALSE(executes("import pickle as pk\npk.dump(d, open('tests/f.bin', 'wb'))\n"));
  const std::string_view read = "c = open('tests/f.bin').read()\n";
  for (const std::string_view text :
       {"from subprocess import run\nrun(c, shell=True)\n", "from subprocess import PIPE, run as r\nr(c, shell=True)\n",
        "run = subprocess.run\nrun(c, shell=True)\n", "import os as o\no.system(c)\n",
        "import pickle as p\np.loads(c)\n", "from marshal import loads as l\nl(c)\n",
        "from os import system\nsystem(c)\n", "s = os.system\ns(c)\n"})
    CHECK(executes(std::string{read} + std::string{text}));
  const std::string_view js = "const c = fs.readFileSync('tests/f.bin').toString();\n";
  for (const std::string_view text :
       {"const cp = require('child_process');\ncp.exec(c);\n", "require('child_process').exec(c);\n",
        "const {exec: e} = require('node:child_process');\ne(c);\n", "globalThis.eval(c);\n", "(0, eval)(c);\n",
        "import { execSync as run } from 'child_process';\nrun(c);\n"})
    CHECK(executes(std::string{js} + std::string{text}, ScriptKind::javascript));
}

TEST_CASE("program: data is followed through containers, functions and directories", "[inspect][script]") {
  for (const std::string_view text :
       {"a, b = open('tests/f.bin').read(), 1\nexec(a)\n", "d['k'] = open('tests/f.bin').read()\nexec(d['k'])\n",
        "l.append(open('tests/f.bin').read())\nexec(l[0])\n", "print(b := open('tests/f.bin').read())\nexec(b)\n",
        "d = 'tests/data'\nexec(open(d + '/x.bin').read())\n", "d = 'tests'\nexec(open(f'{d}/data/x.bin').read())\n",
        "exec(open('tests/da' + 'ta/x.bin').read())\n", "def run(p):\n    exec(open(p).read())\nrun('tests/f.bin')\n",
        "def run(p):\n    t = open(p).read()\n    exec(t)\nrun('tests/f.bin')\n",
        "p = 'tests/f.bin'\nos.system('sh ' + p)\n", "p = 'tests/f.bin'\nsubprocess.run([sys.executable, p])\n",
        "p = 'tests/f.bin'\nsubprocess.run(['sh', '-e', p])\n"}) {
    INFO(text);
    CHECK(follow_data(text, ScriptKind::python).executes);
  }
  CHECK(follow_data("const c = fs\n  .readFileSync(`tests/f.bin`);\neval(c);\n", ScriptKind::javascript).executes);
  CHECK_FALSE(
      follow_data("p = 'tests/f.bin'\nsubprocess.run(['python3', 'tool.py', p])\n", ScriptKind::python).executes);
}

TEST_CASE("program: names, variables and directories that come first do not hide what comes behind them",
          "[inspect][script]") {
  const auto files = [](const std::string& text, ScriptKind language) { return follow_data(text, language).files; };
  const std::vector<std::string> expected{"tests/data/x.bin"};
  std::string names = "l = [", variables = "p = 'tests/data/x.bin'\n", directories;
  for (int i = 0; i < 300; ++i) {
    names += "'tests/data/n" + std::to_string(i) + ".bin', ";
    variables += "v" + std::to_string(i) + " = p\n";
    directories += "$: << \"tests/d" + std::to_string(i) + "\"\n";
  }
  CHECK(files(names + "]\np = 'tests/data/x.bin'\nz = open(p).read()\nexec(z)\n", ScriptKind::python) == expected);
  CHECK(files(variables + "z = open(p).read()\nexec(z)\n", ScriptKind::python) == expected);
  const auto searched = files(directories + "$: << \"tests/data\"\nrequire \"x.bin\"\n", ScriptKind::ruby);
  CHECK(std::find(searched.begin(), searched.end(), "tests/data/x.bin") != searched.end());
}

TEST_CASE("program: what stands behind 64 KiB of a program is followed, behind a MiB it is a gap",
          "[inspect][script]") {
  const std::string_view end =
      "import os\nd = open('tests/files/f.bin', 'rb').read()\nos.system(bytes(b ^ 0x5a for b in d).decode())\n";
  const auto payload = exclusive_or("echo 'hello from the hidden stage'\n", 0x5a);
  std::string filler;
  while (filler.size() < 70'000) filler += "x" + std::to_string(filler.size()) + " = f('abc', 1)  # it's nothing\n";
  const auto long_one = analyse("setup.py", filler + std::string{end}, payload);
  REQUIRE_FALSE(long_one.flows.empty());
  CHECK(long_one.flows[0].severity == Severity::critical);
  const auto lines = static_cast<std::uint64_t>(std::count(filler.begin(), filler.end(), '\n'));
  CHECK(long_one.flows[0].steps.back().line == lines + 3);
  CHECK(long_one.coverage.complete());
  while (filler.size() < (1U << 20)) filler += filler;
  CHECK_FALSE(analyse("setup.py", filler + std::string{end}, payload).coverage.complete());
  CHECK(analyse("setup.py", filler, payload).coverage.complete());
}

TEST_CASE("program: a semicolon in a function ends a statement, whatever bracket is open around it",
          "[inspect][script]") {
  CHECK_FALSE(follow_data("(function(){var a=read('tests/f.bin');var g=Function('return this')();})();\n",
                          ScriptKind::javascript)
                  .executes);
  CHECK(follow_data("(function(){var a=read('tests/f.bin');eval(a);})();\n", ScriptKind::javascript).executes);
  for (const std::string_view text : {"fs.readFile('tests/f.bin', function (e, d) {\n  eval(d.toString());\n});\n",
                                      "fs.readFile('tests/f.bin', (e, d) => { vm.runInNewContext(d); });\n",
                                      "fs.promises.readFile('tests/f.bin').then(d => {\n  exec(d);\n});\n"}) {
    INFO(text);
    CHECK(follow_data(text, ScriptKind::javascript).executes);
  }
}

TEST_CASE("program: an execution that does nothing does not end the search for others", "[inspect][script]") {
  const auto flow =
      follow_data("exec(open('tests/none.bin').read())\nexec(open('tests/f.bin').read())\n", ScriptKind::python);
  CHECK(flow.files == std::vector<std::string>{"tests/none.bin", "tests/f.bin"});
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

TEST_CASE("unfollowed: comments and other names in front do not hide a name", "[inspect][script]") {
  std::string comments, long_comment = "// " + std::string(2U << 20, 'x') + "\n", lists, copies = "FROM debian\n";
  MemoryTree tree;
  for (int i = 0; i < 300; ++i) {
    const auto name = "tests/files/d" + std::to_string(i) + ".bin";
    tree.add(name, bytes_of("data\n"), 0644);
    comments += "// " + name + "\n";
    lists += "exclude = [\"" + name + "\"]\n";
    copies += "COPY " + name + " /data/\n";
  }
  tree.add("tests/files/f.txt", bytes_of("echo hello\n"), 0644);
  tree.add("a/build.gradle", bytes_of(comments + "commandLine 'sh', '../tests/files/f.txt'\n"), 0644);
  tree.add("b/build.gradle", bytes_of(long_comment + "commandLine 'sh', '../tests/files/f.txt'\n"), 0644);
  tree.add("Cargo.toml", bytes_of(lists + "build = \"tests/files/f.txt\"\n"), 0644);
  tree.add("Dockerfile", bytes_of(copies + "COPY tests/files/f.txt /opt/\nRUN make && \\\n  sh /opt/f.txt\n"), 0644);
  const auto analysis = analyse_scripts(tree, {});
  CHECK(analysis.coverage.complete());
  for (const std::string_view script : {"a/build.gradle", "b/build.gradle", "Cargo.toml", "Dockerfile"}) {
    INFO(script);
    CHECK(std::count_if(analysis.findings.begin(), analysis.findings.end(), [&](const Finding& finding) {
            return finding.location.path == script && finding.evidence.back().text == "tests/files/f.txt";
          }) == 1);
  }
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
  CHECK_FALSE(follow_data(text, ScriptKind::none).executes);
}

TEST_CASE("program: a block that perl tries, and a function that nothing calls, run nothing of what is read",
          "[inspect][script]") {
  const std::string reads =
      "use MIME::Base64 qw(decode_base64);\nour @EXPORT_OK = (qw(b64 esc));\nopen my $f, '<', 'lib/entities.txt' or "
      "die;\n"
      "my %E = map { split ' ' } <$f>;\nsub b64 { decode_base64(shift) }\n";
  const auto executes = [&](std::string_view more) {
    return read_program(reads + std::string{more}, ScriptKind::perl).executes;
  };
  CHECK_FALSE(executes("use constant M => eval { !!clock() };\n"));
  CHECK_FALSE(executes("sub esc {\n  my $s = shift;\n  eval \"sub { s/$s// }\" or die;\n}\n"));
  CHECK(executes("sub esc {\n  my $s = shift;\n  eval \"sub { s/$s// }\" or die;\n}\nesc(b64(<$f>));\n"));
  CHECK_FALSE(executes("sub esc {\n  eval shift;\n}\n1;\n\n=head1 NAME\n\nesc - escapes\n"));
  CHECK(executes("sub esc {\n  eval shift;\n}\n1;\n\n=head1 NAME\n\n=cut\n\nesc(<$f>);\n"));
  CHECK(executes("sub esc {\n  eval decode_base64(shift);\n}\n"));
  CHECK(executes("sub other {\n  esc(shift);\n}\nsub esc { eval shift }\n"));
  CHECK(executes("eval b64(<$f>);\n"));
}

TEST_CASE("program: what perl evaluates is evaluated whatever takes the result, however it is spelt",
          "[inspect][script]") {
  for (const std::string_view text :
       {"scalar eval $d;\n", "sub f { return eval $d }\n", "(eval $d);\n", "my @r = map { lc eval $d } 1;\n",
        "is eval $d, 1;\n", "eval$d;\n", "eval\"$d\";\n", "eval\t$d;\n", "print STDERR eval $d;\n",
        "die if not defined eval $d;\n", "CORE::eval $d;\n", "$x eq eval $d;\n"}) {
    INFO(text);
    const auto program = "open F,\"<t/data/f.bin\"; my $d=<F>;\n" + std::string{text};
    CHECK(follow_data(program, ScriptKind::perl).executes);
    CHECK(read_program(program, ScriptKind::perl).evaluates);
  }
  for (const std::string_view text :
       {"# we eval $d later\n", "print $eval \"$d\";\n", "$d->{eval} = 1;\n", "say 'then eval $d';\n", "eval { $d };\n",
        "my %h = (eval => $d);\n", "sub evaluate { $d }\n"}) {
    INFO(text);
    CHECK_FALSE(follow_data("open F,\"<t/data/f.bin\"; my $d=<F>;\n" + std::string{text}, ScriptKind::perl).executes);
  }
}

TEST_CASE("program: functions that perl calls by itself run what they evaluate", "[inspect][script]") {
  const std::string reads =
      "use MIME::Base64;\nopen my $f, '<', 'lib/entities.txt';\nsub b64 { decode_base64(shift) }\n";
  const auto executes = [&](std::string_view more) {
    return read_program(reads + std::string{more}, ScriptKind::perl).executes;
  };
  for (const std::string_view name :
       {"DESTROY", "AUTOLOAD", "import", "unimport", "BEGIN", "END", "INIT", "TIEHASH", "Other::DESTROY"}) {
    INFO(name);
    CHECK(executes("sub " + std::string{name} + " {\n  eval $text;\n}\n"));
  }
  CHECK_FALSE(executes("sub other {\n  eval $text;\n}\n"));
  CHECK_FALSE(executes("sub Other::thing {\n  eval $text;\n}\n"));
  // A function ends where it ends.
  CHECK(executes("sub other { 1 } # one\neval $text;\nif (1) {\n}\n"));
  CHECK(executes("sub other { 1 } eval $text; if (1) { }\n"));
  CHECK(executes("sub other { # {\n  1; }\neval $text;\n{\n}\n"));
}

TEST_CASE("program: many functions of perl take linear time", "[inspect][script][hostile]") {
  std::string open, called, named;
  for (int i = 0; open.size() < (1U << 20) - 16; ++i) open += "sub a" + std::to_string(i) + " {\n";
  for (int i = 0; called.size() < (1U << 20) - 64; ++i) called += "sub a" + std::to_string(i) + " { 1 }\n";
  named = "=head1 A\n\n=cut\n" + called;
  constexpr int k_times = 6;  // quadratic time is more than the test has
  for (int i = 0; i < k_times; ++i)
    for (const auto* text : {&open, &called, &named}) CHECK_FALSE(read_program(*text, ScriptKind::perl).executes);
}

TEST_CASE("program: variables that are given literals are put into the paths that are made of them",
          "[inspect][script]") {
  const auto files = [](std::string_view text, ScriptKind language = ScriptKind::python) {
    INFO(text);
    return follow_data(text, language).files;
  };
  const std::vector<std::string> expected{"tests/files/x.bin"};
  for (const std::string_view text :
       {"d = \"tests\"\ne = 'files'\np = os.path.join(d, e, 'x.bin')\nexec(open(p).read())\n",
        "d = 'te' + 'sts'\nexec(open(os.path.join(d, 'files/x.bin')).read())\n",
        "d = 'tests'\nf = os.path.join(d, 'files')\nexec(open(os.path.join(here, f, 'x.bin')).read())\n",
        "n = 'x.bin'\nexec(open('tests/files/' + n).read())\n",
        "d = Path('tests')\ne = d / 'files'\nexec((e / 'x.bin').read_text())\n"})
    CHECK(files(text) == expected);
  const auto of_perl =
      files("my $d = \"tests/files\";\nmy $n = \"x.bin\";\nopen F, $d.\"/\".$n;\neval <F>;\n", ScriptKind::perl);
  CHECK(std::find(of_perl.begin(), of_perl.end(), expected[0]) != of_perl.end());
  CHECK(files("const d = 'tests';\nconst p = path.join(d, 'files', 'x.bin');\neval(fs.readFileSync(p));\n",
              ScriptKind::javascript) == expected);
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "v" + std::to_string(i) + " = 'tests'\n";
  many += "x = join(" + std::string(200'000, 'v') + ")\n";
  CHECK(files(many).empty());
}
