#!/usr/bin/python3
"""cmake --install into a place of its own: the installed program works there, with the rules that were installed.

usage: install_test.py BUILD-DIRECTORY (in ASSAY_BUILD)
"""
import json
import os
import pathlib
import subprocess
import unittest

import assay_test
from assay_test import FIXTURES, SOURCE, AssayTest

EXPECTED = ["bin/assay", "share/assay/rules/known/gnulib.known", "share/assay/schema/assessment-1.json",
            "share/man/man1/assay.1", "share/man/man5/assay.toml.5", "share/bash-completion/completions/assay",
            "share/zsh/site-functions/_assay", "share/fish/vendor_completions.d/assay.fish"]


class Installed(AssayTest):
    def setUp(self):
        super().setUp()
        self.prefix = self.directory / "prefix"
        done = subprocess.run(["cmake", "--install", os.environ["ASSAY_BUILD"], "--prefix", str(self.prefix)],
                              capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def run_installed(self, *arguments):
        before, assay_test.ASSAY = assay_test.ASSAY, str(self.prefix / "bin/assay")
        try:
            return self.assay(*arguments)
        finally:
            assay_test.ASSAY = before

    def check_installed(self):
        return self.run_installed("check", FIXTURES / "hello-clean/greet-1.2.0.tar.gz", "--vcs",
                                  f"{FIXTURES}/hello-clean/greet.git@v1.2.0", "--format", "json")

    def test_everything_is_in_its_place(self):
        for name in EXPECTED:
            self.assertTrue((self.prefix / name).is_file(), name)

    def test_the_installed_program_uses_the_installed_rules(self):
        run = self.check_installed()
        self.expect_exit(run, 0)
        self.expect_entry(run, "m4/codeset.m4", "added", "known")
        # Without gnulib's data the file is no longer known: so it was these rules, not those of the source tree.
        (self.prefix / "share/assay/rules/known/gnulib.known").unlink()
        for other in (self.prefix / "share/assay/rules/known").glob("*.known"):
            if other.stem not in ("autoconf",):
                other.unlink()
        changed = self.check_installed()
        self.assertNotEqual("known", self.expect_entry(changed, "m4/codeset.m4")["proof"])
        self.assertNotEqual(run.report["tool"]["ruleset"], changed.report["tool"]["ruleset"])

    def test_the_tree_can_be_moved(self):
        moved = self.directory / "elsewhere"
        self.prefix.rename(moved)
        self.prefix = moved
        run = self.check_installed()
        self.expect_exit(run, 0)
        self.expect_entry(run, "m4/codeset.m4", "added", "known")


if __name__ == "__main__":
    assay_test.main()
