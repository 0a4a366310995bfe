// The answer of a verification, for people and for programs: a chain from key to byte and what was found.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "model/finding.hpp"
#include "model/link.hpp"
#include "report/renderer.hpp"

namespace assay::report {

struct VerificationAnswer {
  std::string_view word;      ///< verified, failed or incomplete
  std::string_view sentence;  ///< the same in a few words
  int exit_code;
  std::string_view exit_line;  ///< the code and what it means
};

VerificationAnswer answer_of(const Link& chain) noexcept;

/// The answer and why in the first lines, then, unless quiet, the tree (verbose: with the evidence) and the exit code.
std::string render_verification_text(const Link& chain, std::span<const Finding> findings,
                                     const RenderOptions& options);
/// As docs/schema/verification-1.json describes it.
std::string render_verification_json(const Link& chain, std::span<const Finding> findings);
/// A page of its own that needs nothing else: no script, no reference to elsewhere.
std::string render_verification_html(const Link& chain, std::span<const Finding> findings);

}  // namespace assay::report
