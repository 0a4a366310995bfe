// The rebuild as one self-contained page. No script, nothing loaded.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/version.hpp"
#include "report/comparison.hpp"
#include "report/html.hpp"
#include "report/rebuild.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

constexpr std::size_t k_most = 200;

std::string section(std::string_view title, const std::string& body) {
  return body.empty() ? std::string{} : fmt::format("<section><h2>{}</h2>\n{}</section>\n", title, body);
}

std::string list_of(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < std::min(k_most, items.size()); ++i) out += fmt::format("<li>{}</li>\n", items[i]);
  return out.empty()
             ? out
             : "<ul>\n" + out + "</ul>\n" + html::left_out(items.size() - std::min(k_most, items.size()), "item");
}

std::string differences_of(const Comparison& comparison) {
  std::vector<std::string> items;
  for (const auto& cause : comparison.causes)
    items.push_back(fmt::format("<b>{}</b> ({}): {} {}", html::plain(cause.title), to_string(cause.confidence),
                                html::prose(cause.summary, 400),
                                html::prose(describe_consequences(comparison, cause.consequences))));
  for (const auto index : comparison.leftovers) {
    const auto& change = comparison.changes[index];
    items.push_back(fmt::format("{} <code>{}</code>: {}", to_string(change.impact), html::name(change.path),
                                html::prose(describe_change(change, 80))));
  }
  return list_of(items);
}

std::string artifacts_section(const RebuildResult& result) {
  std::string out;
  for (std::size_t i = 0; i < std::min(k_most, result.artifacts.size()); ++i) {
    const auto& artifact = result.artifacts[i];
    out += fmt::format("<p><code>{}</code> <small>{}</small>: {}</p>\n", html::name(artifact.name), artifact.sha256,
                       html::plain(describe_artifact(artifact)));
    if (artifact.against && !artifact.against->equal) out += differences_of(*artifact.against);
    if (artifact.own) out += "<p>Between builds under the same conditions:</p>\n" + differences_of(*artifact.own);
  }
  out += html::left_out(result.artifacts.size() - std::min(k_most, result.artifacts.size()), "artifact");
  for (const auto& name : result.not_built)
    out += fmt::format("<p><code>{}</code> was not built</p>\n", html::name(name));
  return out;
}

std::string failure_section(const RebuildResult& result) {
  if (result.status != RebuildStatus::failed && result.status != RebuildStatus::no_environment) return {};
  std::string packages;
  for (const auto& package : result.missing) packages += " " + html::prose(package);
  auto out =
      packages.empty() ? packages : fmt::format("<p>Not installed: <code>apt-get install{}</code></p>\n", packages);
  if (result.failed_command.empty() && !result.failed_because.empty())
    out += fmt::format("<p>{}</p>\n", html::prose(result.failed_because));
  if (!result.failed_command.empty())
    out += fmt::format("<p>{} <code>{}</code></p>\n<pre>{}</pre>\n", html::prose(result.failed_because),
                       html::prose(result.failed_command, 400), html::source_text(result.log_excerpt, 16U << 10));
  return out;
}

std::string causes_section(const RebuildResult& result) {
  std::string out;
  for (const auto& cause : result.causes) {
    out += fmt::format("<p><b>{}</b> ({}), {}. {}</p>\n", html::plain(cause.title), html::plain(cause.variation),
                       cause.proven ? "proven" : "not proven", html::plain(cause.remedy));
    if (cause.comparison) out += differences_of(*cause.comparison);
  }
  if (!result.innocent.empty()) out += fmt::format("<p>Change nothing: {}</p>\n", fmt::join(result.innocent, ", "));
  if (!result.untried.empty()) out += fmt::format("<p>Not tried: {}</p>\n", fmt::join(result.untried, ", "));
  return out;
}

std::string findings_section(const RebuildResult& result) {
  std::vector<std::string> items;
  for (const auto& finding : result.findings)
    items.push_back(fmt::format("{} <code>{}</code>: {}", html::badge(finding.severity),
                                html::name(finding.location.path), html::prose(finding.message)));
  return list_of(items);
}

std::string gaps_section(const RebuildResult& result) {
  std::vector<std::string> items;
  for (const auto& gap : result.coverage.gaps)
    items.push_back(html::prose(fmt::format("{}: {}", gap.what, gap.reason)));
  return list_of(items);
}

}  // namespace

std::string render_rebuild_html(const RebuildResult& result, const RenderOptions& options) {
  auto out = html::head(html::name(result.subject.name)) + "<body>\n<main>\n";
  out += fmt::format(
      "<header class=\"answer\">\n<h1>{}</h1>\n<p class=\"why\"><code>{}</code></p>\n<p>Exit {}</p>\n</header>\n",
      html::plain(rebuild_headline(result)), html::name(result.subject.name),
      html::plain(rebuild_exit_line(result, options.fail_on)));
  std::vector<std::string> facts;
  for (const auto& [what, value] : rebuild_facts(result))
    facts.push_back(fmt::format("{}: {}", what, html::prose(value)));
  out += section("The build", list_of(facts));
  out += section("Why there is no result", failure_section(result));
  out += section("Artifacts", artifacts_section(result));
  out += section("Variations", causes_section(result));
  out += section("What the build did", findings_section(result));
  out += section("Not seen", gaps_section(result));
  return out + fmt::format(
                   "</main>\n<footer><p>assay {}. Everything from outside on this page is escaped text; this page "
                   "loads nothing and runs nothing.</p></footer>\n</body>\n</html>\n",
                   k_version);
}

}  // namespace assay::report
