// What kind of thing some bytes are, by their own first bytes: quick, for every blob; libmagic (content_type.hpp) is asked
// only where a person wants to read it.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace assay::inspect {

enum class Family : std::uint8_t {
  empty,
  text,
  compressed,
  archive,
  image,
  media,
  document,
  font,
  catalogue,
  executable,
  data
};

std::string_view to_string(Family family) noexcept;

struct Kind {
  Family family = Family::data;
  std::string_view name;  ///< "xz", "PNG image", "shell script", "data"; static text
};

/// Empty content, a known magic number, text, or `data`.
Kind kind_of(ByteView content) noexcept;

/// Mostly printable: no NUL and at most one control character in fifty among the first 8000 bytes, and what is not ASCII
/// is UTF-8 or rare.
bool is_mostly_text(ByteView content) noexcept;

/// The family that a file's name promises; `data` if it promises none.
Family family_of_name(std::string_view name) noexcept;

/// Does the path lead through a directory of test data (`tests`, `testdata`, `fixtures`, `samples`, `corpus`…)?
bool is_test_place(std::string_view path) noexcept;

/// Does the name say itself that the content is damaged on purpose ("bad-", "corrupt", "truncated", "fuzz")? Never a
/// reason to be silent; a reason not to be surprised.
bool promises_damage(std::string_view path) noexcept;

}  // namespace assay::inspect
