#include "provenance/release_claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <functional>
#include <queue>
#include <unordered_set>

#include "base/text.hpp"
#include "provenance/stamps.hpp"
#include "vcs/repository.hpp"
#include "vcs/version.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_most_commits = 12'000;
/// A change log follows the history; what so many commits in a row do not touch is none.
constexpr std::size_t k_commits_without_match = 500;
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

/// Calls `visit` with the commits that lead to `commit`, newest first: change logs are often cut off after some hundred. Ends when
/// `visit` returns false, or at a bound. False if nothing could be read.
bool walk_commits(const std::filesystem::path& path, std::string_view commit, const std::function<void(const vcs::Tag&)>& tag,
                  const std::function<bool(const vcs::Commit&)>& visit) {
  const auto start = GitOid::from_hex(commit);
  if (path.empty() || !start) return false;
  const auto place = vcs::find_git_dir(path);
  if (!place || !*place) return false;
  const auto repository = vcs::Repository::open((*place)->git_dir);
  if (!repository) return false;
  for (const auto& one : (*repository)->tags()) tag(one);
  const auto older = [](const vcs::Commit& a, const vcs::Commit& b) { return a.committer.time < b.committer.time; };
  std::priority_queue<vcs::Commit, std::vector<vcs::Commit>, decltype(older)> open{older};
  std::unordered_set<GitOid> seen{*start};
  if (auto first = (*repository)->commit(*start)) open.push(std::move(*first));
  std::size_t text = 0;
  for (std::size_t count = 0; !open.empty() && count < k_most_commits && text < k_most_text; ++count) {
    const auto current = open.top();
    open.pop();
    text += current.message.size();
    if (!visit(current)) break;
    for (const auto& parent : current.parents)
      if (seen.insert(parent).second)
        if (auto next = (*repository)->commit(parent)) open.push(std::move(*next));
  }
  return true;
}

/// Lines that wait for a commit to account for them. The few that are asked for make the sets, and the history passes by.
class WaitingLines {
 public:
  explicit WaitingLines(const std::vector<std::string_view>& lines) {
    for (const auto line : lines)
      if (auto plain = normalise_line(strip_marks(line)); !plain.empty()) m_lines.insert(std::move(plain));
  }
  void add_tag(std::string_view name) { m_words.insert(ascii_lower(name)); }

  /// False once no line is left.
  bool take(const vcs::Commit& commit) {
    ++m_commits;
    for (const auto* person : {&commit.author, &commit.committer})
      for (const auto* text : {&person->name, &person->email})
        for (auto& word : words_of(*text)) m_words.insert(std::move(word));
    for (const auto line : split_lines(commit.message)) {
      normalise_line_into(strip_marks(line), m_buffer);
      if (m_lines.erase(m_buffer) > 0) m_last_match = m_commits;
    }
    m_messages.push_back(commit.message);
    if (m_commits % 250 == 0) drop_headers();
    return !m_lines.empty() && m_commits - m_last_match < k_commits_without_match;
  }
  void finish() {
    drop_headers();
    if (m_lines.size() <= k_most_rewrapped) drop_rewrapped();
  }
  bool empty() const noexcept { return m_lines.empty(); }
  std::size_t commits() const noexcept { return m_commits; }

 private:
  static constexpr std::size_t k_most_rewrapped = 20'000;

  void drop_headers() {
    std::erase_if(m_lines, [&](const std::string& line) {
      const auto words = words_of(line);
      return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
        return is_number(word) || is_hex_id(word) || is_format_word(word) || m_words.contains(word) ||
               word.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
      });
    });
  }

  /// Lines of words that follow each other in some message: a script wrapped them anew.
  void drop_rewrapped() {
    if (m_lines.empty()) return;
    std::unordered_set<std::string> wanted;
    for (const auto& line : m_lines) for_each_pair(line, [&](std::string pair) { wanted.insert(std::move(pair)); });
    for (const auto& message : m_messages) for_each_pair(message, [&](const std::string& pair) { wanted.erase(pair); });
    std::erase_if(m_lines, [&](const std::string& line) {
      bool whole = true;
      for_each_pair(line, [&](const std::string& pair) { whole = whole && !wanted.contains(pair); });
      return whole;
    });
  }
  template <typename Visit>
  static void for_each_pair(std::string_view text, const Visit& visit) {
    std::string before;
    bool first = true;
    std::size_t words = 0;
    for (const auto line : split_lines(text))
      for (auto& word : words_of(line)) {
        // A word alone counts as itself, so that a line of one word is not passed over.
        if (++words; first) visit(' ' + word);
        else visit(before + ' ' + word);
        first = false;
        visit(' ' + word);
        before = std::move(word);
      }
  }

  std::unordered_set<std::string> m_lines;
  std::unordered_set<std::string> m_words;  ///< of names, addresses and tags
  std::vector<std::string> m_messages;
  std::string m_buffer;
  std::size_t m_commits = 0;
  std::size_t m_last_match = 0;  ///< how many commits there were when one last accounted for a line
};

/// The names and addresses in "  12  Name <address>".
std::vector<std::string> people_in(std::string_view line) {
  auto plain = line.substr(std::min(line.find_first_not_of(" \t*-"), line.size()));
  std::vector<std::string> people;
  if (const auto open = plain.find('<'); open != std::string_view::npos) {
    if (const auto close = plain.find('>', open); close != std::string_view::npos) people.push_back(ascii_lower(plain.substr(open + 1, close - open - 1)));
    plain = plain.substr(0, open);
  }
  plain.remove_prefix(std::min(plain.find_first_not_of("0123456789 \t"), plain.size()));  // `git shortlog -s` counts
  people.push_back(ascii_lower(normalise_line(plain)));
  return people;
}

}  // namespace

std::optional<std::size_t> ChangeHistory::commits_that_account_for(const std::vector<std::string_view>& lines) const {
  WaitingLines waiting{lines};
  const bool read = walk_commits(m_repository, m_commit, [&](const vcs::Tag& tag) { waiting.add_tag(tag.name); }, [&](const vcs::Commit& commit) { return waiting.take(commit); });
  if (!read) return std::nullopt;
  waiting.finish();
  if (!waiting.empty()) return std::nullopt;
  return waiting.commits();
}

std::optional<std::size_t> ChangeHistory::commits_that_name(const std::vector<std::string_view>& lines) const {
  std::unordered_set<std::string> known;
  const auto is_known = [&](std::string_view line) {
    const auto people = people_in(line);
    return normalise_line(line).empty() || std::any_of(people.begin(), people.end(), [&](const std::string& person) { return known.contains(person); });
  };
  auto waiting = lines;
  std::size_t count = 0;
  const auto visit = [&](const vcs::Commit& commit) {
    for (const auto* person : {&commit.author, &commit.committer}) {
      known.insert(ascii_lower(person->name));
      known.insert(ascii_lower(person->email));
    }
    if (++count % 100 == 0) std::erase_if(waiting, is_known);
    return !waiting.empty();
  };
  if (!walk_commits(m_repository, m_commit, [](const vcs::Tag&) {}, visit)) return std::nullopt;
  std::erase_if(waiting, is_known);
  if (!waiting.empty()) return std::nullopt;
  return count;
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
