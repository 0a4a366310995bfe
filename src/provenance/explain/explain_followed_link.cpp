// A symbolic link of VCS that a packer followed (cargo, zip, sdist, `tar -h`): the file has the content of what the link leads to
// in VCS.
#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

namespace {

constexpr int k_most_links = 8;

/// The file that the links from `link` on lead to; null if it is none of the tree's.
const TreeEntry* followed(const TreeManifest& tree, const TreeEntry* link) {
  for (int steps = 0; link != nullptr && link->kind == EntryKind::symlink; ++steps) {
    const auto path = path_behind_link(link->path, link->link_target);
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
  const bool runs =
      context.entry.reach == Reach::executed || subject->executable() || context.difference.path.ends_with(".ts");
  return make_explanation(runs ? Proof::composed : Proof::normalized, "followed-link",
                          {{"link in VCS to", link->link_target}, {"blob", target->digests.git_oid.hex()}});
}

}  // namespace assay::provenance
