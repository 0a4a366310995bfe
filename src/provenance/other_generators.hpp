// Which of the release's own files may take the place of the toolchain's where its generators were of other versions: those alone
// that were published, each where the generators at hand put one of theirs.
#pragma once
#include <optional>

#include "model/assessment.hpp"
#include "provenance/reference_choice.hpp"
#include "provenance/regeneration.hpp"
#include "provenance/subject_contents.hpp"

namespace assay::provenance {

/// May the content of this entry be wanted for that?
bool is_macro_file(std::string_view path) noexcept;

/// `judged` holds an entry for each of the differences, in their order, judged with `made`. Nothing if all that Autoconf and Automake
/// make has its proof, or none of theirs was made. Holds views of `contents`.
std::optional<OtherGenerators> other_generators(const Assessment& judged, const Compared& compared,
                                                const SubjectContents& contents, const vcs::Reference& reference,
                                                const Regeneration& made);

}  // namespace assay::provenance
