// Message catalogues (.mo, .gmo): bytes that neither the header, nor a table, nor a string claims.
// GNU gettext manual, section 10.3 "The Format of GNU MO Files".
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "inspect/blob/region.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_header_size = 28;
constexpr std::size_t k_extended_header_size = 48;
constexpr std::uint32_t k_segments_end = 0xFFFFFFFF;
/// Gaps smaller than that are alignment or a system-dependent segment's own table.
constexpr std::size_t k_gap_noted = 64;
using Claim = std::pair<std::uint64_t, std::uint64_t>;  // begin, end

class Catalogue {
 public:
  explicit Catalogue(ByteView content) : m_content(content), m_little(content[0] == 0xDE) {}

  /// What the catalogue uses of the file, in order of offset.
  std::vector<Claim> claims() const {
    const std::uint64_t count = word(8);
    std::vector<Claim> claimed{{0, k_header_size}};
    claim(claimed, word(20) == 0 ? 0 : word(24), std::uint64_t{word(20)} * 4);
    for (const auto table : {word(12), word(16)}) {
      claim(claimed, table, count * 8);
      for (std::uint64_t i = 0; i < count && table + i * 8 + 8 <= m_content.size(); ++i) {
        const auto entry = static_cast<std::size_t>(table + i * 8);
        claim(claimed, word(entry + 4), std::uint64_t{word(entry)} + 1);
      }
    }
    if (word(4) % 0x10000 >= 1 && m_content.size() >= k_extended_header_size) claim_system_dependent(claimed);
    std::sort(claimed.begin(), claimed.end());
    return claimed;
  }

 private:
  /// Minor revision 1: strings put together at run time from pieces and from format directives such as `PRIu64`.
  void claim_system_dependent(std::vector<Claim>& claimed) const {
    claim(claimed, 0, k_extended_header_size);
    claim(claimed, word(32), std::uint64_t{word(28)} * 8);
    for (std::uint64_t i = 0; i < word(28) && word(32) + i * 8 + 8 <= m_content.size(); ++i) {
      const auto segment = static_cast<std::size_t>(word(32) + i * 8);
      claim(claimed, word(segment + 4), word(segment));
    }
    for (const auto table : {word(40), word(44)}) {
      claim(claimed, table, std::uint64_t{word(36)} * 4);
      for (std::uint64_t i = 0; i < word(36) && table + i * 4 + 4 <= m_content.size(); ++i)
        claim_pieces(claimed, word(static_cast<std::size_t>(table + i * 4)));
    }
  }

  /// One such string: where its static pieces begin, then pairs of a piece's size and the segment that follows it.
  void claim_pieces(std::vector<Claim>& claimed, std::uint64_t description) const {
    std::uint64_t at = description + 4;
    std::uint64_t size = 0;
    for (bool more = true; more && at + 8 <= m_content.size(); at += 8) {
      size += word(static_cast<std::size_t>(at));
      more = word(static_cast<std::size_t>(at + 4)) != k_segments_end;
    }
    claim(claimed, description, at - description);
    if (description + 4 <= m_content.size()) claim(claimed, word(static_cast<std::size_t>(description)), size);
  }

  std::uint32_t word(std::size_t offset) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value |= static_cast<std::uint32_t>(m_content[offset + i]) << (m_little ? 8 * i : 24 - 8 * i);
    return value;
  }

  void claim(std::vector<Claim>& claimed, std::uint64_t begin, std::uint64_t size) const {
    if (begin < m_content.size() && size <= m_content.size() - begin) claimed.emplace_back(begin, begin + size);
  }

  const ByteView m_content;
  const bool m_little;
};

}  // namespace

std::vector<Region> find_catalogue_regions(const RegionInput& input) {
  std::vector<Region> regions;
  if (input.kind.family != Family::catalogue || input.content.size() < k_header_size) return regions;
  std::uint64_t used_until = 0;
  for (const auto& [begin, end] : Catalogue{input.content}.claims()) {
    if (begin > used_until + k_gap_noted)
      regions.push_back({fmt::format("gap.{}", used_until), "between the strings of the message catalogue",
                         static_cast<std::size_t>(used_until), static_cast<std::size_t>(begin - used_until)});
    used_until = std::max(used_until, end);
  }
  add_trailing(regions, input.content, static_cast<std::size_t>(used_until),
               "behind the message catalogue's last string");
  return regions;
}

}  // namespace assay::inspect
