#include "model/waiver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/glob.hpp"
#include "base/text.hpp"

namespace assay {

namespace {

const Rule k_waiver_unused{"waiver-unused",
                           Severity::low,
                           "suppression matches no finding",
                           "A suppression in the project's configuration silenced nothing: the finding is gone, or the "
                           "rule or path is misspelt. "
                           "Left in place it would silence a later finding that nobody has looked at.",
                           "Remove the suppression, or correct its rule and path.",
                           ""};
const Rule k_waiver_stale{
    "waiver-stale",
    Severity::medium,
    "suppression was given for another content",
    "The rule and path of a suppression match a finding, but the content is not the one that was reviewed: the SHA-256 "
    "differs. The finding is not silenced.",
    "Review the new content; if it is fine, put its SHA-256 into the suppression.",
    ""};
const Rule k_waiver_expired{"waiver-expired",
                            Severity::low,
                            "suppression has expired",
                            "The day a suppression was limited to has passed. It silences nothing any more.",
                            "Review again, then extend or remove the suppression.",
                            ""};
const Rule k_waiver_refused{
    "waiver-refused",
    Severity::medium,
    "suppression may not silence this finding",
    "A suppression matches a finding about a file that claims an identity which is false. Such "
    "a claim cannot be waived: "
    "it is either an attack or an error of the upstream that has to be mended there. Nor is one "
    "of severity high or above that there is no digest to bind it to.",
    "Remove the suppression and follow the finding's own remedy.",
    ""};
const Rule k_rules[] = {k_waiver_unused, k_waiver_stale, k_waiver_expired, k_waiver_refused};

std::string iso_date(std::chrono::year_month_day date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

WaiverUse start_use(const Waiver& waiver) {
  return {waiver.rule,
          waiver.path,
          ascii_lower(waiver.content_sha256),
          waiver.reason,
          waiver.expires ? iso_date(*waiver.expires) : "",
          0,
          ""};
}

/// What happened to one waiver while the findings went by.
struct Progress {
  bool expired = false;
  bool refused = false;
  bool unbound = false;
  std::string other_content;  ///< digest of a finding that matched but for its content; empty if there was none
  std::string other_path;
};

bool same_place(const WaiverUse& use, const Finding& finding) {
  return use.rule == finding.rule && glob_match_any(use.path, finding.location.path);
}

class Application {
 public:
  Application(Assessment& assessment, std::span<const Waiver> waivers, std::chrono::year_month_day today,
              const std::function<bool(const Finding&)>& is_contradiction)
      : m_assessment(assessment), m_waivers(waivers), m_is_contradiction(is_contradiction) {
    for (const auto& entry : assessment.entries)
      if (entry.proof() == Proof::contradicted) m_contradicted.insert(entry.path);
    for (const auto& waiver : waivers) {
      m_uses.push_back(start_use(waiver));
      m_progress.push_back({});
      m_progress.back().expired = waiver.expires && *waiver.expires < today;
    }
  }

  void run() {
    std::vector<Finding> kept;
    for (auto& finding : m_assessment.findings)
      if (finding.content_sha256.empty()) finding.content_sha256 = m_assessment.subject.sha256;
    for (auto& finding : m_assessment.findings)
      (silences(finding) ? m_assessment.waived : kept).push_back(std::move(finding));
    m_assessment.findings = std::move(kept);
    for (std::size_t i = 0; i < m_uses.size(); ++i) report(i);
    std::move(m_uses.begin(), m_uses.end(), std::back_inserter(m_assessment.waivers));
    sort_findings(m_assessment.findings);
  }

 private:
  bool untouchable(const Finding& finding) const {
    return m_contradicted.contains(finding.location.path) || (m_is_contradiction && m_is_contradiction(finding));
  }

  /// Of a directory there is no digest: a word about a finding that speaks of several of its files would hold for any content.
  static bool is_grave_and_unbound(const Finding& finding) {
    return finding.content_sha256.empty() && finding.severity >= Severity::high;
  }

  /// Every waiver that matches is used, so that two for one finding are not reported as one too many.
  bool silences(const Finding& finding) {
    bool silenced = false;
    for (std::size_t i = 0; i < m_uses.size(); ++i) {
      if (!same_place(m_uses[i], finding)) continue;
      if (m_progress[i].expired) continue;
      if (untouchable(finding)) {
        m_progress[i].refused = true;
      } else if (is_grave_and_unbound(finding)) {
        m_progress[i].unbound = true;
      } else if (covers(m_uses[i], finding)) {
        ++m_uses[i].matched;
        silenced = true;
      } else if (m_progress[i].other_path.empty()) {
        m_progress[i].other_content = finding.content_sha256;
        m_progress[i].other_path = finding.location.path;
      }
    }
    return silenced;
  }

  void report(std::size_t i) {
    const auto& progress = m_progress[i];
    auto& use = m_uses[i];
    if (progress.expired) return add(i, k_waiver_expired, fmt::format("expired on {}", use.expires));
    if (progress.refused) return add(i, k_waiver_refused, "cannot silence a contradiction");
    if (use.matched > 0) return;
    if (progress.unbound)
      return add(i, k_waiver_refused,
                 "a finding of severity high or above is silenced only for one content, and there is no digest of a "
                 "directory; examine an archive of it");
    if (progress.other_path.empty()) return add(i, k_waiver_unused, "unused");
    add(i, k_waiver_stale, stale_problem(use, progress));
  }

  static std::string stale_problem(const WaiverUse& use, const Progress& progress) {
    const auto path = escape_for_display(progress.other_path);
    if (progress.other_content.empty())
      return fmt::format("stale: the finding in {} is about no content, remove sha256", path);
    if (use.content_sha256.empty())
      return fmt::format("names no sha256; the content of {} is {}", path, progress.other_content);
    return fmt::format("stale: the content of {} changed to {}", path, progress.other_content);
  }

  void add(std::size_t i, const Rule& rule, std::string problem) {
    auto& use = m_uses[i];
    use.problem = std::move(problem);
    auto message = fmt::format("the suppression of {} in {} is of no effect: {}", escape_for_display(use.rule),
                               escape_for_display(use.path), use.problem);
    auto finding = make_finding(rule, m_waivers[i].declared, std::move(message), {{"reason given", use.reason}},
                                use.rule + '\n' + use.path + '\n' + use.content_sha256);
    finding.confidence = Confidence::proven;
    m_assessment.findings.push_back(std::move(finding));
  }

  Assessment& m_assessment;
  const std::span<const Waiver> m_waivers;
  const std::function<bool(const Finding&)>& m_is_contradiction;
  std::unordered_set<std::string> m_contradicted;
  std::vector<WaiverUse> m_uses;
  std::vector<Progress> m_progress;
};

}  // namespace

bool covers(const WaiverUse& use, const Finding& finding) {
  return same_place(use, finding) && use.content_sha256 == ascii_lower(finding.content_sha256);
}

void apply_waivers(Assessment& assessment, std::span<const Waiver> waivers, std::chrono::year_month_day today,
                   const std::function<bool(const Finding&)>& is_contradiction) {
  Application{assessment, waivers, today, is_contradiction}.run();
}

std::span<const Rule> waiver_rules() noexcept {
  return k_rules;
}

}  // namespace assay
