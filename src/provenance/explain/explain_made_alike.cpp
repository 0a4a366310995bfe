// Not byte for byte what the generators made here, but the same to whoever reads it: a makefile without what nothing uses, a list
// that was sorted in another locale, code under another banner. A file is judged by what its own kind says is nothing.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/generated_source.hpp"
#include "provenance/makefile_in.hpp"
#include "provenance/sorted_items.hpp"

namespace assay::provenance {

namespace {

Explanation alike(const ExplainContext& context, Proof proof, std::string difference) {
  return make_explanation(
      proof, "made-alike",
      {{"recipe", context.regeneration->recipe}, {"differs from what was made", std::move(difference)}});
}

std::string in_words(const MakefileDifference& difference) {
  std::vector<std::string> parts;
  if (difference.comments > 0) parts.push_back(count_of(difference.comments, "line") + " of comment");
  if (!difference.unused.empty())
    parts.push_back(fmt::format("it lacks {}, which nothing in it uses", fmt::join(difference.unused, ", ")));
  if (!difference.lists.empty()) parts.push_back(fmt::format("other files in {}", fmt::join(difference.lists, ", ")));
  if (!difference.versions.empty())
    parts.push_back(fmt::format("as another Automake of its kind writes it: {}", fmt::join(difference.versions, ", ")));
  return parts.empty() ? "in how strictly Automake was asked to look" : fmt::format("{}", fmt::join(parts, "; "));
}

/// Composed where who keeps the package would see a difference, and who builds it would not.
std::optional<Explanation> as_makefile(const ExplainContext& context, std::string_view made) {
  if (path_basename(context.difference.path) != "Makefile.in") return std::nullopt;
  const auto difference = harmless_difference(made, context.text());
  if (!difference) return std::nullopt;
  const bool nothing = difference->unused.empty() && difference->lists.empty() && difference->versions.empty();
  return alike(context, nothing ? Proof::derived : Proof::composed, in_words(*difference));
}

std::optional<Explanation> as_sorted(const ExplainContext& context, std::string_view made) {
  const auto moved = lines_sorted_otherwise(made, context.text());
  if (!moved) return std::nullopt;
  return alike(context, Proof::composed,
               fmt::format("{} sorted as another locale sorts them", count_of(*moved, "line")));
}

/// Whoever else has that name, header or compiler's option, decides what the file comes to.
bool is_known_elsewhere(const ExplainContext& context, std::string_view guard) {
  const auto& entries = context.reference.manifest().entries();
  return std::any_of(entries.begin(), entries.end(), [&](const TreeEntry& entry) {
    if (entry.kind != EntryKind::regular) return false;
    const auto content = context.reference.read(entry, context.max_read);
    return !content || as_text(*content).find(guard) != std::string_view::npos;
  });
}

std::optional<Explanation> as_source(const ExplainContext& context, std::string_view made) {
  if (!ends_with_any(context.difference.path, {".c", ".h", ".cc", ".hh", ".cpp", ".hpp", ".cxx", ".hxx"}))
    return std::nullopt;
  const auto difference = same_code(made, context.text(), path_basename(context.difference.path));
  if (!difference || (!difference->guard.empty() && is_known_elsewhere(context, difference->guard)))
    return std::nullopt;
  return alike(context, Proof::derived,
               fmt::format("in {} of comment and #line{}", count_of(difference->lines, "line"),
                           difference->guard.empty() ? "" : ", and in the name of its include guard"));
}

}  // namespace

std::optional<Explanation> explain_made_alike(ExplainContext& context) {
  if (context.regeneration == nullptr || context.content == nullptr || !looks_like_text(*context.content) ||
      context.difference.status != EntryStatus::added || context.difference.subject->executable())
    return std::nullopt;
  for (const auto& file : context.regeneration->find(context.reference_path)) {
    if (!looks_like_text(file.content)) continue;
    for (const auto judge : {as_makefile, as_sorted, as_source})
      if (auto explanation = judge(context, as_text(file.content))) {
        if (!file.with.empty()) explanation->evidence.emplace_back("made with", file.with);
        return as_part_of_release(context, file, std::move(*explanation));
      }
  }
  return std::nullopt;
}

}  // namespace assay::provenance
