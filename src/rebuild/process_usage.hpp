// What all descendants of a process use together, as proc(5) has it.
#pragma once
#include <cstdint>

namespace assay::rebuild {

struct Usage {
  std::uint64_t processes = 0;
  std::uint64_t memory = 0;  ///< bytes, resident, and shared with nobody
};

/// Looks at the descendants alone where it can: a busy machine has many more processes. Once they are many themselves, they are
/// counted one by one.
Usage usage_below(std::uint64_t root);

}  // namespace assay::rebuild
