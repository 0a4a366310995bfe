#!/usr/bin/python3
"""Lawful and unlawful differences between a release and its tag: fixtures/attributes/expected.tsv."""
import assay_test
from assay_test import FIXTURES, AssayTest, table

COLUMNS = 7


class Attributes(AssayTest):
    def test_every_case_has_a_row(self):
        made = {directory.name for directory in (FIXTURES / "attributes").iterdir() if directory.is_dir()}
        self.assertEqual(made, {row[0] for row in table("attributes")})

    def test_a_snapshot_between_two_tags_finds_its_commit(self):
        run = self.check("attributes/snapshot/pkg_1.0+20200915.orig.tar.gz", "attributes/snapshot/repo.git")
        self.expect_verdict(run, "verified")
        vcs = run.report["vcs"]
        self.assertTrue(vcs["inferred"])
        self.assertNotIn(vcs["revision"], ("v1.0", "v2.0"))
        self.assertEqual(1, vcs["fit"])

    def test_a_name_without_a_version_still_finds_its_tag(self):
        run = self.check("attributes/snapshot/unhelpful-name.tar.gz", "attributes/snapshot/repo.git")
        self.expect_verdict(run, "verified")
        self.assertEqual("v1.0", run.report["vcs"]["revision"])

    def test_a_subdirectory_is_inferred_and_reported(self):
        run = self.check("attributes/subdirectory/pkg-1.0.tar.gz", "attributes/subdirectory/repo.git@v1.0")
        self.assertEqual("pkg", run.report["vcs"]["subdir"])

    def test_no_program_of_the_examined_repository_is_run(self):
        run = self.check("attributes/hostile-config/pkg-1.0.tar.gz", "attributes/hostile-config/repo.git@v1.0")
        self.expect_exit(run, 0)
        for place in (self.directory, FIXTURES / "attributes/hostile-config",
                      FIXTURES / "attributes/hostile-config/repo.git"):
            self.assertFalse((place / "ASSAY-RAN-THIS").exists())


def add_case(case, tarball, vcs, code, path, status, proof):
    def test(self):
        run = self.check(f"attributes/{case}/{tarball}", f"attributes/{case}/{vcs}")
        self.expect_exit(run, int(code))
        if int(code) == 2:
            return
        if path == "-":
            self.assertEqual([], run.report["entries"], str(run))
        elif status == "identical":
            self.expect_identical(run, path)
        else:
            self.expect_entry(run, path, status, None if proof == "-" else proof)
        if int(code) == 3:
            self.expect_gap(run)
    test.__doc__ = f"{case}/{tarball} against {vcs}: {path} {status} {proof}"
    name = f"test_{case}_{tarball}_{vcs}_{path}"
    setattr(Attributes, "".join(c if c.isalnum() else "_" for c in name), test)


for row in table("attributes"):
    assert len(row) == COLUMNS, row
    add_case(*row)


if __name__ == "__main__":
    assay_test.main()
