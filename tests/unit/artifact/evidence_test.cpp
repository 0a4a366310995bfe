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
  CHECK_FALSE(compare("alice@good.example\n", "alice@evil.example\n", "hosts.txt").closed);
  CHECK_FALSE(compare("hostname: good.example\n", "hostname: evil.example\n", "peers.txt").closed);
  CHECK_FALSE(compare("user: daemon\n", "user: root\n", "service.md").closed);
}
