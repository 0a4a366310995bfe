#include "provenance/go_module.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "provenance/rules.hpp"
#include "vcs/repository.hpp"
#include "vcs/version.hpp"

namespace assay::provenance {

namespace {

constexpr std::uint64_t k_largest_go_mod = 16U << 20;  // the go command refuses larger ones

bool is_directory(const TreeEntry& entry) {
  return entry.kind == EntryKind::directory;
}

/// The path in go.mod's `module` directive; empty if there is none.
std::string declared_path(std::string_view go_mod) {
  for (const auto line : split_lines(go_mod)) {
    auto text = normalise_line(line.substr(0, line.find("//")));
    if (!text.starts_with("module ")) continue;
    text.erase(0, 7);
    std::erase_if(text, [](char c) { return c == '"' || c == '`'; });
    return text;
  }
  return {};
}

/// "v1.2.4-0.20240501000000-0123456789ab" taken apart (go.dev/ref/mod#pseudo-versions).
struct PseudoVersion {
  std::string base;  ///< the tag that it comes after: "v1.2.3"; empty if it says none
  std::string_view time, commit;
};

std::optional<PseudoVersion> pseudo_version(std::string_view version) {
  constexpr std::size_t k_commit = 12, k_time = 14;
  PseudoVersion parts;
  if (version.size() < k_commit + k_time + 8 || version[version.size() - k_commit - 1] != '-') return std::nullopt;
  parts.commit = version.substr(version.size() - k_commit);
  version.remove_suffix(k_commit + 1);
  parts.time = version.substr(version.size() - k_time);
  if (parts.time.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  version.remove_suffix(k_time);
  if (version.ends_with(".0.0-")) return parts;
  if (version.ends_with("-0.")) {
    version.remove_suffix(3);
    const auto dot = version.rfind('.');
    const auto patch = vcs::version_tokens(version.substr(dot == std::string_view::npos ? version.size() : dot));
    if (patch.size() != 1 || patch[0].size() > 9 || patch[0].find_first_not_of("0123456789") != std::string::npos ||
        patch[0] == "0")
      return std::nullopt;
    parts.base = fmt::format("{}.{}", version.substr(0, dot), std::stoul(patch[0]) - 1);
    return parts;
  }
  if (!version.ends_with(".0.")) return std::nullopt;
  version.remove_suffix(3);
  parts.base = version;
  return parts;
}

bool is_tag_of(std::string_view tag, std::string_view version) {
  return tag == version || tag.ends_with("/" + std::string{version});
}

bool descends_from(const vcs::Repository& repository, const std::string& commit, std::string_view version) {
  const auto id = repository.resolve(commit);
  return id && std::any_of(repository.tags().begin(), repository.tags().end(), [&](const vcs::Tag& tag) {
           return is_tag_of(tag.name, version) && repository.descends_from(*id, tag.commit);
         });
}

enum class Meant { this_one, another, nobody_knows };

/// Is `version` that of the revision: a tag of it, also that of a module in a sub-directory, or a pseudo-version with its commit and
/// time that comes after a tag which it descends from?
Meant meaning_of(std::string_view version, const vcs::Reference& reference, const vcs::Repository* repository) {
  version = version.substr(0, version.find('+'));  // "+incompatible"
  const auto& source = reference.source();
  if (source.commit.empty() || repository == nullptr || is_tag_of(reference.tag(), version)) return Meant::this_one;
  for (const auto& tag : repository->tags())
    if (tag.commit.hex() == source.commit && is_tag_of(tag.name, version)) return Meant::this_one;
  const auto pseudo = pseudo_version(version);
  if (!pseudo) return reference.tag().empty() ? Meant::nobody_knows : Meant::another;
  const auto time = fmt::format("{:%Y%m%d%H%M%S}", fmt::gmtime(static_cast<std::time_t>(source.commit_time)));
  if (!source.commit.starts_with(pseudo->commit) || pseudo->time != time) return Meant::another;
  return pseudo->base.empty() || descends_from(*repository, source.commit, pseudo->base) ? Meant::this_one
                                                                                         : Meant::nobody_knows;
}

}  // namespace

std::optional<GoModule> go_module_of(const std::vector<TreeEntry>& entries) {
  const auto first = std::find_if_not(entries.begin(), entries.end(), is_directory);
  if (first == entries.end()) return std::nullopt;
  const auto at = first->path.find("@v");
  const auto slash = at == std::string::npos ? at : first->path.find('/', at);
  if (slash == std::string::npos || at == 0 || slash - at < 3) return std::nullopt;
  const auto prefix = std::string_view{first->path}.substr(0, slash + 1);
  for (const auto& entry : entries)
    if (!is_directory(entry) && !entry.path.starts_with(prefix)) return std::nullopt;
  return GoModule{first->path.substr(0, at), first->path.substr(at + 1, slash - at - 1)};
}

std::optional<std::string> go_module_hash(const std::vector<TreeEntry>& entries) {
  std::map<std::string_view, std::string> digests;  // in the order of the names' bytes
  for (const auto& entry : entries) {
    if (is_directory(entry)) continue;
    if (!entry.sha256_known || entry.path.find('\n') != std::string::npos) return std::nullopt;
    if (!digests.emplace(entry.path, entry.digests.sha256.hex()).second) return std::nullopt;
  }
  Sha256Stream stream;
  for (const auto& [path, digest] : digests) stream.update(as_bytes(fmt::format("{}  {}\n", digest, path)));
  return "h1:" + to_base64(stream.finish().bytes);
}

std::vector<Finding> judge_go_module(const std::vector<TreeEntry>& entries, const vcs::Reference& reference,
                                     const vcs::Repository* repository, std::string_view reference_subdir) {
  const auto module = go_module_of(entries);
  if (!module) return {};
  std::vector<Finding> findings;
  const auto name = fmt::format("{} {}", escape_for_display(module->path), escape_for_display(module->version));
  if (const auto hash = go_module_hash(entries)) {
    findings.push_back(make_finding(k_go_module, {},
                                    fmt::format("the Go module zip of {} has the hash {}", name, *hash),
                                    {{"line of go.sum", fmt::format("{} {}", name, *hash)}}));
    findings.back().confidence = Confidence::proven;
  }
  const auto* go_mod =
      reference.manifest().find(reference_subdir.empty() ? "go.mod" : fmt::format("{}/go.mod", reference_subdir));
  if (const auto content = go_mod != nullptr ? reference.read(*go_mod, k_largest_go_mod) : Result<Bytes>{Error{}}) {
    const auto declared = declared_path(as_text(*content));
    if (!declared.empty() && declared != module->path)
      findings.push_back(make_finding(
          k_go_module_mismatch, {},
          fmt::format("the zip calls itself {}; go.mod in version control says {}", name, escape_for_display(declared)),
          {{"module of the zip", module->path}, {"module of go.mod", declared}}));
  }
  const auto meant = meaning_of(module->version, reference, repository);
  const auto revision = reference.tag().empty() ? reference.source().commit : std::string{reference.tag()};
  if (meant == Meant::another)
    findings.push_back(
        make_finding(k_go_module_mismatch, {},
                     fmt::format("the zip calls itself {}; the revision is {}", name, escape_for_display(revision)),
                     {{"version of the zip", module->version}, {"revision", revision}}));
  if (meant == Meant::nobody_knows)
    findings.push_back(make_finding(
        k_other_version, {},
        fmt::format(
            "the zip calls itself {}; the revision {} has no such tag, and descends from none that it could come after",
            name, escape_for_display(revision))));
  return findings;
}

}  // namespace assay::provenance
