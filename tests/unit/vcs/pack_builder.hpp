// Packs and their indices from parts, right or wrong.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace assay::test {

/// `content` as a zlib stream that stores it.
std::string zlib_stored(std::string_view content);

/// A delta from a base of one size to a result of another, made of `commands`.
std::string delta(std::uint64_t base_size, std::uint64_t result_size, std::string_view commands);

class PackBuilder {
 public:
  enum Kind : std::uint8_t { commit = 1, tree = 2, blob = 3, tag = 4, ofs_delta = 6, ref_delta = 7 };

  /// Add an entry that claims `size` bytes; where it stands. `between` stands before its stream.
  std::uint64_t add(Kind kind, std::uint64_t size, std::string_view stream, std::string_view between = {});
  std::uint64_t add_object(Kind kind, std::string_view content) {
    return add(kind, content.size(), zlib_stored(content));
  }
  std::uint64_t add_delta_before(std::uint64_t distance, std::string_view delta);
  std::uint64_t add_delta_of(std::string_view raw_id, std::string_view delta) {
    return add(ref_delta, delta.size(), zlib_stored(delta), raw_id);
  }
  std::uint64_t next_offset() const noexcept { return 12 + m_entries.size(); }
  /// The index is to have the object of that id, 32 bytes.
  void name(const std::string& raw_id, std::uint64_t offset) { m_offsets[raw_id] = offset; }

  std::string pack() const;
  std::string index() const;

 private:
  std::string m_entries;
  std::map<std::string, std::uint64_t> m_offsets;
};

}  // namespace assay::test
