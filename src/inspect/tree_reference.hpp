// A tree of version control, or a directory of the host, as the checks see it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "inspect/tree_access.hpp"
#include "vcs/reference.hpp"

namespace assay::inspect {

/// Sizes and SHA-256 are known beforehand only where the reference knows them (see vcs::Reference::manifest()).
class ReferenceTree final : public TreeAccess {
 public:
  /// Of the reference's tree, what stands below `subdir` (no slash at its end; empty for all), with paths relative to it.
  explicit ReferenceTree(std::shared_ptr<const vcs::Reference> reference, std::string subdir = {});
  const std::vector<TreeEntry>& entries() const override { return m_entries; }
  Result<Bytes> read(std::string_view path, std::uint64_t max_size) override;
  Result<void> visit(const std::function<bool(const TreeEntry&)>& want, std::uint64_t max_size,
                     const std::function<void(const TreeEntry&, ByteView)>& visitor, Coverage& coverage) override;

 private:
  Result<Bytes> read_entry(const TreeEntry& entry, std::uint64_t max_size) const;

  std::shared_ptr<const vcs::Reference> m_reference;
  std::string m_prefix;  ///< with a slash at its end; empty for none
  std::vector<TreeEntry> m_entries;
};

}  // namespace assay::inspect
