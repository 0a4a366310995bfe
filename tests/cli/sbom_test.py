#!/usr/bin/python3
"""`assay sbom`: bills of materials of directories, packages and images, converted and compared."""
import json

from assay_test import AssayTest, main


class SbomTest(AssayTest):
    def setUp(self):
        super().setUp()
        self.root = self.directory / "rootfs"
        (self.root / "var/lib/dpkg").mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").write_text(
            "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nSource: zlib\nVersion: 1:1.2.13.dfsg-1\nDepends: libc6\n\n"
            "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n\n")
        (self.root / "app").mkdir()
        (self.root / "app/main.bin").write_bytes(b"\x7fELF")

    def document(self, *arguments, code=0):
        run = self.assay("sbom", *arguments)
        self.expect_exit(run, code)
        return run.report

    def test_a_file_system_is_described_with_grounds_in_both_formats(self):
        bom = self.document(self.root)
        by_name = {each["name"]: each for each in bom["components"]}
        self.assertEqual("1:1.2.13.dfsg-1", by_name["zlib1g"]["version"])
        properties = {each["name"]: each["value"] for each in by_name["zlib1g"]["properties"]}
        self.assertEqual("declared", properties["assay:grounds"])
        self.assertIn("dpkg/status", properties["assay:evidence"])
        spdx = self.document(self.root, "--format", "spdx")
        self.assertIn("zlib1g", [each["name"] for each in spdx["packages"]])
        self.assertEqual([], [each for each in spdx["packages"] if "filesAnalyzed" not in each])

    def test_the_same_input_gives_the_same_bytes_and_another_input_another_number(self):
        first, second = (self.assay("sbom", self.root).out for _ in range(2))
        self.assertEqual(first, second)
        (self.root / "app/main.bin").write_bytes(b"\x7fELG")
        self.assertNotEqual(json.loads(first)["serialNumber"], self.document(self.root)["serialNumber"])

    def test_times_come_from_the_option_or_the_environment(self):
        self.assertEqual("1970-01-01T00:00:00Z", self.document(self.root)["metadata"]["timestamp"])
        run = self.assay("sbom", self.root, environment={"SOURCE_DATE_EPOCH": "1711728000"})
        self.assertEqual("2024-03-29T16:00:00Z", run.report["metadata"]["timestamp"])
        self.assertEqual("2020-01-01T00:00:00Z", self.document(self.root, "--time", "2020-01-01T00:00:00Z")["metadata"]["timestamp"])
        self.expect_error(self.assay("sbom", self.root, "--time", "yesterday"), "yesterday")
        self.expect_error(self.assay("sbom", self.root, environment={"SOURCE_DATE_EPOCH": "x"}), "SOURCE_DATE_EPOCH")

    def test_what_differs_between_two_documents(self):
        self.expect_exit(self.assay("sbom", self.root, "-o", "before.json"), 0)
        status = self.root / "var/lib/dpkg/status"
        status.write_text(status.read_text().replace("2.36-9", "2.36-10") + "Package: new\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n")
        self.expect_exit(self.assay("sbom", self.root, "--format", "spdx", "-o", "after.json"), 0)
        same = self.assay("sbom", "diff", "before.json", "before.json")
        self.expect_exit(same, 0)
        self.assertEqual("", same.out)
        run = self.assay("sbom", "diff", "before.json", "after.json")
        self.expect_exit(run, 1)
        self.assertRegex(run.out, r"version +pkg:deb/debian/libc6.*2\.36-9 -> 2\.36-10")
        self.assertRegex(run.out, r"added +pkg:deb/debian/new")
        self.assertEqual(2, len(run.out.splitlines()), str(run))
        changes = self.assay("sbom", "diff", "before.json", "after.json", "--format", "json").report["changes"]
        self.assertEqual({"version", "added"}, {each["change"] for each in changes})

    def test_errors_name_the_file(self):
        self.expect_error(self.assay("sbom"), "no PATH")
        self.expect_error(self.assay("sbom", "/nonexistent"), "/nonexistent")
        (self.directory / "x.json").write_text("{}")
        self.expect_error(self.assay("sbom", "x.json"), "x.json")
        self.expect_error(self.assay("sbom", "diff", "x.json"), "AFTER")
        self.expect_error(self.assay("sbom", "diff", "x.json", "x.json"), "x.json")


if __name__ == "__main__":
    main()
