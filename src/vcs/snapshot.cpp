#include "vcs/snapshot.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"

namespace assay::vcs {

namespace {

class SnapshotReference final : public Reference {
 public:
  explicit SnapshotReference(Snapshot snapshot)
      : m_snapshot(std::move(snapshot)), m_manifest(std::exchange(m_snapshot.entries, {})) {}
  const SourceRef& source() const override { return m_snapshot.source; }
  const TreeManifest& manifest() const override { return m_manifest; }
  const Attributes& attributes() const override { return m_snapshot.attributes; }
  const Coverage& coverage() const override { return m_snapshot.coverage; }
  GitHash git_hash() const override { return m_snapshot.git_hash; }
  std::string_view tag() const override { return m_snapshot.tag; }
  std::vector<std::string> notes() const override { return m_snapshot.notes; }

  Result<Bytes> read(const TreeEntry& entry, std::uint64_t max_size) const override {
    if (entry.kind != EntryKind::regular)
      return Error{ErrorCode::usage,
                   fmt::format("a {} has no content to read", to_string(entry.kind)),
                   escape_for_display(entry.path),
                   {}};
    return m_snapshot.read(entry, max_size);
  }
  std::optional<std::string> expand_format(std::string_view format) const override {
    return m_snapshot.format ? vcs::expand_format(*m_snapshot.format, format) : std::nullopt;
  }
  bool format_matches(std::string_view format, std::string_view expanded) const override {
    return m_snapshot.format && vcs::format_matches(*m_snapshot.format, format, expanded);
  }
  bool names_commit(std::string_view abbreviation) const override {
    return m_snapshot.format && abbreviates(*m_snapshot.format, m_snapshot.format->commit.id, abbreviation);
  }

 private:
  Snapshot m_snapshot;
  TreeManifest m_manifest;
};

}  // namespace

void GapList::add(std::string what, std::string reason, std::string remedy) {
  if (m_coverage.gaps.size() >= k_max) {
    ++m_left_out;
    return;
  }
  m_coverage.add(std::move(what), std::move(reason), std::move(remedy));
}

Coverage GapList::take() {
  if (m_left_out > 0) m_coverage.add(count_of(m_left_out, "more place"), "left unread for the same kinds of reason");
  m_left_out = 0;
  return std::exchange(m_coverage, {});
}

std::unique_ptr<Reference> make_reference(Snapshot snapshot) {
  return std::make_unique<SnapshotReference>(std::move(snapshot));
}

}  // namespace assay::vcs
