#!/usr/bin/python3
"""assay check on the package of the fixtures: the clean release, and the one with an injection."""
import base64
import lzma
import re
import tarfile

import assay_test
from assay_test import FIXTURES, SOURCE, AssayTest


def exact(line):
    """The text of a novel line as it stands in the file; the report escapes it for display where that differs."""
    encoded = line.get("text_base64")
    return base64.b64decode(encoded).decode() if encoded else line["text"]


def injected_lines(name):
    """What inject.patch adds to the file `name`, blanks folded."""
    lines, inside = [], False
    for line in (SOURCE / "fixtures/hello-injected/inject.patch").read_text().splitlines():
        if line.startswith("+++ "):
            inside = line == f"+++ b/{name}"
        elif inside and line.startswith("+"):
            lines.append(" ".join(line[1:].split()))
    return lines


class CleanRelease(AssayTest):
    def setUp(self):
        super().setUp()
        self.run_ = self.check("hello-clean/greet-1.2.0.tar.gz", "hello-clean/greet.git@v1.2.0")

    def test_it_passes(self):
        self.expect_exit(self.run_, 0)
        self.expect_no_finding(self.run_, at_least="high")
        self.assertTrue(self.run_.report["coverage"]["complete"])

    def test_every_tracked_file_is_identical(self):
        for path in ("src/main.c", "configure.ac", "tests/greet.sh", "tests/files/bad-2-check.xz"):
            self.expect_identical(self.run_, path)
        self.assertEqual(14, self.run_.report["counts"]["identical"])

    def test_files_of_gnulib_are_known(self):
        for path in ("m4/build-to-host.m4", "m4/codeset.m4", "m4/visibility.m4", "build-aux/install-sh"):
            self.expect_entry(self.run_, path, "added", "known")

    def test_a_generated_configure_is_not_trusted_by_its_name(self):
        entry = self.expect_entry(self.run_, "configure", "added")
        self.assertIn(entry["proof"], ("unexplained", "composed"))
        self.assertEqual("executed", entry["reach"])

    def test_files_that_are_not_shipped_are_missing(self):
        self.expect_entry(self.run_, "bootstrap", "missing")
        self.assertEqual(2, self.run_.report["counts"]["missing"])  # bootstrap and .gitignore

    def test_the_reference_is_named(self):
        vcs = self.run_.report["vcs"]
        self.assertEqual("v1.2.0", vcs["revision"])
        self.assertRegex(vcs["commit"], "^[0-9a-f]{40}$")
        self.assertEqual("greet-1.2.0", vcs["prefix"])
        self.assertFalse(vcs["inferred"])

    def test_the_same_release_compressed_otherwise_gives_the_same(self):
        xz = self.check("hello-clean/greet-1.2.0.tar.xz", "hello-clean/greet.git@v1.2.0").report
        gz = self.run_.report
        self.assertEqual(gz["entries"], xz["entries"])
        self.assertEqual(gz["counts"], xz["counts"])

    def test_two_runs_print_the_same_bytes(self):
        again = self.check("hello-clean/greet-1.2.0.tar.gz", "hello-clean/greet.git@v1.2.0")
        self.assertEqual(self.run_.raw, again.raw)

    def test_without_a_revision_the_tag_is_inferred(self):
        run = self.check("hello-clean/greet-1.2.0.tar.gz", "hello-clean/greet.git")
        self.expect_exit(run, 0)
        self.assertEqual("v1.2.0", run.report["vcs"]["revision"])
        self.assertTrue(run.report["vcs"]["inferred"])

    def test_against_another_tag_the_changes_show(self):
        run = self.check("hello-clean/greet-1.2.0.tar.gz", "hello-clean/greet.git@v1.1.0")
        self.expect_entry(run, "src/main.c", "modified", "unexplained")
        self.expect_verdict(run, "unexplained")


class InjectedRelease(AssayTest):
    def setUp(self):
        super().setUp()
        self.run_ = self.check("hello-injected/greet-1.2.0.tar.gz", "hello-injected/greet.git@v1.2.0")

    def test_it_fails_as_suspect(self):
        self.expect_exit(self.run_, 1)
        self.expect_verdict(self.run_, "suspect")

    def test_the_macro_is_contradicted_with_exactly_the_injected_lines(self):
        entry = self.expect_entry(self.run_, "m4/build-to-host.m4", "added", "contradicted")
        shown = [" ".join(exact(line).split()) for line in entry["novel"]]
        self.assertEqual(injected_lines("m4/build-to-host.m4"), shown)
        self.assertEqual(len(shown), entry["novel_lines"])

    def test_the_finding_names_the_serial(self):
        finding = self.expect_finding(self.run_, "provenance-contradicted-serial", "m4/build-to-host.m4")
        self.assertIn(finding["severity"], ("high", "critical"))
        self.assertIn("30", finding["message"])

    def test_configure_shows_the_expansion_of_the_macro(self):
        entry = self.expect_entry(self.run_, "configure", "added")
        shown = {" ".join(exact(line).split()) for line in entry["novel"]}
        for line in injected_lines("configure"):
            if re.search("gl_host_sample|gl_sample_map|gl_localedir_sample", line):
                self.assertIn(line, shown)

    def test_nothing_else_differs_from_the_clean_release(self):
        clean = self.check("hello-clean/greet-1.2.0.tar.gz", "hello-clean/greet.git@v1.2.0")
        def paths(run):
            return {entry["path"] for entry in run.report["entries"]}
        self.assertEqual(paths(clean), paths(self.run_))

    def test_failing_can_be_told_to_start_at_critical(self):
        lenient = self.check("hello-injected/greet-1.2.0.tar.gz", "hello-injected/greet.git@v1.2.0", "--fail-on", "critical")
        worst = {finding["severity"] for finding in lenient.report["findings"]}
        self.expect_exit(lenient, 1 if "critical" in worst else 0)
        self.expect_verdict(lenient, "suspect")

    def test_no_suppression_can_silence_the_contradiction(self):
        finding = self.expect_finding(self.run_, "provenance-contradicted-serial")
        (self.directory / ".assay.toml").write_text(
            f'[[suppress]]\nrule = "{finding["rule"]}"\npath = "m4/*"\nsha256 = "{finding["content_sha256"]}"\n'
            'reason = "we trust it"\n')
        run = self.check("hello-injected/greet-1.2.0.tar.gz", "hello-injected/greet.git@v1.2.0")
        self.expect_exit(run, 1)
        self.expect_finding(run, "provenance-contradicted-serial")
        self.expect_finding(run, "waiver-refused")

    def test_the_fixture_is_what_it_claims_to_be(self):
        """The hidden stage is in the tarball, and the clean release has none: else nothing above would mean much."""
        with tarfile.open(FIXTURES / "hello-injected/greet-1.2.0.tar.gz") as tar:
            sample = tar.extractfile("greet-1.2.0/tests/files/bad-3-corrupt.xz").read()
        # Python ignores what does not decode after the first stream; that one holds the mark alone.
        self.assertEqual(b"####Howdy####\n", lzma.decompress(sample))
        stage = lzma.decompress(sample.translate(bytes.maketrans(b"\t -_", b" \t_-")))
        self.assertIn(b'echo "$greeting"', stage)
        with tarfile.open(FIXTURES / "hello-clean/greet-1.2.0.tar.gz") as tar:
            self.assertNotIn("greet-1.2.0/tests/files/bad-3-corrupt.xz", tar.getnames())


class WrongReference(AssayTest):
    """A slip in naming the reference is no accusation, and nothing that was found becomes clean by it."""

    TARBALL = "hello-clean/greet-1.2.0.tar.gz"

    def text(self, vcs, *options):
        return self.assay("check", FIXTURES / self.TARBALL, "--vcs", vcs, *options)

    def test_a_revision_that_the_file_name_contradicts_is_doubted_first(self):
        run = self.text(f"{FIXTURES}/hello-clean/greet.git@v1.1.0")
        self.assertIn("the file name means v1.2.0, and that fits better", " ".join(run.out.split("coverage")[0].split()))
        self.assertRegex(run.out, r"Next:\n  1\. use --vcs \S*greet\.git@v1\.2\.0: ")
        right = self.text(f"{FIXTURES}/hello-clean/greet.git@v1.2.0")
        self.assertNotIn("fits better", right.out)

    def test_the_doubt_changes_no_verdict(self):
        injected = self.assay("check", FIXTURES / "hello-injected/greet-1.2.0.tar.gz", "--vcs", f"{FIXTURES}/hello-injected/greet.git@v1.1.0")
        self.expect_exit(injected, 1)
        self.assertTrue(injected.out.startswith("SUSPECT"), str(injected))
        self.assertIn("do not build or install", injected.out)

    def test_an_empty_reference_is_an_error(self):
        empty = self.directory / "empty"
        empty.mkdir()
        self.expect_error(self.text(empty), "the reference holds no file", empty)

    def test_a_reference_that_has_nothing_of_the_release_is_an_error(self):
        other = self.directory / "other"
        other.mkdir()
        for number in range(4):
            (other / f"page{number}.txt").write_text(f"nothing of greet, page {number}\n")
        self.expect_error(self.text(other), "none of the 21 files of the release stands in it", other)

    def test_a_release_whose_files_are_all_changed_is_not_excused(self):
        """The names are those of the reference, so the contents have to answer for themselves."""
        with tarfile.open(FIXTURES / self.TARBALL) as archive:
            archive.extractall(self.directory)
        top = self.directory / "greet-1.2.0"
        for file in sorted(top.rglob("*")):
            if file.is_file() and not file.is_symlink():
                file.write_bytes(file.read_bytes() + b"\nsystem\n")
        with tarfile.open(self.directory / "greet-1.2.0.tar", "w") as archive:
            archive.add(top, "greet-1.2.0")
        run = self.assay("check", "greet-1.2.0.tar", "--vcs", f"{FIXTURES}/hello-clean/greet.git@v1.2.0")
        self.assertIn(run.exit, (0, 1), str(run))
        self.assertRegex(run.out, "^(UNEXPLAINED|SUSPECT) ")

    def test_a_directory_is_not_called_the_source(self):
        with tarfile.open(FIXTURES / self.TARBALL) as archive:
            archive.extractall(self.directory)
        run = self.text(self.directory / "greet-1.2.0")
        self.assertTrue(run.out.startswith("VERIFIED"), str(run))
        self.assertNotIn("its source", run.out.splitlines()[0])

    def test_a_failed_regeneration_is_not_answered_with_regenerate(self):
        run = self.text(f"{FIXTURES}/hello-clean/greet.git@v1.2.0", "--regenerate", "--no-cache", "--recipe", "false")
        self.assertNotIn("add --regenerate", run.out)


class Wording(AssayTest):
    def release(self, files):
        """A repository and a release of it that has `files` besides."""
        source = self.directory / "source"
        source.mkdir()
        (source / "a.c").write_text("int a;\n")
        with tarfile.open(self.directory / "p-1.0.tar", "w") as archive:
            archive.add(source / "a.c", "p-1.0/a.c")
            for name, (content, mode) in files.items():
                (self.directory / "file").write_bytes(content)
                (self.directory / "file").chmod(mode)
                archive.add(self.directory / "file", f"p-1.0/{name}")
        return self.assay("check", "p-1.0.tar", "--vcs", source)

    def test_code_is_shown_as_it_stands(self):
        run = self.release({"build.sh": (b"#!/bin/sh\nprintf \"%s\\n\" \"$1\" | sed 's/.*\\.//g'\nprintf '\x1b[31m'\n", 0o755)})
        self.assertIn("printf \"%s\\n\" \"$1\" | sed 's/.*\\.//g'", run.out)
        self.assertIn("printf '\\x1b[31m'", run.out)
        self.assertNotIn("\x1b", run.out)

    def test_one_file_is_spoken_of_as_one(self):
        run = self.release({"build.sh": (b"#!/bin/sh\necho hello\n", 0o755)})
        self.assertIn("1 file has content that nothing proves and is executed when the release is built", " ".join(run.out.split()))

    def test_a_text_that_begins_like_elf_is_no_executable(self):
        run = self.release({"test.conf": (b"\x7fELF&DIR&/test.log {\n  daily\n  rotate 1\n}\n", 0o644)})
        self.assertIn("no ELF header follows", run.out)
        self.assertNotIn("ELF binary", run.out)
        self.assertNotIn("  high ", run.out)
        real = self.release_again({"test.conf": (b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\x3e\0\1\0\0\0" + bytes(60), 0o644)})
        self.assertIn("  high ", real.out)

    def release_again(self, files):
        (self.directory / "source/a.c").unlink()
        (self.directory / "source").rmdir()
        return self.release(files)

    def test_a_gap_is_named_beside_the_verdict(self):
        run = self.assay("check", FIXTURES / "hello-clean/greet-1.2.0.tar.gz", "--vcs", f"{FIXTURES}/hello-clean/greet.git@v1.2.0", "--limit", "entries=3", "-q")
        self.expect_exit(run, 3)
        self.assertRegex(" ".join(run.out.split()), r"2 parts could not be checked \(first of them .*too many entries.*\), so this is no clean bill")


if __name__ == "__main__":
    assay_test.main()
