#include "provenance/lfs_pointer.hpp"

#include <charconv>

#include "base/text.hpp"

namespace assay::provenance {

std::optional<LfsPointer> parse_lfs_pointer(std::string_view file) {
  constexpr std::size_t k_too_large = 1024;  // the specification's bound
  constexpr std::string_view k_version = "version https://git-lfs.github.com/spec/v1\n";
  if (file.size() >= k_too_large || !file.starts_with(k_version)) return std::nullopt;
  std::optional<Sha256> digest;
  std::optional<std::uint64_t> size;
  for (const auto line : split_lines(file)) {
    constexpr std::string_view k_oid = "oid sha256:";
    constexpr std::string_view k_size = "size ";
    if (line.starts_with(k_oid)) digest = Sha256::from_hex(line.substr(k_oid.size()));
    if (line.starts_with(k_size)) {
      std::uint64_t value = 0;
      const auto* end = line.data() + line.size();
      if (std::from_chars(line.data() + k_size.size(), end, value).ptr == end) size = value;
    }
  }
  if (!digest || !size) return std::nullopt;
  return LfsPointer{*digest, *size};
}

}  // namespace assay::provenance
