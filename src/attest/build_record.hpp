// What a build was: read from the record that `assay rebuild` and other builders write (docs/predicates/rebuild-v1.md), and
// told as SLSA provenance v1 (https://slsa.dev/spec/v1.0/provenance) or as a bill of materials.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/sbom.hpp"
#include "attest/statement.hpp"
#include "base/error.hpp"

namespace assay::attest {

inline constexpr std::string_view k_provenance_predicate = "https://slsa.dev/provenance/v1";
inline constexpr std::string_view k_rebuild_type = "urn:assay:build:rebuild:v1";

/// Something the build used: a source, a package, a tool.
struct BuildInput {
  std::string name;
  std::string uri;  ///< a purl where there is one
  DigestMap digests;
  Grounds grounds = Grounds::declared;  ///< observed: the trace saw it being read or run
  std::string evidence;                 ///< what the grounds rest on: "trace: opened by cc1"
};

struct BuildRecord {
  std::string build_type{k_rebuild_type};
  std::string builder_id;              ///< a URI
  Json builder_version;                ///< an object of names and versions, or null
  Json external_parameters;            ///< an object: what the one who asked for the build controls
  Json internal_parameters;            ///< an object or null: what the builder chose
  std::vector<BuildInput> inputs;      ///< by URI, then name, once read_build_record() has read them
  std::vector<Subject> outputs;        ///< what came out, with digests
  std::vector<BuildInput> byproducts;  ///< logs, traces
  std::string invocation_id;
  std::optional<std::int64_t> started, finished;
};

/// Read a record. Errors name the member: an unknown one, an output or input without a digest, an input without name and
/// URI, times that are none, a digest in another spelling than lower-case hexadecimal, no output, no builder.
Result<BuildRecord> read_build_record(std::string_view text);

/// What read_build_record() reads; inputs in their order. The same record gives the same bytes.
std::string write_build_record(const BuildRecord& record);

/// The statement that `record` is how its outputs were built. The same record gives the same bytes.
Statement provenance_statement(const BuildRecord& record);

/// What the build consisted of: every input a component, labelled with its grounds.
Sbom sbom_of(const BuildRecord& record);

}  // namespace assay::attest
