#include "trace/missed_opens.hpp"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "trace/machine_code.hpp"
#include "trace/process_view.hpp"

namespace assay::trace {

#if defined(__x86_64__)

namespace {

constexpr std::uint32_t k_enough = 12;  // misses from one place, before its process is worth the work
constexpr std::size_t k_room = 64;      // for the code of one place

/// What an open that fails with ENOENT where faccessat(2) does may say beyond O_RDONLY. Not O_NOFOLLOW: a link that leads
/// nowhere is there.
constexpr std::uint64_t k_plain = O_NOCTTY | O_CLOEXEC | O_NONBLOCK | 0100000;  // O_LARGEFILE of the kernel

/// mov eax, openat; syscall
constexpr std::array<std::uint8_t, 7> k_call = {0xb8, 0x01, 0x01, 0x00, 0x00, 0x0f, 0x05};
constexpr std::uint64_t k_mov = 5, k_syscall = 2;

void jump_to(MachineCode& code, std::uint64_t begin, std::uint64_t target) {
  const auto behind = begin + code.size() + 5;
  code.add({0xe9}).add32(target - behind);
}

struct Look {
  Bytes bytes;
  std::size_t switch_at = 0;  ///< the byte that is 0 while the code is on
  std::uint8_t off = 0;
};

/// Stands at `at`, and is jumped to instead of the first instruction of k_call, which ends at `after`. The kernel keeps all
/// registers but rax, rcx and r11, which the system call of the place would have changed as well; nothing is pushed.
Look look_first(std::uint64_t at, std::uint64_t after, std::uint32_t flags) {
  MachineCode code;
  const auto off = code.jump(0xeb);                                     // jmp to what comes next
  const auto differs = code.add({0x81, 0xfa}).add32(flags).jump(0x75);  // cmp edx, flags; jne
  code.add({0x31, 0xd2, 0xb8})
      .add32(269)
      .add({0x0f, 0x05, 0xba})
      .add32(flags);  // xor edx, edx; faccessat(…, F_OK); mov edx, flags
  const auto is_there = code.add({0x48, 0x83, 0xf8, 0xfe}).jump(0x75);  // cmp rax, -ENOENT; jne
  jump_to(code, at, after);
  code.land({differs, is_there});
  Look look;
  look.switch_at = off - 1;
  look.off = code.distance_from(off);
  code.add({0xb8}).add32(257);  // mov eax, openat
  jump_to(code, at, after - k_syscall);
  look.bytes = code.finish();
  return look;
}

bool is_zero(std::uint8_t byte) noexcept {
  return byte == 0;
}

/// Where there is room: the end of the last page of a program's or library's code, behind what is code.
std::optional<std::uint64_t> room_beside(int process, std::uint64_t address, std::size_t places) {
  const auto mapping = mapping_of(process, address);
  std::array<std::uint8_t, 512> end{};
  if (!mapping || !mapping->is_code || mapping->end - mapping->begin < end.size() ||
      !read_memory(process, mapping->end - end.size(), end.data(), end.size()))
    return std::nullopt;
  // What was put there before stands at its very end.
  const auto free = static_cast<std::ptrdiff_t>(end.size() - places * k_room);
  if (!std::all_of(end.begin(), end.begin() + free, is_zero)) return std::nullopt;
  return mapping->end - (places + 1) * k_room;
}

}  // namespace

void MissedOpens::missed(int process, std::uint64_t after, std::uint64_t flags) {
  if (m_off || (flags & ~k_plain) != 0) return;
  auto place = std::find_if(m_places.begin(), m_places.end(), [&](const Place& known) {
    return known.after == 0 || (known.after == after && known.flags == flags);
  });
  if (place == m_places.end()) return;
  place->after = after;
  place->flags = static_cast<std::uint32_t>(flags);
  if (++place->misses != k_enough) return;
  std::array<std::uint8_t, k_call.size()> there{};
  if (!read_memory(process, after - there.size(), there.data(), there.size()) || there != k_call) return;
  const auto taken =
      std::count_if(m_places.begin(), m_places.end(), [](const Place& each) { return each.switched_by != 0; });
  const auto room = room_beside(process, after - k_syscall, static_cast<std::size_t>(taken));
  if (!room) return;
  const auto look = look_first(*room, after, place->flags);
  MachineCode jump;
  jump_to(jump, after - k_syscall - k_mov, *room);
  const auto start = jump.finish();
  if (look.bytes.size() > k_room || !force_memory(process, *room, look.bytes.data(), look.bytes.size())) return;
  place->switched_by = *room + look.switch_at;
  place->off = look.off;
  force_memory(process, after - k_syscall - k_mov, start.data(), k_mov);
}

bool MissedOpens::is_on(int thread, const Place& place) {
  if (place.switched_by == 0) return false;
  std::array<std::uint8_t, 8> there{};
  if (!read_memory(thread, place.switched_by - 1, there.data(), there.size())) return false;
  MachineCode code;  // as look_first() begins
  code.jump(0xeb);
  code.add({0x81, 0xfa}).add32(place.flags);
  return std::equal(there.begin(), there.end(), code.finish().begin());
}

void MissedOpens::turn_off(int thread) {
  m_off = true;
  for (const auto& place : m_places)
    if (is_on(thread, place)) force_memory(thread, place.switched_by, &place.off, 1);
}

#else

void MissedOpens::missed(int, std::uint64_t, std::uint64_t) {}
void MissedOpens::turn_off(int) {}

#endif

}  // namespace assay::trace
