#!/usr/bin/python3
"""How often `assay compare` names the right cause: the accuracy matrix.

usage: compare_accuracy.py ASSAY [--keep DIR] [--only CAUSE[,CAUSE]]

One small package is built by real tools (gcc, ar, tar, gzip, xz, zip, python3, dpkg-deb, msgfmt where it is installed) and
leaks everything a build can leak. Each pair varies exactly one of the leaks, or two or three at once. The confusion matrix
goes to standard output; the exit code is 1 if fewer than 95 % of the single pairs have the right cause first, or fewer than
85 % of the multiple ones have all of theirs named.
"""
import argparse
import collections
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

SOURCE = r"""
#include <stdio.h>
static const char built[] = "built " __DATE__ " " __TIME__;
const char *where(void) { return __FILE__; }
int main(int argc, char **argv) {
  printf("%s %s %d\n", built, where(), argc);
  for (int i = 0; i < argc; ++i) puts(argv[i]);
  return 0;
}
"""

# Each leak: what it is on either side. The names are those of the causes.
LEAKS = {
    "timestamp": ("1650000000", "1711111111"),
    "build-path": ("build/one", "build/another-directory"),
    "hostname": ("alpha7", "buildd-x86-03"),
    "user": ("alice", "pbuilder"),
    "kernel": ("5.10.0-28-amd64", "6.1.0-18-amd64"),
    "home": ("/home/alice", "/nonexistent/first-build"),
    "shell": ("/bin/bash", "/bin/dash"),
    "locale": ("C.UTF-8", "fr_CH.UTF-8"),
    "cpu-count": ("4", "17"),
    "uuid": ("4f2a7c1e-9b1d-4c57-8a30-5d2f8e6a1b90", "b8e0d6f3-2c4a-4f19-9e77-0a1b2c3d4e5f"),
    "random": ("8317264519", "1209384756"),
    "temporary-name": ("ccQz81Xa.o", "ccB7tYp2.o"),
    "address": ("0x7f3a4c5d6e70", "0x7fd1e2f3ae70"),
    "pid": ("4711", "28190"),
    "year": ("2022", "2026"),
    "timezone": ("UTC", "Pacific/Kiritimati"),
    "gzip-name": ("notes", "NOTES.orig"),
    "gzip-mtime": ("1600000000", "1650000000"),
    "pyc-mtime": ("1600000000", "1650000000"),
    "compression": ("1", "9"),
    "umask": ("022", "002"),
    "owner": ("0", "1000"),
    "file-order": ("forward", "backward"),
    "locale-order": ("C", "folded"),
    "key-order": ("sorted", "reversed"),
    "zip-extra": ("-X", ""),
    "dialect": ("gnu", "ustar"),
    "line-ending": ("\n", "\r\n"),
    "compiler": ("GCC: (Debian 12.2.0-14) 12.2.0", "GCC: (Debian 12.2.0-14+deb12u1) 12.2.0"),
    "toolchain": ("revision one", "revision two"),
    "build-number": ("101", "102"),
    "revision": ("3f9c2d1", "a07be44"),
    "version": ("1.2.3-1", "1.2.4-1"),
    "environment": ("/usr/bin:/bin", "/usr/local/bin:/usr/bin:/bin"),
}


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, **options).stdout


class Package:
    """One build with a value for each leak."""

    def __init__(self, work, values):
        self.work, self.values = work, values
        self.root = work / "root"
        self.doc = self.root / "usr/share/doc/leaky"
        self.env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", SOURCE_DATE_EPOCH=values["timestamp"])

    def build(self):
        for directory in ("usr/bin", "usr/lib", "usr/share/leaky", "usr/share/doc/leaky", "usr/lib/python3/dist-packages"):
            (self.root / directory).mkdir(parents=True)
        self.program()
        self.library()
        self.documents()
        self.compressed()
        self.python()
        self.jar()
        return self.package()

    def program(self):
        place = self.work / self.values["build-path"]
        place.mkdir(parents=True)
        (place / "leaky.c").write_text(SOURCE)
        run("gcc", "-O1", "-c", place / "leaky.c", "-o", place / "leaky.o", env=self.env)
        comment = self.work / "comment"
        comment.write_bytes(self.values["compiler"].encode() + b"\0")
        run("objcopy", "--update-section", f".comment={comment}", place / "leaky.o")
        program = self.root / "usr/bin/leaky"
        run("gcc", "-Wl,--build-id=sha1", place / "leaky.o", "-o", program)
        # What is stripped from this one still shows in its build-id.
        comment.write_bytes(self.values["toolchain"].encode() + b"\0")
        (place / "quiet.c").write_text("int main(void) { return 0; }\n")
        run("gcc", "-O1", "-c", place / "quiet.c", "-o", place / "quiet.o")
        run("objcopy", "--update-section", f".comment={comment}", place / "quiet.o")
        run("gcc", "-Wl,--build-id=sha1", place / "quiet.o", "-o", self.root / "usr/bin/quiet")
        run("strip", "--remove-section=.comment", self.root / "usr/bin/quiet")
        run("strip", "--strip-unneeded", program)

    def library(self):
        objects = []
        for name in ("one", "two"):
            source = self.work / f"{name}.c"
            source.write_text(f"int {name}(void) {{ return {len(name)}; }}\n")
            run("gcc", "-O1", "-c", source, "-o", source.with_suffix(".o"))
            objects.append(source.with_suffix(".o"))
        run("ar", "rcD", self.root / "usr/lib/libleaky.a", *objects)

    def documents(self):
        value = self.values
        moment = run("date", "-R", "-d", "@1600000000", env=dict(self.env, TZ=value["timezone"])).strip()
        end = value["line-ending"]
        lines = {
            "hostname": f"Build host: {value['hostname']}", "user": f"Built by {value['user']}", "kernel": f"Kernel: Linux {value['kernel']}",
            "home": f"HOME={value['home']}", "shell": f"Shell: {value['shell']}", "locale": f"LANG={value['locale']}",
            "cpu-count": f"DEB_BUILD_OPTIONS: parallel={value['cpu-count']}", "uuid": f"Identifier {value['uuid']}", "random": f"seed: {value['random']}",
            "temporary-name": f"object {value['temporary-name']}", "address": f"table at {value['address']}", "pid": f"pid {value['pid']}",
            "timezone": f"Stamp {moment}", "build-number": f"Build number: {value['build-number']}", "revision": f"git revision {value['revision']}",
            "environment": f"PATH={value['environment']}",
        }
        for name, line in lines.items():
            (self.doc / f"{name}.txt").write_text(f"About this build\n{line}\nThat is all.\n")
        (self.doc / "README.txt").write_bytes(end.join(["Leaky", "", "It leaks.", ""]).encode())
        (self.doc / "leaky.1").write_text(f'.TH LEAKY 1 "{value["year"]}" "leaky" "User Commands"\n.SH NAME\nleaky \\- leaks\n')
        words = ["Zebra", "apple", "Banana", "cherry", "_under", "delta", "Echo"]
        key = None if value["locale-order"] == "C" else str.lower
        (self.doc / "words.txt").write_text("\n".join(sorted(words, key=key)) + "\n")
        data = {"name": "leaky", "alpha": [1, 2], "beta": {"x": 1, "y": 2}}
        keys = sorted(data, reverse=value["key-order"] == "reversed")
        (self.root / "usr/share/leaky/data.json").write_text(json.dumps({key: data[key] for key in keys}, indent=1) + "\n")

    def compressed(self):
        notes = self.work / self.values["gzip-name"]
        notes.write_text("some notes\n" * 40)
        os.utime(notes, (1500000000, 1500000000))
        run("gzip", "-N", "-9", notes)
        shutil.move(f"{notes}.gz", self.root / "usr/share/leaky/notes.gz")
        log = self.work / "changelog"
        log.write_text("changes\n" * 40)
        os.utime(log, (int(self.values["gzip-mtime"]),) * 2)
        run("gzip", "-N", "-9", log)
        shutil.move(f"{log}.gz", self.doc / "changelog.gz")
        rows = self.work / "rows.txt"
        rows.write_text("".join(f"row {n * n % 977} of {n}\n" for n in range(4000)))
        run("gzip", "-n", f"-{self.values['compression']}", rows)
        shutil.move(f"{rows}.gz", self.root / "usr/share/leaky/rows.gz")

    def python(self):
        module = self.root / "usr/lib/python3/dist-packages/leaky.py"
        module.write_text("VALUE = 1\n\n\ndef value():\n    return VALUE\n")
        os.utime(module, (int(self.values["pyc-mtime"]),) * 2)
        run(sys.executable, "-c", "import py_compile, sys; py_compile.compile(sys.argv[1], cfile=sys.argv[2], dfile='leaky.py', invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)",
            module, module.with_suffix(".pyc"))

    def jar(self):
        place = self.work / "zip"
        place.mkdir()
        (place / "a.txt").write_text("a\n" * 50)
        os.utime(place / "a.txt", (1600000000,) * 2)
        flags = [flag for flag in (self.values["zip-extra"],) if flag]
        run("zip", "-q", *flags, "a.zip", "a.txt", cwd=place, env=self.env)
        shutil.move(place / "a.zip", self.root / "usr/share/leaky/a.zip")

    def package(self):
        for path in self.root.rglob("*"):
            os.utime(path, (1500000000,) * 2, follow_symlinks=False)
            executable = path.is_dir() or path.parent.name == "bin"
            path.chmod((0o777 if executable else 0o666) & ~int(self.values["umask"], 8))
        self.root.chmod(0o755)
        names = sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())
        sums = "".join(f"{run('md5sum', self.root / name).split()[0]}  {name}\n" for name in names)
        control = self.work / "control"
        control.mkdir()
        (control / "control").write_text(f"Package: leaky\nVersion: {self.values['version']}\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.org>\nDescription: leaks\n")
        (control / "md5sums").write_text(sums)
        for path in (control, *control.iterdir()):
            os.utime(path, (1500000000,) * 2)
        members = sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))
        if self.values["file-order"] == "backward":
            members.sort(key=lambda name: (name.count("/"), [-ord(c) for c in name]))
        listing = self.work / "members"
        listing.write_text("".join(f"{name}\n" for name in members))
        owner = self.values["owner"]
        run("tar", "-C", self.root, "--no-recursion", f"--format={self.values['dialect']}", f"--owner=:{owner}", f"--group=:{owner}", "--numeric-owner", "-cf", self.work / "data.tar", "-T", listing)
        run("tar", "-C", control, "--format=gnu", "--owner=:0", "--group=:0", "--numeric-owner", "--sort=name", "-cf", self.work / "control.tar", ".")
        for name in ("control.tar", "data.tar"):
            run("xz", "-T1", "-6", self.work / name)
        (self.work / "debian-binary").write_text("2.0\n")
        deb = self.work / "leaky.deb"
        run("ar", "rcD", deb, self.work / "debian-binary", self.work / "control.tar.xz", self.work / "data.tar.xz")
        return deb


def compare(assay, first, second):
    done = subprocess.run([assay, "compare", str(first), str(second), "--format", "json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"assay failed: {done.stderr}")
    return json.loads(done.stdout)


def build_pair(work, changed):
    pair = []
    for side in (0, 1):
        values = {name: choice[side if name in changed else 0] for name, choice in LEAKS.items()}
        place = work / "build"  # one place for both, or the place would be a cause of its own
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        kept = work / ("-".join(changed) or "same") / "ab"[side]
        kept.mkdir(parents=True)
        pair.append(pathlib.Path(shutil.move(Package(place, values).build(), kept / "leaky.deb")))
    return pair


def combinations():
    """Twenty pairs and ten triples, the same in each run."""
    chooser = random.Random(5)
    pairs = list(itertools.combinations(sorted(LEAKS), 2))
    triples = list(itertools.combinations(sorted(LEAKS), 3))
    return chooser.sample(pairs, 20) + chooser.sample(triples, 10)


def judge(assay, work, only):
    matrix = collections.defaultdict(collections.Counter)
    singles, multiples, closed = [], [], 0
    equal = compare(assay, *build_pair(work, ()))
    if not equal["equal"]:
        raise SystemExit("the package does not build the same twice: " + json.dumps(equal["causes"], indent=1)[:2000])
    for name in sorted(LEAKS):
        if only and name not in only:
            continue
        result = compare(assay, *build_pair(work, (name,)))
        found = [cause["id"] for cause in result["causes"]]
        matrix[name][found[0] if found else "(none)"] += 1
        singles.append(bool(found) and found[0] == name)
        closed += result["closed"]
        print(f"{'ok ' if singles[-1] else 'BAD'} {name:16} first: {found[0] if found else '(none)':16} all: {', '.join(found)}; left over {len(result['leftovers'])}; closed {result['closed']}", flush=True)
    for names in combinations():
        if only:
            break
        found = {cause["id"] for cause in compare(assay, *build_pair(work, names))["causes"]}
        multiples.append(set(names) <= found)
        for name in names:
            matrix[name][name if name in found else "(missed)"] += 1
        print(f"{'ok ' if multiples[-1] else 'BAD'} {' + '.join(names)}: {', '.join(sorted(found))}", flush=True)
    return matrix, singles, multiples, closed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("assay")
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    work = options.keep or pathlib.Path(tempfile.mkdtemp())
    try:
        matrix, singles, multiples, closed = judge(options.assay, work, set(filter(None, options.only.split(","))))
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)
    print("\nconfusion (built -> named: times)")
    for name in sorted(matrix):
        print(f"  {name:16} -> " + ", ".join(f"{found}: {times}" for found, times in matrix[name].most_common()))
    share = lambda hits: 100 * sum(hits) / len(hits) if hits else 100.0
    print(f"\nsingle: right cause first in {sum(singles)} of {len(singles)} ({share(singles):.1f} %), every byte explained in {closed}")
    print(f"multiple: all causes named in {sum(multiples)} of {len(multiples)} ({share(multiples):.1f} %)")
    return 0 if share(singles) >= 95 and share(multiples) >= 85 else 1


if __name__ == "__main__":
    sys.exit(main())
