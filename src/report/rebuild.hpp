// Renderers of a RebuildResult, as renderer.hpp has them for an Assessment. Pure: the same input gives the same bytes.
#pragma once
#include <string>
#include <string_view>

#include "model/rebuild.hpp"
#include "report/renderer.hpp"

namespace assay::report {

struct RebuildRenderer {
  std::string_view name;
  std::string (*render)(const RebuildResult&, const RenderOptions&);
};

/// The renderer of that name; null if there is none.
const RebuildRenderer* find_rebuild_renderer(std::string_view name) noexcept;

/// The outcome first, then artifacts, causes, findings, what was not seen: about one screen unless verbose.
std::string render_rebuild_text(const RebuildResult& result, const RenderOptions& options);

/// docs/schema/rebuild-1.json.
std::string render_rebuild_json(const RebuildResult& result, const RenderOptions& options);

/// SARIF 2.1.0: a result for each finding, each artifact that differs, each cause that was proven.
std::string render_rebuild_sarif(const RebuildResult& result, const RenderOptions& options);

/// GitHub-flavoured Markdown for the summary of a CI job.
std::string render_rebuild_markdown(const RebuildResult& result, const RenderOptions& options);

/// One self-contained page: no script, nothing loaded.
std::string render_rebuild_html(const RebuildResult& result, const RenderOptions& options);

/// The answer in one line.
std::string rebuild_headline(const RebuildResult& result);

/// What the exit code is and what it means.
std::string rebuild_exit_line(const RebuildResult& result, Severity fail_on);

/// What an artifact came out as: "the same bytes as the published one", "different from …: 2 causes explain every byte".
std::string describe_artifact(const RebuiltArtifact& artifact);

/// The state of the run in lines "what: value", for the head of every report: recipe, environment, epoch, builds.
std::vector<std::pair<std::string, std::string>> rebuild_facts(const RebuildResult& result);

}  // namespace assay::report
