// Line ends. With a `text`, `eol` or `crlf` attribute the conversion is the repository's own rule; without one the file
// differs only by line ends, which is a proof of prose: to what reads a list or script line by line, `word` and `word\r` are two
// things, so there it is a proof of the lines alone.
#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

namespace {

/// LF for every CRLF. A lone CR stays: it is content.
std::string fold_line_ends(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 >= text.size() || text[i + 1] != '\n') folded.push_back(text[i]);
  return folded;
}

/// A conversion makes all line ends alike. A carriage return on chosen lines changes what a script does there, or spells a message.
bool has_uniform_line_ends(std::string_view text) {
  const auto marked = [&](std::size_t at) { return at > 0 && text[at - 1] == '\r'; };
  const auto first = text.find('\n');
  if (first == std::string_view::npos) return true;
  for (auto at = first; at != std::string_view::npos; at = text.find('\n', at + 1))
    if (marked(at) != marked(first)) return false;
  return true;
}

/// `-text` or `binary` says that git never converts the file: then a changed line end is a change.
bool never_converted(const vcs::Attributes& attributes, std::string_view path) {
  return attributes.get(path, "text").is_unset() || attributes.get(path, "crlf").is_unset();
}

/// The attribute that has the line ends converted; empty if there is none.
std::string rule_of(const vcs::Attributes& attributes, std::string_view path) {
  for (const std::string_view name : {"eol", "text", "crlf"}) {
    const auto state = attributes.get(path, name);
    if (state.is_set()) return std::string{name};
    if (state.kind == vcs::AttributeState::Kind::value) return std::string{name} + "=" + state.value;
  }
  return {};
}

/// Read by people alone. `.txt` is no such promise: lists that programs read are called that.
bool is_prose(const AssessedEntry& entry) {
  return entry.reach == Reach::inert && (entry.reach_reason == "documentation" || entry.reach_reason == "licence" ||
                                         entry.reach_reason == "change log");
}

}  // namespace

std::optional<Explanation> explain_eol(ExplainContext& context) {
  if (context.difference.status != EntryStatus::modified || context.content == nullptr) return std::nullopt;
  if (!looks_like_text(*context.content)) return std::nullopt;
  const auto& reference = *context.difference.reference;
  // Folding only ever shortens by one byte a line, so sizes that differ by more than half cannot be that.
  if (reference.kind != EntryKind::regular) return std::nullopt;
  if (never_converted(context.reference.attributes(), reference.path)) return std::nullopt;
  const auto text = context.text();
  const auto* const blob = context.counterpart();
  if (blob == nullptr) return std::nullopt;
  const bool has_cr = text.find('\r') != std::string_view::npos || as_text(*blob).find('\r') != std::string_view::npos;
  if (!has_cr || !has_uniform_line_ends(text) || fold_line_ends(text) != fold_line_ends(as_text(*blob)))
    return std::nullopt;
  const auto rule = rule_of(context.reference.attributes(), reference.path);
  return make_explanation(rule.empty() && !is_prose(context.entry) ? Proof::composed : Proof::normalized, "eol",
                          {{"attribute", rule.empty() ? "none: differs only by line ends" : rule},
                           {"blob", reference.digests.git_oid.hex()}});
}

}  // namespace assay::provenance
