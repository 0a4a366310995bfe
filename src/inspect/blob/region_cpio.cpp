// What follows a cpio archive in the same file: the way the Linux kernel's initial RAM disks are put together (kernel
// documentation, "initramfs buffer format"). Headers of the "new ASCII" format: cpio(5).
#include <algorithm>
#include <charconv>

#include "inspect/blob/region.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_header_size = 110;
constexpr std::size_t k_file_size_at = 54;
constexpr std::size_t k_name_size_at = 94;

bool parse_hex(std::string_view digits, std::size_t& value) {
  std::uint32_t parsed = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed, 16);
  value = parsed;
  return problem == std::errc{} && end == digits.data() + digits.size();
}

std::size_t round_up(std::size_t offset) {
  return (offset + 3) / 4 * 4;
}

/// Offset behind the end mark; 0 if there is none.
std::size_t cpio_end(ByteView content) {
  std::size_t at = 0;
  while (content.size() - at >= k_header_size) {
    const auto header = as_text(content.subspan(at, k_header_size));
    std::size_t file_size = 0;
    std::size_t name_size = 0;
    if (!header.starts_with("07070") || !parse_hex(header.substr(k_file_size_at, 8), file_size) ||
        !parse_hex(header.substr(k_name_size_at, 8), name_size))
      return 0;
    const auto name = as_text(content.subspan(at + k_header_size)).substr(0, name_size);
    const auto data = round_up(at + k_header_size + name_size);
    if (name.starts_with("TRAILER!!!")) return std::min(data, content.size());
    at = round_up(data + file_size);
    if (at > content.size()) return 0;
  }
  return 0;
}

}  // namespace

std::vector<Region> find_cpio_regions(const RegionInput& input) {
  std::vector<Region> regions;
  if (input.kind.name != "cpio archive") return regions;
  auto end = cpio_end(input.content);
  if (end == 0) return regions;
  while (end < input.content.size() && input.content[end] == 0) ++end;
  if (input.content.size() - end >= k_region_least)
    regions.push_back({"next", "behind the cpio archive", end, input.content.size() - end, false});
  return regions;
}

}  // namespace assay::inspect
