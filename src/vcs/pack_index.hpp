// The index of a pack, version 2 or 1 (gitformat-pack(5)): which object stands at which offset. What it says is checked when the
// object is read; here only that nothing leads outside of the file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace assay::vcs {

/// A view into the bytes of an index, which have to outlive it.
class PackIndex {
 public:
  /// `id_size` is 32, or 20; `where` names the file in errors. Errors: no such index, or one whose size or fan-out is wrong.
  static Result<PackIndex> parse(ByteView file, std::size_t id_size, const std::string& where);

  std::size_t size() const noexcept { return m_count; }
  /// Where the object stands in the pack; nothing if it is not there. Beyond every pack if the index is broken at this place.
  std::optional<std::uint64_t> find(ByteView id) const noexcept;
  /// The objects whose ids begin with the first `digits` hexadecimal digits of `id`: from one place to before another.
  std::pair<std::size_t, std::size_t> matching(ByteView id, std::size_t digits) const noexcept;
  ByteView id_at(std::size_t place) const noexcept;
  /// The checksum of the pack that it is for.
  ByteView pack_checksum() const noexcept;

 private:
  std::uint32_t fanout(unsigned first) const noexcept;
  std::uint64_t offset_at(std::size_t place) const noexcept;

  /// Where the tables begin, and from one id and one offset to the next.
  struct Layout {
    std::size_t fanout_at, ids_at, id_step, offsets_at, offset_step;
  };
  bool lay_out_first_version();

  ByteView m_file;
  std::size_t m_id_size = 0;
  std::size_t m_count = 0;
  Layout m_layout{};
  std::size_t m_large = 0;  ///< offsets that take 64 bits
};

}  // namespace assay::vcs
