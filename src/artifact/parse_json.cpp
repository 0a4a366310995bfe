// JSON (RFC 8259), through nlohmann-json's parser, event by event: its documents that keep the order of keys look each key up among
// all before it.
#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "artifact/structure.hpp"

namespace assay::artifact {

namespace {

using Json = nlohmann::json;

/// Takes the parser's events; false from one of them ends it.
class Walk : public nlohmann::json_sax<Json> {
 public:
  Structure take() { return m_out.take(); }

  bool null() override { return value("null", "null"); }
  bool boolean(bool truth) override { return value(truth ? "true" : "false", "boolean"); }
  bool number_integer(number_integer_t number) override { return value(std::to_string(number), "number"); }
  bool number_unsigned(number_unsigned_t number) override { return value(std::to_string(number), "number"); }
  bool number_float(number_float_t /*number*/, const string_t& written) override { return value(written, "number"); }
  bool string(string_t& text) override { return value(text, "string"); }
  bool binary(binary_t& /*bytes*/) override { return false; }  // JSON has none
  bool start_object(std::size_t /*size*/) override { return open(true); }
  bool start_array(std::size_t /*size*/) override { return open(false); }
  bool end_object() override { return close("{}"); }
  bool end_array() override { return close("[]"); }
  bool parse_error(std::size_t /*place*/, const std::string& /*token*/, const Json::exception& /*error*/) override {
    return false;
  }

  /// Of two values with one key readers take the first, the last or none: no structure says which.
  bool key(string_t& name) override {
    auto& object = m_open.back();
    object.key = name;
    return object.keys.insert(name).second;
  }

 private:
  struct Open {
    std::string path;
    bool object = false;
    std::string key;  ///< of an object: of the value that comes next
    std::unordered_set<std::string> keys;
    std::size_t count = 0;  ///< values so far
  };

  std::string next_path() {
    if (m_open.empty()) return "$";
    auto& parent = m_open.back();
    const auto index = parent.count++;
    return parent.object ? parent.path + "." + parent.key : fmt::format("{}[{}]", parent.path, index);
  }
  bool value(std::string text, std::string kind) { return m_out.add(next_path(), std::move(text), std::move(kind)); }
  bool open(bool object) {
    auto path = next_path();
    if (path.size() > StructureValues::k_longest_path || m_open.size() >= k_deepest_structure) return false;
    m_open.push_back({std::move(path), object, {}, {}, 0});
    return true;
  }
  bool close(std::string_view empty) {
    const bool good = m_open.back().count > 0 || m_out.add(m_open.back().path, std::string{empty});
    m_open.pop_back();
    return good;
  }

  std::vector<Open> m_open;
  StructureValues m_out;
};

}  // namespace

std::optional<Structure> parse_json(std::string_view text) {
  Walk walk;
  if (!Json::sax_parse(text, &walk)) return std::nullopt;
  return walk.take();
}

}  // namespace assay::artifact
