#include "inspect/script/recognition.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/text/lexer.hpp"

namespace assay::inspect {

namespace {

/// "tclsh" of `#!/usr/bin/env tclsh` and of `#!/usr/bin/tclsh`; empty without such a line.
std::string_view interpreter_of(std::string_view head) {
  if (!head.starts_with("#!")) return {};
  auto line = head.substr(2, std::min(head.find('\n'), std::size_t{200}) - 2);
  const auto next_word = [&] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    const auto word = line.substr(0, line.find_first_of(" \t\r"));
    line.remove_prefix(word.size());
    return word;
  };
  auto word = path_basename(next_word());
  if (word == "env") do
      word = next_word();
    while (word.starts_with('-'));
  return word;
}

struct LanguageName {
  std::string_view suffix;
  std::string_view language;
};

constexpr LanguageName k_not_followed[] = {{".tcl", "Tcl"},
                                           {".exp", "Expect"},
                                           {".lua", "Lua"},
                                           {".php", "PHP"},
                                           {".ps1", "PowerShell"},
                                           {".bat", "batch commands"},
                                           {".cmd", "batch commands"},
                                           {".com", "DCL"},
                                           {".csh", "C shell"},
                                           {".zsh", "Z shell"},
                                           {".sed", "sed"},
                                           {".sin", "sed"},
                                           {".el", "Emacs Lisp"},
                                           {".gradle", "Gradle"},
                                           {".bzl", "Bazel"},
                                           {".gn", "GN"},
                                           {".gni", "GN"},
                                           {".gyp", "GYP"},
                                           {".pro", "qmake"},
                                           {".spec", "RPM spec"}};

/// A document, or data, that may be run is one whose mode means nothing.
bool is_nothing_to_run(std::string_view path) {
  const auto name = ascii_lower(path_basename(path));
  return ends_with_any(name, {".md",  ".markdown", ".rst",  ".txt", ".html", ".htm",  ".adoc", ".texi", ".tex",
                              ".bib", ".po",       ".pot",  ".xml", ".svg",  ".css",  ".json", ".yml",  ".yaml",
                              ".csv", ".cfg",      ".conf", ".ini", ".log",  ".diff", ".patch"});
}

/// The names that a library exports, one a line, as linkers take them: no command of Expect does without an argument everywhere.
bool is_list_of_names(std::string_view text) {
  std::size_t names = 0;
  for (auto line : split_lines(text)) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos || line[begin] == '#' || line[begin] == '*') continue;
    line = line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
    const bool name = std::all_of(line.begin(), line.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
             c == '$' || c == '@';
    });
    if (!name) return false;
    ++names;
  }
  return names > 0;
}

/// A document as its format has it (ISO 32000, 7.5): a header, a second line that is no text, and the end. Its name or mode say
/// nothing else.
bool is_pdf(ByteView content) {
  constexpr std::size_t k_end = 1024, k_binary = 4;
  const auto text = as_text(content);
  if (!text.starts_with("%PDF-")) return false;
  const auto second = text.find_first_of("\r\n");
  const auto begin = second == std::string_view::npos ? second : text.find_first_not_of("\r\n", second);
  if (begin == std::string_view::npos || text[begin] != '%') return false;
  const auto comment = text.substr(begin + 1, k_binary);
  const auto end = text.substr(text.size() - std::min(text.size(), k_end));
  return std::all_of(comment.begin(), comment.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }) &&
         end.find("startxref") != std::string_view::npos && end.find("%%EOF") != std::string_view::npos;
}

bool is_plain_line(std::string_view line) {
  constexpr std::size_t k_least = 12;
  return line.size() >= k_least &&
         std::all_of(line.begin(), line.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\t' || c == '\r'; });
}

constexpr std::size_t k_looked_at = 64U << 10;

bool is_text_but_for_nul(ByteView content) {
  if (is_mostly_text(content)) return true;
  std::string room;
  return is_mostly_text(as_bytes(text_of_script(content.first(std::min(content.size(), k_looked_at)), room)));
}

/// Data whose mode says that it may be run is a script if its lines are, and none because of a signature on its first.
bool is_data_with_commands(ByteView content) {
  constexpr std::size_t k_least_share = 512;
  if (kind_of(content).family != Family::data || !holds_commands(content)) return false;
  std::string room;
  const auto text = text_of_script(content.first(std::min(content.size(), k_looked_at)), room);
  std::size_t plain = 0;
  for (const auto line : split_lines(text)) plain += is_plain_line(line) ? line.size() : 0;
  return plain * k_least_share >= text.size();
}

}  // namespace

ScriptKind script_kind(const TreeEntry& entry, ByteView content) {
  const auto kind = script_kind(entry.path, content);
  if (kind != ScriptKind::none) return holds_commands(content) ? kind : ScriptKind::none;
  if (!entry.executable() || language_of(entry.path, {}) != Language::none || is_nothing_to_run(entry.path) ||
      !language_not_followed(entry.path, content).empty() || is_pdf(content))
    return ScriptKind::none;
  return is_text_but_for_nul(content) || is_data_with_commands(content) ? ScriptKind::shell : ScriptKind::none;
}

std::string_view language_not_followed(std::string_view path, ByteView head) {
  const auto name = ascii_lower(path_basename(path));
  for (const auto& [suffix, language] : k_not_followed)
    if (name.ends_with(suffix) && name.size() > suffix.size())
      return suffix == ".exp" && is_list_of_names(as_text(head)) ? std::string_view{} : language;
  return interpreter_of(as_text(head));
}

bool is_data_file(std::string_view path) noexcept {
  const auto family = family_of_name(path);
  return is_test_data_file(path) || (family != Family::text && family != Family::data && family != Family::empty);
}

std::string_view text_of_script(ByteView content, std::string& room) {
  const auto text = as_text(content);
  if (text.find('\0') == std::string_view::npos) return text;
  room = text;
  std::erase(room, '\0');
  return room;
}

bool holds_commands(ByteView content) {
  if (looks_like_text(content) || is_text_but_for_nul(content)) return true;
  std::string room;
  const auto lines = split_lines(text_of_script(content.first(std::min(content.size(), k_looked_at)), room));
  return std::any_of(lines.begin(), lines.end(), is_plain_line);
}

}  // namespace assay::inspect
