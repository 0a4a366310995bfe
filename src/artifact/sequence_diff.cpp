#include "artifact/sequence_diff.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/bytes.hpp"

namespace assay::artifact {

namespace {

using Symbols = std::span<const std::uint64_t>;

constexpr std::size_t k_most_edits = 512;  ///< of one stretch between anchors
constexpr unsigned k_most_depth = 48;

class SequenceDiff {
 public:
  SequenceDiff(Symbols a, Symbols b) : m_a(a), m_b(b) {}

  std::vector<Hunk> run() {
    solve({0, m_a.size(), 0, m_b.size()}, 0);
    return std::move(m_hunks);
  }

 private:
  struct Anchor {
    std::size_t a, b;
  };

  void add(const Hunk& hunk) {
    if (hunk.a0 == hunk.a1 && hunk.b0 == hunk.b1) return;
    if (!m_hunks.empty() && m_hunks.back().a1 == hunk.a0 && m_hunks.back().b1 == hunk.b0) {
      m_hunks.back().a1 = hunk.a1;
      m_hunks.back().b1 = hunk.b1;
      return;
    }
    m_hunks.push_back(hunk);
  }

  void solve(Hunk range, unsigned depth) {
    while (range.a0 < range.a1 && range.b0 < range.b1 && m_a[range.a0] == m_b[range.b0]) ++range.a0, ++range.b0;
    while (range.a0 < range.a1 && range.b0 < range.b1 && m_a[range.a1 - 1] == m_b[range.b1 - 1]) --range.a1, --range.b1;
    if (range.a0 == range.a1 || range.b0 == range.b1) return add(range);
    const auto anchors = depth < k_most_depth ? unique_common(range) : std::vector<Anchor>{};
    if (anchors.empty()) return myers(range);
    auto a = range.a0;
    auto b = range.b0;
    for (const auto& anchor : anchors) {
      solve({a, anchor.a, b, anchor.b}, depth + 1);
      a = anchor.a + 1;
      b = anchor.b + 1;
    }
    solve({a, range.a1, b, range.b1}, depth + 1);
  }

  /// Symbols that occur once on each side, the longest increasing run of them.
  std::vector<Anchor> unique_common(const Hunk& range) const {
    struct Seen {
      std::size_t in_a = 0, in_b = 0, at_a = 0, at_b = 0;
    };
    std::unordered_map<std::uint64_t, Seen> seen;
    for (auto i = range.a0; i < range.a1; ++i) {
      auto& entry = seen[m_a[i]];
      ++entry.in_a;
      entry.at_a = i;
    }
    for (auto i = range.b0; i < range.b1; ++i) {
      const auto entry = seen.find(m_b[i]);
      if (entry == seen.end()) continue;
      ++entry->second.in_b;
      entry->second.at_b = i;
    }
    std::vector<Anchor> unique;
    for (auto i = range.a0; i < range.a1; ++i)
      if (const auto& entry = seen.at(m_a[i]); entry.in_a == 1 && entry.in_b == 1) unique.push_back({i, entry.at_b});
    return longest_increasing(unique);
  }

  static std::vector<Anchor> longest_increasing(const std::vector<Anchor>& anchors) {
    std::vector<std::size_t> tails;
    std::vector<std::size_t> before(anchors.size());
    for (std::size_t i = 0; i < anchors.size(); ++i) {
      const auto place = std::lower_bound(tails.begin(), tails.end(), anchors[i].b,
                                          [&](std::size_t tail, std::size_t b) { return anchors[tail].b < b; });
      before[i] = place == tails.begin() ? anchors.size() : *std::prev(place);
      if (place == tails.end()) tails.push_back(i);
      else *place = i;
    }
    std::vector<Anchor> chain;
    for (auto i = tails.empty() ? anchors.size() : tails.back(); i != anchors.size(); i = before[i])
      chain.push_back(anchors[i]);
    std::reverse(chain.begin(), chain.end());
    return chain;
  }

  /// Greedy shortest edit script with its trace kept, O((N+M) D) time and O(D²) memory; beyond the bound one hunk.
  void myers(const Hunk& range) {
    const auto a = m_a.subspan(range.a0, range.a1 - range.a0);
    const auto b = m_b.subspan(range.b0, range.b1 - range.b0);
    const auto n = static_cast<std::ptrdiff_t>(a.size());
    const auto m = static_cast<std::ptrdiff_t>(b.size());
    const auto bound = std::min<std::ptrdiff_t>(n + m, static_cast<std::ptrdiff_t>(k_most_edits));
    std::vector<std::vector<std::ptrdiff_t>> trace;
    std::vector<std::ptrdiff_t> reach(static_cast<std::size_t>(2 * bound + 3), 0);
    const auto at = [&](std::ptrdiff_t k) -> std::ptrdiff_t& { return reach[static_cast<std::size_t>(k + bound + 1)]; };
    for (std::ptrdiff_t d = 0; d <= bound; ++d) {
      trace.emplace_back(reach.begin() + (bound + 1 - d - 1), reach.begin() + (bound + 1 + d + 2));
      for (auto k = -d; k <= d; k += 2) {
        auto x = k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
        while (x < n && x - k < m && x - k >= 0 && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - k)])
          ++x;
        at(k) = x;
        if (x >= n && x - k >= m) return walk_back(range, trace, n, m);
      }
    }
    add(range);
  }

  void walk_back(const Hunk& range, const std::vector<std::vector<std::ptrdiff_t>>& trace, std::ptrdiff_t x,
                 std::ptrdiff_t y) {
    std::vector<Hunk> edits;
    for (auto d = static_cast<std::ptrdiff_t>(trace.size()) - 1; d > 0; --d) {
      const auto& reach = trace[static_cast<std::size_t>(d)];
      const auto at = [&](std::ptrdiff_t k) { return reach[static_cast<std::size_t>(k + d + 1)]; };
      const auto k = x - y;
      const bool down = k == -d || (k != d && at(k - 1) < at(k + 1));
      const auto from_k = down ? k + 1 : k - 1;
      const auto from_x = at(from_k);
      const auto from_y = from_x - from_k;
      const auto ua = range.a0 + static_cast<std::size_t>(from_x);
      const auto ub = range.b0 + static_cast<std::size_t>(from_y);
      edits.push_back(down ? Hunk{ua, ua, ub, ub + 1} : Hunk{ua, ua + 1, ub, ub});
      x = from_x;
      y = from_y;
    }
    for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) add(*edit);
  }

  const Symbols m_a, m_b;
  std::vector<Hunk> m_hunks;
};

}  // namespace

std::vector<Hunk> diff_sequences(Symbols a, Symbols b) {
  return SequenceDiff{a, b}.run();
}

std::vector<std::uint64_t> symbols_of(std::span<const std::string_view> parts) {
  std::vector<std::uint64_t> symbols;
  symbols.reserve(parts.size());
  for (const auto part : parts) symbols.push_back(xxh3(as_bytes(part)));
  return symbols;
}

}  // namespace assay::artifact
