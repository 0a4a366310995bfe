#include "artifact/parts_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "artifact/content.hpp"
#include "artifact/fields.hpp"
#include "artifact/sequence_diff.hpp"
#include "artifact/tokens.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

constexpr std::size_t k_most_distinct = 600;
constexpr std::size_t k_scan_bound = 4096;          ///< of one part; longer ones are taken apart by words only
constexpr std::ptrdiff_t k_most_parts = 2'000'000;  ///< of both sides that are held against each other

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & '\x80') != 0;
}

/// One side of a fragment, cut into tokens and, between them, words and single characters.
struct Cut {
  std::vector<std::string_view> pieces;
  std::vector<std::uint64_t> symbols;
  std::vector<const Token*> tokens;  ///< null: a literal piece
};

std::uint64_t kind_symbol(TokenKind kind) {
  return 0x5bd1e995'00000000ULL + static_cast<std::uint64_t>(kind);
}

void cut_literal(std::string_view text, Cut& cut) {
  std::size_t at = 0;
  while (at < text.size()) {
    auto end = at + 1;
    if (is_word(text[at]))
      while (end < text.size() && is_word(text[end])) ++end;
    cut.pieces.push_back(text.substr(at, end - at));
    cut.symbols.push_back(xxh3(as_bytes(cut.pieces.back())));
    cut.tokens.push_back(nullptr);
    at = end;
  }
}

Cut cut_fragment(std::string_view text, const std::vector<Token>& tokens) {
  Cut cut;
  std::size_t at = 0;
  for (const auto& token : tokens) {
    cut_literal(text.substr(at, token.begin - at), cut);
    cut.pieces.push_back(text.substr(token.begin, token.size));
    cut.symbols.push_back(kind_symbol(token.kind));
    cut.tokens.push_back(&token);
    at = token.begin + token.size;
  }
  cut_literal(text.substr(at), cut);
  return cut;
}

std::string joined(const std::vector<std::string_view>& pieces, std::size_t begin, std::size_t end) {
  std::string text;
  for (auto i = begin; i < end; ++i) text += pieces[i];
  return text;
}

std::vector<Token> tokens_of(std::string_view text) {
  if (text.size() > k_scan_bound) return {};
  return scan_tokens(text);
}

class FragmentDiff {
 public:
  FragmentDiff(std::string_view a, std::string_view b, const std::string& place)
      : m_tokens_a(tokens_of(a)),
        m_tokens_b(tokens_of(b)),
        m_a(cut_fragment(a, m_tokens_a)),
        m_b(cut_fragment(b, m_tokens_b)),
        m_context(a.substr(0, k_line_shown)),
        m_place(place) {}

  std::vector<Change> run() {
    std::size_t at_a = 0;
    std::size_t at_b = 0;
    for (const auto& hunk : diff_sequences(m_a.symbols, m_b.symbols)) {
      same_symbols(at_a, hunk.a0, at_b);
      add(joined(m_a.pieces, hunk.a0, hunk.a1), joined(m_b.pieces, hunk.b0, hunk.b1), token_of(hunk));
      at_a = hunk.a1;
      at_b = hunk.b1;
    }
    same_symbols(at_a, m_a.pieces.size(), at_b);
    return std::move(m_changes);
  }

 private:
  void same_symbols(std::size_t begin_a, std::size_t end_a, std::size_t begin_b) {
    for (std::size_t i = begin_a; i < end_a; ++i) {
      const auto k = begin_b + (i - begin_a);
      // Equal literals by symbol are equal by bytes, or a hash collided: then they are a change like any other.
      if (m_a.pieces[i] == m_b.pieces[k]) continue;
      if (m_a.tokens[i] != nullptr && m_a.tokens[i]->kind == TokenKind::account &&
          add_account(m_a.pieces[i], m_b.pieces[k]))
        continue;
      add(std::string{m_a.pieces[i]}, std::string{m_b.pieces[k]},
          m_a.tokens[i] != nullptr ? std::string{to_string(m_a.tokens[i]->kind)} : std::string{});
    }
  }

  /// user@host: where both differ they are two changes.
  bool add_account(std::string_view before, std::string_view after) {
    const auto at_a = before.find('@');
    const auto at_b = after.find('@');
    if (at_a == std::string_view::npos || at_b == std::string_view::npos) return false;
    if (before.substr(0, at_a) == after.substr(0, at_b) || before.substr(at_a) == after.substr(at_b)) return false;
    add(std::string{before.substr(0, at_a)}, std::string{after.substr(0, at_b)}, "account");
    add(std::string{before.substr(at_a)}, std::string{after.substr(at_b)}, "account");
    return true;
  }

  /// A word for a word is a token of its own; so is one token for one of another kind.
  std::string token_of(const Hunk& hunk) const {
    if (hunk.a1 - hunk.a0 != 1 || hunk.b1 - hunk.b0 != 1) return {};
    if (m_a.tokens[hunk.a0] == nullptr && m_b.tokens[hunk.b0] == nullptr) return "word";
    return {};
  }

  void add(std::string before, std::string after, std::string token) {
    Change change;
    change.place = m_place;
    change.bytes = std::max(before.size(), after.size());
    change.before = std::move(before);
    change.after = std::move(after);
    change.context = m_context;
    change.token = std::move(token);
    m_changes.push_back(std::move(change));
  }

  const std::vector<Token> m_tokens_a, m_tokens_b;
  const Cut m_a, m_b;
  const std::string m_context;
  const std::string& m_place;
  std::vector<Change> m_changes;
};

/// Collects changes, merging equal ones, up to a bound.
class ChangeList {
 public:
  void add(Change change) {
    // What a token means may depend on how it stands: one in a comment says nothing of one that runs.
    const auto key =
        std::tuple{change.aspect, change.token, change.before, change.after, setting_of(change.context, change.before)};
    if (const auto found = m_index.find(key); found != m_index.end()) {
      auto& merged = m_changes[found->second];
      merged.count += change.count;
      merged.bytes += change.bytes;
      return;
    }
    if (m_changes.size() >= k_most_distinct) {
      ++m_left_out;
      m_left_out_bytes += change.bytes;
      return;
    }
    m_index.emplace(key, m_changes.size());
    m_changes.push_back(std::move(change));
  }

  std::uint64_t left_out() const noexcept { return m_left_out; }
  /// There are more changes than are told one by one, so nothing explains them all.
  bool overflows() const noexcept { return m_left_out > 0; }

  std::vector<Change> finish() {
    if (m_left_out > 0) {
      Change rest;
      rest.place = fmt::format("{} further changes", m_left_out);
      rest.count = m_left_out;
      rest.bytes = m_left_out_bytes;
      m_changes.push_back(std::move(rest));
    }
    return std::move(m_changes);
  }

 private:
  std::map<std::tuple<Aspect, std::string, std::string, std::string, Setting>, std::size_t> m_index;
  std::vector<Change> m_changes;
  std::uint64_t m_left_out = 0;
  std::uint64_t m_left_out_bytes = 0;
};

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

  static std::uint64_t shape_of(std::string_view part) {
    const auto tokens = tokens_of(part);
    const auto cut = cut_fragment(part, tokens);
    return xxh3(
        {reinterpret_cast<const std::uint8_t*>(cut.symbols.data()), cut.symbols.size() * sizeof(std::uint64_t)});
  }

  void take(const Hunk& hunk) {
    std::vector<std::size_t> left, right;
    for (auto i = hunk.a0; i < hunk.a1; ++i)
      if (!m_moved_a[i]) left.push_back(i);
    for (auto i = hunk.b0; i < hunk.b1; ++i)
      if (!m_moved_b[i]) right.push_back(i);
    if (left.size() == right.size() || left.size() + right.size() > 4 * k_most_distinct)
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

std::vector<Change> diff_fragment(std::string_view a, std::string_view b, const std::string& place) {
  return FragmentDiff{a, b, place}.run();
}

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

std::vector<Change> diff_bytes(std::string_view a, std::string_view b, const std::string& place, std::uint64_t base) {
  if (a.size() == b.size()) return RunDiff{a, b, place, base}.run();
  auto changes = diff_split(a, b, '\0', {"string", 0}).changes;
  for (auto& change : changes) change.place = place.empty() ? change.place : fmt::format("{}, {}", place, change.place);
  return changes;
}

}  // namespace assay::artifact
