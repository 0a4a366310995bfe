// A zip archive as the bytes have it: its central directory, the headers before the members, and the members decoded
// (PKWARE APPNOTE.TXT 6.3.10). Everything is checked against the file, and against each other where it is said twice.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "artifact/content.hpp"
#include "base/limits.hpp"

namespace assay::artifact {

struct ZipMember {
  std::string name;
  std::uint16_t made_by = 0, needed = 0, flags = 0, method = 0;
  std::uint32_t dos_time = 0, crc = 0, attributes = 0;
  std::uint16_t internal = 0;
  std::uint64_t packed = 0, size = 0, local = 0;
  ByteView extra, comment, local_extra, descriptor;
  std::uint64_t data = 0, end = 0;  ///< of the packed bytes, and behind the data descriptor
  std::uint16_t local_flags = 0;
  std::uint32_t local_time = 0;
  Content content;
  std::string problem;
  bool encrypted = false;
  bool plain = true;  ///< its headers agree with each other
};

struct ZipFile {
  std::vector<ZipMember> members;
  std::uint64_t directory = 0, directory_end = 0;
  ByteView comment;
  std::uint64_t end = 0;
  bool plain = true;  ///< the end record says what is so, and nothing stands before it
  std::string problem;
};

/// `problem` says why, if the archive cannot be read; then nothing else of the result means anything. The result views `content`.
ZipFile parse_zip(const Content& content, const Limits& limits);

/// MS-DOS date and time, which know no zone: as they are written, and as seconds since 1970 if they were UTC.
std::string dos_date(std::uint32_t value);
std::int64_t dos_epoch(std::uint32_t value);

/// The newest time of a member, to the day, which is as exact as a time without a zone can be.
std::int64_t newest_day(const ZipFile& file);

}  // namespace assay::artifact
