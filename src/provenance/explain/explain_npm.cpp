// The package.json of an npm package: what publishing adds to that of VCS, and the life-cycle scripts, which run on every
// machine that installs the package and therefore have to be the same.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/package_metadata.hpp"
#include "provenance/release_claims.hpp"

namespace assay::provenance {

namespace {

using Json = nlohmann::json;
using Evidence = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view k_life_cycle[] = {"preinstall", "install", "postinstall", "prepublish",
                                             "preprepare", "prepare", "postprepare"};

std::string script_of(const Json& package, std::string_view name) {
  if (!package.contains("scripts") || !package["scripts"].is_object()) return {};
  const auto found = package["scripts"].find(name);
  return found != package["scripts"].end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// The values as they are written: of "exports" and "imports" the first condition that fits is taken.
bool same_in_order(std::string_view before, std::string_view now, const std::string& key) {
  using Ordered = nlohmann::ordered_json;
  const auto a = Ordered::parse(before, nullptr, false);
  const auto b = Ordered::parse(now, nullptr, false);
  return a.is_object() && b.is_object() && a.contains(key) && b.contains(key) && a[key] == b[key];
}

/// What npm and other clients write into the manifest when they pack.
bool is_added_by_publishing(const std::string& key, const Json& value, const ExplainContext& context) {
  if (key == "gitHead")
    return value.is_string() && context.release != nullptr && value.get<std::string>() == context.release->commit;
  if (key == "version")
    return value.is_string() && context.release != nullptr &&
           context.release->is_semantic_version(value.get<std::string>());
  constexpr std::size_t k_longest = 300;  // an address
  const bool by_client = key == "_id" || key == "_from" || key == "_resolved" || key == "_integrity" ||
                         key == "_nodeVersion" || key == "_npmVersion";
  return by_client && value.is_string() && value.get_ref<const std::string&>().size() <= k_longest;
}

}  // namespace

std::optional<Explanation> explain_npm(ExplainContext& context) {
  if (context.content == nullptr || path_basename(context.difference.path) != "package.json" ||
      context.difference.status != EntryStatus::modified)
    return std::nullopt;
  if (context.difference.reference->kind != EntryKind::regular || context.content->size() > (16U << 20))
    return std::nullopt;
  const auto before_text = context.reference.read(*context.difference.reference, context.max_read);
  if (!before_text) return std::nullopt;
  const auto now_parsed = parse_strictly(context.text());
  const auto before_parsed = parse_strictly(as_text(*before_text));
  if (!now_parsed || !now_parsed->is_object())
    return make_explanation(Proof::unexplained, "npm",
                            {{"malformed", "package.json: it is no JSON object in which each key stands once"}});
  if (!before_parsed || !before_parsed->is_object()) return std::nullopt;
  const auto& now = *now_parsed;
  const auto& before = *before_parsed;
  Evidence evidence;
  for (const auto name : k_life_cycle)
    if (const auto script = script_of(now, name); script != script_of(before, name))
      evidence.emplace_back("life-cycle script " + std::string{name}, script.empty() ? "(taken out)" : script);
  if (!evidence.empty()) return make_explanation(Proof::unexplained, "npm", std::move(evidence));
  for (const auto& [key, value] : now.items())
    if ((!before.contains(key) || before[key] != value) && !is_added_by_publishing(key, value, context))
      return std::nullopt;
  for (const auto& [key, value] : now.items())
    if (value.is_structured() && before.contains(key) && !same_in_order(as_text(*before_text), context.text(), key))
      return std::nullopt;
  for (const auto& [key, value] : before.items())
    if (!now.contains(key)) return std::nullopt;
  return make_explanation(
      Proof::derived, "npm",
      {{"same as", "package.json in version control, but for what publishing adds"}, {"life-cycle scripts", "equal"}});
}

}  // namespace assay::provenance
