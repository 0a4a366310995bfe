#include "cli/heap.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <latch>
#include <thread>
#include <vector>

namespace assay::cli {

#ifdef __GLIBC__
namespace {

constexpr std::uintptr_t k_large_page = 2 << 20;

void use_large_pages(std::uintptr_t from, std::uintptr_t to) {
  const auto begin = (from + k_large_page - 1) / k_large_page * k_large_page;
  const auto end = to / k_large_page * k_large_page;
  if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

/// Each thread has a heap of its own, which the next thread takes over. So a few that live at the same time, and do nothing but have
/// one, leave heaps of large pages behind. (The tunable glibc.malloc.hugetlb would do it, but is read before main() is reached.)
void prepare_heaps_of_threads() {
  constexpr std::ptrdiff_t k_threads = 8;
  constexpr std::uintptr_t k_heap = 64 << 20;  // and its address is a multiple of that
  std::latch all_have_one{k_threads};
  std::vector<std::jthread> threads;
  for (std::ptrdiff_t i = 0; i < k_threads; ++i)
    threads.emplace_back([&] {
      if (void* volatile const first = std::malloc(1 << 12); first != nullptr) {
        const auto at = reinterpret_cast<std::uintptr_t>(first);
        use_large_pages(at, (at / k_heap + 1) * k_heap);
        std::free(first);
      }
      all_have_one.arrive_and_wait();
    });
}

}  // namespace
#endif

void prefer_speed_to_memory() {
#ifdef __GLIBC__
  constexpr int k_room = 64 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, k_room);
  const auto begin = reinterpret_cast<std::uintptr_t>(::sbrk(0));
  // More than there is room for yet, so that the heap grows.
  if (void* volatile const first = std::malloc(1 << 20); first != nullptr) std::free(first);
  use_large_pages(begin, reinterpret_cast<std::uintptr_t>(::sbrk(0)));
  prepare_heaps_of_threads();
#endif
}

void prefer_memory_to_speed() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
#endif
}

}  // namespace assay::cli
