// The rebuild as SARIF: its findings, among which are the artifacts that differ and the causes that were proven.
#include "report/rebuild.hpp"

namespace assay::report {

std::string render_rebuild_sarif(const RebuildResult& result, const RenderOptions& options) {
  Assessment assessment;
  assessment.command = "rebuild";
  assessment.subject = result.subject;
  assessment.findings = result.findings;
  assessment.coverage = result.coverage;
  return render_sarif(assessment, options);
}

}  // namespace assay::report
