#include "inspect/script/describing.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "base/bytes.hpp"
#include "base/text.hpp"

namespace assay::inspect {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

/// Of a linker script (ld, "Scripts"): what stands in comments says nothing.
std::string without_comments(std::string_view text) {
  std::string rest;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = std::min(text.find("/*", at), text.size());
    rest += text.substr(at, begin - at);
    const auto end = text.find("*/", std::min(begin + 2, text.size()));
    if (begin < text.size()) rest += ' ';
    at = end == std::string_view::npos ? text.size() : end + 2;
  }
  return rest;
}

/// Takes another file in, by a path or as an object, or is machine code written down as numbers.
bool linker_script_acts(std::string_view text) {
  static const RE2 k_takes{R"(\b(?:INPUT|GROUP|STARTUP|SEARCH_DIR|AS_NEEDED)\s*\([^)]*(?:/|\.l?o\b)|\bINCLUDE\s+\S*/)",
                           RE2::Latin1};
  static const RE2 k_code{R"((?:\b(?:BYTE|SHORT|LONG|S?QUAD)\s*\(\s*(?:0[xX])?[0-9a-fA-F]+\s*\)[\s;]*){16})",
                          RE2::Latin1};
  const auto plain = without_comments(text);
  return RE2::PartialMatch(plain, k_takes) || RE2::PartialMatch(plain, k_code);
}

/// Each `NAME = VALUE` below its `[SECTION "SUBSECTION"]`, git-config(1).
bool git_settings_act(std::string_view text) {
  // The one transport that is a command.
  if (text.find("ext::") != std::string_view::npos) return true;
  std::string section;
  for (auto line : split_lines(text)) {
    line = trimmed(line);
    if (line.starts_with('[')) {
      const auto end = std::min(line.find(']'), line.size());
      section = line.substr(1, std::min(line.find_first_of(" \t\"", 1), end) - 1);
      line = trimmed(line.substr(std::min(end + 1, line.size())));
    }
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    const auto equals = std::min(line.find('='), line.size());
    const auto value = equals < line.size() ? trimmed(line.substr(equals + 1)) : std::string_view{};
    if (git_setting(section + '.' + std::string{trimmed(line.substr(0, equals))}, value) != GitSetting::describes)
      return true;
  }
  return false;
}

bool finds(const RE2& expression, std::string_view text) {
  return RE2::PartialMatch(text, expression);
}

bool sqlite_text_acts(std::string_view text) {
  static const RE2 k_acting{R"((?i)^\s*\.[a-z]|\n\s*\.[a-z]|load_extension|writefile|edit\s*\()", RE2::Latin1};
  return finds(k_acting, text);
}

bool psql_text_acts(std::string_view text) {
  static const RE2 k_acting{R"((?i)\\|\bprogram\b|\blanguage\b|\bload\b)", RE2::Latin1};
  return finds(k_acting, text);
}

bool openssl_settings_act(std::string_view text) {
  static const RE2 k_acting{R"((?i)dynamic_path|engine|\bmodule\b|\.include)", RE2::Latin1};
  return finds(k_acting, text);
}

/// Renviron: what a variable that is not known here has a path for may be run.
bool r_settings_act(std::string_view text) {
  static const RE2 k_acting{
      R"(PROFILE|PRELOAD|LIBS|PATH|OPTIONS|BROWSER|PAGER|EDITOR|TESTS|SHELL|CMD|VIEWER|_ENV\b|(?m:^\s*ENV\s*=)|[$`/])",
      RE2::Latin1};
  return finds(k_acting, text);
}

struct Reader {
  std::string_view name;
  RE2 own;                         ///< stands in any text that is for it
  bool (*acts)(std::string_view);  ///< runs something, or takes a file in
};

const Reader* find_reader(std::string_view name) {
  static const Reader k_readers[] = {
      {"ld", RE2{R"(\b(?:SECTIONS|MEMORY|ENTRY|PROVIDE|VERSION|OUTPUT_FORMAT)\b|\b(?:global|local):)", RE2::Latin1},
       linker_script_acts},
      {"sqlite3", RE2{R"((?i)\b(?:create|insert|select|update|delete|pragma|begin|drop)\b)", RE2::Latin1},
       sqlite_text_acts},
      {"psql", RE2{R"((?i)\b(?:create|insert|select|update|delete|set|begin|drop)\b)", RE2::Latin1}, psql_text_acts},
      {"openssl", RE2{R"(\[|=)", RE2::Latin1}, openssl_settings_act},
      {"git", RE2{R"(\[)", RE2::Latin1}, git_settings_act},
      {"R", RE2{"=", RE2::Latin1}, r_settings_act}};
  const auto* it =
      std::find_if(std::begin(k_readers), std::end(k_readers), [&](const Reader& known) { return known.name == name; });
  return it != std::end(k_readers) ? it : nullptr;
}

}  // namespace

bool only_describes(std::string_view reader, std::string_view text) {
  const auto* known = find_reader(reader);
  return known != nullptr && looks_like_text(as_bytes(text)) && finds(known->own, text) && !known->acts(text);
}

GitSetting git_setting(std::string_view name, std::string_view value) {
  // Between section and variable anything may stand.
  static const RE2 k_runs{
      R"((?i)^(?:pager|hook|browser|guitool|mergetool|difftool|filter|credential|trailer|man|tar|sendemail|svn)\.|\.(?:\w*pager|\w*editor|\w*command|fsmonitor|askpass|gitproxy|\w*cmd|textconv|clean|smudge|process|external|driver|helper|program|difffilter|\w*hook|uploadpack|receivepack|smtpserver|\w*prog|tunnel|vcs|browser|httpd)$)"};
  static const RE2 k_includes{R"((?i)^include(?:if)?\.(?:.*\.)?path$|^core\.attributesfile$)"};
  static const RE2 k_searches{R"((?i)^core\.hookspath$|^init\.templatedir$)"};
  if (RE2::PartialMatch(name, k_searches)) return GitSetting::searches;
  if (RE2::PartialMatch(name, k_includes)) return GitSetting::includes;
  static const RE2 k_switch{R"((?i)^\s*(?:true|false|yes|no|on|off|[01]|)\s*$)"};
  const auto plain = value.substr(std::min(value.find_first_not_of("\"' \t"), value.size()));
  const bool runs = plain.starts_with('!') || value.find("ext::") != std::string_view::npos ||
                    (RE2::PartialMatch(name, k_runs) && !RE2::FullMatch(value, k_switch));
  return runs ? GitSetting::runs : GitSetting::describes;
}

}  // namespace assay::inspect
