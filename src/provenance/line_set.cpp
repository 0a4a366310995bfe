#include "provenance/line_set.hpp"

#include <cstring>
#include <limits>
#include <random>
#include <utility>

#include "base/bytes.hpp"
#include "base/text.hpp"

namespace assay::provenance {

namespace {

constexpr std::size_t k_first_slots = 1024;

/// Another one in each run, so that nobody can make lines that all fall into one place. Nothing but the time depends on it.
std::uint64_t odd_multiplier() noexcept {
  static const std::uint64_t multiplier = (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}() | 1U;
  return multiplier;
}

}  // namespace

std::uint32_t LineSet::hash_of(std::string_view line) noexcept {
  return static_cast<std::uint32_t>((xxh3(as_bytes(line)) * odd_multiplier()) >> 32);
}

std::size_t LineSet::slot_of(std::string_view line, std::uint32_t hash) const noexcept {
  const auto mask = m_slots.size() - 1;
  for (auto at = hash & mask;; at = (at + 1) & mask) {
    const auto& slot = m_slots[at];
    if (slot.length == 0) return at;
    if (slot.hash == hash && slot.length == line.size() &&
        std::memcmp(m_arena.data() + slot.start, line.data(), line.size()) == 0)
      return at;
  }
}

void LineSet::grow() {
  std::vector<Slot> old(m_slots.empty() ? k_first_slots : m_slots.size() * 2);
  old.swap(m_slots);
  const auto mask = m_slots.size() - 1;
  for (const auto& slot : old) {
    if (slot.length == 0) continue;
    auto at = slot.hash & mask;
    while (m_slots[at].length != 0) at = (at + 1) & mask;
    m_slots[at] = slot;
  }
}

bool LineSet::add(std::string_view line) {
  if (line.empty() || m_arena.size() + line.size() > std::numeric_limits<std::uint32_t>::max()) return false;
  if (m_count + 1 > m_slots.size() / 4 * 3) grow();
  const auto hash = hash_of(line);
  auto& slot = m_slots[slot_of(line, hash)];
  if (slot.length != 0) return false;
  slot = {hash, static_cast<std::uint32_t>(m_arena.size()), static_cast<std::uint32_t>(line.size())};
  m_arena.append(line);
  ++m_count;
  return true;
}

bool LineSet::contains(std::string_view line) const noexcept {
  return !empty() && contains(line, hash_of(line));
}

bool LineSet::contains(std::string_view line, std::uint32_t hash) const noexcept {
  return !line.empty() && !empty() && m_slots[slot_of(line, hash)].length != 0;
}

void LineSet::add_text(std::string_view content) {
  std::string normalised;
  for (const auto line : split_lines(content)) {
    normalise_line_into(line, normalised);
    add(normalised);
  }
}

}  // namespace assay::provenance
