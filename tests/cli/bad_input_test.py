#!/usr/bin/python3
"""What a user gets wrong, and what is broken around the program: exit 2, with the file, the place and a remedy."""
import os
import resource
import shutil
import subprocess
import unittest

import assay_test
from assay_test import ASSAY, FIXTURES, AssayTest

TARBALL = "hello-clean/greet-1.2.0.tar.gz"
REPOSITORY = "hello-clean/greet.git"


class Usage(AssayTest):
    def test_no_command_is_an_error(self):
        self.expect_error(self.assay(), "--help")

    def test_an_unknown_command_gets_a_suggestion(self):
        self.expect_error(self.assay("chek"), "did you mean 'assay check'")

    def test_an_unknown_option_is_named(self):
        self.expect_error(self.check(TARBALL, REPOSITORY, "--regenrate"), "--regenrate")

    def test_a_typo_is_named_before_what_is_missing_because_of_it(self):
        for words, message, guess in ((["check", "x.tar", "--vsc", "r"], "no option --vsc", "--vcs"),
                                      (["--verison"], "no option --verison", "--version"),
                                      (["chek", "--help"], "no command 'chek'", "assay check"),
                                      (["known", "lokup", "x"], "no command 'lokup'", "assay known lookup"),
                                      (["rules", "explain", "--colour", "x"], "no option --colour", "--color"),
                                      (["check", "-qz", "x"], "no option -z", "")):
            with self.subTest(words=words):
                run = self.assay(*words)
                self.expect_error(run, message, f"did you mean" if guess else "", guess)
                self.assertNotIn("required", run.err)

    def test_a_guess_that_is_far_off_is_not_made(self):
        self.assertNotIn("did you mean", self.assay("frobnicate").err)
        self.assertNotIn("did you mean", self.assay("compare", "a", "b", "--ignore", "foo").err)
        self.assertNotIn("did you mean", self.check(TARBALL, REPOSITORY + "@nosuchtag").err)

    def test_the_help_that_is_named_is_that_of_the_command(self):
        self.expect_error(self.assay("rules", "explain"), "'assay rules explain --help'")
        self.expect_error(self.assay("rules"), "needs a command: list, explain")

    def test_what_stands_wrong_is_said_in_words_of_the_command_line(self):
        check = ["check", FIXTURES / TARBALL, "--vcs", FIXTURES / REPOSITORY]
        self.expect_error(self.assay(*check, "--fail-on", "low", "--fail-on", "high"), "--fail-on is given more than once")
        self.expect_error(self.assay("check", "x", "--vcs"), "--vcs needs a value: REPO[@REV]")
        self.expect_error(self.assay("compare", "a", "b", "--jobs", "-3"), "--jobs takes a number, not '-3'")
        self.expect_error(self.assay("extract", "a", "b", "c", "d", "-o", "x"), "no place for 'c' 'd'")
        self.expect_error(self.assay(*check, "--regenerate", "--regenerate-time", "0"), "--regenerate-time", "from 1 to 1000000")

    def test_a_size_that_is_none_names_its_option(self):
        self.expect_error(self.check(TARBALL, REPOSITORY, "--memory", "lots"), "--memory: 'lots'")
        self.expect_error(self.check(TARBALL, REPOSITORY, "--limit", "entries=-1"), "--limit entries=-1")
        self.expect_error(self.check(TARBALL, REPOSITORY, "--limit", "time=soon"), "seconds")

    def test_addresses_are_not_fetched_and_standard_input_is_not_read(self):
        self.expect_error(self.assay("check", FIXTURES / TARBALL, "--vcs", "https://example.org/x.git"), "nothing is fetched", "git clone --mirror")
        self.expect_error(self.assay("check", FIXTURES / TARBALL, "--vcs", "git@example.org:x/y.git"), "nothing is fetched")
        self.expect_error(self.assay("scan", "https://example.org/x.tar.gz"), "nothing is fetched")
        self.expect_error(self.assay("check", "-", "--vcs", FIXTURES / REPOSITORY), "standard input")

    def test_a_digest_that_is_none_is_no_file_that_cannot_be_opened(self):
        for words in (["verify"], ["attest", "sbom", "x.json"]):
            (self.directory / "x.json").write_text("{}")
            run = self.assay(*words, "sha256:abcd", "--key", "k.pem")
            self.expect_error(run, "sha256:abcd", "is no sha256", "64 hexadecimal digits")
            self.assertNotIn("cannot open", run.err)
        run = self.assay("verify", "sha256:" + "AB" * 32)
        self.expect_error(run, "nothing to verify the artifact with")

    def test_a_place_that_is_empty_and_a_directory_that_is_not_there_are_named(self):
        self.expect_error(self.assay("extract", FIXTURES / TARBALL, "", "-o", "x"), "CONTAINER_PATH is empty", "tests/data.xz!xz")
        run = self.assay("compare", FIXTURES / TARBALL, FIXTURES / TARBALL, "-o", "nodir/a.json")
        self.expect_error(run, "the directory nodir does not exist", "make the directory")
        self.assertNotIn("writable", run.err)

    def test_an_empty_revision_is_an_error(self):
        self.expect_error(self.check(TARBALL, REPOSITORY + "@"), "the revision after @ is empty")

    def test_a_toolchain_that_is_no_system_is_not_the_kernels_fault(self):
        (self.directory / "empty").mkdir()
        run = self.check(TARBALL, REPOSITORY, "--regenerate", "--toolchain", self.directory / "empty")
        self.expect_error(run, "--toolchain", "no bin/sh")

    def test_a_suppression_of_a_rule_that_is_none_is_pointed_out(self):
        (self.directory / ".assay.toml").write_text('[[suppress]]\nrule = "provenance-unexplaned-data"\npath = "*"\nreason = "x"\n')
        run = self.check(TARBALL, REPOSITORY)
        self.assertIn(".assay.toml:1: there is no rule 'provenance-unexplaned-data'; did you mean provenance-unexplained-data?", run.err)

    def test_an_item_that_does_not_differ_is_an_error_and_a_bare_path_will_do(self):
        pair = [FIXTURES / TARBALL, FIXTURES / "hello-injected/greet-1.2.0.tar.gz"]
        self.expect_error(self.assay("compare", *pair, "--diff", "nosuch"), "nothing differs at this path")
        self.assertIn("m4/build-to-host.m4", self.assay("compare", *pair, "--diff", "build-to-host.m4").out)

    def test_a_cause_that_is_none_is_found_where_it_stands_in_the_configuration(self):
        (self.directory / ".assay.toml").write_text('[compare]\nignore = ["timestanp"]\n')
        self.expect_error(self.assay("compare", FIXTURES / TARBALL, FIXTURES / TARBALL), ".assay.toml:2", "'timestamp'")

    def test_an_unknown_format_severity_limit_or_size_is_refused(self):
        for option, value in (("--format", "pdf"), ("--fail-on", "severe"), ("--limit", "entrys=1"), ("--limit", "entries"),
                              ("--memory", "lots"), ("--color", "mauve")):
            with self.subTest(option=option):
                run = self.assay("check", FIXTURES / TARBALL, "--vcs", FIXTURES / REPOSITORY, option, value)
                self.expect_error(run, value.split("=")[0])

    def test_help_and_version_are_no_errors(self):
        for words in (["--help"], ["check", "--help"], ["known", "--help"], ["rules", "--help"], ["--version"]):
            with self.subTest(words=words):
                run = self.assay(*words)
                self.expect_exit(run, 0)
                self.assertTrue(run.out)
                self.assertEqual("", run.err)


class Input(AssayTest):
    def test_a_tarball_that_is_not_there(self):
        self.expect_error(self.check("hello-clean/absent.tar.gz", REPOSITORY), "absent.tar.gz", "No such file")

    def test_a_directory_in_place_of_a_tarball(self):
        self.expect_error(self.check("hello-clean", REPOSITORY), "directory")

    def test_a_fifo_in_place_of_a_tarball_does_not_hang(self):
        os.mkfifo(self.directory / "pipe.tar")
        run = self.assay("check", self.directory / "pipe.tar", "--vcs", FIXTURES / REPOSITORY, timeout=20)
        self.expect_error(run, "pipe.tar")

    def test_a_repository_that_is_not_there(self):
        self.expect_error(self.check(TARBALL, "hello-clean/absent.git@v1.2.0"), "absent.git")

    def test_a_file_in_place_of_a_repository(self):
        self.expect_error(self.check(TARBALL, TARBALL + "@v1.2.0"), TARBALL.split("/")[1])

    def test_an_unknown_revision_gets_the_nearest_tags(self):
        self.expect_error(self.check(TARBALL, REPOSITORY + "@v1.2.1"), "v1.2.1", "v1.2.0")
        self.expect_error(self.check(TARBALL, REPOSITORY + "@1.2.0"), "v1.2.0")

    def test_a_repository_without_its_objects(self):
        broken = self.directory / "broken.git"
        shutil.copytree(FIXTURES / REPOSITORY, broken)
        shutil.rmtree(broken / "objects")
        (broken / "objects").mkdir()
        run = self.assay("check", FIXTURES / TARBALL, "--vcs", f"{broken}@v1.2.0", "--format", "json")
        self.assertIn(run.exit, (2, 3), str(run))

    def test_a_repository_that_lacks_one_blob_is_inconclusive_or_an_error(self):
        broken = self.directory / "broken.git"
        shutil.copytree(FIXTURES / REPOSITORY, broken)
        git = ["git", "-C", str(broken)]
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
        for pack in list((broken / "objects/pack").glob("*.pack")):
            moved = self.directory / pack.name
            pack.rename(moved)
            with moved.open("rb") as data:
                subprocess.run([*git, "unpack-objects", "-q"], stdin=data, env=environment, check=True)
        tree = subprocess.run([*git, "rev-parse", "v1.2.0^{tree}"], env=environment, capture_output=True, text=True, check=True)
        oid = tree.stdout.strip()
        (broken / "objects" / oid[:2] / oid[2:]).unlink()
        run = self.assay("check", FIXTURES / TARBALL, "--vcs", f"{broken}@v1.2.0", "--format", "json")
        self.assertIn(run.exit, (2, 3), str(run))

    def test_a_rule_file_that_is_damaged_is_named(self):
        known = self.directory / "rules" / "known"
        known.mkdir(parents=True)
        (known / "broken.known").write_bytes(b"not a known-files data set at all" * 10)
        self.expect_error(self.check(TARBALL, REPOSITORY, "--rules", self.directory / "rules"), "broken.known")

    def test_a_rule_directory_that_is_not_there(self):
        self.expect_error(self.check(TARBALL, REPOSITORY, "--rules", self.directory / "absent"), "absent")


class Output(AssayTest):
    def test_a_report_is_written_whole_and_in_the_format_of_its_suffix(self):
        target = self.directory / "report.json"
        run = self.assay("check", FIXTURES / TARBALL, "--vcs", FIXTURES / REPOSITORY, "-o", target)
        self.expect_exit(run, 0)
        self.assertEqual("", run.out)
        self.assertTrue(target.read_text().startswith("{"))
        self.assertEqual(["report.json"], [file.name for file in self.directory.iterdir()])

    def test_an_output_that_is_an_input_is_refused_before_anything_is_read(self):
        release = self.directory / "mine.tar.gz"
        shutil.copy(FIXTURES / TARBALL, release)
        (self.directory / "link.json").symlink_to(release)
        before = release.read_bytes()
        check = ["check", release, "--vcs", FIXTURES / REPOSITORY]
        for words in ([*check, "-f", "json", "-o", "mine.tar.gz"], [*check, "-o", "link.json"], [*check, "--proof-bundle", release],
                      [*check[:1], FIXTURES / TARBALL, *check[2:], "--previous", release, "-f", "json", "-o", release],
                      ["scan", release, "-f", "text", "-o", release], ["compare", release, FIXTURES / TARBALL, "-f", "text", "-o", release],
                      ["extract", release, "configure.ac", "-o", release]):
            with self.subTest(words=words):
                self.expect_error(self.assay(*words), "is an input")
                self.assertEqual(before, release.read_bytes())
        self.expect_error(self.assay(*check, "-o", "a.json", "-o", self.directory / "a.json"), "two outputs")

    def test_a_format_that_the_suffix_contradicts_is_refused(self):
        check = ["check", FIXTURES / TARBALL, "--vcs", FIXTURES / REPOSITORY]
        self.expect_error(self.assay(*check, "-f", "html", "-o", "a.json"), "a.json", "its suffix says json")
        self.expect_error(self.assay(*check, "-f", "html", "-o", "a.html", "-o", "b.sarif"), "1 --format for 2 times -o")
        self.expect_error(self.assay(*check, "-f", "json", "-f", "sarif", "-o", "x.json"), "2 times --format for 1 -o")
        self.assertEqual([], list(self.directory.iterdir()))

    def test_a_dash_is_standard_output(self):
        run = self.assay("check", FIXTURES / TARBALL, "--vcs", FIXTURES / REPOSITORY, "-o", "-", "-o", "a.json")
        self.assertIn("UNEXPLAINED", run.out)
        taken = self.assay("extract", FIXTURES / TARBALL, "configure.ac", "-o", "-")
        self.assertIn(b"AC_INIT", taken.raw)
        self.assertEqual(["a.json"], [file.name for file in self.directory.iterdir()])

    def test_the_answer_is_said_where_every_report_goes_to_a_file(self):
        check = ["check", FIXTURES / TARBALL, "--vcs", FIXTURES / REPOSITORY, "-o", "a.sarif", "--fail-on", "medium"]
        loud = self.assay(*check)
        self.expect_exit(loud, 1)
        self.assertEqual("", loud.out)
        self.assertRegex(loud.err, "^UNEXPLAINED .*\n  3 files have content that nothing proves")
        self.assertEqual("", self.assay(*check, "-q").err)
        self.assertRegex(self.assay("compare", FIXTURES / TARBALL, FIXTURES / "hello-injected/greet-1.2.0.tar.gz", "-o", "c.json").err, "^different: ")

    def test_a_place_that_cannot_be_written_is_an_error(self):
        run = self.assay("check", FIXTURES / TARBALL, "--vcs", FIXTURES / REPOSITORY, "-o", self.directory / "absent/report.json")
        self.expect_error(run, "absent/report.json")

    def test_a_full_disk_leaves_the_old_report(self):
        target = self.directory / "report.json"
        target.write_text("old")
        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
        done = subprocess.run(["sh", "-c", 'trap "" XFSZ; exec "$@"', "sh", ASSAY, "check", str(FIXTURES / TARBALL), "--vcs",
                               str(FIXTURES / REPOSITORY), "-o", str(target)],
                              preexec_fn=small_files, capture_output=True, text=True, check=False)
        self.assertEqual(2, done.returncode, done.stderr)
        self.assertIn("report.json", done.stderr)
        self.assertEqual("old", target.read_text())
        self.assertEqual(["report.json"], [file.name for file in self.directory.iterdir()])

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
    def test_whoever_reads_no_further_is_told_nothing(self):
        run = subprocess.run(f"'{ASSAY}' rules list | head -1; exit ${{PIPESTATUS[0]}}", shell=True, executable="/bin/bash", capture_output=True, text=True)
        self.assertEqual("", run.stderr)

    def test_names_are_escaped_in_errors(self):
        for words in (["check", "no\x1b[31m", "--vcs", "."], ["verify", "no\x1b[31m"], ["sbom", "no\x1b[31m"], ["known", "lookup", "no\x1b[31m"]):
            run = self.assay(*words)
            self.expect_exit(run, 2)
            self.assertNotIn("\x1b", run.err)

    def test_rule_data_that_the_environment_names_has_to_be_there(self):
        run = self.assay("known", "verify", environment={"ASSAY_RULES": "/nonexistent"})
        self.expect_error(run, "ASSAY_RULES=/nonexistent")

    def test_standard_output_that_is_full_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([ASSAY, "check", str(FIXTURES / TARBALL), "--vcs", str(FIXTURES / REPOSITORY)],
                                  stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("standard output", done.stderr)

    def test_no_progress_is_written_where_there_is_no_terminal(self):
        run = self.check(TARBALL, REPOSITORY + "@v1.2.0")
        self.assertEqual("", run.err)

    def test_of_an_archive_that_is_cut_off_the_first_advice_is_to_fetch_it_again(self):
        whole = (FIXTURES / TARBALL).read_bytes()
        cut = self.directory / "greet-1.2.0.tar.gz"
        cut.write_bytes(whole[:len(whole) * 2 // 3])
        run = self.check(cut, REPOSITORY + "@v1.2.0")
        self.expect_exit(run, 3)
        self.assertIn("damaged or cut off; fetch it again", run.report["next_steps"][0])

    def test_a_limit_that_is_hit_is_never_a_pass(self):
        for limit in ("entries=3", "entry-size=100", "total-size=2K", "path-length=12", "header-size=1"):
            with self.subTest(limit=limit):
                run = self.check(TARBALL, REPOSITORY + "@v1.2.0", "--limit", limit)
                if limit == "header-size=1":  # this archive has no extended header
                    self.expect_exit(run, 0)
                    continue
                self.expect_exit(run, 3)
                self.expect_verdict(run, "inconclusive")


if __name__ == "__main__":
    assay_test.main()
