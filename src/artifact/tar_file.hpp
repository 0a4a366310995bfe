// A tar archive header by header as the bytes stand there: POSIX.1-2017 pax(1), "ustar" and "pax" interchange formats, and GNU
// tar's extensions.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "model/comparison.hpp"

namespace assay::artifact {

inline constexpr std::uint64_t k_tar_block = 512;

struct TarField {
  std::string_view name;
  std::size_t offset, size;
  Aspect aspect;
  bool number;
};

inline constexpr std::array k_tar_fields{
    TarField{"name", 0, 100, Aspect::name, false},          TarField{"mode", 100, 8, Aspect::mode, true},
    TarField{"uid", 108, 8, Aspect::owner, true},           TarField{"gid", 116, 8, Aspect::owner, true},
    TarField{"size", 124, 12, Aspect::size, true},          TarField{"mtime", 136, 12, Aspect::time, true},
    TarField{"checksum", 148, 8, Aspect::checksum, true},   TarField{"type", 156, 1, Aspect::kind, false},
    TarField{"link target", 157, 100, Aspect::link, false}, TarField{"magic", 257, 8, Aspect::encoding, false},
    TarField{"uname", 265, 32, Aspect::owner, false},       TarField{"gname", 297, 32, Aspect::owner, false},
    TarField{"device major", 329, 8, Aspect::kind, true},   TarField{"device minor", 337, 8, Aspect::kind, true},
    TarField{"prefix", 345, 155, Aspect::name, false},      TarField{"padding", 500, 12, Aspect::content, false},
};

/// The field's bytes; `header` is a block.
std::string_view field_of(ByteView header, const TarField& field);
std::string_view until_nul(std::string_view text);
/// Octal with padding, or GNU's base 256; nothing if it is neither.
std::optional<std::int64_t> tar_number(std::string_view field);

using PaxRecords = std::map<std::string, std::string, std::less<>>;

/// One member with everything before its content.
struct TarEntry {
  std::uint64_t begin = 0;   ///< of the first extension header
  std::uint64_t header = 0;  ///< of the member's own header
  std::uint64_t content = 0;
  std::uint64_t size = 0;
  std::uint64_t end = 0;                              ///< behind the padding
  std::vector<std::pair<char, ByteView>> extensions;  ///< type and the 512-byte headers of extensions
  std::string bodies;                                 ///< of the extensions, their padding included
  bool plain = true;                                  ///< the bodies hold nothing but what they say
  PaxRecords pax;
  std::string long_name, long_link;
  std::string path;
};

struct TarFile {
  std::vector<TarEntry> entries;
  std::uint64_t end = 0;  ///< where the end mark begins
  std::string problem;
};

/// The members up to the end mark, and why reading ended before, if it did. The result views `bytes`.
TarFile parse_tar(ByteView bytes, const Limits& limits);

}  // namespace assay::artifact
