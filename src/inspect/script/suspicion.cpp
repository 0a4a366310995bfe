#include "inspect/script/suspicion.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>

#include "base/search.hpp"
#include "base/text.hpp"
#include "inspect/script/source.hpp"

namespace assay::inspect {

namespace {

/// What decodes, cuts or executes what is piped into it. Alternatives, each on one line of text.
constexpr std::string_view k_telling =
    // decoders by their names
    R"(\b(?:base64|base32|basenc|openssl \w+)\b[^\n|;`)]{0,80} (?:-d|-D|--decode)\b)"
    R"(|\bxxd +-\w*r|\buudecode\b|\b(?:unxz|xzcat|unlzma|lzcat|unzstd|zstdcat|lz4cat|unlz4|lunzip|zcat|gunzip|bunzip2|bzcat|uncompress) +(?:["'$<|\-]|\w*[./]))"
    R"(|\b(?:xz|gzip|bzip2|lzma|p?lzip|zstd|lz4|brotli) +(?:-[\w\-=]+ +){0,4}-(?:\w*d\w*|-decompress|-uncompress)\b)"
    // a decoder whose name is in a variable
    R"(|\$\{?\w+\}? +-[cfkqv]?d[cfkqv]?(?: +[\w$./{}"\-]+)? *(?:2?>|<|[|)`]))"
    // parts of files
    R"(|\b(?:head|tail) +(?:-c|--bytes)|\bdd\b[^\n]{0,80}\b(?:skip|iseek)=|\bsed +["']?r\\|\bcut +-b *\d+-\d)"
    // maps of bytes
    R"(|\btr +(?:-\w+ +)?["']?[^|`\s]{0,200}\\[0-7]{2,3}-|% ?256\b|\bxor *\(|\^=? *(?:ord|chr|substr)\b|\w *\^=? *0x|ord *\([^\n]{0,40}\^)"
    // characters put together from numbers
    R"(|\bprintf +["']?(?:\\\\+[0x]*[$`]|[^\n"'`|;]{0,20}%0?[23]?o\b)|\bcmp +-\w*l)"
    // lines that sed executes
    R"(|\bsed\b[^\n|]{0,200}s(?:/[^/\n]*/[^/\n]*/|,[^,\n]*,[^,\n]*,|:[^:\n]*:[^:\n]*:|#[^#\n]*#[^#\n]*#|@[^@\n]*@[^@\n]*@)\d*[gpiImM]*e["'; ])"
    // a search of the tree for what is no text
    R"(|\bgrep +-\w*[ra]\w*[rahlsoE])"
    // interpreters at the end of a pipe
    R"(|[^|]\| *(?:"?\$\{?(?:CONFIG_)?SHELL|(?:/bin/)?(?:ba|da|k|z)?sh\b|eval\b|python\w*\b|perl +-? *$|source +/dev|\. +/dev))"
    // what a server sends, run
    R"(|\b(?:eval|sh +-c|source|\.) +["']?[$`<]\(? *(?:curl|wget)\b|\b(?:curl|wget) +["']?(?:-\w|--\w|https?:|ftp:))"
    // what another command prints, as a script
    R"(|(?:\b(?:\w*sh|source|python\w*|perl|awk|make|tar)|[.]) [^\n]{0,80}<\()"
    // the same where a variable says from where: a command, and no name in a message, a path or an option
    R"(|(?m:^|[;&|({!@`]|\b(?:then|do|else|elif|if|while|until|exec|eval|sudo|env|time|command|nohup|xargs|\w+=[^ \t\n]*))[ \t]*["']?(?:[\w.]*/)*(?:curl|wget)["']? +["']?\$)"
    // decoders of other languages
    R"(|\bb64decode\b|\bdecode_base64\b|\bunhexlify\b|\bfromhex\b|\b(?:zlib|lzma|bz2|gzip)\.(?:decompress|open)\b|\b(?:inflate|gunzip)Sync\b|\bawk\b[^\n]{0,200}%c)"
    // CMake and Meson
    R"(|\bHEX\b *\)|\bOFFSET +\d|string *\( *(?:HEX|ASCII))";

/// What the checks of single lines look for (see traits.cpp).
constexpr std::string_view k_odd =
    R"(debian/rules|\bRPM_(?:ARCH|BUILD_ROOT)\b|\bDEB_(?:BUILD_ARCH|HOST_MULTIARCH)\b|--sort-section|-z,? ?now\b)"
    R"(|(?m:^[ \t]*[.@$][ \t]*$)|"(?:pre|post)?install" *:|\bsed +-i)";

/// What stands in every line that k_telling or k_odd matches in: a few characters for each alternative, in their order, and little that
/// goes on to the end of the line. So it has few states, and only to the lines that it matches in are those put.
constexpr std::string_view k_gate =
    R"(\b(?:base64|base32|basenc|openssl \w+)\b[^\n|;`)]* (?:-d|-D|--decode)\b|xxd +-|uudecode)"
    R"(|(?:unxz|xzcat|unlzma|lzcat|unzstd|zstdcat|lz4cat|unlz4|lunzip|zcat|gunzip|bunzip2|bzcat|uncompress) )"
    R"(|(?:xz|gzip|bzip2|lzma|lzip|zstd|lz4|brotli) +-|\$\{?\w+\}? +-[cfkqv]?d[cfkqv]?[ 2><|)`])"
    R"(|(?:head|tail) +(?:-c|--bytes)|(?:skip|iseek)=|sed +["']?(?:r\\|-i)|cut +-b)"
    R"(|\\[0-7][0-7][0-7]?-|% ?256|xor *\(|\^=? *(?:ord|chr|substr|0x)|ord *\([^\n]*\^)"
    R"(|printf +["']?\\\\|%0?[23]?o\b|cmp +-\w*l|[/,:#@]\d*[gpiImM]*e["'; ]|grep +-\w*[ra])"
    R"(|\| *(?:"?\$\{?(?:CONFIG_)?SHELL|(?:/bin/)?(?:ba|da|k|z)?sh\b|eval\b|python|perl |source |\. +/))"
    R"(|[$`<]\(? *(?:curl|wget)\b|\b(?:curl|wget)["']? +["']?(?:-|https?:|ftp:|\$)|<\()"
    R"(|b64decode|decode_base64|unhexlify|fromhex|(?:zlib|lzma|bz2|gzip)\.(?:decompress|open)|(?:inflate|gunzip)Sync|%c)"
    R"(|HEX *\)|OFFSET +\d|string *\( *(?:HEX|ASCII))"
    // k_odd
    R"(|debian/rules|RPM_(?:ARCH|BUILD)|DEB_(?:BUILD|HOST)|--sort-section|-z,? ?now|(?m:^[ \t]*[.@$][ \t]*$)|install" *:)";

/// What stands in a text that has_byte_map() or uses_libtool_internals() says something of.
constexpr std::string_view k_marks = R"(\btr |_LT_(?:TAG)?DECL\()";

RE2::Options options() {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_never_capture(true);
  options.set_max_mem(32 << 20);
  return options;
}

bool is_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view line_around(std::string_view text, std::size_t at) {
  const auto begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  return text.substr(begin, std::min(text.find('\n', at), text.size()) - begin);
}

bool begins_with(std::string_view text, const RE2& expression, std::size_t* length = nullptr) {
  re2::StringPiece found;
  if (!expression.Match({text.data(), text.size()}, 0, text.size(), RE2::ANCHOR_START, &found, 1)) return false;
  if (length != nullptr) *length = found.size();
  return true;
}

/// Patterns of a case (config.sub): single words between bars. A line that begins with a bar goes on from the one before, which must be
/// one too: anything else before it is a command. Places have to ascend: what is known of a line is not found out again.
class CasePatterns {
 public:
  explicit CasePatterns(std::string_view text) : m_text(text) {}

  /// Do the words that end at `end` stand in one?
  bool cover(std::size_t end) {
    if (end <= m_line_begin || end > m_line_end) learn(line_around(m_text, end - 1));
    return end <= m_pattern_end;
  }

 private:
  std::size_t begin_of(std::string_view line) const { return static_cast<std::size_t>(line.data() - m_text.data()); }

  void learn(std::string_view line) {
    static const RE2 k_last{R"(\s*\|?(?:\s*[\w.*?\[\]!+-]+\s*\|)*\s*[\w.*?\[\]!+-]+\s*(?:\)|\\$))", RE2::Latin1};
    m_line_begin = begin_of(line);
    m_line_end = m_line_begin + line.size();
    std::size_t length = 0;
    m_pattern_end = begins_with(line, k_last, &length) && follows_pattern(line) ? m_line_begin + length : 0;
  }

  /// Of a line that is a pattern by itself: is what it goes on from one, or does it go on from nothing?
  bool follows_pattern(std::string_view line) {
    static const RE2 k_before{R"(\s*\|?(?:\s*[\w.*?\[\]!+-]+\s*\|)*\s*[\w.*?\[\]!+-]+\s*\\$)", RE2::Latin1};
    constexpr int k_most_lines = 400;
    const auto begin = begin_of(line);
    for (int lines = 0; lines < k_most_lines; ++lines) {
      const auto first = line.find_first_not_of(" \t");
      const bool goes_on = first != std::string_view::npos && line[first] == '|';
      if (!goes_on) return known(begin, lines > 0 || line.find('|') != std::string_view::npos);
      const auto start = begin_of(line);
      if (start == m_known_begin) return known(begin, m_known);
      if (start < 2) break;
      line = line_around(m_text, start - 2);
      if (!begins_with(line, k_before)) break;
    }
    return known(begin, false);
  }
  bool known(std::size_t begin, bool is_pattern) {
    m_known_begin = begin;
    return m_known = is_pattern;
  }

  std::string_view m_text;
  std::size_t m_line_begin = 0;  ///< of the last line that was asked for
  std::size_t m_line_end = 0;
  std::size_t m_pattern_end = 0;                       ///< up to where a pattern stands on it; 0 if none does
  std::size_t m_known_begin = std::string_view::npos;  ///< of the last line that follows_pattern() was asked of
  bool m_known = false;
};

/// Is it what honest scripts are known to do? The telling words end at `end`. What else stands in their line, in a comment or not, says
/// nothing of them: only where they stand, or what they lead to right behind, does.
bool is_honest(std::string_view text, std::size_t end, std::size_t line_end, CasePatterns& patterns) {
  if (text[end - 1] == 'h' && patterns.cover(end)) return true;
  const auto rest = text.substr(end, line_end - std::min(end, line_end));
  // Automake packs what it distributes, and its distcheck unpacks the archive that it has just made.
  static const RE2 k_packs{R"( GZIP= gzip \$\(GZIP_ENV\) -c ?>\$\(distdir\)\.(?:tar|shar)\.gz$)", RE2::Latin1};
  static const RE2 k_unpacks{R"(\w* \$\(distdir\)\.tar\.\w+ \| \$\(am__untar\)(?:[ ;]|$))", RE2::Latin1};
  // A byte that is only looked at goes nowhere (gnulib's lib-prefix.m4).
  static const RE2 k_looks_at{R"(\w*(?: +2>/dev/null)? *\| *hexdump\b[^|;&`()<>$#]*$)", RE2::Latin1};
  return begins_with(rest, k_packs) || begins_with(rest, k_unpacks) || begins_with(rest, k_looks_at);
}

/// One argument of tr that says no more than letters in their order, a class or a single character.
bool is_plain_set(std::string_view set) {
  if (set.size() >= 2 && (set.front() == '"' || set.front() == '\'')) set = set.substr(1, set.size() - 2);
  while (set.size() > 2 && set.starts_with('[') && set.ends_with(']')) set = set.substr(1, set.size() - 2);
  if (set.size() <= 1 || set.starts_with(':') || set[0] == '$') return true;
  if (set.starts_with("a-z") || set.starts_with("A-Z") || set == "0-9") return set.size() <= 6;
  if (set[0] == '\\') {
    // One escape, or the same again and again.
    const auto next = std::min(set.find('\\', 1), set.size());
    for (std::size_t at = 0; at < set.size(); at += next)
      if (set.substr(at, next) != set.substr(0, next)) return false;
    return true;
  }
  constexpr std::size_t k_alphabet = 26;
  const auto letters = set.substr(0, set.size() <= k_alphabet + 2 ? k_alphabet : set.size());
  const bool ascending =
      std::adjacent_find(letters.begin(), letters.end(), [](char a, char b) { return b != a + 1; }) == letters.end();
  return ascending || std::all_of(set.begin(), set.end(), [&](char c) { return c == set[0]; });
}

/// libtool's own macro files hand variables to config.status; nobody else's do.
bool uses_libtool_internals(std::string_view text) {
  const auto holds = [&](std::string_view word) { return find_word(text, word) != std::string_view::npos; };
  return (holds("_LT_DECL(") || holds("_LT_TAGDECL(")) && !holds("LT_INIT]") && !holds("DEFUN([_LT_") &&
         !holds("DEFUN([LT") && !holds("defun([_LT_");
}

/// A tr that exchanges more than letters' cases or one character.
bool has_byte_map(std::string_view text) {
  static const RE2 k_tr{
      R"(^tr +(?:-[cCst]+ +)?("[^"\n]+"|'[^'\n]+'|[^\s|`"')\-][^\s|`"')]*) +("[^"\n]+"|'[^'\n]+'|[^\s|`"')]+))",
      RE2::Latin1};
  for (auto at = find_word(text, "tr "); at != std::string_view::npos; at = find_word(text, "tr ", at + 1)) {
    if (at > 0 && is_name(text[at - 1])) continue;
    const auto rest = text.substr(at, 400);
    re2::StringPiece from, to;
    if (!RE2::PartialMatch(re2::StringPiece{rest.data(), rest.size()}, k_tr, &from, &to)) continue;
    // Unquoted words without ranges or escapes are a list of names.
    if (rest.substr(0, static_cast<std::size_t>(to.data() + to.size() - rest.data())).find_first_of("\"'\\-") ==
        std::string_view::npos)
      continue;
    if (!is_plain_set({from.data(), from.size()}) && !is_plain_set({to.data(), to.size()}) &&
        !is_comment_line(line_around(text, at)))
      return true;
  }
  return false;
}

/// Where the first match between `from` and `to` is; it ends behind a byte of the text.
struct Place {
  std::size_t begin = 0;
  std::size_t last = 0;  ///< its last byte
};

std::optional<Place> find_match(const RE2& expression, std::string_view text, std::size_t from, std::size_t to) {
  re2::StringPiece found;
  if (from >= to || !expression.Match({text.data(), text.size()}, from, to, RE2::UNANCHORED, &found, 1))
    return std::nullopt;
  const auto begin = static_cast<std::size_t>(found.data() - text.data());
  return Place{begin, std::min(begin + std::max<std::size_t>(found.size(), 1) - 1, text.size() - 1)};
}

/// Does a line that is no comment match, among those with a byte between `from` and `to`?
bool says(const RE2& expression, std::string_view text, std::size_t from, std::size_t to, CasePatterns& patterns) {
  std::string_view line;
  std::size_t start = to;
  bool comment = false;
  for (auto found = find_match(expression, text, from, to); found;) {
    // Asked once of a line, however often it matches.
    if (found->last < start || found->last >= start + line.size()) {
      line = line_around(text, found->last);
      start = static_cast<std::size_t>(line.data() - text.data());
      comment = is_comment_line(line);
    }
    const auto begin = std::max(found->begin, start);
    if (!comment && !is_honest(text, found->last + 1, start + line.size(), patterns)) return true;
    // A match may hold another one, which is less honest.
    found = find_match(expression, text, comment ? std::max(found->last + 1, start + line.size()) : begin + 1, to);
  }
  return false;
}

/// `{0,80}` as `*`: what counts to 80 has eighty times as many states, and each costs more to make than a line to read.
std::string without_counts(std::string_view expression) {
  std::string plain;
  for (std::size_t at = 0; at < expression.size(); ++at) {
    const auto end = expression.substr(at).starts_with("{0,") ? expression.find('}', at) : std::string_view::npos;
    plain += end == std::string_view::npos ? expression[at] : '*';
    if (end != std::string_view::npos) at = end;
  }
  return plain;
}

/// An expression, and one that matches wherever it does. Neither is made before it is needed, which few texts do.
class CoarseAndFine {
 public:
  explicit CoarseAndFine(std::string expression) : m_expression(std::move(expression)) {}

  /// Does a line that is no comment match, among those with a byte between `from` and `to`?
  bool says(std::string_view text, std::size_t from, std::size_t to, CasePatterns& patterns) const {
    std::call_once(m_coarse_made, [this] { m_coarse.emplace(without_counts(m_expression), options()); });
    if (!m_coarse->Match({text.data(), text.size()}, from, to, RE2::UNANCHORED, nullptr, 0)) return false;
    std::call_once(m_fine_made, [this] { m_fine.emplace(m_expression, options()); });
    return inspect::says(*m_fine, text, from, to, patterns);
  }

 private:
  std::string m_expression;
  mutable std::once_flag m_coarse_made, m_fine_made;
  mutable std::optional<RE2> m_coarse, m_fine;
};

}  // namespace

Suspicion suspicion_of(std::string_view text) {
  static const RE2 k_marked{fmt::format("{}|{}", k_gate, k_marks), options()};
  static const RE2 k_possible{k_gate, options()};
  static const CoarseAndFine k_flow{std::string{k_telling}};
  static const RE2 k_traits{k_odd, options()};
  CasePatterns patterns{text};
  bool any = false, has_tr = false, declares = false;
  std::size_t end = 0;
  for (auto found = find_match(k_marked, text, 0, text.size()); found;
       found = find_match(k_marked, text, end, text.size())) {
    const auto line = line_around(text, found->last);
    const auto begin = static_cast<std::size_t>(line.data() - text.data());
    end = begin + line.size();
    declares = declares || line.find("_LT_") != std::string_view::npos;
    if (is_comment_line(line)) continue;
    has_tr = has_tr || line.find("tr ") != std::string_view::npos;
    // A match is on one line, with the end of the line before at most.
    const auto from = begin == 0 ? 0 : begin - 1;
    if (!find_match(k_possible, text, from, end)) continue;
    if (k_flow.says(text, from, end, patterns)) return Suspicion::flow;
    any = any || says(k_traits, text, from, end, patterns);
  }
  if (has_tr && has_byte_map(text)) return Suspicion::flow;
  return any || (declares && uses_libtool_internals(text)) ? Suspicion::traits : Suspicion::none;
}

bool has_stray_line(std::string_view text) {
  static const RE2 k_stray{"(?m:^[ \\t]*[.@$`][ \\t\\r]*$)", options()};
  return RE2::PartialMatch({text.data(), text.size()}, k_stray);
}

}  // namespace assay::inspect
