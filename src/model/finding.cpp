#include "model/finding.hpp"

#include <algorithm>
#include <tuple>

#include "digest/digest.hpp"

namespace assay {

std::string_view to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
    case Severity::critical:
      return "critical";
  }
  return "info";
}

std::string_view to_string(Confidence confidence) noexcept {
  switch (confidence) {
    case Confidence::guess:
      return "guess";
    case Confidence::likely:
      return "likely";
    case Confidence::proven:
      return "proven";
  }
  return "likely";
}

std::optional<Severity> parse_severity(std::string_view text) noexcept {
  for (const auto severity : {Severity::info, Severity::low, Severity::medium, Severity::high, Severity::critical})
    if (text == to_string(severity)) return severity;
  return std::nullopt;
}

Finding make_finding(const Rule& rule, Location location, std::string message, std::vector<Evidence> evidence,
                     std::string_view key) {
  Sha256Stream stream;
  for (const std::string_view part : {rule.id, std::string_view{location.path}, key}) {
    stream.update(as_bytes(part));
    stream.update(as_bytes(std::string_view{"\0", 1}));
  }
  Finding finding;
  finding.rule = rule.id;
  finding.severity = rule.severity;
  finding.location = std::move(location);
  finding.message = std::move(message);
  finding.evidence = std::move(evidence);
  finding.remedy = rule.remedy;
  finding.fingerprint = stream.finish().hex().substr(0, 32);
  return finding;
}

void sort_findings(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(b.severity, b.rank, a.location.path, a.location.line, a.rule, a.fingerprint) <
           std::tie(a.severity, a.rank, b.location.path, b.location.line, b.rule, b.fingerprint);
  });
}

void Coverage::add(std::string what, std::string reason, std::string remedy) {
  gaps.push_back({std::move(what), std::move(reason), std::move(remedy)});
}

}  // namespace assay
