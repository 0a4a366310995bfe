// Message catalogues: a compiled one (.gmo, .mo) from the .po of VCS, a merged .po or .pot from its own version in VCS.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "provenance/answers.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/message_catalog.hpp"
#include "provenance/reach.hpp"
#include "provenance/release_claims.hpp"

namespace assay::provenance {

namespace {

std::optional<std::string> read_text(const ExplainContext& context, const std::string& path) {
  const auto* entry = context.reference.manifest().find(path);
  if (entry == nullptr || entry->kind != EntryKind::regular) return std::nullopt;
  const auto content = context.reference.read(*entry, context.max_read);
  if (!content) return std::nullopt;
  return std::string{as_text(*content)};
}

bool is_line_number(std::string_view text) {
  return !text.empty() && text.size() <= 6 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The files that "src/a.c:17 src/b.c:20" names.
std::vector<std::string_view> paths_in(std::string_view references) {
  std::vector<std::string_view> paths;
  for (auto at = references.find_first_not_of(' '); at != std::string_view::npos;) {
    const auto end = std::min(references.find(' ', at), references.size());
    auto path = references.substr(at, end - at);
    if (const auto colon = path.rfind(':'); colon != std::string_view::npos && is_line_number(path.substr(colon + 1)))
      path = path.substr(0, colon);
    paths.push_back(path);
    at = references.find_first_not_of(' ', end);
  }
  return paths;
}

constexpr std::string_view k_reference = "#: ";

/// All files that the comments of a catalogue name.
void add_named_files(std::string_view catalogue, std::set<std::string, std::less<>>& named) {
  for (const auto line : split_lines(catalogue))
    if (line.starts_with(k_reference))
      for (const auto path : paths_in(line.substr(k_reference.size())))
        if (!named.contains(path)) named.emplace(path);
}

/// The sources that a catalogue is made of, as far as VCS has them. To look for strings in them is work that whoever makes the catalogue
/// can ask for without end: there is so much of it, and past that nothing is found.
class NamedSources {
 public:
  explicit NamedSources(const ExplainContext& context) : m_context(context) {
    for (const auto& entry : context.reference.manifest().entries())
      if (entry.kind == EntryKind::regular) m_by_name.emplace(path_basename(entry.path), &entry);
  }

  /// "src/a.c:17 src/b.c:20": is each a file of the tree?
  bool add(std::string_view references) {
    const auto paths = paths_in(references);
    return std::all_of(paths.begin(), paths.end(), [&](std::string_view path) { return add_file(path); });
  }

  /// Those that VCS's own catalogue names, and the list beside it that xgettext(1) is run with; where neither names any, all that a
  /// message may stand in.
  void add_all_of_vcs(const std::set<std::string, std::less<>>& named, std::string_view directory) {
    bool any = false;
    for (const auto& path : named) any = add_file(path) || any;
    for (const std::string_view name : {"POTFILES.in", "POTFILES"})
      if (const auto list = read_text(m_context, fmt::format("{}{}{}", directory, directory.empty() ? "" : "/", name)))
        for (const auto line : split_lines(*list)) any = add_listed(normalise_line(line)) || any;
    if (any) return;
    for (const auto& [name, entry] : m_by_name)
      if (reach_by_name(entry->path).reach <= Reach::compiled) m_named.insert(entry);
  }

  /// Does one of them have the text as it stands, as a comment has it?
  bool have_text(std::string_view text) {
    return std::any_of(m_named.begin(), m_named.end(), [&](const TreeEntry* entry) {
      const auto& source = joined_text(*entry);
      return take_work(source.size()) && source.find(text) != std::string::npos;
    });
  }
  /// Does one of them have the string, perhaps as several that the compiler joins?
  bool have(std::string_view id) { return have_text(escaped(id)); }
  /// Is the string one of theirs, and no part of another one?
  bool say(std::string_view id) {
    const auto text = escaped(id);
    return std::any_of(m_named.begin(), m_named.end(), [&](const TreeEntry* entry) {
      const auto& source = joined_text(*entry);
      return take_work(source.size()) && stands_by_itself(source, text);
    });
  }
  /// Was there more work than is done? What was not found may be there.
  bool exhausted() const noexcept { return m_work_left == 0; }

 private:
  static constexpr std::uint64_t k_most_work = 1ULL << 30;

  bool take_work(std::uint64_t bytes) {
    m_work_left -= std::min(m_work_left, bytes);
    return !exhausted();
  }
  /// In a line that is none but a comment of C's: what was taken out of use so is said by nothing.
  static bool is_in_comment(std::string_view source, std::size_t at) {
    auto line = source.substr(0, at);
    line.remove_prefix(line.rfind('\n') + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return starts_with_any(line, {"//", "/*"});
  }
  /// Between quotes, tags, or the ends of a line or a setting, as the sources of xgettext(1) have theirs.
  static bool stands_by_itself(std::string_view source, std::string_view text) {
    constexpr std::string_view k_before = "\"'`>=\n", k_behind = "\"'`<\n", k_blanks = " \t\r";
    for (auto at = source.find(text); at != std::string_view::npos; at = source.find(text, at + 1)) {
      const auto before = at == 0 ? at : source.find_last_not_of(k_blanks, at - 1);
      const auto behind = source.find_first_not_of(k_blanks, at + text.size());
      const bool begins = at == 0 || before == std::string_view::npos || k_before.find(source[before]) != k_before.npos;
      if (begins && !is_in_comment(source, at) &&
          (behind == std::string_view::npos || k_behind.find(source[behind]) != k_behind.npos))
        return true;
    }
    return false;
  }
  /// A line of POTFILES.in: "[type: gettext/glade]data/window.ui".
  bool add_listed(std::string_view line) {
    if (line.starts_with('[')) line.remove_prefix(std::min(line.find(']'), line.size() - 1) + 1);
    if (line.ends_with('\\')) line.remove_suffix(1);
    return !line.empty() && !line.starts_with('#') && add_file(normalise_line(line));
  }
  bool add_file(std::string_view path) {
    while (path.starts_with("../") || path.starts_with("./")) path.remove_prefix(path.find('/') + 1);
    const auto [first, last] = m_by_name.equal_range(path_basename(path));
    bool any = false;
    for (auto one = first; one != last; ++one) {
      if (one->second->path != path && !one->second->path.ends_with("/" + std::string{path})) continue;
      m_named.insert(one->second);
      any = true;
    }
    return any;
  }
  const std::string& joined_text(const TreeEntry& entry) {
    const auto [place, is_new] = m_texts.try_emplace(&entry);
    if (!is_new) return place->second;
    if (exhausted()) return place->second;
    const auto content = m_context.reference.read(entry, m_context.max_read);
    if (!content || !take_work(content->size())) return place->second;
    // "one " LF "two" is one string.
    const auto text = as_text(*content);
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '"') {
        const auto next = text.find_first_not_of(" \t\r\n\\", at + 1);
        if (next != std::string_view::npos && next > at + 1 && text[next] == '"' &&
            text.substr(at, next - at).find('\n') != std::string_view::npos) {
          at = next;
          continue;
        }
      }
      place->second += text[at];
    }
    return place->second;
  }
  static std::string escaped(std::string_view id) {
    std::string text;
    for (const char c : id) {
      if (c == '\n') text += "\\n";
      else if (c == '\t') text += "\\t";
      else if (c == '"' || c == '\\') (text += '\\') += c;
      else text += c;
    }
    return text;
  }

  const ExplainContext& m_context;
  std::multimap<std::string_view, const TreeEntry*> m_by_name;
  std::unordered_set<const TreeEntry*> m_named;
  std::unordered_map<const TreeEntry*, std::string> m_texts;
  std::uint64_t m_work_left = k_most_work;
};

/// `#~ msgid "x"` and `#| msgid "x"` where the source has `msgid "x"`; a bare `#`.
bool is_former_text(std::string_view line, const LineSet& before) {
  if (line == "#") return true;
  if (!line.starts_with("#~") && !line.starts_with("#|")) return false;
  line.remove_prefix(std::min(line.find_first_not_of("~| ", 1), line.size()));
  return line.empty() || before.contains(normalise_line(line));
}

/// "c-format", "no-python-brace-format": a language of those that gettext knows.
bool is_format_flag(std::string_view flag) {
  static constexpr std::string_view k_languages[] = {
      "c",          "objc",      "c++",          "python",       "python-brace",  "java",       "java-printf", "csharp",
      "javascript", "scheme",    "lisp",         "elisp",        "librep",        "rust",       "go",          "ruby",
      "sh",         "sh-printf", "awk",          "lua",          "object-pascal", "modula2",    "d",           "ocaml",
      "smalltalk",  "qt",        "qt-plural",    "kde",          "kde-kuit",      "boost",      "tcl",         "perl",
      "perl-brace", "php",       "gcc-internal", "gfc-internal", "ycp",           "possible-c", "impossible-c"};
  if (!flag.ends_with("-format")) return false;
  auto language = flag.substr(0, flag.size() - std::string_view{"-format"}.size());
  for (const std::string_view prefix : {"no-", "possible-", "impossible-"})
    if (language.starts_with(prefix)) language.remove_prefix(prefix.size());
  return std::find(std::begin(k_languages), std::end(k_languages), language) != std::end(k_languages);
}

bool is_flag_comment(std::string_view line) {
  line.remove_prefix(2);
  while (!line.empty()) {
    const auto flag = normalise_line(line.substr(0, line.find(',')));
    if (flag != "fuzzy" && flag != "no-wrap" && flag != "wrap" && !is_format_flag(flag)) return false;
    line.remove_prefix(std::min(line.find(',', 0), line.size() - 1) + 1);
  }
  return true;
}

/// What xgettext(1) writes at the head of a template for translators to fill in.
bool is_boilerplate(std::string_view line) {
  static constexpr std::string_view k_lines[] = {"# SOME DESCRIPTIVE TITLE.",
                                                 "# SOME DESCRIPTIVE TITLE",
                                                 "# This file is put in the public domain.",
                                                 "# Copyright (C) YEAR THE PACKAGE'S COPYRIGHT HOLDER",
                                                 "# FIRST AUTHOR <EMAIL@ADDRESS>, YEAR.",
                                                 "PO-Revision-Date: YEAR-MO-DA HO:MI+ZONE",
                                                 "Last-Translator: FULL NAME <EMAIL@ADDRESS>",
                                                 "Language-Team: LANGUAGE <LL@li.org>",
                                                 "Language:",
                                                 "Language: ",
                                                 "MIME-Version: 1.0",
                                                 "Content-Type: text/plain; charset=CHARSET",
                                                 "Content-Type: text/plain; charset=UTF-8",
                                                 "Content-Transfer-Encoding: 8bit",
                                                 "Plural-Forms: nplurals=INTEGER; plural=EXPRESSION;"};
  return std::find(std::begin(k_lines), std::end(k_lines), line) != std::end(k_lines);
}

/// "Project-Id-Version: tally 1.4.0"
bool names_release(std::string_view line, const ExplainContext& context) {
  const auto blank = line.rfind(' ');
  return line.starts_with("Project-Id-Version: ") && line.size() < 80 && context.release != nullptr &&
         context.release->is_version(line.substr(blank + 1));
}

bool is_template_header(const ExplainContext& context, const MessageCatalog& made, const MessageCatalog& all) {
  const auto header = made.find("");
  if (header == made.end()) return true;
  std::string rest;
  for (const auto line : split_lines(header->second.translation))
    if (!is_boilerplate(line) && !names_release(line, context)) rest += std::string{line} + '\n';
  const auto known = all.find("");
  return header_mismatch(rest, known == all.end() ? std::string_view{} : known->second.translation).empty();
}

/// Comments say nothing to a program, but they can carry anything: each has to stand in the source, name files of the tree, or
/// be flags.
bool comments_are_accounted_for(std::string_view text, const LineSet& before, NamedSources& sources) {
  std::vector<std::string> extracted;
  for (const auto raw : split_lines(text)) {
    auto line = normalise_line(raw);
    if (!line.starts_with('#') || is_boilerplate(line)) continue;
    const auto rest = std::string_view{line}.substr(std::min(k_reference.size(), line.size()));
    const bool names_files = line.starts_with(k_reference) && sources.add(rest);
    if (names_files || before.contains(line)) continue;
    if (line.starts_with("#,")) {
      if (!is_flag_comment(line)) return false;
    } else if (line.starts_with("#. ")) {
      extracted.emplace_back(rest);
    } else if (!is_former_text(line, before)) {
      return false;
    }
  }
  return std::all_of(extracted.begin(), extracted.end(),
                     [&](const std::string& comment) { return sources.have_text(comment); });
}

/// The address for reports comes from Makevars or configure.ac: where they have it, the source's header counts as having it.
void add_declared_address(const ExplainContext& context, const MessageCatalog& made, MessageCatalog& source) {
  const auto header = made.find("");
  if (header == made.end()) return;
  for (const auto line : split_lines(header->second.translation)) {
    constexpr std::string_view key = "Report-Msgid-Bugs-To: ";
    if (!line.starts_with(key)) continue;
    const auto directory = path_dirname(context.reference_path);
    for (const auto& path : {directory.empty() ? std::string{"Makevars"} : fmt::format("{}/Makevars", directory),
                             std::string{"configure.ac"}})
      if (const auto text = read_text(context, path);
          text && line.size() > key.size() && text->find(line.substr(key.size())) != std::string::npos)
        source[""].translation += fmt::format("\n{}\n", line);
  }
}

/// The parts of a catalogue's key: context, id, plural.
std::vector<std::string_view> parts_of(std::string_view key) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= key.size();) {
    const auto end = std::min(key.find_first_of(std::string_view{"\4\0", 2}, at), key.size());
    parts.push_back(key.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool sources_have(NamedSources& sources, const std::vector<std::string>& ids) {
  for (const auto& id : ids)
    for (const auto part : parts_of(id))
      if (!sources.have(part)) return false;
  return true;
}

/// A message is gone where nothing says it any more.
bool are_gone(NamedSources& sources, const std::vector<std::string>& ids) {
  return std::none_of(ids.begin(), ids.end(), [&](const std::string& id) {
    const auto parts = parts_of(id);
    const bool is_said = std::all_of(parts.begin(), parts.end(),
                                     [&](std::string_view part) { return part.empty() || sources.say(part); });
    return is_said || sources.exhausted();
  });
}

Explanation malformed(const Error& error) {
  return make_explanation(Proof::unexplained, "messages", {{"malformed", "message catalogue: " + error.message}});
}

std::optional<Explanation> explain_compiled(ExplainContext& context, std::string_view suffix) {
  const auto catalog = parse_mo(*context.content);
  if (!catalog) return malformed(catalog.error());
  const auto source_path = context.reference_path.substr(0, context.reference_path.size() - suffix.size()) + ".po";
  const auto source_text = read_text(context, source_path);
  auto source = source_text ? parse_po(*source_text) : Result<MessageCatalog>{Error{}};
  if (!source) return std::nullopt;
  add_declared_address(context, *catalog, *source);
  if (!catalogue_mismatch(*catalog, *source).empty() || !unaccounted_bytes(*context.content).empty())
    return std::nullopt;
  if (const auto lost = lost_messages(*catalog, *source); !lost.empty()) {
    NamedSources sources{context};
    std::set<std::string, std::less<>> named;
    add_named_files(*source_text, named);
    sources.add_all_of_vcs(named, path_dirname(context.reference_path));
    if (!are_gone(sources, lost)) return std::nullopt;
  }
  return make_explanation(Proof::derived, "messages",
                          {{"compiled from", source_path}, {"messages", std::to_string(catalog->size())}});
}

std::optional<Explanation> explain_merged(ExplainContext& context) {
  const auto catalog = parse_po(context.text());
  if (!catalog) return malformed(catalog.error());
  const auto before = context.text_before();
  if (!before) return std::nullopt;
  auto source = parse_po(*before);
  if (!source) return std::nullopt;
  add_declared_address(context, *catalog, *source);
  std::vector<std::string> new_ids;
  if (!merge_mismatch(*catalog, *source, new_ids).empty()) return std::nullopt;
  LineSet old_lines;
  old_lines.add_text(*before);
  NamedSources sources{context};
  if (!comments_are_accounted_for(context.text(), old_lines, sources) || !sources_have(sources, new_ids))
    return std::nullopt;
  if (const auto lost = lost_messages(*catalog, *source); !lost.empty()) {
    std::set<std::string, std::less<>> named;
    add_named_files(*before, named);
    sources.add_all_of_vcs(named, path_dirname(context.reference_path));
    if (!are_gone(sources, lost)) return std::nullopt;
  }
  return make_explanation(Proof::derived, "messages",
                          {{"merged from", context.reference_path}, {"messages", std::to_string(catalog->size())}});
}

/// All .po of VCS in one directory.
struct CataloguesOfDirectory {
  MessageCatalog messages;
  LineSet lines;
  std::set<std::string, std::less<>> named;
};

CataloguesOfDirectory catalogues_in(const ExplainContext& context, std::string_view directory) {
  CataloguesOfDirectory all;
  for (const auto& entry : context.reference.manifest().entries()) {
    if (path_dirname(entry.path) != directory || !entry.path.ends_with(".po")) continue;
    const auto text = read_text(context, entry.path);
    if (!text) continue;
    all.lines.add_text(*text);
    add_named_files(*text, all.named);
    if (auto one = parse_po(*text)) all.messages.merge(*one);
  }
  return all;
}

/// A template translates nothing; each of its ids has to be one that some .po of VCS beside it has.
std::optional<Explanation> explain_template(ExplainContext& context) {
  const auto catalog = parse_po(context.text());
  if (!catalog) return malformed(catalog.error());
  const auto directory = std::string{path_dirname(context.reference_path)};
  const auto all =
      context.answers.ask<CataloguesOfDirectory>(directory, [&] { return catalogues_in(context, directory); });
  if (all == nullptr || all->messages.empty()) return std::nullopt;
  MessageCatalog header;
  if (const auto known = all->messages.find(""); known != all->messages.end()) header.insert(*known);
  add_declared_address(context, *catalog, header);
  for (const auto& [key, message] : *catalog)
    if (!key.empty() &&
        (!all->messages.contains(key) || message.translation.find_first_not_of('\0') != std::string::npos))
      return std::nullopt;
  NamedSources sources{context};
  if (!comments_are_accounted_for(context.text(), all->lines, sources) ||
      !is_template_header(context, *catalog, header))
    return std::nullopt;
  std::vector<std::string> lost;
  for (const auto& [key, message] : all->messages)
    if (!key.empty() && !message.obsolete && !catalog->contains(key)) lost.push_back(key);
  if (!lost.empty()) {
    sources.add_all_of_vcs(all->named, directory);
    if (!are_gone(sources, lost)) return std::nullopt;
  }
  return make_explanation(Proof::derived, "messages",
                          {{"ids stand in", "the .po files beside it"}, {"messages", std::to_string(catalog->size())}});
}

}  // namespace

std::optional<Explanation> explain_messages(ExplainContext& context) {
  if (context.content == nullptr || context.content->empty() || context.difference.subject == nullptr)
    return std::nullopt;
  const std::string_view path = context.difference.path;
  if (path.ends_with(".gmo")) return explain_compiled(context, ".gmo");
  if (path.ends_with(".mo")) return explain_compiled(context, ".mo");
  if (path.ends_with(".po") && context.difference.status == EntryStatus::modified) return explain_merged(context);
  if (path.ends_with(".pot")) return explain_template(context);
  return std::nullopt;
}

}  // namespace assay::provenance
