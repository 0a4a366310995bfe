// A directory of the host as members: nothing is followed, nothing special is opened.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "artifact/members.hpp"

namespace assay::artifact {

struct HostEntry {
  Member member;  ///< content empty until it is opened
  std::filesystem::path file;
  std::string link_target;
  /// Extended attributes by name, capabilities and access lists among them, without the labels of security modules.
  std::map<std::string, std::string> attributes;
  std::uint64_t size = 0;
  std::uint64_t device = 0;
  std::int64_t modified = 0;  ///< seconds since 1970
};

struct HostTree {
  HostEntry root;                  ///< the directory itself, of an empty name
  std::vector<HostEntry> entries;  ///< by path
  std::string unlisted;            ///< why not all of it was listed, or nothing
  std::int64_t newest = 0;         ///< when the file that was written last was
  std::vector<std::string>
      special;  ///< what is neither file, directory nor link, and links in a circle; escaped for display
};

/// List everything below `root`. An Error if a directory cannot be read.
Result<HostTree> list_directory(const std::filesystem::path& root, const Limits& limits);

/// Are both files the same bytes? Read block by block; an Error if one cannot be read.
Result<bool> same_files(const HostEntry& a, const HostEntry& b);

/// Compare two directories; differing files are opened, the others only read.
Result<Node> compare_directories(Session& session, const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace assay::artifact
