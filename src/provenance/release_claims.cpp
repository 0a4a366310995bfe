#include "provenance/release_claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <queue>

#include "base/text.hpp"
#include "provenance/stamps.hpp"
#include "vcs/repository.hpp"
#include "vcs/version.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_most_commits = 12'000;
constexpr std::size_t k_most_text = 16U << 20;
constexpr std::int64_t k_day = 86'400;

std::string_view strip_marks(std::string_view line) {
  const auto start = line.find_first_not_of(" \t*-+>#");
  return start == std::string_view::npos ? std::string_view{} : line.substr(start);
}

/// Words as runs of anything but blanks and the punctuation that surrounds words.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  constexpr std::string_view k_between = " \t,;:()[]<>\"'`*{}|=.!?";
  for (auto at = line.find_first_not_of(k_between); at != std::string_view::npos;) {
    const auto end = std::min(line.find_first_of(k_between, at), line.size());
    words.push_back(ascii_lower(line.substr(at, end - at)));
    at = line.find_first_not_of(k_between, end);
  }
  return words;
}

bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789:+-/._") == std::string_view::npos;
}

bool is_hex_id(std::string_view word) {
  return word.size() >= 6 && word.size() <= 64 && word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Words that log formats and change-log scripts put between the facts of a commit.
bool is_format_word(std::string_view word) {
  static const std::unordered_set<std::string_view> k_words{
      "commit", "author", "authordate", "date", "merge", "commitdate", "committer", "by", "brought", "this", "change", "version", "release", "released",
      "changes", "changelog", "for", "the", "project", "generated", "with", "from", "of", "git", "log", "svn", "id", "tag", "tags", "head", "am", "pm", "utc",
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "january",
      "february", "march", "april", "june", "july", "august", "september", "october", "november", "december", "gmt", "cest", "cet", "pl", "git2changes", "log2changes", "git2news"};
  return k_words.contains(word);
}

void add_words(std::unordered_set<std::string>& set, std::string_view text) {
  for (auto& word : words_of(text)) set.insert(std::move(word));
}

}  // namespace

void ChangeHistory::load() const {
  if (m_repository.empty() || m_commit.empty()) return;
  const auto place = vcs::find_git_dir(m_repository);
  if (!place || !*place) return;
  const auto repository = vcs::Repository::open((*place)->git_dir);
  const auto start = GitOid::from_hex(m_commit);
  if (!repository || !start) return;
  for (const auto& tag : (*repository)->tags()) m_words.insert(ascii_lower(tag.name));
  // Newest first: change logs are often cut off after some hundred commits.
  const auto older = [](const vcs::Commit& a, const vcs::Commit& b) { return a.committer.time < b.committer.time; };
  std::priority_queue<vcs::Commit, std::vector<vcs::Commit>, decltype(older)> open{older};
  std::unordered_set<std::string> seen{m_commit};
  if (auto first = (*repository)->commit(*start)) open.push(std::move(*first));
  std::size_t text = 0;
  while (!open.empty() && m_commits < k_most_commits && text < k_most_text) {
    const auto commit = open.top();
    open.pop();
    ++m_commits;
    text += commit.message.size();
    for (const auto* person : {&commit.author, &commit.committer}) {
      m_people.insert(ascii_lower(person->name));
      m_people.insert(ascii_lower(person->email));
      add_words(m_words, person->name);
      add_words(m_words, person->email);
    }
    std::string before;
    for (const auto line : split_lines(commit.message)) {
      m_lines.insert(normalise_line(strip_marks(line)));
      for (auto& word : words_of(line)) {
        m_pairs.insert(before + ' ' + word);
        before = std::move(word);
      }
    }
    for (const auto& parent : commit.parents)
      if (seen.insert(parent.hex()).second)
        if (auto next = (*repository)->commit(parent)) open.push(std::move(*next));
  }
}

std::size_t ChangeHistory::commits() const {
  std::call_once(m_loaded, [this] { load(); });
  return m_commits;
}

bool ChangeHistory::only_words_of_headers(std::string_view line) const {
  const auto words = words_of(line);
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return is_number(word) || is_hex_id(word) || is_format_word(word) || m_words.contains(word) || word.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
  });
}

bool ChangeHistory::only_known_pairs(std::string_view line) const {
  const auto words = words_of(line);
  if (words.size() < 2) return words.empty() || std::any_of(m_pairs.begin(), m_pairs.end(), [&](const auto& pair) { return pair.ends_with(' ' + words[0]); });
  for (std::size_t i = 1; i < words.size(); ++i)
    if (!m_pairs.contains(words[i - 1] + ' ' + words[i])) return false;
  return true;
}

bool ChangeHistory::accounts_for(std::string_view line) const {
  if (commits() == 0) return false;
  const auto plain = strip_marks(line);
  return plain.empty() || m_lines.contains(normalise_line(plain)) || only_words_of_headers(plain) || only_known_pairs(plain);
}

bool ChangeHistory::knows_person(std::string_view name) const {
  return commits() > 0 && m_people.contains(ascii_lower(name));
}

bool ReleaseClaims::is_version(std::string_view text) const {
  if (version.empty() || text.empty()) return false;
  const auto wanted = vcs::version_tokens(version);
  if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-' || c == '+' || c == '~';
  });
  if (plain && vcs::version_tokens(text) == wanted) return true;
  std::vector<unsigned long> numbers;
  for (const auto& token : wanted) {
    unsigned long number = 0;
    if (std::from_chars(token.data(), token.data() + token.size(), number).ec == std::errc{}) numbers.push_back(number);
  }
  if (numbers.size() < 2) return false;
  numbers.resize(3);
  const auto lower = ascii_lower(text);
  return lower == fmt::format("0x{:02x}{:02x}{:02x}", numbers[0], numbers[1], numbers[2]) ||
         lower == fmt::format("{}", numbers[0] * 10000 + numbers[1] * 100 + numbers[2]) ||
         lower == fmt::format("{}", numbers[0] * 1000000 + numbers[1] * 1000 + numbers[2]) ||
         lower == fmt::format("{},{},{},0", numbers[0], numbers[1], numbers[2]);
}

bool ReleaseClaims::is_version_part(std::string_view text) const {
  const auto wanted = vcs::version_tokens(version);
  const auto given = vcs::version_tokens(text);
  if (given.empty() || given.size() > wanted.size()) return false;
  if (given.size() == 1) return std::find(wanted.begin(), wanted.end(), given[0]) != wanted.end();
  return std::equal(given.begin(), given.end(), wanted.begin());
}

bool ReleaseClaims::is_fitting_date(std::string_view text) const {
  const auto stamps = find_stamps(text);
  if (stamps.size() != 1 || stamps[0].kind != StampKind::date || stamps[0].offset != 0 || stamps[0].size != text.size()) return false;
  const auto latest = std::time_t{commit_time + 31 * k_day};
  std::tm parts{};
  ::gmtime_r(&latest, &parts);
  for (std::size_t i = 0; i + 4 <= text.size(); ++i) {
    int year = 0;
    const auto piece = text.substr(i, 4);
    if ((piece.starts_with("19") || piece.starts_with("20")) && std::from_chars(piece.data(), piece.data() + 4, year).ptr == piece.data() + 4)
      return year <= parts.tm_year + 1900;
  }
  return false;
}

}  // namespace assay::provenance
