#include "inspect/script/unit.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/text.hpp"
#include "inspect/script/filters.hpp"

namespace assay::inspect {

namespace {

constexpr unsigned k_deepest_document = 3;
constexpr unsigned k_deepest_mention = 100;
constexpr std::size_t k_most_document_bytes = 4U << 20;
constexpr std::size_t k_most_definitions = 200'000;

bool is_declaration(std::string_view word) {
  return word == "export" || word == "local" || word == "readonly" || word == "declare" || word == "typeset";
}

bool is_shell_name(std::string_view word) {
  return word == "sh" || word == "bash" || word == "/bin/sh" || word == "$SHELL" || word == "$CONFIG_SHELL" ||
         word == "${SHELL}" || word == "eval";
}

}  // namespace

std::string_view written_name(std::string_view raw) noexcept {
  while (!raw.empty() && (raw.front() == '"' || raw.front() == '\'')) raw.remove_prefix(1);
  while (!raw.empty() && (raw.back() == '"' || raw.back() == '\'')) raw.remove_suffix(1);
  return path_basename(raw);
}

ScriptUnit::ScriptUnit(std::string path, ScriptKind kind, ShellText text, FileFacts facts)
    : m_path(std::move(path)), m_kind(kind), m_text(std::move(text)), m_script(parse_shell(m_text)), m_facts(facts) {
  collect(m_script.pipelines, 0);
}

const ScriptUnit& ScriptUnit::root() const noexcept {
  const ScriptUnit* unit = this;
  while (unit->m_parent != nullptr) unit = unit->m_parent;
  return *unit;
}

std::string_view ScriptUnit::directory() const noexcept {
  return path_dirname(root().m_path);
}

const std::vector<Definition>* ScriptUnit::definitions(std::string_view name) const {
  const auto it = m_definitions.find(name);
  return it == m_definitions.end() ? nullptr : &it->second;
}

const Command* ScriptUnit::function(std::string_view name) const {
  const auto it = m_functions.find(name);
  return it == m_functions.end() ? nullptr : it->second;
}

const std::vector<WrittenFile>* ScriptUnit::written(std::string_view target) const {
  const auto it = m_written.find(target);
  return it == m_written.end() ? nullptr : &it->second;
}

const ShellWord* ScriptUnit::descriptor(int number) const {
  const auto it = m_descriptors.find(number);
  return it == m_descriptors.end() ? nullptr : &it->second;
}

const std::vector<const Pipeline*>& ScriptUnit::mentions(std::string_view name) const {
  static const std::vector<const Pipeline*> k_none;
  if (!std::exchange(m_mentions_known, true)) collect_mentions(m_script.pipelines, 0);
  const auto it = m_mentions.find(name);
  return it == m_mentions.end() ? k_none : it->second;
}

void ScriptUnit::collect_mentions(const std::vector<Pipeline>& pipelines, unsigned depth) const {
  constexpr std::size_t k_most_mentions = 8;
  if (depth > k_deepest_mention) return;
  for (const auto& pipeline : pipelines)
    for (const auto& command : pipeline.stages) {
      for (std::size_t i = 1; i < command.words.size(); ++i) {
        auto name = written_name(command.words[i].raw);
        name = name.substr(name.rfind('=') + 1);
        if (name.size() < 1 || name[0] == '-') continue;
        auto& places = m_mentions[name];
        if (places.size() < k_most_mentions && (places.empty() || places.back() != &pipeline))
          places.push_back(&pipeline);
      }
      collect_mentions(command.body, depth + 1);
    }
}

void ScriptUnit::define(std::string_view name, Definition definition) {
  if (m_order.size() >= k_most_definitions) return;
  m_definitions[name].push_back(definition);
  m_order.emplace_back(name, definition);
}

void ScriptUnit::collect(const std::vector<Pipeline>& pipelines, unsigned depth) {
  for (const auto& pipeline : pipelines)
    for (const auto& command : pipeline.stages) collect_command(pipeline, command, depth);
}

namespace {

void split_assignment(const ShellWord& word, Definition& definition, std::string_view& name) {
  name = assigned_name(word.raw);
  const auto equals = word.raw.find('=', name.size());
  const bool append = equals > 0 && word.raw[equals - 1] == '+';
  definition.kind = append ? Definition::Kind::append : Definition::Kind::value;
  definition.word = {word.raw.substr(equals + 1), word.line};
}

}  // namespace

namespace {

/// `tar -xf …`, `$TAR xzf …`, `unzip …`, by the raw words.
bool is_unpacking(const Command& command) {
  if (command.kind != CommandKind::simple || command.words.size() < 2) return false;
  const auto name = command.words.front().raw;
  const auto says = [&](std::string_view text) {
    return std::any_of(command.words.begin() + 1, command.words.end(),
                       [&](const ShellWord& word) { return word.raw.find(text) != std::string_view::npos; });
  };
  if (name.ends_with("unzip")) return true;
  if (name.find("python") != std::string_view::npos) return says("zipfile") || says("tarfile") || says("shutil");
  const bool archiver = name.ends_with("tar") || name.find("TAR") != std::string_view::npos || name == "jar" ||
                        name == "ar" || name.starts_with("7z") || name == "cmake";
  return archiver && says("x");
}

}  // namespace

void ScriptUnit::collect_command(const Pipeline& pipeline, const Command& command, unsigned depth) {
  for (const auto& word : command.assignments) {
    Definition definition;
    std::string_view name;
    split_assignment(word, definition, name);
    define(name, definition);
  }
  if (command.kind == CommandKind::loop && !command.name.empty())
    define(command.name, {Definition::Kind::items, {}, &command});
  if (command.kind == CommandKind::function) m_functions.emplace(command.name, &command);
  collect_declared(command);
  collect_arguments(command);
  collect_descriptors(command);
  collect_written(pipeline, command);
  if (is_unpacking(command)) m_unpackings.push_back(&command);
  collect_documents(command, depth);
  const auto* outer = m_group;
  const bool shares = command.kind == CommandKind::group &&
                      std::any_of(command.redirects.begin(), command.redirects.end(), [](const Redirect& redirect) {
                        return redirect.kind == RedirectKind::in && redirect.fd <= 0;
                      });
  if (shares) m_group = &command;
  collect(command.body, depth);
  m_group = outer;
}

/// `export NAME=value`, `read NAME`.
void ScriptUnit::collect_declared(const Command& command) {
  if (command.words.size() < 2 || command.kind != CommandKind::simple) return;
  const auto first = command.words.front().raw;
  const bool reads = first == "read";
  if (!reads && !is_declaration(first)) return;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const auto& word = command.words[i];
    if (reads) {
      if (!word.raw.starts_with('-'))
        define(word.raw, {Definition::Kind::unknown, word, command.redirects.empty() ? m_group : &command});
    } else if (!assigned_name(word.raw).empty()) {
      Definition definition;
      std::string_view name;
      split_assignment(word, definition, name);
      define(name, definition);
    }
  }
}

namespace {

/// The file that curl or wget writes to, by the raw words; empty if it is standard output.
std::string_view fetched_to(const Command& command) {
  const bool is_wget = path_basename(command.words.front().raw) == "wget";
  std::string_view address;
  bool by_address = is_wget;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const auto word = command.words[i].raw;
    const bool names_file = word == (is_wget ? "-O" : "-o") || word == (is_wget ? "--output-document" : "--output");
    if (names_file && i + 1 < command.words.size()) return command.words[i + 1].raw;
    if (is_wget && word.starts_with("-") && word.find("O-") != std::string_view::npos) return {};
    by_address = by_address || word == "-O" || word == "--remote-name";
    if (word.find("://") != std::string_view::npos) address = word;
  }
  return by_address ? address : std::string_view{};
}

}  // namespace

/// `set -- WORD…`: the positional parameters.
void ScriptUnit::collect_arguments(const Command& command) {
  if (command.kind != CommandKind::simple || command.words.size() < 3 || command.words[0].raw != "set" ||
      command.words[1].raw != "--")
    return;
  const auto& first = command.words[2];
  const auto* end = command.words.back().raw.data() + command.words.back().raw.size();
  define("@", {Definition::Kind::value,
               {{first.raw.data(), static_cast<std::size_t>(end - first.raw.data())}, first.line},
               nullptr});
}

/// `exec 5<FILE`, `exec 6>FILE`.
void ScriptUnit::collect_descriptors(const Command& command) {
  if (command.words.size() != 1 || command.words[0].raw != "exec") return;
  for (const auto& redirect : command.redirects) {
    const bool reads = redirect.kind == RedirectKind::in;
    const bool writes = redirect.kind == RedirectKind::out || redirect.kind == RedirectKind::append;
    if (redirect.target.raw.starts_with("/dev/") || redirect.fd > 9) continue;
    if (reads) m_descriptors.try_emplace(std::max(redirect.fd, 0), redirect.target);
    else if (writes && redirect.fd >= 3) m_descriptors.try_emplace(redirect.fd + k_for_writing, redirect.target);
  }
}

void ScriptUnit::collect_written(std::string_view target, WrittenFile place) {
  auto& places = m_written[target];
  if (places.size() < k_most_values) places.push_back(place);
}

namespace {

/// The archive that `tar -cf ARCHIVE …` makes, by the raw words; empty for other commands.
std::string_view archived_to(const Command& command) {
  if (!command.words.front().raw.ends_with("tar") && command.words.front().raw.find("TAR") == std::string_view::npos)
    return {};
  bool creates = false;
  std::string_view archive;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const auto word = command.words[i].raw;
    const bool options = i == 1 || (word.starts_with('-') && !word.starts_with("--"));
    creates = creates || word == "--create" || (options && word.find('c') != std::string_view::npos);
    if (options && word.ends_with('f') && i + 1 < command.words.size()) archive = command.words[i + 1].raw;
    else if (word.starts_with("--file=")) archive = word.substr(7);
    else if (options && word.starts_with("-f") && word.size() > 2) archive = word.substr(2);
  }
  return creates && archive != "-" ? archive : std::string_view{};
}

struct InPlace {
  std::string_view name;
  std::string_view suffix;
};
/// Decompressors that put what they make beside what they read.
constexpr InPlace k_in_place[] = {{"xz", ".xz"},     {"unxz", ".xz"},     {"gzip", ".gz"},   {"gunzip", ".gz"},
                                  {"bzip2", ".bz2"}, {"bunzip2", ".bz2"}, {"lzma", ".lzma"}, {"unlzma", ".lzma"},
                                  {"zstd", ".zst"},  {"unzstd", ".zst"},  {"lz4", ".lz4"},   {"unlz4", ".lz4"},
                                  {"lzip", ".lz"},   {"lunzip", ".lz"}};

}  // namespace

void ScriptUnit::collect_written(const Pipeline& pipeline, const Command& command) {
  for (const auto& redirect : command.redirects) {
    if (redirect.kind == RedirectKind::duplicate && redirect.fd <= 1 && redirect.target.raw.size() == 1) {
      // `>&6` behind `exec 6>FILE`
      if (const auto* opened = descriptor(redirect.target.raw[0] - '0' + k_for_writing))
        collect_written(written_name(opened->raw), {&pipeline, {}});
      continue;
    }
    if (redirect.kind != RedirectKind::out && redirect.kind != RedirectKind::append) continue;
    if (redirect.fd > 1 || redirect.target.raw.starts_with("/dev/") || redirect.target.raw.starts_with("&")) continue;
    collect_written(written_name(redirect.target.raw), {&pipeline, {}});
  }
  if (command.words.size() < 2) return;
  const auto name = path_basename(command.words.front().raw);
  const auto& last = command.words.back();
  if ((name == "cp" || name == "mv" || name == "install" || name == "ln") && command.words.size() >= 3) {
    collect_written(written_name(last.raw), {nullptr, command.words[command.words.size() - 2]});
  } else if (name == "curl" || name == "wget") {
    if (const auto target = fetched_to(command); !target.empty() && target != "-")
      collect_written(written_name(target), {&pipeline, {}});
  } else if (const auto* decoder = std::find_if(std::begin(k_in_place), std::end(k_in_place),
                                                [&](const InPlace& known) { return known.name == name; });
             decoder != std::end(k_in_place)) {
    for (std::size_t i = 1; i < command.words.size(); ++i)
      if (auto target = written_name(command.words[i].raw); target.ends_with(decoder->suffix)) {
        target.remove_suffix(decoder->suffix.size());
        collect_written(target, {&pipeline, {}});
      }
  } else if (const auto archive = archived_to(command); !archive.empty()) {
    collect_written(written_name(archive), {&pipeline, {}});
  } else if (name == "dd" || name == "tee" || name == "openssl" || name == "uudecode") {
    for (std::size_t i = 1; i < command.words.size(); ++i) {
      auto target = command.words[i].raw;
      if (name == "dd" && !target.starts_with("of=")) continue;
      if (name == "dd") target.remove_prefix(3);
      if ((name == "openssl" && command.words[i - 1].raw != "-out") ||
          (name == "uudecode" && command.words[i - 1].raw != "-o"))
        continue;
      collect_written(written_name(target), {&pipeline, {}});
    }
  }
}

void ScriptUnit::collect_documents(const Command& command, unsigned depth) {
  if (depth >= k_deepest_document) return;
  bool to_file = false, to_probe = false;
  for (const auto& redirect : command.redirects) {
    if (redirect.kind != RedirectKind::out && redirect.kind != RedirectKind::append) continue;
    to_file = to_file || redirect.fd <= 1;
    // What configure compiles to probe the system is no script.
    to_probe = to_probe || redirect.target.raw.find("conftest") != std::string_view::npos;
  }
  const bool to_shell = !command.words.empty() && is_shell_name(command.words.front().raw);
  if ((!to_file && !to_shell) || to_probe) return;
  for (const auto& redirect : command.redirects) {
    if (redirect.kind != RedirectKind::here_document || redirect.body.size() < 8) continue;
    m_document_size += redirect.body.size();
    if (m_document_size > k_most_document_bytes) return;
    // Lines of the body are lines of the script: document_text() changes none of their ends.
    ShellText text{document_text(redirect), {}, false};
    std::uint32_t line = redirect.body_line;
    text.lines.emplace_back(0, line);
    for (std::size_t at = 0; at < text.text.size(); ++at)
      if (text.text[at] == '\n') text.lines.emplace_back(static_cast<std::uint32_t>(at + 1), ++line);
    m_document_texts.push_back(std::move(text));
    m_documents.push_back(parse_shell(m_document_texts.back()));
    collect(m_documents.back().pipelines, depth + 1);
  }
}

namespace {

/// Length of the `$NAME`, `${…}` that `text` begins with; 1 if it is a plain `$`.
std::size_t reference_length(std::string_view text) {
  if (text.size() > 1 && text[1] == '{') return std::min(text.find('}'), text.size() - 1) + 1;
  std::size_t end = 1;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
  return end;
}

}  // namespace

std::string document_text(const Redirect& document) {
  if (document.literal) return std::string{document.body};
  std::string result;
  result.reserve(document.body.size());
  bool single = false;
  for (std::size_t i = 0; i < document.body.size(); ++i) {
    const char c = document.body[i];
    if (c == '\\' && i + 1 < document.body.size() &&
        (document.body[i + 1] == '$' || document.body[i + 1] == '`' || document.body[i + 1] == '\\')) {
      result += document.body[++i];
      continue;
    }
    if (c == '\'') single = !single;
    if (c == '\n') single = false;
    if (c == '$' && single) {
      // Expanded by the writing shell, whatever quotes stand around it in what is written.
      const auto end = i + reference_length(document.body.substr(i));
      if (end > i + 1) {
        result += "'\"";
        result += document.body.substr(i, end - i);
        result += "\"'";
        i = end - 1;
        continue;
      }
    }
    result += c;
  }
  return result;
}

}  // namespace assay::inspect
