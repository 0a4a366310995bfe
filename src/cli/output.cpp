#include "cli/output.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <tuple>

#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::cli {

namespace {

struct Suffix {
  std::string_view suffix;
  std::string_view format;
};
constexpr Suffix k_suffixes[] = {{".json", "json"}, {".sarif", "sarif"}, {".md", "markdown"},
                                 {".txt", "text"},  {".html", "html"},   {".markdown", "markdown"}};

Result<const report::Renderer*> renderer_named(const std::string& name) {
  if (const auto* renderer = report::find_renderer(name)) return renderer;
  std::string names;
  for (const auto& renderer : report::renderers())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", renderer.name);
  return Error{ErrorCode::usage,
               fmt::format("there is no report format '{}'", escape_for_display(name)),
               {},
               "the formats are: " + names};
}

/// The format that the suffix of `file` names; empty if it names none.
std::string_view format_of(const std::string& file) {
  for (const auto& [suffix, format] : k_suffixes)
    if (file.ends_with(suffix)) return format;
  return {};
}

Error no_format(const std::string& file) {
  return {ErrorCode::usage, "no report format follows from the file's suffix", escape_for_display(file),
          "add --format"};
}

Result<const report::Renderer*> renderer_for_file(const std::string& file) {
  if (file.empty()) return report::find_renderer("text");
  if (const auto format = format_of(file); !format.empty()) return report::find_renderer(format);
  return no_format(file);
}

Result<void> fit_together(std::string_view format, const std::string& file, std::string_view remedy) {
  const auto named = format_of(file);
  if (named.empty() || named == format) return {};
  return Error{ErrorCode::usage, fmt::format("its suffix says {}, and --format says {}", named, format),
               escape_for_display(file), std::string{remedy}};
}

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  if (std::filesystem::equivalent(a, b, ignored)) return !std::filesystem::is_character_file(a, ignored);
  return std::filesystem::absolute(a, ignored).lexically_normal() ==
         std::filesystem::absolute(b, ignored).lexically_normal();
}

}  // namespace

Result<std::vector<Destination>> plan_output(const CommonOptions& options) {
  const auto& [formats, outputs] = std::tie(options.formats, options.outputs);
  if (!formats.empty() && !outputs.empty() && formats.size() != outputs.size())
    return Error{
        ErrorCode::usage,
        fmt::format("{} for {}", count_of(formats.size(), "--format", "times --format"),
                    count_of(outputs.size(), "-o", "times -o")),
        {},
        "give each --format its own -o FILE (- is standard output), or leave --format out: it follows from the suffix"};
  std::vector<Destination> destinations;
  bool standard_output_taken = false;
  for (std::size_t i = 0; i < std::max(formats.size(), outputs.size()); ++i) {
    Destination destination;
    if (i < outputs.size() && outputs[i] != "-") destination.file = outputs[i];
    if (i < formats.size()) {
      ASSAY_TRY(destination.renderer, renderer_named(formats[i]));
      ASSAY_TRY_VOID(
          fit_together(destination.renderer->name, destination.file,
                       "the first --format is for the first -o, the second for the second; or leave --format out"));
    } else {
      ASSAY_TRY(destination.renderer, renderer_for_file(destination.file));
    }
    if (destination.file.empty() && std::exchange(standard_output_taken, true))
      return Error{
          ErrorCode::usage, "two reports would go to standard output", {}, "give each --format its own -o FILE"};
    destinations.push_back(std::move(destination));
  }
  if (destinations.empty()) destinations.push_back({report::find_renderer("text"), {}});
  return destinations;
}

Result<void> keep_inputs(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& output = outputs[i];
    if (!is_file(output)) continue;
    const auto refuse = [&](const char* why) {
      return Error{ErrorCode::usage, why, escape_for_display(output), "write to another file"};
    };
    const auto is_output = [&](const std::string& other) { return !other.empty() && is_same_file(output, other); };
    if (std::any_of(inputs.begin(), inputs.end(), is_output))
      return refuse("this is an input, and would be overwritten");
    if (std::any_of(outputs.begin() + static_cast<std::ptrdiff_t>(i) + 1, outputs.end(), is_output))
      return refuse("two outputs would go to this file");
  }
  return {};
}

Result<std::string> choose_format(const std::string& asked, const std::string& file,
                                  std::initializer_list<std::string_view> offered) {
  if (!is_file(file)) return asked.empty() ? std::string{"text"} : asked;
  if (!asked.empty()) {
    ASSAY_TRY_VOID(fit_together(asked, file, "leave --format out, or give the file another suffix"));
    return asked;
  }
  const auto named = format_of(file);
  if (named.empty()) return no_format(file);
  if (std::find(offered.begin(), offered.end(), named) != offered.end()) return std::string{named};
  return Error{ErrorCode::usage, fmt::format("its suffix says {}, which this command does not write", named),
               escape_for_display(file), fmt::format("the formats are: {}", fmt::join(offered, ", "))};
}

bool is_file(std::string_view file) noexcept {
  return !file.empty() && file != "-";
}

Result<void> write_text(std::string_view text, const std::string& file, std::ostream& out) {
  if (is_file(file)) return write_file_whole(file, text);
  out << text;
  return {};
}

bool only_files(const std::vector<Destination>& destinations) {
  return std::none_of(destinations.begin(), destinations.end(),
                      [](const Destination& destination) { return destination.file.empty(); });
}

std::size_t decide_columns() {
  constexpr std::size_t k_usual = 100, k_least = 40, k_most = 160;
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return k_usual;
  return std::clamp<std::size_t>(size.ws_col, k_least, k_most);
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
