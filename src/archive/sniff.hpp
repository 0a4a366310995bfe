// What a file is, judged by its first bytes alone.
#pragma once
#include <string_view>

#include "archive/member_reader.hpp"
#include "base/bytes.hpp"

namespace assay::archive {

/// Bytes of a file's head that sniff_format() and describe_content() want to see: an ISO 9660 image says what it is behind
/// 32 KiB that are no part of it (ECMA-119, 6.2.1 and 8.1).
inline constexpr std::size_t k_sniff_size = 0x8000 + 2048;

/// The archive format that `head` starts; `unknown` if none.
Format sniff_format(ByteView head) noexcept;

/// What else a first block with the checksum of a tar header is: "a gzip stream", "a zip archive"; empty if it is no such header, or
/// nothing else.
std::string_view besides_tar(ByteView head) noexcept;

/// What a file that is no archive seems to be, as in "is an ELF file"; "is not an archive of a known format" if nothing
/// fits.
std::string_view describe_content(ByteView head) noexcept;

/// True if the 512 bytes are a tar header: their checksum (POSIX.1-2008 pax, "ustar Interchange Format") fits.
bool is_tar_header(ByteView block) noexcept;

}  // namespace assay::archive
