// Any bytes as the arguments of the filters that scripts use, and as their input: tr sets, sed programs, grep patterns,
// offsets and encodings. Lines up to an empty one are the arguments.
#include <cstdlib>
#include <string>
#include <vector>

#include "inspect/script/filters.hpp"
#include "inspect/script/sed.hpp"

using namespace assay;
using namespace assay::inspect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  constexpr std::uint64_t k_most = 1 << 20;
  static const auto decompress = archive_decompress();
  if (size > 16 * 1024) return 0;
  std::string_view text = as_text({bytes, size});
  std::vector<std::string> arguments;
  while (!text.empty() && arguments.size() < 12) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) break;
    arguments.emplace_back(line);
  }
  if (arguments.empty()) return 0;
  if (const auto plan = plan_filter(arguments)) {
    for (const auto i : plan->files)
      if (i >= arguments.size()) std::abort();
    if (plan->run) {
      const auto output = plan->run(text, {decompress, k_most});
      if (output && output->consumed > text.size()) std::abort();
    }
  }
  if (const auto map = parse_tr({arguments.begin() + 1, arguments.end()})) {
    if (map->apply(as_bytes(text)).size() > text.size()) std::abort();
    map->is_textual();
  }
  if (const auto re2 = to_re2(arguments.back(), PatternSyntax::extended))
    if (const auto regex = Regex::compile(*re2)) regex->replace(text, arguments.front(), true);
  xor_keys_of(text);
  sed_execution(text);
  looks_like_rc4(text);
  printed(arguments);
  harvest_stage("fuzz", text);
  return 0;
}
