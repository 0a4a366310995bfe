#!/usr/bin/python3
"""`assay check --regenerate`: real generators in a sandbox, tampered releases, and build scripts that fight the sandbox."""
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import time
import unittest

from assay_test import FIXTURES, SOURCE, AssayTest

TALLY = FIXTURES / "tally-generated"
HAVE_AUTOTOOLS = (TALLY / "tally.git").exists()


def git(*words, cwd):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                   "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
                   "GIT_AUTHOR_DATE": "1600000000 +0000", "GIT_COMMITTER_DATE": "1600000000 +0000"}
    subprocess.run(["git", *words], cwd=cwd, env=environment, check=True, stdout=subprocess.DEVNULL)


def sandbox_works():
    probe = subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], check=False, stderr=subprocess.DEVNULL) if shutil.which("bwrap") else None
    return probe is not None and probe.returncode == 0


@unittest.skipUnless(sandbox_works(), "no sandbox can be made here")
class RegenerateTest(AssayTest):
    def regenerate(self, tarball, vcs, *options, **how):
        if "--cache" not in options and "--no-cache" not in options:
            options = (*options, "--no-cache")
        return self.assay("check", tarball, "--vcs", vcs, "--regenerate", "--format", "json", *options, **how)

    def project(self, private=False, **files):
        """A repository with these files, tagged v1.0, and a release of it with one file that is not in it."""
        # Where not everyone may look, a root's sandbox gives up root only when it has what it must show.
        self.directory.chmod(0o700 if private else 0o755)
        source = self.directory / "project"
        source.mkdir()
        git("init", "-q", "-b", "main", cwd=source)
        for name, text in files.items():
            file = source / name
            file.write_text(text)
            file.chmod(0o755)
        git("add", "-A", cwd=source)
        git("commit", "-q", "-m", "import", cwd=source)
        git("tag", "v1.0", cwd=source)
        with tarfile.open(self.directory / "project-1.0.tar.gz", "w:gz") as tar:
            for name in files:
                tar.add(source / name, f"project-1.0/{name}")
            (self.directory / "made").write_text("made by hand\n")
            tar.add(self.directory / "made", "project-1.0/made.txt")
        return self.directory / "project-1.0.tar.gz", source

    def fight(self, script, *options, private=False, **how):
        """Regenerate a project whose bootstrap script is `script`; the run and how long it took."""
        tarball, source = self.project(private, bootstrap="#!/bin/sh\n" + script)
        start = time.monotonic()
        run = self.regenerate(tarball, source, "--recipe", "./bootstrap", *options, **how)
        return run, time.monotonic() - start

    def expect_nothing_left(self, mark):
        listing = subprocess.run(["ps", "-eo", "args"], stdout=subprocess.PIPE, check=True).stdout.decode(errors="replace")
        self.assertNotIn(mark, listing)

    def gaps(self, run):
        return " / ".join(f"{gap['what']}: {gap['reason']} {gap['remedy']}" for gap in run.report["coverage"]["gaps"])

    def rules(self, run):
        return [finding["rule"] for finding in run.report["findings"]]


@unittest.skipUnless(HAVE_AUTOTOOLS, "the fixture needs Autoconf and Automake")
class Tally(RegenerateTest):
    def test_a_clean_release_is_verified(self):
        run = self.regenerate(TALLY / "clean/tally-1.4.0.tar.gz", f"{TALLY}/tally.git@v1.4.0")
        self.expect_exit(run, 0)
        self.expect_verdict(run, "verified")
        proofs = {entry["path"]: entry["proof"] for entry in run.report["entries"]}
        for path in ("configure", "Makefile.in", "aclocal.m4", "config.h.in"):
            self.assertEqual("regenerated", proofs[path], path)

    def test_what_configure_made_for_a_machine_is_no_part_of_the_release(self):
        """A build beside the sources would read this one before its own."""
        archive = self.directory / "tally-1.4.0.tar.gz"
        with tarfile.open(TALLY / "clean/tally-1.4.0.tar.gz") as tar:
            tar.extractall(self.directory, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(self.directory)
        subprocess.run(["sh", "-c", "./configure >/dev/null"], cwd=self.directory / "tally-1.4.0", check=True)
        with tarfile.open(TALLY / "clean/tally-1.4.0.tar.gz") as clean, tarfile.open(archive, "w:gz") as tar:
            for member in clean:
                tar.addfile(member, clean.extractfile(member) if member.isfile() else None)
            tar.add(self.directory / "tally-1.4.0/config.h", "tally-1.4.0/config.h")
        run = self.regenerate(archive, f"{TALLY}/tally.git@v1.4.0")
        self.expect_entry(run, "config.h", "added", "composed")
        self.expect_verdict(run, "explained")

    def test_lines_put_into_configure_alone_are_the_only_novel_ones(self):
        run = self.regenerate(TALLY / "configure-only/tally-1.4.0.tar.gz", f"{TALLY}/tally.git@v1.4.0")
        self.expect_exit(run, 1)
        configure = next(entry for entry in run.report["entries"] if entry["path"] == "configure")
        novel = [line["text"].replace("\\\\", "\\").strip() for line in configure["novel"]]
        for line in (TALLY / "injected.txt").read_text().splitlines():
            self.assertIn(line.strip(), novel)
        self.assertLessEqual(len(novel), len((TALLY / "injected.txt").read_text().splitlines()) + 5)
        finding = next(finding for finding in run.report["findings"] if finding["rule"] == "provenance-generated-injected")
        self.assertEqual("critical", finding["severity"])
        self.assertIn("do not run it", finding["remedy"])
        # Whoever only looks at the screen sees them all as well.
        screen = self.assay("check", TALLY / "configure-only/tally-1.4.0.tar.gz", "--vcs", f"{TALLY}/tally.git@v1.4.0", "--regenerate", "--no-cache").out
        for line in novel:
            self.assertIn(line[:50], screen.replace("\\\\", "\\"))

    def test_a_macro_file_that_only_the_release_has_makes_configure_differ(self):
        run = self.regenerate(TALLY / "macro/tally-1.4.0.tar.gz", f"{TALLY}/tally.git@v1.4.0")
        self.expect_exit(run, 1)
        self.assertIn("provenance-generated-injected", self.rules(run))

    def test_aclocal_m4_is_known_macro_files_one_after_another(self):
        with tarfile.open(TALLY / "clean/tally-1.4.0.tar.gz") as tar:
            members = {member.name.split("/", 1)[1]: tar.extractfile(member).read() for member in tar if member.isfile()}
        text = members["aclocal.m4"]
        sanity = text[text.index(b"# Check to make sure that the build environment is sane."):]
        twice = sanity[:sanity.index(b"\n\n# Copyright", 100) + 2]
        python = b"".join(line for line in pathlib.Path("/usr/share/aclocal-1.16/python.m4").read_bytes().splitlines(True) if not line.startswith(b"##"))
        for proof, changed in (("derived", text),
                               # Of a head of several lines aclocal leaves out each.
                               ("derived", text.replace(twice, python + b"\n" + twice)),
                               ("unexplained", text.replace(twice, python.replace(b"import sys", b"import os") + b"\n" + twice)),
                               ("unexplained", text.replace(b"AC_DEFUN([AM_SANITY_CHECK],", b"AC_DEFUN([AM_SANITY_CHECK], [true])AC_DEFUN([AM_OTHER],")),
                               ("unexplained", text + b"m4_include([m4/not-there.m4])\n"),
                               # A fixture is no macro file, wherever its name stands.
                               ("unexplained", text + b"m4_include([tests/data/sample.m4])\n"),
                               ("unexplained", text + b"m4_esyscmd([true])\n"),
                               ("unexplained", text.replace(b"m4_ifndef([AC_AUTOCONF_VERSION],", b"m4_ifndef([AC_AUTOCONF_VERSION2],")),
                               # Which of two definitions wins would be the attacker's choice.
                               ("unexplained", text.replace(twice, twice + twice)),
                               ("derived", text)):
            with tarfile.open(self.directory / "tally-1.4.0.tar.gz", "w:gz") as tar:
                for name, content in (members | {"aclocal.m4": changed, "tests/data/sample.m4": b"AC_DEFUN([X], [])\n"}).items():
                    info = tarfile.TarInfo(f"tally-1.4.0/{name}")
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
            run = self.assay("check", self.directory / "tally-1.4.0.tar.gz", "--vcs", f"{TALLY}/tally.git@v1.4.0", "--format", "json")
            proofs = {entry["path"]: entry["proof"] for entry in run.report["entries"]}
            self.assertEqual(proof, proofs["aclocal.m4"], str(run))

    def test_a_second_run_takes_the_outcome_from_the_cache(self):
        cache = self.directory / "cache"
        first = self.regenerate(TALLY / "clean/tally-1.4.0.tar.gz", f"{TALLY}/tally.git@v1.4.0", "--cache", cache)
        self.assertEqual(1, len(list(cache.glob("*.regenerated"))))
        # Without bubblewrap nothing can be run, so this one ran nothing.
        second = self.regenerate(TALLY / "clean/tally-1.4.0.tar.gz", f"{TALLY}/tally.git@v1.4.0", "--cache", cache, environment={"PATH": "/nonexistent"})
        self.expect_verdict(second, "verified")
        self.assertEqual(first.raw, second.raw)

    def test_a_cache_that_others_may_write_to_is_refused_and_left_as_it_is(self):
        cache = self.directory / "cache"
        cache.mkdir()
        cache.chmod(0o777)
        run = self.assay("check", TALLY / "clean/tally-1.4.0.tar.gz", "--vcs", f"{TALLY}/tally.git@v1.4.0", "--regenerate", "--cache", cache)
        self.expect_error(run, "others may write there", "a directory of your own")
        self.assertEqual(0o777, cache.stat().st_mode & 0o777)

    def test_a_damaged_cache_entry_is_made_again(self):
        cache = self.directory / "cache"
        self.regenerate(TALLY / "clean/tally-1.4.0.tar.gz", f"{TALLY}/tally.git@v1.4.0", "--cache", cache)
        entry = next(cache.glob("*.regenerated"))
        content = bytearray(entry.read_bytes())
        content[-10] ^= 1
        entry.write_bytes(content)
        run = self.regenerate(TALLY / "clean/tally-1.4.0.tar.gz", f"{TALLY}/tally.git@v1.4.0", "--cache", cache)
        self.expect_verdict(run, "verified")
        self.assertNotEqual(bytes(content), entry.read_bytes())

    def test_runs_side_by_side_share_a_cache(self):
        cache = self.directory / "cache"
        command = ["check", TALLY / "clean/tally-1.4.0.tar.gz", "--vcs", f"{TALLY}/tally.git@v1.4.0", "--regenerate", "--cache", cache, "--format", "json"]
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        runs = [subprocess.Popen([os.environ["ASSAY"], *map(str, command)], env=environment, stdout=subprocess.PIPE) for _ in range(3)]
        verdicts = [json.loads(run.communicate(timeout=120)[0])["verdict"] for run in runs]
        self.assertEqual(["verified"] * 3, verdicts)
        self.assertEqual(1, len(list(cache.iterdir())))


class Greet(RegenerateTest):
    def test_the_clean_release_is_verified(self):
        run = self.regenerate(FIXTURES / "hello-clean/greet-1.2.0.tar.gz", f"{FIXTURES}/hello-clean/greet.git@v1.2.0")
        self.expect_exit(run, 0)
        self.expect_verdict(run, "verified")

    def test_of_the_injected_release_exactly_the_injected_lines_are_novel(self):
        run = self.regenerate(FIXTURES / "hello-injected/greet-1.2.0.tar.gz", f"{FIXTURES}/hello-injected/greet.git@v1.2.0")
        self.expect_verdict(run, "suspect")
        injected, path = {}, None
        for line in (SOURCE / "fixtures/hello-injected/inject.patch").read_text().splitlines():
            if line.startswith("+++ "):
                path = line.removeprefix("+++ b/")
            elif line.startswith("+"):
                injected.setdefault(path, set()).add(" ".join(line[1:].split()))
        novel = {entry["path"]: {" ".join(line["text"].replace("\\\\", "\\").split()) for line in entry["novel"]} for entry in run.report["entries"] if entry.get("novel")}
        self.assertEqual(injected.keys(), novel.keys(), str(run))
        for name, lines in injected.items():
            # Two of them stand elsewhere in the honest script too, and blank ones are no lines.
            self.assertEqual(lines - {"cat >> config.status <<_ACEOF || exit 1", "_ACEOF", ""}, novel[name])
        finding = next(finding for finding in run.report["findings"] if finding["rule"] == "provenance-generated-injected")
        self.assertEqual(("critical", "configure"), (finding["severity"], finding["path"]))


class HostileScripts(RegenerateTest):
    def test_a_fork_bomb_is_stopped_and_reported(self):
        run, took = self.fight("bomb() { bomb 7461 | bomb 7461 & }\nbomb 7461\nsleep 100\n")
        self.assertLess(took, 60)
        self.assertIn("rebuild-sandbox-limit", self.rules(run), str(run))
        self.assertEqual("inconclusive", run.report["verdict"])
        self.expect_nothing_left("bomb 7461")

    def test_a_fork_bomb_in_a_repository_that_others_cannot_read_is_stopped_too(self):
        run, took = self.fight("bomb() { bomb 7462 | bomb 7462 & }\nbomb 7462\nsleep 100\n", private=True)
        self.assertLess(took, 60)
        self.assertIn("rebuild-sandbox-limit", self.rules(run), str(run))
        self.expect_nothing_left("bomb 7462")

    def test_the_history_of_a_repository_that_others_cannot_read_is_there_and_root_is_not(self):
        run, _ = self.fight("git log --oneline | grep -q import || exit 7\ntest $(id -u) != 0 || exit 9\n"
                            "grep -q 'CapEff:.0*$' /proc/self/status || exit 10\ntouch /usr/mark-7468 && exit 11\nexit 8\n", private=True)
        self.assertIn("exit code 8", self.gaps(run))

    def test_a_disk_filler_meets_the_end_of_its_own_file_system(self):
        before = shutil.disk_usage("/tmp").free
        run, took = self.fight("i=0; while head -c 268435456 /dev/zero > fill$i; do i=$((i+1)); done; exit 9\n")
        self.assertLess(took, 100)
        self.expect_exit(run, 3)
        self.assertIn("exit code 9", self.gaps(run))
        self.assertLess(abs(before - shutil.disk_usage("/tmp").free), 1 << 30)

    def test_nothing_outside_can_be_written(self):
        target = self.directory / "outside"
        target.mkdir()
        run, _ = self.fight(f"for place in {target} /usr /etc /vcs / /home /root /proc/sys/kernel; do echo x > $place/mark-7463 && echo wrote $place > made.txt; done; exit 0\n")
        self.assertEqual([], list(target.iterdir()))
        self.assertFalse(any(pathlib.Path(place, "mark-7463").exists() for place in ("/usr", "/etc", "/", "/root")))
        self.assertEqual("unexplained", run.report["verdict"])

    def test_there_is_no_network(self):
        run, _ = self.fight("ls /sys/class/net 2>/dev/null; (exec 3<>/dev/tcp/127.0.0.1/1) 2>/dev/null\n"
                            "test \"$(grep -c : /proc/net/dev)\" -le 1 || exit 7\ngrep -q '^ *lo:' /proc/net/dev && exit 8\nexit 7\n")
        self.assertIn("exit code 8", self.gaps(run))

    def test_the_release_cannot_be_seen(self):
        run, _ = self.fight(f"cat {self.directory}/project-1.0.tar.gz >/dev/null 2>&1 && exit 7\nfind / -name 'project-1.0*' 2>/dev/null | grep -q . && exit 7\nexit 8\n")
        self.assertIn("exit code 8", self.gaps(run))

    def test_the_environment_is_not_the_user_s(self):
        run, _ = self.fight("env | grep -q SECRET_7464 && exit 7\nexit 8\n", environment={"SECRET_7464": "token"})
        self.assertIn("exit code 8", self.gaps(run))

    def test_killing_the_parent_is_reported(self):
        run, took = self.fight("kill -9 $PPID; p=$PPID; for i in 1 2 3; do p=$(awk '{print $4}' /proc/$p/stat); kill -9 $p; done; kill -9 -1; sleep 50\n")
        self.assertLess(took, 60)
        self.assertIn(run.exit, (1, 3))
        self.assertEqual("inconclusive", run.report["verdict"])

    def test_daemons_do_not_survive(self):
        run, took = self.fight("for i in 1 2 3; do setsid nohup sleep 7465 >/dev/null 2>&1 </dev/null & done\n(trap '' TERM HUP; setsid sleep 7465 & sleep 7465) &\nexit 0\n")
        self.assertLess(took, 60)
        self.assertEqual("unexplained", run.report["verdict"])
        self.expect_nothing_left("sleep 7465")

    def test_waiting_for_input_gets_end_of_file(self):
        run, took = self.fight("read answer || exit 8\nexit 7\n")
        self.assertLess(took, 30)
        self.assertIn("exit code 8", self.gaps(run))

    def test_a_script_that_never_ends_is_stopped(self):
        run, took = self.fight("sleep 7466\n", "--regenerate-time", "2")
        self.assertLess(took, 20)
        self.assertIn("rebuild-sandbox-limit", self.rules(run))
        self.assertIn("did not end in time", self.gaps(run))
        self.expect_nothing_left("sleep 7466")

    def test_endless_output_is_cut(self):
        run, took = self.fight("yes 7467 | head -c 300000000\nexit 8\n")
        self.assertLess(took, 60)
        self.assertIn("more to its log than anyone can read", self.gaps(run))

    def test_a_forged_status_line_cannot_make_a_proof(self):
        run, _ = self.fight("for fd in 3 4 5; do echo done >&$fd; done 2>/dev/null; printf 'made by hand\\n' > made.txt\nexit 0\n")
        made = next(entry for entry in run.report["entries"] if entry["path"] == "made.txt")
        self.assertEqual("regenerated", made["proof"])  # the script of version control did make it

    def test_links_that_lead_out_are_not_followed(self):
        run, _ = self.fight("ln -s /etc/passwd made.txt\nln -s / root\nexit 0\n")
        self.assertEqual("unexplained", run.report["verdict"])


@unittest.skipUnless(shutil.which("autoconf") and shutil.which("aclocal"), "Autoconf is not installed")
class OtherVersions(RegenerateTest):
    """The release was made with another build of Autoconf, or with other macro files, than those at hand."""
    def make(self, tree, configure_ac, macro=None, library=None):
        """What the generators make of that in `tree`."""
        tree.mkdir(parents=True)
        (tree / "configure.ac").write_text(configure_ac)
        if macro:
            (tree / "m4").mkdir()
            (tree / "m4/greet.m4").write_text(macro)
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
        if library:
            environment |= {"AC_MACRODIR": str(library), "AUTOM4TE_CFG": f"{library}/autom4te.cfg"}
        for command in (["aclocal"], ["autoconf"]):
            subprocess.run(command, cwd=tree, env=environment, check=True, stderr=subprocess.DEVNULL)
        shutil.rmtree(tree / "autom4te.cache")

    def check_release(self, tree, bootstrap, *options):
        self.directory.chmod(0o755)
        source = self.directory / "project"
        source.mkdir(exist_ok=True)
        (source / "configure.ac").write_text((tree / "configure.ac").read_text())
        (source / "bootstrap").write_text("#!/bin/sh\nset -e\n" + bootstrap + "aclocal\nautoconf\n")
        (source / "bootstrap").chmod(0o755)
        git("init", "-q", "-b", "main", cwd=source)
        git("add", "-A", cwd=source)
        git("commit", "-q", "--allow-empty", "-m", "import", cwd=source)
        git("tag", "-f", "v1.0", cwd=source)
        shutil.copy(source / "bootstrap", tree)
        with tarfile.open(self.directory / "greet-1.0.tar.gz", "w:gz") as tar:
            tar.add(tree, "greet-1.0")
        run = self.regenerate(self.directory / "greet-1.0.tar.gz", f"{source}@v1.0", "--recipe", "./bootstrap", *options)
        return run, {entry["path"]: entry for entry in run.report["entries"]}

    def library(self):
        """Autoconf's macros without what Debian mends in them."""
        installed = pathlib.Path("/usr/share/autoconf")
        copy = self.directory / "library"
        shutil.copytree(installed, copy)
        for frozen in copy.glob("*/*.m4f"):
            frozen.unlink()
        macros = (copy / "autoconf/c.m4").read_text()
        released = macros.replace("AC_CACHE_VAL([ac_cv_prog_cxx_cxx$1],", "AC_CACHE_VAL(ac_cv_prog_cxx_$1,").replace("\n[ac_cv_prog_cxx_cxx$1=no", "\n[ac_cv_prog_cxx_$1=no")
        if released == macros:
            self.skipTest("this Autoconf is not Debian's 2.71")
        (copy / "autoconf/c.m4").write_text(released)
        (copy / "autom4te.cfg").write_text((copy / "autom4te.cfg").read_text().replace(f"'{installed}'", f"'{copy}'"))
        return copy

    def test_configure_of_the_released_autoconf_is_made_with_its_macros(self):
        tree = self.directory / "release"
        self.make(tree, "AC_INIT([greet], [1.0])\nAC_PROG_CXX\nAC_OUTPUT\n", library=self.library())
        run, entries = self.check_release(tree, "")
        self.assertEqual("regenerated", entries["configure"]["proof"], str(run))
        self.assertIn("as its authors released it", entries["configure"]["evidence"]["made with"])
        self.expect_verdict(run, "verified")
        made = (tree / "configure").read_text()
        (tree / "configure").write_text(made + "eval `sed -n 2p $srcdir/tests/data`\n")
        run, _ = self.check_release(tree, "")
        self.assertEqual(["critical"], [finding["severity"] for finding in run.report["findings"] if finding["path"] == "configure"], str(run))
        (tree / "configure").write_text(made + "evil=1\n")
        run, entries = self.check_release(tree, "")
        self.assertEqual(("unexplained", ["evil=1"]), (entries["configure"]["proof"], [line["text"] for line in entries["configure"]["novel"]]))
        self.assertEqual("read its 1 novel line: its generators, run on version control, make this very file without it; find out what made it", entries["configure"]["next_step"])
        self.assertEqual(["medium"], [finding["severity"] for finding in run.report["findings"] if finding["path"] == "configure"])
        # What the line does makes it worse, though one such line alone is honest elsewhere.
        (tree / "configure").write_text(made + 'eval "$evil"\n')
        run, _ = self.check_release(tree, "")
        self.assertEqual(["high"], [finding["severity"] for finding in run.report["findings"] if finding["path"] == "configure"])

    def published(self, macro):
        """Rule data that know that macro file, and nothing else."""
        upstream = self.directory / "upstream"
        upstream.mkdir()
        (upstream / "greet.m4").write_text(macro)
        git("init", "-q", "-b", "main", cwd=upstream)
        git("add", "-A", cwd=upstream)
        git("commit", "-q", "-m", "publish", cwd=upstream)
        (self.directory / "rules/known").mkdir(parents=True)
        self.expect_exit(self.assay("known", "index", upstream, "--url", "https://example.org/greet.git", "-o", self.directory / "rules/known/greet"), 0)
        return self.directory / "rules"

    def test_a_published_macro_file_of_the_release_takes_the_place_of_the_one_at_hand(self):
        macro = "# serial {0}\nAC_DEFUN([GREET], [AC_MSG_NOTICE([hello {0}])])\n"
        tree = self.directory / "release"
        self.make(tree, "AC_INIT([greet], [1.0])\nAC_CONFIG_MACRO_DIRS([m4])\nGREET\nAC_OUTPUT\n", macro.format(1))
        bootstrap = f"mkdir -p m4\ncat > m4/greet.m4 <<'END'\n{macro.format(2)}END\n"
        run, entries = self.check_release(tree, bootstrap, "--rules", self.published(macro.format(1)))
        self.assertEqual(("known", "regenerated"), (entries["m4/greet.m4"]["proof"], entries["configure"]["proof"]), str(run))
        self.assertIn("m4/greet.m4 (greet)", entries["configure"]["evidence"]["made with"])
        # What nobody published is the release's own, and makes no proof.
        run, entries = self.check_release(tree, bootstrap)
        self.assertEqual(("unexplained", "unexplained"), (entries["m4/greet.m4"]["proof"], entries["configure"]["proof"]), str(run))


class WhatCountsAsTheSame(RegenerateTest):
    def proof_of_made(self, *commands):
        tarball, source = self.project(readme="hello\n")
        options = [word for command in commands for word in ("--recipe", command)]
        run = self.regenerate(tarball, source, *options)
        return next(entry["proof"] for entry in run.report["entries"] if entry["path"] == "made.txt")

    def test_blank_lines_at_the_end_are_nothing(self):
        self.assertEqual("derived", self.proof_of_made("printf 'made by hand\\n\\n' > made.txt"))

    def test_blanks_in_a_line_are_not(self):
        self.assertNotIn(self.proof_of_made("printf 'made by  hand\\n' > made.txt"), ("derived", "regenerated"))

    def test_a_file_of_the_same_name_made_elsewhere_is_not_this_one(self):
        self.assertEqual("unexplained", self.proof_of_made("mkdir a; echo made by hand > a/made.txt"))

    def test_but_not_in_the_place_of_another_that_was_made_there(self):
        self.assertEqual("unexplained", self.proof_of_made("mkdir a; echo made by hand > a/made.txt; echo otherwise > made.txt"))


class WhatTheGeneratorsMade(RegenerateTest):
    """A generator's output that was changed in code, without one line that stands nowhere."""
    MADE = '#!/bin/sh\nset -e\nmirror=10.1.1.1\nMIN_TLS=1.3\n/usr/lib/tool-1.2-safe --go\nsh ./verify.sh || exit 1\necho built 0.9\n'

    def proof_of(self, shipped):
        tarball, source = self.project(**{"gen.sh": f"#!/bin/sh\ncat > configure <<'EOF'\n{self.MADE}EOF\n"})
        with tarfile.open(tarball, "w:gz") as tar:
            tar.add(source / "gen.sh", "project-1.0/gen.sh")
            (self.directory / "made").write_text(shipped)
            tar.add(self.directory / "made", "project-1.0/configure")
        run = self.regenerate(tarball, f"{source}@v1.0", "--recipe", "./gen.sh")
        return next(entry["proof"] for entry in run.report["entries"] if entry["path"] == "configure")

    def test_a_check_taken_away_is_not_explained(self):
        self.assertEqual("unexplained", self.proof_of(self.MADE.replace("sh ./verify.sh || exit 1\n", "")))

    def test_lines_in_another_order_are_not_explained(self):
        self.assertEqual("unexplained", self.proof_of(self.MADE.replace("set -e\n", "") + "set -e\n"))

    def test_a_line_of_the_same_file_put_in_once_more_is_not_explained(self):
        self.assertEqual("unexplained", self.proof_of(self.MADE.replace("set -e\n", "set -e\n/usr/lib/tool-1.2-safe --go\n")))

    def test_an_address_is_no_stamp(self):
        self.assertEqual("unexplained", self.proof_of(self.MADE.replace("10.1.1.1", "6.6.6.6")))

    def test_the_oldest_version_that_will_do_is_no_stamp(self):
        self.assertEqual("unexplained", self.proof_of(self.MADE.replace("1.3", "1.1")))

    def test_a_word_behind_a_version_is_no_part_of_it(self):
        self.assertEqual("unexplained", self.proof_of(self.MADE.replace("1.2-safe", "1.0-evil")))

    def test_a_carriage_return_is_a_difference(self):
        self.assertEqual("unexplained", self.proof_of(self.MADE.replace("set -e\n", "set -e\r\n")))

    def test_what_looks_like_a_comment_in_a_here_document_is_none(self):
        self.MADE = "#!/bin/sh\ncat > hosts <<END\n# 10.1.1.1\nEND\n"
        self.assertEqual("unexplained", self.proof_of(self.MADE.replace("10.1.1.1", "6.6.6.6")))

    def test_a_version_that_nothing_calls_the_release_s_own_is_no_stamp(self):
        self.assertEqual("unexplained", self.proof_of(self.MADE.replace("built 0.9", "built 1.0")))

    def test_the_release_s_own_version_is_a_stamp(self):
        self.MADE += "PACKAGE_VERSION='0.9'\n"
        self.assertEqual("composed", self.proof_of(self.MADE.replace("0.9", "1.0")))


class WhatWouldProveIt(RegenerateTest):
    """Each file without a proof says what would give it one."""
    HEADER = "/* src/x_config.h.in.  Generated from configure.ac by autoheader.  */\n#undef A\n#undef B\n"

    def unproven(self, files, release):
        tarball, source = self.project(**({"gen.sh": f"#!/bin/sh\nmkdir -p src; cat > src/x_config.h.in <<'EOF'\n{self.HEADER}EOF\n"} | files))
        with tarfile.open(tarball, "w:gz") as tar:
            for name, text in ({"gen.sh": (source / "gen.sh").read_text()} | release).items():
                info = tarfile.TarInfo(f"project-1.0/{name}")
                info.size, info.mode = len(text), 0o755 if name == "gen.sh" else 0o644
                tar.addfile(info, io.BytesIO(text.encode()))
        run = self.regenerate(tarball, f"{source}@v1.0", "--recipe", "./gen.sh")
        return {entry["path"]: entry for entry in run.report["entries"] if entry["proof"] == "unexplained"}

    def test_a_copy_by_another_version_of_its_generator_has_the_lines_that_this_one_does_not_make(self):
        entry = self.unproven({}, {"example/x_config.h.in": self.HEADER + "#undef OLD\n"})["example/x_config.h.in"]
        self.assertEqual(["#undef OLD"], [line["text"] for line in entry["novel"]])
        self.assertEqual("none of the steps that were run here makes it, though it says that autoheader did: name the one that does (--recipe COMMAND), or read its 1 novel line", entry["next_step"])

    def test_a_text_that_was_changed_by_hand_is_held_against_version_control(self):
        entry = self.unproven({"README": "Status\n======\nA project.\n"}, {"README": "A project.\n"})["README"]
        self.assertIn("it is version control's file with no new line and without 2 of its lines", entry["next_step"])


class WhatMayNotTakeTheGeneratorsPlace(RegenerateTest):
    """A release whose configure lacks what a macro does, because the macro is not defined where it was made."""
    BOOTSTRAP = "#!/bin/sh\nset -e\naclocal --install -I m4\nautoconf\nautomake -ac\n"

    def configure_made_without(self, macro, files, remake):
        files = files | {"configure.ac": f"AC_INIT([greet], [1.0])\nAM_INIT_AUTOMAKE([foreign])\nAC_CONFIG_MACRO_DIRS([m4])\n{macro}\nAC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n",
                         "Makefile.am": "EXTRA_DIST = bootstrap\n", "bootstrap": self.BOOTSTRAP}
        source = self.directory / "project"
        for name, text in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        self.directory.chmod(0o755)
        (source / "bootstrap").chmod(0o755)
        git("init", "-q", "-b", "main", cwd=source)
        git("add", "-A", cwd=source)
        git("commit", "-q", "-m", "import", cwd=source)
        git("tag", "v1.0", cwd=source)
        tree = self.directory / "tree"
        shutil.copytree(source, tree, ignore=shutil.ignore_patterns(".git"))
        for command in ("mkdir -p m4; ./bootstrap", remake):
            subprocess.run(["sh", "-ec", command], cwd=tree, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for left in ("autom4te.cache", "macros"):
            shutil.rmtree(tree / left, ignore_errors=True)
        (tree / "configure~").unlink(missing_ok=True)
        self.assertIn(f"\n{macro}\n", (tree / "configure").read_text())
        with tarfile.open(self.directory / "greet-1.0.tar.gz", "w:gz") as tar:
            tar.add(tree, "greet-1.0")
        run = self.regenerate(self.directory / "greet-1.0.tar.gz", f"{source}@v1.0", "--recipe", "mkdir -p m4; ./bootstrap")
        return {entry["path"]: entry["proof"] for entry in run.report["entries"]}

    def test_an_aclocal_m4_without_the_project_s_own_macros(self):
        proofs = self.configure_made_without("HARDEN", {"m4/harden.m4": "AC_DEFUN([HARDEN], [CFLAGS=\"$CFLAGS -fstack-protector\"])\n"},
                                             "sed -i /harden/d aclocal.m4; ACLOCAL=true autoreconf -f")
        # make(1) would make configure anew of it, without the macro.
        self.assertEqual(("unexplained", "unexplained"), (proofs["configure"], proofs["aclocal.m4"]))

    def test_macros_of_the_toolchain_that_the_project_names(self):
        if not pathlib.Path("/usr/share/aclocal/host-cpu-c-abi.m4").exists():
            self.skipTest("the macros of gettext are not installed")
        proofs = self.configure_made_without("gl_HOST_CPU_C_ABI_32BIT", {},
                                             "cp -R /usr/share/aclocal macros; rm m4/* macros/host-cpu-c-abi.m4; aclocal --system-acdir=macros --install -I m4; autoconf -f; automake")
        self.assertEqual("unexplained", proofs["configure"])


class WhatStandsElsewhere(RegenerateTest):
    """Files that the recipe made for another place or of another version than the release's."""
    def entries(self, name, script, extra, files=None):
        tarball, source = self.project(**({"gen.sh": script} | (files or {})))
        with tarfile.open(self.directory / f"{name}.tar.gz", "w:gz") as tar:
            tar.add(source / "gen.sh", f"{name}/gen.sh")
            for place, text in extra.items():
                info = tarfile.TarInfo(f"{name}/{place}")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
        run = self.regenerate(self.directory / f"{name}.tar.gz", f"{source}@v1.0", "--recipe", "./gen.sh")
        return {entry["path"]: entry["proof"] for entry in run.report["entries"]}

    def test_a_directory_of_the_tree_is_no_release_that_was_made(self):
        tarball, source = self.project(readme="hello\n")
        (source / "zlib-1.2").mkdir()
        (source / "zlib-1.2/configure.ac").write_text("AC_INIT\n")
        git("add", "-A", cwd=source)
        git("commit", "-q", "-m", "bundle", cwd=source)
        git("tag", "-f", "v1.0", cwd=source)
        with tarfile.open(tarball, "w:gz") as tar:
            for name in ("readme", "zlib-1.2/configure.ac"):
                tar.add(source / name, f"project-1.0/{name}")
            for name in ("configure", "zlib-1.2/configure"):
                info = tarfile.TarInfo(f"project-1.0/{name}")
                info.size = len(b"echo zlib\n")
                tar.addfile(info, io.BytesIO(b"echo zlib\n"))
        run = self.regenerate(tarball, f"{source}@v1.0", "--recipe", "echo echo greet > configure", "--recipe", "echo echo zlib > zlib-1.2/configure")
        proofs = {entry["path"]: entry["proof"] for entry in run.report["entries"]}
        self.assertEqual(("unexplained", "regenerated"), (proofs["configure"], proofs["zlib-1.2/configure"]), str(run))

    def test_a_draft_of_a_file_is_not_the_file(self):
        self.assertEqual("unexplained", self.entries("project-1.0", "#!/bin/sh\necho allow=all > settings.sh.dist\n", {"settings.sh": "allow=all\n"})["settings.sh"])

    def test_a_version_that_the_tag_contradicts_is_not_asked_for(self):
        maketgz = "#!/bin/sh\nmkdir project-$1; cp configure.ac project-$1; echo $1 > project-$1/version.h; tar czf project-$1.tar.gz project-$1\n"
        tarball, source = self.project(maketgz=maketgz, bootstrap="#!/bin/sh\necho : > configure\nchmod +x configure\n", **{"configure.ac": "AC_INIT\n"})
        for version, proof in (("1.0", "regenerated"), ("9.9", "unexplained")):
            with tarfile.open(self.directory / f"project-{version}.tar.gz", "w:gz") as tar:
                tar.add(source / "configure.ac", f"project-{version}/configure.ac")
                info = tarfile.TarInfo(f"project-{version}/version.h")
                info.size = len(version) + 1
                tar.addfile(info, io.BytesIO(version.encode() + b"\n"))
            run = self.regenerate(self.directory / f"project-{version}.tar.gz", f"{source}@v1.0")
            self.assertEqual(proof, next(entry["proof"] for entry in run.report["entries"] if entry["path"] == "version.h"), str(run))


class WhatIsLeftOut(RegenerateTest):
    """A source that the release lacks."""
    def verdict(self, command):
        tarball, source = self.project(**{"configure": "#!/bin/sh\n", "a.c": "int a;\n", "b.c": "int b;\n", "tools.c": "int tools;\n"})
        with tarfile.open(tarball, "w:gz") as tar:
            for name in ("configure", "a.c", "b.c"):
                tar.add(source / name, f"project-1.0/{name}")
        return self.regenerate(tarball, f"{source}@v1.0", "--recipe", command).report["verdict"]

    def test_by_the_project_s_own_recipe_is_not_missed(self):
        self.assertEqual("verified", self.verdict("mkdir project-1.0 && cp configure a.c b.c project-1.0"))

    def test_that_the_recipe_puts_into_the_release_is(self):
        self.assertEqual("explained", self.verdict("mkdir project-1.0 && cp configure a.c b.c tools.c project-1.0"))

    def test_from_a_release_that_failed_or_is_of_little_says_nothing(self):
        self.assertEqual("explained", self.verdict("mkdir project-1.0 && cp configure a.c b.c project-1.0; exit 1"))
        (self.directory / "project").rename(self.directory / "before")
        self.assertEqual("explained", self.verdict("mkdir project-1.0 && cp configure project-1.0"))


class WhatIsNoPartOfARelease(RegenerateTest):
    """A file as it was made in the tree, or for the machine that it was made on: a build beside the sources may read the release's first."""
    ANSWERS = "/* config.h.  Generated from config.h.in by configure.  */\n#define HAVE_STDIO_H 1\n/* #undef HAVE_TALLY */\n"

    def proof_of(self, path, text, shipped=None, recipe="true"):
        tarball, source = self.project(**{"gen.sh": f"#!/bin/sh\ncat > {path} <<'EOF'\n{text}EOF\n{recipe}\n", "a.c": "int a;\n", "b.c": "int b;\n", "c.c": "int c;\n"})
        with tarfile.open(tarball, "w:gz") as tar:
            for name in ("gen.sh", "a.c", "b.c", "c.c"):
                tar.add(source / name, f"project-1.0/{name}")
            (self.directory / "made").write_text(shipped or text)
            tar.add(self.directory / "made", f"project-1.0/{path}")
        run = self.regenerate(tarball, f"{source}@v1.0", "--recipe", "./gen.sh")
        (self.directory / "project").rename(self.directory / f"before-{len(list(self.directory.iterdir()))}")
        return next(entry["proof"] for entry in run.report["entries"] if entry["path"] == path)

    def test_what_the_recipe_s_own_release_is_without_however_little_of_the_tree_that_has(self):
        self.assertEqual("regenerated", self.proof_of("made.txt", "made\n"))
        self.assertEqual("regenerated", self.proof_of("made.txt", "made\n", recipe="mkdir project-1.0; cp gen.sh made.txt project-1.0; touch project-1.0/configure"))
        self.assertEqual("composed", self.proof_of("made.txt", "made\n", recipe="mkdir project-1.0; cp gen.sh project-1.0; touch project-1.0/configure"))

    def test_what_configure_made_for_a_machine_though_the_recipe_s_release_has_it(self):
        put = "mkdir project-1.0; cp *.* project-1.0; touch project-1.0/configure"
        self.assertEqual("composed", self.proof_of("config.h", self.ANSWERS, recipe=put))
        self.assertEqual("composed", self.proof_of("config.h", self.ANSWERS))
        self.assertEqual("composed", self.proof_of("config.h", self.ANSWERS, self.ANSWERS.replace("by configure.", "by configure. ")))
        self.assertEqual("composed", self.proof_of("Makefile", "# Makefile.  Generated from Makefile.in by configure.\nall:\n"))
        self.assertEqual("regenerated", self.proof_of("tally.spec", "# tally.spec.  Generated from tally.spec.in by configure.\nVersion: 1.0\n", recipe=put))


class WhatIsMadeAlike(RegenerateTest):
    """Another file than the generators make here, and the same to whoever reads it."""
    def proof_of(self, path, made, shipped):
        tarball, source = self.project(**{"gen.sh": f"#!/bin/sh\ncat > {path} <<'EOF'\n{made}EOF\n"})
        with tarfile.open(tarball, "w:gz") as tar:
            tar.add(source / "gen.sh", "project-1.0/gen.sh")
            (self.directory / "made").write_text(shipped)
            tar.add(self.directory / "made", f"project-1.0/{path}")
        run = self.regenerate(tarball, f"{source}@v1.0", "--recipe", "./gen.sh")
        return next(entry["proof"] for entry in run.report["entries"] if entry["path"] == path)

    def test_a_makefile_without_what_nothing_uses(self):
        made = "# Makefile.in generated by automake 1.16.5 from Makefile.am.\nCC = @CC@\nFILECMD = @FILECMD@\nall:\n\t$(CC) a.c\n"
        self.assertEqual("composed", self.proof_of("Makefile.in", made, made.replace("FILECMD = @FILECMD@\n", "")))
        (self.directory / "project").rename(self.directory / "before")
        self.assertEqual("unexplained", self.proof_of("Makefile.in", made, made.replace("CC = @CC@\n", "")))

    def test_a_list_sorted_in_another_locale(self):
        made = '<C Include="c-hyper.c" />\n<C Include="cfilters.c" />\n'
        self.assertEqual("composed", self.proof_of("lib.vcxproj", made, '<C Include="cfilters.c" />\n<C Include="c-hyper.c" />\n'))

    def test_a_source_under_another_banner(self):
        made = '/* made from ./a.y */\n#line 1 "./a.y"\nint a;\n'
        self.assertEqual("derived", self.proof_of("a.c", made, made.replace("./a.y", "../src/a.y")))
        (self.directory / "project").rename(self.directory / "before")
        self.assertEqual("unexplained", self.proof_of("a.c", made, made.replace("int a;", "int b;")))


class Recipes(RegenerateTest):
    """The ways to a release that the tree itself shows, with the real tools."""
    def test_where_there_is_none_only_a_file_without_proof_misses_it(self):
        tarball, source = self.project(**{"a.c": "int a;\n"})
        run = self.regenerate(tarball, source)
        self.expect_exit(run, 3)
        self.assertIn("nothing in the tree says how a release is made from it", [gap["reason"] for gap in run.report["coverage"]["gaps"]])
        with tarfile.open(tarball, "w:gz") as tar:
            tar.add(source / "a.c", "project-1.0/a.c")
        run = self.regenerate(tarball, source)
        self.expect_verdict(run, "verified")
        self.expect_exit(run, 0)

    def proof_of_made(self, **files):
        tarball, source = self.project(**files)
        run = self.regenerate(tarball, source)
        entry = next(entry for entry in run.report["entries"] if entry["path"] == "made.txt")
        return entry["proof"], entry["evidence"].get("recipe"), run

    def expect_regenerated(self, recipe, **files):
        proof, used, run = self.proof_of_made(**files)
        self.assertEqual(("regenerated", recipe), (proof, used), str(run))
        self.expect_verdict(run, "verified")

    def test_meson_dist(self):
        build = "project('tally', version: '1.0')\nmeson.add_dist_script('dist.sh')\n"
        self.expect_regenerated("meson", **{"meson.build": build, "dist.sh": "#!/bin/sh\necho made by hand > \"$MESON_DIST_ROOT/made.txt\"\n"})

    def test_cpack_source(self):
        build = "cmake_minimum_required(VERSION 3.20)\nproject(tally VERSION 1.0 LANGUAGES NONE)\n"
        build += "file(WRITE ${CMAKE_SOURCE_DIR}/made.txt \"made by hand\\n\")\nset(CPACK_SOURCE_GENERATOR TGZ)\ninclude(CPack)\n"
        self.expect_regenerated("cmake", **{"CMakeLists.txt": build})

    def test_python_sdist(self):
        project = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n[project]\nname = 'tally'\nversion = '1.0'\n"
        setup = "from setuptools import setup\nopen('made.txt', 'w').write('made by hand\\n')\nsetup()\n"
        self.expect_regenerated("python", **{"pyproject.toml": project, "setup.py": setup, "MANIFEST.in": "include made.txt\n", "tally.py": "\n"})


    @unittest.skipUnless(shutil.which("npm") == "/usr/bin/npm", "npm is not installed where the sandbox has it")
    def test_npm_pack(self):
        package = {"name": "tally", "version": "1.0.0", "scripts": {"prepack": "node make.js"}, "files": ["made.txt", "index.js"]}
        tarball, source = self.project(**{"package.json": json.dumps(package, indent=2) + "\n", "index.js": "exports.tally = 1;\n",
                                          "make.js": "require('fs').writeFileSync('made.txt', 'made by hand\\n');\n"})
        self.pack_as_npm_does(tarball, source)
        run = self.regenerate(tarball, source)
        entry = next(entry for entry in run.report["entries"] if entry["path"] == "made.txt")
        self.assertEqual(("regenerated", "npm"), (entry["proof"], entry["evidence"].get("recipe")), str(run))
        self.assertEqual([], [entry for entry in run.report["entries"] if entry["proof"] in ("unexplained", "contradicted")], str(run))

    def pack_as_npm_does(self, tarball, source):
        with tarfile.open(tarball, "w:gz") as tar:
            for name in ("package.json", "index.js"):
                tar.add(source / name, f"package/{name}")
            tar.add(self.directory / "made", "package/made.txt")

    @unittest.skipUnless(os.path.exists("/usr/bin/cargo"), "cargo is not installed where the sandbox has it")
    def test_cargo_package(self):
        manifest = '[package]\nname = "tally"\nversion = "1.0.0"\nlicense = "MIT"\ndescription = "Counts."\n\n[lib]\npath = "lib.rs"\n'
        _, source = self.project(**{"Cargo.toml": manifest, "lib.rs": "pub fn tally() {}\n"})
        for name in ("Cargo.toml", "lib.rs"):
            (source / name).chmod(0o644)
        git("commit", "-q", "-a", "-m", "nothing to run", cwd=source)
        git("tag", "-f", "v1.0", cwd=source)
        subprocess.run(["/usr/bin/cargo", "package", "--quiet", "--no-verify", "--offline"], cwd=source, check=True,
                       env={"PATH": "/usr/bin:/bin", "HOME": str(self.directory), "CARGO_TARGET_DIR": str(self.directory / "target")})
        run = self.regenerate(self.directory / "target/package/tally-1.0.0.crate", f"{source}@v1.0")
        proofs = {entry["path"]: (entry["proof"], entry["evidence"].get("recipe")) for entry in run.report["entries"]}
        self.assertEqual(("regenerated", "cargo"), proofs["Cargo.toml"], str(run))
        self.expect_verdict(run, "verified")


class Options(RegenerateTest):
    def test_without_bubblewrap_the_remedy_is_named_and_the_exit_code_is_3(self):
        tarball, source = self.project(bootstrap="#!/bin/sh\nexit 0\n")
        tools = self.directory / "bin"
        tools.mkdir()
        run = self.regenerate(tarball, source, "--recipe", "./bootstrap", environment={"PATH": str(tools)})
        self.expect_exit(run, 3)
        self.assertIn("apt install bubblewrap", self.gaps(run))

    def test_without_namespaces_the_remedy_is_named_and_the_exit_code_is_3(self):
        tarball, source = self.project(bootstrap="#!/bin/sh\nexit 0\n")
        tools = self.directory / "bin"
        tools.mkdir()
        fake = tools / "bwrap"
        fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
        fake.chmod(0o755)
        self.directory.chmod(0o755)
        run = self.regenerate(tarball, source, "--recipe", "./bootstrap", environment={"PATH": f"{tools}:/usr/bin:/bin"})
        self.expect_exit(run, 3)
        self.assertIn("No permissions to create new namespace", self.gaps(run))
        self.assertIn("user namespaces", self.gaps(run))

    def test_a_tool_that_is_missing_names_its_package(self):
        tarball, source = self.project(bootstrap="#!/bin/sh\nscdoc < /dev/null > made.1\n")
        if shutil.which("scdoc"):
            self.skipTest("scdoc is installed")
        run = self.regenerate(tarball, source, "--recipe", "./bootstrap")
        self.expect_exit(run, 3)
        self.assertIn("install the package scdoc", self.gaps(run))

    def test_what_belongs_to_regenerate_is_refused_without_it(self):
        tarball, source = self.project(bootstrap="#!/bin/sh\nexit 0\n")
        run = self.assay("check", tarball, "--vcs", source, "--recipe", "autotools")
        self.expect_exit(run, 2)
        self.assertIn("--regenerate", run.err)

    def test_the_configuration_may_give_the_recipe(self):
        tarball, source = self.project(bootstrap="#!/bin/sh\nexit 0\n")
        (self.directory / ".assay.toml").write_text("[regenerate]\nrecipe = [\"echo made by hand > made.txt\"]\n")
        run = self.regenerate(tarball, source, "--config", self.directory / ".assay.toml")
        self.expect_verdict(run, "verified")

    def test_a_recipe_that_nobody_named_is_not_run(self):
        tarball, source = self.project(bootstrap="#!/bin/sh\nexit 0\n")
        (self.directory / ".assay.toml").write_text("[regenerate]\nrecipe = [\"echo made by hand > made.txt\"]\n")
        run = self.assay("check", tarball, "--vcs", source, "--regenerate")
        self.expect_error(run, ".assay.toml:1", "--config .assay.toml")

    def test_a_command_that_fails_is_told_where_nothing_hangs_on_it(self):
        tarball, source = self.project(readme="hello\n")
        run = self.assay("check", tarball, "--vcs", source, "--regenerate", "--no-cache", "--recipe", "echo made by hand > made.txt", "--recipe", "false")
        self.expect_exit(run, 0)
        self.assertIn("VERIFIED", run.out)
        self.assertIn("mend `false`", run.out)

    def test_a_project_without_a_build_system_wants_a_recipe(self):
        tarball, source = self.project(readme="hello\n")
        run = self.regenerate(tarball, source)
        self.expect_exit(run, 3)
        self.assertIn("--recipe", self.gaps(run))


if __name__ == "__main__":
    unittest.main()
