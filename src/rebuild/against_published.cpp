#include "rebuild/against_published.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "artifact/compare_artifacts.hpp"
#include "base/text.hpp"
#include "rebuild/rules.hpp"

namespace assay::rebuild {

namespace fs = std::filesystem;

namespace {

Result<Comparison> compare(const fs::path& before, const fs::path& after, const Limits& limits) {
  artifact::CompareRequest request;
  request.before = before;
  request.after = after;
  request.limits = limits;
  return artifact::compare_artifacts(request);
}

/// Packages that the publisher's record lists and this build has not made. It may list the source as well.
void add_recorded_but_not_built(const BuildInfo& recorded, RebuildResult& result) {
  for (const auto& [name, sha256] : recorded.artifacts) {
    if (!name.ends_with(".deb") && !name.ends_with(".udeb")) continue;
    const bool built = std::any_of(result.artifacts.begin(), result.artifacts.end(),
                                   [&](const auto& artifact) { return path_basename(artifact.name) == name; });
    const bool said = std::find(result.not_built.begin(), result.not_built.end(), name) != result.not_built.end();
    if (!built && !said) result.not_built.push_back(name);
  }
}

/// What is compared with nothing is not different: most likely it is not of this source.
Error nothing_published(const fs::path& given, const std::vector<RebuiltArtifact>& artifacts) {
  std::string made;
  for (std::size_t i = 0; i < std::min(k_most_shown, artifacts.size()); ++i)
    made += (i == 0 ? "" : ", ") + escape_for_display(artifacts[i].name);
  if (artifacts.size() > k_most_shown) made += ", …";
  return Error{ErrorCode::usage, fmt::format("no artifact of this build corresponds to it; what was built: {}", made),
               "--against " + escape_for_display(given.string()), "name a published artifact of this source"};
}

/// Two packages of Debian whose names, before the first "_", say that they are not the same.
bool are_other_packages(std::string_view one, std::string_view other) {
  const auto is_package = [](std::string_view name) {
    return (name.ends_with(".deb") || name.ends_with(".udeb")) && name.find('_') != std::string_view::npos;
  };
  return is_package(one) && is_package(other) && one.substr(0, one.find('_')) != other.substr(0, other.find('_'));
}

/// apt(8) puts a version's epoch into the names of what it fetches, "zlib1g_1%3a1.2.13.dfsg-1_amd64.deb"; packages are
/// built without.
std::string without_epoch(std::string name) {
  const auto mark = name.find("%3a");
  const auto begin = mark == std::string::npos ? mark : name.rfind('_', mark);
  if (begin != std::string::npos) name.erase(begin + 1, mark + 3 - begin - 1);
  return name;
}

/// By file name; where there is one of each, that is what was meant, unless they are called as two packages are.
const fs::path* published_as(std::string_view name, std::size_t built, const std::vector<fs::path>& against) {
  for (const auto& published : against)
    if (without_epoch(published.filename().string()) == path_basename(name)) return &published;
  const bool meant = built == 1 && against.size() == 1 &&
                     !are_other_packages(path_basename(name), against.front().filename().string());
  return meant ? &against.front() : nullptr;
}

}  // namespace

Result<void> hold_against_published(const RebuildRequest& request, const BuildInfo& recorded, const BuildOutcome& built,
                                    RebuildResult& result) {
  std::set<fs::path> matched;
  for (const auto& made : built.artifacts) {
    RebuiltArtifact artifact{made.name, made.sha256, made.size, std::nullopt, {}, {}};
    if (const auto known = recorded.artifacts.find(std::string{path_basename(made.name)});
        known != recorded.artifacts.end())
      artifact.recorded_sha256 = known->second;
    if (const auto* published = published_as(made.name, built.artifacts.size(), request.against)) {
      if (request.progress) request.progress(fmt::format("comparing {}", escape_for_display(made.name)));
      ASSAY_TRY(artifact.against, compare(*published, made.file, request.reading));
      matched.insert(*published);
    }
    result.artifacts.push_back(std::move(artifact));
  }
  for (const auto& published : request.against)
    if (!matched.contains(published)) result.not_built.push_back(published.filename().string());
  add_recorded_but_not_built(recorded, result);
  if (!request.against.empty() && matched.empty()) return nothing_published(request.against.front(), result.artifacts);
  return {};
}

bool was_published(const RebuildRequest& request, const RebuildResult& result) {
  return !request.against.empty() || std::any_of(result.artifacts.begin(), result.artifacts.end(),
                                                 [](const auto& each) { return !each.recorded_sha256.empty(); });
}

bool differs_from_published(const RebuiltArtifact& artifact) {
  return (artifact.against && !artifact.against->equal) ||
         (!artifact.recorded_sha256.empty() && artifact.recorded_sha256 != artifact.sha256);
}

bool reproduces_published(const RebuildRequest& request, const RebuildResult& result) {
  return was_published(request, result) && result.not_built.empty() &&
         std::none_of(result.artifacts.begin(), result.artifacts.end(), differs_from_published);
}

void add_evidence(const Comparison& comparison, std::vector<Evidence>& evidence) {
  std::size_t shown = 0;
  for (const auto& root : comparison.causes)
    if (++shown <= k_most_shown)
      evidence.push_back(
          {"cause", fmt::format("{} ({}): {}", root.title, assay::to_string(root.confidence), root.summary)});
  for (const auto index : comparison.leftovers)
    if (++shown <= k_most_shown)
      evidence.push_back({"not explained", fmt::format("{} [{}]", escape_for_display(comparison.changes[index].path),
                                                       assay::to_string(comparison.changes[index].impact))});
}

Finding finding_against_published(const std::string& name, const Comparison& against, const std::string& younger) {
  std::vector<Evidence> evidence;
  if (!against.closed && !younger.empty()) evidence.push_back({"other tools", younger});
  add_evidence(against, evidence);
  if (!against.closed)
    return make_finding(
        k_rebuild_different, {name},
        fmt::format("is not the published one: {} named, {} left over", count_of(against.causes.size(), "cause"),
                    count_of(against.leftovers.size(), "change")),
        std::move(evidence));
  auto finding = make_finding(
      k_rebuild_different, {name},
      fmt::format("is not the published one, and {} {} every byte of it", count_of(against.causes.size(), "cause"),
                  against.causes.size() == 1 ? "explains" : "explain"),
      std::move(evidence));
  finding.severity = Severity::medium;
  return finding;
}

}  // namespace assay::rebuild
