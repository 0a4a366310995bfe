#include "artifact/line_table.hpp"

#include <cstddef>

#include "artifact/fields.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_before_header_length = 6;  ///< unit_length and version, of 32-bit DWARF
constexpr std::size_t k_before_tables = 10;        ///< header_length, too

class UnitSplitter {
 public:
  UnitSplitter(std::string_view unit, bool big, LineTable& table) : m_unit(unit), m_big(big), m_table(table) {}

  bool run() {
    const auto rest_before = m_table.rest.size();
    const auto version = number_at(m_unit, 4, 2, m_big);
    keep(4, k_before_header_length);
    if (version >= 5) {
      keep(k_before_header_length, m_unit.size());
    } else {
      const auto header = number_at(m_unit, k_before_header_length, 4, m_big);
      if (header > m_unit.size() - k_before_tables) return false;
      m_end = k_before_tables + static_cast<std::size_t>(header);
      if (!fixed_part(version) || !directories() || !files() || m_at != m_end) return false;
      keep(m_end, m_unit.size());
    }
    m_table.units.push_back({m_names, m_table.rest.size() - rest_before});
    return true;
  }

 private:
  void keep(std::size_t begin, std::size_t end) { m_table.rest += m_unit.substr(begin, end - begin); }

  /// Numbers of one byte each, and the lengths of the standard opcodes.
  bool fixed_part(std::uint64_t version) {
    const std::size_t numbers = version >= 4 ? 6 : 5;
    if (k_before_tables + numbers > m_end) return false;
    const auto opcodes = static_cast<std::uint8_t>(m_unit[k_before_tables + numbers - 1]);
    m_at = k_before_tables + numbers + (opcodes > 0 ? opcodes - 1U : 0U);
    if (m_at > m_end) return false;
    keep(k_before_tables, m_at);
    return true;
  }

  /// The string at the present place; an empty one ends its table.
  std::optional<std::string_view> string() {
    const auto end = m_unit.find('\0', m_at);
    if (end == std::string_view::npos || end >= m_end) return std::nullopt;
    const auto text = m_unit.substr(m_at, end + 1 - m_at);
    m_at = end + 1;
    if (text.size() == 1) {
      keep(end, end + 1);
    } else {
      m_table.names += text;
      ++m_names;
    }
    return text;
  }

  bool directories() {
    while (const auto name = string())
      if (name->size() == 1) return true;
    return false;
  }

  bool files() {
    while (const auto name = string()) {
      if (name->size() == 1) return true;
      const auto numbers = m_at;
      for (int i = 0; i < 3; ++i) {  // directory, time, size: LEB128
        while (m_at < m_end && (static_cast<std::uint8_t>(m_unit[m_at]) & 0x80U) != 0) ++m_at;
        if (m_at++ >= m_end) return false;
      }
      keep(numbers, m_at);
    }
    return false;
  }

  const std::string_view m_unit;
  const bool m_big;
  LineTable& m_table;
  std::size_t m_at = 0, m_end = 0;
  std::uint64_t m_names = 0;
};

}  // namespace

std::optional<LineTable> split_line_table(std::string_view bytes, bool big_endian) {
  LineTable table;
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (bytes.size() - at < k_before_tables) return std::nullopt;
    const auto length = number_at(bytes, at, 4, big_endian);
    if (length < k_before_tables - 4 || length > bytes.size() - at - 4) return std::nullopt;  // 64-bit DWARF, too
    const auto size = 4 + static_cast<std::size_t>(length);
    table.offsets.push_back(at);
    if (!UnitSplitter{bytes.substr(at, size), big_endian, table}.run()) return std::nullopt;
    at += size;
  }
  return table;
}

}  // namespace assay::artifact
