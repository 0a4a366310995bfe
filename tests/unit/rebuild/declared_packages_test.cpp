#include "rebuild/declared_packages.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace assay::rebuild;

namespace {

std::string installed(const std::string& name, const std::string& fields = {}) {
  return "Package: " + name + "\nStatus: install ok installed\n" + fields + "\n";
}

}  // namespace

TEST_CASE("declared packages: dependencies of dependencies, alternatives, providers and what is essential",
          "[rebuild][declared]") {
  assay::test::TempDir root;
  root.write("var/lib/dpkg/status",
             installed("tar", "Essential: yes\nPre-Depends: libacl1\n") + installed("libacl1") +
                 installed("build-essential", "Depends: gcc (>= 4:10.2), make\n") +
                 installed("gcc", "Depends: gcc-12\n") + installed("gcc-12") + installed("make") +
                 installed("debhelper", "Provides: debhelper-compat (= 13)\nDepends: perl:any\n") + installed("perl") +
                 installed("libb-dev") + installed("stray", "Depends: stray-data\n") + installed("stray-data") +
                 "Package: removed\nStatus: deinstall ok config-files\nDepends: stray\n\n");
  const auto declared = DeclaredPackages::read(
      root.path(), {"debhelper-compat (= 13)", "liba-dev | libb-dev [amd64]", "removed <!nocheck>"});
  REQUIRE(declared);
  for (const auto* name : {"tar", "libacl1", "gcc", "gcc-12", "make", "debhelper", "perl", "libb-dev"}) {
    CAPTURE(name);
    CHECK(declared->has(name));
  }
  for (const auto* name : {"stray", "stray-data"}) {
    CAPTURE(name);
    CHECK_FALSE(declared->has(name));
  }
}

TEST_CASE("declared packages: a system without dpkg declares nothing", "[rebuild][declared]") {
  assay::test::TempDir root;
  CHECK_FALSE(DeclaredPackages::read(root.path(), {"gcc"}));
}
