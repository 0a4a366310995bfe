// Filters that are programs themselves: awk, which is run within bounds, and one-liners of larger languages.
#include <fmt/format.h>

#include <cctype>
#include <memory>

#include "base/text.hpp"
#include "inspect/script/awk.hpp"
#include "inspect/script/filter_plans.hpp"
#include "inspect/script/program_text.hpp"

namespace assay::inspect::filters {

namespace {

constexpr std::uint64_t k_own_steps = 4'000'000;  ///< where the caller sets no bound

/// How often an awk program makes characters of numbers or breaks text into characters: what edits text does neither.
bool works_on_characters(std::string_view program) {
  const auto holds = [&](std::string_view word) { return program.find(word) != std::string_view::npos; };
  return holds("%c") || holds("xor(") || (holds("substr(") && holds("index(")) || holds("strtonum(");
}

FilterPlan rc4_plan(const Arguments& arguments, std::vector<std::size_t> files) {
  const auto name = std::string{path_basename(arguments[0])};
  FilterPlan plan{
      FilterKind::decode, fmt::format("decrypts it with RC4 written in {}", name), false, std::move(files), {}, {}, {}};
  plan.harvest.add(HarvestedDecoder{Decoder::rc4_awk, name, {}});
  return plan;
}

/// `name=value` among the operands is an assignment that is made before the files behind it are read.
AwkInput awk_input(const Arguments& arguments, const Options& options) {
  AwkInput input;
  if (options.has("F")) input.separator = options.value({"F"}) == "\\t" ? "\t" : std::string{options.value({"F"})};
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (word == "-v" && i + 1 < arguments.size()) word = arguments[i + 1];
    else if (word.starts_with("-v")) word.remove_prefix(2);
    else continue;
    const auto equals = word.find('=');
    if (equals != std::string_view::npos) input.variables.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return input;
}

}  // namespace

Plan plan_awk(const Arguments& arguments) {
  const auto options = parse_options(arguments, "vFf");
  if (options.has("f") || options.operands.empty()) return std::nullopt;
  const auto& text = arguments[options.operands.front()];
  std::vector<std::size_t> files{options.operands.begin() + 1, options.operands.end()};
  const bool rc4 = looks_like_rc4(text);
  const bool on_characters = works_on_characters(text);
  FilterPlan plan{on_characters ? FilterKind::decode : FilterKind::text,
                  fmt::format("edits it with {}", shown(arguments)),
                  false,
                  files,
                  {},
                  {},
                  {}};
  if (rc4) plan = rc4_plan(arguments, files);
  else if (on_characters) plan.what = fmt::format("computes characters with {}", shown(arguments));
  for (const auto& key : xor_keys_of(text)) plan.harvest.add(HarvestedKey{key, {}});
  auto program = AwkProgram::parse(text);
  if (!program) {
    if (!rc4) plan.kind = FilterKind::program;
    return plan;
  }
  plan.run = [program = std::make_shared<AwkProgram>(std::move(*program)), settings = awk_input(arguments, options)](
                 std::string_view input, const FilterContext& context) -> std::optional<FilterOutput> {
    auto own = k_own_steps;
    auto given = settings;
    given.text = input;
    auto result = program->run(given, context.max_output, context.steps != nullptr ? *context.steps : own);
    if (!result) return std::nullopt;
    auto output = whole(std::move(result->output), input);
    output.executed = std::move(result->executed);
    return output;
  };
  return plan;
}

namespace {

ScriptKind language_of(std::string_view interpreter) {
  if (interpreter.starts_with("python") || interpreter.starts_with("pypy")) return ScriptKind::python;
  if (interpreter.starts_with("perl")) return ScriptKind::perl;
  if (interpreter.starts_with("ruby")) return ScriptKind::ruby;
  if (interpreter == "Rscript" || interpreter == "R") return ScriptKind::r;
  const bool javascript =
      interpreter == "node" || interpreter == "nodejs" || interpreter == "deno" || interpreter == "bun";
  return javascript ? ScriptKind::javascript : ScriptKind::none;
}

FilterPlan plan_of_program(const Arguments& arguments, std::string_view text, std::vector<std::size_t> files) {
  if (looks_like_rc4(text)) return rc4_plan(arguments, std::move(files));
  const auto name = path_basename(arguments[0]);
  auto program = std::make_shared<ProgramText>(read_program(text, language_of(name)));
  FilterPlan plan{FilterKind::program, fmt::format("runs it through {}", name), false, std::move(files), {}, {}, {}};
  for (const auto& key : program->keys) plan.harvest.add(HarvestedKey{key, {}});
  if (program->operations.empty()) {
    // How it makes sense of the bytes is not known; that it executes them is.
    plan.named_files = program->executes ? program->files : std::vector<std::string>{};
    plan.executes = program->executes && (!plan.named_files.empty() || !plan.files.empty());
    return plan;
  }
  const bool maps = std::all_of(program->operations.begin(), program->operations.end(),
                                [](const auto& operation) { return operation.kind == FilterKind::map; });
  plan.kind = maps ? FilterKind::map : FilterKind::decode;
  plan.what = program->describe();
  plan.named_files = program->files;
  plan.executes = program->executes;
  plan.run = [program](std::string_view input, const FilterContext& context) -> std::optional<FilterOutput> {
    auto applied = program->apply(input, context);
    if (!applied) return std::nullopt;
    auto output = whole(std::move(applied->first), input);
    output.what = std::move(applied->second);
    return output;
  };
  return plan;
}

/// The option that is followed by the program text.
bool takes_program(std::string_view option, std::string_view name) {
  if (option.starts_with("-M") || option.starts_with("-I") || option.starts_with("--")) return option == "--eval";
  const char last = option.back();
  if (name.starts_with("python")) return last == 'c';
  if (name == "php") return last == 'r';
  return last == 'e' || last == 'E' || last == 'p';
}

}  // namespace

Plan plan_script_language(const Arguments& arguments) {
  const auto name = path_basename(arguments[0]);
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (word.size() < 2 || word[0] != '-') return std::nullopt;
    if (!takes_program(word, name)) continue;
    if (i + 1 >= arguments.size()) return std::nullopt;
    std::vector<std::size_t> files;
    for (std::size_t k = i + 2; k < arguments.size(); ++k) files.push_back(k);
    return plan_of_program(arguments, arguments[i + 1], files);
  }
  return std::nullopt;
}

}  // namespace assay::inspect::filters
