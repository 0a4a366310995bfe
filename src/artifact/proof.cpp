#include "artifact/proof.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "artifact/tokens.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

constexpr std::uint64_t k_shared_often = 3;
constexpr std::size_t k_random_size = 8;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool has(std::string_view text, bool (*kind)(char)) {
  return std::any_of(text.begin(), text.end(), kind);
}

/// Text that a shell would act on: nothing that a build writes about itself.
bool is_command(std::string_view text) {
  return text.find_first_of("$`|;&(){}<>") != std::string_view::npos;
}

/// A word of a language is neither: it has no digits, or letters of one case.
bool is_random_text(std::string_view text) {
  if (text.size() < k_random_size || !has(text, is_digit)) return false;
  if (std::all_of(text.begin(), text.end(), is_hex)) return has(text, is_lower) || has(text, is_upper);
  const auto is_base64 = [](char c) {
    return is_digit(c) || is_lower(c) || is_upper(c) || c == '+' || c == '/' || c == '=';
  };
  return has(text, is_lower) && has(text, is_upper) && std::all_of(text.begin(), text.end(), is_base64);
}

bool never(const Change& /*change*/, const BuildFacts& /*facts*/) {
  return false;
}

bool random_both(const Change& change, const BuildFacts& /*facts*/) {
  return change.before.size() == change.after.size() && is_random_text(change.before) && is_random_text(change.after);
}

/// Two random identifiers differ almost everywhere; one that was edited keeps its middle or has runs of one digit.
bool random_identifiers(const Change& change, const BuildFacts& /*facts*/) {
  const auto varied = [](const std::string& id) {
    return id.size() == 36 && id[14] == '4' && std::set<char>(id.begin(), id.end()).size() >= 9;
  };
  if (!varied(change.before) || !varied(change.after)) return false;
  std::size_t differing = 0;
  for (std::size_t i = 0; i < change.before.size(); ++i) differing += change.before[i] != change.after[i] ? 1U : 0U;
  return differing >= 20;
}

bool bears_year(const std::set<std::int64_t>& days, const std::string& year) {
  return std::any_of(days.begin(), days.end(),
                     [&](std::int64_t day) { return year_of(day * 86400) == std::atoi(year.c_str()); });
}

bool year_of_builds(const Change& change, const BuildFacts& facts) {
  if (change.impact == Impact::code)
    return facts.made_in({std::atoi(change.before.c_str()), std::atoi(change.after.c_str())});
  return bears_year(facts.days_before, change.before) && bears_year(facts.days_after, change.after);
}

/// What mkstemp(3) and compilers put before their random letters, and after it.
bool same_stem(const Change& change, const BuildFacts& /*facts*/) {
  const auto& before = change.before;
  const auto& after = change.after;
  if (before.size() != after.size()) return false;
  const auto base = before.rfind('/') == std::string::npos ? 0 : before.rfind('/') + 1;
  const auto name = std::string_view{before}.substr(base);
  if (before.substr(0, base) != after.substr(0, base)) return false;
  auto stem = name.find_first_of(".-_");
  stem = stem != std::string_view::npos && stem >= 2 ? stem + 1 : 0;
  // "cc" of compilers and "tmp" of Python have their letters right behind.
  if (stem == 0 || name.substr(stem).size() < 6) stem = name.starts_with("tmp") ? 3 : name.starts_with("cc") ? 2 : 0;
  if (stem == 0 || name.substr(0, stem) != std::string_view{after}.substr(base, stem)) return false;
  const auto random_end = std::min(before.find('.', base + stem), before.size());
  const auto letters = random_end - base - stem;
  return (letters == 6 || letters == 8 || letters == 10) &&
         std::string_view{before}.substr(random_end) == std::string_view{after}.substr(random_end);
}

bool names_source(std::string_view path) {
  return ends_with_any(
      path, {".c", ".h", ".cc", ".hh", ".cpp", ".hpp", ".cxx", ".S", ".s", ".rs", ".go", ".f90", ".inc", ".y", ".l"});
}

/// A source's name as a compiler leaves it: a string of its own, no argument within a command line.
bool is_source_name(const Change& change) {
  const bool alone = setting_of(change.context, change.before) == Setting::alone;
  return is_loaded(change) && alone && names_source(change.before) && names_source(change.after);
}

bool shared_root(const Change& change, const BuildFacts& facts) {
  const auto roots = path_roots(change, Tail::needed);
  if (!roots) return false;
  if (is_source_name(change)) return true;
  const auto found = facts.quiet_roots.find(*roots);
  return found != facts.quiet_roots.end() && found->second >= k_shared_often;
}

bool known_version(const Change& change, const BuildFacts& facts) {
  return facts.versions.contains({change.before, change.after});
}

/// A line that is nothing but a comment in the language that the file's name stands for.
bool is_comment(const Change& change, const BuildFacts& facts) {
  const auto path = change.path.empty() ? std::string_view{facts.name} : std::string_view{change.path};
  const bool like_c = names_source(path) || ends_with_any(path, {".js", ".mjs", ".ts", ".java", ".php"});
  // '#' is an operator, an error or a string's there.
  if (ends_with_any(path, {".lua", ".bat", ".cmd", ".el", ".lisp", ".hs", ".sql", ".vim", ".ml", ".cs", ".kt", ".swift",
                           ".gradle", ".jsx", ".cjs", ".asm"}))
    return false;
  return setting_of(change.context, change.before) == (like_c ? Setting::c_comment : Setting::hash_comment);
}

/// In what runs a date may be one at which something is to happen. It is that of the build where nobody reads it, or where
/// each side was made then by what it bears elsewhere: in data of a program too, which may be compared with the clock.
bool is_moment(const Change& change, const BuildFacts& facts) {
  if (is_comment(change, facts)) return true;
  const auto moments = moments_of(change);
  return moments && facts.dates_before(moments->first) && facts.dates_after(moments->second);
}

bool is_date(const Change& change, const BuildFacts& facts) {
  return change.token == "date" && is_moment(change, facts);
}

struct Proof {
  std::string_view cause;
  bool (*holds)(const Change&, const BuildFacts&);
};

/// Causes that are not here are told by the structure of what was read, not by words.
constexpr Proof k_proofs[] = {
    {"random", random_both},
    {"uuid", random_identifiers},
    {"revision", random_both},
    {"year", year_of_builds},
    {"temporary-name", same_stem},
    {"build-path", shared_root},
    {"version", known_version},
    {"timestamp", is_moment},
    {"timezone", is_date},
    {"environment", never},
    {"home", never},
    {"shell", never},
    {"cpu-count", never},
    {"build-number", never},
    {"pid", never},
    {"address", never},
    {"kernel", never},
    {"hostname", never},
    {"user", never},
    {"locale", never},
    {"locale-order", never},
    {"file-order", never},
    {"compiler", never},
};

constexpr std::string_view k_plain_names[] = {"readme",  "license",  "copying",    "news",    "changelog", "copyright",
                                              "authors", "metadata", "pkg-info",   "record",  "wheel",     "installer",
                                              "md5sums", "control",  "sha256sums", "version", "install",   "todo",
                                              "thanks",  "manifest", "buildinfo"};

/// Text of which nothing is known but that it is read by people, or as data. What else a text is for, its name does not say.
bool is_plain(std::string_view path) {
  const auto name = ascii_lower(path_basename(path));
  if (ends_with_any(name, {"cmakelists.txt", "requirements.txt"})) return false;
  return ends_with_any(name, {".txt",  ".md",        ".rst",   ".html",       ".htm",    ".tex",  ".texi", ".info",
                              ".json", ".xml",       ".svg",   ".yaml",       ".yml",    ".toml", ".csv",  ".tsv",
                              ".po",   ".pot",       ".log",   ".pdf",        ".mo",     ".css",  ".list", ".dtd",
                              ".xsd",  ".pc",        ".la",    ".properties", ".mf",     ".bib",  ".dsc",  ".data",
                              ".map",  ".buildinfo", ".mtree", ".changes",    ".pkginfo"}) ||
         ends_with_any(name, {".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8", ".9"}) ||
         std::find(std::begin(k_plain_names), std::end(k_plain_names), name) != std::end(k_plain_names);
}

}  // namespace

bool is_loaded(const Change& change) {
  return change.impact == Impact::data && change.place.starts_with(".");
}

bool steers(const Change& change, const BuildFacts& facts) {
  if (change.impact == Impact::configuration || is_source(change, facts)) return true;
  // What a container says about its members is not what they say themselves.
  if (change.impact == Impact::metadata) return false;
  const auto path = change.path.empty() ? std::string_view{facts.name} : std::string_view{change.path};
  if (change.impact == Impact::data && change.place.starts_with("line ") && !is_plain(path)) return true;
  return ends_with_any(path, {".py",
                              ".sh",
                              ".bash",
                              ".pl",
                              ".rb",
                              ".js",
                              ".mjs",
                              ".ts",
                              ".lua",
                              ".php",
                              ".tcl",
                              ".mk",
                              ".m4",
                              "Makefile",
                              ".gradle",
                              ".bat",
                              ".ps1",
                              ".conf",
                              ".cfg",
                              ".ini",
                              ".service",
                              ".rules",
                              ".desktop",
                              "CMakeLists.txt",
                              "requirements.txt"});
}

Confidence bounded(std::string_view cause, const Match& match, const Change& change, const BuildFacts& facts) {
  const auto proof =
      std::find_if(std::begin(k_proofs), std::end(k_proofs), [&](const Proof& each) { return each.cause == cause; });
  if (proof == std::end(k_proofs) || match.confidence == Confidence::guess) return match.confidence;
  if (!steers(change, facts) && !is_loaded(change)) return match.confidence;
  const bool typed = change.aspect != Aspect::content && change.aspect != Aspect::order;
  if (typed) return match.confidence;
  const bool commands = is_command(change.before) || is_command(change.after);
  return !commands && proof->holds(change, facts) ? match.confidence : Confidence::guess;
}

}  // namespace assay::artifact
