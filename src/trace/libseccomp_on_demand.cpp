// libseccomp, loaded when it is first called: see base/on_demand.hpp.
#include <seccomp.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_SECCOMP

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_SECCOMP;
}  // namespace

ASSAY_ON_DEMAND(seccomp_arch_add);
ASSAY_ON_DEMAND(seccomp_arch_native);
ASSAY_ON_DEMAND(seccomp_attr_set);
ASSAY_ON_DEMAND(seccomp_export_bpf);
ASSAY_ON_DEMAND(seccomp_init);
ASSAY_ON_DEMAND(seccomp_release);
ASSAY_ON_DEMAND(seccomp_rule_add_array);
ASSAY_ON_DEMAND(seccomp_syscall_resolve_name);
ASSAY_ON_DEMAND(seccomp_syscall_resolve_name_arch);

#endif
