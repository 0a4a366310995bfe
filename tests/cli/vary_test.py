#!/usr/bin/python3
"""`assay rebuild --vary`: planted causes are found, each by the right factor, and the documents of the build hold."""
import hashlib
import json
import math
import re
import shutil
import subprocess
import unittest

import jsonschema

from assay_test import FIXTURES, SOURCE, AssayTest, main

PLANTED = FIXTURES / "planted-causes"


def sandbox_works():
    probe = subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], check=False, stderr=subprocess.DEVNULL) if shutil.which("bwrap") else None
    return probe is not None and probe.returncode == 0


def expected():
    """file → the variation that makes it differ, or nothing."""
    rows = (line.split("\t") for line in (PLANTED / "expected.tsv").read_text(encoding="utf-8").splitlines())
    return {f"out/{name}": variation or None for name, variation in rows}


@unittest.skipUnless(sandbox_works(), "no sandbox can be made here")
class VaryTest(AssayTest):
    def rebuild(self, recipe, *options, **how):
        return self.assay("rebuild", PLANTED / "project", "--recipe", PLANTED / "project" / recipe, "--format", "json", *options, timeout=600, **how)

    def test_every_planted_cause_is_proven_and_none_falsely(self):
        run = self.rebuild("recipe.toml", "--vary", "all", "--jobs", "2", "--sbom", "sbom.json", "--record", "record.json")
        self.expect_exit(run, 4)
        report = run.report
        truth = expected()
        without = {line.split(":")[0] for line in report["without_effect"]}
        self.assertLessEqual(without, {"num_cpus"}, "a machine with one processor cannot show two")
        found = {name: set() for name in truth}
        for cause in report["causes"]:
            self.assertTrue(cause["proven"], cause["variation"])
            self.assertTrue(cause["remedy"])
            for name in cause["artifacts"]:
                found[name].add(cause["variation"])
        self.assertEqual({name: {variation} - {None} - without for name, variation in truth.items()}, found)
        self.assertEqual([], report["innocent"])
        self.assertEqual([], report["unstable"])
        guilty = len(report["causes"])
        self.assertLessEqual(len(report["builds"]), 2 + guilty * math.ceil(math.log2(16)) + 2)
        self.expect_proven_causes(report)
        self.expect_origins(report)
        self.expect_documents(report)

    def expect_proven_causes(self, report):
        """Held against each other, the two builds that differ in one thing show a cause that the experiment has proven."""
        for cause in report["causes"]:
            causes = cause["comparison"]["causes"]
            self.assertIn("proven", [each["confidence"] for each in causes], cause["variation"])
            self.assertEqual([], cause["comparison"]["leftovers"], cause["variation"])

    def expect_origins(self, report):
        """What wrote the file that differs is named with the line that did."""
        origin = {cause["variation"]: "\n".join(cause["origin"]) for cause in report["causes"]}
        for variation, words in {"host": "uname -n", "kernel": "uname -r", "locale": "sort", "timezone": "date -d", "umask": "echo made", "file_order": "find data", "home": "$HOME"}.items():
            self.assertIn(words, origin[variation], variation)
        self.assertIn("out/host", origin["host"])
        makefile = (PLANTED / "project/Makefile").read_text(encoding="utf-8").splitlines()
        line = int(re.search(r", at Makefile:(\d+)$", origin["host"])[1])
        self.assertIn("uname -n", makefile[line - 1])

    def expect_documents(self, report):
        bom = json.loads((self.directory / "sbom.json").read_text(encoding="utf-8"))
        by_name = {each["name"]: each for each in bom["components"]}
        make = [each for each in bom["components"] if each["name"] == "make" and each.get("purl")]
        self.assertEqual(1, len(make))
        self.assertEqual("application", make[0]["type"])
        self.assertIn("clock.c", by_name)
        self.assertEqual([self.gitoid_of(PLANTED / "project/clock.c")], by_name["clock.c"]["omniborId"])
        self.assertIn("excluded", [each.get("scope") for each in bom["components"]])
        outputs = {each["name"]: each["hashes"][0]["content"] for each in bom["components"] if each["bom-ref"].startswith("output:")}
        self.assertEqual({each["name"]: each["sha256"] for each in report["artifacts"]}, outputs)
        depends = {each["ref"]: each["dependsOn"] for each in bom["dependencies"]}
        self.assertIn("source:greet.c", depends["output:out/debug-path"])
        self.assertNotIn("source:clock.c", depends["output:out/debug-path"])
        for form, schema in (("cyclonedx", "cyclonedx-1.6/bom-1.6.SNAPSHOT.schema.json"), ("spdx", "spdx-2.3/spdx-schema.json")):
            document = self.assay("sbom", "sbom.json", "--format", form)
            self.expect_exit(document, 0)
            self.expect_valid(document.report, SOURCE / "tests/data" / schema)
            self.assertIn(by_name["clock.c"]["omniborId"][0], document.out)
        self.expect_provenance(report)

    def gitoid_of(self, file):
        """As git names a blob in a repository that uses SHA-256."""
        content = file.read_bytes()
        return "gitoid:blob:sha256:" + hashlib.sha256(b"blob %d\0" % len(content) + content).hexdigest()

    def expect_valid(self, document, file):
        schemas = [json.loads(each.read_text(encoding="utf-8")) for each in file.parent.glob("*.json")]
        wanted = json.loads(file.read_text(encoding="utf-8"))
        resolver = jsonschema.RefResolver(wanted["$id"], wanted, store={each["$id"]: each for each in schemas})
        errors = list(jsonschema.Draft7Validator(wanted, resolver=resolver).iter_errors(document))
        self.assertEqual([], [f"{list(error.absolute_path)}: {error.message}" for error in errors[:5]])

    def expect_provenance(self, report):
        """The record becomes SLSA provenance that verifies."""
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", "key.pem"], cwd=self.directory, check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["openssl", "pkey", "-in", "key.pem", "-pubout", "-out", "key.pub"], cwd=self.directory, check=True)
        self.expect_exit(self.assay("attest", "provenance", "record.json", "--key", "key.pem", "-o", "provenance.json"), 0)
        record = json.loads((self.directory / "record.json").read_text(encoding="utf-8"))
        self.assertEqual({each["name"]: each["sha256"] for each in report["artifacts"]}, {each["name"]: each["digest"]["sha256"] for each in record["outputs"]})
        self.assertTrue(all(each["grounds"] == "observed" for each in record["inputs"]))
        self.assertIs(False, record["internal_parameters"]["reproduced"])

    def test_what_is_another_in_every_build_is_blamed_on_no_variation(self):
        run = self.rebuild("random.toml", "--vary", "home,host,seed", "--jobs", "2")
        self.expect_exit(run, 4)
        self.assertEqual(["out/random"], run.report["unstable"])
        self.assertEqual([("home", ["out/home"])], [(cause["variation"], cause["artifacts"]) for cause in run.report["causes"]])
        self.assertEqual({"host", "seed"}, set(run.report["innocent"]))

    def test_markdown_and_sarif_say_of_a_cause_what_the_text_says(self):
        run = self.assay("rebuild", PLANTED / "project", "--recipe", PLANTED / "project/recipe.toml", "--vary", "host", "-o", "r.json", "-o", "r.md", "-o", "r.sarif", timeout=600)
        self.expect_exit(run, 4)
        markdown = (self.directory / "r.md").read_text(encoding="utf-8")
        results = json.loads((self.directory / "r.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
        sarif = "".join(each["message"]["text"] for each in results if each["ruleId"] == "rebuild-varies")
        for report in (markdown, sarif):
            for words in ("out/host", "varied-host", "uname -n", "at Makefile:", "record no host name"):
                self.assertIn(words, report)

    def test_seconds_that_pass_between_builds_are_blamed_on_time_alone(self):
        project = self.directory / "project"
        project.mkdir()
        (project / "in.c").write_text("#include <stdio.h>\nint main(void){printf(\"%ld\\n\",(long)X);return 0;}\n")
        (self.directory / "recipe.toml").write_text('artifacts = ["out"]\n[[phase]]\nname = "build"\ncommands = ["cc -DX=$(date +%s) -o out in.c"]\n')
        run = self.assay("rebuild", project, "--recipe", self.directory / "recipe.toml", "--vary", "time,host,home,kernel,seed", "--format", "json", timeout=600)
        self.expect_exit(run, 4)
        self.assertEqual([("time", True)], [(cause["variation"], cause["proven"]) for cause in run.report["causes"]])
        self.assertEqual(["home", "host", "kernel", "seed"], sorted(run.report["innocent"]))

    def test_a_clock_that_is_read_is_blamed_on_no_other_variation_and_told_where_time_is_not_varied(self):
        project = self.directory / "project"
        project.mkdir()
        (project / "Makefile").write_text("out:\n\tdate > out\n")
        (self.directory / "recipe.toml").write_text('artifacts = ["out"]\n[[phase]]\nname = "build"\ncommands = ["make"]\n')
        for vary, guilty in (("timezone,locale,host,kernel,aslr", {"timezone", "locale"}), ("host,aslr", set())):
            with self.subTest(vary):
                run = self.assay("rebuild", project, "--recipe", self.directory / "recipe.toml", "--vary", vary, "--format", "json", timeout=600)
                self.expect_exit(run, 4)
                self.assertLessEqual({cause["variation"] for cause in run.report["causes"]}, guilty, str(run))
                self.assertLessEqual({"host", "aslr"}, set(run.report["innocent"]))
                self.assertEqual(["out"], run.report["unstable"])

    def test_what_looks_like_a_time_of_day_is_not_reproduced_where_it_differs(self):
        project = self.directory / "project"
        project.mkdir()
        (project / "Makefile").write_text('out:\n\tprintf "main at line 1:0%s\\n" "$$(nproc)" > out\n')
        (self.directory / "recipe.toml").write_text('artifacts = ["out"]\n[[phase]]\nname = "build"\ncommands = ["make"]\n')
        run = self.assay("rebuild", project, "--recipe", self.directory / "recipe.toml", "--vary", "num_cpus", "--format", "json", timeout=600)
        if any(line.startswith("num_cpus") for line in run.report["without_effect"]):
            self.skipTest("a machine with one processor cannot show two")
        self.expect_exit(run, 4)
        self.assertEqual(["out"], run.report["unstable"] + [name for cause in run.report["causes"] for name in cause["artifacts"]])


if __name__ == "__main__":
    main()
