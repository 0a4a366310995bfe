// expat, loaded when it is first called: see base/on_demand.hpp.
#include <expat.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_EXPAT

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_EXPAT;
}  // namespace

ASSAY_ON_DEMAND(XML_Parse);
ASSAY_ON_DEMAND(XML_ParserCreate);
ASSAY_ON_DEMAND(XML_ParserFree);
ASSAY_ON_DEMAND(XML_SetCharacterDataHandler);
ASSAY_ON_DEMAND(XML_SetElementHandler);
ASSAY_ON_DEMAND(XML_SetEntityDeclHandler);
ASSAY_ON_DEMAND(XML_SetProcessingInstructionHandler);
ASSAY_ON_DEMAND(XML_SetUserData);
ASSAY_ON_DEMAND(XML_StopParser);

#endif
