// Structured text by its values.
#include "artifact/structure.hpp"

#include <fmt/format.h>

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

TEST_CASE("structure: what a parser drops may not be written with the same letters", "[artifact][structure][hostile]") {
  const auto closes = [](const std::string& before, const std::string& after, const std::string& name) {
    return compare(before, after, name).closed;
  };
  CHECK(closes("<a>\n<b/></a>", "<a><b/>\n</a>", "x.xml"));
  CHECK_FALSE(
      closes("<!DOCTYPE a SYSTEM \"http://vile/\">\n<a/>", "<!DOCTYPE a SYSTEM \"http://evil/\">\n<a/>", "x.xml"));
  CHECK_FALSE(closes("<?run id cp?>\n<a><b/></a>", "<?run cp id?>\n<a><b/></a>", "x.xml"));
  CHECK_FALSE(closes("# $schema: vile\na: 1\nb: 2\n", "# $schema: evil\na: 1\nb: 2\n", "x.yaml"));
  CHECK_FALSE(closes("a: !!str ls\nb: 1\n", "a: !!rts ls\nb: 1\n", "x.yaml"));
  CHECK_FALSE(closes("# see vile\na = 1\nb = 2\n", "# see evil\nb = 2\na = 1\n", "x.toml"));
}

TEST_CASE("structure: values that are written alike and are of two kinds do not change places",
          "[artifact][structure][hostile]") {
  struct Case {
    const char *name, *before, *after;
  };
  for (const auto& [name, before, after] :
       {Case{"x.json", "{\"admin\":\"true\",\"user\":true}\n", "{\"user\":\"true\",\"admin\":true}\n"},
        Case{"x.json", "{\"admin\":\"1\",\"user\":1,\"built\":\"2022-03-04\"}\n",
             "{\"user\":\"1\",\"admin\":1,\"built\":\"2026-03-04\"}\n"},
        Case{"x.yaml", "allow: \"no\"\ndeny: no\n", "deny: \"no\"\nallow: no\n"},
        Case{"x.yaml", "\"no\": a\nb: {no: a}\n", "b: {\"no\": a}\nno: a\n"},
        Case{"x.yaml", "allow: !t1 a\ndeny: !t2 a\n", "deny: !t1 a\nallow: !t2 a\n"},
        Case{"x.yaml", "allow: !t1 [a]\ndeny: !t2 [a]\n", "deny: !t1 [a]\nallow: !t2 [a]\n"},
        Case{"x.toml", "allow = \"1\"\ndeny = 1\n", "deny = \"1\"\nallow = 1\n"}}) {
    INFO(name << ": " << before);
    const auto comparison = compare(before, after, name);
    CHECK_FALSE(comparison.closed);
    CHECK(says_something(comparison));
  }
}

TEST_CASE("structure: a long tag that a short name stands for is not written out for each value",
          "[artifact][structure][hostile]") {
  std::string text = "%TAG !e! " + std::string(900, 't') + "\n---\n";
  for (int i = 0; i < 400'000; ++i) text += "- !e!x 1\n";
  CHECK_FALSE(parse_yaml(text));
  CHECK_FALSE(parse_yaml("%TAG !e! " + std::string(2000, 't') + "\n---\na: !e!x 1\n"));
  CHECK(parse_yaml("%TAG !e! " + std::string(200, 't') + "\n---\na: !e!x 1\n"));
}

TEST_CASE("structure: a long name that holds much is not written out for each value",
          "[artifact][structure][hostile]") {
  const std::string name(100'000, 'k');
  std::string list = "1", items = "<x/>";
  for (int i = 0; i < 20'000; ++i) {
    list += ", 0";
    items += "<x/>";
  }
  CHECK_FALSE(parse_json(fmt::format("{{\"{}\": [{}]}}", name, list)));
  CHECK_FALSE(parse_toml(fmt::format("[\"{}\"]\na = [{}]\n", name, list)));
  CHECK_FALSE(parse_xml(fmt::format("<r><{0}>{1}</{0}></r>", name, items)));
  const std::string shorter(StructureValues::k_longest_path - 64, 'k');
  CHECK_FALSE(parse_json(fmt::format("{{\"{}\": [{}]}}", shorter, list)));
  CHECK_FALSE(parse_yaml(fmt::format("? {}\n: [{}]\n", shorter, list)));
}

TEST_CASE("structure: values and names of JSON as they are written, in their order", "[artifact][structure]") {
  const auto parsed = parse_json(R"({"b": [1.50, -2, true, null, "x", [], {}], "a": {"c": 18446744073709551615}})");
  REQUIRE(parsed);
  const Structure expected{{"$.b[0]", "1.50", "number"},  {"$.b[1]", "-2", "number"},
                           {"$.b[2]", "true", "boolean"}, {"$.b[3]", "null", "null"},
                           {"$.b[4]", "x", "string"},     {"$.b[5]", "[]", ""},
                           {"$.b[6]", "{}", ""},          {"$.a.c", "18446744073709551615", "number"}};
  CHECK(*parsed == expected);
}

TEST_CASE("structure: bombs, depths and damaged documents are refused", "[artifact][structure][hostile]") {
  CHECK_FALSE(parse_json(std::string(100'000, '[')));
  CHECK_FALSE(parse_json("{\"a\": 1, \"a\": 2}"));
  CHECK_FALSE(parse_json("[1, 2"));
  CHECK_FALSE(parse_json("[1] 2"));
  CHECK_FALSE(parse_yaml(std::string(5'000, '[')));
  CHECK_FALSE(parse_yaml("a: &x [1]\nb: *x\n"));
  CHECK_FALSE(parse_toml("a = " + std::string(5'000, '[')));
  CHECK_FALSE(parse_xml("<!DOCTYPE a [<!ENTITY b \"bb\">]><a>&b;</a>"));
  std::string deep;
  for (int i = 0; i < 5'000; ++i) deep += "<a>";
  CHECK_FALSE(parse_xml(deep));
  CHECK_FALSE(parse_xml("<a>"));
}
