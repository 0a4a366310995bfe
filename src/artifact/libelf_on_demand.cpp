// libelf, loaded when it is first called: see base/on_demand.hpp.
#include <gelf.h>
#include <libelf.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_ELF

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_ELF;
}  // namespace

ASSAY_ON_DEMAND(elf_end);
ASSAY_ON_DEMAND(elf_getphdrnum);
ASSAY_ON_DEMAND(elf_getscn);
ASSAY_ON_DEMAND(elf_getshdrnum);
ASSAY_ON_DEMAND(elf_getshdrstrndx);
ASSAY_ON_DEMAND(elf_kind);
ASSAY_ON_DEMAND(elf_memory);
ASSAY_ON_DEMAND(elf_strptr);
ASSAY_ON_DEMAND(elf_version);
ASSAY_ON_DEMAND(gelf_getehdr);
ASSAY_ON_DEMAND(gelf_getshdr);

#endif
