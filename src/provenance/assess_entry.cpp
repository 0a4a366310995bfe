#include "provenance/assess_entry.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "inspect/line_traits.hpp"
#include "provenance/generator.hpp"
#include "provenance/prevalence.hpp"
#include "provenance/reach.hpp"
#include "provenance/rules.hpp"
#include "provenance/whole_lines.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_evidence_lines = 40;

ByteView view_of(const Bytes* content) {
  return content != nullptr ? ByteView{*content} : ByteView{};
}

bool has_evidence(const AssessedEntry& entry, std::string_view name) {
  if (!entry.explanation) return false;
  const auto& evidence = entry.explanation->evidence;
  return std::any_of(evidence.begin(), evidence.end(), [&](const auto& one) { return one.first.starts_with(name); });
}

/// "stands unchanged in 37 projects, the earliest release of 2015": for a person to weigh, no proof.
std::string in_words(const Prevalence& seen) {
  return fmt::format("stands unchanged in {}, the earliest release of {:%Y} (no proof)",
                     count_of(seen.projects, "project"), fmt::gmtime(static_cast<std::time_t>(seen.first_seen)));
}

/// What it says of itself; empty if it was not there.
std::string_view tool_at_hand(const Generator& generator, const Regeneration* regeneration) {
  auto used = regeneration != nullptr ? tool_of(*regeneration, generator) : std::string_view{};
  used.remove_prefix(std::min(used.find(' ') + 1, used.size()));  // the name by which it was asked
  return used;
}

/// Its generators made all of it but some lines. Another version of one may make them, or somebody put them there: only to run that
/// version decides it.
std::string after_addition(const AssessedEntry& entry, const std::optional<Generator>& generator,
                           const Regeneration* regeneration) {
  const bool one = entry.novel_line_count == 1;
  auto step = fmt::format("read its {}: its generators, run on version control, make this very file without {}",
                          count_of(entry.novel_line_count, "novel line"), one ? "it" : "them");
  const bool other = generator && !generator->version.empty() &&
                     !tool_at_hand(*generator, regeneration).ends_with(" " + generator->version);
  return step + (other ? fmt::format("; whether {} {} makes {}, a run with it decides (--toolchain DIR)",
                                     generator->tool, generator->version, one ? "it" : "them")
                       : fmt::format("; find out what made {}", one ? "it" : "them"));
}

/// Its generator was run and made another file: which one that was, and which would have to be had.
std::string after_regeneration(const AssessedEntry& entry, const Bytes* content, const Regeneration* regeneration) {
  auto step = entry.novel_line_count > 0 ? fmt::format("read its {}", count_of(entry.novel_line_count, "novel line"))
                                         : std::string{"compare it with what its generators make"};
  const auto generator = content != nullptr ? claimed_generator(entry.path, as_text(*content)) : std::nullopt;
  if (has_evidence(entry, k_regenerated_but_added)) return after_addition(entry, generator, regeneration);
  if (!generator) return step;
  if (generator->version.empty())
    return step + fmt::format("; with the {} that it came from (--toolchain DIR) it should come out byte for byte",
                              generator->tool);
  const auto used = tool_at_hand(*generator, regeneration);
  if (used.empty())
    return step + fmt::format("; with {} {} (--toolchain DIR) it should come out byte for byte", generator->tool,
                              generator->version);
  if (used.ends_with(" " + generator->version))
    return step + fmt::format(
                      "; it was made here with {}, and came out otherwise: a distribution's build of it may differ "
                      "(--toolchain DIR)",
                      used);
  return step +
         fmt::format("; it was made here with {}, and came out otherwise: with {} {} (--toolchain DIR) it should not",
                     used, generator->tool, generator->version);
}

/// Lines of a generated file that its generator, run on VCS, did not make, and that do what build scripts rarely do: at least
/// one as no honest macro file does, or several that are unusual together. Where they are all that differs, no other version of a
/// generator is to blame, and a little is enough.
bool looks_injected(const AssessedEntry& entry, const Bytes* content) {
  constexpr unsigned k_never_honest = 5;
  constexpr unsigned k_unusual_together = 12;
  constexpr unsigned k_unusual = 2;
  if (!has_evidence(entry, "regenerated") || entry.reach > Reach::compiled || entry.novel_lines.empty()) return false;
  unsigned most = 0, sum = 0;
  for (const auto line : whole_lines(entry.novel_lines, as_text(view_of(content)))) {
    const auto weight = inspect::line_weight(line);
    most = std::max(most, weight);
    sum += weight;
  }
  if (has_evidence(entry, k_regenerated_but_added) && sum >= k_unusual) return true;
  return most >= k_never_honest || (sum >= k_unusual_together && entry.novel_line_count <= 60);
}

/// The recipe was run, and made no such file.
std::string after_recipe(const AssessedEntry& entry, const Regeneration& regeneration,
                         const std::optional<Generator>& generator) {
  const auto claim = generator && !generator->command.empty()
                         ? fmt::format(", though it says that {} did", generator->tool)
                         : std::string{};
  auto step = regeneration.coverage.complete()
                  ? fmt::format("none of the steps that were run here makes it{}: ", claim)
                  : fmt::format("no step that succeeded here makes it{}: mend what was not checked, or ", claim);
  step += "name the one that does (--recipe COMMAND)";
  if (entry.novel_line_count > 0)
    step += fmt::format(", or read its {}", count_of(entry.novel_line_count, "novel line"));
  return step;
}

bool is_of_absent_submodule(const AssessedEntry& entry) {
  return entry.explanation && entry.explanation->explainer == k_of_submodule;
}

/// Version control has the file, and no generator makes it: what was done to it by hand.
std::string against_version_control(const AssessedEntry& entry) {
  std::string lost;
  for (const auto& [name, text] : entry.explanation->evidence)
    if (name == k_lost_lines) lost = text;
  if (entry.novel_line_count == 0 && lost == "0") return "compare it with the file in version control";
  return fmt::format(
      "no generator makes it: it is version control's file with {} and without {} of its lines; ask whoever made the "
      "release, or take the file from version control",
      entry.novel_line_count == 0 ? "no new line" : count_of(entry.novel_line_count, "new line"),
      lost == "0" ? "none" : lost);
}

/// All of its lines stand in files that version control has or upstreams published, in no such order.
bool has_known_lines_only(const AssessedEntry& entry) {
  if (!entry.explanation || entry.status != EntryStatus::added || entry.novel_line_count > 0) return false;
  const auto says = [&](std::string_view name, std::string_view value) {
    const auto& evidence = entry.explanation->evidence;
    return std::any_of(evidence.begin(), evidence.end(),
                       [&](const auto& item) { return item.first == name && item.second == value; });
  };
  return says("novel lines", "0") && !says("lines", "0");
}

std::string proving_step(const AssessedEntry& entry, const Bytes* content, const Regeneration* regeneration) {
  if (looks_injected(entry, content))
    return fmt::format(
        "do not run it: its generators, run on version control, make this file without {}; find out who put {} there",
        entry.novel_line_count == 1 ? "this line" : fmt::format("these {} lines", entry.novel_line_count),
        entry.novel_line_count == 1 ? "it" : "them");
  if (is_of_absent_submodule(entry)) return "name a repository that has the submodule: --submodule REPO";
  if (has_evidence(entry, "regenerated")) return after_regeneration(entry, content, regeneration);
  const auto generator = content != nullptr ? claimed_generator(entry.path, as_text(*content)) : std::nullopt;
  if (regeneration != nullptr && entry.status == EntryStatus::added && content != nullptr)
    return after_recipe(entry, *regeneration, generator);
  if (generator && !generator->command.empty()) {
    const auto version = generator->version.empty() ? "" : " " + generator->version;
    return fmt::format("regenerate it in a clean checkout with `{}` ({}{}) and compare", generator->command,
                       generator->tool, version);
  }
  if (content != nullptr && entry.status == EntryStatus::modified && has_evidence(entry, k_lost_lines))
    return against_version_control(entry);
  if (entry.novel_line_count > 0) return fmt::format("read its {}", count_of(entry.novel_line_count, "novel line"));
  if (content != nullptr && has_known_lines_only(entry))
    return "compare it with the files that its lines are from, those that its tools install among them: what it leaves "
           "out, and in which order it has them, is what nothing proves";
  if (content == nullptr || entry.reach != Reach::inert) return {};
  if (entry.status == EntryStatus::modified) return "compare it with the file in version control";
  return "find out what makes it, and make it from version control (--recipe COMMAND)";
}

/// How it differs, in words that fit behind the path.
std::string difference_in_words(const AssessedEntry& entry) {
  switch (entry.status) {
    case EntryStatus::added:
      return "is not in version control";
    case EntryStatus::modified:
      return "differs from version control";
    case EntryStatus::mode_changed:
      return "is executable here and not in version control";
    case EntryStatus::moved:
      return "stands at another path in version control";
    default:
      return "differs";
  }
}

const Rule& rule_for(const AssessedEntry& entry, const compare::Difference& difference, const Bytes* content) {
  const auto* subject = difference.subject;
  const auto* reference = difference.reference;
  if (subject->digests.sha1_collision) return k_sha1_collision;
  if (entry.proof() == Proof::contradicted)
    return entry.explanation->explainer == "serial" ? k_contradicted_serial : k_contradicted_version;
  if (has_evidence(entry, "malformed")) return k_malformed;
  if (has_evidence(entry, "life-cycle script ") && entry.explanation->explainer == "npm") return k_life_cycle_changed;
  if (looks_injected(entry, content)) return k_generated_injected;
  if (entry.status == EntryStatus::mode_changed || has_evidence(entry, "made executable")) return k_made_executable;
  if (entry.status == EntryStatus::moved && entry.reach == Reach::inert && is_document(entry.path) &&
      !is_hidden(entry.path))
    return k_unexplained_text;
  if (entry.status == EntryStatus::moved) return k_moved_into_build;
  const bool link =
      subject->kind == EntryKind::symlink || (reference != nullptr && reference->kind == EntryKind::symlink);
  if (link && entry.status == EntryStatus::modified) return k_link_changed;
  if (!inspect::executable_format(view_of(content)).empty()) return k_unexplained_binary_code;
  switch (entry.reach) {
    case Reach::executed:
      return k_unexplained_build_file;
    case Reach::compiled:
      return k_unexplained_source;
    case Reach::shipped:
      return k_unexplained_data;
    case Reach::inert:
      return k_unexplained_text;
  }
  return k_unexplained_data;
}

std::string message_for(const AssessedEntry& entry, const Rule& rule, const Bytes* content) {
  const auto path = escape_for_display(entry.path);
  if (&rule == &k_sha1_collision) return fmt::format("{} carries the marks of a SHA-1 collision attack", path);
  auto message = fmt::format("{} {}", path, difference_in_words(entry));
  if (&rule == &k_contradicted_serial) {
    const auto& evidence = entry.explanation->evidence;
    message += fmt::format(" and claims serial {}, which {} never had; {}", evidence[0].second, evidence[4].second,
                           count_of(entry.novel_line_count, "novel line"));
    return message;
  }
  if (&rule == &k_contradicted_version)
    return message + fmt::format(" and says that this is version {}, which tag and file name contradict",
                                 escape_for_display(entry.explanation->evidence.front().second));
  if (!entry.reach_reason.empty()) message += fmt::format(" ({})", entry.reach_reason);
  if (entry.novel_line_count > 0) message += fmt::format("; {}", count_of(entry.novel_line_count, "novel line"));
  if (has_known_lines_only(entry))
    message += "; all of its lines are known, and no file that is known has them in this order";
  if (content != nullptr)
    if (const auto generator = claimed_generator(entry.path, as_text(*content));
        generator && !generator->version.empty())
      message += fmt::format("; says it was made by {} {}", generator->tool, generator->version);
  return message;
}

std::vector<Evidence> evidence_for(const AssessedEntry& entry) {
  std::vector<Evidence> evidence;
  if (entry.explanation)
    for (const auto& [name, text] : entry.explanation->evidence) evidence.push_back({name, text});
  for (const auto& line : entry.novel_lines) {
    if (evidence.size() >= k_evidence_lines) break;
    evidence.push_back({fmt::format("novel line {}", line.number), line.text});
  }
  return evidence;
}

std::uint64_t rank_of(const AssessedEntry& entry, const Bytes* content) {
  std::uint64_t rank = 0;
  for (const auto line : whole_lines(entry.novel_lines, as_text(view_of(content)))) rank += inspect::line_weight(line);
  return rank;
}

void set_reach(AssessedEntry& entry, ReachInfo info) {
  entry.reach = info.reach;
  entry.reach_reason = std::move(info.reason);
}

/// What is proven of a file's content says nothing of the right to run it.
bool became_executable(const compare::Difference& difference) {
  const auto* subject = difference.subject;
  const auto* reference = difference.reference;
  if (subject == nullptr || reference == nullptr || difference.status == EntryStatus::mode_changed) return false;
  return subject->kind != EntryKind::symlink && reference->kind == EntryKind::regular &&
         compare::may_be_run(*subject) && !compare::may_be_run(*reference);
}

}  // namespace

AssessedEntry assess_entry(const compare::Difference& difference, const Bytes* content,
                           const AssessEnvironment& environment) {
  AssessedEntry entry;
  entry.path = difference.path;
  entry.status = difference.status;
  const auto& known_entry = difference.subject != nullptr ? *difference.subject : *difference.reference;
  entry.kind = known_entry.kind;
  if (difference.subject != nullptr) {
    entry.size = difference.subject->size;
    if (difference.subject->sha256_known) entry.sha256 = difference.subject->digests.sha256;
  }
  set_reach(entry, reach_by_name(entry.path));

  auto reference_path = environment.mapping.reference_subdir.empty()
                            ? entry.path
                            : environment.mapping.reference_subdir + "/" + entry.path;
  ExplainContext context{environment.reference,
                         environment.known,
                         environment.mapping,
                         environment.novelty,
                         difference,
                         std::move(reference_path),
                         content,
                         entry,
                         environment.answers};
  context.regeneration = environment.regeneration;
  context.release = environment.release;
  context.subject = environment.subject;
  context.ahead = environment.ahead;
  for (const auto& explainer : explainers()) {
    entry.explanation = explainer.explain(context);
    if (entry.explanation) break;
  }
  if (!entry.explanation && entry.status != EntryStatus::missing) entry.explanation = Explanation{};
  if (entry.explanation && entry.proof() < Proof::unexplained && became_executable(difference)) {
    entry.explanation->evidence.emplace_back(
        "made executable", fmt::format("not in version control; its content is {}", to_string(entry.proof())));
    entry.explanation->proof = Proof::unexplained;
  }
  // What is proven, and what is not even there, does not need its content's type to be ranked: libmagic takes a
  // millisecond and more for a text, and a release has hundreds.
  const bool ranked = entry.proof() >= Proof::unexplained ||
                      (difference.subject != nullptr && difference.subject->digests.sha1_collision);
  if (ranked && entry.status != EntryStatus::missing)
    set_reach(entry, classify_reach(known_entry, entry.path, view_of(content), environment.typer));
  if (entry.explanation && entry.explanation->proof >= Proof::composed && entry.sha256)
    if (const auto seen = environment.known.prevalence_of(*entry.sha256);
        seen && seen->projects > 1)  // one may be this one itself
      entry.explanation->evidence.emplace_back("prevalence", in_words(*seen));
  if (entry.explanation && entry.explanation->proof >= Proof::unexplained)
    entry.next_step = proving_step(entry, content, environment.regeneration);
  return entry;
}

std::optional<Finding> finding_for(const AssessedEntry& entry, const compare::Difference& difference,
                                   const Bytes* content) {
  if (difference.subject == nullptr) return std::nullopt;
  const bool unproven = entry.proof() >= Proof::unexplained || difference.subject->digests.sha1_collision;
  if (!unproven) return std::nullopt;
  const auto& rule = rule_for(entry, difference, content);
  // That nobody looked is said once, as a gap, and not of each of its files that they are not in version control.
  const bool says_no_more = &rule == &k_unexplained_build_file || &rule == &k_unexplained_source ||
                            &rule == &k_unexplained_data || &rule == &k_unexplained_text;
  if (says_no_more && is_of_absent_submodule(entry)) return std::nullopt;
  auto finding = make_finding(rule, {entry.path, 0}, message_for(entry, rule, content), evidence_for(entry));
  if (entry.proof() == Proof::contradicted) finding.confidence = Confidence::proven;
  // That its bytes stand elsewhere in version control makes a file no worse than one that nobody knows would be.
  if (&rule == &k_moved_into_build && entry.reach > Reach::compiled)
    finding.severity =
        std::min(finding.severity, (entry.reach == Reach::inert ? k_unexplained_text : k_unexplained_data).severity);
  if (!entry.next_step.empty()) finding.remedy = entry.next_step;
  finding.rank = rank_of(entry, content);
  if (&rule == &k_unexplained_build_file && finding.rank > 0 && has_evidence(entry, k_regenerated_but_added))
    finding.severity = std::max(finding.severity, Severity::high);
  if (entry.sha256) finding.content_sha256 = entry.sha256->hex();
  return finding;
}

}  // namespace assay::provenance
