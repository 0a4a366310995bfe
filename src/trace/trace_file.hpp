// A trace as bytes and back, to be kept with the build it was made of.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "trace/trace.hpp"

namespace assay::trace {

std::string pack(const Trace& trace);
/// Nothing if the bytes are no trace in the form of this version of the program, or one whose references lead nowhere.
std::optional<Trace> unpack(std::string_view bytes);

}  // namespace assay::trace
