#!/usr/bin/python3
"""What real packers write is no trap, however long or foreign the names are."""
import shutil
import subprocess
import tarfile
import zipfile

import assay_test
from assay_test import AssayTest

LONG = "d" * 80
FILES = {
    "Makefile": "all:\n",
    f"tests/{LONG}/{LONG}/{'f' * 90}.txt": "deep\n",
    f"tests/{'g' * 110}.c": "long\n",
    "tests/naïve café.txt": "foreign\n",
    f"{'é' * 60}.txt": "foreign and long\n",
}
LINKS = {"link": "Makefile", "longlink": f"tests/{LONG}/{LONG}/{'f' * 90}.txt"}


class Packers(AssayTest):
    def setUp(self):
        super().setUp()
        self.release = self.directory / "p-1.2.0"
        for path, content in FILES.items():
            file = self.release / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        for path, target in LINKS.items():
            (self.release / path).symlink_to(target)

    def run_packer(self, *command, **options):
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        subprocess.run(command, cwd=self.directory, check=True, capture_output=True, env=environment, **options)

    def expect_clean(self, archive):
        run = self.check(self.directory / archive, self.release)
        self.assertEqual([], [finding for finding in run.report["findings"] if finding["rule"].startswith("archive-")], str(run))
        self.expect_verdict(run, "verified")

    def test_gnu_tar(self):
        for form in ("gnu", "oldgnu", "posix"):
            with self.subTest(form):
                self.run_packer("tar", f"--format={form}", "-cf", f"{form}.tar", "p-1.2.0")
                self.expect_clean(f"{form}.tar")

    def test_python(self):
        for name, form in (("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
            with self.subTest(name):
                with tarfile.open(self.directory / f"{name}.tar", "w", format=form) as archive:
                    archive.add(self.release, "p-1.2.0")
                self.expect_clean(f"{name}.tar")
        for link in LINKS:
            (self.release / link).unlink()
        with zipfile.ZipFile(self.directory / "python.zip", "w") as archive:
            for path in FILES:
                archive.write(self.release / path, f"p-1.2.0/{path}")
        self.expect_clean("python.zip")

    def test_git_archive(self):
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        self.run_packer("git", "init", "-q", "--bare", "r.git")
        for arguments in (("add", "-A"), (*identity, "commit", "-qm", "x")):
            self.run_packer("git", "--git-dir=r.git", "--work-tree=p-1.2.0", *arguments)
        self.run_packer("git", "--git-dir=r.git", "archive", "--prefix=p-1.2.0/", "-o", "git.tar", "HEAD")
        self.expect_clean("git.tar")

    def test_libarchive(self):
        if not shutil.which("bsdtar"):
            self.skipTest("bsdtar is not installed")
        for form in ("pax", "gnutar"):
            with self.subTest(form):
                self.run_packer("bsdtar", "--format", form, "-cf", f"{form}.tar", "p-1.2.0")
                self.expect_clean(f"{form}.tar")

    def test_perl(self):
        for link in LINKS:
            (self.release / link).unlink()
        program = ('find({no_chdir => 1, wanted => sub { push @f, $_ }}, "p-1.2.0"); '
                   '$t = Archive::Tar->new; $t->add_files(@f); $t->write("perl.tar")')
        self.run_packer("perl", "-MArchive::Tar", "-MFile::Find", "-e", program)
        self.expect_clean("perl.tar")


if __name__ == "__main__":
    assay_test.main()
