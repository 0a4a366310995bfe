#include "cli/config.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <initializer_list>
#include <ostream>
#include <system_error>

#include "artifact/compare_artifacts.hpp"
#include "base/file.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"
#include "base/toml_nesting.hpp"
#include "cli/common_options.hpp"

namespace assay::cli {

namespace {

constexpr std::uint64_t k_max_config_size = 4ULL << 20;

class ConfigParser {
 public:
  ConfigParser(std::filesystem::path file, ConfigOrigin origin)
      : m_file(std::move(file)), m_shown_file(escape_for_display(m_file.string())) {
    m_config.origin = origin;
  }

  Result<Config> parse(const toml::table& document) {
    m_config.file = m_file;
    ASSAY_TRY_VOID(
        only_keys(document, "the configuration", {"compare", "fail-on", "rules", "limits", "regenerate", "suppress"}));
    ASSAY_TRY_VOID(only_harmless_if_found(document));
    ASSAY_TRY_VOID(read_fail_on(document));
    ASSAY_TRY_VOID(read_rules(document));
    ASSAY_TRY_VOID(read_limits(document));
    ASSAY_TRY_VOID(read_regenerate(document));
    ASSAY_TRY_VOID(read_compare(document));
    ASSAY_TRY_VOID(read_suppressions(document));
    return std::move(m_config);
  }

  Error error_at(const toml::source_region& place, std::string message, std::string remedy) const {
    return {ErrorCode::usage, std::move(message),
            fmt::format("{}:{}:{}", m_shown_file, place.begin.line, place.begin.column), std::move(remedy)};
  }

 private:
  Result<void> only_keys(const toml::table& table, std::string_view what,
                         std::initializer_list<std::string_view> allowed) const {
    for (const auto& [key, value] : table) {
      if (std::find(allowed.begin(), allowed.end(), key.str()) != allowed.end()) continue;
      const auto nearest = nearest_word(key.str(), std::vector<std::string>(allowed.begin(), allowed.end()));
      return error_at(key.source(), fmt::format("unknown key '{}' in {}", escape_for_display(key.str()), what),
                      nearest.empty() ? fmt::format("the keys are: {}", fmt::join(allowed, ", "))
                                      : fmt::format("did you mean '{}'?", nearest));
    }
    return {};
  }

  /// What decides what counts as known, what is run and where it stops is not for a directory that may be somebody else's to say.
  Result<void> only_harmless_if_found(const toml::table& document) const {
    if (m_config.origin == ConfigOrigin::named) return {};
    for (const std::string_view key : {"fail-on", "rules", "limits", "regenerate"})
      if (const auto* node = document.get(key))
        return error_at(
            node->source(),
            fmt::format("'{}' is not taken from a configuration that was only found in the current directory", key),
            fmt::format("if the file is yours, name it: --config {}", m_shown_file));
    return {};
  }

  /// The string under `key`; empty if there is none.
  Result<std::string> text_of(const toml::table& table, std::string_view key, std::string_view example) const {
    const auto* node = table.get(key);
    if (node == nullptr) return std::string{};
    if (const auto* text = node->as_string()) return text->get();
    return error_at(node->source(), fmt::format("'{}' must be a string", key),
                    fmt::format("write {} = {}", key, example));
  }

  Result<void> read_fail_on(const toml::table& document) {
    ASSAY_TRY(const auto word, text_of(document, "fail-on", "\"high\""));
    if (!document.contains("fail-on")) return {};
    m_config.fail_on = parse_severity(word);
    if (m_config.fail_on) return {};
    return error_at(document.get("fail-on")->source(),
                    fmt::format("'fail-on' knows no severity '{}'", escape_for_display(word)),
                    "write info, low, medium, high or critical");
  }

  Result<void> read_rules(const toml::table& document) {
    const auto* node = document.get("rules");
    if (node == nullptr) return {};
    const auto add = [&](const toml::node& item) {
      const auto* text = item.as_string();
      if (text != nullptr) m_config.rule_dirs.push_back((m_file.parent_path() / text->get()).string());
      return text != nullptr;
    };
    const auto* list = node->as_array();
    const bool fine = list == nullptr ? add(*node) : std::all_of(list->begin(), list->end(), add);
    if (fine) return {};
    return error_at(node->source(), "'rules' must be a directory, or a list of directories",
                    "write rules = \"DIR\" or rules = [\"DIR\", \"DIR\"]");
  }

  Result<void> read_limits(const toml::table& document) {
    const auto* node = document.get("limits");
    if (node == nullptr) return {};
    const auto* limits = node->as_table();
    if (limits == nullptr)
      return error_at(node->source(), "'limits' must be a table", "write [limits] on a line of its own");
    for (const auto& [key, value] : *limits) {
      std::string setting;
      if (const auto* text = value.as_string()) setting = text->get();
      if (const auto* number = value.as_integer()) setting = std::to_string(number->get());
      if (setting.empty())
        return error_at(value.source(),
                        fmt::format("limit '{}' must be a number or a size", escape_for_display(key.str())),
                        "write a number, or a size such as \"64MiB\"");
      if (auto set = set_limit(m_config.limits, key.str(), setting); !set)
        return error_at(value.source(),
                        fmt::format("limit '{}': {}", escape_for_display(key.str()), set.error().message),
                        set.error().remedy);
    }
    return {};
  }

  Result<void> read_regenerate(const toml::table& document) {
    const auto* node = document.get("regenerate");
    if (node == nullptr) return {};
    const auto* table = node->as_table();
    if (table == nullptr)
      return error_at(node->source(), "'regenerate' must be a table", "write [regenerate] on a line of its own");
    ASSAY_TRY_VOID(only_keys(*table, "[regenerate]", {"recipe", "toolchain", "gnulib"}));
    auto& wanted = m_config.regenerate;
    for (const auto& [key, place] : {std::pair{"toolchain", &wanted.toolchain}, std::pair{"gnulib", &wanted.gnulib}}) {
      ASSAY_TRY(const auto text, text_of(*table, key, "\"DIR\""));
      if (!text.empty()) *place = (m_file.parent_path() / text).string();
    }
    return read_recipe(*table);
  }

  Result<void> read_recipe(const toml::table& table) {
    const auto* node = table.get("recipe");
    if (node == nullptr) return {};
    const auto add = [&](const toml::node& item) {
      const auto* text = item.as_string();
      if (text != nullptr) m_config.regenerate.recipe.push_back(text->get());
      return text != nullptr;
    };
    const auto* list = node->as_array();
    if (list == nullptr ? add(*node) : std::all_of(list->begin(), list->end(), add)) return {};
    return error_at(node->source(), "'recipe' must be the name of a recipe, or a list of commands",
                    "write recipe = \"autotools\" or recipe = [\"./autogen.sh\", \"./configure\"]");
  }

  Result<void> read_compare(const toml::table& document) {
    const auto* node = document.get("compare");
    if (node == nullptr) return {};
    const auto* table = node->as_table();
    if (table == nullptr)
      return error_at(node->source(), "'compare' must be a table", "write [compare] on a line of its own");
    ASSAY_TRY_VOID(only_keys(*table, "[compare]", {"ignore"}));
    const auto* list = table->get_as<toml::array>("ignore");
    if (list == nullptr || !list->is_homogeneous<std::string>())
      return error_at(node->source(), "'ignore' must be a list of causes",
                      "write ignore = [\"timestamp\", \"build-path\"]");
    const auto known = cause_ids();
    for (const auto& item : *list) {
      const auto& id = item.as_string()->get();
      if (std::find(known.begin(), known.end(), id) == known.end()) {
        const auto near = nearest_word(id, known);
        return error_at(item.source(), fmt::format("there is no cause '{}'", escape_for_display(id)),
                        near.empty() ? fmt::format("the causes are: {}", fmt::join(known, ", "))
                                     : fmt::format("did you mean '{}'?", near));
      }
      m_config.accepted_causes.push_back(id);
    }
    return {};
  }

  Result<void> read_suppressions(const toml::table& document) {
    const auto* node = document.get("suppress");
    if (node == nullptr) return {};
    const auto* list = node->as_array();
    const bool fine =
        list != nullptr && std::all_of(list->begin(), list->end(), [](const auto& item) { return item.is_table(); });
    if (!fine) return error_at(node->source(), "'suppress' must be a list of tables", "write [[suppress]] before each");
    for (const auto& item : *list) {
      ASSAY_TRY(auto waiver, read_suppression(*item.as_table()));
      m_config.waivers.push_back(std::move(waiver));
    }
    return {};
  }

  Result<Waiver> read_suppression(const toml::table& table) const {
    ASSAY_TRY_VOID(only_keys(table, "[[suppress]]", {"rule", "path", "sha256", "reason", "expires"}));
    Waiver waiver;
    // Reports say the same wherever the project lies.
    waiver.declared = {m_file.is_absolute() ? m_file.filename().string() : m_file.string(), table.source().begin.line};
    ASSAY_TRY(waiver.rule, required(table, "rule", "\"provenance-unexplained-data\"", "`assay rules list` shows them"));
    ASSAY_TRY(waiver.path, required(table, "path", "\"doc/*.pdf\"", "which files it is about"));
    ASSAY_TRY(waiver.reason, required(table, "reason", "\"…\"", "why the finding is fine, and who says so"));
    ASSAY_TRY(waiver.content_sha256, read_sha256(table));
    ASSAY_TRY(waiver.expires, read_expires(table));
    return waiver;
  }

  Result<std::string> required(const toml::table& table, std::string_view key, std::string_view example,
                               std::string_view why) const {
    ASSAY_TRY(auto text, text_of(table, key, example));
    if (!normalise_line(text).empty()) return text;
    return error_at(table.source(), fmt::format("[[suppress]] needs '{}'", key),
                    fmt::format("write {} = {} ({})", key, example, why));
  }

  Result<std::string> read_sha256(const toml::table& table) const {
    ASSAY_TRY(const auto text, text_of(table, "sha256", "\"<64 hexadecimal digits>\""));
    if (!table.contains("sha256")) return std::string{};
    if (Sha256::from_hex(text)) return ascii_lower(text);
    return error_at(table.get("sha256")->source(), "'sha256' must be 64 hexadecimal digits",
                    "take it from 'content_sha256' of the finding in the JSON report, or from sha256sum");
  }

  Result<std::optional<std::chrono::year_month_day>> read_expires(const toml::table& table) const {
    const auto* node = table.get("expires");
    if (node == nullptr) return std::optional<std::chrono::year_month_day>{};
    if (const auto* date = node->as_date())
      return std::optional{std::chrono::year_month_day{std::chrono::year{date->get().year},
                                                       std::chrono::month{date->get().month},
                                                       std::chrono::day{date->get().day}}};
    return error_at(node->source(), "'expires' must be a date", "write expires = 2027-01-31, without quotes");
  }

  const std::filesystem::path m_file;
  const std::string m_shown_file;
  Config m_config;
};

}  // namespace

std::vector<std::string> cause_ids() {
  std::vector<std::string> ids;
  for (const auto& cause : artifact::known_causes()) ids.emplace_back(cause.id);
  return ids;
}

Result<Config> parse_config(std::string_view text, const std::filesystem::path& file, ConfigOrigin origin) {
  ConfigParser parser{file, origin};
  try {
    if (has_deep_toml_key(text)) throw toml::parse_error{"a key of too many parts", toml::source_region{}};
    const auto document = toml::parse(text);
    return parser.parse(document);
  } catch (const toml::parse_error& error) {
    return parser.error_at(error.source(), fmt::format("not valid TOML: {}", escape_for_display(error.description())),
                           "see https://toml.io/en/v1.0.0; strings need quotes");
  }
}

Result<Config> load_config(const std::string& asked) {
  std::filesystem::path file = asked;
  if (asked.empty()) {
    std::error_code unreadable;
    file = k_default_config;
    // A dangling link or a directory of that name is an error below, not an absent file.
    if (std::filesystem::symlink_status(file, unreadable).type() == std::filesystem::file_type::not_found)
      return Config{};
  }
  ASSAY_TRY(const auto content, read_file(file, k_max_config_size));
  return parse_config(as_text(content), file, asked.empty() ? ConfigOrigin::found : ConfigOrigin::named);
}

void note_found_config(const Config& config, std::ostream& err) {
  if (config.origin == ConfigOrigin::named || (config.waivers.empty() && config.accepted_causes.empty())) return;
  std::error_code unknown;
  const auto place = std::filesystem::absolute(config.file, unknown);
  err << fmt::format(
      "assay: {} was found and is honoured: {}, {}\n", escape_for_display((unknown ? config.file : place).string()),
      count_of(config.waivers.size(), "suppression"), count_of(config.accepted_causes.size(), "accepted cause"));
}

}  // namespace assay::cli
