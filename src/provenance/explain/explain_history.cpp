// ChangeLog, CHANGES, NEWS, AUTHORS made from the history: every line is one of a commit message, or of the names, dates and
// ids that stand around it.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/release_claims.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_lines_read = 200'000;

bool is_change_log(std::string_view name) {
  const auto lower = ascii_lower(name);
  return starts_with_any(lower, {"changelog", "changes", "news", "history", "git-log"});
}

bool is_people_list(std::string_view name) {
  const auto lower = ascii_lower(name);
  return starts_with_any(lower, {"authors", "thanks", "contributors"});
}

/// What VCS has in the file already needs no second proof.
std::vector<std::string_view> new_lines(const ExplainContext& context, std::string_view before) {
  auto lines = split_lines(context.text());
  if (before.empty()) return lines;
  LineSet old_lines;
  old_lines.add_text(before);
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
  std::string_view before;
  if (context.difference.status == EntryStatus::modified) {
    const auto text = context.text_before();
    if (!text) return std::nullopt;
    before = *text;
  }
  const auto lines = new_lines(context, before);
  if (lines.empty() || lines.size() > k_lines_read) return std::nullopt;
  const auto& history = context.release->history;
  const auto commits = people ? history.commits_that_name(lines) : history.commits_that_account_for(lines);
  if (!commits) return std::nullopt;
  return make_explanation(Proof::derived, "history", {{"lines", std::to_string(lines.size())}, {"commits read", std::to_string(*commits)}});
}

}  // namespace assay::provenance
