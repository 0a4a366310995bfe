#include "provenance/makefile_in.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "provenance/automake_history.hpp"
#include "provenance/comment_lines.hpp"
#include "provenance/exact_lines.hpp"

namespace assay::provenance {

namespace {

/// A toolchain has a handful of variables more than another; each is looked for in the whole file.
constexpr std::size_t k_most_unused = 64;

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// make(1) reads a line and those that it goes on in as one, comments too.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> lines;
  bool continues = false;
  for (const auto line : exact_lines(text)) {
    if (continues) (lines.back() += '\n') += line;
    else lines.emplace_back(line);
    continues = line.ends_with('\\');
  }
  return lines;
}

/// A comment that config.status changes nothing in. One with an `@` might get a value of more than one line; in one that goes on, or
/// is marked for it, config.status sees lines of its own and has make(1) read them.
bool is_comment(std::string_view line) {
  return line.starts_with('#') && line.find_first_of("@\\") == std::string_view::npos &&
         line.find("am--include-marker") == std::string_view::npos;
}

/// The rules that make a Makefile.in anew say how strictly Automake looks at the package, and nothing else reads that.
std::string without_strictness(std::string line) {
  for (const std::string_view word : {"$(AUTOMAKE) --gnu ", "$(AUTOMAKE) --gnits ", "$(AUTOMAKE) --foreign "})
    for (auto at = line.find(word); at != std::string::npos; at = line.find(word))
      line.replace(at, word.size(), "$(AUTOMAKE) ");
  return line;
}

struct Lines {
  std::vector<std::string> code;
  std::vector<std::string> comments;
};

Lines lines_of(std::string_view text) {
  Lines lines;
  for (auto& line : logical_lines(text))
    if (is_comment(line)) lines.comments.push_back(std::move(line));
    else if (!line.empty()) lines.code.push_back(without_strictness(std::move(line)));
  return lines;
}

/// NAME of a line `NAME = @NAME@`; empty if it is another.
std::string_view filled_in(std::string_view line) {
  const auto end = line.find(" = @");
  if (end == std::string_view::npos || end == 0) return {};
  const auto name = line.substr(0, end);
  const auto value = line.substr(end + 4);
  const bool same = std::all_of(name.begin(), name.end(), is_name_byte) && value.ends_with('@') &&
                    value.substr(0, value.size() - 1) == name;
  return same ? name : std::string_view{};
}

/// Does `text` have NAME as a whole word, in whatever way? Names put together from parts count where a part has all of it.
bool mentions(std::string_view text, std::string_view name) {
  for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const bool starts = at == 0 || !is_name_byte(text[at - 1]);
    const auto end = at + name.size();
    if (starts && (end == text.size() || !is_name_byte(text[end]))) return true;
  }
  return false;
}

/// make, with its built-in rules, and the shell use these whether a file names them or not.
bool means_something_to_make(std::string_view name) {
  static constexpr std::string_view k_names[] = {
      "SHELL",    "VPATH", "PATH",   "HOME",       "CDPATH",      "IFS",         "ENV",
      "AR",       "AS",    "CC",     "CO",         "CPP",         "CTANGLE",     "CWEAVE",
      "CXX",      "F77",   "FC",     "GET",        "LD",          "LEX",         "LINT",
      "M2C",      "OBJC",  "PC",     "RM",         "TANGLE",      "TEX",         "TEXI2DVI",
      "WEAVE",    "YACC",  "LDLIBS", "LOADLIBES",  "TARGET_ARCH", "TARGET_MACH", "OUTPUT_OPTION",
      "SUFFIXES", "GPATH", "CURDIR", "LIBPATTERNS"};
  // CFLAGS, ARFLAGS, LDFLAGS: every tool of a built-in rule has its own.
  return name.starts_with("MAKE") || name.ends_with("FLAGS") || name.starts_with("COMPILE") ||
         name.starts_with("LINK") || std::find(std::begin(k_names), std::end(k_names), name) != std::end(k_names);
}

struct List {
  std::string name;
  std::set<std::string> words;
};

/// `NAME = WORD …` of the lists that say what is distributed and what aclocal.m4 is made from.
std::optional<List> list_for_maintainers(std::string_view line) {
  static constexpr std::array<std::string_view, 3> k_names{"am__aclocal_m4_deps", "am__DIST_COMMON", "DIST_COMMON"};
  for (const auto name : k_names) {
    if (!line.starts_with(name) || !line.substr(name.size()).starts_with(" = ")) continue;
    List list{std::string{name}, {}};
    std::string word;
    for (const char c : line.substr(name.size() + 3)) {
      if (c != ' ' && c != '\t' && c != '\n' && c != '\\') {
        word += c;
      } else if (!word.empty()) {
        list.words.insert(std::move(word));
        word.clear();
      }
    }
    if (!word.empty()) list.words.insert(std::move(word));
    return list;
  }
  return std::nullopt;
}

/// A file beside the makefile or below: nothing that make or a shell expands, and nothing elsewhere.
bool is_plain_file(std::string_view word) {
  return word.front() != '/' && word.front() != '-' && word.find("..") == std::string_view::npos &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return is_name_byte(c) || std::string_view{"./+-"}.find(c) != std::string_view::npos;
         });
}

/// The list's name, if `shipped` is the same list as `made` with other members. What makes `aclocal.m4` stale may be less; what is
/// distributed may be any file more, because a build distributes nothing.
std::optional<std::string> other_list(std::string_view made, std::string_view shipped) {
  const auto whole = list_for_maintainers(made);
  const auto part = list_for_maintainers(shipped);
  if (!whole || !part || whole->name != part->name) return std::nullopt;
  const bool for_dist = part->name != "am__aclocal_m4_deps";
  const bool fine = std::all_of(part->words.begin(), part->words.end(), [&](const std::string& word) {
    return whole->words.contains(word) || (for_dist && is_plain_file(word));
  });
  return fine ? std::optional{part->name} : std::nullopt;
}

/// In a definition of several lines nothing is a comment of make's, and with another prefix of commands any line may be one.
bool is_automakes(std::string_view text) {
  if (!text.starts_with("# Makefile.in generated by automake ") || text.find('\r') != std::string_view::npos ||
      text.find(".RECIPEPREFIX") != std::string_view::npos)
    return false;
  const auto lines = exact_lines(text);
  return std::none_of(lines.begin(), lines.end(), begins_definition);
}

/// Does something else than this text use its variables: a file that it includes, its commands' environment, names that are computed?
bool lends_its_variables(std::string_view text) {
  const auto lines = exact_lines(text);
  return text.find("$($") != std::string_view::npos || text.find("$(eval") != std::string_view::npos ||
         text.find("$(call") != std::string_view::npos ||
         std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
           line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
           const auto word = line.substr(0, line.find_first_of(" \t:"));
           return word == "include" || word == "-include" || word == "sinclude" || word == "export" ||
                  word == ".EXPORT_ALL_VARIABLES";
         });
}

std::size_t count_of_one_only(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  std::vector<std::string> only;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only));
  return only.size();
}

}  // namespace

std::optional<MakefileDifference> harmless_difference(std::string_view made, std::string_view shipped) {
  if (!is_automakes(made) || !is_automakes(shipped)) return std::nullopt;
  auto ours = lines_of(made);
  auto theirs = lines_of(shipped);
  MakefileDifference difference;
  difference.versions = level_automake_versions(ours.code, theirs.code);
  const bool lends = lends_its_variables(shipped);
  std::size_t at = 0;
  for (const auto& line : ours.code) {
    const auto* const now = at < theirs.code.size() ? &theirs.code[at] : nullptr;
    if (now != nullptr && line == *now) {
      ++at;
    } else if (const auto name = now != nullptr ? other_list(line, *now) : std::nullopt) {
      difference.lists.push_back(*name);
      ++at;
    } else if (const auto unused = filled_in(line); !unused.empty() && !lends &&
                                                    difference.unused.size() < k_most_unused &&
                                                    !means_something_to_make(unused) && !mentions(shipped, unused)) {
      difference.unused.emplace_back(unused);
    } else {
      return std::nullopt;
    }
  }
  if (at != theirs.code.size()) return std::nullopt;
  difference.comments = count_of_one_only(ours.comments, theirs.comments);
  return difference;
}

}  // namespace assay::provenance
