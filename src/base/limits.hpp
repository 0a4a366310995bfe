// Bounds on what hostile input may cost. Every reader takes a Limits; a limit that is hit is a coverage gap.
#pragma once
#include <chrono>
#include <cstdint>

namespace assay {

struct Limits {
  std::uint64_t max_entries = 750'000;         ///< members of one archive, all nesting levels together
  std::uint64_t max_entry_size = 16ULL << 30;  ///< bytes of one member
  std::uint64_t max_total_size = 64ULL << 30;  ///< decompressed bytes of one archive
  std::uint64_t max_ratio = 250;               ///< decompressed : compressed, once past ratio_floor
  std::uint64_t ratio_floor = 256ULL << 20;    ///< decompressed bytes below which the ratio is not judged
  std::uint32_t max_nesting = 16;              ///< containers within containers
  std::uint32_t max_path_length = 4096;        ///< bytes of a member's path or link target
  std::uint32_t max_path_depth = 256;          ///< components of a member's path
  std::uint64_t max_header_size = 1ULL << 20;  ///< bytes of one PAX or GNU extension header
  std::uint64_t memory = 160ULL << 20;         ///< bytes held for buffers and retained contents
  std::chrono::milliseconds time = std::chrono::minutes{10};  ///< wall time of one archive
};

}  // namespace assay
