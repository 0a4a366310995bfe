// Bytes that are compared: of a file (mapped), of a decoded stream (in memory, or mapped from a spill file that has no
// name), or a part of either. Copies share what they view.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

#include "archive/decompressor.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/limits.hpp"

namespace assay::artifact {

class Content {
 public:
  Content() = default;
  /// View `bytes`, keeping `owner` alive for as long as any copy or part lives.
  Content(ByteView bytes, std::shared_ptr<const void> owner, bool mapped = false)
      : m_bytes(bytes), m_owner(std::move(owner)), m_mapped(mapped) {}

  static Content of(Bytes bytes);
  /// Map a regular file. Special files are refused.
  static Result<Content> open(const std::filesystem::path& file);

  ByteView bytes() const noexcept { return m_bytes; }
  std::string_view text() const noexcept { return as_text(m_bytes); }
  std::uint64_t size() const noexcept { return m_bytes.size(); }
  /// Let the kernel have back the memory that reading a mapped content took; the bytes stay readable.
  void release() const;
  /// The part `[offset, offset + count)`, cut to what there is.
  Content part(std::uint64_t offset, std::uint64_t count) const;

 private:
  ByteView m_bytes;
  std::shared_ptr<const void> m_owner;
  bool m_mapped = false;  ///< file-backed: its pages may be dropped
};

/// Content that grows in memory and, past a bound, in a file of the temporary directory that never has a name.
class ContentBuilder {
 public:
  explicit ContentBuilder(std::size_t in_memory) : m_in_memory(in_memory) {}
  /// An Error if the file cannot be made or written.
  Result<void> append(ByteView bytes);
  Result<Content> finish();

 private:
  Result<void> open_file();
  Result<void> write_all(ByteView bytes);

  const std::size_t m_in_memory;
  Bytes m_buffer;
  UniqueFd m_file;
  std::size_t m_size = 0;
};

/// Are both the same bytes? Pages of mapped files are given back behind the reading, so that comparing two large
/// files takes no memory to speak of.
bool same_bytes(const Content& a, const Content& b);

/// Offset of the first byte at or after `from` at which they differ; the shorter one's end counts as a difference,
/// and the size of the longer one says that there is none.
std::uint64_t first_difference(ByteView a, ByteView b, std::uint64_t from = 0);

struct Decoded {
  Content content;             ///< as far as decoding went
  std::string problem;         ///< why it ended early; empty if the whole stream decoded well
  std::uint64_t trailing = 0;  ///< bytes behind the last stream that are neither stream nor padding
  std::uint64_t streams = 1;   ///< one behind the other, as decode() finds them
};

/// Decode a compressed stream, within the limits. What is larger than a part of `limits.memory` goes to a file in the
/// temporary directory that never has a name. An Error only if that file cannot be written.
Result<Decoded> decode(archive::Filter filter, ByteView compressed, const Limits& limits);

/// Decode one raw deflate stream (RFC 1951) that should yield `size` bytes; `problem` if it does not.
Decoded inflate_raw(ByteView compressed, std::uint64_t size, const Limits& limits);

/// The same for a stream of unknown size, of at most `bound` bytes.
Decoded inflate_unsized(ByteView compressed, std::uint64_t bound, const Limits& limits);

}  // namespace assay::artifact
