// JSON from outside, read strictly (RFC 8259 and I-JSON, RFC 7493): well-formed UTF-8, no member name twice, bounded in
// size and depth. A value is what was read, and is written back in the order it was made.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace assay::attest {

struct JsonLimits {
  std::size_t max_size = 64U << 20;   ///< bytes of the document
  std::size_t max_depth = 64;         ///< arrays and objects within each other
  std::size_t max_values = 8U << 20;  ///< roughly: a value of two bytes takes forty times as much memory when read
};

struct JsonMember;

class Json {
 public:
  Json() noexcept;  ///< null
  Json(bool value);
  Json(double value);
  Json(std::int64_t value);
  Json(std::uint64_t value);
  Json(int value);
  Json(std::string value);
  Json(std::string_view value);
  Json(const char* value);
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();
  static Json array(std::vector<Json> items = {});
  static Json object();
  /// Of members whose names are unique.
  static Json object(std::vector<JsonMember> members);

  /// Read one document and nothing behind it. The Error says what is off and, where it can, at which member.
  static Result<Json> parse(std::string_view text, const JsonLimits& limits = {});

  bool is_null() const noexcept { return std::holds_alternative<std::monostate>(m_value); }
  bool is_object() const noexcept { return std::holds_alternative<std::vector<JsonMember>>(m_value); }
  bool is_array() const noexcept { return std::holds_alternative<std::vector<Json>>(m_value); }
  bool is_string() const noexcept { return std::holds_alternative<std::string>(m_value); }

  /// The member of that name; a null value if there is none or this is no object.
  const Json& operator[](std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept { return !(*this)[name].is_null(); }
  /// The string; empty if it is none.
  std::string_view text() const noexcept;
  std::string_view text(std::string_view name) const noexcept { return (*this)[name].text(); }
  /// A number that is a whole one, or a string of its digits, as protobuf's JSON writes 64-bit numbers.
  std::optional<std::uint64_t> number() const noexcept;
  std::optional<bool> boolean() const noexcept;
  std::span<const Json> items() const noexcept;          ///< of an array; else none
  std::span<const JsonMember> members() const noexcept;  ///< of an object; else none

  /// Set a member of an object (of a null value, which becomes one); replaces one of the same name.
  Json& set(std::string_view name, Json value);
  /// The same, but nothing is set if the text is empty.
  Json& set_text(std::string_view name, std::string_view value);
  void push(Json value);
  /// Every object's members by name, recursively: one spelling of one value.
  void sort_members();

  /// Without white space, or indented by `indent` spaces a level. UTF-8 is not escaped beyond what must be.
  std::string dump(unsigned indent = 0) const;
  bool operator==(const Json& other) const;

 private:
  void write(std::string& out, unsigned indent, unsigned level) const;
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, std::vector<Json>,
               std::vector<JsonMember>>
      m_value;
};

struct JsonMember {
  std::string name;
  Json value;
  bool operator==(const JsonMember&) const = default;
};

// Here, where a member is a complete type: within the class it is not yet.
inline Json::Json() noexcept = default;
inline Json::Json(bool value) : m_value(value) {}
inline Json::Json(double value) : m_value(value) {}
inline Json::Json(std::int64_t value) : m_value(value) {}
inline Json::Json(std::uint64_t value) : m_value(value) {}
inline Json::Json(int value) : m_value(std::int64_t{value}) {}
inline Json::Json(std::string value) : m_value(std::move(value)) {}
inline Json::Json(std::string_view value) : m_value(std::string{value}) {}
inline Json::Json(const char* value) : m_value(std::string{value}) {}
inline Json::Json(const Json& other) = default;
inline Json::Json(Json&& other) noexcept = default;
inline Json& Json::operator=(const Json& other) = default;
inline Json& Json::operator=(Json&& other) noexcept = default;
inline Json::~Json() = default;
inline bool Json::operator==(const Json& other) const {
  return m_value == other.m_value;
}

/// Reads many small documents one after another; reuses its buffers, which Json::parse() cannot.
class JsonParser {
 public:
  explicit JsonParser(const JsonLimits& limits = {});
  ~JsonParser();
  /// As Json::parse().
  Result<Json> parse(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

/// `text` as a JSON string with its quotes; text that is no UTF-8 is written as escape_for_display() has it.
std::string json_quoted(std::string_view text);

}  // namespace assay::attest
