// Line ends, as git itself would have written them: by an `eol` attribute everywhere, by `text` or by its settings in a checkout on
// Windows, where all texts of the release have them. To what reads a script or list line by line `word` and `word\r` are two
// things, so anything else is a proof of prose alone.
#include "base/text.hpp"
#include "provenance/answers.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/reach.hpp"

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

/// What git does with the line ends of a file when it writes it to disk (gitattributes(5), `text` and `eol`).
enum class Conversion : unsigned char {
  never,        ///< `-text`, `eol=lf`: the blob is written as it is
  everywhere,   ///< `eol=crlf`
  on_windows,   ///< `text`, `text=auto`: as the platform has it
  by_settings,  ///< nothing is said: where core.autocrlf is set, as it is by default on Windows
};

Conversion conversion_of(const vcs::Attributes& attributes, std::string_view path) {
  const auto text = attributes.get(path, "text");
  const auto crlf = attributes.get(path, "crlf");  // the old name of `text`
  const auto eol = attributes.get(path, "eol");
  if (text.is_unset() || (text.kind == vcs::AttributeState::Kind::unspecified && crlf.is_unset()))
    return Conversion::never;
  if (eol.is_value("lf") || crlf.is_value("input") || text.is_value("input")) return Conversion::never;
  if (eol.is_value("crlf")) return Conversion::everywhere;
  const bool set = text.is_set() || text.is_value("auto") || crlf.is_set();
  return set ? Conversion::on_windows : Conversion::by_settings;
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

/// Was the release made of a checkout on Windows? There every text has such line ends: one that has the blob's own, and is converted
/// by the same rule, tells that this one was chosen. Fails closed where the release is too large to be looked through for each file.
bool is_checkout_of_windows(const ExplainContext& context) {
  constexpr std::size_t k_most_looked_at = 20'000;
  if (context.subject == nullptr) return false;
  std::size_t looked_at = 0;
  for (const auto& entry : context.subject->entries()) {
    if (entry.kind != EntryKind::regular || entry.size < 2) continue;
    if (++looked_at > k_most_looked_at) return false;
    const auto path = context.mapping.to_reference(entry.path);
    const auto* const blob = path ? context.reference.manifest().find(*path) : nullptr;
    if (blob == nullptr || blob->digests.git_oid != entry.digests.git_oid) continue;
    const auto conversion = conversion_of(context.reference.attributes(), *path);
    if (conversion != Conversion::on_windows && conversion != Conversion::by_settings) continue;
    const auto content = context.reference.read(*blob, context.max_read);
    if (content && looks_like_text(*content) && as_text(*content).find('\n') != std::string_view::npos &&
        as_text(*content).find('\r') == std::string_view::npos)
      return false;
  }
  return true;
}

/// To people alone a line is one however it ends.
bool is_for_people(const ExplainContext& context) {
  return is_prose(context.difference.path) && !context.difference.subject->executable() &&
         !context.text().starts_with("#!");
}

/// How far git accounts for the release's line ends; nothing if it never wrote them.
std::optional<Proof> proof_of(const ExplainContext& context, std::string_view before, Conversion conversion) {
  if (conversion == Conversion::never) return std::nullopt;
  if (is_for_people(context)) return Proof::normalized;
  // Git writes carriage returns and takes none away, and without `eol` it leaves a blob alone that has some.
  if (context.text().find('\r') == std::string_view::npos) return std::nullopt;
  if (conversion == Conversion::everywhere) return Proof::normalized;
  if (before.find('\r') != std::string_view::npos) return std::nullopt;
  const auto windows =
      context.answers.ask<bool>("checkout of windows", [&] { return is_checkout_of_windows(context); });
  if (windows == nullptr || !*windows) return std::nullopt;
  // A shell and make read the backslash before a carriage return as one before a letter, and what looks for a line in a list of them
  // does not find it. Compilers alone do not care.
  const bool normal = conversion == Conversion::on_windows && context.entry.reach == Reach::compiled;
  return normal ? Proof::normalized : Proof::composed;
}

}  // namespace

std::optional<Explanation> explain_eol(ExplainContext& context) {
  if (context.difference.status != EntryStatus::modified || context.content == nullptr) return std::nullopt;
  if (!looks_like_text(*context.content)) return std::nullopt;
  const auto& reference = *context.difference.reference;
  if (reference.kind != EntryKind::regular) return std::nullopt;
  const auto text = context.text();
  const auto* const blob = context.counterpart();
  if (blob == nullptr) return std::nullopt;
  const auto before = as_text(*blob);
  const bool has_cr = text.find('\r') != std::string_view::npos || before.find('\r') != std::string_view::npos;
  if (!has_cr || !has_uniform_line_ends(text) || fold_line_ends(text) != fold_line_ends(before)) return std::nullopt;
  const auto& attributes = context.reference.attributes();
  const auto proof = proof_of(context, before, conversion_of(attributes, reference.path));
  if (!proof) return std::nullopt;
  const auto rule = rule_of(attributes, reference.path);
  return make_explanation(*proof, "eol",
                          {{"attribute", rule.empty() ? "none: differs only by line ends" : rule},
                           {"blob", reference.digests.git_oid.hex()}});
}

}  // namespace assay::provenance
