// Where a command stands that a build ran: the line of the makefile or script of the source that has its words. Variables
// and generated files stand in between, so it is a search for the line that has most of them; none is better than a wrong one.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "rebuild/build_source.hpp"

namespace assay::rebuild {

class SourceLines {
 public:
  /// Keeps the makefiles and scripts of the tree. What cannot be read is not searched.
  static SourceLines read(const BuildSource& source, const Limits& limits);
  /// Path in the tree → content.
  explicit SourceLines(std::map<std::string, std::string, std::less<>> texts) : m_texts(std::move(texts)) {}

  /// "Makefile:12". `commands`: arguments, outermost first; the last one that is found decides, of lines that have it alike
  /// the one nearest to the one before it. `read`: files of the tree that these processes read; where one is made from
  /// NAME.am or NAME.in, those stand for it. Nothing if less than two thirds of a command stand in one line.
  std::optional<std::string> find(const std::vector<std::vector<std::string>>& commands,
                                  const std::vector<std::string>& read) const;

 private:
  std::map<std::string, std::string, std::less<>> m_texts;
};

}  // namespace assay::rebuild
