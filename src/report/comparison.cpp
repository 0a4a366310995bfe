#include "report/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

constexpr std::array k_renderers{
    ComparisonRenderer{"text", render_comparison_text},   ComparisonRenderer{"json", render_comparison_json},
    ComparisonRenderer{"sarif", render_comparison_sarif}, ComparisonRenderer{"markdown", render_comparison_markdown},
    ComparisonRenderer{"html", render_comparison_html},
};

/// Bytes as a person can read them: text as text, anything else as hexadecimal.
std::string readable(std::string_view bytes, std::size_t chars) {
  const bool text = std::none_of(bytes.begin(), bytes.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == '\x7f';
  });
  if (bytes.empty()) return "(nothing)";
  return text && is_utf8(bytes) ? cut_end(escape_for_display(bytes), chars)
                                : cut_end(to_hex(as_bytes(bytes.substr(0, chars))), chars);
}

/// Where both sides look the same as far as they are shown, they are shown from shortly before they part.
std::string both_readable(std::string_view before, std::string_view after, std::size_t chars) {
  auto left = readable(before, chars);
  auto right = readable(after, chars);
  if (left == right && before != after) {
    auto same = static_cast<std::size_t>(std::mismatch(before.begin(), before.end(), after.begin(), after.end()).first -
                                         before.begin());
    same -= std::min<std::size_t>(same, 8);
    while (same > 0 && (static_cast<unsigned char>(before[same]) & 0xc0U) == 0x80) --same;
    left = "…" + readable(before.substr(same), chars);
    right = "…" + readable(after.substr(same), chars);
  }
  return fmt::format("{} → {}", left, right);
}

}  // namespace

const ComparisonRenderer* find_comparison_renderer(std::string_view name) noexcept {
  const auto it =
      std::find_if(k_renderers.begin(), k_renderers.end(), [&](const auto& renderer) { return renderer.name == name; });
  return it == k_renderers.end() ? nullptr : &*it;
}

namespace {

std::string headline_of_differences(const Comparison& comparison) {
  if (comparison.equal)
    return comparison.coverage.complete() ? "equal: the same bytes"
                                          : "no difference found, but not everything could be compared";
  const auto causes = comparison.causes.size();
  const auto explain = causes == 1 ? "explains" : "explain";
  if (comparison.closed) return fmt::format("different: {} {} every byte", count_of(causes, "cause"), explain);
  if (comparison.leftovers.empty() && !comparison.coverage.complete())
    return fmt::format("different: {} named, but not everything could be compared", count_of(causes, "cause"));
  if (comparison.leftovers.empty())
    return fmt::format("different: {}, not all of them sure enough to explain every byte", count_of(causes, "cause"));
  if (causes == 0) return fmt::format("different: {} unexplained", count_of(comparison.leftovers.size(), "change"));
  // Leftovers stand by what they can do: the first tells the worst.
  const auto worst = comparison.changes[comparison.leftovers.front()].impact;
  return fmt::format("different: {} named, {} left over{}", count_of(causes, "cause"),
                     count_of(comparison.leftovers.size(), "change"),
                     worst <= Impact::attribute ? fmt::format(", {} among them", to_string(worst)) : "");
}

}  // namespace

std::string comparison_headline(const Comparison& comparison) {
  const auto critical = std::count_if(comparison.new_findings.begin(), comparison.new_findings.end(),
                                      [](const Finding& finding) { return finding.severity == Severity::critical; });
  auto headline = headline_of_differences(comparison);
  if (critical > 0)
    headline +=
        fmt::format("; new in the second: {}", count_of(static_cast<std::uint64_t>(critical), "critical finding"));
  return headline;
}

std::string comparison_exit_line(const Comparison& comparison) {
  switch (exit_code(comparison)) {
    case 0:
      return comparison.equal ? "0: equal" : "0: every difference has a cause that was accepted";
    case 1:
      return "1: the artifacts differ";
    default:
      return "3: not everything could be compared";
  }
}

std::string describe_change(const Change& change, std::size_t chars) {
  std::string what;
  if (change.aspect == Aspect::presence) what = change.before.empty() ? "only in the second" : "only in the first";
  else if (change.aspect == Aspect::order) what = "in another order";
  else if (!change.context.empty() && change.impact == Impact::code && change.context.find("→") != std::string::npos)
    what = cut_end(escape_for_display(change.context), 2 * chars);
  else if (change.before.empty() && change.after.empty())
    what = change.reason.empty() ? count_of(change.bytes, "byte") : escape_for_display(change.reason);
  else what = both_readable(change.before, change.after, chars);
  if (change.count > 1) what += fmt::format(" ({} times)", change.count);
  return change.place.empty() ? what : fmt::format("{}: {}", escape_for_display(change.place), what);
}

std::string how_to_accept(const RootCause& cause) {
  if (cause.confidence == Confidence::guess) return "a guess, which --ignore does not accept";
  return fmt::format("--ignore {} accepts it", cause.id);
}

std::string describe_consequences(const Comparison& comparison, const std::vector<Consequence>& consequences) {
  std::uint64_t total = 0;
  std::string list;
  for (const auto& consequence : consequences) {
    std::uint64_t count = 0;
    for (const auto index : consequence.changes) count += comparison.changes[index].count;
    total += count;
    list +=
        fmt::format("{}{}{}", list.empty() ? "" : ", ", consequence.what, count > 1 ? fmt::format(" ({})", count) : "");
  }
  return total == 0 ? std::string{} : fmt::format("{}: {}", count_of(total, "consequence"), list);
}

}  // namespace assay::report
