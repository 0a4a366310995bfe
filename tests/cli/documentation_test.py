#!/usr/bin/python3
"""Manual page and completions name every option of every command, and nothing that is not there."""
import os
import re
import shutil
import subprocess
import unittest

import assay_test
from assay_test import FIXTURES, SOURCE, AssayTest

COMMANDS = [[], ["check"], ["scan"], ["compare"], ["rebuild"], ["extract"], ["verify"], ["verify-proof"], ["sbom"], ["sbom", "diff"], ["attest"],
            ["attest", "assessment"], ["attest", "provenance"], ["attest", "sbom"], ["attest", "vsa"], ["known"], ["known", "index"], ["known", "lookup"], ["known", "verify"], ["rules"],
            ["rules", "list"], ["rules", "explain"]]


class Documentation(AssayTest):
    def options(self):
        """Every long option of every --help, and every sub-command."""
        found = set()
        for command in COMMANDS:
            run = self.assay(*command, "--help")
            self.expect_exit(run, 0)
            found |= set(re.findall(r"^\s+(?:-\w,\s*)?--([a-z][a-z-]+)", run.out, re.MULTILINE))
            found |= set(re.findall(r"^\s+-\w,--([a-z][a-z-]+)", run.out, re.MULTILINE))
        self.assertGreater(len(found), 15, found)
        return found

    def test_help_fits_the_screen(self):
        for command in COMMANDS:
            for line in self.assay(*command, "--help").out.splitlines():
                self.assertLessEqual(len(line), 100, f"{command}: {line}")

    def test_the_commands_tested_here_are_all_there_are(self):
        for command in COMMANDS:
            listing = self.assay(*command, "--help").out
            if "Subcommands:" not in listing:
                continue
            for name in re.findall(r"^  (\w+) ", listing.split("Subcommands:")[1], re.MULTILINE):
                self.assertIn([*command, name], COMMANDS)

    def test_the_manual_names_every_option_and_no_other(self):
        page = (SOURCE / "docs/man/assay.1").read_text()
        named = {option.replace("\\-", "-") for option in re.findall(r"Fl -([a-z][a-z-]+)", page)}
        self.assertEqual(self.options(), named)

    def test_each_completion_names_every_option(self):
        for file in ("assay.bash", "_assay", "assay.fish"):
            text = (SOURCE / "completions" / file).read_text()
            for option in self.options():
                with self.subTest(file=file, option=option):
                    self.assertRegex(text, rf"(--|-l ){option}\b")

    def test_the_sample_in_the_readme_is_what_is_printed(self):
        """All but digests and sizes, which depend on the compressor; ASSAY_UPDATE_GOLDEN=1 writes it anew."""
        run = self.assay("check", "greet-1.2.0.tar.gz", "--vcs", "greet.git@v1.2.0", cwd=FIXTURES / "hello-injected")
        readme = SOURCE / "README.md"
        text = readme.read_text()
        head = "```\n$ assay check greet-1.2.0.tar.gz --vcs greet.git@v1.2.0\n"
        before, _, rest = text.partition(head)
        self.assertTrue(rest, "the README has no sample")
        shown, _, after = rest.partition("```\n")
        if os.environ.get("ASSAY_UPDATE_GOLDEN"):
            readme.write_text(before + head + run.out + "```\n" + after)
            return
        def masked(sample):
            return re.sub(r"[0-9a-f]{12,64}|[\d,]+ bytes", "…", sample)
        self.assertEqual(masked(run.out), masked(shown))

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_the_manual_pages_are_well_formed(self):
        pages = [str(page) for page in sorted((SOURCE / "docs/man").glob("*.[1-9]"))]
        self.assertTrue(pages)
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True, text=True, check=False)
        self.assertEqual("", done.stdout + done.stderr)

    def test_the_bash_completion_offers_what_fits(self):
        def complete(*words):
            script = (f"source {SOURCE}/completions/assay.bash; COMP_WORDS=({' '.join(words)} ''); "
                      f"COMP_CWORD={len(words)}; _assay 2>/dev/null; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
            return done.stdout.split()
        self.assertIn("check", complete("assay"))
        self.assertEqual(["text", "json", "sarif", "markdown", "html"], complete("assay", "check", "--format"))
        self.assertIn("verify", complete("assay", "known"))
        causes = re.findall(r'^    \{"([a-z-]+)",', (SOURCE / "src/artifact/causes.cpp").read_text(), re.MULTILINE)
        self.assertIn("timestamp", causes)
        self.assertEqual(sorted(causes), sorted(complete("assay", "compare", "--ignore")))
        conditions = re.findall(r'^    \{"([a-z_]+)",', (SOURCE / "src/rebuild/conditions.cpp").read_text(), re.MULTILINE)
        self.assertIn("timezone", conditions)
        self.assertEqual(sorted(["all", *conditions]), sorted(complete("assay", "rebuild", "--vary")))

    def test_a_list_of_rules_fits_a_terminal(self):
        lines = self.assay("rules", "list").out.splitlines()
        self.assertGreater(len(lines), 100)
        self.assertEqual([], [line for line in lines if len(line) > 80])


if __name__ == "__main__":
    assay_test.main()
