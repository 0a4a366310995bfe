#include "report/json_text.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "report/json_values.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::report;
using Json = nlohmann::ordered_json;

TEST_CASE("json text: what is written is what a document tree dumps", "[report][json]") {
  std::string every_byte;
  for (int c = 0; c < 0x80; ++c) every_byte += static_cast<char>(c);
  every_byte += "\u00e4\u2028\U0001F600";
  Json tree;
  tree["text"] = every_byte;
  tree["number"] = std::uint64_t{18446744073709551615U};
  tree["nothing"] = nullptr;
  tree["empty object"] = Json::object();
  tree["empty array"] = Json::array();
  tree["array"] = Json::array({"one", Json{{"two", 2}}, Json::array({3})});
  tree["la\"st"] = "";

  std::string text;
  JsonText json{text, 0};
  json.begin_object();
  json.member("text", every_byte);
  json.member("number", std::uint64_t{18446744073709551615U});
  json.member_or_null("nothing", "");
  json.key("empty object");
  json.begin_object();
  json.end_object();
  json.key("empty array");
  json.begin_array();
  json.end_array();
  json.key("array");
  json.begin_array();
  json.item();
  json.text("one");
  json.item();
  json.begin_object();
  json.member("two", 2U);
  json.end_object();
  json.item();
  json.begin_array();
  json.item();
  json.number(3);
  json.end_array();
  json.end_array();
  json.member("la\"st", "");
  json.end_object();
  CHECK(text == tree.dump(2));
}

TEST_CASE("json text: what comes from outside is shown as in a tree, its exact bytes beside it",
          "[report][json][hostile]") {
  for (const std::string bytes : {"plain", "", "evil\x1b]0;owned\x07", "\xff\xfe", "two\nlines", "\u202e"}) {
    Json tree;
    put_outside(tree, "path", bytes);
    tree["text"] = text_or_null(bytes);
    std::string text;
    JsonText json{text, 0};
    json.begin_object();
    json.member_from_outside("path", bytes);
    json.member_or_null("text", bytes);
    json.end_object();
    CHECK(text == tree.dump(2));
  }
}
