// Byte-identical to what the project's own generators made of the VCS tree, in the sandbox, with a pristine toolchain.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "provenance/comment_lines.hpp"
#include "provenance/exact_lines.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/generator.hpp"
#include "provenance/pdf_alike.hpp"
#include "provenance/reach.hpp"
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

/// Where this very content was made, if not here.
std::string_view made_in_another_place(const ExplainContext& context) {
  for (const auto place : made_elsewhere(*context.regeneration, context.reference_path))
    for (const auto& file : context.regeneration->find(place))
      if (file.content == *context.content) return place;
  return {};
}

/// The same lines in the same order, but for stamps of version and date; how many differ, and whether each is a comment, or only
/// says which release this is.
struct StampedLines {
  std::size_t differ = 0;
  bool only_comments = true;  ///< or in how strictly Automake looks
  bool only_of_release = true;
  bool strictness = false;
};

/// How strictly Automake looks at the package when it makes a Makefile.in anew: what it makes is the same.
std::string without_strictness(std::string_view line) {
  std::string text{line};
  for (const std::string_view strictness : {"$(AUTOMAKE) --gnu ", "$(AUTOMAKE) --gnits ", "$(AUTOMAKE) --foreign "})
    if (const auto at = text.find(strictness); at != std::string::npos)
      text.replace(at, strictness.size(), "$(AUTOMAKE) ");
  return text;
}

/// A command of a Makefile.in's own rules that is the same but for that.
bool differs_in_strictness(std::string_view path, std::string_view made, std::string_view shipped) {
  return path_basename(path) == "Makefile.in" && made.starts_with('\t') && shipped.starts_with('\t') &&
         without_strictness(made) == without_strictness(shipped);
}

/// The header of a catalogue says when its template was made: to the minute, and of which zone.
bool is_creation_date(std::string_view path, std::string_view line) {
  constexpr std::string_view k_before = "\"POT-Creation-Date: ", k_behind = "\\n\"";
  if (!ends_with_any(path, {".po", ".pot"}) || !line.starts_with(k_before) || !line.ends_with(k_behind)) return false;
  line.remove_prefix(k_before.size());
  line.remove_suffix(std::min(k_behind.size(), line.size()));
  return line.find_first_not_of("0123456789-+: ") == std::string_view::npos;
}

/// What differs between builds of the tools and means nothing: strictness, and the mark of a distribution on the libtool that it
/// patched (`VERSION="2.4.7 Debian-2.4.7-7"`).
std::string without_marks(std::string_view line) {
  auto text = without_strictness(line);
  constexpr std::string_view k_mark = " Debian-";
  const auto at = text.find(k_mark);
  if (at == std::string::npos || text.find(k_mark, at + 1) != std::string::npos) return text;
  const auto end =
      std::min(text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz.~+-", at + k_mark.size()), text.size());
  text.erase(at, end - at);
  const auto open = text.find('"');
  const bool quotes_version = at < text.size() && text[at] == '"' && open != std::string::npos && open < at &&
                              text.find_first_not_of("0123456789.", open + 1) == at;
  if (quotes_version) text.erase(at, 1).erase(open, 1);
  return text;
}

/// In a document: is each stamp of `shipped` one of `made` too, or the release's?
bool stamps_are_known(std::string_view made, std::string_view shipped, const ReleaseClaims* release) {
  const auto old_stamps = find_stamps(made);
  const auto stamps = find_stamps(shipped);
  return std::all_of(stamps.begin(), stamps.end(), [&](const Stamp& stamp) {
    const auto token = shipped.substr(stamp.offset, stamp.size);
    const auto same = [&](const Stamp& old) { return made.substr(old.offset, old.size) == token; };
    if (std::any_of(old_stamps.begin(), old_stamps.end(), same)) return true;
    return release != nullptr && (release->is_version(token) || release->is_fitting_date(token));
  });
}

/// In code: does each stamp that differs say which release this is, where what was made says so of its own? Skeletons are the same of
/// any two numbers with dots: an address, the oldest version that will do.
bool stamps_are_of_release(std::string_view made, std::string_view shipped, std::string_view made_version,
                           const ReleaseClaims* release) {
  const auto before = without_marks(made), now = without_marks(shipped);
  if (before == now) return true;
  const auto old_stamps = find_stamps(before), stamps = find_stamps(now);
  if (stamps.size() != old_stamps.size() || release == nullptr) return false;
  std::size_t old_at = 0, at = 0;
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    const auto& old = old_stamps[i];
    const auto& stamp = stamps[i];
    if (before.substr(old_at, old.offset - old_at) != now.substr(at, stamp.offset - at)) return false;
    old_at = old.offset + old.size;
    at = stamp.offset + stamp.size;
    const auto token = std::string_view{now}.substr(stamp.offset, stamp.size);
    const auto old_token = std::string_view{before}.substr(old.offset, old.size);
    if (token != old_token && (old_token != made_version || !release->is_version(token))) return false;
  }
  return before.substr(old_at) == now.substr(at);
}

/// The version that a configure script was made for; empty if it is none.
std::string_view version_of_configure(std::string_view text) {
  constexpr std::string_view k_variable = "\nPACKAGE_VERSION='";
  const auto at = text.find(k_variable);
  if (at == std::string_view::npos) return {};
  const auto start = at + k_variable.size();
  const auto end = text.find_first_of("'\n", start);
  return end == std::string_view::npos ? std::string_view{} : text.substr(start, end - start);
}

std::optional<StampedLines> same_but_for_stamps(std::string_view path, std::string_view made, std::string_view shipped,
                                                const ReleaseClaims* release, bool code) {
  const auto a = exact_lines(made);
  const auto b = exact_lines(shipped);
  if (a.size() != b.size()) return std::nullopt;
  const CommentLines our_comments{path, made}, their_comments{path, shipped};
  const auto made_version = version_of_configure(made);
  StampedLines lines;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    if (is_creation_date(path, a[i]) && is_creation_date(path, b[i])) {
      ++lines.differ;
      continue;
    }
    if (stamp_skeleton(a[i]) != stamp_skeleton(b[i])) return std::nullopt;
    ++lines.differ;
    const bool strictness = differs_in_strictness(path, a[i], b[i]);
    lines.strictness = lines.strictness || strictness;
    const bool comment = strictness || (our_comments.at(i) && their_comments.at(i));
    lines.only_comments = lines.only_comments && comment;
    lines.only_of_release =
        lines.only_of_release && (comment || (code ? stamps_are_of_release(a[i], b[i], made_version, release)
                                                   : stamps_are_known(a[i], b[i], release)));
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

/// A document of another day. What it shows is the same.
std::optional<Explanation> explain_document(const ExplainContext& context, const RegeneratedFile& file) {
  if (!context.difference.path.ends_with(".pdf") || !same_pdf_but_for_dates(file.content, *context.content))
    return std::nullopt;
  return make_explanation(
      Proof::derived, "regenerated",
      with_others(file, {{"recipe", context.regeneration->recipe},
                         {"commands", steps_in_words(*context.regeneration)},
                         {"differs from what was made", "in dates and identifiers of the document"}}));
}

/// A generator of another version, or on another day, writes the same but for its stamps. A stamp in a comment, or the release's
/// own in a text that nothing executes, changes nothing; in code the release's own makes the file as if put together of known lines,
/// and another is a change.
std::optional<Explanation> explain_stamped(const ExplainContext& context, const RegeneratedFile& file) {
  if (!looks_like_text(file.content) || !looks_like_text(*context.content)) return std::nullopt;
  const bool code = !is_document_by_name(context.entry) || context.difference.subject->executable() ||
                    context.text().starts_with("#!");
  const auto lines =
      same_but_for_stamps(context.difference.path, as_text(file.content), context.text(), context.release, code);
  if (!lines) return std::nullopt;
  if (code && !lines->only_of_release) return std::nullopt;
  const bool harmless = lines->only_comments || (!code && lines->only_of_release);
  return make_explanation(
      harmless ? Proof::derived : Proof::composed, "regenerated",
      with_others(file, {{"recipe", context.regeneration->recipe},
                         {"differs from what was made",
                          fmt::format("in stamps of version and date{}, {}",
                                      lines->strictness ? " and in how strictly Automake looks" : "",
                                      count_of(lines->differ, "line"))}}));
}

}  // namespace

std::optional<Explanation> explain_regenerated(ExplainContext& context) {
  if (context.regeneration == nullptr || context.content == nullptr) return std::nullopt;
  for (const auto& file : context.regeneration->find(context.reference_path)) {
    if (file.content != *context.content) continue;
    auto evidence =
        with_others(file, {{"recipe", context.regeneration->recipe},
                           {"commands", steps_in_words(*context.regeneration)},
                           {"made in", file.place == "dist" ? "the release that the recipe makes" : "the tree"}});
    if (const auto generator = claimed_generator(context.difference.path, context.text()))
      if (const auto tool = tool_of(*context.regeneration, *generator); !tool.empty())
        evidence.emplace_back("tool", tool);
    return as_part_of_release(context, file, make_explanation(Proof::regenerated, "regenerated", std::move(evidence)));
  }
  for (const auto& file : context.regeneration->find(context.reference_path)) {
    for (const auto explain : {explain_end, explain_document, explain_stamped})
      if (auto same = explain(context, file)) return as_part_of_release(context, file, std::move(*same));
  }
  // Where the generators made another file, the one they made elsewhere would be in its place.
  if (context.difference.status != EntryStatus::added || context.content->empty() ||
      !context.regeneration->find(context.reference_path).empty())
    return std::nullopt;
  if (const auto path = made_in_another_place(context); !path.empty())
    return make_explanation(Proof::regenerated, "regenerated",
                            {{"recipe", context.regeneration->recipe},
                             {"commands", steps_in_words(*context.regeneration)},
                             {"made as", std::string{path}}});
  return std::nullopt;
}

}  // namespace assay::provenance
