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

bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789:+-/._") == std::string_view::npos;
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

bool ReleaseClaims::is_version_as_written(std::string_view text) const {
  if (text.empty()) return false;
  if (text == tag) return true;
  const auto is_part = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const auto parts_of = [&](std::string_view of) {
    std::string parts;
    std::copy_if(of.begin(), of.end(), std::back_inserter(parts), is_part);
    return ascii_lower(parts);
  };
  if (text.front() == 'v' || text.front() == 'V') text.remove_prefix(1);
  bool after_part = false;
  for (const char c : text) {
    const bool separates = c == '.' || ((version + tag).find(c) != std::string::npos && c > ' ');
    if (!is_part(c) && (!separates || !after_part)) return false;
    after_part = is_part(c);
  }
  return !version.empty() && after_part && parts_of(text) == parts_of(version);
}

bool ReleaseClaims::is_project_version_part(std::string_view text, std::size_t index) const {
  const auto given = vcs::version_tokens(text);
  return given.size() == 1 && std::any_of(project_versions.begin(), project_versions.end(), [&](const auto& one) {
           return index < one.first.size() && one.first[index] == given[0];
         });
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
