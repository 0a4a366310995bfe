// One header block of a tar archive: its fields, and what in it readers take differently.
//
// Formats: POSIX.1-2017 pax(1) "ustar Interchange Format", GNU tar ("Basic Tar Format" of its manual), star(5), and the
// format of Unix version 7. A block has always 512 bytes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace assay::archive::tar {

struct Field {
  std::size_t offset;
  std::size_t size;
};
inline constexpr Field k_name{0, 100};
inline constexpr Field k_size{124, 12};
inline constexpr Field k_checksum{148, 8};
inline constexpr Field k_link_name{157, 100};
inline constexpr Field k_magic{257, 8};
inline constexpr Field k_prefix{345, 155};
inline constexpr Field k_real_size{483, 12};
inline constexpr std::size_t k_type_offset = 156;
inline constexpr std::size_t k_sparse_more_offset = 482;
inline constexpr std::size_t k_sparse_block_more_offset = 504;

/// What stands before the first NUL. A view into the block.
std::string_view text_field(ByteView block, Field field);

/// A numeric field: blanks, octal digits and nothing but blanks and NULs behind them, or big-endian binary if the first bit is set.
/// Nothing if it is neither, or larger than 2^63 - 1.
std::optional<std::uint64_t> number_field(ByteView block, Field field);

bool is_gnu(ByteView block);
/// GNU's are among them.
bool is_ustar(ByteView block);

/// The path that a header of ustar gives, of the others the name.
std::string plain_path(ByteView block);

/// Can the plain header of a member hold `plain` where the extended one says `full`? Packers leave out, or write `?` for, what is not
/// ASCII, and cut off what does not fit; readers that know no extended headers go by the plain one.
bool stands_for(std::string_view plain, std::string_view full);

/// The same of a link's target.
bool stands_for_target(std::string_view plain, std::string_view full);

/// What no packer writes, one sentence for each: some readers make another member of such a header, or none.
std::vector<std::string> oddities(ByteView block);

}  // namespace assay::archive::tar
