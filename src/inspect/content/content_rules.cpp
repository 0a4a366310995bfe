#include "inspect/content/content_rules.hpp"

#include <fmt/format.h>
#include <yara.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <deque>
#include <iterator>
#include <map>
#include <optional>

#include "base/file.hpp"
#include "base/text.hpp"
#include "inspect/blob/kind.hpp"
#include "inspect/content/line_filter.hpp"
#include "inspect/content/rule_source.hpp"
#include "inspect/script/make_messages.hpp"
#include "inspect/script/source.hpp"
#include "inspect/text/lexer.hpp"

namespace assay::inspect {

namespace {

constexpr std::uint64_t k_largest_file = 8U << 20;
constexpr std::size_t k_offsets = 8;
constexpr std::size_t k_files = 10'000;
constexpr int k_most_patience = 16;  ///< times its time limit that a scan may take on a busy machine

namespace fs = std::filesystem;

/// libyara counts its users; it is set up once for as long as anybody holds rules.
class Library {
 public:
  Library() noexcept : m_ready(yr_initialize() == ERROR_SUCCESS) {}
  ~Library() {
    if (m_ready) yr_finalize();
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  bool ready() const noexcept { return m_ready; }

 private:
  bool m_ready;
};

struct CompilerDeleter {
  void operator()(YR_COMPILER* compiler) const noexcept { yr_compiler_destroy(compiler); }
};
struct RulesDeleter {
  void operator()(YR_RULES* rules) const noexcept { yr_rules_destroy(rules); }
};
struct ScannerDeleter {
  void operator()(YR_SCANNER* scanner) const noexcept { yr_scanner_destroy(scanner); }
};
using Compiler = std::unique_ptr<YR_COMPILER, CompilerDeleter>;
using Scanner = std::unique_ptr<YR_SCANNER, ScannerDeleter>;

/// The first thing the compiler complains about; warnings are for those who write rules.
void note_problem(int level, const char*, int line, const YR_RULE*, const char* message, void* user) {
  auto& problem = *static_cast<std::optional<std::pair<int, std::string>>*>(user);
  if (level == YARA_ERROR_LEVEL_ERROR && !problem) problem = {line, message};
}

/// The line on which the rule `name` begins; 1 if it is not to be seen.
std::uint64_t line_of_rule(std::string_view text, std::string_view name) {
  std::uint64_t number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (const auto at = line.find("rule " + std::string{name}); at != std::string_view::npos) return number;
  }
  return 1;
}

Result<std::vector<fs::path>> rule_files(std::span<const fs::path> directories) {
  std::vector<fs::path> files;
  for (const auto& directory : directories) {
    std::vector<fs::path> own;
    std::error_code problem;
    for (auto it = fs::directory_iterator{directory, problem}; !problem && it != fs::directory_iterator{};
         it.increment(problem))
      if (const auto suffix = it->path().extension(); suffix == ".yar" || suffix == ".yara") own.push_back(it->path());
    if (problem)
      return Error{ErrorCode::io, "cannot be listed: " + problem.message(), escape_for_display(directory.string()),
                   "give a directory that can be read"};
    std::sort(own.begin(), own.end());
    files.insert(files.end(), own.begin(), own.end());
  }
  if (files.size() > k_files)
    return Error{ErrorCode::limit, fmt::format("more than {} files of content rules", k_files), {}, {}};
  return files;
}

/// What keeps most texts from the rules: nothing if a single rule looks at more than the lines that its strings match in.
std::optional<LineFilter> filter_for(const std::map<std::string, std::string>& sources) {
  std::vector<RuleString> strings;
  for (const auto& [file, source] : sources) {
    auto own = strings_of_local_rules(source);
    if (!own) return std::nullopt;
    std::move(own->begin(), own->end(), std::back_inserter(strings));
  }
  return LineFilter::of(strings);
}

constexpr std::string_view k_variables[] = {"filename", "filepath", "extension", "role"};

struct Hits {
  std::vector<std::pair<std::uint32_t, std::vector<std::uint64_t>>> rules;  ///< index of the YARA rule, offsets
};

/// Called for each rule that holds.
int note_hit(YR_SCAN_CONTEXT* context, int message, void* data, void* user) {
  if (message != CALLBACK_MSG_RULE_MATCHING) return CALLBACK_CONTINUE;
  auto* rule = static_cast<YR_RULE*>(data);
  std::vector<std::uint64_t> offsets;
  YR_STRING* string = nullptr;
  yr_rule_strings_foreach(rule, string) {
    // libyara packs matches behind one another without regard to alignment (4.2), so each is read as a copy.
    YR_MATCH match{};
    std::size_t kept = 0;
    for (const void* at = context->matches[string->idx].head; at != nullptr && kept < k_offsets; at = match.next) {
      std::memcpy(&match, at, sizeof match);
      if (match.is_private) continue;
      ++kept;
      offsets.push_back(static_cast<std::uint64_t>(match.base + match.offset));
    }
  }
  std::sort(offsets.begin(), offsets.end());
  if (offsets.size() > k_offsets) offsets.resize(k_offsets);
  static_cast<Hits*>(user)->rules.emplace_back(static_cast<std::uint32_t>(rule - context->rules->rules_table),
                                               std::move(offsets));
  return CALLBACK_CONTINUE;
}

/// What make only prints is run by nobody. Of more offsets than are kept some may stand elsewhere.
bool is_only_printed(const std::vector<std::uint64_t>& offsets,
                     const std::vector<std::pair<std::size_t, std::size_t>>& messages) {
  const auto is_printed = [&](std::uint64_t offset) {
    return std::any_of(messages.begin(), messages.end(),
                       [&](const auto& message) { return offset >= message.first && offset < message.second; });
  };
  return !offsets.empty() && offsets.size() < k_offsets && std::all_of(offsets.begin(), offsets.end(), is_printed);
}

}  // namespace

struct ContentRules::State {
  Library library;
  std::unique_ptr<YR_RULES, RulesDeleter> compiled;
  std::deque<std::string> texts;  ///< what `rules` views
  std::vector<Rule> rules;
  std::vector<bool> only_text;                    ///< by index in `rules`
  std::map<std::uint32_t, std::size_t> by_index;  ///< index of the YARA rule → index in `rules`
  bool binaries = false;
  Sha256 digest;
  std::optional<LineFilter> filter;  ///< if there can be one for all of the rules

  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
  Result<Hits> scan(std::string_view path, FileRole role, ByteView content, std::chrono::seconds seconds) const;
  Result<void> take(const YR_RULE& rule, std::uint32_t index, const std::map<std::string, std::string>& sources);
};

ContentRules::ContentRules() = default;
ContentRules::~ContentRules() = default;
ContentRules::ContentRules(ContentRules&&) noexcept = default;
ContentRules& ContentRules::operator=(ContentRules&&) noexcept = default;

std::chrono::nanoseconds rule_clock() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

std::string_view to_string(FileRole role) noexcept {
  switch (role) {
    case FileRole::build:
      return "build";
    case FileRole::source:
      return "source";
    case FileRole::text:
      return "text";
    case FileRole::data:
      return "data";
  }
  return "data";
}

namespace {

/// What a system, a container or Python runs because of its name and place.
bool runs_where_it_lies(std::string_view path, std::string_view name) {
  return ends_with_any(name, {".pth", ".service", ".dockerfile"}) ||
         starts_with_any(name, {"dockerfile", "containerfile"}) || name == "crontab" ||
         path.find("cron.d/") != std::string_view::npos;
}

}  // namespace

FileRole role_of(std::string_view path, ByteView content) {
  if (!is_mostly_text(content)) return FileRole::data;
  const auto name = ascii_lower(path_basename(path));
  if (script_kind(path, content) != ScriptKind::none || name == "setup.py" || name == "build.rs" ||
      name == "conftest.py" || runs_where_it_lies(path, name))
    return FileRole::build;
  if (is_translation(name, as_text(content))) return FileRole::text;
  if (ends_with_any(
          name, {".md", ".rst", ".txt", ".html", ".htm", ".adoc", ".texi", ".info", ".tex", ".xml", ".po", ".pot"}) ||
      starts_with_any(name, {"readme", "news", "changelog", "changes", "copying", "license", "install"}))
    return FileRole::text;
  if (ends_with_any(name, {".c",  ".h",  ".cc", ".cpp", ".cxx", ".hpp", ".hh",   ".py",  ".js",  ".mjs", ".cjs",
                           ".ts", ".pl", ".pm", ".rb",  ".rs",  ".go",  ".java", ".php", ".lua", ".s",   ".in"}))
    return FileRole::source;
  return FileRole::text;
}

Result<void> ContentRules::State::take(const YR_RULE& rule, std::uint32_t index,
                                       const std::map<std::string, std::string>& sources) {
  if ((rule.flags & RULE_FLAGS_PRIVATE) != 0) return {};
  std::map<std::string, std::string> meta;
  const YR_META* item = nullptr;
  const auto* of = &rule;
  yr_rule_metas_foreach(of, item) if (item->type == META_TYPE_STRING) meta[item->identifier] = item->string;
  std::string id = fmt::format("content-{}", rule.identifier);
  std::replace(id.begin(), id.end(), '_', '-');
  auto severity = Severity::medium;
  if (const auto asked = meta.find("severity"); asked != meta.end()) {
    const auto parsed = parse_severity(asked->second);
    const std::string file = rule.ns->name;
    const auto source = sources.find(file);
    if (!parsed)
      return Error{ErrorCode::format,
                   fmt::format("the rule {} has the severity '{}'", rule.identifier, escape_for_display(asked->second)),
                   fmt::format("{}:{}", escape_for_display(file),
                               source == sources.end() ? 1 : line_of_rule(source->second, rule.identifier)),
                   "write info, low, medium, high or critical"};
    severity = *parsed;
  }
  const auto text = [&](const char* name, std::string_view otherwise) {
    const auto found = meta.find(name);
    return keep(found == meta.end() ? std::string{otherwise} : escape_for_display(found->second));
  };
  const auto description = text("description", fmt::format("the content rule {} holds", rule.identifier));
  const auto only = meta.find("scope");
  by_index.emplace(index, rules.size());
  only_text.push_back(only != meta.end() && only->second == "text");
  binaries = binaries || !only_text.back();
  rules.push_back({keep(std::move(id)), severity, text("title", description), description,
                   text("remedy", "Read the lines; find out who added them."), text("reference", "")});
  return {};
}

Result<ContentRules> ContentRules::load(std::span<const fs::path> directories) {
  ContentRules loaded;
  loaded.m_state = std::make_unique<State>();
  auto& state = *loaded.m_state;
  if (!state.library.ready()) return Error{ErrorCode::unsupported, "libyara cannot be set up", {}, {}};
  ASSAY_TRY(const auto files, rule_files(directories));
  YR_COMPILER* made = nullptr;
  if (yr_compiler_create(&made) != ERROR_SUCCESS)
    return Error{ErrorCode::limit, "libyara has no memory for a compiler", {}, {}};
  const Compiler compiler{made};
  std::optional<std::pair<int, std::string>> problem;
  yr_compiler_set_callback(made, note_problem, &problem);
  yr_compiler_set_include_callback(made, nullptr, nullptr, nullptr);
  for (const auto variable : k_variables) yr_compiler_define_string_variable(made, std::string{variable}.c_str(), "");
  std::map<std::string, std::string> sources;
  Sha256Stream digest;
  for (const auto& file : files) {
    ASSAY_TRY(const auto content, read_file(file, k_largest_file));
    digest.update(as_bytes(fmt::format("{} {}\n", file.filename().string(), sha256(content).hex())));
    auto& source = sources[file.string()] = std::string{as_text(content)};
    if (const auto null = source.find('\0'); null != std::string::npos)
      return Error{ErrorCode::format, "is no text", escape_for_display(file.string()),
                   "content rules are YARA source, not compiled"};
    if (yr_compiler_add_string(made, source.c_str(), file.c_str()) == 0 && !problem) continue;
    const auto where = problem.value_or(std::pair{1, std::string{"cannot be compiled"}});
    return Error{ErrorCode::format, escape_for_display(where.second),
                 fmt::format("{}:{}", escape_for_display(file.string()), where.first),
                 "mend the rule (`yara FILE /dev/null` says the same), or take the file away"};
  }
  state.digest = digest.finish();
  state.filter = filter_for(sources);
  YR_RULES* rules = nullptr;
  if (yr_compiler_get_rules(made, &rules) != ERROR_SUCCESS)
    return Error{ErrorCode::limit, "libyara has no memory for the rules", {}, {}};
  state.compiled.reset(rules);
  const YR_RULE* rule = nullptr;
  std::uint32_t index = 0;
  yr_rules_foreach(rules, rule) {
    ASSAY_TRY_VOID(state.take(*rule, index, sources));
    ++index;
  }
  return loaded;
}

std::span<const Rule> ContentRules::rules() const noexcept {
  return m_state ? std::span<const Rule>{m_state->rules} : std::span<const Rule>{};
}
bool ContentRules::reads_binaries() const noexcept {
  return m_state && m_state->binaries;
}
const Sha256& ContentRules::digest() const noexcept {
  static const Sha256 none;
  return m_state ? m_state->digest : none;
}

Result<std::vector<ContentHit>> ContentRules::scan(std::string_view path, ByteView content,
                                                   std::chrono::seconds seconds) const {
  std::vector<ContentHit> hits;
  if (empty() || content.empty()) return hits;
  const auto role = role_of(path, content);
  Hits found;
  if (m_state->filter && role != FileRole::data) {
    // Where no rule holds for the lines that matches could stand in, none holds for the whole.
    auto lines = m_state->filter->possible_lines(as_text(content));
    if (lines.empty()) lines = "\n";
    if (lines.size() < content.size()) {
      ASSAY_TRY(const auto possible, m_state->scan(path, role, as_bytes(lines), seconds));
      if (possible.rules.empty()) return hits;
    }
  }
  ASSAY_TRY(found, m_state->scan(path, role, content, seconds));
  if (found.rules.empty()) return hits;
  const auto messages = script_kind(path, content) == ScriptKind::make ? messages_of_make(as_text(content))
                                                                       : decltype(messages_of_make({})){};
  for (auto& [index, offsets] : found.rules) {
    if (is_only_printed(offsets, messages)) continue;
    const auto known = m_state->by_index.find(index);
    if (known == m_state->by_index.end() || (m_state->only_text[known->second] && role == FileRole::data)) continue;
    hits.push_back({&m_state->rules[known->second], std::move(offsets)});
  }
  return hits;
}

Result<Hits> ContentRules::State::scan(std::string_view path, FileRole role, ByteView content,
                                       std::chrono::seconds seconds) const {
  YR_SCANNER* made = nullptr;
  if (yr_scanner_create(compiled.get(), &made) != ERROR_SUCCESS)
    return Error{ErrorCode::limit, "libyara has no memory for a scan", {}, {}};
  const Scanner scanner{made};
  const std::string name{path_basename(path)};
  const auto dot = name.rfind('.');
  yr_scanner_define_string_variable(made, "filename", name.c_str());
  yr_scanner_define_string_variable(made, "filepath", std::string{path}.c_str());
  yr_scanner_define_string_variable(made, "extension", dot == std::string::npos ? "" : name.c_str() + dot);
  yr_scanner_define_string_variable(made, "role", std::string{to_string(role)}.c_str());
  Hits found;
  yr_scanner_set_callback(made, note_hit, &found);
  // Memory of our own cannot vanish while it is read, as a mapped file's can: no signal handlers.
  yr_scanner_set_flags(made, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
  // libyara's clock is the one on the wall. What counts is the time that the rules took; a machine that was busy with
  // other things takes longer, and that is no reason to leave something unread.
  const auto allowed = std::chrono::seconds{std::max<std::int64_t>(1, seconds.count())};
  int outcome = ERROR_SCAN_TIMEOUT;
  for (auto wall = allowed; wall <= allowed * k_most_patience; wall *= 2) {
    found.rules.clear();
    const auto before = rule_clock();
    yr_scanner_set_timeout(made, static_cast<int>(wall.count()));
    outcome = yr_scanner_scan_mem(made, content.data(), content.size());
    const auto taken = rule_clock() - before;
    if (outcome != ERROR_SCAN_TIMEOUT || taken >= allowed * 9 / 10) break;
  }
  if (outcome == ERROR_SCAN_TIMEOUT)
    return Error{ErrorCode::limit, fmt::format("the content rules took more than {} s", seconds.count()),
                 escape_for_display(path), "take slow rules away from --rules"};
  if (outcome != ERROR_SUCCESS)
    return Error{ErrorCode::limit, fmt::format("libyara gave up with error {}", outcome), escape_for_display(path), {}};
  std::sort(found.rules.begin(), found.rules.end());
  return found;
}

}  // namespace assay::inspect
