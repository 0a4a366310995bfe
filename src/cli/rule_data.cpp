#include "cli/rule_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "archive/reader.hpp"
#include "attest/rules.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "digest/digest.hpp"
#include "inspect/blob/check.hpp"
#include "inspect/chain.hpp"
#include "inspect/fixture_history.hpp"
#include "inspect/previous.hpp"
#include "inspect/script/analysis.hpp"
#include "inspect/source/source_checks.hpp"
#include "inspect/text/analysis.hpp"
#include "model/waiver.hpp"
#include "provenance/previous_release.hpp"
#include "provenance/release_check.hpp"
#include "rebuild/rules.hpp"
#include "trace/findings.hpp"

namespace assay::cli {

namespace {

std::filesystem::path beside_binary() {
  std::error_code ignored;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return binary.parent_path().parent_path() / "share" / "assay" / "rules";
}

/// A directory that holds none of what --rules is for is a mistake, not rule data.
Result<void> holds_rule_data(const std::string& directory) {
  std::error_code problem;
  ASSAY_TRY(const auto found, find_rule_directory(directory));
  for (const auto* part : {"known", "policy", "content"})
    if (std::filesystem::exists(found / part, problem)) return {};
  for (auto it = std::filesystem::directory_iterator{found, problem};
       !problem && it != std::filesystem::directory_iterator{}; it.increment(problem))
    if (const auto suffix = it->path().extension(); suffix == ".yar" || suffix == ".yara") return {};
  return Error{ErrorCode::not_found, problem ? "cannot be listed: " + problem.message() : "holds no rule data",
               escape_for_display(directory),
               "give a directory with *.yar files, or with content/, known/ or policy/ in it"};
}

}  // namespace

Result<std::filesystem::path> find_rule_directory(const std::string& asked) {
  std::error_code ignored;
  if (!asked.empty()) {
    if (std::filesystem::is_directory(asked, ignored)) return std::filesystem::path{asked};
    return Error{ErrorCode::not_found, "is not a directory of rule data", escape_for_display(asked),
                 "give a directory with *.yar files, or with content/, known/ or policy/ in it"};
  }
  std::vector<std::filesystem::path> places;
  if (const char* environment = std::getenv("ASSAY_RULES"); environment != nullptr && *environment != '\0') {
    if (!std::filesystem::is_directory(std::filesystem::path{environment} / "known", ignored))
      return Error{ErrorCode::not_found, "there is no rule data", "ASSAY_RULES=" + escape_for_display(environment),
                   "let it name assay's share/assay/rules, which has a known/ in it, or unset it"};
    return std::filesystem::path{environment};
  }
  places.push_back(beside_binary());
  places.push_back(std::filesystem::path{k_install_datadir} / "rules");
  places.emplace_back(k_source_rules_dir);
  for (const auto& place : places)
    if (std::filesystem::is_directory(place / "known", ignored)) return place;
  return Error{ErrorCode::not_found, "the rule data cannot be found", places.front().string(),
               "install assay's share/assay/rules, or give --rules DIR"};
}

Result<provenance::KnownFiles> load_known_files(const std::vector<std::string>& asked) {
  std::string chosen;
  for (const auto& directory : asked) {
    ASSAY_TRY_VOID(holds_rule_data(directory));
    std::error_code ignored;
    if (std::filesystem::is_directory(std::filesystem::path{directory} / "known", ignored)) chosen = directory;
  }
  ASSAY_TRY(const auto directory, find_rule_directory(chosen));
  return provenance::KnownFiles::open(directory / "known");
}

Result<inspect::ContentRules> load_content_rules(const std::vector<std::string>& asked) {
  std::error_code ignored;
  std::vector<std::filesystem::path> directories;
  const auto add = [&](const std::filesystem::path& directory) {
    const bool known = std::any_of(directories.begin(), directories.end(), [&](const auto& other) {
      return std::filesystem::equivalent(directory, other, ignored);
    });
    if (!known && std::filesystem::is_directory(directory, ignored)) directories.push_back(directory);
  };
  ASSAY_TRY(const auto own, find_rule_directory({}));
  add(own / "content");
  for (const auto& directory : asked) {
    ASSAY_TRY_VOID(holds_rule_data(directory));
    add(directory);
    add(std::filesystem::path{directory} / "content");
  }
  return inspect::ContentRules::load(directories);
}

std::string ruleset_digest(const provenance::KnownFiles& known, const inspect::ContentRules& content,
                           const inspect::ChainPolicy& policy) {
  Sha256Stream stream;
  for (const auto& [name, digest] : known.data_sets()) stream.update(as_bytes(fmt::format("{} {}\n", name, digest)));
  stream.update(as_bytes(fmt::format("content {}\n", content.digest().hex())));
  stream.update(as_bytes(fmt::format("policy {}\n", policy.digest.hex())));
  return stream.finish().hex().substr(0, 16);
}

std::vector<Rule> all_rules(const inspect::ContentRules& content) {
  std::vector<Rule> rules;
  for (const auto table :
       {archive::rules(), attest::rules(), inspect::blob_rules(), inspect::chain_rules(), inspect::history_rules(),
        inspect::previous_rules(), inspect::script_rules(), inspect::source_rules(), inspect::text_rules(),
        content.rules(), provenance::previous_release_rules(), provenance::rules(), rebuild::rules(), trace::rules(),
        waiver_rules()})
    rules.insert(rules.end(), table.begin(), table.end());
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) { return a.id < b.id; });
  return rules;
}

}  // namespace assay::cli
