// Any text as a build recipe, and what is read of it as the script of a build.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "rebuild/build_script.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::rebuild;
  const auto recipe = parse_build_recipe(assay::as_text({data, size}), "recipe.toml");
  if (recipe && build_script(*recipe, {}, "/build", true).empty()) std::abort();
  return 0;
}
