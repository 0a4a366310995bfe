// Any bytes as an awk program and as what it reads: parsing and running must stay inside their bounds and end.
#include <cstdlib>

#include "base/bytes.hpp"
#include "inspect/script/awk.hpp"

using namespace assay;
using namespace assay::inspect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  constexpr std::uint64_t k_most_output = 4096;
  if (size > 4096) return 0;
  const auto text = as_text(ByteView{bytes, size});
  const auto cut = std::min(text.find('\0'), text.size());
  const auto program = AwkProgram::parse(text.substr(0, cut));
  if (!program) return 0;
  std::uint64_t steps = 20'000;
  const auto result = program->run({text.substr(std::min(cut + 1, text.size())), " ", {}}, k_most_output, steps);
  if (steps > 20'000 || (result && result->output.size() > k_most_output)) std::abort();
  return 0;
}
