#include "provenance/python_project.hpp"

#include <toml++/toml.h>
#include <algorithm>

#include "base/text.hpp"
#include "base/toml_nesting.hpp"
#include "provenance/setup_cfg.hpp"
#include "provenance/setup_py.hpp"

namespace assay::provenance {

namespace {

/// A marker without blanks, parentheses and the kind of its quotes.
std::string marker_key(std::string_view marker) {
  auto plain = ascii_lower(marker);
  std::erase_if(plain, [](char c) { return c == ' ' || c == '\t' || c == '(' || c == ')' || c == '\r'; });
  std::replace(plain.begin(), plain.end(), '"', '\'');
  return plain;
}

bool is_dynamic(const toml::table& project, std::string_view name) {
  const auto* const dynamic = project["dynamic"].as_array();
  return dynamic != nullptr && std::any_of(dynamic->begin(), dynamic->end(), [&](const toml::node& one) {
           return one.value<std::string_view>() == name;
         });
}

std::optional<toml::table> parsed_toml(std::string_view text) {
  if (has_deep_toml_key(text)) return std::nullopt;
  try {
    return toml::parse(text);
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

/// A name as PEP 503 compares them.
std::string as_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '_' || c == '.'; }, '-');
  return name;
}

/// `socks,use_chardet`: parts of a package that are installed only for who asks for them.
std::set<std::string> extras_in(std::string_view list) {
  std::set<std::string> extras;
  while (!list.empty()) {
    const auto one = list.substr(0, list.find(','));
    if (!one.empty()) extras.insert(as_name(std::string{one}));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
  }
  return extras;
}

}  // namespace

std::string requirement_key(std::string_view text) {
  auto plain = ascii_lower(text.substr(0, text.find(';')));
  std::erase_if(plain, [](char c) {
    return c == ' ' || c == '\t' || c == '(' || c == ')' || c == '"' || c == '\'' || c == '\r';
  });
  std::set<std::string> extras;
  if (const auto open = plain.find('['); open != std::string::npos)
    if (const auto close = plain.find(']', open); close != std::string::npos) {
      extras = extras_in(std::string_view{plain}.substr(open + 1, close - open - 1));
      plain.erase(open, close - open + 1);
    }
  const auto end = std::min(plain.find_first_of("<>=!~@"), plain.size());
  auto key = as_name(plain.substr(0, end));
  for (const auto& extra : extras) (key += '+') += extra;
  std::set<std::string_view> limits;
  for (std::string_view rest = std::string_view{plain}.substr(end); !rest.empty();) {
    const auto comma = std::min(rest.find(','), rest.size());
    limits.insert(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  for (const auto limit : limits) (key += '|') += limit;
  return key;
}

std::string version_specifier_key(std::string_view text) {
  return requirement_key(text);
}

void add_requirement(std::string_view field, Requirements& requirements) {
  const auto cut = std::min(field.find(';'), field.size());
  const auto marker = marker_key(field.substr(std::min(cut + 1, field.size())));
  if (marker.find("extra==") == std::string::npos)
    requirements.packages.insert(requirement_key(field.substr(0, cut)) + ";" + marker);
}

std::optional<Requirements> declared_requirements(std::string_view pyproject) {
  const auto settings = parsed_toml(pyproject);
  if (!settings) return std::nullopt;
  const auto* const project = (*settings)["project"].as_table();
  if (project == nullptr || is_dynamic(*project, "dependencies") || is_dynamic(*project, "requires-python"))
    return std::nullopt;
  Requirements declared;
  if (const auto* const list = (*project)["dependencies"].as_array())
    for (const auto& one : *list) add_requirement(one.value_or(std::string_view{}), declared);
  declared.python = version_specifier_key((*project)["requires-python"].value_or(std::string_view{}));
  return declared;
}

namespace {

/// The lines of a setting of a section; false if it refers to files.
bool spelled_in_section(std::string_view setup_cfg, std::string_view section, std::string_view key,
                        std::vector<std::string_view>& strings) {
  bool of_options = false, of_key = false;
  for (const auto line : split_lines(setup_cfg)) {
    const auto text = normalise_line(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') continue;
    if (line.front() == '[') {
      of_options = text == section;
      of_key = false;
      continue;
    }
    auto value = line;
    if (line.front() != ' ' && line.front() != '\t') {
      const auto end = line.find_first_of("=:");
      auto name = normalise_line(line.substr(0, end));
      std::replace(name.begin(), name.end(), '-', '_');
      of_key = of_options && name == key && end != std::string_view::npos;
      if (!of_key) continue;
      value = line.substr(end + 1);
      // In one line, a semicolon is what stands between two.
      if (value.find("file:") != std::string_view::npos || value.find(';') != std::string_view::npos) return false;
    }
    if (of_key && value.find_first_not_of(" \t\r") != std::string_view::npos) strings.push_back(value);
  }
  return true;
}

}  // namespace

std::optional<Requirements> spelled_requirements(std::string_view pyproject, std::string_view setup_cfg,
                                                 std::string_view setup_py) {
  const auto settings = parsed_toml(pyproject);
  if (!settings) return std::nullopt;
  const auto builder = (*settings)["build-system"]["build-backend"].value_or(std::string_view{"setuptools"});
  if (!builder.starts_with("setuptools") || setup_py.find("**") != std::string_view::npos) return std::nullopt;
  Requirements spelled;
  const auto take = [&](std::string_view key, std::vector<std::string_view>& strings) {
    std::vector<std::string_view> in_call;
    if (!spelled_in_section(setup_cfg, "[options]", key, strings) || !spelled_in_call(setup_py, key, in_call))
      return false;
    if (!strings.empty() && !in_call.empty()) return false;
    strings.insert(strings.end(), in_call.begin(), in_call.end());
    return true;
  };
  std::vector<std::string_view> packages, python;
  if (!take("install_requires", packages) || !take("python_requires", python) || packages.empty()) return std::nullopt;
  for (const auto package : packages) add_requirement(package, spelled);
  if (python.size() > 1) return std::nullopt;
  if (!python.empty()) spelled.python = version_specifier_key(python.front());
  return spelled;
}

std::string project_name_key(std::string_view name) {
  auto key = as_name(ascii_lower(name));
  key.erase(std::unique(key.begin(), key.end(), [](char a, char b) { return a == '-' && b == '-'; }), key.end());
  return key;
}

std::string declared_name(std::string_view pyproject, std::string_view setup_cfg, std::string_view setup_py) {
  std::set<std::string> names;
  if (const auto settings = parsed_toml(pyproject))
    for (const auto& table : {(*settings)["project"], (*settings)["tool"]["poetry"]})
      if (const auto name = table["name"].value<std::string_view>()) names.insert(project_name_key(*name));
  std::vector<std::string_view> strings;
  if (names.empty() && spelled_in_section(setup_cfg, "[metadata]", "name", strings) &&
      spelled_in_call(setup_py, "name", strings))
    for (const auto name : strings) names.insert(project_name_key(normalise_line(name)));
  return names.size() == 1 ? *names.begin() : std::string{};
}

std::optional<std::set<std::string>> declared_extras(std::string_view pyproject, std::string_view setup_cfg,
                                                     std::string_view setup_py) {
  const auto settings = parsed_toml(pyproject);
  if (!settings) return std::nullopt;
  std::set<std::string> extras;
  const auto* const project = (*settings)["project"].as_table();
  const auto* const poetry = project == nullptr ? (*settings)["tool"]["poetry"].as_table() : nullptr;
  if (poetry != nullptr || (project != nullptr && !is_dynamic(*project, "optional-dependencies"))) {
    const auto* const table =
        poetry != nullptr ? (*poetry)["extras"].as_table() : (*project)["optional-dependencies"].as_table();
    if (table != nullptr)
      for (const auto& [name, requirements] : *table) extras.insert(project_name_key(name.str()));
    return extras;
  }
  const auto builder = (*settings)["build-system"]["build-backend"].value_or(std::string_view{"setuptools"});
  std::vector<std::string_view> keys;
  if (!builder.starts_with("setuptools") || !keys_spelled_in_call(setup_py, "extras_require", keys))
    return std::nullopt;
  const auto config = config_sections(setup_cfg);
  if (!config) return std::nullopt;
  for (const auto& section : *config)
    if (section.name == "options.extras_require")
      for (const auto& setting : section.settings) keys.emplace_back(setting.key);
  for (const auto key : keys)  // "tls:python_version<'3'" is of "tls", and ":…" of none
    if (const auto name = key.substr(0, key.find(':')); !name.empty()) extras.insert(project_name_key(name));
  return extras;
}

Requirements listed_requirements(std::string_view requires_txt) {
  Requirements listed;
  std::string marker;
  bool of_extra = false;
  for (const auto line : split_lines(requires_txt)) {
    if (line.starts_with('[') && line.find(']') != std::string_view::npos) {
      const auto section = line.substr(1, line.find(']') - 1);
      const auto colon = std::min(section.find(':'), section.size());
      of_extra = colon > 0;
      marker = marker_key(section.substr(std::min(colon + 1, section.size())));
    } else if (!of_extra && line.find_first_not_of(" \t\r") != std::string_view::npos) {
      listed.packages.insert(requirement_key(line) + ";" + marker);
    }
  }
  return listed;
}

}  // namespace assay::provenance
