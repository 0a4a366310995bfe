#include "attest/json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "attest/encoding.hpp"
#include "base/text.hpp"

namespace assay::attest {

namespace {

namespace dom = simdjson::dom;

/// From the parser's view to a value of our own.
class Builder {
 public:
  explicit Builder(std::size_t max_depth) : m_depth_left(max_depth) {}

  Result<Json> build(dom::element element) {
    switch (element.type()) {
      case dom::element_type::OBJECT:
      case dom::element_type::ARRAY:
        return build_nested(element);
      case dom::element_type::STRING:
        return Json{std::string_view{element.get_string().value_unsafe()}};
      case dom::element_type::INT64:
        return Json{std::int64_t{element.get_int64().value_unsafe()}};
      case dom::element_type::UINT64:
        return Json{std::uint64_t{element.get_uint64().value_unsafe()}};
      case dom::element_type::DOUBLE:
        return Json{double{element.get_double().value_unsafe()}};
      case dom::element_type::BOOL:
        return Json{bool{element.get_bool().value_unsafe()}};
      case dom::element_type::NULL_VALUE:
        break;
    }
    return Json{};
  }

 private:
  // The parser's own bound does not count an empty array or object.
  Result<Json> build_nested(dom::element element) {
    if (m_depth_left == 0) return Error{ErrorCode::format, "malformed JSON: nested too deeply", {}, {}};
    --m_depth_left;
    auto built = element.is_array() ? build_array(element.get_array().value_unsafe())
                                    : build_object(element.get_object().value_unsafe());
    ++m_depth_left;
    return built;
  }

  Result<Json> build_array(dom::array array) {
    std::vector<Json> items;
    items.reserve(array.size());
    for (const auto element : array) {
      ASSAY_TRY(auto item, build(element));
      items.push_back(std::move(item));
    }
    return Json::array(std::move(items));
  }

  Result<Json> build_object(dom::object object) {
    std::vector<std::string_view> names;
    names.reserve(object.size());
    for (const auto field : object) names.emplace_back(field.key);
    std::sort(names.begin(), names.end());
    if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
      return Error{ErrorCode::format,
                   fmt::format("member \"{}\" stands twice in one object", escape_for_display(twice->substr(0, 80))),
                   {},
                   {}};
    std::vector<JsonMember> members;
    members.reserve(names.size());
    for (const auto field : object) {
      ASSAY_TRY(auto value, build(field.value));
      members.push_back({std::string{field.key}, std::move(value)});
    }
    return Json::object(std::move(members));
  }

  std::size_t m_depth_left;
};

/// At least as many as there are: what stands in a string is counted as well.
std::size_t values_at_most(std::string_view text) {
  std::size_t count = 1;
  for (const char c : text) count += c == ',' || c == '[' || c == '{' ? 1U : 0U;
  return count;
}

void write_indent(std::string& out, unsigned indent, unsigned level) {
  if (indent == 0) return;
  out += '\n';
  out.append(std::size_t{indent} * level, ' ');
}

std::string_view explain(simdjson::error_code code) {
  switch (code) {
    case simdjson::DEPTH_ERROR:
      return "nested too deeply";
    case simdjson::UTF8_ERROR:
      return "not UTF-8";
    case simdjson::CAPACITY:
      return "too large";
    case simdjson::EMPTY:
      return "empty";
    default:
      return simdjson::error_message(code);
  }
}

}  // namespace

Json Json::array(std::vector<Json> items) {
  Json json;
  json.m_value = std::move(items);
  return json;
}

Json Json::object(std::vector<JsonMember> members) {
  Json json;
  json.m_value = std::move(members);
  return json;
}

Json Json::object() {
  return object({});
}

struct JsonParser::State {
  JsonLimits limits;
  dom::parser parser;
};

JsonParser::JsonParser(const JsonLimits& limits) : m_state(std::make_unique<State>()) {
  m_state->limits = limits;
}

JsonParser::~JsonParser() = default;

Result<Json> JsonParser::parse(std::string_view text) {
  const auto& limits = m_state->limits;
  if (text.size() > limits.max_size)
    return Error{ErrorCode::limit,
                 fmt::format("JSON document of {} bytes; the limit is {}", text.size(), limits.max_size),
                 {},
                 {}};
  if (text.size() / 2 > limits.max_values && values_at_most(text) > limits.max_values)
    return Error{
        ErrorCode::limit, fmt::format("JSON document of more values than the limit, {}", limits.max_values), {}, {}};
  auto& parser = m_state->parser;
  // One level more than asked for: the parser counts the document itself.
  if (parser.capacity() < text.size() || parser.max_depth() != limits.max_depth + 1)
    if (parser.allocate(std::max<std::size_t>(text.size() * 2, 4096), limits.max_depth + 1) != simdjson::SUCCESS)
      return Error{ErrorCode::limit, fmt::format("no room for a JSON document of {} bytes", text.size()), {}, {}};
  dom::element root;
  if (const auto problem = parser.parse(text.data(), text.size(), true).get(root); problem != simdjson::SUCCESS)
    return Error{ErrorCode::format, fmt::format("malformed JSON: {}", explain(problem)), {}, {}};
  return Builder{limits.max_depth}.build(root);
}

Result<Json> Json::parse(std::string_view text, const JsonLimits& limits) {
  return JsonParser{limits}.parse(text);
}

const Json& Json::operator[](std::string_view name) const noexcept {
  static const Json k_null;
  for (const auto& member : members())
    if (member.name == name) return member.value;
  return k_null;
}

std::string_view Json::text() const noexcept {
  const auto* text = std::get_if<std::string>(&m_value);
  return text != nullptr ? std::string_view{*text} : std::string_view{};
}

std::optional<std::uint64_t> Json::number() const noexcept {
  if (const auto* value = std::get_if<std::uint64_t>(&m_value)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&m_value))
    return *value < 0 ? std::nullopt : std::optional{static_cast<std::uint64_t>(*value)};
  return is_string() ? parse_unsigned(text()) : std::nullopt;
}

std::optional<bool> Json::boolean() const noexcept {
  const auto* value = std::get_if<bool>(&m_value);
  return value != nullptr ? std::optional{*value} : std::nullopt;
}

std::span<const Json> Json::items() const noexcept {
  const auto* items = std::get_if<std::vector<Json>>(&m_value);
  return items != nullptr ? std::span<const Json>{*items} : std::span<const Json>{};
}

std::span<const JsonMember> Json::members() const noexcept {
  const auto* members = std::get_if<std::vector<JsonMember>>(&m_value);
  return members != nullptr ? std::span<const JsonMember>{*members} : std::span<const JsonMember>{};
}

Json& Json::set(std::string_view name, Json value) {
  if (!is_object()) m_value = std::vector<JsonMember>{};
  auto& members = std::get<std::vector<JsonMember>>(m_value);
  for (auto& member : members)
    if (member.name == name) {
      member.value = std::move(value);
      return *this;
    }
  members.push_back({std::string{name}, std::move(value)});
  return *this;
}

Json& Json::set_text(std::string_view name, std::string_view value) {
  return value.empty() ? *this : set(name, value);
}

void Json::push(Json value) {
  if (!is_array()) m_value = std::vector<Json>{};
  std::get<std::vector<Json>>(m_value).push_back(std::move(value));
}

void Json::sort_members() {
  if (auto* items = std::get_if<std::vector<Json>>(&m_value))
    for (auto& item : *items) item.sort_members();
  if (auto* members = std::get_if<std::vector<JsonMember>>(&m_value)) {
    for (auto& member : *members) member.value.sort_members();
    std::sort(members->begin(), members->end(),
              [](const JsonMember& a, const JsonMember& b) { return a.name < b.name; });
  }
}

std::string json_quoted(std::string_view text) {
  // What packages and directories say of themselves may be Latin-1; a document with that in it nobody could read.
  if (!simdjson::validate_utf8(text.data(), text.size())) return json_quoted(escape_for_display(text));
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else out += c;
    }
  }
  return out + '"';
}

void Json::write(std::string& out, unsigned indent, unsigned level) const {
  if (is_null()) out += "null";
  else if (const auto truth = boolean()) out += *truth ? "true" : "false";
  else if (const auto* whole = std::get_if<std::int64_t>(&m_value)) out += fmt::format("{}", *whole);
  else if (const auto* natural = std::get_if<std::uint64_t>(&m_value)) out += fmt::format("{}", *natural);
  else if (const auto* real = std::get_if<double>(&m_value))
    out += std::isfinite(*real) ? fmt::format("{}", *real) : "null";
  else if (is_string()) out += json_quoted(text());
  else if (is_array()) {
    out += '[';
    for (bool first = true; const auto& item : items()) {
      if (!std::exchange(first, false)) out += ',';
      write_indent(out, indent, level + 1);
      item.write(out, indent, level + 1);
    }
    if (!items().empty()) write_indent(out, indent, level);
    out += ']';
  } else {
    out += '{';
    for (bool first = true; const auto& member : members()) {
      if (!std::exchange(first, false)) out += ',';
      write_indent(out, indent, level + 1);
      out += json_quoted(member.name);
      out += indent == 0 ? ":" : ": ";
      member.value.write(out, indent, level + 1);
    }
    if (!members().empty()) write_indent(out, indent, level);
    out += '}';
  }
}

std::string Json::dump(unsigned indent) const {
  std::string out;
  write(out, indent, 0);
  return out;
}

}  // namespace assay::attest
