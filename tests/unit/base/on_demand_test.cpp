#include "base/on_demand.hpp"

#include <string>

#include "support/catch.hpp"

using namespace assay;

TEST_CASE("on demand: a function of a library that is there is found, again the same", "[base]") {
  void* first = function_on_demand("libc.so.6", "strlen");
  REQUIRE(first != nullptr);
  CHECK(function_on_demand("libc.so.6", "strlen") == first);
}

TEST_CASE("on demand: a library that is not there, or lacks the function, is named", "[base][hostile]") {
  const auto message_of = [](const char* library, const char* function) {
    try {
      function_on_demand(library, function);
    } catch (const MissingLibrary& missing) {
      return std::string{missing.what()};
    }
    return std::string{};
  };
  CHECK(message_of("libassay-nowhere.so.1", "f").find("libassay-nowhere.so.1") != std::string::npos);
  CHECK(message_of("libc.so.6", "no_such_function_of_libc").find("no_such_function_of_libc") != std::string::npos);
}
