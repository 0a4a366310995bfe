// Where does a word stand in a text?
#pragma once
#include <cstddef>
#include <cstring>
#include <string_view>

namespace assay {

/// As text.find(word, from), which stops at each occurrence of the word's first letter and is slow where that is frequent.
inline std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0) noexcept {
  if (from >= text.size()) return word.empty() && from == text.size() ? from : std::string_view::npos;
  const auto* found =
      static_cast<const char*>(::memmem(text.data() + from, text.size() - from, word.data(), word.size()));
  return found != nullptr ? static_cast<std::size_t>(found - text.data()) : std::string_view::npos;
}

}  // namespace assay
