"""Speed of `assay scan` on a tree of binary fixtures: megabytes per second of processor time, and peak memory.

usage: bench_scan.py ASSAY [MEGABYTES]

The tree is made anew, the same every time: noise, repeated tables, images and interleaved filler, 4 KiB to 1 MiB each.
"""
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile


def make_tree(root, wanted):
    random_bytes = random.Random(7)
    made = count = 0
    while made < wanted:
        size = random_bytes.choice([4096, 20_000, 65_536, 262_144, 1_048_576])
        kind = count % 4
        if kind == 0:
            content = random_bytes.randbytes(size)
        elif kind == 1:
            content = b"\0\1\2\3" + bytes(random_bytes.choices(range(64), k=1024)) * (size // 1024)
        elif kind == 2:
            content = b"II*\0" + random_bytes.randbytes(size)
        else:
            content = b"\0\0dat" + (random_bytes.randbytes(1024) + b"A" * 1024) * (size // 2048)
        (root / f"f{count:05}.bin").write_bytes(content)
        made += len(content)
        count += 1
    return made, count


def main():
    assay = sys.argv[1]
    wanted = int(float(sys.argv[2]) * 1e6) if len(sys.argv) > 2 else 100_000_000
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch) / "tests" / "files"
        root.mkdir(parents=True)
        size, count = make_tree(root, wanted)
        for effort in ("low", "normal", "high"):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            run = subprocess.run([assay, "scan", "--effort", effort, "-q", "--fail-on", "critical", scratch],
                                 stdout=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"}, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"scan --effort {effort:<6} {count} files, {size / 1e6:.0f} MB: {size / 1e6 / spent:.0f} MB/s per core, "
                  f"peak {after.ru_maxrss // 1024} MiB, exit {run.returncode}")


if __name__ == "__main__":
    main()
