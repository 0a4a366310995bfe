#include "report/rebuild.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

constexpr std::array k_renderers{
    RebuildRenderer{"text", render_rebuild_text},   RebuildRenderer{"json", render_rebuild_json},
    RebuildRenderer{"sarif", render_rebuild_sarif}, RebuildRenderer{"markdown", render_rebuild_markdown},
    RebuildRenderer{"html", render_rebuild_html},
};

std::string date_of(std::int64_t time) {
  const std::time_t seconds = time;
  std::tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
    return std::to_string(time);
  return text.data();
}

bool was_compared(const RebuildResult& result) {
  return !result.not_built.empty() ||
         std::any_of(result.artifacts.begin(), result.artifacts.end(), [](const auto& artifact) {
           return artifact.against.has_value() || !artifact.recorded_sha256.empty();
         });
}

std::string builds_of(const RebuildResult& result) {
  std::uint64_t milliseconds = 0;
  for (const auto& run : result.runs) milliseconds += run.milliseconds;
  return fmt::format("{} in {}.{} s", count_of(result.runs.size(), "build"), milliseconds / 1000,
                     milliseconds % 1000 / 100);
}

}  // namespace

const RebuildRenderer* find_rebuild_renderer(std::string_view name) noexcept {
  const auto it =
      std::find_if(k_renderers.begin(), k_renderers.end(), [&](const auto& renderer) { return renderer.name == name; });
  return it == k_renderers.end() ? nullptr : &*it;
}

namespace {

/// No artifact holds a byte that no cause explains.
bool is_explained(const RebuildResult& result) {
  return result.not_built.empty() &&
         std::all_of(result.artifacts.begin(), result.artifacts.end(), [](const RebuiltArtifact& artifact) {
           if (artifact.against) return artifact.against->equal || artifact.against->closed;
           return artifact.recorded_sha256.empty() || artifact.recorded_sha256 == artifact.sha256;
         });
}

}  // namespace

std::string rebuild_headline(const RebuildResult& result) {
  const bool varied = !result.innocent.empty() || !result.causes.empty();
  switch (result.status) {
    case RebuildStatus::reproduced:
      if (was_compared(result)) return "reproduced: the same bytes as what was published";
      if (varied) return "reproduced: the same bytes under every variation";
      return result.runs.size() > 1 ? fmt::format("reproduced: {} builds gave the same bytes", result.runs.size())
                                    : "built once: nothing says yet that it is reproducible";
    case RebuildStatus::nondeterministic:
      return result.unstable.empty() ? "not deterministic: what it is built under changes what comes out"
                                     : "not deterministic: builds under the same conditions differ";
    case RebuildStatus::different:
      if (is_explained(result)) return "different from what was published, and the causes named explain every byte";
      return result.runs.size() < 2 ? "different from what was published; one build was made"
                                    : "different: the build agrees with itself, and not with what was published";
    case RebuildStatus::no_environment:
      return "no environment: what it needs to be built is not to be had";
    case RebuildStatus::failed:
      return "failed: it could not be built";
  }
  return {};
}

std::string rebuild_exit_line(const RebuildResult& result, Severity fail_on) {
  switch (exit_code(result, fail_on)) {
    case 0:
      return "0: reproduced";
    case 1:
      return result.status == RebuildStatus::different
                 ? "1: different from what was published"
                 : fmt::format("1: a finding of severity {} or above", to_string(fail_on));
    case 3:
      return result.status == RebuildStatus::no_environment ? "3: the environment is not to be had"
                                                            : "3: not everything was seen";
    case 4:
      return "4: not deterministic";
    default:
      return "5: the build failed";
  }
}

std::string describe_artifact(const RebuiltArtifact& artifact) {
  if (!artifact.against && !artifact.recorded_sha256.empty())
    return artifact.recorded_sha256 == artifact.sha256 ? "has the digest that its build record has"
                                                       : "does not have the digest that its build record has";
  if (!artifact.against) return "not compared with anything published";
  if (artifact.against->equal) return "the same bytes as the published one";
  return comparison_headline(*artifact.against);
}

std::vector<std::pair<std::string, std::string>> rebuild_facts(const RebuildResult& result) {
  std::vector<std::pair<std::string, std::string>> facts;
  facts.emplace_back(
      "source",
      fmt::format("{}{}{} ({}{})", escape_for_display(result.name), result.version.empty() ? "" : " ",
                  escape_for_display(result.version), result.subject.format,
                  result.subject.sha256.empty() ? "" : ", sha256 " + result.subject.sha256.substr(0, 16) + "…"));
  facts.emplace_back("recipe",
                     fmt::format("{} (because of {})", safe_prose(result.recipe), safe_prose(result.recipe_evidence)));
  facts.emplace_back("environment",
                     fmt::format("{}{}{}", safe_prose(result.environment), result.sandboxed ? "" : "; NO SANDBOX",
                                 result.traced ? "" : "; NOT TRACED"));
  facts.emplace_back("epoch", fmt::format("{} = {}, from {}", result.source_date_epoch,
                                          date_of(result.source_date_epoch), safe_prose(result.epoch_from)));
  if (result.recorded_packages > 0)
    facts.emplace_back("record",
                       fmt::format("{} recorded, {} of them not here in that version",
                                   count_of(result.recorded_packages, "package"), result.version_gaps.size()));
  if (!result.runs.empty()) facts.emplace_back("builds", builds_of(result));
  if (result.traced && result.processes > 0)
    facts.emplace_back("trace",
                       fmt::format("{}, {} read, {} written", count_of(result.processes, "process", "processes"),
                                   count_of(result.files_read, "file"), with_separators(result.files_written)));
  return facts;
}

}  // namespace assay::report
