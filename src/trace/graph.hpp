// The dependency graph of a trace: output ← inputs. A version descends from all that its writers read, the programs they
// ran, what reached them through pipes (transitively), and the version it was opened over; but a version that equals a
// file its writer read is a copy of that file and descends from it and the writer's program alone.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "trace/trace.hpp"

namespace assay::trace {

class Graph {
 public:
  /// Keeps a reference to `trace`.
  explicit Graph(const Trace& trace);

  /// What may have flowed into a process directly: processes that write into a pipe it reads.
  const std::vector<Index>& feeders(Index process) const noexcept { return m_feeders[process]; }

  /// Direct inputs of a version (file indices, ascending): what its writers and their feeders read. Programs and their
  /// libraries are among them; see is_data() to tell them apart.
  std::vector<Index> inputs(Index file) const;

  /// All versions that `file` descends from, ascending, itself excluded.
  std::vector<Index> ancestry(Index file) const;

  /// One link of a chain: `file` was read by `process`, which (or which fed who) wrote the next link's file.
  struct Link {
    Index file = k_none;
    Index process = k_none;  ///< k_none in the last link
  };
  /// How `from` came into `to`, shortest way; empty if it did not.
  std::vector<Link> chain(Index from, Index to) const;

 private:
  friend class GraphBuilder;
  const Trace& m_trace;
  std::vector<std::vector<Index>> m_feeders;  ///< by process
};

/// "gitoid:blob:sha256:…"; empty if the content is not known.
std::string gitoid_uri(const FileVersion& file);

/// The OmniBOR input manifest of a version: "gitoid:blob:sha256\nblob <hex>\n…", sorted, for its direct inputs whose
/// content is known (OmniBOR specification, artifact input manifests).
std::string input_manifest(const Graph& graph, const Trace& trace, Index file);

/// The whole trace as JSON: phases, processes, files, pipes, connections, and for each file that was there at the end
/// and written by the build its direct inputs.
std::string to_json(const Trace& trace, const Graph& graph);

}  // namespace assay::trace
