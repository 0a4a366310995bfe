// ChangeLog, CHANGES, NEWS, AUTHORS made from the history: every line is one of a commit message, or of the names, dates and
// ids that stand around it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "provenance/answers.hpp"
#include "provenance/comment_lines.hpp"
#include "provenance/exact_lines.hpp"
#include "provenance/explain/explainer.hpp"
#include "provenance/reach.hpp"
#include "provenance/release_claims.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_lines_read = 200'000;

/// One of `names`, bare or with the extension of a text to be read: `history.conf` and `CHANGES.d` are no change logs.
bool is_text_named(std::string_view name, std::initializer_list<std::string_view> names) {
  auto stem = ascii_lower(name);
  for (const std::string_view extension : {".txt", ".md", ".rst"})
    if (stem.ends_with(extension)) stem.resize(stem.size() - extension.size());
  return std::find(names.begin(), names.end(), std::string_view{stem}) != names.end();
}

bool is_change_log(std::string_view name) {
  return is_text_named(name, {"changelog", "changes", "news", "history", "git-log"});
}
bool is_people_list(std::string_view name) {
  return is_text_named(name, {"authors", "thanks", "contributors"});
}

/// Does what stands before the file's name in a line run or include it, or make something of it? Lists of what to distribute name it
/// as well, and mean no harm.
bool leads_to_use(std::string_view head) {
  if (head.ends_with("./") || head.find("include") != std::string_view::npos) return true;
  for (const std::string_view command :
       {"sh ", ". ", "source ", "exec ", "eval ", "perl ", "python", "awk ", "m4 ", "-f ", "$(SHELL)", "tcl", "load("})
    if (head.find(command) != std::string_view::npos) return true;
  // `all: HISTORY`: what a rule does with it may stand anywhere.
  const auto colon = head.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         head.substr(0, colon).find_first_of("#\"'=") == std::string_view::npos && !head.starts_with('\t') &&
         !head.substr(colon).starts_with(":=");
}

/// The variable in whose value it is; empty if it is in none. `DOCS = HISTORY` is not seen to lead to `. ./$(DOCS)`.
std::string_view variable_with(std::string_view line, std::string_view name) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos || equals == 0 || line.find(name, equals) == std::string_view::npos) return {};
  auto variable = line.substr(0, line.find_last_not_of(" \t:+?", equals - 1) + 1);
  variable.remove_prefix(std::min(variable.find_last_of(" \t;&|(){}\"'") + 1, variable.size()));
  const bool is_name = std::all_of(variable.begin(), variable.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return is_name ? variable : std::string_view{};
}

/// What Automake packs, installs or removes, and does nothing else with.
bool is_list_of_automake(std::string_view variable) {
  return variable == "EXTRA_DIST" || variable == "DISTCLEANFILES" || variable == "CLEANFILES" ||
         variable == "MAINTAINERCLEANFILES" || variable.ends_with("doc_DATA");
}

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool has_word(std::string_view line, std::string_view name) {
  for (auto at = line.find(name); at != std::string_view::npos; at = line.find(name, at + 1)) {
    const auto end = at + name.size();
    if ((at == 0 || !is_word_byte(line[at - 1])) && (end == line.size() || !is_word_byte(line[end]))) return true;
  }
  return false;
}

/// Does the command that ends with the file's name read it? What is written to it is not.
bool command_reads(std::string_view head) {
  auto command = head.substr(head.find_last_of(";&|") + 1);
  const auto path = command.find_last_of(" \t<>");
  if (path != std::string_view::npos && command.substr(0, path + 1).find('<') != std::string_view::npos) return true;
  const auto before = command.substr(0, command.find_last_not_of(" \t", path) + 1);
  if (before.ends_with('>')) return false;
  static constexpr std::string_view k_readers[] = {
      "sed",  "grep", "egrep",   "head",      "tail",    "cat",        "cut",           "tr", "read", "sort",
      "file", "open", "mapfile", "readarray", "esyscmd", "m4_esyscmd", "parsechangelog"};
  return std::any_of(std::begin(k_readers), std::end(k_readers),
                     [&](std::string_view word) { return has_word(command, word); });
}

/// Makefiles and shell scripts name files that they pack, install and remove.
bool is_of_commands(std::string_view path, std::string_view text) {
  const auto name = path_basename(path);
  if (name.find("akefile") != std::string_view::npos) return true;
  for (const std::string_view extension : {".am", ".mk", ".mak", ".sh", ".bash", ".ac", ".m4", ".bat", ".com", ".dcl"})
    if (name.ends_with(extension)) return true;
  const auto first = text.substr(0, text.find('\n'));
  return first.starts_with("#!") && first.find("sh") != std::string_view::npos;
}

bool line_uses(std::string_view line, std::string_view name) {
  if (const auto variable = variable_with(line, name); !variable.empty() && !is_list_of_automake(variable)) return true;
  for (auto at = line.find(name); at != std::string_view::npos; at = line.find(name, at + 1))
    if (leads_to_use(line.substr(0, at)) || command_reads(line.substr(0, at))) return true;
  return false;
}

/// `install(`, `install_data(`: a call, and no name that begins so.
bool begins_installing(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const auto word = line.substr(0, line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"));
  auto rest = line.substr(word.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  return rest.starts_with('(') && (word == "install" || word == "install_data" || word == "install_man");
}

/// Elsewhere a name in code is one of a file that is read, but in what CMake and Meson install.
bool code_names(std::string_view path, std::string_view text, std::string_view name) {
  const auto file = path_basename(path);
  const bool may_install = file == "CMakeLists.txt" || file == "meson.build" || file.ends_with(".cmake");
  const CommentLines comments{path, text};
  const auto lines = exact_lines(text);
  std::ptrdiff_t depth = 0;  // of brackets in such a call; 0 outside of one
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto line = lines[i];
    const bool installs = depth > 0 || (may_install && begins_installing(line));
    if (!installs && !comments.at(i) && has_word(line, name)) return true;
    if (installs)
      depth = std::max<std::ptrdiff_t>(
          0, depth + std::count(line.begin(), line.end(), '(') - std::count(line.begin(), line.end(), ')'));
  }
  return false;
}

/// Lines with those that a backslash joins to them: a list names its variable once.
std::vector<std::string> joined_lines(std::string_view text) {
  std::vector<std::string> lines;
  bool continues = false;
  for (const auto line : split_lines(text)) {
    if (continues) lines.back() += line;
    else lines.emplace_back(line);
    continues = line.ends_with('\\');
    if (continues) lines.back().back() = ' ';
  }
  return lines;
}

/// Does a line use the text, or the list of Automake's that it is in?
bool text_uses(std::string_view text, std::string_view name) {
  const auto lines = joined_lines(text);
  std::set<std::string_view> lists;
  for (const std::string_view line : lines) {
    if (line.find(name) == std::string_view::npos) continue;
    if (line_uses(line, name)) return true;
    if (const auto variable = variable_with(line, name); !variable.empty()) lists.insert(variable);
  }
  return std::any_of(lists.begin(), lists.end(), [&](std::string_view list) {
    return text.find(fmt::format("({})", list)) != std::string_view::npos ||
           text.find(fmt::format("{{{}}}", list)) != std::string_view::npos;
  });
}

/// Does anything of VCS that a build executes turn the text into more than one?
bool is_used_by_build(const ExplainContext& context, std::string_view name) {
  const auto& entries = context.reference.manifest().entries();
  return std::any_of(entries.begin(), entries.end(), [&](const TreeEntry& entry) {
    if (entry.kind != EntryKind::regular ||
        (reach_by_name(entry.path).reach != Reach::executed && !entry.executable()) || entry.path.ends_with(".spec"))
      return false;
    const auto blob = context.reference.read(entry, context.max_read);
    if (!blob) return true;  // what cannot be read may name it
    const auto text = as_text(*blob);
    if (text.find(name) == std::string_view::npos) return false;
    return is_of_commands(entry.path, text) ? text_uses(text, name) : code_names(entry.path, text, name);
  });
}

/// What VCS has in the file already needs no second proof, if it is all there in its order. A change log that loses its newest entry is
/// that of an earlier version; one that takes the place of another has to be proven whole.
std::vector<std::string_view> new_lines(const ExplainContext& context, std::string_view before) {
  const auto old_lines = split_lines(before);
  std::vector<std::string_view> added;
  auto old = old_lines.begin();
  const auto skip_blank = [&] {
    while (old != old_lines.end() && normalise_line(*old).empty()) ++old;
  };
  skip_blank();
  for (const auto line : split_lines(context.text())) {
    const auto normal = normalise_line(line);
    if (old != old_lines.end() && normal == normalise_line(*old)) {
      ++old;
      skip_blank();
    } else if (before.empty() || !normal.empty()) {
      added.push_back(line);
    }
  }
  return old == old_lines.end() ? added : split_lines(context.text());
}

}  // namespace

std::optional<Explanation> explain_history(ExplainContext& context) {
  const auto name = path_basename(context.difference.path);
  const bool people = is_people_list(name);
  if (context.content == nullptr || context.release == nullptr || (!people && !is_change_log(name)))
    return std::nullopt;
  if (context.difference.subject == nullptr || !looks_like_text(*context.content)) return std::nullopt;
  // dpkg takes version and date of a package from there.
  if (path_basename(path_dirname(context.difference.path)) == "debian") return std::nullopt;
  // Words of commit messages prove nothing about a text that something runs.
  if (context.entry.reach <= Reach::compiled || context.difference.subject->executable() ||
      context.text().starts_with("#!") || holds_prompts(context.text()))
    return std::nullopt;
  std::string_view before;
  if (context.difference.status == EntryStatus::modified) {
    const auto text = context.text_before();
    if (!text) return std::nullopt;
    before = *text;
  }
  const auto lines = new_lines(context, before);
  if (lines.empty() || lines.size() > k_lines_read) return std::nullopt;
  const auto& history = context.release->history;
  const auto commits = people ? history.commits_that_name(lines) : history.commits_that_account_for(lines);
  if (!commits) return std::nullopt;
  const auto used =
      context.answers.ask<bool>(fmt::format("a build uses {}", name), [&] { return is_used_by_build(context, name); });
  if (used == nullptr || *used) return std::nullopt;
  return make_explanation(Proof::derived, "history",
                          {{"lines", std::to_string(lines.size())}, {"commits read", std::to_string(*commits)}});
}

}  // namespace assay::provenance
