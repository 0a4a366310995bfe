#!/usr/bin/python3
"""The reports as files: each valid by its schema, and all saying the same."""
import json

import jsonschema

import assay_test
from assay_test import FIXTURES, SOURCE, AssayTest

CASES = {"hello-clean": 0, "hello-injected": 1}


class Reports(AssayTest):
    def reports(self, case, *options):
        """One run that writes all formats; their texts by suffix."""
        files = {suffix: self.directory / f"{case}.{suffix}" for suffix in ("json", "sarif", "md", "txt")}
        places = [word for file in files.values() for word in ("-o", file)]
        run = self.assay("check", FIXTURES / case / "greet-1.2.0.tar.gz", "--vcs", f"{FIXTURES / case}/greet.git@v1.2.0",
                         *places, *options)
        self.expect_exit(run, CASES[case])
        return {suffix: file.read_text(encoding="utf-8") for suffix, file in files.items()}

    def test_json_obeys_the_published_schema(self):
        schema = json.loads((SOURCE / "docs/schema/assessment-1.json").read_text())
        for case in CASES:
            report = json.loads(self.reports(case)["json"])
            jsonschema.validate(report, schema)
            self.assertEqual("1", report["schema_version"])

    def test_the_schema_refuses_what_is_off(self):
        schema = json.loads((SOURCE / "docs/schema/assessment-1.json").read_text())
        report = json.loads(self.reports("hello-clean")["json"])
        for spoil in (lambda r: r.pop("verdict"), lambda r: r.update(verdict="fine"), lambda r: r["counts"].pop("known"),
                      lambda r: r["entries"][0].update(proof="trusted")):
            spoilt = json.loads(json.dumps(report))
            spoil(spoilt)
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(spoilt, schema)

    def test_json_counts_add_up(self):
        for case in CASES:
            counts = json.loads(self.reports(case)["json"])["counts"]
            proofs = ("identical", "normalized", "known", "regenerated", "derived", "composed", "inert", "unexplained", "contradicted")
            self.assertEqual(counts["entries"], sum(counts[proof] for proof in proofs))

    def test_sarif_has_the_shape_that_readers_of_it_need(self):
        for case in CASES:
            texts = self.reports(case)
            sarif, report = json.loads(texts["sarif"]), json.loads(texts["json"])
            self.assertEqual("2.1.0", sarif["version"])
            (run,) = sarif["runs"]
            rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
            self.assertEqual(len(rules), len(set(rules)))
            self.assertEqual(len(report["findings"]), len(run["results"]))
            for result in run["results"]:
                self.assertIn(result["ruleId"], rules)
                self.assertTrue(result["partialFingerprints"])
                self.assertIn(result["level"], ("none", "note", "warning", "error"))

    def test_fingerprints_do_not_depend_on_the_name_of_the_file(self):
        renamed = self.directory / "renamed.tar.gz"
        renamed.write_bytes((FIXTURES / "hello-injected/greet-1.2.0.tar.gz").read_bytes())
        def prints(run):
            return [finding["fingerprint"] for finding in run.report["findings"]]
        first = self.check("hello-injected/greet-1.2.0.tar.gz", "hello-injected/greet.git@v1.2.0")
        second = self.assay("check", renamed, "--vcs", f"{FIXTURES}/hello-injected/greet.git@v1.2.0", "--format", "json")
        self.assertEqual(prints(first), prints(second))

    def test_text_begins_with_the_answer_and_fits_a_screen(self):
        for case in CASES:
            text = self.reports(case)["txt"]
            verdict = json.loads(self.reports(case)["json"])["verdict"]
            self.assertTrue(text.startswith(verdict.upper()), text[:200])
            # A file that claims a false identity is shown with all of its novel lines, beside the chain, which is told whole.
            self.assertLess(len(text.splitlines()), 92 if case == "hello-injected" else 60)
            self.assertNotIn("\x1b", text)

    def test_markdown_names_the_verdict_and_the_worst_file(self):
        text = self.reports("hello-injected")["md"]
        self.assertIn("suspect", text.lower())
        self.assertIn("m4/build-to-host.m4", text)

    def test_quiet_says_the_verdict_and_little_else(self):
        run = self.assay("check", FIXTURES / "hello-injected/greet-1.2.0.tar.gz", "--vcs",
                         f"{FIXTURES}/hello-injected/greet.git@v1.2.0", "--quiet")
        self.expect_exit(run, 1)
        self.assertTrue(run.out.startswith("SUSPECT"))
        self.assertLess(len(run.out.splitlines()), 6)

    def test_colour_only_when_asked_for(self):
        words = ("check", FIXTURES / "hello-clean/greet-1.2.0.tar.gz", "--vcs", f"{FIXTURES}/hello-clean/greet.git@v1.2.0")
        self.assertNotIn("\x1b[", self.assay(*words).out)
        self.assertIn("\x1b[", self.assay(*words, "--color", "always").out)

    def test_names_from_outside_cannot_reach_the_terminal(self):
        for trap in ("control-in-name", "bidi-in-name", "non-utf8-name"):
            for form in ("text", "json", "sarif", "markdown"):
                run = self.assay("check", FIXTURES / f"archive-traps/{trap}.tar.gz", "--vcs",
                                 f"{FIXTURES}/archive-traps/trap.git@v1.0", "--format", form)
                text = run.raw.decode("utf-8")  # well-formed, or this throws
                self.assertNotIn("\x1b", text)
                self.assertNotIn("\u202e", text)


class Rules(AssayTest):
    def test_every_rule_is_listed_and_explained(self):
        listed = self.assay("rules", "list", "--format", "json")
        self.expect_exit(listed, 0)
        data = json.loads(listed.out)
        rules = [rule["id"] for rule in (data["rules"] if isinstance(data, dict) else data)]
        self.assertEqual(len(rules), len(set(rules)))
        self.assertIn("provenance-contradicted-serial", rules)
        for rule in rules:
            explained = self.assay("rules", "explain", rule)
            self.expect_exit(explained, 0)
            self.assertIn(rule, explained.out)

    def test_a_rule_that_is_none_gets_a_suggestion(self):
        self.expect_error(self.assay("rules", "explain", "provenance-contradicted-serail"), "provenance-contradicted-serial")


class Suppressions(AssayTest):
    """`.assay.toml` of the directory that assay runs in."""

    def finding(self):
        run = self.check("hello-clean/greet-1.2.0.tar.gz", "hello-clean/greet.git@v1.2.0", "--fail-on", "medium")
        self.expect_exit(run, 1)
        return self.expect_finding(run, "provenance-unexplained-build-file", "aclocal.m4")

    def configure(self, **settings):
        words = {"rule": "provenance-unexplained-build-file", "path": "aclocal.m4", "sha256": self.finding()["content_sha256"],
                 "reason": "regenerated by hand"} | settings
        text = "\n".join(f"{key} = {value}" if key == "expires" else f'{key} = "{value}"' for key, value in words.items() if value)
        (self.directory / ".assay.toml").write_text(f"[[suppress]]\n{text}\n")
        return self.check("hello-clean/greet-1.2.0.tar.gz", "hello-clean/greet.git@v1.2.0", "--fail-on", "medium")

    def paths(self, run):
        return {finding["path"] for finding in run.report["findings"] if finding["rule"].startswith("provenance")}

    def test_a_suppression_silences_the_finding_it_is_about_and_stays_visible(self):
        run = self.configure()
        self.assertNotIn("aclocal.m4", self.paths(run))
        self.assertEqual(["aclocal.m4"], [finding["path"] for finding in run.report["waived"]])
        self.assertIn(f"{self.directory}/.assay.toml was found and is honoured: 1 suppression", run.err)

    def test_one_bound_to_another_content_does_nothing_and_is_reported(self):
        run = self.configure(sha256="0" * 64)
        self.assertIn("aclocal.m4", self.paths(run))
        self.expect_finding(run, "waiver-stale")

    def test_a_chain_is_silenced_for_one_artifact_and_never_verified_by_it(self):
        release = "hello-variants/committed/greet-1.2.0.tar.gz"
        suppress = '[[suppress]]\nrule = "inspect-payload-chain"\npath = "*"\nreason = "a fixture"\n'
        (self.directory / ".assay.toml").write_text(suppress)
        run = self.check(release, "hello-variants/committed/greet.git")
        self.expect_exit(run, 1)
        self.expect_finding(run, "waiver-stale")
        chain = next(finding for finding in run.report["findings"] if finding["rule"] == "inspect-payload-chain")
        (self.directory / ".assay.toml").write_text(suppress + f'sha256 = "{chain["content_sha256"]}"\n')
        run = self.check(release, "hello-variants/committed/greet.git")
        self.assertEqual(["inspect-payload-chain"], [finding["rule"] for finding in run.report["waived"]])
        self.assertNotIn(run.report["verdict"], ("verified", "suspect"))

    def test_an_expired_one_does_nothing_and_is_reported(self):
        run = self.configure(expires="2001-01-01")
        self.assertIn("aclocal.m4", self.paths(run))
        self.expect_finding(run, "waiver-expired")

    def test_an_unused_one_is_reported(self):
        run = self.configure(path="no/such/file")
        self.expect_finding(run, "waiver-unused")

    def test_one_without_a_reason_is_refused_with_its_place(self):
        self.expect_error(self.configure(reason=""), ".assay.toml:1", "reason")

    def test_an_unknown_key_gets_a_suggestion(self):
        (self.directory / ".assay.toml").write_text('fail_on = "low"\n')
        run = self.check("hello-clean/greet-1.2.0.tar.gz", "hello-clean/greet.git@v1.2.0")
        self.expect_error(run, ".assay.toml:1", "fail-on")

    def test_a_configuration_inside_the_release_is_not_read(self):
        run = self.check("hello-clean/greet-1.2.0.tar.gz", "hello-clean/greet.git@v1.2.0", cwd=FIXTURES)
        self.assertEqual([], run.report["waived"])


if __name__ == "__main__":
    assay_test.main()
