#include "base/search.hpp"

#include <string>

#include "support/catch.hpp"

using assay::find_word;

TEST_CASE("search: a word is found where find() finds it", "[base][search]") {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "a"sv, "aaaab"sv, "one tr two tr three"sv, "\0x\0xy"sv})
    for (const auto word : {"a"sv, "ab"sv, "aab"sv, "tr "sv, "xy"sv, "\0x"sv, ""sv, "longer than any text here"sv})
      for (std::size_t from = 0; from <= text.size() + 1; ++from) {
        CAPTURE(text, word, from);
        CHECK(find_word(text, word, from) == text.find(word, from));
      }
}
