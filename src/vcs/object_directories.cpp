#include "vcs/object_directories.hpp"

#include <cstdint>
#include <set>
#include <system_error>

#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::vcs {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t k_largest_list = 1U << 20;
constexpr int k_deepest = 5;  ///< git's own limit
constexpr std::size_t k_most = 100;
constexpr std::size_t k_most_lines = 10'000;  ///< of all lists together

class Directories {
 public:
  void add(const fs::path& objects, int depth) {
    std::error_code error;
    const auto whole = fs::canonical(objects, error);
    if (error || !fs::is_directory(whole, error) || m_found.size() > k_most || !m_seen.insert(whole).second) return;
    m_found.push_back(objects);
    if (depth == k_deepest) return;
    const auto list = read_file(objects / "info/alternates", k_largest_list);
    if (!list) return;
    for (const auto line : split_lines(as_text(*list))) {
      if (++m_lines > k_most_lines) return;
      if (!line.empty() && line.front() != '#') add(objects / fs::path{line}, depth + 1);
    }
  }
  std::vector<fs::path> take() { return std::move(m_found); }

 private:
  std::vector<fs::path> m_found;
  std::set<fs::path> m_seen;
  std::size_t m_lines = 0;
};

}  // namespace

std::vector<fs::path> object_directories(const fs::path& objects) {
  Directories directories;
  directories.add(objects, 0);
  return directories.take();
}

}  // namespace assay::vcs
