#include "provenance/python_project.hpp"

#include <toml++/toml.h>
#include <algorithm>

#include "base/text.hpp"
#include "base/toml_nesting.hpp"

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

}  // namespace

namespace {

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
  toml::table settings;
  try {
    if (has_deep_toml_key(pyproject)) throw toml::parse_error{"a key of too many parts", toml::source_region{}};
    settings = toml::parse(pyproject);
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
  const auto* const project = settings["project"].as_table();
  if (project == nullptr || is_dynamic(*project, "dependencies") || is_dynamic(*project, "requires-python"))
    return std::nullopt;
  Requirements declared;
  if (const auto* const list = (*project)["dependencies"].as_array())
    for (const auto& one : *list) add_requirement(one.value_or(std::string_view{}), declared);
  declared.python = version_specifier_key((*project)["requires-python"].value_or(std::string_view{}));
  return declared;
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
