// Where the payload of an RPM package begins. RPM file format 3 and 4: a lead of 96 bytes, a signature header padded to
// 8 bytes, a header, then the payload, a compressed cpio archive (rpm.org, "RPM V4 Package format").
#pragma once
#include <cstddef>
#include <optional>

#include "base/bytes.hpp"

namespace assay::inspect {

/// Does `content` begin with an RPM lead?
bool is_rpm(ByteView content) noexcept;

/// Offset of the payload; nothing if a header is damaged or cut off. Looks at sizes only and never past the end.
std::optional<std::size_t> rpm_payload_offset(ByteView content) noexcept;

}  // namespace assay::inspect
