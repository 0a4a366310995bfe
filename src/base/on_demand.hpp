// Shared libraries that few commands need. They are loaded when the first of their functions is called, because most of
// what starting the program costs is the relocation of libraries (ADR 008).
//
// A module that owns such a library lists the functions it calls, one a line, in `<library>_on_demand.cpp`:
//
//   constexpr const char* k_library = ASSAY_ON_DEMAND_YARA;   // its soname, by cmake/AssayOnDemand.cmake
//   ASSAY_ON_DEMAND(yr_initialize);
//
// Each line defines the library's function as one that loads the library and calls the real one. Callers know nothing
// of it: they include the library's header and call. Functions with "..." cannot be listed: function_on_demand() is for
// those.
#pragma once
#include <stdexcept>

namespace assay {

/// A shared library that was there when the program was built and is not, or is another, when it runs.
class MissingLibrary : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The address of `function` in the shared library of that soname, which is loaded and stays so. Throws MissingLibrary.
void* function_on_demand(const char* library, const char* function);

/// Stands for the function that `Name` names, of type `Function`.
template <typename Name, typename Function>
struct OnDemand;

template <typename Name, typename Value, typename... Arguments>
struct OnDemand<Name, Value(Arguments...)> {
  static Value call(Arguments... arguments) {
    static const auto k_function =
        reinterpret_cast<Value (*)(Arguments...)>(function_on_demand(Name::k_library, Name::k_function));
    return k_function(arguments...);
  }
};

}  // namespace assay

// The linker wants a symbol of the function's own name and type, and C++ cannot make one out of a type: the symbol is
// an "ifunc", whose resolver names the function that stands for it. The resolver runs while the program is being
// relocated, so it does nothing else.
//
// Twice, because a library may rename its functions with macros (ICU does), and it is the new names that are in it.

// NOLINTBEGIN(bugprone-macro-parentheses,cppcoreguidelines-macro-usage)
#define ASSAY_ON_DEMAND(function) ASSAY_ON_DEMAND_AS(function)
#define ASSAY_ON_DEMAND_AS(function)                                          \
  struct OnDemand_##function {                                                \
    static constexpr const char* k_library = ::k_library;                     \
    static constexpr const char* k_function = #function;                      \
  };                                                                          \
  extern "C" {                                                                \
  static auto resolve_##function() -> decltype(&function) {                   \
    return &::assay::OnDemand<OnDemand_##function, decltype(function)>::call; \
  }                                                                           \
  decltype(function) function __attribute__((ifunc("resolve_" #function)));   \
  }                                                                           \
  static_assert(true)
// NOLINTEND(bugprone-macro-parentheses,cppcoreguidelines-macro-usage)
