// What make files get from those that they include: variables that hold shell syntax, which make puts into recipes as text.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/script/rewrite.hpp"

namespace assay::inspect {

class MakeIncludes {
 public:
  /// A file that others may include.
  void add(std::string_view path, MakeOutline outline);
  /// Base names (with wild cards where a variable stood) that are included, and that no file was added for.
  std::set<std::string, std::less<>> missing() const;
  /// The variables that the files which `outline` includes set, and those that these include.
  MakeVariables variables_for(const MakeOutline& outline);

 private:
  using Files = std::multimap<std::string, MakeOutline, std::less<>>;
  std::vector<const MakeOutline*> find(const std::string& name);

  Files m_files;  ///< by base name
  // What all files together may cost.
  std::size_t m_comparisons_left = 4'000'000;  ///< of names with wild cards
  std::size_t m_bytes_left = 64U << 20;        ///< of values handed on
};

}  // namespace assay::inspect
