#include "base/on_demand.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace assay {

void* function_on_demand(const char* library, const char* function) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  void* address = handle == nullptr ? nullptr : dlsym(handle, function);
  if (address == nullptr) throw MissingLibrary{fmt::format("{}", dlerror())};
  return address;
}

}  // namespace assay
