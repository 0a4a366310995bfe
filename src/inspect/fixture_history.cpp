#include "inspect/fixture_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/blob/naming.hpp"
#include "inspect/script/source.hpp"
#include "vcs/file_history.hpp"

namespace assay::inspect {

namespace {

const Rule k_fixture_history{"inspect-fixture-history",
                             Severity::info,
                             "what else is known of a suspicious file",
                             "The commit that gave the file its present content: when, by whom, what else it changed, "
                             "and what else its author did; "
                             "and whether any text of the tree names the file. A file that was added shortly before "
                             "the release by a commit which touches nothing else is how fixtures were smuggled "
                             "in; honest fixtures come that way too. Context only.",
                             "read the commit",
                             "CVE-2024-3094"};
const Rule k_rules[] = {k_fixture_history};

constexpr std::size_t k_most_files = 32;
constexpr std::uint64_t k_largest_text = 1U << 20;
constexpr std::uint64_t k_most_commits = 3000;
constexpr std::int64_t k_day = 24LL * 60 * 60;
constexpr std::int64_t k_close_to_release = 30 * k_day;

std::vector<std::string> suspicious_files(const std::vector<Finding>& findings, const ScriptAnalysis& scripts,
                                          const BlobAnalysis& blobs) {
  std::set<std::string> files;
  for (const auto& flow : scripts.flows) files.insert(flow.files.begin(), flow.files.end());
  for (const auto& stage : blobs.stages)
    if (stage.hidden) files.insert(stage.path);
  for (const auto& finding : findings) {
    if (finding.severity < Severity::medium || !finding.rule.starts_with("blob-")) continue;
    const auto parts = ContainerPath::parse(finding.location.path).parts();
    if (!parts.empty()) files.insert(parts.front());
  }
  std::vector<std::string> list{files.begin(), files.end()};
  if (list.size() > k_most_files) list.resize(k_most_files);
  return list;
}

/// What the commit has in its favour or against it, as far as anything can be said.
std::vector<Evidence> circumstances(const vcs::FileOrigin& origin, const vcs::FileOrigins& origins) {
  std::vector<Evidence> evidence{{"commit", fmt::format("{} {}", origin.commit.hex(), origin.subject)},
                                 {"author", fmt::format("{} <{}>", origin.author.name, origin.author.email)}};
  const auto age = origins.revision_time - origin.committer.time;
  if (age >= 0 && age <= k_close_to_release)
    evidence.push_back(
        {"close to the release", count_of(static_cast<std::uint64_t>(age / k_day), "day") + " before it"});
  const bool only_data =
      origin.touched_all && std::all_of(origin.touched.begin(), origin.touched.end(), [](const std::string& path) {
        return is_in_test_data(path) && script_kind_by_name(path) == ScriptKind::none;
      });
  if (only_data) evidence.push_back({"touches nothing but test data", count_of(origin.touched.size(), "file")});
  if (origin.author_commits == 1)
    evidence.push_back(
        {"the author appears nowhere else", fmt::format("in the last {}", count_of(origins.walked, "commit"))});
  return evidence;
}

Finding finding_of(const vcs::FileOrigin& origin, const vcs::FileOrigins& origins, std::string path) {
  const auto shown = escape_for_display(path);
  if (!origin.found)
    return make_finding(
        k_fixture_history, {std::move(path), 0},
        fmt::format("{} has had this content for more than {}", shown, count_of(k_most_commits, "commit")));
  auto evidence = circumstances(origin, origins);
  auto message = fmt::format(
      "{} was {} by commit {}, {} before the release", shown, origin.added ? "added" : "given this content",
      origin.commit.hex().substr(0, 12),
      count_of(
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, origins.revision_time - origin.committer.time) / k_day),
          "day"));
  for (const auto& [label, text] : evidence)
    if (label.starts_with("touches") || label.starts_with("the author"))
      message += fmt::format("; {}{}", label.starts_with("touches") ? "it " : "", label);
  return make_finding(k_fixture_history, {std::move(path), 0}, std::move(message), std::move(evidence));
}

std::vector<Finding> origins_of(const Revision& revision, std::vector<std::string> paths) {
  std::vector<Finding> made;
  if (revision.commit.empty()) return made;
  const auto below = revision.subdir.empty() ? std::string{} : revision.subdir + "/";
  for (auto& path : paths) path.insert(0, below);
  const auto origins = vcs::origins_of(revision.repository, revision.commit, paths, k_most_commits);
  // A history that cannot be read is said where the reference was opened.
  if (!origins) return made;
  for (const auto& origin : origins->files)
    made.push_back(finding_of(origin, *origins, origin.path.substr(below.size())));
  return made;
}

/// Of the suspicious files, the fixtures that stand in no text.
std::vector<std::string> unnamed_of(TreeAccess& tree, const std::vector<std::string>& paths) {
  FixtureNames names{tree.entries()};
  Coverage ignored;
  const auto outcome =
      tree.visit([](const TreeEntry& entry) { return entry.kind == EntryKind::regular; }, k_largest_text,
                 [&](const TreeEntry&, ByteView content) {
                   if (is_mostly_text(content)) names.read_text(as_text(content));
                 },
                 ignored);
  std::vector<std::string> unnamed;
  if (!outcome) return unnamed;
  std::copy_if(paths.begin(), paths.end(), std::back_inserter(unnamed),
               [&](const std::string& path) { return names.is_unnamed(path); });
  return unnamed;
}

void add_unnamed(const std::string& path, std::vector<Finding>& made) {
  constexpr std::string_view k_unnamed = "no text of the tree names it";
  auto finding =
      std::find_if(made.begin(), made.end(), [&](const Finding& other) { return other.location.path == path; });
  if (finding == made.end())
    finding = made.insert(made.end(), make_finding(k_fixture_history, {path, 0},
                                                   fmt::format("{} is a fixture", escape_for_display(path))));
  finding->message += fmt::format("; {}", k_unnamed);
  finding->evidence.push_back({std::string{k_unnamed}, "neither its name nor its stem; at most a pattern covers it"});
}

}  // namespace

std::vector<Finding> fixture_history(TreeAccess& tree, const Revision& revision, const std::vector<Finding>& findings,
                                     const ScriptAnalysis& scripts, const BlobAnalysis& blobs) {
  auto paths = suspicious_files(findings, scripts, blobs);
  if (paths.empty()) return {};
  const auto unnamed = unnamed_of(tree, paths);
  auto made = origins_of(revision, paths);
  for (const auto& path : unnamed) add_unnamed(path, made);
  return made;
}

std::span<const Rule> history_rules() noexcept {
  return k_rules;
}

}  // namespace assay::inspect
