#include "cli/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::cli {

namespace {

struct Suffix {
  std::string_view suffix;
  std::string_view format;
};
constexpr Suffix k_suffixes[] = {{".json", "json"}, {".sarif", "sarif"},   {".md", "markdown"},
                                 {".txt", "text"},  {".html", "html"}, {".markdown", "markdown"}};

Result<const report::Renderer*> renderer_named(const std::string& name) {
  if (const auto* renderer = report::find_renderer(name)) return renderer;
  std::string names;
  for (const auto& renderer : report::renderers()) names += fmt::format("{}{}", names.empty() ? "" : ", ", renderer.name);
  return Error{ErrorCode::usage, fmt::format("there is no report format '{}'", escape_for_display(name)), {}, "the formats are: " + names};
}

Result<const report::Renderer*> renderer_for_file(const std::string& file) {
  for (const auto& [suffix, format] : k_suffixes)
    if (file.ends_with(suffix))
      if (const auto* renderer = report::find_renderer(format)) return renderer;
  return Error{ErrorCode::usage, "no report format follows from the file's suffix", file, "add --format"};
}

}  // namespace

Result<std::vector<Destination>> plan_output(const CommonOptions& options) {
  std::vector<Destination> destinations;
  bool standard_output_taken = false;
  for (std::size_t i = 0; i < std::max(options.formats.size(), options.outputs.size()); ++i) {
    Destination destination;
    if (i < options.outputs.size()) destination.file = options.outputs[i];
    if (destination.file == "-") destination.file.clear();
    if (i < options.formats.size()) {
      ASSAY_TRY(destination.renderer, renderer_named(options.formats[i]));
    } else {
      ASSAY_TRY(destination.renderer, renderer_for_file(destination.file));
    }
    if (destination.file.empty() && std::exchange(standard_output_taken, true))
      return Error{ErrorCode::usage, "two reports would go to standard output", {}, "give each --format its own -o FILE"};
    destinations.push_back(std::move(destination));
  }
  if (!standard_output_taken && options.formats.size() <= options.outputs.size() && options.outputs.empty())
    destinations.push_back({report::find_renderer("text"), {}});
  return destinations;
}

Result<void> spare_inputs(const std::vector<Destination>& destinations, std::initializer_list<std::string> inputs) {
  std::error_code ignored;
  for (const auto& destination : destinations)
    for (const auto& input : inputs)
      if (!destination.file.empty() && !input.empty() && std::filesystem::equivalent(destination.file, input, ignored))
        return Error{ErrorCode::usage, "is what is examined, and the report would be written over it", escape_for_display(destination.file), "choose another place with -o"};
  return {};
}

Result<void> write_reports(const Assessment& assessment, const std::vector<Destination>& destinations,
                           const report::RenderOptions& options, std::ostream& out) {
  for (const auto& destination : destinations) {
    auto own = options;
    if (!destination.file.empty()) own.color = report::Color::no;
    const auto text = destination.renderer->render(assessment, own);
    if (destination.file.empty()) {
      out << text;
    } else {
      ASSAY_TRY_VOID(write_file_whole(destination.file, text));
    }
  }
  return {};
}

report::Color decide_color(std::string_view when) {
  if (when == "always") return report::Color::yes;
  if (when == "never") return report::Color::no;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool wanted = (no_color == nullptr || *no_color == '\0') && term != nullptr && std::string_view{term} != "dumb";
  return wanted && ::isatty(STDOUT_FILENO) == 1 ? report::Color::yes : report::Color::no;
}

}  // namespace assay::cli
