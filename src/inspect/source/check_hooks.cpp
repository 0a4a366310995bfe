// Novel lines of C that have code run when a program is loaded, before anything of it was called.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "inspect/source/novel_lines.hpp"
#include "inspect/source/rules.hpp"
#include "inspect/text/lexer.hpp"

namespace assay::inspect {

namespace {

constexpr std::string_view k_hooks[] = {"ifunc(", "__ifunc__(", ".symver", ".init_array", ".preinit_array"};
constexpr std::string_view k_attributes[] = {"__attribute__((", "__attribute((",
                                             "[[gnu::", "[[__gnu__::", "[[usinggnu:"};
constexpr std::size_t k_most_findings = 20;  ///< of one file

/// What stands before the bracket that closes what is open where `text` begins.
std::string_view before_closing(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '(' || text[at] == '[') ++depth;
    else if ((text[at] == ')' || text[at] == ']') && depth-- == 0) return text.substr(0, at);
  }
  return text;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Is one of the attributes in the list, `used,constructor(101)`, that?
bool has_attribute(std::string_view list, std::string_view name) {
  for (auto at = list.find(name); at != std::string_view::npos; at = list.find(name, at + 1)) {
    const auto end = at + name.size();
    if ((at == 0 || !is_word(list[at - 1])) && (end == list.size() || !is_word(list[end]))) return true;
  }
  return false;
}

/// `line` has no blanks: GNU's style puts one between `__attribute__` and what is in its brackets.
bool is_hook(std::string_view line) {
  if (std::any_of(std::begin(k_hooks), std::end(k_hooks),
                  [&](auto word) { return line.find(word) != std::string_view::npos; }))
    return true;
  for (const auto word : k_attributes) {
    for (auto at = line.find(word); at != std::string_view::npos;) {
      const auto list = before_closing(line.substr(at + word.size()));
      if (has_attribute(list, "constructor") || has_attribute(list, "__constructor__") || has_attribute(list, "ifunc"))
        return true;
      // Lists within it were searched with it.
      at = line.find(word, at + word.size() + list.size());
    }
  }
  return false;
}

std::string without_blanks(std::string_view line) {
  std::string text;
  std::copy_if(line.begin(), line.end(), std::back_inserter(text), [](char c) { return c != ' ' && c != '\t'; });
  return text;
}

}  // namespace

void check_loader_hooks(const SourceFile& file, std::vector<Finding>& findings) {
  if (language_of(file.path, file.text) != Language::c) return;
  std::size_t found = 0;
  for_each_novel_line(file, [&](std::uint64_t number, std::string_view line) {
    if (!is_hook(without_blanks(line)) || ++found > k_most_findings) return;
    findings.push_back(make_finding(k_loader_hook, {std::string{file.path}, number},
                                    "a novel line registers code that runs when the program is loaded",
                                    {{fmt::format("line {}", number), std::string{line.substr(0, 400)}}},
                                    normalise_line(line)));
  });
}

}  // namespace assay::inspect
