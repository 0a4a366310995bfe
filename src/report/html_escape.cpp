#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/html.hpp"
#include "report/wording.hpp"

namespace assay::report::html {

namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      out += c;
  }
}

/// Bytes of the well-formed character at the start of `text`; 1 where it is not well-formed.
std::size_t character_length(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return length <= text.size() && is_utf8(text.substr(0, length)) ? length : 1;
}

}  // namespace

std::string plain(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) append_escaped(out, c);
  return out;
}

std::string name(std::string_view raw, std::size_t max_chars) {
  if (raw.empty()) return "<i>(empty)</i>";
  return plain(cut_middle(escape_for_display(raw.substr(0, 4 * max_chars + 4)), max_chars));
}

std::string prose(std::string_view text, std::size_t max_chars) {
  return plain(cut_end(safe_prose(text.substr(0, 4 * max_chars)), max_chars));
}

std::string source_text(std::string_view raw, std::size_t max_bytes) {
  const bool cut = raw.size() > max_bytes;
  raw = raw.substr(0, max_bytes);
  std::string out;
  while (!raw.empty()) {
    const auto length = character_length(raw);
    const auto character = raw.substr(0, length);
    raw.remove_prefix(length);
    if (character == "\n" || character == "\t" || character == "\\") {
      out += character;
      continue;
    }
    const auto shown = escape_for_display(character);
    if (shown == character)
      for (const char c : character) append_escaped(out, c);
    else out += fmt::format("<b class=\"x\">{}</b>", shown);
  }
  return cut ? out + " …" : out;
}

std::string reference_link(std::string_view reference) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-._~:/?#=%+,"}.find(c) != std::string_view::npos;
  };
  if (!reference.starts_with("https://") || !std::all_of(reference.begin(), reference.end(), harmless))
    return prose(reference);
  return fmt::format("<a href=\"{0}\" rel=\"noreferrer noopener\">{0}</a>", plain(reference));
}

std::string badge(Severity severity) {
  return fmt::format("<span class=\"badge {0}\">{0}</span>", to_string(severity));
}

std::string left_out(std::uint64_t count, std::string_view one, std::string_view many) {
  if (count == 0) return {};
  const auto plural = many.empty() ? std::string{one} + "s" : std::string{many};
  return fmt::format("<p class=\"more\">… and {}; the JSON report has all of them.</p>\n",
                     count_of(count, fmt::format("more {}", one), fmt::format("more {}", plural)));
}

}  // namespace assay::report::html
