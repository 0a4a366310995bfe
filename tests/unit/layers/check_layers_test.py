#!/usr/bin/python3
"""The layer check finds what is planted, and nothing where nothing is."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_layers  # noqa: E402


class LayerCheck(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.source = pathlib.Path(self.directory.name) / "src"
        self.plant("base/bytes.hpp", "#include <vector>\n")

    def plant(self, name, text):
        file = self.source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def expect_problem(self, words):
        problems = check_layers.problems_in(self.source)
        self.assertEqual(1, len(problems), problems)
        self.assertIn(words, problems[0])

    def test_accepts_downward_includes_and_owned_libraries(self):
        self.plant("digest/digest.cpp", '#include "base/bytes.hpp"\n#include <openssl/evp.h>\n#include <unistd.h>\n')
        self.plant("model/entry.hpp", '#include "digest/digest.hpp"\n')
        self.plant("provenance/explain/a.cpp", '#include "compare/tree.hpp"\n  #  include <fmt/format.h>\n')
        self.assertEqual([], check_layers.problems_in(self.source))

    def test_rejects_an_upward_include(self):
        self.plant("base/bytes.cpp", '\n#include "model/entry.hpp"\n')
        self.expect_problem("bytes.cpp:2: \"model/entry.hpp\": model is above it")

    def test_rejects_a_neighbour_that_is_no_partner(self):
        self.plant("vcs/tree.cpp", '#include "archive/reader.hpp"\n')
        self.expect_problem("archive is in the same layer")

    def test_rejects_a_partner_the_other_way_round(self):
        self.plant("digest/digest.hpp", '#include "model/entry.hpp"\n')
        self.expect_problem("model is in the same layer")

    def test_rejects_a_library_of_another_module(self):
        self.plant("compare/tree.cpp", "#include <git2.h>\n")
        self.expect_problem("<git2.h> belongs to digest, vcs")

    def test_rejects_a_library_in_a_header_even_of_its_owner(self):
        self.plant("vcs/tree.hpp", "#include <git2.h>\n")
        self.expect_problem("stands in a header")

    def test_rejects_a_system_header_in_a_header(self):
        self.plant("base/file.hpp", "#include <sys/stat.h>\n")
        self.expect_problem("stands in a header")

    def test_rejects_an_unlisted_library(self):
        self.plant("report/html.cpp", "#include <boost/any.hpp>\n")
        self.expect_problem("in no list")

    def test_rejects_a_module_without_a_layer(self):
        self.plant("helpers/misc.cpp", "\n")
        self.expect_problem("has no layer")

    def test_rejects_an_include_without_its_module(self):
        self.plant("base/bytes.cpp", '#include "bytes.hpp"\n')
        self.expect_problem("names no module")

    def test_does_not_pass_an_empty_or_absent_directory(self):
        self.assertTrue(check_layers.problems_in(self.source / "absent"))
        (self.source / "empty").mkdir()
        self.assertTrue(check_layers.problems_in(self.source / "empty"))


if __name__ == "__main__":
    unittest.main()
