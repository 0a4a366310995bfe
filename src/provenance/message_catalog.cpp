#include "provenance/message_catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint32_t k_magic = 0x950412de;
constexpr std::uint32_t k_magic_swapped = 0xde120495;
constexpr std::size_t k_most_messages = 1'000'000;

Error broken(std::string message) { return Error{ErrorCode::format, std::move(message), {}, {}}; }

class MoReader {
 public:
  explicit MoReader(ByteView bytes) : m_bytes(bytes) {}

  Result<MessageCatalog> read() {
    const auto magic = word(0);
    if (!magic || (*magic != k_magic && *magic != k_magic_swapped)) return broken("it has not the magic number of a compiled catalogue");
    m_swapped = *magic == k_magic_swapped;
    const auto count = word(8), ids = word(12), translations = word(16);
    if (!count || !ids || !translations) return broken("its header is cut off");
    if (*count > k_most_messages || *count > m_bytes.size() / 8) return broken("it claims more messages than it has room for");
    MessageCatalog catalog;
    for (std::uint32_t i = 0; i < *count; ++i) {
      const auto id = string_at(std::uint64_t{*ids} + 8ULL * i);
      const auto translation = string_at(std::uint64_t{*translations} + 8ULL * i);
      if (!id || !translation) return broken(fmt::format("the strings of message {} lie outside of the file", i));
      if (!catalog.empty() && !(catalog.rbegin()->first < *id)) return broken(fmt::format("message {} is out of order or stands in it twice", i));
      catalog.emplace_hint(catalog.end(), *id, Message{std::string{*translation}, false, false});
    }
    return catalog;
  }

 private:
  std::optional<std::uint32_t> word(std::uint64_t offset) const {
    if (offset + 4 > m_bytes.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{m_bytes[offset + i]} << (8 * (m_swapped ? 3 - i : i));
    return value;
  }
  std::optional<std::string_view> string_at(std::uint64_t table) const {
    const auto size = word(table), offset = word(table + 4);
    if (!size || !offset || std::uint64_t{*offset} + *size > m_bytes.size()) return std::nullopt;
    return as_text(m_bytes.subspan(*offset, *size));
  }

  ByteView m_bytes;
  bool m_swapped = false;
};

/// The bytes of a quoted C string; nothing if it does not end, or goes on behind its end.
std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"')) return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return normalise_line(text.substr(i + 1)).empty() ? std::optional{out} : std::nullopt;
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    constexpr std::string_view names = "abfnrtv", values = "\a\b\f\n\r\t\v";
    const char c = text[++i];
    const auto known = names.find(c);
    if (known != std::string_view::npos) out += values[known];
    else if (c >= '0' && c <= '7') {
      unsigned value = 0;
      for (unsigned digits = 0; digits < 3 && i < text.size() && text[i] >= '0' && text[i] <= '7'; ++digits, ++i) value = value * 8 + static_cast<unsigned>(text[i] - '0');
      --i;
      out += static_cast<char>(value & 0xff);
    } else out += c;
  }
  return std::nullopt;
}

class PoReader {
 public:
  Result<MessageCatalog> read(std::string_view text) {
    std::size_t number = 0;
    for (auto line : split_lines(text)) {
      ++number;
      if (number == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
      const auto normal = normalise_line(line);
      if (!take(normal)) return broken(fmt::format("line {} is neither comment, keyword nor string", number));
      if (m_catalog.size() > k_most_messages) return broken("it has more than a million messages");
    }
    finish();
    return std::move(m_catalog);
  }

 private:
  bool take(std::string_view line) {
    if (line.empty()) return true;
    if (line.starts_with("#~|") || line.starts_with("#|")) return true;
    if (line.starts_with("#~")) {
      line.remove_prefix(std::min(line.find_first_not_of(' ', 2), line.size()));
      return keyword_or_string(line, true);
    }
    if (line.starts_with('#')) {
      if (m_has_translation) finish();
      if (line.starts_with("#,") && line.find("fuzzy") != std::string_view::npos) m_message.fuzzy = true;
      return true;
    }
    return keyword_or_string(line, false);
  }

  bool keyword_or_string(std::string_view line, bool obsolete) {
    if (line.starts_with('"')) return append(line);
    const auto blank = line.find_first_of(" \"");
    if (blank == std::string_view::npos) return line.empty();
    auto word = line.substr(0, blank);
    const auto rest = line.substr(line.find_first_not_of(' ', blank));
    if (word == "domain") return true;
    if (word == "msgctxt" || (word == "msgid" && !m_has_context_only)) finish_if_whole();
    if (word == "msgctxt") {
      m_target = &m_context;
      m_has_context = m_has_context_only = true;
    } else if (word == "msgid") {
      m_target = &m_id;
      m_has_id = true;
      m_has_context_only = false;
    } else if (word == "msgid_plural" && m_has_id) {
      m_target = &m_plural;
      m_has_plural = true;
    } else if ((word == "msgstr" || (word.starts_with("msgstr[") && word.ends_with(']'))) && m_has_id) {
      if (m_has_translation) m_message.translation += '\0';
      m_target = &m_message.translation;
      m_has_translation = true;
    } else {
      return false;
    }
    m_message.obsolete = m_message.obsolete || obsolete;
    return append(rest);
  }

  bool append(std::string_view quoted) {
    const auto text = unquote(quoted);
    if (!text || m_target == nullptr) return false;
    *m_target += *text;
    return true;
  }
  void finish_if_whole() {
    if (m_has_translation) finish();
  }
  void finish() {
    if (m_has_id && m_has_translation) {
      auto key = m_has_context ? m_context + '\4' + m_id : m_id;
      if (m_has_plural) key += '\0' + m_plural;
      m_catalog.try_emplace(std::move(key), m_message);
    }
    const bool fuzzy_ahead = m_message.fuzzy && !m_has_id;
    m_message = {};
    m_message.fuzzy = fuzzy_ahead;
    m_context.clear();
    m_id.clear();
    m_plural.clear();
    m_has_context = m_has_context_only = m_has_id = m_has_plural = m_has_translation = false;
    m_target = nullptr;
  }

  MessageCatalog m_catalog;
  Message m_message;
  std::string m_context, m_id, m_plural;
  std::string* m_target = nullptr;
  bool m_has_context = false, m_has_context_only = false, m_has_id = false, m_has_plural = false, m_has_translation = false;
};

std::string shown(std::string_view key) { return escape_for_display(key.substr(0, 60)); }

bool is_blank(std::string_view translation) { return translation.find_first_not_of('\0') == std::string_view::npos; }

}  // namespace

Result<MessageCatalog> parse_mo(ByteView bytes) { return MoReader{bytes}.read(); }

Result<MessageCatalog> parse_po(std::string_view text) { return PoReader{}.read(text); }

std::string catalogue_mismatch(const MessageCatalog& made, const MessageCatalog& source) {
  for (const auto& [key, message] : made) {
    if (key.empty()) continue;
    const auto found = source.find(key);
    if (found == source.end()) return fmt::format("the source has no message \"{}\"", shown(key));
    if (found->second.translation != message.translation) return fmt::format("the source translates \"{}\" otherwise", shown(key));
  }
  return {};
}

std::string merge_mismatch(const MessageCatalog& merged, const MessageCatalog& source) {
  for (const auto& [key, message] : merged) {
    if (key.empty() || message.fuzzy || is_blank(message.translation)) continue;
    const auto found = source.find(key);
    if (found == source.end()) return fmt::format("it translates \"{}\", which version control does not", shown(key));
    if (found->second.translation != message.translation) return fmt::format("it translates \"{}\" otherwise than version control", shown(key));
  }
  return {};
}

}  // namespace assay::provenance
