// The rules of the build-script checks.
#pragma once
#include "model/finding.hpp"

namespace assay::inspect {

extern const Rule k_hidden_execution;
extern const Rule k_hidden_build_input;
extern const Rule k_fetched_execution;
extern const Rule k_telling_pattern;
extern const Rule k_disguised_read;
extern const Rule k_script_decoder;
extern const Rule k_packager_gate;
extern const Rule k_build_mutation;
extern const Rule k_linker_flags;
extern const Rule k_unassigned_eval;
extern const Rule k_foreign_internals;
extern const Rule k_lookalike_object;
extern const Rule k_sabotaged_probe;
extern const Rule k_lifecycle_script;
extern const Rule k_nul_in_script;
extern const Rule k_unfollowed_data;

}  // namespace assay::inspect
