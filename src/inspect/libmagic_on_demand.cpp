// libmagic, loaded when it is first called: see base/on_demand.hpp.
#include <magic.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_MAGIC

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_MAGIC;
}  // namespace

ASSAY_ON_DEMAND(magic_buffer);
ASSAY_ON_DEMAND(magic_close);
ASSAY_ON_DEMAND(magic_error);
ASSAY_ON_DEMAND(magic_load);
ASSAY_ON_DEMAND(magic_open);

#endif
