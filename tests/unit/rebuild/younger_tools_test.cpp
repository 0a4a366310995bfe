#include "rebuild/younger_tools.hpp"

#include <chrono>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay;
using namespace assay::rebuild;
using namespace assay::test;

namespace {

constexpr std::int64_t k_published = 1'660'000'000;  // 2022-08-08

void make_program(const TempDir& root, const std::string& path, std::int64_t made) {
  std::filesystem::create_directories((root.path() / path).parent_path());
  const auto file = root.write(path, "x");
  std::filesystem::last_write_time(
      file, std::chrono::file_clock::from_sys(std::chrono::sys_seconds{std::chrono::seconds{made}}));
}

}  // namespace

TEST_CASE("younger tools: a compiler and debhelper are told with their versions, what is older or is no tool is not",
          "[rebuild]") {
  const TempDir root;
  trace::Trace trace;
  std::map<std::string, std::string, std::less<>> owners;
  const auto use = [&](const std::string& path, const std::string& package, std::int64_t made) {
    make_program(root, path, made);
    trace::FileVersion file;
    file.path = "/" + path;
    trace.files.push_back(file);
    owners[file.path] = package;
  };
  use("usr/bin/dh", "debhelper", k_published + 200 * 86400);
  use("usr/bin/cc1", "gcc-12", k_published + 100 * 86400);
  use("usr/bin/ld", "binutils", k_published + 20 * 86400);
  use("usr/include/stdio.h", "libc6-dev", k_published + 50 * 86400);
  use("usr/bin/sed", "sed", k_published + 300 * 86400);
  std::filesystem::create_directories(root.path() / "var/lib/dpkg");
  root.write("var/lib/dpkg/status",
             "Package: gcc-12\nStatus: install ok installed\nVersion: 12.2.0-14\n\n"
             "Package: libc6-dev\nStatus: install ok installed\nVersion: 2.36-9\n\n"
             "Package: debhelper\nStatus: install ok installed\nVersion: 13.11.4\n");
  CHECK(said_of_younger(younger_tools(trace, owners, root.path(), k_published), 1'577'836'800) ==
        "if it was published when its source is dated (2020-01-01), others made it than those here, which are younger: "
        "gcc-12 12.2.0-14 (2022-11-16), libc6-dev 2.36-9 (2022-09-27), debhelper 13.11.4 (2023-02-24)");
  CHECK(younger_tools(trace, owners, root.path(), k_published + 400 * 86400).empty());
}
