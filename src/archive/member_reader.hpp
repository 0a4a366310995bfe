// The members of one archive as libarchive sees them. The only place that knows libarchive; formats are enabled one by
// one, and no filter at all: what libarchive is given is decompressed already.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive/source.hpp"
#include "model/entry.hpp"

namespace assay::archive {

enum class Format : std::uint8_t { unknown, tar, zip, cpio, ar, seven_zip, iso9660, cabinet };

/// Can the format only be read with its whole at hand (its directory stands at the end)?
constexpr bool needs_store(Format format) noexcept {
  return format == Format::zip || format == Format::seven_zip || format == Format::iso9660;
}

/// One member's header.
struct Member {
  std::string path;         ///< raw, not normalised
  std::string link_target;  ///< of a symlink or hard link
  EntryKind kind = EntryKind::regular;
  std::uint32_t mode = 0;
  std::uint32_t uid = 0, gid = 0;
  std::int64_t mtime = 0;             ///< seconds since 1970; 0 if the header does not say
  std::optional<std::uint64_t> size;  ///< of the content; nothing if the header does not say
  bool encrypted = false;
  std::uint64_t header_offset = 0;  ///< where the member begins in the stream; stream formats only
  std::string warning;              ///< what libarchive found odd about the header; empty as a rule
};

class MemberReader {
 public:
  /// The next block of the stream, valid until the next call; empty at the end.
  using Pull = std::function<Result<ByteView>()>;
  /// Content that stands at `offset`; what lies between two pieces is a hole (zeros).
  struct Piece {
    std::uint64_t offset = 0;
    ByteView bytes;
  };

  /// `max_header`: what one header may take of the stream. libarchive holds names and the name tables of cpio and ar
  /// whole, whatever their size; the headers of tar have bounds of their own.
  static std::unique_ptr<MemberReader> over_stream(Format format, Pull pull, std::uint64_t max_header);
  /// `store` is used until the reader is gone.
  static std::unique_ptr<MemberReader> over_store(Format format, const ByteStore& store);
  virtual ~MemberReader() = default;

  /// The next member; nothing at the end mark or the end of the stream. An Error (what pull() said, or of code
  /// `format` for a damaged header) ends reading.
  virtual Result<std::optional<Member>> next() = 0;
  /// The next piece of the present member's content, valid until the next call of either; nothing at its end. An
  /// Error of code `unsupported` concerns this member alone, any other ends reading.
  virtual Result<std::optional<Piece>> read() = 0;
  /// Bytes of the stream used so far; after the last member, where the archive ends.
  virtual std::uint64_t position() const = 0;
};

}  // namespace assay::archive
