// Outcomes of regenerations, kept by what they depend on: tree, toolchain, recipe. Entries are written whole and renamed
// into place, so that runs side by side see all of one or none; an entry that is damaged is as if it were not there.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "digest/digest.hpp"
#include "provenance/regeneration.hpp"

namespace assay::rebuild {

class RegenerationCache {
 public:
  /// `directory` is made when it is first needed; an empty path keeps nothing. Beyond `max_size` bytes the entries used longest ago
  /// are removed.
  RegenerationCache(std::filesystem::path directory, std::uint64_t max_size)
      : m_directory(std::move(directory)), m_max_size(max_size) {}

  /// Make the directory. Errors: it cannot be made, or others may write to it.
  Result<void> prepare() const;
  std::optional<provenance::Regeneration> find(const Sha256& key) const;
  /// Errors: those of prepare(), and the directory cannot be written.
  Result<void> store(const Sha256& key, const provenance::Regeneration& outcome) const;

 private:
  std::filesystem::path file_of(const Sha256& key) const;
  void evict() const;

  std::filesystem::path m_directory;
  std::uint64_t m_max_size;
};

/// An outcome as bytes and back; nothing if the bytes are not such an outcome. Findings are not kept: an outcome that has
/// any is not stored.
std::string serialise(const provenance::Regeneration& outcome);
std::optional<provenance::Regeneration> deserialise(std::string_view bytes);

/// $XDG_CACHE_HOME/assay/regenerated, or below ~/.cache; empty if there is no home.
std::filesystem::path default_cache_directory();
/// $XDG_CACHE_HOME/assay/digests: for trace::DigestCache.
std::filesystem::path digest_cache_file();

}  // namespace assay::rebuild
