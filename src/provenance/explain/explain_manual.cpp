// Formatted manual pages: what mandoc(1) or groff(1) makes of the source differs from one system to the next in the footer
// alone, which bears the system's name beside the page's date.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "provenance/exact_lines.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/stamps.hpp"

namespace assay::provenance {

namespace {

bool is_formatted_page(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot != std::string_view::npos &&
         (name.substr(dot) == ".0" || name.substr(dot) == ".txt" || name.substr(dot).starts_with(".cat"));
}

/// The date of a footer "SYSTEM     DATE     SYSTEM"; empty if the line is none.
std::string footer_date(std::string_view line) {
  const auto normal = normalise_line(line);
  for (const auto& stamp : find_stamps(normal)) {
    if (stamp.kind != StampKind::date) continue;
    const auto before = std::string_view{normal}.substr(0, stamp.offset);
    const auto after = std::string_view{normal}.substr(stamp.offset + stamp.size);
    const auto left = normalise_line(before);
    const bool plain = std::all_of(left.begin(), left.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || c == '.' ||
             c == '-' || c == '/' || c == '+';
    });
    if (left == normalise_line(after) && plain && left.size() < 40) return normal.substr(stamp.offset, stamp.size);
  }
  return {};
}

bool same_but_for_footer(std::string_view made, std::string_view shipped, std::size_t& footers) {
  const auto a = exact_lines(made);
  const auto b = exact_lines(shipped);
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    const auto date = footer_date(b[i]);
    if (date.empty() || date != footer_date(a[i])) return false;
    ++footers;
  }
  return footers > 0;
}

}  // namespace

std::optional<Explanation> explain_manual(ExplainContext& context) {
  if (context.regeneration == nullptr || context.content == nullptr ||
      !is_formatted_page(path_basename(context.difference.path)))
    return std::nullopt;
  for (const auto& file : context.regeneration->find(context.reference_path)) {
    std::size_t footers = 0;
    if (!same_but_for_footer(as_text(file.content), context.text(), footers)) continue;
    return make_explanation(Proof::derived, "manual",
                            {{"formatted from", "the page's source, in the sandbox"},
                             {"lines that differ", fmt::format("{}: the system named in the footer", footers)}});
  }
  return std::nullopt;
}

}  // namespace assay::provenance
