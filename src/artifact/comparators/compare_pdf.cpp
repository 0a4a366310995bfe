// PDF (ISO 32000-1), line by line: dates and identifiers of the document; the cross-reference table follows from the rest.
#include <algorithm>

#include "artifact/comparator.hpp"
#include "artifact/parts_diff.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_most_bytes = 64ULL << 20;

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "0000012345 00000 n": the offset of an object.
bool is_offset(const Change& change) {
  return is_digits(change.before) && is_digits(change.after) && change.before.size() == 10 && change.after.size() == 10 && change.context.find(" 00000 n") != std::string::npos;
}

}  // namespace

bool compare_pdf(Session& /*session*/, const Pair& pair, Node& node) {
  if (std::max(pair.a.size(), pair.b.size()) > k_most_bytes) return false;
  auto diff = diff_parts(lines_with_ends(pair.a.text()), lines_with_ends(pair.b.text()), {"line", 20});
  for (auto& change : diff.changes) {
    change.impact = node.item.impact;
    const auto id = change.context.find("/ID");
    const bool number = is_digits(change.before) && is_digits(change.after);
    if (is_offset(change) || (number && change.context.substr(0, change.context.find('\n')) == change.before && pair.b.text().ends_with("%%EOF\n"))) {
      change.aspect = Aspect::offset;
      change.derived_from = "self";
    } else if (id != std::string::npos && (change.token == "digest" || change.token == "word" || change.token == "random")) {
      change.place = "PDF document id";
    }
    node.add(std::move(change));
  }
  node.item.view = std::move(diff.view);
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
