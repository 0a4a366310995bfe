#include "provenance/release_claims.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "provenance/stamps.hpp"
#include "vcs/repository.hpp"

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

/// Words as runs of anything but blanks and the punctuation that surrounds words; "12:26:40" and "1.4.0" are one each.
std::vector<std::string> words_of(std::string_view line) {
  constexpr std::string_view k_between = " \t,;:()[]<>\"'`*{}|=.!?";
  const auto is_digit = [&](std::size_t at) { return at < line.size() && line[at] >= '0' && line[at] <= '9'; };
  const auto ends_word = [&](std::size_t at) {
    if (k_between.find(line[at]) == std::string_view::npos) return false;
    return (line[at] != ':' && line[at] != '.') || at == 0 || !is_digit(at - 1) || !is_digit(at + 1);
  };
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    auto end = at;
    while (end < line.size() && !ends_word(end)) ++end;
    if (end > at) words.push_back(ascii_lower(line.substr(at, end - at)));
    at = end + 1;
  }
  return words;
}

bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789:+-/._") == std::string_view::npos;
}

/// Words that log formats and change-log scripts put between the facts of a commit.
bool is_format_word(std::string_view word) {
  static const std::unordered_set<std::string_view> k_words{
      "commit",  "author", "authordate", "date",        "merge",       "commitdate", "committer", "by",
      "brought", "this",   "change",     "version",     "release",     "released",   "changes",   "changelog",
      "for",     "the",    "project",    "generated",   "with",        "from",       "of",        "git",
      "log",     "svn",    "id",         "tag",         "tags",        "head",       "am",        "pm",
      "utc",     "jan",    "feb",        "mar",         "apr",         "may",        "jun",       "jul",
      "aug",     "sep",    "oct",        "nov",         "dec",         "mon",        "tue",       "wed",
      "thu",     "fri",    "sat",        "sun",         "january",     "february",   "march",     "april",
      "june",    "july",   "august",     "september",   "october",     "november",   "december",  "gmt",
      "cest",    "cet",    "pl",         "git2changes", "log2changes", "git2news"};
  return k_words.contains(word);
}

/// Calls `visit` with the commits that lead to `commit`, newest first: change logs are often cut off after some hundred. Ends when
/// `visit` returns false, or at a bound. False if nothing could be read.
bool walk_commits(const std::filesystem::path& path, std::string_view commit,
                  const std::function<void(const vcs::Tag&)>& tag,
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

/// What log formats print of a commit besides its message, as words_of() cuts it.
class CommitFacts {
 public:
  void add_tag(std::string_view name) {
    for (auto& word : words_of(name)) m_words.insert(std::move(word));
    auto numbers = vcs::version_tokens(name);
    const auto is_word = [](const std::string& token) { return !is_number(token); };
    numbers.erase(numbers.begin(), std::find_if_not(numbers.begin(), numbers.end(), is_word));
    numbers.erase(std::find_if(numbers.begin(), numbers.end(), is_word), numbers.end());
    m_words.insert(fmt::format("{}", fmt::join(numbers, ".")));
  }
  void add(const vcs::Commit& commit) {
    for (const auto* person : {&commit.author, &commit.committer}) {
      for (const auto* text : {&person->name, &person->email})
        for (auto& word : words_of(*text)) m_words.insert(std::move(word));
      add_time(person->time, person->offset_minutes);
      if (person->offset_minutes != 0) add_time(person->time, 0);
    }
    m_ids.push_back(commit.id.hex());
    for (const auto& parent : commit.parents) m_ids.push_back(parent.hex());
    m_sorted = false;
  }

  /// Is the line nothing but facts of commits and the words of log formats?
  bool account_for(std::string_view line) {
    if (is_rule(line)) return true;
    const auto words = words_of(line);
    if (words.empty()) return line.size() <= 3;
    std::size_t numbers = 0;
    for (const auto& word : words) {
      if (is_number(word)) ++numbers;
      if (!is_format_word(word) && !m_words.contains(word) && !is_id(word)) return false;
    }
    // A table of numbers is no log, even if each is the day of some commit.
    return numbers <= k_most_numbers && (numbers < words.size() || numbers <= 2);
  }

 private:
  static constexpr std::size_t k_most_numbers = 8;
  static constexpr std::size_t k_shortest_id = 6;

  /// "------", "======": one mark again and again.
  static bool is_rule(std::string_view line) {
    return line.size() <= 120 && !line.empty() &&
           std::string_view{"-=*~_#."}.find(line.front()) != std::string_view::npos &&
           line.find_first_not_of(line.front()) == std::string_view::npos;
  }

  void add_time(std::int64_t time, int offset_minutes) {
    const auto local = static_cast<std::time_t>(time + offset_minutes * 60);
    std::tm parts{};
    if (::gmtime_r(&local, &parts) == nullptr) return;
    const int year = parts.tm_year + 1900;
    const int month = parts.tm_mon + 1;
    const auto zone = std::abs(offset_minutes);
    for (auto word : {fmt::format("{}", year), fmt::format("{}", parts.tm_mday), fmt::format("{:02}", parts.tm_mday),
                      fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec),
                      fmt::format("{:02}:{:02}", parts.tm_hour, parts.tm_min),
                      fmt::format("{}{:02}{:02}", offset_minutes < 0 ? '-' : '+', zone / 60, zone % 60),
                      fmt::format("{}-{:02}-{:02}", year, month, parts.tm_mday),
                      fmt::format("{}/{:02}/{:02}", year, month, parts.tm_mday),
                      fmt::format("{}{:02}{:02}", year, month, parts.tm_mday),
                      fmt::format("{}-{:02}-{:02}t{:02}:{:02}:{:02}", year, month, parts.tm_mday, parts.tm_hour,
                                  parts.tm_min, parts.tm_sec)})
      m_words.insert(std::move(word));
  }

  bool is_id(std::string_view word) {
    if (word.size() < k_shortest_id || word.find_first_not_of("0123456789abcdef") != std::string_view::npos)
      return false;
    if (!m_sorted) std::sort(m_ids.begin(), m_ids.end());
    m_sorted = true;
    const auto found = std::lower_bound(m_ids.begin(), m_ids.end(), word);
    return found != m_ids.end() && found->starts_with(word);
  }

  std::unordered_set<std::string> m_words;  ///< of names, addresses, tags, dates and times
  std::vector<std::string> m_ids;
  bool m_sorted = false;
};

/// All messages in one text with single blanks, to be searched for lines that a script wrapped anew.
class RunningText {
 public:
  /// `wanted`: the lines that will be asked for; only where two words of one begin is kept.
  RunningText(const std::vector<std::string>& messages, const std::unordered_set<std::string>& wanted) {
    for (const auto& line : wanted) m_places.try_emplace(std::string{beginning(line)});
    for (const auto& message : messages) add(message);
  }
  bool has(std::string_view line) const {
    const auto places = m_places.find(std::string{beginning(line)});
    return places != m_places.end() && std::any_of(places->second.begin(), places->second.end(), [&](std::size_t at) {
             return std::string_view{m_text}.substr(at).starts_with(line) &&
                    (at + line.size() == m_text.size() || m_text[at + line.size()] <= ' ');
           });
  }

 private:
  static std::string_view beginning(std::string_view line) {
    const auto first = line.find(' ');
    return first == std::string_view::npos ? line : line.substr(0, line.find(' ', first + 1));
  }
  void add(std::string_view message) {
    const auto start = m_text.size();
    for (const auto line : split_lines(message)) {
      const auto normal = normalise_line(line);
      if (!normal.empty()) m_text += normal + ' ';
    }
    m_text += '\n';
    const auto text = std::string_view{m_text};
    for (auto at = start; at < m_text.size(); at = text.find_first_of(" \n", at) + 1) {
      const auto one = text.find_first_of(" \n", at);
      const auto two = text[one] == '\n' ? one : text.find_first_of(" \n", one + 1);
      for (const auto end : {one, two})
        if (const auto place = m_places.find(std::string{text.substr(at, end - at)}); place != m_places.end())
          place->second.push_back(at);
    }
  }

  std::string m_text;
  std::unordered_map<std::string, std::vector<std::size_t>> m_places;
};

/// Lines that wait for a commit to account for them. The few that are asked for make the sets, and the history passes by.
class WaitingLines {
 public:
  explicit WaitingLines(const std::vector<std::string_view>& lines) {
    for (const auto line : lines)
      if (auto plain = normalise_line(strip_marks(line)); !plain.empty()) m_lines.insert(std::move(plain));
  }
  void add_tag(std::string_view name) { m_facts.add_tag(name); }

  /// False once no line is left.
  bool take(const vcs::Commit& commit) {
    ++m_commits;
    m_facts.add(commit);
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
    if (m_lines.empty() || m_lines.size() > k_most_rewrapped) return;
    const RunningText messages{m_messages, m_lines};
    std::erase_if(m_lines, [&](const std::string& line) { return messages.has(line); });
  }
  bool empty() const noexcept { return m_lines.empty(); }
  std::size_t commits() const noexcept { return m_commits; }

 private:
  static constexpr std::size_t k_most_rewrapped = 20'000;

  void drop_headers() {
    std::erase_if(m_lines, [&](const std::string& line) { return m_facts.account_for(line); });
  }

  std::unordered_set<std::string> m_lines;
  CommitFacts m_facts;
  std::vector<std::string> m_messages;
  std::string m_buffer;
  std::size_t m_commits = 0;
  std::size_t m_last_match = 0;  ///< how many commits there were when one last accounted for a line
};

/// "  12  Name <address>", as lists of people and `git shortlog -sne` have it.
struct Person {
  std::string name, address;
};
std::optional<Person> person_in(std::string_view line) {
  auto plain = line.substr(std::min(line.find_first_not_of(" \t*-"), line.size()));
  Person person;
  if (const auto open = plain.find('<'); open != std::string_view::npos) {
    const auto close = plain.find('>', open);
    if (close == std::string_view::npos || plain.find_first_not_of(" \t\r", close + 1) != std::string_view::npos)
      return std::nullopt;
    person.address = ascii_lower(plain.substr(open + 1, close - open - 1));
    plain = plain.substr(0, open);
  }
  plain.remove_prefix(std::min(plain.find_first_not_of("0123456789 \t"), plain.size()));  // a number of commits
  person.name = ascii_lower(normalise_line(plain));
  return person;
}

/// Everybody who made or committed a commit. A name may be spelled otherwise beside a known address, but of words that names are
/// made of: anything else could be hidden there.
class People {
 public:
  void add(const vcs::Signature& person) {
    m_names.insert(ascii_lower(normalise_line(person.name)));
    m_addresses.insert(ascii_lower(person.email));
    for (auto& word : words_of(person.name)) m_words.insert(std::move(word));
  }
  bool have(std::string_view line) const {
    const auto person = person_in(line);
    if (!person) return false;
    if (person->address.empty()) return person->name.empty() || m_names.contains(person->name);
    if (!m_addresses.contains(person->address) && !(m_names.contains(person->name) && is_address(person->address)))
      return false;
    const auto words = words_of(person->name);
    return words.size() <= 6 &&
           std::all_of(words.begin(), words.end(), [&](const std::string& word) { return m_words.contains(word); });
  }

 private:
  static bool is_address(std::string_view text) {
    return text.size() <= 80 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.@_+-") == std::string_view::npos &&
           std::count(text.begin(), text.end(), '@') == 1;
  }
  std::unordered_set<std::string> m_names, m_addresses, m_words;
};

/// Prose: no commit bears a name of so many words, and one such line decides that the list is not made from the history alone.
bool is_no_name(std::string_view line) {
  constexpr std::size_t k_most_words = 9;
  std::size_t words = 0;
  bool inside = false;
  for (const char c : line.substr(0, line.find('<'))) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank && !inside) ++words;
    inside = !blank;
  }
  return words > k_most_words;
}

}  // namespace

std::optional<std::size_t> ChangeHistory::commits_that_account_for(const std::vector<std::string_view>& lines) const {
  WaitingLines waiting{lines};
  const bool read = walk_commits(
      m_repository, m_commit, [&](const vcs::Tag& tag) { waiting.add_tag(tag.name); },
      [&](const vcs::Commit& commit) { return waiting.take(commit); });
  if (!read) return std::nullopt;
  waiting.finish();
  if (!waiting.empty()) return std::nullopt;
  return waiting.commits();
}

std::optional<std::size_t> ChangeHistory::commits_that_name(const std::vector<std::string_view>& lines) const {
  if (std::any_of(lines.begin(), lines.end(), is_no_name)) return std::nullopt;
  People people;
  const auto is_known = [&](std::string_view line) { return people.have(line); };
  auto waiting = lines;
  std::size_t count = 0;
  const auto visit = [&](const vcs::Commit& commit) {
    people.add(commit.author);
    people.add(commit.committer);
    if (++count % 100 == 0) std::erase_if(waiting, is_known);
    return !waiting.empty();
  };
  if (!walk_commits(
          m_repository, m_commit, [](const vcs::Tag&) {}, visit))
    return std::nullopt;
  std::erase_if(waiting, is_known);
  if (!waiting.empty()) return std::nullopt;
  return count;
}

bool ReleaseClaims::is_version(std::string_view text) const {
  if (version.empty() || text.empty()) return false;
  const auto wanted = vcs::version_tokens(version);
  if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-' || c == '+' || c == '~';
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

namespace {

vcs::VersionTokens without_leading_v(vcs::VersionTokens tokens) {
  if (tokens.size() > 1 && tokens.front() == "v") tokens.erase(tokens.begin());
  return tokens;
}

/// "1.4.0-dev", "1.4.0-rc2": what development writes behind the version it works on.
vcs::VersionTokens without_development(vcs::VersionTokens tokens) {
  static const std::unordered_set<std::string_view> k_words{"dev",  "devel", "git",  "snapshot", "pre",        "alpha",
                                                            "beta", "rc",    "head", "master",   "unreleased", "dirty"};
  const auto word =
      std::find_if(tokens.begin(), tokens.end(), [](const std::string& token) { return k_words.contains(token); });
  if (word != tokens.begin() && tokens.end() - word <= 2) tokens.erase(word, tokens.end());
  return tokens;
}

/// Numbers compare as numbers, and a version with more of them is the later.
bool is_later(const vcs::VersionTokens& a, const vcs::VersionTokens& b) {
  return std::lexicographical_compare(
      b.begin(), b.end(), a.begin(), a.end(), [](const std::string& x, const std::string& y) {
        return is_number(x) && is_number(y) && x.size() != y.size() ? x.size() < y.size() : x < y;
      });
}

/// Every way to read a version in a tag: "curl-7_7" may be 7 of "curl-7" or 7.7 of "curl".
std::vector<vcs::VersionTokens> versions_in_tag(std::string_view tag) {
  std::vector<vcs::VersionTokens> versions;
  for (const auto& reading : vcs::parse_release_name(tag))
    versions.push_back(without_leading_v(vcs::version_tokens(reading.version)));
  return versions;
}

}  // namespace

std::string agreed_version(std::string_view file_name, std::string_view tag) {
  const auto names = vcs::parse_release_name(file_name);
  const auto claimed = names.empty() ? std::string{} : names.front().version;
  if (tag.empty()) return claimed;
  if (vcs::rank_tags(file_name, {std::string{tag}}).empty()) return {};
  const auto known = versions_in_tag(tag);
  if (std::find(known.begin(), known.end(), without_leading_v(vcs::version_tokens(claimed))) != known.end())
    return claimed;
  return known.empty() ? std::string{} : fmt::format("{}", fmt::join(known.front(), "."));
}

std::set<vcs::VersionTokens> versions_up_to(std::string_view version, const std::filesystem::path& path) {
  const auto newest = without_leading_v(vcs::version_tokens(version));
  std::set<vcs::VersionTokens> versions;
  if (newest.empty()) return versions;
  versions.insert(newest);
  const auto place = vcs::find_git_dir(path);
  if (!place || !*place) return versions;
  const auto repository = vcs::Repository::open((*place)->git_dir);
  if (!repository) return versions;
  for (const auto& tag : (*repository)->tags())
    for (auto& tokens : versions_in_tag(tag.name))
      if (tokens.size() >= 2 && !is_later(tokens, newest)) versions.insert(std::move(tokens));
  return versions;
}

bool ReleaseClaims::is_project_version(std::string_view text) const {
  return project_versions.contains(without_development(without_leading_v(vcs::version_tokens(text))));
}

bool ReleaseClaims::is_project_version_part(std::string_view text, std::size_t index) const {
  const auto given = vcs::version_tokens(text);
  return given.size() == 1 &&
         std::any_of(project_versions.begin(), project_versions.end(),
                     [&](const vcs::VersionTokens& one) { return index < one.size() && one[index] == given[0]; });
}

bool ReleaseClaims::is_version_part(std::string_view text, std::size_t index) const {
  const auto wanted = vcs::version_tokens(version);
  const auto given = vcs::version_tokens(text);
  return given.size() == 1 && index < wanted.size() && given[0] == wanted[index];
}

bool ReleaseClaims::is_fitting_date(std::string_view text) const {
  const auto stamps = find_stamps(text);
  if (stamps.size() != 1 || stamps[0].kind != StampKind::date || stamps[0].offset != 0 || stamps[0].size != text.size())
    return false;
  const auto latest = std::time_t{commit_time + 31 * k_day};
  std::tm parts{};
  ::gmtime_r(&latest, &parts);
  for (std::size_t i = 0; i + 4 <= text.size(); ++i) {
    int year = 0;
    const auto piece = text.substr(i, 4);
    if ((piece.starts_with("19") || piece.starts_with("20")) &&
        std::from_chars(piece.data(), piece.data() + 4, year).ptr == piece.data() + 4)
      return year <= parts.tm_year + 1900;
  }
  return false;
}

}  // namespace assay::provenance
