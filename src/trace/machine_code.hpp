// Machine code that is put into traced processes, byte by byte.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "base/bytes.hpp"

namespace assay::trace {

/// A jump's place is filled in by land().
class MachineCode {
 public:
  MachineCode& add(std::initializer_list<int> bytes) {
    for (const int byte : bytes) m_bytes.push_back(static_cast<std::uint8_t>(byte));
    return *this;
  }
  MachineCode& add32(std::uint64_t value) { return add_value(value, 4); }
  MachineCode& add64(std::uint64_t value) { return add_value(value, 8); }
  /// A jump of one byte's width; `opcode` 0x74 je, 0x75 jne, 0x77 ja, 0x78 js, 0xeb jmp.
  std::size_t jump(int opcode) {
    add({opcode, 0});
    return m_bytes.size();
  }
  void land(std::initializer_list<std::size_t> jumps) {
    for (const auto from : jumps) m_bytes[from - 1] = distance_from(from);
  }
  /// From behind the jump that ends at `from` to where the code has come to.
  std::uint8_t distance_from(std::size_t from) const noexcept {
    return static_cast<std::uint8_t>(m_bytes.size() - from);
  }
  std::size_t size() const noexcept { return m_bytes.size(); }
  Bytes finish() {
    while (m_bytes.size() % 16 != 0) add({0xcc});  // int3
    return std::move(m_bytes);
  }

 private:
  MachineCode& add_value(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) m_bytes.push_back(static_cast<std::uint8_t>(value >> 8 * i));
    return *this;
  }
  Bytes m_bytes;
};

}  // namespace assay::trace
