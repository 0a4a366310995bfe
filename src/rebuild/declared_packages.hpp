// What a build declares that it needs, as packages that are installed: its build dependencies with all that they depend on, and
// what every Debian builder has (Debian Policy 7.7: build-essential, and packages that are Essential).
#pragma once
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assay::rebuild {

class DeclaredPackages {
 public:
  /// `needs`: relations as Build-Depends has them. Of alternatives, and of packages that provide one, all that are installed
  /// count; versions and architectures are not looked at. Nothing if `root` has no database of dpkg.
  static std::optional<DeclaredPackages> read(const std::filesystem::path& root, const std::vector<std::string>& needs);

  bool has(std::string_view package) const { return m_names.contains(package); }

 private:
  std::set<std::string, std::less<>> m_names;
};

}  // namespace assay::rebuild
