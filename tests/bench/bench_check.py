#!/usr/bin/env python3
"""Ratios of `assay check` to what a user would run instead, measured in one run.

    bench_check.py ASSAY [TARBALL=REPO@REV ...]

For each case: wall time of `assay check`, of the plain decompressor on the same file, and of unpacking tarball and
revision and comparing them with `diff -rq`; medians of several interleaved runs, so that a machine whose speed drifts
does not favour one side. By hand is measured in the first three. Without cases, one is made: a repository and release of
synthetic text. --realtime is for machines that compute something else as well.
Prints; judges nothing. The budget: at most 1.0 times gzip -dc (1.1 times xz -dc) plus 50 ms, five times as fast as by hand,
under 200 MB.
"""

import argparse
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

DECOMPRESSORS = {
    ".gz": ["gzip", "-dc"],
    ".tgz": ["gzip", "-dc"],
    ".xz": ["xz", "-dc"],
    ".bz2": ["bzip2", "-dc"],
    ".zst": ["zstd", "-dcq"],
}


def timed(command, **options):
    """Wall seconds and peak resident kilobytes of one run."""
    with open(os.devnull, "wb") as null:
        before = time.perf_counter()
        process = subprocess.Popen(command, stdout=null, stderr=null, **options)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - before
        process.returncode = os.waitstatus_to_exitcode(status)
    return seconds, usage.ru_maxrss, process.returncode


def unpack_and_diff(tarball, repository, revision):
    """What a user would run instead, as one shell command."""
    script = (
        'set -e; d=$(mktemp -d); trap \'rm -rf "$d"\' EXIT; mkdir "$d/a" "$d/b"; '
        'tar -xf "$1" -C "$d/a" --strip-components=1; '
        'git -C "$2" archive "$3" | tar -x -C "$d/b"; diff -rq "$d/a" "$d/b" || true'
    )
    return ["sh", "-c", script, "sh", str(tarball), str(repository), revision]


def synthetic_case(folder):
    """A git repository of 4,000 text files, some 60 MB, and its release."""
    random.seed(1)
    words = [bytes(random.choices(b"abcdefghijklmnopqrstuvwxyz", k=random.randint(2, 9))) for _ in range(4000)]
    tree = folder / "synthetic-1.0"
    for number in range(4000):
        file = tree / f"dir{number % 64:02}" / f"file{number}.c"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\n".join(b" ".join(random.choices(words, k=8)) for _ in range(280)) + b"\n")
    environment = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", HOME=str(folder))
    git = ["git", "-C", str(tree), "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "release"], ["tag", "v1.0"], ["gc", "-q"]):
        subprocess.run(git + arguments, check=True, env=environment)
    tarball = folder / "synthetic-1.0.tar.gz"
    subprocess.run(["tar", "-C", str(folder), "--exclude=.git", "-czf", str(tarball), tree.name], check=True)
    return tarball, tree, "v1.0"


def measure(assay, tarball, repository, revision, runs):
    decompressor = DECOMPRESSORS[pathlib.Path(tarball).suffix] + [str(tarball)]
    check = [assay, "check", str(tarball), "--vcs", f"{repository}@{revision}", "--format", "json"]
    by_hand = unpack_and_diff(tarball, repository, revision)
    seconds = {"check": [], "decompress": [], "by hand": []}
    peak = 0
    for run in range(runs):
        wall, memory, code = timed(check)
        if code == 2:
            sys.exit(f"assay check failed on {tarball}")
        peak = max(peak, memory)
        seconds["check"].append(wall)
        seconds["decompress"].append(timed(decompressor)[0])
        if run < 3:
            seconds["by hand"].append(timed(by_hand)[0])
    return {name: statistics.median(values) for name, values in seconds.items()}, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assay")
    parser.add_argument("case", nargs="*", metavar="TARBALL=REPO@REV")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--realtime", action="store_true", help="at real-time priority (needs the right to)")
    options = parser.parse_args()
    if options.realtime:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(50))

    with tempfile.TemporaryDirectory() as folder:
        cases = []
        for case in options.case:
            tarball, reference = case.split("=", 1)
            repository, revision = reference.rsplit("@", 1)
            cases.append((pathlib.Path(tarball), repository, revision))
        if not cases:
            cases.append(synthetic_case(pathlib.Path(folder)))
        print(f"{'case':34} {'check':>8} {'/ decompress':>13} {'- decompress':>13} {'by hand /':>10} {'peak':>8}")
        for tarball, repository, revision in cases:
            median, peak = measure(options.assay, tarball, repository, revision, options.runs)
            print(
                f"{tarball.name[:34]:34} {median['check']:7.3f}s {median['check'] / median['decompress']:12.2f}x "
                f"{(median['check'] - median['decompress']) * 1000:+10.0f} ms {median['by hand'] / median['check']:9.1f}x "
                f"{peak / 1024:5.0f} MB"
            )


if __name__ == "__main__":
    main()
