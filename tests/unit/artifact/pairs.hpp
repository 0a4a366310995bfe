// Pairs of artifacts made in memory and compared through the engine's own entry.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "model/comparison.hpp"

namespace assay::artifact::test {

struct TarFileSpec {
  std::string name;
  std::string content;
  unsigned mode = 0644;
  unsigned long mtime = 1'600'000'000;
};

/// A ustar archive of these files.
std::string tar_of(const std::vector<TarFileSpec>& files);

/// Compare two contents as files called `name`.
Comparison compare(std::string_view before, std::string_view after, std::string_view name = "artifact",
                   const Limits& limits = {});

/// The ids of the causes, in their order.
std::vector<std::string> cause_ids(const Comparison& comparison);

/// Something that differs is said to differ, by a cause or as a leftover.
bool says_something(const Comparison& comparison);

/// A small program that every Debian system has.
std::string a_program();

/// Offset and size of its `.text`.
std::pair<std::size_t, std::size_t> text_section(const std::string& program);

}  // namespace assay::artifact::test
