#include "provenance/generated_source.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "provenance/exact_lines.hpp"

namespace assay::provenance {

namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// `R"(`, `u8R"x(`: a string in which lines are what they look like to nobody.
bool has_raw_string(std::string_view text) {
  for (auto at = text.find("R\""); at != std::string_view::npos; at = text.find("R\"", at + 1)) {
    auto before = text.substr(0, at);
    for (const std::string_view prefix : {"u8", "u", "U", "L"})
      if (before.ends_with(prefix)) {
        before.remove_suffix(prefix.size());
        break;
      }
    if (before.empty() || !is_name_byte(before.back())) return true;
  }
  return false;
}

/// Lines are joined before comments are told: `*\` and `/` end one, and blanks behind the backslash hide nothing from compilers.
bool goes_on(std::string_view line) {
  const auto last = line.find_last_not_of(" \t\v\f");
  return last != std::string_view::npos && line[last] == '\\';
}

/// Where a line alone does not say whether it is a comment.
bool is_opaque(std::string_view text) {
  return text.find('\r') != std::string_view::npos || text.find("\?\?") != std::string_view::npos ||
         has_raw_string(text);
}

/// The file that `#line NUMBER "PATH"` names, without its directory; empty if the line is none.
std::string_view file_of_line_directive(std::string_view line) {
  if (!line.starts_with("#line ")) return {};
  line.remove_prefix(6);
  const auto digits = std::min(line.find_first_not_of("0123456789"), line.size());
  line.remove_prefix(digits);
  if (digits == 0 || !line.starts_with(" \"") || !line.ends_with('"') || line.size() < 4) return {};
  const auto path = line.substr(2, line.size() - 3);
  const bool plain = path.find_first_of("\"\\") == std::string_view::npos;
  return plain ? path_basename(path) : std::string_view{};
}

/// Is `file` the one that is called `name`, or what yacc or lex call it at first?
bool is_own_name(std::string_view file, std::string_view name) {
  const auto extension = name.substr(std::min(name.rfind('.'), name.size()));
  if (!file.ends_with(extension)) return false;
  const auto stem = file.substr(0, file.size() - extension.size());
  return file == name || stem == "y.tab" || stem == "lex.yy";
}

/// Code line by line: comments that have lines to themselves left out, `#line` without its directory and number, and without a
/// name where it is that of the file itself.
class Code {
 public:
  Code(std::string_view text, std::string_view name) : m_name{name} {
    for (const auto line : exact_lines(text)) take(line);
  }
  std::vector<std::string> lines;
  std::vector<std::string_view> left_out;
  /// A comment begins behind code and goes on, or a backslash continues a comment: from there a line does not say what it is.
  bool is_unclear = false;

 private:
  void take(std::string_view line) {
    const auto text = normalise_line(line);
    const bool free = !m_continues;  // of a macro, or of a string, that goes on
    // In a macro that goes on a comment is compared as code is.
    const bool comment = m_in_comment || (free && (text.starts_with("/*") || text.starts_with("//")));
    is_unclear = is_unclear || (goes_on(line) && (comment || !line.ends_with('\\')));
    m_continues = !m_in_comment && line.ends_with('\\');
    if (m_in_comment) return inside(line, text);
    if (free && text.starts_with("/*")) {
      const auto end = text.find("*/", 2);
      if (end == std::string::npos || end + 2 == text.size()) {
        m_in_comment = end == std::string::npos;
        m_continues = false;
        left_out.push_back(line);
        return;
      }
    }
    if (free && text.starts_with("//")) {
      // To C89 `//**/ 8` is a division, and what a `/*` begins there goes on.
      is_unclear = is_unclear || text.find("/*") != std::string::npos;
      left_out.push_back(line);
      return;
    }
    if (const auto file = free ? file_of_line_directive(text) : std::string_view{}; !file.empty()) {
      lines.push_back(is_own_name(file, m_name) ? "#line" : "#line " + std::string{file});
      left_out.push_back(line);
      return;
    }
    take_code(line);
  }
  void take_code(std::string_view line) {
    const auto opens = line.rfind("/*");
    is_unclear = is_unclear || (opens != std::string_view::npos && line.find("*/", opens) == std::string_view::npos);
    lines.emplace_back(line);
  }
  void inside(std::string_view line, const std::string& text) {
    const auto end = text.find("*/");
    if (end == std::string::npos) {
      left_out.push_back(line);
      return;
    }
    m_in_comment = false;
    if (end + 2 == text.size()) left_out.push_back(line);
    else take_code(line);  // code behind a comment's end: the comment's last line counts with it
  }

  std::string_view m_name;
  bool m_in_comment = false;
  bool m_continues = false;
};

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_byte);
}

/// The name that the first two lines of code guard the file with; empty if they do not.
std::string guard_of(const std::vector<std::string>& code) {
  std::vector<std::string> first;
  for (const auto& line : code) {
    if (first.size() == 2) break;
    if (auto text = normalise_line(line); !text.empty()) first.push_back(std::move(text));
  }
  constexpr std::string_view k_ifndef = "#ifndef ";
  if (first.size() < 2 || !first[0].starts_with(k_ifndef)) return {};
  auto name = first[0].substr(k_ifndef.size());
  return is_name(name) && first[1] == "#define " + name ? name : std::string{};
}

std::string without_underscores(std::string text) {
  std::erase(text, '_');
  return text;
}

/// The guard's two lines, and an `#endif` that names it in a comment, with `to` in its place. Anything else that has the name is code
/// that looks at it, and makes the names matter.
bool rename_guard(std::vector<std::string>& code, const std::string& name) {
  for (auto& line : code) {
    if (line.find(name) == std::string::npos) continue;
    const auto text = normalise_line(line);
    if (text == "#ifndef " + name) line = "#ifndef guard";
    else if (text == "#define " + name || text == "# define " + name) line = "#define guard";
    else if (text == "#endif /* " + name + " */" || text == "#endif /* !" + name + " */" || text == "#endif // " + name)
      line = "#endif";
    else return false;
  }
  return true;
}

/// The guard that Bison gives the header that yacc calls `y.tab.h`.
constexpr std::string_view k_yacc_guard = "YY_YY_Y_TAB_H_INCLUDED";

/// The guard of the same header under its own name: what stands in `made` where `shipped` asks for yacc's. Empty if nothing does.
std::string named_guard(const std::vector<std::string>& made, const std::vector<std::string>& shipped) {
  constexpr std::string_view k_ifndef = "#ifndef ";
  for (std::size_t i = 0; i < std::min(made.size(), shipped.size()); ++i) {
    if (!shipped[i].ends_with(k_yacc_guard) || !shipped[i].starts_with(k_ifndef)) continue;
    const auto& line = made[i];
    if (!line.starts_with(k_ifndef)) return {};
    auto name = line.substr(k_ifndef.size());
    return is_name(name) && name.starts_with("YY_YY_") && name.ends_with("_INCLUDED") ? name : std::string{};
  }
  return {};
}

}  // namespace

std::optional<SourceDifference> same_code(std::string_view made, std::string_view shipped, std::string_view name) {
  if (is_opaque(made) || is_opaque(shipped)) return std::nullopt;
  Code ours{made, name};
  Code theirs{shipped, name};
  if (ours.is_unclear || theirs.is_unclear) return std::nullopt;
  SourceDifference difference;
  const auto our_guard = guard_of(ours.lines);
  const auto their_guard = guard_of(theirs.lines);
  if (our_guard != their_guard) {
    // Another header's guard would make that one empty; names that begin with an underscore are the system's.
    if (our_guard.starts_with('_') || their_guard.starts_with('_')) return std::nullopt;
    if (without_underscores(our_guard) != without_underscores(their_guard)) return std::nullopt;
    if (!rename_guard(ours.lines, our_guard) || !rename_guard(theirs.lines, their_guard)) return std::nullopt;
    difference.guard = their_guard;
  } else if (const auto own = named_guard(ours.lines, theirs.lines); !own.empty() && own != k_yacc_guard) {
    const std::string yacc{k_yacc_guard};
    if (!rename_guard(ours.lines, own) || !rename_guard(theirs.lines, yacc)) return std::nullopt;
    difference.guard = yacc;
  }
  if (ours.lines != theirs.lines) return std::nullopt;
  auto& a = ours.left_out;
  auto& b = theirs.left_out;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    if (i >= a.size() || i >= b.size() || a[i] != b[i]) ++difference.lines;
  return difference;
}

}  // namespace assay::provenance
