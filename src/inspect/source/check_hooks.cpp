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

constexpr std::string_view k_hooks[] = {"ifunc(",
                                        "__ifunc__(",
                                        ".symver",
                                        "__attribute__((constructor",
                                        "__attribute__((__constructor__",
                                        "[[gnu::constructor",
                                        "[[gnu::ifunc",
                                        ".init_array",
                                        ".preinit_array"};
constexpr std::size_t k_most_findings = 20;  ///< of one file

}  // namespace

void check_loader_hooks(const SourceFile& file, std::vector<Finding>& findings) {
  if (language_of(file.path, file.text) != Language::c) return;
  std::size_t found = 0;
  for_each_novel_line(file, [&](std::uint64_t number, std::string_view line) {
    const bool hook = std::any_of(std::begin(k_hooks), std::end(k_hooks),
                                  [&](auto word) { return line.find(word) != std::string_view::npos; });
    if (!hook || ++found > k_most_findings) return;
    findings.push_back(make_finding(k_loader_hook, {std::string{file.path}, number},
                                    "a novel line registers code that runs when the program is loaded",
                                    {{fmt::format("line {}", number), std::string{line.substr(0, 400)}}},
                                    normalise_line(line)));
  });
}

}  // namespace assay::inspect
