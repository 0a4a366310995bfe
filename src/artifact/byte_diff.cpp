#include "artifact/byte_diff.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "artifact/change_list.hpp"
#include "artifact/content.hpp"
#include "artifact/fields.hpp"
#include "artifact/fragment_diff.hpp"
#include "artifact/parts_diff.hpp"

namespace assay::artifact {

namespace {

bool is_printable(char c) {
  return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n';
}

/// Runs of differing bytes at equal positions, each as a string if it stands in one.
class RunDiff {
 public:
  RunDiff(std::string_view a, std::string_view b, const std::string& place, std::uint64_t base)
      : m_a(a), m_b(b), m_place(place), m_base(base) {}

  std::vector<Change> run() {
    std::size_t at = 0;
    while (true) {
      at = static_cast<std::size_t>(first_difference(as_bytes(m_a), as_bytes(m_b), at));
      if (at >= m_a.size()) break;
      at = string_at(at, string_begin(at, at));
    }
    return m_changes.finish();
  }

 private:
  static constexpr std::size_t k_longest_string = 4096;
  static constexpr std::size_t k_shortest_string = 5;

  std::size_t string_begin(std::size_t at, std::size_t begin) const {
    while (begin > m_done && at - begin < k_longest_string && is_printable(m_a[begin - 1]) &&
           m_a[begin - 1] == m_b[begin - 1])
      --begin;
    return begin;
  }

  std::size_t string_end(std::string_view text, std::size_t begin) const {
    auto end = begin;
    while (end < text.size() && end - begin < k_longest_string && is_printable(text[end])) ++end;
    return end;
  }

  /// The end of what was told.
  std::size_t string_at(std::size_t at, std::size_t begin) {
    const auto end_a = string_end(m_a, begin);
    const auto end_b = string_end(m_b, begin);
    const auto end = std::max(end_a, end_b);
    const auto shorter = std::min(end_a, end_b);
    const auto& padded = end_a < end_b ? m_a : m_b;
    const bool padding =
        std::all_of(padded.begin() + static_cast<std::ptrdiff_t>(shorter),
                    padded.begin() + static_cast<std::ptrdiff_t>(end), [](char c) { return c == '\0'; });
    if (!padding || shorter <= at || shorter - begin < k_shortest_string) return bytes_at(at);
    for (auto& change : diff_fragment(m_a.substr(begin, end_a - begin), m_b.substr(begin, end_b - begin), place(at)))
      m_changes.add(std::move(change));
    m_done = end;
    return end;
  }

  std::size_t bytes_at(std::size_t at) {
    auto end = at + 1;
    for (auto i = end; i < m_a.size() && i < end + 4; ++i)
      if (m_a[i] != m_b[i]) end = i + 1;
    Change change;
    change.place = place(at);
    change.before = m_a.substr(at, std::min(end - at, k_change_bytes));
    change.after = m_b.substr(at, std::min(end - at, k_change_bytes));
    change.bytes = end - at;
    read_number(at, end, change);
    m_changes.add(std::move(change));
    m_done = end;
    return end;
  }

  /// A point in time as a number: told as one, for the causes to judge whether this build was made then.
  void read_number(std::size_t at, std::size_t end, Change& change) const {
    constexpr std::uint64_t k_first = 631'152'000;   // 1990
    constexpr std::uint64_t k_last = 4'102'444'800;  // 2100
    if (end - at > 8) return;
    for (const std::size_t width : {4U, 8U})
      for (const bool big : {false, true})
        for (std::size_t begin = end > width ? end - width : 0; begin <= at && begin + width <= m_a.size(); ++begin) {
          const auto before = number_at(m_a, begin, width, big);
          const auto after = number_at(m_b, begin, width, big);
          if (before < k_first || before >= k_last || after < k_first || after >= k_last) continue;
          if (change.token.empty() || (begin + m_base) % 4 == 0) {
            change.token = "epoch";
            change.context = fmt::format("{} {}", before, after);
          }
          if ((begin + m_base) % 4 == 0) return;
        }
  }

  std::string place(std::size_t at) const { return fmt::format("{}+{:#x}", m_place, m_base + at); }

  const std::string_view m_a, m_b;
  const std::string& m_place;
  const std::uint64_t m_base;
  std::size_t m_done = 0;
  ChangeList m_changes;
};

}  // namespace

std::vector<Change> diff_bytes(std::string_view a, std::string_view b, const std::string& place, std::uint64_t base) {
  if (a.size() == b.size()) return RunDiff{a, b, place, base}.run();
  auto changes = diff_split(a, b, '\0', {"string", 0}).changes;
  for (auto& change : changes) change.place = place.empty() ? change.place : fmt::format("{}, {}", place, change.place);
  return changes;
}

}  // namespace assay::artifact
