#include "report/renderer.hpp"

#include <algorithm>
#include <array>

namespace assay::report {

namespace {

constexpr std::array k_renderers{
    Renderer{"text", "for people, at a terminal", render_text},
    Renderer{"json", "everything, for programs (docs/schema/assessment-1.json)", render_json, true},
    Renderer{"sarif", "SARIF 2.1.0, for code scanning", render_sarif, true},
    Renderer{"markdown", "for the summary of a CI job", render_markdown},
    Renderer{"html", "one page for an analyst, with bytes, lines and decoded stages", render_html, true, true},
};

}  // namespace

std::span<const Renderer> renderers() noexcept {
  return k_renderers;
}

const Renderer* find_renderer(std::string_view name) noexcept {
  const auto it = std::find_if(k_renderers.begin(), k_renderers.end(),
                               [&](const Renderer& renderer) { return renderer.name == name; });
  return it == k_renderers.end() ? nullptr : &*it;
}

}  // namespace assay::report
