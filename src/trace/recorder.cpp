#include "trace/recorder.hpp"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/text.hpp"

namespace assay::trace {

namespace {

constexpr std::string_view k_shells[] = {"sh", "dash", "bash", "busybox", "ksh", "mksh", "zsh", "yash"};

/// Mount namespaces that are held; each keeps two descriptors.
constexpr std::size_t k_most_views = 64;

/// No device: where segments of shared memory stand among the pipes.
constexpr std::uint64_t k_shared_memory = ~std::uint64_t{0};

bool is_shell(std::string_view path) noexcept {
  return std::find(std::begin(k_shells), std::end(k_shells), path_basename(path)) != std::end(k_shells);
}

/// Everything that a process has open, from that number on.
std::vector<int> descriptors_from(int pid, int from) {
  std::vector<int> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory{::opendir(ProcPath{pid, "fd"}.c_str()), ::closedir};
  while (const auto* entry = directory ? ::readdir(directory.get()) : nullptr)
    if (const int descriptor = std::atoi(entry->d_name); entry->d_name[0] != '.' && descriptor >= from)
      found.push_back(descriptor);
  return found;
}

void add_once(std::vector<Index>& list, Index value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

}  // namespace

/// What is needed of a process only while it runs.
struct Recorder::Live {
  int pid = 0;
  Index forked_from = k_none;  ///< whose program it runs, until it executes one
  const MountView* view = nullptr;
  bool looked = false;                      ///< its descriptors 0 to 2 were looked at
  std::unordered_set<std::uint64_t> known;  ///< version << 1 | writes, of the current image
};

Recorder::Recorder(const TraceOptions& options)
    : m_options(options),
      m_budget(m_options.limits, m_trace.coverage),
      m_files(m_options, m_trace, m_budget, m_phase),
      m_start(std::chrono::steady_clock::now()) {}
Recorder::~Recorder() = default;

std::chrono::nanoseconds Recorder::now() const {
  return std::chrono::steady_clock::now() - m_start;
}

Recorder::Live* Recorder::live(Index process) {
  const auto found = m_live.find(process);
  return found == m_live.end() ? nullptr : found->second.get();
}

const MountView* Recorder::view(Index process) const {
  const auto found = m_live.find(process);
  return found == m_live.end() ? nullptr : found->second->view;
}

void Recorder::begin_phase(std::string_view name) {
  const std::lock_guard lock{m_phase_mutex};
  if (m_phases.size() >= 1000) return;
  m_phases.emplace_back(name);
  m_phase_begins.push_back(m_budget.moment());
  m_phase = static_cast<Index>(m_phases.size() - 1);
}

Index Recorder::add_process(int pid, Index parent) {
  m_descriptors.forget(pid);
  if (!m_budget.take_process(m_trace.processes.size())) return k_none;
  Process process;
  process.pid = static_cast<std::uint32_t>(pid);
  process.parent = parent;
  process.phase = m_phase;
  process.start = now();
  m_trace.processes.push_back(std::move(process));
  const auto index = static_cast<Index>(m_trace.processes.size() - 1);
  auto state = std::make_unique<Live>();
  state->pid = pid;
  if (const auto* from = live(parent)) state->view = from->view;
  state->forked_from = parent;
  if (state->view == nullptr) state->view = view_of(pid, *state);
  m_live.emplace(index, std::move(state));
  if (parent == k_none)
    for (const int descriptor : descriptors_from(pid, 0))
      if (const auto held = m_descriptors.look(pid, pid, descriptor))
        m_given.emplace(held->facts.key.device, held->facts.key.inode);
  return index;
}

void Recorder::set_parent(Index process, Index parent) {
  if (process == k_none || parent == k_none || parent >= process) return;
  m_trace.processes[process].parent = parent;
  if (auto* state = live(process); state != nullptr && state->forked_from != k_none) state->forked_from = parent;
}

void Recorder::ended(Index process, int status) {
  if (process == k_none) return;
  auto& ended = m_trace.processes[process];
  ended.end = now();
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (auto* state = live(process)) {
    m_descriptors.forget(state->pid);
    leave_forker(process, *state);
  }
  m_live.erase(process);
}

/// The mount namespace it is in: looked at whenever it executes something.
const MountView* Recorder::view_of(int pid, Live& live) {
  const auto facts = facts_of(AT_FDCWD, ProcPath{pid, "ns/mnt"}.c_str());
  if (!facts) return live.view;
  const auto id = facts->key.inode;
  for (const auto& view : m_views)
    if (view->id == id) return view.get();
  auto view = std::make_unique<MountView>();
  view->id = id;
  view->held = UniqueFd{::open(ProcPath{pid, "ns/mnt"}.c_str(), O_RDONLY | O_CLOEXEC)};
  view->root = UniqueFd{::open(ProcPath{pid, "root"}.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!view->held || !view->root || m_views.size() >= k_most_views) return live.view;
  m_views.push_back(std::move(view));
  return m_views.back().get();
}

void Recorder::executed(Index process, int pid) {
  auto* state = live(process);
  if (state == nullptr) return;
  state->pid = pid;
  leave_forker(process, *state);
  state->view = view_of(pid, *state);
  state->known.clear();
  state->looked = true;
  auto line = command_line_of(pid, m_options.limits.argument_bytes);
  std::size_t text = 0;
  for (const auto& argument : line.arguments) text += argument.size();
  if (!m_budget.take(text)) return;
  Image image;
  image.arguments = std::move(line.arguments);
  image.arguments_cut = line.cut;
  image.directory = link_target(ProcPath{pid, "cwd"}.c_str());
  m_trace.processes[process].images.push_back(std::move(image));
  use_program(process, pid, *state, m_trace.processes[process].images.back());
  use_script(process, pid, m_trace.processes[process].images.back().program);
  use_descriptors_above(process, pid, look_at_standard_descriptors(process, pid, *state));
}

void Recorder::use_program(Index process, int pid, Live& state, Image& image) {
  const ProcPath link{pid, "exe"};
  const auto facts = facts_of(AT_FDCWD, link.c_str());
  if (!facts) return add_gap("process " + std::to_string(pid), "the program that it executed could not be looked at");
  const auto file = m_files.read({link.c_str(), &*facts, state.view});
  if (file == k_none) return;
  image.program = file;
  add_access(process, file, false, false);
  if (m_driver == k_none && is_shell(m_trace.files[file].path)) {
    m_driver = process;
    m_driver_images = m_trace.processes[process].images.size();
  }
  use_loader(process, link.c_str(), file, state);
}

/// The kernel maps the loader without opening it for the process.
void Recorder::use_loader(Index process, const char* program, Index file, const Live& state) {
  if (m_programs.insert(file).second && state.view != nullptr) {
    const auto path = loader_of(program);
    const auto opened = path.empty() ? UniqueFd{} : state.view->open(path, O_PATH);
    if (const auto facts = opened ? facts_of(opened.get()) : std::nullopt) {
      const auto link = ProcPath::own(opened.get());
      const auto loader = m_files.read({link.c_str(), &*facts, state.view});
      m_trace.files[file].loader = loader;
    }
  }
  add_access(process, m_trace.files[file].loader, false, false);
}

/// Files and pipes that were opened by someone else before the program was started. Returns how many of the three are open.
std::size_t Recorder::look_at_standard_descriptors(Index process, int pid, Live& state) {
  state.looked = true;
  std::size_t open = 0;
  for (int descriptor = 0; descriptor < 3; ++descriptor)
    if (use_descriptor(process, pid, descriptor, descriptor == 0, descriptor != 0, true)) ++open;
  return open;
}

/// Those that a program was started with beyond the standard ones, of which `below` are open. A pipe of which it has both ends
/// connects it with nobody in particular: make(1) hands its job tokens around in one.
void Recorder::use_descriptors_above(Index process, int pid, std::size_t below) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, unsigned> pipes;  // which ends: 1 to read, 2 to write
  const auto use = [&](int descriptor) {
    const auto held = look(process, pid, descriptor);
    if (!held) return false;
    const auto& facts = held->facts;
    const std::pair key{facts.key.device, facts.key.inode};
    if (m_given.contains(key)) return true;
    const auto access = held->access();
    if (!access) return true;
    const bool reads = *access != O_WRONLY, writes = *access != O_RDONLY;
    if (S_ISFIFO(facts.mode)) pipes[key] |= (reads ? 1U : 0U) | (writes ? 2U : 0U);
    else use_file(process, held->link.c_str(), facts, {reads, writes, true});
    return true;
  };
  // Their numbers are small, as a rule.
  constexpr int most_tries = 16;
  const auto all = Descriptors::count(pid);
  int next = 3;
  for (auto found = below; found < all && next < most_tries; ++next)
    if (use(next)) ++found;
  if (all == 0 || next == most_tries)
    for (const int descriptor : descriptors_from(pid, all == 0 ? 3 : next)) use(descriptor);
  for (const auto& [key, ends] : pipes)
    if (ends != 3) use_pipe(process, key.first, key.second, ends == 1, ends == 2, Reader::shows_itself);
}

/// What execve(2) was given, where that is a script: the kernel reads its first line, and its interpreter need not open it.
void Recorder::use_script(Index process, int pid, Index program) {
  const UniqueFd file{::open(ProcPath{pid, "auxv"}.c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<std::uint64_t, 128> values{};
  const auto got = file ? ::read(file.get(), values.data(), sizeof values) : 0;
  if (got <= 0 || program == k_none) return;
  std::uint64_t address = 0;
  // A 32-bit process has pairs of 32 bits; AT_SYSINFO_EHDR or AT_HWCAP, which come first, tell them apart: their type is
  // below 100, and so is no pair of 32-bit numbers of which the second is not 0.
  if (values[0] < 100) {
    for (std::size_t i = 0; i + 1 < static_cast<std::size_t>(got) / 8; i += 2)
      if (values[i] == AT_EXECFN) address = values[i + 1];
  } else {
    std::array<std::uint32_t, 256> narrow{};
    std::memcpy(narrow.data(), values.data(), sizeof narrow);
    for (std::size_t i = 0; i + 1 < static_cast<std::size_t>(got) / 4; i += 2)
      if (narrow[i] == AT_EXECFN) address = narrow[i + 1];
  }
  const auto name = address != 0 ? read_text(pid, address) : std::nullopt;
  if (!name || name->empty()) return;
  use_name(process, name->front() == '/' ? *name : link_target(ProcPath{pid, "cwd"}.c_str()) + "/" + *name,
           {.reads = true, .writes = false, .inherited = false});
}

void Recorder::add_access(Index process, Index file, bool writes, bool inherited) {
  auto* state = live(process);
  if (state == nullptr || file == k_none || !state->known.insert(std::uint64_t{file} << 1 | writes).second) return;
  if (!m_budget.take(0)) return;
  auto& record = m_trace.processes[process];
  const auto image = static_cast<Index>(record.images.empty() ? 0 : record.images.size() - 1);
  (writes ? record.writes : record.reads).push_back({file, image, m_budget.moment(), inherited});
}

std::optional<Held> Recorder::look(Index process, int thread, int descriptor) {
  const auto* state = live(process);
  return m_descriptors.look(state != nullptr ? state->pid : -1, thread, descriptor);
}

/// Is anything there?
bool Recorder::use_descriptor(Index process, int thread, int descriptor, bool reads, bool writes, bool inherited) {
  if (const auto held = look(process, thread, descriptor)) {
    use_file(process, held->link.c_str(), held->facts, {reads, writes, inherited});
    return true;
  }
  if (!inherited && errno != ENOENT)
    add_gap("process " + std::to_string(thread), "it hid from the tracer what it opened");
  return false;
}

void Recorder::use_file(Index process, const char* link, const FileFacts& facts, Use use) {
  const auto* state = live(process);
  if (state == nullptr) return;
  const auto [reads, writes, inherited] = use;
  if (S_ISFIFO(facts.mode)) return use_pipe(process, facts.key.device, facts.key.inode, reads, writes);
  if (S_ISSOCK(facts.mode)) {
    // Of a pair that this build made; both ends are one.
    if (m_pipes.contains({facts.key.device, facts.key.inode}))
      use_pipe(process, facts.key.device, facts.key.inode, true, true);
    return;
  }
  const FileTable::Handle handle{link, &facts, state->view};
  if (!S_ISREG(facts.mode)) return;
  if (m_files.is_pseudo(handle)) return inherited ? void() : look_into_memory(process, link, *state);
  // What is read of an empty file that is opened for both was written by the reader itself.
  if (reads && (!writes || facts.stamp.size > 0)) {
    const auto version = m_files.read(handle);
    add_access(process, version, false, inherited);
    if (!inherited) for_each_forker(*state, [&](Index at) { add_access(at, version, false, true); });
  }
  if (!writes) return;
  add_access(process, m_files.write(handle, process), true, inherited);
  if (!inherited) for_each_forker(*state, [&](Index at) { add_access(at, m_files.write(handle, at), true, true); });
}

/// A fork that has executed nothing runs its forker's program, began with what that knew, and may share memory with it
/// (vfork(2), mmap(2)): what it does, its forker does as well.
template <typename Act>
void Recorder::for_each_forker(const Live& state, Act act) {
  for (auto at = state.forked_from; at != k_none;) {
    act(at);
    const auto* further = live(at);
    at = further != nullptr ? further->forked_from : k_none;
  }
}

/// `process` is no longer the program that it forked from: who was forked from it meanwhile is a fork of the one before.
void Recorder::leave_forker(Index process, Live& state) {
  for (auto& [other, each] : m_live)
    if (each->forked_from == process) each->forked_from = state.forked_from;
  state.forked_from = k_none;
}

/// The memory of another process, by way of proc(5): what is read there comes from nowhere that is recorded.
void Recorder::look_into_memory(Index process, const char* link, const Live& state) {
  const auto target = link_target(link);
  if (!target.ends_with("/mem") || !target.starts_with("/proc/") ||
      target.starts_with("/proc/" + std::to_string(state.pid) + "/"))
    return;
  add_gap(m_trace.processes[process].images.empty() ? std::string{"a process"}
                                                    : command_line(m_trace.processes[process].images.back()),
          "it looked into the memory of another process");
}

void Recorder::use_pipe(Index process, std::uint64_t device, std::uint64_t inode, bool reads, bool writes,
                        Reader reader) {
  const auto [found, is_new] = m_pipes.try_emplace({device, inode}, k_none);
  if (is_new) {
    if (!m_budget.take(0)) return;
    found->second = static_cast<Index>(m_trace.pipes.size());
    m_trace.pipes.emplace_back().inode = inode;
  }
  if (found->second == k_none) return;
  const auto pipe = found->second;
  if (reads) {
    auto& readers = m_trace.pipes[pipe].readers;
    if (m_trace.pipes[pipe].readers_inferred) readers.clear();
    m_trace.pipes[pipe].readers_inferred = false;
    add_once(readers, process);
    add_once(m_trace.processes[process].pipes_in, pipe);
  }
  if (!writes) return;
  add_once(m_trace.pipes[pipe].writers, process);
  add_once(m_trace.processes[process].pipes_out, pipe);
  if (!m_trace.pipes[pipe].readers.empty() || reader == Reader::shows_itself) return;
  std::vector<Index> further;
  if (const auto likely = pipe_reader(process, inode, further); likely != k_none) {
    m_trace.pipes[pipe].readers.push_back(likely);
    m_trace.pipes[pipe].readers_inferred = true;
  }
  for (const auto writer : further) {
    add_once(m_trace.pipes[pipe].writers, writer);
    add_once(m_trace.processes[writer].pipes_out, pipe);
  }
}

/// Who reads a pipe that nobody has as descriptor 0, as in $(command): the nearest ancestor that does not write to it.
Index Recorder::pipe_reader(Index writer, std::uint64_t inode, std::vector<Index>& further_writers) {
  for (auto at = m_trace.processes[writer].parent; at != k_none; at = m_trace.processes[at].parent) {
    const auto* state = live(at);
    const auto held = state != nullptr ? m_descriptors.look(state->pid, state->pid, 1) : std::nullopt;
    if (!held || held->facts.key.inode != inode || !S_ISFIFO(held->facts.mode)) return at;
    further_writers.push_back(at);
  }
  return k_none;
}

void Recorder::called(Index process, int thread, const EndedCall& call, bool alone) {
  auto* state = live(process);
  if (state == nullptr) return;
  // A fork that executes nothing shows its pipes only now.
  if (!state->looked) look_at_standard_descriptors(process, thread, *state);
  switch (call.call) {
    case Call::open:
    case Call::openat:
    case Call::openat2:
    case Call::creat:
    case Call::open_by_handle:
      return opened(process, thread, call, alone);
    case Call::truncate:
      return truncated(process, thread, call);
    case Call::rename:
    case Call::renameat:
    case Call::link:
    case Call::linkat:
      return renamed(process, thread, call);
    case Call::symlink:
    case Call::symlinkat:
      return symlinked(process, thread, call);
    case Call::unlink:
    case Call::unlinkat:
      return unlinked(process, thread, call);
    case Call::connect:
    case Call::sendto:
      return connected(process, thread, call);
    case Call::sendmsg:
    case Call::sendmmsg:
      return sent_message(process, thread, call);
    case Call::recvmsg:
    case Call::recvmmsg:
      return received_message(process, thread, call);
    case Call::memfd_create:
      return add_memory_file(process, thread, call);
    case Call::socketpair:
      return add_socket_pair(process, thread, call.arguments[3], call.result);
    case Call::shmat:
      if (call.result < 0 && call.result > -4096) return;
      return use_pipe(process, k_shared_memory, call.arguments[0], true, true);
    case Call::socketcall:
      return socket_call(process, thread, call);
    default:
      return;
  }
}

Trace Recorder::finish(std::uint64_t stops) {
  m_files.finish();
  m_trace.stops = stops;
  m_trace.wall = now();
  const std::lock_guard lock{m_phase_mutex};
  m_trace.phases = m_phases;
  m_trace.phase_begins = m_phase_begins;
  return std::move(m_trace);
}

}  // namespace assay::trace
