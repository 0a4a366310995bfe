// What is known about one entry that is not identical to version control at its path.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/entry.hpp"

namespace assay {

/// Proof classes, strongest first; the last two are the absence of a proof and its opposite.
enum class Proof : std::uint8_t {
  identical,     ///< same bytes as the VCS blob at that path (or, status `moved`, another path)
  normalized,    ///< equal after a recorded VCS rule: eol, $Format$, $Id$, LFS pointer, submodule commit
  known,         ///< byte-identical to a file in the history or releases of its upstream
  regenerated,   ///< byte-identical to the output of the generator run in the sandbox on the VCS tree
  derived,       ///< content re-derived without running anything
  composed,      ///< every line stands in VCS, in a known upstream file or in a regenerated file
  inert,         ///< unproven text, shown not to be read by the traced build
  unexplained,   ///< none of these
  contradicted,  ///< claims an identity that is false
};

enum class EntryStatus : std::uint8_t { identical, added, modified, missing, moved, mode_changed };

/// What an unproven entry can do to someone who builds the release; strongest first.
enum class Reach : std::uint8_t { executed, compiled, shipped, inert };

std::string_view to_string(Proof proof) noexcept;
std::string_view to_string(EntryStatus status) noexcept;
std::string_view to_string(Reach reach) noexcept;

/// A line of an entry that stands nowhere it could innocently come from.
struct NovelLine {
  std::uint64_t number = 0;  ///< 1-based
  std::string text;          ///< raw bytes, at most k_novel_line_bytes of them
};

inline constexpr std::size_t k_novel_line_bytes = 400;
inline constexpr std::size_t k_novel_lines_kept = 200;

/// A proof and the evidence it rests on.
struct Explanation {
  Proof proof = Proof::unexplained;
  std::string explainer;                                      ///< which explainer said so
  std::vector<std::pair<std::string, std::string>> evidence;  ///< name → raw text, in a stable order
};

/// An entry that differs from VCS, with what was found out about it.
struct AssessedEntry {
  EntryPath path;  ///< in the subject, after the inferred prefix was stripped; for a missing one, in VCS
  EntryStatus status = EntryStatus::added;
  EntryKind kind = EntryKind::regular;
  std::optional<Explanation> explanation;  ///< nothing only for a missing entry that no rule explains
  Reach reach = Reach::shipped;
  std::string reach_reason;      ///< why: "m4 macro", "shebang", "libmagic: C source"
  std::optional<Sha256> sha256;  ///< of the subject's content
  std::uint64_t size = 0;
  std::uint64_t novel_line_count = 0;  ///< all of them; novel_lines may hold fewer
  std::vector<NovelLine> novel_lines;
  std::string next_step;  ///< what would prove it; empty if proven

  Proof proof() const noexcept { return explanation ? explanation->proof : Proof::unexplained; }
};

}  // namespace assay
