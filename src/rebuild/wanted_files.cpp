#include "rebuild/wanted_files.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::rebuild {

namespace {

constexpr std::size_t k_most_wanted = 500;
constexpr std::size_t k_longest_path = 200;

/// `NAME=VALUE` sets a variable for all of make, and what begins with a hyphen is an option.
bool is_plain_target(std::string_view path) {
  if (path.empty() || path.size() > k_longest_path || path.front() == '/' || path.find("..") != std::string_view::npos)
    return false;
  if (path.front() == '-' || path.find("/-") != std::string_view::npos) return false;
  return std::all_of(path.begin(), path.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"._+-/"}.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::string wanted_list(const std::vector<std::string>& paths) {
  std::string list;
  std::size_t count = 0;
  for (const auto& path : paths) {
    if (!is_plain_target(path) || ++count > k_most_wanted) continue;
    (list += path) += '\n';
  }
  return list;
}

std::string_view wanted_script() {
  // Those of one makefile at once: a large one takes long to read.
  return R"sh(#!/bin/sh
made() { for root in . *-[0-9]*; do if [ -e "$root/$1" ]; then return 0; fi; done; return 1; }
run() { where=$1; shift; if [ $# -gt 0 ]; then timeout 300 make -k -C "$where" "$@" </dev/null; fi; }
last=; set --
while read -r file; do
  made "$file" && continue
  directory=$(dirname "$file"); target=$(basename "$file")
  while [ "$directory" != . ] && [ ! -f "$directory/Makefile" ]; do
    target=$(basename "$directory")/$target; directory=$(dirname "$directory")
  done
  [ -f "$directory/Makefile" ] || continue
  if [ "$directory" != "$last" ]; then run "$last" "$@"; set --; last=$directory; fi
  set -- "$@" "$target"
done
run "$last" "$@"
exit 0
)sh";
}

}  // namespace assay::rebuild
