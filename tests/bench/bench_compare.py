#!/usr/bin/python3
"""What `assay compare` costs, against sha256sum, cat and diffoscope in the same run.

usage: bench_compare.py ASSAY [--debs OLD.deb NEW.deb] [--diffoscope] [--files N]

Measured: two 100 MB tarballs that differ in one byte (in the middle, at 90 %, in the last member), two directories of N files
of which 50 differ, and two packages. Each figure is the best of several turns, wall clock and processors apart; the commands of a
ratio take turns. diffoscope runs where it is installed and asked for. The exit code is 1 if a ratio is above its bound, or a difference is not located.
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


def run_once(command):
    """Wall time and time of the processors in seconds, and the peak of memory in MB."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, shell=isinstance(command, str))
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(*commands, times=5):
    """The best times and the largest peak of each. The commands take turns, so that a busy machine is as busy for all."""
    runs = [[run_once(command) for command in commands] for _ in range(times)]
    return [(min(run[i][0] for run in runs), min(run[i][1] for run in runs), max(run[i][2] for run in runs)) for i in range(len(commands))]


def ratio(own, other):
    return f"{own[0]:.3f} s, {own[1]:.3f} s of processors ({own[0] / other[0]:.2f}x and {own[1] / other[1]:.2f}x of {other[0]:.3f} s, {other[1]:.3f} s)"


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
        hashes, own = measure(["sha256sum", str(first), str(second)], [assay, "compare", str(first), str(second)])
        report = answer(assay, first, second)
        changes = [(change["path"], change["place"], change["bytes"]) for change in report["changes"]]
        located = len(changes) == 1 and changes[0][2] == 1
        print(f"two 100 MB tars, one byte {where}: {ratio(own, hashes)} for sha256sum of both, {own[2]:.0f} MB; {changes}", flush=True)
        if own[0] > 2 * hashes[0] or own[2] > 150 or not located:
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
    reading, own = measure(f"find {work}/a {work}/b -type f -print0 | xargs -0 cat", [assay, "compare", str(work / "a"), str(work / "b")], times=3)
    report = answer(assay, work / "a", work / "b")
    print(f"two directories of {files:,} files, 50 differ: {ratio(own, reading)} for reading both once, {own[2]:.0f} MB; {len(report['items'])} found", flush=True)
    if own[0] > 1.3 * reading[0] or len(report["items"]) != 50:
        failures.append("directories")


def bench_packages(assay, first, second, diffoscope, failures):
    with_peer = diffoscope and shutil.which("diffoscope")
    lines = subprocess.run([assay, "compare", first, second], capture_output=True, text=True, check=False).stdout.count("\n")
    own, *peers = measure([assay, "compare", first, second], *([["diffoscope", first, second]] if with_peer else []), times=2)
    print(f"two packages: {own[0]:.2f} s, {own[1]:.2f} s of processors, {own[2]:.0f} MB, an answer of {lines} lines")
    if lines > 60:
        failures.append("lines")
    for peer in peers:
        print(f"  diffoscope: {peer[0]:.1f} s, {peer[1]:.1f} s of processors, {peer[2]:.0f} MB; {peer[0] / own[0]:.0f}x and {peer[1] / own[1]:.0f}x slower")
        if peer[0] < 20 * own[0]:
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
