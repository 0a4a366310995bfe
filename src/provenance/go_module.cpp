#include "provenance/go_module.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "provenance/rules.hpp"

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

/// Is `version` that of the revision: its tag, the tag of a module in a sub-directory, or a pseudo-version that ends in the commit?
bool is_of_revision(std::string_view version, const vcs::Reference& reference) {
  const std::string_view tag = reference.tag();
  version = version.substr(0, version.find('+'));  // "+incompatible"
  if (tag == version || (tag.ends_with(version) && tag.ends_with("/" + std::string{version}))) return true;
  const auto dash = version.rfind('-');
  const auto& commit = reference.source().commit;
  return dash != std::string_view::npos && version.size() - dash == 13 && commit.starts_with(version.substr(dash + 1));
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
                                     std::string_view reference_subdir) {
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
  if (!reference.tag().empty() && !is_of_revision(module->version, reference))
    findings.push_back(make_finding(
        k_go_module_mismatch, {},
        fmt::format("the zip calls itself {}; the revision is {}", name, escape_for_display(reference.tag())),
        {{"version of the zip", module->version}, {"tag", std::string{reference.tag()}}}));
  return findings;
}

}  // namespace assay::provenance
