#include "inspect/walk_rpm.hpp"

#include <cstdint>

namespace assay::inspect {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_lead_size = 96;
constexpr std::size_t k_intro_size = 16;
constexpr std::size_t k_index_entry_size = 16;

std::uint32_t big_endian(ByteView bytes, std::size_t offset) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[offset + i];
  return value;
}

/// The offset after the header structure at `offset`.
std::optional<std::size_t> skip_header(ByteView content, std::size_t offset) noexcept {
  if (offset > content.size() || content.size() - offset < k_intro_size) return std::nullopt;
  const auto header = content.subspan(offset);
  if (!as_text(header).starts_with("\x8E\xAD\xE8\x01"sv)) return std::nullopt;
  const std::uint64_t size =
      k_intro_size + std::uint64_t{big_endian(header, 8)} * k_index_entry_size + big_endian(header, 12);
  if (size > header.size()) return std::nullopt;
  return offset + static_cast<std::size_t>(size);
}

}  // namespace

bool is_rpm(ByteView content) noexcept {
  return content.size() > k_lead_size && as_text(content).starts_with("\xED\xAB\xEE\xDB"sv);
}

std::optional<std::size_t> rpm_payload_offset(ByteView content) noexcept {
  if (!is_rpm(content)) return std::nullopt;
  const auto signature_end = skip_header(content, k_lead_size);
  if (!signature_end) return std::nullopt;
  return skip_header(content, (*signature_end + 7) / 8 * 8);
}

}  // namespace assay::inspect
