// Any text as a publisher's record of a build, and what follows from it: version gaps, and preferences for apt, which know only
// names and versions.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "rebuild/make_root.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::rebuild;
  const auto text = assay::as_text({data, size});
  (void)first_suite(text).size();
  const auto info = parse_buildinfo(text);
  if (!info) return 0;
  for (const auto& gap : version_gaps(*info, {})) (void)to_string(gap).size();
  const auto preferences = version_preferences(info->installed);
  if (preferences.find_first_of(";$`'\"\\") != std::string::npos) std::abort();
  return 0;
}
