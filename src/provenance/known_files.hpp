// What upstreams ever published: the known-files data of `rules/known`. Loaded by mapping, never parsed whole.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "digest/digest.hpp"

namespace assay::provenance {

/// One (path, content) pair of an upstream's history. Views live as long as the KnownFiles.
struct KnownFile {
  std::string_view upstream;  ///< "gnulib", "debian-12": the data set's name
  std::string_view path;      ///< in that upstream; "libtool_2.4.7-7~deb12u1:usr/share/aclocal/libtool.m4" for packages
  std::uint32_t serial = 0;   ///< 0 if the file bears none
  std::int64_t first_seen = 0;  ///< commit time, seconds since the epoch, of its first appearance
};

/// A digest of one normalised line: SHA-256 truncated to 96 bits.
struct LineDigest {
  std::array<std::uint8_t, 12> bytes{};
  auto operator<=>(const LineDigest&) const = default;
};

/// The digest of a line as `normalise_line()` leaves it.
LineDigest line_digest(std::string_view normalised_line);
/// The same with a context to reuse, for many lines.
LineDigest line_digest(std::string_view normalised_line, Sha256Stream& stream);

struct Prevalence;

class KnownFiles {
 public:
  /// Map every `*.known` and `*.prevalence` of `directory`. A file that is damaged or of another version is an Error that names it.
  static Result<KnownFiles> open(const std::filesystem::path& directory);
  KnownFiles();  ///< knows nothing
  ~KnownFiles();
  KnownFiles(KnownFiles&&) noexcept;
  KnownFiles& operator=(KnownFiles&&) noexcept;

  /// Every place where this very content stood in an upstream, earliest first.
  std::vector<KnownFile> find(const Sha256& content) const;
  /// Every known version of files of this base name, in all upstreams, earliest first.
  std::vector<KnownFile> history_of(std::string_view basename) const;
  /// True if some known text file holds this normalised line.
  bool has_line(const LineDigest& digest) const;
  /// In how many projects this content stood, where a `.prevalence` set says so: the largest count. Evidence, never a proof.
  std::optional<Prevalence> prevalence_of(const Sha256& content) const;
  /// Make the index that has_line() looks into first, if it is not made yet: 5 ms that another thread may have to spare.
  void prepare_lines() const;
  /// Data sets loaded: name and the digest of its file, for the report's `ruleset`.
  std::vector<std::pair<std::string, std::string>> data_sets() const;
  bool empty() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace assay::provenance
