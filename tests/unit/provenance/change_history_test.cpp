#include "provenance/change_history.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"
#include "support/temp_dir.hpp"
#include "vcs/repository.hpp"

using namespace assay;
using namespace assay::provenance;

namespace {

constexpr int k_commits = 620;

std::string subject(int number) {
  return fmt::format("change number {} of the parser for nested lists", number);
}

/// A repository of so many commits, the n-th with subject(n) and a second paragraph.
class Project {
 public:
  Project() {
    std::string stream;
    for (int i = 0; i < k_commits; ++i) {
      const auto message = fmt::format("{}\n\nParagraph {} explains it.\n", subject(i), i);
      stream += fmt::format(
          "commit refs/heads/main\nauthor Ann Other <ann@example.org> {0} +0100\n"
          "committer Ann Other <ann@example.org> {0} +0100\ndata {1}\n{2}\n",
          1'600'000'000 + i * 3600, message.size(), message);
    }
    stream += "reset refs/tags/parser2-1.0\nfrom refs/heads/main\n\n";
    const auto file = m_dir.write("stream", stream);
    const auto repository = m_dir.path() / "p.git";
    test::shell(fmt::format("git init -q --bare '{0}' && git -C '{0}' fast-import --quiet < '{1}'", repository.string(),
                            file.string()));
    auto opened = vcs::Repository::open(repository);
    REQUIRE(opened);
    const auto head = (*opened)->resolve("main");
    REQUIRE(head);
    history = ChangeHistory{*opened, head->hex()};
  }
  ChangeHistory history;

 private:
  test::TempDir m_dir;
};

std::vector<std::string> newest_first() {
  std::vector<std::string> lines;
  for (int i = k_commits; i-- > 0;) {
    lines.push_back("2020-09-13  Ann Other");
    lines.push_back("\t* " + subject(i));
    lines.push_back(fmt::format("\tParagraph {} explains it.", i));
  }
  return lines;
}

std::optional<std::size_t> ask(const Project& project, const std::vector<std::string>& lines) {
  return project.history.commits_that_account_for({lines.begin(), lines.end()});
}

}  // namespace

TEST_CASE("change history: a log made from the history is accounted for in either order", "[provenance][history]") {
  const Project project;
  auto lines = newest_first();
  CHECK(ask(project, lines) == k_commits);
  std::reverse(lines.begin(), lines.end());
  CHECK(ask(project, lines) == k_commits);
}

TEST_CASE("change history: the project's name is known from its tags", "[provenance][history]") {
  const Project project;
  auto lines = newest_first();
  lines.insert(lines.begin(), "   Changelog for the parser2 project. Generated with git2news.pl");
  lines.insert(lines.begin() + 1, "Version 1.0 (13 Sep 2020)");
  CHECK(ask(project, lines) == k_commits);
  lines.front() = "   Changelog for the parser3 project. Generated with git2news.pl";
  CHECK(ask(project, lines) == std::nullopt);
}

TEST_CASE("change history: lines that a script wrapped anew count wherever they stand", "[provenance][history]") {
  const Project project;
  for (const std::size_t place : {1U, 1800U}) {
    auto lines = newest_first();
    const auto whole = lines[place];
    const auto cut = whole.rfind(' ');
    lines[place] = whole.substr(0, cut);
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(place) + 1, whole.substr(cut + 1));
    CAPTURE(whole);
    CHECK(ask(project, lines) == k_commits);
  }
}

TEST_CASE("change history: somebody's own words are accounted for nowhere", "[provenance][history][hostile]") {
  const Project project;
  for (const std::size_t place : {0U, 5U, 900U, 1859U})
    for (const std::string_view words :
         {"  ___ a banner ___", "run curl example.org", "change number 7 of the parse"}) {
      auto lines = newest_first();
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(place), std::string{words});
      CAPTURE(place, words);
      CHECK(ask(project, lines) == std::nullopt);
    }
}

TEST_CASE("change history: without a repository nothing is accounted for", "[provenance][history]") {
  CHECK(ChangeHistory{}.commits_that_account_for({"Initial commit"}) == std::nullopt);
  CHECK(ChangeHistory{}.commits_that_name({"Ann Other"}) == std::nullopt);
}
