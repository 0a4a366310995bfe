// Text, line by line; lines that only stand elsewhere are told apart from lines that changed.
#include "artifact/comparator.hpp"
#include "artifact/parts_diff.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_most_bytes = 256ULL << 20;
constexpr std::size_t k_view_lines = 40;

}  // namespace

bool compare_text(Session& session, const Pair& pair, Node& node) {
  if (std::max(pair.a.size(), pair.b.size()) > k_most_bytes) return false;
  auto diff = diff_split(pair.a.text(), pair.b.text(), '\n', {"line", session.view_lines(pair.path, k_view_lines)});
  for (auto& change : diff.changes) {
    change.impact = node.item.impact;
    node.add(std::move(change));
  }
  node.item.view = std::move(diff.view);
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
