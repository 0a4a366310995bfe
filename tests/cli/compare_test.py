#!/usr/bin/python3
"""assay compare as a user runs it: answers, formats, exit codes, accepted causes."""
import contextlib
import gzip
import hashlib
import io
import json
import lzma
import os
import shutil
import sqlite3
import subprocess
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
        return self.pair(tar_with({"x.txt": "Built 2022-01-02 03:04:05\n", "y": "same"}), tar_with({"x.txt": "Built 2026-01-02 03:04:05\n", "y": "same"}))

    def test_equal_artifacts_exit_0(self):
        run = self.assay("compare", *self.pair(b"same", b"same"))
        self.expect_exit(run, 0)
        self.assertTrue(run.out.startswith("equal"), run.out)

    def test_threads_leave_no_trace_in_the_report(self):
        # Many files with one digest, and a list that tells it: any of them could be named as what the list follows from.
        def artifact(text):
            files = {f"d{number}/x.bin": text for number in range(60)}
            return tar_with(files | {"SUMS": "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name in sorted(files))})
        archives = self.pair(artifact("one\n"), artifact("two\n"))
        reports = {self.assay("compare", *archives, "--format", "json", "--jobs", "8").out for _ in range(6)}
        self.assertEqual(1, len(reports))

    def test_a_cause_that_explains_every_byte_is_named_first(self):
        run = self.assay("compare", *self.stamps())
        self.expect_exit(run, 1)
        self.assertEqual("different: 1 cause explains every byte", run.out.splitlines()[0])
        self.assertIn("1. timestamp (likely): 2022-01-02 03:04:05 UTC → 2026-01-02 03:04:05 UTC", run.out)

    def test_diff_shows_one_item_by_its_last_names_or_the_artifact_itself(self):
        archives = self.stamps()
        self.assertIn("modified x.txt", self.assay("compare", *archives, "--diff", "x.txt").out)
        texts = self.pair("".join(f"line {n}\n" for n in range(400)).encode(),
                          "".join(f"row {n}\n" for n in range(400)).encode(), "lines.txt")
        for name in (".", "lines.txt", str(texts[0])):
            run = self.assay("compare", *texts, "--diff", name)
            self.expect_exit(run, 1)
            self.assertIn("row 399", run.out, "the view is not cut")

    def test_a_tar_as_it_was_before_ustar_is_another_dialect(self):
        (self.directory / "tree").mkdir()
        (self.directory / "tree" / "file").write_text("content\n")
        for dialect in ("v7", "gnu"):
            subprocess.run(["tar", "--format=" + dialect, "--owner=:0", "--group=:0", "-cf", f"{dialect}.tar", "tree"], cwd=self.directory, check=True)
        run = self.assay("compare", "v7.tar", "gnu.tar", "-f", "json")
        self.assertEqual(["caused"], [each["standing"] for each in run.report["changes"] if each["place"] == "type" and each["path"] == "tree/file"], str(run))
        self.assertIn("dialect", [cause["id"] for cause in run.report["causes"]], str(run))

    def test_a_nul_for_a_type_behind_a_slash_is_more_than_dialect(self):
        def tar_of(kind):
            info = tarfile.TarInfo("place")
            header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
            header[5:6], header[156:157], header[148:156] = b"/", kind, b" " * 8
            header[148:156] = b"%06o\0 " % sum(header)
            return bytes(header) + bytes(1024)
        run = self.assay("compare", *self.pair(tar_of(b"\0"), tar_of(b"0")), "-f", "json")
        self.assertEqual(["unexplained"], [each["standing"] for each in run.report["changes"] if each["place"] == "type"], str(run))

    def test_another_maintainer_is_no_other_account(self):
        run = self.assay("compare", *self.pair(b"Maintainer: Jo Doe <jo@alpha.example>\n", b"Maintainer: Jo Doe <doe@beta.example>\n", "control"), "-f", "json")
        self.assertEqual([], run.report["causes"], str(run))
        self.assertTrue(run.report["leftovers"], str(run))

    def test_a_symbolic_link_is_no_script(self):
        def tar_of(name):
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w") as tar:
                link = tarfile.TarInfo(name)
                link.type, link.linkname, link.mode = tarfile.SYMTYPE, "libx.so.6.1", 0o777
                tar.addfile(link)
            return out.getvalue()
        run = self.assay("compare", *self.pair(tar_of("lib/libx.so.6"), tar_of("lib/liby.so.1")))
        self.assertIn("[data] lib/liby.so.1", run.out)
        self.assertNotIn("[script]", run.out)

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

    def test_what_is_new_in_a_release_and_pipes_a_test_file_into_a_shell_is_critical(self):
        old = {"p-1.0/a.c": "int main(void) { return 0; }\n", "p-1.0/configure": "#!/bin/sh\necho ok\n"}
        new = {"p-1.1/a.c": old["p-1.0/a.c"], "p-1.1/configure": "#!/bin/sh\necho ok\ncat tests/good.xz | tr b-za a-z | xz -dc | /bin/sh\n"}
        shifted = lzma.compress(b"echo harmless\n").translate(bytes.maketrans(b"abcdefghijklmnopqrstuvwxyz", b"bcdefghijklmnopqrstuvwxyza"))
        out = io.BytesIO(tar_with(new))
        with tarfile.open(fileobj=out, mode="a", format=tarfile.USTAR_FORMAT) as tar:
            info = tarfile.TarInfo("p-1.1/tests/good.xz")
            info.size, info.mtime = len(shifted), 1600000000
            tar.addfile(info, io.BytesIO(shifted))
        pair = self.pair(lzma.compress(tar_with(old)), lzma.compress(out.getvalue()), "p.tar.xz")
        run = self.assay("compare", *pair)
        self.expect_exit(run, 1)
        self.assertIn("new in the second: 1 critical", run.out)
        self.assertIn("pipes the result to a shell", run.out)

    def test_new_critical_findings_and_what_was_set_aside_are_said_by_default(self):
        run = self.assay("compare", *self.stamps())
        self.assertIn("set aside: timestamp: 1 place", run.out)
        self.assertIn("Set aside to compare the rest: timestamp: 1 place", self.assay("compare", *self.stamps(), "--format", "markdown").out)

    def test_sarif_has_one_result_for_an_item_whatever_is_left_over_in_it(self):
        pair = self.pair(tar_with({"x": "".join(f"value {n}\n" for n in range(300))}), tar_with({"x": "".join(f"wert {n} oder\n" for n in range(300))}))
        results = json.loads(self.assay("compare", *pair, "--format", "sarif").out)["runs"][0]["results"]
        self.assertEqual(["x"], [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results])
        self.assertRegex(results[0]["message"]["text"], "1 more change in the same item")

    def test_a_guess_is_never_accepted(self):
        pair = self.pair(b"#!/bin/sh\nrun 2022-03-04\n", b"#!/bin/sh\nrun 2026-03-04\n", "a.sh")
        run = self.assay("compare", *pair, "--ignore", "timestamp")
        self.expect_exit(run, 1)
        self.assertNotIn("[accepted]", run.out)

    def test_what_is_new_in_a_release_stands_in_sarif_with_its_rule(self):
        def release(version, more=""):
            return tar_with({f"p-{version}/configure.ac": f"AC_INIT([p],[{version}])\n{more}AC_OUTPUT\n", f"p-{version}/tests/data.xz": "x"})
        pair = self.pair(release("1.0"), release("1.1", "AC_CONFIG_COMMANDS([x],[eval `sed 's/a/b/' $srcdir/tests/data.xz | xz -dc | /bin/sh`])\n"), "p.tar")
        run = self.assay("compare", *pair, "-o", "r.json", "-o", "r.sarif")
        self.expect_exit(run, 1)
        new = json.loads((self.directory / "r.json").read_text())["new_findings"]
        self.assertTrue(new)
        sarif = json.loads((self.directory / "r.sarif").read_text())["runs"][0]
        rules = sarif["tool"]["driver"]["rules"]
        shown = [result for result in sarif["results"] if not result["ruleId"].startswith("compare-")]
        self.assertEqual(len(new), len(shown))
        for result in shown:
            rule = rules[result["ruleIndex"]]
            self.assertEqual(result["ruleId"], rule["id"])
            self.assertNotEqual(rule["id"], rule["shortDescription"]["text"])
        for result in sarif["results"]:
            self.assertIn(result["ruleId"], {rule["id"] for rule in rules})

    def test_another_version_of_the_artifact_comes_before_its_dates(self):
        old = {"p-1.0/NEWS": "".join(f"made 2022-03-{n:02}\n" for n in range(1, 20))}
        new = {"p-1.1/NEWS": "".join(f"made 2026-03-{n:02}\n" for n in range(1, 20))}
        report = self.assay("compare", *self.pair(tar_with(old), tar_with(new)), "--format", "json").report
        self.assertEqual(["version", "timestamp"], [cause["id"] for cause in report["causes"]])

    def program(self, side, source, *flags):
        directory = self.directory / side
        directory.mkdir(exist_ok=True)
        (directory / "w.c").write_text(source)
        subprocess.run(["gcc", "-O1", "w.c", "-o", "w", *flags], cwd=directory, check=True, capture_output=True)
        return directory / "w"

    def test_dynamic_tags_and_functions_go_by_their_names(self):
        source = "int answer(void) {{ return {}; }}\nint main(void) {{ return answer(); }}\n"
        pair = [self.program("a", source.format(41)), self.program("b", source.format(42), "-Wl,-rpath,/opt/lib")]
        run = self.assay("compare", *pair, "--details")
        self.assertIn(".dynamic RUNPATH: (nothing) → /opt/lib", run.out)
        pair[1] = self.program("b", source.format(42))
        run = self.assay("compare", *pair, "--diff", ".")
        self.assertRegex(run.out, r"\.text\+0x[0-9a-f]+ \(answer\)")
        self.assertIn("! unexplained, * has a cause", run.out)
        self.assertIn("   ret", run.out)  # what stands behind the instruction that changed

    def test_a_date_of_the_compiler_closes_where_the_linker_saw_it(self):
        source = "#include <stdio.h>\nint main(void) {{ return puts(\"built {}\"); }}\n"
        pair = [self.program("a", source.format("Apr 15 2022 05:20:00")), self.program("b", source.format("Mar 22 2024 12:38:31"))]
        self.assertTrue(self.assay("compare", *pair, "--format", "json").report["closed"])
        patched = pair[0].read_bytes().replace(b"Apr 15 2022 05:20:00", b"Mar 22 2024 12:38:31")
        pair[1].write_bytes(patched)
        self.assertFalse(self.assay("compare", *pair, "--format", "json").report["closed"])

    def test_a_link_to_what_dwz_shared_differs_with_the_link_to_the_debug_information_alone(self):
        program = self.program("a", "int main(void) { return 0; }\n")
        def linked(side, debug):
            (self.directory / "alt").write_bytes(b"shared.debug\0" + hashlib.sha1(side.encode()).digest())
            (self.directory / "x.debug").write_text(debug)
            out = self.directory / side / "x"
            out.parent.mkdir(exist_ok=True)
            subprocess.run(["objcopy", f"--add-section=.gnu_debugaltlink={self.directory}/alt", f"--add-gnu-debuglink={self.directory}/x.debug", program, out], check=True)
            return out
        closed = self.assay("compare", linked("a", "one"), linked("b", "two"), "--format", "json").report
        self.assertTrue(closed["closed"], closed["changes"])
        alone = self.assay("compare", linked("a", "one"), linked("b", "one"), "--format", "json").report
        self.assertFalse(alone["closed"], alone["changes"])

    def test_debug_sections_that_one_side_compresses_say_the_same(self):
        pair = [self.program("a", "int main(void) { return 0; }\n", "-g", "-fdebug-prefix-map=/=/", "-gz=none"), self.directory / "b" / "w"]
        pair[1].parent.mkdir()
        subprocess.run(["objcopy", "--compress-debug-sections", pair[0], pair[1]], check=True)
        report = self.assay("compare", *pair, "--format", "json").report
        self.assertEqual(["compression"], [cause["id"] for cause in report["causes"]])
        self.assertEqual([], [each for each in report["changes"] if each["standing"] == "unexplained"])

    def test_objects_of_link_time_optimisation_differ_by_a_drawn_number(self):
        source = "int answer(void) { return 41; }\n"
        pair = [self.program("a", source, "-flto", "-c", "-frandom-seed=1"), self.program("b", source, "-flto", "-c", "-frandom-seed=2")]
        report = self.assay("compare", *pair, "--format", "json").report
        self.assertIn("lto-suffix", [cause["id"] for cause in report["causes"]])
        self.assertEqual([], [each["place"] for each in report["changes"] if each["aspect"] == "presence"])

    def test_a_package_compressed_in_another_way_is_one_cause(self):
        def package(suffix, pack):
            parts = [("debian-binary", b"2.0\n"), ("control.tar" + suffix, pack(tar_with({"control": "Package: x\n"}))), ("data.tar" + suffix, pack(tar_with({"usr/x": "x"})))]
            out = b"!<arch>\n"
            for name, content in parts:
                out += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name.encode(), 0, 0, 0, b"100644", len(content)) + content + b"\n" * (len(content) % 2)
            return out
        pair = self.pair(package(".xz", lzma.compress), package(".gz", lambda data: gzip.compress(data, mtime=0)), "x.deb")
        run = self.assay("compare", *pair)
        self.assertTrue(run.out.startswith("different: 1 cause explains every byte"), run.out)
        self.assertIn("(a Debian package", run.out)

    def test_the_older_cpio_format_is_read(self):
        def cpio(date):
            out = b""
            for name, content in ((b"a.txt", b"x\n"), (b"TRAILER!!!", b"")):
                out += b"070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o" % (0, 1, 0o100644, 0, 0, 1, 0, date, len(name) + 1, len(content)) + name + b"\0" + content
            return out
        report = self.assay("compare", *self.pair(cpio(1600000000), cpio(1700000000), "x.cpio"), "--format", "json").report
        self.assertIn("mtime", [change["place"] for change in report["changes"]])
        self.assertTrue(report["closed"])

    def images(self, command):
        """Two images of one tree, but for a date in a file; the command gets the tree and the image's name."""
        paths = []
        for side, year in (("a", 2022), ("b", 2026)):
            tree = self.directory / side / "tree"
            (tree / "doc").mkdir(parents=True)
            (tree / "doc/note.txt").write_text(f"Built on {year}-03-04 05:06:07\n")
            (tree / "doc/link").symlink_to("note.txt")
            (tree / "numbers").write_text("".join(f"{n}\n" for n in range(30000)))
            for path in (tree / "doc/note.txt", tree / "doc/link", tree / "doc", tree / "numbers", tree):
                os.utime(path, (1600000000,) * 2, follow_symlinks=False)
            image = self.directory / side / "image"
            if not shutil.which(command(tree, image)[0]):
                self.skipTest("the program that makes such images is not installed")
            subprocess.run(command(tree, image), check=True, capture_output=True)
            paths.append(image)
        return paths

    def expect_image_read(self, pair, comparator):
        report = self.assay("compare", *pair, "--format", "json").report
        self.assertEqual(comparator, report["before"]["format"])
        self.assertIn("doc/note.txt", {change["path"] for change in report["changes"] if change["standing"] == "caused"})
        self.assertNotIn("numbers", {change["path"] for change in report["changes"] if change["standing"] == "unexplained"})
        return report

    def expect_every_byte_explained(self, pair, report):
        """Where all lies at the same place of both images; and a byte beside files and known fields is left over."""
        self.assertTrue(report["closed"], [change for change in report["changes"] if change["standing"] == "unexplained"])
        self.assertEqual({"timestamp"}, {cause["id"] for cause in report["causes"]} - {"uuid"})
        image = bytearray(pair[1].read_bytes())
        at = next(at for at in range(len(image) - 4096, 0, -4096) if not any(image[at:at + 4096]))
        image[at + 100] = 1
        whole = pair[1].read_bytes()
        pair[1].write_bytes(image)
        hidden = self.assay("compare", *pair, "--format", "json").report
        self.assertFalse(hidden["closed"])
        self.assertIn("layout of the image", {change["place"] for change in hidden["changes"]})
        pair[1].write_bytes(whole)

    def test_a_squashfs_image_is_compared_file_by_file(self):
        pair = self.images(lambda tree, image: ["mksquashfs", str(tree), str(image), "-quiet", "-no-progress", "-mkfs-time", "1600000000", "-noappend"])
        report = self.expect_image_read(pair, "a squashfs image")
        self.assertTrue(report["closed"], [change for change in report["changes"] if change["standing"] == "unexplained"])
        self.assertEqual(["timestamp"], [cause["id"] for cause in report["causes"]])
        whole = pair[1].read_bytes()
        used = int.from_bytes(whole[40:48], "little")
        # What no reader uses: behind the end, and in the padding.
        for hidden in (whole + b"hidden", whole[:used] + b"\0hidden".ljust(len(whole) - used, b"\0")):
            pair[1].write_bytes(hidden)
            self.assertFalse(self.assay("compare", *pair, "--format", "json").report["closed"])
        pair[1].write_bytes(pair[1].read_bytes()[:3000])
        run = self.assay("compare", *pair)
        self.expect_exit(run, 1)
        self.assertIn("compared as bytes", run.out)

    def squashfs(self, *options, prepare=None):
        """Two images of one tree, the second made with these options, or of the tree as prepare leaves it."""
        if not shutil.which("mksquashfs"):
            self.skipTest("mksquashfs is not installed")
        images = []
        for side in ("a", "b"):
            tree = self.directory / side / "tree"
            (tree / "bin").mkdir(parents=True)
            (tree / "bin/tool").write_text("#!/bin/sh\n" + "echo tool\n" * 50)
            (tree / "numbers").write_text("".join(f"{n}\n" for n in range(60000)))
            (tree / "empty").mkdir()
            if prepare and side == "b":
                prepare(tree)
            for path in [*tree.rglob("*"), tree]:
                os.utime(path, (1600000000,) * 2)
            images.append(self.directory / side / "image.squashfs")
            subprocess.run(["mksquashfs", str(tree), str(images[-1]), "-quiet", "-no-progress", "-all-root", "-noappend", "-mkfs-time", "1600000000", *(options if side == "b" else ())], check=True, capture_output=True)
        return self.assay("compare", *images, "--format", "json").report

    def test_a_squashfs_image_compressed_otherwise_has_one_cause(self):
        report = self.squashfs("-comp", "xz")
        self.assertTrue(report["closed"], [change for change in report["changes"] if change["standing"] == "unexplained"])
        self.assertEqual(["compression"], [cause["id"] for cause in report["causes"]])

    def test_a_mode_in_a_squashfs_image_are_left_over(self):
        self.assertFalse(self.squashfs(prepare=lambda tree: (tree / "bin/tool").chmod(0o4755))["closed"])

    def test_an_attribute_in_a_squashfs_image_is_left_over(self):
        def attribute(tree):
            try:
                os.setxattr(tree / "bin/tool", "user.run", b"x")
            except OSError:
                self.skipTest("the file system has no extended attributes")
        self.assertFalse(self.squashfs(prepare=attribute)["closed"])

    def test_an_encrypted_release_is_compared_and_not_examined_for_what_is_new(self):
        def encrypted(content):
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as file:
                file.writestr(zipfile.ZipInfo("secret.txt", (2022, 1, 1, 0, 0, 0)), content)
            marked = bytearray(archive.getvalue())
            marked[6] |= 1
            marked[marked.index(b"PK\1\2") + 8] |= 1
            return bytes(marked)
        run = self.assay("compare", *self.pair(encrypted("one"), encrypted("two"), "x-1.0.zip"))
        self.expect_exit(run, 1)
        self.assertIn("secret.txt is encrypted", run.out)
        self.assertIn("not examined for what is new", run.out)

    def test_an_ext4_image_is_compared_file_by_file(self):
        def make(tree, image):
            with open(image, "wb") as file:
                file.truncate(4 << 20)
            return ["/usr/sbin/mkfs.ext4", "-q", "-d", str(tree), "-U", "4f2a7c1e-9b1d-4c57-8a30-5d2f8e6a1b90", str(image)]
        pair = self.images(make)
        self.expect_every_byte_explained(pair, self.expect_image_read(pair, "an ext file system"))
        if shutil.which("/usr/sbin/debugfs"):
            subprocess.run(["/usr/sbin/debugfs", "-w", "-R", "ea_set numbers security.capability may", str(pair[1])], check=True, capture_output=True)
            changes = self.assay("compare", *pair, "--format", "json").report["changes"]
            self.assertEqual(["capabilities or extended attributes"], [change["impact"] for change in changes if change["place"] == "xattr security.capability"])

    def test_an_iso_image_is_compared_file_by_file(self):
        pair = self.images(lambda tree, image: ["genisoimage", "-quiet", "-R", "-J", "-o", str(image), str(tree)])
        self.expect_every_byte_explained(pair, self.expect_image_read(pair, "an ISO 9660 image"))
        # What a directory says of itself: a minute that no clock shows, and another owner than the one it has.
        whole = pair[1].read_bytes()
        record = whole.index(b"\1\0\0\1\1\0", 40000) - 28  # ECMA-119 9.1: its volume, and a name of one NUL
        for at, value in ((record + 18 + 4, 99), (whole.index(b"PX", record) + 20, 7)):
            image = bytearray(whole)
            image[at] = value
            pair[1].write_bytes(image)
            self.assertFalse(self.assay("compare", *pair, "--format", "json").report["closed"], at)

    def database(self, date, real="1.0"):
        path = self.directory / "made.db"
        path.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(path)) as made, made:
            made.execute("CREATE TABLE facts (name TEXT, value)")
            made.execute("CREATE INDEX by_value ON facts (value)")
            made.executemany("INSERT INTO facts VALUES (?, ?)", [(f"n{n}", f"v{n}") for n in range(200)])
            made.execute("INSERT INTO facts VALUES ('built', ?)", (date,))
            made.execute("INSERT INTO facts VALUES ('real', CAST(? AS REAL))", (real,))
        return path.read_bytes()

    def test_values_of_a_database_are_explained_where_nothing_else_differs(self):
        before = self.database("2022-03-04T05:06:07Z")
        report = self.assay("compare", *self.pair(before, self.database("2026-05-06T07:08:09Z"), "x.db"), "--format", "json").report
        self.assertEqual(["timestamp"], [cause["id"] for cause in report["causes"]])
        self.assertTrue(report["closed"], report["changes"])
        rounded = self.assay("compare", *self.pair(before, self.database("2022-03-04T05:06:07Z", "1.0000000000000002"), "x.db"), "--format", "json").report
        self.assertFalse(rounded["closed"])
        free = bytearray(before)
        at = next(at for at in range(4096, len(free)) if not any(free[at:at + 64]))
        free[at + 20:at + 24] = b"hide"
        hidden = self.assay("compare", *self.pair(before, bytes(free), "x.db"), "--format", "json").report
        self.assertFalse(hidden["closed"])
        self.assertFalse(hidden["equal"])

    def encrypted(self, text, year):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(zipfile.ZipInfo("secret.txt", (year, 1, 2, 3, 4, 6)), text)
        content = bytearray(out.getvalue())
        for at in (content.index(b"PK\3\4") + 6, content.index(b"PK\1\2") + 8):
            content[at] |= 1  # the flag says so; what the bytes are nobody can tell
        return bytes(content)

    def test_what_could_not_be_compared_exits_3_unless_something_differs_anyway(self):
        pair = self.pair(self.encrypted("same", 2022), self.encrypted("same", 2026), "a.zip")
        run = self.assay("compare", *pair, "--ignore", "timestamp")
        self.expect_exit(run, 3)
        self.assertIn("not compared: secret.txt: is encrypted", run.out)
        self.assertTrue(run.out.endswith("exit 3: not everything could be compared\n"), run.out)
        self.assertFalse(self.assay("compare", *pair, "--format", "json").report["closed"])
        self.expect_exit(self.assay("compare", *pair), 1)

    def test_what_is_nested_too_deep_is_compared_as_bytes_and_said(self):
        pair = []
        for text in ("1\n", "2\n"):
            content = tar_with({"x": text})
            for _ in range(3):
                content = gzip.compress(content, mtime=0)
            pair.append(content)
        run = self.assay("compare", *self.pair(*pair, "a.tar.gz"), "--limit", "nesting=1")
        self.expect_exit(run, 1)
        self.assertIn("not compared: the artifact itself: nested too deep", run.out)

    def test_an_encrypted_member_that_differs_is_named(self):
        run = self.assay("compare", *self.pair(self.encrypted("one of them", 2022), self.encrypted("the other 1", 2022), "a.zip"))
        self.expect_exit(run, 1)
        self.assertIn("secret.txt is encrypted", run.out)

    def test_details_give_evidence_and_what_was_set_aside(self):
        run = self.assay("compare", *self.stamps(), "--details")
        for text in ("because:", "--ignore timestamp accepts it", "set aside to compare the rest", "@@ -1,1 +1,1 @@"):
            self.assertIn(text, run.out)

    def test_a_directory_and_a_file_are_not_compared_further(self):
        (self.directory / "d").mkdir()
        (self.directory / "f").write_text("x")
        run = self.assay("compare", self.directory / "d", self.directory / "f")
        self.expect_exit(run, 1)
        self.assertIn("was a directory and is a file", run.out)


if __name__ == "__main__":
    unittest.main()
