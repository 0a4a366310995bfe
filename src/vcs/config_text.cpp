#include "vcs/config_text.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace assay::vcs {

namespace {

constexpr std::string_view k_blanks = " \t\r";

std::string_view trim_left(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(k_blanks), text.size()));
}

/// The header `[section "sub\"section"]` at the start of `line`; true and the rest of the line if it is one.
bool take_header(std::string_view& line, std::string& section, std::string& subsection) {
  const auto close_or_blank = line.find_first_of("] \t");
  if (close_or_blank == std::string_view::npos) return false;
  auto name = line.substr(1, close_or_blank - 1);
  auto rest = trim_left(line.substr(close_or_blank));
  std::string quoted;
  if (rest.starts_with('"')) {
    std::size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
      if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
      quoted.push_back(rest[i]);
    }
    rest = trim_left(rest.substr(std::min(i + 1, rest.size())));
  } else if (const auto dot = name.find('.'); dot != std::string_view::npos) {
    quoted = ascii_lower(name.substr(dot + 1));
    name = name.substr(0, dot);
  }
  if (!rest.starts_with(']')) return false;
  section = ascii_lower(name);
  subsection = std::move(quoted);
  line = trim_left(rest.substr(1));
  return true;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    default:
      return c;
  }
}

/// Take a value that starts at the beginning of `text`, with quotes, escapes, comments and continuation lines; `text`
/// moves to the next line.
std::string take_value(std::string_view& text) {
  std::string value;
  std::size_t solid = 0;  // length of the value without the blanks that may turn out to be trailing
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') break;
    if (c == '\\' && i + 1 < text.size()) {
      if (text.substr(i + 1).starts_with("\r\n")) ++i;
      if (text[++i] == '\n') continue;
      value.push_back(unescaped(text[i]));
      solid = value.size();
    } else if (c == '"') {
      quoted = !quoted;
      solid = value.size();
    } else if (!quoted && (c == '#' || c == ';')) {
      i = std::min(text.find('\n', i), text.size());
      break;
    } else if (!quoted && k_blanks.find(c) != std::string_view::npos) {
      if (!value.empty()) value.push_back(c);
    } else {
      value.push_back(c);
      solid = value.size();
    }
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  value.resize(std::min(solid, value.size()));
  return value;
}

std::string_view skip_line(std::string_view text) {
  const auto end = text.find('\n');
  return end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
}

}  // namespace

void read_config(std::string_view text, const std::function<void(const ConfigValue&)>& take) {
  ConfigValue item;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    text = trim_left(text);
    if (text.starts_with('[')) {
      auto line = text.substr(0, text.find('\n'));
      if (!take_header(line, item.section, item.subsection)) {
        text = skip_line(text);
        continue;
      }
      ++item.header;
      text = text.substr(static_cast<std::size_t>(line.data() - text.data()));
      if (line.empty()) text = skip_line(text);
      continue;
    }
    const auto key_end = std::find_if_not(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    });
    const auto key = text.substr(0, static_cast<std::size_t>(key_end - text.begin()));
    auto rest = trim_left(text.substr(key.size()));
    if (key.empty()) {
      text = skip_line(text);
    } else if (rest.starts_with('=')) {
      rest.remove_prefix(1);
      item.value = take_value(rest);
      item.key = ascii_lower(key);
      take(item);
      text = rest;
    } else {
      item.value = "true";
      item.key = ascii_lower(key);
      take(item);
      text = skip_line(text.substr(key.size()));
    }
  }
}

std::vector<SubmoduleName> parse_gitmodules(std::string_view text) {
  std::vector<SubmoduleName> modules;
  std::size_t header = 0;  // of the last module
  read_config(text, [&](const ConfigValue& item) {
    if (item.section != "submodule" || item.key != "path") return;
    if (std::exchange(header, item.header) != item.header) modules.push_back({item.subsection, {}});
    auto& path = modules.back().path;
    path = item.value;
    while (path.ends_with('/')) path.pop_back();
  });
  return modules;
}

}  // namespace assay::vcs
