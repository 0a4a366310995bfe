#include "rebuild/younger_tools.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <tuple>

#include "base/text.hpp"
#include "rebuild/buildinfo.hpp"

namespace assay::rebuild {

namespace {

constexpr std::size_t k_most_named = 8;
constexpr std::int64_t k_month = std::int64_t{30} * 86400;

}  // namespace

std::vector<YoungerTool> younger_tools(const trace::Trace& trace,
                                       const std::map<std::string, std::string, std::less<>>& owners,
                                       const std::filesystem::path& root, std::int64_t moment) {
  std::map<std::string, std::int64_t> made;
  for (const auto& file : trace.files) {
    const auto owner = file.writers.empty() ? owners.find(file.path) : owners.end();
    if (owner == owners.end() || package_rank(owner->second) > k_rank_of_packaging) continue;
    struct stat facts {};
    if (::stat((root / file.path.substr(1)).c_str(), &facts) != 0 || facts.st_mtime <= moment + k_month) continue;
    auto& newest = made[owner->second];
    newest = std::max<std::int64_t>(newest, facts.st_mtime);
  }
  if (made.empty()) return {};
  const auto installed = installed_packages(root);
  std::vector<YoungerTool> tools;
  for (const auto& [package, when] : made) {
    const auto version = installed.find(package);
    tools.push_back({package, version == installed.end() ? std::string{} : version->second, when});
  }
  std::sort(tools.begin(), tools.end(), [](const YoungerTool& a, const YoungerTool& b) {
    return std::tuple{package_rank(a.package), a.package} < std::tuple{package_rank(b.package), b.package};
  });
  return tools;
}

std::string said_of_younger(const std::vector<YoungerTool>& tools, std::int64_t source_date) {
  if (tools.empty()) return {};
  const auto day = [](std::int64_t when) {
    return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(when)));
  };
  auto text = fmt::format(
      "if it was published when its source is dated ({}), others made it than those here, which are younger:",
      day(source_date));
  for (std::size_t i = 0; i < std::min(tools.size(), k_most_named); ++i) {
    const auto& tool = tools[i];
    text += fmt::format("{} {} {} ({})", i == 0 ? "" : ",", escape_for_display(tool.package),
                        escape_for_display(tool.version), day(tool.made));
  }
  if (tools.size() > k_most_named) text += fmt::format(", … and {} more", tools.size() - k_most_named);
  return text;
}

}  // namespace assay::rebuild
