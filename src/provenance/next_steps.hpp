// What the reader of a report does next, the most pressing first.
#pragma once
#include <cstdint>

#include "model/assessment.hpp"
#include "provenance/reference_choice.hpp"

namespace assay::provenance {

enum class Regenerating : std::uint8_t { not_asked, failed, done };

/// Fill Assessment::next_steps of an assessment that is otherwise whole. A verdict that is no good one leaves nobody without
/// a step.
void add_next_steps(const ReleaseCheck& request, const Chosen& chosen, const Compared& compared, bool shallow,
                    Regenerating regenerating, Assessment& assessment);

}  // namespace assay::provenance
