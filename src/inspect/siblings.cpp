#include "inspect/siblings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "base/text.hpp"
#include "digest/digest.hpp"
#include "inspect/blob/check.hpp"

namespace assay::inspect {

namespace {

constexpr std::size_t k_least = 4;
constexpr std::size_t k_named = 12;

/// The rules whose findings come in crowds where a test suite is made of such things.
constexpr BlobRule k_gathered[] = {BlobRule::executable, BlobRule::hidden_code};

/// The directory of a file, or the container of what is inside of one.
std::string parent_of(const std::string& path) {
  auto parts = ContainerPath::parse(path).parts();
  if (parts.size() < 2) return std::string{path_dirname(path)};
  parts.pop_back();
  return ContainerPath{std::move(parts)}.to_string();
}

using Group = std::tuple<std::string, Severity, std::string, std::string>;  // rule, severity, message, parent

Finding gathered(const Rule& rule, const std::string& parent, const std::vector<const Finding*>& siblings) {
  std::vector<Evidence> evidence;
  Sha256Stream digests;
  for (const auto* sibling : siblings) {
    if (evidence.size() < k_named) evidence.push_back({std::string{k_one_of_siblings}, sibling->location.path});
    digests.update(as_bytes(sibling->location.path + "\n" + sibling->content_sha256 + "\n"));
  }
  const auto& first = *siblings.front();
  if (siblings.size() > k_named) evidence.push_back({"and", fmt::format("{} more", siblings.size() - k_named)});
  auto finding =
      make_finding(rule, {parent.empty() ? "." : parent, 0},
                   fmt::format("{} here: each {}", siblings.size(), first.message), std::move(evidence), first.message);
  finding.severity = first.severity;
  finding.confidence = first.confidence;
  finding.content_sha256 = digests.finish().hex();
  return finding;
}

}  // namespace

void gather_siblings(std::vector<Finding>& findings) {
  std::map<Group, std::vector<const Finding*>> groups;
  const auto is_gathered = [](const Finding& finding) {
    return finding.severity < Severity::high && !finding.content_sha256.empty() &&
           std::any_of(std::begin(k_gathered), std::end(k_gathered),
                       [&](BlobRule which) { return finding.rule == rule(which).id; });
  };
  for (const auto& finding : findings)
    if (is_gathered(finding))
      groups[{finding.rule, finding.severity, finding.message, parent_of(finding.location.path)}].push_back(&finding);
  std::vector<Finding> made;
  std::set<const Finding*> gone;
  for (const auto& [group, siblings] : groups) {
    if (siblings.size() < k_least) continue;
    const auto which = std::find_if(std::begin(k_gathered), std::end(k_gathered),
                                    [&](BlobRule known) { return rule(known).id == std::get<0>(group); });
    made.push_back(gathered(rule(*which), std::get<3>(group), siblings));
    gone.insert(siblings.begin(), siblings.end());
  }
  std::erase_if(findings, [&](const Finding& finding) { return gone.contains(&finding); });
  findings.insert(findings.end(), std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
}

}  // namespace assay::inspect
