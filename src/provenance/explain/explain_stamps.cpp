// A file of VCS whose changed lines differ by version and date stamps alone, each agreeing with the release; and a file that
// is a template of VCS (`NAME.in`) with such stamps filled in.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>

#include "base/text.hpp"
#include "provenance/build_mentions.hpp"
#include "provenance/comment_lines.hpp"
#include "provenance/configure_scope.hpp"
#include "provenance/exact_lines.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/reach.hpp"
#include "provenance/release_claims.hpp"
#include "provenance/stamp_place.hpp"
#include "provenance/stamps.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_longest_token = 48;
constexpr std::size_t k_most_lines_of_code = 100;  ///< that differ; each costs a look at the whole text

/// What was put in, kind by kind, so that the evidence can show it and contradictions can be seen.
struct Stamped {
  std::set<std::string> versions;
  std::set<std::string> dates;
  std::size_t lines = 0;
};

bool is_token_text(std::string_view text) {
  return text.size() <= k_longest_token && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view{" .,:+-_/@[]()~"}.find(c) != std::string_view::npos;
         });
}

/// `old_token` is what stands there in VCS: something reads what it is replaced by, so that it keeps its form.
bool accept(std::string_view old_token, std::string_view token, const StampPlace& place, const ReleaseClaims& release,
            Stamped& stamped) {
  if (place.version && (place.exact ? release.is_version_in_form_of(old_token, token) : release.is_version(token))) {
    stamped.versions.emplace(token);
    return true;
  }
  if (place.date && (place.exact ? release.is_date_in_form_of(old_token, token) : release.is_fitting_date(token))) {
    stamped.dates.emplace(token);
    return true;
  }
  if (!place.part || !release.is_version_part(token, *place.part)) return false;
  stamped.versions.emplace(token);
  return true;
}

/// "0x010900" is 1.9.0.
std::string decoded(std::string_view token) {
  if (token.size() != 8 || !token.starts_with("0x")) return std::string{token};
  std::array<unsigned, 3> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto* start = token.data() + 2 + 2 * i;
    if (std::from_chars(start, start + 2, numbers[i], 16).ptr != start + 2) return std::string{token};
  }
  return fmt::format("{}.{}.{}", numbers[0], numbers[1], numbers[2]);
}

/// Is this what stands in VCS where a release gets its version: a word for "not yet", a name to be filled in, or a version that this
/// project had? Another one is that of something else, which the line asks for.
bool stood_for_project(std::string_view token, const ReleaseClaims& release) {
  static const std::set<std::string, std::less<>> k_words{
      "dev",      "devel", "git",      "head",        "master",
      "main",     "trunk", "snapshot", "unreleased",  "not yet released",
      "unknown",  "next",  "tbd",      "tba",         "xxx",
      "x.y.z",    "x.y",   "n/a",      "version",     "release",
      "dev-head", "date",  "today",    "in progress", "development",
      "current"};
  auto word = ascii_lower(token);
  std::erase_if(word, [](char c) { return std::string_view{"[]()"}.find(c) != std::string_view::npos; });
  if (k_words.contains(word) || (word.size() > 2 && word.starts_with('@') && word.ends_with('@'))) return true;
  const auto version = decoded(token);
  return version.find('.') != std::string::npos && release.is_project_version(version);
}

bool is_whole_date(std::string_view token) {
  const auto stamps = find_stamps(token);
  return stamps.size() == 1 && stamps[0].kind == StampKind::date && stamps[0].offset == 0 &&
         stamps[0].size == token.size();
}

bool replaces(std::string_view old_token, std::string_view token, StampPlace place, const ReleaseClaims& release,
              Stamped& stamped) {
  if (place.part && !release.is_project_version_part(old_token, *place.part)) place.part.reset();
  if (!place.part) {
    const bool stood = stood_for_project(old_token, release);
    place.version = place.version && stood;
    place.date = place.date && (stood || is_whole_date(old_token));
  } else {
    place.version = place.date = false;
  }
  return accept(old_token, token, place, release, stamped);
}

/// A token with blanks is more than one, but in quotes.
bool is_one_word(std::string_view head, std::string_view token, std::string_view tail) {
  if (token.find_first_of(" \t") == std::string_view::npos) return true;
  return !head.empty() && !tail.empty() && head.back() == tail.front() && (head.back() == '"' || head.back() == '\'');
}

/// Lines of one skeleton: each stamp that differs has to agree with the release, and one has to differ.
bool differ_by_stamps(std::string_view before, std::string_view now, const LineContext& line,
                      const ReleaseClaims& release, Stamped& stamped) {
  const auto old_stamps = find_stamps(before);
  const auto new_stamps = find_stamps(now);
  if (new_stamps.empty() || old_stamps.size() != new_stamps.size() || stamp_skeleton(before) != stamp_skeleton(now))
    return false;
  std::size_t changed = 0;
  for (std::size_t i = 0; i < new_stamps.size(); ++i) {
    const auto token = now.substr(new_stamps[i].offset, new_stamps[i].size);
    const auto old_token = before.substr(old_stamps[i].offset, old_stamps[i].size);
    if (token == old_token) continue;
    const auto head = now.substr(0, new_stamps[i].offset), tail = now.substr(new_stamps[i].offset + token.size());
    auto place = place_of(head, tail, line, release);
    place.part.reset();  // a stamp is a whole version or date
    if (place.exact && !is_one_word(head, token, tail)) return false;
    if (!replaces(old_token, token, place, release, stamped)) return false;
    ++changed;
  }
  return changed > 0;
}

bool is_token_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

/// Lines that differ in one place: what stands there now is a stamp, what stood there in VCS was to be replaced by one.
bool differ_in_one_stamp(std::string_view before, std::string_view now, const LineContext& line,
                         const ReleaseClaims& release, Stamped& stamped) {
  std::size_t head = 0;
  while (head < before.size() && head < now.size() && before[head] == now[head]) ++head;
  std::size_t tail = 0;
  while (tail < before.size() - head && tail < now.size() - head &&
         before[before.size() - 1 - tail] == now[now.size() - 1 - tail])
    ++tail;
  // Out to where the token begins and ends.
  while (head > 0 && is_token_byte(now[head - 1])) --head;
  while (tail > 0 && is_token_byte(now[now.size() - tail])) --tail;
  if (head == 0 && tail == 0) return false;  // a line of its own is no stamp in a line
  const auto token = now.substr(head, now.size() - tail - head);
  const auto old_token = before.substr(head, before.size() - tail - head);
  if (token.empty() || !is_token_text(token) || !is_token_text(old_token)) return false;
  const auto place = place_of(now.substr(0, head), now.substr(now.size() - tail), line, release);
  if (place.exact && !is_one_word(now.substr(0, head), token, now.substr(now.size() - tail))) return false;
  return replaces(old_token, token, place, release, stamped);
}

/// One blank between words, up to where a string may begin.
std::string fold_columns(std::string_view line) {
  const auto string = std::min(line.find_first_of("\"'`\\"), line.size());
  return fmt::format("{} {}", normalise_line(line.substr(0, string)), line.substr(string));
}

bool line_is_stamped(std::string_view before, std::string_view now, const LineContext& line,
                     const ReleaseClaims& release, Stamped& stamped) {
  if (differ_by_stamps(before, now, line, release, stamped) || differ_in_one_stamp(before, now, line, release, stamped))
    return true;
  // A script that writes `#define VERSION …` anew does not keep the columns. Elsewhere in code blanks count: as indentation, in
  // strings, before a command of make's.
  if (line.strict && !is_definition(now)) return false;
  if (before.find_first_not_of(" \t") != now.find_first_not_of(" \t")) return false;
  // A line goes on after a backslash, and not after blanks behind it.
  if (before.ends_with('\\') != now.ends_with('\\')) return false;
  const auto folded_before = line.strict ? fold_columns(before) : normalise_line(before);
  const auto folded = line.strict ? fold_columns(now) : normalise_line(now);
  return folded_before == folded || differ_by_stamps(folded_before, folded, line, release, stamped) ||
         differ_in_one_stamp(folded_before, folded, line, release, stamped);
}

/// The literal arguments of `AC_INIT([…], […], …)` on a line of its own; empty if it has others.
std::vector<std::string_view> arguments_of_ac_init(std::string_view line) {
  std::vector<std::string_view> arguments;
  if (!line.starts_with("AC_INIT([")) return arguments;
  for (auto rest = line.substr(8); rest.starts_with('[');) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return {};
    arguments.push_back(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
    if (rest == ")") return arguments;
    const auto next = rest.find_first_not_of(", \t");
    if (!rest.starts_with(',') || next == std::string_view::npos) return {};
    rest.remove_prefix(next);
  }
  return {};
}

bool ac_init_gives(std::string_view line, std::string_view name, std::string_view value) {
  static constexpr std::array<std::string_view, 5> k_names{"PACKAGE_NAME", "PACKAGE_VERSION", "PACKAGE_BUGREPORT",
                                                           "PACKAGE_TARNAME", "PACKAGE_URL"};
  const auto arguments = arguments_of_ac_init(line);
  for (std::size_t i = 0; i < arguments.size() && i < k_names.size(); ++i)
    if (value == arguments[i] && (name == k_names[i] || (i == 1 && name == "VERSION"))) return true;
  return arguments.size() >= 2 && name == "PACKAGE_STRING" && value == fmt::format("{} {}", arguments[0], arguments[1]);
}

/// Does every path through configure.ac reach what follows `lines`?
bool is_unconditional(std::span<const std::string_view> lines) {
  ConfigureScope scope;
  for (const auto line : lines) scope.pass(line);
  return scope.is_open_to_all();
}

/// Does configure.ac give NAME this value and no other: `AC_SUBST([NAME], [value])` on a line of its own that nothing guards, the only
/// one that names it, or an argument of `AC_INIT`?
bool is_declared(std::string_view configure, std::string_view name, std::string_view value) {
  if (value.size() < 2 || !is_token_text(value)) return false;
  const auto lines = split_lines(configure);
  const auto init =
      std::find_if(lines.begin(), lines.end(), [](std::string_view line) { return line.starts_with("AC_INIT("); });
  const auto naming = static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](std::string_view line) { return line.find(name) != std::string_view::npos; }));
  if (init != lines.end() && naming == 0 && ac_init_gives(*init, name, value)) return true;
  const auto found = std::find_if(lines.begin(), lines.end(), [&](std::string_view line) {
    return line == fmt::format("AC_SUBST([{}], [{}])", name, value) ||
           line == fmt::format("AC_SUBST([{}],[{}])", name, value);
  });
  if (found == lines.end() || naming != 1) return false;
  return is_unconditional(std::span{lines}.first(static_cast<std::size_t>(found - lines.begin())));
}

/// Where a template's line has `@NAME@`, the line has a stamp, or what configure.ac says NAME is.
bool fills_in(std::string_view pattern, std::string_view line, const ReleaseClaims& release, std::string_view configure,
              Stamped& stamped) {
  while (true) {
    const auto at = pattern.find('@');
    const auto end = at == std::string_view::npos ? at : pattern.find('@', at + 1);
    const bool placeholder =
        end != std::string_view::npos && end > at + 1 &&
        pattern.substr(at + 1, end - at - 1)
                .find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
            std::string_view::npos;
    if (!placeholder) return pattern == line;
    const auto head = pattern.substr(0, at);
    if (line.substr(0, at) != head) return false;
    const auto name = pattern.substr(at + 1, end - at - 1);
    line.remove_prefix(at);
    pattern.remove_prefix(end + 1);
    const auto next =
        pattern.empty() ? line.size() : line.find(pattern.substr(0, std::min(pattern.find('@'), pattern.size())));
    if (next == std::string_view::npos) return false;
    const auto value = line.substr(0, next);
    if (!is_declared(configure, name, value) &&
        !(is_one_word(head, value, pattern) && accept("", value, place_named(name, release), release, stamped)))
      return false;
    line.remove_prefix(next);
  }
}

/// Where nothing executes or compiles a text, a blank line more is layout. Elsewhere it ends what a backslash before it continues.
std::vector<std::string_view> lines_of(std::string_view text, bool blank_lines_count) {
  auto lines = exact_lines(text);
  if (!blank_lines_count)
    std::erase_if(lines,
                  [](std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; });
  return lines;
}

/// `same` is asked of each two lines that differ, with their number from 0.
template <typename Same>
std::optional<Stamped> compare_lines(std::string_view before, std::string_view now, bool blank_lines_count,
                                     const Same& same) {
  const auto old_lines = lines_of(before, blank_lines_count);
  const auto new_lines = lines_of(now, blank_lines_count);
  if (old_lines.size() != new_lines.size()) return std::nullopt;
  Stamped stamped;
  for (std::size_t i = 0; i < new_lines.size(); ++i) {
    if (old_lines[i] == new_lines[i]) continue;
    if (!same(old_lines[i], new_lines[i], i, stamped)) return std::nullopt;
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
  auto explanation =
      make_explanation(Proof::derived, "stamps",
                       {{"made from", std::string{source}}, {"lines with stamps", std::to_string(stamped.lines)}});
  if (!stamped.versions.empty()) explanation.evidence.emplace_back("versions", joined(stamped.versions));
  if (!stamped.dates.empty()) explanation.evidence.emplace_back("dates", joined(stamped.dates));
  return explanation;
}

std::optional<Bytes> read_text(const ExplainContext& context, const TreeEntry& entry) {
  auto blob = context.reference.read(entry, context.max_read);
  if (!blob || !looks_like_text(*blob)) return std::nullopt;
  return std::move(*blob);
}

/// Manifests, lock files, recipes of images and settings: a version in them decides what is fetched, a number how something runs.
bool pins_versions(std::string_view name) {
  const auto lower = ascii_lower(name);
  for (const std::string_view extension :
       {".lock", ".conf", ".cfg", ".ini", ".lockb", ".sum", ".csproj", ".gradle", ".dockerfile", ".yml", ".yaml",
        ".json", ".toml", ".env", ".wrap", ".properties"})
    if (lower.ends_with(extension)) return true;
  if (starts_with_any(lower, {"requirements", "constraints", "dockerfile", "containerfile", "docker-compose",
                              "compose.", "dependencies"}))
    return true;
  static const std::set<std::string, std::less<>> k_names{"package.json",    "package-lock.json", "npm-shrinkwrap.json",
                                                          "pnpm-lock.yaml",  "pom.xml",           "go.mod",
                                                          "cargo.toml",      "pipfile",           "gemfile",
                                                          "composer.json",   "pyproject.toml",    "build.gradle.kts",
                                                          "conanfile.txt",   "vcpkg.json",        "environment.yml",
                                                          "environment.yaml"};
  return k_names.contains(lower);
}

/// By its name, and by what it says: `install-deps` is none, nor is a page with a program in it.
bool is_read_by_people_alone(const ExplainContext& context) {
  const auto& path = context.difference.path;
  if (!is_document_by_name(context.entry) || path.ends_with(".html") || path.ends_with(".htm")) return false;
  if (context.entry.reach_reason == "man page")
    return context.text().starts_with('.') || context.text().starts_with('\'');
  return is_prose(path) || ends_with_any(path, {".txt", ".md", ".markdown", ".rst", ".adoc"});
}

/// What config.status, CMake and Meson put in the place of whole lines, and what other tools put in that of their own marks: a file in
/// which they still stand is not made yet, and make(1) takes it for made.
bool has_marks_of_other_tools(std::string_view pattern) {
  constexpr std::array<std::string_view, 4> k_words{"undef", "cmakedefine", "cmakedefine01", "mesondefine"};
  const auto is_mark = [&](std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with('#')) return false;
    line.remove_prefix(std::min(line.find_first_not_of(" \t", 1), line.size()));
    return std::find(k_words.begin(), k_words.end(), line.substr(0, line.find_first_of(" \t"))) != k_words.end();
  };
  const auto has_percent_mark = [&] {
    for (auto at = pattern.find("%%"); at != std::string_view::npos; at = pattern.find("%%", at + 2)) {
      const auto name = pattern.substr(at + 2, pattern.find("%%", at + 2) - at - 2);
      if (!name.empty() && name.size() < 64 &&
          name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string_view::npos)
        return true;
    }
    return false;
  };
  const auto lines = split_lines(pattern);
  return has_percent_mark() || pattern.find("{{") != std::string_view::npos ||
         std::any_of(lines.begin(), lines.end(), is_mark);
}

/// By config.status, CMake or Meson, which replace `@NAME@` and make it anew whatever is there. What a rule of the project's makes has
/// marks of the rule's choice, and make(1) takes the one of the release for made.
bool is_made_by_configuring(const ExplainContext& context, std::string_view configure) {
  const auto& path = context.reference_path;
  for (auto at = configure.find(path); at != std::string_view::npos; at = configure.find(path, at + 1)) {
    const auto end = at + path.size();
    const auto is_end = [](char c) { return std::string_view{" \t\n[],:()\\"}.find(c) != std::string_view::npos; };
    if ((at == 0 || is_end(configure[at - 1])) && (end == configure.size() || is_end(configure[end]))) return true;
  }
  return is_asked_for_by_build(context, "configure_file");
}

std::optional<Explanation> explain_template(ExplainContext& context) {
  const auto* source = context.reference.manifest().find(context.reference_path + ".in");
  if (source == nullptr || source->kind != EntryKind::regular) return std::nullopt;
  // What nobody makes of it, a tool may look for here by its name.
  if (!is_named_by_build(context, path_basename(context.reference_path)) &&
      !is_named_by_build(context, path_basename(source->path)))
    return std::nullopt;
  const auto pattern = read_text(context, *source);
  if (!pattern || has_marks_of_other_tools(as_text(*pattern))) return std::nullopt;
  std::string configure;
  if (const auto* script = context.reference.manifest().find("configure.ac"))
    if (const auto text = read_text(context, *script)) configure = as_text(*text);
  if (!is_made_by_configuring(context, configure)) return std::nullopt;
  const auto stamped = compare_lines(as_text(*pattern), context.text(), true,
                                     [&](std::string_view before, std::string_view now, std::size_t, Stamped& found) {
                                       return fills_in(before, now, *context.release, configure, found);
                                     });
  if (!stamped) return std::nullopt;
  return explanation_of(*stamped, source->path);
}

}  // namespace

std::optional<Explanation> explain_stamps(ExplainContext& context) {
  if (pins_versions(path_basename(context.difference.path))) return std::nullopt;
  if (context.content == nullptr || context.release == nullptr || context.release->version.empty() ||
      !looks_like_text(*context.content))
    return std::nullopt;
  if (context.difference.status == EntryStatus::added) return explain_template(context);
  if (context.difference.status != EntryStatus::modified || context.difference.reference->kind != EntryKind::regular)
    return std::nullopt;
  const auto before = context.text_before();
  if (!before) return std::nullopt;
  const bool strict =
      !is_read_by_people_alone(context) || context.difference.subject->executable() || context.text().starts_with("#!");
  const CommentLines old_comments{context.difference.path, *before};
  const CommentLines comments{context.difference.path, context.text()};
  const StampSurroundings surroundings{context.difference.path, context.text(), comments, *context.release};
  std::size_t lines_of_code = 0;
  const auto stamped = compare_lines(
      *before, context.text(), strict,
      [&](std::string_view old_line, std::string_view line, std::size_t number, Stamped& found) {
        // Both have to be comments: what was one and is none, or the other way round, is no stamp.
        const bool comment = strict && old_comments.at(number) && comments.at(number);
        if (strict && !comment && ++lines_of_code > k_most_lines_of_code) return false;
        return line_is_stamped(old_line, line, {strict, comment, &surroundings, number}, *context.release, found);
      });
  if (stamped && stamped->versions.empty() && stamped->dates.empty()) return std::nullopt;
  if (!stamped) return std::nullopt;
  return explanation_of(*stamped, "the file in version control");
}

}  // namespace assay::provenance
