// The dependency graph of a trace: output ← inputs. A version descends from all that its writers had read until its content
// was fixed, the programs they ran, what reached them through pipes (transitively), and the version it was opened over; but
// a version that equals a file its writer read is a copy of that file and descends from it and the writer's program alone.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trace/trace.hpp"

namespace assay::trace {

class Graph {
 public:
  /// Keeps a reference to `trace`. Not thread-safe.
  explicit Graph(const Trace& trace);
  ~Graph();

  /// Was it there before the first phase began, and is it no work of the build then? Such files have no inputs: what unpacked
  /// the source is none.
  bool is_initial(Index file) const noexcept { return m_initial[file]; }

  /// Processes that write into a pipe it reads, ascending, itself excluded. A pipe that nobody is known to write to was
  /// filled by the parent of its first reader (a here-document).
  std::vector<Index> feeders(Index process) const;
  /// Processes that read a pipe it writes into, ascending, itself excluded.
  std::vector<Index> fed_by(Index process) const;

  /// Direct inputs of a version (file indices, ascending): what its writers and those who feed them, transitively, had read
  /// when its content was fixed. Programs and their loaders are among them.
  std::vector<Index> inputs(Index file) const;

  /// All versions that `file` descends from, ascending, itself excluded.
  std::vector<Index> ancestry(Index file) const;

  /// All processes that had a hand in `file` or in something it descends from, ascending.
  std::vector<Index> makers(Index file) const;

  /// The other way: all versions that descend from what came out of `process` after `since`, ascending; those it wrote
  /// itself are among them.
  std::vector<Index> outcome(Index process, Moment since) const;
  /// All versions that descend from `file`, ascending, itself excluded.
  std::vector<Index> descendants(Index file) const;
  /// Who reads a file, and when first.
  struct Reader {
    Index process = k_none;
    Moment moment = 0;
  };
  const std::vector<Reader>& readers(Index file) const noexcept { return m_readers[file]; }

  /// The file that `file` is a copy of: one its writer had read.
  std::optional<Index> copied_from(Index file) const;

  /// One link of a chain: `file` was read by `process`, which (or which fed who) wrote the next link's file.
  struct Link {
    Index file = k_none;
    Index process = k_none;  ///< k_none in the last link
  };
  /// How `from` came into `to`, a shortest way; empty if it did not.
  std::vector<Link> chain(Index from, Index to) const;

 private:
  class Walk;
  class Spread;
  struct Caches;
  const std::vector<Index>& pipe_writers(Index pipe) const;

  const Trace& m_trace;
  std::vector<bool> m_initial;                 ///< by file
  std::vector<std::vector<Index>> m_pipes_in;  ///< by process: pipes it reads
  std::vector<std::vector<Reader>> m_readers;  ///< by file
  std::vector<std::vector<Index>> m_next;      ///< by file: versions that were opened over it
  std::vector<std::vector<Index>> m_writers;   ///< by pipe, of those that nobody is known to write to
  std::unique_ptr<Caches> m_caches;
};

/// "gitoid:blob:sha256:…"; empty if the content is not known.
std::string gitoid_uri(const FileVersion& file);

/// The OmniBOR input manifest of a version: "gitoid:blob:sha256\nblob <hex>\n…", sorted, for its direct inputs whose
/// content is known (OmniBOR specification, artifact input manifests).
std::string input_manifest(const Graph& graph, const Trace& trace, Index file);

/// The whole trace as JSON: phases, processes, files, pipes, connections, and for each file that was there at the end
/// and written by the build its direct inputs. Names that are not UTF-8 are escaped.
std::string to_json(const Trace& trace, const Graph& graph);

}  // namespace assay::trace
