#include "trace/process_view.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace assay::trace {

namespace {

constexpr std::size_t k_page = 4096;  // no machine has smaller ones
constexpr std::size_t k_short = 256;
constexpr std::string_view k_deleted = " (deleted)";

std::int64_t nanoseconds(const statx_timestamp& time) noexcept {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

std::optional<FileFacts> statx_of(int directory, const char* path, int flags) noexcept {
  struct statx got {};
  if (::statx(directory, path, flags, STATX_BASIC_STATS | STATX_BTIME, &got) != 0) return std::nullopt;
  FileFacts facts;
  facts.key.device = makedev(got.stx_dev_major, got.stx_dev_minor);
  facts.key.inode = got.stx_ino;
  if ((got.stx_mask & STATX_BTIME) != 0) facts.key.born = nanoseconds(got.stx_btime);
  facts.stamp = {got.stx_size, nanoseconds(got.stx_mtime), nanoseconds(got.stx_ctime)};
  facts.mode = got.stx_mode;
  facts.links = got.stx_nlink;
  return facts;
}

}  // namespace

std::optional<FileFacts> facts_of(int directory, const char* path) noexcept {
  return statx_of(directory, path, 0);
}
std::optional<FileFacts> facts_of_link(int directory, const char* path) noexcept {
  return statx_of(directory, path, AT_SYMLINK_NOFOLLOW);
}
std::optional<FileFacts> facts_of(int descriptor) noexcept {
  return statx_of(descriptor, "", AT_EMPTY_PATH);
}

ProcPath::ProcPath(int thread, const char* name) noexcept {
  *fmt::format_to_n(m_text, sizeof m_text - 1, "/proc/{}/{}", thread, name).out = '\0';
}
ProcPath::ProcPath(int thread, const char* name, int number) noexcept {
  *fmt::format_to_n(m_text, sizeof m_text - 1, "/proc/{}/{}/{}", thread, name, number).out = '\0';
}

ProcPath ProcPath::own(int descriptor) noexcept {
  ProcPath path;
  *fmt::format_to_n(path.m_text, sizeof path.m_text - 1, "/proc/self/fd/{}", descriptor).out = '\0';
  return path;
}

std::string link_target(const char* path) {
  std::array<char, 4097> buffer;
  const auto length = ::readlink(path, buffer.data(), buffer.size());
  return length > 0 ? std::string(buffer.data(), static_cast<std::size_t>(length)) : std::string{};
}

std::string_view without_deleted(std::string_view target) noexcept {
  if (target.ends_with(k_deleted)) target.remove_suffix(k_deleted.size());
  return target;
}

CommandLine command_line_of(int process, std::size_t most) {
  CommandLine line;
  const UniqueFd file{::open(ProcPath{process, "cmdline"}.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return line;
  std::string text(std::min<std::size_t>(most, k_page), '\0');
  std::size_t have = 0;
  for (;;) {
    const auto got = ::read(file.get(), text.data() + have, text.size() - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
    if (have < text.size()) continue;
    if (text.size() >= most) break;
    text.resize(std::min(text.size() * 4, most));
  }
  line.cut = have == most;
  text.resize(have);
  for (std::size_t at = 0; at < have;) {
    const auto end = std::min(text.find('\0', at), have);
    line.arguments.emplace_back(text, at, end - at);
    at = end + 1;
  }
  return line;
}

std::optional<Mapping> mapping_of(int process, std::uint64_t address) {
  constexpr int most_reads = 64;  // of a page each; the lines are in order and never cut
  const UniqueFd file{::open(ProcPath{process, "maps"}.c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, k_page + 1> text{};
  for (int i = 0; file && i < most_reads; ++i) {
    const auto got = ::read(file.get(), text.data(), k_page);
    if (got <= 0) break;
    text[static_cast<std::size_t>(got)] = '\0';
    for (const char* line = text.data(); line != nullptr && *line != '\0'; line = std::strchr(line, '\n')) {
      if (*line == '\n') ++line;
      unsigned long long begin = 0, end = 0, inode = 0;
      std::array<char, 5> may{};
      if (std::sscanf(line, "%llx-%llx %4s %*x %*x:%*x %llu", &begin, &end, may.data(), &inode) != 4) break;
      if (address < end && address >= begin)
        return Mapping{begin, end, std::string_view{may.data()} == "r-xp" && inode != 0};
    }
  }
  return std::nullopt;
}

bool read_memory(int thread, std::uint64_t address, void* to, std::size_t size) noexcept {
  iovec local{to, size};
  iovec remote{reinterpret_cast<void*>(address), size};
  return ::process_vm_readv(thread, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

bool write_memory(int thread, std::uint64_t address, const void* from, std::size_t size) noexcept {
  iovec local{const_cast<void*>(from), size};
  iovec remote{reinterpret_cast<void*>(address), size};
  return ::process_vm_writev(thread, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

bool force_memory(int thread, std::uint64_t address, const void* from, std::size_t size) noexcept {
  const auto* bytes = static_cast<const std::uint8_t*>(from);
  for (std::size_t at = 0; at < size; at += sizeof(long)) {
    const auto count = std::min(sizeof(long), size - at);
    long word = 0;
    if (count < sizeof word && !read_memory(thread, address + at, &word, sizeof word)) return false;
    std::memcpy(&word, bytes + at, count);
    if (::ptrace(PTRACE_POKEDATA, thread, address + at, word) != 0) return false;
  }
  return true;
}

std::optional<std::string> read_text(int thread, std::uint64_t address, std::size_t most) {
  std::string text;
  std::array<char, k_page> buffer;
  while (text.size() < most) {
    // Never across the end of a page: the next one need not be there. Most paths are short.
    const auto step = std::min({k_page - address % k_page, most - text.size(), text.empty() ? k_short : k_page});
    if (!read_memory(thread, address, buffer.data(), step)) return std::nullopt;
    const auto* end = static_cast<const char*>(std::memchr(buffer.data(), 0, step));
    if (end != nullptr) return text.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    text.append(buffer.data(), step);
    address += step;
  }
  return std::nullopt;
}

}  // namespace assay::trace
