#include "provenance/release_inspection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <iterator>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/fixture_history.hpp"
#include "inspect/inspection.hpp"
#include "inspect/script/recognition.hpp"
#include "inspect/script/suspicion.hpp"
#include "inspect/siblings.hpp"
#include "inspect/tree_links.hpp"
#include "provenance/named_data.hpp"
#include "provenance/whole_lines.hpp"

namespace assay::provenance {

namespace {

/// What is byte-identical to a file of its upstream, or equal to it by a rule, was reviewed there.
bool is_of_upstream(const inspect::FileFacts& facts) {
  return !facts.in_vcs && facts.proof < Proof::composed;
}

/// Of a file that version control does not have, only the lines that stand nowhere else are suspect; where not all of
/// those are at hand, every line is. One that names test data or a binary file may read it in ways that no word tells.
inspect::Suspicion suspicion_of(std::string_view path, ByteView content, const inspect::FileFacts& facts,
                                const DataNames& data) {
  const bool listed =
      !facts.in_vcs && facts.novel_lines != nullptr && facts.novel_lines->size() == facts.novel_line_count;
  std::string lines;
  if (listed)
    for (const auto line : whole_lines(*facts.novel_lines, as_text(content))) (lines += line) += '\n';
  std::string room;
  const auto text = inspect::text_of_script(listed ? as_bytes(lines) : content, room);
  const auto suspicion = inspect::suspicion_of(text);
  if (suspicion == inspect::Suspicion::flow || facts.in_vcs) return suspicion;
  if (data.named_in(path, text, as_text(content))) return inspect::Suspicion::flow;
  if (suspicion == inspect::Suspicion::none && data.names_lookalike_object(text)) return inspect::Suspicion::traits;
  const auto kind = inspect::script_kind_by_name(path);
  const bool has_probes = kind == inspect::ScriptKind::cmake || kind == inspect::ScriptKind::m4;
  const bool stray = suspicion == inspect::Suspicion::none && has_probes && inspect::has_stray_line(as_text(content));
  return stray ? inspect::Suspicion::traits : suspicion;
}

struct Candidate {
  EntryPath path;
  const Bytes* content = nullptr;
  inspect::FileFacts facts;
  inspect::ScriptKind kind = inspect::ScriptKind::none;
  inspect::Suspicion suspicion = inspect::Suspicion::none;
};

/// Looks at every candidate, on two threads.
void judge(std::vector<Candidate>& candidates, const DataNames& data) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (auto i = next++; i < candidates.size(); i = next++) {
      auto& one = candidates[i];
      one.suspicion = suspicion_of(one.path, *one.content, one.facts, data);
    }
  };
  auto helper = std::async(std::launch::async, work);
  work();
  helper.get();
}

/// The scripts of the release that give a reason to be followed. Where one of those shares its variables with others,
/// all.
class ScriptChoice {
 public:
  ScriptChoice(const ReleaseTree& tree, const ReleaseFacts& facts, inspect::Effort effort)
      : m_tree(tree), m_all(effort == inspect::Effort::high) {
    if (m_all) return;
    find_candidates(facts);
    judge(m_candidates, DataNames{tree});
    for (const auto& one : m_candidates) {
      if (one.suspicion == inspect::Suspicion::none) continue;
      m_chosen.insert(one.path);
      m_all = m_all || (one.suspicion == inspect::Suspicion::flow && inspect::shares_names(one.kind, one.path));
    }
    m_candidates.clear();
  }
  bool any() const noexcept { return m_all || !m_chosen.empty(); }
  bool operator()(const TreeEntry& entry) const {
    return m_chosen.contains(entry.path) || (m_all && (m_tree.is_wanted(entry.path) || may_be_named_script(entry)));
  }

 private:
  /// For its first line alone no text that version control has as well is read again: a script would have been kept.
  static bool may_be_named_script(const TreeEntry& entry) {
    constexpr std::uint64_t k_largest = 1U << 20;
    if (inspect::script_kind_by_name(entry.path) != inspect::ScriptKind::none) return true;
    const bool plain_name = path_basename(entry.path).find('.') == std::string_view::npos;
    return (entry.executable() || plain_name) && entry.size <= k_largest;
  }

  void find_candidates(const ReleaseFacts& facts) {
    const inspect::TreeLinks links{m_tree.entries()};
    for (const auto& entry : m_tree.entries()) {
      if (entry.kind != EntryKind::regular) continue;
      const auto* content = m_tree.kept(entry.path);
      if (content != nullptr) consider(entry, *content, facts(entry.path));
      for (const auto& name : links.names_of(entry)) {
        const auto known = facts(name.symbolic ? entry.path : name.entry.path);
        if (content != nullptr) consider(name.entry, *content, known);
        // What version control has under another name was not kept, and here it may be what a build runs.
        else if (!facts(name.entry.path).in_vcs && may_be_named_script(name.entry)) m_chosen.insert(name.entry.path);
      }
    }
  }

  void consider(const TreeEntry& entry, const Bytes& content, const inspect::FileFacts& known) {
    const auto kind = inspect::script_kind(entry, content);
    // What is run in a language that is not followed is not followed, but has to be named where there was a reason to.
    if (kind == inspect::ScriptKind::none && (known.in_vcs || known.reach != Reach::executed)) return;
    // Those among the tests are no part of a build, unless version control does not have them.
    if (is_of_upstream(known) || (known.in_vcs && inspect::is_in_test_data(entry.path))) return;
    m_candidates.push_back({entry.path, &content, known, kind});
  }

  const ReleaseTree& m_tree;
  bool m_all;
  std::vector<Candidate> m_candidates;
  std::unordered_set<std::string> m_chosen;
};

inspect::Revision revision_of(const Assessment& assessment) {
  if (!assessment.vcs || assessment.vcs->kind != "git") return {};
  return {assessment.vcs->repository, assessment.vcs->commit, assessment.vcs->reference_subdir};
}

/// What version control has as well was looked at beyond the comparison, which is complete without: what is left of it
/// is said, but no gap.
void add_gaps(const std::vector<CoverageGap>& gaps, const ReleaseFacts& facts, Assessment& assessment) {
  std::vector<Evidence> left_out;
  std::set<std::string> remedies;
  for (const auto& gap : gaps) {
    const auto parts = ContainerPath::parse(gap.what).parts();
    if (!parts.empty() && facts(parts.front()).in_vcs) {
      left_out.push_back({gap.what, gap.reason});
      if (!gap.remedy.empty()) remedies.insert(gap.remedy);
    } else {
      assessment.coverage.gaps.push_back(gap);
    }
  }
  if (left_out.empty()) return;
  auto message = fmt::format("of {} in version control not everything that is in {} was looked at",
                             count_of(left_out.size(), "file"), left_out.size() == 1 ? "it" : "them");
  auto finding =
      make_finding(inspect::rule(inspect::BlobRule::not_tried), {}, std::move(message), std::move(left_out), "limits");
  // More effort changes nothing about a format that is not read or a budget of steps: each gap says what does.
  finding.remedy = fmt::format("{}", fmt::join(remedies, "; "));
  assessment.findings.push_back(std::move(finding));
}

/// Damaged and odd fixtures are what test suites are made of: where version control has them and no chain leads through
/// them, a comparison has nothing to say about them.
void drop_mere_context(const ReleaseFacts& facts, std::vector<Finding>& findings) {
  std::erase_if(findings, [&](const Finding& finding) {
    if (finding.severity != Severity::info || !finding.rule.starts_with("blob-") || finding.location.path.empty())
      return false;
    const auto parts = ContainerPath::parse(finding.location.path).parts();
    return !parts.empty() && facts(parts.front()).in_vcs;
  });
}

/// The checks of text: all of them on what version control does not have. What it has everybody could read there, but
/// not see what is written so that nobody sees it.
inspect::TextAnalysis inspect_kept_texts(const ReleaseTree& tree, const ReleaseFacts& facts,
                                         const InspectionRequest& request, const archive::Deadline& deadline,
                                         const inspect::TextsAhead* ahead) {
  std::vector<inspect::TextFile> files;
  bool rules = false;
  for (const auto& entry : tree.entries()) {
    const auto* content = tree.kept(entry.path);
    if (content == nullptr) continue;
    const auto known = facts(entry.path);
    if (is_of_upstream(known)) continue;
    const bool all = !known.in_vcs || request.effort == inspect::Effort::high;
    if (all || may_show_other_text(entry.path, *content)) files.push_back({&entry, *content, all});
    rules = rules || all;
  }
  if (files.empty()) return {};
  inspect::TextOptions options;
  options.ahead = ahead;
  options.deadline = deadline;
  if (rules && request.content_rules) options.rules = request.content_rules();
  return inspect::inspect_texts(files, std::cref(facts), options);
}

/// Is a binary file among those that nothing accounts for? Then what is inside of it is put to the content rules.
bool has_unreviewed_binary(const ReleaseTree& tree, const ReleaseFacts& facts) {
  return std::any_of(tree.entries().begin(), tree.entries().end(), [&](const TreeEntry& entry) {
    if (!tree.is_wanted(entry.path)) return false;
    const auto known = facts(entry.path);
    const auto* content = tree.kept(entry.path);
    return !known.in_vcs && !is_of_upstream(known) && (content == nullptr || !inspect::is_mostly_text(*content));
  });
}

template <typename Item>
void move_into(std::vector<Item>& to, std::vector<Item>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void inspect_release(ReleaseTree& tree, const InspectionRequest& request, const Limits& limits,
                     const inspect::TextsAhead* ahead, Assessment& assessment) {
  const ReleaseFacts known{assessment.entries};
  const inspect::FactsOf facts = std::cref(known);
  inspect::InspectionOptions options;
  options.blobs.effort = request.effort;
  options.blobs.limits = limits;
  // One time for all of it.
  const archive::Deadline deadline{limits.time};
  options.blobs.deadline = options.texts.deadline = options.scripts.deadline = deadline;
  options.scripts.max_searched = limits.memory / 2;
  if (request.effort == inspect::Effort::low) options.scripts.max_unpacked /= 8;
  std::atomic<bool> given_up = false;
  options.blobs.want = [&](const TreeEntry& entry) {
    return !given_up && tree.is_wanted(entry.path) && !is_of_upstream(known(entry.path));
  };
  options.blobs.whole_tree = false;
  options.read_texts = false;
  options.want_inner_texts = [&](std::string_view top) {
    const auto facts_of_top = known(top);
    return !facts_of_top.in_vcs || request.effort == inspect::Effort::high;
  };
  if (request.content_rules && (request.effort == inspect::Effort::high || has_unreviewed_binary(tree, known)))
    options.texts.rules = request.content_rules();
  auto reading_texts =
      std::async(std::launch::async, [&] { return inspect_kept_texts(tree, known, request, deadline, ahead); });
  options.read_scripts = false;
  // Few releases have a script that gives a reason to be followed: the files are examined as if this had none, while that is found
  // out. Where one has, what it knows is tried on all of them, and so it is done again.
  auto without_scripts =
      std::async(request.effort == inspect::Effort::high ? std::launch::deferred : std::launch::async,
                 [&, options] { return inspect::inspect_tree(tree, facts, options); });
  const ScriptChoice choice{tree, known, request.effort};
  given_up = choice.any();
  auto inspection = without_scripts.get();
  given_up = false;
  if (choice.any()) {
    options.read_scripts = true;
    options.scripts.want = std::cref(choice);
    inspection = inspect::inspect_tree(tree, facts, options);
  }
  auto texts = reading_texts.get();
  move_into(assessment.findings, texts.findings);
  move_into(assessment.coverage.gaps, texts.coverage.gaps);
  if (!inspection) {
    assessment.coverage.add("inspection", "what is in the files was not looked at: " + inspection.error().message,
                            inspection.error().remedy);
    return;
  }
  auto& findings = assessment.findings;
  findings.insert(findings.end(), std::make_move_iterator(inspection->findings.begin()),
                  std::make_move_iterator(inspection->findings.end()));
  add_gaps(inspection->coverage.gaps, known, assessment);
  auto history =
      inspect::fixture_history(tree, revision_of(assessment), findings, inspection->scripts, inspection->blobs);
  findings.insert(findings.end(), std::make_move_iterator(history.begin()), std::make_move_iterator(history.end()));
  inspect::correlate(findings, inspection->scripts, inspection->blobs, facts, request.policy);
  inspect::gather_siblings(findings);
  if (request.effort != inspect::Effort::high) drop_mere_context(known, findings);
}

}  // namespace assay::provenance
