// The rebuild for people: the outcome and why it is one, on one screen.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/prose.hpp"
#include "report/rebuild.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

class RebuildText {
 public:
  RebuildText(const RebuildResult& result, const RenderOptions& options)
      : m_result(result),
        m_options(options),
        m_color(options.color == Color::yes),
        m_everything(options.verbosity == Verbosity::verbose) {}

  std::string render() {
    const bool good = result_is_good();
    m_out = paint(m_color, rebuild_headline(m_result), good ? "1;32" : "1;31") + "\n";
    if (m_options.verbosity == Verbosity::quiet) {
      if (const auto why = reason(); !why.empty()) m_out += fmt::format("  {}\n", cut_end(why, 200));
      return std::move(m_out);
    }
    for (const auto& [what, value] : rebuild_facts(m_result))
      m_out += wrap(fmt::format("  {:<12}", what), m_everything ? value : cut_end(value, 300));
    add_failure();
    add_artifacts();
    add_causes();
    add_findings();
    add_list("not as in the publisher's record, the most telling first", m_result.version_gaps, 8);
    add_gaps();
    for (const auto& note : m_result.notes) m_out += m_everything ? wrap("note: ", safe_prose(note)) : "";
    for (const auto& step : m_result.next_steps) m_out += wrap("next: ", safe_prose(step));
    m_out += fmt::format("\nexit {}\n", rebuild_exit_line(m_result, m_options.fail_on));
    return std::move(m_out);
  }

 private:
  std::string wrap(std::string_view lead, std::string_view text) const {
    return wrap_prose(lead, char_count(lead), text, m_options.columns);
  }

  bool result_is_good() const { return exit_code(m_result, m_options.fail_on) == 0; }
  std::size_t most(std::size_t normal) const { return m_everything ? std::numeric_limits<std::size_t>::max() : normal; }
  /// Why the answer is no better one, in a line; empty where it is good.
  std::string reason() const {
    if (!m_result.missing.empty()) {
      std::vector<std::string> packages;
      for (const auto& package : m_result.missing) packages.push_back(safe_prose(package));
      return fmt::format("not installed: {}", fmt::join(packages, ", "));
    }
    if (m_result.status == RebuildStatus::failed)
      return m_result.failed_command.empty() ? m_result.failed_because
                                             : fmt::format("{} in phase {}: {}", m_result.failed_because,
                                                           m_result.failed_phase, safe_prose(m_result.failed_command));
    if (!m_result.not_built.empty()) return escape_for_display(m_result.not_built.front()) + " was not built";
    if (!result_is_good() && !m_result.findings.empty()) {
      const auto& finding = m_result.findings.front();
      return fmt::format("{}{}{}", escape_for_display(finding.location.path), finding.location.path.empty() ? "" : " ",
                         safe_prose(finding.message));
    }
    if (result_is_good() || m_result.coverage.complete()) return {};
    const auto& gap = m_result.coverage.gaps.front();
    return fmt::format("not seen: {}: {}", safe_prose(gap.what), safe_prose(gap.reason));
  }

  void heading(std::string_view text) { m_out += "\n" + paint(m_color, text, "1") + "\n"; }

  void add_failure() {
    if (m_result.status != RebuildStatus::failed && m_result.status != RebuildStatus::no_environment) return;
    if (!m_result.missing.empty()) {
      heading("not installed");
      std::string packages;
      for (const auto& package : m_result.missing) packages += " " + safe_prose(package);
      m_out += fmt::format("  apt-get install{}\n", packages);
    }
    if (m_result.failed_command.empty() && !m_result.failed_because.empty())
      m_out += fmt::format("\n  {}\n", m_result.failed_because);
    if (m_result.failed_command.empty()) return;
    heading(fmt::format("failed in phase {}{}{}", m_result.failed_phase, m_result.failed_because.empty() ? "" : ": ",
                        m_result.failed_because));
    m_out += fmt::format("  {}\n", cut_end(safe_prose(m_result.failed_command), 200));
    for (const auto line : split_lines(m_result.log_excerpt)) m_out += fmt::format("    {}\n", line);
  }

  void add_artifacts() {
    if (m_result.artifacts.empty() && m_result.not_built.empty()) return;
    heading("artifacts");
    std::size_t shown = 0;
    for (const auto& artifact : m_result.artifacts) {
      if (++shown > most(12)) break;
      add_artifact(artifact);
    }
    if (m_result.artifacts.size() > most(12))
      m_out += fmt::format("  … and {} more (-v)\n", m_result.artifacts.size() - 12);
    for (const auto& name : m_result.not_built)
      m_out += fmt::format("  {} {}: was not built\n", paint(m_color, "!", "1;31"), escape_for_display(name));
  }

  void add_artifact(const RebuiltArtifact& artifact) {
    const bool unstable =
        std::find(m_result.unstable.begin(), m_result.unstable.end(), artifact.name) != m_result.unstable.end();
    const bool equal = artifact.against
                           ? artifact.against->equal
                           : !artifact.recorded_sha256.empty() && artifact.recorded_sha256 == artifact.sha256;
    m_out += fmt::format("  {} {}  (sha256 {}…): {}{}\n",
                         paint(m_color,
                               equal              ? "="
                               : artifact.against ? "!"
                                                  : "-",
                               equal              ? "1;32"
                               : artifact.against ? "1;31"
                                                  : "1"),
                         escape_for_display(artifact.name), artifact.sha256.substr(0, 16), describe_artifact(artifact),
                         unstable ? "; differs between own builds" : "");
    if (artifact.against && !artifact.against->equal) add_differences(*artifact.against);
    if (!artifact.own) return;
    m_out += "    between own builds:\n";
    add_differences(*artifact.own);
  }

  /// The files in the artifact that a cause changed.
  std::string places_of(const Comparison& comparison, const RootCause& cause) const {
    std::vector<std::string> paths;
    for (const auto index : cause.changes) {
      const auto& path = comparison.changes[index].path;
      if (!path.empty() && std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
    }
    std::string text;
    for (std::size_t i = 0; i < std::min(most(3), paths.size()); ++i)
      text += (i == 0 ? "" : ", ") + cut_middle(escape_for_display(paths[i]), 70);
    if (paths.size() > most(3)) text += fmt::format(" and {} more (-v)", paths.size() - 3);
    return text;
  }

  void add_differences(const Comparison& comparison) {
    for (const auto& cause : comparison.causes) {
      m_out += wrap("      ", fmt::format("{} ({}): {}", cause.title, to_string(cause.confidence),
                                          cut_end(safe_prose(cause.summary), m_everything ? 400 : 160)));
      if (const auto more = describe_consequences(comparison, cause.consequences); !more.empty())
        m_out += wrap("        ", more);
      if (const auto places = places_of(comparison, cause); !places.empty()) m_out += wrap("        in ", places);
    }
    std::size_t shown = 0;
    for (const auto index : comparison.leftovers) {
      const auto& change = comparison.changes[index];
      if (++shown > most(5)) break;
      m_out +=
          fmt::format("      [{}] {}: {}\n", to_string(change.impact),
                      cut_middle(change.path.empty() ? "(the artifact itself)" : escape_for_display(change.path), 70),
                      describe_change(change, 44));
    }
    if (comparison.leftovers.size() > most(5))
      m_out += fmt::format("      … and {} more that no cause explains (-v)\n", comparison.leftovers.size() - 5);
  }

  void add_causes() {
    const bool varied = !m_result.causes.empty() || !m_result.innocent.empty() || !m_result.without_effect.empty() ||
                        !m_result.broke_build.empty() || !m_result.untried.empty();
    if (!varied) return;
    heading("variations");
    for (const auto& cause : m_result.causes) add_cause(cause);
    const auto line = [&](std::string_view what, const std::vector<std::string>& names) {
      if (!names.empty()) m_out += wrap(fmt::format("  {}: ", what), fmt::format("{}", fmt::join(names, ", ")));
    };
    line("change nothing", m_result.innocent);
    line("not tried, as own builds differ", m_result.untried);
    line("the build fails under", m_result.broke_build);
    for (const auto& text : m_result.without_effect)
      m_out += wrap("  could not be made to take effect: ", safe_prose(text));
  }

  void add_cause(const ProvenCause& cause) {
    m_out += fmt::format("  {} {} ({}): {} in {}{}\n", paint(m_color, "!", "1;31"), paint(m_color, cause.title, "1"),
                         cause.variation, cause.proven ? "proven" : "not proven",
                         count_of(cause.artifacts.size(), "artifact"),
                         cause.artifacts.size() == 1 ? ": " + escape_for_display(cause.artifacts.front()) : "");
    if (cause.comparison) {
      std::size_t shown = 0;
      for (const auto& root : cause.comparison->causes)
        if (++shown <= most(3))
          m_out += wrap("      ", fmt::format("{}: {}", root.title, cut_end(safe_prose(root.summary), 160)));
      for (const auto index : cause.comparison->leftovers) {
        const auto& change = cause.comparison->changes[index];
        if (++shown <= most(4))
          m_out += wrap("      ", fmt::format("{}: {}", cut_middle(escape_for_display(change.path), 70),
                                              describe_change(change, 50)));
      }
    }
    for (const auto& origin : cause.origin) m_out += wrap("      made by: ", safe_prose(origin));
    if (!cause.remedy.empty()) m_out += wrap("      remedy: ", cause.remedy);
  }

  void add_findings() {
    // What the artifacts and variations amount to was said above.
    auto findings = m_result.findings;
    if (!m_everything)
      std::erase_if(findings, [](const Finding& finding) {
        return finding.rule == "rebuild-different" || finding.rule == "rebuild-unstable" ||
               finding.rule == "rebuild-varies";
      });
    if (findings.empty()) return;
    heading(fmt::format("what the build did: {}", severity_counts(findings)));
    std::size_t shown = 0;
    for (const auto& finding : findings) {
      if (++shown > most(10)) break;
      m_out += wrap(fmt::format("  [{}] ", to_string(finding.severity)),
                    fmt::format("{}{}{}", cut_middle(escape_for_display(finding.location.path), 80),
                                finding.location.path.empty() ? "" : ": ",
                                cut_end(safe_prose(finding.message), m_everything ? 2000 : 300)));
      for (const auto& evidence : finding.evidence)
        if (m_everything || finding.severity >= Severity::high)
          m_out += wrap(fmt::format("      {}: ", safe_prose(evidence.label)),
                        cut_end(escape_for_display(evidence.text), m_everything ? 2000 : 200));
    }
    if (findings.size() > most(10)) m_out += fmt::format("  … and {} more (-v)\n", findings.size() - 10);
  }

  void add_list(std::string_view title, const std::vector<std::string>& lines, std::size_t normal) {
    if (lines.empty()) return;
    heading(title);
    for (std::size_t i = 0; i < std::min(most(normal), lines.size()); ++i)
      m_out += fmt::format("  {}\n", safe_prose(lines[i]));
    if (lines.size() > most(normal)) m_out += fmt::format("  … and {} more (-v)\n", lines.size() - normal);
  }

  void add_gaps() {
    if (m_result.coverage.complete()) return;
    heading("not seen");
    std::size_t shown = 0;
    for (const auto& gap : m_result.coverage.gaps) {
      if (++shown > most(6)) break;
      m_out += wrap("  ", fmt::format("{}: {}{}{}", cut_middle(safe_prose(gap.what), 80), safe_prose(gap.reason),
                                      gap.remedy.empty() ? "" : "; ", safe_prose(gap.remedy)));
    }
    if (m_result.coverage.gaps.size() > most(6))
      m_out += fmt::format("  … and {} more (-v)\n", m_result.coverage.gaps.size() - 6);
  }

  const RebuildResult& m_result;
  const RenderOptions& m_options;
  const bool m_color;
  const bool m_everything;
  std::string m_out;
};

}  // namespace

std::string render_rebuild_text(const RebuildResult& result, const RenderOptions& options) {
  return RebuildText{result, options}.render();
}

}  // namespace assay::report
