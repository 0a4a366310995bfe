// From the tree of differences to an answer: which changes follow from others, which root causes the rest has, and what is
// left over.
#pragma once
#include "artifact/node.hpp"
#include "artifact/session.hpp"
#include "model/comparison.hpp"

namespace assay::artifact {

/// Take the tree apart into `comparison`: items, changes, causes with their consequences, leftovers, what was set aside.
/// `closed` is true only if every node is accounted for, every change has a cause that is more than a guess or follows
/// from one that has, and nothing is left over.
void explain(Node&& root, const DerivedValues& derived, const DatesBorne& dates, Comparison& comparison);

}  // namespace assay::artifact
