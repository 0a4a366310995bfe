// Formats with a header of fixed fields and a body: fields are told by their names, the rest as bytes.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "artifact/node.hpp"

namespace assay::artifact {

struct FixedField {
  std::string_view place;
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
  Aspect aspect = Aspect::content;
  enum class Form : std::uint8_t { little, big, raw, text } form = Form::little;
  std::string_view token = {};
};

/// Tell the fields that differ and, as bytes, everything else that does. `base` is added to the fields' offsets.
/// Every byte that differs is told.
void compare_fields(const Pair& pair, std::span<const FixedField> fields, std::uint64_t base, Node& node);

/// Integers of `width` bytes; the caller has checked that they are there.
std::uint64_t little_endian(ByteView bytes, std::size_t at, std::size_t width);
std::uint64_t big_endian(ByteView bytes, std::size_t at, std::size_t width);
/// The same where the file says which of the two its numbers are.
std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width, bool big);

}  // namespace assay::artifact
