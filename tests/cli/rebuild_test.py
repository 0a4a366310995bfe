#!/usr/bin/python3
"""assay rebuild as a user runs it: sources, recipes, outcomes kept apart, limits, and nothing left behind."""
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import assay_test
from assay_test import ASSAY, SOURCE, AssayTest

try:
    import jsonschema
except ImportError:  # the setup script installs it; without it the other tests still run
    jsonschema = None


def sandbox_works():
    done = subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True, check=False) if shutil.which("bwrap") else None
    return done is not None and done.returncode == 0


STEADY = "out: in\n\ttr a-z A-Z < in > out\n"


@unittest.skipUnless(sandbox_works(), "no sandbox can be made here")
class Rebuild(AssayTest):
    def project(self, files, name="project"):
        """A directory of files, from name → text."""
        root = self.directory / name
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return root

    def recipe(self, commands, artifacts='["out"]', extra=""):
        file = self.directory / "recipe.toml"
        file.write_text(f"artifacts = {artifacts}\n{extra}[[phase]]\nname = \"build\"\ncommands = {json.dumps(commands)}\n")
        return file

    def rebuild(self, *arguments, **options):
        return self.assay("rebuild", *arguments, "--color", "never", **options)

    def build(self, commands, *arguments, recipe_artifacts='["out"]', **options):
        """A project of one file, built by these commands."""
        return self.rebuild(self.project({"in": "text\n"}), "--recipe", self.recipe(commands, recipe_artifacts), *arguments, **options)

    def test_two_builds_that_agree_are_reproduced(self):
        run = self.rebuild(self.project({"Makefile": STEADY, "in": "text\n"}), "--format", "json")
        self.expect_exit(run, 0)
        self.assertEqual("reproduced", run.report["status"])
        self.assertEqual(2, len(run.report["builds"]))
        self.assertTrue(run.report["recipe"].startswith("make:"), run.report["recipe"])
        self.assertEqual(["install.tar"], [artifact["name"] for artifact in run.report["artifacts"]])

    def test_what_was_published_is_matched_by_name_and_compared(self):
        published = self.directory / "published"
        published.mkdir()
        (published / "out").write_text("TEXT\n")
        run = self.build(["tr a-z A-Z < in > out"], "--against", published / "out")
        self.expect_exit(run, 0)
        self.assertTrue(run.out.startswith("reproduced: the same bytes as what was published"), run.out)
        self.assertIn("1 build in", run.out)
        (published / "out").write_text("TEXTS\n")
        run = self.build(["tr a-z A-Z < in > out"], "--against", published / "out", "--format", "json")
        self.expect_exit(run, 1)
        self.assertEqual("different", run.report["status"])
        self.assertEqual(2, len(run.report["builds"]), "whether it agrees with itself has to be known")
        self.assertIn("rebuild-different", [finding["rule"] for finding in run.report["findings"]])

    def test_builds_that_differ_from_each_other_are_not_called_different(self):
        published = self.directory / "out"
        published.write_text("x\n")
        run = self.build(["head -c 16 /dev/urandom > out"], "--against", published, "--format", "json")
        self.expect_exit(run, 4)
        self.assertEqual("nondeterministic", run.report["status"])
        self.assertEqual(["out"], run.report["unstable"])

    def test_what_differs_between_own_builds_is_shown_and_no_variation_is_tried(self):
        formats = ["text", "json", "html"]
        arguments = [word for one in formats for word in ("-f", one, "-o", str(self.directory / f"report.{one}"))]
        run = self.build(["{ echo name; date +1%N; } > out"], "--vary", "umask,home", *arguments)
        self.expect_exit(run, 4)
        text, html = ((self.directory / f"report.{one}").read_text() for one in ("text", "html"))
        self.assertIn("between own builds:\n", text)
        self.assertIn("not tried, as own builds differ: umask, home", text)
        self.assertIn("Between builds under the same conditions", html)
        report = json.loads((self.directory / "report.json").read_text())
        self.assertEqual(([], ["umask", "home"]), (report["innocent"], report["untried"]))
        self.assertFalse(report["artifacts"][0]["own_comparison"]["equal"])
        if jsonschema:
            jsonschema.validate(report, json.loads((SOURCE / "docs/schema/rebuild-1.json").read_text()))

    def test_two_builds_do_not_begin_in_the_same_second(self):
        run = self.build(["date +%s > out"], "--format", "json")
        self.expect_exit(run, 4)
        self.assertEqual(["out"], run.report["unstable"])

    def test_a_published_artifact_that_is_not_built_is_no_success(self):
        (self.directory / "a").write_text("TEXT\n")
        (self.directory / "out").write_text("TEXT\n")
        run = self.build(["tr a-z A-Z < in > out"], "--against", self.directory / "a", "--against", self.directory / "out", "--format", "json")
        self.expect_exit(run, 1)
        self.assertEqual(["a"], run.report["not_built"])

    def test_what_nothing_published_corresponds_to_is_an_error_and_not_a_difference(self):
        (self.directory / "other_1_all.deb").write_text("x\n")
        run = self.build(["cp in thing_1_all.deb"], "--against", self.directory / "other_1_all.deb", recipe_artifacts='["*.deb"]')
        self.expect_exit(run, 2)
        self.assertIn("what was built: thing_1_all.deb", run.err)

    def test_a_limit_that_is_too_small_for_the_sandbox_is_refused(self):
        run = self.build(["cp in out"], "--build-memory", "1K")
        self.expect_exit(run, 2)
        self.assertIn("at least 32M", run.err)
        self.expect_exit(self.build(["cp in out"], "--build-memory", "32M"), 0)

    def test_quiet_says_why_in_a_line(self):
        run = self.build(["date +%s > out"], "--quiet")
        self.expect_exit(run, 4)
        self.assertEqual("not deterministic: builds under the same conditions differ\n  out differs between builds under the same conditions\n", run.out)
        run = self.build(["exit 7"], "--quiet")
        self.expect_exit(run, 5)
        self.assertEqual("failed: it could not be built\n  exit code 7 in phase build: exit 7\n", run.out)

    def test_a_variation_that_matters_is_proven_and_the_others_are_not_blamed(self):
        run = self.build(["date +%Z > out"], "--vary", "timezone,umask,home", "--format", "json")
        self.expect_exit(run, 4)
        self.assertEqual([("timezone", True)], [(cause["variation"], cause["proven"]) for cause in run.report["causes"]])
        self.assertEqual(["home", "umask"], sorted(run.report["innocent"]))

    def test_a_failure_shows_the_first_real_error(self):
        run = self.build(["echo fine; echo 'in.c:1: error: it is broken' >&2; for i in $(seq 50); do echo later; done; exit 7"], "--format", "json")
        self.expect_exit(run, 5)
        self.assertEqual("failed", run.report["status"])
        self.assertIn("it is broken", run.report["failure"]["log"])
        self.assertEqual("exit code 7", run.report["failure"]["because"])

    @unittest.skipUnless(shutil.which("dpkg-checkbuilddeps"), "no dpkg")
    def test_what_is_not_installed_is_one_line_to_install(self):
        run = self.rebuild(self.project({"in": "x"}), "--recipe", self.recipe(["cp in out"], extra='needs = ["no-such-package-at-all (>= 2)"]\n'))
        self.expect_exit(run, 3)
        self.assertIn("apt-get install no-such-package-at-all\n", run.out)
        self.assertIn("next: --make-root", run.out)

    def test_a_package_that_was_built_is_no_source_and_the_way_to_one_is_named(self):
        subprocess.run(["ar", "qc", "thing_1-1_amd64.deb", self.recipe([]).name], cwd=self.directory, check=True)
        run = self.rebuild("thing_1-1_amd64.deb")
        self.expect_exit(run, 2)
        self.assertIn("is what was built, not a source", run.err)
        self.assertIn("apt-get source --download-only thing", run.err)
        self.assertIn("--against thing_1-1_amd64.deb", run.err)

    def test_what_the_publisher_recorded_and_the_build_does_not_make_is_no_success(self):
        one = self.directory / "one_1_all.deb"
        one.write_text("text\n")
        record = self.directory / "thing_1_all.buildinfo"
        digest = hashlib.sha256(one.read_bytes()).hexdigest()
        listed = f" {digest} 5 one_1_all.deb\n"
        record.write_text(f"Format: 1.0\nSource: thing\nVersion: 1\nInstalled-Build-Depends: dpkg (= 0)\nChecksums-Sha256:\n {digest} 5 thing_1.dsc\n{listed}")
        for further, code in (("", 0), (f" {digest} 5 two_1_all.deb\n", 1)):
            record.write_text(record.read_text() + further)
            run = self.build(["cp in one_1_all.deb"], "--buildinfo", record, "--format", "json", recipe_artifacts='["*.deb"]')
            self.expect_exit(run, code)
        self.assertEqual(["two_1_all.deb"], run.report["not_built"])
        self.assertEqual("different", run.report["status"])

    def test_a_makefile_that_means_something_else_by_destdir_gives_what_it_made(self):
        makefile = "out: in\n\ttr a-z A-Z < in > out\ninstall: out\n\tinstall -d $(DESTDIR) /usr/man\n\tinstall out $(DESTDIR)\n"
        run = self.rebuild(self.project({"Makefile": makefile, "in": "text\n"}), "--format", "json")
        self.expect_exit(run, 0)
        self.assertEqual(["install.tar"], [artifact["name"] for artifact in run.report["artifacts"]])

    def test_every_format_says_the_same_and_the_json_follows_its_schema(self):
        (self.directory / "out").write_text("TEXTS\n")
        formats = ["text", "json", "sarif", "markdown", "html"]
        arguments = [word for one in formats for word in ("-f", one, "-o", str(self.directory / f"report.{one}"))]
        run = self.build(["tr a-z A-Z < in > out"], "--against", self.directory / "out", *arguments)
        self.expect_exit(run, 1)
        for one in formats:
            self.assertIn("different", (self.directory / f"report.{one}").read_text(), one)
        report = json.loads((self.directory / "report.json").read_text())
        if jsonschema:
            jsonschema.validate(report, json.loads((SOURCE / "docs/schema/rebuild-1.json").read_text()))
            jsonschema.validate(report["artifacts"][0]["comparison"], json.loads((SOURCE / "docs/schema/comparison-1.json").read_text()))

    def test_a_tarball_and_a_revision_are_sources_too(self):
        root = self.project({"Makefile": STEADY, "in": "text\n"}, name="thing-1.0")
        tarball = self.directory / "thing-1.0.tar.gz"
        subprocess.run(["tar", "-C", self.directory, "-czf", tarball, "thing-1.0"], check=True)
        run = self.rebuild(tarball, "--format", "json")
        self.expect_exit(run, 0)
        self.assertEqual(("thing", "1.0", "newest file"), tuple(run.report[key] for key in ("name", "version", "epoch_from")))
        git = ["git", "-C", root, "-c", "user.name=n", "-c", "user.email=e@x", "-c", "init.defaultBranch=main"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"], ["tag", "v1"]):
            subprocess.run([*git, *words], check=True, env=os.environ | {"GIT_COMMITTER_DATE": "@1600000000 +0000"})
        (root / "in").write_text("not committed\n")
        run = self.rebuild(f"{root}@v1", "--format", "json")
        self.expect_exit(run, 0)
        self.assertEqual((1600000000, "tag v1"), (run.report["source_date_epoch"], run.report["epoch_from"]))

    @unittest.skipUnless(shutil.which("dpkg-source"), "no dpkg-dev")
    def test_a_source_package_is_taken_only_with_the_digests_it_lists(self):
        root = self.project({"debian/control": "Source: thing\nMaintainer: A B <a@b>\n\nPackage: thing\nArchitecture: all\nDescription: x\n",
                             "debian/rules": "#!/usr/bin/make -f\n%:\n\ttrue\n", "debian/source/format": "3.0 (native)\n", "in": "text\n",
                             "debian/changelog": "thing (1) unstable; urgency=low\n\n  * x\n\n -- A B <a@b>  Mon, 26 Dec 2022 16:30:00 +0100\n"}, name="thing-1")
        subprocess.run(["dpkg-source", "-b", root], check=True, capture_output=True, cwd=self.directory)
        run = self.rebuild(self.directory / "thing_1.dsc", "--recipe", self.recipe(["cp in out"]), "--format", "json")
        self.expect_exit(run, 0)
        self.assertEqual((1672068600, "debian/changelog"), (run.report["source_date_epoch"], run.report["epoch_from"]))
        part = next(self.directory.glob("thing_1.tar.*"))
        part.write_bytes(part.read_bytes()[:-1] + b"x")
        run = self.rebuild(self.directory / "thing_1.dsc")
        self.expect_exit(run, 2)
        self.assertIn("does not have the SHA-256", run.err)
        part.unlink()
        self.assertIn("is not there", self.rebuild(self.directory / "thing_1.dsc").err)

    def test_no_trace_and_no_sandbox_are_said_and_never_exit_0(self):
        for option in ("--no-trace", "--no-sandbox"):
            run = self.build(["cp in out"], option, "--format", "json")
            self.expect_exit(run, 3)
            self.assertEqual("reproduced", run.report["status"])
            self.assertIn(option, json.dumps(run.report["coverage"]))
        self.expect_exit(self.build(["cp in out"], "--no-sandbox", "--vary", "all"), 2)

    @unittest.skipUnless(shutil.which("cc"), "no compiler")
    def test_a_fixture_that_flows_into_what_is_built_is_found_by_the_trace_alone(self):
        root = self.project({"tests/files/corrupt.bin": "", "main.c": "int main(void) { return 0; }\n"})
        (root / "tests/files/corrupt.bin").write_bytes(gzip.compress(b"int extra;\n"))
        recipe = self.recipe(["gzip -dc < tests/files/corrupt.bin > extra.h; cc -include extra.h main.c -o out"])
        run = self.rebuild(root, "--recipe", recipe, "--format", "json")
        self.expect_exit(run, 1)
        found = [(finding["rule"], finding["path"]) for finding in run.report["findings"] if finding["severity"] in ("high", "critical")]
        self.assertIn(("trace-fixture-read", "tests/files/corrupt.bin"), found, run.report["findings"])

    def test_the_same_fixture_read_by_a_test_phase_is_fine(self):
        root = self.project({"tests/files/corrupt.bin": "", "in": "x"})
        (root / "tests/files/corrupt.bin").write_bytes(gzip.compress(b"int extra;\n"))
        recipe = self.directory / "recipe.toml"
        recipe.write_text('artifacts = ["out"]\n[[phase]]\nname = "build"\ncommands = ["cp in out"]\n[[phase]]\nname = "test"\ncommands = ["gzip -dc < tests/files/corrupt.bin"]\n')
        run = self.rebuild(root, "--recipe", recipe, "--format", "json")
        self.expect_exit(run, 0)

    def test_what_is_no_artifact_of_the_build_is_said_to_be_none(self):
        run = self.build(["true"], recipe_artifacts='["nothing*"]')
        self.expect_exit(run, 5)
        self.assertIn("made nothing that the recipe calls an artifact", run.out)
        for pattern in ("/etc/passwd", "../out", "a/../../out", "~/out"):
            run = self.build(["true"], recipe_artifacts=f'["{pattern}"]')
            self.expect_exit(run, 2)
            self.assertIn("leads out of what is built", run.err)

    def test_the_record_in_a_package_of_arch_linux_says_when_and_where_and_with_what(self):
        root = self.project({"in": "text\n", "PKGBUILD": "pkgname=thing\n"})
        commands = ["mkdir -p p/usr; cp in p/usr/; echo $PWD > p/usr/where; "
                    "printf 'format = 2\\npkgname = thing\\nbuilddir = /build/packager\\nbuilddate = %s\\ninstalled = no-such-tool-99.1-1-x86_64\\n' $SOURCE_DATE_EPOCH > p/.BUILDINFO; "
                    "tar --sort=name --owner=0 --group=0 --mtime=@$SOURCE_DATE_EPOCH -C p -cf - .BUILDINFO usr | gzip -n > thing-1-1-any.pkg.tar.gz"]
        recipe = self.recipe(commands, artifacts='["*.pkg.tar.gz"]')
        published = self.directory / "published"
        work = self.directory / "work"
        env = os.environ | {"SOURCE_DATE_EPOCH": "1500000000"}
        shutil.copytree(root, work)
        subprocess.run(["sh", "-c", commands[0].replace("$PWD", "/build/packager")], cwd=work, env=env, check=True)
        published.mkdir()
        package = published / "thing-1-1-any.pkg.tar.gz"
        (work / package.name).rename(package)
        run = self.rebuild(root, "--recipe", recipe, "--against", package, "--format", "json")
        self.expect_exit(run, 1)
        run = self.rebuild(root, "--recipe", recipe, "--against", package, "--buildinfo", package, "--format", "json")
        self.expect_exit(run, 0)
        self.assertEqual((1500000000, "the publisher's record", "reproduced"), tuple(run.report[key] for key in ("source_date_epoch", "epoch_from", "status")))
        self.assertEqual(["no-such-tool 99.1-1 recorded, not installed here"], run.report["version_gaps"])
        self.assertIn("holds no .BUILDINFO", self.rebuild(root, "--recipe", recipe, "--buildinfo", self.without_record()).err)

    def without_record(self):
        file = self.directory / "x-1-1-any.pkg.tar.gz"
        subprocess.run(["tar", "-C", self.directory, "-czf", file, "recipe.toml"], check=True)
        return file

    def test_the_network_is_there_only_if_asked_for_and_its_use_is_a_finding(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        connect = f"python3 -c \"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)\" && cp in out"
        self.expect_exit(self.build([connect]), 5)
        run = self.build([connect], "--network", "--format", "json")
        self.assertEqual("reproduced", run.report["status"], str(run))
        self.assertIn("trace-network", [finding["rule"] for finding in run.report["findings"]])

    def test_without_permission_to_trace_nothing_is_built_and_the_remedy_is_named(self):
        run = self.build(["cp in out"], refuse=["ptrace"])
        self.expect_exit(run, 2)
        self.assertIn("ptrace", run.err)
        self.assertIn("--no-trace", run.err)
        self.assertEqual("reproduced", self.build(["cp in out"], "--no-trace", "--format", "json", refuse=["ptrace"]).report["status"])

    def test_without_permission_for_namespaces_nothing_is_built_and_the_remedy_is_named(self):
        run = self.build(["cp in out"], refuse=["unshare", "clone namespaces", "clone3"])
        self.expect_exit(run, 2)
        self.assertIn("no sandbox can be made", run.err)
        self.assertIn("user namespaces", run.err)

    def test_a_root_without_a_shell_is_no_matter_of_namespaces(self):
        (self.directory / "root/usr/bin").mkdir(parents=True)
        run = self.build(["cp in out"], "--root", self.directory / "root")
        self.expect_exit(run, 2)
        self.assertIn("/bin/sh among them", run.err)
        self.assertNotIn("user namespaces", run.err)

    def test_a_package_that_is_used_and_not_declared_is_named_once(self):
        if not shutil.which("dpkg-checkbuilddeps") or not shutil.which("mandoc"):
            self.skipTest("no dpkg, or not the package that is to be missed")
        commands = ["cp in out; echo '.Dd x' | mandoc > /dev/null; mandoc in > /dev/null"]
        root = self.project({"in": ".Dd x\n"})
        for needs, expected in ((["make"], ["mandoc"]), (["make", "mandoc"], [])):
            run = self.rebuild(root, "--recipe", self.recipe(commands, extra=f"needs = {json.dumps(needs)}\n"), "--format", "json", "--builds", "1")
            found = [finding["message"].split(" is not")[0] for finding in run.report["findings"] if finding["rule"] == "trace-undeclared-input"]
            self.assertEqual([f"the package {name}" for name in expected], [name for name in found if "mandoc" in name], str(run))

    def test_a_root_is_made_only_if_it_can_be(self):
        tools = self.directory / "bin"
        tools.mkdir()
        for name in ("bwrap", "sh", "tar"):
            (tools / name).symlink_to(shutil.which(name))
        (tools / "apt-get").write_text("#!/bin/sh\nfor w do case $w in Dir::State::Lists=*) echo x > \"${w#*=}/x_InRelease\";; esac; done\n")
        (tools / "apt-get").chmod(0o755)
        sources = self.directory / "a.list"
        sources.write_text("deb http://archive.invalid/debian stable main\n")
        words = ["--make-root", "--root-sources", sources, "--root-cache", self.directory / "roots"]
        run = self.build(["cp in out"], *words, environment={"PATH": str(tools)})
        self.expect_exit(run, 2)
        self.assertIn("mmdebstrap is not installed", run.err)
        self.assertIn("apt install mmdebstrap", run.err)
        for more in (["--root", "/"], ["--no-sandbox"]):
            self.expect_exit(self.build(["true"], *words, *more), 2)
        self.assertIn("add --make-root", self.build(["true"], "--root-cache", "/tmp").err)

    def test_mistakes_are_named(self):
        self.assertIn("did you mean 'timezone'", self.build(["true"], "--vary", "timezones").err)
        self.assertIn("there is no recipe 'bake'", self.rebuild(self.project({"in": ""}), "--recipe", "bake").err)
        self.assertIn("nothing in the tree says how it is built", self.rebuild(self.project({"in": ""})).err)
        self.assertIn("no such file", self.build(["true"], "--against", "/nonexistent/x").err)


@unittest.skipUnless(sandbox_works(), "no sandbox can be made here")
class Hostile(AssayTest):
    """Builds that misbehave end, are reported, and leave nothing."""

    def setUp(self):
        super().setUp()
        self.mark = f"assay-test-{os.getpid()}-{id(self)}"
        self.temporary = self.directory / "tmp"
        self.temporary.mkdir()

    def run_build(self, script, *arguments, **options):
        root = self.directory / "project"
        root.mkdir(exist_ok=True)
        (root / "build.sh").write_text(script)
        recipe = self.directory / "recipe.toml"
        recipe.write_text(f'artifacts = ["out"]\n[environment]\nMARK = "{self.mark}"\n[[phase]]\nname = "build"\ncommands = ["sh ./build.sh"]\n')
        run = self.assay("rebuild", root, "--recipe", recipe, "--builds", "1", "--format", "json", *arguments,
                         environment={"TMPDIR": str(self.temporary)}, timeout=90, **options)
        self.expect_nothing_left()
        return run

    def processes(self):
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (process / "environ").read_bytes():
                    found.append(process.name)
            except OSError:
                pass
        return found

    def expect_nothing_left(self):
        deadline = time.monotonic() + 5
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual([], self.processes())
        self.assertEqual([], os.listdir(self.temporary))
        self.assertNotIn(self.mark, pathlib.Path("/proc/self/mounts").read_text())

    def expect_stopped(self, run, why):
        self.expect_exit(run, 5)
        self.assertIn(why, run.report["failure"]["because"])

    def test_a_build_that_hangs_is_stopped(self):
        self.expect_stopped(self.run_build("trap '' TERM INT; while :; do sleep 60; done", "--build-time", "2"), "did not end in time")

    def test_a_build_that_forks_without_end_is_stopped(self):
        self.expect_stopped(self.run_build("f() { f | f & }; f; sleep 60", "--build-time", "30", "--build-processes", "64"), "too many processes")

    def test_a_build_that_fills_the_disk_gets_no_more_of_it(self):
        run = self.run_build("for d in /build /tmp /dev/shm; do dd if=/dev/zero of=$d/x bs=1M 2>&1; done; exit 1", "--build-disk", "32M")
        self.expect_exit(run, 5)
        self.assertIn("No space left on device", run.report["failure"]["log"])

    def test_a_build_that_fills_memory_is_stopped(self):
        script = "perl -e 'my @x; push @x, \"a\" x 10_000_000 for 1..40; sleep 60' & perl -e 'my @x; push @x, \"a\" x 10_000_000 for 1..40; sleep 60'; exit 1"
        run = self.run_build(script, "--build-memory", "256M", "--build-time", "30")
        self.expect_exit(run, 5)
        self.assertTrue("too much memory" in run.report["failure"]["because"] or "Out of memory" in run.report["failure"]["log"], run)

    def test_a_build_that_writes_log_without_end_is_stopped(self):
        run = self.run_build("yes", "--build-time", "60", "--no-trace")
        self.expect_stopped(run, "log")

    def test_daemons_and_detached_processes_die_with_the_build(self):
        run = self.run_build("(setsid sleep 300 >/dev/null 2>&1 &) ; nohup setsid sh -c 'trap \"\" HUP TERM; sleep 300' >/dev/null 2>&1 & echo x > out")
        self.expect_exit(run, 3)  # one build alone proves nothing
        self.assertEqual([], [name for name in self.processes()])

    def test_a_build_that_kills_everything_it_can_see_is_reported(self):
        # Whom it hits first is a race: the one who runs the phases, or the command alone.
        run = self.run_build("kill -9 $PPID; kill -9 -1; sleep 5")
        self.expect_exit(run, 5)
        self.assertRegex(run.report["failure"]["because"], "killed|exit code 137")

    def test_setuid_programs_gain_nothing(self):
        run = self.run_build("cp /usr/bin/id ./myid; chmod u+s ./myid; ./myid -u > out; (su -c id root || mount -t tmpfs x /tmp) </dev/null >>out 2>&1; test \"$(head -n 1 out)\" != 0")
        self.expect_exit(run, 3)

    def test_the_host_cannot_be_written(self):
        run = self.run_build("for f in /usr/x /etc/x /x /var/lib/dpkg/x /proc/sys/kernel/hostname; do if echo x 2>/dev/null > $f; then echo $f; fi; done > out 2>/dev/null; ! [ -s out ] && echo fine > out")
        self.expect_exit(run, 3)

    def test_no_sandbox_leaves_no_daemon_either(self):
        run = self.run_build("(setsid sleep 300 >/dev/null 2>&1 &); echo x > out", "--no-sandbox", "--no-trace")
        self.expect_exit(run, 3)

    def test_what_an_interrupted_run_finished_is_taken_over_by_the_next(self):
        for which in (signal.SIGINT, signal.SIGKILL):
            work, root = self.directory / f"work-{which}", self.directory / "project"
            root.mkdir(exist_ok=True)
            (root / "in").write_text("text\n")
            gate = self.directory / "recipe.toml"
            # The second build of two equal ones is the one that is caught: it finds the first one's outcome kept.
            gate.write_text(f'artifacts = ["out"]\n[environment]\nMARK = "{self.mark}"\n[[phase]]\nname = "build"\ncommands = ["tr a-z A-Z < in > out; sleep 1"]\n')
            words = ["rebuild", root, "--recipe", gate, "--builds", "3", "--work", work, "--format", "json"]
            process = subprocess.Popen([ASSAY, *words], env=os.environ | {"TMPDIR": str(self.temporary)},
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
            deadline = time.monotonic() + 60
            while not (work / "build-2").exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(which)
            process.wait(timeout=30)
            self.expect_nothing_left()
            self.assertTrue((work / "build-1/outcome").exists())
            run = self.assay(*words, environment={"TMPDIR": str(self.temporary)})
            self.expect_exit(run, 0)
            self.assertEqual([True, False, False], [build["kept"] for build in run.report["builds"]], str(run))
            self.assertIn("taken over", " ".join(run.report["notes"]))
            again = self.assay(*words)
            self.assertEqual([True] * 3, [build["kept"] for build in again.report["builds"]])
            self.assertEqual([a["sha256"] for a in run.report["artifacts"]], [a["sha256"] for a in again.report["artifacts"]])
            self.assertEqual(run.report["trace"], again.report["trace"])
            (work / "build-1/artifacts/out").write_text("another\n")
            self.assertEqual([False, True, True], [build["kept"] for build in self.assay(*words).report["builds"]])
            (root / "in").write_text("other text\n")
            self.assertEqual([False] * 3, [build["kept"] for build in self.assay(*words).report["builds"]])

    def interrupted(self, which):
        root = self.directory / "project"
        root.mkdir()
        (root / "build.sh").write_text("touch started; sleep 300")
        recipe = self.directory / "recipe.toml"
        recipe.write_text(f'artifacts = ["out"]\n[environment]\nMARK = "{self.mark}"\n[[phase]]\nname = "build"\ncommands = ["sh ./build.sh"]\n')
        process = subprocess.Popen([ASSAY, "rebuild", root, "--recipe", recipe], env=os.environ | {"TMPDIR": str(self.temporary)},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertTrue(self.processes(), "the build never began")
        process.send_signal(which)
        process.wait(timeout=30)
        deadline = time.monotonic() + 5
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual([], self.processes())

    def test_an_interrupt_ends_everything_and_leaves_no_files(self):
        self.interrupted(signal.SIGINT)
        self.assertEqual([], os.listdir(self.temporary))

    def test_a_kill_ends_everything(self):
        self.interrupted(signal.SIGKILL)


class WithoutSandbox(AssayTest):
    def test_without_bubblewrap_nothing_is_built_and_the_remedy_is_named(self):
        root = self.directory / "project"
        root.mkdir()
        (root / "Makefile").write_text("all:\n\ttouch built\n")
        empty = self.directory / "bin"
        empty.mkdir()
        run = self.assay("rebuild", root, environment={"PATH": str(empty)})
        self.expect_exit(run, 2)
        self.assertIn("bubblewrap (bwrap) is not installed", run.err)
        self.assertIn("apt install bubblewrap", run.err)
        self.assertFalse((root / "built").exists())


if __name__ == "__main__":
    assay_test.main()
