// capstone, loaded when it is first called: see base/on_demand.hpp.
#include <capstone/capstone.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_CAPSTONE

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_CAPSTONE;
}  // namespace

ASSAY_ON_DEMAND(cs_close);
ASSAY_ON_DEMAND(cs_disasm_iter);
ASSAY_ON_DEMAND(cs_free);
ASSAY_ON_DEMAND(cs_malloc);
ASSAY_ON_DEMAND(cs_open);
ASSAY_ON_DEMAND(cs_option);

#endif
