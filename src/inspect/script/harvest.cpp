#include "inspect/script/harvest.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "inspect/script/filters.hpp"
#include "inspect/script/sed.hpp"
#include "inspect/script/shell.hpp"

namespace assay::inspect {

namespace {

constexpr unsigned k_deepest_string = 4;
constexpr std::size_t k_longest_evidence = 200;
constexpr std::size_t k_longest_string = 256 * 1024;

bool is_worth_reading(std::string_view text) noexcept {
  return text.find_first_of(" \t") != std::string_view::npos;
}

/// Walks over all commands of a script, those in substitutions and in quoted strings too.
class Harvester {
 public:
  Harvester(std::string_view path, Harvest& harvest) : m_path(path), m_harvest(harvest) {}

  void script(const ShellScript& script, unsigned depth) {
    for (const auto& pipeline : script.pipelines) read_pipeline(pipeline, depth);
  }

 private:
  void read_pipeline(const Pipeline& pipeline, unsigned depth) {
    for (const auto& command : pipeline.stages) read_command(command, depth);
  }

  void read_command(const Command& command, unsigned depth) {
    for (const auto& word : command.assignments) inside(word, depth, true);
    read_simple(command);
    for (const auto& word : command.words) inside(word, depth, false);
    for (const auto& redirect : command.redirects)
      if (redirect.kind == RedirectKind::here_document && worth_of_document(redirect))
        nested(redirect.body, redirect.body_line, depth);
    for (const auto& pipeline : command.body) read_pipeline(pipeline, depth);
  }

  static bool worth_of_document(const Redirect& redirect) {
    static constexpr std::string_view k_words[] = {"tr ", "dd ", "head -c", "tail -c", " -d", "xxd"};
    return std::any_of(std::begin(k_words), std::end(k_words),
                       [&](auto word) { return redirect.body.find(word) != std::string_view::npos; });
  }

  void read_simple(const Command& command) {
    if (command.words.empty()) return;
    std::size_t first = 0;
    // `$TR a b`, `command tr a b`, `echo tr a b | sh`: the name may stand a little behind.
    while (first < command.words.size() && first < 3 && !is_filter_name(path_basename(command.words[first].raw)))
      ++first;
    if (first >= command.words.size() || first == 3) return;
    std::vector<std::string> arguments;
    std::string written;
    for (std::size_t i = first; i < command.words.size() && i < first + 64; ++i) {
      arguments.push_back(unquoted(command.words[i].raw));
      if (written.size() < k_longest_evidence)
        written += (written.empty() ? "" : " ") + std::string{command.words[i].raw.substr(0, k_longest_evidence)};
    }
    const ScriptPlace place{m_path, command.words[first].line, written.substr(0, k_longest_evidence)};
    if (const auto grep = arguments[0].find("grep") != std::string::npos ? parse_grep(arguments) : std::nullopt;
        grep && (grep->recursive || grep->binary))
      m_harvest.add(HarvestedPattern{grep->re2, place});
    if (auto plan = plan_filter(arguments)) add(std::move(plan->harvest), place);
  }

  void add(Harvest found, const ScriptPlace& place) {
    for (auto& item : found.byte_maps) item.place = place;
    for (auto& item : found.xor_keys) item.place = place;
    for (auto& item : found.slices) item.place = place;
    for (auto& item : found.decoders) item.place = place;
    m_harvest.merge(found);
  }

  /// What stands in the substitutions of a word, and in its quoted strings: `map='tr a b'`, `sh -c "tr a b"`.
  void inside(const ShellWord& word, unsigned depth, bool assignment) {
    if (depth >= k_deepest_string || word.raw.size() > k_longest_string) return;
    auto raw = word.raw;
    if (assignment) raw.remove_prefix(std::min(raw.find('=') + 1, raw.size()));
    if (raw.find_first_of("`('\"") == std::string_view::npos) return;
    for (std::size_t at = 0; at < raw.size();) {
      const auto length = quoted_length(raw, at);
      if (length > 3) read_quotation(raw.substr(at, std::min(length, raw.size() - at)), word.line, depth);
      at += length;
    }
  }

  void read_quotation(std::string_view quotation, std::uint32_t line, unsigned depth) {
    if (!is_worth_reading(quotation)) return;
    if (quotation[0] == '`') return nested(store(unquoted_backquote(quotation)), line, depth);
    if (quotation.starts_with("$(")) return nested(quotation.substr(2, quotation.size() - 3), line, depth);
    if (quotation[0] == '\'') return nested(quotation.substr(1, quotation.size() - 2), line, depth);
    if (quotation[0] == '"') nested(store(unquoted(quotation)), line, depth);
  }
  static std::string unquoted_backquote(std::string_view quotation) {
    std::string result;
    for (std::size_t i = 1; i + 1 < quotation.size(); ++i) {
      if (quotation[i] == '\\' && (quotation[i + 1] == '`' || quotation[i + 1] == '\\' || quotation[i + 1] == '$')) ++i;
      result += quotation[i];
    }
    return result;
  }
  std::string_view store(std::string text) {
    m_texts.push_back(std::move(text));
    return m_texts.back();
  }

  void nested(std::string_view text, std::uint32_t line, unsigned depth) {
    if (text.size() < 4 || m_nested > k_longest_script) return;
    m_nested += text.size();
    script(parse_shell(text, line), depth + 1);
  }

  std::string m_path;
  Harvest& m_harvest;
  std::deque<std::string> m_texts;
  std::size_t m_nested = 0;
};

template <typename Item, typename Same>
void add_distinct(std::vector<Item>& items, Item item, Same same) {
  if (items.size() >= k_harvest_most ||
      std::any_of(items.begin(), items.end(), [&](const Item& other) { return same(item, other); }))
    return;
  items.push_back(std::move(item));
}

}  // namespace

std::string_view to_string(Decoder decoder) noexcept {
  switch (decoder) {
    case Decoder::gzip:
      return "gzip";
    case Decoder::bzip2:
      return "bzip2";
    case Decoder::xz:
      return "xz";
    case Decoder::lzma:
      return "lzma";
    case Decoder::lzma_raw:
      return "raw LZMA";
    case Decoder::lzip:
      return "lzip";
    case Decoder::zstd:
      return "zstd";
    case Decoder::lz4:
      return "lz4";
    case Decoder::base64:
      return "base64";
    case Decoder::base32:
      return "base32";
    case Decoder::hex:
      return "hexadecimal";
    case Decoder::uuencode:
      return "uuencoded data";
    case Decoder::reverse:
      return "reversed lines";
    case Decoder::openssl:
      return "OpenSSL encryption";
    case Decoder::rc4_awk:
      return "RC4";
  }
  return "unknown";
}

bool Harvest::empty() const noexcept {
  return byte_maps.empty() && xor_keys.empty() && slices.empty() && decoders.empty() && patterns.empty();
}

void Harvest::add(HarvestedMap map) {
  if (map.map.is_identity() || map.map.is_textual()) return;
  add_distinct(byte_maps, std::move(map), [](const auto& a, const auto& b) { return a.map == b.map; });
}

void Harvest::add(HarvestedKey key) {
  if (std::all_of(key.key.begin(), key.key.end(), [](auto byte) { return byte == 0; })) return;
  add_distinct(xor_keys, std::move(key), [](const auto& a, const auto& b) { return a.key == b.key; });
}

void Harvest::add(HarvestedSlice slice) {
  add_distinct(slices, std::move(slice), [](const auto& a, const auto& b) {
    return a.offset == b.offset && a.length == b.length && a.from_end == b.from_end;
  });
}

void Harvest::add(HarvestedDecoder decoder) {
  add_distinct(decoders, std::move(decoder),
               [](const auto& a, const auto& b) { return a.decoder == b.decoder && a.options == b.options; });
}

void Harvest::add(HarvestedPattern pattern) {
  add_distinct(patterns, std::move(pattern), [](const auto& a, const auto& b) { return a.pattern == b.pattern; });
}

void Harvest::merge(const Harvest& other) {
  for (const auto& item : other.byte_maps) add(item);
  for (const auto& item : other.xor_keys) add(item);
  for (const auto& item : other.slices) add(item);
  for (const auto& item : other.decoders) add(item);
  for (const auto& item : other.patterns) add(item);
}

// Keys stand in programs: look at the lines that have a `^` or `xor` at all.
void harvest_keys(std::string_view path, std::string_view text, Harvest& harvest) {
  const auto named = keys_named_in(text);
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, std::min<std::size_t>(end - at, 4096));
    ++number;
    at = end + 1;
    if (line.find('^') == std::string_view::npos && line.find("xor(") == std::string_view::npos) continue;
    for (auto& key : xor_keys_of(line, named))
      harvest.add(
          HarvestedKey{std::move(key), {std::string{path}, number, std::string{line.substr(0, k_longest_evidence)}}});
  }
}

Harvest harvest_parsed(std::string_view path, std::string_view text, const ShellScript& script) {
  Harvest harvest;
  Harvester{path, harvest}.script(script, 0);
  harvest_keys(path, text.substr(0, k_longest_script), harvest);
  return harvest;
}

Harvest harvest_script(std::string_view path, std::string_view text) {
  const auto shell = to_shell(script_kind(path, as_bytes(text.substr(0, 256))), text);
  return harvest_parsed(path, text, parse_shell(shell));
}

Harvest harvest_stage(std::string_view name, std::string_view text) {
  const auto shell = to_shell(ScriptKind::shell, text);
  return harvest_parsed(name, text, parse_shell(shell));
}

}  // namespace assay::inspect
