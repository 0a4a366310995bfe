#include "rebuild/process_usage.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file.hpp"
#include "base/text.hpp"

namespace assay::rebuild {

namespace {

std::uint64_t number_in(std::string_view text, std::size_t field) {
  while (field-- > 0) {
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return 0;
    text.remove_prefix(space + 1);
  }
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string read_small(const std::string& path) {
  std::string text(1024, '\0');
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const auto got = file ? ::read(file.get(), text.data(), text.size()) : -1;
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

/// Memory that a process shares with nobody, about: resident less file-backed and shared pages (proc(5), statm).
std::uint64_t own_memory(std::uint64_t pid) {
  const auto text = read_small(fmt::format("/proc/{}/statm", pid));
  const auto resident = number_in(text, 1);
  const auto shared = number_in(text, 2);
  return (resident - std::min(shared, resident)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

using Children = std::unordered_map<std::uint64_t, std::vector<std::uint64_t>>;

/// Of every process there is, by parent.
Children all_children() {
  Children children;
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) return {};
  while (const auto* entry = ::readdir(directory)) {
    const auto pid = number_in(entry->d_name, 0);
    if (pid == 0) continue;
    const auto text = read_small(fmt::format("/proc/{}/stat", pid));
    const auto name_end = text.rfind(") ");  // the name may hold anything
    if (name_end != std::string::npos)
      children[number_in(std::string_view{text}.substr(name_end + 2), 1)].push_back(pid);
  }
  ::closedir(directory);
  return children;
}

/// Adds the children of one process, as the kernel lists them by thread (CONFIG_PROC_CHILDREN).
void add_children_of(std::uint64_t pid, Children& children) {
  const auto tasks = fmt::format("/proc/{}/task", pid);
  DIR* directory = ::opendir(tasks.c_str());
  if (directory == nullptr) return;  // it is gone
  while (const auto* entry = ::readdir(directory)) {
    if (number_in(entry->d_name, 0) == 0) continue;
    const auto text = read_file(fmt::format("{}/{}/children", tasks, entry->d_name), 1 << 20);
    for (std::string_view rest = text ? as_text(*text) : std::string_view{}; !rest.empty();
         rest.remove_prefix(std::min(rest.find(' '), rest.size() - 1) + 1))
      if (const auto child = number_in(rest, 0); child != 0) children[pid].push_back(child);
  }
  ::closedir(directory);
}

bool kernel_lists_children() {
  const auto self = ::getpid();
  return ::access(fmt::format("/proc/{}/task/{}/children", self, self).c_str(), R_OK) == 0;
}

/// `listed`: as the kernel lists them by parent, which is quick and misses some while they come and go.
Usage count_below(std::uint64_t root, bool listed) {
  auto children = listed ? Children{} : all_children();
  Usage usage;
  std::vector<std::uint64_t> open{root};
  while (!open.empty()) {
    const auto parent = open.back();
    open.pop_back();
    if (listed) add_children_of(parent, children);
    for (const auto pid : children[parent]) {
      ++usage.processes;
      usage.memory += own_memory(pid);
      open.push_back(pid);
    }
  }
  return usage;
}

}  // namespace

Usage usage_below(std::uint64_t root) {
  constexpr std::uint64_t k_few = 32;
  if (kernel_lists_children())
    if (const auto usage = count_below(root, true); usage.processes <= k_few) return usage;
  return count_below(root, false);
}

}  // namespace assay::rebuild
