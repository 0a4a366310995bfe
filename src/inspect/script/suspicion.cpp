#include "inspect/script/suspicion.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace assay::inspect {

namespace {

/// What decodes, cuts or executes what is piped into it. Alternatives, each on one line of text.
constexpr std::string_view k_telling =
    // decoders by their names
    R"(\b(?:base64|base32|basenc|openssl \w+)\b[^\n|;`)]{0,80} (?:-d|-D|--decode)\b)"
    R"(|\bxxd +-\w*r|\buudecode\b|\b(?:unxz|xzcat|unlzma|lzcat|unzstd|zstdcat|lz4cat|unlz4|zcat|gunzip|bunzip2|bzcat|uncompress) +["'$<|./\-\w])"
    R"(|\b(?:xz|gzip|bzip2|lzma|zstd|lz4|brotli) +(?:-[\w\-=]+ +){0,4}-(?:\w*d\w*|-decompress|-uncompress)\b)"
    // a decoder whose name is in a variable
    R"(|\$\{?\w+\}? +-\w?d\w?\b[^\n|]{0,80}[|)`2])"
    // parts of files
    R"(|\b(?:head|tail) +(?:-c|--bytes)|\bdd\b[^\n]{0,80}\b(?:skip|ibs|iseek)=|\bsed +["']?r\\|\bcut +-b)"
    // maps of bytes
    R"(|\btr +(?:-\w+ +)?["']?[^|`\s]{0,200}\\[0-7]{2,3}-|sprintf *\( *"%c"|\bxor\b|\^ *(?:ord|0x)|ord *\([^\n]{0,40}\^)"
    // a search of the tree for what is no text
    R"(|\bgrep +-\w*[ra]\w*[rahlsoE])"
    // interpreters at the end of a pipe
    R"(|[^|]\| *(?:"?\$\{?(?:CONFIG_)?SHELL|(?:/bin/)?(?:ba|da|k|z)?sh\b|eval\b|python\w*\b|perl +-? *$|source +/dev|\. +/dev))"
    // CMake and Meson
    R"(|\bHEX\b *\)|\bOFFSET +\d|string *\( *(?:HEX|ASCII))";

const RE2& telling() {
  static const RE2 k_expression = [] {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_never_capture(true);
    options.set_max_mem(32 << 20);
    return RE2{re2::StringPiece{k_telling.data(), k_telling.size()}, options};
  }();
  return k_expression;
}

bool is_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::string_view line_around(std::string_view text, std::size_t at) {
  const auto begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  return text.substr(begin, std::min(text.find('\n', at), text.size()) - begin);
}

bool is_aside(std::string_view line) {
  const auto start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos || line[start] == '#' || line.substr(start).starts_with("dnl ")) return true;
  // Automake's distcheck unpacks the archive that it has just made. `| sh)` is an alternative of a case pattern.
  return line.find("$(distdir)") != std::string_view::npos || line.find("| sh)") != std::string_view::npos || line.find("|sh)") != std::string_view::npos;
}

/// One argument of tr that says no more than a range of letters, a class or a single character.
bool is_plain_set(std::string_view set) {
  if (set.size() >= 2 && (set.front() == '"' || set.front() == '\'')) set = set.substr(1, set.size() - 2);
  if (set.starts_with('[') && set.ends_with(']')) set = set.substr(1, set.size() - 2);
  if (set.size() <= 1 || set.starts_with(':') || (set[0] == '\\' && set.size() <= 4) || set[0] == '$') return true;
  if (set == "a-z" || set == "A-Z" || set == "0-9" || set == "a-zA-Z" || set == "A-Za-z") return true;
  return std::all_of(set.begin(), set.end(), [&](char c) { return c == set[0]; });
}

/// A tr that exchanges more than letters' cases or one character.
bool has_byte_map(std::string_view text) {
  static const RE2 k_tr{R"(\btr +(?:-\w+ +)?("[^"\n]+"|'[^'\n]+'|[^\s|`"')]+) +("[^"\n]+"|'[^'\n]+'|[^\s|`"')]+))", RE2::Latin1};
  for (auto at = text.find("tr "); at != std::string_view::npos; at = text.find("tr ", at + 1)) {
    if (at > 0 && is_name(text[at - 1])) continue;
    const auto rest = text.substr(at, 400);
    re2::StringPiece from, to;
    if (!RE2::PartialMatch(re2::StringPiece{rest.data(), rest.size()}, k_tr, &from, &to)) continue;
    if (from.data() != nullptr && from.data() - rest.data() > 12) continue;
    if (!is_plain_set({from.data(), from.size()}) && !is_plain_set({to.data(), to.size()}) && !is_aside(line_around(text, at))) return true;
  }
  return false;
}

}  // namespace

bool may_move_bytes(std::string_view text) {
  re2::StringPiece found;
  std::size_t at = 0;
  while (telling().Match({text.data(), text.size()}, at, text.size(), RE2::UNANCHORED, &found, 1)) {
    const auto place = static_cast<std::size_t>(found.data() - text.data());
    const auto inside = place + std::max<std::size_t>(found.size(), 1) - 1;
    if (!is_aside(line_around(text, std::min(inside, text.size() - 1)))) return true;
    at = inside + 1;
  }
  return has_byte_map(text);
}

}  // namespace assay::inspect
