// The pages of an SQLite database ("Database File Format", sqlite.org/fileformat2.html), as far as to say that two
// databases of one layout differ in nothing but the values of their rows.
#pragma once
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace assay::artifact {

inline constexpr std::size_t k_sqlite_header = 100;
inline constexpr std::size_t k_sqlite_change_counter = 24;
inline constexpr std::size_t k_sqlite_valid_for =
    92;  ///< the change counter again, of when the version behind it was written

/// Behind the header every byte that differs is part of a value of a row that both have at the same place, with values of the
/// same types and lengths; `roots` are the first pages of all tables and indexes, of both. What free pages hold, and what no row
/// reaches, is the same. Entries of indexes count as rows: the caller has checked that indexes agree with their tables.
bool only_values_differ(ByteView a, ByteView b, const std::vector<std::uint32_t>& roots);

}  // namespace assay::artifact
