// The answer of a verification: model/link.hpp's links.
#pragma once
#include "model/link.hpp"

namespace assay::attest {

using assay::failures;
using assay::first_failure;
using assay::Link;
using assay::LinkState;
using assay::Paint;
using assay::render_tree;
using assay::unchecked;

}  // namespace assay::attest
