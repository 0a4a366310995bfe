#!/usr/bin/python3
"""A repository whose ids are SHA-256: the same release gives the same answers as with SHA-1."""
import json
import os
import subprocess
import unittest

import assay_test
from assay_test import FIXTURES, AssayTest

CLEAN = FIXTURES / "hello-clean/greet-1.2.0.tar.gz"
INJECTED = FIXTURES / "hello-injected/greet-1.2.0.tar.gz"
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1",
               "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}


def git(*arguments, data=None):
    return subprocess.run(["git", *map(str, arguments)], env=ENVIRONMENT, input=data, stdout=subprocess.PIPE, check=True).stdout


def convert(source, target):
    """The history of a repository once more, by SHA-256."""
    git("init", "-q", "--bare", "-b", "main", "--object-format=sha256", target)
    git("-C", target, "fast-import", "--quiet", data=git("-C", source, "fast-export", "--all", "--signed-tags=strip"))
    git("-C", target, "repack", "-adq")


class Sha256(AssayTest):
    def setUp(self):
        super().setUp()
        self.old = FIXTURES / "hello-clean/greet.git"
        self.new = self.directory / "greet.git"
        convert(self.old, self.new)
        self.commit = git("-C", self.new, "rev-parse", "v1.2.0^{commit}").decode().strip()

    def answers(self, release, repository, *options):
        run = self.assay("check", release, "--vcs", repository, "--format", "json", *options)
        report = run.report
        entries = [(entry["path"], entry["status"], entry.get("proof")) for entry in report["entries"]]
        # How much hidden data can be looked for in the time there is, is the machine's affair.
        findings = sorted((finding["rule"], finding.get("path", "")) for finding in report["findings"] if finding["rule"] != "blob-not-tried")
        return run.exit, report["verdict"], report["counts"], entries, findings

    def test_a_release_has_the_same_verdict_and_classes(self):
        self.assertEqual(64, len(self.commit))
        for release in (CLEAN, INJECTED):
            for revision in ("@v1.2.0", "@main", ""):
                with self.subTest(release=release.parent.name, revision=revision):
                    expected = self.answers(release, f"{self.old}{revision}")
                    self.assertEqual(expected, self.answers(release, f"{self.new}{revision}"))
                    self.assertGreater(expected[2]["identical"], 10)
        by_commit = self.answers(CLEAN, f"{self.new}@{self.commit[:12]}")
        self.assertEqual(self.answers(CLEAN, f"{self.new}@v1.2.0")[2], by_commit[2])

    def test_a_working_tree_serves_as_well(self):
        git("clone", "-q", self.new, self.directory / "clone")
        git("-C", self.directory / "clone", "checkout", "-q", "v1.2.0")
        expected = self.answers(CLEAN, f"{self.old}@v1.2.0")
        found = self.answers(CLEAN, f"{self.directory}/clone@WORKTREE")
        self.assertEqual(expected[:4], found[:4])

    def test_a_proof_bundle_proves_the_release_without_the_repository(self):
        bundle = self.directory / "greet.proof"
        self.expect_exit(self.assay("check", CLEAN, "--vcs", f"{self.new}@v1.2.0", "--proof-bundle", bundle), 0)
        run = self.assay("verify-proof", bundle, CLEAN, self.commit, "--format", "json")
        self.expect_exit(run, 0)
        self.assertGreater(run.report["proven"], 10)
        self.assertEqual([], run.report["broken"])
        injected = self.assay("verify-proof", bundle, INJECTED, self.commit, "--format", "json")
        self.assertIn("greet-1.2.0/m4/build-to-host.m4", injected.report["unproven"])
        content = bundle.read_bytes()
        at = content.index(b"100644 main.c\0") + 20
        bundle.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
        changed = self.assay("verify-proof", bundle, CLEAN, self.commit, "--format", "json")
        self.expect_exit(changed, 1)
        self.assertIn("src/main.c", changed.report["broken"])

    def test_known_files_are_indexed_alike(self):
        data = []
        for name, repository in (("old", self.old), ("new", self.new)):
            known = self.directory / name / "known"
            known.mkdir(parents=True)
            self.expect_exit(self.assay("known", "index", repository, "--url", "https://example.org/greet.git", "--paths", "*.c", "*.m4",
                                        "--line-paths", "*.m4", "-o", known / "greet"), 0)
            self.expect_exit(self.assay("known", "verify", "greet", "--repo", repository, "--rules", self.directory / name), 0)
            self.assertEqual(64 if name == "new" else 40, len(json.loads((known / "greet.json").read_text())["head"]))
            data.append((known / "greet.known").read_bytes())
        self.assertEqual(data[0], data[1])

    def test_a_damaged_pack_is_an_error_with_a_place_and_a_remedy(self):
        pack = next((self.new / "objects/pack").glob("*.pack"))
        pack.chmod(0o644)
        pack.write_bytes(pack.read_bytes()[:-100])
        run = self.assay("check", CLEAN, "--vcs", f"{self.new}@v1.2.0")
        self.expect_exit(run, 2)
        for part in (pack.name, "offset", "git fsck"):
            self.assertIn(part, run.err)


if __name__ == "__main__":
    assay_test.main()
