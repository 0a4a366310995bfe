// A file of VCS whose changed lines differ by version and date stamps alone, each agreeing with the release; and a file that
// is a template of VCS (`NAME.in`) with such stamps filled in.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/release_claims.hpp"
#include "provenance/stamps.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_longest_token = 48;

/// What was put in, kind by kind, so that the evidence can show it and contradictions can be seen.
struct Stamped {
  std::set<std::string> versions;
  std::set<std::string> dates;
  std::size_t lines = 0;
};

bool is_token_text(std::string_view text) {
  return text.size() <= k_longest_token && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view{" .,:+-_/@[]()~"}.find(c) != std::string_view::npos;
  });
}

bool accept_version(std::string_view token, const ReleaseClaims& release, Stamped& stamped) {
  if (!release.is_version(token)) return false;
  stamped.versions.emplace(token);
  return true;
}

bool accept_date(std::string_view token, const ReleaseClaims& release, Stamped& stamped) {
  if (!release.is_fitting_date(token)) return false;
  stamped.dates.emplace(token);
  return true;
}

/// What a token may be, from where it stands.
struct Place {
  bool version = false;
  bool date = false;
  std::optional<std::size_t> part;  ///< "…MINOR": the second number of the version
};

bool has_word(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

std::optional<std::size_t> part_named(std::string_view name) {
  if (has_word(name, {"major"})) return 0;
  if (has_word(name, {"minor"})) return 1;
  if (has_word(name, {"micro", "patch", "teeny"})) return 2;
  return std::nullopt;
}

/// What the text before a token says of it. In code a number is a version only where the line *defines* one: what is
/// compared with, or is some protocol's version, decides what the program does.
Place place_after(std::string_view head, bool code) {
  auto text = ascii_lower(head);
  const bool comment = is_certain_comment(head);
  if (const auto start = text.find_last_of(";{}"); start != std::string::npos && !comment) text.erase(0, start + 1);
  Place place;
  if (!code || comment) place = {true, true, std::nullopt};
  const bool decides = has_word(text, {"==", "!=", "<", ">", "?", "&&", "||", "return", "if", "while", "switch", "case"});
  const bool foreign = has_word(text, {"tls", "ssl", "min_", "minimum", "max", "requir", "protocol", "proto", "http", "abi", "schema", "format", "depend", "policy"});
  if (decides || foreign) return place;
  place.version = place.version || has_word(text, {"version", "ac_init", "release"});
  place.date = place.date || has_word(text, {"date", "timestamp", "released", "year"});
  place.part = part_named(text);
  return place;
}

bool accept(std::string_view token, const Place& place, const ReleaseClaims& release, Stamped& stamped) {
  if (place.version && accept_version(token, release, stamped)) return true;
  if (place.date && accept_date(token, release, stamped)) return true;
  if (!place.part || !release.is_version_part(token, *place.part)) return false;
  stamped.versions.emplace(token);
  return true;
}

/// Lines of one skeleton: each stamp that differs has to agree with the release.
bool differ_by_stamps(std::string_view before, std::string_view now, bool code, const ReleaseClaims& release, Stamped& stamped) {
  const auto old_stamps = find_stamps(before);
  const auto new_stamps = find_stamps(now);
  if (new_stamps.empty() || old_stamps.size() != new_stamps.size() || stamp_skeleton(before) != stamp_skeleton(now)) return false;
  for (std::size_t i = 0; i < new_stamps.size(); ++i) {
    const auto token = now.substr(new_stamps[i].offset, new_stamps[i].size);
    if (token == before.substr(old_stamps[i].offset, old_stamps[i].size)) continue;
    auto place = place_after(now.substr(0, new_stamps[i].offset), code);
    place.part.reset();  // a stamp is a whole version or date
    if (!accept(token, place, release, stamped)) return false;
  }
  return true;
}

bool is_token_byte(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.'; }

/// Is this what stands in VCS where a release gets its stamp: nothing, a word for "not yet", a name to be filled in, a number?
bool is_placeholder(std::string_view token) {
  static const std::set<std::string, std::less<>> k_words{"",         "dev",  "devel", "git",        "head", "master", "main",     "trunk", "snapshot", "unreleased", "not yet released",
                                                          "unknown",  "none", "next",  "tbd",        "tba",  "xxx",    "x.y.z",    "x.y",   "n/a",      "version",    "release",
                                                          "dev-head", "date", "today", "in progress", "development", "current"};
  auto word = ascii_lower(token);
  std::erase_if(word, [](char c) { return std::string_view{"[]()"}.find(c) != std::string_view::npos; });
  if (k_words.contains(word)) return true;
  if (word.size() > 2 && word.starts_with('@') && word.ends_with('@')) return true;
  const auto digits = word.starts_with("0x") ? std::string_view{word}.substr(2) : std::string_view{word};
  if (!digits.empty() && digits.find_first_not_of(word.starts_with("0x") ? "0123456789abcdef" : "0123456789") == std::string_view::npos) return true;
  const auto stamps = find_stamps(word);  // "1.3.0-dev", "2020-01-01"
  return stamps.size() == 1 && stamps[0].offset == 0 && stamps[0].size == word.size();
}

/// Lines that differ in one place: what stands there now is a stamp, what stood there in VCS was to be replaced by one.
bool differ_in_one_stamp(std::string_view before, std::string_view now, bool code, const ReleaseClaims& release, Stamped& stamped) {
  std::size_t head = 0;
  while (head < before.size() && head < now.size() && before[head] == now[head]) ++head;
  std::size_t tail = 0;
  while (tail < before.size() - head && tail < now.size() - head && before[before.size() - 1 - tail] == now[now.size() - 1 - tail]) ++tail;
  // Out to where the token begins and ends.
  while (head > 0 && is_token_byte(now[head - 1])) --head;
  while (tail > 0 && is_token_byte(now[now.size() - tail])) --tail;
  if (head == 0 && tail == 0) return false;  // a line of its own is no stamp in a line
  const auto token = now.substr(head, now.size() - tail - head);
  const auto old_token = before.substr(head, before.size() - tail - head);
  if (token.empty() || !is_token_text(token) || !is_token_text(old_token) || !is_placeholder(old_token)) return false;
  return accept(token, place_after(now.substr(0, head), code), release, stamped);
}

/// `#define NAME …`
bool is_definition(std::string_view line) {
  const auto text = normalise_line(line);
  return text.starts_with('#') && std::string_view{text}.substr(std::min(text.find_first_not_of("# "), text.size())).starts_with("define ");
}

/// One blank between words, up to where a string may begin.
std::string fold_columns(std::string_view line) {
  const auto string = std::min(line.find_first_of("\"'`\\"), line.size());
  return fmt::format("{} {}", normalise_line(line.substr(0, string)), line.substr(string));
}

bool line_is_stamped(std::string_view before, std::string_view now, bool code, const ReleaseClaims& release, Stamped& stamped) {
  if (differ_by_stamps(before, now, code, release, stamped) || differ_in_one_stamp(before, now, code, release, stamped)) return true;
  // A script that writes `#define VERSION …` anew does not keep the columns. Elsewhere in code blanks count: as indentation, in
  // strings, before a command of make's.
  if (code && !is_definition(now)) return false;
  if (before.find_first_not_of(" \t") != now.find_first_not_of(" \t")) return false;
  const auto folded_before = code ? fold_columns(before) : normalise_line(before);
  const auto folded = code ? fold_columns(now) : normalise_line(now);
  return folded_before == folded || differ_by_stamps(folded_before, folded, code, release, stamped) || differ_in_one_stamp(folded_before, folded, code, release, stamped);
}

/// Does a line of configure.ac give NAME this value: `AC_SUBST([NAME], [value])`, or, for `@PACKAGE…@`, `AC_INIT`?
bool is_declared(std::string_view configure, std::string_view name, std::string_view value) {
  if (value.size() < 2 || !is_token_text(value)) return false;
  const auto quoted = fmt::format("[{}]", value);
  const auto wanted = ascii_lower(name);
  const auto lines = split_lines(configure);
  return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
    if (line.find(quoted) == std::string_view::npos) return false;
    const auto lower = ascii_lower(line);
    return lower.find(wanted) != std::string::npos || (wanted.starts_with("package") && lower.find("ac_init") != std::string::npos);
  });
}

/// Where a template's line has `@NAME@`, the line has a stamp, or what configure.ac says NAME is.
bool fills_in(std::string_view pattern, std::string_view line, const ReleaseClaims& release, std::string_view configure, Stamped& stamped) {
  while (true) {
    const auto at = pattern.find('@');
    const auto end = at == std::string_view::npos ? at : pattern.find('@', at + 1);
    const bool placeholder = end != std::string_view::npos && end > at + 1 &&
                             pattern.substr(at + 1, end - at - 1).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
    if (!placeholder) return pattern == line;
    if (line.substr(0, at) != pattern.substr(0, at)) return false;
    const auto name = pattern.substr(at + 1, end - at - 1);
    line.remove_prefix(at);
    pattern.remove_prefix(end + 1);
    const auto next = pattern.empty() ? line.size() : line.find(pattern.substr(0, std::min(pattern.find('@'), pattern.size())));
    if (next == std::string_view::npos) return false;
    const auto value = line.substr(0, next);
    if (!is_declared(configure, name, value) && !accept(value, place_after(name, true), release, stamped)) return false;
    line.remove_prefix(next);
  }
}

/// Where nothing executes or compiles a text, a blank line more is layout. Elsewhere it ends what a backslash before it continues.
std::vector<std::string_view> lines_of(std::string_view text, bool blank_lines_count) {
  auto lines = split_lines(text);
  if (!blank_lines_count) std::erase_if(lines, [](std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; });
  return lines;
}

template <typename Same>
std::optional<Stamped> compare_lines(std::string_view before, std::string_view now, bool blank_lines_count, const Same& same) {
  const auto old_lines = lines_of(before, blank_lines_count);
  const auto new_lines = lines_of(now, blank_lines_count);
  if (old_lines.size() != new_lines.size()) return std::nullopt;
  Stamped stamped;
  for (std::size_t i = 0; i < new_lines.size(); ++i) {
    if (old_lines[i] == new_lines[i]) continue;
    if (!same(old_lines[i], new_lines[i], stamped)) return std::nullopt;
    ++stamped.lines;
  }
  if (stamped.lines == 0) return std::nullopt;
  return stamped;
}

std::string joined(const std::set<std::string>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + value;
  return text;
}

Explanation explanation_of(const Stamped& stamped, std::string_view source) {
  auto explanation = make_explanation(Proof::derived, "stamps", {{"made from", std::string{source}}, {"lines with stamps", std::to_string(stamped.lines)}});
  if (!stamped.versions.empty()) explanation.evidence.emplace_back("versions", joined(stamped.versions));
  if (!stamped.dates.empty()) explanation.evidence.emplace_back("dates", joined(stamped.dates));
  return explanation;
}

std::optional<Bytes> read_text(const ExplainContext& context, const TreeEntry& entry) {
  auto blob = context.reference.read(entry, context.max_read);
  if (!blob || !looks_like_text(*blob)) return std::nullopt;
  return std::move(*blob);
}

std::optional<Explanation> explain_template(ExplainContext& context) {
  const auto* source = context.reference.manifest().find(context.reference_path + ".in");
  if (source == nullptr || source->kind != EntryKind::regular) return std::nullopt;
  const auto pattern = read_text(context, *source);
  if (!pattern) return std::nullopt;
  std::string configure;
  if (const auto* script = context.reference.manifest().find("configure.ac"))
    if (const auto text = read_text(context, *script)) configure = as_text(*text);
  const auto stamped = compare_lines(as_text(*pattern), context.text(), true, [&](std::string_view before, std::string_view now, Stamped& found) {
    return fills_in(before, now, *context.release, configure, found);
  });
  if (!stamped) return std::nullopt;
  return explanation_of(*stamped, source->path);
}

}  // namespace

std::optional<Explanation> explain_stamps(ExplainContext& context) {
  if (context.content == nullptr || context.release == nullptr || context.release->version.empty() || !looks_like_text(*context.content)) return std::nullopt;
  if (context.difference.status == EntryStatus::added) return explain_template(context);
  if (context.difference.status != EntryStatus::modified || context.difference.reference->kind != EntryKind::regular) return std::nullopt;
  const auto before = context.text_before();
  if (!before) return std::nullopt;
  const bool code = context.entry.reach <= Reach::compiled || context.difference.subject->executable() || context.text().starts_with("#!");
  const auto stamped = compare_lines(*before, context.text(), code, [&](std::string_view old_line, std::string_view line, Stamped& found) {
    return line_is_stamped(old_line, line, code, *context.release, found);
  });
  if (!stamped) return std::nullopt;
  return explanation_of(*stamped, "the file in version control");
}

}  // namespace assay::provenance
