// What single scripts say that honest scripts rarely do, without following any bytes. Each is weak evidence, and low or
// medium for it; correlation makes more of them.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/script/analysis.hpp"
#include "inspect/script/unit.hpp"

namespace assay::inspect {

class TraitCheck {
 public:
  TraitCheck(TreeAccess& tree, const FactsOf& facts) : m_tree(tree), m_facts(facts) {}
  /// Look at one script; `text` as it lies in the tree.
  void examine(const ScriptUnit& unit, std::string_view text);
  /// The file has so many NUL bytes, which a shell passes over and readers of text stop at.
  void note_nul(const ScriptUnit& unit, std::size_t count);
  /// What needs all scripts to have been seen; adds all findings to `analysis`.
  void finish(ScriptAnalysis& analysis);

 private:
  /// The fingerprint of the finding, which is there once for all lines that say the same.
  std::string add(const Rule& rule, const ScriptUnit& unit, std::uint64_t line, std::string message,
                  std::string_view evidence, Severity severity);
  void collect_written_assignments(std::string_view text);
  void examine_lines(const ScriptUnit& unit, std::string_view text);
  void examine_commands(const ScriptUnit& unit, const std::vector<Pipeline>& pipelines, unsigned depth);
  void examine_command(const ScriptUnit& unit, const Command& command);
  void examine_filter(const ScriptUnit& unit, const Command& command);
  void examine_eval(const ScriptUnit& unit, const Command& command);
  void examine_edit(const ScriptUnit& unit, const Command& command);
  void examine_manifest(const ScriptUnit& unit, std::string_view text);
  void examine_probes(const ScriptUnit& unit, std::string_view text);
  void collect_objects(const ScriptUnit& unit, std::string_view text);
  void finish_objects();
  /// Objects of one script, each with the source that it looks like.
  void add_lookalikes(const std::vector<std::pair<std::string_view, std::string_view>>& objects);
  void finish_flags();
  void finish_evals();

  struct Mention {
    std::string script;
    std::uint64_t line;
    bool novel;
  };
  TreeAccess& m_tree;
  const FactsOf& m_facts;
  std::vector<Finding> m_findings;
  bool m_overflown = false;                  ///< there would be more
  std::map<std::string, Mention> m_objects;  ///< object names in build scripts, by base name without suffix
  std::set<std::string> m_made;              ///< of those, the ones that a rule makes of a source
  std::set<std::string> m_assigned;
  struct Eval {
    std::string script;
    std::uint64_t line;
    std::string name;
    std::string text;
  };
  unsigned m_macro_flags = 0;                      ///< of the linker, on lines of macros that are not novel
  std::map<std::string, unsigned> m_linker_flags;  ///< of the linker, on novel lines, by the finding that tells them
  std::vector<Eval> m_evals;
};

}  // namespace assay::inspect
