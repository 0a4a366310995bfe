#include "inspect/content/word_finder.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <tuple>

namespace assay::inspect {

namespace {

constexpr std::size_t k_window = sizeof(std::uint32_t);
constexpr std::uint32_t k_fold = 0x20202020U;

/// Letters without their case. What else comes to the same is told apart when the whole word is compared.
std::uint32_t folded_window(const char* at, std::size_t size = k_window) noexcept {
  std::uint32_t window = 0;
  std::memcpy(&window, at, size);
  return window | k_fold;
}

constexpr unsigned k_hash_bits = 15;

std::uint32_t hash_of(std::uint32_t window) noexcept {
  constexpr std::uint32_t k_golden_ratio = 0x9E3779B1U;
  return window * k_golden_ratio >> (32 - k_hash_bits);
}

char fold(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

WordFinder::WordFinder(std::span<const std::string> words)
    : m_marks(std::size_t{1} << k_hash_bits), m_first(std::size_t{1} << k_hash_bits) {
  for (const auto& given : words) {
    if (given.size() < k_shortest) throw std::logic_error{"a word that is too short to be looked for"};
    auto word = given;
    std::transform(word.begin(), word.end(), word.begin(), fold);
    const auto index = m_words.size();
    if (word.size() >= k_window) {
      note(folded_window(word.data()), index);
    } else {
      // Whatever follows: the marks are few enough for all of it.
      for (unsigned next = 0; next < 256; ++next) {
        auto longer = word + static_cast<char>(next);
        note(folded_window(longer.data()), index);
      }
    }
    m_words.push_back(std::move(word));
  }
  const auto by_hash = [](const Head& a, const Head& b) {
    return std::tuple{hash_of(a.window), a.window, a.word} < std::tuple{hash_of(b.window), b.window, b.word};
  };
  const auto is_same = [](const Head& a, const Head& b) { return a.window == b.window && a.word == b.word; };
  std::sort(m_heads.begin(), m_heads.end(), by_hash);
  m_heads.erase(std::unique(m_heads.begin(), m_heads.end(), is_same), m_heads.end());
  for (std::size_t i = m_heads.size(); i-- > 0;) m_first[hash_of(m_heads[i].window)] = static_cast<std::uint32_t>(i);
}

void WordFinder::note(std::uint32_t window, std::size_t word) {
  m_marks[hash_of(window)] = 1;
  m_heads.push_back({window, static_cast<std::uint32_t>(word)});
}

bool WordFinder::begins_word(std::string_view text, std::size_t at, std::uint32_t window,
                             std::vector<std::size_t>* which) const {
  if (which != nullptr) which->clear();
  const auto hash = hash_of(window);
  if (m_marks[hash] == 0) return false;
  const auto rest = text.substr(at);
  bool found = false;
  for (auto i = std::size_t{m_first[hash]}; i < m_heads.size() && hash_of(m_heads[i].window) == hash; ++i) {
    if (m_heads[i].window != window) continue;
    const auto& word = m_words[m_heads[i].word];
    if (rest.size() < word.size() ||
        !std::equal(word.begin(), word.end(), rest.begin(), [](char a, char b) { return a == fold(b); }))
      continue;
    found = true;
    if (which == nullptr) break;
    which->push_back(m_heads[i].word);
  }
  return found;
}

std::size_t WordFinder::find(std::string_view text, std::size_t from, std::vector<std::size_t>* which) const {
  auto at = from;
  const auto mark = [&](std::size_t place) { return m_marks[hash_of(folded_window(text.data() + place))]; };
  // Four places at a time, because most of the time there is nothing at any of them.
  for (; at + 2 * k_window <= text.size(); at += k_window) {
    if ((mark(at) | mark(at + 1) | mark(at + 2) | mark(at + 3)) == 0) continue;
    for (auto place = at; place < at + k_window; ++place)
      if (mark(place) != 0 && begins_word(text, place, folded_window(text.data() + place), which)) return place;
  }
  for (; at + k_shortest <= text.size(); ++at)
    if (begins_word(text, at, folded_window(text.data() + at, std::min(k_window, text.size() - at)), which)) return at;
  return std::string_view::npos;
}

}  // namespace assay::inspect
