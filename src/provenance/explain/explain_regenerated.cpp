// Byte-identical to what the project's own generators made of the VCS tree, in the sandbox, with a pristine toolchain.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "provenance/exact_lines.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/generator.hpp"
#include "provenance/regeneration.hpp"
#include "provenance/release_claims.hpp"
#include "provenance/stamps.hpp"

namespace assay::provenance {

namespace {

/// The step that ran last: files do not say which step made them.
std::string steps_in_words(const Regeneration& regeneration) {
  std::string text;
  for (const auto& step : regeneration.steps) text += (text.empty() ? "" : "; ") + step.command;
  return text;
}

/// A file of the same name and content that was made elsewhere in the tree: config.h.in, copied to where an example needs it.
const std::string* made_elsewhere(const ExplainContext& context) {
  const auto name = path_basename(context.reference_path);
  for (const auto& [path, files] : context.regeneration->files()) {
    if (path_basename(path) != name || path == context.reference_path) continue;
    for (const auto& file : files)
      if (file.content == *context.content) return &path;
  }
  return nullptr;
}

/// The same lines in the same order, but for stamps of version and date; how many differ, and whether each is a comment, or only
/// says which release this is.
struct StampedLines {
  std::size_t differ = 0;
  bool only_comments = true;
  bool only_of_release = true;
};

/// Is each stamp of `shipped` one of `made` too, or the release's? Skeletons are the same of any two numbers with dots: an
/// address, the oldest version that will do.
bool stamps_are_of_release(std::string_view made, std::string_view shipped, const ReleaseClaims* release) {
  const auto old_stamps = find_stamps(made);
  const auto stamps = find_stamps(shipped);
  return std::all_of(stamps.begin(), stamps.end(), [&](const Stamp& stamp) {
    const auto token = shipped.substr(stamp.offset, stamp.size);
    const auto same = [&](const Stamp& old) { return made.substr(old.offset, old.size) == token; };
    if (std::any_of(old_stamps.begin(), old_stamps.end(), same)) return true;
    return release != nullptr && (release->is_version(token) || release->is_fitting_date(token));
  });
}

std::optional<StampedLines> same_but_for_stamps(std::string_view made, std::string_view shipped,
                                                const ReleaseClaims* release) {
  const auto a = exact_lines(made);
  const auto b = exact_lines(shipped);
  if (a.size() != b.size()) return std::nullopt;
  StampedLines lines;
  HereDocuments documents;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool data = documents.inside();
    documents.pass(b[i]);
    if (a[i] == b[i]) continue;
    if (stamp_skeleton(a[i]) != stamp_skeleton(b[i])) return std::nullopt;
    ++lines.differ;
    // `* 1.25` goes on with an expression as well as with a comment.
    const bool comment = !data && is_certain_comment(b[i]) && !normalise_line(b[i]).starts_with('*');
    lines.only_comments = lines.only_comments && comment;
    lines.only_of_release = lines.only_of_release && (comment || stamps_are_of_release(a[i], b[i], release));
  }
  return lines;
}

using Evidences = std::vector<std::pair<std::string, std::string>>;

/// The evidence, and what the file was made with if that was not the toolchain alone.
Evidences with_others(const RegeneratedFile& file, Evidences evidence) {
  if (!file.with.empty()) evidence.emplace_back("made with", file.with);
  return evidence;
}

/// The text without the blank lines at its end.
std::string_view without_last_blank_lines(std::string_view text) {
  return text.substr(0, text.find_last_not_of('\n') + 1);
}

/// Some builds of Autoconf end a script with a blank line and some do not. Nothing reads it: what stands before it is the same, so
/// it ends no line that goes on and no here-document that does not end there as well.
std::optional<Explanation> explain_end(const ExplainContext& context, const RegeneratedFile& file) {
  const auto shipped = without_last_blank_lines(context.text());
  if (shipped.empty() || shipped.ends_with('\\') || shipped != without_last_blank_lines(as_text(file.content)) ||
      !looks_like_text(*context.content))
    return std::nullopt;
  return make_explanation(Proof::derived, "regenerated",
                          with_others(file, {{"recipe", context.regeneration->recipe},
                                             {"commands", steps_in_words(*context.regeneration)},
                                             {"differs from what was made", "in blank lines at the end of the file"}}));
}

/// A generator of another version, or on another day, writes the same but for its stamps. A stamp in a comment, or the release's
/// own in a text that nothing executes, changes nothing; in code the release's own makes the file as if put together of known lines,
/// and another is a change.
std::optional<Explanation> explain_stamped(const ExplainContext& context, const RegeneratedFile& file) {
  if (!looks_like_text(file.content) || !looks_like_text(*context.content)) return std::nullopt;
  const auto lines = same_but_for_stamps(as_text(file.content), context.text(), context.release);
  if (!lines) return std::nullopt;
  const bool code = context.entry.reach <= Reach::compiled || context.difference.subject->executable() ||
                    context.text().starts_with("#!");
  if (code && !lines->only_of_release) return std::nullopt;
  const bool harmless = lines->only_comments || (!code && lines->only_of_release);
  return make_explanation(
      harmless ? Proof::derived : Proof::composed, "regenerated",
      with_others(file, {{"recipe", context.regeneration->recipe},
                         {"differs from what was made",
                          fmt::format("in stamps of version and date, {}", count_of(lines->differ, "line"))}}));
}

}  // namespace

std::optional<Explanation> explain_regenerated(ExplainContext& context) {
  if (context.regeneration == nullptr || context.content == nullptr) return std::nullopt;
  for (const auto& file : context.regeneration->find(context.reference_path)) {
    if (file.content != *context.content) continue;
    std::vector<std::pair<std::string, std::string>> evidence{
        {"recipe", context.regeneration->recipe},
        {"commands", steps_in_words(*context.regeneration)},
        {"made in", file.place == "dist" ? "the release that the recipe makes" : "the tree"}};
    if (!file.with.empty()) evidence.emplace_back("made with", file.with);
    if (const auto generator = claimed_generator(context.difference.path, context.text()))
      if (const auto tool = tool_of(*context.regeneration, *generator); !tool.empty())
        evidence.emplace_back("tool", tool);
    return make_explanation(Proof::regenerated, "regenerated", std::move(evidence));
  }
  for (const auto& file : context.regeneration->find(context.reference_path)) {
    if (auto same = explain_end(context, file)) return same;
    if (auto stamped = explain_stamped(context, file)) return stamped;
  }
  // Where the generators made another file, the one they made elsewhere would be in its place.
  if (context.difference.status != EntryStatus::added || context.content->empty() ||
      !context.regeneration->find(context.reference_path).empty())
    return std::nullopt;
  if (const auto* path = made_elsewhere(context))
    return make_explanation(Proof::regenerated, "regenerated",
                            {{"recipe", context.regeneration->recipe},
                             {"commands", steps_in_words(*context.regeneration)},
                             {"made as", *path}});
  return std::nullopt;
}

}  // namespace assay::provenance
