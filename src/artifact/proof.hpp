// What a cause needs before it may close over something that runs. In a document a word nearby or a familiar shape says
// enough; in a program, a script or its configuration whoever changes it on purpose can arrange for both.
#pragma once
#include <string_view>

#include "artifact/cause.hpp"

namespace assay::artifact {

/// The change decides what a program does: code, scripts, sources, configuration.
bool steers(const Change& change, const BuildFacts& facts);

/// Data of a program: what it reads is not all of it a matter of its build, but compilers leave dates and sources' names there.
bool is_loaded(const Change& change);

/// As sure as `match` may be of this change: a guess where only a word or a loose shape speaks for a cause in what runs.
Confidence bounded(std::string_view cause, const Match& match, const Change& change, const BuildFacts& facts);

}  // namespace assay::artifact
