#include "trace/graph.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <unordered_map>
#include <unordered_set>

namespace assay::trace {

namespace {

constexpr Moment k_end = std::numeric_limits<Moment>::max();

void sort_unique(std::vector<Index>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

/// By file: its last writer began to write in the first phase, and there is a second.
std::vector<bool> initial_files(const Trace& trace) {
  std::vector<bool> initial(trace.files.size());
  for (Index i = 0; i < trace.files.size(); ++i)
    initial[i] = trace.files[i].writers.empty() || trace.phase_begins.size() > 1;
  const auto first_phase = trace.phase_begins.size() > 1 ? trace.phase_begins[1] : 0;
  for (const auto& process : trace.processes)
    for (const auto& access : process.writes)
      if (access.moment > first_phase) initial[access.file] = false;
  return initial;
}

Moment fixed_at(const FileVersion& file) noexcept {
  return file.fixed == 0 ? k_end : file.fixed;
}

}  // namespace

struct Graph::Caches {
  /// By process: content → the first file with it that it read. Made for those that are asked about.
  std::unordered_map<Index, std::unordered_map<Sha256, Access>> reads;
};

Graph::Graph(const Trace& trace)
    : m_trace(trace),
      m_initial(initial_files(trace)),
      m_pipes_in(trace.processes.size()),
      m_writers(trace.pipes.size()),
      m_caches(std::make_unique<Caches>()) {
  m_readers.resize(trace.files.size());
  m_next.resize(trace.files.size());
  for (Index process = 0; process < trace.processes.size(); ++process)
    for (const auto& access : trace.processes[process].reads)
      if (auto& readers = m_readers[access.file]; readers.empty() || readers.back().process != process)
        readers.push_back({process, access.moment});
  for (Index file = 0; file < trace.files.size(); ++file)
    if (trace.files[file].previous != k_none) m_next[trace.files[file].previous].push_back(file);
  for (Index pipe = 0; pipe < trace.pipes.size(); ++pipe) {
    const auto& [inode, writers, readers, inferred] = trace.pipes[pipe];
    for (const auto reader : readers) m_pipes_in[reader].push_back(pipe);
    if (writers.empty() && !readers.empty() && trace.processes[readers.front()].parent != k_none)
      m_writers[pipe].push_back(trace.processes[readers.front()].parent);
  }
}
Graph::~Graph() = default;

const std::vector<Index>& Graph::pipe_writers(Index pipe) const {
  return m_trace.pipes[pipe].writers.empty() ? m_writers[pipe] : m_trace.pipes[pipe].writers;
}

std::vector<Index> Graph::feeders(Index process) const {
  std::vector<Index> found;
  for (const auto pipe : m_pipes_in[process])
    for (const auto writer : pipe_writers(pipe))
      if (writer != process) found.push_back(writer);
  sort_unique(found);
  return found;
}

std::vector<Index> Graph::fed_by(Index process) const {
  std::vector<Index> found;
  for (const auto pipe : m_trace.processes[process].pipes_out)
    for (const auto reader : m_trace.pipes[pipe].readers)
      if (reader != process) found.push_back(reader);
  sort_unique(found);
  return found;
}

std::optional<Index> Graph::copied_from(Index file) const {
  const auto& version = m_trace.files[file];
  if (!version.sha256 || version.kind == ContentKind::empty) return std::nullopt;
  for (const auto writer : version.writers) {
    const auto [found, is_new] = m_caches->reads.try_emplace(writer);
    if (is_new)
      for (const auto& access : m_trace.processes[writer].reads)
        if (const auto& digest = m_trace.files[access.file].sha256) found->second.emplace(*digest, access);
    const auto equal = found->second.find(*version.sha256);
    if (equal != found->second.end() && equal->second.file != file && equal->second.moment < fixed_at(version))
      return equal->second.file;
  }
  return std::nullopt;
}

/// A walk from a version back to what it descends from. Every process is looked at up to the latest moment that matters,
/// each of its reads once, so that the whole walk is linear in the size of the trace.
class Graph::Walk {
 public:
  explicit Walk(const Graph& graph)
      : m_graph(graph),
        m_trace(graph.m_trace),
        m_steps(m_trace.files.size()),
        m_covered(m_trace.processes.size(), 0),
        m_next(m_trace.processes.size(), 0) {}

  struct Step {
    bool found = false;
    Index next = k_none;     ///< the version whose maker read this one
    Index process = k_none;  ///< that maker, or who fed it
  };

  /// Take in what `file` is directly made from.
  void expand(Index file) {
    if (m_graph.m_initial[file]) return;
    const auto& version = m_trace.files[file];
    if (version.previous != k_none)
      find(version.previous, file, version.writers.empty() ? k_none : version.writers.front());
    if (const auto original = m_graph.copied_from(file)) return expand_copy(file, *original);
    for (const auto writer : version.writers) visit(writer, fixed_at(version), file);
  }

  /// Everything, until `stop` is found.
  void run(Index file, Index stop = k_none) {
    m_steps[file].found = true;
    m_open.push_back(file);
    while (!m_open.empty() && (stop == k_none || !m_steps[stop].found)) {
      const auto at = m_open.front();
      m_open.pop_front();
      expand(at);
    }
  }

  const Step& step(Index file) const { return m_steps[file]; }
  const std::vector<Index>& found() const { return m_found; }
  std::vector<Index> processes() const {
    std::vector<Index> list;
    for (Index i = 0; i < m_covered.size(); ++i)
      if (m_covered[i] != 0) list.push_back(i);
    return list;
  }

 private:
  void find(Index file, Index next, Index process) {
    if (m_steps[file].found) return;
    m_steps[file] = {true, next, process};
    m_found.push_back(file);
    m_open.push_back(file);
  }

  void expand_copy(Index file, Index original) {
    for (const auto writer : m_trace.files[file].writers) {
      m_covered[writer] = std::max<Moment>(m_covered[writer], 1);
      find(original, file, writer);
      for (const auto& image : m_trace.processes[writer].images)
        if (image.program != k_none) find(image.program, file, writer);
    }
  }

  /// What the process, and those who feed it, had read before `until`.
  void visit(Index first, Moment until, Index next) {
    std::vector<Index> open{first};
    while (!open.empty()) {
      const auto process = open.back();
      open.pop_back();
      if (m_covered[process] >= until) continue;
      m_covered[process] = until;
      const auto& reads = m_trace.processes[process].reads;
      auto& at = m_next[process];
      for (; at < reads.size() && reads[at].moment < until; ++at) find(reads[at].file, next, process);
      for (const auto pipe : m_graph.m_pipes_in[process]) {
        const auto& writers = m_graph.pipe_writers(pipe);
        open.insert(open.end(), writers.begin(), writers.end());
      }
    }
  }

  const Graph& m_graph;
  const Trace& m_trace;
  std::vector<Step> m_steps;
  std::vector<Moment> m_covered;    ///< by process: reads before this moment were taken in, and its feeders'
  std::vector<std::size_t> m_next;  ///< by process: the first read that was not
  std::deque<Index> m_open;
  std::vector<Index> m_found;
};

std::vector<Index> Graph::inputs(Index file) const {
  Walk walk{*this};
  walk.expand(file);
  auto found = walk.found();
  std::erase(found, file);
  sort_unique(found);
  return found;
}

std::vector<Index> Graph::ancestry(Index file) const {
  Walk walk{*this};
  walk.run(file);
  auto found = walk.found();
  sort_unique(found);
  return found;
}

std::vector<Index> Graph::makers(Index file) const {
  Walk walk{*this};
  walk.run(file);
  return walk.processes();
}

/// A walk forward. A process is looked at again if it turns out to have been reached earlier.
class Graph::Spread {
 public:
  explicit Spread(const Graph& graph)
      : m_graph(graph), m_trace(graph.m_trace), m_since(m_trace.processes.size(), k_end) {}

  void from_process(Index process, Moment since) {
    m_open.push_back({process, since, k_none});
    run();
  }
  void from_file(Index file) {
    add_readers(file);
    run();
  }
  std::vector<Index> found() const {
    std::vector<Index> list{m_found.begin(), m_found.end()};
    std::sort(list.begin(), list.end());
    return list;
  }

 private:
  /// `process` got something at `since`; if it was all of a file, `file`.
  struct Reached {
    Index process;
    Moment since;
    Index file;
  };

  void run() {
    while (!m_open.empty()) {
      const auto [process, since, file] = m_open.back();
      m_open.pop_back();
      const bool again = m_since[process] <= since;
      m_since[process] = std::min(m_since[process], since);
      for (const auto& access : m_trace.processes[process].writes) {
        if (m_found.contains(access.file) || fixed_at(m_trace.files[access.file]) <= since) continue;
        const auto original = m_graph.copied_from(access.file);
        if (original ? original == file : !again) add(access.file);
      }
      if (again) continue;
      for (const auto reader : m_graph.fed_by(process)) m_open.push_back({reader, since, k_none});
    }
  }

  void add(Index first) {
    std::vector<Index> open{first};
    while (!open.empty()) {
      const auto file = open.back();
      open.pop_back();
      if (m_graph.m_initial[file] || !m_found.insert(file).second) continue;
      add_readers(file);
      open.insert(open.end(), m_graph.m_next[file].begin(), m_graph.m_next[file].end());
    }
  }

  void add_readers(Index file) {
    for (const auto& reader : m_graph.m_readers[file]) m_open.push_back({reader.process, reader.moment, file});
  }

  const Graph& m_graph;
  const Trace& m_trace;
  std::vector<Moment> m_since;  ///< by process
  std::vector<Reached> m_open;
  std::unordered_set<Index> m_found;
};

std::vector<Index> Graph::outcome(Index process, Moment since) const {
  Spread spread{*this};
  spread.from_process(process, since);
  return spread.found();
}

std::vector<Index> Graph::descendants(Index file) const {
  Spread spread{*this};
  spread.from_file(file);
  return spread.found();
}

std::vector<Graph::Link> Graph::chain(Index from, Index to) const {
  Walk walk{*this};
  walk.run(to, from);
  if (!walk.step(from).found) return {};
  std::vector<Link> links;
  for (auto at = from; at != to; at = walk.step(at).next) links.push_back({at, walk.step(at).process});
  links.push_back({to, k_none});
  return links;
}

std::string gitoid_uri(const FileVersion& file) {
  return file.gitoid ? "gitoid:blob:sha256:" + file.gitoid->hex() : std::string{};
}

std::string input_manifest(const Graph& graph, const Trace& trace, Index file) {
  std::vector<std::string> lines;
  for (const auto input : graph.inputs(file))
    if (const auto& gitoid = trace.files[input].gitoid) lines.push_back("blob " + gitoid->hex() + "\n");
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::string manifest = "gitoid:blob:sha256\n";
  for (const auto& line : lines) manifest += line;
  return manifest;
}

}  // namespace assay::trace
