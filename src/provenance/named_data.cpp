#include "provenance/named_data.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/script/recognition.hpp"
#include "inspect/script/source.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_longest_path = 512;
constexpr std::size_t k_most_alike = 64;  ///< files of one name that are looked at

/// By byte: asked of every one of megabytes of scripts.
constexpr auto k_of_path = [] {
  std::array<bool, 256> of_path{};
  for (const char c : std::string_view{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.+-*?[]@%~"})
    of_path[static_cast<unsigned char>(c)] = true;
  return of_path;
}();

bool is_of_path(char c) noexcept {
  return k_of_path[static_cast<unsigned char>(c)];
}

bool is_pattern(std::string_view path) noexcept {
  return path.find_first_of("*?[") != std::string_view::npos;
}

/// Of `/tests/x` (behind `$(srcdir)`), `srcdir/tests/x` (behind `$`) and `./tests/x`, what could be a path of the tree.
std::string_view without_root(std::string_view word, bool behind_dollar) noexcept {
  if (behind_dollar) word.remove_prefix(std::min(word.find('/'), word.size()));
  while (word.starts_with('/') || word.starts_with("./")) word.remove_prefix(1);
  return word;
}

bool searches(std::string_view line) noexcept {
  const auto at = line.find("find ");
  return at != std::string_view::npos && (at == 0 || !is_of_path(line[at - 1]) || line[at - 1] == '/');
}

/// Has commands, modules or sources looked for in directories.
bool sets_search_path(std::string_view line) noexcept {
  for (const std::string_view word : {"PATH", "vpath ", "PERL5LIB", "RUBYLIB", "-B", "sourcedirectory"})
    if (line.find(word) != std::string_view::npos) return true;
  return false;
}

/// Does a command not far in front of it make it the present directory?
bool is_entered(std::string_view line, std::size_t begin) noexcept {
  constexpr std::size_t k_before = 64;
  const auto before = line.substr(begin - std::min(begin, k_before), std::min(begin, k_before));
  const auto at = before.rfind("cd ");
  return at != std::string_view::npos && (at == 0 || !is_of_path(before[at - 1]) || before[at - 1] == '@') &&
         before.find_first_of(";&|", at) == std::string_view::npos;
}

/// A line of nothing but names lists them. One that does something with them begins with what runs a file, or has quotes, brackets or
/// other signs of a command.
bool may_use(std::string_view line) noexcept {
  if (line.find_first_of("\"'`|<>&;") != std::string_view::npos) return true;
  const auto begin = line.find_first_not_of(" \t@-");
  if (begin == std::string_view::npos) return false;
  const auto end = std::min(line.find_first_of(" \t", begin), line.size());
  const auto command = path_basename(line.substr(begin, end - begin));
  return command == "." || command == "source" || command.ends_with("sh") ||
         command.find('$') != std::string_view::npos ||
         starts_with_any(command, {"python", "perl", "ruby", "node", "awk", "make", "cat", "exec", "eval", "env"});
}

/// For who reads it.
bool is_note(std::string_view name) noexcept {
  return name.starts_with("README") || ends_with_any(name, {".md", ".rst", ".adoc"});
}

/// Is what stands there a literal, or does it end one that a variable begins?
bool is_quoted(std::string_view line, std::size_t begin, std::size_t end) noexcept {
  const auto is_quote = [](char c) { return c == '"' || c == '\'' || c == '`'; };
  return end < line.size() && is_quote(line[end]) && begin > 0 && (is_quote(line[begin - 1]) || line[begin - 1] == '$');
}

/// Most lines do not: neither a path nor a quoted name is there.
bool may_name(std::string_view line) noexcept {
  const auto has = [&](char c) { return line.find(c) != std::string_view::npos; };
  return has('/') || has('"') || has('\'') || has('`');
}

/// `te""sts/\files` as a shell reads it; empty where no quotation stands within a word.
std::string without_inner_quotes(std::string_view line) {
  const auto is_quote = [](char c) { return c == '"' || c == '\'' || c == '\\'; };
  bool within = false;
  for (std::size_t i = 1; i + 1 < line.size() && !within; ++i)
    within = is_quote(line[i]) && is_of_path(line[i - 1]) && (is_of_path(line[i + 1]) || is_quote(line[i + 1]));
  if (!within) return {};
  std::string result{line};
  std::erase_if(result, is_quote);
  return result;
}

/// `use(part)` for each of the parts of a path that a text has, wherever they stand in it.
template <typename Use>
void each_part(std::string_view text, Use use) {
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && text[end] != '/' && is_of_path(text[end])) ++end;
    if (end > at) use(text.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace

/// What is known of the script that is looked at.
class DataNames::Script {
 public:
  Script(std::string_view path, std::string_view text) : directory(path_dirname(path)), m_text(text) {}
  /// Is that a part of a path in it? They are known once they are asked for.
  bool has_part(std::string_view part) {
    if (!std::exchange(m_known, true)) each_part(m_text, [&](std::string_view word) { m_parts.insert(word); });
    return m_parts.contains(part);
  }
  const std::string_view directory;
  std::size_t comparisons_left = 1U << 20;  ///< of patterns with names of files

 private:
  std::string_view m_text;
  std::unordered_set<std::string_view> m_parts;
  bool m_known = false;
};

namespace {

constexpr std::size_t k_shortest_object = 6;
constexpr std::size_t k_most_parts = 8;  ///< of a name, between dashes

std::string without_punctuation(std::string_view name) {
  std::string result;
  for (const char c : name)
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) result += c;
  return result;
}

bool is_of_name(char c) noexcept {
  return c != '/' && c != '.' && is_of_path(c);
}

}  // namespace

DataNames::DataNames(const ReleaseTree& tree) {
  for (const auto& entry : tree.entries()) {
    if (entry.kind != EntryKind::regular || entry.size == 0) continue;
    if (const auto name = path_basename(entry.path); ends_with_any(name, {".c", ".cc", ".cpp", ".S"})) {
      m_sources.insert(name.substr(0, name.rfind('.')));
      m_folded_sources.insert(without_punctuation(name.substr(0, name.rfind('.'))));
    }
    if (inspect::is_in_test_data(entry.path)) m_test_directories.insert(path_dirname(entry.path));
    const auto* content = tree.kept(entry.path);
    const bool binary = content != nullptr && !inspect::is_mostly_text(*content);
    if (!binary && !inspect::is_data_file(entry.path)) continue;
    m_files.insert(entry.path);
    if (inspect::is_in_test_data(entry.path)) {
      m_names.emplace(path_basename(entry.path), entry.path);
      m_data_directories.insert(path_dirname(entry.path));
    }
    if (binary) m_directories.insert(path_dirname(entry.path));
  }
}

bool DataNames::is_data(std::string_view path, Script& script) const {
  if (!is_pattern(path)) return m_files.contains(path);
  // `*/*` stands in every configure: a pattern has to say where it looks.
  const auto literal = path.substr(0, path.find_first_of("*?["));
  const auto directory = path_dirname(literal);
  if (directory.empty() || (!m_directories.contains(directory) && !inspect::is_in_test_data(literal))) return false;
  // Where there are more patterns than can be compared, each may be one that counts.
  return std::any_of(m_files.begin(), m_files.end(), [&](auto file) {
    return script.comparisons_left == 0 || (--script.comparisons_left, glob_match_any(path, file));
  });
}

bool DataNames::is_data_directory(std::string_view path) const {
  return m_directories.contains(path) || inspect::is_in_test_data(std::string{path} + '/');
}

bool DataNames::named_in(std::string_view path, std::string_view text, std::string_view whole) const {
  if (m_files.empty() && m_test_directories.empty()) return false;
  const auto name = path_basename(path);
  // The rest of a makefile are lists of files.
  const bool recipes_only = name.starts_with("Makefile") && name != "Makefile";
  Script script{path, whole};
  for (const auto line : split_lines(text)) {
    if (recipes_only && !line.starts_with('\t')) continue;
    if (named_by_parts(line, script)) return true;
    if (!may_name(line)) continue;
    if (named_on(line, script)) return true;
    if (const auto plain = without_inner_quotes(line); !plain.empty() && named_on(plain, script)) return true;
  }
  return false;
}

/// Is it what the path of a file among the tests ends in, with a directory? Something that is not written down there stands in front of it.
bool DataNames::ends_name(std::string_view path) const {
  if (path.find('/') == std::string_view::npos) return false;
  auto [at, end] = m_names.equal_range(path_basename(path));
  for (std::size_t i = 0; at != end; ++at) {
    if (++i > k_most_alike) return true;  // it may be one of those that are not looked at
    const auto file = at->second;
    if (file.ends_with(path) && file.size() > path.size() && file[file.size() - path.size() - 1] == '/') return true;
  }
  return false;
}

bool DataNames::named_by_parts(std::string_view line, Script& script) const {
  bool named = false;
  if (!may_use(line)) return named;
  each_part(line, [&](std::string_view word) {
    if (named || word.find('.') == std::string_view::npos || is_note(word)) return;
    auto [at, end] = m_names.equal_range(word);
    for (std::size_t i = 0; at != end && !named; ++at) {
      named = true;
      if (++i > k_most_alike) break;  // more than are looked at: it may be one of those
      each_part(path_dirname(at->second), [&](std::string_view part) { named = named && script.has_part(part); });
    }
  });
  return named;
}

bool DataNames::names_lookalike_object(std::string_view text) const {
  for (auto at = text.find(".o"); at != std::string_view::npos; at = text.find(".o", at + 1)) {
    if (at + 2 < text.size() && is_of_name(text[at + 2])) continue;
    auto begin = at;
    while (begin > 0 && at - begin < k_longest_path && is_of_name(text[begin - 1])) --begin;
    auto name = text.substr(begin, at - begin);
    if (name.find_first_of("-_") == std::string_view::npos) continue;
    // Automake names an object of one target TARGET-source.o.
    bool alike = false, honest = false;
    std::size_t parts = 0;
    for (bool more = true; more && !honest && ++parts <= k_most_parts;) {
      honest = m_sources.contains(name);
      alike = alike || (name.size() >= k_shortest_object && m_folded_sources.contains(without_punctuation(name)));
      const auto dash = name.find('-');
      more = dash != std::string_view::npos;
      name.remove_prefix(more ? dash + 1 : 0);
    }
    if (alike && !honest) return true;
  }
  return false;
}

bool DataNames::named_on(std::string_view line, Script& script) const {
  const auto directory = script.directory;
  // Asked once of a line, however many words it has.
  std::optional<bool> searching, has_path;
  std::optional<std::size_t> first_equals, last_wild;
  for (std::size_t at = 0; at < line.size();) {
    if (!is_of_path(line[at])) {
      ++at;
      continue;
    }
    auto end = at;
    bool separated = false;
    for (; end < line.size() && is_of_path(line[end]); ++end) separated = separated || line[end] == '/';
    const auto word = line.substr(at, std::min(end - at, k_longest_path));
    const bool behind_dollar = at > 0 && (line[at - 1] == '$' || line[at - 1] == '{');
    const auto begin = std::exchange(at, end);
    const auto path = without_root(word, behind_dollar);
    // A directory that is given a name, or entered: its files may be named by that.
    if (!path.empty() && m_data_directories.contains(path.substr(0, path.find_last_not_of('/') + 1))) {
      if (!first_equals) first_equals = line.find('=');
      if (!last_wild) last_wild = line.find_last_of("*?") + 1;  // 0 if there is none
      if (separated && (is_quoted(line, begin, end) || *first_equals < begin)) return true;
      if (*last_wild > end && is_entered(line, begin)) return true;
    }
    if (!separated) continue;
    if (path.empty()) continue;
    if (!searching) searching = searches(line);
    if (!has_path) has_path = !m_test_directories.empty() && sets_search_path(line);
    if (is_data(path, script) || (*searching && is_data_directory(path))) return true;
    if (*has_path && m_test_directories.contains(path.substr(0, path.find_last_not_of('/') + 1))) return true;
    if (ends_name(path)) return true;
    // `tests/files/$name`: one of the files there.
    const bool goes_on = at < line.size() && (line[at] == '$' || line[at] == '`') && path.ends_with('/');
    if (goes_on && inspect::is_in_test_data(path) && is_data(std::string{path} + '*', script)) return true;
    if (!directory.empty() && !is_pattern(path) && m_files.contains(std::string{directory} + "/" + std::string{path}))
      return true;
  }
  return false;
}

}  // namespace assay::provenance
