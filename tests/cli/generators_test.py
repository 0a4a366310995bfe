#!/usr/bin/python3
"""`assay check --regenerate` and the generators that releases are made with, each run for real: what it made is proven, what was changed
in it is not, and a line put in is the one that is shown."""
import os
import shutil
import subprocess
import tarfile
import unittest

from regenerate_test import RegenerateTest, git

# A day after the commit that git() makes.
RELEASED = 1600086400

GREET = "#!/bin/sh\ncase $1 in\n--version) echo 'greet 1.0' ;;\n*) printf 'Usage: greet [OPTION]\\nGreet.\\n\\n  --help     say this\\n' ;;\nesac\n"
PARSE = "%{\nint yylex(void);\nvoid yyerror(const char *text);\n%}\n%token NUMBER\n%%\nsum: NUMBER | sum '+' NUMBER ;\n"
PO = ('msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
      '#. type: SH\n#: manual.1:2\n#, no-wrap\nmsgid "NAME"\nmsgstr "BEZEICHNUNG"\n\n'
      '#. type: Plain text\n#: manual.1:3\nmsgid "manual - a manual"\nmsgstr "manual - ein Handbuch"\n')


class Generators(RegenerateTest):
    def release(self, sources, command, made, change=None):
        """The release of a project whose bootstrap script is `command`, with what it made, on another day; checked."""
        self.directory.chmod(0o755)
        source, stage = self.directory / "greet", self.directory / "stage/greet-1.0"
        source.mkdir()
        for name, text in (sources | {"bootstrap": f"#!/bin/sh\nset -e\n{command}\n"}).items():
            file = source / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755 if text.startswith("#!") else 0o644)
        git("init", "-q", "-b", "main", cwd=source)
        git("add", "-A", cwd=source)
        git("commit", "-q", "-m", "import", cwd=source)
        git("tag", "v1.0", cwd=source)
        shutil.copytree(source, stage, ignore=shutil.ignore_patterns(".git"))
        subprocess.run(["./bootstrap"], cwd=stage, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={"PATH": os.environ["PATH"], "SOURCE_DATE_EPOCH": str(RELEASED), "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent"})
        if change:
            file = stage / made
            file.write_text(change(file.read_text()))
        with tarfile.open(self.directory / "greet-1.0.tar.gz", "w:gz") as tar:
            tar.add(stage, "greet-1.0")
        run = self.regenerate(self.directory / "greet-1.0.tar.gz", f"{source}@v1.0", "--recipe", "./bootstrap")
        return run, next(entry for entry in run.report["entries"] if entry["path"] == made)

    def expect_proven(self, tool, sources, command, made, injected, proof="regenerated"):
        if not shutil.which(tool):
            self.skipTest(f"{tool} is not installed")
        run, entry = self.release(sources, command, made)
        self.assertEqual(proof, entry["proof"], str(run))
        self.expect_verdict(run, "verified")
        for name in ("greet", "stage"):
            shutil.rmtree(self.directory / name)
        _, entry = self.release(sources, command, made, lambda text: text + injected)
        self.assertEqual(("unexplained", [injected.strip()]), (entry["proof"], [line["text"].strip() for line in entry["novel"]]))

    def test_bison(self):
        self.expect_proven("bison", {"parse.y": PARSE}, "bison -o parse.c parse.y", "parse.c", "int evil = 1;\n")

    def test_flex(self):
        self.expect_proven("flex", {"scan.l": "%option noyywrap\n%%\n[0-9]+ return 1;\n. return yytext[0];\n"}, "flex -o scan.c scan.l", "scan.c", "int evil = 1;\n")

    def test_gperf(self):
        self.expect_proven("gperf", {"words.gperf": "monday\ntuesday\n"}, "gperf --output-file=words.h words.gperf", "words.h", "int evil = 1;\n")

    def test_help2man(self):
        # Its pages bear the month, and both days are of one.
        self.expect_proven("help2man", {"greet": GREET}, "help2man --no-info --output=greet.1 ./greet", "greet.1", ".so /etc/passwd\n")

    def test_makeinfo(self):
        texi = "\\input texinfo\n@setfilename greet.info\n@settitle Greet\n@node Top\n@top Greet\nGreets.\n@bye\n"
        self.expect_proven("makeinfo", {"greet.texi": texi}, "makeinfo --output=greet.info greet.texi", "greet.info", "Run this.\n")

    def test_po4a(self):
        sources = {"manual.1": ".TH MANUAL 1\n.SH NAME\nmanual \\- a manual\n", "po/de.po": PO,
                   "po4a.cfg": "[po4a_langs] de\n[po4a_paths] po/manual.pot de:po/de.po\n[type: man] manual.1 de:manual.de.1\n"}
        self.expect_proven("po4a", sources, "po4a -q --keep 0 --no-update po4a.cfg", "manual.de.1", ".so /etc/passwd\n")

    def test_doxygen(self):
        # Its pages bear the day: a stamp that fits the release.
        sources = {"greet.h": "/** @file greet.h A greeting. */\n/** Greets. */\nint greet(void);\n",
                   "Doxyfile": "PROJECT_NAME = greet\nINPUT = greet.h\nGENERATE_HTML = NO\nGENERATE_LATEX = NO\nGENERATE_MAN = YES\nQUIET = YES\n"}
        self.expect_proven("doxygen", sources, "doxygen -q Doxyfile", "man/man3/greet.h.3", ".so /etc/passwd\n", proof="derived")

    def test_a_parser_that_was_made_in_another_directory_is_the_same_code(self):
        if not shutil.which("bison"):
            self.skipTest("bison is not installed")
        _, entry = self.release({"parse.y": PARSE}, "bison -o parse.c parse.y", "parse.c", lambda text: text.replace('"parse.y"', '"../src/parse.y"'))
        self.assertEqual("derived", entry["proof"])

    def test_a_parser_that_yacc_made_is_the_same_code(self):
        if not shutil.which("bison"):
            self.skipTest("bison is not installed")
        _, entry = self.release({"parse.y": PARSE}, "bison -d -y -o parse.c parse.y", "parse.c",
                                lambda text: text.replace('"parse.c"', '"y.tab.c"').replace("YY_YY_PARSE_H_INCLUDED", "YY_YY_Y_TAB_H_INCLUDED"))
        self.assertEqual("derived", entry["proof"])

    def test_a_generator_that_is_missing_names_its_package(self):
        missing = {"bison": "bison", "flex": "flex", "gperf": "gperf", "help2man": "help2man", "makeinfo": "texinfo", "po4a": "po4a", "doxygen": "doxygen"}
        # What a shell says of each, whatever is installed here.
        tarball, source = self.project(bootstrap="#!/bin/sh\n" + "\n".join(f"echo './bootstrap: 3: {tool}: not found' >&2" for tool in missing) + "\nexit 1\n")
        run = self.regenerate(tarball, source, "--recipe", "./bootstrap")
        self.expect_exit(run, 3)
        for package in missing.values():
            self.assertIn(f"install the package {package}", self.gaps(run))


if __name__ == "__main__":
    unittest.main()
