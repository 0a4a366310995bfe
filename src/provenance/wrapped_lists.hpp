// Automake wraps lists of file names at a fixed width: one name more or less, and every line of the list that follows
// breaks elsewhere. Such a line holds no new word.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace assay::provenance {

class WrappedLists {
 public:
  /// `text` is judged by the words of `regenerated`; both outlive this.
  WrappedLists(std::string_view text, std::string_view regenerated);
  /// A further word that a list may hold: the base name of a file that the generators made too.
  void add_word(std::string_view word) { m_words.insert(word); }
  /// True if line `number` (1-based) of the text continues the value of a variable (never a rule or its commands), and holds
  /// nothing but plain file names, each of which the regenerated file has as a word.
  bool only_wraps(std::uint64_t number) const;

 private:
  std::vector<std::string_view> m_lines;
  std::vector<bool> m_in_value;  ///< per line: it continues an assignment
  std::unordered_set<std::string_view> m_words;
};

}  // namespace assay::provenance
