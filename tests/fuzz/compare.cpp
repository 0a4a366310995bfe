// Two contents, cut apart at the first "\n--\n": every comparator that reads both, bounded, and never equal if they are not.
#include <cstdlib>
#include <iterator>

#include "artifact/causal_graph.hpp"
#include "artifact/session.hpp"

using namespace assay;
using namespace assay::artifact;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = as_text({data, size});
  const auto cut = input.find("\n--\n");
  if (cut == std::string_view::npos) return 0;
  const auto content = [](std::string_view text) { return Content::of({text.begin(), text.end()}); };
  Limits limits;
  limits.max_total_size = 4 << 20;
  limits.memory = 8 << 20;
  limits.time = std::chrono::seconds{5};
  Session session{limits, 1};
  Pair pair;
  // Formats without a magic go by their names; the size picks one, so that every input meets the same comparators again.
  static constexpr const char* k_names[] = {"input.apk", "x.yaml", "x.toml", "x.xml", "x.pyc", "x.json", "x"};
  pair.name = pair.other_name = k_names[size % std::size(k_names)];
  pair.a = content(input.substr(0, cut));
  pair.b = content(input.substr(cut + 4));
  auto node = session.compare(pair);
  const bool same = same_bytes(pair.a, pair.b);
  if (same != node.empty()) std::abort();
  Comparison comparison;
  comparison.equal = same;
  explain(std::move(node), session.derived(), session.dates(), comparison);
  if (!same && comparison.causes.empty() && comparison.leftovers.empty()) std::abort();
  return 0;
}
