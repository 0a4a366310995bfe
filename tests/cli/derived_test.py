#!/usr/bin/python3
"""Files that a release derives from version control without anything being run, and the same with something else in them."""
import base64
import hashlib
import io
import json
import os
import pathlib
import struct
import subprocess
import tarfile
import unittest
import zipfile

from assay_test import FIXTURES, SOURCE, AssayTest

WHEN = 1_600_000_000  # 2020-09-13
PO = 'msgid ""\nmsgstr "Language: de\\n"\n\nmsgid "one"\nmsgstr "eins"\n\nmsgid "two"\nmsgstr "zwei"\n'


def compiled(messages):
    """A catalogue as msgfmt makes it."""
    pairs = sorted((key.encode(), text.encode()) for key, text in messages.items())
    start, tables, strings = 28 + 16 * len(pairs), b"", b""
    for column in (0, 1):
        for pair in pairs:
            tables += struct.pack("<II", len(pair[column]), start + len(strings))
            strings += pair[column] + b"\0"
    return struct.pack("<IIIIIII", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0) + tables + strings


class Derived(AssayTest):
    def release(self, committed, shipped, name="tally-1.4.0", whole=True, tag="v1.4.0"):
        """What `assay check` says of a release: `committed` as changed by `shipped`, or `shipped` alone ({commit} in texts is the commit's id)."""
        source = self.directory / "source"
        source.mkdir()
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
                       "GIT_AUTHOR_NAME": "Ada Greeter", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada Greeter",
                       "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_AUTHOR_DATE": f"{WHEN} +0000", "GIT_COMMITTER_DATE": f"{WHEN} +0000"}

        def git(*words):
            return subprocess.run(["git", *words], cwd=source, env=environment, check=True, stdout=subprocess.PIPE).stdout.decode().strip()

        git("init", "-q", "-b", "main")
        git("commit", "-q", "--allow-empty", "-m", "tally: begin")
        git("tag", "v1.3.0")
        for path, text in committed.items():
            file = source / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(text, pathlib.Path):
                file.symlink_to(text)
                continue
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        git("add", "-A")
        git("commit", "-q", "-m", "tally: count lines\n\nThe counter counted bytes before.")
        git("tag", tag)
        commit = git("rev-parse", "HEAD")
        with tarfile.open(self.directory / f"{name}.tar.gz", "w:gz") as tar:
            for path, text in (committed | shipped if whole else shipped).items():
                content = text if isinstance(text, bytes) else text.replace("{commit}", commit).encode()
                info = tarfile.TarInfo(f"{name}/{path}")
                info.size, info.mode = len(content), 0o644
                tar.addfile(info, io.BytesIO(content))
        run = self.assay("check", self.directory / f"{name}.tar.gz", "--vcs", f"{source}@{tag}", "--format", "json")
        self.assertIn(run.exit, (0, 1, 3), str(run))
        return {entry["path"]: entry for entry in run.report["entries"]}, run

    def begin(self, number):
        """A place of its own for another release in one test."""
        self.directory = (self.directory.parent if number else self.directory) / f"case-{number}"
        self.directory.mkdir()

    def expect(self, path, proof, committed, shipped):
        entries, run = self.release(committed, shipped)
        self.assertEqual(proof, entries[path]["proof"], str(run))
        return entries[path], run

    def rules(self, run):
        return [finding["rule"] for finding in run.report["findings"]]

    def test_libtool_s_script_of_an_earlier_revision_of_debian_is_the_packaged_one_with_its_patch_undone(self):
        packaged = pathlib.Path("/usr/share/libtool/build-aux/ltmain.sh")
        mended = ('  if test -z "$_G_HAVE_PLUSEQ_OP" &&  \\\n      __PLUSEQ_TEST="a" &&  \\\n      __PLUSEQ_TEST+=" b" 2>/dev/null &&  \\\n'
                  '      test "a b" = "$__PLUSEQ_TEST"; then\n    _G_HAVE_PLUSEQ_OP=yes\n  fi\n')
        probes = ("  # We should try to minimise forks, especially on Windows where they are\n  # unreasonably slow, so skip the feature probes when bash or zsh are\n"
                  "  # being used:\n  if test set = \"${BASH_VERSION+set}${ZSH_VERSION+set}\"; then\n    : ${_G_HAVE_ARITH_OP=\"yes\"}\n    : ${_G_HAVE_XSI_OPS=\"yes\"}\n"
                  "    # The += operator was introduced in bash 3.1\n    case $BASH_VERSION in\n      [12].* | 3.0 | 3.0*) ;;\n      *)\n        : ${_G_HAVE_PLUSEQ_OP=\"yes\"}\n"
                  "        ;;\n    esac\n  fi\n\n")
        earlier = ('  test -z "$_G_HAVE_PLUSEQ_OP" \\\n    && (eval \'x=a; x+=" b"; test "a b" = "$x"\') 2>/dev/null \\\n    && _G_HAVE_PLUSEQ_OP=yes\n')
        text = packaged.read_text() if packaged.exists() else ""
        if "Debian-2.4.7-7~deb12u1" not in text:
            self.skipTest("this libtool is another")
        at = text.index(mended)
        start = text.rindex("\n\n", 0, at) + 2
        text = text[:start] + probes + text[start:].replace(mended, earlier)
        text = text.replace("Debian-2.4.7-7~deb12u1", "Debian-2.4.7-5")
        for number, (proof, shipped) in enumerate((("derived", text), ("unexplained", text.replace("Debian-2.4.7-5\n", "Debian-2.4.7-5; sh\n")),
                                                   ("unexplained", text + probes))):
            self.begin(number)
            self.expect("ltmain.sh", proof, {"README": "hello\n"}, {"ltmain.sh": shipped})

    def test_a_helper_of_automake_s_that_fedora_s_build_named_the_shell_of(self):
        packaged = pathlib.Path("/usr/share/automake-1.16/missing")
        text = packaged.read_text() if packaged.exists() else ""
        if not text.startswith("#! /bin/sh\n"):
            self.skipTest("this automake is another")
        shipped = text.replace("#! /bin/sh", "#!/usr/bin/sh", 1)
        for number, (proof, text) in enumerate((("derived", shipped), ("unexplained", shipped.replace("#!/usr/bin/sh", "#!/usr/bin/sh -x", 1)),
                                                ("unexplained", shipped + "true\n"))):
            self.begin(number)
            self.expect("missing", proof, {"README": "hello\n"}, {"missing": text})

    def test_a_compiled_catalogue_comes_from_its_source(self):
        self.expect("po/de.gmo", "derived", {"po/de.po": PO}, {"po/de.gmo": compiled({"": "Language: de\n", "one": "eins", "two": "zwei"})})

    def test_a_compiled_catalogue_that_says_something_else_does_not(self):
        self.expect("po/de.gmo", "unexplained", {"po/de.po": PO}, {"po/de.gmo": compiled({"one": "eins", "two": "$(sh)"})})

    def test_a_malformed_catalogue_is_a_finding(self):
        _, run = self.expect("po/de.gmo", "unexplained", {"po/de.po": PO}, {"po/de.gmo": compiled({"one": "eins"})[:40]})
        self.assertIn("provenance-malformed", self.rules(run))

    def test_a_merged_catalogue_may_differ_in_references_and_obsolete_entries(self):
        self.expect("po/de.po", "derived", {"po/de.po": PO, "src/tally.c": self.SOURCE}, {"po/de.po": self.MERGED})

    SOURCE = 'puts(_("one")); puts(_("thr"\n  "ee"));\n'
    MERGED = '#: src/tally.c:17\nmsgid "one"\nmsgstr "eins"\n\nmsgid "three"\nmsgstr ""\n\n#~ msgid "two"\n#~ msgstr "zwei"\n'

    def test_a_merged_catalogue_loses_no_message_that_the_sources_still_say(self):
        for number, (source, proof) in enumerate((('puts(_("one"));\n', "derived"), ('puts(_("one")); puts(_("two"));\n', "unexplained"))):
            self.begin(number)
            self.expect("po/de.po", proof, {"po/de.po": PO, "src/tally.c": source}, {"po/de.po": '#: src/tally.c:17\nmsgid "one"\nmsgstr "eins"\n'})

    def test_a_catalogue_loses_no_message_that_the_sources_of_version_control_s_own_still_say(self):
        named = "#: src/tally.c:17\n" + PO[PO.index('msgid "one"'):].replace("\n\n", "\n\n#: src/more.c:2\n", 1)
        template = 'msgid ""\nmsgstr ""\n\nmsgid "one"\nmsgstr ""\n'
        number = 0
        for po, more in ((named, {}), (PO, {"po/POTFILES.in": "# all\nsrc/tally.c\nsrc/more.c\n"}), (PO, {})):
            for text, proof in (('puts(_("twofold"));\n  // puts(_("two"));\n', "derived"), ('puts(_("tw"\n     "o"));\n', "unexplained")):
                sources = {"po/de.po": po, "src/tally.c": 'puts(_("one"));\n', "src/more.c": text} | more
                for path, shipped in (("po/de.po", po[:po.index('msgid "two"')]), ("po/de.po", po.replace('msgid "two"', '#, fuzzy\nmsgid "two"')), ("po/de.po", po.replace("zwei", "")),
                                      ("po/de.po", po.replace('msgid "two"\nmsgstr', '#~ msgid "two"\n#~ msgstr')), ("po/de.gmo", compiled({"": "Language: de\n", "one": "eins"})), ("po/tally.pot", template)):
                    if "Language" not in po and path == "po/de.gmo":
                        shipped = compiled({"one": "eins"})
                    with self.subTest(path=path, text=text, po=po):
                        self.begin(number)
                        number += 1
                        self.expect(path, proof, sources, {path: shipped})

    def test_a_merged_catalogue_may_not_translate_otherwise(self):
        self.expect("po/de.po", "unexplained", {"po/de.po": PO}, {"po/de.po": PO.replace("zwei", "drei")})

    def test_a_merged_catalogue_carries_nothing_of_its_own(self):
        for number, (old, new) in enumerate((("#: src/tally.c:17", "# aGlkZGVuIHBheWxvYWQ="), ("#: src/tally.c:17", "#: aGlkZGVu/cGF5bG9hZA"), ('msgid "three"', 'msgid "cGF5bG9hZA"'),
                                             ('#~ msgid "two"', '#~ msgid "cGF5bG9hZA"'), ('msgid "three"\nmsgstr ""', '#, fuzzy\nmsgid "three"\nmsgstr "cGF5bG9hZA"'))):
            with self.subTest(new):
                self.begin(number)
                self.expect("po/de.po", "unexplained", {"po/de.po": PO, "src/tally.c": self.SOURCE}, {"po/de.po": self.MERGED.replace(old, new)})

    def test_a_compiled_catalogue_has_no_byte_that_is_of_no_message(self):
        catalogue = compiled({"": "Language: de\n", "one": "eins", "two": "zwei"})
        hidden_hash = catalogue[:20] + struct.pack("<II", 4, len(catalogue)) + catalogue[28:] + b"payload in a has"
        for number, made in enumerate((catalogue + b"payload", hidden_hash, catalogue[:4] + b"\0\0\2\0" + catalogue[8:], compiled({"": "X-Note: payload\n", "one": "eins"}))):
            with self.subTest(number):
                self.begin(number)
                self.expect("po/de.gmo", "unexplained", {"po/de.po": PO}, {"po/de.gmo": made})

    def test_a_template_has_the_ids_of_the_catalogues(self):
        self.expect("po/tally.pot", "derived", {"po/de.po": PO}, {"po/tally.pot": 'msgid ""\nmsgstr ""\n\nmsgid "one"\nmsgstr ""\n'})

    def test_version_stamps_that_agree_with_the_release(self):
        header = '#define TALLY_VERSION "{}"\n#define TALLY_MINOR {}\nint tally(void);\n'
        self.expect("tally.h", "derived", {"tally.h": header.format("1.3.0-DEV", 3)}, {"tally.h": header.format("1.4.0", 4)})

    def test_a_version_in_hexadecimal_follows_one_of_the_project(self):
        for number, (before, proof) in enumerate((("0x010300", "derived"), ("0x020007", "unexplained"), ("0x1000", "unexplained"))):
            self.begin(number)
            line = "#define TALLY_VERSION_NUM {}\n"
            self.expect("tally.h", proof, {"tally.h": line.format(before)}, {"tally.h": line.format("0x010400")})

    def test_a_version_stamp_of_another_release_is_not_explained(self):
        header = '#define TALLY_VERSION "{}"\n'
        self.expect("tally.h", "unexplained", {"tally.h": header.format("1.3.0")}, {"tally.h": header.format("9.9.9")})

    def test_code_beside_a_stamp_is_not_explained(self):
        self.expect("tally.h", "unexplained", {"tally.h": '#define V "1.3.0"\n'}, {"tally.h": '#define V "1.4.0" /* */ + evil()\n'})

    def test_what_decides_in_code_is_no_stamp(self):
        for number, (before, now) in enumerate((("int ok(void) { return check(x); }\n", "int ok(void) { return 1.4.0; }\n"), ("if (patch == 7) fail();\n", "if (patch == 0) fail();\n"),
                                                ("double limit = 2.5;\n", "double limit = 1.4.0;\n"), ('#define MIN_TLS_VERSION "1.2"\n', '#define MIN_TLS_VERSION "1.4.0"\n'),
                                                ("#define TALLY_MAJOR secure()\n", "#define TALLY_MAJOR 1\n"), ("#define TALLY_MINOR 3\n", "#define TALLY_MINOR 1\n"))):
            with self.subTest(before):
                self.begin(number)
                self.expect("tally.c", "unexplained", {"tally.c": before}, {"tally.c": now})

    def test_a_number_becomes_a_part_of_the_version_where_a_whole_word_says_so(self):
        for number, (path, before, now) in enumerate((("a.c", "int skip_validate = 0;\n", "int skip_validate = 2020-01-01;\n"), ("b.c", "int allow_release_unsigned = 0;\n", "int allow_release_unsigned = 10400;\n"),
                                                      ("c.c", "char dispatch_buf[4096];\n", "char dispatch_buf[0];\n"), ("d.c", "int patch_size = 4096;\n", "int patch_size = 0;\n"),
                                                      ("e.c", "double f = 2\n  * 3\n;\n", "double f = 2\n  * 10400\n;\n"), ("f.sh", "MINOR_FAULT = 7\n", "MINOR_FAULT = 4\n"),
                                                      ("g.py", "#!/opt/py-1.3.0/python\n", "#!/opt/py-1.4.0/python\n"), ("h.py", "x = (100\n  // 1.3\n)\n", "x = (100\n  // 1.4\n)\n"),
                                                      ("tally.h", "#define TALLY_MINOR 7\n", "#define TALLY_MINOR 4\n"))):
            with self.subTest(before):
                self.begin(number)
                self.expect(path, "unexplained", {path: before}, {path: now})

    def test_a_version_of_another_project_is_no_stamp(self):
        for number, (path, before) in enumerate((("fetch.sh", "mirror_version=10.0.0.1\n"), ("tally.h", '#define LINES_VERSION "2.0.7"\n'), ("notes.md", "Needs lines 2.0.7.\n"))):
            with self.subTest(before):
                self.begin(number)
                now = before.replace("10.0.0.1", "1.4.0").replace("2.0.7", "1.4.0")
                self.expect(path, "unexplained", {path: before}, {path: now})

    def test_what_pins_dependencies_or_settings_has_no_stamps(self):
        for number, path in enumerate(("requirements.txt", "package-lock.json", "server.conf", "Dockerfile", "compose.yaml", "pom.xml")):
            with self.subTest(path):
                self.begin(number)
                self.expect(path, "unexplained", {path: "version: 1.3.0\n"}, {path: "version: 1.4.0\n"})

    def test_a_file_name_that_disagrees_with_the_tag_gives_no_stamps(self):
        self.begin(0)
        entries, run = self.release({"fetch.sh": 'VERSION="1.3.0"\n'}, {"fetch.sh": 'VERSION="6.6.6"\n'}, name="tally-6.6.6")
        self.assertEqual("unexplained", entries["fetch.sh"]["proof"], str(run))
        self.begin(1)
        self.expect("fetch.sh", "derived", {"fetch.sh": 'VERSION="1.3.0"\n'}, {"fetch.sh": 'VERSION="1.4.0"\n'})

    def test_another_directory_to_include_from_is_no_stamp(self):
        self.expect("main.c", "unexplained", {"main.c": '#include "../lines-1.2.11/z.h"\n'}, {"main.c": '#include "./lines-1.2.11/z.h"\n'})

    def test_a_template_with_the_version_filled_in(self):
        self.expect("tally.spec", "derived", {"tally.spec.in": "Name: tally\nVersion: @VERSION@\n", "configure.ac": "AC_CONFIG_FILES([tally.spec])\n"}, {"tally.spec": "Name: tally\nVersion: 1.4.0\n"})

    def test_a_template_that_no_build_fills_in_proves_nothing(self):
        for number, path in enumerate(("GNUmakefile", ".envrc", "conftest.py")):
            with self.subTest(path):
                self.begin(number)
                self.expect(path, "unexplained", {f"{path}.in": "export V=@VERSION@\n", "configure.ac": "AC_CONFIG_FILES([Makefile])\n"},
                            {path: "export V=1.4.0\n"})

    def test_a_template_is_filled_in_with_what_is_declared_for_that_name(self):
        configure = "AC_INIT([tally], [1.4.0])\nAC_SUBST([RUNNER], [harmless])\nAC_SUBST([OTHER], [eval])\nAC_CONFIG_FILES([run.sh])\n"
        self.expect("run.sh", "derived", {"run.sh.in": "@RUNNER@ x\n", "configure.ac": configure}, {"run.sh": "harmless x\n"})
        self.begin(0)
        self.expect("run.sh", "unexplained", {"run.sh.in": "@RUNNER@ x\n", "configure.ac": configure}, {"run.sh": "eval x\n"})

    def test_a_template_gets_no_value_that_is_declared_on_one_path_only_or_stands_beside(self):
        configure = ("AC_INIT([tally], [1.4.0])\nAC_ARG_ENABLE([verify], [AS_HELP_STRING([--disable-verify], [off])])\nAS_IF([test x$enable_verify = xno],\n"
                     "AC_SUBST([VERIFY], [none])\n)\nAC_CHECK_PROGS([RUNNER], [first], [/usr/bin/false])\n")
        for number, (pattern, filled) in enumerate((("@VERIFY@", "none"), ("@VERIFY@", "--disable-verify"), ("@RUNNER@", "/usr/bin/false"))):
            with self.subTest(filled):
                self.begin(number)
                self.expect("run.sh", "unexplained", {"run.sh.in": f"run {pattern} x\n", "configure.ac": configure}, {"run.sh": f"run {filled} x\n"})
        for number, guard in enumerate(("AS_IF([test x$a = xno], [ # :-)\n", "if test x$a = xno; then # fi\n")):
            with self.subTest(guard):
                self.begin(number + 10)
                configure = f"AC_INIT([tally], [1.4.0])\n{guard}AC_SUBST([VERIFY], [none])\n"
                self.expect("run.sh", "unexplained", {"run.sh.in": "run @VERIFY@ x\n", "configure.ac": configure}, {"run.sh": "run none x\n"})

    def test_a_change_log_that_something_reads_as_a_program_is_not_explained(self):
        for number, path in enumerate(("CHANGES.d", "history.conf", "news.tcl")):
            with self.subTest(path):
                self.begin(number)
                self.expect(path, "unexplained", {"a": "a\n"}, {path: "tally: count lines\n"})
        self.begin(9)
        self.expect("NEWS", "unexplained", {"Makefile": "all:\n\tsh ./NEWS\n"}, {"NEWS": "tally: count lines\n"})

    def test_a_change_log_with_prompts_that_documentation_tools_run_is_not_explained(self):
        source = "tally: begin\n>>> print(1)\n"
        self.expect("CHANGES.rst", "unexplained", {"CHANGES.rst": "old\n"}, {"CHANGES.rst": f"old\ntally: count lines\n{source}"})

    def test_a_change_log_that_a_program_reads_under_a_name_that_begins_with_install(self):
        log = {"NEWS": "tally: count lines\n"}
        for number, (path, text, proof) in enumerate((("setup.py", 'install_notes = open("NEWS").read()\n', "unexplained"), ("CMakeLists.txt", "file(READ NEWS notes)\n", "unexplained"),
                                                      ("CMakeLists.txt", "install(FILES\n  NEWS (a)\n  DESTINATION doc)\n", "derived"), ("setup.py", 'install(open("NEWS"))\n', "unexplained"),
                                                      ("CMakeLists.txt", "install(FILES a)\nfile(READ NEWS notes)\n", "unexplained"))):
            with self.subTest(text):
                self.begin(number)
                self.expect("NEWS", proof, {path: text}, log)

    def test_an_aclocal_m4_has_each_macro_file_that_configure_ac_needs_through_another_one(self):
        with tarfile.open(FIXTURES / "tally-generated/clean/tally-1.4.0.tar.gz") as tar:
            known = next(tar.extractfile(member).read().decode() for member in tar if member.name == "tally-1.4.0/aclocal.m4").split("m4_include", 1)[0]
        committed = {"configure.ac": "AC_INIT([tally], [1.4.0])\nAC_CONFIG_MACRO_DIRS([m4])\nm4_include([more.ac])\n", "Makefile.am": "ACLOCAL_AMFLAGS = -I m4\n", "more.ac": "P_OUTER\n",
                     "m4/outer.m4": "AC_DEFUN([P_OUTER], [P_CHECK_HARDENING\n])\n", "m4/inner.m4": "AC_DEFUN([P_CHECK_HARDENING], [CFLAGS=-fstack-protector-strong])\n",
                     "m4/unused.m4": "AC_DEFUN([P_UNUSED], [P_OTHER])\n"}
        for number, (files, proof) in enumerate(((("inner", "outer"), "derived"), (("outer",), "unexplained"), (("inner",), "unexplained"))):
            with self.subTest(files):
                self.begin(number)
                self.expect("aclocal.m4", proof, committed, {"aclocal.m4": known + "".join(f"m4_include([m4/{name}.m4])\n" for name in files)})

    def test_a_text_full_of_stamps_is_no_work_without_end_and_not_proven(self):
        for number, (count, proof) in enumerate(((20, "derived"), (101, "unexplained"))):
            self.begin(number)
            line = 'TALLY_VERSION = "{}"\n'
            self.expect("big.py", proof, {"big.py": line.format("1.3.0") * count}, {"big.py": line.format("1.4.0") * count})

    def test_a_version_file_has_one_line(self):
        self.expect(".tarball-version", "unexplained", {"a": "a\n"}, {".tarball-version": "1.4.0\nsh payload\n"})

    def test_a_version_file_agrees_with_the_tag(self):
        self.expect(".tarball-version", "derived", {"a": "a\n"}, {".tarball-version": "1.4.0\n"})

    def test_a_version_file_of_a_tagged_commit_names_its_tag_in_the_letters_of_the_version(self):
        for number, (text, proof) in enumerate((("v1.4.0", "derived"), ("1.4.0", "derived"), ("v1.3.0-1-g{commit}", "unexplained"), ("1.3.0-1-g{commit}", "unexplained"), ("1.3.0-5-g{commit}", "unexplained"),
                                                ("1.3.0-0-g{commit}", "unexplained"), ("10400", "unexplained"), ("1~4~0", "unexplained"), ("1..4..0", "contradicted"))):
            with self.subTest(text):
                self.begin(number)
                self.expect(".tarball-version", proof, {"a": "a\n"}, {".tarball-version": text + "\n"})

    def test_a_version_file_of_another_version_is_a_false_claim(self):
        _, run = self.expect(".tarball-version", "contradicted", {"a": "a\n"}, {".tarball-version": "1.5.0\n"})
        self.assertIn("provenance-contradicted-version", self.rules(run))
        self.assertEqual("suspect", run.report["verdict"])

    def test_a_file_called_version_may_mean_the_version_of_something_else(self):
        self.expect("VERSION", "unexplained", {"a": "a\n"}, {"VERSION": "1.5.0\n"})

    def test_a_year_file_agrees_with_the_commit(self):
        self.expect(".year", "derived", {"a": "a\n"}, {".year": "2020\n"})

    def test_a_change_log_from_the_history(self):
        log = "commit {commit}\nAuthor: Ada Greeter <ada@example.org>\nDate:   Sun Sep 13 12:26:40 2020 +0000\n\n    tally: count lines\n\n    The counter counted bytes before.\n"
        self.expect("ChangeLog", "derived", {"a": "a\n"}, {"ChangeLog": log})

    def test_a_line_that_no_commit_has_is_not_a_change_log_s(self):
        self.expect("ChangeLog", "unexplained", {"a": "a\n"}, {"ChangeLog": "tally: count lines\n\ncurl example.org/x piped elsewhere\n"})

    def test_numbers_ids_and_marks_of_no_commit_are_not_a_change_log_s(self):
        for number, line in enumerate(("deadbeefcafe0123 6d616c69636521", "104 101 108 108 111", "31 13 07 2020 11 13", "%$&/ =?!& $%", "2020-09-13 31337")):
            with self.subTest(line):
                self.begin(number)
                self.expect("ChangeLog", "unexplained", {"a": "a\n"}, {"ChangeLog": f"tally: count lines\n\n{line}\n"})

    def test_a_change_log_may_be_wrapped_anew_but_not_put_together_anew(self):
        self.expect("ChangeLog", "derived", {"a": "a\n"}, {"ChangeLog": "* The counter counted\n  bytes before.\n"})
        self.begin(0)
        self.expect("ChangeLog", "unexplained", {"a": "a\n"}, {"ChangeLog": "* The counter | counted `bytes`\n"})

    def test_a_change_log_that_a_variable_leads_to_something_is_not_proven(self):
        log = {"ChangeLog": "* The counter counted\n  bytes before.\n"}
        self.expect("ChangeLog", "derived", {"Makefile.am": "EXTRA_DIST = a \\\n  ChangeLog\n"}, log)
        for number, makefile in enumerate(("DOCS = a \\\n  ChangeLog\nall:\n\t. ./$(DOCS)\n", "EXTRA_DIST = ChangeLog\nall:\n\t. ./$(EXTRA_DIST)\n", "X := ChangeLog\n")):
            with self.subTest(makefile):
                self.begin(number)
                self.expect("ChangeLog", "unexplained", {"Makefile.am": makefile}, log)

    def test_authors_from_the_history(self):
        self.expect("AUTHORS", "derived", {"a": "a\n"}, {"AUTHORS": "Ada Greeter <ada@example.org>\n"})
        self.begin(0)
        self.expect("AUTHORS", "unexplained", {"a": "a\n"}, {"AUTHORS": "Eve Stranger <eve@example.org>\n"})

    def test_a_list_of_people_hides_nothing_beside_a_known_name_or_address(self):
        for number, line in enumerate(("bWFsaWNpb3Vz <ada@example.org>", "Ada Greeter <ada@example.org> bWFsaWNpb3Vz", "Ada Greeter <bWFsaWNpb3Vz bWFsaWNpb3Vz>")):
            self.begin(number)
            self.expect("AUTHORS", "unexplained", {"a": "a\n"}, {"AUTHORS": line + "\n"})

    def test_a_list_of_people_with_prose_is_not_made_from_the_history(self):
        thanks = "These people have contributed to the tally, some with reports of problems:\nAda Greeter <ada@example.org>\n"
        self.expect("THANKS", "unexplained", {"a": "a\n"}, {"THANKS": thanks})

    PYPROJECT = '[project]\nname = "tally"\nversion = "1.4.0"\ndescription = "Counts lines"\nreadme = "README.md"\ndependencies = ["click>=8"]\n'

    def test_package_metadata_from_pyproject(self):
        info = "Metadata-Version: 2.1\nName: tally\nVersion: 1.4.0\nSummary: Counts lines\nRequires-Dist: click>=8\n\n# tally\n"
        self.expect("PKG-INFO", "derived", {"pyproject.toml": self.PYPROJECT, "README.md": "# tally\n"}, {"PKG-INFO": info})

    def test_the_version_in_package_metadata_is_that_of_the_release_and_no_other_number_of_a_setting(self):
        project = self.PYPROJECT + "[tool.black]\nline-length = 100\n"
        for number, version in enumerate(("100", "10400", "8")):
            with self.subTest(version):
                self.begin(number)
                info = f"Metadata-Version: 2.1\nName: tally\nVersion: {version}\nSummary: Counts lines\nRequires-Dist: click>=8\n\n# tally\n"
                self.expect("PKG-INFO", "unexplained", {"pyproject.toml": project, "README.md": "# tally\n"}, {"PKG-INFO": info})

    def test_the_name_in_package_metadata_and_of_its_directory_is_the_project_s(self):
        fields = "Metadata-Version: 2.1\nName: {}\nVersion: 1.4.0\nSummary: Counts lines\nRequires-Dist: click>=8\n"
        for number, (path, name, proof) in enumerate((("PKG-INFO", "Tally", "derived"), ("PKG-INFO", "click", "unexplained"), ("tally.egg-info/PKG-INFO", "tally", "derived"),
                                                      ("click.egg-info/PKG-INFO", "tally", "unexplained"), ("src/tally.egg-info/PKG-INFO", "tally", "derived"))):
            with self.subTest((path, name)):
                self.begin(number)
                self.expect(path, proof, {"pyproject.toml": self.PYPROJECT}, {path: fields.format(name)})
        setup = 'from setuptools import setup\nEXTENSION = dict(name="count")\nsetup(name={}, license="MIT", version="1.4.0", description="Counts lines", install_requires=["click>=8"])\n'
        for number, (name, text, proof) in enumerate((("tally", '"tally"', "derived"), ("count", '"tally"', "unexplained"), ("MIT", "made()", "unexplained"), ("tally", "made()", "derived"))):
            with self.subTest((name, text)):
                self.begin(number + 20)
                self.expect("PKG-INFO", proof, {"setup.py": setup.format(text)}, {"PKG-INFO": fields.format(name)})
        self.begin(9)
        self.expect("click.egg-info/dependency_links.txt", "unexplained", {"pyproject.toml": self.PYPROJECT}, {"click.egg-info/dependency_links.txt": "\n"})

    def test_a_requirement_that_nobody_declared_is_not_explained(self):
        info = "Metadata-Version: 2.1\nName: tally\nVersion: 1.4.0\nRequires-Dist: evilpackage>=1\n\n# tally\n"
        self.expect("PKG-INFO", "unexplained", {"pyproject.toml": self.PYPROJECT, "README.md": "# tally\n"}, {"PKG-INFO": info})

    def test_the_extras_of_a_requirement_are_part_of_it(self):
        project = self.PYPROJECT.replace("click>=8", "requests[socks, use_chardet]>=2")
        for number, (requirement, proof) in enumerate((("requests[use-chardet,socks]>=2", "derived"), ("requests>=2", "unexplained"), ("requests[socks]>=2", "unexplained"))):
            with self.subTest(requirement):
                self.begin(number)
                info = f"Metadata-Version: 2.1\nName: tally\nVersion: 1.4.0\nSummary: Counts lines\nRequires-Dist: {requirement}\n\n# tally\n"
                self.expect("PKG-INFO", proof, {"pyproject.toml": project, "README.md": "# tally\n"}, {"PKG-INFO": info})

    def test_a_requirement_is_a_whole_declaration_and_no_part_of_one(self):
        info = "Metadata-Version: 2.1\nName: tally\nVersion: 1.4.0\nRequires-Dist: line\n\n# tally\n"
        self.expect("PKG-INFO", "unexplained", {"pyproject.toml": self.PYPROJECT, "README.md": "# tally\n"}, {"PKG-INFO": info})

    def test_the_extras_that_metadata_provides_are_those_of_the_settings(self):
        fields = "Metadata-Version: 2.1\nName: tally\nVersion: 1.4.0\nSummary: Counts lines\nRequires-Dist: click>=8\n"
        extras = "Provides-Extra: tls-more\nProvides-Extra: docs\n"
        setup = 'setup(name="tally", description="Counts lines", install_requires=["click>=8"],\n      extras_require={"tls_more": ["tls"], \'docs:python_version<"3"\': []})\n'
        config = "[metadata]\nname = tally\ndescription = Counts lines\n[options]\ninstall_requires =\n    click>=8\n[options.extras_require]\ntls_more =\n    tls\ndocs =\n"
        number = 0
        for name, text in (("pyproject.toml", self.PYPROJECT + '[project.optional-dependencies]\ntls_more = ["tls"]\ndocs = []\n'), ("setup.py", setup), ("setup.cfg", config)):
            for proof, provided in (("derived", extras), ("unexplained", ""), ("unexplained", "Provides-Extra: docs\n"), ("unexplained", extras + "Provides-Extra: click\n")):
                with self.subTest(name=name, provided=provided):
                    self.begin(number)
                    number += 1
                    self.expect("PKG-INFO", proof, {name: text}, {"PKG-INFO": fields + provided})

    def test_what_a_project_requires_is_listed_whole(self):
        project = '[project]\nname = "tally"\nversion = "1.4.0"\nrequires-python = ">=3.9"\ndependencies = ["click>=8", "old<2; python_version<\'3\'"]\n'
        fields = "Metadata-Version: 2.1\nName: tally\nVersion: 1.4.0\n"
        all_of_them = 'Requires-Python: >=3.9\nRequires-Dist: click>=8\nRequires-Dist: old<2; python_version < "3"\n'
        for number, (proof, requirements) in enumerate((("derived", all_of_them), ("unexplained", all_of_them.replace("Requires-Dist: click>=8\n", "")),
                                                        ("unexplained", all_of_them.replace('; python_version < "3"', "")), ("unexplained", all_of_them.replace("Requires-Python: >=3.9\n", "")))):
            with self.subTest(requirements):
                self.begin(number)
                self.expect("PKG-INFO", proof, {"pyproject.toml": project}, {"PKG-INFO": fields + requirements})
        for number, (proof, text) in enumerate((("derived", 'click>=8\n\n[:python_version < "3"]\nold<2\n'), ("unexplained", "click>=8\nold<2\n"), ("unexplained", "click>=8\n"))):
            with self.subTest(text):
                self.begin(number + 10)
                self.expect("tally.egg-info/requires.txt", proof, {"pyproject.toml": project}, {"tally.egg-info/requires.txt": text})

    def test_what_setup_py_or_setup_cfg_spell_out_is_listed_whole_and_no_other_word_of_them(self):
        setup = 'from setuptools import setup\n{}setup(\n    name="tally",\n    license="MIT",\n    keywords=["yamlsafe", "fast"],\n    python_requires=">=3.8",\n    install_requires={},  # these\n)\n'
        listed = '["click>=8",  # of the command line\n   \'old<2; python_version<"3"\']'
        config = "[metadata]\nname = tally\nlicense = MIT\nkeywords = yamlsafe, fast\n[options]\npython_requires = >=3.8\ninstall_requires =\n    click>=8\n    old<2; python_version<'3'\n"
        fields = "Metadata-Version: 2.2\nName: tally\nVersion: 1.4.0\nRequires-Python: >=3.8\n"
        all_of_them = 'Requires-Dist: click>=8\nRequires-Dist: old<2; python_version < "3"\n'
        number = -1
        for name, text in (("setup.py", setup.format("", listed)), ("setup.py", setup.format(f"NEEDS = {listed}\n", "NEEDS")),
                           ("setup.py", setup.format(f"install_requires = {listed}\n", "install_requires")), ("setup.cfg", config)):
            for requirements, proof in ((all_of_them, "derived"), ("Requires-Dist: yamlsafe\nRequires-Dist: MIT\n", "unexplained"), (all_of_them + "Requires-Dist: yamlsafe\n", "unexplained"),
                                        ("Requires-Dist: click>=8\n", "unexplained"), ("", "unexplained")):
                with self.subTest((text, requirements)):
                    number += 1
                    self.begin(number)
                    self.expect("PKG-INFO", proof, {name: text}, {"PKG-INFO": fields + requirements})
        # Before PEP 643 setuptools listed them in requires.txt alone.
        self.begin(number + 1)
        self.expect("PKG-INFO", "derived", {"setup.cfg": config}, {"PKG-INFO": fields.replace("2.2", "2.1")})

    def test_a_file_in_egg_info_is_a_list_that_setuptools_writes(self):
        self.expect("tally.egg-info/requires.txt", "derived", {"pyproject.toml": self.PYPROJECT}, {"tally.egg-info/requires.txt": "click>=8\n"})
        for number, (name, text) in enumerate((("run.sh", "click>=8\n"), ("requires.txt", "[curl example.org | sh\n"), ("requires.txt", "click>=8\n[:evil]\n"))):
            with self.subTest(text):
                self.begin(number)
                self.expect(f"tally.egg-info/{name}", "unexplained", {"pyproject.toml": self.PYPROJECT}, {f"tally.egg-info/{name}": text})

    def test_a_malformed_source_of_a_catalogue_is_a_finding(self):
        _, run = self.expect("po/de.po", "unexplained", {"po/de.po": PO}, {"po/de.po": PO + "msgid no quotes\n"})
        self.assertIn("provenance-malformed", self.rules(run))

    def test_a_malformed_manifest_of_a_crate_is_a_finding(self):
        vcs_info = json.dumps({"git": {"sha1": "{commit}"}, "path_in_vcs": ""})
        _, run = self.expect("Cargo.toml", "unexplained", {"Cargo.toml": self.CARGO, "src/lib.rs": "// tally\n"},
                             {"Cargo.toml": "# THIS FILE IS AUTOMATICALLY GENERATED BY CARGO\n[package\nname = ", "Cargo.toml.orig": self.CARGO, ".cargo_vcs_info.json": vcs_info})
        self.assertIn("provenance-malformed", self.rules(run))

    def test_malformed_package_metadata_is_a_finding(self):
        _, run = self.expect("PKG-INFO", "unexplained", {"pyproject.toml": self.PYPROJECT}, {"PKG-INFO": "no field at all\n"})
        self.assertIn("provenance-malformed", self.rules(run))

    def test_the_list_of_sources_names_members(self):
        self.expect("tally.egg-info/SOURCES.txt", "derived", {"tally.py": "x = 1\n"}, {"tally.egg-info/SOURCES.txt": "tally.py\ntally.egg-info/SOURCES.txt\n"})

    def test_the_list_of_sources_names_every_member(self):
        # Without version control at hand setuptools installs the data that is listed, and no other.
        self.expect("tally.egg-info/SOURCES.txt", "unexplained", {"tally.py": "x = 1\n", "tally/denylist": "evil\n"},
                    {"tally.egg-info/SOURCES.txt": "tally.py\ntally.egg-info/SOURCES.txt\n"})

    def test_an_entry_point_is_declared_for_its_group(self):
        project = self.PYPROJECT + '\n[project.scripts]\ntally = "tally:main"\n[project.entry-points.pytest11]\ncount = "tally:count"\n'
        declared = "[console_scripts]\ntally = tally:main\n\n[pytest11]\ncount = tally:count\n"
        for number, (proof, text) in enumerate((("derived", declared), ("unexplained", declared.replace("count =", "tally = tally:main\ncount =")))):
            with self.subTest(text):
                self.begin(number)
                self.expect("tally.egg-info/entry_points.txt", proof, {"pyproject.toml": project}, {"tally.egg-info/entry_points.txt": text})

    def test_setuptools_may_add_its_section_and_nothing_else(self):
        config = "[metadata]\nname = tally\n"
        self.expect("setup.cfg", "derived", {"setup.cfg": config}, {"setup.cfg": config + "\n[egg_info]\ntag_build = \ntag_date = 0\n\n"})
        self.begin(0)
        self.expect("setup.cfg", "unexplained", {"setup.cfg": config}, {"setup.cfg": config + "[options]\nsetup_requires = evil\n"})

    def test_setuptools_writes_settings_its_own_way(self):
        config = "[metadata]\nname=tally\n[tool:pytest]\nminversion=2.2.0\naddopts =\n    -k=all\n"
        written = "[metadata]\nname = tally\n[tool:pytest]\nminversion = 2.2.0\naddopts =\n    -k=all\n[egg_info]\ntag_build =\ntag_date = 0\n"
        for number, (proof, text) in enumerate((("derived", written), ("unexplained", written.replace("2.2.0", "2.2.1")), ("unexplained", written.replace("-k=all", "-k = all")))):
            with self.subTest(text):
                self.begin(number)
                self.expect("setup.cfg", proof, {"setup.cfg": config}, {"setup.cfg": text})

    def test_setuptools_writes_a_setup_cfg_without_its_comments_and_its_own_indentation(self):
        config = "# settings\n[metadata]\nname: tally\n# the number\nversion=1.4.0\n[options]\ninstall_requires =\n    # of the command line\n    click>=8\n\n    rich\n"
        written = "[metadata]\nname = tally\nversion = 1.4.0\n\n[options]\ninstall_requires = \n\tclick>=8\n\t\n\trich\n\n[egg_info]\ntag_build = \ntag_date = 0\n\n"
        for number, (proof, old, new) in enumerate((("derived", "", ""), ("unexplained", "rich", "evil"), ("unexplained", "\t\n\trich\n", ""), ("unexplained", "\trich\n", "rich = \n"), ("unexplained", "[metadata]", "# payload\n[metadata]"),
                                                    ("unexplained", "tag_build = ", "tag_build = .evil"), ("unexplained", "tag_date = 0\n", "tag_date = 0\negg_base = evil\n"), ("unexplained", "[egg_info]", "[other]"),
                                                    ("unexplained", "[egg_info]", "name = evil\n[metadata]"), ("unexplained", "version = 1.4.0", "version = 1.4.0\n\t+evil"))):
            with self.subTest(new):
                self.begin(number)
                self.expect("setup.cfg", proof, {"setup.cfg": config}, {"setup.cfg": written.replace(old, new, 1) if old else written})

    def test_a_release_is_made_without_the_tags_of_development(self):
        config = "[metadata]\nname = tally\n[egg_info]\ntag_build = .dev\n"
        for number, (proof, text) in enumerate((("derived", config.replace(".dev", "") + "tag_date = 0\n"), ("derived", config + "tag_date = 0\n"), ("unexplained", config.replace(".dev", ".post1")))):
            with self.subTest(text):
                self.begin(number)
                self.expect("setup.cfg", proof, {"setup.cfg": config}, {"setup.cfg": text})

    def test_a_list_of_setuptools_is_judged_by_its_content_though_an_upstream_has_such_a_file(self):
        # One blank line: setuptools writes that where there are no links, and gnulib has a file of the same bytes.
        self.expect("tally.egg-info/dependency_links.txt", "derived", {"pyproject.toml": self.PYPROJECT}, {"tally.egg-info/dependency_links.txt": "\n"})

    def test_setup_cfg_keeps_its_order(self):
        config = "[metadata]\nname = tally\n[options]\nzip_safe = no\n"
        self.expect("setup.cfg", "unexplained", {"setup.cfg": config}, {"setup.cfg": "[metadata]\nzip_safe = no\n[options]\nname = tally\n[egg_info]\ntag_build =\n"})
        self.begin(0)
        self.expect("setup.cfg", "unexplained", {"setup.cfg": config}, {"setup.cfg": config.replace("zip_safe", "[egg_info]\nzip_safe")})

    CARGO = '[package]\nname = "tally"\nversion = "1.4.0"\nedition = "2021"\n\n[dependencies]\nserde = "1"\n'

    def test_what_cargo_adds_to_a_crate(self):
        normal = ('# THIS FILE IS AUTOMATICALLY GENERATED BY CARGO\n#\n# See Cargo.toml.orig for the original contents.\n\n[package]\nedition = "2021"\nname = "tally"\nversion = "1.4.0"\n\n'
                  '[lib]\nname = "tally"\npath = "src/lib.rs"\n\n[dependencies.serde]\nversion = "1"\n')
        entries, run = self.release({"Cargo.toml": self.CARGO, "src/lib.rs": "// tally\n"},
                                    {"Cargo.toml": normal, "Cargo.toml.orig": self.CARGO,
                                     ".cargo_vcs_info.json": json.dumps({"git": {"sha1": "{commit}"}, "path_in_vcs": ""})})
        for path in ("Cargo.toml.orig", ".cargo_vcs_info.json", "Cargo.toml"):
            proof = entries[path]["proof"]
            self.assertIn(proof, ("derived", "identical"), f"{path}: {run}")

    def test_a_lock_pins_what_that_of_version_control_does(self):
        head, entry = "# This file is automatically @generated by Cargo.\nversion = 3\n", '\n[[package]]\nname = "{}"\nversion = "{}"\n'
        pinned = 'source = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "' + "0123abcd" * 8 + '"\n'
        lock = head + entry.format("other", "0.1.0") + entry.format("serde", "1.0.1") + pinned + entry.format("tally", "1.3.0") + 'dependencies = [\n "other",\n "serde",\n]\n'
        made = head + entry.format("serde", "1.0.1") + pinned + entry.format("tally", "1.4.0") + 'dependencies = [\n "serde",\n]\n'
        for number, (proof, old, new) in enumerate((("derived", "", ""), ("unexplained", "1.0.1", "1.0.0"), ("unexplained", "0123abcd", "0123abce"), ("unexplained", "crates.io-index", "crates.io-index2"), ("unexplained", "1.4.0", "1.5.0"),
                                                    ("unexplained", ' "serde",\n', ' "evil",\n'), ("unexplained", "version = 3", "version = 3\n[patch]\nx = 1\n"), ("unexplained", '"tally"', '"tally" # payload'),
                                                    ("unexplained", "\n[[package]]", entry.format("evil", "6.0.0") + pinned + "\n[[package]]"))):
            with self.subTest(new):
                self.begin(number)
                self.expect("Cargo.lock", proof, {"Cargo.toml": self.CARGO, "Cargo.lock": lock, "src/lib.rs": ""}, {"Cargo.lock": made.replace(old, new, 1) if old else made})

    def test_a_dependency_that_only_the_crate_has_is_not_explained(self):
        normal = "# THIS FILE IS AUTOMATICALLY GENERATED BY CARGO\n" + self.CARGO + 'sneaky = "6"\n'
        self.expect("Cargo.toml", "unexplained", {"Cargo.toml": self.CARGO}, {"Cargo.toml": normal})

    def test_a_crate_s_manifest_is_compared_value_by_value(self):
        cargo = self.CARGO + 'evil = { version = "6", optional = true }\n\n[features]\nsafe = ["serde/derive"]\n'
        good = cargo.replace('serde = "1"', 'serde = { version = "1" }')
        banner = "# THIS FILE IS AUTOMATICALLY GENERATED BY CARGO\n"
        self.expect("Cargo.toml", "derived", {"Cargo.toml": cargo, "src/lib.rs": ""}, {"Cargo.toml": banner + good})
        for number, (old, new) in enumerate((('version = "1" }', 'version = "6" }'), ('version = "6"', 'version = "1"'), ("optional = true", "optional = false"), ('safe = ["serde/derive"]', 'safe = ["evil"]'),
                                             ('edition = "2021"', 'edition = "2021"\nbuild = "src/lib.rs"'), ('edition = "2021"', 'edition = "2021" # payload'), ('[features]\nsafe = ["serde/derive"]\n', ""))):
            with self.subTest(new):
                self.begin(number)
                self.expect("Cargo.toml", "unexplained", {"Cargo.toml": cargo, "src/lib.rs": ""}, {"Cargo.toml": banner + good.replace(old, new, 1)})

    def test_a_crate_with_files_that_are_not_published_lists_the_targets_that_are(self):
        cargo = self.CARGO.replace('edition = "2021"', 'edition = "2021"\nexclude = ["/.github", "/benches"]')
        made = "# THIS FILE IS AUTOMATICALLY GENERATED BY CARGO\n" + cargo.replace('edition = "2021"', 'edition = "2021"\nautotests = false\nautobenches = false')
        sources = {"Cargo.toml": cargo, "src/lib.rs": "", "tests/verify.rs": "// x\n", "benches/fast.rs": "// y\n"}
        listed = '\n[[test]]\nname = "verify"\npath = "tests/verify.rs"\n'
        for number, (proof, targets, shipped) in enumerate((("unexplained", "", ("tests/verify.rs",)), ("derived", listed, ("tests/verify.rs",)), ("derived", "", ()), ("unexplained", listed, ("tests/verify.rs", "benches/fast.rs")))):
            with self.subTest(targets=targets, shipped=shipped):
                self.begin(number)
                entries, run = self.release(sources, {"Cargo.toml": made + targets, "src/lib.rs": ""} | {path: sources[path] for path in shipped}, whole=False)
                self.assertEqual(proof, entries["Cargo.toml"]["proof"], str(run))

    def test_a_member_turns_default_features_on_that_its_workspace_turns_off_and_not_the_other_way_round(self):
        banner, own = "# THIS FILE IS AUTOMATICALLY GENERATED BY CARGO\n", '[package]\nname = "tally"\nversion = "1.4.0"\nedition = "2021"\n\n[dependencies.tls]\n'
        off, on = "default-features = false\n", "default-features = true\n"
        for number, (workspace, member, published, proof) in enumerate(((off, on, "", "derived"), (off, on, on, "derived"), (off, on, off, "unexplained"), (off, "", off, "derived"), (off, off, off, "derived"),
                                                                        (off, "", "", "unexplained"), ("", off, "", "derived"), ("", off, off, "unexplained"), (on, off, off, "unexplained"))):
            with self.subTest(workspace=workspace, member=member, published=published):
                self.begin(number)
                entries, run = self.release({"Cargo.toml": '[workspace]\nmembers = ["tally"]\n\n[workspace.dependencies.tls]\nversion = "1"\n' + workspace,
                                             "tally/Cargo.toml": own + "workspace = true\n" + member, "tally/src/lib.rs": "// tally\n", "tally/src/a.rs": "// a\n", "tally/src/b.rs": "// b\n"},
                                            {"Cargo.toml": banner + own + 'version = "1"\n' + published, "Cargo.toml.orig": own + "workspace = true\n" + member,
                                             "src/lib.rs": "// tally\n", "src/a.rs": "// a\n", "src/b.rs": "// b\n"}, whole=False)
                self.assertEqual(proof, entries["Cargo.toml"]["proof"], str(run))
                self.assertEqual("identical", entries["Cargo.toml.orig"]["proof"], str(run))
                self.assertNotIn("provenance-moved-into-build", str(run.report))

    def test_a_crate_s_manifest_gains_no_place_and_loses_no_target(self):
        cargo = (self.CARGO + '\n[target.unix.dependencies]\nnix = "1"\n\n[target.windows.dependencies]\nwinapi = "1"\n\n'
                 '[[bin]]\nname = "tally"\npath = "src/a.rs"\n\n[[bin]]\nname = "check"\npath = "src/b.rs"\n')
        banner = "# THIS FILE IS AUTOMATICALLY GENERATED BY CARGO\n"
        sources = {"Cargo.toml": cargo, "src/a.rs": "", "src/b.rs": ""}
        self.expect("Cargo.toml", "derived", sources, {"Cargo.toml": banner + cargo})
        for number, (old, new) in enumerate((('serde = "1"', 'serde = { version = "1", git = "https://example.org/serde" }'), ('[target.windows.dependencies]\nwinapi = "1"\n', ""),
                                             ('[[bin]]\nname = "check"\npath = "src/b.rs"\n', ""))):
            with self.subTest(old):
                self.begin(number)
                self.expect("Cargo.toml", "unexplained", sources, {"Cargo.toml": banner + cargo.replace(old, new)})

    def test_a_crate_s_targets_have_the_names_that_cargo_gives_them(self):
        banner = "# THIS FILE IS AUTOMATICALLY GENERATED BY CARGO\n"
        sources = {"Cargo.toml": self.CARGO, "src/lib.rs": "", "src/main.rs": ""}
        for number, (proof, lib, binary) in enumerate((("derived", "tally", "tally"), ("unexplained", "serde", "tally"), ("unexplained", "tally", "git"))):
            with self.subTest(lib=lib, binary=binary):
                self.begin(number)
                targets = f'\n[lib]\nname = "{lib}"\npath = "src/lib.rs"\n\n[[bin]]\nname = "{binary}"\npath = "src/main.rs"\n'
                self.expect("Cargo.toml", proof, sources, {"Cargo.toml": banner + self.CARGO + targets})

    def test_a_crate_that_looks_for_no_target_lists_each(self):
        cargo = self.CARGO.replace('edition = "2021"', 'edition = "2021"\nautobins = false\nautotests = false')
        sources = {"Cargo.toml": self.CARGO, "src/main.rs": "", "src/bin/check.rs": "", "tests/all.rs": "", "tests/common/mod.rs": ""}
        targets = ['\n[[bin]]\nname = "tally"\npath = "src/main.rs"\n', '\n[[bin]]\nname = "check"\npath = "src/bin/check.rs"\n', '\n[[test]]\nname = "all"\npath = "tests/all.rs"\n']
        banner = "# THIS FILE IS AUTOMATICALLY GENERATED BY CARGO\n"
        self.expect("Cargo.toml", "derived", sources, {"Cargo.toml": banner + cargo + "".join(targets)})
        for number, left_out in enumerate(targets):
            with self.subTest(left_out):
                self.begin(number)
                self.expect("Cargo.toml", "unexplained", sources, {"Cargo.toml": banner + cargo + "".join(each for each in targets if each != left_out)})

    def test_a_packer_may_follow_a_link_to_what_it_leads_to(self):
        committed = {"LICENSE": "free\n", "impl/src.c": "int x;\n", "impl/LICENSE": pathlib.Path("../LICENSE")}
        self.expect("impl/LICENSE", "normalized", committed, {"impl/LICENSE": "free\n"})
        self.begin(0)
        self.expect("impl/LICENSE", "unexplained", committed, {"impl/LICENSE": "not free\n"})
        self.begin(1)
        self.expect("impl/LICENSE", "unexplained", committed | {"impl/LICENSE": pathlib.Path("../../LICENSE")}, {"impl/LICENSE": "free\n"})

    def test_a_crate_of_another_commit_is_not_verified_and_no_contradiction(self):
        entry, run = self.expect(".cargo_vcs_info.json", "unexplained", {"Cargo.toml": self.CARGO}, {".cargo_vcs_info.json": '{"git": {"sha1": "' + "1" * 40 + '"}}'})
        self.assertNotEqual("suspect", run.report["verdict"])
        self.assertIn("commit it names", entry["evidence"])

    def test_what_publishing_adds_to_package_json(self):
        package = {"name": "tally", "version": "1.4.0", "scripts": {"test": "node test.js"}}
        self.expect("package.json", "derived", {"package.json": json.dumps(package)}, {"package.json": json.dumps(package, indent=1).rstrip("}") + ', "gitHead": "{commit}"}'})

    def test_a_pre_release_is_published_under_the_version_that_was_tagged(self):
        for number, (tag, version, proof) in enumerate((("v1.4.0-rc.1", "1.4.0-rc.1", "derived"), ("v1.4.0-rc.1", "1.4.0", "unexplained"), ("v1.4.0", "1.4.0-rc.1", "unexplained"), ("v1.4.0-rc.1", "1.4.0-rc1", "unexplained"))):
            with self.subTest((tag, version)):
                self.begin(number)
                package = lambda version: {"package.json": json.dumps({"name": "tally", "version": version})}
                entries, run = self.release(package("0.0.0-development"), package(version), f"tally-{tag[1:]}", tag=tag)
                self.assertEqual(proof, entries["package.json"]["proof"], str(run))

    def test_another_life_cycle_script_is_a_finding_of_severity_high(self):
        package = {"name": "tally", "scripts": {"test": "node test.js"}}
        evil = {"name": "tally", "scripts": {"test": "node test.js", "postinstall": "node setup.js"}}
        _, run = self.expect("package.json", "unexplained", {"package.json": json.dumps(package)}, {"package.json": json.dumps(evil)})
        self.assertIn("provenance-npm-script-changed", self.rules(run))
        self.assertEqual("suspect", run.report["verdict"])


class Known(AssayTest):
    release, expect = Derived.release, Derived.expect
    NEW = (SOURCE / "fixtures/upstream/m4/codeset.m4").read_text()
    OLD = NEW.replace("2023", "2022", 1)  # as gnulib had it the year before

    def test_a_newer_upstream_file_may_stand_in_the_place_of_an_older_one(self):
        self.expect("m4/codeset.m4", "known", {"m4/codeset.m4": self.OLD}, {"m4/codeset.m4": self.NEW})

    def test_an_older_one_takes_back_what_was_mended(self):
        self.expect("m4/codeset.m4", "unexplained", {"m4/codeset.m4": self.NEW}, {"m4/codeset.m4": self.OLD})

    def test_so_does_an_upstream_file_in_the_place_of_one_that_the_project_changed(self):
        _, run = self.expect("m4/codeset.m4", "unexplained", {"m4/codeset.m4": self.NEW + "dnl mended here\n"}, {"m4/codeset.m4": self.NEW})
        self.assertTrue(run.report["coverage"]["complete"], str(run))


class GoModules(AssayTest):
    FILES = {"go.mod": "module example.org/tally\n\ngo 1.19\n", "tally.go": "package tally\n", "internal/count/count.go": "package count\n"}

    def check_module(self, name="example.org/tally@v1.4.0", files=None, tag="v1.4.0", committed=None, wanted=None):
        source = self.directory / "source"
        for path, text in (committed or self.FILES).items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(text)
        for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "x"], ["tag", tag],
                      ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "y"]):
            subprocess.run(["git", *words], cwd=source, check=True,
                           env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_COMMITTER_DATE": f"{WHEN} +0000", "GIT_AUTHOR_DATE": f"{WHEN} +0000"})
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=source, check=True, stdout=subprocess.PIPE).stdout.decode()[:12]
        name, revision = (name.replace("{commit}", commit), wanted or commit) if "{commit}" in name or wanted or tag != "v1.4.0" else (name, "v1.4.0")
        with zipfile.ZipFile(self.directory / "v1.4.0.zip", "w") as file:
            for path, text in (files or self.FILES).items():
                file.writestr(zipfile.ZipInfo(f"{name}/{path}"), text)
        return self.assay("check", self.directory / "v1.4.0.zip", "--vcs", f"{source}@{revision}", "--format", "json")

    def test_the_hash_is_that_of_go_sum(self):
        run = self.check_module()
        self.expect_verdict(run, "verified")
        lines = sorted((f"example.org/tally@v1.4.0/{path}", hashlib.sha256(text.encode()).hexdigest()) for path, text in self.FILES.items())
        expected = "h1:" + base64.b64encode(hashlib.sha256("".join(f"{digest}  {path}\n" for path, digest in lines).encode()).digest()).decode()
        finding = next(finding for finding in run.report["findings"] if finding["rule"] == "provenance-go-module")
        self.assertIn(expected, finding["message"])

    def test_a_zip_that_calls_itself_another_module_or_version_is_suspect(self):
        for number, name in enumerate(("example.com/tally@v1.4.0", "example.org/tally@v1.5.0", "example.org/tally@v1.4.0-20200913122640-0123456789ab")):
            self.directory = self.directory / f"case-{number}"
            self.directory.mkdir()
            run = self.check_module(name)
            self.expect_verdict(run, "suspect")
            self.assertIn("provenance-go-module-mismatch", [finding["rule"] for finding in run.report["findings"]])

    def test_a_pseudo_version_has_the_time_of_its_commit_and_comes_after_a_tag_of_its_history(self):
        for number, (version, tag, rule) in enumerate((("v1.4.1-0.20200913122640-{commit}", "v1.4.0", None), ("v0.0.0-20200913122640-{commit}", "v1.4.0", None),
                                                       ("v1.4.0-rc.1.0.20200913122640-{commit}", "v1.4.0-rc.1", None), ("v7.0.0-20200913122640-{commit}", "v1.4.0", "provenance-go-module-mismatch"),
                                                       ("v1.4.1-0.20200913122640-{commit}", "other/v1.4.0", "provenance-other-version"), ("v1.4.1-0.20991231235959-{commit}", "v1.4.0", "provenance-go-module-mismatch"),
                                                       ("v1.9.9-0.20200913122640-{commit}", "v1.4.0", "provenance-other-version"), ("v1.9.9", "v1.3.0", "provenance-other-version"))):
            with self.subTest(version):
                self.directory = (self.directory.parent if number else self.directory) / f"case-{number}"
                self.directory.mkdir()
                run = self.check_module(f"example.org/tally@{version}", tag=tag)
                rules = [finding["rule"] for finding in run.report["findings"] if "go-module" in finding["rule"] or "the zip calls itself" in finding["message"]]
                self.assertEqual(["provenance-go-module"] + ([rule] if rule else []), sorted(rules, key=lambda name: name != "provenance-go-module"), str(run))

    def test_a_tag_gives_a_version_to_the_module_in_the_directory_that_it_names_and_to_no_other(self):
        for number, (module, directory, tag, rule) in enumerate((
                ("example.org/tally/sub@v1.4.0", "sub/", "sub/v1.4.0", None), ("example.org/tally/sub@v1.4.0", "sub/", "v1.4.0", "provenance-other-version"),
                ("example.org/tally@v1.4.0", "", "other/v1.4.0", "provenance-other-version"), ("example.org/tally/v2@v2.4.0", "v2/", "v2.4.0", None),
                ("example.org/tally/sub/v2@v2.4.0", "sub/v2/", "sub/v2.4.0", None), ("example.org/tally/v2@v2.4.0", "", "v2.4.0", None),
                ("example.org/tally@v2.4.0", "", "v2.4.0", "provenance-go-module-mismatch"), ("gopkg.in/tally.v2@v2.4.0", "", "v2.4.0", None))):
            with self.subTest(module=module, directory=directory, tag=tag):
                self.directory = (self.directory.parent if number else self.directory) / f"case-{number}"
                self.directory.mkdir()
                path = module.split("@")[0]
                files = {"go.mod": f"module {path}\n\ngo 1.19\n", "tally.go": "package tally\n", "internal/count/count.go": "package count\n"}
                beside = {"go.mod": "module example.org/tally\n", "README": "hello\n"} if directory else {}
                run = self.check_module(module, files, tag, beside | {directory + name: text for name, text in files.items()}, wanted=tag)
                rules = [finding["rule"] for finding in run.report["findings"] if "go-module-" in finding["rule"] or "the zip calls itself" in finding["message"]]
                self.assertEqual([rule] if rule else [], rules, str(run))

    def test_a_file_outside_of_the_module_s_directory_makes_it_no_module(self):
        with self.subTest("beside it"):
            run = self.check_module(files=self.FILES | {"../../other/x.go": "package other\n"})
            self.assertNotEqual("verified", run.report["verdict"])


if __name__ == "__main__":
    unittest.main()
