#include "report/verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/version.hpp"
#include "model/link_mark.hpp"
#include "report/html.hpp"
#include "report/json_values.hpp"
#include "report/link_html.hpp"
#include "report/prose.hpp"
#include "report/wording.hpp"

namespace assay::report {

namespace {

std::string outside(std::string_view text) {
  return html::plain(escape_for_display(text));
}

std::string section(std::string_view title, const std::string& body) {
  return body.empty() ? std::string{} : fmt::format("<section><h2>{}</h2>\n{}</section>\n", title, body);
}

std::string list_of(const std::vector<const Link*>& links) {
  std::string out;
  for (const auto* link : links)
    out += fmt::format("<li><strong>{}</strong>: {}</li>\n", outside(link->name), outside(link->detail));
  return out.empty() ? out : "<ul>\n" + out + "</ul>\n";
}

std::string findings_of(std::span<const Finding> findings) {
  std::string out;
  for (const auto& finding : findings)
    out +=
        fmt::format("<article class=\"item sev-{0}\"><p>{1} {2}</p><p class=\"place\"><code>{3}</code></p></article>\n",
                    to_string(finding.severity), html::badge(finding.severity),
                    html::plain(safe_prose(finding.message)), html::plain(finding.rule));
  return out;
}

/// How the page and the terminal show a state: as other commands show a verdict of that kind.
struct Look {
  std::string_view css_class, symbol, sgr;
};

Look look_of(LinkState state) noexcept {
  switch (state) {
    case LinkState::ok:
      return {"v-verified", "✓", "1;32"};
    case LinkState::not_checked:
      return {"v-inconclusive", "?", "1;35"};
    case LinkState::failed:
      break;
  }
  return {"v-suspect", "✕", "1;31"};
}

std::string_view sha256_of(const Link& chain) noexcept {
  for (const auto& [label, text] : chain.evidence)
    if (label == "sha256") return text;
  return {};
}

}  // namespace

VerificationAnswer answer_of(const Link& chain) noexcept {
  switch (chain.state) {
    case LinkState::ok:
      return {"verified", "every signature and attestation holds", 0, "0: every link holds"};
    case LinkState::not_checked:
      if (is_unproven(chain))
        return {"incomplete", "what holds does not prove all of it", 3, "3: something is not proven"};
      return {"incomplete", "not all of it could be checked", 3, "3: something was not checked"};
    case LinkState::failed:
      break;
  }
  return {"failed", "a signature or attestation does not hold, or speaks against it", 1, "1: a link does not hold"};
}

std::string render_verification_text(const Link& chain, std::span<const Finding> findings,
                                     const RenderOptions& options) {
  const auto answer = answer_of(chain);
  const bool painted = options.color == Color::yes;
  auto word = std::string{answer.word};
  std::transform(word.begin(), word.end(), word.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  auto out = fmt::format("{}  {}: {}\n", paint(painted, word, look_of(chain.state).sgr), escape_for_display(chain.name),
                         answer.sentence);
  const auto add = [&](std::string_view kind, const Link& link) {
    const auto text = fmt::format("{}: {}", escape_for_display(link.name), escape_for_display(link.detail));
    out += wrap_prose(fmt::format("  {}: ", kind), kind.size() + 4, text, options.columns);
  };
  for (const auto* failed : failures(chain)) add("failed", *failed);
  for (const auto* open : unchecked(chain)) add(mark_of(*open), *open);
  for (const auto& finding : findings) {
    const auto lead = fmt::format("  {} [{}]: ", to_string(finding.severity), finding.rule);
    out += wrap_prose(lead, 4, safe_prose(finding.message), options.columns);
  }
  if (options.verbosity == Verbosity::quiet) return out;
  out += "\n" + render_tree(chain, painted ? Paint::yes : Paint::no, options.verbosity == Verbosity::verbose);
  return out + fmt::format("\nexit {}\n", answer.exit_line);
}

std::string render_verification_json(const Link& chain, std::span<const Finding> findings) {
  const auto answer = answer_of(chain);
  nlohmann::ordered_json json;
  json["schema_version"] = "1";
  json["tool"] = {{"name", "assay"}, {"version", k_version}};
  json["command"] = "verify";
  auto& subject = json["subject"] = nlohmann::ordered_json::object();
  put_outside(subject, "name", chain.name);
  subject["sha256"] = text_or_null(sha256_of(chain));
  json["verdict"] = answer.word;
  json["exit_code"] = answer.exit_code;
  auto& list = json["findings"] = nlohmann::ordered_json::array();
  for (const auto& finding : findings) list.push_back(finding_values(finding));
  json["chain"] = link_values(chain);
  return json.dump(2) + "\n";
}

std::string render_verification_html(const Link& chain, std::span<const Finding> findings) {
  const auto answer = answer_of(chain);
  const auto look = look_of(chain.state);
  auto out = html::head(fmt::format("{}: {}", answer.word, html::name(chain.name)), link_style()) + "<body>\n";
  out += fmt::format(
      "<header class=\"answer {}\">\n<p class=\"verdict\"><span aria-hidden=\"true\">{}</span> {}</p>\n"
      "<h1><code>{}</code></h1>\n<p class=\"why\">{}.</p>\n<dl class=\"facts\">\n",
      look.css_class, look.symbol, answer.word, html::name(chain.name), html::plain(answer.sentence));
  for (const auto& [label, text] : chain.evidence)
    out += fmt::format("<div><dt>{}</dt><dd><code>{}</code></dd></div>\n", outside(label), outside(text));
  out += fmt::format("<div><dt>Exit code</dt><dd>{}</dd></div>\n</dl>\n</header>\n<main>\n", answer.exit_line);
  out += section("Failed", list_of(failures(chain)));
  out += section("Not checked, or not proven", list_of(unchecked(chain)));
  out += section("Findings", findings_of(findings));
  out += section("From key to byte",
                 link_html(chain) +
                     "<p class=\"dim\">Green holds, red does not, yellow was not checked; the reason stands "
                     "beside it.</p>\n");
  return out + fmt::format(
                   "</main>\n<footer><p>Made by assay \"{}\". Everything from outside on this page is escaped text; "
                   "this page loads nothing and runs nothing.</p></footer>\n</body>\n</html>\n",
                   k_version);
}

}  // namespace assay::report
