#include "inspect/extraction_step.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "inspect/siblings.hpp"

namespace assay::inspect {

namespace {

/// The place that an analyst would look at first: what came out of a chain, else what a blob holds.
std::string place_to_extract(const std::vector<Finding>& findings) {
  for (const auto& finding : findings)
    for (const auto& stage : finding.stages)
      if (!stage.location.empty()) return stage.location;
  for (const auto& finding : findings)
    if (finding.severity >= Severity::medium && finding.rule.starts_with("blob-")) {
      const bool many = !finding.evidence.empty() && finding.evidence.front().label == k_one_of_siblings;
      return many ? finding.evidence.front().text : finding.location.path;
    }
  return {};
}

}  // namespace

std::string extraction_step(std::string_view subject, const std::vector<Finding>& findings) {
  const auto place = place_to_extract(findings);
  if (place.empty()) return {};
  return fmt::format("look at the bytes: `assay extract {} {} -o FILE`", as_shell_word(subject), as_shell_word(place));
}

std::string as_shell_word(std::string_view text) {
  constexpr std::string_view k_plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+@%:,=-";
  if (!text.empty() && text.front() != '-' && text.find_first_not_of(k_plain) == std::string_view::npos)
    return std::string{text};
  std::string word = "'";
  for (const char c : escape_for_display(text)) word += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return word + "'";
}

}  // namespace assay::inspect
