#include "provenance/python_project.hpp"

#include <string>

#include "support/catch.hpp"

using namespace assay::provenance;

TEST_CASE("python project: what setup.py spells out is read", "[provenance][python]") {
  for (const auto* text :
       {"setup(install_requires=['a>=1', \"b\"])", "setup(install_requires = (\n  # first\n  'a>=1',\n  'b',\n),)",
        "N = ['a>=1', 'b']\nsetup(install_requires=N)\n",
        "install_requires = ['a>=1', 'b']\nsetup(\n  install_requires=install_requires,\n)\n"}) {
    CAPTURE(text);
    const auto spelled = spelled_requirements({}, {}, text);
    REQUIRE(spelled);
    CHECK(spelled->packages == std::set<std::string>{"a|>=1;", "b;"});
  }
}

TEST_CASE("python project: what code makes is not taken for a list", "[provenance][python][hostile]") {
  for (const auto* text :
       {"", "setup()", "setup(install_requires=read('a'))", "setup(install_requires=['a'] + more)",
        "setup(install_requires=['a' if x else 'b'])", "setup(install_requires=['a'\n'b'])",
        "setup(install_requires=['a\\x62'])", "setup(install_requires=['a'", "setup(install_requires=[",
        "setup(install_requires", "N = ['a']\nN.append('b')\nsetup(install_requires=N)",
        "if x:\n  N = ['a']\nsetup(install_requires=N)", "setup(install_requires=['a'], **more)",
        "setup(install_requires=['a'],\n  python_requires=made())", "setup(install_requires=['a']\n  [:0])"}) {
    CAPTURE(text);
    CHECK_FALSE(spelled_requirements({}, {}, text));
  }
  CHECK_FALSE(spelled_requirements("[build-system]\nbuild-backend = 'flit_core.buildapi'\n", {},
                                   "setup(install_requires=['a'])"));
  CHECK_FALSE(spelled_requirements("[build-system", {}, "setup(install_requires=['a'])"));
  CHECK_FALSE(spelled_requirements({}, "[options]\ninstall_requires = file: a.txt\n", {}));
  CHECK_FALSE(spelled_requirements({}, "[options]\ninstall_requires =\n  a\n", "setup(install_requires=['a'])"));
  CHECK_FALSE(spelled_requirements({}, "[other]\ninstall_requires =\n  a\n", {}));
  CHECK(spelled_requirements({}, "[options]\ninstall-requires =\n  # both\n  a\n\n  b\n", "setup()"));
}

TEST_CASE("python project: a text of any size is no trouble", "[provenance][python][hostile]") {
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += "install_requires=";
  CHECK_FALSE(spelled_requirements({}, {}, many));
  CHECK_FALSE(spelled_requirements({}, {}, "setup(install_requires=" + std::string(1'000'000, '[') + ")"));
  CHECK(declared_name({}, {}, std::string(1'000'000, '"') + std::string(1'000'000, '(')).empty());
}

TEST_CASE("python project: its name is what the settings agree on", "[provenance][python]") {
  CHECK(project_name_key("My__Pkg.x") == "my-pkg-x");
  CHECK(declared_name("[project]\nname = 'My_Pkg'\n", {}, {}) == "my-pkg");
  CHECK(declared_name("[tool.poetry]\nname = 'a'\n", {}, {}) == "a");
  CHECK(declared_name({}, "[metadata]\nname = a.b\n", {}) == "a-b");
  CHECK(declared_name({}, {}, "setup(\n  name='a',\n)") == "a");
  CHECK(declared_name({}, "[metadata]\nname = a\n", "setup(name='b')").empty());
  CHECK(declared_name({}, {}, "setup(name=made())").empty());
  CHECK(declared_name({}, {},
                      "import setuptools\n\"\"\"setup(name='c')\"\"\"\nfor name in ('b',): f(name='b')\n"
                      "setuptools.setup(\n  # name='d',\n  ext=[E(name='e')], name='a')\n") == "a");
  CHECK(declared_name({}, {}, "name = 'a'\nsetup(name=name)\n") == "a");
  for (const auto* text :
       {"Extension(name='b')\nsetup(ext=[Extension(name='b')], **more)", "f(name='b')\nrun()\n",
        "setup(name='a')\nsetup(name='b')", "def setup(name='b'): pass\n", "print('setup(name=1)', name='b')",
        "setup(name='a' if x else 'b')", "setup('name')", "setup(name=name)\nname = 'b'\n", "setup(name=='b')"}) {
    CAPTURE(text);
    CHECK(declared_name({}, {}, text).empty());
  }
  CHECK(declared_name({}, {}, {}).empty());
}
