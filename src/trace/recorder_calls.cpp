// What each traced system call means for the trace.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/text.hpp"
#include "trace/recorder.hpp"

namespace assay::trace {

namespace {

constexpr std::string_view k_phase_prefix = "/dev/null/assay-phase/";

/// Where a call has its path: a directory descriptor's place (-1: none), and that of the path.
struct PathPlace {
  int directory = -1;
  int path = 0;
};

PathPlace path_place(Call call) noexcept {
  switch (call) {
    case Call::openat:
    case Call::openat2:
    case Call::unlinkat:
      return {0, 1};
    default:
      return {-1, 0};
  }
}

std::int64_t descriptor_of(std::uint64_t argument) noexcept {
  return static_cast<std::int32_t>(argument);
}

/// What `call` says about how it opens; openat2(2) says it in memory that may have changed since.
std::optional<std::uint64_t> flags_of(const EndedCall& call) noexcept {
  switch (call.call) {
    case Call::open:
      return call.arguments[1];
    case Call::openat:
    case Call::open_by_handle:
      return call.arguments[2];
    case Call::creat:
      return O_CREAT | O_WRONLY | O_TRUNC;
    default:
      return std::nullopt;
  }
}

bool is_refusal(std::int64_t result) noexcept {
  return result == -EROFS || result == -EACCES || result == -EPERM;
}

/// "/a/./b//../c" as "/a/c". Links are not looked at.
std::string tidy(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    const auto part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part == ".." && !parts.empty()) parts.pop_back();
    else if (!part.empty() && part != "." && part != "..") parts.push_back(part);
  }
  std::string tidied;
  for (const auto part : parts) tidied.append("/").append(part);
  return tidied.empty() ? "/" : tidied;
}

std::string address_text(const sockaddr_storage& storage, std::size_t size) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof address);
    ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
    return fmt::format("{} port {}", text.data(), ntohs(address.sin_port));
  }
  if (storage.ss_family == AF_INET6 && size >= offsetof(sockaddr_in6, sin6_scope_id)) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof address);
    ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    return fmt::format("[{}] port {}", text.data(), ntohs(address.sin6_port));
  }
  if (storage.ss_family == AF_UNIX && size > offsetof(sockaddr_un, sun_path)) {
    sockaddr_un address{};
    std::memcpy(&address, &storage, std::min(size, sizeof address));
    const std::string_view path{address.sun_path, std::min(size, sizeof address) - offsetof(sockaddr_un, sun_path)};
    if (path.front() == '\0') return "@" + std::string{path.substr(1)};
    return std::string{path.substr(0, path.find('\0'))};
  }
  return {};
}

}  // namespace

std::string phase_command(std::string_view name) {
  return fmt::format("{{ true < {}{}; }} 2>/dev/null || true\n", k_phase_prefix, name);
}

std::string Recorder::path_argument(int thread, std::int64_t directory, std::uint64_t address) const {
  auto path = read_text(thread, address);
  if (!path || path->empty()) return {};
  if (path->front() == '/') return *path;
  const auto base = directory == AT_FDCWD ? link_target(ProcPath{thread, "cwd"}.c_str())
                                          : link_target(ProcPath{thread, "fd", static_cast<int>(directory)}.c_str());
  return base.starts_with('/') ? base + "/" + *path : *path;
}

std::string Recorder::canonical(const MountView& view, const std::string& path) const {
  const auto slash = path.find_last_not_of('/') == std::string::npos ? 0 : path.rfind('/', path.find_last_not_of('/'));
  if (slash == std::string::npos) return path;
  const auto parent = view.open(slash == 0 ? "/" : path.substr(0, slash), O_PATH | O_DIRECTORY);
  auto real = parent ? link_target(ProcPath::own(parent.get()).c_str()) : std::string{};
  if (!real.starts_with('/')) return tidy(path);
  return tidy(real + path.substr(slash));
}

void Recorder::opened(Index process, int thread, const EndedCall& call, bool alone) {
  if (call.result < 0) return open_failed(process, thread, call);
  const auto descriptor = static_cast<int>(call.result);
  const auto flags = flags_of(call);
  if (flags && (*flags & O_PATH) != 0) return;
  const auto held = look(process, thread, descriptor);
  if (!held) {
    if (errno != ENOENT) add_gap("process " + std::to_string(thread), "it hid from the tracer what it opened");
    return;
  }
  const auto access = flags ? std::optional{static_cast<int>(*flags & O_ACCMODE)} : held->access();
  if (!access) return;  // O_PATH
  const Use use{*access != O_WRONLY, *access != O_RDONLY || (flags && (*flags & O_TRUNC) != 0), false};
  use_file(process, held->link.c_str(), held->facts, use);
  // Another thread may have put something else into the descriptor's place before it was looked at, or may have changed the
  // name since. It would have to win both races at once.
  if (alone || call.call == Call::open_by_handle) return;
  const auto [at_directory, at_path] = path_place(call.call);
  use_name(process,
           path_argument(thread, at_directory < 0 ? AT_FDCWD : descriptor_of(call.arguments[at_directory]),
                         call.arguments[at_path]),
           use);
}

void Recorder::use_name(Index process, const std::string& path, Use use) {
  const auto* seen = view(process);
  if (seen == nullptr || path.empty() || path.starts_with("/proc/")) return;
  const auto file = seen->open(path, O_PATH);
  const auto facts = file ? facts_of(file.get()) : std::nullopt;
  if (!facts || !S_ISREG(facts->mode)) return;
  const auto link = ProcPath::own(file.get());
  use_file(process, link.c_str(), *facts, use);
}

void Recorder::open_failed(Index process, int thread, const EndedCall& call) {
  const auto error = call.result;
  if (error != -ENOTDIR && !is_refusal(error)) return;
  const auto [at_directory, at_path] = path_place(call.call);
  const auto directory = at_directory < 0 ? AT_FDCWD : descriptor_of(call.arguments[at_directory]);
  if (error == -ENOTDIR) {
    if (process != m_driver) return;
    const auto path = read_text(thread, call.arguments[at_path]);
    return path ? follow_phase_command(process, *path) : void();
  }
  const auto flags = flags_of(call).value_or(O_RDONLY);
  if ((flags & O_ACCMODE) == O_RDONLY && (flags & (O_CREAT | O_TRUNC)) == 0) return;
  refused(process, path_argument(thread, directory, call.arguments[at_path]), static_cast<int>(-error));
}

/// The driver may say so as long as it is still the shell that it was: nothing that the build starts is.
void Recorder::follow_phase_command(Index process, std::string_view path) {
  if (!path.starts_with(k_phase_prefix) || m_trace.processes[process].images.size() > m_driver_images) return;
  const auto name = path.substr(k_phase_prefix.size());
  const bool valid = !name.empty() && name.size() <= 32 &&
                     std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (valid) begin_phase(name);
}

/// Was it not recorded before, and is there room for it?
bool Recorder::is_new(std::string record) {
  if (m_once.contains(record) || !m_budget.take(record.size())) return false;
  m_once.insert(std::move(record));
  return true;
}

void Recorder::refused(Index process, const std::string& path, int error) {
  if (!path.empty() && is_new(fmt::format("r{} {} {}", process, error, path)))
    m_trace.refusals.push_back({process, tidy(path), error});
}

void Recorder::truncated(Index process, int thread, const EndedCall& call) {
  const auto path = path_argument(thread, AT_FDCWD, call.arguments[0]);
  if (is_refusal(call.result)) return refused(process, path, static_cast<int>(-call.result));
  if (call.result == 0) use_name(process, path, {.reads = false, .writes = true, .inherited = false});
}

void Recorder::renamed(Index process, int thread, const EndedCall& call) {
  const auto* seen = view(process);
  const bool at = call.call == Call::renameat || call.call == Call::linkat;
  const auto* arguments = call.arguments;
  const auto from = path_argument(thread, at ? descriptor_of(arguments[0]) : AT_FDCWD, arguments[at ? 1 : 0]);
  const auto to = path_argument(thread, at ? descriptor_of(arguments[2]) : AT_FDCWD, arguments[at ? 3 : 1]);
  if (is_refusal(call.result)) return refused(process, to, static_cast<int>(-call.result));
  if (call.result != 0 || seen == nullptr || to.empty()) return;
  const auto real_from = canonical(*seen, from);
  const auto real_to = canonical(*seen, to);
  const bool link = call.call == Call::link || call.call == Call::linkat;
  const auto file = seen->open(real_to, O_PATH | O_NOFOLLOW);
  if (const auto facts = file ? facts_of(file.get()) : std::nullopt) m_files.renamed(*facts, real_from, real_to);
  add_name_change(process, link ? NameChange::Kind::hard_link : NameChange::Kind::rename, real_from, real_to);
}

void Recorder::symlinked(Index process, int thread, const EndedCall& call) {
  const bool at = call.call == Call::symlinkat;
  const auto to = path_argument(thread, at ? descriptor_of(call.arguments[1]) : AT_FDCWD, call.arguments[at ? 2 : 1]);
  if (is_refusal(call.result)) return refused(process, to, static_cast<int>(-call.result));
  auto target = read_text(thread, call.arguments[0]);
  if (call.result == 0 && target)
    add_name_change(process, NameChange::Kind::symbolic_link, std::move(*target), tidy(to));
}

void Recorder::unlinked(Index process, int thread, const EndedCall& call) {
  if (call.result != 0 && !is_refusal(call.result)) return;
  const auto [at_directory, at_path] = path_place(call.call);
  const auto path = path_argument(thread, at_directory < 0 ? AT_FDCWD : descriptor_of(call.arguments[at_directory]),
                                  call.arguments[at_path]);
  if (call.result != 0) return refused(process, path, static_cast<int>(-call.result));
  add_name_change(process, NameChange::Kind::remove, tidy(path), {});
}

void Recorder::add_name_change(Index process, NameChange::Kind kind, std::string from, std::string to) {
  if (m_budget.take(from.size() + to.size())) m_trace.names.push_back({kind, process, std::move(from), std::move(to)});
}

void Recorder::connected(Index process, int thread, const EndedCall& call) {
  const bool datagram = call.call == Call::sendto;
  add_connection(process, thread, call.arguments[datagram ? 4 : 1], call.arguments[datagram ? 5 : 2], call.result);
}

void Recorder::add_connection(Index process, int thread, std::uint64_t address, std::uint64_t size,
                              std::int64_t result) {
  sockaddr_storage storage{};
  size = std::min<std::uint64_t>(size & 0xffffffff, sizeof storage);
  if (address == 0 || size < sizeof storage.ss_family || !read_memory(thread, address, &storage, size)) return;
  auto text = address_text(storage, size);
  if (text.empty()) return;
  const int error = result < 0 && result != -EINPROGRESS ? static_cast<int>(-result) : 0;
  if (!is_new(fmt::format("c{} {} {}", process, error, text))) return;
  m_trace.connections.push_back({process, storage.ss_family != AF_UNIX, std::move(text), error});
}

void Recorder::sent_message(Index process, int thread, const EndedCall& call) {
  // struct msghdr begins with the address and its length; a list of them begins with the first.
  std::array<std::uint64_t, 2> wide{};
  std::array<std::uint32_t, 2> narrow{};
  if (call.pointer_bytes == 4) {
    if (!read_memory(thread, call.arguments[1], narrow.data(), sizeof narrow)) return;
    std::copy(narrow.begin(), narrow.end(), wide.begin());
  } else if (!read_memory(thread, call.arguments[1], wide.data(), sizeof wide)) {
    return;
  }
  add_connection(process, thread, wide[0], wide[1], call.result);
}

/// A file without a name: who makes it writes it.
void Recorder::add_memory_file(Index process, int thread, const EndedCall& call) {
  if (call.result >= 0) use_descriptor(process, thread, static_cast<int>(call.result), false, true, false);
}

/// What goes into one end comes out of the other: both are one pipe.
void Recorder::add_socket_pair(Index process, int thread, std::uint64_t address, std::int64_t result) {
  std::array<std::int32_t, 2> ends{};
  if (result != 0 || !read_memory(thread, address, ends.data(), sizeof ends)) return;
  const auto one = look(process, thread, ends[0]), other = look(process, thread, ends[1]);
  if (!one || !other) return;
  const auto &key = one->facts.key, &other_key = other->facts.key;
  use_pipe(process, key.device, key.inode, true, true);
  m_pipes[{other_key.device, other_key.inode}] = m_pipes[{key.device, key.inode}];
}

void Recorder::received_message(Index process, int thread, const EndedCall& call) {
  if (call.result < 0) return;
  if (call.call == Call::recvmsg) return take_descriptors(process, thread, call.arguments[1], call.pointer_bytes);
  const std::uint64_t step = call.pointer_bytes == 4 ? 32 : 64;  // struct mmsghdr
  for (std::int64_t i = 0; i < std::min<std::int64_t>(call.result, 1024); ++i)
    take_descriptors(process, thread, call.arguments[1] + static_cast<std::uint64_t>(i) * step, call.pointer_bytes);
}

/// Descriptors that another process has sent (SCM_RIGHTS): from here on they are this one's.
void Recorder::take_descriptors(Index process, int thread, std::uint64_t message, int pointer_bytes) {
  const auto width = static_cast<std::size_t>(pointer_bytes);
  const auto number = [&](std::uint64_t at) {
    std::uint64_t value = 0;
    return read_memory(thread, at, &value, width) ? value : 0;
  };
  // struct msghdr: name, its length, vectors, their count, control data, its length, each as wide as a pointer
  const auto control = number(message + 4 * width);
  std::vector<std::uint8_t> data(std::min<std::uint64_t>(number(message + 5 * width), 16384));
  if (control == 0 || data.size() < width + 8 || !read_memory(thread, control, data.data(), data.size())) return;
  for (std::size_t at = 0; at + width + 8 <= data.size();) {
    std::uint64_t length = 0;
    std::int32_t level = 0, type = 0;
    std::memcpy(&length, data.data() + at, width);
    std::memcpy(&level, data.data() + at + width, sizeof level);
    std::memcpy(&type, data.data() + at + width + 4, sizeof type);
    if (length < width + 8 || length > data.size() - at) return;
    for (auto place = at + width + 8; level == SOL_SOCKET && type == SCM_RIGHTS && place + 4 <= at + length;
         place += 4) {
      std::int32_t descriptor = -1;
      std::memcpy(&descriptor, data.data() + place, sizeof descriptor);
      const auto held = look(process, thread, descriptor);
      const auto access = held ? held->access() : std::nullopt;
      if (access) use_file(process, held->link.c_str(), held->facts, {*access != O_WRONLY, *access != O_RDONLY, false});
    }
    at += (length + width - 1) / width * width;
  }
}

/// Every socket call of an old 32-bit program.
void Recorder::socket_call(Index process, int thread, const EndedCall& call) {
  std::array<std::uint32_t, 6> narrow{};
  const auto which = static_cast<std::uint32_t>(call.arguments[0]);
  const bool sends_to = which == 11;  // SYS_SENDTO
  const std::size_t count = sends_to ? 6 : which == 8 ? 4 : 3;
  if (!read_memory(thread, call.arguments[1], narrow.data(), count * sizeof narrow[0])) return;
  if (which == 8) return add_socket_pair(process, thread, narrow[3], call.result);  // SYS_SOCKETPAIR
  std::array<std::uint64_t, 6> arguments{};
  std::copy(narrow.begin(), narrow.end(), arguments.begin());
  constexpr std::array calls{std::pair{3U, Call::connect},   std::pair{11U, Call::sendto},
                             std::pair{16U, Call::sendmsg},  std::pair{17U, Call::recvmsg},
                             std::pair{19U, Call::recvmmsg}, std::pair{20U, Call::sendmmsg}};
  for (const auto& [number, meaning] : calls) {
    if (number != which) continue;
    const EndedCall inner{meaning, arguments.data(), call.result, 4};
    if (number < 16) return connected(process, thread, inner);
    const bool receives = meaning == Call::recvmsg || meaning == Call::recvmmsg;
    return receives ? received_message(process, thread, inner) : sent_message(process, thread, inner);
  }
}

}  // namespace assay::trace
