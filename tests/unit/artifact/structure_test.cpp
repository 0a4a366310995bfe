// Structured text by its values.
#include "artifact/structure.hpp"

#include <set>

#include "pairs.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact;
using namespace assay::artifact::test;

TEST_CASE("structure: the same values in another order or spacing are one cause, in every notation",
          "[artifact][structure]") {
  struct Case {
    const char *name, *before, *after, *cause;
  };
  for (const auto& [name, before, after, cause] : {
           Case{"x.json", "{\"a\": 1, \"b\": [2, {\"c\": 3}]}\n", "{\"b\": [2, {\"c\": 3}], \"a\": 1}\n", "key-order"},
           Case{"x.yaml", "a: 1\nb:\n  - 2\n  - c: 3\n", "b:\n  - 2\n  - c: 3\na: 1\n", "key-order"},
           Case{"x.yaml", "a:   1\nb: two\n", "a: 1\nb: two\n", "key-order"},
           Case{"x.toml", "a = 1\nb = \"two\"\n\n[t]\nc = 3\n", "b = \"two\"\na = 1\n\n[t]\nc = 3\n", "key-order"},
           Case{"x.xml", "<?xml version=\"1.0\"?>\n<a><b x=\"1\" y=\"2\"/></a>\n",
                "<?xml version=\"1.0\"?>\n<a>\n  <b y=\"2\" x=\"1\"/>\n</a>\n", "key-order"},
       }) {
    INFO(name << ": " << before);
    const auto comparison = compare(before, after, name);
    CHECK(cause_ids(comparison) == std::vector<std::string>{cause});
    CHECK(comparison.closed);
  }
}

TEST_CASE("structure: in another order and with other values, each value is told by its path",
          "[artifact][structure]") {
  const auto comparison =
      compare("name: x\nbuilt: 2022-03-04\nlimit: 10\n", "limit: 11\nbuilt: 2026-03-04\nname: x\n", "x.yaml");
  CHECK_FALSE(comparison.closed);
  REQUIRE(comparison.leftovers.size() == 1);
  CHECK(comparison.changes[comparison.leftovers[0]].place == "$.limit");
  const auto ids = cause_ids(comparison);
  CHECK(std::set<std::string>{ids.begin(), ids.end()} == std::set<std::string>{"key-order", "timestamp"});
}

TEST_CASE("structure: what a parser drops is never dropped from the comparison", "[artifact][structure]") {
  struct Case {
    const char *name, *before, *after;
  };
  for (const auto& [name, before, after] : {Case{"x.json", "{\"a\": 1, \"a\": 2}\n", "{\"a\": 2}\n"},
                                            Case{"x.yaml", "a: 1 # on\nb: 2\n", "b: 2\na: 1 # off\n"},
                                            Case{"x.xml", "<a><!-- yes --><b/></a>\n", "<a><!-- no --><b/></a>\n"},
                                            Case{"x.toml", "a = 1 # on\n", "a = 1\n"}}) {
    INFO(name << ": " << before);
    const auto comparison = compare(before, after, name);
    CHECK_FALSE(comparison.closed);
    CHECK(says_something(comparison));
  }
}

TEST_CASE("structure: bombs, depths and damaged documents are refused", "[artifact][structure][hostile]") {
  CHECK_FALSE(parse_json(std::string(100'000, '[')));
  CHECK_FALSE(parse_yaml(std::string(5'000, '[')));
  CHECK_FALSE(parse_yaml("a: &x [1]\nb: *x\n"));
  CHECK_FALSE(parse_toml("a = " + std::string(5'000, '[')));
  CHECK_FALSE(parse_xml("<!DOCTYPE a [<!ENTITY b \"bb\">]><a>&b;</a>"));
  std::string deep;
  for (int i = 0; i < 5'000; ++i) deep += "<a>";
  CHECK_FALSE(parse_xml(deep));
  CHECK_FALSE(parse_xml("<a>"));
}
