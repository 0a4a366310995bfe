// The same bytes stand at another path of the reference. That proves the bytes, not that they belong where they stand now: what tools
// there are on another machine, and which names they look for in which directory, nobody knows. So a copy or move is proven only
// where its name here is known to mean nothing to a tool, or to mean what it means there.
#include <algorithm>

#include "base/text.hpp"
#include "provenance/build_mentions.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/reach.hpp"

namespace assay::provenance {

namespace {

const TreeEntry* find_in_release(const ExplainContext& context, const std::string& path) {
  return context.subject == nullptr ? nullptr : context.subject->find(context.mapping.to_subject(path));
}

/// A text for people, that nothing runs, there and here.
bool is_read_by_people(ExplainContext& context) {
  if (!is_prose(context.difference.path) || !is_prose(context.difference.reference->path) ||
      context.difference.subject->executable() || context.difference.path.ends_with(".html"))
    return false;
  const auto* bytes = context.counterpart();
  return bytes != nullptr && looks_like_text(*bytes) && !as_text(*bytes).starts_with("#!") &&
         !holds_prompts(as_text(*bytes)) && !is_page_or_template(as_text(*bytes));
}

/// `NAME.dist` is what NAME is distributed as, where the build says so; cargo keeps the manifest as it was in `Cargo.toml.orig`; Automake's `stamp-vti` is a
/// copy of version.texi, of which nothing but the date counts.
bool is_made_from_neighbour(const ExplainContext& context, std::string_view here, std::string_view there) {
  if (path_dirname(context.reference_path) != path_dirname(there)) return false;
  const auto name = path_basename(here), source = path_basename(there);
  if (source == std::string{name} + ".dist") return is_named_by_build(context, source);
  return (source == "Cargo.toml" && name == "Cargo.toml.orig") || (source == "version.texi" && name == "stamp-vti");
}

/// gnulib-tool copies what a project keeps in `gl/`, its changes to gnulib's own, to where it copies gnulib's.
bool is_gnulib_override(const ExplainContext& context, std::string_view here, std::string_view there) {
  static constexpr std::string_view k_tests[] = {"gnulib-tests", "gltests", "gl-tests", "lib-tests"};
  if (context.reference.manifest().find("bootstrap.conf") == nullptr || path_basename(here) != path_basename(there))
    return false;
  const auto from = path_dirname(there), to = path_dirname(here);
  const bool compiled = reach_by_name(here).reach == Reach::compiled;
  if (from == "gl/lib") return to == "lib" && compiled;
  if (from == "gl/m4") return to == "m4" && here.ends_with(".m4");
  return from == "gl/tests" && compiled && std::find(std::begin(k_tests), std::end(k_tests), to) != std::end(k_tests);
}

bool means_the_same(ExplainContext& context) {
  const auto& here = context.difference.path;
  const auto& there = context.difference.reference->path;
  // What stands beside the release's own directory stands nowhere in version control.
  if (!context.mapping.to_reference(context.difference.subject->path)) return false;
  return is_read_by_people(context) || is_made_from_neighbour(context, here, there) ||
         is_gnulib_override(context, here, there);
}

/// The template that it would be made from, of which nothing had to be filled in: as if put together of its lines. One that is compiled
/// is no document: what its `#undef` lines become, a build tells.
bool is_template_of_itself(const ExplainContext& context) {
  const auto& here = context.difference.path;
  return reach_by_name(here).reach != Reach::compiled &&
         context.difference.reference->path == context.reference_path + ".in" && !is_hidden(here) &&
         reach_by_name(here).reach != Reach::executed && !context.difference.subject->executable();
}

/// What to look at first, for who reads the finding.
std::string_view doubt(const ExplainContext& context) {
  const auto& here = context.difference.path;
  const auto& there = context.difference.reference->path;
  if (!context.mapping.to_reference(context.difference.subject->path))
    return "it stands outside of the release's own directory";
  if (stands_aside(there) && !stands_aside(here)) return "there it stands aside from what is built";
  if (is_hidden(here) && !is_hidden(there)) return "here it is hidden, as the configuration of tools is";
  if (path_basename(here) != path_basename(there)) return "it has another name here, and a tool may look for that";
  if (const auto home = context.mapping.from_reference(there); home && find_in_release(context, *home) != nullptr)
    return "it stands there too; this copy is in no place that version control has";
  return "a tool may look for its name in this directory, where version control does not have it";
}

/// Build systems copy what an upstream published, under its name, to where they need it; and the project's own generators copy too.
std::optional<Explanation> explain_place(ExplainContext& context) {
  if (auto known = explain_known(context)) return known;
  if (context.regeneration == nullptr) return std::nullopt;
  auto as_shipped = context;
  as_shipped.content = context.counterpart();
  return explain_regenerated(as_shipped);
}

}  // namespace

std::optional<Explanation> explain_moved(ExplainContext& context) {
  if (context.difference.status != EntryStatus::moved) return std::nullopt;
  const auto& origin = *context.difference.reference;
  auto explanation = make_explanation(Proof::identical, "moved",
                                      {{"path in VCS", origin.path}, {"blob", origin.digests.git_oid.hex()}});
  if (means_the_same(context)) return explanation;
  if (auto placed = explain_place(context)) return placed;
  explanation.proof = is_template_of_itself(context) ? Proof::composed : Proof::unexplained;
  if (explanation.proof == Proof::unexplained) explanation.evidence.emplace_back("reach", doubt(context));
  return explanation;
}

}  // namespace assay::provenance
