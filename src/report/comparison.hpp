// Renderers of a Comparison, as renderer.hpp has them for an Assessment. Pure: the same input gives the same bytes.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/comparison.hpp"
#include "report/renderer.hpp"

namespace assay::report {

struct ComparisonOptions {
  Color color = Color::no;  ///< text only
  Verbosity verbosity =
      Verbosity::normal;      ///< text only: quiet the answer, normal a screen, verbose everything (`--details`)
  std::size_t columns = 100;  ///< text only: width of the lines of prose
  std::optional<std::string>
      item;  ///< text only: show this item in full and nothing else (`--diff PATH`); "" is the artifact itself
  std::span<const Rule> rules;  ///< SARIF only: what its new findings are described by
};

struct ComparisonRenderer {
  std::string_view name;
  std::string (*render)(const Comparison&, const ComparisonOptions&);
};

/// The renderer of that name; null if there is none.
const ComparisonRenderer* find_comparison_renderer(std::string_view name) noexcept;

/// Root causes first, what is left over next, at most a screen unless verbose.
std::string render_comparison_text(const Comparison& comparison, const ComparisonOptions& options);

/// docs/schema/comparison-1.json.
std::string render_comparison_json(const Comparison& comparison, const ComparisonOptions& options);

/// SARIF 2.1.0: a result for each new finding, root cause and item with leftovers, as many as GitHub shows.
std::string render_comparison_sarif(const Comparison& comparison, const ComparisonOptions& options);

/// GitHub-flavoured Markdown for the summary of a CI job.
std::string render_comparison_markdown(const Comparison& comparison, const ComparisonOptions& options);

/// One self-contained page: the causal graph, and the views of what differs, collapsed.
std::string render_comparison_html(const Comparison& comparison, const ComparisonOptions& options);

/// The answer in one line: "2 causes explain every byte".
std::string comparison_headline(const Comparison& comparison);

/// What the exit code is and what it means.
std::string comparison_exit_line(const Comparison& comparison);

/// A change in one line, escaped: where, and what became what; at most `chars` for each side.
std::string describe_change(const Change& change, std::size_t chars);

/// "--ignore timestamp accepts it"; a guess is never accepted.
std::string how_to_accept(const RootCause& cause);

/// "4 consequences: build-id, md5sums (2)"; empty if there are none.
std::string describe_consequences(const Comparison& comparison, const std::vector<Consequence>& consequences);

}  // namespace assay::report
