// Any bytes as an archive, end to end: no crash, limits kept, and the same answer twice.
#include <cstdlib>

#include "archive/reader.hpp"

namespace {

assay::archive::ReadOptions small_options() {
  assay::archive::ReadOptions options;
  options.limits.max_entries = 1000;
  options.limits.max_entry_size = 1U << 20;
  options.limits.max_total_size = 4U << 20;
  options.limits.max_ratio = 1000;
  options.limits.ratio_floor = 1U << 20;
  options.limits.memory = 8U << 20;
  options.limits.time = std::chrono::seconds{10};
  options.max_kept_entry = 4096;
  options.keep = [](const assay::TreeEntry& entry) { return entry.size % 2 == 0; };
  return options;
}

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const assay::archive::ArchiveContents& contents, std::size_t size) {
  require(contents.size == size);
  require(contents.entries.size() <= 1000);
  require(contents.content_size <= 5U << 20);
  for (const auto& entry : contents.entries) require(!entry.path.empty() && entry.size <= 1U << 20);
  for (const auto& [path, content] : contents.kept)
    require(content.size() <= 4096 && !contents.not_kept.contains(path));
  for (const auto& finding : contents.findings) require(!finding.message.empty() && !finding.remedy.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Keeps libgit2 initialised, whose start takes longer than everything else here.
  static const assay::EntryHasher keep_initialised{assay::GitHash::sha1};
  const auto options = small_options();
  const auto first = assay::archive::read_archive(assay::ByteView{data, size}, "fuzz", options);
  if (!first) {
    require(!first.error().message.empty());
    return 0;
  }
  check(*first, size);
  const auto second = assay::archive::read_archive(assay::ByteView{data, size}, "fuzz", options);
  require(second.has_value() && second->entries.size() == first->entries.size() && second->sha256 == first->sha256 &&
          second->findings.size() == first->findings.size() &&
          second->coverage.gaps.size() == first->coverage.gaps.size());
  for (std::size_t i = 0; i < first->coverage.gaps.size(); ++i)
    require(first->coverage.gaps[i].reason == second->coverage.gaps[i].reason);
  return 0;
}
