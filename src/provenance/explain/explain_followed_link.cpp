// A symbolic link of VCS that a packer followed (cargo, zip, sdist, `tar -h`): the file has the content of what the link leads to
// in VCS.
#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

namespace {

constexpr int k_most_links = 8;

/// Where `target`, as a link at `path` has it, leads within the tree; nothing if it leaves it.
std::optional<EntryPath> path_from(std::string_view path, std::string_view target) {
  if (target.empty() || target.starts_with('/')) return std::nullopt;
  std::vector<std::string_view> parts;
  const auto add = [&](std::string_view text) {
    while (!text.empty()) {
      const auto end = std::min(text.find('/'), text.size());
      const auto part = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (part.empty() || part == ".") continue;
      if (part != "..") parts.push_back(part);
      else if (parts.empty()) return false;
      else parts.pop_back();
    }
    return true;
  };
  if (!add(path_dirname(path)) || !add(target) || parts.empty()) return std::nullopt;
  EntryPath result;
  for (const auto part : parts) (result += result.empty() ? "" : "/") += part;
  return result;
}

/// The file that the links from `link` on lead to; null if it is none of the tree's.
const TreeEntry* followed(const TreeManifest& tree, const TreeEntry* link) {
  for (int steps = 0; link != nullptr && link->kind == EntryKind::symlink; ++steps) {
    const auto path = path_from(link->path, link->link_target);
    if (!path || steps == k_most_links) return nullptr;
    link = tree.find(*path);
  }
  return link != nullptr && link->kind == EntryKind::regular ? link : nullptr;
}

}  // namespace

std::optional<Explanation> explain_followed_link(ExplainContext& context) {
  const auto* link = context.difference.reference;
  const auto* subject = context.difference.subject;
  if (context.difference.status != EntryStatus::modified || link->kind != EntryKind::symlink ||
      subject->kind != EntryKind::regular)
    return std::nullopt;
  const auto* target = followed(context.reference.manifest(), link);
  // A file that may be run stays what it is in VCS: nothing is made executable on the way.
  if (target == nullptr || target->digests.git_oid != subject->digests.git_oid ||
      (subject->executable() && !target->executable()))
    return std::nullopt;
  // What runs looks around from where it stands, and finds other neighbours there than where the link led.
  const bool runs = context.entry.reach == Reach::executed || subject->executable();
  return make_explanation(runs ? Proof::composed : Proof::normalized, "followed-link",
                          {{"link in VCS to", link->link_target}, {"blob", target->digests.git_oid.hex()}});
}

}  // namespace assay::provenance
