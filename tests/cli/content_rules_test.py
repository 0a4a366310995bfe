#!/usr/bin/python3
"""Content rules as users meet them: the installed ones, their own, and what is wrong with those."""
import gzip
import io
import json
import tarfile

import assay_test
from assay_test import FIXTURES, AssayTest

ARTIFACT = FIXTURES / "hello-clean/greet-1.2.0.tar.gz"


class ContentRules(AssayTest):
    def rules(self, text, name="rules/own.yar"):
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return self.directory / "rules"

    def scan(self, *options):
        return self.assay("scan", ARTIFACT, "--format", "json", *options)

    def own(self, run):
        return [finding for finding in run.report["findings"] if finding["rule"] == "content-greeting"]

    GREETING = """rule greeting {
  meta: description = "greets" severity = "high" reference = "https://example.org/"
  strings: $a = "hello" nocase
  condition: extension == ".c" and any of them
}
"""

    def test_own_rules_are_added_to_the_installed_ones(self):
        directory = self.rules(self.GREETING)
        run = self.scan("--rules", directory)
        self.expect_exit(run, 1)
        found = self.own(run)
        self.assertTrue(found, str(run))
        self.assertEqual("high", found[0]["severity"])
        self.assertGreater(found[0]["line"], 0)
        self.assertTrue(found[0]["evidence"][0]["text"])
        self.assertEqual([], self.own(self.scan()))

    def test_texts_inside_of_archives_and_streams_are_put_to_them(self):
        def tar(name, content):
            memory = io.BytesIO()
            with tarfile.open(fileobj=memory, mode="w") as archive:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            return memory.getvalue()
        text = b"int main(void) { return puts(\"hello\"); }\n"
        inner = tar("p/tests/sample.tar", tar("a/deep.c", text))
        (self.directory / "release.tar.gz").write_bytes(gzip.compress(inner))
        (self.directory / "packed.c.gz").write_bytes(gzip.compress(text))
        directory = self.rules(self.GREETING)
        for subject, place in (("release.tar.gz", "p/tests/sample.tar!a/deep.c"), ("packed.c.gz", "packed.c.gz!gzip")):
            run = self.assay("scan", subject, "--format", "json", "--rules", directory)
            found = self.own(run)
            self.assertEqual(1, len(found), str(run))
            self.assertTrue(found[0]["path"].endswith(place.removeprefix("p/")), str(run))
            self.assertEqual(1, found[0]["line"])
            self.assertEqual("high", found[0]["severity"])

    def test_a_change_of_the_policy_changes_the_rule_data_named_in_a_report(self):
        policy = assay_test.SOURCE / "rules/policy/chain.toml"
        own = self.directory / "own/policy/chain.toml"
        own.parent.mkdir(parents=True)
        own.write_text(policy.read_text())
        same = self.scan("--rules", self.directory / "own").report["tool"]["ruleset"]
        self.assertEqual(self.scan().report["tool"]["ruleset"], same)
        own.write_text(policy.read_text().replace('otherwise = "medium"', 'otherwise = "high"'))
        self.assertNotEqual(same, self.scan("--rules", self.directory / "own").report["tool"]["ruleset"])

    def test_a_directory_laid_out_as_the_installed_one_works_too(self):
        self.rules(self.GREETING, "rules/content/greeting.yar")
        self.assertTrue(self.own(self.scan("--rules", self.directory / "rules")))

    def test_the_rule_data_named_in_a_report_changes_with_the_rules(self):
        directory = self.rules(self.GREETING)
        self.assertNotEqual(self.scan().report["tool"]["ruleset"], self.scan("--rules", directory).report["tool"]["ruleset"])

    def test_check_puts_only_what_version_control_does_not_have_to_them(self):
        directory = self.rules(self.GREETING.replace('extension == ".c" and ', ""))
        run = self.check("hello-injected/greet-1.2.0.tar.gz", "hello-injected/greet.git@v1.2.0", "--rules", directory)
        for finding in self.own(run):
            self.assertIsNotNone(self.entry(run, finding["path"]), finding["path"])

    def test_what_cannot_be_compiled_is_an_error_with_its_place(self):
        directory = self.rules("rule broken {\n  condition: $a }\n")
        for words in (("scan", ARTIFACT), ("rules", "list")):
            run = self.assay(*words, "--rules", directory)
            self.expect_exit(run, 2)
            self.assertIn("own.yar:2:", run.err)
        self.expect_exit(self.assay("check", ARTIFACT, "--vcs", f"{FIXTURES}/hello-clean/greet.git@v1.2.0", "--rules", directory), 2)

    def test_a_directory_without_rules_and_one_that_is_not_there_are_errors(self):
        (self.directory / "empty").mkdir()
        for name in ("empty", "nowhere"):
            run = self.scan("--rules", self.directory / name)
            self.expect_exit(run, 2)
            self.assertIn(name, run.err)
            self.assertIn("*.yar", run.err)

    def test_an_unreadable_file_is_an_error(self):
        directory = self.rules(self.GREETING)
        (directory / "dangling.yar").symlink_to(self.directory / "nothing")
        run = self.scan("--rules", directory)
        self.expect_exit(run, 2)
        self.assertIn("dangling.yar", run.err)

    def test_a_rule_without_end_is_a_gap_and_not_a_hang(self):
        directory = self.rules("rule slow { condition: filename == \"greet.c\" and for all i in (0..4000000) : (for all j in (0..4000000) : (uint8(0) != 256)) }\n")
        run = self.scan("--rules", directory)
        self.expect_exit(run, 3)
        self.assertIn("src/greet.c", [gap["what"] for gap in run.report["coverage"]["gaps"]])

    def test_they_are_listed_and_explained(self):
        directory = self.rules(self.GREETING)
        listed = json.loads(self.assay("rules", "list", "--format", "json", "--rules", directory).out)
        ids = [rule["id"] for rule in listed["rules"]]
        self.assertIn("content-greeting", ids)
        self.assertIn("content-download-and-run", ids)
        explained = self.assay("rules", "explain", "content-greeting", "--rules", directory)
        self.expect_exit(explained, 0)
        self.assertIn("https://example.org/", explained.out)


class Evidence(AssayTest):
    """What a hit quotes is hostile: it reaches no report as it is."""

    FORMATS = ("text", "json", "sarif", "markdown", "html")

    def test_lines_that_rules_quote_are_escaped_in_every_format(self):
        hostile = "cp x /etc/ld.so.preload # https://example.org/x \x1b]0;owned\x07 \u202e <script>alert(1)</script> [x](https://evil.example) @everyone |`a`\u200b\n"
        (self.directory / "install.sh").write_text("#!/bin/sh\n" + hostile)
        for form in self.FORMATS:
            run = self.assay("scan", self.directory / "install.sh", "--format", form, "-v")
            self.assertEqual("", run.err)
            text = run.raw.decode("utf-8")
            self.assertIn("content-preload-every-program", text, form)
            for bad in ("\x1b", "\x07", "\u202e", "\u200b"):
                self.assertNotIn(bad, text, form)
            if form in ("markdown", "html"):
                self.assertNotIn("<script>", text, form)
            if form == "markdown":
                self.assertNotIn("\n[x](", text)
            if form in ("json", "sarif"):
                json.loads(text)


if __name__ == "__main__":
    assay_test.main()
