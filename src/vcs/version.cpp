#include "vcs/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <tuple>

#include "base/text.hpp"

namespace assay::vcs {

namespace {

constexpr std::size_t k_max_name = 255;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_number(const std::string& token) noexcept {
  return is_digit(token.front());
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Words before a version that say no more than "version".
constexpr std::array<std::string_view, 10> k_version_words = {"v",       "ver", "version",  "r",        "rel",
                                                              "release", "tag", "upstream", "releases", "tags"};
/// Words after a version that do not make it another one.
constexpr std::array<std::string_view, 6> k_final_words = {"stable", "final", "release", "ga", "src", "source"};
/// What a distribution writes behind a version it has repackaged.
constexpr std::array<std::string_view, 7> k_repack_words = {"dfsg", "ds",       "repack", "debian",
                                                            "nmu",  "repacked", "clean"};

/// The file name without directories and the suffixes of archives and of Debian's "orig" files.
std::string_view strip_suffixes(std::string_view name) {
  static constexpr std::array<std::string_view, 22> k_suffixes = {
      ".gz",   ".xz",  ".bz2",  ".zst", ".lz4", ".lzma",  ".lz",   ".Z",   ".tar", ".tgz",  ".txz",
      ".tbz2", ".tbz", ".tzst", ".zip", ".7z",  ".crate", ".cpio", ".deb", ".rpm", ".orig", ".src"};
  name = path_basename(name);
  for (bool again = true; again;) {
    again = false;
    for (const auto suffix : k_suffixes) {
      if (name.size() <= suffix.size() || !name.ends_with(suffix)) continue;
      name.remove_suffix(suffix.size());
      again = true;
    }
  }
  return name;
}

/// Take "+dfsg1", "~ds", "+repack2" off the end of a version.
std::string_view strip_repack(std::string_view version) {
  for (auto mark = version.find_first_of("+~", 1); mark != std::string_view::npos;
       mark = version.find_first_of("+~", mark + 1)) {
    auto word = version.substr(mark + 1);
    word =
        word.substr(0, static_cast<std::size_t>(std::find_if_not(word.begin(), word.end(), is_letter) - word.begin()));
    if (is_one_of(ascii_lower(word), k_repack_words)) return version.substr(0, mark);
  }
  // "1.2.dfsg.1" and "1.2-dfsg" are older habits.
  for (const std::string_view habit : {".dfsg", "-dfsg", ".ds", "-repack"})
    if (const auto at = version.find(habit); at != std::string_view::npos && at > 0) return version.substr(0, at);
  return version;
}

/// True if what follows the first `+` names a state after the version: a date, or a word of a version control system.
bool is_snapshot(std::string_view version) {
  const auto plus = version.find_first_of("+~", 1);
  if (plus == std::string_view::npos) return false;
  const auto rest = ascii_lower(version.substr(plus + 1));
  const auto digits = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
  const bool revision = rest.size() > 1 && rest[0] == 'r' && is_digit(rest[1]);
  return digits >= 6 || revision || starts_with_any(rest, {"git", "snapshot", "svn", "hg", "bzr", "cvs"});
}

/// Seven or more hexadecimal digits, letters and numbers among them, standing alone or after a `g`.
std::string commit_digits(std::string_view text) {
  constexpr std::size_t k_least = 7;
  const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  for (std::size_t i = 0; i < text.size();) {
    auto end = i;
    while (end < text.size() && (is_digit(text[end]) || is_letter(text[end]))) ++end;
    auto word = text.substr(i, end - i);
    if (word.size() > k_least && word.front() == 'g') word.remove_prefix(1);
    const bool hex = word.size() >= k_least && word.size() <= 64 && std::all_of(word.begin(), word.end(), is_hex);
    if (hex && std::any_of(word.begin(), word.end(), is_digit) &&
        (std::any_of(word.begin(), word.end(), is_letter) || word.size() == 40))
      return std::string{word};
    i = end + 1;
  }
  return {};
}

/// True where a version may start: a digit, or `v` and a digit.
bool starts_version(std::string_view text) {
  if (text.size() > 1 && (text[0] == 'v' || text[0] == 'V')) text.remove_prefix(1);
  return !text.empty() && is_digit(text.front());
}

ReleaseName release_name(std::string_view project, std::string_view version) {
  ReleaseName release;
  release.project = project;
  version = strip_repack(version);
  // Debian writes the versions of component tarballs behind that of the main one: "4.18.2+~4.17.14", "1.2+~cs3.0".
  release.version = version.substr(0, version.find("+~", 1));
  release.snapshot = is_snapshot(release.version);
  return release;
}

/// "20220601" as the three numbers that "2022-06-01" is.
VersionTokens with_dates_apart(const VersionTokens& tokens) {
  VersionTokens apart;
  for (const auto& token : tokens) {
    const std::string_view digits{token};
    const bool is_date = is_number(token) && digits.size() == 8 && starts_with_any(digits, {"19", "20"}) &&
                         digits.substr(4, 2) >= "01" && digits.substr(4, 2) <= "12" && digits.substr(6) >= "01" &&
                         digits.substr(6) <= "31";
    if (!is_date) {
      apart.push_back(token);
      continue;
    }
    for (auto& number :
         version_tokens(fmt::format("{}-{}-{}", digits.substr(0, 4), digits.substr(4, 2), digits.substr(6))))
      apart.push_back(std::move(number));
  }
  return apart;
}

/// How well a tag means a version; smaller is better.
enum class Fit { exact, final_word, zeros };

std::span<const std::string> without_zeros(std::span<const std::string> tokens) {
  while (tokens.size() > 1 && tokens.back() == "0") tokens = tokens.first(tokens.size() - 1);
  return tokens;
}

std::span<const std::string> without_final_words(std::span<const std::string> tokens) {
  while (tokens.size() > 1 && is_one_of(tokens.back(), k_final_words)) tokens = tokens.first(tokens.size() - 1);
  return tokens;
}

bool equal(std::span<const std::string> a, std::span<const std::string> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// What stands before the version in a tag: nothing or a word for "version" is best, then the project, then what is of its name ("exim"
/// of exim4), then others.
enum class Prefix { plain, project, kin, word };

/// Do the words before a version have to do with the project's name?
bool is_kin(std::span<const std::string> words, const VersionTokens& project, std::string_view joined_words,
            std::string_view joined_project) {
  constexpr std::size_t k_telling = 4;
  const bool within = std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(project.begin(), project.end(), word) != project.end();
  });
  const auto [part, whole] = joined_words.size() < joined_project.size() ? std::pair{joined_words, joined_project}
                                                                         : std::pair{joined_project, joined_words};
  return within || (part.size() >= k_telling && whole.find(part) != std::string_view::npos);
}

std::optional<Prefix> judge_prefix(std::span<const std::string> prefix, const VersionTokens& project) {
  // The project's name may hold digits ("libssh2-1.10.0"), and lack what the tag writes ("c-ares": "cares-1_18_1").
  const auto joined = [](std::span<const std::string> tokens) {
    std::string text;
    for (const auto& token : tokens) text += token;
    return text;
  };
  auto rest = prefix;
  const auto is_version_word = [](const std::string& token) { return is_one_of(token, k_version_words); };
  while (!rest.empty() && is_version_word(rest.back())) rest = rest.first(rest.size() - 1);
  while (!rest.empty() && is_version_word(rest.front())) rest = rest.subspan(1);
  if (rest.empty()) return Prefix::plain;
  if (!project.empty() && joined(rest) == joined(project)) return Prefix::project;
  if (std::any_of(rest.begin(), rest.end(), is_number)) return std::nullopt;
  return is_kin(rest, project, joined(rest), joined(project)) ? Prefix::kin : Prefix::word;
}

struct Rank {
  Fit fit;
  Prefix prefix;
  std::size_t reading;  ///< which reading of the file name
  bool slash;           ///< "debian/1.2" means less than "1.2"
  std::size_t length;
  auto operator<=>(const Rank&) const = default;
};

std::optional<std::pair<Fit, Prefix>> judge_tag(const VersionTokens& tag, const VersionTokens& version,
                                                const VersionTokens& project) {
  const auto judge = [&](std::span<const std::string> tail, std::span<const std::string> wanted,
                         Fit fit) -> std::optional<std::pair<Fit, Prefix>> {
    if (wanted.empty() || tail.size() < wanted.size() || !equal(tail.last(wanted.size()), wanted)) return std::nullopt;
    const auto prefix = judge_prefix(tail.first(tail.size() - wanted.size()), project);
    return prefix ? std::optional{std::pair{fit, *prefix}} : std::nullopt;
  };
  if (const auto fit = judge(tag, version, Fit::exact)) return fit;
  const auto plain_tag = without_final_words(tag);
  const auto plain_version = without_final_words(version);
  if (const auto fit = judge(plain_tag, plain_version, Fit::final_word)) return fit;
  return judge(without_zeros(plain_tag), without_zeros(plain_version), Fit::zeros);
}

}  // namespace

VersionTokens version_tokens(std::string_view text) {
  VersionTokens tokens;
  for (std::size_t i = 0; i < text.size();) {
    const auto end_of = [&](auto belongs) {
      auto end = i;
      while (end < text.size() && belongs(text[end])) ++end;
      return end;
    };
    if (is_digit(text[i])) {
      const auto end = end_of(is_digit);
      while (i + 1 < end && text[i] == '0') ++i;
      tokens.emplace_back(text.substr(i, end - i));
      i = end;
    } else if (is_letter(text[i])) {
      const auto end = end_of(is_letter);
      tokens.push_back(ascii_lower(text.substr(i, end - i)));
      i = end;
    } else {
      ++i;
    }
  }
  return tokens;
}

std::vector<ReleaseName> parse_release_name(std::string_view file_name) {
  std::vector<ReleaseName> readings;
  const auto name = strip_suffixes(file_name);
  if (name.empty() || name.size() > k_max_name) return readings;
  if (starts_version(name)) readings.push_back(release_name({}, name));
  // Debian's underscore stands once, between name and version; elsewhere the version starts at the first separator
  // before a digit, but a name may hold such a place itself ("foo-2-1.0"): then the later ones are tried as well.
  if (const auto underscore = name.find('_'); underscore != std::string_view::npos && underscore > 0 &&
                                              name.find('_', underscore + 1) == std::string_view::npos &&
                                              starts_version(name.substr(underscore + 1)))
    readings.push_back(release_name(name.substr(0, underscore), name.substr(underscore + 1)));
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    if ((name[i] != '-' && name[i] != '_') || !starts_version(name.substr(i + 1))) continue;
    if (is_digit(name[i - 1]) && name[i] == '_' && !readings.empty()) continue;  // a separator inside 1_2_3
    readings.push_back(release_name(name.substr(0, i), name.substr(i + 1)));
  }
  // "tzdata2022f" and "expat-R_2_5_0": the first digit, whatever stands before it.
  if (readings.empty())
    if (const auto digit = name.find_first_of("0123456789"); digit != std::string_view::npos)
      readings.push_back(release_name(name.substr(0, digit), name.substr(digit)));
  for (auto& reading : readings) reading.commit = commit_digits(name);
  return readings;
}

namespace {

/// The tags that mean the release of that file name, with what makes one better than another.
std::vector<std::pair<Rank, std::string>> ranked_tags(std::string_view file_name,
                                                      const std::vector<std::string>& tags) {
  struct Reading {
    VersionTokens version, project;
    bool snapshot;
  };
  constexpr std::size_t k_most_readings = 32;  // each is held against each tag
  std::vector<Reading> readings;
  for (const auto& release : parse_release_name(file_name)) {
    if (readings.size() == k_most_readings) break;
    auto version = with_dates_apart(version_tokens(release.version));
    if (!version.empty() && version.front() == "v") version.erase(version.begin());
    readings.push_back({std::move(version), version_tokens(release.project), release.snapshot});
  }
  std::vector<std::pair<Rank, std::string>> ranked;
  for (const auto& tag : tags) {
    if (tag.size() > k_max_name) continue;
    const auto tag_tokens = with_dates_apart(version_tokens(tag));
    std::optional<Rank> best;
    for (std::size_t i = 0; i < readings.size(); ++i) {
      const auto fit = judge_tag(tag_tokens, readings[i].version, readings[i].project);
      if (!fit || (readings[i].snapshot && fit->first != Fit::exact)) continue;
      const Rank rank{fit->first, fit->second, i, tag.find('/') != std::string::npos, tag.size()};
      if (!best || rank < *best) best = rank;
    }
    if (best) ranked.emplace_back(*best, tag);
  }
  std::sort(ranked.begin(), ranked.end());
  return ranked;
}

}  // namespace

std::vector<std::string> rank_tags(std::string_view file_name, const std::vector<std::string>& tags) {
  std::vector<std::string> names;
  for (auto& [rank, tag] : ranked_tags(file_name, tags)) names.push_back(std::move(tag));
  return names;
}

std::vector<std::string> tags_of_release(std::string_view file_name, const std::vector<std::string>& tags) {
  std::vector<std::string> names;
  for (auto& [rank, tag] : ranked_tags(file_name, tags))
    if (rank.fit == Fit::exact && rank.prefix <= Prefix::project && !rank.slash) names.push_back(std::move(tag));
  return names;
}

bool is_of_another_word(std::string_view file_name, const std::string& tag) {
  const auto ranked = ranked_tags(file_name, {tag});
  return !ranked.empty() && ranked.front().first.prefix == Prefix::word;
}

std::vector<std::string> nearest_names(std::string_view wanted, const std::vector<std::string>& names,
                                       std::size_t count) {
  wanted = wanted.substr(0, k_max_name);
  const auto numbers_of = [](std::string_view text) {
    auto tokens = version_tokens(text);
    tokens.erase(tokens.begin(), std::find_if(tokens.begin(), tokens.end(), is_number));
    return tokens;
  };
  const auto wanted_numbers = numbers_of(wanted);
  const auto wanted_lower = ascii_lower(wanted);
  using Distance = std::tuple<bool, std::size_t, std::size_t, std::string_view>;
  std::vector<Distance> distances;
  for (const auto& name : names) {
    if (name.size() > k_max_name) continue;
    const auto numbers = numbers_of(name);
    const auto shared = static_cast<std::size_t>(
        std::mismatch(numbers.begin(), numbers.end(), wanted_numbers.begin(), wanted_numbers.end()).first -
        numbers.begin());
    const bool same = !numbers.empty() && numbers == wanted_numbers;
    const auto spelling = edit_distance(wanted_lower, ascii_lower(name));
    // A guess that is far off helps nobody.
    if (!same && shared == 0 && spelling > (wanted.size() + 1) / 2) continue;
    distances.emplace_back(!same, wanted_numbers.size() - shared, spelling, name);
  }
  count = std::min(count, distances.size());
  std::partial_sort(distances.begin(), distances.begin() + static_cast<std::ptrdiff_t>(count), distances.end());
  std::vector<std::string> nearest;
  for (std::size_t i = 0; i < count; ++i) nearest.emplace_back(std::get<3>(distances[i]));
  return nearest;
}

}  // namespace assay::vcs
