// What speaks against a cause: neighbours that keep what one member changes, dates elsewhere, words that are not there.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "pairs.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::artifact;
using namespace assay::artifact::test;

namespace {

constexpr unsigned long k_early = 1'600'000'000, k_late = 1'700'000'000;

/// A ustar archive of files with these owners.
std::string owned_by(const std::vector<unsigned>& owners) {
  std::vector<TarFileSpec> files;
  for (std::size_t i = 0; i < owners.size(); ++i) files.push_back({"f" + std::to_string(i), "x", 0644, k_early});
  auto tar = tar_of(files);
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const auto header = i * 1024;
    tar.replace(header + 108, 7, fmt::format("{:07o}", owners[i]));
    tar.replace(header + 148, 8, "        ");
    unsigned sum = 0;
    for (std::size_t at = header; at < header + 512; ++at) sum += static_cast<unsigned char>(tar[at]);
    tar.replace(header + 148, 7, fmt::format("{:06o}", sum) + '\0');
  }
  return tar;
}

std::string dated(const std::vector<unsigned long>& times) {
  std::vector<TarFileSpec> files;
  for (std::size_t i = 0; i < times.size(); ++i) files.push_back({"f" + std::to_string(i), "x", 0644, times[i]});
  return tar_of(files);
}

bool closes(const std::string& before, const std::string& after) {
  return compare(before, after, "a.tar").closed;
}

}  // namespace

TEST_CASE("evidence: who built it owns all of its files, and one file's other owner is news", "[artifact][cause]") {
  CHECK(closes(owned_by({0, 0, 0}), owned_by({1000, 1000, 1000})));
  CHECK(closes(owned_by({0, 0, 7}), owned_by({1000, 1000, 7})));
  CHECK_FALSE(closes(owned_by({0, 0, 0}), owned_by({0, 0, 1000})));
  CHECK_FALSE(closes(owned_by({0, 0, 0}), owned_by({1000, 1000, 0})));
  CHECK_FALSE(closes(owned_by({0, 0, 0}), owned_by({1000, 1000, 33})));
  CHECK_FALSE(closes(owned_by({0}), owned_by({1000})));
}

TEST_CASE("evidence: of members of one time no clock changes one alone", "[artifact][cause]") {
  CHECK(closes(dated({k_early, k_early}), dated({k_late, k_late})));
  CHECK(closes(dated({k_early, k_early - 999}), dated({k_late, k_early - 999})));
  CHECK_FALSE(closes(dated({k_early, k_early, k_early}), dated({k_early, k_early + 4096, k_early})));
}

TEST_CASE("evidence: a time field days away from all other times is a guess", "[artifact][cause]") {
  CHECK(closes(dated({k_early, k_early + 60, k_early + 120}), dated({k_late, k_late + 61, k_late + 125})));
  CHECK_FALSE(closes(dated({k_early, k_early + 60, k_early + 120}), dated({k_late, k_late + 61, k_late + 40'000'000})));
}

TEST_CASE("evidence: a list of hosts is no record of a build", "[artifact][cause]") {
  CHECK(compare("Built by joe@alpha on monday\n", "Built by joe@beta9 on monday\n", "note.txt").closed);
  CHECK(compare("hostname: alpha\n", "hostname: beta\n", "build.log").closed);
  CHECK_FALSE(compare("kernel options: mitigations1\n", "kernel options: init9shell\n", "note.txt").closed);
  CHECK_FALSE(compare("alice@good.example\n", "alice@evil.example\n", "hosts.txt").closed);
  CHECK_FALSE(compare("hostname: good.example\n", "hostname: evil.example\n", "peers.txt").closed);
  CHECK_FALSE(compare("user: daemon\n", "user: root\n", "service.md").closed);
}

TEST_CASE("evidence: no build was made after its artifact was there", "[artifact][cause]") {
  CHECK(compare("generated: 2022-01-02\n", "generated: 2024-01-02\n", "note.json").closed);
  CHECK_FALSE(compare("valid_until: 2022-01-02\n", "valid_until: 2094-01-02\n", "license.txt").closed);
}

TEST_CASE("evidence: a member younger than all that keep their time was not clamped", "[artifact][cause]") {
  const auto before = dated({k_early, k_early, k_late});
  CHECK(cause_ids(compare(before, dated({k_early, k_early, k_late + 4096}), "a.tar")) ==
        std::vector<std::string>{"unclamped-mtime"});
  // Where most got another time, nothing was clamped.
  for (const auto& id : cause_ids(compare(before, dated({k_late, k_late, k_late + 4096}), "a.tar")))
    CHECK(id == "timestamp");
}

TEST_CASE("evidence: a version field counts whole, with its epoch, and so do relations to it", "[artifact][cause]") {
  const auto control = [](const std::string& version) {
    return tar_of({{"control", "Package: x\nVersion: " + version + "\nDepends: y (= " + version + ")\n"}});
  };
  const auto comparison = compare(control("1:9.2p1-2+deb12u9"), control("1:9.2p1-2+deb12u10"), "a.tar");
  REQUIRE(comparison.closed);
  CHECK(cause_ids(comparison) == std::vector<std::string>{"version"});
  CHECK(comparison.causes[0].summary == "1:9.2p1-2+deb12u9 → 1:9.2p1-2+deb12u10");
}

TEST_CASE("evidence: the version of what a document depends on is not its own", "[artifact][cause]") {
  const auto package = [](const std::string& version, const std::string& other) {
    return "{\n\"version\": \"" + version + "\",\n\"dependencies\": {\n\"other\": \"" + other + "\"\n}\n}\n";
  };
  CHECK(compare(package("2.0.0", "1.0.0"), package("2.1.0", "1.0.0"), "package.json").closed);
  CHECK_FALSE(compare(package("2.0.0", "2.0.0"), package("2.1.0", "2.1.0"), "package.json").closed);
}

TEST_CASE("evidence: one value in lines that say different things is not one change", "[artifact][cause][hostile]") {
  CHECK(compare("Built by joe@alpha\n", "Built by joe@beta9\n", "note.txt").closed);
  CHECK_FALSE(
      compare("Built by joe@alpha\nallow: joe@alpha\n", "Built by joe@beta9\nallow: joe@beta9\n", "note.txt").closed);
}

TEST_CASE("evidence: a build tool's version explains what that tool wrote, as far as it is read as data",
          "[artifact][cause]") {
  const auto build = [](const std::string& version, const std::string& said) {
    return tar_of({{"x.buildinfo", "Installed-Build-Depends:\n doxygen (= " + version + "),\n make (= 4.3)\n"},
                   {"doc.txt", "made by doxygen " + said + "\n"}});
  };
  const auto comparison = compare(build("1.9.4-4", "1.9.4"), build("1.9.8-2", "1.9.8"), "a.tar");
  CHECK(comparison.closed);
  CHECK(cause_ids(comparison) == std::vector<std::string>{"tool-drift"});
  CHECK_FALSE(compare(build("1.9.4-4", "1.9.4"), build("1.9.8-2", "1.9.9"), "a.tar").closed);
}

TEST_CASE("evidence: the same words in another order may be a hash table's, and are a guess", "[artifact][cause]") {
  const auto comparison = compare("features: zlib ssl ipv6 idn\n", "features: idn ipv6 zlib ssl\n", "info.txt");
  CHECK(cause_ids(comparison) == std::vector<std::string>{"hash-order"});
  CHECK_FALSE(comparison.closed);
  CHECK(cause_ids(compare("order: deny allow reject\n", "order: reject deny allow\n", "x.conf")).empty());
}

TEST_CASE("evidence: strings of a binary and lines of what no name explains have an order that counts",
          "[artifact][cause]") {
  const std::string first{"\1one thing\0two things\0three\0", 30};
  const std::string second{"\1one thing\0three\0two things\0\0", 31};
  CHECK_FALSE(compare(first, second, "zones").closed);
  CHECK_FALSE(compare("deny-all\nallow-x\nallow-y\n", "allow-x\nallow-y\ndeny-all\n", "rules").closed);
  const std::string before{"\1a allow root\nB deny bob\0", 26};
  const std::string after{"\1B allow bob\na deny root\0", 26};
  CHECK_FALSE(compare(before, after, "x.bin").closed);
}
