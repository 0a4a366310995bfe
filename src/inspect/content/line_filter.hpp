// Which lines of a text could a rule have something to say about? Content rules look at every byte; of most texts they have
// nothing to say, and that no line holds one of the words that their strings cannot do without is seen ten times as fast.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/content/rule_source.hpp"
#include "inspect/content/word_finder.hpp"

namespace assay::inspect {

class LineFilter {
 public:
  /// Nothing where one of the strings can match without any certain word.
  static std::optional<LineFilter> of(std::span<const RuleString> strings);

  /// Every line of `text` that a match of the strings has a part in, and maybe others: in their order, whole, with the end of the line
  /// before.
  std::string possible_lines(std::string_view text) const;

 private:
  struct Strings;
  LineFilter(std::span<const std::string> words, std::shared_ptr<const Strings> strings, std::size_t line_ends)
      : m_words(words), m_strings(std::move(strings)), m_line_ends(line_ends) {}
  bool matches(std::size_t string, std::string_view text, std::size_t from, std::size_t to) const;

  WordFinder m_words;
  std::shared_ptr<const Strings> m_strings;
  std::size_t m_line_ends;  ///< that a match can go over
};

}  // namespace assay::inspect
