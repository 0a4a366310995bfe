// Archives made in memory, byte by byte, so that a test can make what no packer would.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/decompressor.hpp"
#include "archive/reader.hpp"

namespace assay::archive::test {

/// The fields of one tar header; what is left alone is as GNU tar writes it.
struct TarFields {
  std::string name;
  char type = '0';
  std::uint64_t size = 0;
  std::uint32_t mode = 0644;
  std::string link_name{};
  std::string prefix{};
  std::string magic = std::string(
      "ustar\0"
      "00",
      8);
  std::string raw_size{};  ///< the size field as it is to stand there
};

/// One header block with its checksum.
std::string tar_header(const TarFields& fields);

/// A tar archive, member by member.
class TarBuilder {
 public:
  TarBuilder& file(std::string_view name, std::string_view content, std::uint32_t mode = 0644);
  TarBuilder& directory(std::string_view name, std::uint32_t mode = 0755);
  TarBuilder& symlink(std::string_view name, std::string_view target);
  TarBuilder& hardlink(std::string_view name, std::string_view target);
  /// A header alone.
  TarBuilder& header(const TarFields& fields);
  /// Bytes padded to whole blocks.
  TarBuilder& content(std::string_view bytes);
  /// Bytes as they are.
  TarBuilder& raw(std::string_view bytes);
  /// An extended header (`type` x or g) with these records.
  TarBuilder& pax(const std::vector<std::pair<std::string, std::string>>& records, char type = 'x');
  /// GNU long name (`type` L) or long link (K).
  TarBuilder& gnu_long(std::string_view text, char type = 'L');
  /// The archive with its end mark.
  std::string finish() const;
  /// The archive as far as it goes.
  const std::string& bytes() const noexcept { return m_bytes; }

 private:
  std::string m_bytes;
};

/// One member of a zip file, stored. The directory says the same as the local header unless told otherwise.
struct ZipFields {
  std::string name;
  std::string content;
  std::string central_name{};  ///< empty: as `name`
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc_off_by = 0;        ///< added to the checksum in the directory
  std::uint32_t local_crc_off_by = 0;  ///< added to the checksum in the local header
  std::uint32_t size_off_by = 0;       ///< added to both sizes in the directory
  std::string before{};                ///< bytes that stand before the local header
  std::uint32_t attributes = 0100644U << 16;
  std::string central_extra{};  ///< extra fields of the directory's entry
};
std::string make_zip(const std::vector<ZipFields>& members, std::string_view before_directory = {},
                     std::string_view after = {});

/// `bytes` compressed with the reference encoder of the filter.
std::string compress(Filter filter, std::string_view bytes);

/// `size` bytes that do not compress, the same every time.
std::string noise(std::size_t size, std::uint64_t seed = 1);

/// Read an archive in memory that must be readable.
ArchiveContents read(std::string_view bytes, const ReadOptions& options = {});

/// Read what must be refused.
Error refuse(std::string_view bytes, const ReadOptions& options = {});

/// The findings of one rule.
std::vector<Finding> findings_of(const ArchiveContents& contents, std::string_view rule);

/// The most severe finding, info if there is none.
Severity worst(const ArchiveContents& contents);

const TreeEntry& entry(const ArchiveContents& contents, std::string_view path);

/// A source whose bytes come from a function: fills the buffer, says how many.
class GeneratedSource final : public ByteSource {
 public:
  explicit GeneratedSource(std::function<std::size_t(std::span<std::uint8_t>)> generate)
      : m_generate(std::move(generate)) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override { return m_generate(out); }

 private:
  std::function<std::size_t(std::span<std::uint8_t>)> m_generate;
};

}  // namespace assay::archive::test
