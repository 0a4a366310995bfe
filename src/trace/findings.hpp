// What a trace says against a build: fixtures that flow into it, decoders and interpreters in the ancestry of its
// products, objects that no compiler wrote, files changed after they were compiled, the network, and places it had no
// business in.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/finding.hpp"
#include "trace/graph.hpp"
#include "trace/trace.hpp"

namespace assay::trace {

struct TraceContext {
  std::string source = "/build/src";                       ///< the source tree, as the processes saw it
  std::vector<std::string> writable = {"/build", "/tmp"};  ///< where the build may write
  std::vector<std::string> test_phases = {"test"};         ///< phases that may read fixtures
  /// To what does this file outside the source tree belong that the build does not declare ("the package libx-dev")? Empty: it
  /// is declared, or somebody else's business. None: not asked.
  std::function<std::string(std::string_view path)> undeclared_owner;
};

/// All findings, sorted. Locations are paths relative to `context.source` where they are below it, absolute elsewhere.
std::vector<Finding> trace_findings(const Trace& trace, const Graph& graph, const TraceContext& context);

/// Every rule trace_findings() can report.
std::span<const Rule> rules() noexcept;

}  // namespace assay::trace
