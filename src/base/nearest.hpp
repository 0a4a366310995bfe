// "Did you mean …?"
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace assay {

/// The one of `choices` that `word` most likely meant: half of its letters are the same, or it begins like that. Empty if
/// there is none: a guess that is far off helps nobody.
std::string nearest_word(std::string_view word, std::span<const std::string> choices);

}  // namespace assay
