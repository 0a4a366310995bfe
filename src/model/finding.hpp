// Findings and the rules that make them. A finding can only be made from a rule that stands in a module's rule table,
// so `assay rules list` knows every one that can ever be reported.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

enum class Severity : std::uint8_t { info, low, medium, high, critical };
enum class Confidence : std::uint8_t { guess, likely, proven };

std::string_view to_string(Severity severity) noexcept;
std::string_view to_string(Confidence confidence) noexcept;
std::optional<Severity> parse_severity(std::string_view text) noexcept;

/// What a rule looks for. Static data; `id` is stable: `<module>-<what>`.
struct Rule {
  std::string_view id;
  Severity severity;             ///< the usual one; a finding may carry another where its message says why
  std::string_view title;        ///< one line, no full stop
  std::string_view description;  ///< why it matters and how it is computed
  std::string_view remedy;       ///< what the reader of the finding does next
  std::string_view reference;    ///< a specification or public write-up; may be empty
};

/// One piece of evidence: a label ("novel line 12", "nearest upstream") and raw text. Renderers escape it.
struct Evidence {
  std::string label;
  std::string text;
};

/// Where a finding is: a path inside the subject (raw bytes) and, where it makes sense, a 1-based line.
struct Location {
  std::string path;
  std::uint64_t line = 0;
};

/// Bytes that came out of the subject, attached to the finding they are evidence for. Hostile: shown escaped, never run.
struct AttachedStage {
  std::string location;    ///< as `assay extract` takes it; empty if it cannot be had that way
  std::string what;        ///< "shell script", "ELF"
  std::string bytes;       ///< the first of them, at most k_attached_stage_bytes
  std::uint64_t size = 0;  ///< of all of them
  std::string sha256;      ///< of all of them, hex
};

inline constexpr std::size_t k_attached_stage_bytes = 64U << 10;

struct Finding {
  std::string rule;
  Severity severity = Severity::info;
  Confidence confidence = Confidence::likely;
  Location location;
  std::string message;  ///< one sentence; names from outside in it are escaped for display
  std::vector<Evidence> evidence;
  std::string remedy;
  std::string fingerprint;  ///< 32 hex digits; the same for the same fact in the next version of the same subject
  std::uint64_t rank = 0;   ///< orders findings of one severity, larger first: what the novel lines do
  std::string
      content_sha256;  ///< of the entry it is about or of the subject, hex; empty for a directory. Suppressions bind to it
  std::vector<Finding> members;       ///< of a chain: what supports it, in the order in which the bytes travel
  std::vector<AttachedStage> stages;  ///< of a chain: what comes out, outermost first
};

/// Make a finding of `rule` with the rule's severity and remedy. The fingerprint covers the rule, the path and `key`
/// (what distinguishes two findings of one rule in one file; not the line number, not anything that changes with the
/// version).
Finding make_finding(const Rule& rule, Location location, std::string message, std::vector<Evidence> evidence = {},
                     std::string_view key = {});

/// Most severe first, then by rank, path, line, rule: the order of every report.
void sort_findings(std::vector<Finding>& findings);

/// Something that was skipped, truncated, timed out or not understood. "Could not check" is never "clean".
struct CoverageGap {
  std::string what;    ///< the path or the part, escaped for display
  std::string reason;  ///< why it was not looked at
  std::string remedy;  ///< how to have it looked at; may be empty
};

struct Coverage {
  std::vector<CoverageGap> gaps;
  bool complete() const noexcept { return gaps.empty(); }
  void add(std::string what, std::string reason, std::string remedy = {});
};

}  // namespace assay
