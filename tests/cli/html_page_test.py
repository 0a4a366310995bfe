#!/usr/bin/python3
"""The HTML report in a real browser: it fits a desktop and a telephone, shows something, and loads nothing.

Needs a headless Chromium (Debian's `chromium`, some 350 MB with what it depends on, and so not in the list of required
packages); without one the tests are skipped. ASSAY_SCREENSHOTS=DIR keeps the pictures, for people to look at.
"""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import unittest
import zlib

import assay_test
from assay_test import FIXTURES, AssayTest

BROWSER = next((path for name in ("chromium", "chromium-browser", "google-chrome", "headless_shell") if (path := shutil.which(name))), None)
PHONE, DESKTOP, HEIGHT = 390, 1200, 900

# The frame is as wide as the device; a script of the frame's owner, not of the report, measures the report in it.
FRAME = """<!doctype html><title>measuring</title>
<style>body{{margin:0}}iframe{{border:0;width:{width}px;height:{height}px;display:block}}</style><iframe src="{page}"></iframe>
<script>onload = () => {{
  const inner = document.querySelector("iframe").contentDocument;
  const wide = [...inner.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > {width} + 0.5 && !e.closest(".hidden, thead, .wide > *"));
  const styled = inner.defaultView.getComputedStyle(inner.querySelector(".answer")).borderLeftWidth;
  document.title = "scroll=" + inner.documentElement.scrollWidth + " height=" + inner.documentElement.scrollHeight +
    " wide=" + wide.length + " styled=" + styled + " scripts=" + inner.scripts.length +
    " loaded=" + inner.defaultView.performance.getEntriesByType("resource").length;
}}</script>"""


def pixels_of(png):
    """Rows of a PNG of 8-bit RGB or RGBA, undone filters and all, as bytes; (rows, bytes a pixel)."""
    data = png.read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert depth == 8 and kind in (2, 6), "a picture of another kind than Chromium makes"
    packed, at = b"", 8
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + size] if name == b"IDAT" else b""
        at += 12 + size
    raw, step = zlib.decompress(packed), 3 if kind == 2 else 4
    rows, before, stride = [], bytearray(width * step), width * step + 1
    for y in range(height):
        line, row = raw[y * stride], bytearray(raw[y * stride + 1:(y + 1) * stride])
        for i in range(len(row)):
            left, up = row[i - step] if i >= step else 0, before[i]
            corner = before[i - step] if i >= step else 0
            if line == 1:
                row[i] = (row[i] + left) & 255
            elif line == 2:
                row[i] = (row[i] + up) & 255
            elif line == 3:
                row[i] = (row[i] + (left + up) // 2) & 255
            elif line == 4:
                guess = left + up - corner
                distances = (abs(guess - left), abs(guess - up), abs(guess - corner))
                row[i] = (row[i] + (left, up, corner)[distances.index(min(distances))]) & 255
        rows.append(bytes(row))
        before = row
    return rows, step


@unittest.skipUnless(BROWSER, "no browser: install chromium to test the HTML report in one")
class HtmlPage(AssayTest):
    def page(self):
        """The report about the injected release, as a file."""
        page = self.directory / "report.html"
        run = self.assay("check", FIXTURES / "hello-injected/greet-1.2.0.tar.gz", "--vcs", f"{FIXTURES}/hello-injected/greet.git@v1.2.0", "-o", page)
        self.expect_exit(run, 1)
        return page

    def comparison(self):
        """The report about two archives that differ in everything there is room for, all of it unfolded."""
        pair = []
        for side, year in (("a", 2022), ("b", 2026)):
            tree = self.directory / side / "tree"
            tree.mkdir(parents=True)
            (tree / "built").write_text(f"Built on {year}-03-04 05:06:07 in /build/{side * 60}/source/file.c\n")
            (tree / ("a-rather-long-name-without-a-place-to-break-it" * 3)).write_text(f"{year} " + side * 400 + "\n")
            shutil.copy("/bin/true" if side == "a" else "/bin/false", tree / "program")
            pair.append(self.directory / side / "p.tar")
            subprocess.run(["tar", "-C", tree, "--mtime=@1600000000", "-cf", pair[-1], "."], check=True)
        page = self.directory / "comparison.html"
        self.expect_exit(self.assay("compare", *pair, "-o", page), 1)
        page.write_text(page.read_text().replace("<details>", "<details open>"))
        return page

    def browse(self, *options):
        home = self.directory / "home"
        home.mkdir(exist_ok=True)
        words = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-dev-shm-usage",
                 "--allow-file-access-from-files", f"--user-data-dir={home}", *options]
        done = subprocess.run(words, env={"PATH": os.environ["PATH"], "HOME": str(home)}, capture_output=True, timeout=120, check=False)
        self.assertEqual(0, done.returncode, done.stderr.decode(errors="replace")[-2000:])
        return done.stdout.decode(errors="replace")

    def frame(self, page, width):
        frame = self.directory / f"frame-{width}.html"
        frame.write_text(FRAME.format(page=page.as_uri(), width=width, height=HEIGHT))
        return frame

    def measure(self, page, width):
        dom = self.browse("--virtual-time-budget=5000", f"--window-size={max(width, 500)},{HEIGHT}", "--dump-dom", self.frame(page, width).as_uri())
        title = re.search(r"<title>(.*?)</title>", dom).group(1)
        self.assertIn("scroll=", title, "the page did not load")
        return dict(pair.split("=") for pair in title.split())

    def screenshot(self, page, name, width, *options):
        directory = pathlib.Path(os.environ.get("ASSAY_SCREENSHOTS", self.directory))
        directory.mkdir(parents=True, exist_ok=True)
        picture = directory / f"{name}.png"
        self.browse(*options, f"--window-size={max(width, 500)},{HEIGHT}", f"--screenshot={picture}", self.frame(page, width).as_uri())
        return picture

    def test_the_page_fits_a_telephone_and_a_desktop(self):
        page = self.page()
        for width in (PHONE, DESKTOP):
            measured = self.measure(page, width)
            self.assertEqual(width, int(measured["scroll"]), measured)
            self.assertEqual("0", measured["wide"], measured)
            self.assertGreater(int(measured["height"]), 2000, measured)

    def test_a_comparison_fits_them_too_with_everything_unfolded(self):
        page = self.comparison()
        for width in (PHONE, DESKTOP):
            measured = self.measure(page, width)
            self.assertEqual(width, int(measured["scroll"]), measured)
            self.assertEqual("0", measured["wide"], measured)
            self.assertGreater(int(measured["height"]), 1000, measured)
            self.screenshot(page, f"comparison-{width}", width)

    def test_the_policy_lets_the_style_sheet_through_and_there_is_nothing_else_to_load(self):
        measured = self.measure(self.page(), DESKTOP)
        self.assertEqual("8px", measured["styled"], "the style sheet does not have the digest that the policy names")
        self.assertEqual("0", measured["scripts"])
        self.assertEqual("0", measured["loaded"])

    def test_the_page_shows_something_in_light_and_in_dark(self):
        page = self.page()
        brightness = {}
        for name, width, options in (("phone", PHONE, ()), ("desktop", DESKTOP, ()), ("dark", DESKTOP, ("--blink-settings=preferredColorScheme=0",))):
            rows, step = pixels_of(self.screenshot(page, name, width, *options))
            self.assertEqual(HEIGHT, len(rows))
            inked = [row for row in rows if len({row[i:i + step] for i in range(0, width * step, step)}) > 2]
            self.assertGreater(len(inked), HEIGHT // 3, f"{name}: hardly anything is to be seen")
            brightness[name] = sum(rows[y][0] for y in range(HEIGHT)) / HEIGHT
        self.assertGreater(brightness["desktop"], 200, brightness)
        self.assertLess(brightness["dark"], 60, brightness)


if __name__ == "__main__":
    assay_test.main()
