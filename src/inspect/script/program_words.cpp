#include "inspect/script/program_words.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <string>

namespace assay::inspect {

namespace {

constexpr auto k_nowhere = std::string_view::npos;

/// Modules and objects whose exec(), eval() or system() runs what it is given.
constexpr std::string_view k_receivers[] = {
    "os",     "posix",      "builtins", "__builtins__", "__builtin__", "subprocess",   "commands",
    "window", "globalThis", "global",   "vm",           "shell",       "shelljs",      "child_process",
    "Kernel", "Process",    "Object",   "binding",      "cp",          "childProcess", "TOPLEVEL_BINDING"};

bool is_listed(std::string_view word) {
  return std::find(std::begin(k_receivers), std::end(k_receivers), word) != std::end(k_receivers);
}

/// Are methods of other things called so?
bool is_ambiguous(std::string_view core) {
  return core == "exec" || core == "eval" || core == "system";
}

/// Is it a word of other things as well where no bracket follows?
bool is_bare(std::string_view word) {
  return word.back() == ' ' || word == "%x";
}

/// `eval "…"` needs no blank: `eval$x` and `eval"…"` are the same.
bool ends_word(std::string_view text, std::size_t at) {
  return at < text.size() && std::string_view{" \t\n$@\"'`<\\"}.find(text[at]) != k_nowhere;
}

/// The word without what has to stand behind it.
std::string_view core_of(std::string_view word) {
  return word.substr(0, word.find_last_not_of("( ") + 1);
}

/// Where literals stand in a text, as far as quotes tell. Every line begins outside of them: apostrophes of comments have no
/// end.
class Quotes {
 public:
  explicit Quotes(std::string_view text) : m_text(text) {}
  /// Places have to ascend.
  bool cover(std::size_t place) {
    for (; m_at < place; ++m_at) {
      const char c = m_text[m_at];
      m_comment = c != '\n' && (m_comment || (m_begins && c == '#'));
      m_begins = c == '\n' || (m_begins && (c == ' ' || c == '\t'));
      if (c == '\n' || m_open == c) m_open = 0;
      else if (m_open != 0 && c == '\\') ++m_at;
      else if (m_open == 0 && (c == '"' || c == '\'')) m_open = c;
    }
    return m_open != 0;
  }
  /// Does the last place stand on a line that begins as a comment?
  bool in_comment() const noexcept { return m_comment; }

 private:
  std::string_view m_text;
  std::size_t m_at = 0;
  char m_open = 0;
  bool m_begins = true;  ///< a line: nothing but blanks so far
  bool m_comment = false;
};

/// Could an expression begin there?
bool begins_expression(std::string_view text, std::size_t at) {
  while (at > 0 && std::string_view{" \t\r\n"}.find(text[at - 1]) != k_nowhere) --at;
  if (at == 0 || std::string_view{";{}(=,|&!?:~+*[>%<-."}.find(text[at - 1]) != k_nowhere) return true;
  auto begin = at;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  constexpr std::string_view k_before[] = {
      "return", "and",   "or",   "not",   "xor", "do", "then", "else", "elsif", "if",    "unless", "while", "until",
      "when",   "begin", "puts", "print", "p",   "pp", "say",  "warn", "die",   "raise", "yield",  "ensure"};
  const auto word = text.substr(begin, at - begin);
  return std::find(std::begin(k_before), std::end(k_before), word) != std::end(k_before);
}

/// Does what begins at `at` look like what is given to a word without brackets? A block is none, nor is the value of a key.
bool begins_operand(std::string_view text, std::size_t at) {
  at = text.find_first_not_of(" \t", at);
  return at != k_nowhere && std::string_view{"={),;}:.|?\r\n"}.find(text[at]) == k_nowhere;
}

/// Does a variable or a literal begin there, on the same line or the next? Behind a word of perl it is what that word is given, whatever
/// function takes the result: `scalar eval $x`, `is eval "…", 1`.
bool begins_value(std::string_view text, std::size_t at) {
  at = text.find_first_not_of(" \t\r\n", at);
  return at != k_nowhere &&
         (std::string_view{"$@\"'`<\\"}.find(text[at]) != k_nowhere || text.substr(at).starts_with("q(") ||
          text.substr(at).starts_with("q{") || text.substr(at).starts_with("qq"));
}

constexpr std::uint8_t bit_of(ScriptKind language) {
  switch (language) {
    case ScriptKind::python:
      return 1;
    case ScriptKind::perl:
      return 2;
    case ScriptKind::ruby:
      return 4;
    case ScriptKind::javascript:
      return 8;
    case ScriptKind::r:
      return 16;
    default:
      return 32;
  }
}
constexpr std::uint8_t k_unknown = 32;
constexpr std::uint8_t k_python = 1 | k_unknown;
constexpr std::uint8_t k_perl = 2 | k_unknown;
constexpr std::uint8_t k_ruby = 4 | k_unknown;
constexpr std::uint8_t k_javascript = 8 | k_unknown;
constexpr std::uint8_t k_all = 63;

}  // namespace

struct RunningWords::Word {
  std::string_view text;
  bool evaluates = false;  ///< runs a text, or a file, as a program
  bool starts = false;     ///< runs a text as a command of the system
  bool telling = false;    ///< is enough wherever it stands in a program that names a file
  std::uint8_t languages = k_all;
};

const std::vector<RunningWords::Word>& RunningWords::words() {
  static const std::vector<Word> k_words{
      {"exec(", true, false, true, k_python},
      {"exec(", false, true, true},
      {"eval(", true, false, true},
      {"eval ", true, false, true, k_perl | k_ruby},
      {"eval)(", true, false, true, k_javascript},
      {"Function(", true, false, true, k_javascript},
      {"marshal.loads(", true, false, true},
      {"marshal.load(", true, false, true},
      {"runpy.", true, false, true},
      {"CDLL(", true, false, true},
      {"exec_module(", true, false, true},
      {"pickle.load(", true, false, true},
      {"pickle.loads(", true, false, true},
      {"getattr(__builtins__", true, false, true},
      {"instance_eval(", true, false, true, k_ruby},
      {"instance_eval ", true, false, true, k_ruby},
      {"class_eval(", true, false, false, k_ruby},
      {"class_eval ", true, false, false, k_ruby},
      {"module_eval(", true, false, false, k_ruby},
      {"module_eval ", true, false, false, k_ruby},
      {"vm.runInNewContext(", true, false, false},
      {"vm.runInThisContext(", true, false, false},
      {"vm.runInContext(", true, false, false},
      {"vm.Script(", true, false, false},
      {"load_module(", true, false, false},
      {"compileFunction(", true, false, false},
      {"._compile(", true, false, false},
      {"SourceFileLoader(", true, false, false},
      {"SourcelessFileLoader(", true, false, false},
      {"ExtensionFileLoader(", true, false, false},
      {"spec_from_file_location(", true, false, false},
      {"load_source(", true, false, false},
      {"load_compiled(", true, false, false},
      {"load_dynamic(", true, false, false},
      {"execfile(", true, false, false},
      {"zipimporter(", true, false, false},
      {"dlopen(", true, false, false},
      {"Fiddle.", true, false, false, k_ruby},
      {"dofile(", true, false, false},
      {"loadfile(", true, false, false},
      {"dyn.load(", true, false, false},
      {"import_module(", true, false, false},
      {"__import__(", true, false, false},
      {"do q(", false, false, true, k_perl},
      {"os.system", false, true, false},
      {"system(", false, true, true},
      {"system ", false, true, false, k_perl | k_ruby},
      {"popen(", false, true, true},
      {"Popen(", false, true, true},
      {"subprocess.", false, true, true},
      {"execSync(", false, true, true},
      {"spawnSync(", false, true, true},
      {"spawn(", false, true, false},
      {"exec ", false, true, false, k_perl | k_ruby},
      {"check_call(", false, true, false},
      {"check_output(", false, true, false},
      {"qx{", false, true, false, k_perl},
      {"%x", false, true, false, k_ruby},
      {"`", false, true, false, k_perl | k_ruby},
      {"Open3.", false, true, false},
      {"execve(", false, true, false},
      {"shell_exec(", false, true, false},
      {"getoutput(", false, true, false},
      {"passthru(", false, true, false},
  };
  return k_words;
}

bool RunningWords::is_perl() const noexcept {
  return m_language == ScriptKind::perl || m_language == ScriptKind::none;
}

bool RunningWords::is_spoken(const Word& word) const noexcept {
  return (word.languages & bit_of(m_language)) != 0;
}

std::size_t find_whole_word(std::string_view text, std::string_view word, std::size_t from) {
  for (auto at = text.find(word, from); at != k_nowhere; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word(word[0]) || !is_word(text[at - 1]);
    const auto end = at + word.size();
    const bool ends = end >= text.size() || !is_word(word.back()) || !is_word(text[end]);
    if (begins && ends) return at;
  }
  return k_nowhere;
}

bool RunningWords::is_receiver(std::string_view word) const {
  return is_listed(word) || m_receivers.contains(word);
}

/// Does what stands in front of the dot, or of the arrow, run things? What is computed there does where such a module is
/// named for it.
bool RunningWords::is_received(std::string_view text, std::size_t dot) const {
  constexpr std::size_t k_before = 200;
  auto end = dot;
  while (end > 0 && std::string_view{" \t\r\n?"}.find(text[end - 1]) != k_nowhere) --end;
  if (end == 0) return true;  // on a line that is not known
  auto begin = end;
  if (text[end - 1] != ')' && text[end - 1] != ']') {
    while (begin > 0 && is_word(text[begin - 1])) --begin;
    return is_receiver(text.substr(begin, end - begin));
  }
  bool named = false;
  begin -= std::min(begin, k_before);
  each_word(text.substr(begin, end - begin),
            [&](std::string_view word, std::size_t) { named = named || is_receiver(word); });
  return named;
}

std::size_t RunningWords::find(std::string_view text, const Word& word) const {
  if (!is_spoken(word)) return k_nowhere;
  const bool ambiguous = is_ambiguous(core_of(word.text));
  const bool bare = is_bare(word.text);
  const auto sought = word.text.back() == ' ' ? core_of(word.text) : word.text;
  Quotes quotes{text};
  for (auto at = find_whole_word(text, sought); at != k_nowhere; at = find_whole_word(text, sought, at + 1)) {
    const auto end = at + sought.size();
    if (sought.size() < word.text.size() && !ends_word(text, end)) continue;
    const bool pointed = at > 1 && text[at - 1] == '>' && text[at - 2] == '-';
    if (ambiguous && (pointed || (at > 0 && text[at - 1] == '.')) && !is_received(text, at - (pointed ? 2 : 1)))
      continue;
    if (bare && quotes.cover(at)) continue;
    const bool is_given = bare && (word.languages & bit_of(ScriptKind::perl)) != 0 && is_perl() &&
                          begins_value(text, end) && !quotes.in_comment() &&
                          (at == 0 || std::string_view{"$@%*"}.find(text[at - 1]) == k_nowhere);
    if (bare && !is_given && (!begins_expression(text, at) || !begins_operand(text, end))) continue;
    const auto behind = text.find_first_not_of(" \t", end);
    // What is given nothing runs nothing, nor does a block of Ruby come from a file.
    const bool block = word.text.ends_with("_eval(") || word.text.ends_with("_eval ");
    if (word.text.back() == '(' && behind != k_nowhere && text[behind] == ')') continue;
    if (block && (behind == k_nowhere || text[behind] == '&' || text.substr(behind).starts_with("do"))) continue;
    return at;
  }
  return k_nowhere;
}

template <typename Wanted>
std::size_t RunningWords::find_named(std::string_view text, Wanted wanted) const {
  auto found = k_nowhere;
  if (m_named.empty()) return found;
  each_word(text, [&](std::string_view word, std::size_t at) {
    if (found != k_nowhere) return;
    const auto it = m_named.find(word);
    if (it == m_named.end() || (at > 0 && std::string_view{".'\""}.find(text[at - 1]) != k_nowhere)) return;
    const auto is_meant = [&](const Named& named) {
      const auto end = at + word.size() + named.rest.size();
      return wanted(named) && text.substr(at + word.size()).starts_with(named.rest) &&
             (named.rest.empty() || !is_word(named.rest.back()) || end >= text.size() || !is_word(text[end]));
    };
    if (std::any_of(it->second.begin(), it->second.end(), is_meant)) found = at;
  });
  return found;
}

std::size_t RunningWords::find_evaluator(std::string_view text) const {
  auto first = find_named(text, [](const Named& named) { return named.evaluates; });
  for (const auto& word : words())
    if (word.evaluates) first = std::min(first, find(text, word));
  return first;
}

std::size_t RunningWords::find_starter(std::string_view text) const {
  auto first = find_named(text, [](const Named& named) { return named.starts; });
  for (const auto& word : words())
    if (word.starts) first = std::min(first, find(text, word));
  return first;
}

RunningWords::Telling RunningWords::find_telling(std::string_view program) const {
  Telling telling;
  for (const auto& word : words()) {
    if (!word.telling) continue;
    const auto at = find(program, word);
    if (at == k_nowhere) continue;
    telling.at = std::min(telling.at, at);
    telling.evaluates = telling.evaluates || word.evaluates || core_of(word.text) == "exec";
  }
  return telling;
}

/// `other` is from now on what is called `qualified` in full: a function, or a module that has some. True if that runs
/// something.
bool RunningWords::name(std::string_view qualified, std::string_view other) {
  const auto dot = qualified.rfind('.');
  const auto member = qualified.substr(dot == k_nowhere ? 0 : dot + 1);
  const auto module = qualified.substr(0, dot == k_nowhere ? 0 : dot);
  bool runs = is_receiver(member);
  if (runs) m_receivers.insert(other);
  const bool received = is_receiver(module.substr(module.rfind('.') + 1));
  for (const auto& word : words()) {
    if (!is_spoken(word)) continue;
    const auto core = core_of(word.text);
    const auto add = [&](std::string_view rest) {
      runs = true;
      auto& named = m_named[other];
      const auto same = [&](const Named& known) {
        return known.rest == rest && known.evaluates == word.evaluates && known.starts == word.starts;
      };
      if (core != other && std::none_of(named.begin(), named.end(), same))
        named.push_back({rest, word.evaluates, word.starts});
    };
    const bool lower = !member.empty() && std::islower(static_cast<unsigned char>(member[0])) != 0;
    const bool of_module =
        core.back() == '.' && core.substr(0, core.size() - 1) == module && (lower || member == "Popen");
    if (core != qualified && !of_module && core.starts_with(qualified) && core[qualified.size()] == '.')
      add(word.text.substr(qualified.size()));
    else if (core == qualified || of_module || (core == member && (received || !is_ambiguous(core)))) add({});
  }
  return runs;
}

bool RunningWords::note_imports(std::string_view statement) {
  static const RE2 k_module{R"(\bimport\s+((?:[\w.]+(?:\s+as\s+\w+)?\s*,\s*)*)([\w.]+)\s+as\s+(\w+))"};
  static const RE2 k_one{R"(([\w.]+)(?:\s+as\s+(\w+))?)"};
  static const RE2 k_from{R"(\bfrom\s+([\w.]+)\s+import\b)"};
  static const RE2 k_braces{
      R"(\{([^{}]*)\}\s*(?:from|=\s*(?:await\s+)?(?:require|import)\s*\()\s*["'`](?:node:)?(\w+)["'`])"};
  static const RE2 k_of_braces{R"((\w+)(?:\s*(?:as|:)\s*(\w+))?)"};
  static const RE2 k_whole{R"(\bimport\s+(?:\*\s*as\s+)?(\w+)\s+from\s+["'](?:node:)?(\w+)["'])"};
  static const RE2 k_called{
      R"((\w+)\s*=\s*(?:await\s+)?(?:require|import|__import__|(?:\w+\.)*import_module)\s*\(\s*["'`](?:node:)?([\w.]+)["'`]\s*\)((?:\.\w+)*))"};
  // What is put together may be anything.
  static const RE2 k_hidden{
      R"((\w+)\s*=\s*(?:await\s+)?(?:require|import|__import__|(?:\w+\.)*import_module)\s*\(\s*(?:[^"'`\s)]|["'`][^"'`\n]*["'`]\s*[^"'`)\s]))"};
  re2::StringPiece first, second, third;
  bool runs = false;
  const auto name_each = [&](re2::StringPiece list, const RE2& one, const std::string& module) {
    re2::StringPiece member, other;
    while (RE2::FindAndConsume(&list, one, &member, &other))
      runs = name(module + std::string{member}, other.empty() ? member : other) || runs;
  };
  if (RE2::PartialMatch(statement, k_from, &first)) {
    const auto behind = static_cast<std::size_t>(first.data() - statement.data()) + first.size();
    const auto list = statement.substr(statement.find("import", behind) + 6);
    name_each(list.substr(0, list.find('#')), k_one, std::string{first} + ".");
    return runs;
  }
  if (RE2::PartialMatch(statement, k_module, &first, &second, &third)) {
    runs = name(second, third);
    name_each(first, k_one, {});
  }
  if (RE2::PartialMatch(statement, k_braces, &first, &second)) name_each(first, k_of_braces, std::string{second} + ".");
  if (RE2::PartialMatch(statement, k_whole, &first, &second)) runs = name(second, first) || runs;
  if (RE2::PartialMatch(statement, k_called, &first, &second, &third))
    runs = name(std::string{second} + std::string{third}, first) || runs;
  if (!RE2::PartialMatch(statement, k_hidden, &first)) return runs;
  m_receivers.insert(first);
  return true;
}

bool RunningWords::note(std::string_view statement) {
  static const RE2 k_given{R"(^\s*(?:(?:var|let|const|my)\s+)?\$?(\w+)\s*=\s*\\?&?((?:\w+\.)*\w+)\s*$)"};
  const bool imports = statement.find("import") != k_nowhere || statement.find("require") != k_nowhere;
  const bool runs = imports && note_imports(statement);
  re2::StringPiece other, qualified;
  return (RE2::PartialMatch(statement, k_given, &other, &qualified) && name(qualified, other)) || runs;
}

}  // namespace assay::inspect
