// libyara, loaded when it is first called: see base/on_demand.hpp.
#include <yara.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_YARA

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_YARA;
}  // namespace

ASSAY_ON_DEMAND(yr_compiler_add_string);
ASSAY_ON_DEMAND(yr_compiler_create);
ASSAY_ON_DEMAND(yr_compiler_define_string_variable);
ASSAY_ON_DEMAND(yr_compiler_destroy);
ASSAY_ON_DEMAND(yr_compiler_get_rules);
ASSAY_ON_DEMAND(yr_compiler_set_callback);
ASSAY_ON_DEMAND(yr_compiler_set_include_callback);
ASSAY_ON_DEMAND(yr_finalize);
ASSAY_ON_DEMAND(yr_initialize);
ASSAY_ON_DEMAND(yr_rules_destroy);
ASSAY_ON_DEMAND(yr_scanner_create);
ASSAY_ON_DEMAND(yr_scanner_define_string_variable);
ASSAY_ON_DEMAND(yr_scanner_destroy);
ASSAY_ON_DEMAND(yr_scanner_scan_mem);
ASSAY_ON_DEMAND(yr_scanner_set_callback);
ASSAY_ON_DEMAND(yr_scanner_set_flags);
ASSAY_ON_DEMAND(yr_scanner_set_timeout);

#endif
