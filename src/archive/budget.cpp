#include "archive/budget.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::archive {

Error limit_error(std::string_view name, std::uint64_t bound, std::string_view what) {
  return Error{ErrorCode::limit,
               fmt::format("{} (limit {}={})", what, name, bound),
               {},
               fmt::format("if the archive may be that large, raise the limit: --limit {}=VALUE", name)};
}

std::uint64_t decoder_memory(const Limits& limits) noexcept {
  return limits.memory / 2;
}
std::uint64_t retained_memory(const Limits& limits) noexcept {
  return limits.memory / 8 * 3;
}
std::uint64_t name_memory(const Limits& limits) noexcept {
  return limits.memory;
}

Deadline::Deadline(std::chrono::milliseconds time) : m_time(time) {
  // A limit of "for ever" (milliseconds::max) must not overflow the clock.
  const auto longest = std::chrono::milliseconds{std::chrono::hours{24 * 365}};
  m_end = std::chrono::steady_clock::now() + std::min(time, longest);
}

Result<void> Deadline::check() const {
  if (std::chrono::steady_clock::now() < m_end) return {};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(m_time).count();
  return limit_error("time", static_cast<std::uint64_t>(seconds), "reading took too many seconds");
}

bool exceeds_ratio(std::uint64_t produced, std::uint64_t consumed, const Limits& limits) noexcept {
  return produced > limits.ratio_floor && produced / std::max<std::uint64_t>(consumed, 1) > limits.max_ratio;
}

Error ratio_error(const Limits& limits) {
  return limit_error("ratio", limits.max_ratio, "the content is too many times as large as its compressed form");
}

Result<void> Budget::add_entry(std::uint64_t names) {
  if (++m_entries > m_limits.max_entries) return limit_error("entries", m_limits.max_entries, "too many entries");
  m_names += names;
  if (m_names > name_memory(m_limits)) return limit_error("memory", m_limits.memory, "the names take too many bytes");
  return {};
}

Result<void> Budget::check_entry_size(std::uint64_t size) const {
  if (size <= m_limits.max_entry_size) return {};
  return limit_error("entry-size", m_limits.max_entry_size, "an entry has too many bytes");
}

Result<void> Budget::add_content(std::uint64_t bytes, std::uint64_t of_entry, std::uint64_t compressed_size) {
  m_content += bytes;
  ASSAY_TRY_VOID(check_entry_size(of_entry));
  ASSAY_TRY_VOID(check_stream(m_content));
  if (exceeds_ratio(m_content, compressed_size, m_limits)) return ratio_error(m_limits);
  return {};
}

Result<void> Budget::check_stream(std::uint64_t size) const {
  if (size <= m_limits.max_total_size) return {};
  return limit_error("total-size", m_limits.max_total_size, "the archive has too many bytes");
}

bool Budget::retain(std::uint64_t bytes) {
  if (bytes > retained_memory(m_limits) - m_retained) return false;
  m_retained += bytes;
  return true;
}

}  // namespace assay::archive
