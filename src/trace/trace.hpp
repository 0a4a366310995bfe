// What a build did, as the tracer saw it: every process with its command lines, the files it read and wrote with their
// content at that time, the pipes between processes, and what it tried to reach. Plain data; all cross references are
// indices into the vectors of the Trace that owns them.
//
// **A file version** is one content of one file (inode), not a name. "Digest at the time of use" means:
// - a file below one of TraceOptions::writable is hashed while the process that opens it for reading, or executes it,
//   stands still at the end of that system call. What another process writes into it later is another version;
// - a file elsewhere cannot be changed by the build (the sandbox has it read-only) and is hashed once, after the run, if
//   device, inode, size, mtime and ctime are still those of its use. If not: no digest, and a gap;
// - what a process writes becomes a version when someone next opens it for reading or executes it, else at the end of the
//   run. What is removed before anyone reads it has no digest and stays in the trace as a name only.
// All who opened the file for writing since its previous version are writers of the version, and a version that was
// opened without truncation also descends from the previous one.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "digest/digest.hpp"
#include "model/finding.hpp"

namespace assay::trace {

using Index = std::uint32_t;
inline constexpr Index k_none = ~Index{0};

/// What the first bytes say, as far as a build cares. `unknown` if the content was not seen.
enum class ContentKind : std::uint8_t {
  unknown,
  empty,
  text,
  binary,
  compressed,
  object,          ///< relocatable ELF, or what a compiler leaves for its linker (LLVM bitcode)
  executable,      ///< ELF program or shared library
  object_archive,  ///< ar(1)
};
std::string_view to_string(ContentKind kind) noexcept;

/// A place in the order of all that was recorded, from 1; 0 is none. What was read later than a content was fixed cannot
/// have flowed into it.
using Moment = std::uint32_t;

struct FileVersion {
  std::string path;                  ///< absolute, as the traced processes see it; raw bytes. The name at first use
  std::vector<std::string> aliases;  ///< further names (links, renames) it was used under or had at the end
  std::optional<Sha256> sha256;      ///< of the content
  std::optional<GitOid> gitoid;      ///< blob, SHA-256: what `gitoid:blob:sha256:` stands before (OmniBOR)
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  ///< st_mode
  ContentKind kind = ContentKind::unknown;
  bool writable_place = false;  ///< below one of TraceOptions::writable
  bool at_end = false;          ///< it was there when the run ended
  std::vector<Index> writers;   ///< processes, in order; empty: it was there before the run
  Moment fixed = 0;             ///< when the content was taken; 0: at the end, or never
  Index previous = k_none;      ///< version it was opened over without truncation
  Index loader = k_none;        ///< version of the dynamic loader, for an executable that was run
};

/// One use of a file by a process; each (version, image) stands once, with its first moment.
struct Access {
  Index file = k_none;  ///< in Trace::files
  Index image = 0;      ///< in Process::images: the program that did it
  Moment moment = 0;
  bool inherited = false;  ///< open when the program was started, or opened by a fork that ran its program
};

/// A program that a process became by execve(2).
struct Image {
  Index program = k_none;              ///< in Trace::files: the binary that runs (for a script: its interpreter)
  std::vector<std::string> arguments;  ///< argv, as far as TraceLimits::argument_bytes
  std::string directory;               ///< working directory at that time
  bool arguments_cut = false;
};

struct Process {
  std::uint32_t pid = 0;                      ///< in the pid namespace of the tracer
  Index parent = k_none;                      ///< in Trace::processes; who forked it
  Index phase = 0;                            ///< in Trace::phases, when it was forked
  std::chrono::nanoseconds start{0}, end{0};  ///< since the run began; end 0: it was killed with the sandbox
  int exit_code = -1;                         ///< 128 + signal; -1 unknown
  std::vector<Image> images;                  ///< in order; empty: a fork that never executed anything
  std::vector<Access> reads;                  ///< regular files opened for reading or executed
  std::vector<Access> writes;                 ///< regular files opened for writing, made, truncated
  std::vector<Index> pipes_in;                ///< in Trace::pipes: at its start, or opened by name (FIFO)
  std::vector<Index> pipes_out;               ///< the same, to write
};

/// A pipe, FIFO, pair of sockets or segment of shared memory that connected processes.
struct Pipe {
  std::uint64_t inode = 0;
  std::vector<Index> writers;
  /// Processes that have it as descriptor 0. If none is known: the parent of the first writer (command substitution).
  std::vector<Index> readers;
  bool readers_inferred = false;
};

/// A change of names; `from` may be empty.
struct NameChange {
  enum class Kind : std::uint8_t { rename, hard_link, symbolic_link, remove } kind = Kind::rename;
  Index process = k_none;
  std::string from, to;  ///< absolute unless a symbolic link's target; of `remove`, `from` alone
};

/// connect(2), or a datagram's first address.
struct Connection {
  Index process = k_none;
  bool network = false;  ///< Internet protocols; else a local socket
  std::string address;   ///< "93.184.216.34 port 80", "[::1] port 53", "/run/x.sock", raw bytes
  int error = 0;         ///< errno of the attempt; 0 it went through (or is under way)
};

/// An open for writing, or a change of names, that the system refused because of the place (read-only, permission).
struct Refusal {
  Index process = k_none;
  std::string path;  ///< as the process gave it, absolute
  int error = 0;
};

struct Trace {
  std::vector<std::string> phases;   ///< 0 is "setup": what runs before the first begin_phase()
  std::vector<Moment> phase_begins;  ///< by phase: the last moment before it
  std::vector<Process> processes;    ///< a parent stands before its children; 0 is the first process traced
  std::vector<FileVersion> files;
  std::vector<Pipe> pipes;
  std::vector<NameChange> names;
  std::vector<Connection> connections;
  std::vector<Refusal> refusals;
  Coverage coverage;  ///< what was not seen, or could not be hashed
  std::chrono::nanoseconds wall{0};
  std::uint64_t stops = 0;  ///< times a process was stopped
};

/// The program a process ran last, by its file name: "sh", "cc1"; empty if it never executed one.
std::string_view program_name(const Trace& trace, Index process) noexcept;

/// The command line of an image for people: arguments joined and escaped, at most `width` characters.
std::string command_line(const Image& image, std::size_t width = 160);

/// Who started whom, outermost first, ending with `process`; forks that executed nothing are left out.
std::vector<Index> process_chain(const Trace& trace, Index process);

}  // namespace assay::trace
