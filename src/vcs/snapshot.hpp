// What all kinds of reference have in common once they have been read.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vcs/commit.hpp"
#include "vcs/reference.hpp"

namespace assay::vcs {

/// Coverage gaps of one reading, bounded: a hostile tree cannot make more than k_max of them.
class GapList {
 public:
  void add(std::string what, std::string reason, std::string remedy = {});
  /// The gaps, with one more that counts those left out.
  Coverage take();

 private:
  static constexpr std::size_t k_max = 100;
  Coverage m_coverage;
  std::uint64_t m_left_out = 0;
};

/// A reference, read.
struct Snapshot {
  SourceRef source;
  std::vector<TreeEntry> entries;
  Attributes attributes;
  Coverage coverage;
  std::vector<std::string> notes;
  GitHash git_hash = GitHash::sha1;
  std::string tag;
  std::optional<FormatContext> format;  ///< nothing where there is no commit
  std::function<Result<Bytes>(const TreeEntry&, std::uint64_t max_size)> read;
};

std::unique_ptr<Reference> make_reference(Snapshot snapshot);

}  // namespace assay::vcs
