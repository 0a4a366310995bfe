// What the finders share: the trace with its graph, what programs are known to do, and how a finding shows where it comes
// from. A finder is a file find_<name>.cpp and a line in the table of findings.cpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "trace/findings.hpp"

namespace assay::trace {

/// What a program of the system does to bytes, as far as findings care. Told by the name of its file; a copy made by the
/// build has the trade of its original, and a program of the build has none, whatever its name.
enum class Trade : std::uint8_t {
  other,
  toolchain,    ///< compilers, assemblers, linkers, and what works on objects by right: strip, ar, patchelf
  decoder,      ///< gives out other bytes than it gets: xz, gzip, tr, base64, openssl, awk
  mover,        ///< gives out bytes as they are, or parts of them: cat, dd, head, printf
  interpreter,  ///< runs what it reads: sh, perl, python
};

class Case {
 public:
  Case(const Trace& t, const Graph& g, const TraceContext& c);

  const Trace& trace;
  const Graph& graph;
  const TraceContext& context;

  /// The file name of a process's last program; a copy goes by its original's, "x86_64-linux-gnu-gcc-12" by "gcc".
  const std::string& program(Index process) const { return m_programs[process]; }
  Trade trade(Index process) const { return m_trades[process]; }

  /// Path relative to the source tree, or as it is.
  std::string_view shown_path(Index file) const;
  bool is_below_source(Index file) const;
  /// It came with the source.
  bool is_source(Index file) const { return is_below_source(file) && graph.is_initial(file); }
  /// It came with the source and is no text: compressed, or other binary data.
  bool is_binary_source(Index file) const;
  /// It lies among test data.
  bool is_in_test_place(Index file) const;
  /// Test data that no compiler reads by right: binary, among tests, from the source.
  bool is_fixture(Index file) const { return is_binary_source(file) && is_in_test_place(file); }
  bool is_test_phase(Index process) const;
  /// An object, a library archive or an executable that the build made, and was there at the end.
  bool is_product(Index file) const;
  bool is_code(Index file) const;

  /// Of a decoder: what it decodes, source data that it or who feeds it has read. Empty for other processes.
  const std::vector<Index>& decoded_by(Index process) const { return m_decoded[process]; }
  /// Decoders that have a decoded_by(), ascending.
  const std::vector<Index>& decoders() const { return m_decoders; }

  /// A decoder that its command line tells to turn words into what they stand for (base64 -d, openssl -d, xxd -r).
  bool decodes_words(Index process) const;

  /// Everything that came out of `process`: versions it wrote, and what descends from them, by way of pipes too.
  /// Ascending.
  std::vector<Index> outcome(Index process) const;

  /// Evidence: the processes that led to this one, one line each.
  Evidence chain_of(Index process) const;
  /// Evidence: how the bytes of `from` came into `to`.
  Evidence way(Index from, Index to) const;

 private:
  void name_programs();
  void find_decoders();
  bool decodes(Index process, Index file) const;

  std::vector<std::string> m_programs;        ///< by process
  std::vector<Trade> m_trades;                ///< by process
  std::vector<std::vector<Index>> m_decoded;  ///< by process
  std::vector<Index> m_decoders;
};

/// At most this many findings of one rule; a last one says how many there are more.
inline constexpr std::size_t k_most_of_a_rule = 50;

void find_fixtures(const Case& build, std::vector<Finding>& findings);
void find_compiled_texts(const Case& build, std::vector<Finding>& findings);
void find_decoders(const Case& build, std::vector<Finding>& findings);
void find_fed_interpreters(const Case& build, std::vector<Finding>& findings);
void find_foreign_objects(const Case& build, std::vector<Finding>& findings);
void find_changed_objects(const Case& build, std::vector<Finding>& findings);
void find_network(const Case& build, std::vector<Finding>& findings);
void find_outside_writes(const Case& build, std::vector<Finding>& findings);
void find_undeclared_inputs(const Case& build, std::vector<Finding>& findings);

extern const Rule k_fixture_read, k_decoder_in_product, k_fed_interpreter, k_foreign_object, k_changed_object,
    k_network, k_outside_write, k_undeclared_input;

}  // namespace assay::trace
