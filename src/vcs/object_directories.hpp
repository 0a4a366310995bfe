// Where the objects of a repository are: in its own directory of them and in those that it borrows from (gitrepository-layout(5),
// objects/info/alternates).
#pragma once
#include <filesystem>
#include <vector>

namespace assay::vcs {

/// `objects` first, then what it borrows from, each once, as deep as git follows them and a hundred at most. What is no directory is
/// left out.
std::vector<std::filesystem::path> object_directories(const std::filesystem::path& objects);

}  // namespace assay::vcs
