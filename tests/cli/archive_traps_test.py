#!/usr/bin/python3
"""Every archive of fixtures/archive-traps, and what fixtures/archive-traps/expected.tsv says of it."""
import resource
import time
import unittest

import assay_test
from assay_test import FIXTURES, AssayTest, Run, table

COLUMNS = 4
# A report with an entry for each of a million members is large in itself; see Bounds for the whole of it.
EXTRA = {"million-members.tar.gz": ["--limit", "entries=50000"]}


class ArchiveTraps(AssayTest):
    def test_every_archive_has_a_row_and_every_row_an_archive(self):
        made = {file.name for file in (FIXTURES / "archive-traps").iterdir() if file.is_file() and file.name[0] != "."}
        self.assertEqual(made, {row[0] for row in table("archive-traps")})

    def test_an_archive_with_nothing_wrong_is_verified(self):
        run = self.check("archive-traps/innocent.tar.gz", "archive-traps/trap.git@v1.0")
        self.expect_exit(run, 0)
        self.expect_verdict(run, "verified")
        self.expect_no_finding(run)


def add_case(name, code, rule, words):
    def test(self):
        start = time.monotonic()
        run = self.check(f"archive-traps/{name}", "archive-traps/trap.git@v1.0", *EXTRA.get(name, []))
        self.assertLess(time.monotonic() - start, 60, f"{name} took too long")
        if int(code) == 2:
            self.expect_error(run, name, *([words] if words != "-" else []))
            return
        self.expect_exit(run, int(code))
        if rule != "-":
            self.expect_finding(run, rule)
        if int(code) == 3:
            self.expect_gap(run, "" if words == "-" else words)
            self.expect_verdict(run, "inconclusive")
        # What is innocent beside the trap is still seen as what it is.
        if int(code) != 3:
            self.expect_identical(run, "src/main.c")
    test.__doc__ = f"{name}: exit {code}, {rule}"
    setattr(ArchiveTraps, "test_" + name.replace(".", "_").replace("-", "_"), test)


for row in table("archive-traps"):
    assert len(row) == COLUMNS, row
    add_case(*row)


class Bounds(unittest.TestCase):
    def test_time_and_memory_stay_bounded(self):
        """RUSAGE_CHILDREN holds the largest child so far: every run above and below."""
        start = time.monotonic()
        for name in ("zip-bomb", "million-members", "huge-pax-header", "deep-path"):
            run = Run(["check", FIXTURES / f"archive-traps/{name}.tar.gz", "--vcs", FIXTURES / "archive-traps/trap.git@v1.0", "-q"])
            self.assertEqual(3, run.exit, str(run))
        self.assertLess(time.monotonic() - start, 240)
        run = Run(["check", FIXTURES / "archive-traps/million-members.tar.gz", "--vcs", FIXTURES / "archive-traps/trap.git@v1.0"])
        self.assertIn("beyond the first 20000,", run.out, "a release of nothing but strange files is not listed to its end")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(peak, 1200 * 1024, "KiB of the largest run")


if __name__ == "__main__":
    assay_test.main()
