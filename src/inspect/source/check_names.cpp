// Names that differ in underscores only.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "inspect/source/novel_lines.hpp"
#include "inspect/source/rules.hpp"
#include "inspect/text/lexer.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_most_names = 50'000;
constexpr std::size_t k_shortest = 6;  ///< letters; shorter names are alike by chance

bool is_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Names of the compiler that others want to be taken for.
constexpr std::string_view k_of_the_compiler[] = {"__get_cpuid",       "__get_cpuid_max",        "__get_cpuid_count",
                                                  "__cpuid_count",     "__builtin_cpu_supports", "__builtin_cpu_init",
                                                  "__libc_start_main", "__stack_chk_fail"};

std::string without_underscores(std::string_view name) {
  std::string out;
  std::copy_if(name.begin(), name.end(), std::back_inserter(out), [](char c) { return c != '_'; });
  return out;
}

struct Call {
  std::uint64_t line = 0;
  std::string_view text;
};

/// The names in code: which are called on a novel line, and which stand anywhere else.
struct Names {
  std::map<std::string_view, Call> novel_calls;
  std::set<std::string_view> others;
};

Names names_of(const SourceFile& file) {
  Names names;
  tokenise(Language::c, file.text, [&](const Token& token) {
    if (token.kind != TokenKind::code || names.others.size() > k_most_names) return;
    const bool novel = is_listed_novel(file.facts, token.line);
    const auto text = token.text;
    for (std::size_t at = 0; at < text.size();) {
      auto end = at;
      while (end < text.size() && is_name(text[end])) ++end;
      if (end == at) {
        ++at;
        continue;
      }
      const auto name = text.substr(at, end - at);
      const auto next = text.find_first_not_of(" \t", end);
      const bool called = next != std::string_view::npos && text[next] == '(';
      if (name.size() > k_shortest && novel && called) names.novel_calls.try_emplace(name, Call{token.line, text});
      else if (name.size() > k_shortest && !novel) names.others.insert(name);
      at = end;
    }
  });
  return names;
}

}  // namespace

void check_lookalike_names(const SourceFile& file, std::vector<Finding>& findings) {
  if (language_of(file.path, file.text) != Language::c) return;
  const auto names = names_of(file);
  if (names.novel_calls.empty()) return;
  std::map<std::string, std::string_view> folded;
  for (const auto name : k_of_the_compiler) folded.emplace(without_underscores(name), name);
  for (const auto name : names.others) folded.emplace(without_underscores(name), name);
  for (const auto& [name, call] : names.novel_calls) {
    const auto twin = folded.find(without_underscores(name));
    if (twin == folded.end() || twin->second == name || twin->first.size() < k_shortest || names.others.contains(name))
      continue;
    findings.push_back(make_finding(
        k_lookalike_name, {std::string{file.path}, call.line},
        fmt::format("calls {}, which reads like {}", escape_for_display(name), escape_for_display(twin->second)),
        {{fmt::format("line {}", call.line), std::string{call.text.substr(0, 400)}}}, name));
  }
}

}  // namespace assay::inspect
