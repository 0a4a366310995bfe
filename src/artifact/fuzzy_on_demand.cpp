// libfuzzy (ssdeep), loaded when it is first called: see base/on_demand.hpp.
#include <fuzzy.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_FUZZY

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_FUZZY;
}  // namespace

ASSAY_ON_DEMAND(fuzzy_compare);
ASSAY_ON_DEMAND(fuzzy_hash_buf);

#endif
