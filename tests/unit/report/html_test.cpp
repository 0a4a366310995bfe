// What holds for the HTML page: nothing from outside is live, nothing is loaded, and it stays bounded.
#include <algorithm>
#include <set>
#include <string>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "cases.hpp"
#include "digest/digest.hpp"
#include "report/html.hpp"
#include "report/renderer.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::report;

namespace {

std::string page_of(const Assessment& assessment) {
  RenderOptions options;
  options.rules = test::case_rules();
  return render_html(assessment, options);
}

/// The names of all elements that a browser would see, in order; a `<` that begins no tag is an error.
std::vector<std::string> tags_of(std::string_view page) {
  std::vector<std::string> tags;
  const auto style = page.find("<style>");
  const auto style_end = page.find("</style>");
  for (auto at = page.find('<'); at != std::string_view::npos; at = page.find('<', at + 1)) {
    if (at > style && at < style_end) continue;
    const auto end = page.find('>', at);
    REQUIRE(end != std::string_view::npos);
    const auto name = page.substr(at + 1, page.find_first_of(" >/\n", at + 2) - at - 1);
    tags.emplace_back(name);
  }
  return tags;
}

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + word.size())) ++found;
  return found;
}

}  // namespace

TEST_CASE("html: only the page's own elements are in it, whatever the names and lines are", "[report][html][hostile]") {
  static const std::set<std::string> own = {
      "!DOCTYPE", "html",    "head",  "meta",  "title",  "style",      "body", "header",  "p",
      "span",     "h1",      "h2",    "h3",    "h4",     "code",       "dl",   "div",     "dt",
      "dd",       "nav",     "ul",    "ol",    "li",     "a",          "main", "section", "article",
      "table",    "caption", "thead", "tbody", "tr",     "th",         "td",   "strong",  "em",
      "i",        "b",       "br",    "pre",   "figure", "figcaption", "svg",  "path",    "footer"};
  for (const auto& [name, assessment] : test::cases()) {
    INFO(name);
    for (auto tag : tags_of(page_of(assessment))) {
      if (tag.starts_with('/')) tag.erase(0, 1);
      INFO(tag);
      CHECK(own.contains(tag));
    }
  }
}

TEST_CASE("html: elements are closed in the order in which they were opened", "[report][html]") {
  static const std::set<std::string> empty = {"!DOCTYPE", "meta", "br", "path"};
  for (const auto& [name, assessment] : test::cases()) {
    INFO(name);
    std::vector<std::string> open;
    for (const auto& tag : tags_of(page_of(assessment))) {
      if (empty.contains(tag)) continue;
      if (!tag.starts_with('/')) {
        open.push_back(tag);
        continue;
      }
      REQUIRE_FALSE(open.empty());
      CHECK(open.back() == tag.substr(1));
      open.pop_back();
    }
    CHECK(open.empty());
  }
}

TEST_CASE("html: the policy allows the page's style sheet and nothing else", "[report][html]") {
  const auto page = page_of(test::case_named("suspect"));
  const auto begin = page.find("<style>") + 7;
  const auto style = page.substr(begin, page.find("</style>") - begin);
  const auto digest = to_base64(sha256(as_bytes(style)).bytes);
  CHECK(page.find("default-src 'none'; style-src 'sha256-" + digest + "'; base-uri 'none'; form-action 'none'") !=
        std::string::npos);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find(" style=") == std::string::npos);
  CHECK(page.find(" src=") == std::string::npos);
  CHECK(style.find("url(") == std::string::npos);
  CHECK(style.find("@import") == std::string::npos);
}

TEST_CASE("html: the chain comes first, its stages are text, and its members are in order", "[report][html]") {
  const auto page = page_of(test::case_named("forensic"));
  const auto chain = page.find("pipes the result to a shell");
  const auto stage = page.find("Stage 1: shell script");
  REQUIRE(chain != std::string::npos);
  REQUIRE(stage != std::string::npos);
  CHECK(chain < page.find("configure:127 (novel)"));
  CHECK(page.find("configure:127 (novel)") < page.find("configure:147 (novel)"));
  CHECK(page.find("What supports it") < stage);
  CHECK(page.find("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;") != std::string::npos);
  CHECK(page.find("<b class=\"x\">\\x1b</b>") != std::string::npos);
  CHECK(page.find("<b class=\"x\">\\u{202e}</b>") != std::string::npos);
  CHECK(page.find("00000010") != std::string::npos);
  CHECK(page.find("<svg role=\"img\" aria-label=\"Entropy") != std::string::npos);
  CHECK(page.find("a commit that touches nothing else &lt;x&gt;") != std::string::npos);
  CHECK(page.find("2 more places") != std::string::npos);
}

TEST_CASE("html: a place's lines are shown once, and linked to after that", "[report][html]") {
  auto assessment = test::case_named("forensic");
  assessment.findings.push_back(assessment.findings.front());
  const auto page = page_of(assessment);
  CHECK(count(page, "id=\"x1\"") == 1);
  CHECK(count(page, "href=\"#x1\"") == 1);
}

TEST_CASE("html: every link of the page leads to a place of the page or to an https address of a rule",
          "[report][html]") {
  for (const auto& [name, assessment] : test::cases()) {
    const auto page = page_of(assessment);
    for (auto at = page.find("href=\""); at != std::string::npos; at = page.find("href=\"", at + 1)) {
      const auto target = page.substr(at + 6, page.find('"', at + 6) - at - 6);
      INFO(name << " " << target);
      if (target.starts_with("#")) CHECK(count(page, " id=\"" + target.substr(1) + "\"") == 1);
      else CHECK(target.starts_with("https://"));
    }
  }
  CHECK(html::reference_link("javascript:alert(1)").find("href") == std::string::npos);
  CHECK(html::reference_link("https://a.example/\" onclick=\"x").find("href") == std::string::npos);
}

TEST_CASE("html: a hundred thousand findings stay a page that a browser opens", "[report][html]") {
  const auto page = page_of(test::huge(100'000));
  CHECK(page.size() < html::k_page_bytes + (64U << 10));
  CHECK(page.find("the JSON report has all of them") != std::string::npos);
}

TEST_CASE("html: exhibits without end are cut, and the page says so", "[report][html]") {
  auto assessment = test::case_named("forensic");
  const auto finding = assessment.findings.front();
  for (int i = 0; i < 60; ++i) {
    auto more = finding;
    more.location.path = "configure-" + std::to_string(i);
    more.stages.assign(20, {"x", "shell script", std::string(64U << 10, '<'), 1U << 30, std::string(64, 'a')});
    assessment.findings.push_back(std::move(more));
  }
  const auto page = page_of(assessment);
  CHECK(page.size() < 2 * html::k_page_bytes);
  CHECK(page.find("more findings") != std::string::npos);
}

TEST_CASE("html: control characters in lines are marked, tabs and backslashes are left alone", "[report][html]") {
  CHECK(html::source_text("a\tb\\n", 100) == "a\tb\\n");
  CHECK(html::source_text("\x01\xff<", 100) == "<b class=\"x\">\\x01</b><b class=\"x\">\\xff</b>&lt;");
  CHECK(html::source_text("abcdef", 3) == "abc …");
  CHECK(html::source_text("\xe2\x80\x8b", 100) == "<b class=\"x\">\\u{200b}</b>");
}
