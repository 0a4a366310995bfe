#include "artifact/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "artifact/byte_diff.hpp"
#include "artifact/hex_view.hpp"

namespace assay::artifact {

namespace {

std::string value_of(ByteView bytes, const FixedField& field) {
  switch (field.form) {
    case FixedField::Form::little:
      return fmt::format("{}", little_endian(bytes, 0, bytes.size()));
    case FixedField::Form::big:
      return fmt::format("{}", big_endian(bytes, 0, bytes.size()));
    case FixedField::Form::raw:
      return to_hex(bytes);
    case FixedField::Form::text:
      return std::string{as_text(bytes)};
  }
  return {};
}

}  // namespace

std::uint64_t little_endian(ByteView bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

std::uint64_t big_endian(ByteView bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8 | bytes[at + i];
  return value;
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width, bool big) {
  return big ? big_endian(as_bytes(bytes), at, width) : little_endian(as_bytes(bytes), at, width);
}

void compare_fields(const Pair& pair, std::span<const FixedField> fields, std::uint64_t base, Node& node) {
  std::uint64_t told = 0;
  const auto rest = [&](std::uint64_t until) {
    if (until <= told) return;
    const auto a = pair.a.part(told, until - told).text();
    const auto b = pair.b.part(told, until - told).text();
    if (a != b)
      for (auto& change : diff_bytes(a, b, "", told)) {
        change.impact = node.item.impact;
        node.add(std::move(change));
      }
  };
  for (const auto& field : fields) {
    const auto at = base + field.offset;
    const auto a = pair.a.part(at, field.size);
    const auto b = pair.b.part(at, field.size);
    if (a.size() != field.size || b.size() != field.size) break;
    rest(at);
    told = at + field.size;
    if (a.text() == b.text()) continue;
    auto change =
        make_change(field.aspect, std::string{field.place}, value_of(a.bytes(), field), value_of(b.bytes(), field));
    change.bytes = field.size;
    change.token = field.token;
    change.impact = Impact::metadata;
    if (field.aspect == Aspect::checksum || field.aspect == Aspect::size || field.aspect == Aspect::offset)
      change.derived_from = "self";
    node.add(std::move(change));
  }
  rest(std::max(pair.a.size(), pair.b.size()));
  node.item.view = hex_view(pair.a.bytes(), pair.b.bytes(), 8);
  node.accounted = true;
}

}  // namespace assay::artifact
