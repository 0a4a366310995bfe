// Content of a file: its digests and what kind of content it is.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "digest/digest.hpp"
#include "trace/process_view.hpp"
#include "trace/tracer.hpp"

namespace assay::trace {

struct Content {
  Sha256 sha256;
  GitOid gitoid;
  std::uint64_t size = 0;
  ContentKind kind = ContentKind::unknown;
};

/// What the first bytes say; `head` is the beginning of a file, 8 KiB or all of it.
ContentKind kind_of(ByteView head) noexcept;
/// PT_INTERP of an ELF program whose beginning `head` is; empty if it has none within it.
std::string loader_of(ByteView head);
/// The same of the program that the link "/proc/PID/exe" leads to.
std::string loader_of(const char* program);

class Hasher {
 public:
  /// Digests of an open regular file, from its start to its end, at most `most` bytes. Nothing if it is larger, cannot be
  /// read, or changed its size meanwhile.
  std::optional<Content> hash(int descriptor, std::uint64_t most);

 private:
  EntryHasher m_hasher{GitHash::sha256};
  Bytes m_buffer = Bytes(256U << 10);
};

struct DigestCache::State {
  /// The content of the file with these facts, if it was hashed before.
  std::optional<Content> find(const FileFacts& facts) const;
  /// `lasts`: it changed last so long before it was hashed that a later change shows in the facts.
  void add(const FileFacts& facts, const Content& content, bool lasts);

  struct Table;
  std::unique_ptr<Table> table;
  explicit State(std::filesystem::path file);
  ~State();
};

}  // namespace assay::trace
