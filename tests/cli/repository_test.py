#!/usr/bin/python3
"""The repository's own rules about itself: no opaque binary, fixtures that come out the same on every run."""
import hashlib
import json
import pathlib
import subprocess
import tempfile
import unittest

import assay_test
from assay_test import SOURCE, AssayTest


def tracked():
    """Tracked files, or every file of the tree where it is no git checkout (a release tarball)."""
    done = subprocess.run(["git", "-C", str(SOURCE), "ls-files", "-z"], capture_output=True, check=False)
    if done.returncode == 0 and done.stdout:
        return [SOURCE / name.decode() for name in done.stdout.split(b"\0") if name]
    return [file for file in SOURCE.rglob("*") if file.is_file() and "build" not in file.relative_to(SOURCE).parts]


def is_opaque(content):
    """Not a text that can be reviewed: a NUL, or no UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return b"\0" in content


class Repository(AssayTest):
    def test_no_opaque_binary_is_committed(self):
        files = [file for file in tracked() if file.is_file()]
        self.assertGreater(len(files), 100)
        opaque = [str(file.relative_to(SOURCE)) for file in files
                  if is_opaque(file.read_bytes()) and not (file.suffix == ".known" and file.parent == SOURCE / "rules/known")]
        self.assertEqual([], opaque)

    def test_rule_data_has_a_manifest_that_vouches_for_it(self):
        for file in (SOURCE / "rules/known").glob("*.known"):
            manifest = json.loads(file.with_suffix(".json").read_text())
            self.assertIn(hashlib.sha256(file.read_bytes()).hexdigest(), json.dumps(manifest), file.name)

    def test_the_check_would_notice_a_binary(self):
        self.assertTrue(is_opaque(b"\x7fELF\x02\x01\x01\0"))
        self.assertTrue(is_opaque(b"\x1f\x8b\x08"))
        self.assertTrue(is_opaque(b"a\0b"))
        self.assertFalse(is_opaque("caf\u00e9\n".encode()))

    def test_fixtures_come_out_the_same_on_every_run(self):
        def make():
            out = self.directory / tempfile.mktemp(prefix="", dir="").lstrip("/")
            subprocess.run([str(SOURCE / "scripts/make-fixtures"), str(out), "hello-clean", "hello-injected", "attributes"],
                           check=True, stdout=subprocess.DEVNULL, cwd=self.directory)
            return {file.relative_to(out).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
                    for file in sorted(out.rglob("*.tar.*"))}
        first = make()
        self.assertGreater(len(first), 30)
        self.assertEqual(first, make())

    def test_scripts_are_executable_and_parse(self):
        for name in ("scripts/setup", "scripts/test", "scripts/quickstart", "scripts/lint", ".ci/run"):
            file = SOURCE / name
            self.assertTrue(file.stat().st_mode & 0o100, name)
            self.assertEqual(0, subprocess.run(["sh", "-n", str(file)], check=False).returncode, name)


if __name__ == "__main__":
    assay_test.main()
