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

constexpr std::string_view k_words_of_years[] = {"copyright", "(c)", "\xc2\xa9", "built", "build", "compiled", "date"};

bool never(const Change& /*change*/, const BuildFacts& /*facts*/) {
  return false;
}
bool always(const Change& /*change*/, const BuildFacts& /*facts*/) {
  return true;
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

bool bears_year(const BuildFacts::Days& days, const std::string& year) {
  return std::any_of(days.begin(), days.end(),
                     [&](const auto& day) { return year_of(day.first * 86400) == std::atoi(year.c_str()); });
}

bool year_of_builds(const Change& change, const BuildFacts& facts) {
  if (change.impact == Impact::code)
    return facts.made_in({std::atoi(change.before.c_str()), std::atoi(change.after.c_str())});
  const auto bears = [](const BuildFacts::Days& days, const BuildFacts::Days& fields, std::int64_t newest,
                        const std::string& year) {
    return bears_year(days, year) || bears_year(fields, year) || bears_year({{newest / 86400, 1}}, year);
  };
  return bears(facts.days_before, facts.fields_before, facts.newest_before, change.before) &&
         bears(facts.days_after, facts.fields_after, facts.newest_after, change.after);
}

/// A string about when the program was made; a number that a command is given is none.
bool year_of_text(const Change& change, const BuildFacts& facts) {
  const auto text = ascii_lower(change.context);
  const bool about = std::any_of(std::begin(k_words_of_years), std::end(k_words_of_years),
                                 [&](std::string_view word) { return text.find(word) != std::string::npos; });
  return about && year_of_builds(change, facts);
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

bool is_path_of_sources(const Change& change, const BuildFacts& facts) {
  const auto roots = path_roots(change, Tail::needed);
  if (!roots) return false;
  const auto found = facts.quiet_roots.find(*roots);
  return found != facts.quiet_roots.end() && found->second >= k_shared_often;
}

/// A source's name as a compiler leaves it: a string of its own, no argument within a command line.
bool is_source_name(const Change& change, const BuildFacts& /*facts*/) {
  const bool alone = setting_of(change.context, change.before) == Setting::alone;
  return path_roots(change, Tail::needed) && is_loaded(change) && alone && names_source(change.before) &&
         names_source(change.after);
}

/// The source that Python byte code was made of, which goes by the byte code's own name.
bool is_own_source(const Change& change, const BuildFacts& facts) {
  const auto path = change.path.empty() ? std::string_view{facts.name} : std::string_view{change.path};
  auto stem = path_basename(path);
  stem = stem.substr(0, stem.find('.'));
  const auto own = std::string{stem} + ".py";
  return path.ends_with(".pyc") && !stem.empty() && path_roots(change, Tail::needed) &&
         path_basename(change.before) == own && path_basename(change.after) == own;
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

/// Each side was made then by what it bears elsewhere: in data of a program, which may be compared with the clock.
bool is_moment(const Change& change, const BuildFacts& facts) {
  const auto moments = moments_of(change);
  return moments && facts.dates_before(moments->first) && facts.dates_after(moments->second);
}

/// "Mar 22 2024", as __DATE__ has it (C11 6.10.8.1), and __TIME__ beside it: no program compares months by their names with
/// the clock. The linker saw both sides, whose build-ids differ, or there was none yet.
bool is_compiled_in(const Change& change, const BuildFacts& facts) {
  const auto months = [](std::string_view text) {
    static constexpr std::string_view k_months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const auto month = k_months.find(text.substr(0, 3));
    return (text.size() == 11 || (text.size() == 20 && text[11] == ' ')) && month != std::string_view::npos &&
           month % 3 == 0 && text[3] == ' ' && text[6] == ' ' && parse_date(text);
  };
  const bool clock = change.token == "clock" && change.before.size() == 8 && change.after.size() == 8;
  return (clock || (change.token == "date" && months(change.before) && months(change.after))) &&
         facts.linked_anew(change);
}

bool is_date_of_program(const Change& change, const BuildFacts& facts) {
  return is_compiled_in(change, facts) || is_moment(change, facts);
}

/// A number that an instruction passes on, in machine code; what an interpreter's code holds is compared as often as not.
bool is_moment_in_code(const Change& change, const BuildFacts& facts) {
  return change.place.starts_with(".") && is_moment(change, facts);
}

bool is_date(const Change& change, const BuildFacts& facts) {
  return change.token == "date" && is_date_of_program(change, facts);
}

/// The artifacts' own names say so: a value that is computed from the other side, not a shape.
bool known_version(const Change& change, const BuildFacts& facts) {
  return facts.versions.contains({change.before, change.after});
}

/// A comment runs nothing; there the same is asked for as elsewhere.
template <bool (*holds)(const Change&, const BuildFacts&)>
bool in_comment(const Change& change, const BuildFacts& facts) {
  return is_comment(change, facts) && holds(change, facts);
}

/// What a value needs to be more than a guess in a script, a source or a setting; in code that machines or interpreters
/// run; in data that a program loads.
struct Proof {
  std::string_view cause;
  bool (*in_text)(const Change&, const BuildFacts&);
  bool (*in_code)(const Change&, const BuildFacts&) = never;
  bool (*in_data)(const Change&, const BuildFacts&) = never;
};

/// Causes that are not here are told by the structure of what was read, not by words.
constexpr Proof k_proofs[] = {
    {"random", in_comment<random_both>},
    {"uuid", in_comment<random_identifiers>},
    {"tool-drift", in_comment<always>},
    {"revision", in_comment<random_both>, never, random_both},
    {"year", in_comment<always>, year_of_builds, year_of_text},
    {"temporary-name", in_comment<same_stem>},
    {"build-path", in_comment<is_path_of_sources>, is_own_source, is_source_name},
    {"version", known_version, never, known_version},
    {"timestamp", in_comment<always>, is_moment_in_code, is_date_of_program},
    {"timezone", in_comment<is_moment>, never, is_date},
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
    {"line-ending", never},
};

constexpr std::string_view k_plain_names[] = {"readme",  "license",  "copying",    "news",    "changelog", "copyright",
                                              "authors", "metadata", "pkg-info",   "record",  "wheel",     "installer",
                                              "md5sums", "control",  "sha256sums", "version", "install",   "todo",
                                              "thanks",  "manifest", "buildinfo"};

/// Documents of settings as well as of results: dates and ids in there are data, names of things may be settings.
bool is_structured(std::string_view path) {
  const auto name = ascii_lower(path_basename(path));
  const auto is_hex_name = name.size() >= 40 && std::all_of(name.begin(), name.end(), is_hex);
  return is_hex_name ||                               // a blob that goes by its digest
         name == "json" || name == "repositories" ||  // of an image
         ends_with_any(name, {".json", ".xml", ".svg", ".yaml", ".yml", ".toml", ".pc", ".la", ".properties", ".mf",
                              ".map", ".list"}) ||
         name == "install" || name == "manifest";
}

/// Causes whose values are names of what may be run, read or asked: in a document of settings they are settings.
constexpr std::string_view k_names_things[] = {"build-path", "temporary-name", "environment", "home",
                                               "shell",      "hostname",       "user",        "cpu-count"};

/// "Built-By: ": the line says itself that it is about the build, or who did what it speaks of.
bool is_about_building(const Change& change) {
  const auto lead = lead_of(change);
  return lead.find("buil") != std::string::npos || lead.find("packag") != std::string::npos ||
         lead.find("compil") != std::string::npos || lead.find("generated") != std::string::npos ||
         lead.find("linux version ") != std::string::npos || lead.ends_with("by ") || lead.ends_with("on ");
}

/// What a build wrote about itself, all of it.
bool is_record_of_build(std::string_view path) {
  return ends_with_any(ascii_lower(path_basename(path)), {".log", ".buildinfo", ".changes", ".pkginfo"});
}

bool names_thing(std::string_view cause) {
  return std::find(std::begin(k_names_things), std::end(k_names_things), cause) != std::end(k_names_things);
}

/// In a document of settings the value may be one.
bool may_be_setting(std::string_view cause, const Change& change, std::string_view path) {
  // The version of something else, as one that is depended on, may have the very numbers.
  if (cause == "version" && is_structured(path) && change.place.starts_with("line "))
    return lead_of(change).find("version") == std::string::npos;
  if (cause == "tool-drift" && is_structured(path)) return !is_about_building(change);
  // What a package says of itself is acted upon, too: what it requires, and when which of its scripts runs.
  const bool said_of_package = change.impact == Impact::metadata && !change.place.starts_with(".");
  if (said_of_package) return cause != "user" && cause != "hostname" && names_thing(cause);
  // Of a list of hosts, or of who may log in, nothing but the line itself says that it is about the build.
  if ((cause == "user" || cause == "hostname") && change.place.starts_with("line "))
    return !is_about_building(change) && !is_record_of_build(path);
  return is_structured(path) && change.impact <= Impact::data && names_thing(cause) &&
         !((cause == "user" || cause == "hostname") && is_about_building(change));
}

/// Text of which nothing is known but that it is read by people, or as data. What else a text is for, its name does not say.
bool is_plain(std::string_view path) {
  const auto name = ascii_lower(path_basename(path));
  if (ends_with_any(name, {"cmakelists.txt", "requirements.txt"})) return false;
  return is_structured(path) ||
         ends_with_any(name, {".txt", ".md",  ".rst",  ".html",      ".htm",   ".tex",     ".texi",   ".info", ".csv",
                              ".tsv", ".po",  ".pot",  ".log",       ".pdf",   ".mo",      ".css",    ".dtd",  ".xsd",
                              ".bib", ".dsc", ".data", ".buildinfo", ".mtree", ".changes", ".pkginfo"}) ||
         std::find(std::begin(k_plain_names), std::end(k_plain_names), name) != std::end(k_plain_names);
}

/// A line of a page that a browser runs.
bool is_script_of_page(const Change& change, std::string_view path) {
  constexpr std::string_view k_signs[] = {"<script", "javascript:", "function(", "eval(",     "date.now", "new date(",
                                          "=>",      "if(",         "if (",      "document.", "window."};
  if (!ends_with_any(path, {".html", ".htm", ".svg", ".xhtml"})) return false;
  const auto line = ascii_lower(change.context);
  return std::any_of(std::begin(k_signs), std::end(k_signs),
                     [&](std::string_view sign) { return line.find(sign) != std::string::npos; });
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
  const bool lines = change.place.starts_with("line ") || change.place.ends_with(" lines");
  if (change.impact == Impact::data && lines && !is_plain(path)) return true;
  if (is_script_of_page(change, path)) return true;
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
  // Where a link leads is what is used.
  if (change.aspect == Aspect::link) return Confidence::guess;
  const bool typed = change.aspect != Aspect::content && change.aspect != Aspect::order;
  if (typed) return match.confidence;
  const auto path = change.path.empty() ? std::string_view{facts.name} : std::string_view{change.path};
  if (may_be_setting(cause, change, path)) return Confidence::guess;
  if (!steers(change, facts) && !is_loaded(change)) return match.confidence;
  if (is_command(change.before) || is_command(change.after)) return Confidence::guess;
  if (change.impact == Impact::code) return proof->in_code(change, facts) ? match.confidence : Confidence::guess;
  if (is_loaded(change)) return proof->in_data(change, facts) ? match.confidence : Confidence::guess;
  return proof->in_text(change, facts) ? match.confidence : Confidence::guess;
}

}  // namespace assay::artifact
