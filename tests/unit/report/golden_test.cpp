// Every case in every format, byte for byte. After a deliberate change: ASSAY_UPDATE_GOLDEN=1 unit_report, then read
// the difference as a user would.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/version.hpp"
#include "cases.hpp"
#include "report/renderer.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::report;

namespace {

const std::filesystem::path k_goldens = std::filesystem::path{ASSAY_SOURCE_DIR} / "tests/golden/report";

/// A release of a new version must not change the goldens.
std::string without_version(std::string text) {
  const auto quoted = '"' + std::string{k_version} + '"';
  for (auto at = text.find(quoted); at != std::string::npos; at = text.find(quoted, at))
    text.replace(at, quoted.size(), "\"0.0.0\"");
  return text;
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

void compare_with_golden(const std::string& text, const std::filesystem::path& file) {
  if (std::getenv("ASSAY_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
  }
  INFO(file.string());
  REQUIRE(std::filesystem::exists(file));
  CHECK(text == read_text(file));
}

}  // namespace

TEST_CASE("report: every case renders as its golden in every format", "[report][golden]") {
  RenderOptions options;
  options.rules = test::case_rules();
  for (const auto& [name, assessment] : test::cases())
    for (const auto& renderer : renderers()) {
      const auto text = without_version(renderer.render(assessment, options));
      compare_with_golden(text, k_goldens / name / std::string{renderer.name});
    }
}

TEST_CASE("report: the verbose text of a suspect release renders as its golden", "[report][golden]") {
  RenderOptions options;
  options.verbosity = Verbosity::verbose;
  compare_with_golden(render_text(test::case_named("suspect"), options), k_goldens / "suspect" / "text-verbose");
}
