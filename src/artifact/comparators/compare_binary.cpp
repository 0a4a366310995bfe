// The last resort: bytes. Equal sizes are compared place by place, others by their strings.
#include "artifact/byte_diff.hpp"
#include "artifact/comparator.hpp"
#include "artifact/hex_view.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_rows = 12;

}  // namespace

bool compare_binary(Session& session, const Pair& pair, Node& node) {
  for (auto& change : diff_bytes(pair.a.text(), pair.b.text(), "")) {
    change.impact = node.item.impact;
    node.add(std::move(change));
  }
  node.item.view = hex_view(pair.a.bytes(), pair.b.bytes(), session.view_lines(pair.path, k_rows));
  pair.a.release();
  pair.b.release();
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
