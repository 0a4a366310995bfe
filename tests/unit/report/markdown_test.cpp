#include "base/text.hpp"
#include "cases.hpp"
#include "report/renderer.hpp"
#include "support/catch.hpp"

using namespace assay;
using namespace assay::report;

namespace {

/// `markdown` without its code spans, by the rule of CommonMark 6.1: a run of backticks to the next run of that length;
/// a backslash escapes outside of spans only.
std::string outside_code(std::string_view markdown) {
  std::string out;
  for (std::size_t i = 0; i < markdown.size();) {
    if (markdown[i] == '\\' && i + 1 < markdown.size()) {
      i += 2;
      continue;
    }
    if (markdown[i] != '`') {
      out += markdown[i++];
      continue;
    }
    const auto end = std::min(markdown.find_first_not_of('`', i), markdown.size());
    const auto fence = markdown.substr(i, end - i);
    auto close = markdown.find(fence, end);
    while (close != std::string_view::npos) {
      const auto run_end = std::min(markdown.find_first_not_of('`', close), markdown.size());
      if (run_end - close == fence.size()) break;
      close = markdown.find(fence, run_end);
    }
    i = close == std::string_view::npos ? end : close + fence.size();
  }
  return out;
}

/// The name in the <summary> of an HTML block, where no Markdown is read: only that it closes no element matters.
std::string without_summary_names(const std::string& markdown) {
  std::string out;
  for (const auto line : split_lines(markdown)) {
    const auto begin = line.find("<code>");
    const auto end = line.rfind("</code>");
    if (!line.starts_with("<details>") || begin == std::string_view::npos) {
      out += std::string{line} + '\n';
      continue;
    }
    CHECK(line.substr(begin + 6, end - begin - 6).find_first_of("<>") == std::string_view::npos);
    out += std::string{line.substr(0, begin)} + std::string{line.substr(end)} + '\n';
  }
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("markdown: a backslash before a pipe does not free it in a table", "[report][markdown][hostile]") {
  auto assessment = test::case_named("unexplained");
  REQUIRE_FALSE(assessment.findings.empty());
  assessment.findings.front().location.path = "a\\|b";
  const auto markdown = render_markdown(assessment, {});
  CHECK(has(markdown, "a\\\\\\|b"));
  CHECK_FALSE(has(markdown, "`a\\\\|b"));
}

TEST_CASE("markdown: nothing from outside becomes markup, a mention or a link", "[report][markdown][hostile]") {
  const auto markdown = render_markdown(test::case_named("hostile"), {});
  const auto live = outside_code(without_summary_names(markdown));
  for (const auto* part : {"<script", "<img", "<b>", "https:", "www.", "@", "[click]", "](", "#1"}) {
    INFO(part);
    CHECK_FALSE(has(live, part));
  }
  CHECK(has(markdown, "click"));  // it is there, only inert
}

TEST_CASE("markdown: every row of a table has its own number of cells, whatever the names",
          "[report][markdown][hostile]") {
  const auto markdown = render_markdown(test::case_named("hostile"), {});
  const auto cells = [](std::string_view line) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\') ++i;
      else if (line[i] == '|') ++count;
    }
    return count;
  };
  std::size_t columns = 0;
  std::size_t rows = 0;
  for (const auto line : split_lines(markdown)) {
    if (!line.starts_with("|")) columns = 0;
    if (columns == 0) columns = cells(line);
    if (!line.starts_with("|")) continue;
    INFO(line);
    CHECK(cells(line) == columns);
    ++rows;
  }
  CHECK(rows > 14);
}

TEST_CASE("markdown: stays below what a job summary may have, however much there is", "[report][markdown]") {
  auto assessment = test::huge(30'000);
  for (auto& finding : assessment.findings) {
    finding.location.path = std::string(4096, '|');
    finding.message = std::string(4096, '*');
  }
  for (auto& entry : assessment.entries) entry.path = std::string(4096, '|');
  const auto markdown = render_markdown(assessment, {});
  CHECK(markdown.size() < 1'000'000);
  CHECK(has(markdown, "… and 29,900 more findings"));
  CHECK(has(markdown, "… and 29,500 more entries"));
}

TEST_CASE("markdown: begins with the verdict", "[report][markdown]") {
  CHECK(render_markdown(test::case_named("suspect"), {})
            .starts_with("## 🛑 suspect: `xz-5.6.0.tar.gz` is not what its source says it is\n"));
}
