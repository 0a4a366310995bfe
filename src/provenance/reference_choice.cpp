#include "provenance/reference_choice.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <unordered_set>
#include <utility>

#include "base/text.hpp"
#include "provenance/own_package.hpp"
#include "provenance/reach.hpp"
#include "provenance/release_claims.hpp"
#include "provenance/rules.hpp"
#include "provenance/subject_contents.hpp"
#include "vcs/repository.hpp"
#include "vcs/version.hpp"

namespace assay::provenance {

namespace {

/// Seconds since the epoch of the day in "30+20221128"; nothing if the name has none.
std::optional<std::int64_t> date_in_name(std::string_view file_name) {
  using namespace std::chrono;
  for (std::size_t at = 0; at + 8 <= file_name.size(); ++at) {
    const auto digits = file_name.substr(at, 8);
    if (!digits.starts_with("20") || digits.find_first_not_of("0123456789") != std::string_view::npos) continue;
    const auto number = [&](std::size_t from, std::size_t size) {
      int value = 0;
      std::from_chars(digits.data() + from, digits.data() + from + size, value);
      return value;
    };
    const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(4, 2))},
                              day{static_cast<unsigned>(number(6, 2))}};
    if (date.ok()) return sys_seconds{sys_days{date}}.time_since_epoch().count();
  }
  return std::nullopt;
}

/// Does a tag have the version in it, with nothing more of a version behind it but the day: "json-c-0.16-20220414" of 0.16?
bool has_version(std::string_view tag, std::string_view version) {
  const auto tokens = vcs::version_tokens(tag);
  const auto wanted = vcs::version_tokens(version);
  const auto is_number = [](const std::string& token) {
    return token.find_first_not_of("0123456789") == std::string::npos;
  };
  for (auto at = tokens.begin(); !wanted.empty() && at != tokens.end(); ++at) {
    if (tokens.end() - at < static_cast<std::ptrdiff_t>(wanted.size())) return false;
    if (!std::equal(wanted.begin(), wanted.end(), at) || (at != tokens.begin() && is_number(*std::prev(at)))) continue;
    const auto next = at + static_cast<std::ptrdiff_t>(wanted.size());
    if (next == tokens.end() || (next + 1 == tokens.end() && is_number(*next) && next->size() == 8)) return true;
  }
  return false;
}

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

/// A tag whose name fits is believed if at least this share of the files that stand in both has the same content.
constexpr double k_believable_agreement = 0.8;

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

}  // namespace

Result<Opened> open_reference(const ReleaseCheck& request, GitHash hash) {
  Opened opened;
  ASSAY_TRY(opened.source, vcs::open_source(request.reference.path, request.limits, request.reference.submodules));
  if (opened.source->git_hash() != hash)
    return Error{ErrorCode::io, "the repository was changed while it was being opened",
                 escape_for_display(request.reference.path.string()), "run again"};
  ASSAY_TRY(opened.chosen, choose_before_reading(*opened.source, request));
  return opened;
}

double agreement(const compare::TreeComparison& comparison) {
  std::uint64_t modified = 0;
  for (const auto& difference : comparison.differences)
    modified += difference.status == EntryStatus::modified ? 1U : 0U;
  const auto common = comparison.identical + modified;
  return common == 0 ? 0.0 : static_cast<double>(comparison.identical) / static_cast<double>(common);
}

Compared compare_with(const std::vector<TreeEntry>& entries, const TreeManifest& subject,
                      const vcs::Reference& reference) {
  Compared compared;
  compared.mapping = compare::infer_mapping(entries, reference.manifest());
  compared.comparison = compare::compare_trees(subject, reference.manifest(), compared.mapping);
  return compared;
}

Result<std::optional<BetterRevision>> reconsider(const vcs::ReferenceSource& source,
                                                 const std::vector<TreeEntry>& entries, const TreeManifest& subject,
                                                 const ReleaseCheck& request, Chosen& chosen, Compared& compared) {
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
  ASSAY_TRY(chosen.reference, source.open(best->revision));
  chosen.inference = fmt::format("of {} trees looked at, this {}'s has most in common with the release", best->examined,
                                 best->is_tag ? "tag" : "commit");
  if (best->bounded && best->matched < best->possible)
    chosen.inference += "; not all were looked at, another may have more: name it with --vcs REPO@REV";
  compared = compare_with(entries, subject, *chosen.reference);
  return none;
}

/// Files of the release whose name stands in the reference, whatever they hold.
static std::uint64_t common_names(const compare::TreeComparison& comparison) {
  auto common = comparison.identical;
  for (const auto& difference : comparison.differences)
    if (difference.status != EntryStatus::added && difference.status != EntryStatus::missing) ++common;
  return common;
}

std::uint64_t telling_files(const std::vector<TreeEntry>& entries, const Compared& compared,
                            const ReleaseCheck& request) {
  std::unordered_set<std::string_view> different;
  std::uint64_t telling = 0;
  for (const auto& difference : compared.comparison.differences) {
    if (difference.subject != nullptr) different.insert(difference.subject->path);
    telling += difference.status == EntryStatus::moved ? 1U : 0U;
  }
  for (const auto& entry : entries)
    if (entry.kind == EntryKind::regular && entry.size > 0 && !different.contains(entry.path) &&
        reach_by_name(entry.path).reason != "licence" && !is_explained_by_digest(entry, request.known))
      ++telling;
  return telling;
}

Result<void> expect_common_ground(const vcs::Reference& reference, const Compared& compared,
                                  const ReleaseCheck& request, std::uint64_t telling,
                                  const archive::ArchiveContents& contents) {
  const auto entries = compared.comparison.subject_entries;
  const bool alarming = std::any_of(contents.findings.begin(), contents.findings.end(),
                                    [](const Finding& finding) { return finding.severity >= Severity::high; });
  if (entries == 0 && contents.coverage.complete())
    return Error{ErrorCode::format, "holds no file: there is nothing to compare",
                 escape_for_display(request.archive.filename().string()), "is it the right archive, and all of it?"};
  // What could not be read may be what would have told.
  if (entries == 0 || alarming || !reference.coverage().complete() || !contents.coverage.complete()) return {};
  const auto& revision = reference.source().revision;
  const auto where = escape_for_display(request.reference.path.string() + (revision.empty() ? "" : "@" + revision));
  if (reference.manifest().size() == 0)
    return Error{ErrorCode::usage, "the reference holds no file", where,
                 "an empty checkout? name the repository, or a revision that has files: --vcs REPO@REV"};
  const auto common = common_names(compared.comparison);
  // Where names are the same, the contents have to answer for themselves.
  if (telling > 0 || common * 10 >= entries || compared.comparison.identical == entries) return {};
  const auto identical = compared.comparison.identical;
  return Error{ErrorCode::usage,
               identical == 0 ? fmt::format("none of the {} of the release stands in it", count_of(entries, "file"))
                              : fmt::format("of the {} of the release only {} stands in it, and many projects have it",
                                            count_of(entries, "file"), identical),
               where,
               "is it the right repository and revision? If it is, the release is something else: `assay scan` looks "
               "at it on its own"};
}

std::optional<BetterRevision> better_revision(const vcs::ReferenceSource& source, const std::vector<TreeEntry>& entries,
                                              const TreeManifest& subject, const ReleaseCheck& request,
                                              const Chosen& chosen, const Compared& compared) {
  const auto& comparison = compared.comparison;
  if (chosen.inferred || !source.has_revisions() || comparison.identical == comparison.subject_entries)
    return std::nullopt;
  const auto candidates = source.revisions_for(request.archive.filename().string());
  if (candidates.empty() || candidates.front() == chosen.reference->source().revision) return std::nullopt;
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

namespace {

/// A part that is a package says which version it is of, or it should be the only one of that name.
void add_finding_of_part_version(const vcs::Reference& reference, const std::string& part, std::string_view file_name,
                                 std::string_view message, Assessment& assessment) {
  const auto names = vcs::parse_release_name(file_name);
  if (names.empty() || names.front().snapshot) return;
  const auto versions = declared_versions(reference, part);
  if (!vcs::rank_tags(file_name, versions).empty()) return;
  if (!versions.empty())
    return assessment.findings.push_back(
        make_finding(k_other_version, {},
                     fmt::format("{}, and that says that it is version {}, not {}", message,
                                 escape_for_display(versions.front()), escape_for_display(names.front().version))));
  const auto other = other_package_of_that_name(reference, part, names.front().project);
  if (!other.empty())
    assessment.findings.push_back(
        make_finding(k_part_of_repository, {},
                     fmt::format("{}, and {} is called the same: nothing says which of them is version {}", message,
                                 escape_for_display(other), escape_for_display(names.front().version))));
}

/// A part of a repository may be a package of its own (expat's `expat/`); what the project tests with is none.
void add_part_finding(const vcs::Reference& reference, const std::string& part, std::string_view file_name,
                      Assessment& assessment) {
  if (part.empty()) return;
  auto project = project_in_name(file_name);
  // A distribution writes the language before the name.
  for (const std::string_view language : {"rust-", "node-", "ruby-", "python-", "python3-"})
    if (project.starts_with(language) && !is_package_of_its_own(reference, part, project))
      project.erase(0, language.size());
  const auto message =
      fmt::format("the release is not the repository's tree but what stands in its {}", escape_for_display(part));
  if (stands_aside(part + "/.")) assessment.findings.push_back(make_finding(k_moved_into_build, {}, message));
  else if (holds_copies_of_others(part))
    assessment.findings.push_back(make_finding(
        k_part_of_repository, {}, fmt::format("{}, where copies of what others publish are kept", message)));
  else if (!is_package_of_its_own(reference, part, project))
    assessment.findings.push_back(
        make_finding(k_part_of_repository, {},
                     fmt::format("{}, and nothing there says that this is a package called {}", message,
                                 project.empty() ? "like the release" : escape_for_display(project))));
  else add_finding_of_part_version(reference, part, file_name, message, assessment);
}

/// Where the tag was chosen by its name, another one of that meaning may lead elsewhere.
void add_tag_finding(const Chosen& chosen, std::string_view file_name, const std::vector<vcs::Tag>& tags,
                     Assessment& assessment) {
  if (!chosen.inferred) return;
  std::vector<std::string> names;
  for (const auto& tag : tags) names.push_back(tag.name);
  const auto same = vcs::tags_of_release(file_name, names);
  const std::string taken = chosen.reference->source().revision;
  if (std::find(same.begin(), same.end(), taken) == same.end()) return;
  std::vector<Evidence> others;
  for (const auto& tag : tags)
    if (tag.commit.hex() != chosen.reference->source().commit &&
        std::find(same.begin(), same.end(), tag.name) != same.end())
      others.push_back({"tag " + escape_for_display(tag.name), tag.commit.hex()});
  if (others.empty()) return;
  auto message =
      fmt::format("the release was compared with {}, and {} means the same version and leads to another commit",
                  escape_for_display(taken), others.front().label);
  assessment.findings.push_back(make_finding(k_several_tags, {}, std::move(message), std::move(others)));
}

/// "debian/1.2.0-3" is made of version 1.2.0.
std::string_view without_debian_revision(std::string_view tag) {
  return starts_with_any(tag, {"debian/", "ubuntu/"}) ? tag.substr(0, tag.rfind('-')) : tag;
}

bool means_version(std::string_view file_name, std::string_view version, const std::string& tag) {
  return !vcs::rank_tags(file_name, {std::string{without_debian_revision(tag)}}).empty() || has_version(tag, version);
}

/// Where the user named the tree, its tags and those of the version in the file name tell whether they mean the same.
void add_finding_of_given_version(const Chosen& chosen, std::string_view file_name, const std::vector<vcs::Tag>& tags,
                                  Assessment& assessment) {
  const auto claimed = vcs::parse_release_name(file_name).front();
  const auto& source = chosen.reference->source();
  if (claimed.snapshot || (!claimed.commit.empty() && source.commit.starts_with(claimed.commit))) return;
  std::vector<std::string> elsewhere;
  std::string other;
  for (const auto& tag : tags) {
    if (tag.commit.hex() != source.commit) elsewhere.push_back(tag.name);
    else if (means_version(file_name, claimed.version, tag.name)) return;
    else if (has_digit(tag.name)) other = tag.name;
  }
  elsewhere = vcs::tags_of_release(file_name, elsewhere);
  if (elsewhere.empty() && other.empty()) return;
  const auto revision = escape_for_display(source.revision);
  assessment.findings.push_back(make_finding(
      k_other_version, {},
      elsewhere.empty()
          ? fmt::format("the file name says version {}, and {}, with which the release was compared, is tagged {}",
                        escape_for_display(claimed.version), revision, escape_for_display(other))
          : fmt::format("the file name says version {}, and {}, with which the release was compared, is not the commit "
                        "of tag {}",
                        escape_for_display(claimed.version), revision, escape_for_display(elsewhere.front()))));
}

/// What is inferred should be the project's: the head of somebody's request may lie in a clone as a branch.
void add_finding_of_side_branch(const Chosen& chosen, const vcs::Repository* repository, Assessment& assessment) {
  const auto& commit = chosen.reference->source().commit;
  if (!chosen.inferred || repository == nullptr || !chosen.reference->tag().empty()) return;
  const auto id = repository->resolve(commit);
  if (!id || repository->is_in_main_history(*id)) return;
  auto finding = make_finding(
      k_other_version, {},
      fmt::format("the release was compared with commit {}, which neither a tag nor the default branch leads to",
                  commit.substr(0, 12)));
  finding.severity = Severity::low;
  assessment.findings.push_back(std::move(finding));
}

/// Where the tree was chosen by its content, nothing but the file name says which version it is; where a tag was, by its name.
void add_version_finding(const Chosen& chosen, std::string_view file_name, const vcs::Repository* repository,
                         Assessment& assessment) {
  constexpr std::int64_t k_month = 31 * 86'400;
  const auto names = vcs::parse_release_name(file_name);
  if (names.empty() || names.front().version.empty()) return;
  if (!chosen.inferred) {
    if (repository != nullptr) add_finding_of_given_version(chosen, file_name, repository->tags(), assessment);
    return;
  }
  const std::string tag{chosen.reference->tag()};
  if (!tag.empty() && vcs::is_of_another_word(file_name, tag)) {
    auto finding = make_finding(
        k_other_version, {},
        fmt::format(
            "the release was compared with {}, the only tag with version {} in it, behind a word that is neither "
            "the project's nor one for versions",
            escape_for_display(tag), escape_for_display(names.front().version)));
    finding.severity = Severity::low;
    return assessment.findings.push_back(std::move(finding));
  }
  if (!tag.empty() && means_version(file_name, names.front().version, tag)) return;
  const auto& source = chosen.reference->source();
  const auto& claimed = names.front();
  if (!claimed.commit.empty() && source.commit.starts_with(claimed.commit)) return;
  if (claimed.snapshot) {
    const auto day = date_in_name(file_name);
    if (day && source.commit_time <= *day + k_month && source.commit_time >= *day - 12 * k_month) return;
  }
  auto finding = make_finding(
      k_other_version, {},
      tag.empty()
          ? fmt::format("no tag means version {}; the release was compared with commit {}, which no tag names",
                        escape_for_display(claimed.version), source.commit.substr(0, 12))
          : fmt::format("no tag means version {}; the tree that has most in common with the release is that of {}",
                        escape_for_display(claimed.version), escape_for_display(tag)));
  if (tag.empty()) finding.severity = Severity::low;
  assessment.findings.push_back(std::move(finding));
}

}  // namespace

/// Where no tag means the version and the tree that fits best fits badly, the release's own is not in this repository.
static void add_gap_of_no_revision(const Compared& compared, const Chosen& chosen, std::string_view file_name,
                                   Assessment& assessment) {
  constexpr double k_near = 0.9;
  const auto names = vcs::parse_release_name(file_name);
  const auto share = agreement(compared.comparison);
  if (!chosen.inferred || share >= k_near || names.empty()) return;
  const std::string tag{chosen.reference->tag()};
  if (!tag.empty() && means_version(file_name, names.front().version, tag)) return;
  const auto& source = chosen.reference->source();
  assessment.coverage.add(std::string{k_whole_comparison},
                          fmt::format("no revision here is that of {}: the nearest, {} of {:%Y-%m-%d}, has {:.0f} % of "
                                      "the files in common as they are",
                                      escape_for_display(names.front().version),
                                      tag.empty() ? source.commit.substr(0, 12) : escape_for_display(tag),
                                      fmt::gmtime(static_cast<std::time_t>(source.commit_time)), share * 100),
                          "fetch what the repository lacks, or name the right one and its revision (--vcs REPO@REV)");
}

void add_fit_findings(const Compared& compared, const Chosen& chosen, const vcs::Repository* repository,
                      std::uint64_t telling, const ReleaseCheck& request, Assessment& assessment) {
  const auto file_name = request.archive.filename().string();
  add_part_finding(*chosen.reference, compared.mapping.reference_subdir, file_name, assessment);
  add_version_finding(chosen, file_name, repository, assessment);
  add_finding_of_side_branch(chosen, repository, assessment);
  if (repository != nullptr) add_tag_finding(chosen, file_name, repository->tags(), assessment);
  const auto& counts = assessment.counts;
  // Where most names are the same, the contents have to answer for themselves.
  if (telling + counts.normalized == 0 && counts.identical < counts.entries &&
      common_names(compared.comparison) * 2 < counts.entries)
    assessment.coverage.add(
        std::string{k_whole_comparison},
        fmt::format("{} of {} are identical to it, and none that would tell that it is this release's source",
                    counts.identical, count_of(counts.entries, "file")),
        "name the right repository and revision (--vcs REPO@REV); `assay scan` looks at the release on its own");
  else add_gap_of_no_revision(compared, chosen, file_name, assessment);
  const auto share = agreement(compared.comparison);
  if (share >= 0.5) return;
  assessment.findings.push_back(
      make_finding(k_poor_fit, {},
                   fmt::format("only {:.0f} % of the files common to the release and {} have the same content",
                               share * 100, escape_for_display(chosen.reference->source().revision))));
}

}  // namespace assay::provenance
