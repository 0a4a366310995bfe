// Patterns of grep and sed, evaluated without back-tracking: POSIX basic and extended regular expressions
// (POSIX.1-2017 XBD 9, with GNU's additions) translated to RE2. Bytes are Latin-1; lines end at LF.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace assay::inspect {

enum class PatternSyntax : std::uint8_t { basic, extended, fixed, perl };

/// `pattern` as RE2 text; nothing where RE2 cannot say it (back-references) or it is malformed. A class that stands
/// outside a bracket expression (`[:alnum:]`, what is left of one when m4 has taken a pair of brackets) counts as one.
std::optional<std::string> to_re2(std::string_view pattern, PatternSyntax syntax);

/// A compiled pattern. Matching takes time linear in the text, whatever the pattern.
class Regex {
 public:
  /// Nothing if RE2 refuses it or its program would be too large. `ignore_case`, and `whole_word` as grep -w.
  static std::optional<Regex> compile(std::string_view re2, bool ignore_case = false, bool whole_word = false);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  bool found_in(std::string_view text) const;
  /// The first match at or after `from`: begin and end; nothing if there is none.
  std::optional<std::pair<std::size_t, std::size_t>> find(std::string_view text, std::size_t from) const;
  /// `line` with the first match (or all of them) replaced; `replacement` as sed writes it (`\1`, `&`).
  std::string replace(std::string_view line, std::string_view replacement, bool all) const;

 private:
  struct State;
  explicit Regex(std::unique_ptr<State> state);
  std::unique_ptr<State> m_state;
};

}  // namespace assay::inspect
