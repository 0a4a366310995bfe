// assay verify-proof: a release against a commit id, with a proof bundle and no repository.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <unordered_map>

#include "archive/reader.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/common_options.hpp"
#include "vcs/proof_bundle.hpp"

namespace assay::cli {

namespace {

constexpr std::uint64_t k_largest_bundle = 2ULL << 30;
constexpr std::size_t k_paths_shown = 20;

struct VerifyProofOptions {
  std::string bundle;
  std::string archive;
  std::string commit;
  std::string format = "text";
};

/// What the release's files come to.
struct ProofOutcome {
  std::uint64_t proven = 0;
  std::vector<std::string> broken;    ///< the bundle promises them identical, and they are not
  std::vector<std::string> changed;   ///< not promised, and other than the commit has them
  std::vector<std::string> unproven;  ///< in the release, and not in the commit: generated or added files
  std::vector<std::string> missing;   ///< in the commit's directories that the bundle has, and not in the release
  bool same_release = false;          ///< the very file the bundle was made for
  std::string other_root;             ///< what its top directory is called, if not as in that file
};

bool matches(const TreeEntry& entry, const vcs::ProvenFile& file) {
  const bool link = (file.mode & 0170000) == 0120000;
  if (entry.digests.sha1_collision || entry.digests.git_oid != file.id) return false;
  if (link || entry.kind == EntryKind::symlink) return link && entry.kind == EntryKind::symlink;
  return (file.mode & 0100) != 0 || (entry.mode & 0111) == 0;
}

/// The directory that all of the archive stands in; empty if it does not stand in one.
std::string only_root(const archive::ArchiveContents& contents) {
  std::string root;
  for (const auto& entry : contents.entries) {
    const auto name = entry.path.substr(0, entry.path.find('/'));
    const bool inside = name.size() < entry.path.size() || entry.kind == EntryKind::directory;
    if (!inside || (!root.empty() && root != name)) return {};
    root = name;
  }
  return root;
}

/// What all of a release stands in is called as its packer likes, and no part of its content: a release that was packed anew is
/// looked at in the directory it has. One below another directory is content, and so is the place of what stands in none.
std::string root_of(const vcs::ProofBundle& bundle, const archive::ArchiveContents& contents) {
  const auto root = only_root(contents);
  const bool renamed = !bundle.subject_prefix.empty() && bundle.subject_prefix.find('/') == std::string::npos &&
                       !root.empty() && root != bundle.subject_prefix;
  return renamed ? root : bundle.subject_prefix;
}

ProofOutcome compare(const vcs::ProofBundle& bundle, const std::map<std::string, vcs::ProvenFile, std::less<>>& files,
                     const archive::ArchiveContents& contents) {
  ProofOutcome outcome;
  outcome.same_release = contents.sha256.hex() == bundle.subject_sha256;
  const auto root = root_of(bundle, contents);
  if (root != bundle.subject_prefix) outcome.other_root = root;
  const auto prefix = root.empty() ? std::string{} : root + "/";
  const auto subdir = bundle.reference_subdir.empty() ? std::string{} : bundle.reference_subdir + "/";
  // Where a path occurs more than once the last one wins, as it does when the archive is unpacked.
  std::unordered_map<std::string_view, const TreeEntry*> entries;
  for (const auto& entry : contents.entries)
    if (entry.kind != EntryKind::directory) entries[entry.path] = &entry;
  std::set<std::string_view> promised;
  for (const auto& path : bundle.identical) {
    if (!promised.insert(path).second) continue;
    const auto entry = entries.find(prefix + path);
    const auto file = files.find(subdir + path);
    if (entry != entries.end() && file != files.end() && matches(*entry->second, file->second)) ++outcome.proven;
    else outcome.broken.push_back(path);
  }
  for (const auto& entry : contents.entries) {
    if (entry.kind == EntryKind::directory || entries[entry.path] != &entry) continue;
    const std::string_view path = entry.path;
    const bool inside = path.starts_with(prefix);
    const auto name = inside ? path.substr(prefix.size()) : path;
    if (inside && promised.contains(name)) continue;
    const auto file = inside ? files.find(subdir + std::string{name}) : files.end();
    if (file == files.end()) outcome.unproven.push_back(entry.path);
    else if (matches(entry, file->second)) ++outcome.proven;
    else outcome.changed.push_back(entry.path);
  }
  for (const auto& [path, file] : files)
    if (path.starts_with(subdir) && !entries.contains(prefix + path.substr(subdir.size())) &&
        !promised.contains(std::string_view{path}.substr(subdir.size())))
      outcome.missing.push_back(path);
  return outcome;
}

void print_paths(std::ostream& out, std::string_view title, const std::vector<std::string>& paths) {
  if (paths.empty()) return;
  out << fmt::format("{}:\n", title);
  for (std::size_t i = 0; i < std::min(k_paths_shown, paths.size()); ++i)
    out << "  " << escape_for_display(paths[i]) << '\n';
  if (paths.size() > k_paths_shown) out << fmt::format("  … {} more\n", paths.size() - k_paths_shown);
}

void print_text(const ProofOutcome& outcome, const VerifyProofOptions& options, const vcs::ProofBundle& bundle,
                std::ostream& out) {
  out << fmt::format("{} of {} stand in commit {}{}\n", outcome.proven,
                     count_of(outcome.proven + outcome.broken.size() + outcome.changed.size(), "file"),
                     escape_for_display(options.commit),
                     bundle.reference_subdir.empty()
                         ? ""
                         : fmt::format(", in its directory {}", escape_for_display(bundle.reference_subdir)));
  print_paths(out, "NOT as in the commit", outcome.broken);
  print_paths(out, "changed by the release, and not promised", outcome.changed);
  print_paths(out, "not in the commit: generated or added by the release", outcome.unproven);
  print_paths(out, "in the commit and not in the release", outcome.missing);
  if (!outcome.same_release) out << "note: this is not the very file that the bundle was made for\n";
  if (bundle.subject_prefix.find('/') != std::string::npos)
    out << fmt::format("note: what is proven stands in {} of the archive alone\n",
                       escape_for_display(bundle.subject_prefix));
  if (!outcome.other_root.empty())
    out << fmt::format("note: its top directory is {}, that of the release was {}\n",
                       escape_for_display(outcome.other_root), escape_for_display(bundle.subject_prefix));
}

void print_json(const ProofOutcome& outcome, const VerifyProofOptions& options, const vcs::ProofBundle& bundle,
                std::ostream& out) {
  nlohmann::ordered_json json{
      {"commit", options.commit}, {"proven", outcome.proven}, {"same_release", outcome.same_release}};
  for (const auto& [name, paths] : {std::pair{"broken", &outcome.broken}, std::pair{"changed", &outcome.changed},
                                    std::pair{"unproven", &outcome.unproven}, std::pair{"missing", &outcome.missing}}) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& path : *paths) list.push_back(escape_for_display(path));
    json[name] = std::move(list);
  }
  if (bundle.subject_prefix.find('/') != std::string::npos)
    json["subject_directory"] = escape_for_display(bundle.subject_prefix);
  if (!bundle.reference_subdir.empty()) json["directory"] = escape_for_display(bundle.reference_subdir);
  if (!outcome.other_root.empty()) json["top_directory"] = escape_for_display(outcome.other_root);
  out << json.dump(2) << '\n';
}

Result<int> run_verify_proof(const VerifyProofOptions& options, Invocation& invocation) {
  ASSAY_TRY(const auto bytes, read_file(options.bundle, k_largest_bundle));
  ASSAY_TRY(const auto bundle, vcs::ProofBundle::parse(bytes));
  ASSAY_TRY(const auto files, vcs::proven_files(bundle, options.commit));
  archive::ReadOptions reading;
  reading.git_hash = GitOid::from_hex(options.commit)->hash;  // proven_files() took it
  ASSAY_TRY(const auto contents, archive::read_archive(options.archive, reading));
  if (bundle.identical.empty())
    return Error{ErrorCode::usage, "the bundle promises no file, so it proves nothing",
                 escape_for_display(options.bundle),
                 "make one of a release that shares files with its commit: `assay check … --proof-bundle FILE`"};
  const auto outcome = compare(bundle, files, contents);
  if (options.format == "json") print_json(outcome, options, bundle, invocation.out);
  else print_text(outcome, options, bundle, invocation.out);
  // Readers that see another archive than this one see other files than those that are proven.
  bool trapped = false;
  for (const auto& finding : contents.findings) {
    if (finding.severity < Severity::medium) continue;
    invocation.err << fmt::format("assay: {}: {}\n", to_string(finding.severity), finding.message);
    trapped = true;
  }
  if (!outcome.broken.empty() || trapped) return 1;
  for (const auto& gap : contents.coverage.gaps)
    invocation.err << fmt::format("assay: not read: {}: {}\n", gap.what, gap.reason);
  return contents.coverage.complete() ? 0 : 3;
}

}  // namespace

void add_verify_proof_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<VerifyProofOptions>();
  auto* command = app.add_subcommand("verify-proof",
                                     "Check a release against a commit id with a proof bundle, without the repository; "
                                     "exit 1 if a file that the bundle promises is not as in the commit");
  command->add_option("FILE", options->bundle, "The bundle that `assay check --proof-bundle FILE` wrote")->required();
  command->add_option("TARBALL", options->archive, "The release")->required();
  command->add_option("COMMIT", options->commit, "The commit id that is trusted, all 40 or 64 digits")->required();
  command->add_option("-f,--format", options->format, "text or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  command->footer(
      "Promised are the files that were the commit's own when the bundle was made. Of the rest nothing\n"
      "is promised: what the release adds, changes or leaves out besides them is listed, not refused.\n"
      "Example: assay verify-proof curl-7.88.1.proof curl-7.88.1.tar.gz 046209e561b7e9b5aab1aef7daebf29ee6e6e8c7");
  command->callback([options, &invocation] {
    invocation.action = [options, &invocation] { return run_verify_proof(*options, invocation); };
  });
}

}  // namespace assay::cli
