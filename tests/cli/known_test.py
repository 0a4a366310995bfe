#!/usr/bin/python3
"""assay known: index a repository, ask, and verify."""
import io
import json
import shutil
import subprocess
import tarfile

import assay_test
from assay_test import FIXTURES, SOURCE, AssayTest


class Known(AssayTest):
    def index(self, *options):
        known = self.directory / "rules" / "known"
        known.mkdir(parents=True, exist_ok=True)
        return self.assay("known", "index", FIXTURES / "hello-clean/greet.git", "--url", "https://example.org/greet.git",
                          "-o", known / "greet", *options)

    def test_an_index_knows_every_version_of_every_file(self):
        self.expect_exit(self.index(), 0)
        release = self.directory / "main.c"
        release.write_bytes((SOURCE / "fixtures/greet/commits/01-import/src/main.c").read_bytes())
        found = self.assay("known", "lookup", release, "--rules", self.directory / "rules")
        self.expect_exit(found, 0)
        self.assertIn("src/main.c", found.out)
        self.assertIn("greet", found.out)
        release.write_text("something else\n")
        self.expect_exit(self.assay("known", "lookup", release, "--rules", self.directory / "rules"), 1)

    def test_indexing_twice_writes_the_same_bytes(self):
        self.expect_exit(self.index(), 0)
        first = (self.directory / "rules/known/greet.known").read_bytes()
        self.expect_exit(self.index(), 0)
        self.assertEqual(first, (self.directory / "rules/known/greet.known").read_bytes())

    def test_verify_reproduces_the_data_and_notices_a_changed_byte(self):
        self.expect_exit(self.index("--paths", "*.c", "*.m4", "--line-paths", "*.m4"), 0)
        words = ("known", "verify", "greet", "--repo", FIXTURES / "hello-clean/greet.git", "--rules", self.directory / "rules")
        self.expect_exit(self.assay(*words), 0)
        file = self.directory / "rules/known/greet.known"
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        run = self.assay(*words)
        self.assertIn(run.exit, (1, 2), str(run))

    def test_verify_notices_a_repository_with_another_history(self):
        self.expect_exit(self.index(), 0)
        run = self.assay("known", "verify", "greet", "--repo", FIXTURES / "archive-traps/trap.git", "--rules", self.directory / "rules")
        self.assertIn(run.exit, (1, 2), str(run))

    def test_the_manifest_says_where_the_data_comes_from(self):
        self.expect_exit(self.index("--paths", "m4/*"), 0)
        text = (self.directory / "rules/known/greet.json").read_text()
        self.assertIn("https://example.org/greet.git", text)
        self.assertIn("m4/*", text)
        self.assertNotIn(str(FIXTURES), text)

    def test_the_shipped_data_is_whole(self):
        run = self.assay("known", "verify")
        self.expect_exit(run, 0)
        for upstream in ("gnulib", "automake", "autoconf", "libtool", "gettext"):
            self.assertIn(upstream, run.out)

    def test_the_shipped_data_knows_the_files_of_the_fixtures(self):
        for name in ("m4/build-to-host.m4", "m4/codeset.m4", "build-aux/install-sh"):
            run = self.assay("known", "lookup", SOURCE / "fixtures/upstream" / name, "--format", "json")
            self.expect_exit(run, 0)
            self.assertIn("gnulib", {place["upstream"] for place in json.loads(run.out)["known"]})

    def test_a_file_that_other_projects_have_too_is_said_to_be_seen_there_and_not_proven(self):
        shutil.copytree(SOURCE / "rules", self.directory / "rules")
        releases = self.directory / "releases"
        releases.mkdir()
        for project in ("alpha", "beta", "gamma"):
            with tarfile.open(releases / f"{project}-1.0.tar.gz", "w:gz") as tar:
                for name, text in (("m4/common.m4", "AC_DEFUN([COMMON], [:])\n"), ("m4/own.m4", f"AC_DEFUN([{project}], [:])\n"), ("README", "read\n")):
                    info = tarfile.TarInfo(f"{project}-1.0/{name}")
                    info.size = len(text)
                    tar.addfile(info, io.BytesIO(text.encode()))
        self.expect_exit(self.assay("known", "index", "--releases", releases, "-o", self.directory / "rules/known/releases"), 0)
        (self.directory / "tree").mkdir()
        (self.directory / "tree/README").write_text("read\n")
        run = self.assay("check", releases / "gamma-1.0.tar.gz", "--vcs", self.directory / "tree", "--rules", self.directory / "rules", "--format", "json")
        seen = {entry["path"]: (entry["proof"], entry["evidence"].get("prevalence", "")) for entry in run.report["entries"]}
        self.assertEqual("unexplained", seen["m4/common.m4"][0])
        self.assertIn("stands unchanged in 3 projects", seen["m4/common.m4"][1])
        self.assertEqual(("unexplained", ""), seen["m4/own.m4"])

    def test_a_source_of_an_upstream_is_known_only_where_the_build_asks_for_it(self):
        """A build that compiles whatever is there never asked for a function that takes the place of libc's."""
        upstream = self.directory / "upstream"
        (upstream / "lib").mkdir(parents=True)
        (upstream / "lib/error.c").write_text("void error(int status) { (void)status; }\n")
        git = lambda *words: subprocess.run(("git", "-c", "user.name=n", "-c", "user.email=e@example.org", *words), cwd=upstream, check=True)
        git("init", "-q"), git("add", "-A"), git("commit", "-q", "-m", "publish")
        (self.directory / "rules/known").mkdir(parents=True)
        for name in ("gnulib", "libtool"):
            self.expect_exit(self.assay("known", "index", upstream, "--url", "https://example.org/it.git", "-o", self.directory / "rules/known" / name), 0)
        reference, release = self.directory / "reference", self.directory / "greet-1.0.tar"
        rule = "all: ; cc $(wildcard *.c)\n"
        for files, proof in (
                ({"Makefile": "all: ; cc $(wildcard *.c) || echo an error, no libtool\n"}, "unexplained"),
                ({"Makefile": rule, ".gitignore": "gnulib\nerror.c\n"}, "unexplained"),
                ({"Makefile": rule + "error.c: error.c.in\n"}, "unexplained"),
                ({"Makefile": rule, "bootstrap.conf": "gnulib_modules=error\n# for gnulib-tool\n"}, "known")):
            shutil.rmtree(reference, ignore_errors=True)
            reference.mkdir()
            for path, text in files.items():
                (reference / path).write_text(text)
            with tarfile.open(release, "w") as tar:
                for path in (*reference.iterdir(), upstream / "lib/error.c"):
                    tar.add(path, f"greet-1.0/{path.name}")
            run = self.assay("check", release, "--vcs", reference, "--rules", self.directory / "rules", "--format", "json")
            with self.subTest(files):
                self.expect_entry(run, "error.c", "added", proof)

    def test_what_a_project_makes_of_an_input_of_its_own_is_no_upstream_s(self):
        upstream, reference = self.directory / "upstream", self.directory / "reference"
        published = {"tests/Makefile.in": "check: all\n", "intl/Makefile.in": "all: copied\n", "intl/VERSION": "0.19 of the library\n", "po/stamp-po": "timestamp\n", "build-aux/helper": "#!/bin/sh\n:\n",
                     "lib/strstr.c": "char *strstr(void) { return 0; }\n", "intl/l10nflist.c": "int l10n;\n", "tests/acinclude.m4": "AC_DEFUN([P_OWN], [:])\n"}
        for path, text in published.items():
            (upstream / path).parent.mkdir(parents=True, exist_ok=True)
            (upstream / path).write_text(text)
        git = lambda *words: subprocess.run(("git", "-c", "user.name=n", "-c", "user.email=e@example.org", *words), cwd=upstream, check=True)
        git("init", "-q"), git("add", "-A"), git("commit", "-q", "-m", "publish")
        (self.directory / "rules/known").mkdir(parents=True)
        self.expect_exit(self.assay("known", "index", upstream, "--url", "https://example.org/it.git", "-o", self.directory / "rules/known/gettext"), 0)
        reference.mkdir()
        (reference / "configure.ac").write_text("AM_GNU_GETTEXT\n")
        (reference / "Makefile").write_text("all: stamp-check\nstamp-check:\n\tsh check.sh\n")
        for path, origin, proof in (("tests/Makefile.in", "tests/Makefile.in", "unexplained"), ("intl/Makefile.in", "intl/Makefile.in", "known"), ("VERSION", "intl/VERSION", "unexplained"),
                                    ("intl/VERSION", "intl/VERSION", "known"), ("po/stamp-po", "po/stamp-po", "known"), ("stamp-h1", "po/stamp-po", "known"), ("stamp-check", "po/stamp-po", "unexplained"),
                                    ("build-aux/helper", "build-aux/helper", "known"), ("src/strstr.c", "lib/strstr.c", "unexplained"), ("intl/l10nflist.c", "intl/l10nflist.c", "known"),
                                    ("src/l10nflist.c", "intl/l10nflist.c", "unexplained"), ("acinclude.m4", "tests/acinclude.m4", "unexplained")):
            release = self.directory / "greet-1.0.tar"
            with tarfile.open(release, "w") as tar:
                tar.add(reference, "greet-1.0")
                tar.add(upstream / origin, f"greet-1.0/{path}")
            run = self.assay("check", release, "--vcs", reference, "--rules", self.directory / "rules", "--format", "json")
            with self.subTest(path):
                self.expect_entry(run, path, "added", proof)

    def test_a_macro_file_of_an_upstream_is_known_where_it_takes_the_place_of_none_of_the_project_s(self):
        upstream, reference = self.directory / "upstream", self.directory / "reference"
        for place in (upstream / "m4", reference / "m4", self.directory / "rules/known"):
            place.mkdir(parents=True)
        (upstream / "m4/ax_check.m4").write_text("AC_DEFUN([AX_CHECK], [:])\n")
        git = lambda *words: subprocess.run(("git", "-c", "user.name=n", "-c", "user.email=e@example.org", *words), cwd=upstream, check=True)
        git("init", "-q"), git("add", "-A"), git("commit", "-q", "-m", "publish")
        self.expect_exit(self.assay("known", "index", upstream, "--url", "https://example.org/it.git", "-o", self.directory / "rules/known/archive"), 0)
        release = self.directory / "greet-1.0.tar"
        for place, own, proof in ((".", "AX_OTHER", "known"), (".", "AX_CHECK", "unexplained"),
                                  # A bundled project has a configure.ac and macros of its own, where aclocal does not look.
                                  ("bundled", "AX_CHECK", "known")):
            shutil.rmtree(reference, ignore_errors=True)
            (reference / place / "m4").mkdir(parents=True)
            (reference / place / "configure.ac").write_text("AX_CHECK\n")
            (reference / "configure.ac").write_text("AX_CHECK\n")
            (reference / place / "m4/aa.m4").write_text(f"AC_DEFUN([{own}], [false])\n")
            with tarfile.open(release, "w") as tar:
                tar.add(reference, "greet-1.0")
                tar.add(upstream / "m4/ax_check.m4", "greet-1.0/m4/ax_check.m4")
            run = self.assay("check", release, "--vcs", reference, "--rules", self.directory / "rules", "--format", "json")
            with self.subTest((place, own)):
                self.expect_entry(run, "m4/ax_check.m4", "added", proof)


if __name__ == "__main__":
    assay_test.main()
