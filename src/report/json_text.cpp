#include "report/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

bool stands_for_itself(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

/// RFC 8259, section 7, with the two-character escapes where there are such.
void append_escaped(std::string& out, char c) {
  constexpr std::string_view k_special = "\"\\\b\f\n\r\t";
  constexpr std::string_view k_letters = "\"\\bfnrt";
  if (const auto at = k_special.find(c); at != std::string_view::npos) {
    out += '\\';
    out += k_letters[at];
  } else {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

}  // namespace

void JsonText::begin(char bracket) {
  m_out += bracket;
  ++m_depth;
  m_empty = true;
}

void JsonText::end(char bracket) {
  --m_depth;
  if (!m_empty) new_line();
  m_out += bracket;
  m_empty = false;
}

void JsonText::separate() {
  if (!m_empty) m_out += ',';
  m_empty = false;
  new_line();
}

void JsonText::key(std::string_view name) {
  separate();
  text(name);
  m_out += ": ";
}

void JsonText::text(std::string_view utf8) {
  m_out += '"';
  for (auto rest = utf8; !rest.empty();) {
    const auto special = std::find_if_not(rest.begin(), rest.end(), stands_for_itself);
    const auto plain = static_cast<std::size_t>(special - rest.begin());
    m_out += rest.substr(0, plain);
    if (special != rest.end()) append_escaped(m_out, *special);
    rest.remove_prefix(std::min(plain + 1, rest.size()));
  }
  m_out += '"';
}

void JsonText::number(std::uint64_t value) {
  m_out += fmt::format_int{value}.c_str();
}

void JsonText::member(std::string_view name, std::string_view utf8) {
  key(name);
  text(utf8);
}

void JsonText::member(std::string_view name, std::uint64_t value) {
  key(name);
  number(value);
}

void JsonText::member_or_null(std::string_view name, std::string_view from_inside) {
  key(name);
  if (from_inside.empty()) null();
  else text(safe_prose(from_inside));
}

void JsonText::member_from_outside(std::string_view name, std::string_view bytes) {
  const auto shown = escape_for_display(bytes);
  member(name, shown);
  if (shown != bytes) member(std::string{name} + "_base64", to_base64(as_bytes(bytes)));
}

}  // namespace assay::report
