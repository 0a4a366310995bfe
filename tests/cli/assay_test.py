"""What the tests of the program share: run it on the fixtures as a user would, and say what must come of it.

The environment names the program (ASSAY), the fixtures (ASSAY_FIXTURES) and the source tree (ASSAY_SOURCE).
"""
import ctypes
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ASSAY = os.environ["ASSAY"]
FIXTURES = pathlib.Path(os.environ["ASSAY_FIXTURES"])
SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
SEVERITIES = ["info", "low", "medium", "high", "critical"]


class Run:
    """One run of the program: exit code, both outputs, and the report if it printed one in JSON."""

    def __init__(self, arguments, cwd=None, environment=None, timeout=120, refuse=()):
        self.arguments = [str(word) for word in arguments]
        base = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
        done = subprocess.run([ASSAY, *self.arguments], cwd=cwd, env=base | (environment or {}), timeout=timeout,
                              preexec_fn=(lambda: refuse_calls(refuse)) if refuse else None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.exit = done.returncode
        self.raw = done.stdout
        self.out = done.stdout.decode(errors="replace")
        self.err = done.stderr.decode(errors="replace")

    @property
    def report(self):
        return json.loads(self.out)

    def __str__(self):
        return f"assay {' '.join(self.arguments)}\nexit {self.exit}\n{self.out[:6000]}\n{self.err[:2000]}"


def refuse_calls(names):
    """Have the kernel refuse these system calls to this process and all it starts, as a container's profile does (x86_64)."""
    numbers = {"ptrace": 101, "unshare": 272, "clone3": 435}
    code = [struct.pack("HBBI", 0x20, 0, 0, 0)]  # load the number of the call
    for name in names:
        if name in numbers:
            # If it is the one: EPERM, or ENOSYS, on which the C library does with an older call.
            code += [struct.pack("HBBI", 0x15, 0, 1, numbers[name]), struct.pack("HBBI", 0x06, 0, 0, 0x50000 | (38 if name == "clone3" else 1))]
        else:
            # clone with any of the CLONE_NEW* flags in its first argument.
            code += [struct.pack("HBBI", 0x15, 0, 4, 56), struct.pack("HBBI", 0x20, 0, 0, 16), struct.pack("HBBI", 0x45, 0, 1, 0x7E020000),
                     struct.pack("HBBI", 0x06, 0, 0, 0x50001), struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)]
    code.append(struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000))
    program = ctypes.create_string_buffer(b"".join(code))
    filters = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, ctypes.addressof(filters), 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        raise OSError(ctypes.get_errno(), "no filter")


class AssayTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="assay-cli-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def assay(self, *arguments, **options):
        return Run(arguments, cwd=options.pop("cwd", self.directory), **options)

    def check(self, tarball, vcs, *options, **how):
        """`assay check` on fixtures, with the report in JSON on standard output."""
        return self.assay("check", FIXTURES / tarball, "--vcs", FIXTURES / vcs, "--format", "json", *options, **how)

    def expect_exit(self, run, code):
        self.assertEqual(code, run.exit, str(run))
        self.assertNotIn("terminate called", run.err, str(run))

    def expect_verdict(self, run, verdict):
        self.assertEqual(verdict, run.report["verdict"], str(run))

    def expect_finding(self, run, rule, path=None, severity=None):
        """There is a finding of `rule` (and about `path`, if given); the first such."""
        fitting = [finding for finding in run.report["findings"]
                   if finding["rule"] == rule and (path is None or finding["path"] == path)]
        self.assertTrue(fitting, f"no finding {rule} about {path}\n{run}")
        if severity is not None:
            self.assertEqual(severity, fitting[0]["severity"], str(run))
        return fitting[0]

    def expect_no_finding(self, run, at_least="info"):
        severe = SEVERITIES[SEVERITIES.index(at_least):]
        found = [finding for finding in run.report["findings"] if finding["severity"] in severe]
        self.assertEqual([], found, str(run))

    def entry(self, run, path):
        """The entry of the report that is about `path`; None if it is identical and so not listed."""
        return next((entry for entry in run.report["entries"] if entry["path"] == path), None)

    def expect_entry(self, run, path, status=None, proof=None):
        entry = self.entry(run, path)
        self.assertIsNotNone(entry, f"no entry {path}\n{run}")
        if status is not None:
            self.assertEqual(status, entry["status"], str(run))
        if proof is not None:
            self.assertEqual(proof, entry["proof"], str(run))
        return entry

    def expect_identical(self, run, path):
        self.assertIsNone(self.entry(run, path), f"{path} should be identical\n{run}")

    def expect_gap(self, run, words=""):
        gaps = run.report["coverage"]["gaps"]
        self.assertFalse(run.report["coverage"]["complete"], str(run))
        self.assertTrue(any(words in f"{gap['what']} {gap['reason']}" for gap in gaps), f"no gap '{words}'\n{run}")

    def expect_error(self, run, *words):
        """Exit 2, nothing on standard output, and a message that holds each of `words`."""
        self.expect_exit(run, 2)
        self.assertEqual("", run.out, str(run))
        for word in words:
            self.assertIn(str(word), run.err, str(run))


def table(name):
    """The rows of fixtures/NAME/expected.tsv: lists of columns; '#' begins a comment."""
    for line in (SOURCE / "fixtures" / name / "expected.tsv").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield [column.strip() for column in line.split("\t")]


def main():
    unittest.main(verbosity=1)
