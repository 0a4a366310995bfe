// The table of explainers: each turns a difference into a proof or passes. First answer wins, so the order is from the
// strongest proof to the weakest. To add one: a file `explain_<name>.cpp`, a line here, a line in k_explainers.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "compare/tree_comparison.hpp"
#include "model/explanation.hpp"
#include "provenance/known_files.hpp"
#include "provenance/novelty.hpp"
#include "provenance/regeneration.hpp"
#include "vcs/reference.hpp"

namespace assay::provenance {

class Answers;
class JudgingAhead;
struct ReleaseClaims;

/// What an explainer may look at. Content is null where there is none (missing entries, links) or where it could not be
/// kept; explainers that need it then pass, and the caller records the gap.
struct ExplainContext {
  const vcs::Reference& reference;
  const KnownFiles& known;
  const compare::PathMapping& mapping;
  NoveltyMeter& novelty;
  const compare::Difference& difference;
  std::string reference_path;                  ///< where the entry stands, or would stand, in the reference
  const Bytes* content = nullptr;              ///< of the subject's entry
  AssessedEntry& entry;                        ///< novel lines found on the way are left here
  Answers& answers;                            ///< about release and reference as a whole
  std::uint64_t max_read = 64ULL << 20;        ///< largest reference blob to read
  const Regeneration* regeneration = nullptr;  ///< null unless one was asked for and could be had
  const TreeManifest* subject = nullptr;       ///< every entry of the release, as the archive names them
  const ReleaseClaims* release = nullptr;      ///< null where nothing is known of the release
  JudgingAhead* ahead = nullptr;               ///< null where nothing was done ahead
  std::optional<Result<Bytes>> read_counterpart = std::nullopt;  ///< use counterpart()

  /// The subject's content as text; empty if it has none.
  std::string_view text() const { return content ? as_text(*content) : std::string_view{}; }
  /// Content of the reference's entry that the difference is to; null if there is none or it cannot be read. Read on
  /// first use and once for all explainers: inflating it and its deltas costs more than most of them.
  const Bytes* counterpart();
  /// The same for a modified file, if it is text.
  std::optional<std::string_view> text_before();
  /// The novelty of the subject's text against text_before().
  Novelty measure_novelty();
};

struct Explainer {
  std::string_view name;
  std::optional<Explanation> (*explain)(ExplainContext&);
};

std::optional<Explanation> explain_moved(ExplainContext&);
std::optional<Explanation> explain_mode(ExplainContext&);
std::optional<Explanation> explain_followed_link(ExplainContext&);
/// Evidence of a file that lacks lines of the one in version control.
inline constexpr std::string_view k_lost_lines = "lines lost from the VCS version";
/// Evidence of a file that has all lines of what its generators made, in their order, and more.
inline constexpr std::string_view k_regenerated_but_added = "regenerated, but lines were added";

/// The explainer of what no one looked at: the submodule that it belongs to is not at hand.
inline constexpr std::string_view k_of_submodule = "submodule";

std::optional<Explanation> explain_export_ignore(ExplainContext&);
std::optional<Explanation> explain_left_out(ExplainContext&);
std::optional<Explanation> explain_eol(ExplainContext&);
std::optional<Explanation> explain_ident(ExplainContext&);
std::optional<Explanation> explain_export_subst(ExplainContext&);
std::optional<Explanation> explain_lfs(ExplainContext&);
std::optional<Explanation> explain_known(ExplainContext&);
/// Will that take its digest for all there is to say, so that nobody asks for its content? The difference has a subject.
bool is_known_as_it_stands(const compare::Difference& difference, const KnownFiles& known);
std::optional<Explanation> explain_regenerated(ExplainContext&);
std::optional<Explanation> explain_made_alike(ExplainContext&);
std::optional<Explanation> explain_restored(ExplainContext&);
std::optional<Explanation> explain_stamps(ExplainContext&);
std::optional<Explanation> explain_version_file(ExplainContext&);
std::optional<Explanation> explain_history(ExplainContext&);
std::optional<Explanation> explain_aclocal(ExplainContext&);
std::optional<Explanation> explain_manual(ExplainContext&);
std::optional<Explanation> explain_messages(ExplainContext&);
std::optional<Explanation> explain_sdist(ExplainContext&);
std::optional<Explanation> explain_cargo(ExplainContext&);
std::optional<Explanation> explain_npm(ExplainContext&);
std::optional<Explanation> explain_serial(ExplainContext&);
std::optional<Explanation> explain_submodule(ExplainContext&);
std::optional<Explanation> explain_composed(ExplainContext&);

std::span<const Explainer> explainers() noexcept;

/// The explanation of a file that was made so, and no more than composed of what whoever builds the release makes as well, but of
/// another machine: a build beside the sources may read the release's first.
Explanation as_part_of_release(const ExplainContext& context, const RegeneratedFile& file, Explanation explanation);

/// An explanation with its evidence, in one expression.
Explanation make_explanation(Proof proof, std::string_view explainer,
                             std::vector<std::pair<std::string, std::string>> evidence);

}  // namespace assay::provenance
