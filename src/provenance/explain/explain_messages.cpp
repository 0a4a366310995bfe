// Message catalogues: a compiled one (.gmo, .mo) from the .po of VCS, a merged .po or .pot from its own version in VCS.
#include <fmt/format.h>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/message_catalog.hpp"

namespace assay::provenance {

namespace {

std::optional<MessageCatalog> read_po(const ExplainContext& context, const std::string& path) {
  const auto* entry = context.reference.manifest().find(path);
  if (entry == nullptr || entry->kind != EntryKind::regular) return std::nullopt;
  const auto content = context.reference.read(*entry, context.max_read);
  if (!content) return std::nullopt;
  auto catalog = parse_po(as_text(*content));
  if (!catalog) return std::nullopt;
  return std::move(*catalog);
}

Explanation malformed(const Error& error) {
  return make_explanation(Proof::unexplained, "messages", {{"malformed", "message catalogue: " + error.message}});
}

std::optional<Explanation> explain_compiled(ExplainContext& context, std::string_view suffix) {
  const auto catalog = parse_mo(*context.content);
  if (!catalog) return malformed(catalog.error());
  const auto source_path = context.reference_path.substr(0, context.reference_path.size() - suffix.size()) + ".po";
  const auto source = read_po(context, source_path);
  if (!source || !catalogue_mismatch(*catalog, *source).empty()) return std::nullopt;
  return make_explanation(Proof::derived, "messages", {{"compiled from", source_path}, {"messages", std::to_string(catalog->size())}});
}

std::optional<Explanation> explain_merged(ExplainContext& context) {
  const auto catalog = parse_po(context.text());
  if (!catalog) return malformed(catalog.error());
  const auto source = read_po(context, context.reference_path);
  if (!source || !merge_mismatch(*catalog, *source).empty()) return std::nullopt;
  return make_explanation(Proof::derived, "messages", {{"merged from", context.reference_path}, {"messages", std::to_string(catalog->size())}});
}

/// A template translates nothing; each of its ids has to be one that some .po of VCS beside it has.
std::optional<Explanation> explain_template(ExplainContext& context) {
  const auto catalog = parse_po(context.text());
  if (!catalog) return malformed(catalog.error());
  const auto directory = std::string{path_dirname(context.reference_path)};
  MessageCatalog all;
  for (const auto& entry : context.reference.manifest().entries())
    if (path_dirname(entry.path) == directory && entry.path.ends_with(".po"))
      if (auto one = read_po(context, entry.path)) all.merge(*one);
  for (const auto& [key, message] : *catalog)
    if (!key.empty() && (!all.contains(key) || message.translation.find_first_not_of('\0') != std::string::npos)) return std::nullopt;
  if (all.empty()) return std::nullopt;
  return make_explanation(Proof::derived, "messages", {{"ids stand in", "the .po files beside it"}, {"messages", std::to_string(catalog->size())}});
}

}  // namespace

std::optional<Explanation> explain_messages(ExplainContext& context) {
  if (context.content == nullptr || context.content->empty() || context.difference.subject == nullptr) return std::nullopt;
  const std::string_view path = context.difference.path;
  if (path.ends_with(".gmo")) return explain_compiled(context, ".gmo");
  if (path.ends_with(".mo")) return explain_compiled(context, ".mo");
  if (path.ends_with(".po") && context.difference.status == EntryStatus::modified) return explain_merged(context);
  if (path.ends_with(".pot")) return explain_template(context);
  return std::nullopt;
}

}  // namespace assay::provenance
