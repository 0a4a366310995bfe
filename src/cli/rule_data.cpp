#include "cli/rule_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "archive/reader.hpp"
#include "attest/rules.hpp"
#include "base/version.hpp"
#include "digest/digest.hpp"
#include "inspect/blob/check.hpp"
#include "inspect/chain.hpp"
#include "inspect/fixture_history.hpp"
#include "inspect/previous.hpp"
#include "inspect/script/analysis.hpp"
#include "model/waiver.hpp"
#include "provenance/previous_release.hpp"
#include "provenance/release_check.hpp"
#include "rebuild/rules.hpp"

namespace assay::cli {

namespace {

std::filesystem::path beside_binary() {
  std::error_code ignored;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return binary.parent_path().parent_path() / "share" / "assay" / "rules";
}

}  // namespace

Result<std::filesystem::path> find_rule_directory(const std::string& asked) {
  std::error_code ignored;
  if (!asked.empty()) {
    if (std::filesystem::is_directory(asked, ignored)) return std::filesystem::path{asked};
    return Error{ErrorCode::not_found, "is not a directory of rule data", asked, "give --rules the directory that holds known/"};
  }
  std::vector<std::filesystem::path> places;
  if (const char* environment = std::getenv("ASSAY_RULES"); environment != nullptr && *environment != '\0')
    places.emplace_back(environment);
  places.push_back(beside_binary());
  places.push_back(std::filesystem::path{k_install_datadir} / "rules");
  places.emplace_back(k_source_rules_dir);
  for (const auto& place : places)
    if (std::filesystem::is_directory(place / "known", ignored)) return place;
  return Error{ErrorCode::not_found, "the rule data cannot be found", places.front().string(), "install assay's share/assay/rules, or give --rules DIR"};
}

Result<provenance::KnownFiles> load_known_files(const std::vector<std::string>& asked) {
  ASSAY_TRY(const auto directory, find_rule_directory(asked.empty() ? std::string{} : asked.back()));
  return provenance::KnownFiles::open(directory / "known");
}

std::string ruleset_digest(const provenance::KnownFiles& known) {
  Sha256Stream stream;
  for (const auto& [name, digest] : known.data_sets()) stream.update(as_bytes(fmt::format("{} {}\n", name, digest)));
  return stream.finish().hex().substr(0, 16);
}

std::vector<Rule> all_rules() {
  std::vector<Rule> rules;
  for (const auto table : {archive::rules(), attest::rules(), inspect::blob_rules(), inspect::chain_rules(), inspect::history_rules(), inspect::previous_rules(), inspect::script_rules(), provenance::previous_release_rules(), provenance::rules(), rebuild::rules(), waiver_rules()}) rules.insert(rules.end(), table.begin(), table.end());
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) { return a.id < b.id; });
  return rules;
}

}  // namespace assay::cli
