// libyaml, loaded when it is first called: see base/on_demand.hpp.
#include <yaml.h>

#include "base/on_demand.hpp"

#ifdef ASSAY_ON_DEMAND_YAML

namespace {
constexpr const char* k_library = ASSAY_ON_DEMAND_YAML;
}  // namespace

ASSAY_ON_DEMAND(yaml_event_delete);
ASSAY_ON_DEMAND(yaml_parser_delete);
ASSAY_ON_DEMAND(yaml_parser_initialize);
ASSAY_ON_DEMAND(yaml_parser_parse);
ASSAY_ON_DEMAND(yaml_parser_set_input_string);

#endif
