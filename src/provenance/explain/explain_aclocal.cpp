// aclocal.m4 as aclocal(1) makes it: a head, whole macro files of upstreams one after another (without their `##` lines, a blank
// line behind each), and m4_include lines for the macro files that stand in the project itself.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "provenance/answers.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/filled_in.hpp"
#include "provenance/macro_names.hpp"
#include "provenance/reach.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_largest = 4U << 20;
/// A piece is hashed anew for every end that is tried: macro files have a few dozen blank lines. What is larger (libtool.m4) is
/// included by its name nearly always.
constexpr std::size_t k_longest_piece = 96U << 10;
constexpr std::size_t k_most_ends = 400;
/// Of all ends together: a text that is made to have many has no proof, and costs little.
constexpr std::size_t k_most_tried = 4000;
/// The line that automake's macro files begin with, and aclocal leaves out.
constexpr std::string_view k_left_out =
    "##                                                          -*- Autoconf -*-\n";
/// The same of those that begin otherwise: what a file that defines `macro` began with.
struct OtherHead {
  std::string_view macro, left_out;
};
constexpr OtherHead k_other_heads[] = {
    {"[AM_PATH_PYTHON]",
     "## ------------------------                                 -*- Autoconf -*-\n## Python file handling\n"
     "## From Andrew Dalke\n## Updated by James Henstridge\n## ------------------------\n"},
    {"[AM_PATH_PYTHON]",
     "## ------------------------                                 -*- Autoconf -*-\n## Python file handling\n"
     "## From Andrew Dalke\n## Updated by James Henstridge and other contributors.\n## ------------------------\n"},
    {"[AM_PROG_LEX]",
     "## Replacement for AC_PROG_LEX.                            -*-  Autoconf -*-\n"
     "## by Alexandre Oliva <oliva@dcc.unicamp.br>\n"},
    {"[AM_PATH_LISPDIR]",
     "## ------------------------                                 -*- Autoconf -*-\n## Emacs LISP file handling\n"
     "## From Ulrich Drepper\n## Almost entirely rewritten by Alexandre Oliva\n## ------------------------\n"},
};

/// The head; `@Y@` stands for copyright years and `@V@` for a version of autoconf. Lines with a `?` stand in the output of some
/// versions of automake only.
constexpr std::array<std::string_view, 17> k_head{
    "# Copyright (C) @Y@ Free Software Foundation, Inc.",
    "# This file is free software; the Free Software Foundation",
    "# gives unlimited permission to copy and/or distribute it,",
    "# with or without modifications, as long as this notice is preserved.",
    "# This program is distributed in the hope that it will be useful,",
    "# but WITHOUT ANY WARRANTY, to the extent permitted by law; without",
    "# even the implied warranty of MERCHANTABILITY or FITNESS FOR A",
    "# PARTICULAR PURPOSE.",
    "?m4_ifndef([AC_CONFIG_MACRO_DIRS], [m4_defun([_AM_CONFIG_MACRO_DIRS], [])m4_defun([AC_CONFIG_MACRO_DIRS], "
    "[_AM_CONFIG_MACRO_DIRS($@)])])",
    "?m4_ifndef([AC_AUTOCONF_VERSION],",
    "?  [m4_copy([m4_PACKAGE_VERSION], [AC_AUTOCONF_VERSION])])dnl",
    "?m4_if(m4_defn([AC_AUTOCONF_VERSION]), [@V@],,",
    "?[m4_warning([this file was generated for autoconf @V@.",
    "?You have another version of autoconf.  It may work, but is not guaranteed to.",
    "?If you have problems, you may need to regenerate the build system entirely.",
    "?To do so, use the procedure documented by the package, typically 'autoreconf'.])])",
    "?To do so, use the procedure documented by the package, typically `autoreconf'.])])",
};

bool is_years(std::string_view text) {
  return !text.empty() && text.size() < 24 && text.find_first_not_of("0123456789-, ") == std::string_view::npos;
}

/// Is `line` the pattern with a version or years in their places?
bool fits(std::string_view pattern, std::string_view line) {
  struct Mark {
    std::string_view mark;
    bool (*is_value)(std::string_view);
  };
  for (const auto& [mark, is_value] : {Mark{"@V@", is_filled_in_version}, Mark{"@Y@", is_years}}) {
    const auto at = pattern.find(mark);
    if (at == std::string_view::npos) continue;
    const auto tail = pattern.substr(at + mark.size());
    return line.size() > at + tail.size() && line.starts_with(pattern.substr(0, at)) && line.ends_with(tail) &&
           is_value(line.substr(at, line.size() - at - tail.size()));
  }
  return pattern == line;
}

/// Takes one line off `rest`.
std::string_view next_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  const auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

struct Behind {
  std::string version;    ///< of the aclocal that made it
  std::string_view text;  ///< behind the head
};

/// Nothing if the head is not aclocal's.
std::optional<Behind> after_head(std::string_view text) {
  const auto first = next_line(text);
  constexpr std::string_view k_start = "# generated automatically by aclocal ";
  constexpr std::string_view k_end = " -*- Autoconf -*-";
  if (!first.starts_with(k_start) || !first.ends_with(k_end) || first.size() < k_start.size() + k_end.size())
    return std::nullopt;
  const auto version = first.substr(k_start.size(), first.size() - k_start.size() - k_end.size());
  if (!is_filled_in_version(version)) return std::nullopt;
  std::size_t at = 0;
  while (!text.empty()) {
    auto rest = text;
    const auto line = next_line(rest);
    if (!line.empty()) {
      while (at < k_head.size() && k_head[at].starts_with('?') && !fits(k_head[at].substr(1), line)) ++at;
      if (at == k_head.size()) break;  // the first piece begins
      if (!k_head[at].starts_with('?') && !fits(k_head[at], line)) return std::nullopt;
      ++at;
    }
    text = rest;
  }
  return Behind{std::string{version}, text};
}

/// The piece as it may stand in its upstream's repository: as it is; with the line that aclocal leaves out; with its version taken
/// back out, for the files that are made from templates there.
std::vector<std::string> upstream_forms(std::string_view piece, std::string_view automake) {
  std::vector<std::string> forms{std::string{piece}, fmt::format("{}{}", k_left_out, piece)};
  for (const auto& head : k_other_heads)
    if (piece.find(head.macro) != std::string_view::npos) forms.push_back(fmt::format("{}{}", head.left_out, piece));
  if (const auto version = version_between(piece, "(pkg-config-", ")"); !version.empty())
    forms.push_back(with_replaced(piece, version, "@VERSION@"));
  if (const auto api = version_between(piece, "[am__api_version='", "'"); !api.empty() && automake.starts_with(api)) {
    const auto without = with_replaced(with_replaced(piece, fmt::format("[{}]", automake), "[@VERSION@]"),
                                       fmt::format("'{}'", api), "'@APIVERSION@'");
    forms.push_back(fmt::format("{}## @configure_input@\n{}", k_left_out, without));
  }
  return forms;
}

struct Piece {
  std::size_t size = 0;
  KnownFile file;
};

/// Takes a text apart into whole macro files.
class Pieces {
 public:
  Pieces(const KnownFiles& known, std::string_view automake) : m_known(known), m_automake(automake) {}

  /// The macro files that `text` is made of, up to its first m4_include; nothing if it is not made of such. An older version of a
  /// file may be what a newer one begins with: where no file follows, the one before is taken for a longer one.
  std::optional<std::vector<Piece>> of(std::string_view text) {
    std::vector<Piece> pieces;
    std::size_t at = 0, longer_than = 0;
    while (at < text.size() && !text.substr(at).starts_with("m4_include([")) {
      auto piece = known_piece(text.substr(at), longer_than);
      if (piece && !has_namesake(pieces, *piece)) {
        at = std::min(at + piece->size, text.size());
        longer_than = 0;
        pieces.push_back(*piece);
      } else if (piece) {
        longer_than = piece->size;
      } else {
        if (pieces.empty() || m_tried > k_most_tried) return std::nullopt;
        longer_than = pieces.back().size;
        at -= longer_than;
        pieces.pop_back();
      }
    }
    m_length = at;
    return pieces;
  }
  /// Of the text that was last taken apart.
  std::size_t length() const noexcept { return m_length; }

 private:
  /// One macro file twice, or in two versions, would be a choice of which definition wins.
  static bool has_namesake(const std::vector<Piece>& pieces, const Piece& piece) {
    const auto name = path_basename(piece.file.path);
    return std::any_of(pieces.begin(), pieces.end(),
                       [&](const Piece& other) { return path_basename(other.file.path) == name; });
  }

  /// The shortest known macro file that `text` begins with and that is longer: it ends where a blank line follows.
  std::optional<Piece> known_piece(std::string_view text, std::size_t longer_than) {
    std::size_t ends = 0;
    for (auto end = text.find("\n\n"); end < k_longest_piece && ++ends <= k_most_ends;
         end = text.find("\n\n", end + 1)) {
      if (end + 2 <= longer_than) continue;
      if (++m_tried > k_most_tried) return std::nullopt;
      for (const auto& form : upstream_forms(text.substr(0, end + 1), m_automake))
        for (const auto& place : m_known.find(sha256(as_bytes(form))))
          if (ends_with_any(place.path, {".m4", ".m4.in", "amversion.in"})) return Piece{end + 2, place};
    }
    return std::nullopt;
  }

  const KnownFiles& m_known;
  std::string_view m_automake;
  std::size_t m_tried = 0;
  std::size_t m_length = 0;
};

constexpr std::string_view k_configure_inputs[] = {"configure.ac", "configure.in"};

/// Does a line of the project's own that speaks of macro directories name this one?
bool names_macro_directory(std::string_view text, std::string_view directory) {
  const auto is_path_byte = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-' || c == '/';
  };
  while (!text.empty()) {
    const auto line = next_line(text);
    if (line.find("AC_CONFIG_MACRO_DIR") == std::string_view::npos &&
        ascii_lower(line).find("aclocal") == std::string::npos)
      continue;
    for (auto at = line.find(directory); at != std::string_view::npos; at = line.find(directory, at + 1)) {
      const auto end = at + directory.size();
      const bool begins = at == 0 || !is_path_byte(line[at - 1]) || line.substr(0, at).ends_with("./");
      const bool ends = end == line.size() || !is_path_byte(line[end]) || line.substr(end, 2) == "/ ";
      if (begins && ends) return true;
    }
  }
  return false;
}

/// A script of version control's, or where the project's own generators make it, what they made.
Bytes script_of_project(const std::string& path, const ExplainContext& context) {
  const auto* entry = context.reference.manifest().find(path);
  if (entry != nullptr && entry->kind == EntryKind::regular) {
    auto content = context.reference.read(*entry, context.max_read);
    return content ? *std::move(content) : Bytes{};
  }
  if (entry != nullptr || context.regeneration == nullptr) return {};
  const auto made = context.regeneration->find(path);
  return made.empty() ? Bytes{} : made.front().content;
}

/// Where aclocal looks for macros: beside itself for acinclude.m4, and in the directories that the project says. A macro file
/// anywhere else is run by nobody but whoever writes its name here.
bool is_in_macro_directory(std::string_view name, const ExplainContext& context) {
  const auto directory = path_dirname(name);
  if (directory.empty()) return name == "acinclude.m4";
  if (stands_aside(name)) return false;
  if (directory == "m4") return true;
  const std::string home{path_dirname(context.reference_path)};
  for (const std::string_view script : {"configure.ac", "configure.in", "Makefile.am", "autogen.sh", "bootstrap",
                                        "bootstrap.sh", "buildconf", "GNUmakefile.am"}) {
    const auto content =
        script_of_project(home.empty() ? std::string{script} : home + "/" + std::string{script}, context);
    if (names_macro_directory(as_text(content), directory)) return true;
  }
  return false;
}

/// aclocal writes for the configure.ac beside it. Where there is none, taking the text apart would be work for nothing.
bool has_configure_input(const ExplainContext& context) {
  const std::string home{path_dirname(context.reference_path)};
  const auto& manifest = context.reference.manifest();
  return std::any_of(std::begin(k_configure_inputs), std::end(k_configure_inputs), [&](std::string_view name) {
    return manifest.find(home.empty() ? std::string{name} : home + "/" + std::string{name}) != nullptr;
  });
}

/// Does aclocal look there? `name` is as seen from the directory of aclocal.m4. The answer is one for all files of a directory.
bool looks_into(std::string_view name, const ExplainContext& context) {
  const auto place = path_dirname(name);
  const auto question = fmt::format("aclocal of '{}' looks into '{}'", path_dirname(context.reference_path),
                                    place.empty() ? name : place);
  const auto looks = context.answers.ask<bool>(question, [&] { return is_in_macro_directory(name, context); });
  return looks != nullptr && *looks;
}

/// A macro file beside it that has its own proof to find.
bool is_macro_file_of_release(std::string_view line, const ExplainContext& context) {
  constexpr std::string_view k_start = "m4_include([", k_end = "])";
  if (!line.starts_with(k_start) || !line.ends_with(k_end) || line.size() < k_start.size() + k_end.size()) return false;
  const auto name = line.substr(k_start.size(), line.size() - k_start.size() - k_end.size());
  if (!name.ends_with(".m4") || context.subject == nullptr) return false;
  auto directory = path_dirname(context.difference.path);
  auto below = name;
  for (; below.starts_with("../"); below.remove_prefix(3)) {
    if (directory.empty()) return false;
    directory = path_dirname(directory);
  }
  const auto* entry = context.subject->find(context.mapping.to_subject(path_resolved(directory, below)));
  return entry != nullptr && entry->kind == EntryKind::regular && looks_into(name, context);
}

/// What configure.ac says, with the files that it includes, and the macro files that aclocal would find for it.
class MacroFiles {
 public:
  explicit MacroFiles(const ExplainContext& context) : m_home(path_dirname(context.reference_path)) {
    for (const auto name : k_configure_inputs) {  // autoconf takes the first
      const auto* entry =
          context.reference.manifest().find(m_home.empty() ? std::string{name} : fmt::format("{}/{}", m_home, name));
      if (entry == nullptr) continue;
      take_configure(*entry, context);
      break;
    }
    for (const auto& entry : context.reference.manifest().entries()) {
      const auto name = below_home(entry);
      if (!name.ends_with(".m4") || name == "aclocal.m4" || !looks_into(name, context)) continue;
      auto content = context.reference.read(entry, k_largest);
      if (!content) {
        m_all_read = false;
        continue;
      }
      m_texts.push_back({std::string{name}, *std::move(content)});
    }
    for (const auto& [name, content] : m_texts)
      for (const auto& [macro, body] : macro_bodies_in(as_text(content))) m_bodies.emplace(macro, Body{name, body});
  }

  /// Is one of them left out, of which configure.ac uses a macro, itself or through another one?
  bool misses_one(const MacroNames& included) const {
    if (!m_all_read) return true;
    auto used = m_used;
    std::vector<std::string> open(used.begin(), used.end());
    while (!open.empty()) {
      const auto body = m_bodies.find(open.back());
      open.pop_back();
      if (body == m_bodies.end()) continue;
      if (!included.contains(body->second.file)) return true;
      for (const auto& name : names_in(body->second.text))
        if (m_bodies.contains(name) && used.insert(name).second) open.push_back(name);
    }
    return false;
  }

 private:
  struct Body {
    std::string_view file, text;
  };

  /// The path of a regular file as seen from the directory; empty if it is not below it.
  std::string_view below_home(const TreeEntry& entry) const {
    std::string_view name = entry.path;
    if (entry.kind != EntryKind::regular) return {};
    if (m_home.empty()) return name;
    if (!name.starts_with(m_home) || name.substr(m_home.size(), 1) != "/") return {};
    return name.substr(m_home.size() + 1);
  }

  void take_configure(const TreeEntry& configure, const ExplainContext& context) {
    const auto content = context.reference.read(configure, k_largest);
    if (!content) {
      m_all_read = false;
      return;
    }
    m_used = names_in(as_text(*content));
    const auto included = base_names_included_in(as_text(*content));
    if (included.empty()) return;
    for (const auto& entry : context.reference.manifest().entries())
      if (const auto name = below_home(entry); !name.empty() && included.contains(path_basename(name)))
        if (const auto more = context.reference.read(entry, k_largest)) m_used.merge(names_in(as_text(*more)));
  }

  std::string m_home;
  bool m_all_read = true;
  MacroNames m_used;
  std::vector<std::pair<std::string, Bytes>> m_texts;
  std::map<std::string, Body, std::less<>> m_bodies;
};

/// A macro file of the project's own that configure.ac uses and `text` does not include: what it checks is left out without a word, and
/// make(1) makes configure anew from it.
bool lacks_macro_file(const ExplainContext& context, std::string_view text) {
  return MacroFiles{context}.misses_one(macro_files_included_in(text));
}

}  // namespace

std::optional<Explanation> explain_aclocal(ExplainContext& context) {
  if (context.content == nullptr || path_basename(context.difference.path) != "aclocal.m4" ||
      context.content->size() > k_largest)
    return std::nullopt;
  if (context.difference.status != EntryStatus::added) return std::nullopt;
  if (!has_configure_input(context)) return std::nullopt;
  const auto behind = after_head(context.text());
  if (!behind) return std::nullopt;
  Pieces files{context.known, behind->version};
  const auto pieces = files.of(behind->text);
  if (!pieces) return std::nullopt;
  auto rest = behind->text.substr(files.length());
  std::set<std::string_view> included;
  while (!rest.empty()) {
    const auto line = next_line(rest);
    if (!is_macro_file_of_release(line, context) || !included.insert(line).second) return std::nullopt;
  }
  if (pieces->empty() || lacks_macro_file(context, context.text())) return std::nullopt;
  std::set<std::string> upstreams;
  for (const auto& piece : *pieces) upstreams.emplace(piece.file.upstream);
  return make_explanation(Proof::derived, "aclocal",
                          {{"made by", "aclocal " + behind->version},
                           {"whole macro files", fmt::format("{}, of {}", pieces->size(), fmt::join(upstreams, ", "))},
                           {"includes", count_of(included.size(), "macro file") +
                                            " of the release, each with a proof of its own to find"}});
}

}  // namespace assay::provenance
