// What a 7z archive would make its decoders allocate, read from its header before libarchive is let near it: libarchive
// gives every decoder the memory it asks for, and holds the header, BCJ2's streams and the targets of links whole.
// Format: 7zFormat.txt of the LZMA SDK.
#pragma once
#include "archive/source.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"

namespace assay::archive {

/// An Error of code `limit` if reading the archive would need more memory than allowed, `unsupported` if it uses a
/// coder that cannot be bounded, `format` if the header is malformed.
Result<void> check_seven_zip(const ByteStore& store, const Limits& limits);

}  // namespace assay::archive
