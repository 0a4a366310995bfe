#include "trace/findings.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

const Rule k_fixture_read{"trace-fixture-read",
                          Severity::medium,
                          "test data was read by the build outside its test phase",
                          "The build read data that came with the source among its tests, while it was no test "
                          "that ran: binary data, or text that a compiler took for source. Compilers have no "
                          "business there. The xz backdoor (CVE-2024-3094) was kept in such files. It weighs more if "
                          "what was read came into an "
                          "object, an executable or an interpreter; a mere search or copy weighs little.",
                          "Read the process chain: which line of the build reads the file, and what becomes of it?",
                          "https://www.openwall.com/lists/oss-security/2024/03/29/4"};

const Rule k_decoder_in_product{
    "trace-decoder-in-product",
    Severity::high,
    "decoded data of the source came into an object or executable",
    "A decompressor or another decoder was run on data that came with the source, and what it gave out went into an "
    "object "
    "file, a library or an executable. The bytes of that product were never text that anyone could review.",
    "Decode the data by hand and read what comes out; ask why it is kept encoded.",
    "https://www.openwall.com/lists/oss-security/2024/03/29/4"};

const Rule k_fed_interpreter{"trace-fed-interpreter",
                             Severity::high,
                             "an interpreter ran what came out of data",
                             "A shell or another interpreter got its program from a decoder that was run on data of "
                             "the source, from test data, or from "
                             "the network. What it ran stands in no file that anyone could review.",
                             "Have the stages before it print instead of run, and read what they print.",
                             "https://www.openwall.com/lists/oss-security/2024/03/29/4"};

const Rule k_foreign_object{
    "trace-foreign-object",
    Severity::high,
    "an object was linked that no compiler of this build wrote",
    "The linker, or the librarian, read an object or a library that came with the source, or that was written by "
    "something "
    "that is no compiler: a decoder, a copy, an interpreter. Source that one can read is not what it was made from.",
    "Find out where the object comes from; build without it.",
    ""};

const Rule k_changed_object{"trace-changed-object",
                            Severity::high,
                            "an object or executable was changed after it was compiled",
                            "Something that is neither compiler, linker nor one of the tools that work on objects "
                            "wrote into an object, a library or an "
                            "executable, or put another one in its place, after the toolchain had made it.",
                            "Read the process chain: what did it write, and why?",
                            ""};

const Rule k_network{"trace-network",
                     Severity::medium,
                     "the build tried to reach the network",
                     "What a build fetches is no part of its source and can be different tomorrow. In a sandbox "
                     "without network nothing was "
                     "reached, but the attempt was made.",
                     "Have the build do without, or bring what it fetches with the source.",
                     ""};

const Rule k_outside_write{
    "trace-outside-write",
    Severity::low,
    "the build tried to write outside its directory",
    "A build has no business elsewhere. It weighs more if the place is one that other programs run or trust.",
    "Install below DESTDIR; give what wants a cache one below the build directory.",
    ""};

const Rule k_undeclared_input{"trace-undeclared-input",
                              Severity::medium,
                              "the build read what is neither source nor declared",
                              "Files of a package were read or run that the build does not declare: neither among its "
                              "build dependencies nor what those depend on, nor what every builder has. It is an input "
                              "that another builder need not have, or may have otherwise.",
                              "Declare the dependency, or keep the build from looking there.",
                              ""};

namespace {

/// Every finder there is.
constexpr void (*k_finders[])(const Case&, std::vector<Finding>&) = {
    find_fixtures,        find_compiled_texts, find_decoders,       find_fed_interpreters,  find_foreign_objects,
    find_changed_objects, find_network,        find_outside_writes, find_undeclared_inputs,
};

}  // namespace

std::span<const Rule> rules() noexcept {
  static const std::array table{k_fixture_read,   k_decoder_in_product, k_fed_interpreter,
                                k_foreign_object, k_changed_object,     k_network,
                                k_outside_write,  k_undeclared_input};
  return table;
}

std::vector<Finding> trace_findings(const Trace& trace, const Graph& graph, const TraceContext& context) {
  const Case build{trace, graph, context};
  std::vector<Finding> findings;
  for (const auto finder : k_finders) {
    std::vector<Finding> found;
    finder(build, found);
    sort_findings(found);
    // One cause may have thousands of consequences; the first tell enough.
    if (const auto count = found.size(); count > k_most_of_a_rule) {
      found.resize(k_most_of_a_rule);
      found.back().evidence.push_back(
          {"further ones",
           count_of(count - k_most_of_a_rule, "further finding of this rule", "further findings of this rule")});
    }
    findings.insert(findings.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  sort_findings(findings);
  return findings;
}

}  // namespace assay::trace
