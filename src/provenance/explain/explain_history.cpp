// ChangeLog, CHANGES, NEWS, AUTHORS made from the history: every line is one of a commit message, or of the names, dates and
// ids that stand around it.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/release_claims.hpp"

namespace assay::provenance {

namespace {

/// A change log longer than this is not read.
constexpr std::size_t k_lines_read = 200'000;

bool is_change_log(std::string_view name) {
  const auto lower = ascii_lower(name);
  return starts_with_any(lower, {"changelog", "changes", "news", "history", "git-log"});
}

bool is_people_list(std::string_view name) {
  const auto lower = ascii_lower(name);
  return starts_with_any(lower, {"authors", "thanks", "contributors"});
}

/// The name and the address of "Name <address>", or the whole line.
bool is_person(std::string_view line, const ChangeHistory& history) {
  auto plain = line.substr(std::min(line.find_first_not_of(" \t*-"), line.size()));
  if (const auto open = plain.find('<'); open != std::string_view::npos) {
    const auto close = plain.find('>', open);
    if (close != std::string_view::npos && history.knows_person(plain.substr(open + 1, close - open - 1))) return true;
    plain = plain.substr(0, open);
  }
  // `git shortlog -s` counts in front.
  plain.remove_prefix(std::min(plain.find_first_not_of("0123456789 \t"), plain.size()));
  return history.knows_person(normalise_line(plain));
}

/// What VCS has in the file already needs no second proof.
std::vector<std::string_view> new_lines(ExplainContext& context) {
  auto lines = split_lines(context.text());
  const auto before = context.text_before();
  if (!before) return lines;
  LineSet old_lines;
  old_lines.add_text(*before);
  std::erase_if(lines, [&](std::string_view line) { return old_lines.contains(normalise_line(line)); });
  return lines;
}

}  // namespace

std::optional<Explanation> explain_history(ExplainContext& context) {
  const auto name = path_basename(context.difference.path);
  const bool people = is_people_list(name);
  if (context.content == nullptr || context.release == nullptr || (!people && !is_change_log(name))) return std::nullopt;
  if (context.difference.subject == nullptr || !looks_like_text(*context.content)) return std::nullopt;
  // Words of commit messages prove nothing about a text that something runs.
  if (context.entry.reach <= Reach::compiled || context.difference.subject->executable() || context.text().starts_with("#!")) return std::nullopt;
  const auto& history = context.release->history;
  const auto lines = new_lines(context);
  if (lines.empty() || lines.size() > k_lines_read) return std::nullopt;
  const auto accounted = [&](std::string_view line) { return people ? normalise_line(line).empty() || is_person(line, history) : history.accounts_for(line); };
  if (!std::all_of(lines.begin(), lines.end(), accounted)) return std::nullopt;
  return make_explanation(Proof::derived, "history",
                          {{"lines", std::to_string(lines.size())}, {"commits read", std::to_string(history.commits())}});
}

}  // namespace assay::provenance
