// One self-contained page for an analyst: the answer, what was found and the bytes behind it, then everything else. It
// can be read without a network, without scripts, printed, and on a telephone.
#include "report/html.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "digest/digest.hpp"
#include "report/link_html.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace html {

namespace {

constexpr std::size_t k_exhibit_lines = 80;
constexpr std::size_t k_items = 100;

/// The parts of the page, in the order they are read.
constexpr Section k_sections[] = {
    {"findings", "What was found", serious_findings},
    {"verification", "Signatures and attestations", verification},
    {"others", "Other findings", other_findings},
    {"files", "Files that nothing proves", unproven_files},
    {"novel", "Novel lines", novel_lines},
    {"history", "History of the files in question", fixture_history},
    {"inside", "What is inside", container_tree},
    {"proofs", "What is proven, and how", proofs},
    {"gaps", "Not checked", not_checked},
    {"waived", "Suppressed", waivers},
    {"next", "What next", next_steps},
};

std::string row(std::string_view term, std::string_view value_html) {
  return value_html.empty() ? std::string{} : fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", term, value_html);
}

std::string_view symbol(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::verified:
      return "✓";
    case Verdict::explained:
      return "✓";
    case Verdict::unexplained:
      return "!";
    case Verdict::suspect:
      return "✕";
    case Verdict::inconclusive:
      return "?";
  }
  return "?";
}

std::string answer(const Assessment& assessment, const RenderOptions& options) {
  const auto& subject = assessment.subject;
  const auto verdict = to_string(assessment.verdict);
  auto out = fmt::format(
      "<header class=\"answer v-{0}\">\n<p class=\"verdict\"><span aria-hidden=\"true\">{1}</span> "
      "{0}</p>\n<h1><code>{2}</code> {3}</h1>\n<p class=\"why\">{4}.</p>\n<dl class=\"facts\">\n",
      verdict, symbol(assessment.verdict), name(subject.name), headline(assessment), prose(why(assessment)));
  out += row("Subject", fmt::format("{}, {}", prose(subject.format, 200), count_of(subject.size, "byte")));
  if (!subject.sha256.empty()) out += row("SHA-256", fmt::format("<code>{}</code>", prose(subject.sha256)));
  out += row("Reference", prose(reference_line(assessment)));
  if (assessment.previous) out += row("Previous", prose(previous_line(*assessment.previous)));
  out += row("Fit", prose(fit_line(assessment)));
  if (const auto build = build_line(assessment); !build.empty()) out += row("Traced build", prose(build));
  out += row("Findings", assessment.findings.empty() ? "none" : severity_counts(assessment.findings));
  out += row("Coverage", coverage_line(assessment));
  out += row("Exit code", exit_line(assessment, options.fail_on));
  return out + "</dl>\n</header>\n";
}

std::string navigation(const std::vector<std::pair<const Section*, std::string>>& parts) {
  std::string out = "<nav aria-label=\"Parts of this page\"><ul>\n";
  for (const auto& [section, body] : parts)
    out += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section->id, section->title);
  return out + "</ul></nav>\n";
}

}  // namespace

std::string head(std::string_view title_html, std::string_view more_style) {
  const auto style = std::string{style_sheet()} + std::string{more_style};
  const auto digest = sha256(as_bytes(style));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; base-uri "
      "'none'; form-action 'none'\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n",
      to_base64(digest.bytes), title_html, style);
}

Page::Page(const Assessment& of, const RenderOptions& with) : assessment(of), options(with) {
  const auto& exhibits = assessment.exhibits;
  for (const auto& lines : exhibits.lines) m_lines.emplace(lines.path, &lines);
  for (const auto& lines : exhibits.novel) m_novel.emplace(lines.path, &lines);
  for (const auto& entropy : exhibits.entropy) m_entropy.emplace(entropy.path, &entropy);
  for (const auto& bytes : exhibits.bytes) m_bytes.emplace(bytes.path, &bytes);
  for (const auto& finding : assessment.findings) {
    m_flagged.insert(finding.location.path);
    for (const auto& member : finding.members) m_flagged.insert(member.location.path);
  }
}

void Page::add(std::string& body, std::string_view piece) {
  m_size += piece.size();
  body += piece;
}

std::string Page::exhibits_of(std::string_view path) {
  std::string views;
  if (const auto entropy = m_entropy.find(path); entropy != m_entropy.end()) views += entropy_strip(*entropy->second);
  if (const auto lines = m_lines.find(path); lines != m_lines.end())
    views += lines_view(*lines->second, k_exhibit_lines);
  for (auto [it, end] = m_bytes.equal_range(path); it != end; ++it) views += bytes_view(*it->second);
  return views.empty() ? std::string{} : shown_once('x', path, "Lines and bytes", views);
}

std::string Page::novel_lines_of(std::string_view path) {
  const auto lines = m_novel.find(path);
  return lines == m_novel.end() ? std::string{}
                                : shown_once('n', path, "Novel lines", lines_view(*lines->second, k_exhibit_lines));
}

std::string Page::shown_once(char kind, std::string_view path, std::string_view what, const std::string& views) {
  const auto number = m_shown.size() + 1;
  const auto [shown, first] = m_shown.emplace(kind + std::string{path}, number);
  if (!first)
    return fmt::format("<p><a href=\"#x{}\">{} of <code>{}</code> are shown above.</a></p>\n", shown->second, what,
                       name(path));
  return fmt::format("<section class=\"exhibit\" id=\"x{}\"><h4><code>{}</code></h4>\n{}</section>\n", number,
                     name(path), views);
}

std::string proofs(Page& page) {
  const auto& counts = page.assessment.counts;
  if (!page.assessment.vcs) return {};
  std::string body =
      "<table class=\"list\"><thead><tr><th scope=\"col\">Proof</th><th scope=\"col\" "
      "class=\"num\">Files</th></tr></thead><tbody>\n";
  for (const auto& [proof, count] : proof_counts(counts))
    if (count > 0)
      body += fmt::format("<tr><td>{}</td><td class=\"num\">{}</td></tr>\n", to_string(proof), with_separators(count));
  body += fmt::format("<tr><td>all files of the subject</td><td class=\"num\">{}</td></tr>\n",
                      with_separators(counts.entries));
  if (counts.missing > 0)
    body += fmt::format("<tr><td>missing from it ({} left out by its own rules)</td><td class=\"num\">{}</td></tr>\n",
                        with_separators(counts.missing_explained), with_separators(counts.missing));
  return body + "</tbody></table>\n";
}

std::string not_checked(Page& page) {
  const auto& gaps = page.assessment.coverage.gaps;
  if (gaps.empty()) return {};
  std::string body = "<p>What could not be looked at is not clean.</p>\n<ul>\n";
  for (std::size_t i = 0; i < std::min(gaps.size(), k_items); ++i) {
    const auto remedy =
        gaps[i].remedy.empty() ? std::string{} : fmt::format(" <em>{}</em>", prose(gaps[i].remedy, 400));
    body += fmt::format("<li><strong>{}</strong>: {}.{}</li>\n", prose(gaps[i].what, 300), prose(gaps[i].reason, 600),
                        remedy);
  }
  return body + "</ul>\n" + left_out(gaps.size() - std::min(gaps.size(), k_items), "part");
}

std::string verification(Page& page) {
  const auto& chain = page.assessment.trust_chain;
  return chain ? link_html(*chain) : std::string{};
}

std::string waivers(Page& page) {
  if (page.assessment.waived.empty()) return {};
  auto body = fmt::format("<p>{} silenced by suppressions: {}.</p>\n<ul>\n",
                          count_of(page.assessment.waived.size(), "finding"), severity_counts(page.assessment.waived));
  std::size_t shown = 0;
  std::size_t used = 0;
  for (const auto& waiver : page.assessment.waivers) {
    if (waiver.matched == 0 || ++used > k_items) continue;
    ++shown;
    body += fmt::format("<li><code>{}</code> in <code>{}</code>: {}</li>\n", prose(waiver.rule), name(waiver.path),
                        name(waiver.reason, 600));
  }
  return body + "</ul>\n" + left_out(used - shown, "suppression");
}

std::string next_steps(Page& page) {
  const auto& steps = page.assessment.next_steps;
  if (steps.empty()) return {};
  std::string body = "<ol>\n";
  for (std::size_t i = 0; i < std::min(steps.size(), k_items); ++i)
    body += fmt::format("<li>{}</li>\n", prose(steps[i], 600));
  return body + "</ol>\n";
}

}  // namespace html

std::string render_html(const Assessment& assessment, const RenderOptions& options) {
  html::Page page{assessment, options};
  std::vector<std::pair<const html::Section*, std::string>> parts;
  for (const auto& section : html::k_sections)
    if (auto body = section.body(page); !body.empty()) parts.emplace_back(&section, std::move(body));
  const auto title = fmt::format("{}: {}", to_string(assessment.verdict), html::name(assessment.subject.name));
  auto out = html::head(title, link_style()) + "<body>\n" + html::answer(assessment, options) +
             html::navigation(parts) + "<main>\n";
  for (const auto& [section, body] : parts)
    out += fmt::format("<section id=\"{0}\" aria-labelledby=\"h-{0}\">\n<h2 id=\"h-{0}\">{1}</h2>\n{2}</section>\n",
                       section->id, section->title, body);
  if (assessment.exhibits.left_out > 0)
    out += fmt::format(
        "<p class=\"more\">The lines and bytes of {} that findings name are not shown; look at them with assay "
        "extract.</p>\n",
        count_of(assessment.exhibits.left_out, "more place"));
  out += "</main>\n<footer><p>Made by assay \"" + std::string{k_version} + "\"";
  if (!assessment.ruleset.empty())
    out += fmt::format(" with rule data <code>{}</code>", html::prose(assessment.ruleset));
  return out +
         ". Everything from the subject on this page is escaped text; this page loads nothing and runs "
         "nothing.</p></footer>\n</body>\n</html>\n";
}

}  // namespace assay::report
