#include "inspect/content/word_finder.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

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

WordFinder::WordFinder(std::span<const std::string> words) : m_marks(std::size_t{1} << k_hash_bits) {
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
}

void WordFinder::note(std::uint32_t window, std::size_t word) {
  m_marks[hash_of(window)] = 1;
  auto& words = m_by_head[window];
  if (words.empty() || words.back() != word) words.push_back(word);
}

bool WordFinder::begins_word(std::string_view text, std::size_t at, std::uint32_t window) const {
  const auto found = m_by_head.find(window);
  if (found == m_by_head.end()) return false;
  const auto rest = text.substr(at);
  return std::any_of(found->second.begin(), found->second.end(), [&](std::size_t index) {
    const auto& word = m_words[index];
    return rest.size() >= word.size() &&
           std::equal(word.begin(), word.end(), rest.begin(), [](char a, char b) { return a == fold(b); });
  });
}

std::size_t WordFinder::find(std::string_view text, std::size_t from) const {
  auto at = from;
  const auto mark = [&](std::size_t place) { return m_marks[hash_of(folded_window(text.data() + place))]; };
  // Four places at a time, because most of the time there is nothing at any of them.
  for (; at + 2 * k_window <= text.size(); at += k_window) {
    if ((mark(at) | mark(at + 1) | mark(at + 2) | mark(at + 3)) == 0) continue;
    for (auto place = at; place < at + k_window; ++place)
      if (mark(place) != 0 && begins_word(text, place, folded_window(text.data() + place))) return place;
  }
  for (; at + k_shortest <= text.size(); ++at)
    if (begins_word(text, at, folded_window(text.data() + at, std::min(k_window, text.size() - at)))) return at;
  return std::string_view::npos;
}

}  // namespace assay::inspect
