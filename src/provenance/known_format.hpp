// The layout of a `.known` file: made once by indexing, mapped and searched in place ever after. docs/known-files.md
// describes it field by field.
//
// All numbers are little-endian. A header (magic, version, size of the file, table of sections, checksum of all that)
// is followed by the sections, each an array of fixed-size elements or, for `strings`, bytes:
//   strings   the paths, one after another
//   paths     {u32 string offset, u16 length, u16 offset of the base name, u32 first record}, by (base name, path)
//   records   {u32 first seen, u32 serial}, the records of a path next to each other, oldest first
//   contents  {16 bytes of SHA-256, u32 record}, by digest, then oldest first
//   lines     12 bytes of SHA-256, sorted
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "provenance/known_files.hpp"

namespace assay::provenance {

inline constexpr std::uint32_t k_known_format_version = 1;

/// The first half of a SHA-256, which names a content in the data.
using ContentKey = std::array<std::uint8_t, 16>;
ContentKey content_key(const Sha256& digest);

/// One (path, content) pair as it stands in the data.
struct KnownRecord {
  std::string_view path;
  std::uint32_t serial = 0;
  std::int64_t first_seen = 0;
};

/// Reads one data set. Opening looks at the header only, whatever the size; afterwards no access leaves the bytes: an
/// element that points nowhere is as if it were absent.
class KnownData {
 public:
  /// View `bytes`, which must outlive the result. Errors name `where`: wrong magic, version, size, checksum, or
  /// sections that overlap or leave the file.
  static Result<KnownData> open(ByteView bytes, const std::string& where);

  /// Records of this content, oldest first.
  std::vector<KnownRecord> find(const ContentKey& key) const;
  /// Records of all paths with this base name, in the order of paths.
  std::vector<KnownRecord> history_of(std::string_view basename) const;
  bool has_line(const LineDigest& digest) const noexcept;
  /// Call `visit` with the twelve bytes of every line digest, in order.
  template <typename Visit>
  void for_each_line(const Visit& visit) const {
    for (std::size_t i = 0; i < line_count(); ++i) visit(element(k_lines, i));
  }

  /// Call `visit` with the sixteen bytes of every content key, in order; of some more than once.
  template <typename Visit>
  void for_each_content(const Visit& visit) const {
    for (std::size_t i = 0; i < section(k_contents).count; ++i) visit(element(k_contents, i));
  }

  /// A (path, content) pair with all that is recorded of it.
  struct Pair {
    std::string_view path;
    ContentKey content;
    std::uint32_t serial;
    std::int64_t first_seen;
    auto operator<=>(const Pair&) const = default;
  };
  /// All of them, sorted. For comparing whole data sets.
  std::vector<Pair> pairs() const;

  std::size_t path_count() const noexcept { return section(k_paths).count; }
  std::size_t record_count() const noexcept { return section(k_records).count; }
  std::size_t content_count() const;  ///< distinct contents; reads all of them
  std::size_t line_count() const noexcept { return section(k_lines).count; }
  /// Check every element: order, references, and that each record is reached from a path and a content.
  Result<void> verify(const std::string& where) const;

 private:
  friend class KnownWriter;
  enum SectionId : std::uint8_t { k_strings, k_paths, k_records, k_contents, k_lines, k_section_count };
  struct Section {
    std::size_t offset = 0;
    std::size_t count = 0;  ///< elements
  };
  struct Path {
    std::string_view full;
    std::string_view basename;
    std::size_t first_record = 0;
  };
  static constexpr std::array<std::size_t, k_section_count> k_element_size{1, 12, 8, 20, 12};

  const Section& section(SectionId id) const noexcept { return m_sections[id]; }
  const std::uint8_t* element(SectionId id, std::size_t index) const noexcept;
  Path path(std::size_t index) const noexcept;
  std::size_t first_record(std::size_t path_index) const noexcept;
  std::optional<KnownRecord> record(std::size_t index) const noexcept;
  KnownRecord record_of_path(std::size_t index, std::string_view path) const noexcept;
  std::optional<Section> read_section(std::size_t index, std::size_t& end) const noexcept;

  ByteView m_bytes;
  std::array<Section, k_section_count> m_sections{};
};

/// Gathers what an upstream ever had and lays it out. The outcome depends on what was added, not on the order.
class KnownWriter {
 public:
  /// `path` had this content; of several times for the same pair the earliest counts. Paths are cut at 65535 bytes.
  /// `serial` is that of the content.
  void add_file(std::string_view path, const Sha256& content, std::uint32_t serial, std::int64_t first_seen);
  void add_line(const LineDigest& digest) { m_lines.push_back(digest); }
  /// The bytes of the `.known` file.
  std::string finish();

 private:
  struct Entry {
    std::uint32_t path;
    ContentKey content;
    std::uint32_t serial;
    std::uint32_t first_seen;
  };
  std::uint32_t intern(std::string_view path);
  void sort_entries();
  std::string lay_out() const;

  std::unordered_map<std::string, std::uint32_t> m_path_index;
  std::vector<std::string> m_paths;
  std::vector<Entry> m_entries;
  std::vector<LineDigest> m_lines;
};

}  // namespace assay::provenance
