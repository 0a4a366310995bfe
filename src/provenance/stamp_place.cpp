#include "provenance/stamp_place.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <string>

#include "base/text.hpp"
#include "provenance/exact_lines.hpp"

namespace assay::provenance {

namespace {

/// Each line that is asked for costs a look at all of them; code of that length is no one's that says which release it is.
constexpr std::size_t k_longest_text = 1U << 20;

using Words = std::set<std::string, std::less<>>;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "LIBTALLY_VERSION", "FileVersion": words in lower case, cut where case rises and at what is no letter. "skip_validate" holds no date.
std::vector<std::string> segments_of(std::string_view text) {
  std::vector<std::string> segments;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_letter(text[i])) continue;
    const bool goes_on = i > 0 && is_letter(text[i - 1]) && (!is_upper(text[i]) || is_upper(text[i - 1]));
    if (!goes_on) segments.emplace_back();
    segments.back() += ascii_lower(text.substr(i, 1));
  }
  return segments;
}

bool has_segment(std::string_view text, std::initializer_list<std::string_view> words) {
  const auto segments = segments_of(text);
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return std::find(segments.begin(), segments.end(), word) != segments.end();
  });
}

bool has_text(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

/// The words that name the project: "curl" and "libcurl" of curl, "c", "ares" and "cares" of c-ares.
Words words_of_project(std::string_view project) {
  Words words;
  std::string whole;
  for (const auto& segment : segments_of(project)) {
    words.insert(segment);
    whole += segment;
  }
  if (whole.empty()) return words;
  words.insert({whole, "lib" + whole});
  if (whole.starts_with("lib") && whole.size() > 4) words.insert(whole.substr(3));
  return words;
}

bool all_speak_of_release(const std::vector<std::string>& segments, const Words& own) {
  static const Words k_words{"version",   "release", "package", "pkg",  "project", "product", "major", "minor",
                             "micro",     "patch",   "teeny",   "num",  "number",  "string",  "date",  "time",
                             "timestamp", "year",    "build",   "full", "plist",   "bundle"};
  return std::all_of(segments.begin(), segments.end(),
                     [&](const std::string& word) { return k_words.contains(word) || own.contains(word); });
}

/// Is what stands before the identifier in its statement nothing but what declares it: `#define `, `set(`, `static const char `?
/// `openssl.version`, `deps["x"]["version"]` and `find_package(OpenSSL VERSION ` are of something else.
bool only_declares(std::string_view head, const ReleaseClaims& release) {
  static const Words k_words{
      "define", "set",   "ac",   "subst", "m",   "export", "static", "const", "constexpr", "inline",   "extern",
      "public", "final", "char", "int",   "std", "string", "view",   "auto",  "unsigned",  "long",     "let",
      "var",    "val",   "my",   "our",   "def", "local",  "global", "am",    "project",   "readonly", "declare"};
  const auto end = head.find_last_not_of("[(\"'$*&_ \t");
  if (end != std::string_view::npos) {
    const auto between = head.substr(end + 1);
    const bool apart = between.find_first_of("( \t") != std::string_view::npos;
    if (!apart || std::string_view{"]).>:-/\\=+"}.find(head[end]) != std::string_view::npos) return false;
  }
  const auto own = words_of_project(release.project);
  const auto segments = segments_of(head);
  return std::all_of(segments.begin(), segments.end(),
                     [&](const std::string& word) { return k_words.contains(word) || own.contains(word); });
}

/// The identifier that gets what stands behind `head` as its value: `#define NAME `, `NAME=`, `name: "`.
std::string_view defined_name(std::string_view head) {
  const auto end = head.find_last_not_of(" \t=:,\"'[]");
  if (end == std::string_view::npos) return {};
  const auto between = head.substr(end + 1);
  if (between.empty() || std::count(between.begin(), between.end(), '=') > 1) return {};
  std::size_t start = end + 1;
  while (start > 0 && (is_letter(head[start - 1]) || is_digit(head[start - 1]) || head[start - 1] == '_')) --start;
  return head.substr(start, end + 1 - start);
}

/// The second argument of a line that is `AC_INIT(…`.
bool is_version_of_ac_init(std::string_view head) {
  return head.starts_with("AC_INIT(") && std::count(head.begin(), head.end(), ',') == 1 &&
         head.find_last_not_of(" \t[") == head.find(',');
}

/// Nothing but what ends the statement follows, and a comment.
bool only_ends(std::string_view tail) {
  const auto end = std::min(tail.find_first_not_of("\"'])}, \t"), tail.size());
  auto rest = tail.substr(end);
  const bool ended = rest.starts_with(';');
  if (ended) rest.remove_prefix(std::min(rest.find_first_not_of("; \t"), rest.size()));
  if (rest.empty() || (ended && rest.starts_with("//")) || rest == "\r") return true;
  if (rest.starts_with("/*")) return rest.find("*/") == rest.size() - 2;
  return rest.starts_with('#') && end > 0 && (tail[end - 1] == ' ' || tail[end - 1] == '\t');
}

std::string_view trimmed(std::string_view line) {
  const auto start = line.find_first_not_of(" \t\r");
  return start == std::string_view::npos ? std::string_view{}
                                         : line.substr(start, line.find_last_not_of(" \t\r") + 1 - start);
}

/// A bracket that is open, what stands before it, and what first stands behind it.
struct Open {
  char bracket;
  std::string_view before, behind;
};

/// Notes the brackets of a line of code; those in strings are none, and neither are those of directives and comments.
void scan_brackets(std::string_view line, std::string_view previous, bool hash_is_name, std::vector<Open>& open) {
  const auto text = trimmed(line);
  if (!open.empty() && open.back().behind.empty()) open.back().behind = text;
  if ((text.starts_with('#') && !hash_is_name) || text.starts_with("//")) return;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (c == '\\') ++at;
    else if (line.substr(at).starts_with("/*")) {
      const auto end = line.find("*/", at + 2);
      at = end == std::string_view::npos ? line.size() : end + 1;
    } else if (c == '"' || c == '\'' || c == '`') {
      auto end = line.find(c, at + 1);
      while (end != std::string_view::npos && line[end - 1] == '\\') end = line.find(c, end + 1);
      if (end != std::string_view::npos) at = end;
    } else if (c == '(' || c == '[' || c == '{') {
      const auto before = trimmed(line.substr(0, at));
      open.push_back({c, before.empty() ? previous : before, trimmed(line.substr(at + 1))});
    } else if (c == ')' || c == ']' || c == '}') {
      const char begun = c == ')' ? '(' : c == ']' ? '[' : '{';
      if (!open.empty() && open.back().bracket == begun) open.pop_back();
    }
  }
}

/// `project(zlib`, `module(name = "zlib"`: do the arguments begin with the name of something else?
bool begins_with_anothers_name(std::string_view arguments, const ReleaseClaims& release) {
  const auto is_of_name = [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; };
  const auto take_word = [&] {
    std::size_t end = 0;
    while (end < arguments.size() && is_of_name(arguments[end])) ++end;
    const auto word = arguments.substr(0, end);
    arguments.remove_prefix(end);
    return word;
  };
  const auto skip = [&](std::string_view what) {
    arguments.remove_prefix(std::min(arguments.find_first_not_of(what), arguments.size()));
  };
  skip(" \t'\"[");
  auto word = take_word();
  skip(" \t");
  if (arguments.starts_with('=') || arguments.starts_with(':')) {
    if (word != "name") return false;
    skip(" \t=:");
    if (!arguments.starts_with('"') && !arguments.starts_with('\'')) return false;
    skip("'\"");
    word = take_word();
  }
  return !all_speak_of_release(segments_of(word), words_of_project(release.project));
}

enum class Enclosure : unsigned char { foreign, neutral, release };

/// The arguments of what describes the project, of what assigns a value, and blocks that bear its name.
Enclosure kind_of(const Open& open, const Enclosure& around, const ReleaseClaims& release) {
  auto text = open.before;
  if (open.bracket == '(') {
    std::size_t start = text.size();
    while (start > 0 && (is_letter(text[start - 1]) || is_digit(text[start - 1]) || text[start - 1] == '_' ||
                         text[start - 1] == '.'))
      --start;
    static const Words k_describe{"project", "setup", "setuptools.setup", "module"};
    static const Words k_assign{"set", "define", "AC_SUBST", "m4_define"};
    const auto word = text.substr(start);
    if (k_describe.contains(word) && start == 0)
      return begins_with_anothers_name(open.behind, release) ? Enclosure::foreign : Enclosure::release;
    return k_assign.contains(word) && start == 0 ? Enclosure::neutral : Enclosure::foreign;
  }
  if (open.bracket == '[')  // a quotation of m4's
    return around == Enclosure::neutral && (text.ends_with('(') || text.ends_with(',')) ? around : Enclosure::foreign;
  if (text.ends_with("extern \"C\"")) return Enclosure::neutral;
  auto segments = segments_of(text);
  std::erase_if(segments, [](const std::string& word) {
    return word == "public" || word == "final" || word == "static" || word == "inline";
  });
  if (segments.empty() || (segments.front() != "namespace" && segments.front() != "class")) return Enclosure::foreign;
  segments.erase(segments.begin());
  return all_speak_of_release(segments, words_of_project(release.project)) ? Enclosure::neutral : Enclosure::foreign;
}

/// `zlib-$version`, `zlib-${version}`, `zlib-$(version)`: whose version it is.
bool names_another(std::string_view line, std::string_view name, const ReleaseClaims& release) {
  for (auto at = line.find(name); at != std::string_view::npos; at = line.find(name, at + 1)) {
    auto before = line.substr(0, at);
    if (before.ends_with('(') || before.ends_with('{')) before.remove_suffix(1);
    if (!before.ends_with('$')) continue;
    before.remove_suffix(1);
    if (!before.ends_with('-') && !before.ends_with('_') && !before.ends_with('/')) continue;
    before.remove_suffix(1);
    auto start = before.size();
    while (start > 0 && (is_letter(before[start - 1]) || is_digit(before[start - 1]))) --start;
    if (!all_speak_of_release(segments_of(before.substr(start)), words_of_project(release.project))) return true;
  }
  return false;
}

std::size_t count_of_text(std::string_view line, std::string_view what) {
  std::size_t count = 0;
  for (auto at = line.find(what); at != std::string_view::npos; at = line.find(what, at + what.size())) ++count;
  return count;
}

/// The end of a here-document of the shell, Perl, Ruby or PHP.
struct HereDocument {
  std::string_view end;   ///< the word; empty if there is none
  bool indented = false;  ///< blanks may stand before it
};

/// The first that begins in a line.
HereDocument here_document_in(std::string_view line) {
  for (auto at = line.find("<<"); at != std::string_view::npos; at = line.find("<<", at + 2)) {
    const auto start = std::min(line.find_first_not_of("<-~\"'\\ \t", at + 2), line.size());
    const auto marks = line.substr(at + 2, start - at - 2);
    std::size_t end = start;
    while (end < line.size() && (is_letter(line[end]) || line[end] == '_' || (end > start && is_digit(line[end]))))
      ++end;
    if (end > start) return {line.substr(start, end - start), marks.starts_with('-') || marks.starts_with('~')};
  }
  return {};
}

/// Text of a string of several lines is data, whatever it looks like.
class LongStrings {
 public:
  void pass(std::string_view line) {
    if (!m_document.end.empty()) {
      const auto text = m_document.indented ? trimmed(line) : line;
      if (text == m_document.end || text == std::string{m_document.end} + ";") m_document = {};
      return;
    }
    if (starts_with_any(trimmed(line), {"#", "//"})) return;
    m_document = here_document_in(line);
    for (std::size_t i = 0; i < k_marks.size(); ++i) m_counts[i] += count_of_text(line, k_marks[i]);
  }
  bool inside() const {
    return !m_document.end.empty() ||
           std::any_of(m_counts.begin(), m_counts.end(), [](std::size_t count) { return count % 2 != 0; });
  }

 private:
  static constexpr std::array<std::string_view, 3> k_marks{R"(""")", "'''", "`"};
  HereDocument m_document;
  std::array<std::size_t, 3> m_counts{};
};

bool is_operator(char c) {
  return std::string_view{"=<>!?&|+*/%^~"}.find(c) != std::string_view::npos;
}

/// Does an expression go on behind the end of a line, or before the beginning of the next?
bool goes_on(std::string_view before, std::string_view behind) {
  if (!before.empty() && (before.back() == '\\' || before.back() == '-' || before.back() == '.' ||
                          (is_operator(before.back()) && !before.ends_with("*/"))))
    return true;
  if (behind.empty() || starts_with_any(behind, {"//", "/*", ". "})) return false;
  return is_operator(behind.front()) || behind.front() == '.' || behind.starts_with("- ");
}

}  // namespace

StampSurroundings::StampSurroundings(std::string_view path, std::string_view text, const CommentLines& comments,
                                     const ReleaseClaims& release)
    : m_lines(text.size() <= k_longest_text ? exact_lines(text) : std::vector<std::string_view>{}),
      m_comments(comments),
      m_release(release),
      m_hash_is_name(ends_with_any(path, {".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"})) {}

/// The last line of code before a line, and the first behind it.
std::string_view StampSurroundings::line_before(std::size_t number) const {
  while (number-- > 0)
    if (const auto line = trimmed(m_lines[number]); !line.empty() && !m_comments.at(number)) return line;
  return {};
}
std::string_view StampSurroundings::line_behind(std::size_t number) const {
  while (++number < m_lines.size())
    if (const auto line = trimmed(m_lines[number]); !line.empty() && !m_comments.at(number)) return line;
  return {};
}

/// Where something is fetched, a version that does not bear the project's name may be that of what is fetched.
bool StampSurroundings::is_anothers(std::string_view name) const {
  const auto own = words_of_project(m_release.project);
  const auto segments = segments_of(name);
  if (name == "__version__" ||
      std::any_of(segments.begin(), segments.end(), [&](const std::string& word) { return own.contains(word); }))
    return false;
  for (std::size_t i = 0; i < m_lines.size(); ++i) {
    const auto line = m_lines[i];
    if (m_comments.at(i) || trimmed(line).starts_with('#')) continue;
    if (line.find("://") != std::string_view::npos || names_another(line, name, m_release)) return true;
    for (const auto& word : segments_of(line))
      if (!own.contains(word) && (word == "curl" || word == "wget" || word == "clone" || word.starts_with("fetch") ||
                                  word.starts_with("download")))
        return true;
  }
  return false;
}

bool StampSurroundings::may_define(std::string_view head, std::size_t number, std::string_view name, bool ended) const {
  if (number >= m_lines.size()) return false;
  const auto before = line_before(number);
  // To the preprocessor it does not matter what it stands in.
  if (is_definition(head)) return !before.ends_with('\\');
  if (goes_on(before, ended ? std::string_view{} : line_behind(number))) return false;
  std::vector<Open> open;
  LongStrings strings;
  std::string_view previous;
  for (std::size_t i = 0; i < number; ++i) {
    if (m_comments.at(i)) continue;
    strings.pass(m_lines[i]);
    scan_brackets(m_lines[i], previous, m_hash_is_name, open);
    if (const auto line = trimmed(m_lines[i]); !line.empty()) previous = line;
  }
  scan_brackets(head, previous, m_hash_is_name, open);
  if (strings.inside()) return false;
  auto kind = Enclosure::neutral;
  for (const auto& one : open) {
    kind = kind_of(one, kind, m_release);
    if (kind == Enclosure::foreign) return false;
  }
  // What is set in and belongs to nothing is in a block of something.
  if (open.empty() && (head.starts_with(' ') || head.starts_with('\t'))) return false;
  return kind == Enclosure::release || !is_anothers(name);
}

StampPlace place_named(std::string_view identifier, const ReleaseClaims& release) {
  const auto segments = segments_of(identifier);
  if (segments.empty() || is_digit(identifier.back())) return {};
  const auto own = words_of_project(release.project);
  const auto has = [&](std::string_view word) {
    return std::find(segments.begin(), segments.end(), word) != segments.end();
  };
  if (!all_speak_of_release(segments, own)) return {};
  const auto& last = segments.back();
  StampPlace place;
  place.exact = true;
  const bool number_of_version = segments.size() >= 2 && last == "num" && segments[segments.size() - 2] == "version";
  place.version = last == "version" || number_of_version;
  place.date = last == "date" || last == "timestamp" || last == "year";
  const bool of_version =
      has("version") || has("package") ||
      std::any_of(segments.begin(), segments.end(), [&](const std::string& word) { return own.contains(word); });
  if (!of_version) return place;
  if (last == "major") place.part = 0;
  if (last == "minor") place.part = 1;
  if (last == "micro" || last == "patch" || last == "teeny") place.part = 2;
  return place;
}

StampPlace place_of(std::string_view head, std::string_view tail, const LineContext& line,
                    const ReleaseClaims& release) {
  if (line.comment || !line.strict) return {true, true, std::nullopt, false};
  if (is_version_of_ac_init(head)) return {true, false, std::nullopt, true};
  auto text = head;
  if (const auto start = text.find_last_of(";{}"); start != std::string_view::npos) text.remove_prefix(start + 1);
  const bool decides = has_text(text, {"==", "!=", "<", ">", "?", "&&", "||"}) ||
                       has_segment(text, {"return", "if", "while", "switch", "case"});
  const bool foreign =
      has_segment(text, {"tls",      "ssl",        "min",    "minimum", "max", "maximum", "require", "required",
                         "requires", "protocol",   "proto",  "http",    "abi", "schema",  "format",  "depend",
                         "depends",  "dependency", "policy", "mirror",  "url", "host"});
  if (decides || foreign || !only_ends(tail)) return {};
  const auto name = defined_name(text);
  if (name.empty() || !only_declares(text.substr(0, static_cast<std::size_t>(name.data() - text.data())), release))
    return {};
  const bool ended = tail.find(';') != std::string_view::npos;
  if (line.surroundings == nullptr || !line.surroundings->may_define(head, line.number, name, ended)) return {};
  return place_named(name, release);
}

/// `#define NAME …`
bool is_definition(std::string_view line) {
  const auto text = normalise_line(line);
  return text.starts_with('#') &&
         std::string_view{text}.substr(std::min(text.find_first_not_of("# "), text.size())).starts_with("define ");
}

}  // namespace assay::provenance
