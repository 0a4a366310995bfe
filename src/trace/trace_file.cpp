#include "trace/trace_file.hpp"

#include <algorithm>

#include "base/packing.hpp"

namespace assay {

template <typename Pack>
void fields(Pack& pack, Sha256& digest) {
  pack(digest.bytes);
}
template <typename Pack>
void fields(Pack& pack, GitOid& id) {
  pack(id.hash, id.bytes);
}
template <typename Pack>
void fields(Pack& pack, CoverageGap& gap) {
  pack(gap.what, gap.reason, gap.remedy);
}
template <typename Pack>
void fields(Pack& pack, Coverage& coverage) {
  pack(coverage.gaps);
}

}  // namespace assay

namespace assay::trace {

namespace {

constexpr std::uint32_t k_version = 1;  // of the form

}  // namespace

template <typename Pack>
void fields(Pack& pack, FileVersion& file) {
  pack(file.path, file.aliases, file.sha256, file.gitoid, file.size, file.mode, file.kind, file.writable_place,
       file.at_end, file.writers, file.fixed, file.previous, file.loader);
}
template <typename Pack>
void fields(Pack& pack, Access& access) {
  pack(access.file, access.image, access.moment, access.inherited);
}
template <typename Pack>
void fields(Pack& pack, Image& image) {
  pack(image.program, image.arguments, image.directory, image.arguments_cut);
}
template <typename Pack>
void fields(Pack& pack, Process& process) {
  pack(process.pid, process.parent, process.phase, process.start, process.end, process.exit_code, process.images,
       process.reads, process.writes, process.pipes_in, process.pipes_out);
}
template <typename Pack>
void fields(Pack& pack, Pipe& pipe) {
  pack(pipe.inode, pipe.writers, pipe.readers, pipe.readers_inferred);
}
template <typename Pack>
void fields(Pack& pack, NameChange& change) {
  pack(change.kind, change.process, change.from, change.to);
}
template <typename Pack>
void fields(Pack& pack, Connection& connection) {
  pack(connection.process, connection.network, connection.address, connection.error);
}
template <typename Pack>
void fields(Pack& pack, Refusal& refusal) {
  pack(refusal.process, refusal.path, refusal.error);
}
template <typename Pack>
void fields(Pack& pack, Trace& trace) {
  pack(trace.phases, trace.phase_begins, trace.processes, trace.files, trace.pipes, trace.names, trace.connections,
       trace.refusals, trace.coverage, trace.wall, trace.stops);
}

namespace {

/// Do all references lead to something?
class References {
 public:
  explicit References(const Trace& trace) : m_trace(trace) {}
  bool hold() const {
    const auto& trace = m_trace;
    const auto by_somebody = [&](const auto& record) { return is_process(record.process); };
    return !trace.phases.empty() && trace.phases.size() == trace.phase_begins.size() && holds_all(trace.files) &&
           holds_all(trace.processes) && holds_all(trace.pipes) &&
           std::all_of(trace.names.begin(), trace.names.end(), by_somebody) &&
           std::all_of(trace.connections.begin(), trace.connections.end(), by_somebody) &&
           std::all_of(trace.refusals.begin(), trace.refusals.end(), by_somebody);
  }

 private:
  bool is_file(Index index) const { return index < m_trace.files.size(); }
  bool is_process(Index index) const { return index < m_trace.processes.size(); }
  bool are_processes(const std::vector<Index>& list) const {
    return std::all_of(list.begin(), list.end(), [&](Index index) { return is_process(index); });
  }
  bool are_pipes(const std::vector<Index>& list) const {
    return std::all_of(list.begin(), list.end(), [&](Index index) { return index < m_trace.pipes.size(); });
  }
  bool are_files(const std::vector<Access>& list) const {
    return std::all_of(list.begin(), list.end(), [&](const Access& access) { return is_file(access.file); });
  }
  bool holds(const FileVersion& file) const {
    // A version is opened over an earlier one: a circle would have no end.
    const auto self = static_cast<Index>(&file - m_trace.files.data());
    return file.kind <= ContentKind::object_archive && are_processes(file.writers) &&
           (file.previous == k_none || file.previous < self) && (file.loader == k_none || is_file(file.loader));
  }
  bool holds(const Process& process) const {
    const auto self = static_cast<Index>(&process - m_trace.processes.data());
    return (process.parent == k_none || process.parent < self) && process.phase < m_trace.phases.size() &&
           are_files(process.reads) && are_files(process.writes) && are_pipes(process.pipes_in) &&
           are_pipes(process.pipes_out) &&
           std::all_of(process.images.begin(), process.images.end(),
                       [&](const Image& image) { return image.program == k_none || is_file(image.program); });
  }
  bool holds(const Pipe& pipe) const { return are_processes(pipe.writers) && are_processes(pipe.readers); }
  template <typename Items>
  bool holds_all(const Items& items) const {
    return std::all_of(items.begin(), items.end(), [&](const auto& each) { return holds(each); });
  }

  const Trace& m_trace;
};

}  // namespace

std::string pack(const Trace& trace) {
  Packer packer;
  packer(k_version, trace);
  return packer.take();
}

std::optional<Trace> unpack(std::string_view bytes) {
  Unpacker unpacker{bytes};
  std::uint32_t version = 0;
  unpacker(version);
  if (version != k_version) return std::nullopt;
  std::optional<Trace> trace{std::in_place};
  unpacker(*trace);
  if (!unpacker.finished() || !References{*trace}.hold()) return std::nullopt;
  return trace;
}

}  // namespace assay::trace
