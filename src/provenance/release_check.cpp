#include "provenance/release_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <future>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "archive/reader.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/text/texts_ahead.hpp"
#include "provenance/difference_judge.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/generator.hpp"
#include "provenance/go_module.hpp"
#include "provenance/next_steps.hpp"
#include "provenance/other_generators.hpp"
#include "provenance/reach.hpp"
#include "provenance/reference_choice.hpp"
#include "provenance/subject_contents.hpp"
#include "provenance/tree_findings.hpp"
#include "vcs/proof_bundle.hpp"
#include "vcs/repository.hpp"
#include "vcs/version.hpp"

namespace assay::provenance {

namespace {

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

RegenerationRequest regeneration_request(const ReleaseCheck& request, const Compared& compared,
                                         const SubjectContents& contents, std::string_view tag) {
  RegenerationRequest wanted;
  wanted.repository = request.reference.path;
  // A version that the tag contradicts would be stamped into what is made, and so be proven.
  const auto names = vcs::parse_release_name(request.archive.filename().string());
  if (!names.empty() && (tag.empty() || !agreed_version(request.archive.filename().string(), tag).empty()))
    wanted.version = names.front().version;
  wanted.claimed = claimed_generators(compared, contents);
  for (const auto& difference : compared.comparison.differences)
    if (difference.status == EntryStatus::added && difference.subject->kind == EntryKind::regular)
      wanted.wanted.push_back(compared.mapping.reference_subdir.empty()
                                  ? difference.path
                                  : fmt::format("{}/{}", compared.mapping.reference_subdir, difference.path));
  wanted.progress = request.progress;
  return wanted;
}

/// Have the project's generators run, if that was asked for. What keeps them from it is a gap.
std::optional<Regeneration> regenerate(const ReleaseCheck& request, const Compared& compared,
                                       const SubjectContents& contents, const vcs::Reference& reference,
                                       Assessment& assessment) {
  if (request.regenerator == nullptr) return std::nullopt;
  auto outcome =
      request.regenerator->regenerate(reference, regeneration_request(request, compared, contents, reference.tag()));
  if (!outcome) {
    const auto& error = outcome.error();
    assessment.coverage.add("regeneration", error.where.empty() ? error.message : error.where + ": " + error.message,
                            error.remedy);
    return std::nullopt;
  }
  return std::move(*outcome);
}

/// Judge the differences; where that leaves something that Autoconf or Automake made without proof, have it made with other
/// versions of theirs, and judge again.
void judge_all(const Compared& compared, const SubjectContents& contents, const vcs::Reference& reference,
               const ReleaseCheck& request, Preparation& preparation, JudgingAhead* ahead, Regeneration* regeneration,
               const ReleaseClaims& release, const TreeManifest& subject, Assessment& assessment) {
  const Background background{preparation.build_lines(), regeneration, release, subject, ahead};
  if (regeneration == nullptr)
    return assess_differences(compared, contents, reference, request, background, assessment);
  auto judged = assessment;
  assess_differences(compared, contents, reference, request, background, judged);
  if (const auto others = other_generators(judged, compared, contents, reference, *regeneration)) {
    request.regenerator->regenerate_otherwise(
        reference, regeneration_request(request, compared, contents, reference.tag()), *others, *regeneration);
    judged = assessment;
    assess_differences(compared, contents, reference, request, background, judged);
  }
  assessment = std::move(judged);
  std::move(regeneration->findings.begin(), regeneration->findings.end(), std::back_inserter(assessment.findings));
}

/// Have the release built under a tracer: last, because what was found against a text keeps it from being called inert.
void observe(const ReleaseCheck& request, const Compared& compared, const TreeManifest& subject,
             const SubjectContents& contents, Assessment& assessment) {
  const auto content = [&](std::string_view path) -> const Bytes* {
    const auto* entry = subject.find(compared.mapping.to_subject(path));
    return entry != nullptr ? contents.find(*entry) : nullptr;
  };
  observe_build(*request.observer,
                {request.archive, subject, compared.mapping.subject_prefix, {}, {}, request.progress}, content,
                assessment);
}

/// Where that leaves nothing without proof it is no gap, but whoever wrote the commands wants to know that they do not work.
void note_failed_commands(const Regeneration& regeneration, Assessment& assessment) {
  if (regeneration.recipe != "given") return;
  for (const auto& step : regeneration.steps)
    if (step.exit_code != 0)
      assessment.next_steps.push_back(
          fmt::format("mend `{}`, or leave it out: it {}; --regenerate-log FILE keeps what it said",
                      escape_for_display(step.command.substr(0, 80)),
                      step.timed_out ? "was killed" : fmt::format("failed with exit code {}", step.exit_code)));
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

/// Hands what version control does not have to those who can do something about it while the archive is still being read.
class ForeignTexts final : public archive::EntryVisitor {
 public:
  using Take = std::function<void(std::string path, const Sha256& digest, std::shared_ptr<const Bytes> content)>;

  ForeignTexts(std::function<bool(const TreeEntry&)> is_foreign, const KnownFiles& known, Take take)
      : m_is_foreign(std::move(is_foreign)), m_known(known), m_take(std::move(take)) {}

  void begin(const TreeEntry& entry) override {
    constexpr std::uint64_t k_largest = 4ULL << 20;
    m_content.clear();
    m_taken = entry.kind == EntryKind::regular && entry.size > 0 && entry.size <= k_largest && m_is_foreign(entry);
    if (m_taken) m_content.reserve(static_cast<std::size_t>(entry.size));
  }
  void data(ByteView piece) override {
    if (m_taken) m_content.insert(m_content.end(), piece.begin(), piece.end());
  }
  void end(const TreeEntry& entry) override {
    if (!m_taken || !entry.sha256_known || m_content.size() != entry.size || is_explained_by_digest(entry, m_known) ||
        !inspect::is_mostly_text(m_content))
      return;
    m_take(std::string{path_below_root(entry.path)}, entry.digests.sha256,
           std::make_shared<const Bytes>(std::exchange(m_content, {})));
  }

 private:
  const std::function<bool(const TreeEntry&)> m_is_foreign;
  const KnownFiles& m_known;
  const Take m_take;
  Bytes m_content;
  bool m_taken = false;
};

/// A submodule that is not at hand leaves nothing of the release unchecked where that has nothing of it: then it is missing, and that is
/// said like that of other files.
void add_gaps_of_reference(const vcs::Reference& reference, const Compared& compared, Coverage& coverage) {
  std::unordered_set<std::string> untouched;
  for (const auto& difference : compared.comparison.differences)
    if (difference.status == EntryStatus::missing && difference.reference->kind == EntryKind::submodule)
      untouched.insert(escape_for_display(difference.reference->path));
  for (const auto& entry : reference.manifest().entries())
    if (entry.kind == EntryKind::submodule && !compared.mapping.from_reference(entry.path))
      untouched.insert(escape_for_display(entry.path));
  for (const auto& gap : reference.coverage().gaps)
    if (!untouched.contains(gap.what)) coverage.gaps.push_back(gap);
}

}  // namespace

Result<Assessment> check_release(const ReleaseCheck& request) {
  // The reference is opened and its tree loaded while the archive is already being read; the first entry to end waits.
  const auto git_hash = vcs::git_hash_of(request.reference.path);
  auto opening = std::async(std::launch::async, [&request, git_hash] { return open_reference(request, git_hash); });
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
  std::optional<JudgingAhead> judging_ahead;
  const auto prepare = [&]() -> Preparation* {
    if (!opened || !opened->chosen.reference) return nullptr;
    if (!preparation) preparation.emplace(*opened->chosen.reference, request.known);
    if (!judging_ahead && request.regenerator == nullptr)
      judging_ahead.emplace(*opened->chosen.reference, request.known, preparation->build_lines());
    return &*preparation;
  };
  archive::ReadOptions options;
  options.limits = request.limits;
  options.git_hash = git_hash;
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
    const auto* const counterpart = opened && opened->chosen.reference
                                        ? opened->chosen.reference->manifest().find(path_below_root(entry.path))
                                        : nullptr;
    const bool for_generators = request.regenerator != nullptr && is_macro_file(entry.path);
    compare::Difference added;
    added.path = path_below_root(entry.path);
    added.subject = &entry;
    if (counterpart == nullptr && !for_generators && is_known_as_it_stands(added, request.known)) return false;
    if (reach_by_name(entry.path).reach == Reach::executed)
      if (auto* const needed = prepare()) needed->start();
    if (counterpart != nullptr && counterpart->kind == EntryKind::regular && prepare() != nullptr && judging_ahead)
      judging_ahead->read(*counterpart);
    return true;
  };
  inspect::TextsAhead ahead{request.inspection ? request.inspection->content_rules : nullptr};
  ForeignTexts foreign_texts{[&](const TreeEntry& entry) { return !options.has_path(entry); }, request.known,
                             [&](std::string path, const Sha256& digest, const std::shared_ptr<const Bytes>& content) {
                               if (prepare() != nullptr && judging_ahead) judging_ahead->measure(path, digest, content);
                               ahead.offer(std::move(path), digest, content);
                             }};
  if (request.inspection) options.visitor = &foreign_texts;
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
  if (judging_ahead) judging_ahead->finish();
  if (!opened) return opened.error();
  if (!read) return read.error();
  auto& contents = *read;
  auto& chosen = opened->chosen;

  const TreeManifest subject{contents.entries};
  Compared compared;
  if (chosen.reference) compared = compare_with(contents.entries, subject, *chosen.reference);
  ASSAY_TRY(auto better, reconsider(*opened->source, contents.entries, subject, request, chosen, compared));
  const auto telling = telling_files(contents.entries, compared, request);
  ASSAY_TRY_VOID(expect_common_ground(*chosen.reference, compared, request, telling, contents));
  if (!better) better = better_revision(*opened->source, contents.entries, subject, request, chosen, compared);

  Assessment assessment;
  assessment.command = "check";
  assessment.subject = {request.archive.filename().string(), contents.format, contents.sha256.hex(), contents.size};
  assessment.findings = std::move(contents.findings);
  const bool whole = contents.coverage.complete();
  assessment.coverage = std::move(contents.coverage);
  add_gaps_of_reference(*chosen.reference, compared, assessment.coverage);
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
                              versions_up_to(version, repository.get()),
                              project_in_name(request.archive.filename().string())};
  auto regeneration = regenerate(request, compared, subject_contents, *chosen.reference, assessment);
  if (!preparation) preparation.emplace(*chosen.reference, request.known);
  judge_all(compared, subject_contents, *chosen.reference, request, *preparation,
            judging_ahead ? &*judging_ahead : nullptr, regeneration ? &*regeneration : nullptr, release, subject,
            assessment);
  if (regeneration) note_failed_generators(*regeneration, assessment);
  if (chosen.reference->attributes().exhausted())
    assessment.coverage.add(".gitattributes",
                            "its patterns cost more than the budget for matching them: some files, which ones differs, "
                            "were compared without them",
                            "look at the repository's .gitattributes: honest ones are far smaller");
  add_fit_findings(compared, chosen, repository.get(), telling, request, assessment);
  add_findings_of_the_tree(compared, subject, whole, *chosen.reference, assessment);
  for (auto& finding :
       judge_go_module(contents.entries, *chosen.reference, repository.get(), compared.mapping.reference_subdir))
    assessment.findings.push_back(std::move(finding));
  ASSAY_TRY_VOID(write_proof(request, contents.entries, compared, assessment));
  if (request.inspection) {
    if (request.progress) request.progress("inspecting what the comparison cannot see", 0, 0);
    ReleaseTree tree{request.archive, contents, compared.mapping, request.limits};
    add_finding_of_pointers(tree, compared.mapping, *chosen.reference, assessment);
    ahead.finish();
    inspect_release(tree, *request.inspection, request.limits, &ahead, assessment);
  }
  if (request.observer != nullptr) observe(request, compared, subject, subject_contents, assessment);
  sort_findings(assessment.findings);
  assessment.verdict = decide(assessment);
  add_next_steps(request, chosen, compared, repository != nullptr && repository->is_shallow(),
                 request.regenerator == nullptr ? Regenerating::not_asked
                 : regeneration                 ? Regenerating::done
                                                : Regenerating::failed,
                 assessment);
  if (regeneration) note_failed_commands(*regeneration, assessment);
  if (better) add_better_revision(*better, request, assessment);
  if (request.inspection && !follows_scripts_of_vcs(request))
    assessment.next_steps.push_back(
        "run it with --effort high to follow the build scripts that are in version control: in a release this large "
        "only unproven ones are");
  return assessment;
}

}  // namespace assay::provenance
