// The answer of a verification as JSON; its links are model/link.hpp's.
#pragma once
#include "attest/json.hpp"
#include "model/link.hpp"

namespace assay::attest {

using assay::failures;
using assay::first_failure;
using assay::Link;
using assay::LinkState;
using assay::Paint;
using assay::render_tree;
using assay::unchecked;

Json to_json(const Link& root);

}  // namespace assay::attest
