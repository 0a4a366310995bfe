#!/usr/bin/env python3
"""A table of rebuilds: outcome, causes, time and what the tracer costs.

    bench_rebuild.py ASSAY DIRECTORY [PACKAGE ...]

For each source package whose .dsc lies in DIRECTORY or below it (those named, or all): `assay rebuild` against the binary
packages of its version that lie beside it, then the same build once traced and once not, in turns, for the tracer's cost: in wall time,
so on a quiet machine (the processor time of a sandbox's processes does not come back to who waits for it). Fetch what it works on with `apt-get source --download-only` and `apt-get download`, and what it needs with `apt-get build-dep`. Runs
unattended; prints a table in Markdown; judges nothing.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile


def rebuild(assay, dsc, *arguments, kept=None):
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        child = subprocess.Popen([assay, "rebuild", dsc, "-q", "-f", "json", "-o", report.name, *arguments], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        messages = child.stderr.read()
        child.wait()
        text = pathlib.Path(report.name).read_text()
    if kept:
        (kept / dsc.with_suffix(".json").name).write_text(text)
    nothing = {"status": "error: " + (messages.splitlines() or [""])[0], "artifacts": [], "builds": [], "findings": [], "causes": []}
    return child.returncode, {**(json.loads(text) if text else nothing)}


def fields(dsc):
    text = dsc.read_text(errors="replace")
    found = {name: re.search(rf"^{name}: *(.*)$", text, re.MULTILINE) for name in ("Source", "Version")}
    binaries = re.search(r"^Binary: *((?:.*\n)(?: .*\n)*)", text, re.MULTILINE).group(1)
    return found["Source"].group(1), found["Version"].group(1), [name.strip() for name in binaries.replace("\n", " ").split(",")]


def published(dsc):
    """The packages beside it of its version; what was rebuilt without a change of source (+bN) is not of its version."""
    _, version, binaries = fields(dsc)
    plain = version.split(":", 1)[-1]
    return [deb for deb in sorted(dsc.parent.glob("*.deb")) if deb.name.split("_")[0] in binaries and re.sub(r"^\d+%3a", "", deb.name.split("_")[1]) == plain]


def seconds(report):
    return sum(build["milliseconds"] for build in report["builds"]) / 1000


def causes(report):
    named = []
    for artifact in report["artifacts"]:
        comparison = artifact["comparison"] or {"causes": [], "leftovers": []}
        named += [cause["id"] for cause in comparison["causes"]] + (["?"] if comparison["leftovers"] else [])
    return ", ".join(sorted(set(named)))


def row(assay, dsc, overhead, options, kept):
    against = [word for deb in published(dsc) for word in ("--against", str(deb))]
    code, report = rebuild(assay, dsc, *against, *options, kept=kept)
    same = sum(artifact["reproduced"] is True for artifact in report["artifacts"])
    tracer = ""
    if overhead and report["status"] in ("reproduced", "different"):
        turns = [[seconds(rebuild(assay, dsc, "--builds", "1", *how, *options)[1]) for how in (["--no-trace"], [])] for _ in range(overhead)]
        plain, traced = (min(times) for times in zip(*turns))
        tracer = f"{(traced / plain - 1) * 100:+.0f} %"
    findings = sorted({finding["rule"] for finding in report["findings"] if finding["severity"] not in ("info", "low")})
    cells = [dsc.name.removesuffix(".dsc"), report["status"], code, f"{same}/{len(against) // 2}", causes(report), len(report["builds"]), f"{seconds(report):.0f}", tracer, ", ".join(findings)]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assay", type=pathlib.Path)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("packages", nargs="*")
    parser.add_argument("--overhead", type=int, default=0, metavar="N", help="measure the tracer with N builds of each kind")
    parser.add_argument("--option", action="append", default=[], help="of assay rebuild, as --option=--make-root; repeatable")
    parser.add_argument("--reports", type=pathlib.Path, help="keep the report of each package in this directory")
    options = parser.parse_args()
    print("| package | outcome | exit | same bytes | causes | builds | seconds | tracer | findings |\n|---|---|---|---|---|---|---|---|---|", flush=True)
    for dsc in sorted(options.directory.rglob("*.dsc")):
        if not options.packages or fields(dsc)[0] in options.packages:
            print(row(options.assay, dsc, options.overhead, options.option, options.reports), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
