#include "rebuild/build_log.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/text.hpp"

namespace assay::rebuild {

namespace {

constexpr std::size_t k_lines_before = 3;
constexpr std::size_t k_lines = 16;
constexpr std::size_t k_columns = 240;

bool looks_like_error(std::string_view line) {
  if (line.starts_with("checking ") || line.find("-Werror") != std::string_view::npos) return false;
  for (const std::string_view sign : {"error: ",
                                      "Error: ",
                                      "ERROR: ",
                                      "fatal: ",
                                      "*** ",
                                      "undefined reference",
                                      "command not found",
                                      ": not found",
                                      "No such file or directory",
                                      "Read-only file system",
                                      "No space left on device",
                                      "Cannot allocate memory",
                                      "Permission denied",
                                      "Network is unreachable",
                                      "Temporary failure in name resolution",
                                      "Traceback (most recent",
                                      "panicked at",
                                      "CMake Error",
                                      "No rule to make target",
                                      "Segmentation fault"})
    if (line.find(sign) != std::string_view::npos) return true;
  return false;
}

/// Complaints that end in success in every other log: looked for only if nothing better is there.
bool is_weak(std::string_view line) {
  return line.find("No such file or directory") != std::string_view::npos ||
         line.find("Permission denied") != std::string_view::npos ||
         (line.find(": not found") != std::string_view::npos && line.find("sh: ") == std::string_view::npos);
}

}  // namespace

std::string error_excerpt(std::string_view log, std::string_view command) {
  const auto mark = "+ " + std::string{command.substr(0, command.find('\n'))};
  if (const auto at = log.rfind(mark); !command.empty() && at != std::string_view::npos) log.remove_prefix(at);
  const auto lines = split_lines(log);
  auto found = std::find_if(lines.begin(), lines.end(),
                            [](std::string_view line) { return looks_like_error(line) && !is_weak(line); });
  if (found == lines.end()) found = std::find_if(lines.begin(), lines.end(), looks_like_error);
  const auto error = static_cast<std::size_t>(found - lines.begin());
  auto first = error - std::min(error, k_lines_before);
  if (found == lines.end() || lines.size() < k_lines) first = lines.size() - std::min(lines.size(), k_lines);
  std::string text;
  for (auto i = first; i < std::min(lines.size(), first + k_lines); ++i)
    text += std::string{lines[i].substr(0, k_columns)} + "\n";
  return text;
}

std::vector<std::string> unmet_packages(std::string_view complaint) {
  constexpr std::string_view k_says = "Unmet build dependencies: ";
  std::vector<std::string> packages;
  if (const auto at = complaint.find(k_says); at != std::string_view::npos) complaint.remove_prefix(at + k_says.size());
  bool alternative = false;
  int depth = 0;
  std::string word;
  const auto finish = [&] {
    if (word == "|") alternative = true;
    else if (!word.empty() && !std::exchange(alternative, false)) packages.push_back(word.substr(0, word.find(':')));
    word.clear();
  };
  for (const char c : complaint) {
    if (c == '(' || c == '[') ++depth;
    else if (c == ')' || c == ']') --depth;
    else if (depth > 0) continue;
    else if (c == ' ' || c == '\n') finish();
    else if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
             std::string_view{"+-.:|"}.find(c) != std::string_view::npos)
      word += c;
  }
  finish();
  std::sort(packages.begin(), packages.end());
  packages.erase(std::unique(packages.begin(), packages.end()), packages.end());
  return packages;
}

}  // namespace assay::rebuild
