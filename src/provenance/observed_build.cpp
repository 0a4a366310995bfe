#include "provenance/observed_build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <unordered_set>

#include "base/text.hpp"
#include "provenance/reach.hpp"
#include "provenance/rules.hpp"

namespace assay::provenance {

namespace {

bool is_unproven(const AssessedEntry& entry) {
  return entry.status != EntryStatus::missing && entry.proof() >= Proof::unexplained;
}

/// Who decides what a build reads. Where one of them is unproven, what one build did not read another may.
bool decides(const AssessedEntry& entry) {
  return is_unproven(entry) && (entry.reach == Reach::executed || entry.reach == Reach::compiled);
}

/// Would another build than the one that is traced read it: a distribution's, a continuous integration's, one in a container or
/// for an editor? What is hidden, or says how something is to be done, serves one of them.
bool serves_another_build(std::string_view path) {
  constexpr std::string_view k_directories[] = {"debian/", "rpm/",  "packaging/", "nix/",
                                                "guix/",   "snap/", "docker/",    "ci/"};
  constexpr std::string_view k_names[] = {
      "pkgbuild", "apkbuild", "dockerfile",     "containerfile",   "vagrantfile",      "jenkinsfile", "procfile",
      "brewfile", "kconfig",  "rust-toolchain", "constraints.txt", "requirements.txt", "series"};
  constexpr std::string_view k_suffixes[] = {".patch", ".diff",   ".json", ".yml",     ".yaml",    ".toml",
                                             ".ini",   ".cfg",    ".conf", ".nix",     ".scm",     ".ebuild",
                                             ".xml",   ".lock",   ".list", ".rules",   ".service", ".in",
                                             ".tmpl",  ".config", ".env",  ".options", ".args",    ".rsp"};
  const auto lower = ascii_lower(path);
  if (lower.starts_with('.') || lower.find("/.") != std::string::npos) return true;
  const auto name = path_basename(lower);
  const auto is_below = [&](std::string_view directory) {
    return lower.starts_with(directory) || lower.find("/" + std::string{directory}) != std::string::npos;
  };
  return std::any_of(std::begin(k_directories), std::end(k_directories), is_below) ||
         std::find(std::begin(k_names), std::end(k_names), name) != std::end(k_names) ||
         std::any_of(std::begin(k_suffixes), std::end(k_suffixes),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

/// A manual page by its name and by its text, without a request that has troff run or write something.
bool is_passive_man_page(const AssessedEntry& entry, std::string_view text) {
  // The last ones have other characters and names begin requests and escapes.
  constexpr std::string_view k_active[] = {"sy",  "pi", "pso", "so",       "soquiet", "open", "opena", "cf",
                                           "trf", "rd", "mso", "msoquiet", "psbb",    "hpf",  "hpfa",  "hpfcode",
                                           "fp",  "cc", "c2",  "ec",       "eo",      "als",  "rn",    "do"};
  // Words of prose too, where no line of requests has them.
  constexpr std::string_view k_active_in_requests[] = {"device", "output", "PSPIC", "INCLUDE"};
  const auto is_one_of = [](std::string_view word, std::span<const std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (entry.reach_reason != "man page" || path_basename(entry.path).find(".so.") != std::string_view::npos)
    return false;
  // The printer's own language, and what man(1) has look at the page before troff does: but for tables, that runs and reads more.
  constexpr std::string_view k_preprocessors = "'\\\" ";
  if (text.find("\\X") != std::string_view::npos || text.find("\\Y") != std::string_view::npos) return false;
  if (text.starts_with(k_preprocessors) && !text.substr(k_preprocessors.size()).starts_with("t\n")) return false;
  bool is_page = false;
  for (auto line : split_lines(text)) {
    // A request may stand behind another (`.if n .sy x`), or in what a macro is defined as.
    for (auto at = line.find_first_of(".'"); at != std::string_view::npos; at = line.find_first_of(".'", at + 1)) {
      auto request = line.substr(at + 1);
      request.remove_prefix(std::min(request.find_first_not_of(" \t"), request.size()));
      const auto word = request.substr(0, request.find_first_of(" \t\\\""));
      if (is_one_of(word, k_active)) return false;
      if ((line.front() == '.' || line.front() == '\'') && is_one_of(word, k_active_in_requests)) return false;
      if (at == 0 && request.starts_with("\\*")) return false;  // whatever a string says
      is_page = is_page || (at == 0 && (word == "TH" || word == "Dd"));
    }
  }
  return is_page;
}

/// Texts that nothing is held against but that they are unproven.
class Eligibility {
 public:
  explicit Eligibility(const Assessment& assessment) {
    for (const auto& finding : assessment.findings)
      if (!says_only_unproven(finding) && finding.severity > Severity::low) accuse(finding);
  }

  bool operator()(const AssessedEntry& entry, const Bytes* content) const {
    const bool plain = entry.status == EntryStatus::added || entry.status == EntryStatus::modified;
    return entry.proof() == Proof::unexplained && plain && entry.kind == EntryKind::regular && entry.sha256 &&
           entry.reach >= Reach::shipped && !serves_another_build(entry.path) && !m_accused.contains(entry.path) &&
           content != nullptr && !content->empty() && looks_like_text(*content) &&
           (is_document(entry.path) || is_passive_man_page(entry, as_text(*content)));
  }

  static bool says_only_unproven(const Finding& finding) {
    return finding.rule == k_unexplained_text.id || finding.rule == k_unexplained_data.id;
  }

 private:
  void accuse(const Finding& finding) {
    m_accused.insert(finding.location.path);
    for (const auto& member : finding.members) accuse(member);
  }

  std::unordered_set<std::string> m_accused;
};

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t k_shown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), k_shown); ++i)
    text += (text.empty() ? "" : ", ") + escape_for_display(names[i]);
  return names.size() > k_shown ? text + fmt::format(" and {} more", names.size() - k_shown) : text;
}

/// Unproven files that could have it read more under circumstances of their choice.
std::string doubt_about(const std::vector<std::string>& deciders) {
  if (deciders.empty()) return {};
  return fmt::format("what the build runs, compiles or reads is not all proven ({}), and might read more elsewhere",
                     listed(deciders));
}

void call_inert(AssessedEntry& entry, const TracedBuild& build, Assessment& assessment) {
  Explanation explanation;
  explanation.proof = Proof::inert;
  explanation.explainer = "unread";
  explanation.evidence.emplace_back("traced build", build.recipe);
  for (const auto& one : build.builds) explanation.evidence.emplace_back("no process opened it", one);
  --assessment.counts.of(entry.proof());
  ++assessment.counts.of(Proof::inert);
  entry.explanation = std::move(explanation);
  entry.next_step.clear();
  std::erase_if(assessment.findings, [&](const Finding& finding) {
    return finding.location.path == entry.path && Eligibility::says_only_unproven(finding);
  });
}

/// What became of an unproven file in the build, for whoever has to read it now.
void tell(AssessedEntry& entry, std::string what, Assessment& assessment) {
  for (auto& finding : assessment.findings)
    if (finding.location.path == entry.path && finding.rule.starts_with("provenance-"))
      finding.evidence.push_back({"traced build", what});
  if (entry.explanation) entry.explanation->evidence.emplace_back("traced build", std::move(what));
}

void conclude(const ObservedBuild& observed, const std::set<std::string, std::less<>>& texts, Assessment& assessment) {
  auto& build = *assessment.traced_build;
  for (auto& entry : assessment.entries) {
    if (!is_unproven(entry)) continue;
    if (const auto use = observed.used.find(entry.path); use != observed.used.end()) {
      tell(entry, use->second, assessment);
    } else if (texts.contains(entry.path)) {
      ++build.unread;
      if (build.doubt.empty()) call_inert(entry, build, assessment);
      else tell(entry, "no process opened it; not called inert: " + build.doubt, assessment);
    }
  }
}

}  // namespace

void observe_build(const BuildObserver& observer, ObservationRequest request,
                   const std::function<const Bytes*(std::string_view path)>& content, Assessment& assessment) {
  const Eligibility eligible{assessment};
  std::set<std::string, std::less<>> texts;
  std::vector<std::string> deciders;
  for (const auto& entry : assessment.entries) {
    if (!is_unproven(entry)) continue;
    if (entry.sha256) request.unproven.emplace(entry.path, *entry.sha256);
    if (decides(entry)) deciders.push_back(entry.path);
    else if (eligible(entry, content(entry.path))) texts.insert(entry.path);
  }
  if (deciders.empty()) request.texts = texts;
  auto observed = observer.observe(request);
  if (!observed) {
    const auto& error = observed.error();
    assessment.coverage.add("traced build", error.where.empty() ? error.message : error.where + ": " + error.message,
                            error.remedy);
    return;
  }
  for (const auto& entry : assessment.entries)
    if (observed->used.contains(entry.path) && is_unproven(entry) && !decides(entry)) deciders.push_back(entry.path);
  auto& build = assessment.traced_build.emplace();
  build.recipe = observed->recipe;
  build.builds = observed->builds;
  build.doubt = !observed->doubt.empty() ? observed->doubt : doubt_about(deciders);
  conclude(*observed, texts, assessment);
  if (build.unread == 0) build.doubt.clear();
  std::move(observed->findings.begin(), observed->findings.end(), std::back_inserter(assessment.findings));
  for (auto& gap : observed->coverage.gaps) assessment.coverage.gaps.push_back(std::move(gap));
}

}  // namespace assay::provenance
