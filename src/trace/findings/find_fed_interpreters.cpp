// Interpreters whose program came out of data: through a pipe, by command substitution, or as a script that was decoded.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

namespace {

/// Where an interpreter has its program from.
enum class From : std::uint8_t { nowhere, decoder, fixture, network, words };

struct Source {
  From from = From::nowhere;
  Index process = k_none;  ///< the decoder, the reader of the fixture, who reached the network
  Index file = k_none;     ///< what it decodes or reads
};

bool reached_network(const Case& build, Index process) {
  return std::any_of(build.trace.connections.begin(), build.trace.connections.end(), [&](const auto& connection) {
    return connection.process == process && connection.network && connection.error == 0;
  });
}

Source source_in(const Case& build, Index process) {
  if (!build.decoded_by(process).empty()) return {From::decoder, process, build.decoded_by(process).front()};
  for (const auto& access : build.trace.processes[process].reads)
    if (build.is_fixture(access.file)) return {From::fixture, process, access.file};
  if (reached_network(build, process)) return {From::network, process, k_none};
  // Names of files and targets of links are words that no read shows.
  if (build.decodes_words(process)) return {From::words, process, k_none};
  return {};
}

/// The most telling of all processes that feed it.
Source source_of(const Case& build, Index process) {
  std::set<Index> seen{process};
  std::vector<Index> open{process};
  Source best;
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    for (const auto feeder : build.graph.feeders(at)) {
      if (seen.size() > 10'000 || !seen.insert(feeder).second) continue;
      open.push_back(feeder);
      const auto source = source_in(build, feeder);
      if (source.from != From::nowhere && (best.from == From::nowhere || source.from < best.from)) best = source;
    }
  }
  return best;
}

/// Does its command line have it read its program from descriptor 0? ("sh", "sh -s", "python3 -", but not "sh -c …" or
/// "sh FILE".)
bool reads_program_from_input(const Image& image) {
  for (std::size_t i = 1; i < image.arguments.size(); ++i) {
    const std::string_view word = image.arguments[i];
    if (word == "-" || word == "/dev/stdin") return true;
    if (!word.starts_with('-')) return false;
    if (word.starts_with("--")) continue;
    if (word.find('s') != std::string_view::npos && word.size() < 6) return true;
    if (word.find_first_of("ce") != std::string_view::npos) return false;
  }
  return true;
}

/// The script it was started with, if the build wrote it.
Index script_of(const Case& build, Index process) {
  const auto& record = build.trace.processes[process];
  const auto& arguments = record.images.back().arguments;
  for (const auto& access : record.reads) {
    const auto& file = build.trace.files[access.file];
    if (file.writers.empty() || build.graph.is_initial(access.file) || build.is_code(access.file)) continue;
    const auto name = path_basename(file.path);
    if (std::any_of(arguments.begin() + 1, arguments.end(),
                    [&](const auto& word) { return path_basename(word) == name; }))
      return access.file;
  }
  return k_none;
}

/// Decoders of source data among those who made a script, by its own bytes alone: its writers and who fed them.
Source source_of_script(const Case& build, Index script) {
  for (const auto writer : build.trace.files[script].writers) {
    if (const auto own = source_in(build, writer); own.from == From::decoder || own.from == From::network) return own;
    if (const auto fed = source_of(build, writer);
        fed.from == From::decoder && build.trade(writer) != Trade::interpreter)
      return fed;
  }
  return {};
}

std::string what(const Case& build, const Source& source) {
  switch (source.from) {
    case From::decoder:
      return fmt::format("what {} decoded from {}", escape_for_display(build.program(source.process)),
                         escape_for_display(build.shown_path(source.file)));
    case From::fixture:
      return fmt::format("what {} read from the test data {}", escape_for_display(build.program(source.process)),
                         escape_for_display(build.shown_path(source.file)));
    case From::network:
      return fmt::format("what {} got from the network", escape_for_display(build.program(source.process)));
    case From::words:
      return fmt::format("what {} decoded from words that stand in no file it was given",
                         escape_for_display(build.program(source.process)));
    case From::nowhere:
      break;
  }
  return {};
}

void report(const Case& build, Index process, const Source& source, std::string_view how, Severity severity,
            std::vector<Finding>& findings) {
  const std::string path{source.file != k_none ? build.shown_path(source.file) : std::string_view{}};
  auto finding =
      make_finding(k_fed_interpreter, {path, 0},
                   fmt::format("{} {} {}", escape_for_display(build.program(process)), how, what(build, source)),
                   {build.chain_of(process), build.chain_of(source.process)}, build.program(process));
  finding.severity = severity;
  findings.push_back(std::move(finding));
}

}  // namespace

void find_fed_interpreters(const Case& build, std::vector<Finding>& findings) {
  for (Index process = 0; process < build.trace.processes.size(); ++process) {
    if (build.trade(process) != Trade::interpreter || build.is_test_phase(process)) continue;
    const auto source = source_of(build, process);
    const auto& record = build.trace.processes[process];
    if (source.from != From::nowhere) {
      const bool runs_it = !record.pipes_in.empty() && reads_program_from_input(record.images.back());
      // A shell that takes in what a decoder gives out may eval it, or may just count lines.
      const bool substitutes = record.pipes_in.empty() && source.from == From::decoder;
      if (runs_it)
        report(build, process, source, "ran", source.from == From::decoder ? Severity::critical : Severity::high,
               findings);
      else if (substitutes) report(build, process, source, "took in", Severity::medium, findings);
    }
    if (const auto script = script_of(build, process); script != k_none)
      if (const auto made = source_of_script(build, script); made.from != From::nowhere)
        report(build, process, made, "ran a script that is",
               made.from == From::decoder ? Severity::critical : Severity::high, findings);
  }
}

}  // namespace assay::trace
