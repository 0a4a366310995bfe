// Views of what findings point at: lines, bytes, entropy, decoded stages.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/html.hpp"
#include "report/wording.hpp"

namespace assay::report::html {

namespace {

constexpr std::size_t k_line_bytes = 400;
constexpr std::size_t k_text_bytes = 4000;
constexpr std::size_t k_hex_bytes = 256;
constexpr std::size_t k_stage_text = 8000;
constexpr int k_strip_height = 48;

bool is_printable(std::uint8_t byte) noexcept {
  return byte >= 0x20 && byte < 0x7F;
}

/// Text with more than the odd control character is better read as bytes.
bool is_binary(std::string_view raw) {
  const auto controls = std::count_if(raw.begin(), raw.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t' && c != '\r') || byte == 0x7F;
  });
  const auto invalid = is_utf8(raw) ? 0U : 1U;
  return raw.find('\0') != std::string_view::npos || (static_cast<std::size_t>(controls) + invalid) * 20 > raw.size();
}

std::string hex_group(ByteView bytes) {
  std::string out;
  for (const auto byte : bytes) out += fmt::format("{}{:02x}", out.empty() ? "" : " ", byte);
  return out;
}

std::string hex_row(ByteView row, std::uint64_t offset) {
  std::string shown;
  for (const auto byte : row) shown += is_printable(byte) ? static_cast<char>(byte) : '.';
  const auto first = row.first(std::min<std::size_t>(row.size(), 8));
  const auto second = row.subspan(first.size());
  return fmt::format(
      "<span class=\"row\"><span class=\"off\">{:08x}</span> <span class=\"oct\">{:<23}</span> <span "
      "class=\"oct\">{:<23}</span> <span class=\"asc\">{}</span></span>",
      offset, hex_group(first), hex_group(second), plain(shown));
}

/// The outline of the entropy's columns as one SVG path: constant size, whatever is shown.
std::string strip_path(const std::vector<float>& columns) {
  std::string path = fmt::format("M0 {}", k_strip_height);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto share = std::clamp(static_cast<double>(columns[i]) / 8.0, 0.0, 1.0);
    path += fmt::format("V{:.1f}H{}", k_strip_height * (1 - share), i + 1);
  }
  return path + fmt::format("V{}Z", k_strip_height);
}

}  // namespace

std::string lines_view(const LinesExhibit& exhibit, std::size_t max_lines) {
  std::string out =
      "<table class=\"lines\"><caption>Lines marked + are those in question</caption><thead "
      "class=\"hidden\"><tr><th>Line</th><th>Mark</th><th>Text</th></tr></thead><tbody>\n";
  std::uint64_t next = 0;
  std::size_t shown = 0;
  std::uint64_t marked_left = exhibit.marked_left_out;
  for (const auto& line : exhibit.lines) {
    if (shown == max_lines) {
      marked_left += line.marked ? 1U : 0U;
      continue;
    }
    ++shown;
    if (next != 0 && line.number != next) out += "<tr class=\"skip\"><td colspan=\"3\">⋮</td></tr>\n";
    next = line.number + 1;
    out += fmt::format("<tr{}><td class=\"no\">{}</td><td class=\"mark\">{}</td><td><code>{}</code></td></tr>\n",
                       line.marked ? " class=\"hit\"" : "", line.number, line.marked ? "+" : "",
                       source_text(line.text, k_line_bytes));
  }
  out += "</tbody></table>\n";
  if (marked_left > 0)
    out += fmt::format("<p class=\"more\">… and {} of this file.</p>\n", count_of(marked_left, "more such line"));
  return out;
}

std::string hex_view(ByteView bytes, std::uint64_t offset, std::string_view label) {
  auto out = fmt::format("<pre class=\"hex\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">", plain(label));
  for (std::size_t at = 0; at < bytes.size(); at += 16)
    out += hex_row(bytes.subspan(at, std::min<std::size_t>(16, bytes.size() - at)), offset + at);
  return out + "</pre>\n";
}

std::string entropy_strip(const EntropyExhibit& exhibit) {
  if (exhibit.columns.empty()) return {};
  const auto [least, most] = std::minmax_element(exhibit.columns.begin(), exhibit.columns.end());
  const auto words =
      fmt::format("Entropy from the first byte to the last: {:.2f} bits per byte in all, {:.1f} to {:.1f} in its parts",
                  exhibit.entropy, *least, *most);
  const auto width = exhibit.columns.size();
  return fmt::format(
      "<figure class=\"strip\"><svg role=\"img\" aria-label=\"{0}\" viewBox=\"0 0 {1} {2}\" "
      "preserveAspectRatio=\"none\"><title>{0}</title>"
      "<path class=\"grid\" d=\"M0 0.5H{1}M0 {3}H{1}M0 {4}H{1}\"/><path class=\"area\" "
      "d=\"{5}\"/></svg><figcaption>{0}, of {6}.</figcaption></figure>\n",
      words, width, k_strip_height, k_strip_height / 2, k_strip_height - 0.5, strip_path(exhibit.columns),
      count_of(exhibit.size, "byte"));
}

std::string bytes_view(const BytesExhibit& exhibit) {
  const auto end = exhibit.offset + exhibit.bytes.size();
  const auto label = fmt::format("Bytes {} to {} of {}", with_separators(exhibit.offset), with_separators(end),
                                 with_separators(exhibit.size));
  return fmt::format("<p class=\"caption\">{} <span class=\"dim\">({})</span></p>\n", label, prose(exhibit.type)) +
         hex_view(ByteView{exhibit.bytes}.first(std::min(exhibit.bytes.size(), k_hex_bytes)), exhibit.offset, label);
}

std::string evidence_view(std::string_view raw) {
  if (raw.empty()) return {};
  if (is_binary(raw)) {
    const auto head = as_bytes(raw).first(std::min(raw.size(), k_hex_bytes));
    return hex_view(head, 0, "Bytes of the evidence");
  }
  const auto trimmed = raw.substr(0, raw.find_last_not_of('\n') + 1);
  if (trimmed.find('\n') == std::string_view::npos && trimmed.size() <= 300)
    return fmt::format("<code>{}</code>", source_text(trimmed, 300));
  return fmt::format("<pre class=\"text\" role=\"region\" tabindex=\"0\" aria-label=\"Text of the evidence\">{}</pre>",
                     source_text(trimmed, k_text_bytes));
}

std::string stage_view(const AttachedStage& stage, std::size_t number) {
  auto out = fmt::format("<section class=\"stage\"><h4>Stage {}: {}, {}</h4>\n", number, prose(stage.what),
                         count_of(stage.size, "byte"));
  if (!stage.location.empty())
    out += fmt::format("<p class=\"place\"><code>{}</code></p>\n", name(stage.location, 400));
  out += fmt::format("<p class=\"dim\">SHA-256 <code>{}</code></p>\n", prose(stage.sha256));
  const std::string_view text = stage.bytes;
  if (is_binary(text))
    return out + hex_view(as_bytes(text).first(std::min(text.size(), k_hex_bytes)), 0, "First bytes of the stage") +
           "</section>\n";
  out += fmt::format("<pre class=\"text\" role=\"region\" tabindex=\"0\" aria-label=\"Text of stage {}\">{}</pre>\n",
                     number, source_text(text, k_stage_text));
  if (stage.size > std::min(text.size(), k_stage_text))
    out += fmt::format("<p class=\"more\">The first {} of {}.</p>\n",
                       with_separators(std::min(text.size(), k_stage_text)), count_of(stage.size, "byte"));
  return out + "</section>\n";
}

}  // namespace assay::report::html
