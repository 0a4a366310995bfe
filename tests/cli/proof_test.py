#!/usr/bin/python3
"""`assay check --proof-bundle` and `assay verify-proof`: a release against a commit id, without the repository."""
import io
import gzip
import subprocess
import tarfile
import unittest

from assay_test import FIXTURES, AssayTest

RELEASE = FIXTURES / "hello-clean/greet-1.2.0.tar.gz"
REPOSITORY = FIXTURES / "hello-clean/greet.git"


class Proof(AssayTest):
    def setUp(self):
        super().setUp()
        self.commit = subprocess.run(["git", "-C", str(REPOSITORY), "rev-parse", "v1.2.0^{commit}"], stdout=subprocess.PIPE, check=True,
                                     env={"PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent",
                                          "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}).stdout.decode().strip()
        self.bundle = self.directory / "greet.proof"
        self.expect_exit(self.assay("check", RELEASE, "--vcs", f"{REPOSITORY}@v1.2.0", "--proof-bundle", self.bundle), 0)

    def verify(self, release=RELEASE, commit=None):
        return self.assay("verify-proof", self.bundle, release, commit or self.commit, "--format", "json")

    def test_the_release_is_proven_without_the_repository(self):
        run = self.verify()
        self.expect_exit(run, 0)
        self.assertEqual([], run.report["broken"])
        self.assertGreater(run.report["proven"], 10)
        self.assertTrue(run.report["same_release"])
        self.assertIn("greet-1.2.0/configure", run.report["unproven"])

    def test_the_bundle_holds_no_content_of_files(self):
        self.assertNotIn(b"#include", self.bundle.read_bytes())

    def test_a_changed_file_is_named(self):
        stage = self.directory / "stage"
        with tarfile.open(RELEASE) as tar:
            tar.extractall(stage, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(stage)
        (stage / "greet-1.2.0/src/greet.c").write_text("int evil;\n")
        changed = self.directory / "greet-1.2.0.tar.gz"
        with tarfile.open(changed, "w:gz") as tar:
            tar.add(stage / "greet-1.2.0", "greet-1.2.0")
        run = self.verify(changed)
        self.expect_exit(run, 1)
        self.assertEqual(["src/greet.c"], run.report["broken"])
        self.assertFalse(run.report["same_release"])

    def test_what_the_release_changed_or_left_out_is_named_though_nothing_is_promised_of_it(self):
        release, changed = self.directory / "release.tar", self.directory / "greet-1.2.0.tar"
        with tarfile.open(RELEASE) as old, tarfile.open(release, "w") as new, tarfile.open(changed, "w") as later:
            for member in old:
                content = old.extractfile(member).read() if member.isfile() else b""
                if member.name.endswith("/src/greet.c"):
                    content += b"/* stamped */\n"
                    member.size = len(content)
                new.addfile(member, io.BytesIO(content))
                if not member.name.endswith("/configure.ac"):
                    later.addfile(member, io.BytesIO(content))
        self.assay("check", release, "--vcs", f"{REPOSITORY}@v1.2.0", "--proof-bundle", self.bundle)
        run = self.verify(release)
        self.expect_exit(run, 0)
        self.assertEqual((["greet-1.2.0/src/greet.c"], []), (run.report["changed"], run.report["broken"]))
        self.assertNotIn("greet-1.2.0/src/greet.c", run.report["unproven"])
        text = self.assay("verify-proof", self.bundle, release, self.commit)
        self.assertIn("changed by the release, and not promised:\n  greet-1.2.0/src/greet.c", text.out)
        self.expect_exit(self.verify(changed), 1)

    def test_the_help_says_what_is_promised_and_that_the_rest_is_listed(self):
        text = " ".join(self.assay("verify-proof", "--help").out.split())
        self.assertIn("exit 1 if a file that the bundle promises is not as in the commit", text)
        self.assertIn("what the release adds, changes or leaves out besides them is listed, not refused", text)
        run = self.verify(self.repack("greet-1.2.0", "greet-1.2.0/evil.m4"))
        self.expect_exit(run, 0)
        self.assertIn("greet-1.2.0/evil.m4", run.report["unproven"])

    def repack(self, root, *more):
        """The release packed anew below `root`, and empty files beside it."""
        repacked = self.directory / "repacked.tar.gz"
        with tarfile.open(RELEASE) as old, tarfile.open(repacked, "w:gz") as new:
            for member in old:
                content = old.extractfile(member) if member.isfile() else None
                member.name = member.name.replace("greet-1.2.0", root, 1)
                new.addfile(member, content)
            for name in more:
                new.addfile(tarfile.TarInfo(name))
        return repacked

    def test_the_name_of_the_top_directory_is_no_content(self):
        run = self.verify(self.repack("greet"))
        self.expect_exit(run, 0)
        self.assertEqual(([], "greet"), (run.report["broken"], run.report["top_directory"]))
        self.assertIn("greet/configure", run.report["unproven"])
        text = self.assay("verify-proof", self.bundle, self.directory / "repacked.tar.gz", self.commit)
        self.assertIn("its top directory is greet, that of the release was greet-1.2.0", text.out)

    def test_another_place_in_the_tree_is(self):
        self.expect_exit(self.verify(self.repack("outer/greet-1.2.0")), 1)
        self.expect_exit(self.verify(self.repack("greet", "beside")), 1)

    def test_another_commit_is_refused(self):
        run = self.verify(commit="0" * 40)
        self.expect_exit(run, 2)
        self.assertIn("no commit object", run.err)

    def test_an_abbreviated_commit_is_refused(self):
        run = self.verify(commit=self.commit[:12])
        self.expect_exit(run, 2)
        self.assertIn("40", run.err)

    def test_a_bundle_with_a_tree_changed_proves_nothing_there(self):
        content = bytearray(self.bundle.read_bytes())
        at = content.index(b"100644 main.c\0")
        content[at + 16] ^= 1
        self.bundle.write_bytes(content)
        run = self.verify()
        self.expect_exit(run, 1)
        self.assertIn("src/greet.c", run.report["broken"])

    def test_a_damaged_bundle_is_an_error(self):
        for content in (b"", b"assay proof bundle 1\n", b"nonsense", self.bundle.read_bytes()[:200]):
            self.bundle.write_bytes(content)
            self.expect_exit(self.verify(), 2)

    def test_an_archive_that_readers_see_differently_is_not_proven(self):
        trapped = self.directory / "greet-1.2.0.tar"
        with gzip.open(RELEASE) as packed:
            trapped.write_bytes(packed.read())
        with tarfile.open(trapped, "a") as archive:
            info = tarfile.TarInfo("../greet-1.2.0/Makefile.am")
            info.size = 3
            archive.addfile(info, io.BytesIO(b"x:\n"))
        run = self.verify(trapped)
        self.expect_exit(run, 1)
        self.assertIn("..", run.err)

    def test_a_directory_cannot_give_a_proof(self):
        plain = self.directory / "plain"
        plain.mkdir()
        (plain / "a").write_text("a\n")
        run = self.assay("check", RELEASE, "--vcs", plain, "--proof-bundle", self.bundle)
        self.expect_exit(run, 2)


if __name__ == "__main__":
    unittest.main()
