#include "provenance/difference_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "base/text.hpp"
#include "provenance/answers.hpp"
#include "provenance/assess_entry.hpp"

namespace assay::provenance {

namespace {

void count_entry(Counts& counts, const AssessedEntry& entry) {
  if (entry.status == EntryStatus::missing) {
    ++counts.missing;
    if (entry.explanation) ++counts.missing_explained;
  } else {
    ++counts.of(entry.proof());
  }
}

void note_unread(const compare::Difference& difference, Coverage& coverage) {
  const auto size = difference.subject->size;
  if (size > k_largest_examined)
    coverage.add(escape_for_display(difference.path),
                 fmt::format("its {} were not examined: {} of one file are", count_of(size, "byte"),
                             count_of(k_largest_examined, "byte")),
                 "look at it on its own: assay scan FILE");
  else if (difference.subject->kind == EntryKind::hardlink)
    coverage.add(
        escape_for_display(difference.path),
        fmt::format("its {} were not examined: it is a hard link to {}, which did not fit into the memory limit, or is "
                    "replaced further on in the archive",
                    count_of(size, "byte"), escape_for_display(difference.subject->link_target)),
        "raise the limit: --memory 2G; else unpack the archive, and look at the file");
  else
    coverage.add(
        escape_for_display(difference.path),
        fmt::format("its {} were not examined: they did not fit into the memory limit", count_of(size, "byte")),
        "raise the limit: --memory 2G");
}

/// What one difference comes to. Differences are judged in any order and put together in theirs.
struct Judgement {
  AssessedEntry entry;
  std::optional<Finding> finding;
  bool unread = false;
  bool out_of_time = false;  ///< its content was not looked at
};

/// Judges differences with meters of its own: one for each thread.
class Judge {
 public:
  Judge(const Compared& compared, const SubjectContents& contents, const vcs::Reference& reference,
        const ReleaseCheck& request, const Background& background, Answers& answers)
      : m_contents(contents),
        m_novelty(reference, request.known, background.build_lines, background.regeneration, &background.release),
        m_environment{reference, request.known,           compared.mapping,    m_novelty,           m_typer,
                      answers,   background.regeneration, &background.release, &background.subject, background.ahead} {}

  /// Take differences from the batch, in the order given, until none is left.
  void work(std::span<const compare::Difference> batch, std::span<const std::size_t> order,
            std::atomic<std::size_t>& next, std::vector<Judgement>& judgements, const archive::Deadline& deadline) {
    for (std::size_t turn = next++; turn < order.size(); turn = next++) {
      const auto i = order[turn];
      const auto& difference = batch[i];
      const bool wanted = SubjectContents::needs_content(difference);
      auto& judgement = judgements[i];
      judgement.out_of_time = !deadline.check();
      const auto* content = wanted && !judgement.out_of_time ? m_contents.find(*difference.subject) : nullptr;
      judgement.entry = assess_entry(difference, content, m_environment);
      judgement.unread = wanted && content == nullptr && judgement.entry.proof() >= Proof::composed &&
                         !is_known_as_it_stands(difference, m_environment.known);
      judgement.finding = finding_for(judgement.entry, difference, content);
    }
  }

 private:
  const SubjectContents& m_contents;
  NoveltyMeter m_novelty;
  inspect::ContentTyper m_typer;
  AssessEnvironment m_environment;
};

/// A release of another project has every file unexplained, a million of them if it likes. So many are listed in full.
constexpr std::size_t k_most_in_full = 20'000;

/// What is left of an entry that is one too many: what it is and how far it is proven, which later steps go by.
void leave_out_details(AssessedEntry& entry) {
  if (entry.explanation) entry.explanation->evidence.clear();
  entry.novel_lines = {};
  entry.next_step.clear();
}

struct Omissions {
  std::size_t findings = 0;     ///< counted, not listed
  std::size_t out_of_time = 0;  ///< files without proof whose content was not looked at
};

void record(Judgement judgement, const compare::Difference& difference, Assessment& assessment, Omissions& omitted) {
  if (judgement.unread && judgement.out_of_time) ++omitted.out_of_time;
  else if (judgement.unread && assessment.coverage.gaps.size() < k_most_in_full)
    note_unread(difference, assessment.coverage);
  if (judgement.finding &&
      (assessment.findings.size() < k_most_in_full || judgement.finding->severity >= Severity::high)) {
    assessment.findings.push_back(std::move(*judgement.finding));
  } else if (judgement.finding) {
    ++omitted.findings;
    leave_out_details(judgement.entry);
  }
  count_entry(assessment.counts, judgement.entry);
  assessment.entries.push_back(std::move(judgement.entry));
}

/// Neither thread is to be left alone with a huge `configure` when the other has nothing more to do.
std::vector<std::size_t> largest_first(std::span<const compare::Difference> batch) {
  const auto size_of = [&](std::size_t i) { return batch[i].subject != nullptr ? batch[i].subject->size : 0; };
  std::vector<std::size_t> order(batch.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return size_of(a) > size_of(b); });
  return order;
}

}  // namespace

void assess_differences(const Compared& compared, const SubjectContents& contents, const vcs::Reference& reference,
                        const ReleaseCheck& request, const Background& background, Assessment& assessment) {
  constexpr std::size_t k_batch = 4096;
  constexpr std::size_t k_worth_a_thread = 24;
  const std::span<const compare::Difference> differences{compared.comparison.differences};
  const archive::Deadline deadline{request.limits.time};
  Omissions omitted;
  Answers answers;
  Judge here{compared, contents, reference, request, background, answers};
  Judge beside{compared, contents, reference, request, background, answers};
  for (std::size_t start = 0; start < differences.size(); start += k_batch) {
    const auto batch = differences.subspan(start, std::min(k_batch, differences.size() - start));
    if (request.progress) request.progress("explaining differences", start, differences.size());
    const auto order = largest_first(batch);
    std::vector<Judgement> judgements(batch.size());
    std::atomic<std::size_t> next{0};
    std::future<void> helper;
    if (batch.size() >= k_worth_a_thread)
      helper = std::async(std::launch::async, [&] { beside.work(batch, order, next, judgements, deadline); });
    here.work(batch, order, next, judgements, deadline);
    if (helper.valid()) helper.get();
    for (std::size_t i = 0; i < batch.size(); ++i) record(std::move(judgements[i]), batch[i], assessment, omitted);
  }
  if (omitted.out_of_time > 0)
    assessment.coverage.add("differences",
                            fmt::format("the contents of {} were not examined: {}",
                                        count_of(omitted.out_of_time, "file"), deadline.check().error().message),
                            deadline.check().error().remedy);
  if (answers.exhausted())
    assessment.coverage.add(
        "differences",
        "more questions about the release as a whole came up than are answered; files may lack their proof",
        "check parts of the release on their own");
  if (omitted.findings > 0)
    assessment.coverage.add(
        "findings",
        fmt::format(
            "beyond the first {}, {} without proof are counted and not listed, but for those of severity high or above",
            k_most_in_full, count_of(omitted.findings, "file")),
        "check that this is the right repository and revision (--vcs REPO@REV)");
}

}  // namespace assay::provenance
