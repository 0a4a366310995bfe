#include "artifact/comparator.hpp"

#include "artifact/formats.hpp"

namespace assay::artifact {

namespace {

constexpr Comparator k_comparators[] = {
    {"ar", "an ar archive", is_ar, compare_ar},
    {"zip", "a zip archive", is_zip, compare_zip},
    {"elf", "an ELF file", is_elf, compare_elf},
    {"compressed", "a compressed stream", is_compressed, compare_compressed},
    {"tar", "a tar archive", is_tar, compare_tar},
    {"text", "text", is_text, compare_text, true},
    {"bytes", "data", is_anything, compare_binary, true},
};

}  // namespace

std::span<const Comparator> comparators() noexcept {
  return k_comparators;
}

const Comparator* comparator_for(const Content& content, std::string_view name) {
  for (const auto& comparator : k_comparators)
    if (comparator.reads(content, name)) return &comparator;
  return &k_comparators[std::size(k_comparators) - 1];
}

}  // namespace assay::artifact
