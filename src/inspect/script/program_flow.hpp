// Does a program in a language without shell syntax (Python, perl, Ruby, JavaScript, R) execute what it has got from data
// of the tests? Followed from statement to statement by the names of variables and functions: from the statement that
// names the file to the one that hands it, or what was read of it, to an interpreter. Nothing is parsed.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "inspect/script/source.hpp"

namespace assay::inspect {

struct ProgramFlow {
  bool executes = false;
  std::size_t execution = 0;       ///< offset of the statement that does
  std::vector<std::string> files;  ///< that it has them from, as far as that is known
  std::string statements;          ///< that lead there, each on lines of its own
};

/// Two ways to be executed: as a program, for which it is enough that a statement knows the file (`exec(open(f).read())`,
/// `do "f"`, `SourceFileLoader("x", f)`); as the text of a command, for which it has to be content (`os.system(data)`), since
/// programs hand names of files to others all the time. Linear in the size of `program`; `language` is ScriptKind::none
/// where it is not known.
ProgramFlow follow_data(std::string_view program, ScriptKind language);

/// Does it name data of the tests, as one literal or as several that are put together?
bool names_test_data(std::string_view program);

/// Literals that look like names of files: no blanks, and a dot or a slash in them. Those that are put together to a path
/// count as one as well. So many of each program; of data of the tests some more.
std::vector<std::string> names_in_program(std::string_view program);

}  // namespace assay::inspect
