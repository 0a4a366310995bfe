#include "rebuild/source_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "archive/reader.hpp"
#include "base/text.hpp"

namespace assay::rebuild {

namespace {

constexpr std::size_t k_largest_text = 512U << 10;
constexpr std::size_t k_most_words = 40;
constexpr std::size_t k_near = 3;  // lines

bool is_build_text(const TreeEntry& entry) {
  if (entry.kind != EntryKind::regular) return false;
  const auto name = path_basename(entry.path);
  if (entry.executable() || name.starts_with("Makefile") || name.starts_with("makefile") || name == "GNUmakefile" ||
      name == "CMakeLists.txt" || name == "meson.build" || name == "package.json" || entry.path == "debian/rules")
    return true;
  constexpr std::string_view endings[] = {".mk", ".mak", ".am",  ".in", ".ac", ".m4", ".cmake", ".py", ".sh",
                                          ".pl", ".awk", ".sed", ".rb", ".rs", ".js", ".toml",  ".cfg"};
  return std::any_of(std::begin(endings), std::end(endings), [&](auto ending) { return name.ends_with(ending); });
}

bool is_shell(std::string_view name) {
  return name == "sh" || name == "dash" || name == "bash";
}

/// What of a command someone may have written: no quotes, no punctuation of the shell, of a program its name.
std::vector<std::string> words_of(const std::vector<std::string>& command) {
  if (command.empty()) return {};
  std::string text{path_basename(command.front())};
  if (is_shell(text) && command.size() >= 3 && command[1].starts_with("-") && command[1].ends_with("c")) {
    text = command[2];
  } else {
    for (std::size_t i = 1; i < command.size(); ++i) text += " " + command[i];
  }
  std::vector<std::string> words;
  constexpr std::string_view between = " \t\n;|&(){}<>\"'`\\";
  for (std::size_t at = 0; words.size() < k_most_words;) {
    at = text.find_first_not_of(between, at);
    if (at == std::string::npos) break;
    const auto end = std::min(text.find_first_of(between, at), text.size());
    auto word = text.substr(at, end - at);
    if (word.size() > 1 && std::find(words.begin(), words.end(), word) == words.end()) words.push_back(std::move(word));
    at = end;
  }
  return words;
}

std::size_t length_of(const std::vector<std::string>& words) {
  std::size_t length = 0;
  for (const auto& word : words) length += word.size();
  return length;
}

/// How much of the words stands in the line.
std::size_t found_in(std::string_view line, const std::vector<std::string>& words) {
  std::size_t found = 0;
  for (const auto& word : words)
    if (line.find(word) != std::string_view::npos) found += word.size();
  return found;
}

struct Best {
  std::string_view file;
  std::size_t line = 0, found = 0, near = 0;
};

void search(std::string_view file, std::string_view text, const std::vector<std::string>& words,
            const std::vector<std::string>& outer, Best& best) {
  const auto lines = split_lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto found = found_in(lines[i], words);
    if (found == 0 || found < best.found) continue;
    std::size_t near = 0;
    for (auto j = i - std::min(i, k_near); j < std::min(lines.size(), i + k_near + 1); ++j)
      if (const auto there = found_in(lines[j], outer); there > 0)
        near = std::max(near, there * (k_near + 1) - (j < i ? i - j : j - i));
    if (found > best.found || near > best.near) best = {file, i + 1, found, near};
  }
}

}  // namespace

SourceLines SourceLines::read(const BuildSource& source, const Limits& limits) {
  archive::ReadOptions reading;
  reading.limits = limits;
  reading.max_kept_entry = k_largest_text;
  reading.keep = is_build_text;
  auto contents = archive::read_archive(fmt::format("/proc/self/fd/{}", source.tar.get()), reading);
  std::map<std::string, std::string, std::less<>> texts;
  if (contents)
    for (const auto& [path, content] : contents->kept)
      if (content.size() <= k_largest_text) texts.emplace(path, as_text(content));
  return SourceLines{std::move(texts)};
}

std::optional<std::string> SourceLines::find(const std::vector<std::vector<std::string>>& commands,
                                             const std::vector<std::string>& read) const {
  std::set<std::string_view> files;
  for (const auto& path : read)
    for (const auto* ending : {"", ".am", ".in"})
      if (const auto known = m_texts.find(path + ending); known != m_texts.end()) files.insert(known->first);
  for (auto i = commands.size(); i-- > 0;) {
    const auto words = words_of(commands[i]);
    const auto outer = i > 0 ? words_of(commands[i - 1]) : std::vector<std::string>{};
    Best best;
    for (const auto file : files) search(file, m_texts.find(file)->second, words, outer, best);
    if (best.found >= 4 && best.found * 3 >= length_of(words) * 2) return fmt::format("{}:{}", best.file, best.line);
  }
  return std::nullopt;
}

}  // namespace assay::rebuild
