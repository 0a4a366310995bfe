#include "artifact/tar_file.hpp"

#include <algorithm>
#include <charconv>

#include "archive/sniff.hpp"

namespace assay::artifact {

namespace {

using namespace std::string_view_literals;

bool is_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

/// `plain` becomes false if the body holds more than its records say: one key twice, padded lengths, bytes behind them.
std::optional<PaxRecords> parse_pax(std::string_view body, bool& plain) {
  PaxRecords records;
  while (!body.empty() && body[0] != '\0') {
    std::size_t length = 0;
    const auto [end, problem] = std::from_chars(body.data(), body.data() + body.size(), length);
    const auto digits = static_cast<std::size_t>(end - body.data());
    if (problem != std::errc{} || length > body.size() || length < digits + 3 || body[digits] != ' ' ||
        body[length - 1] != '\n')
      return std::nullopt;
    const auto record = body.substr(digits + 1, length - digits - 2);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto fresh =
        records.insert_or_assign(std::string{record.substr(0, equals)}, std::string{record.substr(equals + 1)}).second;
    plain = plain && fresh && body[0] != '0';
    body.remove_prefix(length);
  }
  plain = plain && is_zero(body);
  return records;
}

class TarParser {
 public:
  TarParser(ByteView bytes, const Limits& limits) : m_bytes(bytes), m_limits(limits) {}

  TarFile parse() {
    TarEntry entry;
    bool begun = false;
    while (m_file.problem.empty() && m_at + k_tar_block <= m_bytes.size()) {
      const auto block = m_bytes.subspan(static_cast<std::size_t>(m_at), k_tar_block);
      if (std::all_of(block.begin(), block.end(), [](std::uint8_t byte) { return byte == 0; })) break;
      if (!archive::is_tar_header(block)) return fail("a block that is no header stands where one should be");
      if (!begun) entry = TarEntry{}, entry.begin = m_at;
      begun = take(block, entry);
      if (m_file.entries.size() > m_limits.max_entries) return fail("has more members than the limit entries allows");
    }
    if (begun) return fail("an extension header stands at the end");
    m_file.end = m_at;
    return std::move(m_file);
  }

 private:
  TarFile fail(std::string problem) {
    m_file.problem = std::move(problem);
    return std::move(m_file);
  }

  /// True while the member's own header is still to come.
  bool take(ByteView block, TarEntry& entry) {
    const char type = static_cast<char>(block[156]);
    const auto size = stored_size(block, type, entry);
    if (!size) return false;
    const auto content = m_at + k_tar_block;
    const auto end = content + (*size + k_tar_block - 1) / k_tar_block * k_tar_block;
    if (*size > m_bytes.size() || end > m_bytes.size()) {
      m_file.problem = "is cut off in a member";
      return false;
    }
    const auto body = as_text(m_bytes.subspan(static_cast<std::size_t>(content), static_cast<std::size_t>(*size)));
    if (type == 'x' || type == 'g' || type == 'L' || type == 'K') {
      entry.extensions.emplace_back(type, block);
      take_extension(type, body, entry);
      const auto whole =
          as_text(m_bytes.subspan(static_cast<std::size_t>(content), static_cast<std::size_t>(end - content)));
      entry.plain = entry.plain && is_zero(whole.substr(body.size()));
      if (body.size() <= m_limits.max_header_size) entry.bodies += whole;
      m_at = end;
      return m_file.problem.empty();
    }
    entry.header = m_at;
    entry.content = content;
    entry.size = *size;
    entry.end = end;
    entry.path = path_of(block, entry);
    m_at = end;
    m_file.entries.push_back(std::move(entry));
    return false;
  }

  std::optional<std::uint64_t> stored_size(ByteView block, char type, const TarEntry& entry) {
    if (type == 'S') {
      m_file.problem = "holds a sparse file in the old GNU format";
      return std::nullopt;
    }
    auto size = tar_number(field_of(block, k_tar_fields[4]));
    if (const auto record = entry.pax.find("size"sv); record != entry.pax.end() && type != 'x' && type != 'g') {
      std::int64_t value = 0;
      std::from_chars(record->second.data(), record->second.data() + record->second.size(), value);
      size = value;
    }
    if (!size || *size < 0) {
      m_file.problem = "a member's size cannot be read";
      return std::nullopt;
    }
    // Links, devices, directories and FIFOs carry no content whatever their size field says.
    if (type >= '1' && type <= '6') return 0;
    return static_cast<std::uint64_t>(*size);
  }

  void take_extension(char type, std::string_view body, TarEntry& entry) {
    if (body.size() > m_limits.max_header_size) {
      m_file.problem = "an extension header is larger than the limit header-size allows";
    } else if (type == 'L') {
      entry.plain = entry.plain && entry.long_name.empty() && is_zero(body.substr(until_nul(body).size()));
      entry.long_name = until_nul(body);
    } else if (type == 'K') {
      entry.plain = entry.plain && entry.long_link.empty() && is_zero(body.substr(until_nul(body).size()));
      entry.long_link = until_nul(body);
    } else if (auto records = parse_pax(body, entry.plain)) {
      for (auto& [key, value] : *records) {
        const auto fresh = entry.pax.insert_or_assign((type == 'g' ? "global " : "") + key, std::move(value)).second;
        entry.plain = entry.plain && fresh;
      }
    } else {
      m_file.problem = "a pax header is damaged";
    }
  }

  static std::string path_of(ByteView block, const TarEntry& entry) {
    std::string path{until_nul(field_of(block, k_tar_fields[0]))};
    const auto prefix = until_nul(field_of(block, k_tar_fields[14]));
    if (as_text(block.subspan(257, 6)) == "ustar\0"sv && !prefix.empty()) path = std::string{prefix} + "/" + path;
    if (!entry.long_name.empty()) path = entry.long_name;
    if (const auto record = entry.pax.find("path"sv); record != entry.pax.end()) path = record->second;
    while (path.starts_with("./")) path.erase(0, 2);
    while (path.size() > 1 && path.ends_with("/")) path.pop_back();
    return path.empty() ? "." : path;
  }

  const ByteView m_bytes;
  const Limits& m_limits;
  std::uint64_t m_at = 0;
  TarFile m_file;
};

}  // namespace

std::string_view field_of(ByteView header, const TarField& field) {
  return as_text(header.subspan(field.offset, field.size));
}

std::string_view until_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

std::optional<std::int64_t> tar_number(std::string_view field) {
  if (!field.empty() && (static_cast<std::uint8_t>(field[0]) & 0x80U) != 0) {
    std::uint64_t value = static_cast<std::uint8_t>(field[0]) & 0x7fU;
    for (std::size_t i = 1; i < field.size(); ++i) value = value << 8 | static_cast<std::uint8_t>(field[i]);
    return static_cast<std::int64_t>(value);
  }
  std::int64_t value = 0;
  bool digits = false;
  for (const auto c : field) {
    if (c >= '0' && c <= '7') {
      if (value >> 59 != 0) return std::nullopt;
      value = value * 8 + (c - '0');
      digits = true;
    } else if (c == ' ' && !digits) {
      continue;
    } else {
      break;
    }
  }
  if (!digits)
    return until_nul(field).find_first_not_of(' ') == std::string_view::npos ? std::optional<std::int64_t>{0}
                                                                             : std::nullopt;
  return value;
}

TarFile parse_tar(ByteView bytes, const Limits& limits) {
  return TarParser{bytes, limits}.parse();
}

}  // namespace assay::artifact
