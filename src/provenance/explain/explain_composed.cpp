// Last resort for text: count the lines that stand nowhere they could innocently come from. None left: `composed`.
// Some left: `unexplained`, and they are what a person has to read.
//
// A file that is in VCS too is never `composed`: taking a check away or putting lines in another order adds no novel
// line, and yet changes what the file does. Its lost lines are evidence instead. The same goes for a file that the generators
// made here: it has all of their lines in their order. And a file that is executed is never `composed` by this: known lines in an
// order of one's choice are a program of one's choice. Only line by line what its generator made will do (explain_regenerated). Anything
// else but a document has all lines of what it was made from, in their order, and no line more: which tools read it, nobody knows.
#include <fmt/format.h>

#include "base/text.hpp"
#include "provenance/exact_lines.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/m4_header.hpp"
#include "provenance/reach.hpp"

namespace assay::provenance {

namespace {

/// For a file that bears an upstream's name: which versions of it are known, and what its own header claims.
void note_upstream_name(ExplainContext& context, Explanation& explanation) {
  const auto name = path_basename(context.difference.path);
  const auto history = context.known.history_of(name);
  if (history.empty()) return;
  const auto& last = history.back();
  explanation.evidence.emplace_back("a file of this name is published by",
                                    fmt::format("{}:{}", last.upstream, last.path));
  if (!name.ends_with(".m4")) return;
  if (const auto serial = parse_m4_serial(context.text()))
    explanation.evidence.emplace_back(
        "note", fmt::format("claims serial {}, is not upstream's {}", serial->text, serial->text));
}

/// A whole file of an upstream's is no proof of what takes part in a build that did not ask for it.
void note_upstream_content(const ExplainContext& context, Explanation& explanation) {
  const auto& subject = *context.difference.subject;
  if (!subject.sha256_known) return;
  for (const auto& place : context.known.find(subject.digests.sha256)) {
    explanation.evidence.emplace_back("published by", fmt::format("{}:{}", place.upstream, place.path));
    explanation.evidence.emplace_back("doubt", "nothing that version control has for its build asks for this file");
    return;
  }
}

/// All of what the generators made, line for line, and something in between or behind it.
bool only_adds_lines(const ExplainContext& context) {
  if (context.regeneration == nullptr) return false;
  const auto shipped = exact_lines(context.text());
  for (const auto& file : context.regeneration->find(context.reference_path)) {
    if (!looks_like_text(file.content)) continue;
    const auto made = exact_lines(as_text(file.content));
    std::size_t met = 0;
    for (const auto line : shipped)
      if (met < made.size() && made[met] == line) ++met;
    if (met == made.size()) return true;
  }
  return false;
}

bool may_be_composed(const ExplainContext& context) {
  const bool executed = context.entry.reach == Reach::executed || context.difference.subject->executable() ||
                        context.text().starts_with("#!");
  if (executed || is_hidden(context.difference.path)) return false;
  // In what language a text is, and what a tool does with it, its name tells of documents alone.
  if (!is_document_by_name(context.entry))
    return context.novelty.has_lines_of_source(context.reference_path, context.text());
  return context.novelty.keeps_regenerated_order(context.reference_path, context.text());
}

}  // namespace

std::optional<Explanation> explain_composed(ExplainContext& context) {
  if (context.content == nullptr || context.difference.subject == nullptr) return std::nullopt;
  if (!looks_like_text(*context.content)) return std::nullopt;
  const bool modified = context.difference.status == EntryStatus::modified;
  auto novelty = context.measure_novelty();
  Explanation explanation;
  explanation.explainer = "composed";
  const bool composed = !modified && novelty.novel == 0 && novelty.lines > 0 && may_be_composed(context);
  explanation.proof = composed ? Proof::composed : Proof::unexplained;
  explanation.evidence = {{"lines", std::to_string(novelty.lines)},
                          {"lines in VCS", std::to_string(novelty.from_vcs)},
                          {"lines in known upstream files", std::to_string(novelty.from_known)},
                          {"novel lines", std::to_string(novelty.novel)}};
  if (context.regeneration != nullptr)
    explanation.evidence.insert(explanation.evidence.end() - 1,
                                {"lines in regenerated files", std::to_string(novelty.from_regenerated)});
  if (novelty.novel > 0 && only_adds_lines(context))
    explanation.evidence.emplace_back(k_regenerated_but_added,
                                      "its generators made this very file, without these lines");
  else if (context.regeneration != nullptr && !context.regeneration->find(context.reference_path).empty())
    explanation.evidence.emplace_back(
        "regenerated", novelty.novel > 0
                           ? "its generators made this file too, but not these lines"
                           : "its generators made this file too, but with other lines or in another order");
  if (modified) explanation.evidence.emplace_back(std::string{k_lost_lines}, std::to_string(novelty.lost));
  for (const auto& line : novelty.lost_kept) explanation.evidence.emplace_back("lost line", line);
  if (novelty.novel_comments > 0)
    explanation.evidence.emplace_back("novel lines that are comments", std::to_string(novelty.novel_comments));
  if (novelty.novel > 0) note_upstream_name(context, explanation);
  if (!modified && !composed && novelty.novel == 0) note_upstream_content(context, explanation);
  context.entry.novel_line_count = novelty.novel;
  context.entry.novel_lines = std::move(novelty.kept);
  return explanation;
}

}  // namespace assay::provenance
