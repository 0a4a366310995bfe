// Traps that show in the list of entries, whatever the format: paths, links, modes, duplicates.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archive/entry_index.hpp"
#include "archive/rules.hpp"
#include "model/entry.hpp"

namespace assay::archive {

class TrapDetector {
 public:
  /// `findings` and `entries` outlive the detector.
  TrapDetector(FindingSink& findings, const std::vector<TreeEntry>& entries)
      : m_findings(findings), m_entries(entries) {}

  /// An entry as its header describes it, before its content is read.
  void see_header(const TreeEntry& entry);
  /// `entry` is complete; `earlier` is the entry it replaces, if any.
  void see_entry(const TreeEntry& entry, const TreeEntry* earlier);
  /// `target` is what the hard link `link` resolves to, if anything.
  void see_hardlink(const TreeEntry& link, const TreeEntry* target);
  /// All entries were seen.
  void finish();

 private:
  void check_name(std::string_view what, const TreeEntry& entry, std::string_view name);
  void check_path(const TreeEntry& entry);
  void check_mode(const TreeEntry& entry);
  void check_kind(const TreeEntry& entry);
  void check_link(const TreeEntry& entry);
  void check_way(const TreeEntry& entry);
  void check_case();

  FindingSink& m_findings;
  const std::vector<TreeEntry>& m_entries;
  std::map<std::string, std::string, std::less<>> m_symlinks;  ///< with their targets
};

}  // namespace assay::archive
