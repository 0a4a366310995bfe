#include "artifact/fragment_diff.hpp"

#include <algorithm>

#include "artifact/sequence_diff.hpp"
#include "artifact/tokens.hpp"
#include "base/text.hpp"

namespace assay::artifact {

namespace {

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & '\x80') != 0;
}

constexpr std::size_t k_most_permuted = 4096;

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
    if (is_permutation()) return {permutation()};
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
  /// The same pieces of one line, three words at least, in another order that is sorted on neither side: no edit of a word or
  /// two. Lines in another order are for those who know what is a line.
  bool is_permutation() const {
    if (m_a.pieces.size() != m_b.pieces.size() || m_a.pieces.size() > k_most_permuted) return false;
    if (has_lines(m_a) || has_lines(m_b)) return false;
    auto left = m_a.pieces;
    auto right = m_b.pieces;
    const auto moved = [&] {
      std::size_t words = 0;
      for (std::size_t i = 0; i < left.size(); ++i) words += left[i] != right[i] && is_word(left[i][0]) ? 1U : 0U;
      return words;
    }();
    std::sort(left.begin(), left.end());
    std::sort(right.begin(), right.end());
    return moved > 2 && left == right && !in_order(m_a) && !in_order(m_b);
  }

  static bool has_lines(const Cut& cut) {
    return !cut.pieces.empty() && std::find(cut.pieces.begin(), cut.pieces.end() - 1, "\n") != cut.pieces.end() - 1;
  }

  static bool in_order(const Cut& cut) {
    std::vector<std::string_view> words;
    for (const auto piece : cut.pieces)
      if (is_word(piece[0])) words.push_back(piece);
    return std::is_sorted(words.begin(), words.end());
  }

  Change permutation() const {
    Change change;
    change.aspect = Aspect::order;
    change.place = m_place + ", words";
    change.before = joined(m_a.pieces, 0, m_a.pieces.size()).substr(0, k_change_bytes);
    change.after = joined(m_b.pieces, 0, m_b.pieces.size()).substr(0, k_change_bytes);
    change.bytes = std::max(change.before.size(), change.after.size());
    change.context = m_context;
    change.token = "permutation";
    return change;
  }

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

}  // namespace

std::vector<Change> diff_fragment(std::string_view a, std::string_view b, const std::string& place) {
  return FragmentDiff{a, b, place}.run();
}

std::uint64_t shape_of(std::string_view fragment) {
  const auto tokens = tokens_of(fragment);
  const auto cut = cut_fragment(fragment, tokens);
  return xxh3({reinterpret_cast<const std::uint8_t*>(cut.symbols.data()), cut.symbols.size() * sizeof(std::uint64_t)});
}

}  // namespace assay::artifact
