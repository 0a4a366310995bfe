// What a build consisted of, told by its trace: the files of the source that it read, the packages whose files it read or
// ran, and what no package owns; as a bill of materials, as the inputs of a build record, and as findings.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attest/build_record.hpp"
#include "attest/sbom.hpp"
#include "model/finding.hpp"
#include "trace/graph.hpp"
#include "trace/trace.hpp"

namespace assay::rebuild {

struct MaterialsRequest {
  const trace::Trace* trace = nullptr;
  const trace::Graph* graph = nullptr;  ///< of that trace
  std::filesystem::path root = "/";     ///< whose system the build saw
  std::string source = "/build/src";    ///< the source tree, as the build saw it
  std::string name, version;            ///< of what was built
  std::int64_t created = 0;             ///< the time the documents bear, seconds since the epoch
  std::vector<std::string> provided;    ///< files that the sandbox put there: no package owns them, and nobody need
  std::vector<std::string> own_phases = {"setup", "collect"};  ///< of the program that built, not of the build
  std::vector<std::pair<std::string, std::string>> outputs;    ///< artifact name → sha256
};

struct Materials {
  /// Outputs, files and packages; which output came from what, by which tools; packages that were installed and not used.
  attest::Sbom sbom;
  /// Every file that was read, by digest; the purl of its package with the path as its subpath.
  std::vector<attest::BuildInput> inputs;
  std::vector<Finding> findings;  ///< files without owner, and files that are not what their package installed
  /// Of every file of the system that was read and has one: the name of its package.
  std::map<std::string, std::string, std::less<>> owners;
  Coverage coverage;  ///< of the databases, and files whose content was not seen
};

Materials materials_of(const MaterialsRequest& request);

}  // namespace assay::rebuild
