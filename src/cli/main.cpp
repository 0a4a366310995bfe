#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "base/on_demand.hpp"
#include "cli/application.hpp"

namespace {

/// The heap grows in one piece of large pages, and nothing is given back before the end: a run of a fifth of a second spends a
/// tenth of it on having pages mapped and unmapped otherwise.
void prepare_heap() {
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

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe (`assay … | head`) is an error of write(2), not a reason to die without a word.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  prepare_heap();
  try {
    return assay::cli::run({argv + 1, argv + argc}, std::cout, std::cerr);
  } catch (const std::bad_alloc&) {
    std::cerr << "assay: out of memory\n  lower --memory, or give the process more\n";
  } catch (const assay::MissingLibrary& missing) {
    std::cerr << "assay: " << missing.what() << "\n  install the library that assay was built with\n";
  } catch (const std::exception& bug) {
    std::cerr << "assay: internal error: " << bug.what()
              << "\n  this is a bug in assay; please report it with the input\n";
  }
  return 2;
}
