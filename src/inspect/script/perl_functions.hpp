// Functions of a program in perl: which of them the program calls.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace assay::inspect {

/// The program with the bodies of those of its functions blanked that nothing in it calls, neither by name nor, as DESTROY, AUTOLOAD
/// or import, perl itself, unless `keeps(body)`: what they are given comes from other programs. A function whose end is not plain to see
/// stays. Bytes keep their places. Linear time, apart from `keeps`, which sees no byte twice.
std::string without_uncalled_functions(std::string_view program,
                                       const std::function<bool(std::string_view body)>& keeps);

}  // namespace assay::inspect
