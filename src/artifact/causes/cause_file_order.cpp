// Members or lines in another order, sorted on neither or on one side: the order of a directory or of a hash table.
#include "artifact/cause.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

/// One name a line, or names with their digests or sizes, as `ls`, `find` and checksum lists have them. The order of
/// sentences, settings, rules or elements of an array means something.
bool is_list(std::string_view text) {
  const auto is_name = [](std::string_view word) {
    return word.find_first_of("=:;{}[]()<>\"'`$|&!#%") == std::string_view::npos && !word.ends_with(',');
  };
  auto lines = split_lines(text);
  // What was cut at the bound is no whole line.
  if (text.size() >= k_change_bytes && lines.size() > 1) lines.pop_back();
  return !lines.empty() && std::all_of(lines.begin(), lines.end(), [&](std::string_view line) {
    while (line.ends_with('\r') || line.ends_with('\n') || line.ends_with(' ')) line.remove_suffix(1);
    const auto digits = line.find_first_not_of("0123456789abcdefABCDEF");
    if (digits != std::string_view::npos && digits >= 8 && (line[digits] == ' ' || line[digits] == '\t')) {
      line.remove_prefix(digits);
      while (line.starts_with(' ') || line.starts_with('*') || line.starts_with('\t')) line.remove_prefix(1);
    }
    if (const auto record = line.find(",sha256="); record != std::string_view::npos) line = line.substr(0, record);
    return is_name(line) && line.find(' ') == std::string_view::npos;
  });
}

}  // namespace

std::optional<Match> judge_file_order(const Change& change, const BuildFacts& facts) {
  // Strings within a binary stand where the linker put them: no directory's order.
  const bool listed = !change.place.empty() &&
                      ((change.place[0] >= '0' && change.place[0] <= '9') || change.place.starts_with("data against"));
  if (change.aspect != Aspect::order || !listed || change.place.ends_with("strings")) return std::nullopt;
  // What runs means something by its order, and a text that gained or lost lines was edited.
  const bool lines = change.place.ends_with("lines");
  if (lines && (change.token != "permutation" || is_source(change, facts))) return std::nullopt;
  if (lines && !(is_list(change.before) && is_list(change.after))) return std::nullopt;
  const bool members = change.place.ends_with("members") || change.place.starts_with("data against");
  return Match{members ? "members" : "lines", change.place + " in another order", "the same set on both sides",
               Confidence::likely};
}

}  // namespace assay::artifact
