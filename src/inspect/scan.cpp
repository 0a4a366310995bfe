#include "inspect/scan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "archive/reader.hpp"
#include "archive/sniff.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "inspect/script/analysis.hpp"
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
  subject.info.format = origin.commit.empty() ? std::string{origin.kind} : fmt::format("{}, commit {}", origin.kind, origin.commit);
  subject.coverage = reference->coverage();
  auto tree = std::make_unique<ReferenceTree>(reference);
  for (const auto& entry : tree->entries()) subject.info.size += entry.size;
  subject.tree = std::move(tree);
  return subject;
}

Result<Subject> open_single_file(const ScanRequest& request, const fs::path& path) {
  ASSAY_TRY(auto content, read_file(path, std::min(request.limits.memory / 2, request.limits.max_entry_size)));
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

/// Packages hold programs; a source release does not.
bool is_package(const std::string& format, std::string_view name) {
  return format.find("(deb)") != std::string::npos ||
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

/// Nothing has to decode for a file to be looked at: what is no archive, or a damaged one, is scanned as a single file.
Result<Subject> open_file(const ScanRequest& request, const fs::path& path) {
  auto subject = open_archive(request, path);
  if (subject || subject.error().code != ErrorCode::format) return subject;
  return open_single_file(request, path);
}

void add_next_steps(const ScanRequest& request, Assessment& assessment) {
  const auto alarming = std::find_if(assessment.findings.begin(), assessment.findings.end(),
                                     [](const Finding& finding) { return finding.severity >= Severity::medium && finding.rule.starts_with("blob-"); });
  if (alarming != assessment.findings.end())
    assessment.next_steps.push_back(fmt::format("look at the bytes: assay extract {} '{}' -o FILE", escape_for_display(request.subject),
                                                escape_for_display(alarming->location.path)));
  assessment.next_steps.emplace_back("compare with the source: assay check TARBALL --vcs REPO");
}

}  // namespace

Result<Subject> open_subject(const ScanRequest& request) {
  const auto spec = vcs::parse_reference_spec(request.subject);
  std::error_code problem;
  const auto status = fs::status(spec.path, problem);
  if (!fs::exists(status)) return Error{ErrorCode::not_found, "does not exist", escape_for_display(request.subject), {}};
  if (fs::is_directory(status)) return open_reference(request, spec);
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

  BlobOptions options;
  options.effort = request.effort;
  options.nature = subject.nature;
  options.limits = request.limits;
  options.keep_nodes = request.keep_nodes;
  options.progress = [&](std::uint64_t done, std::uint64_t total) { tell(request, "examining files", done, total); };
  tell(request, "reading build scripts");
  auto scripts = analyse_scripts(*subject.tree, [](std::string_view) { return FileFacts{}; });
  std::move(scripts.findings.begin(), scripts.findings.end(), std::back_inserter(assessment.findings));
  std::move(scripts.coverage.gaps.begin(), scripts.coverage.gaps.end(), std::back_inserter(assessment.coverage.gaps));
  ASSAY_TRY(auto blobs, inspect_blobs(*subject.tree, {}, scripts.harvest, options));
  std::move(blobs.findings.begin(), blobs.findings.end(), std::back_inserter(assessment.findings));
  std::move(blobs.coverage.gaps.begin(), blobs.coverage.gaps.end(), std::back_inserter(assessment.coverage.gaps));
  assessment.contents = std::move(blobs.nodes);
  assessment.counts.entries = blobs.files;
  sort_findings(assessment.findings);
  add_next_steps(request, assessment);
  assessment.verdict = decide(assessment);
  return assessment;
}

Result<Bytes> extract(const ScanRequest& request, const ContainerPath& location) {
  ASSAY_TRY(auto subject, open_subject(request));
  auto parts = location.parts();
  if (parts.empty()) return Error{ErrorCode::usage, "names nothing", {}, "give a path as a report shows it"};
  if (!subject.prefix.empty() && parts[0].starts_with(subject.prefix + "/")) parts[0].erase(0, subject.prefix.size() + 1);
  const ContainerPath wanted{parts};
  std::optional<Bytes> found;
  std::string nearest;
  Coverage coverage;
  const ContainerWalker::Observer observer{[&](const Node& node) {
                                             if (!found && node.path == wanted) found = Bytes{node.content.begin(), node.content.end()};
                                             if (node.depth > 0 && node.depth + 1 <= parts.size() + 1 && nearest.size() < 400)
                                               nearest += fmt::format("{}{}", nearest.empty() ? "" : ", ", escape_for_display(node.path.to_string()));
                                           },
                                           [](const Node&, Oddity, const std::string&) {}};
  ContainerWalker walker{request.limits, observer, coverage};
  ASSAY_TRY(const auto content, subject.tree->read(parts[0], walker.max_content()));
  walker.walk(parts[0], content, {});
  if (found) return *std::move(found);
  return Error{ErrorCode::not_found, "there is no such place in it", escape_for_display(wanted.to_string()),
               nearest.empty() ? "there is nothing inside that file" : "there are: " + nearest};
}

}  // namespace assay::inspect
