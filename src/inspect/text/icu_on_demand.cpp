// ICU's library for internationalisation, loaded when it is first called: see base/on_demand.hpp.
#include <unicode/uchar.h>
#include <unicode/uspoof.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_ICU

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_ICU;
}  // namespace

ASSAY_ON_DEMAND(u_charType);
ASSAY_ON_DEMAND(u_hasBinaryProperty);
ASSAY_ON_DEMAND(uspoof_close);
ASSAY_ON_DEMAND(uspoof_getSkeletonUTF8);
ASSAY_ON_DEMAND(uspoof_open);

#endif
