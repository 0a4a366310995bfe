// Byte-identical to what the project's own generators made of the VCS tree, in the sandbox, with a pristine toolchain.
#include <fmt/format.h>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/generator.hpp"
#include "provenance/regeneration.hpp"

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
  return std::nullopt;
}

}  // namespace assay::provenance
