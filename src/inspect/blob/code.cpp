#include "inspect/blob/code.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/content_type.hpp"

namespace assay::inspect {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t k_looked_at = 256U << 10;
constexpr std::size_t k_shortest = 32;
constexpr double k_script_density = 0.4;
constexpr std::size_t k_distinct_tokens = 3;

/// Syntax that a shell script has and prose, tables or C have not.
constexpr std::array k_tokens{
    "; then"sv,   "$("sv,    "${"sv,      "`"sv,       "eval "sv, " | "sv,     "||"sv,     ">/dev/null"sv, "2>&1"sv,
    "if test "sv, "if [ "sv, "esac"sv,    "elif "sv,   "exit "sv, "export "sv, "echo "sv,  "printf "sv,    "sed "sv,
    "grep "sv,    "awk "sv,  "head -c"sv, "tail -c"sv, "|tr "sv,  "| tr "sv,   "xz -"sv,   "base64 -"sv,   "/bin/sh"sv,
    "chmod "sv,   "done"sv,  "[ \"$"sv,   "test -"sv,  "[ ! "sv,  "\"$"sv,     "mkdir "sv, "cat "sv};

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// `token` at the beginning of a word, wherever it begins with a letter.
bool has_token(std::string_view line, std::string_view token) {
  const auto at = line.find(token);
  return at != std::string_view::npos && (!is_word_byte(token.front()) || at == 0 || !is_word_byte(line[at - 1]));
}

/// `name=value` as the first word of a line, as a shell assigns.
bool is_assignment(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals + 1 >= line.size() || line[equals + 1] == ' ')
    return false;
  return line.front() > '9' &&
         std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(equals), is_word_byte);
}

bool is_interpreter_line(std::string_view text) {
  if (!text.starts_with("#!")) return false;
  const auto line = text.substr(2, text.substr(0, 80).find('\n') - 2);
  return line.find('/') != std::string_view::npos && looks_like_text(as_bytes(line));
}

CodeVerdict judge_text(std::string_view text) {
  std::size_t lines = 0;
  std::size_t hits = 0;
  std::array<bool, k_tokens.size() + 1> seen{};
  for (const auto& raw : split_lines(text)) {
    const auto line = normalise_line(raw.substr(0, 4096));
    if (line.empty()) continue;
    ++lines;
    for (std::size_t i = 0; i < k_tokens.size(); ++i) {
      if (!has_token(line, k_tokens[i])) continue;
      ++hits;
      seen[i] = true;
    }
    if (is_assignment(line)) {
      ++hits;
      seen.back() = true;
    }
  }
  CodeVerdict verdict;
  if (lines == 0) return verdict;
  verdict.token_density = static_cast<double>(hits) / static_cast<double>(lines);
  const auto distinct = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), true));
  verdict.is_code = verdict.token_density >= k_script_density && distinct >= k_distinct_tokens;
  if (verdict.is_code) verdict.what = "shell script";
  return verdict;
}

}  // namespace

CodeVerdict judge_code(ByteView content) {
  if (const auto format = executable_format(content); !format.empty()) return {true, format, 0};
  const auto head = content.first(std::min(content.size(), k_looked_at));
  if (is_interpreter_line(as_text(head)) && is_mostly_text(head))
    return {true, "script", judge_text(as_text(head)).token_density};
  if (head.size() < k_shortest || !is_mostly_text(head)) return {};
  return judge_text(as_text(head));
}

}  // namespace assay::inspect
