#include "cli/heap.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace assay::cli {

void prefer_speed_to_memory() {
#ifdef __GLIBC__
  constexpr int k_room = 64 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, k_room);
  constexpr std::uintptr_t k_large_page = 2 << 20;
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
  const auto begin = (end + k_large_page - 1) / k_large_page * k_large_page;
  // More than there is room for yet, so that the heap grows.
  if (void* volatile const first = std::malloc(1 << 20); first != nullptr) std::free(first);
  const auto grown = reinterpret_cast<std::uintptr_t>(::sbrk(0)) / k_large_page * k_large_page;
  if (grown > begin) ::madvise(reinterpret_cast<void*>(begin), grown - begin, MADV_HUGEPAGE);
#endif
}

void prefer_memory_to_speed() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
#endif
}

}  // namespace assay::cli
