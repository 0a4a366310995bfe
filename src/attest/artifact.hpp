// The artifact that evidence is about: its bytes, or only a digest of them.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "attest/statement.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace assay::attest {

class Artifact {
 public:
  /// Map a file and compute its SHA-256, SHA-384 and SHA-512.
  static Result<Artifact> open(const std::filesystem::path& file);
  /// "sha256:<64 digits>" or "sha512:<128 digits>" where only the digest is known; a file of that name wins.
  static Result<Artifact> from_argument(const std::string& file_or_digest);
  /// Of bytes that the caller keeps alive.
  static Artifact from_bytes(std::string name, ByteView bytes);

  /// The file; empty if it is none.
  const std::filesystem::path& path() const noexcept { return m_path; }
  const std::string& name() const noexcept { return m_name; }  ///< file name without directory, or the digest
  /// What is listed under that name may be this: the same without directories, or only the digest is known.
  bool may_be_called(std::string_view listed) const noexcept;
  std::uint64_t size() const noexcept { return m_bytes ? m_bytes->size() : 0; }
  const DigestMap& digests() const noexcept { return m_digests; }
  /// The raw digest of that name; nothing if it is not known.
  std::optional<Bytes> digest(std::string_view name) const;
  /// Nothing if only a digest is known.
  const std::optional<ByteView>& bytes() const noexcept { return m_bytes; }

 private:
  std::filesystem::path m_path;
  std::string m_name;
  std::shared_ptr<MappedFile> m_file;
  std::optional<ByteView> m_bytes;
  DigestMap m_digests;
};

}  // namespace assay::attest
