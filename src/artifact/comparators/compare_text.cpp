// Text, line by line; lines that only stand elsewhere are told apart from lines that changed.
#include <algorithm>
#include <iterator>
#include <optional>

#include "artifact/comparator.hpp"
#include "artifact/fields.hpp"
#include "artifact/parts_diff.hpp"
#include "artifact/tokens.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_most_bytes = 256ULL << 20;
constexpr std::size_t k_view_lines = 40;

/// A text within the text may begin here: a line that starts with '#' is then no comment for sure.
bool holds_text(std::string_view text) {
  return text.find("<<") != std::string_view::npos || text.find("\"\"\"") != std::string_view::npos ||
         text.find("'''") != std::string_view::npos;
}

/// The script is for an interpreter to which '#' may be something else than the beginning of a comment.
bool is_for_others(std::string_view text) {
  if (!text.starts_with("#!")) return false;
  const auto line = text.substr(0, text.find('\n'));
  static constexpr std::string_view k_known[] = {"sh",   "bash",   "dash", "ash",     "zsh",  "ksh",
                                                 "mksh", "python", "perl", "awk",     "gawk", "mawk",
                                                 "sed",  "tclsh",  "php",  "Rscript", "ruby", "make"};
  return std::none_of(std::begin(k_known), std::end(k_known), [&](std::string_view name) {
    const auto at = line.find(name);
    return at != std::string_view::npos && (line[at - 1] == '/' || line[at - 1] == ' ');
  });
}

void put_utf8(std::uint32_t c, std::string& text) {
  if (c < 0x80) {
    text += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  text += static_cast<char>((0xffU << (7 - more) & 0xffU) | c >> (6 * more));
  for (int i = more; i-- > 0;) text += static_cast<char>(0x80U | (c >> (6 * i) & 0x3fU));
}

/// UTF-16 (RFC 2781) behind its byte order mark as UTF-8; nothing if it is none. Different bytes never become the same text.
std::optional<std::string> from_utf16(std::string_view bytes) {
  const bool big = bytes.starts_with("\xfe\xff");
  std::string text;
  for (std::size_t at = 2; at + 2 <= bytes.size(); at += 2) {
    auto c = static_cast<std::uint32_t>(number_at(bytes, at, 2, big));
    if (c >= 0xdc00 && c < 0xe000) return std::nullopt;
    if (c >= 0xd800 && c < 0xdc00) {
      const auto low = at + 4 <= bytes.size() ? static_cast<std::uint32_t>(number_at(bytes, at + 2, 2, big)) : 0;
      if (low < 0xdc00 || low >= 0xe000) return std::nullopt;
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
      at += 2;
    }
    put_utf8(c, text);
  }
  return text;
}

}  // namespace

bool compare_text(Session& session, const Pair& pair, Node& node) {
  if (std::max(pair.a.size(), pair.b.size()) > k_most_bytes) return false;
  auto left = pair.a.text();
  auto right = pair.b.text();
  std::optional<std::string> decoded_left, decoded_right;
  if (!looks_like_text(pair.a.bytes()) || !looks_like_text(pair.b.bytes())) {
    // One in UTF-16 and the other not, or in another byte order: as bytes.
    if (left.substr(0, 2) != right.substr(0, 2)) return false;
    decoded_left = from_utf16(left);
    decoded_right = from_utf16(right);
    if (!decoded_left || !decoded_right) return false;
    node.note("text in UTF-16");
    left = *decoded_left;
    right = *decoded_right;
  }
  auto diff = diff_split(left, right, '\n', {"line", session.view_lines(pair.path, k_view_lines)});
  const bool quoting = holds_text(left) || holds_text(right) || is_for_others(left) || is_for_others(right);
  for (auto& change : diff.changes) {
    if (quoting && setting_of(change.context, change.before) == Setting::hash_comment)
      change.context.insert(0, "\xe2\x80\xa6 ");  // as a line that is cut in front
    change.impact = node.item.impact;
    node.add(std::move(change));
  }
  node.item.view = std::move(diff.view);
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
