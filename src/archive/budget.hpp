// What reading one archive has cost so far, held against its Limits. Every refusal is an Error of code `limit` whose
// remedy names the option that raises the limit.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/limits.hpp"

namespace assay::archive {

/// The refusal of limit `name` (as `--limit NAME=VALUE` takes it): "<what> (limit <name>=<bound>)".
Error limit_error(std::string_view name, std::uint64_t bound, std::string_view what);

/// The parts of `limits.memory`: what a decoder may allocate (5/8: `xz -9` needs 65 MiB of the default 128), what
/// may be retained of contents (1/4), and what the names of the entries may take (as much again as all the memory,
/// since they are the result). The rest is for the buffers.
std::uint64_t decoder_memory(const Limits& limits) noexcept;
std::uint64_t retained_memory(const Limits& limits) noexcept;
std::uint64_t name_memory(const Limits& limits) noexcept;

/// A point in time after which work stops.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds time);
  Result<void> check() const;

 private:
  std::chrono::milliseconds m_time;
  std::chrono::steady_clock::time_point m_end;
};

/// True if `produced` bytes out of `consumed` are more than the limits allow.
bool exceeds_ratio(std::uint64_t produced, std::uint64_t consumed, const Limits& limits) noexcept;
Error ratio_error(const Limits& limits);

/// Counts entries and bytes.
class Budget {
 public:
  explicit Budget(const Limits& limits) : m_limits(limits) {}
  /// One more entry, with `names` bytes of path and link target.
  Result<void> add_entry(std::uint64_t names);
  /// The entry announces that many bytes of content.
  Result<void> check_entry_size(std::uint64_t size) const;
  /// `bytes` more of content were read, `of_entry` of the present entry by now. The sum is held against
  /// `compressed_size`, for formats that compress by themselves (zip, 7z) and for sparse files.
  Result<void> add_content(std::uint64_t bytes, std::uint64_t of_entry, std::uint64_t compressed_size);
  std::uint64_t content() const noexcept { return m_content; }
  /// The decompressed stream has grown to that many bytes.
  Result<void> check_stream(std::uint64_t size) const;
  /// May `bytes` more be retained? If so, they are counted.
  bool retain(std::uint64_t bytes);

 private:
  const Limits m_limits;
  std::uint64_t m_entries = 0;
  std::uint64_t m_names = 0;
  std::uint64_t m_content = 0;
  std::uint64_t m_retained = 0;
};

}  // namespace assay::archive
