#include "provenance/release_claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <mutex>
#include <queue>
#include <unordered_set>

#include "base/text.hpp"
#include "provenance/stamps.hpp"
#include "vcs/repository.hpp"
#include "vcs/version.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_most_commits = 12'000;
constexpr std::size_t k_most_text = 16U << 20;
constexpr std::size_t k_commits_at_once = 100;
/// Releases are merged in bursts, and some commits are left out of change logs; further apart than this is chance.
constexpr std::size_t k_commits_without_match = 500;
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

void add_words(LineSet& set, std::string_view text) {
  for (const auto& word : words_of(text)) set.add(word);
}

struct Older {
  bool operator()(const vcs::Commit& a, const vcs::Commit& b) const { return a.committer.time < b.committer.time; }
};

}  // namespace

struct ChangeHistory::Reading {
  std::filesystem::path place;
  std::string commit;

  mutable std::mutex mutex;
  bool started = false;
  std::shared_ptr<const vcs::Repository> repository;
  std::priority_queue<vcs::Commit, std::vector<vcs::Commit>, Older> open;
  std::unordered_set<std::string> seen;
  std::size_t commits = 0;
  std::size_t text = 0;
  std::size_t last_match = 0;  ///< how many commits were read when a line was last accounted for
  LineSet lines;
  LineSet pairs;         ///< of words that follow each other in a message
  LineSet second_words;  ///< of those pairs
  LineSet people;        ///< names and addresses, lower case
  LineSet words;         ///< of names, tags and abbreviated ids

  void start();
  void read(const vcs::Commit& next);
  /// Read some more commits; false if there are none, or none that are wanted.
  bool read_more(std::size_t until);
  bool only_words_of_headers(std::string_view line) const;
  bool only_known_pairs(std::string_view line) const;
  bool holds(std::string_view plain) const {
    return lines.contains(normalise_line(plain)) || only_words_of_headers(plain) || only_known_pairs(plain);
  }
};

void ChangeHistory::Reading::start() {
  started = true;
  if (place.empty() || commit.empty()) return;
  const auto git_dir = vcs::find_git_dir(place);
  const auto first_id = GitOid::from_hex(commit);
  if (!git_dir || !*git_dir || !first_id) return;
  auto opened = vcs::Repository::open((*git_dir)->git_dir);
  if (!opened) return;
  repository = std::move(*opened);
  for (const auto& tag : repository->tags()) words.add(ascii_lower(tag.name));
  seen.insert(commit);
  if (auto first = repository->commit(*first_id)) open.push(std::move(*first));
}

void ChangeHistory::Reading::read(const vcs::Commit& next) {
  ++commits;
  text += next.message.size();
  for (const auto* person : {&next.author, &next.committer}) {
    people.add(ascii_lower(person->name));
    people.add(ascii_lower(person->email));
    add_words(words, person->name);
    add_words(words, person->email);
  }
  std::string before;
  for (const auto line : split_lines(next.message)) {
    lines.add(normalise_line(strip_marks(line)));
    for (auto& word : words_of(line)) {
      pairs.add(before + ' ' + word);
      second_words.add(word);
      before = std::move(word);
    }
  }
  for (const auto& parent : next.parents)
    if (seen.insert(parent.hex()).second)
      if (auto older = repository->commit(parent)) open.push(std::move(*older));
}

bool ChangeHistory::Reading::read_more(std::size_t until) {
  if (!started) start();
  const auto before = commits;
  while (!open.empty() && commits < std::min(until, before + k_commits_at_once) && text < k_most_text) {
    const auto next = open.top();
    open.pop();
    read(next);
  }
  return commits > before;
}

bool ChangeHistory::Reading::only_words_of_headers(std::string_view line) const {
  const auto all = words_of(line);
  return std::all_of(all.begin(), all.end(), [&](const std::string& word) {
    return is_number(word) || is_hex_id(word) || is_format_word(word) || words.contains(word) || word.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
  });
}

bool ChangeHistory::Reading::only_known_pairs(std::string_view line) const {
  const auto all = words_of(line);
  if (all.size() < 2) return all.empty() || second_words.contains(all[0]);
  for (std::size_t i = 1; i < all.size(); ++i)
    if (!pairs.contains(all[i - 1] + ' ' + all[i])) return false;
  return true;
}

ChangeHistory::ChangeHistory(std::filesystem::path repository, std::string commit) : m_reading(std::make_unique<Reading>()) {
  m_reading->place = std::move(repository);
  m_reading->commit = std::move(commit);
}
ChangeHistory::~ChangeHistory() = default;

std::size_t ChangeHistory::commits() const {
  const std::lock_guard lock{m_reading->mutex};
  return m_reading->commits;
}

bool ChangeHistory::accounts_for(std::string_view line) const {
  const auto plain = strip_marks(line);
  if (plain.empty()) return true;
  auto& reading = *m_reading;
  const std::lock_guard lock{reading.mutex};
  const auto until = std::min(k_most_commits, reading.last_match + k_commits_without_match);
  do {
    if (reading.commits > 0 && reading.holds(plain)) {
      reading.last_match = reading.commits;
      return true;
    }
  } while (reading.read_more(until));
  return false;
}

bool ChangeHistory::knows_person(std::string_view name) const {
  const auto wanted = ascii_lower(name);
  auto& reading = *m_reading;
  const std::lock_guard lock{reading.mutex};
  do {
    if (reading.people.contains(wanted)) return true;
  } while (reading.read_more(k_most_commits));
  return false;
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
