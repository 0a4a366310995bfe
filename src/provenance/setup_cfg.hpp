// A setup.cfg as setuptools reads it, and as it writes it anew into a source distribution (setuptools.command.setopt): sections, settings
// and their values, in their order, without comments and blanks of its author's.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::provenance {

struct ConfigSection {
  struct Setting {
    std::string key, value;  ///< lines of the value as they stand, each without blanks around it
    bool operator==(const Setting&) const = default;
  };
  std::string name;
  std::vector<Setting> settings;
  bool operator==(const ConfigSection&) const = default;
};

/// As Python's RawConfigParser reads it; nothing where that raises an error: a setting in no section, one or a section that stands there
/// twice, a line that is nothing.
std::optional<std::vector<ConfigSection>> config_sections(std::string_view text);

/// Is `made` what a source distribution has in the place of `source`: every section and setting of it, in that order, and of the tags
/// that an [egg_info] sets, those that keep the version as it is? No comment is in it that `source` has not.
bool is_config_of_sdist(std::string_view made, std::string_view source);

}  // namespace assay::provenance
