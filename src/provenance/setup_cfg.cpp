#include "provenance/setup_cfg.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

constexpr std::string_view k_blanks = " \t\r\v\f";

std::string_view stripped(std::string_view text) {
  const auto begin = text.find_first_not_of(k_blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(k_blanks) + 1 - begin);
}

bool is_comment(std::string_view stripped_line) {
  return stripped_line.starts_with('#') || stripped_line.starts_with(';');
}

class ConfigReader {
 public:
  std::optional<std::vector<ConfigSection>> read(std::string_view text) {
    for (const auto line : split_lines(text))
      if (!take(line)) return std::nullopt;
    for (auto& section : m_sections)
      for (auto& setting : section.settings) setting.value.erase(setting.value.find_last_not_of('\n') + 1);
    return std::move(m_sections);
  }

 private:
  bool take(std::string_view line) {
    const auto value = stripped(line);
    if (is_comment(value)) return true;
    if (value.empty()) {
      if (m_setting != nullptr) m_setting->value += '\n';
      return true;
    }
    const auto indent = line.find_first_not_of(k_blanks);
    if (m_setting != nullptr && indent > m_indent) {
      (m_setting->value += '\n') += value;
      return true;
    }
    m_indent = indent;
    return value.starts_with('[') ? begin_section(value) : begin_setting(value);
  }

  bool begin_section(std::string_view line) {
    const auto close = line.rfind(']');
    m_setting = nullptr;
    m_keys.clear();
    if (close != line.size() - 1 || close < 2) return false;
    const auto name = std::string{line.substr(1, close - 1)};
    if (!m_names.insert(name).second) return false;
    m_sections.push_back({name, {}});
    return true;
  }

  bool begin_setting(std::string_view line) {
    const auto mark = line.find_first_of("=:");
    if (m_sections.empty() || mark == std::string_view::npos || mark == 0) return false;
    const auto key = std::string{stripped(line.substr(0, mark))};
    auto& settings = m_sections.back().settings;
    if (!m_keys.insert(key).second) return false;
    settings.push_back({key, std::string{stripped(line.substr(mark + 1))}});
    m_setting = &settings.back();
    return true;
  }

  std::vector<ConfigSection> m_sections;
  std::unordered_set<std::string> m_names, m_keys;
  ConfigSection::Setting* m_setting = nullptr;
  std::size_t m_indent = 0;
};

constexpr std::string_view k_tags = "egg_info";

/// A tag that keeps the version as it is.
bool is_plain_tag(const ConfigSection::Setting& setting) {
  return (setting.key == "tag_build" && setting.value.empty()) ||
         ((setting.key == "tag_date" || setting.key == "tag_svn_revision") && setting.value == "0");
}

/// Take the tags out of an [egg_info], and that section if it has nothing else.
template <typename IsTag>
void erase_tags(std::vector<ConfigSection>& sections, const IsTag& is_tag) {
  for (auto& section : sections)
    if (section.name == k_tags) std::erase_if(section.settings, is_tag);
  std::erase_if(sections, [](const ConfigSection& each) { return each.name == k_tags && each.settings.empty(); });
}

}  // namespace

std::optional<std::vector<ConfigSection>> config_sections(std::string_view text) {
  return ConfigReader{}.read(text);
}

bool is_config_of_sdist(std::string_view made, std::string_view source) {
  auto written = config_sections(made), read = config_sections(source);
  if (!written || !read) return false;
  // A release is made without the tags of development.
  std::unordered_set<std::string> untagged;
  erase_tags(*written, [&](const ConfigSection::Setting& each) {
    if (is_plain_tag(each)) untagged.insert(each.key);
    return is_plain_tag(each);
  });
  erase_tags(*read,
             [&](const ConfigSection::Setting& each) { return is_plain_tag(each) || untagged.contains(each.key); });
  if (*written != *read) return false;
  std::unordered_set<std::string_view> comments;
  for (const auto line : split_lines(source)) comments.insert(stripped(line));
  const auto lines = split_lines(made);
  return std::all_of(lines.begin(), lines.end(), [&](std::string_view line) {
    return !is_comment(stripped(line)) || comments.contains(stripped(line));
  });
}

}  // namespace assay::provenance
