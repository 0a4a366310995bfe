// ISA-L, loaded when it is first called: see base/on_demand.hpp.
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_ISAL

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_ISAL;
}  // namespace

ASSAY_ON_DEMAND(crc32_gzip_refl);
ASSAY_ON_DEMAND(isal_inflate);
ASSAY_ON_DEMAND(isal_inflate_init);

#endif
