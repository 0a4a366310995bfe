// A set of text lines, for telling new ones from known ones: small, quick to fill and quick to throw away.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::provenance {

/// An open-addressing table over one arena of text. The hash (XXH3) only finds the place: a line is in the set if its
/// bytes are. Owns what it holds, up to 4 GiB of it.
class LineSet {
 public:
  /// Add every line of `content` that is not blank, normalised (normalise_line()).
  void add_text(std::string_view content);
  /// Add one line as it is. False if it was there, or if the arena is full.
  bool add(std::string_view line);
  bool contains(std::string_view line) const noexcept;
  /// The same where one line is looked for in several sets: `hash` is hash_of(line).
  static std::uint32_t hash_of(std::string_view line) noexcept;
  bool contains(std::string_view line, std::uint32_t hash) const noexcept;
  std::size_t size() const noexcept { return m_count; }
  bool empty() const noexcept { return m_count == 0; }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t start = 0;
    std::uint32_t length = 0;  ///< 0: the slot is free; no line of the set is empty
  };
  /// The slot that holds the line, or the free one where it would stand. Needs a table that is not full.
  std::size_t slot_of(std::string_view line, std::uint32_t hash) const noexcept;
  void grow();

  std::string m_arena;
  std::vector<Slot> m_slots;  ///< a power of two of them, at most three quarters in use
  std::size_t m_count = 0;
};

}  // namespace assay::provenance
