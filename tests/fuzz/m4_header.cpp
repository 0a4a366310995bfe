// Any bytes as an m4 file: its serial is bounded text and found where it says.
#include <algorithm>
#include <cstdlib>

#include "base/bytes.hpp"
#include "provenance/m4_header.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto content = assay::as_text({data, size});
  const auto serial = assay::provenance::parse_m4_serial(content);
  if (!serial) return 0;
  const auto lines = static_cast<std::uint64_t>(std::count(content.begin(), content.end(), '\n')) + 1;
  const bool sane = serial->line >= 1 && serial->line <= lines && !serial->text.empty() && serial->text.size() <= 64 &&
                    serial->name.size() <= 255 && content.find(serial->text) != std::string_view::npos;
  if (!sane) std::abort();
  return 0;
}
