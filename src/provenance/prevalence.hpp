// In how many independent projects a content stood: evidence to show beside a file, never a proof. What many ship unchanged may
// still be wrong in all of them, and an attacker can publish projects.
//
// A `.prevalence` file is text: a first line `assay prevalence 1 <records>`, then for each content 32 hexadecimal digits (the
// first half of its SHA-256), the number of projects and the time it was first seen (seconds since the epoch), both of ten
// digits: lines of one length, sorted, so that a lookup is a binary search in the mapped file.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/limits.hpp"
#include "digest/digest.hpp"
#include "provenance/known_manifest.hpp"

namespace assay::provenance {

struct Prevalence {
  std::uint32_t projects = 0;
  std::int64_t first_seen = 0;  ///< the date of the earliest release that had it
};

/// A data set, read in place. Anything that is no record is as if it were absent.
class PrevalenceData {
 public:
  /// Errors: it cannot be read, its first line or its size is off.
  static Result<PrevalenceData> open(const std::filesystem::path& file);
  /// The same for bytes that outlive the result; `where` names them in errors.
  static Result<PrevalenceData> view(ByteView bytes, const std::string& where);
  std::optional<Prevalence> find(const Sha256& content) const;
  std::size_t size() const noexcept { return m_count; }

 private:
  MappedFile m_file;
  std::string_view m_records;
  std::size_t m_count = 0;
};

/// Counts contents over releases. Two releases of one project count once.
class PrevalenceCounter {
 public:
  void add(std::string_view project, const Sha256& content, std::int64_t seen);
  std::string finish() const;
  std::size_t contents() const noexcept { return m_contents.size(); }
  std::size_t projects() const noexcept { return m_projects.size(); }

 private:
  struct Seen {
    std::set<std::uint32_t> projects;
    std::int64_t first = 0;
  };
  std::map<std::string, Seen> m_contents;  ///< by the hexadecimal digits
  std::map<std::string, std::uint32_t, std::less<>> m_projects;
};

/// Count the auxiliary files (those that a build executes, or that `filter` names) of every release archive below `directory`.
/// Project and version are read from the file name, the date from the youngest file in it. Archives that cannot be read are named in
/// `skipped`. Errors: the directory cannot be read, or holds no release.
Result<PrevalenceCounter> count_releases(const std::filesystem::path& directory, const KnownFilter& filter,
                                         const Limits& limits, std::vector<std::string>& skipped);

}  // namespace assay::provenance
