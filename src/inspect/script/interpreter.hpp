// An abstract interpreter for shell text: computes what commands would print, for the sets of values that variables may
// have anywhere in the script, and notes where bytes of files come to an interpreter. It runs nothing. It does not
// follow control flow: every assignment counts, in the order of the text, and every branch is taken.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "archive/budget.hpp"
#include "inspect/script/source_tree.hpp"
#include "inspect/script/unit.hpp"
#include "inspect/script/unpacked_archives.hpp"
#include "inspect/script/values.hpp"

namespace assay::inspect {

/// Bytes of files have come to something that executes them or builds from them.
struct Arrival {
  const ScriptUnit* unit = nullptr;
  std::uint32_t line = 0;
  bool executes = false;
  Value value;  ///< what arrives; its trace ends in the executing or writing step
};

/// A script searches the tree for a pattern that stands in one binary file and nowhere else.
struct PatternHit {
  const ScriptUnit* unit = nullptr;
  std::uint32_t line = 0;
  std::string pattern;  ///< as written
  std::string file;
  std::uint64_t offset = 0;
};

/// Names that mean the same in all files of a build: what configure and its macro files assign. Where builds are nested,
/// each has its own.
class SharedNames {
 public:
  using Places = std::vector<std::pair<const ScriptUnit*, const Definition*>>;
  void add(std::string_view name, const ScriptUnit& unit, const Definition& definition);
  /// Those of the build that `unit` belongs to; else those of any.
  const Places* find(std::string_view name, const ScriptUnit& unit) const;

 private:
  struct Name {
    Places all;
    std::map<std::string_view, Places> of_build;
  };
  std::unordered_map<std::string_view, Name> m_names;
};

class Interpreter {
 public:
  Interpreter(SourceTree& tree, const ScriptOptions& options, const Decompress& decompress, Coverage& coverage);

  /// Follow all of `unit` that may execute something; arrivals are added to `arrivals()`.
  void run(const ScriptUnit& unit, const SharedNames& shared);
  std::vector<Arrival>& arrivals() noexcept { return m_arrivals; }
  const std::vector<PatternHit>& pattern_hits() const noexcept { return m_pattern_hits; }
  /// What the evaluated commands say about bytes, those put together from variables too.
  const Harvest& harvest() const noexcept { return m_harvest; }
  /// Forget what was computed, not what was read: for another round after SourceTree::search().
  void reset();

 private:
  struct Binding {
    std::string_view name;
    const Value* value;
    const Binding* next;
    bool of_loop;  ///< a loop's variable; else the value an assignment sees of what it assigns
  };
  struct Frame {
    const ScriptUnit* unit = nullptr;
    std::uint32_t line = 0;
    unsigned depth = 0;
    const Values* arguments = nullptr;  ///< $1 … of a function; null outside
    const Binding* bindings = nullptr;
    std::uint64_t context = 0;     ///< tells the values of loops and the arguments of calls apart
    std::string_view directory{};  ///< where a `cd` has led to, in the tree; empty: where the script stands
    bool evaluated = false;        ///< text that the script has put together: its assignments stand nowhere else
    Frame at(std::uint32_t other) const {
      auto frame = *this;
      if (other != 0) frame.line = other;
      return frame;
    }
    Frame deeper() const {
      auto frame = *this;
      ++frame.depth;
      return frame;
    }
  };
  /// Values that names have in the rest of a list of commands.
  struct Scope {
    std::deque<Value> values;
    std::deque<Binding> bindings;
    void bind(std::string_view name, Value value, Frame& frame);
  };
  /// Standard input, shared by the commands of a group: each takes from where the last one left off.
  struct Input {
    Value value;
    std::size_t at = 0;
  };
  using Fields = Values;

  // Finding what is worth evaluating (reach.cpp is about files, this about commands).
  void visit(const std::vector<Pipeline>& pipelines, const Frame& frame);
  void visit_pipeline(const Pipeline& pipeline, const Frame& frame);
  void note_exhausted(const Frame& frame);
  void note_too_long(std::size_t most, const Frame& frame);
  void visit_eval(const Command& command, const Frame& frame);
  void visit_words(const Command& command, const Frame& frame);
  void visit_substitutions(const ShellWord& word, const Frame& frame);
  bool may_execute(const Pipeline& pipeline, const Frame& frame);
  bool may_execute(const Command& command, bool piped, const Frame& frame);
  bool may_execute(std::string_view name, const Command& command, bool piped, const Frame& frame);
  bool eval_may_execute(const Command& command, const Frame& frame);
  static bool sed_may_execute(const Command& command);
  bool is_program_file(std::string_view name, const Frame& frame);
  void visit_written(const Pipeline& pipeline, const Frame& frame);

  // Variables that choose what is run.
  static bool governs(std::string_view name);
  void visit_settings(const ScriptUnit& unit);
  void visit_settings(const Command& command, const Frame& frame);
  void visit_git_settings(const Command& command, const Frame& frame);
  void examine_git_setting(const std::string& name, const Values& values, const Frame& frame);
  void examine_setting(std::string_view name, const Values& values, const Frame& frame);
  void examine_command_setting(std::string_view name, const Value& value, const Frame& frame);
  void examine_flags(std::string_view name, const Value& value, const Frame& frame);
  void examine_directory(std::string_view variable, const Value& value, std::string_view name, const Frame& frame);
  std::optional<std::string> first_taken(std::string_view variable, const std::string& directory, const Frame& frame);
  std::optional<Value> test_data(const Value& value, std::string_view name, const Frame& frame);
  Value diverted(Value value, std::string what, const Frame& frame) const;

  // Commands.
  Values run_list(const std::vector<Pipeline>& list, Input* input, const Frame& frame);
  Values run_pipeline(const Pipeline& pipeline, Input* input, const Frame& frame, bool keep_output = false);
  Values run_command(const Command& command, Input* input, const Frame& frame, bool keep_output);
  Values run_loop(const Command& command, Input* input, const Frame& frame);
  Values run_read_loop(const Command& command, const Command& read, Input& input, const Frame& frame);
  Values run_characters(const Fields& words, const Frame& frame);
  Values run_simple(const Command& command, Input* input, const Frame& frame);
  Values run_words(Fields words, Input* input, const Frame& frame);
  Values run_eval(const Fields& words, Input* input, const Frame& frame);
  Values run_shell(const Fields& words, Input* input, const Frame& frame);
  Values run_language(const Fields& words, Input* input, const Frame& frame);
  Values run_function(const Command& function, const Fields& words, Input* input, const Frame& frame);
  std::shared_ptr<const std::optional<FilterPlan>> plan_of(const std::vector<std::string>& words);
  Values run_filter(const Fields& words, Input* input, const Frame& frame);
  Value filter_input(const FilterPlan& plan, const Fields& words, Input*& input, const Frame& frame);
  std::optional<FilterOutput> compute(const FilterPlan& plan, std::string_view input);
  static Values operand_names(const FilterPlan& plan, const Fields& words);
  Values files_named(const FilterPlan& plan, const Fields& words, const Frame& frame);
  void take_harvest(const FilterPlan& plan, const std::vector<std::string>& words, const Frame& frame);
  Values run_grep(const Fields& words, const Frame& frame);
  Value grep_lines(const GrepCommand& grep, const std::vector<TreeMatch>& matches, const Frame& frame);
  Values run_find(const Fields& words, Input* input, const Frame& frame);
  Values run_fetch(const Fields& words, const Frame& frame);
  Values run_xargs(const Fields& words, Input* input, const Frame& frame);
  Values run_unknown(const Fields& words, Input* input, const Frame& frame);
  std::string listing(const std::string& name, const Frame& frame);
  void change_directory(const Pipeline& pipeline, Frame& frame);
  void feed_process(std::string_view commands, const Value& value, const Frame& frame);
  std::vector<std::pair<std::string_view, Value>> assigned_by(const Pipeline& pipeline, const Frame& frame);

  // What executes a file, or builds from one.
  void run_programs(const Fields& words, Input* input, const Frame& frame);
  void run_sed_commands(const Fields& words, Input* input, const Frame& frame);
  void run_compiler(const Fields& words, Input* input, const Frame& frame);
  void run_command_options(const Fields& words, Input* input, const Frame& frame);
  void run_includes(const Value& source, const Frame& frame);
  Values run_file(const Value& name, const Fields& words, std::size_t first, std::string_view what, Input* input,
                  const Frame& frame);
  Values run_written_text(const Value& content, const Fields& words, std::size_t first, Input* input,
                          const Frame& frame);
  std::optional<Value> program_content(const Value& name, const Frame& frame);
  Values run_text(const std::string& text, std::uint32_t line, Input* input, const Frame& frame);
  void redirect_input(const Command& command, const Frame& frame, Input& storage, Input*& input);
  static bool output_is_dropped(const Command& command);

  // Words.
  std::vector<Fields> expand(const std::vector<ShellWord>& words, std::size_t first, const Frame& frame);
  std::vector<Fields> expand(const ShellWord& word, const Frame& frame, bool split = true);
  Values expand_whole(const ShellWord& word, const Frame& frame);
  class Expansion;
  Values expand_array(const ShellWord& word, const Frame& frame);
  Values substitute(std::string_view text, const Frame& frame);
  Value process_file(std::string_view commands, const Frame& frame);
  Values replaced_tool(std::string_view name, const Frame& frame);
  Values parameter(std::string_view inside, const Frame& frame);
  Values variable(std::string_view name, const Frame& frame);
  Values defined(std::string_view name, const Frame& frame, bool& is_defined);
  Values evaluate(const std::vector<std::pair<const ScriptUnit*, const Definition*>>& definitions,
                  std::string_view name, const Frame& frame);

  // Files.
  const std::vector<const TreeEntry*>& resolve(std::string_view name, const Frame& frame);
  std::optional<Value> mentioned_content(const Value& name, const Frame& frame);
  Value file_content(const Value& name, const Frame& frame);
  std::optional<Value> written_content(const Value& name, const Frame& frame);
  std::optional<Value> unpacked_content(const Value& name, const Frame& frame);
  const std::vector<WrittenFile>* find_written(const ScriptUnit& unit, const std::string& name, const Frame& frame);
  Values written_by(const WrittenFile& place, const ScriptUnit& unit, const Frame& frame);

  void arrive(Value value, bool executes, std::string what, const Frame& frame);
  FlowStep step(StepKind kind, std::string what, const Frame& frame) const;
  bool spend();
  std::string_view store(std::string text);

  SourceTree& m_tree;
  const ScriptOptions& m_options;
  const Decompress& m_decompress;
  Coverage& m_coverage;
  const SharedNames* m_shared = nullptr;
  std::vector<Arrival> m_arrivals;
  std::vector<PatternHit> m_pattern_hits;
  Harvest m_harvest;
  /// How a script came to know a file's name, for names that went through text that was evaluated again.
  std::map<std::pair<const ScriptUnit*, std::string>, Trace, std::less<>> m_found;
  std::set<std::pair<const ScriptUnit*, std::string>> m_arrived;
  std::map<std::pair<const ScriptUnit*, std::string_view>, Values> m_variables;
  /// Of variables whose value depends on loops or calls, by context; forgotten after each command.
  std::map<std::tuple<const ScriptUnit*, std::string_view, std::uint64_t>, Values> m_local_variables;
  std::set<std::pair<const ScriptUnit*, std::string_view>> m_evaluating;
  /// What the first word of a command may come to.
  std::map<std::pair<const ScriptUnit*, std::string_view>, Values> m_command_words;
  std::set<std::pair<const ScriptUnit*, std::uint64_t>> m_visited;          ///< texts that eval was given
  std::map<std::pair<const ScriptUnit*, std::uint64_t>, Values> m_outputs;  ///< what such texts print
  std::set<std::pair<const ScriptUnit*, std::uint64_t>> m_running;          ///< such texts, at present
  std::map<std::string, Value, std::less<>> m_process_files;  ///< what `<(…)` delivers, by the name it has
  std::set<const void*> m_reading;
  std::map<const ScriptUnit*, std::map<std::string, const std::vector<WrittenFile>*>> m_written;  ///< by evaluated name
  std::deque<std::string> m_texts;
  std::size_t m_text_bytes = 0;
  std::size_t m_width = k_most_values;                ///< values of one thing that are followed
  std::uint64_t m_steps = 0;                          ///< of the present command of a script's outermost level
  std::unordered_map<const void*, unsigned> m_calls;  ///< of functions, from the present command
  std::uint64_t m_all_steps = 0;
  std::uint64_t m_unit_steps = 0;  ///< of the present script
  std::set<std::string> m_noted;
  std::uint64_t m_local_uses = 0;  ///< how often a value was that of a call or a loop turn: such results are not kept
  std::uint64_t m_bytes = 0;
  std::map<std::vector<std::string>, std::shared_ptr<const std::optional<FilterPlan>>> m_plans;
  UnpackedArchives m_archives;
  const archive::Deadline m_deadline;
  bool m_late = false;
  std::uint64_t m_program_steps;  ///< that awk programs may still take, all together
  bool m_exhausted = false;
};

}  // namespace assay::inspect
