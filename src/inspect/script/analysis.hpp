// What the build scripts of a tree do with the bytes of its files, followed without running anything: from the file,
// through the filters, to whatever executes the result.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "archive/budget.hpp"
#include "base/bytes.hpp"
#include "inspect/script/filters.hpp"
#include "inspect/script/harvest.hpp"
#include "inspect/script/source.hpp"
#include "inspect/tree_access.hpp"
#include "model/finding.hpp"

namespace assay::inspect {

enum class StepKind : std::uint8_t {
  search,   ///< searches the tree for a pattern or by name
  read,     ///< reads a file of the tree
  fetch,    ///< fetches something from the network
  map,      ///< replaces bytes
  carve,    ///< cuts a part out
  decode,   ///< undoes an encoding, compression or encryption
  text,     ///< edits text
  program,  ///< runs a program that is not followed
  name,     ///< takes the name of a command from data
  divert,   ///< has a variable that chooses what is run lead to it
  shadow,   ///< puts it where something else is looked for first
  execute,  ///< hands it to an interpreter
  write,    ///< writes it where the build takes it from
};

std::string_view to_string(StepKind kind) noexcept;

/// One thing a script does on the way.
struct FlowStep {
  StepKind kind = StepKind::read;
  std::string script;      ///< path of the script; of a decoded stage "PATH!stage N"
  std::uint64_t line = 0;  ///< 1-based
  bool novel = false;      ///< the line stands nowhere it could innocently come from
  std::string what;        ///< "decodes it as xz", raw text
};

/// What came out of a file after decoding.
struct DecodedStage {
  std::string name;  ///< "FILE!stage 1"
  Bytes bytes;
  bool truncated = false;  ///< a bound was hit; there is more
};

/// Bytes on their way from files of the tree, or from the network, to an interpreter or into the build.
struct Flow {
  std::vector<FlowStep> steps;       ///< in the order in which the bytes travel; the last one executes or writes
  std::vector<std::string> files;    ///< of the tree, whose bytes flow
  std::vector<DecodedStage> stages;  ///< outermost first; empty where the bytes could not be computed
  std::vector<std::string> also_in;  ///< other scripts with the same flow: the m4 file that `configure` was made from
  std::vector<std::uint64_t> also_lines;  ///< where the flow begins in each of those, 1-based
  Severity severity = Severity::low;
  bool from_binary = false;  ///< a file is binary, or stands among the tests
  bool from_data = false;    ///< a file is binary, or data of the tests by its name: nothing a build would run
  bool decodes = false;      ///< a step undoes something
  bool opaque = false;       ///< a step is a program that is not followed
  bool unreviewed = false;   ///< there was a comparison, and a line that moves the bytes is not in version control
  bool diverted = false;     ///< a variable that chooses what is run names the file
  bool configures = false;   ///< the script is one that whoever builds runs first: configure, its macros, CMake, Meson
  bool fetched = false;      ///< bytes come from the network
  bool executes = false;     ///< ends in an interpreter, not only in a file of the build
  std::string fingerprint;   ///< of the finding that speaks of it
};

/// "configure (novel line 123) searches …, maps …, decodes … and pipes the result to a shell"; for display.
std::string describe(const Flow& flow);

struct ScriptOptions {
  std::uint64_t max_file = 32ULL << 20;          ///< larger files are not put through filters
  std::uint64_t max_searched = 80ULL << 20;      ///< larger files are not searched for the patterns that scripts name
  std::uint64_t max_stage = 16ULL << 20;         ///< bytes of one stage
  std::uint64_t max_bytes = 256ULL << 20;        ///< bytes of all stages together
  std::uint64_t max_unpacked = 512ULL << 20;     ///< bytes unpacked to look for files in archives
  std::uint64_t max_steps = 40'000;              ///< words and commands evaluated to follow one command of a script
  std::uint64_t max_all_steps = 4'000'000;       ///< the same for all scripts together
  std::uint64_t max_program_steps = 40'000'000;  ///< of awk programs, all together
  std::size_t max_patterns = 32;                 ///< patterns the tree is searched for
  archive::Deadline deadline{Limits{}.time};     ///< scripts that are left then are not read
  unsigned max_depth = 3;                        ///< decoded stages that are scripts themselves
  /// Which scripts to read; default: all. The files that they read are taken from the whole tree.
  std::function<bool(const TreeEntry&)> want{};
  Decompress decompress;  ///< empty: archive_decompress()
};

struct ScriptAnalysis {
  std::vector<Flow> flows;  ///< most severe first
  Harvest harvest;          ///< of all scripts and of the decoded stages
  std::vector<Finding> findings;
  Coverage coverage;
  std::size_t scripts = 0;  ///< how many were read
};

/// Examine every build script of `tree`. `facts` says what is known about each file; default-constructed facts where
/// there was no comparison.
ScriptAnalysis analyse_scripts(TreeAccess& tree, const FactsOf& facts, const ScriptOptions& options = {});

/// Do the variables that a script assigns mean the same in other scripts of the build (configure, its macro files,
/// makefiles)? Such scripts can only be followed together.
bool shares_names(ScriptKind kind, std::string_view path) noexcept;

/// Every rule analyse_scripts() can report.
std::span<const Rule> script_rules() noexcept;

}  // namespace assay::inspect
