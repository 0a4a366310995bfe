#!/usr/bin/python3
"""Pairs in other shapes and by other packagers than the accuracy matrix is made of, with one known cause each, or two or three.

usage: compare_fresh.py ASSAY [--keep DIR]

First run, before anything was fitted to them: 34 of 35 single pairs, 9 of 10 multiple ones.
"""
import argparse
import bz2
import collections
import gzip
import io
import json
import lzma
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, **options).stdout

CASES = []
def case(*causes):
    def take(function):
        CASES.append((function.__name__, set(causes), function))
        return function
    return take

def compile_c(where, source, out, *flags, env=None, cwd=None):
    path = where / "prog.c"; path.write_text(source)
    run("gcc", *flags, path, "-o", out, env=dict(os.environ, **(env or {})), cwd=cwd or where)

HELLO = '#include <stdio.h>\nint main(void){puts("hi " %s);return 0;}\n'

@case("timestamp")
def jar_manifest_and_entries_by_clock(w, side):
    (w / "A.java").write_text("public class A { public static void main(String[] a) { System.out.println(1); } }\n")
    run("javac", "-d", w, w / "A.java")
    os.utime(w / "A.class", (1600000000 + side * 86400 * 400,) * 2)
    run("zip", "-qX", w / "out.jar", "A.class", cwd=w)
    return w / "out.jar"

@case("class-version")
def classes_for_another_release(w, side):
    (w / "A.java").write_text("public class A { int f() { return 1; } }\n")
    run("javac", "--release", ("11", "17")[side], "-d", w, w / "A.java")
    return w / "A.class"

@case("build-path")
def debug_information_of_a_shared_library(w, side):
    place = w / ("build/pkg-1.0", "build/reproducible-path/pkg-1.0")[side]; place.mkdir(parents=True)
    shown = ("/build/pkg-1.0", "/build/reproducible-path/pkg-1.0")[side]
    (place / "a.c").write_text("int twice(int x) { return 2 * x; }\nint thrice(int x) { return twice(x) + x; }\n")
    run("gcc", "-g", "-O2", "-shared", "-fPIC", f"-ffile-prefix-map={place}={shown}", place / "a.c", "-o", w / "liba.so")
    return w / "liba.so"

@case("build-path")
def rust_like_panic_paths_in_a_stripped_program(w, side):
    compile_c(w, HELLO % ('"%s/src/main.rs"' % ("/home/ci/work", "/github/workspace")[side]), w / "x", "-s", "-Wl,--build-id=none")
    return w / "x"

@case("timestamp")
def elf_with_date_macro_and_build_id(w, side):
    compile_c(w, HELLO % "__DATE__ __TIME__", w / "x", "-O2", env={"SOURCE_DATE_EPOCH": str(1600000000 + side * 77777777)})
    return w / "x"

@case("compiler")
def object_from_another_compiler_release(w, side):
    compile_c(w, "int f(int x){return x;}\n", w / "x.o", "-c")
    comment = w / "c"; comment.write_bytes((b"GCC: (GNU) 12.2.0\0", b"GCC: (GNU) 13.1.1 20230614\0")[side])
    run("objcopy", "--update-section", f".comment={comment}", w / "x.o")
    return w / "x.o"

@case("owner")
def pax_tarball_packed_by_somebody(w, side):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("p/a", "p/b"):
            info = tarfile.TarInfo(name); info.size = 5; info.mtime = 1600000000
            info.uid = info.gid = (0, 1001)[side]; info.uname = info.gname = ("root", "builder")[side]
            tar.addfile(info, io.BytesIO(b"text\n"))
    (w / "p.tar.bz2").write_bytes(bz2.compress(out.getvalue()))
    return w / "p.tar.bz2"

@case("umask")
def cpio_of_a_tree_under_another_umask(w, side):
    run("sh", "-c", "umask %s; mkdir t; echo a > t/a; echo b > t/b" % ("022", "077")[side], cwd=w)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in ("t/a", "t/b"):
            info = tar.gettarinfo(str(w / name), name); info.mtime = 1500000000; info.uid = info.gid = 0; info.uname = info.gname = ""
            tar.addfile(info, open(w / name, "rb"))
    (w / "t.tar.xz").write_bytes(lzma.compress(out.getvalue()))
    return w / "t.tar.xz"

@case("file-order")
def static_library_with_objects_in_another_order(w, side):
    names = ["a", "b", "c", "d"]
    for name in names:
        (w / f"{name}.c").write_text(f"int {name}_fn(void) {{ return {ord(name)}; }}\n"); run("gcc", "-c", w / f"{name}.c", "-o", w / f"{name}.o")
    run("ar", "rcD", w / "lib.a", *[w / f"{n}.o" for n in (names, ["c", "a", "d", "b"])[side]])
    return w / "lib.a"

@case("file-order")
def wheel_record_as_readdir_gave_it(w, side):
    files = {"pkg/__init__.py": "V = 1\n", "pkg/util.py": "def f():\n    return 2\n", "pkg/z.py": "pass\n", "pkg/core.py": "x = 3\n"}
    names = list(files) if side == 0 else ["pkg/z.py", "pkg/core.py", "pkg/__init__.py", "pkg/util.py"]
    with zipfile.ZipFile(w / "pkg-1-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for name in sorted(files): wheel.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), files[name])
        wheel.writestr(zipfile.ZipInfo("pkg-1.dist-info/RECORD", (2020, 1, 1, 0, 0, 0)), "".join(f"{n},sha256=x{len(files[n])},{len(files[n])}\n" for n in names))
    return w / "pkg-1-py3-none-any.whl"

@case("locale-order")
def symbol_list_sorted_in_two_locales(w, side):
    words = ["alpha", "Beta", "gamma", "Delta", "eps_one", "EPS", "zeta", "Omega"]
    (w / "symbols.list").write_text("".join(f"{x}\n" for x in sorted(words, key=None if side == 0 else str.casefold)))
    return w / "symbols.list"

@case("compression")
def zstd_level(w, side):
    (w / "d").write_text("".join(f"entry {i * i % 3001} in a longer line\n" for i in range(9000)))
    run("zstd", "-q", ("-3", "-17")[side], w / "d", "-o", w / "d.zst")
    return w / "d.zst"

@case("cpu-count")
def xz_in_blocks_by_threads(w, side):
    (w / "d").write_text("".join(f"entry {i * i % 3001} in a longer line\n" for i in range(90000)))
    run("xz", "-k", "-0", *(("-T1",), ("-T4", "--block-size=262144"))[side], w / "d")
    return w / "d.xz"

@case("hostname", "user")
def kernel_version_banner(w, side):
    (w / "vmlinux.txt").write_text("Linux version 6.1.20 (%s) (gcc 12.2.0) #1 SMP\n" % ("jane@lab-07", "builder@ip-10-0-3-4")[side])
    return w / "vmlinux.txt"

@case("timezone")
def build_log_in_another_zone(w, side):
    (w / "build.properties").write_text("#%s\nversion=1\n" % ("Tue Mar 05 10:11:12 UTC 2024", "Tue Mar 05 15:41:12 IST 2024")[side])
    return w / "build.properties"

@case("uuid")
def docbook_ids(w, side):
    a, b = ("3f0a5c1e-1111-4a22-9b33-aabbccddeeff", "9d8c7b6a-2222-4b33-8c44-001122334455")[side], "x"
    (w / "doc.xml").write_text(f'<?xml version="1.0"?>\n<book id="urn:uuid:{a}">\n <title>T</title>\n</book>\n')
    return w / "doc.xml"

@case("year")
def copyright_line_of_sphinx(w, side):
    (w / "index.html").write_text("<html><body><div class=footer>&copy; Copyright %d, The Authors.</div></body></html>\n" % (2023, 2025)[side])
    return w / "index.html"

@case("timestamp")
def javadoc_banner(w, side):
    d = ("Mon Jan 08 10:00:01 UTC 2024", "Thu Feb 15 22:13:44 UTC 2024")[side]
    (w / "A.html").write_text(f"<!-- Generated by javadoc (17) on {d} -->\n<meta name=\"dc.created\" content=\"{('2024-01-08','2024-02-15')[side]}\">\n<title>A</title>\n")
    return w / "A.html"

@case("timestamp")
def pod2man_header(w, side):
    (w / "x.3pm").write_text('.\\" Automatically generated by Pod::Man 4.14\n.TH X 3pm "%s" "perl v5.36.0" "User Contributed"\n.SH NAME\nx\n' % ("2022-05-17", "2023-11-02")[side])
    (w / "x.3pm.gz").write_bytes(gzip.compress((w / "x.3pm").read_bytes(), mtime=0))
    return w / "x.3pm.gz"

@case("random")
def hash_seed_in_generated_header(w, side):
    (w / "seed.h").write_text("#define HASH_SEED 0x%s /* random seed */\n" % ("9f3a771c", "0b24de85")[side])
    return w / "seed.h"

@case("temporary-name")
def debug_string_of_a_temporary_object(w, side):
    (w / "link.map").write_text("LOAD /tmp/cc%s.o\n.text 0x0 /tmp/cc%s.o\n" % ((("X9a2bQ",) * 2), (("mN41pz",) * 2))[side])
    return w / "link.map"

@case("address")
def repr_with_an_address(w, side):
    (w / "api.txt").write_text("default=<object object at %s>\n" % ("0x7f12a3b4c5d0", "0x7fe981d4a5d0")[side])
    return w / "api.txt"

@case("key-order")
def yaml_from_a_hash(w, side):
    (w / "meta.yaml").write_text(("name: x\ndepends:\n  - a\n  - b\nlicense: MIT\n", "license: MIT\nname: x\ndepends:\n  - a\n  - b\n")[side])
    return w / "meta.yaml"

@case("line-ending")
def text_checked_out_with_autocrlf(w, side):
    (w / "README").write_bytes(b"one\ntwo\nthree\n".replace(b"\n", (b"\n", b"\r\n")[side]))
    return w / "README"

@case("revision")
def go_like_build_information(w, side):
    compile_c(w, HELLO % ('"\\tbuild\\tvcs.revision=%s"' % ("1f0c3a9e5b7d2468ace013579bdf02468ace1357", "fedcba98765432100123456789abcdefdeadbeef")[side]), w / "x", "-s", "-Wl,--build-id=none")
    return w / "x"

@case("kernel")
def config_h_with_uname(w, side):
    (w / "config.h").write_text('#define BUILD_OS "Linux %s x86_64"\n' % ("5.15.0-91-generic", "6.8.0-31-generic")[side])
    return w / "config.h"

@case("shell")
def config_status_shell(w, side):
    (w / "buildinfo.txt").write_text("CONFIG_SHELL='%s'\n" % ("/bin/bash", "/bin/sh")[side])
    return w / "buildinfo.txt"

@case("locale")
def exported_language(w, side):
    (w / "env.txt").write_text('LC_ALL="%s"\nX=1\n' % ("de_DE.UTF-8", "C")[side])
    return w / "env.txt"

@case("build-number")
def jenkins_manifest(w, side):
    with zipfile.ZipFile(w / "a.jar", "w") as jar:
        jar.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF", (2020, 1, 1, 0, 0, 0)), "Manifest-Version: 1.0\r\nBuild-Number: %d\r\n\r\n" % (412, 415)[side])
    return w / "a.jar"

@case("gzip-mtime")
def plain_gzip_of_a_file(w, side):
    (w / "x.svg").write_text("<svg/>\n" * 30); os.utime(w / "x.svg", (1600000000 + 999 * side,) * 2)
    run("gzip", "-9", w / "x.svg"); return w / "x.svg.gz"

@case("dialect")
def gnu_tar_against_pax(w, side):
    (w / "d").mkdir(); (w / "d/a").write_text("a\n"); os.utime(w / "d/a", (1600000000,) * 2); os.utime(w / "d", (1600000000,) * 2)
    run("tar", "-C", w, "--sort=name", *(("--format=gnu",), ("--format=posix", "--pax-option=delete=atime,delete=ctime"))[side], "--owner=:0", "--group=:0", "--numeric-owner", "-cf", w / "d.tar", "d")
    return w / "d.tar"

@case("environment")
def flags_in_pkg_config(w, side):
    (w / "conf.log").write_text("CFLAGS=%s\n" % ("-O2", "-O3")[side]); return w / "conf.log"

@case("version")
def pkginfo_of_another_version(w, side):
    (w / ".PKGINFO").write_text("pkgname = foo\npkgver = %s\narch = x86_64\n" % ("1.4.2-r0", "1.4.3-r0")[side]); return w / ".PKGINFO"

@case("pyc-mtime")
def pycache_in_a_wheel(w, side):
    import py_compile
    (w / "m.py").write_text("X = 5\n"); os.utime(w / "m.py", (1600000000 + side * 5000,) * 2)
    py_compile.compile(str(w / "m.py"), cfile=str(w / "m.pyc"), dfile="m.py", invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    with zipfile.ZipFile(w / "m.whl", "w") as wheel: wheel.writestr(zipfile.ZipInfo("__pycache__/m.cpython.pyc", (2020, 1, 1, 0, 0, 0)), (w / "m.pyc").read_bytes())
    return w / "m.whl"

@case("timestamp")
def rpm_of_another_day(w, side):
    return rpm(w, str(1600000000 + side * 40000000), "host", "text\n")

@case("hostname")
def rpm_of_another_host(w, side):
    return rpm(w, "1600000000", ("alpha", "x86-04.build.example.org")[side], "text\n")

def rpm(w, epoch, host, text):
    (w / "SPECS").mkdir()
    (w / "SPECS/x.spec").write_text("Name: x\nVersion: 1\nRelease: 1\nSummary: x\nLicense: MIT\nBuildArch: noarch\n%description\nx\n%install\nmkdir -p %{buildroot}/usr/share/x\nprintf '" + text.replace("\n", "\\n") + "' > %{buildroot}/usr/share/x/a\n%files\n/usr/share/x\n")
    run("rpmbuild", "-bb", "--define", f"_topdir {w}", "--define", f"_buildhost {host}", "--define", "use_source_date_epoch_as_buildtime 1", "--define", "clamp_mtime_to_source_date_epoch 1", w / "SPECS/x.spec", env=dict(os.environ, SOURCE_DATE_EPOCH=epoch))
    return next((w / "RPMS").rglob("*.rpm"))

# Added later, each for something that was not read before: not part of the first run.
@case("year")
def year_of_the_copyright_in_the_code_of_a_program(w, side):
    (w / "usr/bin").mkdir(parents=True)
    (w / "a.c").write_text('#include <stdio.h>\nint main(void) { printf("Copyright (C) %%d\\n", %d); return 0; }\n' % (2022, 2026)[side])
    run("gcc", "-O2", "-s", "-Wl,--build-id=sha1", w / "a.c", "-o", w / "usr/bin/a")
    run("tar", "-C", w, "--owner=:0", "--group=:0", "--numeric-owner", f"--mtime=@{(1650000000, 1780000000)[side]}", "--clamp-mtime", "-cf", w / "out.tar", "usr/bin/a")
    return w / "out.tar"

@case("build-path")
def debug_paths_of_dwarf_4(w, side):
    place = w / ("build/one", "build/another/directory")[side]; (place / "inc").mkdir(parents=True)
    (place / "inc/h.h").write_text("static inline int twice(int x) { return 2 * x; }\n")
    for name in ("f", "g"):
        (place / f"{name}.c").write_text('#include "inc/h.h"\nint %s(int x) { return twice(x); }\n' % name)
    run("gcc", "-gdwarf-4", "-O1", "-shared", "-fPIC", place / "f.c", place / "g.c", "-o", w / "libfg.so")
    return w / "libfg.so"

@case("timestamp")
def date_in_a_class_file(w, side):
    (w / "A.java").write_text('public class A { public String toString() { return "built %s, " + super.toString(); } }\n' % ("2022-03-04T05:06:07Z", "2026-01-02T03:04:05Z")[side])
    run("javac", "-d", w, w / "A.java")
    return w / "A.class"

@case("timestamp", "build-path")
def two_in_a_deb_of_dpkg(w, side):
    return deb(w, f"Built on {(2022, 2024)[side]}-05-06 07:08:09\n", ("/build/a-1", "/build/b-longer")[side], "root")

@case("hostname", "cpu-count")
def two_in_a_log(w, side):
    (w / "a.log").write_text("hostname: %s\nmake -j%d all\n" % (("one", 4), ("two", 32))[side]); return w / "a.log"

@case("timestamp", "umask", "owner")
def three_in_a_tarball(w, side):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo("d/a"); info.size = 2; info.mtime = 1600000000 + side * 1234567; info.mode = (0o644, 0o664)[side]; info.uid = (0, 1000)[side]
        tar.addfile(info, io.BytesIO(b"a\n"))
    (w / "a.tar.zst").write_bytes(run("zstd", "-q", "-c", input=out.getvalue())); return w / "a.tar.zst"

@case("file-order", "timestamp")
def zip_by_clock_and_readdir(w, side):
    names = (["a", "b", "c"], ["b", "c", "a"])[side]
    with zipfile.ZipFile(w / "a.zip", "w", zipfile.ZIP_DEFLATED) as z:
        for n in names: z.writestr(zipfile.ZipInfo(n, ((2021, 1, 1, 1, 1, 2), (2023, 4, 5, 6, 7, 8))[side]), n * 99)
    return w / "a.zip"

@case("key-order", "version")
def package_json_of_another_version(w, side):
    (w / "package.json").write_text(('{"name": "x", "version": "1.0.1", "main": "a.js"}\n', '{"main": "a.js", "name": "x", "version": "1.0.2"}\n')[side]); return w / "package.json"

@case("user", "timestamp", "kernel")
def three_in_a_header(w, side):
    (w / "h.h").write_text("/* built by %s on %s, Linux %s */\n" % (("amy", "2023-01-02T03:04:05Z", "5.10.0-28-amd64"), ("pbuilder2", "2024-05-06T07:08:09Z", "6.1.0-18-amd64"))[side]); return w / "h.h"

@case("compression", "timestamp")
def level_and_date(w, side):
    (w / "n").write_bytes(gzip.compress((f"Date: {('Mon, 06 Feb 2023 10:00:00 +0000', 'Tue, 07 May 2024 11:12:13 +0000')[side]}\n" + "filler text\n" * 200).encode(), (1, 9)[side], mtime=0)); return w / "n"

@case("locale-order", "year")
def sorted_otherwise_and_another_year(w, side):
    words = ["b", "A", "c", "D"]; (w / "l.txt").write_text(f"(c) {(2021, 2022)[side]} us\n" + "".join(f"{x}\n" for x in sorted(words, key=None if side == 0 else str.lower))); return w / "l.txt"

@case("build-path", "compiler")
def debug_path_and_compiler(w, side):
    place = w / ("src/a", "src/other/b")[side]; place.mkdir(parents=True)
    (place / "a.c").write_text("int f(int x) { return x + 1; }\n")
    run("gcc", "-g", "-c", f"-ffile-prefix-map={place}={('/home/u/src/a', '/tmp/other/b')[side]}", place / "a.c", "-o", w / "a.o")
    comment = w / "c"; comment.write_bytes((b"GCC: (Debian 12.2.0-14) 12.2.0\0", b"GCC: (Ubuntu 13.2.0-4) 13.2.0\0")[side])
    run("objcopy", "--update-section", f".comment={comment}", w / "a.o"); return w / "a.o"

def deb(w, note, path, owner):
    root = w / "r"; (root / "DEBIAN").mkdir(parents=True); (root / "usr/lib").mkdir(parents=True)
    (root / "usr/lib/note").write_text(note); (root / "usr/lib/flags").write_text(f"-ffile-prefix-map={path}=.\nprefix {path}/src/x.c\n")
    (root / "DEBIAN/control").write_text("Package: x\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: x\n")
    (root / "DEBIAN/md5sums").write_bytes(run("md5sum", "usr/lib/note", "usr/lib/flags", cwd=root))
    run("dpkg-deb", "--root-owner-group", "-b", root, w / "x.deb", env=dict(os.environ, SOURCE_DATE_EPOCH="1600000000")); return w / "x.deb"

def main():
    parser = argparse.ArgumentParser(); parser.add_argument("assay"); parser.add_argument("--keep", type=pathlib.Path); options = parser.parse_args()
    base = options.keep or pathlib.Path(tempfile.mkdtemp()); shutil.rmtree(base, ignore_errors=True)
    single, multiple, matrix = [], [], collections.defaultdict(collections.Counter)
    for name, causes, make in CASES:
        pair = []
        for side in (0, 1):
            w = base / "work"; shutil.rmtree(w, ignore_errors=True); w.mkdir(parents=True)
            made = make(w, side); kept = base / name / "ab"[side]; kept.mkdir(parents=True)
            pair.append(shutil.move(str(made), str(kept / pathlib.Path(made).name)))
        done = subprocess.run([options.assay, "compare", *pair, "--format", "json"], capture_output=True, text=True)
        report = json.loads(done.stdout); found = [c["id"] for c in report["causes"]]
        good = bool(found) and found[0] in causes if len(causes) == 1 else causes <= set(found)
        (single if len(causes) == 1 else multiple).append(good)
        for cause in causes: matrix[cause][found[0] if len(causes) == 1 and found else cause if cause in found else "(missed)"] += 1
        print(f"{'ok ' if good else 'BAD'} {name}: {'+'.join(sorted(causes))} named {', '.join(found) or '-'}; left over {len(report['leftovers'])}; closed {report['closed']}", flush=True)
    for cause in sorted(matrix): print(f"  {cause:16} -> " + ", ".join(f"{a}: {b}" for a, b in matrix[cause].most_common()))
    print(f"single {sum(single)} of {len(single)}, multiple {sum(multiple)} of {len(multiple)}")
    return 0 if sum(single) >= 0.95 * len(single) and sum(multiple) >= 0.85 * len(multiple) else 1

if __name__ == "__main__":
    sys.exit(main())
