#include "provenance/release_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "archive/reader.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "compare/path_mapping.hpp"
#include "compare/tree_comparison.hpp"
#include "provenance/assess_entry.hpp"
#include "provenance/generator.hpp"
#include "provenance/go_module.hpp"
#include "provenance/reach.hpp"
#include "provenance/release_claims.hpp"
#include "provenance/rules.hpp"
#include "vcs/proof_bundle.hpp"
#include "vcs/version.hpp"

namespace assay::provenance {

namespace {

/// A tag whose name fits is believed if at least this share of the files that stand in both has the same content.
constexpr double k_believable_agreement = 0.8;
constexpr std::uint64_t k_largest_examined = 64ULL << 20;

/// The reference as it is being chosen: opened early from the user's word or a tag name, and perhaps replaced once the
/// subject's content is known.
struct Chosen {
  std::unique_ptr<vcs::Reference> reference;
  bool inferred = false;
  std::string inference;
};

/// What judging generated files needs of the reference and the known-files data, made on a thread of its own while the
/// archive is still being read. Started by the first entry that will need it, because a clean release needs none.
class Preparation {
 public:
  Preparation(const vcs::Reference& reference, const KnownFiles& known) : m_known(known), m_build_lines(reference) {}
  void start() {
    if (m_running.valid()) return;
    m_running = std::async(std::launch::async, [this] {
      m_build_lines.lines();
      m_known.prepare_lines();
    });
  }
  BuildLines& build_lines() noexcept { return m_build_lines; }

 private:
  const KnownFiles& m_known;
  BuildLines m_build_lines;
  std::future<void> m_running;  ///< last: its destructor waits for the thread
};

Result<Chosen> choose_before_reading(const vcs::ReferenceSource& source, const ReleaseCheck& request) {
  Chosen chosen;
  std::string revision = request.reference.revision;
  if (revision.empty() && source.has_revisions()) {
    const auto candidates = source.revisions_for(request.archive.filename().string());
    chosen.inferred = true;
    if (candidates.empty()) return chosen;
    revision = candidates.front();
    chosen.inference = fmt::format("tag {} fits the version in the file name", revision);
  }
  ASSAY_TRY(chosen.reference, source.open(revision));
  return chosen;
}

/// Ids are SHA-1 until libgit2 can read SHA-256 repositories; until then opening one is an error.
constexpr GitHash k_git_hash = GitHash::sha1;

/// What an upstream published needs no content to be told, and gnulib alone brings a release thousands of files.
bool is_explained_by_digest(const TreeEntry& entry, const KnownFiles& known) {
  return entry.sha256_known && !entry.digests.sha1_collision && !known.find(entry.digests.sha256).empty();
}

/// Where the entry stands below the directory that nearly every release is packed in.
std::string_view path_below_root(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// Following what the build scripts of version control do takes several passes over a release: not where one takes seconds,
/// unless asked for.
bool follows_scripts_of_vcs(const ReleaseCheck& request) {
  constexpr std::uintmax_t k_large_release = 64U << 20;
  if (request.inspection->effort == inspect::Effort::high) return true;
  std::error_code unknown;
  return std::filesystem::file_size(request.archive, unknown) <= k_large_release;
}

struct Opened {
  std::unique_ptr<vcs::ReferenceSource> source;
  Chosen chosen;
};

Result<Opened> open_reference(const ReleaseCheck& request) {
  Opened opened;
  ASSAY_TRY(opened.source, vcs::open_source(request.reference.path, request.limits, request.reference.submodules));
  if (opened.source->git_hash() != k_git_hash)
    return Error{
        ErrorCode::unsupported, "the repository's object format is not SHA-1", request.reference.path.string(), {}};
  ASSAY_TRY(opened.chosen, choose_before_reading(*opened.source, request));
  return opened;
}

/// Share of the files that stand in both trees whose content is the same.
double agreement(const compare::TreeComparison& comparison) {
  std::uint64_t modified = 0;
  for (const auto& difference : comparison.differences)
    modified += difference.status == EntryStatus::modified ? 1U : 0U;
  const auto common = comparison.identical + modified;
  return common == 0 ? 0.0 : static_cast<double>(comparison.identical) / static_cast<double>(common);
}

struct Compared {
  compare::PathMapping mapping;
  compare::TreeComparison comparison;
};

Compared compare_with(const std::vector<TreeEntry>& entries, const TreeManifest& subject,
                      const vcs::Reference& reference) {
  Compared compared;
  compared.mapping = compare::infer_mapping(entries, reference.manifest());
  compared.comparison = compare::compare_trees(subject, reference.manifest(), compared.mapping);
  return compared;
}

/// Will nobody ask for its content? Not where a known text took the place of another, or stands under a name that makes it run.
bool is_known_as_it_stands(const compare::Difference& difference, const KnownFiles& known) {
  const auto& subject = *difference.subject;
  if (difference.status == EntryStatus::modified || !is_explained_by_digest(subject, known)) return false;
  const auto places = known.find(subject.digests.sha256);
  const auto name = path_basename(difference.path);
  const bool same_name = std::any_of(places.begin(), places.end(),
                                     [&](const KnownFile& place) { return path_basename(place.path) == name; });
  return same_name || (reach_by_name(difference.path).reach > Reach::compiled && !subject.executable());
}

/// Content of the subject's entries: what was kept in the one pass, and in a second pass what could not be.
class SubjectContents {
 public:
  SubjectContents(const ReleaseCheck& request, archive::ArchiveContents& contents)
      : m_request(request), m_contents(contents) {}

  /// Fetch what `differences` need and the first pass did not keep: from the reference where it has the same content at
  /// another path, else in one further pass.
  void complete(const std::vector<compare::Difference>& differences, const vcs::Reference& reference,
                Coverage& coverage) {
    std::unordered_map<GitOid, std::vector<EntryPath>> by_content;
    std::unordered_set<EntryPath> wanted;
    for (const auto& difference : differences) {
      if (!needs_content(difference) || find(*difference.subject) != nullptr ||
          difference.subject->size > k_largest_examined)
        continue;
      if (is_known_as_it_stands(difference, m_request.known)) continue;
      wanted.insert(source_path(*difference.subject));
      if (!difference.subject->digests.sha1_collision)
        by_content[difference.subject->digests.git_oid].push_back(source_path(*difference.subject));
    }
    if (wanted.empty()) return;
    for (const auto& entry : reference.manifest().entries()) {
      const auto same = by_content.find(entry.digests.git_oid);
      if (same == by_content.end() || entry.kind != EntryKind::regular) continue;
      auto blob = reference.read(entry, k_largest_examined);
      if (!blob) continue;
      for (const auto& path : same->second) {
        m_contents.kept[path] = *blob;
        wanted.erase(path);
      }
      by_content.erase(same);
    }
    if (wanted.empty()) return;
    auto more = archive::read_members(m_request.archive, wanted, k_largest_examined, m_request.limits);
    if (more) m_contents.kept.merge(*more);
    else
      coverage.add(m_request.archive.filename().string(), fmt::format("second pass failed: {}", more.error().message));
  }

  const Bytes* find(const TreeEntry& entry) const {
    const auto it = m_contents.kept.find(source_path(entry));
    return it != m_contents.kept.end() ? &it->second : nullptr;
  }

  static bool needs_content(const compare::Difference& difference) {
    if (difference.subject == nullptr || difference.status == EntryStatus::moved ||
        difference.status == EntryStatus::mode_changed)
      return false;
    const auto kind = difference.subject->kind;
    return difference.subject->size > 0 && (kind == EntryKind::regular || kind == EntryKind::hardlink);
  }

 private:
  /// A hard link's bytes stand under its target's name.
  const EntryPath& source_path(const TreeEntry& entry) const {
    if (entry.kind != EntryKind::hardlink || m_contents.kept.contains(entry.path)) return entry.path;
    return entry.link_target;
  }

  const ReleaseCheck& m_request;
  archive::ArchiveContents& m_contents;
};

SourceRef describe_reference(const Chosen& chosen, const ReleaseCheck& request, const Compared& compared) {
  auto source = chosen.reference->source();
  source.repository = request.reference.path.string();
  source.subject_prefix = compared.mapping.subject_prefix;
  source.reference_subdir = compared.mapping.reference_subdir;
  source.inferred = chosen.inferred;
  source.inference = chosen.inference;
  source.notes = chosen.reference->notes();
  const auto entries = compared.comparison.subject_entries;
  source.fit = entries == 0 ? 0.0 : static_cast<double>(compared.comparison.identical) / static_cast<double>(entries);
  return source;
}

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
};

/// What both threads judge by, beside the comparison itself.
struct Background {
  BuildLines& build_lines;
  const Regeneration* regeneration;  ///< null unless one was asked for and could be had
  const ReleaseClaims& release;
  const TreeManifest& subject;
};

/// Judges differences with meters of its own: one for each thread.
class Judge {
 public:
  Judge(const Compared& compared, const SubjectContents& contents, const vcs::Reference& reference,
        const ReleaseCheck& request, const Background& background)
      : m_contents(contents),
        m_novelty(reference, request.known, background.build_lines, background.regeneration, &background.release),
        m_environment{reference, request.known,           compared.mapping,    m_novelty,
                      m_typer,   background.regeneration, &background.release, &background.subject} {}

  /// Take differences from the batch, in the order given, until none is left.
  void work(std::span<const compare::Difference> batch, std::span<const std::size_t> order,
            std::atomic<std::size_t>& next, std::vector<Judgement>& judgements) {
    for (std::size_t turn = next++; turn < order.size(); turn = next++) {
      const auto i = order[turn];
      const auto& difference = batch[i];
      const bool wanted = SubjectContents::needs_content(difference);
      const auto* content = wanted ? m_contents.find(*difference.subject) : nullptr;
      auto& judgement = judgements[i];
      judgement.entry = assess_entry(difference, content, m_environment);
      judgement.unread = wanted && content == nullptr && judgement.entry.proof() >= Proof::composed &&
                         !is_explained_by_digest(*difference.subject, m_environment.known);
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

void record(Judgement judgement, const compare::Difference& difference, Assessment& assessment, std::size_t& left_out) {
  if (judgement.unread && assessment.coverage.gaps.size() < k_most_in_full)
    note_unread(difference, assessment.coverage);
  if (judgement.finding &&
      (assessment.findings.size() < k_most_in_full || judgement.finding->severity >= Severity::high)) {
    assessment.findings.push_back(std::move(*judgement.finding));
  } else if (judgement.finding) {
    ++left_out;
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

/// Two threads judge, batch by batch so that judgements do not pile up beside what they become.
void assess_differences(const Compared& compared, const SubjectContents& contents, const vcs::Reference& reference,
                        const ReleaseCheck& request, const Background& background, Assessment& assessment) {
  constexpr std::size_t k_batch = 4096;
  constexpr std::size_t k_worth_a_thread = 24;
  const std::span<const compare::Difference> differences{compared.comparison.differences};
  std::size_t left_out = 0;
  Judge here{compared, contents, reference, request, background};
  Judge beside{compared, contents, reference, request, background};
  for (std::size_t start = 0; start < differences.size(); start += k_batch) {
    const auto batch = differences.subspan(start, std::min(k_batch, differences.size() - start));
    if (request.progress) request.progress("explaining differences", start, differences.size());
    const auto order = largest_first(batch);
    std::vector<Judgement> judgements(batch.size());
    std::atomic<std::size_t> next{0};
    std::future<void> helper;
    if (batch.size() >= k_worth_a_thread)
      helper = std::async(std::launch::async, [&] { beside.work(batch, order, next, judgements); });
    here.work(batch, order, next, judgements);
    if (helper.valid()) helper.get();
    for (std::size_t i = 0; i < batch.size(); ++i) record(std::move(judgements[i]), batch[i], assessment, left_out);
  }
  if (left_out > 0)
    assessment.coverage.add(
        "findings",
        fmt::format(
            "beyond the first {}, {} without proof are counted and not listed, but for those of severity high or above",
            k_most_in_full, count_of(left_out, "file")),
        "check that this is the right repository and revision (--vcs REPO@REV)");
}

struct BetterRevision {
  std::string revision;
  std::uint64_t identical = 0;
  std::string why;  ///< what speaks for it
};

/// If no tag fits the file name, the tree that fits best is the reference. If one does, it stays the reference however little it
/// fits: whoever made the release chooses what it has in common with a branch. The better tree is only named.
Result<std::optional<BetterRevision>> reconsider(const vcs::ReferenceSource& source,
                                                 const std::vector<TreeEntry>& entries, const TreeManifest& subject,
                                                 const ReleaseCheck& request, Chosen& chosen, Compared& compared,
                                                 std::optional<Preparation>& preparation) {
  const std::optional<BetterRevision> none;
  if (!chosen.inferred) return none;
  if (chosen.reference && agreement(compared.comparison) >= k_believable_agreement) return none;
  if (request.progress) request.progress("searching the history for the best matching tree", 0, 0);
  auto best = source.best_match(entries);
  if (!best) {
    if (chosen.reference) return none;
    return best.error();
  }
  if (chosen.reference) {
    if (best->matched <= compared.comparison.identical || best->revision == chosen.reference->source().revision)
      return none;
    return std::optional{
        BetterRevision{best->revision, best->matched,
                       fmt::format("this {} has more in common with the release than the tag that its file name means",
                                   best->is_tag ? "tag" : "commit")}};
  }
  preparation.reset();
  ASSAY_TRY(chosen.reference, source.open(best->revision));
  chosen.inference = fmt::format("of {} trees looked at, this {}'s has most in common with the release", best->examined,
                                 best->is_tag ? "tag" : "commit");
  compared = compare_with(entries, subject, *chosen.reference);
  return none;
}

/// A reference that holds nothing, or nothing of the release, was named by mistake: a comparison would accuse every file.
/// Not said where the archive itself is alarming.
Result<void> expect_common_ground(const vcs::Reference& reference, const Compared& compared,
                                  const ReleaseCheck& request, const std::vector<Finding>& findings) {
  const auto entries = compared.comparison.subject_entries;
  const bool alarming = std::any_of(findings.begin(), findings.end(),
                                    [](const Finding& finding) { return finding.severity >= Severity::high; });
  if (entries == 0 || alarming || !reference.coverage().complete()) return {};
  const auto& revision = reference.source().revision;
  const auto where = escape_for_display(request.reference.path.string() + (revision.empty() ? "" : "@" + revision));
  if (reference.manifest().size() == 0)
    return Error{ErrorCode::usage, "the reference holds no file", where,
                 "an empty checkout? name the repository, or a revision that has files: --vcs REPO@REV"};
  std::uint64_t common = compared.comparison.identical;
  for (const auto& difference : compared.comparison.differences)
    if (difference.status == EntryStatus::moved) return {};
    else if (difference.status != EntryStatus::added && difference.status != EntryStatus::missing) ++common;
  // Where names are the same, the contents have to answer for themselves.
  if (compared.comparison.identical > 0 || common * 10 >= entries) return {};
  return Error{ErrorCode::usage, fmt::format("none of the {} of the release stands in it", count_of(entries, "file")),
               where,
               "is it the right repository and revision? If it is, the release is something else: `assay scan` looks "
               "at it on its own"};
}

/// A revision that the file name means and that has more of the release than the one that was given. It decides nothing: the
/// user's word holds, and is doubted.
std::optional<BetterRevision> better_revision(const vcs::ReferenceSource& source, const std::vector<TreeEntry>& entries,
                                              const TreeManifest& subject, const ReleaseCheck& request,
                                              const Chosen& chosen, const Compared& compared) {
  const auto& comparison = compared.comparison;
  if (chosen.inferred || !source.has_revisions() || comparison.identical == comparison.subject_entries)
    return std::nullopt;
  const auto candidates = source.revisions_for(request.archive.filename().string());
  if (candidates.empty()) return std::nullopt;
  const auto meant = source.open(candidates.front());
  if (!meant || (*meant)->source().commit == chosen.reference->source().commit) return std::nullopt;
  const auto identical = compare_with(entries, subject, **meant).comparison.identical;
  if (identical <= comparison.identical) return std::nullopt;
  return BetterRevision{candidates.front(), identical,
                        fmt::format("the file name means {}, and that fits better", candidates.front())};
}

void add_better_revision(const BetterRevision& better, const ReleaseCheck& request, Assessment& assessment) {
  const auto fits =
      fmt::format("{} ({} of {} identical)", better.why, better.identical, count_of(assessment.counts.entries, "file"));
  assessment.vcs->notes.insert(assessment.vcs->notes.begin(), fits);
  assessment.next_steps.insert(
      assessment.next_steps.begin(),
      fmt::format("use --vcs {}@{}: {}", request.reference.path.string(), better.revision, fits));
}

/// The generators that the release's files name.
std::vector<Generator> claimed_generators(const Compared& compared, const SubjectContents& contents) {
  std::vector<Generator> claimed;
  for (const auto& difference : compared.comparison.differences) {
    const auto* content = difference.subject != nullptr ? contents.find(*difference.subject) : nullptr;
    if (content == nullptr) continue;
    auto generator = claimed_generator(difference.path, as_text(*content));
    // The one at the root decides for all.
    if (generator && !generator->version.empty())
      claimed.insert(difference.path == "configure" ? claimed.begin() : claimed.end(), std::move(*generator));
  }
  return claimed;
}

/// Have the project's generators run, if that was asked for. What keeps them from it is a gap.
std::optional<Regeneration> regenerate(const ReleaseCheck& request, const Compared& compared,
                                       const SubjectContents& contents, const vcs::Reference& reference,
                                       Assessment& assessment) {
  if (request.regenerator == nullptr) return std::nullopt;
  RegenerationRequest wanted;
  wanted.repository = request.reference.path;
  const auto names = vcs::parse_release_name(request.archive.filename().string());
  if (!names.empty()) wanted.version = names.front().version;
  wanted.claimed = claimed_generators(compared, contents);
  wanted.progress = request.progress;
  auto outcome = request.regenerator->regenerate(reference, wanted);
  if (!outcome) {
    const auto& error = outcome.error();
    assessment.coverage.add("regeneration", error.where.empty() ? error.message : error.where + ": " + error.message,
                            error.remedy);
    return std::nullopt;
  }
  std::move(outcome->findings.begin(), outcome->findings.end(), std::back_inserter(assessment.findings));
  return std::move(*outcome);
}

/// Have the release built under a tracer: last, because what was found against a text keeps it from being called inert.
void observe(const ReleaseCheck& request, const Compared& compared, const TreeManifest& subject,
             const SubjectContents& contents, Assessment& assessment) {
  const auto& prefix = compared.mapping.subject_prefix;
  const auto content = [&](std::string_view path) -> const Bytes* {
    const auto* entry = subject.find(prefix.empty() ? std::string{path} : fmt::format("{}/{}", prefix, path));
    return entry != nullptr ? contents.find(*entry) : nullptr;
  };
  observe_build(*request.observer, {request.archive, subject, prefix, {}, {}, request.progress}, content, assessment);
}

/// A generator that was not there or failed is a gap as long as some file has no proof: it might have been its.
void note_failed_generators(const Regeneration& regeneration, Assessment& assessment) {
  const bool open = std::any_of(assessment.entries.begin(), assessment.entries.end(), [](const AssessedEntry& entry) {
    return entry.status != EntryStatus::missing && entry.proof() >= Proof::unexplained;
  });
  if (!open) return;
  for (const auto& gap : regeneration.coverage.gaps) assessment.coverage.gaps.push_back(gap);
}

/// Write the objects that prove the identical entries. Errors: there is no commit, or the file cannot be written.
Result<void> write_proof(const ReleaseCheck& request, const std::vector<TreeEntry>& entries, const Compared& compared,
                         const Assessment& assessment) {
  if (request.proof_bundle.empty()) return {};
  ASSAY_TRY(const auto place, vcs::find_git_dir(request.reference.path));
  if (!place)
    return Error{ErrorCode::usage, "a proof bundle needs a git repository",
                 escape_for_display(request.reference.path.string()), "give one with --vcs REPO@REV"};
  ASSAY_TRY(const auto repository, vcs::Repository::open(place->git_dir));
  vcs::ProofBundle bundle;
  bundle.commit = assessment.vcs->commit;
  bundle.subject_name = assessment.subject.name;
  bundle.subject_sha256 = assessment.subject.sha256;
  bundle.subject_prefix = compared.mapping.subject_prefix;
  bundle.reference_subdir = compared.mapping.reference_subdir;
  std::unordered_set<std::string_view> different;
  for (const auto& difference : compared.comparison.differences)
    if (difference.subject != nullptr) different.insert(difference.subject->path);
  const auto prefix = bundle.subject_prefix.empty() ? std::string{} : bundle.subject_prefix + "/";
  std::unordered_set<std::string_view> listed;
  for (const auto& entry : entries) {
    if (entry.kind == EntryKind::directory || !entry.path.starts_with(prefix) || different.contains(entry.path) ||
        !listed.insert(entry.path).second)
      continue;
    bundle.identical.push_back(entry.path.substr(prefix.size()));
  }
  ASSAY_TRY_VOID(vcs::add_proof_objects(*repository, bundle));
  return write_file_whole(request.proof_bundle, bundle.serialise());
}

enum class Regenerating : std::uint8_t { not_asked, failed, done };

void add_next_steps(const Compared& compared, Regenerating regenerating, Assessment& assessment) {
  const auto& counts = assessment.counts;
  std::uint64_t generated = 0;
  for (const auto& entry : assessment.entries) generated += entry.next_step.starts_with("regenerate") ? 1U : 0U;
  if (agreement(compared.comparison) < 0.5)
    assessment.next_steps.push_back("check that this is the right repository and revision (--vcs REPO@REV)");
  if (counts.contradicted > 0)
    assessment.next_steps.push_back("do not build or install this release; read the contradicted files first");
  if (generated > 0 && regenerating == Regenerating::not_asked)
    assessment.next_steps.push_back(
        fmt::format("add --regenerate: {} made again in a sandbox from {} and compared with the release",
                    generated == 1 ? "the 1 generated file is" : fmt::format("the {} generated files are", generated),
                    assessment.vcs->revision));
  if (regenerating == Regenerating::failed)
    assessment.next_steps.push_back(
        "mend what kept the generators from running (see what was not checked), and run again");
  if (!assessment.coverage.complete())
    assessment.next_steps.push_back("close the coverage gaps listed above and run again");
}

void add_fit_finding(const Compared& compared, const Chosen& chosen, Assessment& assessment) {
  // A part of a repository may be a package of its own (expat's `expat/`); what the project tests with is none.
  const auto& part = compared.mapping.reference_subdir;
  if (stands_aside(part + "/."))
    assessment.findings.push_back(make_finding(
        k_moved_into_build, {},
        fmt::format("the release is not the repository's tree but what stands in its {}", escape_for_display(part))));
  const auto share = agreement(compared.comparison);
  if (share >= 0.5) return;
  assessment.findings.push_back(
      make_finding(k_poor_fit, {},
                   fmt::format("only {:.0f} % of the files common to the release and {} have the same content",
                               share * 100, escape_for_display(chosen.reference->source().revision))));
}

/// Would a build have found it where it stood? Bootstrap scripts make a release and are of no use in one.
bool build_lacks(const AssessedEntry& entry) {
  if (entry.status != EntryStatus::missing || entry.explanation || entry.reach > Reach::compiled) return false;
  const auto directory = path_dirname(entry.path);
  const bool hidden = directory.starts_with('.') || directory.find("/.") != std::string_view::npos;
  return !hidden && entry.reach_reason != "bootstrap script" && !stands_aside(entry.path);
}

/// Only a lost right to run is proven and yet another mode.
bool lost_right_to_run(const AssessedEntry& entry) {
  return entry.status == EntryStatus::mode_changed && entry.proof() == Proof::identical && !stands_aside(entry.path);
}

/// Does `tree` have anything below `directory`?
bool has_below(const TreeManifest& tree, const std::string& directory) {
  const auto below = directory + "/";
  const auto& entries = tree.entries();
  const auto first =
      std::lower_bound(entries.begin(), entries.end(), below,
                       [](const TreeEntry& entry, const std::string& path) { return entry.path < path; });
  return first != entries.end() && first->path.starts_with(below);
}

/// Directories of the release that hold nothing; where a submodule belongs is one in every archive of git.
std::vector<std::string> empty_directories(const TreeManifest& subject, const vcs::Reference& reference,
                                           const compare::PathMapping& mapping) {
  std::vector<std::string> empty;
  for (const auto& entry : subject.entries()) {
    if (entry.kind != EntryKind::directory || has_below(subject, entry.path)) continue;
    const auto counterpart = mapping.to_reference(entry.path);
    if (counterpart &&
        (reference.manifest().find(*counterpart) != nullptr || has_below(reference.manifest(), *counterpart)))
      continue;
    empty.emplace_back(mapping.strip(entry.path));
  }
  return empty;
}

/// One finding for all of them: they are many where a project leaves a whole part out, and no single one means much.
void add_joint_finding(const Rule& rule, const std::vector<std::string>& paths, std::string_view one,
                       std::string_view many, Assessment& assessment) {
  constexpr std::size_t k_listed = 40;
  if (paths.empty()) return;
  std::vector<Evidence> evidence;
  for (std::size_t i = 0; i < std::min(paths.size(), k_listed); ++i) evidence.push_back({"path", paths[i]});
  const auto first = escape_for_display(paths.front());
  auto message = paths.size() == 1 ? fmt::format("{} {}", first, one)
                                   : fmt::format("{} and {} more {}", first, paths.size() - 1, many);
  assessment.findings.push_back(make_finding(rule, {}, std::move(message), std::move(evidence)));
}

/// What no proof of a file speaks of: what is not there, may not be run, or is no file.
void add_findings_of_the_tree(const Compared& compared, const TreeManifest& subject, const vcs::Reference& reference,
                              Assessment& assessment) {
  std::vector<std::string> missing, not_run;
  for (const auto& entry : assessment.entries) {
    if (build_lacks(entry)) missing.push_back(entry.path);
    if (lost_right_to_run(entry)) not_run.push_back(entry.path);
  }
  const auto empty = empty_directories(subject, reference, compared.mapping);
  add_joint_finding(k_missing_from_build, missing, "is run or compiled in version control and missing from the release",
                    "are run or compiled in version control and missing from the release", assessment);
  add_joint_finding(k_lost_executable, not_run, "is executable in version control and not in the release",
                    "are executable in version control and not in the release", assessment);
  add_joint_finding(k_empty_directory, empty, "is an empty directory that version control does not have",
                    "are empty directories that version control does not have", assessment);
}

}  // namespace

Result<Assessment> check_release(const ReleaseCheck& request) {
  // The reference is opened and its tree loaded while the archive is already being read; the first entry to end waits.
  auto opening = std::async(std::launch::async, [&request] { return open_reference(request); });
  Result<Opened> opened = Error{};
  std::unordered_set<GitOid> blobs;
  bool blobs_ready = false;
  const auto await_blobs = [&] {
    if (blobs_ready) return;
    blobs_ready = true;
    opened = opening.get();
    if (!opened || !opened->chosen.reference) return;
    blobs.reserve(opened->chosen.reference->manifest().size());
    for (const auto& entry : opened->chosen.reference->manifest().entries()) blobs.insert(entry.digests.git_oid);
  };

  std::optional<Preparation> preparation;
  archive::ReadOptions options;
  options.limits = request.limits;
  options.git_hash = k_git_hash;
  options.git_id_suffices =
      !request.archive.filename().string().ends_with(".zip");  // a Go module's hash is of all its files
  options.has_path = [&](const TreeEntry& entry) {
    await_blobs();
    return !opened || !opened->chosen.reference ||
           opened->chosen.reference->manifest().find(path_below_root(entry.path)) != nullptr;
  };
  options.has_blob = [&](const GitOid& id) { return blobs.contains(id); };
  options.keep = [&](const TreeEntry& entry) {
    await_blobs();
    if (entry.kind != EntryKind::regular || blobs.contains(entry.digests.git_oid)) return false;
    // An upstream's file in the place of another one is compared with that, and a second pass for it would cost as much again.
    const bool modified = opened && opened->chosen.reference &&
                          opened->chosen.reference->manifest().find(path_below_root(entry.path)) != nullptr;
    if (!modified && is_explained_by_digest(entry, request.known)) return false;
    if (!preparation && opened && opened->chosen.reference && reach_by_name(entry.path).reach == Reach::executed)
      preparation.emplace(*opened->chosen.reference, request.known).start();
    return true;
  };
  if (request.inspection)
    options.keep_content = [&, scripts = follows_scripts_of_vcs(request)](const TreeEntry& entry, ByteView content) {
      return !is_explained_by_digest(entry, request.known) && is_worth_inspecting(entry, content, scripts);
    };
  if (request.progress)
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
      request.progress("reading the archive", done, total);
    };
  auto read = archive::read_archive(request.archive, options);
  await_blobs();
  blobs = {};
  if (!opened) return opened.error();
  if (!read) return read.error();
  auto& contents = *read;
  auto& chosen = opened->chosen;

  const TreeManifest subject{contents.entries};
  Compared compared;
  if (chosen.reference) compared = compare_with(contents.entries, subject, *chosen.reference);
  ASSAY_TRY(auto better,
            reconsider(*opened->source, contents.entries, subject, request, chosen, compared, preparation));
  ASSAY_TRY_VOID(expect_common_ground(*chosen.reference, compared, request, contents.findings));
  if (!better) better = better_revision(*opened->source, contents.entries, subject, request, chosen, compared);

  Assessment assessment;
  assessment.command = "check";
  assessment.subject = {request.archive.filename().string(), contents.format, contents.sha256.hex(), contents.size};
  assessment.findings = std::move(contents.findings);
  assessment.coverage = std::move(contents.coverage);
  for (const auto& gap : chosen.reference->coverage().gaps) assessment.coverage.gaps.push_back(gap);
  assessment.vcs = describe_reference(chosen, request, compared);
  assessment.counts.entries = compared.comparison.subject_entries;
  assessment.counts.identical = compared.comparison.identical;

  SubjectContents subject_contents{request, contents};
  subject_contents.complete(compared.comparison.differences, *chosen.reference, assessment.coverage);
  const auto version = agreed_version(request.archive.filename().string(), chosen.reference->tag());
  const auto repository = opened->source->repository();
  const ReleaseClaims release{version,
                              std::string{chosen.reference->tag()},
                              chosen.reference->source().commit,
                              chosen.reference->source().commit_time,
                              ChangeHistory{repository, chosen.reference->source().commit},
                              versions_up_to(version, repository.get())};
  auto regeneration = regenerate(request, compared, subject_contents, *chosen.reference, assessment);
  if (!preparation) preparation.emplace(*chosen.reference, request.known);
  assess_differences(compared, subject_contents, *chosen.reference, request,
                     {preparation->build_lines(), regeneration ? &*regeneration : nullptr, release, subject},
                     assessment);
  if (regeneration) note_failed_generators(*regeneration, assessment);
  if (chosen.reference->attributes().exhausted())
    assessment.coverage.add(".gitattributes",
                            "its patterns cost more than the budget for matching them; no attribute was honoured",
                            "look at the repository's .gitattributes: honest ones are far smaller");
  add_fit_finding(compared, chosen, assessment);
  add_findings_of_the_tree(compared, subject, *chosen.reference, assessment);
  for (auto& finding : judge_go_module(contents.entries, *chosen.reference, compared.mapping.reference_subdir))
    assessment.findings.push_back(std::move(finding));
  ASSAY_TRY_VOID(write_proof(request, contents.entries, compared, assessment));
  if (request.inspection) {
    if (request.progress) request.progress("inspecting what the comparison cannot see", 0, 0);
    ReleaseTree tree{request.archive, contents, compared.mapping, request.limits};
    inspect_release(tree, *request.inspection, request.limits, assessment);
  }
  if (request.observer != nullptr) observe(request, compared, subject, subject_contents, assessment);
  sort_findings(assessment.findings);
  assessment.verdict = decide(assessment);
  add_next_steps(compared,
                 request.regenerator == nullptr ? Regenerating::not_asked
                 : regeneration                 ? Regenerating::done
                                                : Regenerating::failed,
                 assessment);
  if (better) add_better_revision(*better, request, assessment);
  if (request.inspection && !follows_scripts_of_vcs(request))
    assessment.next_steps.push_back(
        "run it with --effort high to follow the build scripts that are in version control: in a release this large "
        "only unproven ones are");
  return assessment;
}

}  // namespace assay::provenance
