// Numbers as git's files have them: the highest byte first.
#pragma once
#include <cstdint>

namespace assay::vcs {

inline std::uint32_t read_be32(const std::uint8_t* at) noexcept {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

inline std::uint64_t read_be64(const std::uint8_t* at) noexcept {
  return static_cast<std::uint64_t>(read_be32(at)) << 32 | read_be32(at + 4);
}

}  // namespace assay::vcs
