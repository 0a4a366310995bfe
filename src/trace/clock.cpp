#include "trace/clock.hpp"

#include <elf.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "trace/machine_code.hpp"
#include "trace/process_view.hpp"

namespace assay::trace {

#if defined(__x86_64__)

namespace {

constexpr std::size_t k_most_vdso = 64U << 10;
constexpr std::size_t k_page = 4096;

// 64-bit: arguments in rdi and rsi, which the kernel preserves; rcx, rdx and r11 are the callee's to change.

void ask_64(MachineCode& code, std::uint32_t number) {
  code.add({0xba}).add32(k_unshifted);  // mov edx, k_unshifted
  code.add({0xb8}).add32(number);       // mov eax, number
  code.add({0x0f, 0x05});               // syscall
}

Bytes clock_gettime_64(std::uint64_t offset) {
  MachineCode code;
  ask_64(code, 228);
  const auto failed = code.add({0x85, 0xc0}).jump(0x75);       // test eax, eax
  const auto realtime = code.add({0x85, 0xff}).jump(0x74);     // test edi, edi
  const auto tai = code.add({0x83, 0xff, 0x0b}).jump(0x74);    // cmp edi, CLOCK_TAI
  const auto other = code.add({0x83, 0xff, 0x05}).jump(0x75);  // cmp edi, CLOCK_REALTIME_COARSE
  code.land({realtime, tai});
  code.add({0x48, 0xb9}).add64(offset).add({0x48, 0x01, 0x0e});  // mov rcx, offset; add [rsi], rcx
  code.land({failed, other});
  code.add({0xc3});
  return code.finish();
}

Bytes gettimeofday_64(std::uint64_t offset) {
  MachineCode code;
  ask_64(code, 96);
  const auto failed = code.add({0x85, 0xc0}).jump(0x75);
  const auto nowhere = code.add({0x48, 0x85, 0xff}).jump(0x74);  // test rdi, rdi
  code.add({0x48, 0xb9}).add64(offset).add({0x48, 0x01, 0x0f});  // mov rcx, offset; add [rdi], rcx
  code.land({failed, nowhere});
  code.add({0xc3});
  return code.finish();
}

Bytes time_64(std::uint64_t offset) {
  MachineCode code;
  ask_64(code, 201);
  const auto failed = code.add({0x48, 0x85, 0xc0}).jump(0x78);   // test rax, rax
  code.add({0x48, 0xb9}).add64(offset).add({0x48, 0x01, 0xc8});  // mov rcx, offset; add rax, rcx
  const auto nowhere = code.add({0x48, 0x85, 0xff}).jump(0x74);
  code.add({0x48, 0x89, 0x07});  // mov [rdi], rax
  code.land({failed, nowhere});
  code.add({0xc3});
  return code.finish();
}

// 32-bit: arguments on the stack; eax, ecx and edx are the callee's to change.

void ask_32(MachineCode& code, std::uint32_t number) {
  code.add({0x53});                     // push ebx
  code.add({0x8b, 0x5c, 0x24, 0x08});   // mov ebx, [esp+8]
  code.add({0x8b, 0x4c, 0x24, 0x0c});   // mov ecx, [esp+12]
  code.add({0xba}).add32(k_unshifted);  // mov edx, k_unshifted
  code.add({0xb8}).add32(number);       // mov eax, number
  code.add({0xcd, 0x80});               // int 0x80
}

Bytes clock_gettime_of_32(std::uint64_t offset, bool wide) {
  MachineCode code;
  ask_32(code, wide ? 403 : 265);
  const auto failed = code.add({0x85, 0xc0}).jump(0x75);
  const auto realtime = code.add({0x85, 0xdb}).jump(0x74);  // test ebx, ebx
  const auto tai = code.add({0x83, 0xfb, 0x0b}).jump(0x74);
  const auto other = code.add({0x83, 0xfb, 0x05}).jump(0x75);
  code.land({realtime, tai});
  code.add({0x81, 0x01}).add32(offset);                        // add dword [ecx], offset
  if (wide) code.add({0x81, 0x51, 0x04}).add32(offset >> 32);  // adc dword [ecx+4], offset >> 32
  code.land({failed, other});
  code.add({0x5b, 0xc3});  // pop ebx; ret
  return code.finish();
}
Bytes clock_gettime_32(std::uint64_t offset) {
  return clock_gettime_of_32(offset, false);
}
Bytes clock_gettime64_32(std::uint64_t offset) {
  return clock_gettime_of_32(offset, true);
}

Bytes gettimeofday_32(std::uint64_t offset) {
  MachineCode code;
  ask_32(code, 78);
  const auto failed = code.add({0x85, 0xc0}).jump(0x75);
  const auto nowhere = code.add({0x85, 0xdb}).jump(0x74);
  code.add({0x81, 0x03}).add32(offset);  // add dword [ebx], offset
  code.land({failed, nowhere});
  code.add({0x5b, 0xc3});
  return code.finish();
}

Bytes time_32(std::uint64_t offset) {
  MachineCode code;
  ask_32(code, 13);
  const auto failed = code.add({0x3d}).add32(0xfffff000).jump(0x77);  // cmp eax, -4096
  code.add({0x05}).add32(offset);                                     // add eax, offset
  const auto nowhere = code.add({0x85, 0xdb}).jump(0x74);
  code.add({0x89, 0x03});  // mov [ebx], eax
  code.land({failed, nowhere});
  code.add({0x5b, 0xc3});
  return code.finish();
}

struct Function {
  std::string_view name;
  Bytes (*code)(std::uint64_t offset);
};
constexpr Function k_functions_64[] = {
    {"__vdso_clock_gettime", clock_gettime_64}, {"__vdso_gettimeofday", gettimeofday_64}, {"__vdso_time", time_64}};
constexpr Function k_functions_32[] = {{"__vdso_clock_gettime", clock_gettime_32},
                                       {"__vdso_clock_gettime64", clock_gettime64_32},
                                       {"__vdso_gettimeofday", gettimeofday_32},
                                       {"__vdso_time", time_32}};

/// The ELF types of one class.
struct Elf64 {
  using Header = Elf64_Ehdr;
  using Section = Elf64_Shdr;
  using Symbol = Elf64_Sym;
};
struct Elf32 {
  using Header = Elf32_Ehdr;
  using Section = Elf32_Shdr;
  using Symbol = Elf32_Sym;
};

template <typename Value>
std::optional<Value> value_at(ByteView image, std::uint64_t offset) {
  if (offset > image.size() || image.size() - offset < sizeof(Value)) return std::nullopt;
  Value value;
  std::memcpy(&value, image.data() + offset, sizeof value);
  return value;
}

std::string_view string_at(ByteView image, std::uint64_t offset) {
  if (offset >= image.size()) return {};
  const auto text = as_text(image.subspan(offset));
  return text.substr(0, text.find('\0'));
}

/// Where the functions of a vDSO are, and where its last byte is.
struct Vdso {
  std::vector<std::pair<std::string_view, std::uint64_t>> functions;
  std::uint64_t end = 0;
};

template <typename Elf>
Vdso look_into(ByteView image) {
  Vdso vdso;
  const auto header = value_at<typename Elf::Header>(image, 0);
  if (!header) return vdso;
  vdso.end = header->e_shoff + std::uint64_t{header->e_shnum} * header->e_shentsize;
  const auto section_at = [&](std::uint64_t i) {
    return value_at<typename Elf::Section>(image, header->e_shoff + i * sizeof(typename Elf::Section));
  };
  for (std::uint64_t i = 0; i < header->e_shnum; ++i) {
    const auto section = section_at(i);
    if (!section) return {};
    if (section->sh_type != SHT_NOBITS)
      vdso.end = std::max<std::uint64_t>(vdso.end, std::uint64_t{section->sh_offset} + section->sh_size);
    if (section->sh_type != SHT_DYNSYM) continue;
    const auto names = section_at(section->sh_link);
    for (std::uint64_t at = 0; names && at + sizeof(typename Elf::Symbol) <= section->sh_size;
         at += sizeof(typename Elf::Symbol))
      if (const auto symbol = value_at<typename Elf::Symbol>(image, section->sh_offset + at);
          symbol && symbol->st_shndx != SHN_UNDEF)
        vdso.functions.emplace_back(string_at(image, std::uint64_t{names->sh_offset} + symbol->st_name),
                                    symbol->st_value);
  }
  return vdso;
}

/// The vDSO's address from the auxiliary vector.
template <typename Word>
std::uint64_t vdso_address(ByteView vector) {
  for (std::size_t at = 0; at + 2 * sizeof(Word) <= vector.size(); at += 2 * sizeof(Word))
    if (*value_at<Word>(vector, at) == AT_SYSINFO_EHDR) return *value_at<Word>(vector, at + sizeof(Word));
  return 0;
}

Bytes auxiliary_vector(int process) {
  const UniqueFd file{::open(ProcPath{process, "auxv"}.c_str(), O_RDONLY | O_CLOEXEC)};
  Bytes vector(4096);
  const auto got = file ? ::read(file.get(), vector.data(), vector.size()) : 0;
  vector.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return vector;
}

/// As many pages from `address` as there are.
Bytes read_image(int process, std::uint64_t address) {
  Bytes image;
  Bytes page(k_page);
  while (image.size() < k_most_vdso && read_memory(process, address + image.size(), page.data(), page.size()))
    image.insert(image.end(), page.begin(), page.end());
  return image;
}

int word_size(int process) {
  __ptrace_syscall_info info{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof info, &info) <= 0) return 8;
  return (info.arch & 0x80000000) != 0 ? 8 : 4;  // __AUDIT_ARCH_64BIT
}

template <typename Integer>
void shift(int thread, std::uint64_t address, std::int64_t offset) {
  Integer seconds{};
  if (address == 0 || !read_memory(thread, address, &seconds, sizeof seconds)) return;
  seconds = static_cast<Integer>(seconds + offset);
  write_memory(thread, address, &seconds, sizeof seconds);
}

void shift_word(int thread, std::uint64_t address, std::int64_t offset, int size) {
  if (size == 4) shift<std::int32_t>(thread, address, offset);
  else shift<std::int64_t>(thread, address, offset);
}

/// Which argument of a call with a deadline points to it; -1 if this one has none in real time.
int deadline_argument(const TimedCall& call) {
  if (call.call == Call::clock_nanosleep || call.call == Call::clock_nanosleep_time64) return 2;
  const auto operation = static_cast<int>(call.arguments[1]) & FUTEX_CMD_MASK;
  const bool absolute = operation == FUTEX_WAIT_BITSET || operation == FUTEX_WAIT_REQUEUE_PI ||
                        operation == FUTEX_LOCK_PI || operation == FUTEX_LOCK_PI2;
  return absolute ? 3 : -1;
}

bool is_wide(const TimedCall& call) {
  return call.pointer_bytes == 8 || call.call == Call::futex_time64 || call.call == Call::clock_nanosleep_time64;
}

bool has_deadline(Call call) noexcept {
  return call >= Call::futex;
}

/// The register that holds argument `number` (2 or 3).
unsigned long long& argument_register(user_regs_struct& registers, int number, int pointer_bytes) {
  if (number == 2) return registers.rdx;
  return pointer_bytes == 8 ? registers.r10 : registers.rsi;
}

bool set_argument(int thread, int number, std::uint64_t value, int pointer_bytes) {
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, thread, 0, &registers) != 0) return false;
  argument_register(registers, number, pointer_bytes) = value;
  return ::ptrace(PTRACE_SETREGS, thread, 0, &registers) == 0;
}

std::uint64_t stack_pointer(int thread) {
  user_regs_struct registers{};
  return ::ptrace(PTRACE_GETREGS, thread, 0, &registers) == 0 ? registers.rsp : 0;
}

}  // namespace

struct Clock::Layout {
  struct Patch {
    std::uint64_t at = 0;
    Bytes bytes;
  };
  std::vector<Patch> patches;  ///< none: this vDSO cannot be changed
};

namespace {

/// The new functions stand behind the last byte of the vDSO's file, in what is left of its last page; each old function
/// begins with a jump there.
template <typename Elf, typename Functions>
void plan(ByteView image, const Functions& functions, std::uint64_t offset, auto& patches) {
  const auto vdso = look_into<Elf>(image);
  auto free = (vdso.end + 15) & ~std::uint64_t{15};
  std::size_t replaced = 0;
  for (const auto& function : functions) {
    const auto found = std::find_if(vdso.functions.begin(), vdso.functions.end(),
                                    [&](const auto& known) { return known.first == function.name; });
    if (found == vdso.functions.end()) continue;  // an older kernel has fewer
    auto bytes = function.code(offset);
    const bool fits = free + bytes.size() <= image.size() && found->second + 8 <= image.size() &&
                      std::all_of(image.begin() + static_cast<std::ptrdiff_t>(free),
                                  image.begin() + static_cast<std::ptrdiff_t>(free + bytes.size()),
                                  [](std::uint8_t byte) { return byte == 0; });
    if (!fits) return patches.clear();
    MachineCode jump;
    jump.add({0xe9}).add32(free - (found->second + 5));
    auto start = jump.finish();
    start.resize(5);
    const auto size = bytes.size();
    patches.push_back({free, std::move(bytes)});
    patches.push_back({found->second, std::move(start)});
    free += size;
    ++replaced;
  }
  if (replaced == 0) patches.clear();
}

}  // namespace

bool Clock::is_supported() noexcept {
  return true;
}

Clock::Clock(std::chrono::seconds offset) : m_offset(offset) {}
Clock::~Clock() = default;

bool Clock::executed(int process) const {
  const int size = word_size(process);
  const auto vector = auxiliary_vector(process);
  const auto address = size == 8 ? vdso_address<std::uint64_t>(vector) : vdso_address<std::uint32_t>(vector);
  if (address == 0) return !vector.empty();  // there is none: every question is a system call
  auto& layout = m_layouts[size == 8 ? 0 : 1];
  if (!layout) {
    layout = std::make_unique<Layout>();
    const auto image = read_image(process, address);
    const auto offset = static_cast<std::uint64_t>(m_offset.count());
    if (size == 8) plan<Elf64>(image, k_functions_64, offset, layout->patches);
    else plan<Elf32>(image, k_functions_32, offset, layout->patches);
  }
  for (const auto& [at, bytes] : layout->patches)
    if (!force_memory(process, address + at, bytes.data(), bytes.size())) return false;
  return !layout->patches.empty();
}

bool Clock::begins(int thread, const TimedCall& call) const {
  if (!has_deadline(call.call)) return true;
  const int argument = deadline_argument(call);
  const auto pointer = argument < 0 ? 0 : call.arguments[static_cast<std::size_t>(argument)];
  if (pointer == 0) return false;
  std::array<std::int64_t, 2> wide{};
  std::array<std::int32_t, 2> narrow{};
  const bool is_64 = is_wide(call);
  void* time = is_64 ? static_cast<void*>(wide.data()) : static_cast<void*>(narrow.data());
  const auto size = is_64 ? sizeof wide : sizeof narrow;
  if (!read_memory(thread, pointer, time, size)) return false;
  wide[0] -= m_offset.count();
  narrow[0] -= static_cast<std::int32_t>(m_offset.count());
  // Below the stack, and below what a 64-bit function may keep there without saying so.
  const auto place = (stack_pointer(thread) - 512) & ~std::uint64_t{15};
  return write_memory(thread, place, time, size) && set_argument(thread, argument, place, call.pointer_bytes);
}

void Clock::ends(int thread, const TimedCall& call) const {
  if (has_deadline(call.call)) {
    const int argument = deadline_argument(call);
    if (argument >= 0)
      set_argument(thread, argument, call.arguments[static_cast<std::size_t>(argument)], call.pointer_bytes);
    return;
  }
  if (call.result < 0) return;
  const auto offset = m_offset.count();
  switch (call.call) {
    case Call::clock_gettime:
      return shift_word(thread, call.arguments[1], offset, call.pointer_bytes);
    case Call::clock_gettime64:
      return shift_word(thread, call.arguments[1], offset, 8);
    case Call::gettimeofday:
      return shift_word(thread, call.arguments[0], offset, call.pointer_bytes);
    case Call::time: {
      shift_word(thread, call.arguments[0], offset, call.pointer_bytes);
      user_regs_struct registers{};
      if (::ptrace(PTRACE_GETREGS, thread, 0, &registers) != 0) return;
      registers.rax = static_cast<unsigned long long>(call.result + offset);
      ::ptrace(PTRACE_SETREGS, thread, 0, &registers);
      return;
    }
    default:
      return;
  }
}

#else

struct Clock::Layout {};
bool Clock::is_supported() noexcept {
  return false;
}
Clock::Clock(std::chrono::seconds offset) : m_offset(offset) {}
Clock::~Clock() = default;
bool Clock::executed(int) const {
  return false;
}
bool Clock::begins(int, const TimedCall&) const {
  return false;
}
void Clock::ends(int, const TimedCall&) const {}

#endif

}  // namespace assay::trace
