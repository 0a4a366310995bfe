// Text, line by line; lines that only stand elsewhere are told apart from lines that changed.
#include "artifact/comparator.hpp"
#include "artifact/parts_diff.hpp"
#include "artifact/tokens.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_most_bytes = 256ULL << 20;
constexpr std::size_t k_view_lines = 40;

/// A text within the text may begin here: a line that starts with '#' is then no comment for sure.
bool holds_text(std::string_view text) {
  return text.find("<<") != std::string_view::npos || text.find("\"\"\"") != std::string_view::npos ||
         text.find("'''") != std::string_view::npos;
}

}  // namespace

bool compare_text(Session& session, const Pair& pair, Node& node) {
  if (std::max(pair.a.size(), pair.b.size()) > k_most_bytes) return false;
  auto diff = diff_split(pair.a.text(), pair.b.text(), '\n', {"line", session.view_lines(pair.path, k_view_lines)});
  const bool quoting = holds_text(pair.a.text()) || holds_text(pair.b.text());
  for (auto& change : diff.changes) {
    if (quoting && setting_of(change.context, change.before) == Setting::hash_comment)
      change.context.insert(0, "\xe2\x80\xa6 ");  // as a line that is cut in front
    change.impact = node.item.impact;
    node.add(std::move(change));
  }
  node.item.view = std::move(diff.view);
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
