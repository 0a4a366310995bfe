#!/usr/bin/python3
"""assay compare as a user runs it: answers, formats, exit codes, accepted causes."""
import gzip
import io
import json
import tarfile
import unittest
import zipfile

import assay_test
from assay_test import SOURCE, AssayTest

try:
    import jsonschema
except ImportError:  # the setup script installs it; without it the other tests still run
    jsonschema = None


def tar_with(files, mtime=1600000000, reverse=False):
    """A tar archive of name → text, in the order of the names."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files, reverse=reverse):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(files[name]), mtime
            tar.addfile(info, io.BytesIO(files[name].encode()))
    return out.getvalue()


class Compare(AssayTest):
    def pair(self, first, second, name="artifact.tar"):
        paths = []
        for side, content in (("a", first), ("b", second)):
            path = self.directory / side / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            paths.append(path)
        return paths

    def stamps(self):
        return self.pair(tar_with({"x": "Built 2022-01-02 03:04:05\n", "y": "same"}), tar_with({"x": "Built 2026-01-02 03:04:05\n", "y": "same"}))

    def test_equal_artifacts_exit_0(self):
        run = self.assay("compare", *self.pair(b"same", b"same"))
        self.expect_exit(run, 0)
        self.assertTrue(run.out.startswith("equal"), run.out)

    def test_a_cause_that_explains_every_byte_is_named_first(self):
        run = self.assay("compare", *self.stamps())
        self.expect_exit(run, 1)
        self.assertEqual("different: 1 cause explains every byte", run.out.splitlines()[0])
        self.assertIn("1. timestamp (likely): 2022-01-02 03:04:05 UTC → 2026-01-02 03:04:05 UTC", run.out)

    def test_accepted_causes_exit_0_on_the_command_line_and_by_policy(self):
        pair = self.stamps()
        self.expect_exit(self.assay("compare", *pair, "--ignore", "timestamp"), 0)
        self.expect_exit(self.assay("compare", *pair, "--ignore", "umask"), 1)
        (self.directory / ".assay.toml").write_text('[compare]\nignore = ["timestamp"]\n')
        self.expect_exit(self.assay("compare", *pair), 0)

    def test_a_cause_that_is_none_is_a_usage_error(self):
        run = self.assay("compare", *self.stamps(), "--ignore", "timestmp")
        self.expect_exit(run, 2)
        self.assertIn("did you mean 'timestamp'", run.err)

    def test_a_file_that_is_not_there_exits_2(self):
        run = self.assay("compare", self.directory / "none", self.directory / "neither")
        self.expect_exit(run, 2)

    def test_every_format_is_well_formed(self):
        pair = self.pair(tar_with({"x": "a <script>alert(1)</script> 1\n"}), tar_with({"x": "b <script>alert(1)</script> 2\n", "</pre>": "z"}))
        run = self.assay("compare", *pair, "-o", "r.json", "-o", "r.sarif", "-o", "r.md", "-o", "r.html", "-o", "r.txt")
        self.expect_exit(run, 1)
        self.assertEqual("2.1.0", json.loads((self.directory / "r.sarif").read_text())["version"])
        report = json.loads((self.directory / "r.json").read_text())
        if jsonschema:
            jsonschema.validate(report, json.loads((SOURCE / "docs/schema/comparison-1.json").read_text()))
        page = (self.directory / "r.html").read_text()
        self.assertNotIn("<script", page)
        self.assertNotIn("<code>artifact.tar!</pre>", page)
        self.assertIn("default-src 'none'", page)
        self.assertIn("Left over", page)
        self.assertNotIn("<script", (self.directory / "r.md").read_text())

    def test_one_item_is_shown_in_full(self):
        lines = "".join(f"line {n}\n" for n in range(500))
        pair = self.pair(tar_with({"x": lines}), tar_with({"x": lines.replace("line", "zeile")}))
        run = self.assay("compare", *pair, "--diff", "x")
        self.assertEqual(1000, sum(line.strip()[:1] in "+-" for line in run.out.splitlines() if "line " in line or "zeile " in line), run.out[:500])

    def test_the_default_answer_fits_a_screen(self):
        first = tar_with({f"f{n:03}": f"value {n}\n" * 5 for n in range(300)})
        second = tar_with({f"f{n:03}": f"wert {n + 1}\n" * 5 for n in range(300)})
        run = self.assay("compare", *self.pair(first, second))
        self.assertLessEqual(run.out.count("\n"), 60)

    def test_compressed_streams_are_compared_by_content_and_by_how_they_were_made(self):
        data = tar_with({"x": "text\n" * 500})
        pair = self.pair(gzip.compress(data, 1, mtime=0), gzip.compress(data, 9, mtime=0), "a.tar.gz")
        report = self.assay("compare", *pair, "--format", "json").report
        self.assertEqual(["compression"], [cause["id"] for cause in report["causes"]])
        self.assertTrue(report["closed"])

    def test_zip_members_in_another_order_and_with_other_times_are_two_causes(self):
        def pack(order, year):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                for name in order:
                    archive.writestr(zipfile.ZipInfo(name, (year, 1, 2, 3, 4, 6)), name * 100)
            return out.getvalue()
        report = self.assay("compare", *self.pair(pack("abc", 2022), pack("cab", 2026), "a.zip"), "--format", "json").report
        self.assertEqual({"file-order", "timestamp"}, {cause["id"] for cause in report["causes"]})
        self.assertEqual([], report["leftovers"])

    def test_two_releases_are_examined_for_what_is_new(self):
        old = {"p-1.0/a.c": "int main(void) { return 0; }\n", "p-1.0/configure": "#!/bin/sh\necho ok\n"}
        new = {"p-1.1/a.c": "int main(void) { return 0; }\n", "p-1.1/configure": "#!/bin/sh\necho ok\n"}
        run = self.assay("compare", *self.pair(tar_with(old), tar_with(new), "p.tar"), "--format", "json")
        self.expect_exit(run, 1)
        self.assertEqual(["version"], [cause["id"] for cause in run.report["causes"]])
        self.assertEqual([], run.report["new_findings"])

    def test_a_directory_and_a_file_are_not_compared_further(self):
        (self.directory / "d").mkdir()
        (self.directory / "f").write_text("x")
        run = self.assay("compare", self.directory / "d", self.directory / "f")
        self.expect_exit(run, 1)
        self.assertIn("was a directory and is a file", run.out)


if __name__ == "__main__":
    unittest.main()
