// Decoders of source data in the ancestry of an object, a library or an executable.
#include <fmt/format.h>

#include <map>

#include "base/text.hpp"
#include "trace/findings/finder.hpp"

namespace assay::trace {

namespace {

/// The moment from which the decoder had something to give out.
Moment first_read(const Case& build, Index decoder) {
  Moment first = 0;
  const auto& data = build.decoded_by(decoder).front();
  for (const auto& reader : build.graph.readers(data))
    if (first == 0 || reader.moment < first) first = reader.moment;
  return first;
}

/// Was the product written by no compiler at all: are the decoded bytes the product?
bool is_written_as_it_is(const Case& build, Index product) {
  for (const auto writer : build.trace.files[product].writers)
    if (build.trade(writer) == Trade::toolchain) return false;
  return true;
}

}  // namespace

void find_decoders(const Case& build, std::vector<Finding>& findings) {
  std::map<Index, std::vector<Index>> by_product;  // product → decoders
  for (const auto decoder : build.decoders())
    for (const auto file : build.graph.outcome(decoder, first_read(build, decoder)))
      if (build.is_product(file)) by_product[file].push_back(decoder);
  std::map<std::vector<Index>, std::size_t> said;  // by decoders: one finding for the first product, the rest counted
  for (const auto& [product, decoders] : by_product) {
    if (const auto known = said.find(decoders); known != said.end()) {
      findings[known->second].evidence.push_back({"came into as well", std::string{build.shown_path(product)}});
      continue;
    }
    const auto decoder = decoders.front();
    const auto data = build.decoded_by(decoder).front();
    const bool raw = is_written_as_it_is(build, product);
    auto finding = make_finding(
        k_decoder_in_product, {std::string{build.shown_path(product)}, 0},
        fmt::format("{} {} {} decoded", raw ? "it is written by no compiler: its bytes are" : "it descends from",
                    escape_for_display(build.shown_path(data)),
                    fmt::format("as {}", escape_for_display(build.program(decoder)))),
        {build.chain_of(decoder), build.way(data, product)}, build.shown_path(data));
    if (raw) finding.severity = Severity::critical;
    said.emplace(decoders, findings.size());
    findings.push_back(std::move(finding));
  }
}

}  // namespace assay::trace
