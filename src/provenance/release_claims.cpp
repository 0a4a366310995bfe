#include "provenance/release_claims.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <unordered_set>

#include "base/text.hpp"
#include "provenance/stamps.hpp"
#include "vcs/repository.hpp"

namespace assay::provenance {

namespace {

constexpr std::int64_t k_day = 86'400;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789:+-/._") == std::string_view::npos;
}

/// Major, minor and micro; none where there are not two.
std::vector<unsigned long> numbers_of(const vcs::VersionTokens& version) {
  std::vector<unsigned long> numbers;
  for (const auto& token : version) {
    unsigned long number = 0;
    if (std::from_chars(token.data(), token.data() + token.size(), number).ec == std::errc{}) numbers.push_back(number);
  }
  if (numbers.size() < 2) return {};
  numbers.resize(3);
  return numbers;
}

std::string in_hexadecimal(const std::vector<unsigned long>& numbers) {
  return fmt::format("0x{:02x}{:02x}{:02x}", numbers[0], numbers[1], numbers[2]);
}

}  // namespace

bool ReleaseClaims::is_version(std::string_view text) const {
  if (version.empty() || text.empty()) return false;
  const auto wanted = vcs::version_tokens(version);
  if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-' || c == '+' || c == '~';
  });
  if (plain && vcs::version_tokens(text) == wanted) return true;
  const auto numbers = numbers_of(wanted);
  if (numbers.empty()) return false;
  const auto lower = ascii_lower(text);
  return lower == in_hexadecimal(numbers) ||
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

namespace {

/// What stands between the numbers of a version, up to the word of development behind them: ".." of "1.4.0-dev".
std::string separators_in(std::string_view text) {
  std::string separators;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (!is_letter(text[i]) && !is_digit(text[i]) && is_digit(text[i + 1])) separators += text[i];
  }
  return separators;
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

std::string project_in_name(std::string_view file_name) {
  const auto names = vcs::parse_release_name(file_name);
  return names.empty() ? std::string{} : names.front().project;
}

ProjectVersions versions_up_to(std::string_view version, const vcs::Repository* repository) {
  const auto newest = without_leading_v(vcs::version_tokens(version));
  ProjectVersions versions;
  if (newest.empty()) return versions;
  versions[newest];
  if (repository == nullptr) return versions;
  for (const auto& tag : repository->tags())
    for (auto& tokens : versions_in_tag(tag.name))
      if (tokens.size() >= 2 && !is_later(tokens, newest)) versions[std::move(tokens)].push_back(tag.name);
  return versions;
}

bool ReleaseClaims::is_project_version(std::string_view text) const {
  return project_versions.contains(without_development(without_leading_v(vcs::version_tokens(text))));
}

std::vector<std::string> ReleaseClaims::tags_of_version(std::string_view text) const {
  const auto found = project_versions.find(without_leading_v(vcs::version_tokens(text)));
  return found == project_versions.end() ? std::vector<std::string>{} : found->second;
}

bool ReleaseClaims::is_dotted_version(std::string_view text) const {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '.'; });
  if (!plain || text.empty() || text.starts_with('.') || text.ends_with('.') ||
      text.find("..") != std::string_view::npos)
    return false;
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '0' && is_digit(text[i + 1]) && (i == 0 || !is_digit(text[i - 1]))) return false;
  return !version.empty() && vcs::version_tokens(text) == without_leading_v(vcs::version_tokens(version));
}

bool ReleaseClaims::is_semantic_version(std::string_view text) const {
  const auto dash = text.find('-');
  const auto core = text.substr(0, dash);
  if (core.find_first_not_of("0123456789.") != std::string_view::npos) return false;
  if (dash == std::string_view::npos) return is_dotted_version(text);
  const auto is_written_in = [&](std::string_view name) {
    // "v1.2.0-rc.1", "tally@1.2.0-rc.1": no other number goes on in it.
    return name.ends_with(text) && (name.size() == text.size() || (!is_digit(name[name.size() - text.size() - 1]) &&
                                                                   name[name.size() - text.size() - 1] != '.'));
  };
  return std::count(core.begin(), core.end(), '.') == 2 && (is_written_in(version) || is_written_in(tag)) &&
         vcs::version_tokens(text) == without_leading_v(vcs::version_tokens(version));
}

bool ReleaseClaims::is_version_as_written(std::string_view text) const {
  if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
  if (version.empty() || text.empty()) return false;
  const auto parts_of = [](std::string_view of) {
    std::string parts;
    std::copy_if(of.begin(), of.end(), std::back_inserter(parts), [](char c) { return is_letter(c) || is_digit(c); });
    return ascii_lower(parts);
  };
  const bool spelled = (version.find(text) != std::string::npos || tag.find(text) != std::string::npos) &&
                       vcs::version_tokens(text) == without_leading_v(vcs::version_tokens(version));
  // The digits alone are the same of 1.20 and of 12.0.
  return (spelled || is_dotted_version(text)) && parts_of(text) == parts_of(version);
}

bool ReleaseClaims::is_version_in_form_of(std::string_view earlier, std::string_view text) const {
  if (earlier.starts_with("0x")) {
    const auto numbers = numbers_of(vcs::version_tokens(version));
    return !numbers.empty() && ascii_lower(text) == in_hexadecimal(numbers);
  }
  if (!is_version_as_written(text)) return false;
  const auto old_separators = separators_in(earlier), separators = separators_in(text);
  if (earlier.find_first_of("0123456789") == std::string_view::npos) return true;
  if (old_separators.empty()) return false;
  for (std::size_t i = 0; i < separators.size(); ++i)
    if (separators[i] != old_separators[std::min(i, old_separators.size() - 1)] &&
        (i < old_separators.size() || separators[i] != old_separators.front()))
      return false;
  return earlier.find_first_of("vV") == 0 ? text.front() == earlier.front() : text.find_first_of("vV") != 0;
}

bool ReleaseClaims::is_project_version_part(std::string_view text, std::size_t index) const {
  return std::any_of(project_versions.begin(), project_versions.end(),
                     [&](const auto& one) { return index < one.first.size() && one.first[index] == text; });
}

bool ReleaseClaims::is_version_part(std::string_view text, std::size_t index) const {
  const auto wanted = vcs::version_tokens(version);
  // A sign or zeros before it would make another number of it.
  return index < wanted.size() && text == wanted[index];
}

bool ReleaseClaims::is_date_in_form_of(std::string_view earlier, std::string_view text) const {
  const auto day = day_of_date(text);
  if (!day) return false;
  const auto commit_day = commit_time / k_day;
  const auto earlier_day = day_of_date(earlier);
  if (earlier_day && date_form(earlier) != date_form(text)) return false;
  return *day >= earlier_day.value_or(commit_day - 31) && *day <= commit_day + 31;
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
