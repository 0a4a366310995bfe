#include "compare/path_mapping.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/text.hpp"

namespace assay::compare {

namespace {

/// Contents that stand at many paths (empty files, licence texts) say little about where a file belongs.
constexpr std::size_t k_most_places = 8;

bool has_content(const TreeEntry& entry) {
  return entry.kind == EntryKind::regular || entry.kind == EntryKind::hardlink || entry.kind == EntryKind::symlink;
}

struct Split {
  std::string_view subject_prefix;
  std::string_view reference_subdir;
};

/// What is left of both paths once their longest common run of trailing components is taken away; nothing if not even
/// the base names agree.
std::optional<Split> split_common_tail(std::string_view subject, std::string_view reference) {
  bool any = false;
  while (!subject.empty() && !reference.empty() && path_basename(subject) == path_basename(reference)) {
    subject = path_dirname(subject);
    reference = path_dirname(reference);
    any = true;
  }
  if (!any) return std::nullopt;
  return Split{subject, reference};
}

class Ballot {
 public:
  void vote(const Split& split) { ++m_votes[{std::string{split.subject_prefix}, std::string{split.reference_subdir}}]; }
  bool empty() const noexcept { return m_votes.empty(); }
  PathMapping winner() const {
    // Ties go to the shorter pair: the least that explains the votes. The map's order makes the rest deterministic.
    auto best = std::max_element(m_votes.begin(), m_votes.end(), [](const auto& a, const auto& b) {
      const auto length = [](const auto& pair) { return pair.first.first.size() + pair.first.second.size(); };
      return a.second != b.second ? a.second < b.second : length(a) > length(b);
    });
    // A release is one of the whole repository, unless a directory of it explains far more: what a release takes out of a
    // submodule (gnulib's lib/ and m4/) may be more than what is its own.
    const auto whole = m_votes.find({best->first.first, std::string{}});
    if (whole != m_votes.end() && whole->second * 2 >= best->second) best = whole;
    PathMapping mapping;
    mapping.subject_prefix = best->first.first;
    mapping.reference_subdir = best->first.second;
    mapping.votes = best->second;
    return mapping;
  }

 private:
  std::map<std::pair<std::string, std::string>, std::uint64_t> m_votes;
};

std::string only_top_directory(const std::vector<TreeEntry>& subject) {
  std::string top;
  for (const auto& entry : subject) {
    const auto slash = entry.path.find('/');
    const auto first = std::string_view{entry.path}.substr(0, slash);
    if (slash == std::string::npos && entry.kind != EntryKind::directory) return {};
    if (top.empty()) top = first;
    if (top != first) return {};
  }
  return top;
}

std::optional<std::string> rebase(std::string_view path, std::string_view from, std::string_view to) {
  if (!from.empty()) {
    if (!path.starts_with(from) || path.size() <= from.size() || path[from.size()] != '/') return std::nullopt;
    path.remove_prefix(from.size() + 1);
  }
  if (to.empty()) return std::string{path};
  std::string out{to};
  out += '/';
  out += path;
  return out;
}

}  // namespace

std::optional<std::string> PathMapping::to_reference(std::string_view subject_path) const {
  return rebase(subject_path, subject_prefix, reference_subdir);
}

std::optional<std::string> PathMapping::from_reference(std::string_view reference_path) const {
  return rebase(reference_path, reference_subdir, {});
}

std::string PathMapping::name_of(std::string_view subject_path) const {
  return path_seen_from(subject_prefix, subject_path);
}

std::string PathMapping::to_subject(std::string_view name) const {
  return path_resolved(subject_prefix, name);
}

PathMapping infer_mapping(const std::vector<TreeEntry>& subject, const TreeManifest& reference) {
  std::unordered_map<GitOid, std::vector<const TreeEntry*>> by_content;
  std::unordered_map<std::string_view, std::vector<const TreeEntry*>> by_name;
  for (const auto& entry : reference.entries()) {
    by_content[entry.digests.git_oid].push_back(&entry);
    by_name[path_basename(entry.path)].push_back(&entry);
  }

  Ballot by_bytes;
  Ballot by_path;
  std::uint64_t electorate = 0;
  for (const auto& entry : subject) {
    if (!has_content(entry)) continue;
    if (const auto places = by_content.find(entry.digests.git_oid); places != by_content.end()) {
      ++electorate;
      if (places->second.size() <= k_most_places)
        for (const auto* place : places->second)
          if (const auto split = split_common_tail(entry.path, place->path)) by_bytes.vote(*split);
    }
    if (const auto places = by_name.find(path_basename(entry.path));
        places != by_name.end() && places->second.size() <= k_most_places)
      for (const auto* place : places->second)
        if (const auto split = split_common_tail(entry.path, place->path)) by_path.vote(*split);
  }

  PathMapping mapping;
  if (!by_bytes.empty()) {
    mapping = by_bytes.winner();
  } else if (!by_path.empty()) {
    mapping = by_path.winner();
    mapping.votes = 0;
  } else {
    mapping.subject_prefix = only_top_directory(subject);
  }
  mapping.electorate = electorate;
  return mapping;
}

}  // namespace assay::compare
