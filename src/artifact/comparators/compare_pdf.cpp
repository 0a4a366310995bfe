// PDF (ISO 32000-1), line by line: dates and identifiers of the document; the cross-reference table follows from the rest.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

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
  return is_digits(change.before) && is_digits(change.after) && change.before.size() == 10 &&
         change.after.size() == 10 && change.context.find(" 00000 n") != std::string::npos;
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Every offset of the cross-reference tables leads to the object it names, and the last line to a table: only then do
/// offsets follow from what stands before them.
bool offsets_lead_somewhere(std::string_view text) {
  std::uint64_t object = 0;
  std::uint64_t left = 0;
  std::string_view last_number;
  for (auto line : lines_with_ends(text)) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    const auto space = line.find(' ');
    const bool pair_of_numbers =
        space != std::string_view::npos && is_digits(line.substr(0, space)) && is_digits(line.substr(space + 1));
    if (left > 0 && line.size() == 18 && space == 10) {
      const auto named = fmt::format("{} {} obj", object++, number_of(line.substr(11, 5)));
      --left;
      if (line.back() == 'n' &&
          !text.substr(std::min<std::size_t>(text.size(), number_of(line.substr(0, 10)))).starts_with(named))
        return false;
    } else if (pair_of_numbers && line.size() < 18) {
      object = number_of(line.substr(0, space));
      left = number_of(line.substr(space + 1));
    } else {
      left = 0;
    }
    if (is_digits(line)) last_number = line;
  }
  return text.substr(std::min<std::size_t>(text.size(), number_of(last_number))).starts_with("xref");
}

/// What a reader runs when the document is opened, or somebody clicks.
bool runs(std::string_view line) {
  return line.find("/JS") != std::string_view::npos || line.find("/JavaScript") != std::string_view::npos ||
         line.find("/Launch") != std::string_view::npos;
}

}  // namespace

bool compare_pdf(Session& /*session*/, const Pair& pair, Node& node) {
  if (std::max(pair.a.size(), pair.b.size()) > k_most_bytes) return false;
  auto diff = diff_split(pair.a.text(), pair.b.text(), '\n', {"line", 20});
  // A script may go on over lines: of a document that has one, only its own dates are none of it.
  const bool scripted = runs(pair.a.text()) || runs(pair.b.text());
  const bool sound = offsets_lead_somewhere(pair.a.text()) && offsets_lead_somewhere(pair.b.text());
  for (auto& change : diff.changes) {
    const bool document_date = change.context.find("/CreationDate") != std::string::npos ||
                               change.context.find("/ModDate") != std::string::npos;
    change.impact = runs(change.context) || (scripted && !document_date) ? Impact::script : node.item.impact;
    const auto id = change.context.find("/ID");
    const bool number = is_digits(change.before) && is_digits(change.after);
    if (sound &&
        (is_offset(change) || (number && change.context.substr(0, change.context.find('\n')) == change.before &&
                               pair.b.text().ends_with("%%EOF\n")))) {
      change.aspect = Aspect::offset;
      change.derived_from = "self";
    } else if (id != std::string::npos &&
               (change.token == "digest" || change.token == "word" || change.token == "random")) {
      change.place = "PDF document id";
    }
    node.add(std::move(change));
  }
  node.item.view = std::move(diff.view);
  node.accounted = true;
  return true;
}

}  // namespace assay::artifact
