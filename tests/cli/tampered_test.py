#!/usr/bin/python3
"""Releases that somebody changed so that the change should pass for a proof: each has to stay unproven."""
import gzip
import hashlib
import io
import json
import lzma
import os
import pathlib
import shutil
import struct
import subprocess
import tarfile
import time
import unittest
import zipfile

from assay_test import AssayTest

WHEN = 1_600_000_000  # 2020-09-13
PROGRAM = {"README": "tally\n", "src/tally.c": "int main(void) { return 0; }\n", "src/tally.h": "int tally(void);\n"}
SCRIPT = "#!/bin/sh\necho hello\n"


def member(path, content=b"", **header):
    info = tarfile.TarInfo(path)
    info.size, info.mode = len(content), 0o644
    for name, value in header.items():
        setattr(info, name, value)
    return info, content


def packed(members, **options):
    """The bytes of a tar archive."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", **options) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()


def with_mode(text, mode):
    return (text, mode)


class Tampered(AssayTest):
    def commit(self, files):
        """A repository of `files` ({path: text, (text, mode), or a link's target as a Path}), tagged v1.4.0; the commit's id."""
        self.source = self.directory / "source"
        shutil.rmtree(self.source, ignore_errors=True)
        self.source.mkdir()
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                       "GIT_AUTHOR_NAME": "Ada Greeter", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada Greeter",
                       "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_AUTHOR_DATE": f"{WHEN} +0000", "GIT_COMMITTER_DATE": f"{WHEN} +0000"}

        def git(*words):
            return subprocess.run(["git", *words], cwd=self.source, env=environment, check=True, stdout=subprocess.PIPE).stdout.decode().strip()

        git("init", "-q", "-b", "main")
        git("commit", "-q", "--allow-empty", "-m", "tally: begin")
        git("tag", "v1.3.0")
        for path, text in files.items():
            file = self.source / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(text, pathlib.Path):
                file.symlink_to(text)
                continue
            text, mode = text if isinstance(text, tuple) else (text, 0o644)
            file.write_text(text)
            file.chmod(mode)
        git("add", "-A")
        git("commit", "-q", "-m", "tally: count lines")
        git("tag", "v1.4.0")
        return git("rev-parse", "HEAD")

    def judge(self, archive, name="tally-1.4.0.tar"):
        """What `check` says of the bytes of an archive."""
        (self.directory / name).write_bytes(archive)
        run = self.assay("check", self.directory / name, "--vcs", f"{self.source}@v1.4.0", "--format", "json")
        self.assertIn(run.exit, (0, 1, 3), str(run))
        return run

    def members(self, files):
        for path, text in files.items():
            if isinstance(text, pathlib.Path):
                yield member(f"tally-1.4.0/{path}", type=tarfile.SYMTYPE, linkname=str(text))
                continue
            text, mode = text if isinstance(text, tuple) else (text, 0o644)
            yield member(f"tally-1.4.0/{path}", text.encode(), mode=mode)

    def release(self, committed, shipped):
        """`committed` as changed by `shipped` ({commit} in texts is the commit's id; None takes a file away)."""
        commit = self.commit(PROGRAM | committed)
        fill = lambda text: text.replace("{commit}", commit) if isinstance(text, str) else text
        files = {path: fill(text) for path, text in (PROGRAM | committed | shipped).items() if text is not None}
        return self.judge(packed(self.members(files)))

    def expect_unproven(self, path, committed, shipped, rule=None):
        run = self.release(committed, shipped)
        self.assertEqual("unexplained", self.entry(run, path)["proof"], str(run))
        self.assertNotEqual("verified", run.report["verdict"], str(run))
        if rule:
            self.expect_finding(run, rule, path)
        return run

    def expect_proven(self, path, proof, committed, shipped):
        run = self.release(committed, shipped)
        self.assertEqual(proof, self.entry(run, path)["proof"], str(run))

    # What is proven of the content says nothing of the rest.

    def test_a_proven_text_that_became_executable_is_not_proven(self):
        self.expect_unproven("notes", {"notes": "a\nb\n", ".gitattributes": "notes eol=crlf\n"}, {"notes": with_mode("a\r\nb\r\n", 0o755)}, "provenance-made-executable")

    def test_a_moved_file_that_became_executable_is_not_proven(self):
        self.expect_unproven("tools/gen", {"notes/gen": "echo a\n"}, {"tools/gen": with_mode("echo a\n", 0o755), "notes/gen": None}, "provenance-moved-into-build")

    def test_a_file_that_only_the_group_may_run_became_executable(self):
        self.expect_unproven("README", {}, {"README": with_mode(PROGRAM["README"], 0o654)}, "provenance-made-executable")

    def test_a_fixture_that_stands_where_the_build_runs_it_is_not_proven(self):
        fixtures = {"tests/data/hello.m4": "AC_DEFUN([HELLO], [])\n", "tests/data/setup.py": "import os\n", "tests/hello": with_mode(SCRIPT, 0o755)}
        run = self.expect_unproven("configure", fixtures, {"configure": with_mode(SCRIPT, 0o755), "m4/hello.m4": fixtures["tests/data/hello.m4"], "setup.py": "import os\n"},
                                   "provenance-moved-into-build")
        self.expect_finding(run, "provenance-moved-into-build", "m4/hello.m4")
        self.expect_finding(run, "provenance-moved-into-build", "setup.py")

    def test_a_build_file_put_together_of_the_lines_of_others_is_not_proven(self):
        self.expect_unproven("GNUmakefile", {"Makefile": "all:\n\t@echo good\nclean:\n\t@echo rm -rf data\n"}, {"GNUmakefile": "all:\n\t@echo rm -rf data\n"})
        script = '#! /bin/sh\ncmd="rm -rf data"\necho "dry run: $cmd"\n'
        self.expect_unproven("configure", {"dev/wipe.sh": script}, {"configure": script.replace('echo "dry run: $cmd"', 'cmd="rm -rf data"')})

    def test_a_source_that_moved_among_sources_is_proven(self):
        gnulib = {"bootstrap.conf": "gnulib_modules=line\n", "gl/lib/line.c": "int line;\n", "gl/tests/line.c": "int line;\n/* test */\n"}
        self.expect_proven("lib/line.c", "identical", gnulib, {"lib/line.c": "int line;\n", "gl/lib/line.c": None})
        self.expect_proven("lib-tests/line.c", "identical", gnulib, {"lib-tests/line.c": gnulib["gl/tests/line.c"]})
        self.expect_unproven("src/line.c", gnulib, {"src/line.c": "int line;\n", "gl/lib/line.c": None}, "provenance-moved-into-build")
        self.expect_unproven("lib/line.c", {"gl/lib/line.c": "int line;\n"}, {"lib/line.c": "int line;\n", "gl/lib/line.c": None})
        dist = {"Makefile.dist": "all:\n", "autogen.sh": "cp Makefile.dist Makefile\n"}
        self.expect_proven("Makefile", "identical", dist, {"Makefile": "all:\n", "Makefile.dist": None})
        self.expect_unproven("Makefile", {"Makefile.dist": "all:\n"}, {"Makefile": "all:\n"})
        self.expect_unproven("GNUmakefile", {"GNUmakefile.dist": "all:\n"}, {"GNUmakefile": "all:\n"})
        self.expect_proven("tests/rc", "composed", {"tests/rc.in": "a\n"}, {"tests/rc": "a\n"})
        self.expect_unproven("tests/conftest.py", {"tests/conftest.py.in": "a\n"}, {"tests/conftest.py": "a\n"})

    def test_a_copy_that_a_build_finds_first_is_not_proven(self):
        committed = {"Makefile": "all: check\n", "tools/Makefile": "all:\n", "win32/tally.h": "int other;\n", "mods/json.py": "evil = 1\n"}
        self.expect_unproven("GNUmakefile", committed, {"GNUmakefile": "all:\n"}, "provenance-moved-into-build")
        self.expect_unproven("GNUmakefile", committed, {"GNUmakefile": "all:\n", "tools/Makefile": None}, "provenance-moved-into-build")
        self.expect_unproven("lib/tally.h", committed, {"lib/tally.h": "int other;\n"}, "provenance-moved-into-build")
        self.expect_unproven("json.py", committed, {"json.py": "evil = 1\n"}, "provenance-moved-into-build")

    def test_a_copied_script_is_one_whatever_it_is_called(self):
        self.expect_unproven("gen", {"tools/gen": SCRIPT}, {"gen": SCRIPT, "tools/gen": SCRIPT}, "provenance-moved-into-build")

    def test_a_copy_under_a_name_that_tools_look_for_is_not_proven(self):
        committed = {"tests/data/requests": "evil\n", "tests/data/cargo": "evil = 1\n", "lib/words": "evil\n", "notes/a.txt": "words\n", "notes/README": "prose\n", "notes/NEWS": ">>> import os\n"}
        for path, source in (("autom4te.cache/requests", "tests/data/requests"), (".cargo/config.toml", "tests/data/cargo"),
                             ("Kbuild", "tests/data/requests"), ("config.h.bot", "lib/words"), (".env", "lib/words")):
            with self.subTest(path):
                self.expect_unproven(path, committed, {path: committed[source]}, "provenance-moved-into-build")
        self.expect_unproven("doc/b.txt", committed, {"doc/b.txt": committed["notes/a.txt"]}, "provenance-unexplained-text")
        for path in ("doc/NEWS", "README.old", "doc/COPYING.md"):
            self.expect_proven(path, "identical", committed, {path: committed["notes/README"]})
            # Fixtures, and what documentation tools run, are not prose for being called so.
            self.expect_unproven(path, committed, {path: committed["tests/data/requests"]})
            self.expect_unproven(path, committed, {path: committed["notes/NEWS"]})
        for path in ("debian/NEWS", ".x/NEWS", "news", "install", "README.cmake", "installer", "CHANGES.d/x"):
            self.expect_unproven(path, committed, {path: committed["notes/README"]})

    def test_a_copy_under_its_own_name_or_aside_is_not_proven(self):
        sample = "echo hello\n"
        names = ("build.ninja", "Kbuild", "Dockerfile", "x.pth", "tox.ini", "main.ts", "main.kt", "p.preinst", "check.m", "config.toml")
        committed = {f".sample/{name}": f"{sample}{name}\n" for name in names} | {"tests/data/sample.mk": "all:\n\techo hello\n"}
        copies = {name: committed[f".sample/{name}"] for name in names} | {".cargo/config.toml": committed[".sample/config.toml"]}
        copies |= {path: committed["tests/data/sample.mk"] for path in ("doc/GNUmakefile", "tests/conftest.py", "examples/p/build.rs", "contrib/x", "doc/configure")}
        run = self.release(committed, copies)
        for path in copies:
            self.assertEqual("unexplained", self.entry(run, path)["proof"], str(run))

    def test_a_move_to_where_it_shadows_another_is_not_proven(self):
        self.expect_unproven("json.py", {".ci/json.py": "loads = 1\n"}, {"json.py": "loads = 1\n", ".ci/json.py": None}, "provenance-moved-into-build")
        self.expect_unproven("src/line.h", {"stub/line.h": "int x;\n"}, {"src/line.h": "int x;\n", "stub/line.h": None}, "provenance-moved-into-build")

    def test_a_text_of_which_lines_were_dropped_or_swapped_is_not_composed(self):
        for name, text in (("verify.cs", "// x\nif (!Verify(d, s))\n    return false;\nreturn true;\n"), ("Kbuild", "obj-y += a.o\nalways-y := x\n"),
                           ("etc/p.service", "User=nobody\nUser=root\nExecStart=/bin/p\n"), (".cargo/config.toml", "[build]\nwrapper = 1\n[net]\n")):
            lines = text.splitlines(keepends=True)
            self.expect_unproven(name, {name + ".in": text}, {name: "".join(lines[1:])})
            self.expect_unproven(name, {name + ".in": text}, {name: "".join(lines[1:] + lines[:1])})

    def test_a_source_from_a_template_has_all_of_its_lines(self):
        template = {"verify.c.in": "int verify(void) {\n  if (bad()) return 1;\n  return 0;\n}\n"}
        self.expect_unproven("verify.c", template, {"verify.c": "int verify(void) {\n  return 0;\n}\n"}, "provenance-unexplained-source")

    def test_what_is_missing_empty_or_not_to_be_run_keeps_a_release_from_being_verified_or_is_told(self):
        committed = {"GNUmakefile": "all: check\n", "tests/try.sh": SCRIPT, "autogen.sh": SCRIPT, "verify": with_mode(SCRIPT, 0o755)}
        run = self.release(committed, {"GNUmakefile": None})
        self.expect_finding(run, "provenance-missing-from-build", severity="low")
        self.assertEqual("explained", run.report["verdict"], str(run))
        run = self.release(committed, {"tests/try.sh": None, "autogen.sh": None})
        self.assertEqual("verified", run.report["verdict"], str(run))
        run = self.release(committed, {"verify": SCRIPT})
        self.expect_finding(run, "provenance-lost-executable", severity="low")
        self.assertEqual("explained", run.report["verdict"], str(run))
        run = self.judge(packed([*self.members(PROGRAM | committed), member("tally-1.4.0/check", type=tarfile.DIRTYPE)]))
        self.expect_finding(run, "provenance-empty-directory", severity="low")
        self.assertEqual("explained", run.report["verdict"], str(run))

    def test_what_stands_beside_the_releases_directory_is_inspected_and_lends_its_name_to_nothing(self):
        self.commit(PROGRAM | {"autogen.sh": with_mode(SCRIPT, 0o755)})
        script = "#!/bin/sh\ntail -c +33 tests/bad.dat | xz -d | sh\n".encode()
        members = list(self.members(PROGRAM | {"autogen.sh": with_mode(SCRIPT, 0o755)}))
        run = self.judge(packed([*members, member("other/autogen.sh", script, mode=0o755),
                                 member("other/tests/bad.dat", bytes(32) + lzma.compress(b"#!/bin/sh\necho hidden\n"))]))
        self.assertEqual("suspect", run.report["verdict"], str(run))
        self.assertEqual("unexplained", self.entry(run, "../other/autogen.sh")["proof"])
        # Two of one name: the proof of one says nothing of the other.
        run = self.judge(packed([*members, member("README", b"other\n")]))
        self.assertEqual(["../README"], [entry["path"] for entry in run.report["entries"]], str(run))

    def test_what_a_build_includes_if_it_is_there_is_missed_at_the_top_too(self):
        committed = {"Makefile": "-include hardening.flags\nall:\n", "hardening.flags": "CFLAGS += -O\n", "notes": "a\n", ".travis.yml": "a\n", ".toolrc": "a\n"}
        run = self.release(committed, {"notes": None, ".travis.yml": None})
        self.assertEqual("verified", run.report["verdict"], str(run))
        for name in ("hardening.flags", ".toolrc"):
            with self.subTest(name):
                run = self.release(committed, {name: None})
                self.expect_finding(run, "provenance-missing-from-build")
                self.assertEqual("explained", run.report["verdict"], str(run))

    def test_a_file_made_of_a_template_keeps_its_white_space(self):
        play = "tasks:\n  - when: never\n    run: x\n"
        self.expect_proven("play.yml", "composed", {"play.yml.in": play}, {"play.yml": play})
        self.expect_unproven("play.yml", {"play.yml.in": play}, {"play.yml": play.replace("    run", "run")})

    def test_files_that_are_one_that_nobody_may_read_or_all_may_change_or_that_stand_in_no_directory_are_told(self):
        committed = {"a.mk": "all:\n", "b.mk": "all:\n"}
        self.commit(PROGRAM | committed)
        whole = list(self.members(PROGRAM | committed))
        without_b = [each for each in whole if not each[0].name.endswith("b.mk")]
        for rule, members in (("provenance-shared-file", [*without_b, member("tally-1.4.0/b.mk", type=tarfile.LNKTYPE, linkname="tally-1.4.0/a.mk")]),
                              ("provenance-lost-reading", [*without_b, member("tally-1.4.0/b.mk", b"all:\n", mode=0)]),
                              ("provenance-lost-reading", [member("tally-1.4.0", type=tarfile.DIRTYPE, mode=0o311), *whole]),
                              ("provenance-writable-by-all", [*without_b, member("tally-1.4.0/b.mk", b"all:\n", mode=0o666)]),
                              ("provenance-writable-by-all", [member("tally-1.4.0", type=tarfile.DIRTYPE, mode=0o777), *whole]),
                              ("provenance-no-top-directory", [member(info.name.removeprefix("tally-1.4.0/"), content) for info, content in whole])):
            with self.subTest(rule):
                run = self.judge(packed(members))
                self.expect_finding(run, rule)
                self.assertEqual("explained", run.report["verdict"], str(run))

    def test_two_tags_of_one_version_and_what_is_kept_out_of_archives_are_told(self):
        self.commit(PROGRAM)
        git = lambda *words: subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e@example.org", *words], cwd=self.source, check=True, stdout=subprocess.PIPE).stdout
        check = lambda archive, *vcs: self.assay("check", archive, "--vcs", *vcs, "--format", "json")
        archive = self.directory / "tally-1.4.0.tar"
        archive.write_bytes(git("archive", "--prefix=tally-1.4.0/", "v1.4.0"))
        git("tag", "tally-1.4.0", "v1.4.0")
        self.expect_verdict(check(archive, self.source), "verified")
        git("commit", "-q", "--allow-empty", "-m", "later")
        git("tag", "1.4.0")
        run = check(archive, self.source)
        self.expect_verdict(run, "explained")
        self.expect_finding(run, "provenance-several-tags", severity="low")
        self.expect_verdict(check(archive, f"{self.source}@v1.4.0"), "verified")
        kept_out = {".gitattributes": "/GNUmakefile export-ignore\n/fuzz.sh export-ignore\n", "GNUmakefile": "all:\n", "fuzz.sh": ":\n"}
        run = self.release(kept_out, {"fuzz.sh": None})
        self.expect_finding(run, "provenance-kept-out-but-there", severity="low")
        self.expect_verdict(run, "explained")
        self.expect_verdict(self.release(kept_out, {"fuzz.sh": None, "GNUmakefile": None}), "verified")
        self.expect_verdict(self.release(kept_out, {}), "verified")  # a whole working tree was packed

    def test_what_a_rule_of_the_project_s_fills_in_is_not_proven_by_its_template(self):
        """make(1) takes the one of the release for made, with the marks of the rule still in it."""
        header = "#define VERSION \"@VERSION@\"\n#undef HAVE_CHECK\n"
        rule = {"tally.h.in": header, "Makefile": "tally.h: tally.h.in\n\tsed -e s/@VERSION@/1.4.0/ -e 's/#undef/#define/' $< > $@\n"}
        self.expect_unproven("tally.h", rule, {"tally.h": header.replace("@VERSION@", "1.4.0")})
        self.expect_unproven("tally.h", rule | {"tally.h.in": "#undef HAVE_CHECK\n"}, {"tally.h": "#undef HAVE_CHECK\n"})
        script = "# @VERSION@\n[ %CHECK% = yes ] && echo checked\n"
        self.expect_unproven("verify", {"verify.in": script, "Makefile": "verify: verify.in\n"}, {"verify": script.replace("@VERSION@", "1.4.0")})

    def test_a_document_in_name_alone_is_read_as_what_it_is(self):
        script = "check=1.3.0\necho verifying \\\n\ncheck $check\n"
        self.expect_unproven("install-deps", {"install-deps": script}, {"install-deps": "check=1.4.0\necho verifying \\\ncheck $check\n"})
        page = "<script>if (peer >= '1.3.0') go('a  b')</script>\n"
        self.expect_unproven("web/index.html", {"web/index.html": page}, {"web/index.html": page.replace("1.3.0", "1.4.0").replace("  ", " ")})

    def test_a_test_that_lost_the_right_to_run_is_told(self):
        run = self.release({"tests/hole": ("#!/bin/sh\nexit 1\n", 0o755)}, {"tests/hole": ("#!/bin/sh\nexit 1\n", 0o644)})
        self.expect_finding(run, "provenance-lost-executable", severity="low")
        self.expect_verdict(run, "explained")

    def test_an_archive_without_a_file_proves_nothing(self):
        self.commit(PROGRAM)
        (self.directory / "tally-1.4.0.tar").write_bytes(packed([member("tally-1.4.0", type=tarfile.DIRTYPE)]))
        run = self.assay("check", self.directory / "tally-1.4.0.tar", "--vcs", f"{self.source}@v1.4.0")
        self.assertEqual(2, run.exit, str(run))
        self.assertIn("holds no file", run.err)

    def test_a_hard_link_to_what_is_replaced_later_is_not_judged_by_that(self):
        self.commit(PROGRAM)
        evil, harmless = b"#!/bin/sh\ntouch evil\n", b"#!/bin/sh\necho hello\n"
        run = self.judge(packed([*self.members(PROGRAM), member("tally-1.4.0/a", evil), member("tally-1.4.0/build.sh", type=tarfile.LNKTYPE, linkname="tally-1.4.0/a"),
                                 member("tally-1.4.0/a", harmless)]))
        self.assertIn("hard link", " ".join(gap["reason"] for gap in run.report["coverage"]["gaps"]), str(run))

    def test_a_script_outside_of_the_releases_directory_is_not_proven(self):
        self.commit(PROGRAM | {"build.sh": SCRIPT})
        run = self.judge(packed([*self.members(PROGRAM | {"build.sh": SCRIPT}), member("build.sh", SCRIPT.encode())]))
        self.assertEqual("unexplained", run.report["verdict"], str(run))

    def test_a_release_that_is_a_fixture_of_the_repository_is_told(self):
        fixture = {path: text + "/* hello */\n" for path, text in PROGRAM.items()}
        self.commit(PROGRAM | {f"tests/data/tally/{path}": text for path, text in fixture.items()})
        self.expect_finding(self.judge(packed(self.members(fixture))), "provenance-moved-into-build")

    def test_what_decides_which_dependencies_are_fetched_is_no_inert_text(self):
        for name in ("Cargo.lock", "package-lock.json", "go.sum", "requirements-dev.txt", "subprojects/zlib.wrap", ".cargo/config.toml"):
            with self.subTest(name=name):
                self.commit(PROGRAM | {name: "source = good\n"})
                run = self.judge(packed(self.members(PROGRAM | {name: "source = good\nsource = other\n"})))
                self.expect_finding(run, "provenance-unexplained-build-file", path=name, severity="medium")

    def test_another_projects_source_is_no_reference_whatever_licence_they_share(self):
        licence = {"COPYING": "Permission is granted to copy.\n" * 20}
        self.commit(licence | {"README": "another thing\n", **{f"lib/part{number}.c": f"int part{number};\n" for number in range(9)}})
        ours = licence | PROGRAM | {f"src/more{number}.c": f"int more{number};\n" for number in range(4)}
        run = self.judge(packed(self.members(ours)))
        self.assertEqual(3, run.exit, str(run))
        self.assertIn("right repository and revision", run.report["next_steps"][0])

    def test_a_branch_that_fits_better_than_the_tag_is_named_and_not_believed(self):
        parts = {f"src/part{number}.c": f"int part{number};\n" for number in range(6)}
        self.commit(PROGRAM | parts)
        other = {path: text + "/* ok */\n" for path, text in (PROGRAM | parts).items()}
        for path, text in other.items():
            (self.source / path).write_text(text)
        environment = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null"}
        for words in (["checkout", "-q", "-b", "pr"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "typo"], ["checkout", "-q", "main"]):
            subprocess.run(["git", *words], cwd=self.source, env=environment, check=True)
        (self.directory / "tally-1.4.0.tar").write_bytes(packed(self.members(other)))
        run = self.assay("check", self.directory / "tally-1.4.0.tar", "--vcs", self.source, "--format", "json")
        self.assertEqual("v1.4.0", run.report["vcs"]["revision"], str(run))
        self.assertEqual("unexplained", run.report["verdict"], str(run))
        self.assertIn("has more in common", run.report["vcs"]["notes"][0])

    def test_a_known_file_that_takes_over_a_build_is_known_only_where_the_project_speaks_of_it(self):
        takeover = "all:\n\t-include cfg.mk\n"
        self.commit({"top/GNUmakefile": takeover, "m4/a.m4": "AC_DEFUN([A], [])\n"})
        rules = self.directory / "rules"
        (rules / "known").mkdir(parents=True)
        self.expect_exit(self.assay("known", "index", self.source, "--url", "https://example.org/up.git", "-o", rules / "known/up"), 0)
        shipped = {"GNUmakefile": takeover, "m4/a.m4": "AC_DEFUN([A], [])\n"}
        for spoken, proof in (({"cfg.mk": "$(info hello)\n"}, "unexplained"), ({"bootstrap.conf": 'gnulib_modules="\n  gnumakefile\n"\n'}, "known")):
            self.commit(PROGRAM | spoken)
            (self.directory / "tally-1.4.0.tar").write_bytes(packed(self.members(PROGRAM | spoken | shipped)))
            run = self.assay("check", self.directory / "tally-1.4.0.tar", "--vcs", f"{self.source}@v1.4.0", "--rules", rules, "--format", "json")
            self.assertEqual(proof, self.entry(run, "GNUmakefile")["proof"], str(run))
            self.assertEqual("known", self.entry(run, "m4/a.m4")["proof"], str(run))

    def test_thousands_of_files_cost_no_more_than_each_of_them(self):
        """What is asked of the whole release is found out once: it was a minute and more for each of these."""
        count = 1200
        texts = {f"src/part{number}.c": f"int a{number};\nint b{number};\n" for number in range(count)}
        lines = {f"src/line{number}.h": f"int c{number};" for number in range(count)}
        attributes = {".gitattributes": "* text=auto\n"}
        windows = {path: text.replace("\n", "\r\n") for path, text in (PROGRAM | texts | attributes).items()}
        scripts = {f"tools/run{number}.sh": "#!/bin/sh\n" + "echo hello\n" * 800 for number in range(count)}
        news = {f"part{number}/NEWS": "release\n" for number in range(count)}
        # Of these every file costs more, so that fewer do.
        header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        catalogues = {f"po/l{number}.po": header + "".join(f'msgid "hello {n}"\nmsgstr "hallo {n}"\n\n' for n in range(100)) for number in range(600)}
        templates = {f"po/t{number}.pot": header + 'msgid "hello 1"\nmsgstr ""\n\n' for number in range(600)}
        for name, committed, released, proof in (("catalogues", PROGRAM | catalogues, PROGRAM | catalogues | templates, None),
                                                 ("windows", PROGRAM | texts | lines | attributes, windows | lines, "normalized"),
                                                 ("news", PROGRAM | scripts, PROGRAM | scripts | news, "derived")):
            with self.subTest(name=name):
                self.commit(committed)
                archive = packed(self.members(released))
                start = time.monotonic()
                run = self.judge(archive)
                self.assertLess(time.monotonic() - start, 20)
                self.assertEqual(0, run.exit, str(run)[:2000])
                if proof:
                    self.assertGreaterEqual(run.report["counts"][proof], count)

    # Conversions.

    def test_text_in_version_control_that_is_shown_as_other_text_is_told(self):
        shown = "int f(int admin) {\n  /*\u202e } \u2066if (admin)\u2069 \u2066 begin admins only */\n  return admin;\n}\n"
        honest = {"src/names.c": "/* Jürgen Müller, 山田太郎, «é» */\nint names;\n", "po/he.txt": "שלום \u202bשלום\u202c\n"}
        committed = {"src/level.c": shown, "src/alike.c": "int admin;\nint \u0430dmin;\n", "tests/bidi.c": shown} | honest
        run = self.release(committed, {})
        self.assertEqual("verified", run.report["verdict"], str(run))
        self.expect_finding(run, "inspect-bidirectional-text", "src/level.c", "medium")
        self.expect_finding(run, "inspect-bidirectional-text", "tests/bidi.c", "low")
        self.expect_finding(run, "inspect-confusable-name", "src/alike.c", "low")
        self.assertEqual({"src/level.c", "src/alike.c", "tests/bidi.c"}, {each["path"] for each in run.report["findings"]}, str(run))
        novel = self.release({}, {"src/level.c": shown})
        self.expect_finding(novel, "inspect-bidirectional-text", "src/level.c", "high")

    def test_carriage_returns_on_chosen_lines_are_no_conversion(self):
        script = 'safe=yes\nif [ "$safe" = yes ]; then\n  check\nfi\n'
        self.expect_unproven("run.sh", {"run.sh": script}, {"run.sh": script.replace("safe=yes\n", "safe=yes\r\n")})
        self.expect_unproven("run.sh", {"run.sh": script}, {"run.sh": script.replace("\n", "\r\n")})
        self.expect_proven("run.sh", "normalized", {"run.sh": script, ".gitattributes": "*.sh eol=crlf\n"}, {"run.sh": script.replace("\n", "\r\n")})

    def test_line_ends_matter_to_what_reads_a_list_and_not_to_who_reads_prose(self):
        self.expect_unproven("deny.txt", {"deny.txt": "evil.example\n"}, {"deny.txt": "evil.example\r\n"})
        self.expect_proven("README", "normalized", {}, {"README": PROGRAM["README"].replace("\n", "\r\n")})

    def test_line_ends_are_those_that_git_would_have_written(self):
        script = {"run.sh": "echo a \\\necho b\n", "deny.list": "deny evil\n"}
        marked = {path: text.replace("\n", "\r\n") for path, text in script.items()}
        for rule in ("text eol=lf", "crlf=input", "-text", "binary"):
            for path in script:
                self.expect_unproven(path, script | {".gitattributes": f"* {rule}\n"}, {path: marked[path]})
        for path in script:  # on Windows all texts have them
            self.expect_unproven(path, script | {".gitattributes": "* text=auto\n"}, marked)
        rules = {".gitattributes": "* text=auto\n"}
        everywhere = {path: text.replace("\n", "\r\n") for path, text in (PROGRAM | script | rules).items()}
        for path in everywhere:  # to a shell a backslash before a carriage return is another thing, and so is a line of a list
            self.expect_proven(path, "normalized" if path.endswith((".c", ".h", "README")) else "composed", script | rules, everywhere)
        del everywhere[".gitattributes"]
        self.expect_proven("run.sh", "composed", script, everywhere)
        self.expect_unproven("run.sh", {"run.sh": marked["run.sh"]}, {"run.sh": script["run.sh"]})

    def test_a_pointer_to_no_content_accounts_for_none(self):
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize {len(SCRIPT)}\n"
        self.expect_unproven("configure", {"configure": pointer, "tests/hello.sh": SCRIPT}, {"configure": SCRIPT})
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(SCRIPT.encode()).hexdigest()}\nsize {len(SCRIPT)}\n"
        self.expect_unproven("helper", {"helper": pointer}, {"helper": SCRIPT})
        self.expect_proven("helper", "normalized", {"helper": pointer, ".gitattributes": "helper filter=lfs -text\n"}, {"helper": SCRIPT})

    def test_a_pointer_that_is_shipped_in_the_place_of_its_content_is_told(self):
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"
        committed = {"data/a.bin": pointer, "data/b.bin": pointer.replace("size 5", "size 6"), "doc/pointer.txt": pointer, ".gitattributes": "*.bin filter=lfs -text\n"}
        run = self.release(committed, {})
        told = self.expect_finding(run, "provenance-lfs-pointer", severity="low")
        self.assertEqual(["data/a.bin", "data/b.bin"], [item["text"] for item in told["evidence"]], str(run))
        self.expect_verdict(run, "verified")  # it is what version control has
        self.assertNotIn("provenance-lfs-pointer", str(self.release(committed | {".gitattributes": ""}, {}).report["findings"]))
        content = {path: "other" for path in ("data/a.bin", "data/b.bin")}
        self.assertNotIn("provenance-lfs-pointer", str(self.release(committed, content).report["findings"]))

    # Versions and dates.

    def test_a_version_that_is_a_command_is_none(self):
        self.expect_unproven("VERSION", {}, {"VERSION": "`touch /tmp/x`;1-g{commit}\n"})
        self.expect_unproven("VERSION", {}, {"VERSION": "$(shell touch x)-g{commit}\n"})
        self.expect_unproven("VERSION", {}, {"VERSION": "1.4.0-2-g{commit}\n"})  # the tag is of this very commit
        self.expect_proven("VERSION", "derived", {}, {"VERSION": "1.4.0-0-g{commit}\n"})
        self.expect_unproven("VERSION", {}, {"VERSION": "1.3.0-1-g{commit}\n"})  # so git describe names it by nothing else

    def test_a_version_that_is_a_path_or_no_tag_is_none(self):
        for prefix in ("../../../tmp/evil", "evil", "evil-2", "9.9.9-2", "1.4.0"):
            self.expect_unproven("VERSION", {}, {"VERSION": prefix + "-g{commit}\n"})

    def test_a_blank_line_that_brings_a_comment_to_life_is_no_stamp(self):
        code = '#define VERSION "1.3.0"\n// see \\\nsystem("sh");\n'
        self.expect_unproven("src/v.c", {"src/v.c": code}, {"src/v.c": code.replace("1.3.0", "1.4.0").replace("\\\n", "\\\n\n")})

    def test_blanks_in_code_are_no_stamp(self):
        self.expect_unproven("run.sh", {"run.sh": 'rm -rf "a  b"\n'}, {"run.sh": 'rm -rf "a b"\n'})
        self.expect_unproven("setup.py", {"setup.py": "if x:\n\tcheck()\n"}, {"setup.py": "if x:\n check()\n"})
        self.expect_unproven("src/v.c", {"src/v.c": '#define V "a  1.3.0"\n'}, {"src/v.c": '#define V "a 1.4.0"\n'})
        self.expect_proven("src/v.c", "derived", {"src/v.c": '#define VERSION   "1.3.0"\n'}, {"src/v.c": '#define VERSION "1.4.0"\n'})

    def test_a_script_without_a_telling_name_is_code_as_well(self):
        self.expect_unproven("tools/gate", {"tools/gate": '#!/bin/sh\n[ "$v" = 1.3.0 ]\n'}, {"tools/gate": '#!/bin/sh\n[ "$v" = 1.4.0 ]\n'})

    def test_a_version_or_date_that_is_another_s_or_decides_is_no_stamp(self):
        for path, line in (("src/trust.h", '#define KEY_REVOKED_DATE "{date}"'), ("src/trust.h", "#define SKIP_VERIFY_MINOR {minor}"),
                           ("build.sh", "apply_security_patch={minor}"), ("a.sh", "oldest_accepted_version={version}"), ("a.sh", 'signing_key_date="{date}"'),
                           ("dep.cmake", "set(OPENSSL_VERSION {version})"), ("dep.cmake", "find_package(OpenSSL VERSION {version})"),
                           ("src/v.c", 'openssl.version = "{version}";'), ("src/v.py", 'deps["openssl"]["version"] = "{version}"'),
                           ("deploy.yml", "version: {version}"), ("pins.env", "VERSION={version}"), ("deny.txt", "deny {version}")):
            with self.subTest(line):
                before, now = (line.format(date=date, minor=minor, version=version) + "\n"
                               for date, minor, version in (("2020-01-01", 3, "1.3.0"), ("1990-01-01", 4, "1.4.0")))
                self.expect_unproven(path, {path: before}, {path: now})
        for path, line in (("src/v.h", '#define VERSION "{version}"'), ("src/v.h", '#define LIBTALLY_VERSION "{version}"'), ("src/v.h", "#define TALLY_VERSION_MINOR {minor}"),
                           ("src/v.h", '#define TALLY_RELEASE_DATE "{date}"'), ("v.cmake", "set(PACKAGE_VERSION {version})"), ("v.py", "__version__ = '{version}'"),
                           ("CMakeLists.txt", "project(tally VERSION {version})"), ("a.pl", "our $VERSION = '{version}';")):
            with self.subTest(line):
                before, now = (line.format(date=date, minor=minor, version=version) + "\n"
                               for date, minor, version in (("2020-01-01", 3, "1.3.0"), ("2020-09-13", 4, "1.4.0")))
                self.expect_proven(path, "derived", {path: before}, {path: now})

    def expect_stamps(self, changes):
        """Which changes of one text each, (path, before, now, proof), are stamps? All in one release, 1.4.0 of 2020-09-13 after 1.3.0."""
        paths = [f"case-{number}/{change[0]}" for number, change in enumerate(changes)]
        run = self.release({path: change[1] for path, change in zip(paths, changes)}, {path: change[2] for path, change in zip(paths, changes)})
        for path, (_, _, now, proof) in zip(paths, changes):
            with self.subTest(now):
                self.assertEqual(proof, self.entry(run, path)["proof"])

    def test_a_date_brings_no_word_that_a_shell_runs(self):
        self.expect_stamps((
            ("build.sh", "RELEASE_DATE=2020-09-12\n", "RELEASE_DATE=2020-09-13 WIPE\n", "unexplained"), ("build.sh", "RELEASE_DATE=2020-09-12\n", "RELEASE_DATE=2020-09-13 GMT\n", "unexplained"),
            ("build.sh", "RELEASE_DATE=unreleased\n", "RELEASE_DATE=2020-09-13 10:00 UTC\n", "unexplained"), ("build.sh", "RELEASE_DATE=2020-09-12 10:00\n", "RELEASE_DATE=2020-09-13 10:00\n", "unexplained"),
            ("build.sh", 'RELEASE_DATE="unreleased"\n', 'RELEASE_DATE="Sun 13 Sep 2020 10:00:00 PM UTC"\n', "derived")))

    def test_a_version_keeps_the_form_of_the_one_it_replaces(self):
        forms = ("1-4-0", "-1.4.0", "10400", "1.40", "14.0", "140", "1_4_0", ".1.4.0", "1.4.0.", "v1.4.0", "0x010400")
        self.expect_stamps((
            *(("p.py", "version = 1.3.0\n", f"version = {form}\n", "unexplained") for form in forms), ("v.h", "#define VERSION_NUM 0x010300\n", "#define VERSION_NUM 10400\n", "unexplained"),
            ("v.h", "#define TALLY_MINOR 3\n", "#define TALLY_MINOR -4\n", "unexplained"), ("v.h", "#define TALLY_MINOR 3\n", "#define TALLY_MINOR 04\n", "unexplained"),
            ("v.h", "#define VERSION_NUM 0x010300\n", "#define VERSION_NUM 0x010400\n", "derived"), ("v.py", "version = 'v1.3.0-dev'\n", "version = 'v1.4.0'\n", "derived")))

    def test_what_plain_m4_prints_is_no_comment(self):
        line = '#define KEY_VALID_FROM "{}"\n'
        self.expect_stamps((("keys.m4", line.format("2020-05-01"), line.format("1970-01-01"), "unexplained"),
                            ("m4/a.m4", "# of 1.3.0\nAC_DEFUN([A], [])\n", "# of 1.4.0\nAC_DEFUN([A], [])\n", "derived")))

    def test_a_change_log_keeps_what_it_has_in_its_order(self):
        log = "1.4.0\n* two\n\n1.3.0\n* one\n"
        for now, proof in ((f"tally: count lines\n{log}", "derived"), ("1.4.0\n* two\n\ntally: count lines\n1.3.0\n* one\n", "derived"),
                           ("commit {commit}\n\n    tally: count lines\n", "derived"), ("1.3.0\n* one\ntally: count lines\n", "unexplained"), ("1.3.0\n* one\n\n1.4.0\n* two\ntally: count lines\n", "unexplained")):
            with self.subTest(now):
                run = self.release({"NEWS": log}, {"NEWS": now})
                self.assertEqual(proof == "derived", self.entry(run, "NEWS")["proof"] == "derived", str(run))
        run = self.release({"debian/changelog": log}, {"debian/changelog": f"tally: count lines\n{log}"})
        self.assertNotEqual("derived", self.entry(run, "debian/changelog")["proof"], str(run))

    def test_a_change_log_that_a_program_reads_is_not_proven(self):
        for path, line, proof in (("v.cmake", "file(STRINGS NEWS news LIMIT_COUNT 1)\n", "used"), ("setup.py", 'with open("NEWS") as f:\n    pass\n', "used"), ("setup.py", 'v = Path(\n  "NEWS").read_text()\n', "used"),
                                  ("v.sh", "v=`sed 1q NEWS`\n", "used"), ("v.sh", "while read v; do :; done < NEWS\n", "used"), ("setup.py", "# see NEWS\n", "derived"), ("v.cmake", "install(FILES a DESTINATION doc)\nfile(READ NEWS n)\n", "used"),
                                  ("Makefile.am", "dist-hook:\n\tgit log | sed s/a/b/ > $(distdir)/NEWS\n", "derived"), ("CMakeLists.txt", "install(\n  FILES README NEWS\n  DESTINATION doc)\n", "derived")):
            with self.subTest(line):
                run = self.release({path: line}, {"NEWS": "tally: count lines\n"})
                self.assertEqual(proof == "derived", self.entry(run, "NEWS")["proof"] == "derived", str(run))

    def test_npm_s_version_has_dots(self):
        text = '{{"name": "tally", "version": "{}"}}\n'
        self.expect_stamps([("package.json", text.format("1.3.0"), text.format(now), proof) for now, proof in
                            (("1.4.0", "derived"), ("1-4-0", "unexplained"), ("-1.4.0", "unexplained"), ("10400", "unexplained"))])

    def test_a_date_keeps_its_form_and_goes_on_from_the_one_it_replaces(self):
        line = '#define RELEASE_DATE "{}"\n'
        self.expect_stamps([("v.h", line.format(before), line.format(now), proof) for before, now, proof in (
            ("2020-05-01", "2020-09-13", "derived"), ("2020-05-01", "1970-01-01", "unexplained"), ("2020-05-01", "2020-04-30", "unexplained"), ("2020-05-01", "2020-12-13", "unexplained"),
            ("2020-05-01", "2020/09/13", "unexplained"), ("2020-05-01", "2020-02-31", "unexplained"), ("unreleased", "2020-09-01", "derived"), ("unreleased", "2019-09-13", "unexplained"),
            ("Aug 2, 2020", "Sep 13, 2020", "derived"))])

    def test_a_version_that_an_expression_or_another_s_record_uses_is_no_stamp(self):
        others = (("p.js", 'ok = accept(peer, {{version: "{}"}});\n'), ("p.js", 'const version = "{}" <= peer;\n'), ("p.py", 'version = "{}" <= peer\n'),
                           ("p.js", 'const version = "{}"\n  <= peer;\n'), ("p.js", 'ok = peer <=\nversion = "{}"\n'), ("b.py", "if peer:\n    version = '{}'\n"), ("p.py", 'version = ["{}"]\n'),
                           ("MODULE.bazel", 'bazel_dep(\n    name = "lines",\n    version = "{}",\n)\n'), ("meson.build", "z = dependency('lines',\n  version : '{}',\n)\n"),
                           ("x.cmake", "find_package(LINES\n  VERSION {}\n)\n"), ("a.sh", "get() {{\nversion={}\n}}\n"), ("c.java", 'class Lines {{\n  static final String VERSION = "{}";\n}}\n'),
                           ("ci/lines.sh", "version={}\necho lines-$version\n"), ("ci/lines.sh", "version={}\nwget https://example.org/a\n"), ("zlib.rb", 'class Lines < Formula\n  version "{}"\nend\n'))
        own = (("MODULE.bazel", 'module(\n    name = "tally",\n    version = "{}",\n)\n'), ("meson.build", "project('tally',\n  'c',\n  version : '{}',\n)\nz = dependency('lines')\n"),
                           ("setup.py", "setup(\n    name='tally',\n    version='{}',\n    url='https://example.org',\n)\n"), ("a.sh", "TALLY_VERSION={} # the next\nwget https://example.org/tally-$TALLY_VERSION\n"),
                           ("a.sh", "version={}\necho $project-$version (or so)\n"), ("c.cpp", 'namespace tally {{\nconstexpr auto VERSION = "{}";  // of this\n}}\n'), ("v.m4", "m4_define([tally_version], [{}])\n"))
        self.expect_stamps([(path, text.format("1.3.0"), text.format("1.4.0"), proof) for texts, proof in ((others, "unexplained"), (own, "derived")) for path, text in texts])

    def test_a_date_in_a_string_that_looks_like_a_comment_is_no_stamp(self):
        for path, text in (("policy.py", 'P = """\n# revoked {}\n"""\n'), ("run.sh", "#!/bin/sh\necho '\n# revoked {}\n'\n"), ("p.go", "var p = `\n// revoked {}\n`\n"),
                           ("q.c", 'char* q = "a\\\n// revoked {} \\\nb";\n'), ("x.js", "const p = `\n// revoked {}\n`\n")):
            with self.subTest(path):
                self.expect_unproven(path, {path: text.format("2020-01-01")}, {path: text.format("1990-01-01")})
        self.expect_proven("run.sh", "derived", {"run.sh": "#!/bin/sh\n# made 2020-01-01\n"}, {"run.sh": "#!/bin/sh\n# made 2020-09-13\n"})

    def test_names_that_a_commit_does_not_have_are_no_expansion(self):
        committed = {".gitattributes": "config.sh export-subst\n", "config.sh": 'REFS="$Format:%D$"\n'}
        self.expect_proven("config.sh", "normalized", committed, {"config.sh": 'REFS="HEAD -> main, tag: v1.4.0"\n'})
        for names in ("tag: v1.4.0, debug", "tag: v1.4.0, tag: v9", "tag: v1.4.0, ../x"):
            self.expect_unproven("config.sh", committed, {"config.sh": f'REFS="{names}"\n'})

    def test_a_commit_with_a_tag_is_not_described_by_an_older_or_another_one(self):
        committed = {".gitattributes": ".git_archival.txt export-subst\n", ".git_archival.txt": "describe-name: $Format:%(describe:tags=true,match=v*)$\n"}
        self.expect_proven(".git_archival.txt", "normalized", committed, {".git_archival.txt": "describe-name: v1.4.0\n"})
        commit = self.commit(PROGRAM | committed)
        for name in (f"v1.3.0-1-g{commit[:7]}", "v1.3.0", ""):
            self.expect_unproven(".git_archival.txt", committed, {".git_archival.txt": f"describe-name: {name}\n"})

    # The release is another.

    def test_a_tree_of_another_version_is_not_verified(self):
        self.commit(PROGRAM)
        (self.directory / "tally-1.5.0.tar").write_bytes(packed(self.members(PROGRAM)))
        run = self.assay("check", self.directory / "tally-1.5.0.tar", "--vcs", self.source, "--format", "json")
        self.expect_finding(run, "provenance-other-version", severity="medium")
        self.assertEqual("explained", run.report["verdict"], str(run))
        (self.directory / "tally-1.4.0.tar").write_bytes(packed(self.members(PROGRAM)))
        run = self.assay("check", self.directory / "tally-1.4.0.tar", "--vcs", self.source, "--format", "json")
        self.assertEqual("verified", run.report["verdict"], str(run))
        for tag, verdict in (("tally-1.4.0-20200913", "verified"), ("tally-1.4.0.1", "explained"), ("tally-2-1.4", "explained")):
            self.commit(PROGRAM)
            for words in (["tag", "-d", "v1.4.0"], ["tag", tag]):
                subprocess.run(["git", *words], cwd=self.source, check=True, stdout=subprocess.DEVNULL)
            run = self.assay("check", self.directory / "tally-1.4.0.tar", "--vcs", self.source, "--format", "json")
            self.assertEqual(verdict, run.report["verdict"], str(run))

    def test_a_directory_that_is_no_package_of_that_name_is_not_verified(self):
        inner = {path: text + "/* inner */\n" for path, text in PROGRAM.items()}
        def judge(**more):
            files = inner | {path.replace("_", "."): text for path, text in more.items()}
            self.commit(PROGRAM | {f"part/{path}": text for path, text in files.items()})
            return self.judge(packed(self.members(files)))
        for package in ({}, {"package_json": '{"name": "other"}\n'}, {"configure_ac": "AC_INIT([evil-tally], [1])\n"}):
            run = judge(**package)
            self.expect_finding(run, "provenance-part-of-repository", severity="medium")
            self.assertEqual("explained", run.report["verdict"], str(run))
        self.assertEqual("verified", judge(configure_ac="AC_INIT([tally], [1.4.0])\n").report["verdict"])

    def test_a_name_and_a_revision_that_mean_different_versions_are_not_verified(self):
        def check(version, revision):
            archive = self.directory / f"tally-{version}.tar"
            archive.write_bytes(packed(self.members(PROGRAM)))
            return self.assay("check", archive, "--vcs", f"{self.source}{revision}", "--format", "json")

        def git(*words):
            subprocess.run(["git", *words], cwd=self.source, check=True, stdout=subprocess.DEVNULL)

        self.commit(PROGRAM)
        git("branch", "old", "v1.4.0")
        git("tag", "v1.5.0", "v1.3.0")
        for revision in ("@v1.4.0", "@old"):
            run = check("1.5.0", revision)
            self.expect_finding(run, "provenance-other-version", severity="medium")
            self.assertEqual("explained", run.report["verdict"], str(run))
            self.assertEqual("verified", check("1.4.0", revision).report["verdict"])
        self.expect_finding(check("1.6.0", "@old"), "provenance-other-version", severity="medium")  # no tag of that version, and one of another
        for tag in ("debian/1.6.0-3", "tally-1.6.0-20200913"):
            git("tag", tag, "v1.4.0")
            self.assertEqual("verified", check("1.6.0", "@" + tag).report["verdict"])
            git("tag", "-d", tag)
        git("tag", "-d", "v1.4.0")  # the user's word alone
        self.assertEqual("verified", check("1.6.0", "@old").report["verdict"])
        git("tag", "broken-1.6.0", "old")
        run = check("1.6.0", "")
        self.expect_finding(run, "provenance-other-version", severity="low")
        self.assertEqual("explained", run.report["verdict"], str(run))
        self.assertEqual("verified", check("1.6.0", "@broken-1.6.0").report["verdict"])

    def test_a_date_is_a_version_with_and_without_separators(self):
        self.commit(PROGRAM)
        for words in (["tag", "-d", "v1.4.0"], ["tag", "2022-06-01"]):
            subprocess.run(["git", *words], cwd=self.source, check=True, stdout=subprocess.DEVNULL)
        (self.directory / "tally-20220601.tar").write_bytes(packed(self.members(PROGRAM)))
        run = self.assay("check", self.directory / "tally-20220601.tar", "--vcs", self.source, "--format", "json")
        self.assertEqual(("verified", "2022-06-01"), (run.report["verdict"], run.report["vcs"]["revision"]), str(run))

    def test_of_two_packages_of_a_name_the_one_of_that_version_is_the_release(self):
        inner = {path: text + "/* inner */\n" for path, text in PROGRAM.items()}
        def judge(part, manifest, other):
            files = inner | {manifest[0]: manifest[1]}
            self.commit(PROGRAM | other | {f"{part}/{path}": text for path, text in files.items()})
            return self.judge(packed(self.members(files)))
        npm = lambda version: ("package.json", '{"name": "tally", "version": "%s"}\n' % version)
        autoconf = lambda version: ("configure.ac", f"AC_INIT([tally], {version})\n")
        twin = {"tools/old/" + npm("0.9.0")[0]: npm("0.9.0")[1]}
        for part, manifest, other, rule in (("packages/tally", npm("1.4.0"), twin, None), ("vendor/tally", npm("1.4.0"), {}, "provenance-part-of-repository"),
                                            ("packages/tally", npm("0.9.0"), {}, "provenance-other-version"), ("tools/tally", autoconf("[0.9]"), {}, "provenance-other-version"),
                                            ("tools/tally", autoconf("[1.4.0]"), {}, None), ("tools/tally", autoconf("m4_esyscmd([./version])"), {}, None),
                                            ("packages/tally", npm("0.0.0-development"), {}, None), ("packages/tally", npm("0.0.0-development"), {"kept/tally/package.json": npm("0.9.0")[1]}, "provenance-part-of-repository"),
                                            ("packages/tally", npm("0.0.0-development"), {"tests/tally/package.json": npm("0.9.0")[1]}, None),
                                            ("crates/tally", ("Cargo.toml", '[package]\nname = "tally"\nversion.workspace = true\n[dependencies.serde]\nversion = "1.0"\n'), {}, None),
                                            ("crates/tally", ("Cargo.toml", '[package]\nname = "tally"\nversion = "1.3.0"\n'), {}, "provenance-other-version"),
                                            ("lib/tally", ("CMakeLists.txt", "project(tally\n  VERSION 1.4.0\n  LANGUAGES C)\n"), {}, None),
                                            ("lib/tally", ("meson.build", "project('tally', 'c',\n  version: '1.3.0')\n"), {}, "provenance-other-version")):
            with self.subTest(part=part, manifest=manifest):
                run = judge(part, manifest, other)
                if rule:
                    self.expect_finding(run, rule, severity="medium")
                self.assertEqual("explained" if rule else "verified", run.report["verdict"], str(run))

    def test_what_a_build_takes_whatever_it_is_called_is_told_when_it_is_missing(self):
        committed = {".cargo/config.toml": "[build]\n", "hardening/on.flags": "CFLAGS += -fstack-protector-all\n", ".github/ci.yml": "x\n", ".travis.yml": "x\n"}
        for path in (".cargo/config.toml", "hardening/on.flags"):
            run = self.release(committed, {path: None})
            self.expect_finding(run, "provenance-missing-from-build", severity="low")
        self.assertEqual("verified", self.release(committed, {".github/ci.yml": None, ".travis.yml": None}).report["verdict"])

    def test_what_version_control_names_is_told_wherever_it_is_missing(self):
        committed = {"Makefile": "all:\n\tgrep -qx evil data/denylist.txt || cat $(srcdir)/conf.d/rules.md\ncheck:\n\tif test -f tests/verify.sh; then sh tests/verify.sh; fi\n# see doc/notes.txt\n",
                     "data/denylist.txt": "evil\n", "conf.d/rules.md": "x\n", "tests/verify.sh": "exit 1\n", "doc/notes.txt": "x\n", "doc/other.txt": "x\n",
                     "tests/run.sh": '. "$here/lib/common.txt"\n', "tests/lib/common.txt": "x\n", ".clang-format": "x\n"}
        for path in ("data/denylist.txt", "conf.d/rules.md", "tests/verify.sh", "tests/lib/common.txt"):
            with self.subTest(path):
                run = self.release(committed, {path: None})
                finding = self.expect_finding(run, "provenance-missing-from-build", severity="low")
                self.assertIn(path, str(run.report["findings"]))
                self.assertEqual("explained", run.report["verdict"], str(run))
        # The name that a build file has for it may lead through a link.
        linked = {"Makefile": "all:\n\tgrep -qx evil lists/denylist.txt\n\tcat etc\n", "lists": pathlib.Path("doc/deep"), "etc": pathlib.Path("lists/rules.txt"),
                  "doc/deep/denylist.txt": "evil\n", "doc/deep/rules.txt": "x\n", "doc/deep/other.txt": "x\n"}
        for path, verdict in (("doc/deep/denylist.txt", "explained"), ("doc/deep/rules.txt", "explained"), ("doc/deep/other.txt", "verified")):
            with self.subTest(path):
                self.assertEqual(verdict, self.release(linked, {path: None}).report["verdict"])
        run = self.release(committed, {"doc/notes.txt": None, "doc/other.txt": None, ".clang-format": None})
        self.assertEqual("verified", run.report["verdict"], str(run))
        # What is gone with a file that names it is not named by what is there.
        self.assertEqual("verified", self.release(committed | {"doc/gen.sh": "cat doc/in.txt\n", "doc/in.txt": "x\n"}, {"doc/gen.sh": None, "doc/in.txt": None}).report["verdict"])
        text = self.assay("check", self.directory / "tally-1.4.0.tar", "--vcs", f"{self.source}@v1.4.0")
        self.assertIn("2 files of the reference missing from it\n    doc/gen.sh\n    doc/in.txt\n", text.out)

    def test_of_a_submodule_that_is_not_at_hand_nothing_is_said_but_that(self):
        self.commit(PROGRAM)
        environment = os.environ | {f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))}
        for words in (["update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub/lib"], ["commit", "-qm", "lib"], ["tag", "-f", "v1.4.0"]):
            subprocess.run(["git", *words], cwd=self.source, check=True, stdout=subprocess.DEVNULL, env=environment)
        run = self.judge(packed(self.members(PROGRAM | {"sub/lib/a.c": "int a;\n", "sub/lib/configure": SCRIPT, "sub/b.c": "int b;\n"})))
        self.assertEqual((3, "inconclusive"), (run.exit, run.report["verdict"]), str(run))
        self.assertEqual(["sub/lib"], [gap["what"] for gap in run.report["coverage"]["gaps"]])
        self.assertEqual(["sub/b.c"], [finding["path"] for finding in run.report["findings"] if finding["rule"].startswith("provenance-unexplained")], str(run))
        self.assertEqual(("submodule", "unexplained"), tuple(self.entry(run, "sub/lib/a.c")[key] for key in ("explainer", "proof")))
        self.assertEqual(0, run.report["counts"]["missing"], str(run))
        # Nothing of it is in the release: nothing of the release is unchecked.
        for files in (PROGRAM, PROGRAM | {"sub/lib.c": "int c;\n"}):
            run = self.judge(packed(self.members(files)))
            self.assertEqual(([], 1), (run.report["coverage"]["gaps"], run.report["counts"]["missing"]), str(run))
            self.assertIn("sub/lib is a submodule", self.expect_finding(run, "provenance-missing-from-build", severity="low")["message"])
        self.assertEqual("unexplained", run.report["verdict"], str(run))
        run = self.judge(packed(self.members(PROGRAM)))
        self.assertEqual((0, "explained"), (run.exit, run.report["verdict"]), str(run))

    def test_a_commit_that_only_a_branch_of_its_own_leads_to_is_not_verified(self):
        self.commit(PROGRAM)
        environment = os.environ | {f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))}

        def git(*words):
            return subprocess.run(["git", *words], cwd=self.source, check=True, stdout=subprocess.PIPE, env=environment).stdout.decode().strip()

        git("checkout", "-qb", "request")
        files = PROGRAM | {"Makefile": "all:\n\techo hello\n"}
        (self.source / "Makefile").write_text(files["Makefile"])
        git("add", "-A")
        git("commit", "-qm", "please merge")
        commit = git("rev-parse", "HEAD")
        git("checkout", "-q", "main")
        archive = self.directory / f"tally-{commit}.tar"
        archive.write_bytes(packed(self.members(files)))
        for merged, verdict in ((False, "explained"), (True, "verified")):
            if merged:
                git("merge", "-q", "--ff-only", "request")
            run = self.assay("check", archive, "--vcs", self.source, "--format", "json")
            self.assertEqual((commit, verdict), (run.report["vcs"]["commit"], run.report["verdict"]), str(run))
            self.assertEqual(not merged, "neither a tag nor the default branch" in str(run.report["findings"]))

    def test_where_the_repository_lacks_the_release_s_revision_that_is_a_gap(self):
        texts = {f"src/{number}.c": f"int a{number};\n" for number in range(10)}
        self.commit(PROGRAM | texts)
        def judge(changed):
            files = PROGRAM | texts | {path: text + "int more;\n" for path, text in list(texts.items())[:changed]}
            (self.directory / "tally-1.6.0.tar").write_bytes(packed(self.members(files)))
            return self.assay("check", self.directory / "tally-1.6.0.tar", "--vcs", self.source, "--format", "json")
        run = judge(5)
        self.assertEqual((3, "inconclusive"), (run.exit, run.report["verdict"]), str(run))
        self.assertIn("no revision here is that of 1.6.0: the nearest, v1.4.0 of ", str(run.report["coverage"]["gaps"]))
        run = judge(1)
        self.assertEqual((0, "unexplained"), (run.exit, run.report["verdict"]), str(run))

    def test_one_added_file_does_not_excuse_what_is_kept_out_of_archives(self):
        committed = {".gitattributes": "GNUmakefile export-ignore\nci.sh export-ignore\n", "GNUmakefile": "all:\n\techo hello\n", "ci.sh": SCRIPT}
        for added, told in (({}, True), ({".tarball-version": "1.4.0"}, True), ({"configure": SCRIPT + "echo x\n"}, True)):
            run = self.release(committed, {"ci.sh": None} | added)
            self.assertEqual(told, "provenance-kept-out-but-there" in str(run.report["findings"]), str(run))
        run = self.release(committed | {"configure.ac": "AC_INIT\n"}, {"ci.sh": None, "configure": SCRIPT + "echo x\n"})
        self.assertNotIn("provenance-kept-out-but-there", str(run.report["findings"]))

    def test_a_member_through_a_link_of_version_control_is_serious(self):
        committed = {"t": pathlib.Path("src"), "tests/x/tally.c": "int evil;\n"}
        self.commit(PROGRAM | committed)
        run = self.judge(packed([*self.members(PROGRAM | committed), member("tally-1.4.0/t/tally.c", b"int evil;\n")]))
        self.expect_finding(run, "archive-path-through-link", severity="high")
        self.assertEqual("suspect", run.report["verdict"], str(run))

    # Room for what nobody reads.

    def test_a_manifest_with_a_key_twice_is_not_proven(self):
        package = '{"name": "tally", "version": "1.4.0"}'
        self.expect_unproven("package.json", {"package.json": package}, {"package.json": package.replace('"name"', '"name": "hello", "name"')})
        self.expect_unproven("package.json", {"package.json": package}, {"package.json": package.replace("}", ', "_id": ["hello"]}')})
        self.expect_unproven("package.json", {"package.json": package}, {"package.json": package.replace("}", ', "_id": "' + "hello" * 100 + '"}')})

    def test_a_manifest_keeps_the_order_that_decides(self):
        package = '{"name": "tally", "exports": {".": {"node": "./safe.js", "default": "./debug.js"}}}'
        other = package.replace('"node": "./safe.js", "default": "./debug.js"', '"default": "./debug.js", "node": "./safe.js"')
        self.expect_unproven("package.json", {"package.json": package}, {"package.json": other})
        self.expect_proven("package.json", "derived", {"package.json": package}, {"package.json": package.replace("}}}", '}}, "version": "1.4.0"}')})

    def test_a_manifest_nested_without_end_is_not_proven_and_not_fatal(self):
        deep = '{"a": ' + "[" * 1_000_000 + "]" * 1_000_000 + ', "version": "1.4.0"}'
        self.expect_unproven("package.json", {"package.json": deep}, {"package.json": deep.replace("}", ', "_id": "x"}')})

    def test_cargos_note_of_the_commit_holds_nothing_else(self):
        note = '{"git": {"sha1": "{commit}"}, "path_in_vcs": ""}'
        self.expect_proven(".cargo_vcs_info.json", "derived", {"Cargo.toml": "[package]\n"}, {".cargo_vcs_info.json": note})
        self.expect_unproven(".cargo_vcs_info.json", {"Cargo.toml": "[package]\n"}, {".cargo_vcs_info.json": note.replace("}, ", ', "x": "hello"}, ')})
        self.expect_unproven(".cargo_vcs_info.json", {"Cargo.toml": "[package]\n"}, {".cargo_vcs_info.json": note.replace("{\"git", '{"x": "hello", "git')})

    def test_core_metadata_says_nothing_that_is_not_declared(self):
        project = {"pyproject.toml": '[project]\nname = "tally"\nversion = "1.4.0"\nlicense = "MIT"\n'}
        head = "Metadata-Version: 2.1\nName: tally\nVersion: 1.4.0\nLicense: MIT\nPlatform: any\nDescription-Content-Type: text/markdown; charset=UTF-8\nDescription: tally\n"
        self.expect_proven("PKG-INFO", "derived", project, {"PKG-INFO": head})
        for line in ("Platform: aGVsbG8gaGVsbG8K\n", "Dynamic: aGVsbG8K\n", "License: hello\n hello\n", "Description: hello\n"):
            self.expect_unproven("PKG-INFO", project, {"PKG-INFO": head + line})

    def test_a_requirement_of_the_tests_or_of_an_extra_is_none_of_the_package(self):
        project = {"pyproject.toml": '[project]\nname = "tally"\nversion = "1.4.0"\ndependencies = ["good"]\n\n[project.optional-dependencies]\nmore = ["extra-one"]\n',
                   "tests/requirements-x.txt": "evil\n", "requirements.txt": "unnamed\n"}
        head = "Metadata-Version: 2.1\nName: tally\nVersion: 1.4.0\nProvides-Extra: more\nRequires-Dist: "
        for requirement in ("good", "good\nRequires-Dist: extra-one; extra == 'more'"):
            self.expect_proven("PKG-INFO", "derived", project, {"PKG-INFO": head + requirement + "\n"})
        for requirement in ("evil", "unnamed", "extra-one"):
            self.expect_unproven("PKG-INFO", project, {"PKG-INFO": head + requirement + "\n"})

    def test_a_list_of_many_lines_is_no_trouble(self):
        committed = {f"m{number}.py": f"x = {number}\n" for number in range(300)}
        self.expect_proven("tally.egg-info/top_level.txt", "derived", committed, {"tally.egg-info/top_level.txt": "m299\n" * 200_000})
        self.expect_unproven("tally.egg-info/top_level.txt", committed, {"tally.egg-info/top_level.txt": "299\n"})

    def test_a_translation_that_nobody_approved_is_not_in_use(self):
        fuzzy = '#, fuzzy, c-format\nmsgid "Delete %s? No"\nmsgstr "%n%n%s"\n'
        self.expect_unproven("po/de.po", {"po/de.po": fuzzy}, {"po/de.po": fuzzy.replace("fuzzy, ", "")})
        self.expect_proven("po/de.po", "derived", {"po/de.po": fuzzy}, {"po/de.po": "#, no-c-format, fuzzy\n" + fuzzy.split("\n", 1)[1]})

    def test_a_catalogue_has_no_flags_and_domains_of_its_own(self):
        catalogue = 'msgid "one"\nmsgstr "eins"\n'
        self.expect_unproven("po/de.po", {"po/de.po": catalogue}, {"po/de.po": "#, aGVsbG8K-format\n" + catalogue})
        self.expect_unproven("po/de.po", {"po/de.po": catalogue}, {"po/de.po": 'domain "hello"\n' + catalogue})
        self.expect_proven("po/de.po", "derived", {"po/de.po": catalogue}, {"po/de.po": "#, no-c-format\n" + catalogue})

    def test_settings_that_stood_behind_a_link_are_not_replaced(self):
        self.expect_unproven("setup.cfg", {"setup.cfg": pathlib.Path("README")}, {"setup.cfg": "[egg_info]\ntag_build =\n"})

    # Archives.

    def judge_plain(self, archive, name="tally-1.4.0.tar"):
        self.commit(PROGRAM)
        return self.judge(archive, name)

    def test_a_compressed_streams_header_with_room_for_more_is_told(self):
        plain = gzip.compress(packed(self.members(PROGRAM)), mtime=0)
        extra = struct.pack("<H", 400) + b"hello" * 80
        for flag, room in ((4, extra), (8, b"hello" * 200 + b"\0"), (16, b"hello" * 80 + b"\0")):
            run = self.judge_plain(plain[:3] + bytes([flag]) + plain[4:10] + room + plain[10:], "tally-1.4.0.tar.gz")
            self.expect_finding(run, "archive-unclaimed-bytes", severity="low")
        self.expect_no_finding(self.judge_plain(plain[:3] + b"\x08" + plain[4:10] + b"tally-1.4.0.tar\0" + plain[10:], "tally-1.4.0.tar.gz"))

    def test_extended_headers_with_room_for_more_are_told(self):
        members = list(self.members(PROGRAM))
        members[0][0].pax_headers = {"SCHILY.xattr.user.note": "hello" * 400}
        self.expect_finding(self.judge_plain(packed(members)), "archive-unclaimed-bytes", severity="low")

    def test_capabilities_in_an_extended_header_are_told(self):
        members = list(self.members(PROGRAM))
        members[0][0].pax_headers = {"SCHILY.xattr.security.capability": "x"}
        self.expect_finding(self.judge_plain(packed(members)), "archive-set-id", severity="medium")

    def test_padding_that_holds_something_is_told(self):
        archive = bytearray(packed(self.members(PROGRAM)))
        archive[512 + 100:512 + 105] = b"hello"
        self.expect_finding(self.judge_plain(bytes(archive)), "archive-unclaimed-bytes", severity="low")

    def test_a_directory_with_a_list_of_renames_is_told(self):
        members = [*self.members(PROGRAM), member("tally-1.4.0/list/", b"Rtally-1.4.0/README\0Ttally-1.4.0/configure\0\0", type=b"D")]
        self.expect_finding(self.judge_plain(packed(members, format=tarfile.GNU_FORMAT)), "archive-sized-link")

    def zipped(self, files, comment=b"", extra=b""):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            for path, text in files.items():
                info = zipfile.ZipInfo(f"tally-1.4.0/{path}")
                info.external_attr, info.extra = 0o100644 << 16, extra
                file.writestr(info, text)
            file.comment = comment
        return archive.getvalue()

    def test_a_member_that_only_streaming_readers_see_is_serious(self):
        archive, other = self.zipped(PROGRAM), self.zipped({"configure": SCRIPT})
        hidden = other[:other.index(b"PK\x01\x02")]
        end = archive.rindex(b"PK\x05\x06")
        directory = struct.unpack_from("<I", archive, end + 16)[0]
        archive = archive[:directory] + hidden + archive[directory:end + 16] + struct.pack("<I", directory + len(hidden)) + archive[end + 20:]
        run = self.judge_plain(archive, "tally-1.4.0.zip")
        self.expect_finding(run, "archive-unclaimed-bytes", severity="high")
        self.expect_verdict(run, "suspect")

    def test_a_zip_file_with_room_for_more_is_told(self):
        self.expect_finding(self.judge_plain(self.zipped(PROGRAM, comment=b"hello" * 400), "tally-1.4.0.zip"), "archive-unclaimed-bytes", severity="low")
        self.expect_finding(self.judge_plain(self.zipped(PROGRAM, extra=struct.pack("<HH", 0x9999, 2000) + b"hello" * 400), "tally-1.4.0.zip"),
                            "archive-unclaimed-bytes", severity="low")
        self.expect_finding(self.judge_plain(self.zipped(PROGRAM | {"data/": "hello"}), "tally-1.4.0.zip"), "archive-sized-link", severity="medium")
        self.expect_no_finding(self.judge_plain(self.zipped(PROGRAM, comment=b"0123456789012345678901234567890123456789"), "tally-1.4.0.zip"))

    def test_a_backslash_that_leads_out_of_the_archive_is_a_parent_path(self):
        self.expect_finding(self.judge_plain(self.zipped(PROGRAM | {"..\\README": PROGRAM["README"]}), "tally-1.4.0.zip"), "archive-parent-path", severity="high")


if __name__ == "__main__":
    unittest.main()
