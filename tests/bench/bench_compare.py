#!/usr/bin/python3
"""What `assay compare` costs, against sha256sum, cat and diffoscope in the same run.

usage: bench_compare.py ASSAY [--debs OLD.deb NEW.deb] [--diffoscope] [--files N]

Measured: two 100 MB tarballs that differ in one byte (in the middle, at 90 %, in the last member), two directories of N files
of which 50 differ, and two packages. Each figure is the best of three; ratios are of one run. diffoscope runs once, where it
is installed and asked for. The exit code is 1 if a ratio is above its bound, or a difference is not located.
"""
import argparse
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

MEGABYTE = 1 << 20


def measure(command, times=3, **options):
    """Best wall time in seconds, and the largest peak of memory in MB."""
    best, peak = float("inf"), 0
    for _ in range(times):
        start = time.monotonic()
        child = subprocess.Popen(command, stdout=options.get("stdout", subprocess.DEVNULL), stderr=subprocess.DEVNULL, shell=isinstance(command, str))
        _, _, usage = os.wait4(child.pid, 0)
        child.returncode = 0
        best = min(best, time.monotonic() - start)
        peak = max(peak, usage.ru_maxrss / 1024)
    return best, peak


def make_tar(path, members, size):
    source = random.Random(9)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for number in range(members):
            info = tarfile.TarInfo(f"data/member-{number:03}.bin")
            info.size, info.mtime = size, 1600000000
            tar.addfile(info, io.BytesIO(source.randbytes(size)))


def answer(assay, first, second):
    done = subprocess.run([assay, "compare", str(first), str(second), "--format", "json"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def bench_tars(assay, work, failures):
    first, second = work / "first.tar", work / "second.tar"
    make_tar(first, 100, MEGABYTE)
    for where, offset in (("at 50 MB", 50 * MEGABYTE), ("at 90 MB", 90 * MEGABYTE), ("in the last member", 100 * MEGABYTE + 20000)):
        shutil.copyfile(first, second)
        with open(second, "r+b") as file:
            file.seek(offset)
            byte = file.read(1)
            file.seek(offset)
            file.write(bytes([byte[0] ^ 0x40]))
        hashes, _ = measure(["sha256sum", str(first), str(second)])
        own, peak = measure([assay, "compare", str(first), str(second)])
        report = answer(assay, first, second)
        changes = [(change["path"], change["place"], change["bytes"]) for change in report["changes"]]
        located = len(changes) == 1 and changes[0][2] == 1
        print(f"two 100 MB tars, one byte {where}: {own:.3f} s, {own / hashes:.2f}x sha256sum of both ({hashes:.3f} s), {peak:.0f} MB; {changes}")
        if own > 2 * hashes or peak > 150 or not located:
            failures.append(f"tar {where}")


def bench_directories(assay, work, files, failures):
    source = random.Random(3)
    for side in ("a", "b"):
        for number in range(files):
            directory = work / side / f"{number // 1000:03}"
            if number % 1000 == 0:
                directory.mkdir(parents=True)
            (directory / f"file{number}").write_bytes(b"%d\n" % number + bytes([number % 251]) * (200 + number * 37 % 6000))
    for number in source.sample(range(files), 50):
        path = work / "b" / f"{number // 1000:03}" / f"file{number}"
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    reading, _ = measure(f"find {work}/a {work}/b -type f -print0 | xargs -0 cat")
    own, peak = measure([assay, "compare", str(work / "a"), str(work / "b")])
    report = answer(assay, work / "a", work / "b")
    print(f"two directories of {files:,} files, 50 differ: {own:.2f} s, {own / reading:.2f}x reading both once ({reading:.2f} s), {peak:.0f} MB; {len(report['items'])} found")
    if own > 1.3 * reading or len(report["items"]) != 50:
        failures.append("directories")


def bench_packages(assay, first, second, diffoscope, failures):
    own, peak = measure([assay, "compare", first, second])
    lines = subprocess.run([assay, "compare", first, second], capture_output=True, text=True, check=False).stdout.count("\n")
    print(f"two packages: {own:.2f} s, {peak:.0f} MB, an answer of {lines} lines")
    if lines > 60:
        failures.append("lines")
    if diffoscope and shutil.which("diffoscope"):
        peer, memory = measure(["diffoscope", first, second], times=1)
        print(f"  diffoscope: {peer:.1f} s, {memory:.0f} MB; {peer / own:.0f}x slower")
        if peer < 20 * own:
            failures.append("packages")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("assay")
    parser.add_argument("--debs", nargs=2)
    parser.add_argument("--diffoscope", action="store_true")
    parser.add_argument("--files", type=int, default=100_000)
    options = parser.parse_args()
    failures = []
    with tempfile.TemporaryDirectory() as place:
        work = pathlib.Path(place)
        bench_tars(options.assay, work, failures)
        bench_directories(options.assay, work, options.files, failures)
    if options.debs:
        bench_packages(options.assay, *options.debs, options.diffoscope, failures)
    print("above a bound: " + ", ".join(failures) if failures else "within all bounds")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
