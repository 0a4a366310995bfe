#include "provenance/change_history.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/search.hpp"
#include "base/text.hpp"
#include "vcs/repository.hpp"
#include "vcs/version.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_most_commits = 12'000;
/// A change log follows the history; what so many commits in a row do not touch is none.
constexpr std::size_t k_commits_without_match = 500;
constexpr std::size_t k_most_text = 16U << 20;

std::string_view strip_marks(std::string_view line) {
  const auto start = line.find_first_not_of(" \t*-+>#");
  return start == std::string_view::npos ? std::string_view{} : line.substr(start);
}

/// Words as runs of anything but blanks and the punctuation that surrounds words; "12:26:40" and "1.4.0" are one each.
std::vector<std::string> words_of(std::string_view line) {
  static constexpr auto k_between = [] {
    std::array<bool, 256> between{};
    for (const char c : std::string_view{" \t,;:()[]<>\"'`*{}|=.!?"}) between[static_cast<unsigned char>(c)] = true;
    return between;
  }();
  const auto is_digit = [&](std::size_t at) { return at < line.size() && line[at] >= '0' && line[at] <= '9'; };
  const auto ends_word = [&](std::size_t at) {
    if (!k_between[static_cast<unsigned char>(line[at])]) return false;
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
bool walk_commits(const vcs::Repository* repository, std::string_view commit,
                  const std::function<bool(vcs::Commit)>& visit) {
  const auto start = GitOid::from_hex(commit);
  if (repository == nullptr || !start) return false;
  const auto older = [](const vcs::Commit& a, const vcs::Commit& b) { return a.committer.time < b.committer.time; };
  std::vector<vcs::Commit> open;  // a heap
  const auto push = [&](const GitOid& id) {
    auto next = repository->commit(id);
    if (!next) return;
    open.push_back(std::move(*next));
    std::push_heap(open.begin(), open.end(), older);
  };
  std::unordered_set<GitOid> seen{*start};
  push(*start);
  std::size_t text = 0;
  for (std::size_t count = 0; !open.empty() && count < k_most_commits && text < k_most_text; ++count) {
    std::pop_heap(open.begin(), open.end(), older);
    auto current = std::move(open.back());
    open.pop_back();
    text += current.message.size();
    const auto parents = current.parents;
    if (!visit(std::move(current))) break;
    for (const auto& parent : parents)
      if (seen.insert(parent).second) push(parent);
  }
  return true;
}

/// What log formats print of a commit besides its message, as words_of() cuts it.
class CommitFacts {
 public:
  void add_tag(std::string_view name) {
    for (auto& word : words_of(name)) m_words.insert(std::move(word));
    add_version(name);
    // `libssh2-1.10.0`: the project's name, with which change logs begin, has a number of its own.
    const auto end = name.find_first_of("-_");
    if (end == std::string_view::npos) return;
    m_words.insert(ascii_lower(name.substr(0, end)));
    add_version(name.substr(end));
  }
  void add_version(std::string_view name) {
    auto numbers = vcs::version_tokens(name);
    const auto is_word = [](const std::string& token) { return !is_number(token); };
    numbers.erase(numbers.begin(), std::find_if_not(numbers.begin(), numbers.end(), is_word));
    numbers.erase(std::find_if(numbers.begin(), numbers.end(), is_word), numbers.end());
    m_words.insert(fmt::format("{}", fmt::join(numbers, ".")));
  }
  void add(const vcs::Commit& commit) {
    for (const auto* person : {&commit.author, &commit.committer}) {
      for (const auto* text : {&person->name, &person->email})
        if (m_people.insert(*text).second)
          for (auto& word : words_of(*text)) m_words.insert(std::move(word));
      add_time(person->time, person->offset_minutes);
      if (person->offset_minutes != 0) add_time(person->time, 0);
    }
    m_ids.push_back(commit.id);
    m_ids.insert(m_ids.end(), commit.parents.begin(), commit.parents.end());
    m_sorted = false;
  }

  /// A line on its way to be accounted for. Facts only ever get more, so what was met of it stays met.
  struct Candidate {
    bool is_rule = false, is_short = false;
    std::vector<std::uint32_t> words;  ///< indexes into the vocabulary
    std::size_t numbers = 0;
    std::size_t met = 0;  ///< that many of the words are facts or words of log formats
  };
  Candidate candidate(std::string_view line) {
    Candidate made{is_rule(line), line.size() <= 3, {}};
    if (made.is_rule) return made;
    for (auto& word : words_of(line)) {
      made.numbers += is_number(word) ? 1U : 0U;
      const auto next = static_cast<std::uint32_t>(m_vocabulary.size());
      const auto [slot, fresh] = m_vocabulary.try_emplace(std::move(word), next);
      if (fresh) m_asked.push_back({&slot->first, 0, false});
      made.words.push_back(slot->second);
    }
    return made;
  }
  /// The words that were no facts may be by now; however many lines wait for one, it is looked up once.
  void ask_anew() { ++m_pass; }

  /// Is the line nothing but facts of commits and the words of log formats?
  bool account_for(Candidate& line) {
    if (line.is_rule) return true;
    if (line.words.empty()) return line.is_short;
    while (line.met < line.words.size() && is_met(m_asked[line.words[line.met]])) ++line.met;
    if (line.met < line.words.size()) return false;
    // A table of numbers is no log, even if each is the day of some commit.
    return line.numbers <= k_most_numbers && (line.numbers < line.words.size() || line.numbers <= 2);
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
    if (m_zones.insert(offset_minutes).second) {
      const auto zone = std::abs(offset_minutes);
      m_words.insert(fmt::format("{}{:02}{:02}", offset_minutes < 0 ? '-' : '+', zone / 60, zone % 60));
    }
    if (!m_times.insert(local).second) return;
    std::tm parts{};
    if (::gmtime_r(&local, &parts) == nullptr) return;
    const int year = parts.tm_year + 1900;
    const int month = parts.tm_mon + 1;
    m_words.insert(fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec));
    m_words.insert(fmt::format("{:02}:{:02}", parts.tm_hour, parts.tm_min));
    m_words.insert(fmt::format("{}-{:02}-{:02}t{:02}:{:02}:{:02}", year, month, parts.tm_mday, parts.tm_hour,
                               parts.tm_min, parts.tm_sec));
    if (!m_days.insert((std::int64_t{year} * 16 + month) * 32 + parts.tm_mday).second) return;
    m_words.insert(fmt::format("{}", year));
    m_words.insert(fmt::format("{}", parts.tm_mday));
    m_words.insert(fmt::format("{:02}", parts.tm_mday));
    m_words.insert(fmt::format("{}-{:02}-{:02}", year, month, parts.tm_mday));
    m_words.insert(fmt::format("{}/{:02}/{:02}", year, month, parts.tm_mday));
    m_words.insert(fmt::format("{}{:02}{:02}", year, month, parts.tm_mday));
  }

  /// A word of the lines, and what is known of it.
  struct Asked {
    const std::string* word = nullptr;
    std::uint32_t pass = 0;  ///< in which it was looked up last
    bool met = false;
  };
  bool is_met(Asked& asked) {
    if (asked.met || asked.pass == m_pass) return asked.met;
    asked.pass = m_pass;
    return asked.met = is_format_word(*asked.word) || m_words.contains(*asked.word) || is_id(*asked.word);
  }

  /// How the hexadecimal form of `id`, as far as `word` goes, compares with it.
  static std::strong_ordering compare_beginning(const GitOid& id, std::string_view word) {
    const auto bytes = id.view();
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (i / 2 >= bytes.size()) return std::strong_ordering::less;
      const char digit = "0123456789abcdef"[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15];
      if (digit != word[i]) return digit <=> word[i];
    }
    return std::strong_ordering::equal;
  }

  bool is_id(std::string_view word) {
    if (word.size() < k_shortest_id || word.find_first_not_of("0123456789abcdef") != std::string_view::npos)
      return false;
    if (!m_sorted) std::sort(m_ids.begin(), m_ids.end());
    m_sorted = true;
    const auto found = std::lower_bound(m_ids.begin(), m_ids.end(), word, [](const GitOid& id, std::string_view text) {
      return compare_beginning(id, text) < 0;
    });
    return found != m_ids.end() && compare_beginning(*found, word) == 0;
  }

  std::unordered_set<std::string> m_words;   ///< of names, addresses, tags, dates and times
  std::unordered_set<std::string> m_people;  ///< names and addresses whose words are among them
  std::unordered_set<std::int64_t> m_times;  ///< as clocks showed them; their words and those of their days are there
  std::unordered_set<std::int64_t> m_days;
  std::unordered_set<int> m_zones;
  std::vector<GitOid> m_ids;
  bool m_sorted = false;
  std::unordered_map<std::string, std::uint32_t> m_vocabulary;  ///< of the lines: the place of a word in m_asked
  std::vector<Asked> m_asked;
  std::uint32_t m_pass = 1;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// All messages in one text with single blanks, to be searched for lines that a script wrapped anew.
class RunningText {
 public:
  explicit RunningText(const std::vector<std::string>& messages) {
    std::size_t size = 0;
    for (const auto& message : messages) size += message.size() + 2;
    m_text.reserve(size);
    std::string normal;
    for (const auto& message : messages) {
      for (const auto line : split_lines(message)) {
        normalise_line_into(line, normal);
        if (!normal.empty()) (m_text += normal) += ' ';
      }
      m_text += '\n';
    }
  }
  /// Do all of `lines` stand in it, whole words?
  bool has_all(const std::vector<std::string_view>& lines) {
    // Where one does not, most do not: a few searches tell before every place is noted where one of them could begin.
    constexpr std::size_t k_samples = 4;
    const auto found = [&](std::string_view line) { return search(line); };
    if (!std::all_of(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(std::min(k_samples, lines.size())),
                     found))
      return false;
    note_places(lines);
    return std::all_of(lines.begin(), lines.end(), [&](std::string_view line) { return is_at_a_place(line); });
  }

 private:
  static std::string_view beginning(std::string_view line) {
    const auto first = line.find(' ');
    return first == std::string_view::npos ? line : line.substr(0, line.find(' ', first + 1));
  }
  bool ends_at(std::size_t at) const { return at == m_text.size() || m_text[at] <= ' '; }
  bool begins_at(std::size_t at) const { return at == 0 || m_text[at - 1] == ' ' || m_text[at - 1] == '\n'; }

  bool search(std::string_view line) const {
    for (auto at = find_word(m_text, line); at != std::string_view::npos; at = find_word(m_text, line, at + 1))
      if (begins_at(at) && ends_at(at + line.size())) return true;
    return false;
  }

  /// Where one or two words of the text are how some line begins.
  void note_places(const std::vector<std::string_view>& lines) {
    for (const auto line : lines) m_places.try_emplace(std::string{beginning(line)});
    const std::string_view text = m_text;
    for (std::size_t at = 0; at < text.size(); at = text.find_first_of(" \n", at) + 1) {
      const auto one = text.find_first_of(" \n", at);
      const auto two = text[one] == '\n' ? one : text.find_first_of(" \n", one + 1);
      for (const auto end : {one, two})
        if (const auto place = m_places.find(text.substr(at, end - at)); place != m_places.end())
          place->second.push_back(at);
    }
  }
  bool is_at_a_place(std::string_view line) const {
    const auto places = m_places.find(beginning(line));
    return places != m_places.end() && std::any_of(places->second.begin(), places->second.end(), [&](std::size_t at) {
             return std::string_view{m_text}.substr(at).starts_with(line) && ends_at(at + line.size());
           });
  }

  std::string m_text;
  std::unordered_map<std::string, std::vector<std::size_t>, TextHash, std::equal_to<>> m_places;
};

/// Lines that wait for a commit to account for them. The few that are asked for make the sets, and the history passes by.
class WaitingLines {
 public:
  explicit WaitingLines(const std::vector<std::string_view>& lines) {
    for (const auto line : lines) {
      auto plain = normalise_line(strip_marks(line));
      if (plain.empty()) continue;
      if (m_head.size() < k_head) m_head.push_back(plain);
      m_lines.try_emplace(std::move(plain));
    }
  }
  void add_tag(std::string_view name) { m_facts.add_tag(name); }

  /// False once no line is left.
  bool take(vcs::Commit commit) {
    ++m_commits;
    m_facts.add(commit);
    for (const auto line : split_lines(commit.message)) {
      normalise_line_into(strip_marks(line), m_buffer);
      if (const auto waiting = m_lines.find(m_buffer); waiting != m_lines.end()) {
        m_lines.erase(waiting);
        m_last_match = m_commits;
      }
    }
    m_messages.push_back(std::move(commit.message));
    if (m_commits % 250 == 0) drop_headers();
    if (m_commits == k_commits_for_head) m_hopeless = is_head_foreign();
    return !m_lines.empty() && !m_hopeless && m_commits - m_last_match < k_commits_without_match;
  }
  /// Is each line accounted for, now that all commits were taken?
  bool finish() {
    if (m_hopeless) return false;
    drop_headers();
    if (m_lines.empty()) return true;
    if (m_lines.size() > k_most_rewrapped) return false;
    std::vector<std::string_view> left;
    for (const auto& [line, candidate] : m_lines) left.push_back(line);
    return RunningText{m_messages}.has_all(left);
  }
  std::size_t commits() const noexcept { return m_commits; }

 private:
  static constexpr std::size_t k_most_rewrapped = 20'000;
  static constexpr std::size_t k_head = 200;
  static constexpr std::size_t k_commits_for_head = 500;

  /// A log that begins with the newest commits has its head from those. If so many of them account for most of the head and not
  /// for all of it, the rest is no commit's: a banner, somebody's words. No need to read on to the beginning of the project.
  bool is_head_foreign() const {
    std::vector<std::string_view> left;
    for (const auto& line : m_head)
      if (m_lines.contains(line)) left.push_back(line);
    return !left.empty() && left.size() * 4 < m_head.size() && !RunningText{m_messages}.has_all(left);
  }

  void drop_headers() {
    m_facts.ask_anew();
    for (auto it = m_lines.begin(); it != m_lines.end();) {
      auto& [line, candidate] = *it;
      if (!candidate) candidate = m_facts.candidate(line);
      it = m_facts.account_for(*candidate) ? m_lines.erase(it) : std::next(it);
    }
  }

  std::unordered_map<std::string, std::optional<CommitFacts::Candidate>, TextHash, std::equal_to<>> m_lines;
  std::vector<std::string> m_head;  ///< the first of the lines
  CommitFacts m_facts;
  std::vector<std::string> m_messages;
  bool m_hopeless = false;
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
  if (m_repository != nullptr)
    for (const auto& tag : m_repository->tags()) waiting.add_tag(tag.name);
  const auto take = [&](vcs::Commit commit) { return waiting.take(std::move(commit)); };
  if (!walk_commits(m_repository.get(), m_commit, take) || !waiting.finish()) return std::nullopt;
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
  if (!walk_commits(m_repository.get(), m_commit, visit)) return std::nullopt;
  std::erase_if(waiting, is_known);
  if (!waiting.empty()) return std::nullopt;
  return count;
}

}  // namespace assay::provenance
