#include "artifact/sqlite_pages.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "artifact/content.hpp"
#include "artifact/fields.hpp"

namespace assay::artifact {

namespace {

/// 1.6, "variable-length integer"; the second is how many bytes it has, 0 if it is cut off.
std::pair<std::uint64_t, std::size_t> varint_at(ByteView bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 9 && at + i < bytes.size(); ++i) {
    const std::uint64_t byte = bytes[at + i];
    if (i == 8) return {value << 8 | byte, 9};
    value = value << 7 | (byte & 0x7fU);
    if ((byte & 0x80U) == 0) return {value, i + 1};
  }
  return {0, 0};
}

/// A stretch of values: what may differ.
struct Stretch {
  std::size_t begin, end;
  bool operator==(const Stretch&) const = default;
};

/// All stretches of values of one database; a second of the same layout has the same.
class Walk {
 public:
  explicit Walk(ByteView bytes) : m_bytes(bytes) {
    m_page = static_cast<std::size_t>(big_endian(bytes, 16, 2));
    if (m_page == 1) m_page = 65536;
    m_usable = m_page - std::min<std::size_t>(m_page, bytes[20]);
    m_sound = m_page >= 512 && (m_page & (m_page - 1)) == 0 && m_usable >= 480 && bytes.size() % m_page == 0;
  }

  std::optional<std::vector<Stretch>> run(const std::vector<std::uint32_t>& roots) {
    m_waiting = roots;
    m_waiting.push_back(1);
    while (m_sound && !m_waiting.empty()) {
      const auto page = m_waiting.back();
      m_waiting.pop_back();
      if (take(page)) tree_page(page);
    }
    if (!m_sound) return std::nullopt;
    std::sort(m_stretches.begin(), m_stretches.end(),
              [](const Stretch& x, const Stretch& y) { return x.begin < y.begin; });
    return std::move(m_stretches);
  }

 private:
  /// Each page is of one tree or chain, or nothing of them can be believed. A root may be named twice.
  bool take(std::uint32_t page) {
    const bool exists = page > 0 && page <= m_bytes.size() / m_page;
    m_sound = m_sound && exists;
    return exists && m_taken.insert(page).second;
  }

  std::size_t offset_of(std::uint32_t page) const { return (page - std::size_t{1}) * m_page; }

  void tree_page(std::uint32_t page) {
    const auto begin = offset_of(page);
    const auto header = begin + (page == 1 ? k_sqlite_header : 0U);
    const auto kind = m_bytes[header];
    const bool interior = kind == 2 || kind == 5;
    if (!interior && kind != 10 && kind != 13) return fail();
    const auto cells = static_cast<std::size_t>(big_endian(m_bytes, header + 3, 2));
    const auto pointers = header + (interior ? 12U : 8U);
    if (pointers + cells * 2 > begin + m_usable) return fail();
    if (interior) m_waiting.push_back(static_cast<std::uint32_t>(big_endian(m_bytes, header + 8, 4)));
    for (std::size_t i = 0; i < cells && m_sound; ++i)
      cell(begin, begin + static_cast<std::size_t>(big_endian(m_bytes, pointers + i * 2, 2)), kind);
  }

  void fail() { m_sound = false; }

  void cell(std::size_t page, std::size_t at, unsigned kind) {
    const auto end = page + m_usable;
    if (at + 4 > end) return fail();
    if (kind == 2 || kind == 5) {
      m_waiting.push_back(static_cast<std::uint32_t>(big_endian(m_bytes, at, 4)));
      at += 4;
      if (kind == 5) return;
    }
    const auto [payload, size] = varint_at(m_bytes.first(end), at);
    at += size;
    const auto row = kind == 13 ? varint_at(m_bytes.first(end), at).second : 0;
    if (size == 0 || (kind == 13 && row == 0)) return fail();
    at += row;
    const auto local = local_part(payload, kind == 13);
    if (at > end || local > end - at) return fail();
    const auto [types, width] = varint_at(m_bytes.first(at + local), at);
    if (width == 0 || types > local) return fail();
    m_stretches.push_back({at + static_cast<std::size_t>(types), at + local});
    if (payload > local) overflow(at + local, payload - local, end);
  }

  /// 1.6, "B-tree Cell Format": how much of a payload stands in the cell.
  std::size_t local_part(std::uint64_t payload, bool table) const {
    const auto most = table ? m_usable - 35 : (m_usable - 12) * 64 / 255 - 23;
    if (payload <= most) return static_cast<std::size_t>(payload);
    const auto least = (m_usable - 12) * 32 / 255 - 23;
    const auto wanted = least + static_cast<std::size_t>((payload - least) % (m_usable - 4));
    return wanted <= most ? wanted : least;
  }

  void overflow(std::size_t at, std::uint64_t left, std::size_t end) {
    if (at + 4 > end) return fail();
    while (left > 0) {
      const auto page = static_cast<std::uint32_t>(big_endian(m_bytes, at, 4));
      if (!take(page)) return fail();
      at = offset_of(page);
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, m_usable - 4));
      m_stretches.push_back({at + 4, at + 4 + size});
      left -= size;
    }
  }

  const ByteView m_bytes;
  std::size_t m_page = 0, m_usable = 0;
  std::vector<std::uint32_t> m_waiting;
  std::set<std::uint32_t> m_taken;
  std::vector<Stretch> m_stretches;
  bool m_sound = false;
};

}  // namespace

bool only_values_differ(ByteView a, ByteView b, const std::vector<std::uint32_t>& roots) {
  if (a.size() != b.size() || a.size() < 512) return false;
  const auto left = Walk{a}.run(roots);
  const auto right = left ? Walk{b}.run(roots) : std::nullopt;
  if (!left || left != right) return false;
  auto at = std::size_t{k_sqlite_header};
  for (const auto& [begin, end] : *left) {
    // Cells that overlap, or lie in the header, are no layout that any writer makes.
    if (begin < at) return false;
    if (!std::equal(a.begin() + static_cast<std::ptrdiff_t>(at), a.begin() + static_cast<std::ptrdiff_t>(begin),
                    b.begin() + static_cast<std::ptrdiff_t>(at)))
      return false;
    at = end;
  }
  return std::equal(a.begin() + static_cast<std::ptrdiff_t>(at), a.end(), b.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace assay::artifact
