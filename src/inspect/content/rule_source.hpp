// What the source of content rules (YARA) says about where its strings can match.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::inspect {

/// A string of a rule.
struct RuleString {
  std::string text;         ///< the bytes themselves, or the source of a regular expression
  bool expression = false;  ///< which of both
  bool any_case = false;
  std::size_t line_ends = 0;  ///< that a match can go over at most
};

/// The strings of all rules in `source`, where those rules are *local*: whether one holds depends on nothing but which of its
/// strings match, more matches never keep it from holding, and there is a bound to the ends of lines that a match goes over. Then a
/// rule that holds for a text holds for those of its lines that matches stand in as well. Nothing if any rule is not local, or
/// uses something that this reader does not know.
std::optional<std::vector<RuleString>> strings_of_local_rules(std::string_view source);

/// How many ends of lines a match of the expression can go over at most; nothing if there is no bound.
std::optional<std::size_t> line_ends_in(std::string_view expression);

}  // namespace assay::inspect
