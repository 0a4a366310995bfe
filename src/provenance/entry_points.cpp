#include "provenance/entry_points.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace assay::provenance {

namespace {

/// Without blanks, quotes and the comma behind a piece of Python.
std::string stripped(std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '"' && c != '\'') plain += c;
  if (plain.ends_with(',')) plain.pop_back();
  return plain;
}

/// The group that the TOML table `[name]` declares; empty if it declares none.
std::string group_of_table(std::string name) {
  for (const std::string_view prefix : {"project.entry-points.", "tool.poetry.plugins."})
    if (name.starts_with(prefix)) return name.substr(prefix.size());
  if (name == "project.scripts" || name == "tool.poetry.scripts") return "console_scripts";
  return name == "project.gui-scripts" ? "gui_scripts" : std::string{};
}

/// `console_scripts =` of setup.cfg, `'console_scripts': [` of setup.py: the name of a group, and nothing more on the line.
std::string group_begun_by(const std::string& line) {
  auto name = line;
  while (!name.empty() && (name.back() == '[' || name.back() == '=' || name.back() == ':' || name.back() == '('))
    name.pop_back();
  const bool begins = name.size() < line.size() && !name.empty();
  return begins && name.find_first_of("=:[]{}()") == std::string::npos ? name : std::string{};
}

}  // namespace

void add_declared_entry_points(std::string_view text, EntryPoints& declared) {
  std::string group;
  for (const auto line : split_lines(text)) {
    const auto plain = stripped(line.substr(0, line.find('#')));
    if (plain.size() > 2 && plain.starts_with('[') && plain.ends_with(']')) {
      group = group_of_table(plain.substr(1, plain.size() - 2));
    } else if (auto begun = group_begun_by(plain); !begun.empty()) {
      group = std::move(begun);
    } else if (!group.empty() && plain.find('=') != std::string::npos) {
      declared.emplace(group, plain);
    }
  }
}

bool are_declared(std::string_view text, const EntryPoints& declared) {
  std::string group;
  const auto lines = split_lines(text);
  return std::all_of(lines.begin(), lines.end(), [&](std::string_view line) {
    const auto plain = stripped(line);
    if (plain.empty()) return true;
    if (plain.size() > 2 && plain.starts_with('[') && plain.ends_with(']')) {
      group = plain.substr(1, plain.size() - 2);
      return true;
    }
    return declared.contains({group, plain});
  });
}

}  // namespace assay::provenance
