#include "base/text.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace assay {

namespace {

struct CodePoint {
  char32_t value;
  std::size_t length;  ///< 0 if the bytes are not well-formed
};

CodePoint decode_utf8(std::string_view s) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto cont = [&](std::size_t i) { return i < s.size() && (at(i) & 0xC0) == 0x80; };
  const unsigned char c = at(0);
  if (c < 0x80) return {c, 1};
  if (c >= 0xC2 && c <= 0xDF && cont(1)) return {static_cast<char32_t>((c & 0x1F) << 6 | (at(1) & 0x3F)), 2};
  if (c >= 0xE0 && c <= 0xEF && cont(1) && cont(2)) {
    const auto v = static_cast<char32_t>((c & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F));
    if (v >= 0x800 && (v < 0xD800 || v > 0xDFFF)) return {v, 3};
  }
  if (c >= 0xF0 && c <= 0xF4 && cont(1) && cont(2) && cont(3)) {
    const auto v =
        static_cast<char32_t>((c & 0x07) << 18 | (at(1) & 0x3F) << 12 | (at(2) & 0x3F) << 6 | (at(3) & 0x3F));
    if (v >= 0x10000 && v <= 0x10FFFF) return {v, 4};
  }
  return {0, 0};
}

bool is_bidi_or_zero_width(char32_t v) noexcept {
  return (v >= 0x202A && v <= 0x202E) || (v >= 0x2066 && v <= 0x2069) || (v >= 0x200B && v <= 0x200F) || v == 0x061C ||
         v == 0x2060 || v == 0xFEFF;
}

bool is_control(char32_t v) noexcept {
  return v < 0x20 || (v >= 0x7F && v < 0xA0);
}

/// How many bytes at the beginning are printable ASCII.
std::size_t plain_length(std::string_view text) noexcept {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7E; });
  return static_cast<std::size_t>(end - text.begin());
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const auto point = decode_utf8(bytes);
    if (point.length == 0) return false;
    bytes.remove_prefix(point.length);
  }
  return true;
}

bool has_control(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto point = decode_utf8(text);
    if (point.length != 0 && point.value != '\t' && is_control(point.value)) return true;
    text.remove_prefix(std::max<std::size_t>(point.length, 1));
  }
  return false;
}

bool has_bidi_or_zero_width(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto point = decode_utf8(text);
    if (point.length != 0 && is_bidi_or_zero_width(point.value)) return true;
    text.remove_prefix(std::max<std::size_t>(point.length, 1));
  }
  return false;
}

std::string escape_for_display(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (const auto plain = plain_length(text); plain > 0) {
      out += text.substr(0, plain);
      text.remove_prefix(plain);
      continue;
    }
    const auto point = decode_utf8(text);
    if (point.length == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (point.value == '\n') {
      out += "\\n";
    } else if (point.value == '\t') {
      out += "\\t";
    } else if (point.value == '\r') {
      out += "\\r";
    } else if (is_control(point.value)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(point.value));
    } else if (is_bidi_or_zero_width(point.value) || point.value == 0x2028 || point.value == 0x2029) {
      out += fmt::format("\\u{{{:04x}}}", static_cast<unsigned>(point.value));
    } else {
      out += text.substr(0, point.length);
    }
    text.remove_prefix(point.length);
  }
  return out;
}

bool looks_like_text(ByteView bytes) noexcept {
  const auto head = bytes.first(std::min<std::size_t>(bytes.size(), 8000));
  return head.empty() || std::memchr(head.data(), 0, head.size()) == nullptr;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
  }
  return lines;
}

namespace {

/// Blanks, but for the end of a line.
constexpr bool is_gap(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n');
}

constexpr std::size_t k_block = 16;

/// Are the 16 bytes at `at` as normalise_line() would leave them, if no gap came before? That is, no blank but single spaces, none
/// of them first or last.
bool is_normal_block(const char* at) noexcept {
#ifdef __SSE2__
  const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const auto spaces = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '))));
  const auto controls =
      _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('\t' - 1)), _mm_cmpgt_epi8(_mm_set1_epi8('\r' + 1), bytes));
  constexpr unsigned k_ends = 1U << (k_block - 1) | 1U;
  return _mm_movemask_epi8(controls) == 0 && (spaces & (spaces << 1 | k_ends)) == 0;
#else
  bool before = true;
  for (std::size_t i = 0; i < k_block; ++i) {
    const bool gap = is_gap(at[i]);
    if (gap && (before || at[i] != ' ' || i + 1 == k_block)) return false;
    before = gap;
  }
  return true;
#endif
}

}  // namespace

void normalise_line_into(std::string_view line, std::string& out) {
  // Written through a pointer into room enough for all of it: every line of every generated file comes through here. Most
  // of it is copied in blocks.
  out.resize(line.size());
  char* const start = out.data();
  char* at = start;
  bool gap = false;
  for (std::size_t i = 0; i < line.size();) {
    if (line.size() - i >= k_block && is_normal_block(line.data() + i)) {
      if (gap) *at++ = ' ';
      gap = false;
      std::memcpy(at, line.data() + i, k_block);
      at += k_block;
      i += k_block;
      continue;
    }
    // Byte by byte to behind the next gap, where blocks may be normal again.
    for (bool met = false; i < line.size(); ++i) {
      const char c = line[i];
      if (is_gap(c)) {
        gap = at != start;
        met = true;
        continue;
      }
      if (met) break;
      // Only after a blank that was left out, so there is room for one.
      if (gap) *at++ = ' ';
      gap = false;
      *at++ = c;
    }
  }
  out.resize(static_cast<std::size_t>(at - start));
}

std::string normalise_line(std::string_view line) {
  std::string out;
  out.reserve(line.size());
  normalise_line_into(line, out);
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string ascii_lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) noexcept {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](auto prefix) { return text.starts_with(prefix); });
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> suffixes) noexcept {
  return std::any_of(suffixes.begin(), suffixes.end(), [&](auto suffix) { return text.ends_with(suffix); });
}

std::string_view path_basename(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view path_dirname(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string path_seen_from(std::string_view directory, std::string_view path) {
  std::string ups;
  for (; !directory.empty(); directory = path_dirname(directory)) {
    if (path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/')
      return ups + std::string{path.substr(directory.size() + 1)};
    ups += "../";
  }
  return ups + std::string{path};
}

std::string path_resolved(std::string_view directory, std::string_view seen) {
  for (; seen.starts_with("../") && !directory.empty(); seen.remove_prefix(3)) directory = path_dirname(directory);
  return directory.empty() ? std::string{seen} : fmt::format("{}/{}", directory, seen);
}

std::optional<std::string> path_behind_link(std::string_view path, std::string_view target) {
  if (target.empty() || target.starts_with('/')) return std::nullopt;
  std::vector<std::string_view> parts;
  const auto add = [&](std::string_view text) {
    while (!text.empty()) {
      const auto end = std::min(text.find('/'), text.size());
      const auto part = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (part.empty() || part == ".") continue;
      if (part == ".." && !parts.empty() && parts.back() != "..") parts.pop_back();
      else parts.push_back(part);
    }
  };
  add(path_dirname(path));
  add(target);
  std::string result;
  for (const auto part : parts) (result += result.empty() ? "" : "/") += part;
  return result;
}

std::string count_of(std::uint64_t count, std::string_view singular, std::string_view plural) {
  auto digits = std::to_string(count);
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), ",");
  if (count == 1) return fmt::format("{} {}", digits, singular);
  if (plural.empty()) return fmt::format("{} {}s", digits, singular);
  return fmt::format("{} {}", digits, plural);
}

}  // namespace assay
