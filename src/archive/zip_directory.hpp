// The central directory of a zip file, read beside libarchive: raw names, and what contradicts the members' own
// headers. PKWARE APPNOTE.TXT 6.3.10, sections 4.3 (layout) and 4.5.3 (Zip64).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "archive/member_reader.hpp"
#include "archive/rules.hpp"
#include "archive/source.hpp"
#include "base/error.hpp"
#include "base/limits.hpp"

namespace assay::archive {

struct ZipEntry {
  std::uint64_t header_offset = 0;  ///< of its local header
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint16_t unix_mode = 0;  ///< 0 if the directory gives none
  std::string name;             ///< raw
};

/// Would a reader that looks for a zip's directory at the end of a file, as PKZIP, Info-ZIP, Python and pip do, find one in `store`?
/// It does not have to begin as a zip.
bool has_zip_directory(const ByteStore& store);

class ZipDirectory {
 public:
  ZipDirectory(const ByteStore& store, FindingSink& findings, const Limits& limits)
      : m_store(store), m_findings(findings), m_limits(limits) {}
  /// Read the directory and hold the members' own headers against it. An Error of code `format` if there is none that
  /// can be read, `limit` if it is too large.
  Result<void> read();
  /// Hold the next member libarchive gives (they come in the order of their place in the file) against the directory,
  /// and give it its raw name.
  void confirm(Member& member);
  /// An Error of code `unsupported` if the content of the member confirmed last is not read: its method is none of
  /// stored, deflate and bzip2. libarchive knows more, but would give their decoders all the memory they ask for.
  Result<void> check_method() const;

 private:
  struct End;
  Result<End> find_end() const;
  Result<void> read_entries(const End& end);
  Result<void> check_member(const ZipEntry& entry, std::uint64_t& claimed_until);
  void check_name(const ZipEntry& entry, ByteView extra);
  void check_mode(const ZipEntry& entry, ByteView extra);
  void compare(const ZipEntry& entry, ByteView fixed, ByteView rest);
  Result<std::uint64_t> descriptor_size(const ZipEntry& entry, std::uint64_t offset);
  void report_unclaimed();
  Result<void> look_between(std::uint64_t begin, std::uint64_t end);
  void conflict(const ZipEntry& entry, std::string text);

  const ByteStore& m_store;
  FindingSink& m_findings;
  const Limits m_limits;
  std::vector<ZipEntry> m_entries;  ///< by header_offset
  std::size_t m_confirmed = 0;
  std::uint64_t m_unclaimed = 0;
  std::uint64_t m_first_unclaimed = 0;
  std::uint64_t m_unclaimed_headers = 0;  ///< local headers among these bytes
  std::uint64_t m_remarks = 0;            ///< bytes of comments and extra fields that tell nothing of members
};

}  // namespace assay::archive
