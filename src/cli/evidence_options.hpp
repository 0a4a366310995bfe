// The options that name signatures, attestations and what to hold them against; `assay verify` and `assay check` share them.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attest/evidence.hpp"
#include "base/error.hpp"
#include "model/assessment.hpp"

namespace CLI {
class App;
}

namespace assay::cli {

struct EvidenceOptions {
  attest::Evidence evidence;
  std::string identity, identity_pattern, issuer, issuer_pattern;
};

/// --bundle, --attestation, --signature, --keyring, --key, --allowed-signers, --trusted-root, --policy and the identity
/// that certificates must name.
void add_evidence_options(CLI::App& command, EvidenceOptions& options);

/// The files that the options name, empty names among them.
std::vector<std::string> evidence_files(const EvidenceOptions& options);

/// What the options say, at the time of the clock.
attest::Evidence evidence_from(const EvidenceOptions& options);

/// What an assessment makes of the artifact and the revision's tree, as a chain's last link: tree → artifact. `where` is what
/// says more about what is not proven.
Link artifact_link(const Assessment& assessment, std::string_view where = "`assay check` says which");

}  // namespace assay::cli
