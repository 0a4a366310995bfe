// A directory of its own for a test, gone with it.
#pragma once
#include <filesystem>
#include <string_view>

namespace assay::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const noexcept { return m_path; }
  /// Write `content` to `name` below the directory, making parents; the full path.
  std::filesystem::path write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path m_path;
};

}  // namespace assay::test
