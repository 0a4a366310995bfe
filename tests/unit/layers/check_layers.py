#!/usr/bin/python3
"""Check that the modules under src/ include only what the layer order allows.

usage: check_layers.py SRC-DIRECTORY

A module may include its own headers, those of lower layers, and those of the partners in its own layer that are listed
here. A third-party header stands in .cpp files of the modules that own the library, and nowhere else.
"""
import pathlib
import re
import sys

LAYERS = [
    ["base"],
    ["digest", "model"],
    ["archive", "vcs"],
    ["compare", "inspect", "provenance", "artifact"],
    ["trace", "rebuild", "attest"],
    ["catalog", "report"],
    ["cli"],
]
PARTNERS = {
    "model": {"digest"},
    "provenance": {"compare", "inspect"},
    "rebuild": {"trace", "attest"},  # what a build consisted of is told in attest's documents
}

EVERYONE = None
OWNERS = {
    r"fmt/.*": EVERYONE,
    r"nlohmann/.*": {"artifact", "provenance", "report", "trace", "rebuild", "attest", "cli"},
    r"xxhash\.h": {"base"},
    r"openssl/.*": {"digest", "attest", "inspect"},
    r"git2(\.h|/.*)": {"digest", "vcs"},
    r"archive(_entry)?\.h": {"archive"},
    r"(bzlib|lz4frame)\.h": {"archive"},
    r"(lzma|zstd|zstd_errors)\.h": {"archive", "artifact"},
    r"zlib\.h": {"artifact", "vcs"},
    r"(gelf|libelf|fuzzy)\.h": {"artifact"},
    r"sqlite3\.h": {"base", "artifact", "attest"},
    r"elf\.h": {"artifact", "trace"},
    r"linux/\w+\.h": {"trace"},
    r"(capstone|ext2fs|sqfs)/.*": {"artifact"},
    r"(yaml|expat)\.h": {"artifact"},
    r"isa-l/.*": {"archive"},
    r"magic\.h": {"inspect"},
    r"CLI/.*": {"cli"},
    r"toml\+\+/.*": {"artifact", "attest", "provenance", "rebuild", "cli"},
    r"unicode/.*": {"inspect"},
    r"yara\.h": {"inspect"},
    r"re2/.*": {"artifact", "attest", "inspect"},
    r"simdjson\.h": {"attest"},
    r"seccomp\.h": {"trace"},
}
LIGHT = {"nlohmann/json_fwd.hpp"}  # declares names and nothing else: made for headers
SYSTEM = re.compile(r"(sys/\w+|arpa/inet|netinet/in|time|fcntl|unistd|poll|signal|pthread|sched|spawn|dirent|dlfcn|termios|fnmatch|grp|endian|locale|malloc|emmintrin)\.h")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def rank(module):
    for number, modules in enumerate(LAYERS):
        if module in modules:
            return number
    return None


def project_include_problem(module, target):
    """What is wrong with `module` including the project's header `target`; None if nothing."""
    wanted = target.split("/")[0] if "/" in target else ""
    if rank(wanted) is None:
        return f'"{target}" names no module; write "module/header.hpp"'
    if wanted == module or rank(wanted) < rank(module) or wanted in PARTNERS.get(module, ()):
        return None
    how = "in the same layer, and no partner" if rank(wanted) == rank(module) else "above it"
    return f'"{target}": {wanted} is {how}'


def foreign_include_problem(module, target, in_header):
    """What is wrong with `module` including <target>; None if nothing."""
    if "." not in target and "/" not in target:
        return None  # the C++ standard library
    if SYSTEM.fullmatch(target):
        return f"<{target}> stands in a header; keep it in a .cpp" if in_header else None
    for pattern, owners in OWNERS.items():
        if re.fullmatch(pattern, target):
            if owners is not EVERYONE and module not in owners:
                return f"<{target}> belongs to {', '.join(sorted(owners))}"
            return f"<{target}> stands in a header; keep it in a .cpp" if in_header and target not in LIGHT else None
    return f"<{target}> is in no list; add it to OWNERS with the module that owns the library"


def problems_in(source):
    """Every violation below `source`, as "file:line: what"."""
    if not source.is_dir():
        return [f"{source}: is no directory"]
    problems, seen = [], 0
    for file in sorted(source.rglob("*")):
        if file.suffix not in (".cpp", ".hpp", ".h", ".cc"):
            continue
        seen += 1
        module = file.relative_to(source).parts[0]
        if rank(module) is None:
            problems.append(f"{file}:1: module '{module}' has no layer; give it one")
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            include = INCLUDE.match(line)
            if include is None:
                continue
            if include[1] == '"':
                what = project_include_problem(module, include[2])
            else:
                what = foreign_include_problem(module, include[2], file.suffix != ".cpp")
            if what:
                problems.append(f"{file}:{number}: {what}")
    return problems if seen else [f"{source}: holds no source file"]


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    problems = problems_in(pathlib.Path(sys.argv[1]))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
