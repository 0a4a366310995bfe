// The rules of `source`, by name, for the code that reports them.
#pragma once
#include "model/finding.hpp"

namespace assay::inspect {

extern const Rule k_python_install_code;
extern const Rule k_cargo_build_script;
extern const Rule k_environment_gate;
extern const Rule k_lookalike_name;
extern const Rule k_loader_hook;

}  // namespace assay::inspect
