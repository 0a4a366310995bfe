// Where does one of a few hundred words stand in a text? Asked of megabytes of text in which there is mostly none.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::inspect {

/// Finds words without regard to the case of ASCII letters, at more than a gigabyte a second where few stand.
class WordFinder {
 public:
  /// A word that is shorter cannot be looked for.
  static constexpr std::size_t k_shortest = 3;

  explicit WordFinder(std::span<const std::string> words);
  /// The first place at or behind `from` where any of the words begins; npos if there is none. `which` gets the indices of all words
  /// that begin there.
  std::size_t find(std::string_view text, std::size_t from, std::vector<std::size_t>* which = nullptr) const;

 private:
  void note(std::uint32_t window, std::size_t word);
  bool begins_word(std::string_view text, std::size_t at, std::uint32_t window, std::vector<std::size_t>* which) const;

  /// Four folded bytes that a word begins with, or one that is shorter and something behind it.
  struct Head {
    std::uint32_t window;
    std::uint32_t word;
  };

  std::vector<std::string> m_words;    ///< folded
  std::vector<std::uint8_t> m_marks;   ///< by the hash of a window: heads a word
  std::vector<std::uint32_t> m_first;  ///< by the same, where there is a mark: the first of its heads
  std::vector<Head> m_heads;           ///< by the hash of their windows
};

}  // namespace assay::inspect
