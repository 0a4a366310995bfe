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

constexpr std::string_view k_incompatible = "+incompatible";
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

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
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
  if (!is_number(parts.time)) return std::nullopt;
  version.remove_suffix(k_time);
  if (version.ends_with(".0.0-")) {
    version.remove_suffix(5);
    const bool is_major = version.size() > 1 && version.front() == 'v' && is_number(version.substr(1));
    return is_major ? std::optional{parts} : std::nullopt;
  }
  if (version.ends_with("-0.")) {
    version.remove_suffix(3);
    const auto dot = version.rfind('.');
    const auto patch = vcs::version_tokens(version.substr(dot == std::string_view::npos ? version.size() : dot));
    if (patch.size() != 1 || patch[0].size() > 9 || !is_number(patch[0]) || patch[0] == "0") return std::nullopt;
    parts.base = fmt::format("{}.{}", version.substr(0, dot), std::stoul(patch[0]) - 1);
    return parts;
  }
  if (!version.ends_with(".0.")) return std::nullopt;
  version.remove_suffix(3);
  parts.base = version;
  return parts;
}

/// The "v2" that ends a module's path from its second major version on ("example.org/m/v2", "gopkg.in/yaml.v2"); empty if nothing does.
std::string_view major_in(std::string_view path) {
  if (path.ends_with("-unstable")) path.remove_suffix(std::string_view{"-unstable"}.size());
  const auto mark = path.starts_with("gopkg.in/") ? path.rfind('.') : path.rfind('/');
  if (mark == std::string_view::npos) return {};
  const auto major = path.substr(mark + 1);
  return major.starts_with('v') && is_number(major.substr(1)) ? major : std::string_view{};
}

/// May a version with this major one be of the module (go.dev/ref/mod#major-version-suffixes)?
bool has_major_of(const GoModule& module) {
  const auto major = std::string_view{module.version}.substr(0, module.version.find('.'));
  const auto wanted = major_in(module.path);
  if (wanted.empty()) return major == "v0" || major == "v1" || module.version.ends_with(k_incompatible);
  return major == wanted || (wanted == "v1" && module.version.starts_with("v0.0.0-"));  // gopkg.in's first ones
}

/// The tag of a version of the module in that directory (go.dev/ref/mod#vcs-version): "sub/v1.2.3". A directory for a major version is no
/// part of it.
std::string tag_of(std::string_view version, std::string_view directory, std::string_view path) {
  if (const auto major = major_in(path); !major.empty() && path_basename(directory) == major)
    directory = path_dirname(directory);
  return directory.empty() ? std::string{version} : fmt::format("{}/{}", directory, version);
}

/// Is it a tag of the same module as the `other` one: another version's?
bool is_of_same_module(std::string_view tag, std::string_view other) {
  return !tag.empty() && path_dirname(tag) == path_dirname(other);
}

/// Does it descend from a commit of that tag? A version that the tag itself gives comes after nothing.
bool comes_after(const vcs::Repository& repository, const std::string& commit, const std::string& tag_name) {
  const auto id = repository.resolve(commit);
  return id && std::any_of(repository.tags().begin(), repository.tags().end(), [&](const vcs::Tag& tag) {
           return tag.name == tag_name && tag.commit != *id && repository.descends_from(*id, tag.commit);
         });
}

enum class Meant { this_one, another, nobody_knows };

/// Is the module's version that of the revision: a tag of it for the module in that directory, or a pseudo-version with its commit and
/// time that comes after such a tag which it descends from? One that comes after none may be the first: the go command does not ask
/// whether there are tags now that came later than it.
Meant meaning_of(const GoModule& module, std::string_view directory, const vcs::Reference& reference,
                 const vcs::Repository* repository) {
  std::string_view version = module.version;
  if (version.ends_with(k_incompatible)) version.remove_suffix(k_incompatible.size());
  const auto& source = reference.source();
  if (source.commit.empty() || repository == nullptr) return Meant::this_one;
  if (!has_major_of(module)) return Meant::another;
  const auto wanted = tag_of(version, directory, module.path);
  if (reference.tag() == wanted) return Meant::this_one;
  for (const auto& tag : repository->tags())
    if (tag.commit.hex() == source.commit && tag.name == wanted) return Meant::this_one;
  const auto pseudo = pseudo_version(version);
  if (!pseudo) return is_of_same_module(reference.tag(), wanted) ? Meant::another : Meant::nobody_knows;
  const auto time = fmt::format("{:%Y%m%d%H%M%S}", fmt::gmtime(static_cast<std::time_t>(source.commit_time)));
  if (!source.commit.starts_with(pseudo->commit) || pseudo->time != time) return Meant::another;
  const bool may_be_first = pseudo->base.empty();
  return may_be_first || comes_after(*repository, source.commit, tag_of(pseudo->base, directory, module.path))
             ? Meant::this_one
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
  const auto meant = meaning_of(*module, reference_subdir, reference, repository);
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
