#include "provenance/message_catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <unordered_set>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint32_t k_magic = 0x950412de;
constexpr std::uint32_t k_magic_swapped = 0xde120495;
constexpr std::size_t k_most_messages = 1'000'000;

Error broken(std::string message) {
  return Error{ErrorCode::format, std::move(message), {}, {}};
}

class MoReader {
 public:
  explicit MoReader(ByteView bytes) : m_bytes(bytes) {}

  Result<MessageCatalog> read() {
    const auto magic = word(0);
    if (!magic || (*magic != k_magic && *magic != k_magic_swapped))
      return broken("it has not the magic number of a compiled catalogue");
    m_swapped = *magic == k_magic_swapped;
    const auto count = word(8), ids = word(12), translations = word(16);
    if (!count || !ids || !translations) return broken("its header is cut off");
    if (*count > k_most_messages || *count > m_bytes.size() / 8)
      return broken("it claims more messages than it has room for");
    MessageCatalog catalog;
    for (std::uint32_t i = 0; i < *count; ++i) {
      const auto id = string_at(std::uint64_t{*ids} + 8ULL * i);
      const auto translation = string_at(std::uint64_t{*translations} + 8ULL * i);
      if (!id || !translation) return broken(fmt::format("the strings of message {} lie outside of the file", i));
      if (m_taken > m_bytes.size())
        return broken("its strings overlap");  // a small file would grow to any size in memory
      if (!catalog.empty() && !(catalog.rbegin()->first < *id))
        return broken(fmt::format("message {} is out of order or stands in it twice", i));
      catalog.emplace_hint(catalog.end(), *id, Message{std::string{*translation}, false, false});
    }
    if (const auto minor = word(4).value_or(0) & 0xffff; minor > 0) ASSAY_TRY_VOID(read_system_dependent(catalog));
    return catalog;
  }

  /// After read().
  std::string unaccounted() {
    if (word(4).value_or(2) > 1) return "its revision is neither 0.0 nor 0.1";
    const auto count = *word(8), ids = *word(12), translations = *word(16), hash_size = word(20).value_or(0),
               hash = word(24).value_or(0);
    std::vector<bool> used(m_bytes.size());
    const auto use = [&](std::uint64_t offset, std::uint64_t size) {
      for (auto at = offset; at < offset + size && at < used.size(); ++at) used[at] = true;
    };
    use(0, word(4) == 1 ? k_header_with_segments : k_header);
    for (const auto& [start, size] : m_system_dependent) use(start, size);
    for (const auto table : {ids, translations}) {
      use(table, 8ULL * count);
      for (std::uint32_t i = 0; i < count; ++i)
        use(*word(table + 8ULL * i + 4), *word(table + 8ULL * i));  // the NUL behind it is a zero byte
    }
    if (hash_size > 0) {
      if (std::uint64_t{hash} + 4ULL * hash_size > m_bytes.size() || !has_hash_table(ids, count, hash, hash_size))
        return "its hash table is not the one of its messages";
      use(hash, 4ULL * hash_size);
    }
    for (std::size_t at = 0; at < used.size(); ++at)
      if (!used[at] && m_bytes[at] != 0) return fmt::format("the byte at {} belongs to no message", at);
    return {};
  }

 private:
  static constexpr std::uint64_t k_header = 28;
  static constexpr std::uint64_t k_header_with_segments = 48;  // revision 0.1
  static constexpr std::uint32_t k_last_segment = 0xffffffff;

  /// Strings in which a format depends on the system: pieces of text with names such as PRIu32 between them, which the .po has as
  /// `%<PRIu32>`.
  Result<void> read_system_dependent(MessageCatalog& catalog) {
    const auto names = word(28), name_table = word(32), count = word(36), ids = word(40), translations = word(44);
    if (!translations) return broken("its header is cut off");
    if (std::uint64_t{*names} * 8 + std::uint64_t{*count} * 8 > m_bytes.size())
      return broken("it claims more messages than it has room for");
    std::vector<std::string> segments;
    note(*name_table, 8ULL * *names);
    for (std::uint32_t i = 0; i < *names; ++i) {
      const auto name = string_at(*name_table + 8ULL * i);
      if (!name || name->size() > 64) return broken("the names of its formats lie outside of the file");
      note(*word(*name_table + 8ULL * i + 4), name->size());
      segments.emplace_back(name->substr(0, name->find('\0')));
    }
    note(*ids, 4ULL * *count);
    note(*translations, 4ULL * *count);
    for (std::uint32_t i = 0; i < *count; ++i) {
      const auto id = composed_at(word(*ids + 4ULL * i), segments);
      auto translation = composed_at(word(*translations + 4ULL * i), segments);
      if (!id || !translation) return broken(fmt::format("the pieces of message {} lie outside of the file", i));
      if (m_taken > 2 * m_bytes.size()) return broken("its strings overlap");
      if (!catalog.emplace(*id, Message{std::move(*translation), false, false}).second)
        return broken(fmt::format("message {} stands in it twice", i));
    }
    return {};
  }
  std::optional<std::string> composed_at(std::optional<std::uint32_t> at, const std::vector<std::string>& segments) {
    const auto first = at ? word(*at) : at;
    if (!first) return std::nullopt;
    std::uint64_t text = *first;
    std::string out;
    for (std::uint64_t place = std::uint64_t{*at} + 4;; place += 8) {
      const auto size = word(place), segment = word(place + 4);
      if (!size || !segment || text + *size > m_bytes.size() || m_taken > 2 * m_bytes.size()) return std::nullopt;
      out += as_text(m_bytes.subspan(text, *size));
      m_taken += *size + 8;
      note(text, *size);
      text += *size;
      if (*segment == k_last_segment) {
        note(*at, place + 8 - *at);
        break;
      }
      if (*segment >= segments.size()) return std::nullopt;
      out += '<' + segments[*segment] + '>';
    }
    if (!out.ends_with('\0')) return std::nullopt;
    out.pop_back();
    return out;
  }
  void note(std::uint64_t start, std::uint64_t size) { m_system_dependent.emplace_back(start, size); }

  /// P. J. Weinberger's hash, up to the first NUL, as in gettext's hash-string.c.
  static std::uint32_t hash_of(std::string_view text) {
    std::uint32_t value = 0;
    for (const char c : text.substr(0, text.find('\0'))) {
      value = (value << 4) + static_cast<unsigned char>(c);
      if (const auto top = value & 0xf0000000U; top != 0) value = (value ^ (top >> 24)) ^ top;
    }
    return value;
  }
  /// Open addressing with a second hash, filled in the order of the ids (write-mo.c).
  bool has_hash_table(std::uint32_t ids, std::uint32_t count, std::uint32_t at, std::uint32_t size) {
    if (size <= count || size < 3) return false;
    std::vector<std::uint32_t> table(size);
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto value = hash_of(*string_at(ids + 8ULL * i));
      auto slot = value % size;
      const auto step = 1 + value % (size - 2);
      for (std::uint32_t tries = 0; table[slot] != 0; ++tries) {
        if (tries == size) return false;
        slot = static_cast<std::uint32_t>((std::uint64_t{slot} + step) % size);
      }
      table[slot] = i + 1;
    }
    for (std::uint32_t slot = 0; slot < size; ++slot)
      if (word(at + 4ULL * slot) != table[slot]) return false;
    return true;
  }

  std::optional<std::uint32_t> word(std::uint64_t offset) const {
    if (offset + 4 > m_bytes.size()) return std::nullopt;
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{m_bytes[offset + i]} << (8 * (m_swapped ? 3 - i : i));
    return value;
  }
  std::optional<std::string_view> string_at(std::uint64_t table) {
    const auto size = word(table), offset = word(table + 4);
    if (!size || !offset || std::uint64_t{*offset} + *size > m_bytes.size()) return std::nullopt;
    m_taken += *size;
    return as_text(m_bytes.subspan(*offset, *size));
  }

  ByteView m_bytes;
  bool m_swapped = false;
  std::uint64_t m_taken = 0;  ///< bytes of all strings that were read
  std::vector<std::pair<std::uint64_t, std::uint64_t>>
      m_system_dependent;  ///< start and size of what these strings take up
};

unsigned hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

/// The bytes of a quoted C string; nothing if it does not end, goes on behind its end, or escapes what C does not.
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
      for (unsigned digits = 0; digits < 3 && i < text.size() && text[i] >= '0' && text[i] <= '7'; ++digits, ++i)
        value = value * 8 + static_cast<unsigned>(text[i] - '0');
      --i;
      out += static_cast<char>(value & 0xff);
    } else if (c == 'x') {  // all hexadecimal digits that follow, the lowest byte of the number (gettext's po-lex)
      unsigned value = 0;
      std::size_t digits = 0;
      for (; i + 1 < text.size() && std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0; ++i, ++digits)
        value = (value << 4U) + hex_digit(text[i + 1]);
      if (digits == 0) return std::nullopt;
      out += static_cast<char>(value & 0xff);
    } else if (c == '"' || c == '\\') {
      out += c;
    } else {
      return std::nullopt;
    }
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
      const auto first = line.find_first_not_of(" \t\r");
      const auto last = line.find_last_not_of(" \t\r");  // blanks within a string belong to it
      if (first != std::string_view::npos && !take(line.substr(first, last + 1 - first)))
        return broken(fmt::format("line {} is neither comment, keyword nor string", number));
      if (m_catalog.size() > k_most_messages) return broken("it has more than a million messages");
    }
    finish();
    if (!m_broken.empty()) return broken(m_broken);
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
    if (word == "domain")
      return rest ==
             "\"messages\"";  // the one that is meant anyway: another would take the messages after it elsewhere
    if (word == "msgctxt" || (word == "msgid" && !m_has_context_only)) finish();
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
    } else if (m_has_id && word == (m_has_plural ? fmt::format("msgstr[{}]", m_forms) : "msgstr") &&
               (m_has_plural || !m_has_translation)) {  // forms are numbered from 0 on, one after another
      if (m_has_translation) m_message.translation += '\0';
      m_target = &m_message.translation;
      m_has_translation = true;
      ++m_forms;
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
  void finish() {
    if (m_has_id && m_has_translation) {
      auto key = m_has_context ? m_context + '\4' + m_id : m_id;
      if (m_has_plural) key += '\0' + m_plural;
      const auto shown = escape_for_display(m_id.substr(0, 60));
      if (!m_catalog.try_emplace(std::move(key), m_message).second && m_broken.empty())
        m_broken = fmt::format("message \"{}\" stands in it twice", shown);
    } else if ((m_has_id || m_has_context) && m_broken.empty()) {
      m_broken = fmt::format("message \"{}\" has no translation, not even an empty one",
                             escape_for_display(m_id.substr(0, 60)));
    }
    const bool fuzzy_ahead = m_message.fuzzy && !m_has_id;
    m_message = {};
    m_message.fuzzy = fuzzy_ahead;
    m_context.clear();
    m_id.clear();
    m_plural.clear();
    m_forms = 0;
    m_has_context = m_has_context_only = m_has_id = m_has_plural = m_has_translation = false;
    m_target = nullptr;
  }

  MessageCatalog m_catalog;
  Message m_message;
  std::string m_context, m_id, m_plural;
  std::string m_broken;  ///< the first thing that makes it no catalogue
  std::string* m_target = nullptr;
  unsigned m_forms = 0;
  bool m_has_context = false, m_has_context_only = false, m_has_id = false, m_has_plural = false,
       m_has_translation = false;
};

std::string shown(std::string_view key) {
  return escape_for_display(key.substr(0, 60));
}

bool is_blank(std::string_view translation) {
  return translation.find_first_not_of('\0') == std::string_view::npos;
}

/// With a plural or without.
bool has_id(const MessageCatalog& catalog, const std::string& id) {
  const auto plural = catalog.lower_bound(id + '\0');
  return catalog.contains(id) || (plural != catalog.end() && plural->first.starts_with(id + '\0'));
}

std::string_view header_of(const MessageCatalog& catalog) {
  const auto header = catalog.find("");
  return header == catalog.end() ? std::string_view{} : header->second.translation;
}

/// The lines that say how the rest is to be read: no tool leaves them out.
std::string lost_header_line(std::string_view header, std::string_view source) {
  const auto lines = split_lines(header);
  for (const auto line : split_lines(source))
    if (starts_with_any(line, {"Content-Type:", "Content-Transfer-Encoding:", "Plural-Forms:"}) &&
        std::find(lines.begin(), lines.end(), line) == lines.end())
      return fmt::format("it lost the header line \"{}\"", shown(line));
  return {};
}

}  // namespace

Result<MessageCatalog> parse_mo(ByteView bytes) {
  return MoReader{bytes}.read();
}

std::string unaccounted_bytes(ByteView bytes) {
  MoReader reader{bytes};
  if (const auto catalog = reader.read(); !catalog) return catalog.error().message;
  return reader.unaccounted();
}

Result<MessageCatalog> parse_po(std::string_view text) {
  return PoReader{}.read(text);
}

std::string header_mismatch(std::string_view header, std::string_view source) {
  const auto old_lines = split_lines(source);
  for (const auto line : split_lines(header)) {
    const auto value = line.substr(std::min(line.find(": ") + 2, line.size()));
    const bool date = starts_with_any(line, {"POT-Creation-Date: ", "PO-Revision-Date: "}) &&
                      value.find_first_not_of("0123456789-+: ") == std::string_view::npos && value.size() <= 24;
    if (!date && std::find(old_lines.begin(), old_lines.end(), line) == old_lines.end())
      return fmt::format("the source has no header line \"{}\"", shown(line));
  }
  return {};
}

std::string catalogue_mismatch(const MessageCatalog& made, const MessageCatalog& source) {
  if (auto lost = lost_header_line(header_of(made), header_of(source)); !lost.empty()) return lost;
  for (const auto& [key, message] : made) {
    const auto found = source.find(key);
    if (found == source.end()) return fmt::format("the source has no message \"{}\"", shown(key));
    if (key.empty()) {
      if (auto mismatch = header_mismatch(message.translation, found->second.translation); !mismatch.empty())
        return mismatch;
    } else if (found->second.translation != message.translation) {
      return fmt::format("the source translates \"{}\" otherwise", shown(key));
    } else if ((found->second.fuzzy || found->second.obsolete) && !is_blank(message.translation)) {
      return fmt::format("the source's translation of \"{}\" is not in use", shown(key));  // msgfmt leaves it out
    }
  }
  return {};
}

std::string merge_mismatch(const MessageCatalog& merged, const MessageCatalog& source,
                           std::vector<std::string>& new_ids) {
  if (auto lost = lost_header_line(header_of(merged), header_of(source)); !lost.empty()) return lost;
  std::unordered_set<std::string_view> translations;
  for (const auto& [key, message] : source) translations.insert(message.translation);
  for (const auto& [key, message] : merged) {
    const auto found = source.find(key);
    if (key.empty()) {
      if (auto mismatch = header_mismatch(message.translation, header_of(source)); !mismatch.empty()) return mismatch;
      continue;
    }
    if (found == source.end() && message.obsolete) return fmt::format("version control never had \"{}\"", shown(key));
    if (found == source.end()) new_ids.push_back(key);
    if (is_blank(message.translation)) continue;
    if (!message.fuzzy && found != source.end() && found->second.fuzzy)
      return fmt::format("it uses a translation of \"{}\" that nobody has approved", shown(key));
    // msgmerge takes the translation of a message like it, and marks it fuzzy.
    if (message.fuzzy ? translations.contains(message.translation)
                      : found != source.end() && found->second.translation == message.translation)
      continue;
    return fmt::format("it translates \"{}\" otherwise than version control", shown(key));
  }
  return {};
}

std::vector<std::string> lost_messages(const MessageCatalog& made, const MessageCatalog& source) {
  const auto is_in_use = [](const Message& message) {
    return !message.obsolete && !message.fuzzy && !is_blank(message.translation);
  };
  std::vector<std::string> lost;
  for (const auto& [key, message] : source) {
    if (key.empty() || !is_in_use(message)) continue;
    const auto kept = made.find(key);
    if (kept == made.end() ? !has_id(made, key.substr(0, key.find('\0'))) : !is_in_use(kept->second))
      lost.push_back(key);
  }
  return lost;
}

}  // namespace assay::provenance
