// Renderers turn an Assessment into the text of one report. Pure: the same input gives the same bytes, whatever the
// time, the locale or the terminal.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/assessment.hpp"

namespace assay::report {

enum class Color : std::uint8_t { yes, no };

enum class Verbosity : std::uint8_t {
  quiet,    ///< the verdict and why, nothing else
  normal,   ///< one screen
  verbose,  ///< everything
};

struct RenderOptions {
  Color color = Color::no;                  ///< text only
  Verbosity verbosity = Verbosity::normal;  ///< text only
  std::size_t columns = 100;                ///< text only: width of the lines
  Severity fail_on = Severity::high;        ///< what the exit code that the report names depends on
  std::span<const Rule> rules;              ///< every rule there is: metadata for SARIF
};

/// A report format: one file, one line in the table.
struct Renderer {
  std::string_view name;         ///< as `--format` takes it
  std::string_view description;  ///< one line for the help
  std::string (*render)(const Assessment&, const RenderOptions&);
  bool names_ruleset = false;   ///< says Assessment::ruleset, so that the rule data is worth hashing
  bool shows_exhibits = false;  ///< reads Assessment::exhibits, so that they are worth gathering
};

/// Every format, in the order the help shows them.
std::span<const Renderer> renderers() noexcept;

/// The renderer of that name; null if there is none.
const Renderer* find_renderer(std::string_view name) noexcept;

/// Summary first, then what matters, then counts, then what to do: about one screen unless verbose.
std::string render_text(const Assessment& assessment, const RenderOptions& options);

/// docs/schema/assessment-1.json.
std::string render_json(const Assessment& assessment, const RenderOptions& options);

/// SARIF 2.1.0 (OASIS, errata 01) within the limits of GitHub code scanning.
std::string render_sarif(const Assessment& assessment, const RenderOptions& options);

/// GitHub-flavoured Markdown for the summary of a CI job.
std::string render_markdown(const Assessment& assessment, const RenderOptions& options);

/// One self-contained page: no script, no network, bounded in size.
std::string render_html(const Assessment& assessment, const RenderOptions& options);

}  // namespace assay::report
