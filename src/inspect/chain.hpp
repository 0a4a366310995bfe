// Correlation: findings that support each other become one chain, in the order in which the bytes travel, and how grave
// it is follows from what comes together in it (rules/policy/chain.toml), not from its parts.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "digest/digest.hpp"
#include "inspect/blob/analysis.hpp"
#include "inspect/script/analysis.hpp"
#include "inspect/tree_access.hpp"
#include "model/finding.hpp"

namespace assay::inspect {

/// What can hold of a chain. The names in a policy are those of to_string().
enum class ChainFact : std::uint8_t {
  executes,            ///< the bytes come to an interpreter
  builds,              ///< they are written where the build takes instructions or objects from
  decodes,             ///< on the way they are mapped, cut, decompressed or decrypted
  binary_source,       ///< they come from a binary file or from test data
  hidden_source,       ///< they stand where no ordinary tool shows them
  unexplained_source,  ///< the file they come from is not in version control
  novel,               ///< a line that tells how stands nowhere it could innocently come from, or nothing was compared
  reached,             ///< the script is one that a build runs, not one among the tests
  code,                ///< what comes out is code
  computed,            ///< what comes out could be computed, and is attached
  searched,            ///< a script finds the file by a pattern instead of naming it
  harvested,           ///< a script of the tree tells how to undo the encoding
  data_source,         ///< they come from a binary file, or from a file among the tests that is no source
  unreviewed,          ///< there was a comparison, and a line that moves them is not in version control
  opaque,              ///< on the way they pass through a program that is not followed
  configures,          ///< the script is one that whoever builds runs first
  diverted,            ///< a variable that chooses what is run names the file
};
inline constexpr std::size_t k_chain_fact_count = static_cast<std::size_t>(ChainFact::diverted) + 1;

std::string_view to_string(ChainFact fact) noexcept;
std::optional<ChainFact> parse_chain_fact(std::string_view text) noexcept;

/// `severity` if all of `when` hold.
struct ChainRule {
  std::vector<ChainFact> when;
  Severity severity = Severity::medium;
  std::string because;  ///< one sentence for the reader
};

struct ChainPolicy {
  std::vector<ChainRule> rules;  ///< the first that holds decides
  Severity otherwise = Severity::medium;
  Sha256 digest{};  ///< of the text it was read from
};

/// Put chains in front of what supports them: `findings` are those of the scripts, of the blobs and of whatever else is
/// known about the same files. What `inspect` found becomes a member of the chain and no longer stands beside it; the
/// findings of others (a contradiction, say) stay, and are members as well.
void correlate(std::vector<Finding>& findings, const ScriptAnalysis& scripts, const BlobAnalysis& blobs,
               const FactsOf& facts, const ChainPolicy& policy);

/// Every rule correlate() can report.
std::span<const Rule> chain_rules() noexcept;

}  // namespace assay::inspect
