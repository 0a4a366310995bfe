#include "base/nearest.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace assay {

std::string nearest_word(std::string_view word, std::span<const std::string> choices) {
  constexpr std::size_t k_longest = 200;  // the distance costs the product of both lengths
  const std::string* best = nullptr;
  auto best_distance = (std::min(word.size(), k_longest) + 1) / 2 + 1;
  for (const auto& choice : choices) {
    if (word.size() > k_longest || choice.size() > k_longest) continue;
    const bool beginning = word.size() >= 3 && choice.starts_with(word);
    const auto distance = beginning ? std::size_t{1} : edit_distance(word, choice);
    if (distance >= best_distance) continue;
    best = &choice;
    best_distance = distance;
  }
  return best != nullptr ? *best : std::string{};
}

}  // namespace assay
