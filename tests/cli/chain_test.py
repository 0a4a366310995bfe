"""Hidden payloads, end to end: the injected fixture and its variants, each reported as one chain by scan and by check."""
import io
import lzma
import re
import shutil
import stat
import tarfile
import unittest

import assay_test
from assay_test import FIXTURES, SEVERITIES, SOURCE

VARIANTS = {
    # variant: the file whose bytes travel, and words of the script that moves them
    "carved-in-make": ("tests/files/good-3-large.bin", "Makefile.in"),
    "cipher-in-awk": ("tests/files/good-4-random.bin", "configure"),
    "cmake": ("tests/files/bad-3-corrupt.xz", "CMakeLists.txt"),
    "comment-base64": ("m4/greet-table.m4", "configure"),
    "committed": ("tests/files/bad-3-corrupt.xz", "bootstrap"),
    "encrypted": ("tests/files/good-5-random.bin", "configure"),
    "exclusive-or": ("tests/files/noise.bin", "configure"),
    "gzip-second-member": ("tests/files/good-2-hello.gz", "configure"),
    "in-two-files": ("tests/files/bad-5-first.bin", "configure"),
    "meson": ("tests/files/bad-3-corrupt.xz", "meson.build"),
    "message-catalogue": ("po/de.gmo", "configure"),
    "npm-postinstall": ("test/fixture.bin", "package.json"),
    "numbers-in-awk": ("tests/data/weights.tab", "configure"),
    "octal-escapes": ("tests/escape-test.c", "configure"),
    "other-byte-map": ("tests/files/bad-3-corrupt.xz", "configure"),
    "png-trailing-data": ("doc/logo.png", "configure"),
    "python-line": ("tests/data/state.dat", "configure"),
    "read-loop": ("tests/data/widths.tab", "configure"),
    "setup-py": ("tests/data/table.dat", "setup.py"),
    "shuffled-lines": ("tests/data/ranks.tsv", "configure"),
    "sound-tail": ("doc/chime.wav", "configure"),
    "spelled-decoder": ("tests/files/good-6-hello.xz", "configure"),
    "tar-member": ("tests/files/sample.tar.gz", "configure"),
    "two-encodings": ("doc/manual.pdf", "configure"),
    "white-space": ("doc/greetings.txt", "configure"),
}
HARMLESS = "harmless test fixture"


class ChainTest(assay_test.AssayTest):
    def subject(self, variant):
        directory = FIXTURES / "hello-variants" / variant if variant else FIXTURES / "hello-injected"
        return directory / "greet-1.2.0.tar.gz", directory / "greet.git"

    def runs(self, variant):
        """Of scan and of check, each with the report in JSON."""
        tarball, repository = self.subject(variant)
        yield "scan", self.assay("scan", tarball, "--format", "json")
        yield "check", self.assay("check", tarball, "--vcs", f"{repository}@v1.2.0", "--format", "json")

    def expect_chain(self, run, source, script, at_least):
        """One chain, from `source` through `script`, with the decoded stage attached."""
        self.expect_exit(run, 1)
        self.expect_verdict(run, "suspect")
        chains = [finding for finding in run.report["findings"] if finding["rule"] == "inspect-payload-chain"]
        self.assertEqual(1, len(chains), str(run))
        chain = chains[0]
        self.assertGreaterEqual(SEVERITIES.index(chain["severity"]), SEVERITIES.index(at_least), str(run))
        self.assertEqual("proven", chain["confidence"])
        self.assertIn(source, chain["message"])
        self.assertIn(script, chain["message"])
        self.assertTrue(any(HARMLESS in stage["bytes"] for stage in chain["stages"]), str(run))
        self.assertTrue(chain["members"], str(run))
        return chain

    def test_every_variant_is_one_chain_with_its_decoded_stage(self):
        made = {path.name for path in (FIXTURES / "hello-variants").iterdir() if path.is_dir()}
        self.assertEqual(set(VARIANTS), made)
        for variant, (source, script) in VARIANTS.items():
            for command, run in self.runs(variant):
                with self.subTest(variant=variant, command=command):
                    # What all stands in version control may have been reviewed, a text is not binary, and lines of a
                    # manifest that version control has too are not told apart: high.
                    is_high = variant in ("two-encodings", "white-space") or (variant, command) in (("committed", "check"), ("npm-postinstall", "check"))
                    grave = "high" if is_high else "critical"
                    self.expect_chain(run, source, script, grave)

    def test_the_injected_release_is_one_critical_chain_in_the_order_of_the_bytes(self):
        for command, run in self.runs(None):
            with self.subTest(command=command):
                chain = self.expect_chain(run, "tests/files/bad-3-corrupt.xz", "configure", "critical")
                # Without a comparison nothing is known to be new.
                line = r"\(novel line \d+\)" if command == "check" else r"\(line \d+\)"
                self.assertRegex(chain["message"], rf"^configure {line} searches the tree for the pattern .* "
                                                   r"matches only tests/files/bad-3-corrupt\.xz.* maps its bytes .* decodes it as xz.* pipes the result to a shell")
                self.assertRegex(chain["message"], r"the same stands in m4/build-to-host\.m4 from line 38 on")
                self.assertEqual("configure", chain["path"])
                steps = " | ".join(evidence["text"] for evidence in chain["evidence"])
                self.assertRegex(steps, r"searches the tree.*reads tests/files.*maps its bytes.*decodes it as xz.*pipes the result to a shell")
                rules = [member["rule"] for member in chain["members"]]
                self.assertIn("inspect-telling-pattern", rules)
                self.assertLess(rules.index("inspect-telling-pattern"), rules.index("inspect-hidden-execution"))
                standing = {finding["fingerprint"] for finding in run.report["findings"]}
                self.assertFalse(standing & {member["fingerprint"] for member in chain["members"] if not member["rule"].startswith("provenance-")})

    def test_a_contradiction_stays_beside_the_chain_that_it_supports(self):
        tarball, repository = self.subject(None)
        run = self.assay("check", tarball, "--vcs", f"{repository}@v1.2.0", "--format", "json")
        self.expect_finding(run, "provenance-contradicted-serial", "m4/build-to-host.m4", "high")
        chain = self.expect_finding(run, "inspect-payload-chain", "configure", "critical")
        self.assertIn("provenance-contradicted-serial", [member["rule"] for member in chain["members"]])

    def test_the_text_report_shows_the_way_of_the_bytes_and_what_comes_out(self):
        tarball, repository = self.subject(None)
        for run in (self.assay("scan", tarball), self.assay("check", tarball, "--vcs", f"{repository}@v1.2.0")):
            self.expect_exit(run, 1)
            self.assertIn("critical  configure:127", run.out)
            self.assertIn("pipes the result to a shell", run.out)
            self.assertIn(HARMLESS, run.out)

    def test_the_clean_release_has_no_chain(self):
        tarball = FIXTURES / "hello-clean" / "greet-1.2.0.tar.gz"
        for run in (self.assay("scan", tarball, "--format", "json"),
                    self.assay("check", tarball, "--vcs", f"{FIXTURES / 'hello-clean' / 'greet.git'}@v1.2.0", "--format", "json")):
            self.expect_no_finding(run, at_least="high")
            self.assertNotIn("inspect-payload-chain", run.out)

    def test_scan_of_a_revision_finds_what_was_committed(self):
        _, repository = self.subject("committed")
        self.expect_chain(self.assay("scan", f"{repository}@v1.2.0", "--format", "json"), "tests/files/bad-3-corrupt.xz", "bootstrap", "critical")

    def test_extract_writes_each_attached_stage_inert(self):
        for variant in [None, *VARIANTS]:
            tarball, _ = self.subject(variant)
            run = self.assay("scan", tarball, "--format", "json")
            chain = self.expect_finding(run, "inspect-payload-chain")
            for number, stage in enumerate(chain["stages"]):
                with self.subTest(variant=variant, stage=stage["location"]):
                    target = self.directory / f"{variant}-{number}"
                    done = self.assay("extract", tarball, stage["location"], "-o", target)
                    self.expect_exit(done, 0)
                    self.assertEqual(stage["size"], target.stat().st_size)
                    self.assertIn(stage["sha256"], done.err)
                    self.assertEqual(0o600, stat.S_IMODE(target.stat().st_mode))

    def test_the_history_of_the_fixture_stands_in_the_chain_as_context(self):
        tarball, repository = self.subject("exclusive-or")
        run = self.assay("check", tarball, "--vcs", f"{repository}@v1.2.0", "--format", "json")
        chain = self.expect_finding(run, "inspect-payload-chain")
        history = next(member for member in chain["members"] if member["rule"] == "inspect-fixture-history")
        self.assertEqual("info", history["severity"])
        labels = [evidence["label"] for evidence in history["evidence"]]
        for label in ("close to the release", "touches nothing but test data", "the author appears nowhere else"):
            self.assertIn(label, labels)
        self.assertIn("Passing Helper", str(history["evidence"]))

    def test_a_fixture_that_no_text_names_is_said_to_be_one(self):
        for command, run in self.runs(None):
            with self.subTest(command=command):
                chain = self.expect_finding(run, "inspect-payload-chain")
                history = {member["path"]: member["message"] for member in chain["members"] if member["rule"] == "inspect-fixture-history"}
                self.assertIn("no text of the tree names it", history["tests/files/bad-3-corrupt.xz"])
        _, run = self.runs("exclusive-or")
        chain = self.expect_finding(run[1], "inspect-payload-chain")
        history = next(member for member in chain["members"] if member["rule"] == "inspect-fixture-history")
        self.assertNotIn("no text of the tree names it", history["message"])

    def test_an_author_who_did_more_is_not_said_to_appear_nowhere_else(self):
        tarball, repository = self.subject("other-byte-map")
        run = self.assay("check", tarball, "--vcs", f"{repository}@v1.2.0", "--format", "json")
        chain = self.expect_finding(run, "inspect-payload-chain")
        history = next(member for member in chain["members"] if member["rule"] == "inspect-fixture-history")
        self.assertNotIn("the author appears nowhere else", [evidence["label"] for evidence in history["evidence"]])

    def release_with(self, name, script, fixture):
        """A directory with a fixture and a test, and its release, which has the build script `name` as well."""
        tree = self.directory / "greet-1.0"
        for path, content in {"tests/files/good.txt": fixture, "tests/run.sh": b"#!/bin/sh\n:\n", "src/greet.c": b"int greet;\n"}.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(content)
        (tree / name).unlink(missing_ok=True)
        reference = self.directory / "reference"
        if not reference.exists():
            shutil.copytree(tree, reference)
        (tree / name).write_text(script)
        tarball = self.directory / "greet-1.0.tar.gz"
        with tarfile.open(tarball, "w:gz") as archive:
            archive.add(tree, "greet-1.0")
        (tree / name).unlink()
        return tarball, reference

    def test_data_that_a_script_only_in_the_release_executes_is_a_chain_whatever_happens_to_its_bytes(self):
        head = "#!/bin/sh\nsrcdir=`dirname \"$0\"`\necho checking\n"
        fixture = "$srcdir/tests/files/good.txt"
        for name, script, words in (
                ("configure", head + f". {fixture}\n", "reads the result as shell commands"),
                ("configure", head + f"iconv -f IBM037 {fixture} > conftest.x\n. ./conftest.x\n", "passes it through iconv"),
                ("configure", head + f'f=$srcdir/te""sts/files/good.txt\ngpg -q -d $f | timeout 9 sh\n', "passes it through gpg"),
                ("configure", head + f"cp {fixture} t; chmod +x t; ./t\n", "runs the result as a program"),
                ("configure", head + "files=$srcdir/tests/files\n. $files/good.txt\n", "reads the result as shell commands"),
                ("Makefile", "include tests/files/good.txt\n", "reads the result as rules of make"),
                ("setup.py", 'here = "tests/files"\nexec(open(here + "/good.txt").read())\n', "executes the result in python3"),
                ("setup.py", 'import runpy\nrunpy.run_path("tests/files/good.txt")\n', "executes the result in python3")):
            with self.subTest(script=script):
                tarball, reference = self.release_with(name, script, b"gur cnlybnq\n")
                run = self.check(tarball, reference)
                self.expect_exit(run, 1)
                chain = self.expect_finding(run, "inspect-payload-chain", name, "high")
                self.assertIn("tests/files/good.txt", chain["message"])
                self.assertIn(words, chain["message"])

    def test_check_follows_novel_lines_that_reach_data_by_directories_and_parts_of_a_path(self):
        cases = (
            ("configure", "cd tests/files && . ./good.txt\n"), ("configure", "cd tests\ncd files\n. ./good.txt\n"),
            ("configure", "(cd tests/files; . ./g*xt)\n"), ("configure", "cd tests/files\nsh good.txt\n"),
            ("setup.py", 'import os\nd = "tests"\nexec(open(os.path.join(d, "files", "good.txt")).read())\n'),
            ("setup.py", 'import os\nd = "tests"\ne = "files"\np = os.path.join(d, e, "good.txt")\nexec(open(p).read())\n'),
            ("setup.py", 'import os\nd = "te" + "sts"\nexec(open(os.path.join(d, "files/good.txt")).read())\n'))
        for name, script in cases:
            with self.subTest(script=script):
                head = "#!/bin/sh\necho checking\n" if name == "configure" else ""
                tarball, reference = self.release_with(name, head + script, b"echo hello\n")
                self.expect_finding(self.check(tarball, reference), "inspect-payload-chain", name, "high")
                # Only these lines are not in version control.
                (reference / name).write_text(head)
                self.expect_finding(self.check(tarball, reference), "inspect-payload-chain", name, "high")
                (reference / name).unlink()

    def test_a_variable_that_chooses_what_is_run_leads_to_data(self):
        for name, script, words in (
                ("Makefile", "CC = sh tests/files/good.txt\nall: greet.o\n", "runs the result as a shell script"),
                ("Makefile", "export BASH_ENV := tests/files/good.txt\n", "names it in BASH_ENV"),
                ("Makefile", "all:\n\tMAKEFILES=tests/files/good.txt $(MAKE) -f sub.mk\n", "names it in MAKEFILES"),
                ("configure", "#!/bin/sh\nread CC < tests/files/good.txt\necho \"CC = $CC\" > config.mk\n", "takes CC from it"),
                ("CMakeLists.txt", "set(CMAKE_C_COMPILER_LAUNCHER sh ${CMAKE_SOURCE_DIR}/tests/files/good.txt)\n", "CMAKE_C_COMPILER_LAUNCHER")):
            with self.subTest(script=script):
                tarball, reference = self.release_with(name, script, b"echo hello\n")
                for run in (self.check(tarball, reference), self.assay("scan", tarball, "--format", "json")):
                    self.expect_exit(run, 1)
                    chain = self.expect_finding(run, "inspect-payload-chain", name, "high")
                    self.assertIn("tests/files/good.txt", chain["message"])
                    self.assertIn(words, chain["message"])

    def test_data_that_is_decoded_behind_variables_comes_out(self):
        """setup.py, Ruby, Perl, node and CMake: a fixture, exclusive-or with a key that stands in the script."""
        for name, script in (
                ("setup.py", 'd = open("tests/files/good.txt", "rb").read()\nimport os\nos.system(bytes(b ^ 0xa5 for b in d).decode())\n'),
                ("extconf.rb", 'eval File.binread("tests/files/good.txt").bytes.map{|b| (b ^ 165).chr}.join\n'),
                ("Makefile.PL", 'open F, "<tests/files/good.txt"; local $/; my $d = <F>; eval($d ^ ("\\xa5" x length $d));\n'),
                ("lib/setup.js", 'vm.runInNewContext(fs.readFileSync("tests/files/good.txt").map(b => b ^ 165).toString());\n'),
                ("CMakeLists.txt", 'file(READ tests/files/good.txt d HEX)\nmath(EXPR n "0x${d} ^ 0xa5")\nstring(ASCII ${n} c)\n'
                                   'execute_process(COMMAND sh -c "${c}")\n'),
                ("build.rs", 'fn main(){let d=std::fs::read("tests/files/good.txt").unwrap();let s:String=d.iter().map(|b|(b^0xa5) as char)'
                             '.collect();std::process::Command::new("sh").arg("-c").arg(s).status().unwrap();}\n')):
            with self.subTest(script=name):
                (self.directory / "greet-1.0" / "lib").mkdir(parents=True, exist_ok=True)
                payload = bytes(b ^ 0xA5 for b in b"#!/bin/sh\n# a harmless test fixture\necho hello\n" * 4)
                tarball, _ = self.release_with(name, script, payload)
                run = self.assay("scan", tarball, "--format", "json")
                self.expect_exit(run, 1)
                chain = next(finding for finding in run.report["findings"] if finding["rule"] == "inspect-payload-chain")
                self.assertTrue(any(HARMLESS in stage["bytes"] for stage in chain["stages"]), chain)

    def test_a_directory_of_data_in_front_of_the_system_is_told(self):
        tree = self.directory / "greet-1.0" / "tests" / "files"
        tree.mkdir(parents=True)
        (tree / "cc").write_text("#!/bin/sh\necho hello\n")
        tarball, reference = self.release_with("Makefile", "export PATH := $(CURDIR)/tests/files:$(PATH)\nall:\n\tcc -c greet.c\n", b"data\n")
        scan = self.assay("scan", tarball, "--format", "json")
        self.assertIn("tests/files/cc", self.expect_finding(scan, "inspect-payload-chain", "Makefile", "medium")["message"])
        self.expect_finding(self.check(tarball, reference), "inspect-payload-chain", "Makefile", "high")

    def test_a_build_file_that_is_not_followed_names_its_data(self):
        for name, script in (("build.gradle", 'apply from: "tests/files/good.txt"\n'), ("Setup.hs", 'main = readFile "tests/files/good.txt" >>= callCommand\n'),
                             ("main.go", "package main\n//go:generate sh tests/files/good.txt\nfunc main() {}\n")):
            with self.subTest(script=name):
                tarball, _ = self.release_with(name, script, b"echo hello\n")
                self.expect_finding(self.assay("scan", tarball, "--format", "json"), "inspect-unfollowed-data", name, "medium")

    def test_check_tells_look_alike_objects_and_probes_that_can_never_compile(self):
        probe = "check_c_source_compiles(\"\n#include <linux/landlock.h>\n.\nint main(void) { return 0; }\" HAVE_LANDLOCK)\n"
        for name, script, rule in (("Makefile.am", "greet_LDADD = gree-ting.o\n", "inspect-lookalike-object"),
                                   ("CMakeLists.txt", "project(greet C)\n" + probe, "inspect-sabotaged-probe")):
            with self.subTest(rule=rule):
                (self.directory / "greet-1.0" / "src").mkdir(parents=True, exist_ok=True)
                (self.directory / "greet-1.0" / "src" / "gree_ting.c").write_text("int greeting;\n")
                tarball, reference = self.release_with(name, script, b"data\n")
                self.expect_finding(self.check(tarball, reference), rule, name, "medium")
        honest, reference = self.release_with("Makefile.am", "greet_LDADD = gree_ting.o\n", b"data\n")
        self.assertNotIn("inspect-lookalike-object", self.check(honest, reference).out)

    def test_scripts_of_the_tests_and_their_sources_are_no_data(self):
        head = "#!/bin/sh\nsrcdir=`dirname \"$0\"`\necho checking\n"
        for name, script in (("configure", head + "sh $srcdir/tests/run.sh\n"),
                             ("configure", head + "cat $srcdir/tests/files/good.txt > t; cmp t expected && . ./config.vars\n"),
                             ("tests/all.sh", "#!/bin/sh\n. tests/files/good.txt\n")):
            with self.subTest(script=script):
                tarball, reference = self.release_with(name, script, b"data\n")
                for run in (self.check(tarball, reference), self.assay("scan", tarball, "--format", "json")):
                    self.expect_no_finding(run, at_least="high")
                    self.assertNotIn("inspect-payload-chain", run.out)

    def test_a_decoder_in_a_subshell_elsewhere_is_followed_with_its_stage(self):
        tarball, reference = self.release_with("configure", "#!/bin/sh\nsrcdir=.\n(cd $srcdir/tests/files && xz -dc good.txt | sh)\n",
                                               lzma.compress(b"#!/bin/sh\n# a harmless test fixture\necho hello\n"))
        for run in (self.check(tarball, reference), self.assay("scan", tarball, "--format", "json")):
            self.expect_chain(run, "tests/files/good.txt", "configure", "critical")

    def test_a_payload_is_found_whatever_carries_the_line_that_runs_it(self):
        """One line, in files and places that hide it from a reader; what it says is the same."""
        line = b"tail -c +9 tests/files/good.txt | xz -d | sh\n"
        fixture = b"12345678" + lzma.compress(b"#!/bin/sh\n# a harmless test fixture\necho hello\n")
        carriers = {
            "as it is": [("autogen.sh", line)],
            "behind filler": [("autogen.sh", b": " + b"x" * 500 + b"; " + line)],
            "in front of a comment": [("autogen.sh", line[:-1] + b" # $(distdir) | hexdump\n")],
            "in front of a NUL": [("autogen.sh", line + b"exit\n\0\n")],
            "between NULs": [("autogen.sh", line.replace(b"xz", b"x\0z").replace(b"tail", b"t\0ail").replace(b"sh", b"s\0h"))],
            "by its mode": [("build-aux/run", line, 0o755)],
            "by its first line": [("install.txt", b"#!/bin/sh\n" + line)],
            "by a hard link": [("doc/notes.txt", line), ("autogen.sh", "doc/notes.txt", tarfile.LNKTYPE)],
            "by a symbolic link": [("doc/notes.txt", line), ("autogen.sh", "doc/notes.txt", tarfile.SYMTYPE)],
        }
        reference = self.directory / "reference"
        for path in ("src/greet.c", "src/other.c", "README"):
            (reference / path).parent.mkdir(parents=True, exist_ok=True)
            (reference / path).write_text(f"/* {path} */\n")
        for carrier, members in carriers.items():
            tarball = self.directory / "greet-1.0.tar"
            with tarfile.open(tarball, "w") as archive:
                archive.add(reference, "greet-1.0")
                for path, content, *more in [("tests/files/good.txt", fixture), *members]:
                    member = tarfile.TarInfo(f"greet-1.0/{path}")
                    member.mode = more[0] if more and isinstance(content, bytes) else 0o644
                    if isinstance(content, bytes):
                        member.size = len(content)
                        archive.addfile(member, io.BytesIO(content))
                    else:
                        member.type = more[0]
                        member.linkname = f"greet-1.0/{content}" if more[0] == tarfile.LNKTYPE else content
                        archive.addfile(member)
            for run in (self.check(tarball, reference), self.assay("scan", tarball, "--format", "json")):
                with self.subTest(carrier=carrier, run=str(run)[:60]):
                    script = "install.txt" if "first line" in carrier else "run" if "mode" in carrier else "autogen.sh"
                    self.expect_chain(run, "tests/files/good.txt", script, "critical")

    def policy(self, text):
        """A directory of rule data with `text` as the policy of chains."""
        rules = self.directory / "rules"
        (rules / "policy").mkdir(parents=True)
        (rules / "known").symlink_to(SOURCE / "rules" / "known")
        (rules / "policy" / "chain.toml").write_text(text)
        return rules

    def test_a_user_decides_by_the_policy_how_grave_a_chain_is(self):
        rules = self.policy('schema = 1\notherwise = "low"\n[[chain]]\nwhen = ["executes", "builds"]\nseverity = "critical"\nbecause = "never both"\n')
        tarball, repository = self.subject("committed")
        scan = self.assay("scan", tarball, "--rules", rules, "--format", "json")
        self.expect_finding(scan, "inspect-payload-chain", severity="low")
        check = self.assay("check", tarball, "--vcs", f"{repository}@v1.2.0", "--rules", rules, "--format", "json")
        self.expect_finding(check, "inspect-payload-chain", severity="low")

    def test_a_mistake_in_the_policy_is_named_with_its_place(self):
        rules = self.policy('schema = 1\n[[chain]]\nwhen = ["exceutes"]\nseverity = "high"\nbecause = "typing"\n')
        self.expect_error(self.assay("scan", self.subject(None)[0], "--rules", rules), "chain.toml:3:", "exceutes")

    def test_the_shipped_policy_names_every_fact_it_uses(self):
        text = (SOURCE / "rules" / "policy" / "chain.toml").read_text()
        used = {word for line in re.findall(r"when = \[(.*)\]", text) for word in re.findall(r'"([\w-]+)"', line)}
        described = set(re.findall(r"^#   ([\w-]+)  ", text, re.MULTILINE))
        self.assertEqual(set(), used - described)


if __name__ == "__main__":
    unittest.main()
