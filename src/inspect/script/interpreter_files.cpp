// Commands that read files of the tree: filters, searches, and what a script itself has written.
#include <fmt/format.h>

#include "base/text.hpp"
#include "inspect/script/filters.hpp"
#include "inspect/script/interpreter.hpp"
#include "inspect/script/interpreter_words.hpp"

namespace assay::inspect {

namespace {

StepKind step_kind(FilterKind kind) noexcept {
  switch (kind) {
    case FilterKind::pass:
    case FilterKind::text:
    case FilterKind::encode:
      return StepKind::text;
    case FilterKind::map:
      return StepKind::map;
    case FilterKind::carve:
      return StepKind::carve;
    case FilterKind::decode:
      return StepKind::decode;
    case FilterKind::program:
      return StepKind::program;
  }
  return StepKind::program;
}

/// True if a grep with these operands, run by a script in `directory`, looks into the file at `path`.
bool in_scope(const GrepCommand& grep, const Values& words, std::string_view path, std::string_view directory) {
  if (grep.files.empty()) return true;
  return std::any_of(grep.files.begin(), grep.files.end(), [&](std::size_t i) {
    const auto& scope = *words[i].text;
    if (!words[i].known || scope.find_first_of("*?[") != std::string::npos) return true;
    for (const auto& root : {normalised_path(directory, scope), normalised_path({}, scope)})
      if (root.empty() || path == root ||
          (path.starts_with(root) && path.size() > root.size() && path[root.size()] == '/'))
        return true;
    return false;
  });
}

/// Does the pipeline, by its raw words, run the file of that name instead of making it?
bool executes_one(const Pipeline& pipeline, std::string_view file) {
  return std::any_of(pipeline.stages.begin(), pipeline.stages.end(), [&](const Command& command) {
    if (command.words.size() < 2) return false;
    const auto name = path_basename(command.words.front().raw);
    const bool runs = is_shell(name) || is_language(name) || name == "." || name == "source" ||
                      has_program_sources(name) || name.starts_with('$') || name == "make_include";
    return runs && std::any_of(command.words.begin() + 1, command.words.end(),
                               [&](const ShellWord& word) { return written_name(word.raw) == file; });
  });
}

}  // namespace

/// The words of a command that name files to read.
Values Interpreter::operand_names(const FilterPlan& plan, const Fields& words) {
  Values names;
  for (const auto i : plan.files) {
    auto name = words[i];
    if (name.text->starts_with("if=")) name.text = std::make_shared<const std::string>(name.text->substr(3));  // dd
    names.push_back(std::move(name));
  }
  return names;
}

/// Of the names in a program text those that are files of the tree, or that the script writes.
Values Interpreter::files_named(const FilterPlan& plan, const Fields& words, const Frame& frame) {
  Values names;
  for (const auto& name : plan.named_files) {
    auto value = Value::of(name, joined(words));
    // Programs say where a file is as seen from somewhere else: from their own directory, or from that of their package.
    if (resolve(name, frame).empty() && is_in_test_data(name)) {
      value.text = std::make_shared<const std::string>(std::string(1, k_unknown_part) + "/" + name);
      value.known = false;
    }
    if (file_content(value, frame).carries_content()) names.push_back(std::move(value));
  }
  return names;
}

/// What a filter reads: the files it names, one after the other, or what is left of its input.
Value Interpreter::filter_input(const FilterPlan& plan, const Fields& words, Input*& input, const Frame& frame) {
  auto names = operand_names(plan, words);
  const bool piped = input != nullptr && input->value.carries_content();
  if (names.empty() && !piped) names = files_named(plan, words, frame);
  if (names.empty()) return input != nullptr ? input->value : Value::of({});
  input = nullptr;
  constexpr std::size_t k_most_files = 256;
  auto read = file_content(names.front(), frame);
  for (std::size_t i = 1; i < std::min(names.size(), k_most_files); ++i) {
    const auto content = file_content(names[i], frame);
    if (read.text->size() + content.text->size() > m_options.max_stage) continue;
    read = {std::make_shared<const std::string>(*read.text + *content.text), read.known && content.known,
            join(read.trace, content.trace), 0};
  }
  return read;
}

/// Loops and functions come by the same commands again and again, and the programs in their words have to be compiled.
std::shared_ptr<const std::optional<FilterPlan>> Interpreter::plan_of(const std::vector<std::string>& words) {
  constexpr std::size_t k_most_plans = 2048, k_longest_words = 4096;
  if (const auto known = m_plans.find(words); known != m_plans.end()) return known->second;
  auto plan = std::make_shared<const std::optional<FilterPlan>>(plan_filter(words));
  std::size_t size = 0;
  for (const auto& word : words) size += word.size();
  if (m_plans.size() < k_most_plans && size <= k_longest_words) m_plans.emplace(words, plan);
  return plan;
}

Values Interpreter::run_filter(const Fields& words, Input* input, const Frame& frame) {
  const auto texts = texts_of(words);
  const auto planned = plan_of(texts);
  const auto& plan = *planned;
  if (!plan) return run_unknown(words, input, frame);
  take_harvest(*plan, texts, frame);
  const auto read = filter_input(*plan, words, input, frame);
  auto before = read.trace;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (std::find(plan->files.begin(), plan->files.end(), i) == plan->files.end())
      before = join(before, words[i].trace);
  // What a script has encoded in itself is hidden as well as what lies beside it.
  if (!before && plan->kind == FilterKind::decode && read.known && !read.text->empty())
    before = extended(step(StepKind::read, "takes text that it has in itself", frame), {});
  const auto traced = [&](const std::string& what) {
    if (!before || (plan->kind == FilterKind::pass && !plan->disguised)) return before;
    return extended(step(step_kind(plan->kind), what, frame), {before});
  };
  const auto name = path_basename(texts[0]);
  const auto trace =
      traced(plan->disguised ? fmt::format("reads it with a {} that does nothing but that", name) : plan->what);
  const bool computes = read.known && plan->run && m_bytes <= m_options.max_bytes;
  if (!computes && plan->kind == FilterKind::pass) return {{read.text, read.known, trace, read.line}};
  const std::size_t from = input != nullptr ? std::min(input->at, read.text->size()) : 0;
  auto output = computes ? compute(*plan, std::string_view{*read.text}.substr(from)) : std::nullopt;
  const auto executing = fmt::format("executes the result in {}", name);
  if (!output) {
    if (plan->executes) arrive(Value::unknown(trace), true, executing, frame);
    return {Value::unknown(trace)};
  }
  if (input != nullptr) input->at = from + output->consumed;
  // What a disguised or plain cat prints is what it read: shared, and still written down where it was.
  const auto line = plan->kind == FilterKind::pass || !trace ? read.line : 0;
  Value printed{std::make_shared<const std::string>(std::move(output->bytes)), true,
                output->what.empty() ? trace : traced(output->what), line};
  if (plan->executes) arrive(printed, true, executing, frame);
  if (!output->executed.empty())
    arrive(Value::of(std::move(output->executed), trace), true, "hands the result to a shell", frame);
  return {std::move(printed)};
}

/// Run the plan on bytes that are known, and note where that ends.
std::optional<FilterOutput> Interpreter::compute(const FilterPlan& plan, std::string_view input) {
  auto output = plan.run(input, {m_decompress, m_options.max_stage, &m_program_steps, &m_archives});
  if (m_program_steps == 0 && m_noted.emplace("awk").second)
    m_coverage.add("build scripts", fmt::format("their awk programs take more than {} steps; the rest was not computed",
                                                m_options.max_program_steps));
  if (m_archives.exhausted() && m_noted.emplace("unpacked").second)
    m_coverage.add("build scripts",
                   fmt::format("the archives they unpack come to more than {} bytes; the rest was not looked into",
                               m_options.max_unpacked));
  if (!output) return std::nullopt;
  m_bytes += output->bytes.size();
  if (m_bytes > m_options.max_bytes)
    m_coverage.add("build scripts", "the bytes they produce are more than are followed; the rest was not evaluated");
  return output;
}

void Interpreter::take_harvest(const FilterPlan& plan, const std::vector<std::string>& words, const Frame& frame) {
  if (plan.harvest.empty()) return;
  std::string text;
  for (const auto& word : words)
    if (text.size() < 200) text += (text.empty() ? "" : " ") + word.substr(0, 200);
  const ScriptPlace place{frame.unit->path(), frame.line, std::move(text)};
  auto found = plan.harvest;
  for (auto& item : found.byte_maps) item.place = place;
  for (auto& item : found.xor_keys) item.place = place;
  for (auto& item : found.slices) item.place = place;
  for (auto& item : found.decoders) item.place = place;
  m_harvest.merge(found);
}

/// A grep over files of the tree that prints names or places.
Values Interpreter::run_grep(const Fields& words, const Frame& frame) {
  const auto grep = parse_grep(texts_of(words));
  if (!grep) return {Value::unknown(joined(words))};
  const auto* matches = m_tree.matches(*grep, m_coverage);
  if (matches == nullptr) return {Value::unknown()};
  std::vector<TreeMatch> found;
  for (const auto& match : *matches)
    if (match.entry->path != frame.unit->path() && in_scope(*grep, words, match.entry->path, frame.unit->directory()))
      found.push_back(match);
  if (found.empty()) return {Value::of({})};
  const auto is_binary = [](const TreeMatch& match) { return match.binary; };
  const auto binary = std::count_if(found.begin(), found.end(), is_binary);
  const auto& first = binary > 0 ? *std::find_if(found.begin(), found.end(), is_binary) : found.front();
  const auto& only = first.entry->path;
  const auto same = [&](const PatternHit& hit) { return hit.unit == frame.unit && hit.pattern == grep->shown; };
  if (binary == 1 && found.size() == 1 && std::none_of(m_pattern_hits.begin(), m_pattern_hits.end(), same))
    m_pattern_hits.push_back({frame.unit, frame.line, grep->shown, only, first.offset});
  auto what = fmt::format("searches the tree for the pattern '{}', which matches {}", grep->shown,
                          found.size() == 1 ? fmt::format("only {}", only)
                          : binary == 1     ? fmt::format("{} files, of which only {} is binary", found.size(), only)
                                            : fmt::format("{} files", found.size()));
  auto trace = extended(step(StepKind::search, std::move(what), frame), {joined(words)},
                        binary == 1 || found.size() == 1 ? only : std::string{});
  if (found.size() <= 4)
    for (const auto& match : found) m_found.try_emplace({frame.unit, match.entry->path}, trace);
  if (!grep->names_only && !grep->byte_offset) {
    auto lines = grep_lines(*grep, found, frame);
    lines.trace = join(trace, lines.trace);
    return {std::move(lines)};
  }
  std::string text;
  for (const auto& match : found) {
    if (text.size() > 4096) break;
    text += match.entry->path;
    if (!grep->names_only) text += ":" + std::to_string(match.offset) + ":" + match.text;
    text += '\n';
  }
  return {Value::of(std::move(text), std::move(trace))};
}

/// The lines (or parts of lines) that a recursive grep prints, without the names in front of them.
Value Interpreter::grep_lines(const GrepCommand& grep, const std::vector<TreeMatch>& matches, const Frame& frame) {
  constexpr std::size_t k_most_read = 4;
  const auto regex = Regex::compile(grep.re2, grep.ignore_case, grep.whole_word);
  if (!regex || matches.size() > k_most_read) return Value::unknown();
  auto result = Value::of({});
  std::string text;
  for (const auto& match : matches) {
    const auto content = m_tree.read(*match.entry, m_coverage);
    result.trace = join(result.trace, extended(step(StepKind::read, fmt::format("reads {}", match.entry->path), frame),
                                               {}, match.entry->path));
    if (!content) return Value::unknown(result.trace);
    for (const auto line : split_lines(*content)) {
      const auto place = regex->find(line, 0);
      if (!place) continue;
      text += grep.only_matching ? line.substr(place->first, place->second - place->first) : line;
      text += '\n';
    }
  }
  result.text = std::make_shared<const std::string>(std::move(text));
  return result;
}

Values Interpreter::run_find(const Fields& words, Input* input, const Frame& frame) {
  std::vector<std::string> roots;
  std::string glob;
  Fields command;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto& word = *words[i].text;
    if ((word == "-name" || word == "-iname") && i + 1 < words.size()) glob = *words[++i].text;
    else if (word == "-exec" || word == "-execdir") {
      for (++i; i < words.size() && *words[i].text != ";" && *words[i].text != "+"; ++i) command.push_back(words[i]);
    } else if (glob.empty() && command.empty() && !word.starts_with('-') && !word.starts_with('(') &&
               !word.starts_with('!') && (i == 1 || !words[i - 1].text->starts_with('-'))) {
      roots.push_back(word);
    }
  }
  std::string names;
  Fields found;
  const auto root = roots.empty() ? std::string{"."} : roots.front();
  const auto entries =
      m_tree.find_below(root, frame.directory.empty() ? frame.unit->directory() : frame.directory, glob);
  const auto trace =
      glob.empty() ? joined(words)
                   : extended(step(StepKind::search, fmt::format("looks for files named {}", shown(glob, 60)), frame),
                              {joined(words)}, entries.size() == 1 ? entries.front()->path : std::string{});
  for (const auto* entry : entries) {
    names += entry->path + "\n";
    found.push_back(Value::of(entry->path, trace));
  }
  if (command.empty()) return {Value::of(std::move(names), trace)};
  Fields full;
  for (const auto& word : command) {
    if (*word.text == "{}")
      full.insert(full.end(), found.begin(),
                  found.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(found.size(), 16)));
    else full.push_back(word);
  }
  return full.empty() ? Values{} : run_words(full, input, frame);
}

const std::vector<const TreeEntry*>& Interpreter::resolve(std::string_view name, const Frame& frame) {
  if (!frame.directory.empty())
    if (const auto& found = m_tree.resolve(name, frame.directory); !found.empty()) return found;
  return m_tree.resolve(name, frame.unit->directory());
}

Value Interpreter::file_content(const Value& name, const Frame& frame) {
  const auto entries = resolve(*name.text, frame);
  if (entries.empty()) {
    if (const auto process = m_process_files.find(*name.text); process != m_process_files.end()) return process->second;
    if (auto written = written_content(name, frame)) return std::move(*written);
    if (auto unpacked = unpacked_content(name, frame)) return std::move(*unpacked);
    return Value::unknown(name.trace);
  }
  Value result;
  for (const auto* entry : entries) {
    const auto content = m_tree.read(*entry, m_coverage);
    auto before = name.trace;
    if (const auto it = m_found.find(std::pair{frame.unit, entry->path}); !before && it != m_found.end())
      before = it->second;
    auto trace =
        extended(step(StepKind::read, fmt::format("reads {}", entry->path), frame), {std::move(before)}, entry->path);
    if (!content) return Value::unknown(trace);
    if (!result.text) {
      result = {content, true, std::move(trace), 0};
    } else if (result.text->size() + content->size() <= m_options.max_stage) {
      result = {std::make_shared<const std::string>(*result.text + *content), true, join(result.trace, trace), 0};
    }
  }
  return result;
}

/// The places that write to a file of that name: as written down, or as the names evaluate (`> "$tmp"`).
const std::vector<WrittenFile>* Interpreter::find_written(const ScriptUnit& unit, const std::string& name,
                                                          const Frame& frame) {
  if (const auto* places = unit.written(written_name(name))) return places;
  const auto [slot, fresh] = m_written.try_emplace(&unit);
  if (fresh) {
    for (const auto& [raw, places] : unit.all_written()) {
      if (raw.find('$') == std::string_view::npos) continue;
      Frame inner = frame.deeper();
      inner.unit = &unit;
      for (const auto& value : expand_whole({raw, 0}, inner))
        if (value.text->size() > 1) slot->second.emplace(path_basename(*value.text), &places);
    }
  }
  const auto it = slot->second.find(std::string{path_basename(name)});
  return it == slot->second.end() ? nullptr : it->second;
}

/// What the script itself writes to a file of that name.
std::optional<Value> Interpreter::written_content(const Value& name, const Frame& frame) {
  for (const auto* unit = frame.unit; unit != nullptr; unit = unit->parent()) {
    const auto* places = find_written(*unit, *name.text, frame);
    if (places == nullptr) continue;
    if (!m_reading.insert(places).second) return std::nullopt;
    std::optional<Value> best;
    for (const auto& place : *places) {
      auto inner = frame.deeper();
      inner.unit = unit;
      for (auto& value : written_by(place, *unit, inner))
        if (!best || value.carries_content() || !best->known) best = std::move(value);
    }
    m_reading.erase(places);
    return best;
  }
  return std::nullopt;
}

/// What the commands that speak of a file have read, where none is known to write it: one of them may have.
std::optional<Value> Interpreter::mentioned_content(const Value& name, const Frame& frame) {
  const auto base = path_basename(*name.text);
  if (base.empty() || base.find_first_of("*?[$\x01") != std::string_view::npos) return std::nullopt;
  for (const auto* unit = frame.unit; unit != nullptr; unit = unit->parent()) {
    for (const auto* pipeline : unit->mentions(base)) {
      if (executes_one(*pipeline, base) || !m_reading.insert(pipeline).second) continue;
      auto inner = frame.deeper();
      inner.unit = unit;
      const auto values = run_pipeline(*pipeline, nullptr, inner, true);
      m_reading.erase(pipeline);
      for (const auto& value : values)
        if (value.carries_content() && !value.known) return value;
    }
  }
  return std::nullopt;
}

/// A member, by its last name, of an archive that the script unpacks to disk.
std::optional<Value> Interpreter::unpacked_content(const Value& name, const Frame& frame) {
  constexpr std::size_t k_most_archives = 4;
  const auto wanted = path_basename(*name.text);
  if (wanted.empty() || wanted.find_first_of("*?[$") != std::string_view::npos) return std::nullopt;
  for (const auto* unit = frame.unit; unit != nullptr; unit = unit->parent()) {
    for (std::size_t i = 0; i < std::min(unit->unpackings().size(), k_most_archives); ++i) {
      const auto* command = unit->unpackings()[i];
      if (!m_reading.insert(command).second) continue;
      auto inner = frame.deeper().at(command->line);
      inner.unit = unit;
      std::optional<Value> found;
      for (const auto& words : expand(command->words, 0, inner)) {
        if (words.size() < 2 || found) continue;
        const bool zip = path_basename(*words.front().text) == "unzip";
        for (std::size_t k = 1; k < words.size() && !found; ++k) {
          if (words[k].text->starts_with('-') || m_tree.resolve(*words[k].text, unit->directory()).size() != 1)
            continue;
          const Fields asked{Value::of(zip ? "unzip" : "tar"), Value::of(zip ? "-p" : "-xOf"), words[k],
                             Value::of("*" + std::string{wanted})};
          for (auto& value : run_filter(asked, nullptr, inner))
            if (value.known && value.carries_content() && !value.text->empty()) found = std::move(value);
        }
      }
      m_reading.erase(command);
      if (found) return found;
    }
  }
  return std::nullopt;
}

Values Interpreter::written_by(const WrittenFile& place, const ScriptUnit& unit, const Frame& frame) {
  if (place.pipeline != nullptr) return run_pipeline(*place.pipeline, nullptr, frame, true);
  Values contents;
  Frame inner = frame;
  inner.unit = &unit;
  for (const auto& name : expand_whole(place.source, inner)) contents.push_back(file_content(name, inner));
  return contents;
}

}  // namespace assay::inspect
