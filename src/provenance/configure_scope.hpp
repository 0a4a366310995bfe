// What guards a line of configure.ac: an argument of a macro, a quotation, a block of the shell.
#pragma once
#include <string_view>

namespace assay::provenance {

/// Follows configure.ac as m4 reads it: a comment ends nothing, brackets quote, and what stands outside of both is shell or macro
/// calls. Where it loses its way, nothing that follows is open to all.
class ConfigureScope {
 public:
  void pass(std::string_view line);
  /// Does every path reach what comes next? No argument of a macro is open, and no block of the shell.
  bool is_open_to_all() const noexcept { return !m_lost && m_quotes == 0 && m_calls == 0 && m_blocks == 0; }

 private:
  void pass_shell(std::string_view shell);

  long m_quotes = 0;
  long m_calls = 0;
  long m_calls_before_block = 0;  ///< branches of `case` close parentheses that nobody opened
  long m_blocks = 0;
  bool m_lost = false;
};

}  // namespace assay::provenance
