// Byte-identical to what the project's own generators made of the VCS tree, in the sandbox, with a pristine toolchain.
#include <fmt/format.h>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/generator.hpp"
#include "provenance/regeneration.hpp"
#include "provenance/stamps.hpp"

namespace assay::provenance {

namespace {

/// The step that ran last: files do not say which step made them.
std::string steps_in_words(const Regeneration& regeneration) {
  std::string text;
  for (const auto& step : regeneration.steps) text += (text.empty() ? "" : "; ") + step.command;
  return text;
}

std::string_view tool_of(const Regeneration& regeneration, const Generator& generator) {
  const auto name = ascii_lower(generator.tool);
  for (const std::string_view alias : {std::string_view{name}, name == "aclocal" ? std::string_view{"automake"} : std::string_view{},
                                       name == "autoheader" || name == "autotools" ? std::string_view{"autoconf"} : std::string_view{}})
    if (const auto tool = alias.empty() ? std::string_view{} : regeneration.tool(alias); !tool.empty()) return tool;
  return {};
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

/// The same lines in the same order, but for stamps of version and date; how many differ, and whether all of those are comments.
struct StampedLines {
  std::size_t differ = 0;
  bool only_comments = true;
};
std::optional<StampedLines> same_but_for_stamps(std::string_view made, std::string_view shipped) {
  const auto a = split_lines(made);
  const auto b = split_lines(shipped);
  if (a.size() != b.size()) return std::nullopt;
  StampedLines lines;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    if (stamp_skeleton(a[i]) != stamp_skeleton(b[i])) return std::nullopt;
    ++lines.differ;
    lines.only_comments = lines.only_comments && is_comment_line(normalise_line(b[i]));
  }
  return lines;
}

/// A generator of another version, or on another day, writes the same but for its stamps. A stamp in a comment, or in a text that
/// nothing executes, changes nothing; elsewhere the file is as if put together of known lines.
std::optional<Explanation> explain_stamped(const ExplainContext& context, const RegeneratedFile& file) {
  if (!looks_like_text(file.content) || !looks_like_text(*context.content)) return std::nullopt;
  const auto lines = same_but_for_stamps(as_text(file.content), context.text());
  if (!lines) return std::nullopt;
  const bool harmless = lines->only_comments || context.entry.reach > Reach::compiled;
  return make_explanation(harmless ? Proof::derived : Proof::composed, "regenerated",
                          {{"recipe", context.regeneration->recipe},
                           {"differs from what was made", fmt::format("in stamps of version and date, {}", count_of(lines->differ, "line"))}});
}

}  // namespace

std::optional<Explanation> explain_regenerated(ExplainContext& context) {
  if (context.regeneration == nullptr || context.content == nullptr) return std::nullopt;
  for (const auto& file : context.regeneration->find(context.reference_path)) {
    if (file.content != *context.content) continue;
    std::vector<std::pair<std::string, std::string>> evidence{{"recipe", context.regeneration->recipe},
                                                              {"commands", steps_in_words(*context.regeneration)},
                                                              {"made in", file.place == "dist" ? "the release that the recipe makes" : "the tree"}};
    if (const auto generator = claimed_generator(context.difference.path, context.text()))
      if (const auto tool = tool_of(*context.regeneration, *generator); !tool.empty()) evidence.emplace_back("tool", tool);
    return make_explanation(Proof::regenerated, "regenerated", std::move(evidence));
  }
  for (const auto& file : context.regeneration->find(context.reference_path))
    if (auto stamped = explain_stamped(context, file)) return stamped;
  if (context.difference.status != EntryStatus::added || context.content->empty()) return std::nullopt;
  if (const auto* path = made_elsewhere(context))
    return make_explanation(Proof::regenerated, "regenerated",
                            {{"recipe", context.regeneration->recipe}, {"commands", steps_in_words(*context.regeneration)}, {"made as", *path}});
  return std::nullopt;
}

}  // namespace assay::provenance
