// Tcl (Tcl(n), exec(n), open(n)), as far as it starts commands of the system and what it gives them.
#include <algorithm>
#include <string>
#include <vector>

#include "inspect/script/program_words.hpp"
#include "inspect/script/rewrite.hpp"

namespace assay::inspect {

namespace {

constexpr auto k_nowhere = std::string_view::npos;
constexpr unsigned k_deepest = 12;
constexpr std::size_t k_least_room = 64 * 1024;
constexpr std::size_t k_most_words = 512;

enum class Kind : std::uint8_t { bare, quoted, braced };

struct Word {
  Kind kind = Kind::bare;
  std::string_view text;  ///< without quotes or braces
};

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r';
}

/// Where the bracket or brace is that closes the one at `open`; the end if none does.
std::size_t closing(std::string_view text, std::size_t open) {
  const char opener = text[open];
  const char closer = opener == '{' ? '}' : ']';
  std::size_t depth = 0;
  for (auto at = open; at < text.size(); ++at) {
    if (text[at] == '\\') ++at;
    else if (text[at] == opener) ++depth;
    else if (text[at] == closer && --depth == 0) return at;
  }
  return text.size();
}

/// Takes the words of the command that begins at `at`, which is left behind its end.
std::vector<Word> take_command(std::string_view text, std::size_t& at) {
  std::vector<Word> words;
  while (at < text.size() && text[at] != '\n' && text[at] != ';') {
    if (is_blank(text[at])) {
      ++at;
    } else if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '\n') {
      at += 2;
    } else {
      Word word;
      const auto begin = at;
      if (text[at] == '{') {
        const auto end = closing(text, at);
        word = {Kind::braced, text.substr(at + 1, std::max(end, at + 1) - at - 1)};
        at = std::min(end + 1, text.size());
      } else if (text[at] == '"') {
        for (++at; at < text.size() && text[at] != '"'; ++at)
          if (text[at] == '[') at = std::min(closing(text, at), text.size() - 1);
          else if (text[at] == '\\') ++at;
        at = std::min(at, text.size());
        word = {Kind::quoted, text.substr(begin + 1, at - begin - 1)};
        at = std::min(at + 1, text.size());
      } else {
        for (; at < text.size() && !is_blank(text[at]) && text[at] != '\n' && text[at] != ';'; ++at)
          if (text[at] == '[') at = std::min(closing(text, at), text.size() - 1);
          else if (text[at] == '\\') ++at;
        at = std::min(at, text.size());
        word = {Kind::bare, text.substr(begin, at - begin)};
      }
      if (words.size() < k_most_words) words.push_back(word);
    }
  }
  if (at < text.size()) ++at;
  return words;
}

class TclRewriter {
 public:
  TclRewriter(std::string_view content, ShellTextBuilder& out) : m_content(content), m_out(out) {}
  void run() { rewrite(m_content, 0); }

 private:
  /// Each command of a script, and of the scripts that stand in its words.
  void rewrite(std::string_view script, unsigned depth) {
    // What is nested is written down for each command around it.
    if (depth > k_deepest || m_out.size() > 4 * m_content.size() + k_least_room) return m_out.note_truncated();
    for (std::size_t at = 0; at < script.size();) {
      if (is_blank(script[at]) || script[at] == '\n' || script[at] == ';') {
        ++at;
      } else if (script[at] == '#') {
        at = std::min(script.find('\n', at), script.size());
      } else {
        const auto place = static_cast<std::size_t>(script.data() - m_content.data()) + at;
        const auto words = take_command(script, at);
        if (words.empty()) continue;
        put(words, place, depth);
        for (const auto& word : words)
          if (word.kind == Kind::braced) rewrite(word.text, depth + 1);
          else rewrite_brackets(word.text, depth + 1);
      }
    }
  }
  void rewrite_brackets(std::string_view text, unsigned depth) {
    for (auto at = text.find('['); at != k_nowhere; at = text.find('[', at)) {
      const auto end = closing(text, at);
      rewrite(text.substr(at + 1, std::max(end, at + 1) - at - 1), depth);
      at = end;
      if (at >= text.size()) break;
    }
  }

  void put(const std::vector<Word>& words, std::size_t place, unsigned depth) {
    const auto name = words[0].text;
    std::string text;
    if (is_exec(words)) text = executed(words, depth);
    else if (name == "open" && words.size() > 1 && words[1].text.starts_with('|')) text = piped(words[1], depth);
    else if (name == "system" && words.size() > 1) text = "sh -c " + word_of(words[1], depth);
    else if (name == "set" && words.size() == 3 && is_name(words[1].text))
      text = std::string{words[1].text} + "=" + word_of(words[2], depth);
    else if ((name == "eval" || name == "uplevel" || name == "source") && words.size() > 1)
      text = (name == "source" ? "." : "eval") + listed(words, name == "uplevel" ? words.size() - 1 : 1, depth);
    if (text.empty()) return;
    // Places ascend: what stands within a command comes behind it.
    for (; m_seen < place; ++m_seen) m_line += m_content[m_seen] == '\n' ? 1U : 0U;
    m_out.set_line(m_line);
    m_out.put_lines(text);
    m_out.separate();
  }
  static bool is_name(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_word); }
  /// Autosetup has some of its own that do the same.
  static bool is_exec(const std::vector<Word>& words) {
    const auto name = words[0].text;
    return words.size() > 1 && (name == "exec" || name == "exec-with-stdout-stderr" || name == "exec-with-stdout" ||
                                ((name == "eval" || name == "catch") && words[1].text == "exec"));
  }

  std::string executed(const std::vector<Word>& words, unsigned depth) const {
    std::size_t first = words[0].text.starts_with("exec") ? 1 : 2;
    while (first < words.size() && words[first].kind == Kind::bare && words[first].text.starts_with('-')) ++first;
    std::string text;
    for (auto i = first; i < words.size(); ++i) {
      const auto& word = words[i];
      const bool sign = word.kind == Kind::bare &&
                        (std::string_view{"|<>&"}.find(word.text[0]) != k_nowhere || word.text.starts_with("2>"));
      // To or from a channel: `>@ stdout`, `2>@1`.
      if (sign && word.text.find('@') != k_nowhere) i += word.text.ends_with('@') ? 1U : 0U;
      else if (sign && word.text.starts_with("<<")) text += " <<<" + converted(word.text.substr(2), depth);
      else if (sign) text += " " + converted(word.text, depth);
      else text += " " + word_of(word, depth);
    }
    return text.substr(std::min<std::size_t>(1, text.size()));
  }
  /// `open "|COMMAND …"`
  std::string piped(const Word& word, unsigned depth) const { return converted(word.text.substr(1), depth); }
  std::string listed(const std::vector<Word>& words, std::size_t first, unsigned depth) const {
    std::string text;
    for (auto i = first; i < words.size(); ++i) text += " " + word_of(words[i], depth);
    return text;
  }

  std::string word_of(const Word& word, unsigned depth) const {
    if (word.kind == Kind::braced) return single_quoted(word.text);
    const bool plain = word.kind == Kind::bare && word.text.find_first_of("|&;<>()'`[\"") == k_nowhere;
    return plain ? converted(word.text, depth) : '"' + converted(word.text, depth) + '"';
  }

  /// What stands in a word, the commands in brackets as those of a shell.
  std::string converted(std::string_view text, unsigned depth) const {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '[') {
        const auto end = closing(text, at);
        result += substituted(text.substr(at + 1, std::max(end, at + 1) - at - 1), depth + 1);
        at = end;
      } else if (text[at] == '$' && text.substr(at + 1).starts_with("::")) {
        result += '$';
        at += 2;
      } else if (text[at] == '\\' && at + 1 < text.size()) {
        result += text[at];
        result += text[++at];
      } else {
        result += text[at];
      }
    }
    return result;
  }

  std::string substituted(std::string_view script, unsigned depth) const {
    if (depth > k_deepest) return "${tcl_unknown}";
    std::size_t at = 0;
    const auto words = take_command(script, at);
    if (words.size() < 2) return "${tcl_unknown}";
    const auto name = words[0].text, second = words[1].text;
    const auto last = [&] { return converted(words.back().text, depth); };
    const auto through = [&](std::string_view filter) {
      return "$(printf %s " + word_of(words.back(), depth) + " | " + std::string{filter} + ")";
    };
    if (is_exec(words)) return "$(" + executed(words, depth) + ")";
    if (name == "file" && second == "join") {
      std::string path;
      for (std::size_t i = 2; i < words.size(); ++i)
        path += (path.empty() ? "" : "/") + converted(words[i].text, depth);
      return path;
    }
    if (name == "open")
      return second.starts_with('|') ? "$(" + piped(words[1], depth) + ")" : "$(cat " + word_of(words[1], depth) + ")";
    if (name == "readfile" || name == "::fileutil::cat") return "$(cat " + word_of(words[1], depth) + ")";
    if (name == "binary" && second == "decode" && words.size() > 3)
      return through(words[2].text == "hex" ? "xxd -r -p" : words[2].text == "uuencode" ? "uudecode" : "base64 -d");
    if (name == "binary" && second == "format") return through("xxd -r -p");
    if (name == "zlib" && words.size() > 2) return through("gzip -dc");
    if (name == "read" || name == "file" || name == "string" || name == "encoding" || name == "subst") return last();
    return "$(" + converted(name, depth) + listed(words, 1, depth) + ")";
  }

  std::string_view m_content;
  ShellTextBuilder& m_out;
  std::size_t m_seen = 0;
  std::uint32_t m_line = 1;
};

}  // namespace

void rewrite_tcl(std::string_view content, ShellTextBuilder& out) {
  TclRewriter{content, out}.run();
}

}  // namespace assay::inspect
