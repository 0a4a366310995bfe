// What to ask of a TOML document before it is parsed: toml++ 3.3 bounds how deep arrays and tables within one another go, but not how
// many parts a dotted key has, each of which is a table within the last one, built and taken down by recursion.
#pragma once
#include <cstddef>
#include <string_view>

namespace assay {

/// No document that a person writes has keys of more parts.
inline constexpr std::size_t k_most_key_parts = 100;

/// Has the document a key (TOML 1.0, "Keys", or a table's header) of more than k_most_key_parts parts?
bool has_deep_toml_key(std::string_view document) noexcept;

}  // namespace assay
