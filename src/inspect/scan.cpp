#include "inspect/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "archive/reader.hpp"
#include "archive/sniff.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "inspect/extraction_step.hpp"
#include "inspect/inspection.hpp"
#include "inspect/previous.hpp"
#include "inspect/siblings.hpp"
#include "inspect/tree_archive.hpp"
#include "inspect/tree_memory.hpp"
#include "inspect/tree_reference.hpp"
#include "vcs/reference.hpp"

namespace assay::inspect {

namespace {

namespace fs = std::filesystem;

void tell(const ScanRequest& request, std::string_view phase, std::uint64_t done = 0, std::uint64_t total = 0) {
  if (request.progress) request.progress(phase, done, total);
}

Result<Subject> open_reference(const ScanRequest& request, const vcs::ReferenceSpec& spec) {
  ASSAY_TRY(const auto source, vcs::open_source(spec.path, request.limits));
  ASSAY_TRY(std::shared_ptr<const vcs::Reference> reference, source->open(spec.revision));
  Subject subject;
  const auto& origin = reference->source();
  auto name = spec.path.filename().empty() ? spec.path.parent_path().filename() : spec.path.filename();
  subject.info.name = name.string();
  if (!spec.revision.empty()) subject.info.name += "@" + spec.revision;
  subject.info.format =
      origin.commit.empty() ? std::string{origin.kind} : fmt::format("{}, commit {}", origin.kind, origin.commit);
  subject.coverage = reference->coverage();
  subject.revision = {spec.path, origin.kind == "git" ? origin.commit : std::string{}, {}};
  auto tree = std::make_unique<ReferenceTree>(reference);
  for (const auto& entry : tree->entries()) subject.info.size += entry.size;
  subject.tree = std::move(tree);
  return subject;
}

Result<Subject> open_single_file(const ScanRequest& request, const fs::path& path) {
  auto read = read_file(path, std::min(request.limits.memory / 2, request.limits.max_entry_size));
  if (!read && read.error().code == ErrorCode::limit)
    read.error().remedy = "raise --limit memory=VALUE: a file is read whole, into half of it";
  ASSAY_TRY(auto content, std::move(read));
  Subject subject;
  subject.nature = TreeNature::single_file;
  const auto kind = kind_of(content);
  subject.info = {path.filename().string(), std::string{kind.name}, sha256(content).hex(), content.size()};
  if (kind.family == Family::archive) subject.nature = TreeNature::package;
  auto tree = std::make_unique<MemoryTree>();
  tree->add(path.filename().string(), std::move(content));
  subject.tree = std::move(tree);
  return subject;
}

/// Packages and images of disks hold programs; a source release does not.
bool is_package(const std::string& format, std::string_view name) {
  return format.find("(deb)") != std::string::npos || format.starts_with("iso9660") || format.starts_with("cab") ||
         ends_with_any(name, {".deb", ".rpm", ".apk", ".jar", ".war", ".whl", ".egg", ".nupkg"});
}

Result<Subject> open_archive(const ScanRequest& request, const fs::path& path) {
  ASSAY_TRY(auto tree, ArchiveTree::open(path, request.limits, [&](std::uint64_t done, std::uint64_t total) {
              tell(request, "reading the archive", done, total);
            }));
  Subject subject;
  const auto& contents = tree.contents();
  subject.info = {path.filename().string(), contents.format, contents.sha256.hex(), contents.size};
  subject.findings = contents.findings;
  subject.coverage = contents.coverage;
  subject.prefix = tree.prefix();
  if (is_package(contents.format, subject.info.name)) subject.nature = TreeNature::package;
  subject.tree = std::make_unique<ArchiveTree>(std::move(tree));
  return subject;
}

/// An initial ram disk: one cpio archive behind another, of which the later ones are mostly compressed.
bool goes_on_behind_its_end(const Subject& subject) {
  return subject.info.format.starts_with("cpio") &&
         std::any_of(subject.findings.begin(), subject.findings.end(),
                     [](const Finding& finding) { return finding.rule == "archive-data-after-end"; });
}

/// Nothing has to decode for a file to be looked at: what is no archive, or a damaged one, is scanned as a single file. So is what has
/// more than one archive in it.
Result<Subject> open_file(const ScanRequest& request, const fs::path& path) {
  auto subject = open_archive(request, path);
  const bool several = subject && goes_on_behind_its_end(*subject);
  if (!several && (subject || subject.error().code != ErrorCode::format)) return subject;
  auto file = open_single_file(request, path);
  if (file || !several) return file;
  subject->coverage.add(
      escape_for_display(path.filename().string()),
      "what stands behind the end of its first archive was not looked at: the file " + file.error().message,
      file.error().remedy);
  return subject;
}

InspectionOptions options_for(const ScanRequest& request, TreeNature nature) {
  InspectionOptions options;
  options.texts.rules = request.content_rules;
  options.texts.max_file = std::min(request.limits.memory / 2, request.limits.max_entry_size);
  // One time for all that is done with what was read.
  options.blobs.deadline = options.texts.deadline = options.scripts.deadline = archive::Deadline{request.limits.time};
  options.scripts.max_searched = request.limits.memory / 2;
  if (request.effort == Effort::low) options.scripts.max_unpacked /= 8;
  options.blobs.effort = request.effort;
  options.blobs.nature = nature;
  options.blobs.limits = request.limits;
  options.blobs.keep_nodes = request.keep_nodes;
  options.blobs.progress = [&](std::uint64_t done, std::uint64_t total) {
    tell(request, "examining files", done, total);
  };
  options.phase = [&](std::string_view phase) { tell(request, phase); };
  return options;
}

/// What `assay check` takes: no package, no single file.
bool is_release_archive(const SubjectInfo& subject) {
  const auto archive = starts_with_any(subject.format, {"tar", "zip", "cpio", "7z"});
  return archive && !is_package(subject.format, subject.name);
}

void add_next_steps(const ScanRequest& request, Assessment& assessment) {
  if (auto step = extraction_step(request.subject, assessment.findings); !step.empty())
    assessment.next_steps.push_back(std::move(step));
  if (is_release_archive(assessment.subject))
    assessment.next_steps.push_back(
        fmt::format("compare with the source: `assay check {} --vcs REPO`", as_shell_word(request.subject)));
}

/// A container before what is in it, wherever the walk came by first.
std::vector<ContainerNode> sorted_tree(std::vector<ContainerNode> nodes) {
  std::vector<std::pair<ContainerPath, ContainerNode>> placed;
  placed.reserve(nodes.size());
  for (auto& node : nodes) placed.emplace_back(ContainerPath::parse(node.path), std::move(node));
  std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  nodes.clear();
  for (auto& [path, node] : placed) nodes.push_back(std::move(node));
  return nodes;
}

/// What became executable or binary since the release before.
Result<void> add_changes(const ScanRequest& request, Subject& subject, Assessment& assessment) {
  if (request.previous.empty()) return {};
  tell(request, "comparing with the previous release");
  ScanRequest earlier;
  earlier.subject = request.previous;
  earlier.limits = request.limits;
  ASSAY_TRY(const auto before, open_subject(earlier));
  ASSAY_TRY(auto changes, changes_since(*before.tree, *subject.tree, {}, before.info.name, assessment.coverage));
  std::move(changes.begin(), changes.end(), std::back_inserter(assessment.findings));
  assessment.previous = before.info;
  return {};
}

}  // namespace

Result<Subject> open_subject(const ScanRequest& request) {
  const auto spec = vcs::parse_reference_spec(request.subject);
  std::error_code problem;
  const auto status = fs::status(spec.path, problem);
  if (!fs::exists(status))
    return Error{ErrorCode::not_found, "there is no such file or directory", escape_for_display(request.subject), {}};
  if (fs::is_directory(status)) {
    auto tree = spec;
    // A checkout is what the user sees of it.
    if (tree.revision.empty() && fs::exists(tree.path / ".git", problem)) tree.revision = "WORKTREE";
    return open_reference(request, tree);
  }
  return open_file(request, request.subject);
}

Result<Assessment> scan(const ScanRequest& request) {
  tell(request, "opening");
  ASSAY_TRY(auto subject, open_subject(request));
  Assessment assessment;
  assessment.command = "scan";
  assessment.subject = std::move(subject.info);
  assessment.findings = std::move(subject.findings);
  assessment.coverage = std::move(subject.coverage);

  const FactsOf unknown;
  ASSAY_TRY(auto inspection, inspect_tree(*subject.tree, unknown, options_for(request, subject.nature)));
  auto& blobs = inspection.blobs;
  std::move(inspection.findings.begin(), inspection.findings.end(), std::back_inserter(assessment.findings));
  std::move(inspection.coverage.gaps.begin(), inspection.coverage.gaps.end(),
            std::back_inserter(assessment.coverage.gaps));
  auto history = fixture_history(*subject.tree, subject.revision, assessment.findings, inspection.scripts, blobs);
  std::move(history.begin(), history.end(), std::back_inserter(assessment.findings));
  correlate(assessment.findings, inspection.scripts, blobs, unknown, request.policy);
  gather_siblings(assessment.findings);
  ASSAY_TRY_VOID(add_changes(request, subject, assessment));
  assessment.contents = sorted_tree(std::move(blobs.nodes));
  assessment.counts.entries = blobs.files;
  assessment.counts.inside = blobs.inside;
  // A git tree knows no sizes.
  if (assessment.subject.size == 0) assessment.subject.size = blobs.file_bytes;
  sort_findings(assessment.findings);
  add_next_steps(request, assessment);
  assessment.verdict = decide(assessment);
  return assessment;
}

namespace {

constexpr std::size_t k_most_names = 400;  // characters

/// What the walk through containers finds at one place, and the names of places near it.
struct Search {
  std::optional<Bytes> found;
  std::string nearest;
};

Result<Search> search_containers(const ScanRequest& request, TreeAccess& tree, const ContainerPath& wanted) {
  Search search;
  Coverage coverage;
  const auto depth = wanted.parts().size();
  const ContainerWalker::Observer observer{
      [&](const Node& node) {
        if (!search.found && node.path == wanted) search.found = Bytes{node.content.begin(), node.content.end()};
        if (node.depth > 0 && node.depth <= depth && search.nearest.size() < k_most_names)
          search.nearest +=
              fmt::format("{}{}", search.nearest.empty() ? "" : ", ", escape_for_display(node.path.to_string()));
      },
      [](const Node&, Oddity, const std::string&) {}};
  ContainerWalker walker{request.limits, archive::Deadline{request.limits.time}, observer, coverage};
  auto content = tree.read(wanted.parts().front(), walker.max_content());
  if (!content) {
    if (content.error().remedy.empty()) content.error().remedy = "`assay scan PATH --tree` lists what is there";
    return content.error();
  }
  walker.walk(wanted.parts().front(), *content, {});
  return search;
}

/// What comes out by following the scripts, or by trying what they know.
Result<Search> search_stages(const ScanRequest& request, Subject& subject, const ContainerPath& wanted) {
  auto options = options_for(request, subject.nature);
  options.blobs.keep_nodes = false;
  options.blobs.stage_kept = request.limits.memory / 4;
  ASSAY_TRY(const auto inspection, inspect_tree(*subject.tree, {}, options));
  const auto name = wanted.to_string();
  Search search;
  std::set<std::string> names;
  for (const auto& flow : inspection.scripts.flows)
    for (const auto& stage : flow.stages) {
      names.insert(escape_for_display(stage.name));
      if (!search.found && stage.name == name) search.found = stage.bytes;
    }
  for (const auto& stage : inspection.blobs.stages) {
    names.insert(escape_for_display(stage.location.to_string()));
    if (!search.found && stage.location == wanted && stage.size == stage.bytes.size()) search.found = stage.bytes;
  }
  for (const auto& each : names)
    if (search.nearest.size() < k_most_names) search.nearest += (search.nearest.empty() ? "" : ", ") + each;
  return search;
}

}  // namespace

Result<Bytes> extract(const ScanRequest& request, const ContainerPath& location) {
  ASSAY_TRY(auto subject, open_subject(request));
  auto parts = location.parts();
  if (parts.empty()) return Error{ErrorCode::usage, "names nothing", {}, "give a path as a report shows it"};
  if (!subject.prefix.empty() && parts[0].starts_with(subject.prefix + "/"))
    parts[0].erase(0, subject.prefix.size() + 1);
  const ContainerPath wanted{parts};
  ASSAY_TRY(auto search, search_containers(request, *subject.tree, wanted));
  if (search.found) return *std::move(search.found);
  ASSAY_TRY(auto stages, search_stages(request, subject, wanted));
  if (stages.found) return *std::move(stages.found);
  auto there_are = search.nearest;
  if (!stages.nearest.empty()) there_are += (there_are.empty() ? "" : ", ") + stages.nearest;
  return Error{ErrorCode::not_found, "there is no such place in it", escape_for_display(wanted.to_string()),
               there_are.empty() ? "there is nothing inside that file" : "there are: " + there_are};
}

}  // namespace assay::inspect
