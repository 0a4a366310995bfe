// Recipes that a user wrote.
#include <fmt/format.h>

#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>

#include "base/file.hpp"
#include "base/glob.hpp"
#include "base/text.hpp"
#include "base/toml_nesting.hpp"
#include "rebuild/build_recipe.hpp"

namespace assay::rebuild {

namespace {

constexpr std::uint64_t k_largest_recipe = 1ULL << 20;

/// An artifact is what the build made: no file of the system, and none beside the source.
bool leads_out_of_build(std::string_view pattern) {
  if (pattern.starts_with('/') || pattern.starts_with('~')) return true;
  while (!pattern.empty()) {
    const auto part = pattern.substr(0, pattern.find('/'));
    // `.?` is `..` too to a shell.
    if (part.starts_with('.') && glob_match(part, "..")) return true;
    pattern.remove_prefix(std::min(pattern.size(), part.size() + 1));
  }
  return false;
}

class RecipeReader {
 public:
  explicit RecipeReader(const std::filesystem::path& file) : m_file(escape_for_display(file.string())) {}

  Result<BuildRecipe> read(const toml::table& document) const {
    ASSAY_TRY_VOID(only_keys(document, {"artifacts", "needs", "environment", "phase"}));
    BuildRecipe recipe;
    recipe.name = "given";
    recipe.evidence = m_file;
    ASSAY_TRY(recipe.artifacts, texts(document, "artifacts", "[\"*.tar.gz\"]"));
    ASSAY_TRY(recipe.needs, texts(document, "needs", "[\"libfoo-dev\"]"));
    ASSAY_TRY_VOID(read_environment(document, recipe));
    ASSAY_TRY_VOID(read_phases(document, recipe));
    if (recipe.artifacts.empty())
      return error_at(document, "a recipe needs 'artifacts': what is compared", "write artifacts = [\"*.tar.gz\"]");
    for (const auto& pattern : recipe.artifacts)
      if (leads_out_of_build(pattern))
        return error_at(*document.get("artifacts"),
                        fmt::format("'{}' leads out of what is built", escape_for_display(pattern)),
                        "artifacts are below the source, or below $ASSAY_INSTALL, where the phase install puts them");
    if (recipe.phases.empty())
      return error_at(document, "a recipe needs a phase", "write [[phase]], name = \"build\", commands = [\"make\"]");
    return recipe;
  }

  Error error_at(const toml::node& node, std::string message, std::string remedy) const {
    return error_at(node.source(), std::move(message), std::move(remedy));
  }
  Error error_at(const toml::source_region& place, std::string message, std::string remedy) const {
    return {ErrorCode::usage, std::move(message), fmt::format("{}:{}", m_file, std::max<unsigned>(place.begin.line, 1)),
            std::move(remedy)};
  }

 private:
  Result<void> only_keys(const toml::table& table, std::initializer_list<std::string_view> allowed) const {
    for (const auto& [key, value] : table)
      if (std::find(allowed.begin(), allowed.end(), key.str()) == allowed.end())
        return error_at(key.source(), fmt::format("unknown key '{}'", escape_for_display(key.str())),
                        fmt::format("the keys are: {}", fmt::join(allowed, ", ")));
    return {};
  }

  Result<std::vector<std::string>> texts(const toml::table& table, std::string_view key,
                                         std::string_view example) const {
    std::vector<std::string> found;
    const auto* node = table.get(key);
    if (node == nullptr) return found;
    const auto* list = node->as_array();
    const bool fine = list != nullptr && std::all_of(list->begin(), list->end(), [&](const toml::node& item) {
                        if (const auto* text = item.as_string()) found.push_back(text->get());
                        return item.is_string();
                      });
    if (!fine)
      return error_at(*node, fmt::format("'{}' must be a list of strings", key),
                      fmt::format("write {} = {}", key, example));
    return found;
  }

  Result<void> read_environment(const toml::table& document, BuildRecipe& recipe) const {
    const auto* node = document.get("environment");
    if (node == nullptr) return {};
    const auto* table = node->as_table();
    if (table == nullptr)
      return error_at(*node, "'environment' must be a table", "write [environment] on a line of its own");
    for (const auto& [key, value] : *table) {
      const auto* text = value.as_string();
      if (text == nullptr || key.str().find('=') != std::string_view::npos)
        return error_at(value, fmt::format("variable '{}' must be a string", escape_for_display(key.str())),
                        "write NAME = \"value\"");
      recipe.environment.emplace_back(key.str(), text->get());
    }
    return {};
  }

  Result<void> read_phases(const toml::table& document, BuildRecipe& recipe) const {
    const auto* node = document.get("phase");
    if (node == nullptr) return {};
    const auto* list = node->as_array();
    if (list == nullptr) return error_at(*node, "'phase' must be a list of tables", "write [[phase]] before each");
    for (const auto& item : *list) {
      const auto* table = item.as_table();
      if (table == nullptr) return error_at(item, "'phase' must be a list of tables", "write [[phase]] before each");
      ASSAY_TRY_VOID(only_keys(*table, {"name", "commands"}));
      ASSAY_TRY(auto commands, texts(*table, "commands", "[\"make\"]"));
      const auto name = table->get("name") == nullptr ? std::string{} : table->get("name")->value_or(std::string{});
      const bool plain = !name.empty() && name.size() <= 32 &&
                         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
      if (!plain || commands.empty())
        return error_at(item, "a phase needs a name of lower-case letters, and commands",
                        "write name = \"build\", commands = [\"make\"]");
      recipe.phases.push_back({name, std::move(commands)});
    }
    return {};
  }

  const std::string m_file;
};

}  // namespace

Result<BuildRecipe> read_build_recipe(const std::filesystem::path& file) {
  ASSAY_TRY(const auto content, read_file(file, k_largest_recipe));
  return parse_build_recipe(as_text(content), file);
}

Result<BuildRecipe> parse_build_recipe(std::string_view text, const std::filesystem::path& file) {
  const RecipeReader reader{file};
  try {
    if (has_deep_toml_key(text)) throw toml::parse_error{"a key of too many parts", toml::source_region{}};
    return reader.read(toml::parse(text));
  } catch (const toml::parse_error& problem) {
    return reader.error_at(problem.source(),
                           fmt::format("not valid TOML: {}", escape_for_display(problem.description())),
                           "see https://toml.io/en/v1.0.0; strings need quotes");
  }
}

}  // namespace assay::rebuild
