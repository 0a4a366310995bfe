#include "cli/chain_policy.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/toml_nesting.hpp"
#include "cli/rule_data.hpp"

namespace assay::cli {

namespace {

constexpr std::uint64_t k_largest_policy = 1U << 20;

class PolicyReader {
 public:
  explicit PolicyReader(const std::filesystem::path& file) : m_file(file) {}

  Result<inspect::ChainPolicy> read(const toml::table& root) const {
    ASSAY_TRY_VOID(only(root, {"schema", "otherwise", "chain"}));
    const auto* schema = root.get("schema");
    if (schema == nullptr || schema->value<std::int64_t>() != 1) return problem(root, "it has to say schema = 1");
    inspect::ChainPolicy policy;
    if (root.contains("otherwise")) {
      ASSAY_TRY(policy.otherwise, severity(root, "otherwise"));
    }
    const auto* chains = root.get("chain");
    if (chains == nullptr) return policy;
    if (!chains->is_array_of_tables()) return problem(*chains, "chain has to be written as [[chain]]");
    for (const auto& item : *chains->as_array()) {
      ASSAY_TRY(auto rule, read_rule(*item.as_table()));
      policy.rules.push_back(std::move(rule));
    }
    return policy;
  }

 private:
  Error problem(const toml::node& node, std::string message) const {
    const auto at = node.source().begin;
    return Error{ErrorCode::format, std::move(message), fmt::format("{}:{}:{}", m_file.string(), at.line, at.column),
                 "see rules/policy/chain.toml"};
  }

  Result<void> only(const toml::table& table, std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, node] : table)
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end())
        return problem(node, fmt::format("there is no key '{}' here", escape_for_display(key.str())));
    return {};
  }

  Result<Severity> severity(const toml::table& table, std::string_view key) const {
    const auto* node = table.get(key);
    if (node == nullptr) return problem(table, fmt::format("{} is missing", key));
    const auto parsed = parse_severity(node->value_or(std::string_view{}));
    if (!parsed) return problem(*node, fmt::format("{} has to be info, low, medium, high or critical", key));
    return *parsed;
  }

  Result<inspect::ChainRule> read_rule(const toml::table& table) const {
    ASSAY_TRY_VOID(only(table, {"when", "severity", "because"}));
    inspect::ChainRule rule;
    ASSAY_TRY(rule.severity, severity(table, "severity"));
    rule.because = table["because"].value_or(std::string{});
    if (rule.because.empty()) return problem(table, "because is missing: one sentence for the reader of the report");
    const auto* when = table.get("when");
    if (when == nullptr || !when->is_array() || when->as_array()->empty())
      return problem(table, "when has to be a list of facts");
    for (const auto& item : *when->as_array()) {
      const auto name = item.value_or(std::string_view{});
      const auto fact = inspect::parse_chain_fact(name);
      if (!fact) return problem(item, fmt::format("there is no fact '{}'", escape_for_display(name)));
      rule.when.push_back(*fact);
    }
    return rule;
  }

  const std::filesystem::path& m_file;
};

}  // namespace

Result<inspect::ChainPolicy> parse_chain_policy(std::string_view text, const std::filesystem::path& file) {
  try {
    if (has_deep_toml_key(text)) throw toml::parse_error{"a key of too many parts", toml::source_region{}};
    auto policy = PolicyReader{file}.read(toml::parse(text, file.string()));
    if (policy) policy->digest = sha256(as_bytes(text));
    return policy;
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    return Error{ErrorCode::format, std::string{error.description()},
                 fmt::format("{}:{}:{}", file.string(), at.line, at.column), "see rules/policy/chain.toml"};
  }
}

Result<inspect::ChainPolicy> load_chain_policy(const std::vector<std::string>& asked) {
  std::filesystem::path file;
  std::error_code ignored;
  for (const auto& directory : asked)
    if (const auto own = std::filesystem::path{directory} / "policy" / "chain.toml";
        std::filesystem::exists(own, ignored))
      file = own;
  if (file.empty()) {
    ASSAY_TRY(const auto directory, find_rule_directory({}));
    file = directory / "policy" / "chain.toml";
  }
  ASSAY_TRY(const auto bytes, read_file(file, k_largest_policy));
  return parse_chain_policy(as_text(bytes), file);
}

}  // namespace assay::cli
