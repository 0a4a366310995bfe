#include "artifact/parts_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "artifact/change_list.hpp"
#include "artifact/content.hpp"
#include "artifact/fragment_diff.hpp"
#include "artifact/sequence_diff.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

constexpr std::ptrdiff_t k_most_parts = 2'000'000;  ///< of both sides that are held against each other

class SequenceReport {
 public:
  using Parts = std::vector<std::string_view>;
  SequenceReport(const Parts& a, const Parts& b, const PartsDiffOptions& options)
      : m_a(a), m_b(b), m_options(options) {}

  PartsDiff run() {
    const auto symbols_a = symbols_of(m_a);
    const auto symbols_b = symbols_of(m_b);
    const auto hunks = diff_sequences(symbols_a, symbols_b);
    find_moved(hunks, symbols_a, symbols_b);
    for (const auto& hunk : hunks) take(hunk);
    check_common(hunks);
    PartsDiff result;
    result.view = view(hunks);
    result.whole = m_changes.left_out() == 0;
    result.changes = m_changes.finish();
    return result;
  }

 private:
  /// Parts that one hunk loses and another gains were put elsewhere.
  void find_moved(const std::vector<Hunk>& hunks, const std::vector<std::uint64_t>& symbols_a,
                  const std::vector<std::uint64_t>& symbols_b) {
    m_moved_a.assign(m_a.size(), false);
    m_moved_b.assign(m_b.size(), false);
    std::unordered_map<std::uint64_t, std::vector<std::size_t>> lost;
    for (const auto& hunk : hunks)
      for (auto i = hunk.a0; i < hunk.a1; ++i) lost[symbols_a[i]].push_back(i);
    std::uint64_t bytes = 0;
    for (const auto& hunk : hunks)
      for (auto i = hunk.b0; i < hunk.b1; ++i) {
        const auto found = lost.find(symbols_b[i]);
        if (found == lost.end() || found->second.empty() || m_a[found->second.back()] != m_b[i]) continue;
        m_moved_a[found->second.back()] = m_moved_b[i] = true;
        found->second.pop_back();
        bytes += m_b[i].size();
        ++m_moved;
      }
    if (m_moved > 0) add_order(hunks, bytes);
  }

  /// As many parts on either side beside those that moved: none came, none went.
  bool same_parts(const std::vector<Hunk>& hunks) const {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    for (const auto& hunk : hunks) {
      left += hunk.a1 - hunk.a0;
      right += hunk.b1 - hunk.b0;
    }
    return left == right && left - m_moved <= m_moved;
  }

  void add_order(const std::vector<Hunk>& hunks, std::uint64_t bytes) {
    Change change;
    change.aspect = Aspect::order;
    change.place = fmt::format("{} {}s", m_moved, m_options.unit);
    change.bytes = bytes;
    if (same_parts(hunks)) change.token = "permutation";
    // The whole stretch in its two orders says more about a sort than the parts that moved.
    for (auto i = hunks.front().a0; i < hunks.back().a1 && change.before.size() < k_change_bytes; ++i)
      change.before += m_a[i];
    for (auto i = hunks.front().b0; i < hunks.back().b1 && change.after.size() < k_change_bytes; ++i)
      change.after += m_b[i];
    m_changes.add(std::move(change));
  }

  void take(const Hunk& hunk) {
    std::vector<std::size_t> left, right;
    for (auto i = hunk.a0; i < hunk.a1; ++i)
      if (!m_moved_a[i]) left.push_back(i);
    for (auto i = hunk.b0; i < hunk.b1; ++i)
      if (!m_moved_b[i]) right.push_back(i);
    if (left.size() == right.size() || left.size() + right.size() > 4 * ChangeList::k_most_distinct)
      return take_in_order(left, right);
    std::vector<std::uint64_t> shapes_a, shapes_b;
    for (const auto i : left) shapes_a.push_back(shape_of(m_a[i]));
    for (const auto i : right) shapes_b.push_back(shape_of(m_b[i]));
    std::size_t at_a = 0;
    std::size_t at_b = 0;
    const auto same_shape = [&](std::size_t until) {
      for (; at_a < until; ++at_a, ++at_b) change_part(left[at_a], right[at_b]);
    };
    for (const auto& part : diff_sequences(shapes_a, shapes_b)) {
      same_shape(part.a0);
      take_in_order(
          {left.begin() + static_cast<std::ptrdiff_t>(part.a0), left.begin() + static_cast<std::ptrdiff_t>(part.a1)},
          {right.begin() + static_cast<std::ptrdiff_t>(part.b0), right.begin() + static_cast<std::ptrdiff_t>(part.b1)});
      at_a = part.a1;
      at_b = part.b1;
    }
    same_shape(left.size());
  }

  void take_in_order(const std::vector<std::size_t>& left, const std::vector<std::size_t>& right) {
    if (left.size() == right.size()) {
      for (std::size_t i = 0; i < left.size(); ++i) change_part(left[i], right[i]);
      return;
    }
    add_block(left, m_a, true);
    add_block(right, m_b, false);
  }

  /// Parts that only one side has are one change.
  void add_block(const std::vector<std::size_t>& indexes, const Parts& parts, bool before) {
    if (indexes.empty()) return;
    std::string text;
    std::uint64_t bytes = 0;
    for (const auto i : indexes) {
      if (text.size() < k_change_bytes) text += parts[i];
      bytes += parts[i].size();
    }
    add_whole(indexes.front(), before ? std::string_view{text} : std::string_view{},
              before ? std::string_view{} : std::string_view{text}, bytes);
  }

  std::string place(std::size_t index) const {
    return fmt::format("{} {}", m_options.unit, m_options.skipped + index + 1);
  }

  void add_whole(std::size_t index, std::string_view before, std::string_view after, std::uint64_t bytes = 0) {
    Change change;
    change.place = place(index);
    change.before = before.substr(0, k_change_bytes);
    change.after = after.substr(0, k_change_bytes);
    change.bytes = bytes > 0 ? bytes : std::max(before.size(), after.size());
    m_changes.add(std::move(change));
  }

  void change_part(std::size_t a, std::size_t b) {
    const bool text = looks_like_text(as_bytes(m_a[a].substr(0, m_a[a].find('\0')))) &&
                      m_a[a].size() <= 64 * k_scan_bound && m_b[b].size() <= 64 * k_scan_bound;
    // Of texts that have nothing to do with each other, no more lines are taken apart than are told.
    if (!text || m_changes.overflows()) return add_whole(b, m_a[a], m_b[b]);
    for (auto& change : diff_fragment(m_a[a], m_b[b], place(b))) m_changes.add(std::move(change));
  }

  /// Outside the hunks symbols are equal; make sure that bytes are.
  void check_common(const std::vector<Hunk>& hunks) {
    std::size_t at_a = 0;
    std::size_t at_b = 0;
    const auto check = [&](std::size_t until) {
      for (; at_a < until; ++at_a, ++at_b)
        if (m_a[at_a] != m_b[at_b]) add_whole(at_b, m_a[at_a], m_b[at_b]);
    };
    for (const auto& hunk : hunks) {
      check(hunk.a0);
      at_a = hunk.a1;
      at_b = hunk.b1;
    }
    check(m_a.size());
  }

  std::string view(const std::vector<Hunk>& hunks) const {
    std::string out;
    std::size_t lines = 0;
    const auto line = [&](char mark, std::string_view part) {
      while (!part.empty() && (part.back() == '\n' || part.back() == '\0')) part.remove_suffix(1);
      if (lines++ < m_options.view_lines)
        out += fmt::format("{}{}\n", mark, escape_for_display(part.substr(0, k_scan_bound)));
    };
    for (const auto& hunk : hunks) {
      if (lines >= m_options.view_lines) break;
      out += fmt::format("@@ -{},{} +{},{} @@\n", m_options.skipped + hunk.a0 + 1, hunk.a1 - hunk.a0,
                         m_options.skipped + hunk.b0 + 1, hunk.b1 - hunk.b0);
      if (hunk.a0 > 0) line(' ', m_a[hunk.a0 - 1]);
      for (auto i = hunk.a0; i < hunk.a1; ++i) line('-', m_a[i]);
      for (auto i = hunk.b0; i < hunk.b1; ++i) line('+', m_b[i]);
      if (hunk.a1 < m_a.size()) line(' ', m_a[hunk.a1]);
    }
    std::uint64_t all = 0;
    for (const auto& hunk : hunks) all += hunk.a1 - hunk.a0 + hunk.b1 - hunk.b0;
    if (lines > m_options.view_lines || (lines == m_options.view_lines && all > lines))
      out += fmt::format("… cut: {} {}s differ in all; --diff PATH shows them\n", all, m_options.unit);
    return out;
  }

  const Parts& m_a;
  const Parts& m_b;
  const PartsDiffOptions& m_options;
  std::vector<bool> m_moved_a, m_moved_b;
  std::uint64_t m_moved = 0;
  ChangeList m_changes;
};

/// What two texts share at either end, cut back to whole parts and one part of context.
struct Stretch {
  std::size_t begin = 0;   ///< where the parts that may differ begin, on both sides
  std::size_t behind = 0;  ///< bytes behind them
};

std::size_t common_end(std::string_view a, std::string_view b, std::size_t most) {
  constexpr std::size_t k_step = 4096;
  std::size_t same = 0;
  while (same + k_step <= most &&
         a.substr(a.size() - same - k_step, k_step) == b.substr(b.size() - same - k_step, k_step))
    same += k_step;
  while (same < most && a[a.size() - same - 1] == b[b.size() - same - 1]) ++same;
  return same;
}

Stretch differing_stretch(std::string_view a, std::string_view b, char end) {
  Stretch stretch;
  const auto same =
      std::min(static_cast<std::size_t>(first_difference(as_bytes(a), as_bytes(b))), std::min(a.size(), b.size()));
  const auto part_before = [&](std::size_t at) {  // the beginning of the part that ends before `at`
    if (at == 0) return at;
    const auto found = a.substr(0, at - 1).rfind(end);
    return found == std::string_view::npos ? 0 : found + 1;
  };
  const auto last = a.substr(0, same).rfind(end);
  if (last != std::string_view::npos) stretch.begin = part_before(last + 1);
  const auto shared = common_end(a, b, std::min(a.size(), b.size()) - same);
  for (std::size_t part = 0, at = a.size() - shared; part < 2; ++part) {  // the rest of one that differs, and one more
    const auto found = a.find(end, at);
    if (found == std::string_view::npos) break;
    at = found + 1;
    if (part == 1) stretch.behind = a.size() - at;
  }
  return stretch;
}

std::vector<std::string_view> parts_of(std::string_view text, char end) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto found = text.find(end);
    const auto size = found == std::string_view::npos ? text.size() : found + 1;
    parts.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return parts;
}

}  // namespace

PartsDiff diff_parts(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b,
                     const PartsDiffOptions& options) {
  return SequenceReport{a, b, options}.run();
}

PartsDiff diff_split(std::string_view a, std::string_view b, char end, PartsDiffOptions options) {
  const auto stretch = differing_stretch(a, b, end);
  options.skipped +=
      static_cast<std::size_t>(std::count(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(stretch.begin), end));
  a = a.substr(stretch.begin, a.size() - stretch.begin - stretch.behind);
  b = b.substr(stretch.begin, b.size() - stretch.begin - stretch.behind);
  if (std::count(a.begin(), a.end(), end) + std::count(b.begin(), b.end(), end) <= k_most_parts)
    return diff_parts(parts_of(a, end), parts_of(b, end), options);
  PartsDiff result;
  result.whole = false;
  Change change;
  change.place = fmt::format("{} {} and after", options.unit, options.skipped + 1);
  change.before = a.substr(0, k_change_bytes);
  change.after = b.substr(0, k_change_bytes);
  change.bytes = std::max(a.size(), b.size());
  change.reason = fmt::format("more {}s differ than are looked at one by one", options.unit);
  result.changes.push_back(std::move(change));
  return result;
}

std::vector<std::string_view> lines_with_ends(std::string_view text) {
  return parts_of(text, '\n');
}

}  // namespace assay::artifact
