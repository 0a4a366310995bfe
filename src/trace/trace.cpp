#include "trace/trace.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace assay::trace {

namespace {

bool needs_quotes(std::string_view word) {
  return word.empty() || word.find_first_of(" \t\n\"'$`\\;&|<>()*?[]{}#~!") != std::string_view::npos;
}

std::string quoted(std::string_view word) {
  if (!needs_quotes(word)) return std::string{word};
  std::string text = "'";
  for (const char c : word) {
    if (c == '\'') text += "'\\''";
    else text += c;
  }
  return text + "'";
}

}  // namespace

std::string_view to_string(ContentKind kind) noexcept {
  switch (kind) {
    case ContentKind::unknown:
      return "unknown";
    case ContentKind::empty:
      return "empty";
    case ContentKind::text:
      return "text";
    case ContentKind::binary:
      return "binary data";
    case ContentKind::compressed:
      return "compressed data";
    case ContentKind::object:
      return "an object file";
    case ContentKind::executable:
      return "an executable";
    case ContentKind::object_archive:
      return "a library archive";
  }
  return "unknown";
}

std::string_view program_name(const Trace& trace, Index process) noexcept {
  const auto& images = trace.processes[process].images;
  if (images.empty() || images.back().program == k_none) return {};
  return path_basename(trace.files[images.back().program].path);
}

std::string command_line(const Image& image, std::size_t width) {
  std::string line;
  for (const auto& argument : image.arguments) {
    if (!line.empty()) line += ' ';
    line += quoted(std::string_view{argument}.substr(0, width));
    if (line.size() > width) break;
  }
  auto shown = escape_for_display(std::string_view{line}.substr(0, width));
  if (line.size() > width || image.arguments_cut) shown += " …";
  return shown;
}

std::vector<Index> process_chain(const Trace& trace, Index process) {
  std::vector<Index> chain;
  for (auto at = process; at != k_none && chain.size() < 1000; at = trace.processes[at].parent)
    if (!trace.processes[at].images.empty() || at == process) chain.push_back(at);
  std::reverse(chain.begin(), chain.end());
  return chain;
}

}  // namespace assay::trace
