#!/usr/bin/python3
"""`assay check --rebuild`: what a traced build of the release shows of texts that nothing proves, and how they try to look unread."""
import gzip
import io
import json
import shutil
import subprocess
import tarfile
import time
import unittest

import assay_test
from assay_test import SOURCE, AssayTest

try:
    import jsonschema
except ImportError:
    jsonschema = None


def sandbox_works():
    done = subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True, check=False) if shutil.which("bwrap") else None
    return done is not None and done.returncode == 0


MAKEFILE = """all: out
out: in
\t{build}
\ttr a-z A-Z < in > out
check:
\t{check}
install:
\t{install}
\tmkdir -p $(DESTDIR)/usr && cp out $(DESTDIR)/usr/
"""


@unittest.skipUnless(sandbox_works(), "no sandbox can be made here")
class Inert(AssayTest):
    def check_release(self, added, *options, build=":", check=":", install=":", files=None, recipe=None):
        """Check a release that adds these files to a reference whose makefile runs these commands."""
        reference = self.directory / "reference"
        shutil.rmtree(reference, ignore_errors=True)
        reference.mkdir()
        common = {"Makefile": MAKEFILE.format(build=build, check=check, install=install), "in": "text\n"} | (files or {})
        for name, content in common.items():
            (reference / name).parent.mkdir(parents=True, exist_ok=True)
            (reference / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        release = self.directory / "thing-1.0.tar.gz"
        with tarfile.open(release, "w:gz") as tar:
            for name, content in sorted((common | added).items()):
                content = content if isinstance(content, bytes) else content.encode()
                member = tarfile.TarInfo(f"thing-1.0/{name}")
                member.size = len(content)
                member.mode, member.mtime = 0o644, 1700000000
                tar.addfile(member, io.BytesIO(content))
        words = ["--rebuild-recipe", recipe] if recipe else []
        run = self.assay("check", release, "--vcs", reference, "--rebuild", *words, "--format", "json", *options)
        if jsonschema and run.out:
            jsonschema.validate(run.report, json.loads((SOURCE / "docs/schema/assessment-1.json").read_text()))
        return run

    def told(self, run, path):
        return json.dumps(self.expect_entry(run, path)["evidence"])

    def expect_not_inert(self, run, *words):
        self.assertEqual(0, run.report["counts"]["inert"], str(run))
        for word in words:
            self.assertIn(word, run.report["traced_build"]["doubt"] or "", str(run))

    def test_a_text_that_nothing_reads_is_inert_and_says_what_shows_it(self):
        run = self.check_release({"doc/notes.txt": "words about it\n", "doc/more.md": "more words about it\n"})
        self.expect_exit(run, 0)
        self.expect_verdict(run, "explained")
        self.expect_entry(run, "doc/notes.txt", proof="inert")
        self.expect_entry(run, "doc/more.md", proof="inert")
        self.expect_no_finding(run)
        build = run.report["traced_build"]
        self.assertEqual((4, 2, None), (len(build["builds"]), build["unread"], build["doubt"]), str(run))
        self.assertIn("make check", build["recipe"].replace("$target", "check"))
        self.assertIn("other conditions", self.told(run, "doc/notes.txt"))

    def test_whoever_reads_a_text_whenever_and_however_is_named(self):
        run = self.check_release({"tested.txt": "read by a test\n", "installed.txt": "read on installation\n", "docs/globbed.txt": "by a glob\n",
                                  "moved/renamed.txt": "under another name\n", "linked.txt": "by way of a link\n", "patched.txt": "written\n"},
                                 build="for f in docs/*; do read line < $$f; done; mv moved other; cat other/renamed.txt; ln linked.txt l; cat l; echo x >> patched.txt",
                                 check="grep -q test tested.txt", install="sed p installed.txt")
        self.expect_not_inert(run)
        for path, word in (("tested.txt", "phase test"), ("installed.txt", "phase install"), ("docs/globbed.txt", "phase build"),
                           ("moved/renamed.txt", "by "), ("linked.txt", "by "), ("patched.txt", "written to")):
            self.expect_entry(run, path, proof="unexplained")
            self.assertIn(word, self.told(run, path), path)
            self.assertNotIn("no process opened it", self.told(run, path), path)

    def test_what_is_read_only_on_some_days_or_by_some_builders_is_read(self):
        run = self.check_release({"packager.txt": "for packagers\n", "day.txt": "on another day\n", "path.txt": "elsewhere\n"},
                                 build=f"test -z \"$$DEB_BUILD_ARCH\" || cat packager.txt; test $$(date +%Y) -le {time.gmtime().tm_year} || cat day.txt; test $$PWD = /build/src || cat path.txt")
        self.expect_not_inert(run)
        for path in ("packager.txt", "day.txt", "path.txt"):
            self.assertIn("other conditions", self.told(run, path), path)

    def test_a_text_whose_being_there_matters_is_not_inert(self):
        run = self.check_release({"doc/flag.txt": "its name is all\n"}, build="test ! -e doc/flag.txt || echo extra >> in")
        self.expect_not_inert(run, "made other bytes")
        self.assertIn("not called inert", self.told(run, "doc/flag.txt"))

    def test_a_text_whose_being_there_matters_to_packagers_alone_is_not_inert(self):
        run = self.check_release({"doc/flag.txt": "its name is all\n"}, build="test -z \"$$DEB_BUILD_ARCH\" || test ! -e doc/flag.txt || echo extra >> in")
        self.expect_not_inert(run, "made other bytes")

    def test_beside_an_unproven_script_or_source_nothing_is_inert(self):
        for name, content in (("helper.sh", "#!/bin/sh\ncat doc/notes.txt\n"), ("extra.c", "int extra;\n")):
            run = self.check_release({"doc/notes.txt": "words\n", name: content})
            self.expect_not_inert(run, name)
            self.assertEqual(1, len(run.report["traced_build"]["builds"]), "one build tells all that can be told")

    def test_scripts_sources_and_binary_data_never_become_inert(self):
        files = {"m4/x.m4": "dnl\n", "sub/Makefile": "all:\n", "run": "#!/bin/sh\n", "a.c": "int a;\n", "data": b"\0\1\2"}
        for added in (files, {"data": files["data"]}):
            run = self.check_release(added)
            self.expect_not_inert(run)
            for name in added:
                self.expect_entry(run, name, proof="unexplained")

    def test_a_build_or_a_test_that_fails_shows_nothing_and_is_a_gap(self):
        for how in ({"build": "false"}, {"check": "false"}):
            run = self.check_release({"doc/notes.txt": "words\n"}, **how)
            self.expect_exit(run, 3)
            self.expect_gap(run, "failed with exit code 2")
            self.expect_not_inert(run, "failed")

    def test_of_two_targets_for_tests_both_are_run(self):
        both = MAKEFILE.format(build=":", check="cat doc/checked.txt", install=":") + "test:\n\tcat doc/tested.txt\n"
        run = self.check_release({"doc/tested.txt": "read by one\n", "doc/checked.txt": "read by the other\n"}, files={"Makefile": both})
        self.expect_not_inert(run)
        for path in ("doc/tested.txt", "doc/checked.txt"):
            self.assertIn("phase test", self.told(run, path), path)

    def test_a_recipe_without_tests_shows_nothing(self):
        recipe = self.directory / "recipe.toml"
        recipe.write_text('artifacts = ["out"]\n[[phase]]\nname = "build"\ncommands = ["make"]\n')
        run = self.check_release({"doc/notes.txt": "words\n"}, recipe=recipe)
        self.expect_not_inert(run, "runs no tests")
        recipe.write_text(recipe.read_text() + '[[phase]]\nname = "test"\ncommands = ["make check"]\n')
        run = self.check_release({"doc/notes.txt": "words\n"}, recipe=recipe)
        self.expect_entry(run, "doc/notes.txt", proof="inert")

    def test_a_fixture_that_flows_into_the_build_is_found_though_all_of_it_is_in_version_control(self):
        run = self.check_release({}, files={"tests/data.bin": gzip.compress(b"echo run\n")}, build="gzip -dc < tests/data.bin | sh")
        self.expect_exit(run, 1)
        self.expect_verdict(run, "suspect")
        self.expect_finding(run, "trace-fed-interpreter", "tests/data.bin", severity="critical")

    def test_nothing_that_says_how_it_is_built_is_a_gap(self):
        reference = self.directory / "r"
        reference.mkdir()
        (reference / "a.txt").write_text("a\n")
        subprocess.run(["tar", "-C", self.directory, "-czf", self.directory / "r-1.tar.gz", "r"], check=True)
        run = self.assay("check", "r-1.tar.gz", "--vcs", reference, "--rebuild", "--format", "json")
        self.expect_exit(run, 3)
        self.expect_gap(run, "nothing in the tree says how it is built")

    def test_its_options_need_it(self):
        for option in (["--rebuild-time", "5"], ["--rebuild-recipe", "make"]):
            self.expect_error(self.assay("check", "/nonexistent", "--vcs", "/nonexistent", *option))


if __name__ == "__main__":
    assay_test.main()
