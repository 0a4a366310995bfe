#include "vcs/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/glob.hpp"
#include "base/text.hpp"

namespace assay::vcs {

namespace {

constexpr std::string_view k_blanks = " \t\r\n";
constexpr std::string_view k_macro_prefix = "[attr]";
constexpr std::string_view k_wildcards = "*?[\\";
constexpr std::size_t k_max_line = 2048;      ///< git's ATTR_MAX_LINE_LENGTH
constexpr std::size_t k_max_lines = 100'000;  ///< of all files together
constexpr std::size_t k_max_assignments = 500'000;
constexpr std::size_t k_max_problems = 50;
constexpr std::uint64_t k_assignment_work = 64;   ///< of assigning one attribute, in byte comparisons
constexpr std::uint64_t k_max_work = 50'000'000;  ///< byte comparisons, roughly: a few seconds

std::string_view skip_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(k_blanks), text.size()));
}

std::string_view take_word(std::string_view& text) {
  const auto word = text.substr(0, text.find_first_of(k_blanks));
  text = skip_blanks(text.substr(word.size()));
  return word;
}

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

/// A C-style quoted string at the start of `text` (quote.c, unquote_c_style()); nothing, and `text` untouched, if it is
/// not well-formed.
std::optional<std::string> take_quoted(std::string_view& text) {
  static constexpr std::string_view k_letters = "abfnrtv\"\\";
  static constexpr std::string_view k_meanings = "\a\b\f\n\r\t\v\"\\";
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] != '\\') {
      value.push_back(text[i]);
      continue;
    }
    if (++i >= text.size()) return std::nullopt;
    if (const auto letter = k_letters.find(text[i]); letter != std::string_view::npos) {
      value.push_back(k_meanings[letter]);
    } else if (i + 2 < text.size() && text[i] <= '3' && is_octal(text[i]) && is_octal(text[i + 1]) &&
               is_octal(text[i + 2])) {
      value.push_back(static_cast<char>((text[i] - '0') << 6 | (text[i + 1] - '0') << 3 | (text[i + 2] - '0')));
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool is_attribute_name(std::string_view name) {
  if (name.empty() || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '-' || c == '.' || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
  });
}

const std::vector<std::string_view>& builtin_binary() {
  static const std::vector<std::string_view> k_unset{"diff", "merge", "text"};
  return k_unset;
}

}  // namespace

void Attributes::problem(std::string_view dir, std::size_t line, std::string_view what) {
  if (m_problems.size() >= k_max_problems) return;
  m_problems.push_back(
      fmt::format("{}{}.gitattributes:{}: {}", escape_for_display(dir), dir.empty() ? "" : "/", line, what));
}

void Attributes::add_file(std::string_view dir, std::string_view content) {
  auto& lines = m_files[std::string{dir}];
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  std::size_t number = 0;
  while (!content.empty()) {
    const auto line = content.substr(0, content.find('\n'));
    content.remove_prefix(std::min(line.size() + 1, content.size()));
    ++number;
    const auto text = skip_blanks(line);
    if (text.empty() || text.front() == '#') continue;
    if (++m_lines > k_max_lines || m_assignments > k_max_assignments) {
      problem(dir, number, "too many lines or words: this one and all after it are ignored");
      return;
    }
    if (line.size() >= k_max_line) {
      problem(dir, number, "a line of more than 2048 bytes is ignored, as git does");
    } else if (!parse_line(text, dir.empty(), lines)) {
      problem(dir, number, "a line that git does not understand is ignored");
    }
  }
}

bool Attributes::parse_line(std::string_view line, bool at_root, std::vector<Line>& lines) {
  auto rest = line;
  std::optional<std::string> quoted;
  if (line.front() == '"') quoted = take_quoted(rest);
  auto pattern = quoted ? *quoted : std::string{take_word(rest)};
  rest = skip_blanks(rest);

  if (pattern.size() > k_macro_prefix.size() && pattern.starts_with(k_macro_prefix)) {
    const auto name = pattern.substr(k_macro_prefix.size());
    std::vector<Assignment> assignments;
    if (!at_root || !is_attribute_name(name) || !parse_assignments(rest, assignments)) return false;
    m_mentioned.insert(name);
    m_macros[name] = std::move(assignments);
    return true;
  }

  if (pattern.starts_with('!')) return false;  // git: "Negative patterns are ignored"
  Line parsed;
  if (!parse_assignments(rest, parsed.assignments)) return false;
  if (pattern.ends_with('/')) {
    parsed.directory_only = true;
    pattern.pop_back();
  }
  parsed.basename_only = pattern.find('/') == std::string::npos;
  if (pattern.starts_with('/')) pattern.erase(0, 1);
  parsed.literal = pattern.find_first_of(k_wildcards) == std::string::npos;
  parsed.pattern = std::move(pattern);
  lines.push_back(std::move(parsed));
  return true;
}

bool Attributes::parse_assignments(std::string_view text, std::vector<Assignment>& assignments) {
  using Kind = AttributeState::Kind;
  while (!text.empty()) {
    auto word = take_word(text);
    Kind kind = Kind::set;
    std::string value;
    if (word.front() == '-' || word.front() == '!') {
      kind = word.front() == '-' ? Kind::unset : Kind::unspecified;
      word.remove_prefix(1);
      word = word.substr(0, word.find('='));
    } else if (const auto equals = word.find('='); equals != std::string_view::npos) {
      kind = Kind::value;
      value = word.substr(equals + 1);
      word = word.substr(0, equals);
    }
    if (!is_attribute_name(word)) return false;
    assignments.push_back({std::string{word}, {kind, std::move(value)}});
  }
  for (const auto& assignment : assignments) m_mentioned.insert(assignment.name);
  m_assignments += assignments.size();
  return true;
}

bool Attributes::matches(const Line& line, std::string_view relative, std::string_view basename,
                         bool is_directory) const {
  if (line.directory_only && !is_directory) return false;
  auto text = line.basename_only ? basename : relative;
  if (line.literal) return text == line.pattern;
  std::string_view pattern = line.pattern;
  const auto head = pattern.substr(0, pattern.find_first_of(k_wildcards));
  if (!text.starts_with(head)) return false;
  if (!line.basename_only) {
    // Git matches the literal head apart (dir.c, match_pathname()), so that "/a**" spans directories.
    pattern.remove_prefix(head.size());
    text.remove_prefix(head.size());
  }
  // What follows the last star ends the text, unless it holds more than plain characters. The slash after a double star
  // may stand for nothing.
  const auto star = pattern.rfind('*');
  if (star != std::string_view::npos && pattern.find_first_of("?[]\\", star) == std::string_view::npos) {
    const auto tail = pattern.substr(star + 1);
    if (!text.ends_with(tail.starts_with('/') ? tail.substr(1) : tail)) return false;
    if (line.basename_only && star == 0) return true;  // the common `*.c`
  }
  spend(pattern.size() * (text.size() + 1));
  return glob_match(pattern, text);
}

void Attributes::assign(const std::vector<Assignment>& assignments, States& states, unsigned depth) const {
  constexpr unsigned k_max_macro_depth = 100;
  if (depth > k_max_macro_depth) return;
  spend(assignments.size() * k_assignment_work);
  // Within a line the last word counts, and what was assigned by a line of higher precedence stays.
  // No std::views::reverse: clang before 16 cannot compile libstdc++'s views, and the fuzz targets are built with clang.
  for (auto assignment = assignments.rbegin(); assignment != assignments.rend(); ++assignment) {
    if (!states.emplace(assignment->name, assignment->state).second || !assignment->state.is_set()) continue;
    if (const auto macro = m_macros.find(assignment->name); macro != m_macros.end()) {
      assign(macro->second, states, depth + 1);
    } else if (assignment->name == "binary") {
      for (const auto name : builtin_binary()) states.emplace(name, AttributeState{AttributeState::Kind::unset, {}});
    }
  }
}

AttributeState Attributes::get(std::string_view path, std::string_view attribute) const {
  const bool is_directory = path.ends_with('/');
  if (is_directory) path.remove_suffix(1);
  const bool by_builtin = m_mentioned.contains("binary") && std::find(builtin_binary().begin(), builtin_binary().end(),
                                                                      attribute) != builtin_binary().end();
  if (!by_builtin && !m_mentioned.contains(attribute)) return {};

  States states;
  const auto basename = path_basename(path);
  auto dir = path_dirname(path);
  while (!exhausted()) {
    if (const auto file = m_files.find(dir); file != m_files.end()) {
      spend(file->second.size());
      const auto relative = dir.empty() ? path : path.substr(dir.size() + 1);
      for (auto line = file->second.rbegin(); line != file->second.rend() && !exhausted(); ++line)
        if (matches(*line, relative, basename, is_directory)) assign(line->assignments, states, 0);
    }
    if (const auto found = states.find(attribute); found != states.end()) return found->second;
    if (dir.empty()) break;
    dir = path_dirname(dir);
  }
  return {};
}

bool Attributes::export_ignored(std::string_view path) const {
  if (!m_mentioned.contains("export-ignore")) return false;
  for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1))
    if (get(path.substr(0, slash + 1), "export-ignore").is_set()) return true;
  return get(path, "export-ignore").is_set();
}

bool Attributes::empty() const noexcept {
  return std::all_of(m_files.begin(), m_files.end(), [](const auto& file) { return file.second.empty(); });
}

void Attributes::spend(std::uint64_t work) const noexcept {
  std::atomic_ref<std::uint64_t>{m_work}.fetch_add(work, std::memory_order_relaxed);
}

bool Attributes::exhausted() const noexcept {
  return std::atomic_ref<std::uint64_t>{m_work}.load(std::memory_order_relaxed) > k_max_work;
}

}  // namespace assay::vcs
