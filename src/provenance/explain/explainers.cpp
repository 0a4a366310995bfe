#include <algorithm>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/judging_ahead.hpp"

namespace assay::provenance {

namespace {

// Strongest proof first. `serial` stands after `known`, because a known content needs no header to vouch for it, and
// before `composed`, because a false claim is not healed by lines that happen to be known.
constexpr Explainer k_explainers[] = {
    {"moved", explain_moved},
    {"mode", explain_mode},
    {"followed-link", explain_followed_link},
    {"export-ignore", explain_export_ignore},
    {"left-out", explain_left_out},
    {"eol", explain_eol},
    {"ident", explain_ident},
    {"export-subst", explain_export_subst},
    {"lfs", explain_lfs},
    {"known", explain_known},
    {"regenerated", explain_regenerated},
    {"restored", explain_restored},
    {"made-alike", explain_made_alike},
    {"aclocal", explain_aclocal},
    {"manual", explain_manual},
    {"messages", explain_messages},
    {"sdist", explain_sdist},
    {"cargo", explain_cargo},
    {"npm", explain_npm},
    {"stamps", explain_stamps},
    {"version-file", explain_version_file},
    {"history", explain_history},
    {"serial", explain_serial},
    {k_of_submodule, explain_submodule},
    {"composed", explain_composed},
};

}  // namespace

std::span<const Explainer> explainers() noexcept {
  return k_explainers;
}

const Bytes* ExplainContext::counterpart() {
  const auto* const blob = difference.reference;
  if (blob == nullptr || blob->kind != EntryKind::regular) return nullptr;
  if (!read_counterpart && ahead != nullptr) read_counterpart = ahead->take_counterpart(*blob);
  if (!read_counterpart) read_counterpart = reference.read(*blob, max_read);
  return *read_counterpart ? &**read_counterpart : nullptr;
}

std::optional<std::string_view> ExplainContext::text_before() {
  const auto* const before = difference.status == EntryStatus::modified ? counterpart() : nullptr;
  if (before == nullptr || !looks_like_text(*before)) return std::nullopt;
  return as_text(*before);
}

Novelty ExplainContext::measure_novelty() {
  const auto* const subject_entry = difference.subject;
  if (ahead != nullptr && difference.status != EntryStatus::modified && subject_entry != nullptr &&
      subject_entry->sha256_known)
    if (auto done = ahead->novelty_of(reference_path, subject_entry->digests.sha256)) return *std::move(done);
  return novelty.measure(reference_path, text(), text_before());
}

Explanation as_part_of_release(const ExplainContext& context, const RegeneratedFile& file, Explanation explanation) {
  const auto why_not = why_not_released(*context.regeneration, context.reference_path, file);
  if (why_not.empty()) return explanation;
  explanation.proof = std::max(explanation.proof, Proof::composed);
  explanation.evidence.emplace_back("no part of a release", why_not);
  return explanation;
}

Explanation make_explanation(Proof proof, std::string_view explainer,
                             std::vector<std::pair<std::string, std::string>> evidence) {
  return Explanation{proof, std::string{explainer}, std::move(evidence)};
}

}  // namespace assay::provenance
