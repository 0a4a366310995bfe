// Run something under the tracer and look at what it recorded.
#pragma once
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "support/temp_dir.hpp"
#include "trace/graph.hpp"
#include "trace/tracer.hpp"

namespace assay::test {

struct Traced {
  trace::Trace trace;
  int status = -1;  ///< of wait(2)

  /// Processes whose last program has this name.
  std::vector<trace::Index> processes(std::string_view program) const;
  /// The one with this name; throws if there is none or more than one.
  trace::Index process(std::string_view program) const;
  /// Versions whose path ends like this, ascending.
  std::vector<trace::Index> versions(std::string_view path_end) const;
  /// The last of them; throws if there is none.
  trace::Index file(std::string_view path_end) const;
  bool reads(trace::Index process, trace::Index file) const;
  bool writes(trace::Index process, trace::Index file) const;
  std::string digest(trace::Index file) const;  ///< hex of the SHA-256; empty if it is not known
  std::string gaps() const;                     ///< all of them, a line each
};

/// Trace a program found on PATH, in `directory`, which is the only writable place. Standard input is empty, what it prints
/// goes nowhere. Killed after `seconds`, with an exception.
Traced trace_program(const TempDir& directory, const std::vector<std::string>& argv, trace::TraceOptions options = {},
                     int seconds = 60);

/// Trace `sh -eu -c script`.
Traced trace_shell(const TempDir& directory, const std::string& script, trace::TraceOptions options = {},
                   int seconds = 60);

/// The same for a function in a forked process; what it returns is its exit code.
Traced trace_function(const TempDir& directory, const std::function<int()>& function, trace::TraceOptions options = {},
                      int seconds = 60);

std::string read_text(const std::filesystem::path& path);

#if defined(__x86_64__)
/// Does this kernel answer calls of the 32-bit kind? Others end them with ENOSYS or a signal (virtual machines of PVM do).
bool answers_32_bit_calls();
#endif

}  // namespace assay::test
