#include "provenance/explain/explainer.hpp"

namespace assay::provenance {

namespace {

// Strongest proof first. `serial` stands after `known`, because a known content needs no header to vouch for it, and
// before `composed`, because a false claim is not healed by lines that happen to be known.
constexpr Explainer k_explainers[] = {
    {"moved", explain_moved},
    {"mode", explain_mode},
    {"export-ignore", explain_export_ignore},
    {"eol", explain_eol},
    {"ident", explain_ident},
    {"export-subst", explain_export_subst},
    {"lfs", explain_lfs},
    {"known", explain_known},
    {"regenerated", explain_regenerated},
    {"manual", explain_manual},
    {"messages", explain_messages},
    {"sdist", explain_sdist},
    {"cargo", explain_cargo},
    {"npm", explain_npm},
    {"stamps", explain_stamps},
    {"version-file", explain_version_file},
    {"history", explain_history},
    {"serial", explain_serial},
    {"composed", explain_composed},
};

}  // namespace

std::span<const Explainer> explainers() noexcept { return k_explainers; }

Explanation make_explanation(Proof proof, std::string_view explainer,
                             std::vector<std::pair<std::string, std::string>> evidence) {
  return Explanation{proof, std::string{explainer}, std::move(evidence)};
}

}  // namespace assay::provenance
