#!/usr/bin/python3
"""What the tracer costs a build, beside strace, and whether it misses a file that strace sees.

usage: bench_trace.py TRACE_PROGRAM TREE COMMAND [--rounds N]

TREE is copied for every run, so that each builds from the same state; COMMAND is run in the copy by sh -c. Runs are
interleaved, and figures are medians of processor time (user and system, of the build and of who traces it): wall time says
little on a machine that does something else. TRACE_PROGRAM is the target `trace_program` of tests/unit/trace. The exit code is 1
if a file is missing.
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

CALLS = "open,openat,openat2,creat,execve,execveat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,connect"
RANDOM_PART = re.compile(r"conf\d+|/(?:am4t|ah)[A-Za-z0-9_]{6}(?=/)|(?:cc|Gm|std|conf|cgj?)[A-Za-z0-9]{4,8}|\d{3,7}")


def run(prefix, tree, work, command):
    """Processor time and wall time of one build in a fresh copy."""
    place = work / "tree"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(tree, place, symlinks=True)
    environment = {**os.environ, "CCACHE_DISABLE": "1", "TMPDIR": str(work / "tmp")}
    child = subprocess.Popen([*prefix, "sh", "-c", command], cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"bench_trace: {' '.join(prefix)[:60]}: the build failed ({child.returncode})")
    return usage.ru_utime + usage.ru_stime


def read_by_tracer(file):
    lines = (line.rstrip("\n").split(" ", 2) for line in open(file, errors="surrogateescape"))
    return {path for access, _, path in lines if access[0] == "r"}


def read_by_strace(file):
    """Paths, as the kernel resolved them, of what was opened for reading and was there before."""
    paths, unfinished = set(), {}
    for line in open(file, errors="surrogateescape"):
        process, rest = line.split(None, 1)
        if "<unfinished ...>" in rest:
            unfinished[process] = rest.split("<unfinished")[0]
            continue
        if resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", rest):
            rest = unfinished.pop(process, "") + resumed[1]
        made_here = "O_RDWR" in rest and "O_CREAT" in rest
        if made_here or any(flag in rest for flag in ("O_PATH", "O_DIRECTORY", "O_WRONLY")):
            continue
        if opened := re.search(r"= \d+<([^>]*)>(?:\(deleted\))?$", rest.strip()):
            paths.add(opened[1])
    return {path for path in paths if not path.startswith(("/proc/", "/sys/", "/dev/")) and not os.path.isdir(path)}


def missing(tracer, strace):
    """What strace alone has seen; names with a random part, which no two builds share, are compared without it."""
    plain = {RANDOM_PART.sub("…", path) for path in tracer}
    return sorted(path for path in strace if RANDOM_PART.sub("…", path) not in plain)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tracer")
    parser.add_argument("tree", type=pathlib.Path)
    parser.add_argument("command")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        (work / "tmp").mkdir()
        kinds = {
            "untraced": [],
            "traced": [os.path.abspath(options.tracer), f"--writable={work}", "--files", f"--out={work}/ours"],
            "strace": ["strace", "-f", "--seccomp-bpf", "-o", f"{work}/theirs", "-e", f"trace={CALLS}"],
        }
        times = {kind: [] for kind in kinds}
        for _ in range(options.rounds):
            for kind, prefix in kinds.items():
                times[kind].append(run(prefix, options.tree, work, options.command))
        base = statistics.median(times["untraced"])
        for kind, values in times.items():
            middle = statistics.median(values)
            print(f"{kind:10} {middle:8.2f} s   {100 * (middle / base - 1):+6.1f} %   ({', '.join(f'{value:.2f}' for value in values)})")
        run(["strace", "-f", "-y", "--seccomp-bpf", "-o", f"{work}/resolved", "-e", f"trace={CALLS}"], options.tree, work, options.command)
        strace = read_by_strace(work / "resolved")
        lost = missing(read_by_tracer(work / "ours"), strace)
        print(f"{len(strace)} files were read; missing in the trace: {len(lost)}", *lost, sep="\n  ")
        return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
